"""Inception networks as data, and what can be read from them: module, cost, picture.

Public names load on first use (PEP 562), so that counting and drawing work without torch.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "spec": (
        "AdaptiveAvgPool", "AvgPool", "BATCH_NORM", "Branches", "Chain", "Conv", "Defaults", "Head",
        "LRN", "MaxPool", "Network", "PLAIN", "Residual",
    ),
    "blocks": (
        "asymmetric_block", "asymmetric_reduction", "expanded_block", "factorized",
        "grid_reduction", "naive_block", "reduced_block", "residual_a", "residual_b",
        "residual_c", "residual_reduction", "two_3x3_block",
    ),
    "architectures": (
        "BN_INCEPTION", "GOOGLENET", "INCEPTION_RESNETS", "INCEPTION_V3", "INCEPTION_V4",
        "architecture", "list_models", "v4_stem",
    ),
    "layouts": ("SLIM_NAMES",),
    "printed": ("PRINTED",),
    "listings": (
        "listing_a", "listing_b", "listing_c1", "listing_c2", "listing_d1", "listing_d2", "listing_e",
    ),
    "counting": ("Cost", "channel_slices", "cost", "min_input_size"),
    "conventions": ("conventions_table", "count_conventions", "explain_count"),
    "claims": ("claims_table",),
    "tables": ("Table",),
    "ladder_figure": ("Ladder", "ladder"),
    "drawing": ("Drawing", "draw", "family_map"),
    "models": (
        "blob_kernel", "build", "create_model", "device", "edge_kernel", "hand_made_block",
        "inception_loss", "seed_everything",
    ),
    "pretrained": ("imagenet_classes", "load_weights", "preprocessing"),
    "activations": (
        "Watch", "features", "first_filters", "grad_cam", "most_exciting", "occlusion", "silencing",
    ),
    "crosscheck": ("cross_check",),
    "data": (
        "as_input", "cifar10", "digits", "image_folder", "imagenette", "photo", "photo_patches",
        "photos", "stimuli",
    ),
    "shipped": ("training_record",),
    "train": ("History", "Recipe", "evaluate", "fit", "predict"),
    "recipes": ("train_plan",),
    "exercises": ("check",),
}  # fmt: skip
_WHERE = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted([*_WHERE, "plots"])


def __getattr__(name: str):
    if name == "plots":
        return import_module(".plots", __name__)
    if name not in _WHERE:
        import difflib

        near = difflib.get_close_matches(name, __all__, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module 'inception_lib' has no name {name!r}.{hint}")
    value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
