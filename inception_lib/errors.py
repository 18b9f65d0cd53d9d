"""What goes wrong, in words: exceptions, the nearest name, what a number must be, what to install."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

# What each extra of pyproject.toml adds, by the names that one imports.
EXTRAS = {
    "torch": ("torch", "numpy", "PIL", "safetensors", "tqdm"),
    "book": ("matplotlib", "torchinfo", "fvcore", "skimage", "sklearn", "mlxtend"),
    "pretrained": ("torchvision", "timm", "huggingface_hub", "h5py"),
    "attribution": ("captum",),
    "training": ("torchvision", "webdataset", "tensorboard"),
}
PACKAGES = {"PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}


def short(value: object, most: int = 60) -> str:
    """What was given, as one line of a message: its `repr`, cut in the middle where it is longer.

    Args:
        value: anything.
        most: characters at most.
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[: most - 16]} … {text[-13:]}"


def suggest(given: object, allowed: Iterable[str], what: str) -> str:
    """The end of an error message: what was given, what is allowed, and the nearest of it."""
    from difflib import get_close_matches  # slow to import, and seldom needed

    allowed = list(allowed)
    near = get_close_matches(str(given)[:200], allowed, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(allowed[:24]) + (f", … ({len(allowed)} in all)" if len(allowed) > 24 else "")
    return f"{what} {short(given)} is not known.{hint} Known: {shown}."


def whole(name: str, value: object, least: int = 1) -> int:
    """An integer of at least `least`, of any library, as Python's own; or refuse it by name."""
    try:
        if isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool"):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} is {short(value)}; it must be an integer of at least {least}.")
    return number


def pair(name: str, value: object, least: int = 1) -> tuple[int, int]:
    sides = tuple(value) if isinstance(value, list | tuple) else (value, value)
    try:
        height, width = (whole(name, v, least) for v in sides)
    except ValueError:
        raise ValueError(
            f"{name} is {short(value)}; it must be an integer of at least {least}, or a pair of them "
            f"(height, width), such as (1, 7)."
        ) from None
    return height, width


def number(name: str, value: object, must: str, holds: Callable[[float], bool]) -> float:
    """A finite number, of any library, for which `holds` is true; or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        fits = False
    else:
        fits = holds(float(value))
    if not fits:
        raise ValueError(f"{name} is {short(value)}; it must be {must}.")
    return value if type(value) in (int, float) else float(value)  # type: ignore


def positive(name: str, value: object) -> float | None:
    if value is None:
        return None
    return number(name, value, "a number above 0, or None", lambda v: v > 0)


def least0(name: str, value: object) -> float:
    return number(name, value, "a number of at least 0", lambda v: v >= 0)


def flag(name: str, value: object, *more: None) -> Any:
    if isinstance(value, bool) or (value is None and more):
        return value
    if str(getattr(value, "dtype", "")) == "bool":  # NumPy's
        return bool(value)
    allowed = ", ".join(map(str, (*more, True, False)))
    raise ValueError(f"{name} is {short(value)}; it must be one of {allowed}.")


def one_of(name: str, value: object, allowed: tuple) -> None:
    if not isinstance(value, str | None) or value not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ValueError(f"{name} is {short(value)}; it must be one of {listed}.")


def must_be(name: str, value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Refuse what is not of a kind, naming it and saying what it must be."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {short(value)}; it must be {what}.")


def as_path(name: object) -> Path:
    """The name of a file or folder, as a `Path`; "~" is the reader's home.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(name, str | os.PathLike):
        raise TypeError(
            f"a {type(name).__name__} is not the name of a file or folder; give a str or a Path."
        )
    return Path(name).expanduser()


def needs(module: str, who: str) -> ModuleType:
    """Import a module that comes with an extra.

    Args:
        module: its name, such as "captum.attr".
        who: what needs it; the message begins with it.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        say_what_to_install(error, who)
        raise


def say_what_to_install(error: ModuleNotFoundError, who: str) -> None:
    """Raise an ImportError that says how to install what is missing, if one of the extras has it.

    An error from inside a library, such as a torch without its "torch._C", is left as it is.
    """
    for extra, modules in EXTRAS.items():
        if (missing := error.name) in modules:
            if address := _repository():
                what = f'"inception-lib[{extra}] @ git+{address}"'
            else:  # never the bare name: the package is not published, and anybody could take it
                others = [m for m in EXTRAS["torch"] if m != missing and not find_spec(m)]
                what = " ".join(PACKAGES.get(m, m) for m in [missing, *others])
            text = f"{who} needs {missing}, which is not installed: pip install {what}"
            raise ImportError(text, name=missing) from error


def _repository() -> str | None:
    """Where this package comes from, as its installed metadata says; None for the placeholder."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("inception-lib").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    named = dict(url.split(", ", 1) for url in urls)
    return None if "your--account" in (url := named.get("Repository", "")) else url or None


class WeightsError(RuntimeError):
    """Trained weights that could not be fetched, or are not what their source says they are."""


class DownloadError(RuntimeError):
    """Pictures that are not on disk and cannot be fetched; the message names some that need neither."""


class TrainingError(RuntimeError):
    """Training cannot go on. The message says why, and where the last good checkpoint is."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or belongs to another model, recipe or data."""


class DataError(RuntimeError):
    """Training data that is missing, or is not what was written; the message names the file."""
