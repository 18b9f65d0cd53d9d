"""Inception networks as data, and what can be read from them: module, cost, picture.

Public names load on first use (PEP 562), so that counting and drawing work without torch. They are
listed in `__init__.pyi`, which type checkers read too.
"""

from importlib import import_module

__version__ = "0.1.0"

# Each name and the file that it is in: the lines "from .counting.cost import cost as cost" of the stub.
_STUB = __spec__.loader.get_data(f"{__file__}i").decode()
_WHERE = {
    line.split()[-1]: line.split()[1][1:]
    for line in _STUB.splitlines()
    if line.startswith("from .") and line.split()[1] != "."
}
_MODULES = ("experiments", "plots")  # public as such
_FORMER = {"Ladder": "Steps", "ladder": "steps"}  # names of the last edition
__all__ = sorted([*_WHERE, *_MODULES])


def __getattr__(name: str):
    name = _FORMER.get(name, name)
    if name not in __all__:
        import difflib

        near = difflib.get_close_matches(name, __all__, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module 'inception_lib' has no name {name!r}.{hint}")
    try:
        value = import_module(f".{_WHERE.get(name, name)}", __name__)
    except ModuleNotFoundError as error:
        from .errors import say_what_to_install

        say_what_to_install(error, f"il.{name}")
        raise
    if name in _WHERE:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
