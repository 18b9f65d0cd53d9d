"""matplotlib figures of costs, kernels, feature maps and training.

Every function returns `(fig, alt)`: the figure, and a text that says what it shows, made from the
same data. In a notebook: `fig, alt = il.plots.branch_costs(c)`, then `plt.show()`.

Figures are transparent with mid-grey text, so that they read on a light and on a dark page.
"""

from importlib import import_module

from ..errors import say_what_to_install, suggest

# Which file has which figure. A figure is had from here: `il.plots.curves`.
_HOME = {
    "listings": ("audit", "stacked"),
    "base": (
        "branch_costs", "cost_ratios", "curves", "gallery", "kernel_bank", "pictures", "responses",
        "stage_costs",
    ),
    "normalization": ("drift", "on_one_scale", "seeds"),
    "residual": ("residual_maps", "seed_dots"),
    "stages": ("receptive_fields", "stage_maps"),
    "factorization": ("rank_shares",),
    "overview": ("family",),
    "googlenet": ("by_stage", "seen_by_one", "stage_shares"),
    "reach": ("along_depth", "distributions", "fields", "heat"),
    "trained": (
        "exciting", "filters", "history", "ladder", "percentiles", "silenced", "where_it_looks",
    ),
    "tuning": ("before_and_after", "neighbours"),
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
