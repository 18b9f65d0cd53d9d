"""Inception networks as data, and what can be read from them: module, cost, picture.

Public names load on first use (PEP 562), so that counting and drawing work without torch. Type
checkers read `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "errors": ("CheckpointError", "DownloadError", "TrainingError", "WeightsError"),
    "spec": (
        "AdaptiveAvgPool", "AvgPool", "BATCH_NORM", "Branches", "Chain", "Conv", "Defaults", "Head",
        "LRN", "MaxPool", "Network", "PLAIN", "Residual",
    ),
    "tree.walks": ("depth", "leaves"),
    "tree.resolved": ("min_input_size",),
    "tree.width": ("widened",),
    "networks.blocks": (
        "asymmetric_block", "asymmetric_reduction", "expanded_block", "factorized",
        "grid_reduction", "naive_block", "reduced_block", "residual_a", "residual_b",
        "residual_c", "residual_reduction", "two_3x3_block",
    ),
    "networks.googlenet": ("GOOGLENET",),
    "networks.bn_inception": ("BN_INCEPTION",),
    "networks.inception_v3": ("INCEPTION_V3",),
    "networks.inception_v4": ("INCEPTION_V4", "v4_stem"),
    "networks.inception_resnet": ("INCEPTION_RESNETS",),
    "networks.published": (
        "listing_a", "listing_b", "listing_c1", "listing_c2", "listing_d1", "listing_d2", "listing_e",
    ),
    "networks.registry": ("architecture", "list_models"),
    "counting.cost": ("Cost", "Row", "channel_slices", "cost"),
    "counting.conventions": ("conventions_table", "count_conventions", "explain_count"),
    "counting.table": ("Table",),
    "papers.numbers": ("PRINTED",),
    "papers.claims": ("claims_table",),
    "drawing.svg": ("Drawing",),
    "drawing.draw": ("draw",),
    "drawing.family": ("family_map",),
    "drawing.steps": ("Steps", "steps"),
    "nn.network": ("InceptionNet",),
    "nn.init": ("init_weights",),
    "nn.loss": ("inception_loss",),
    "nn.handmade": ("blob_kernel", "edge_kernel", "hand_made_block"),
    "nn.device": ("device", "seed_everything"),
    "nn.crosscheck": ("CrossCheck", "cross_check"),
    "weights.keymaps": ("SLIM_NAMES",),
    "weights.records": ("training_record",),
    "weights.load": ("Loaded", "load_weights"),
    "weights.preprocess": ("Preprocessing", "imagenet_classes", "preprocessing"),
    "create": ("build", "create_model"),
    "data.inputs": ("as_input",),
    "data.photos": ("photo", "photos"),
    "data.patches": ("photo_patches",),
    "data.digits": ("digits",),
    "data.stimuli": ("stimuli",),
    "data.folders": ("cifar10", "image_folder", "imagenette"),
    "interpret.features": ("features",),
    "interpret.silencing": ("Silencing", "silencing"),
    "interpret.attribution": ("first_filters", "grad_cam", "most_exciting", "occlusion"),
    "interpret.watch": ("Watch",),
    "training.recipe": ("RMSProp", "Recipe"),
    "training.loop": ("History", "evaluate", "fit", "predict"),
    "training.plans": ("train_plan",),
    "training.comparison": ("Comparison", "compare_runs"),
    "exercises": ("Verdict", "check"),
}  # fmt: skip
_WHERE = {name: module for module, names in _HOME.items() for name in names}
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
