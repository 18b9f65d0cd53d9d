"""matplotlib figures of costs, kernels, feature maps and training.

Every function returns a `Figure`: the picture, and a text that says what it shows, made from the
same data. As the last line of a cell, `il.plots.branch_costs(c)` shows it.

Figures are dark on a white card, so that they read on a light and on a dark page.
"""

from importlib import import_module

from ..errors import say_what_to_install, suggest

# Which file has which figure. A figure is had from here: `il.plots.curves`.
_HOME = {
    "base": (
        "Figure", "branch_costs", "cost_ratios", "curves", "gallery", "kernel_bank", "pictures",
        "stage_costs",
    ),
    "branches": ("channel_dots", "compared_dots", "looks_by_stage", "made_and_found"),
    "factorization": ("chain", "volumes"),
    "listings": ("audit", "joined"),
    "normalization": ("averaged", "spreads", "walks"),
    "overview": ("family", "stage_shares"),
    "pixel": ("column",),
    "reach": ("along_depth", "distributions", "fields", "heat", "windows"),
    "seconds": ("macs_and_seconds", "times_as_fast"),
    "sheet": ("frames",),
    "stages": ("block_sizes", "receptive_fields", "stage_maps"),
    "trained": (
        "exciting", "filters", "history", "percentiles", "seed_dots", "silenced", "where_it_looks",
    ),
    "tuning": ("before_and_after", "neighbors", "replaced_and_changed"),
}  # fmt: skip
_WHERE = {name: file for file, names in _HOME.items() for name in names}
__all__ = sorted(_WHERE)


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(name)
    if name not in _WHERE:
        raise AttributeError(suggest(name, __all__, "figure"))
    try:
        value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    except ModuleNotFoundError as error:
        say_what_to_install(error, f"il.plots.{name}")
        raise
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
