"""Other libraries' names for our layers, as data. No torch.

A key of a state dict is never matched by its place in the file: two layers of one shape that change
places would pass unseen. Here each layer is named on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_PARTS = {"conv": "conv", "norm": "bn"}
# Left: our address of a branch within its stage. Right: the other library's names for the branch's
# convolutions, in the order in which an input passes them; two or more are .0, .1, … on our side.
# The parts of each are those of `_PARTS`.
_GOOGLENET = {
    "1x1": "branch1",
    "3x3": "branch2.0 branch2.1",
    "5x5": "branch3.0 branch3.1",
    "pool.1": "branch4.1",
}
_V3_A = {
    "1x1": "branch1x1",
    "5x5": "branch5x5_1 branch5x5_2",
    "double3x3": "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3",
    "pool.1": "branch_pool",
}
_V3_REDUCTION_A = {
    "3x3": "branch3x3",
    "double3x3": "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3",
}
_V3_B = {
    "1x1": "branch1x1",
    "7x7": "branch7x7_1 branch7x7_2 branch7x7_3",
    "double7x7": "branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 branch7x7dbl_4 branch7x7dbl_5",
    "pool.1": "branch_pool",
}
_V3_REDUCTION_B = {
    "3x3": "branch3x3_1 branch3x3_2",
    "7x7_3x3": "branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4",
}
_V3_C = {
    "1x1": "branch1x1",
    "3x3_split.0": "branch3x3_1",
    "3x3_split.1.1x3": "branch3x3_2a",
    "3x3_split.1.3x1": "branch3x3_2b",
    "double3x3_split": "branch3x3dbl_1 branch3x3dbl_2",
    "double3x3_split.2.1x3": "branch3x3dbl_3a",
    "double3x3_split.2.3x1": "branch3x3dbl_3b",
    "pool.1": "branch_pool",
}
_V4_STEM_2 = {
    "3x3": "branch0.0 branch0.1",
    "7x7_3x3": "branch1.0 branch1.1 branch1.2 branch1.3",
}
_V4_A = {
    "1x1": "branch0",
    "3x3": "branch1.0 branch1.1",
    "double3x3": "branch2.0 branch2.1 branch2.2",
    "pool.1": "branch3.1",
}
_V4_REDUCTION_A = {"3x3": "branch0", "double3x3": "branch1.0 branch1.1 branch1.2"}
_V4_B = {
    "1x1": "branch0",
    "7x7": "branch1.0 branch1.1 branch1.2",
    "double7x7": "branch2.0 branch2.1 branch2.2 branch2.3 branch2.4",
    "pool.1": "branch3.1",
}
_V4_REDUCTION_B = _V4_STEM_2  # the same names for the same shape of branches
_V4_C = {
    "1x1": "branch0",
    "3x3_split.0": "branch1_0",
    "3x3_split.1.1x3": "branch1_1a",
    "3x3_split.1.3x1": "branch1_1b",
    "double3x3_split": "branch2_0 branch2_1 branch2_2",
    "double3x3_split.3.1x3": "branch2_3a",
    "double3x3_split.3.3x1": "branch2_3b",
    "pool.1": "branch3.1",
}
_RESNET_INCEPTION = {
    "1x1": "branch0",
    "5x5": "branch1.0 branch1.1",
    "double3x3": "branch2.0 branch2.1 branch2.2",
    "pool.1": "branch3.1",
}
# In a residual block the branches are body.0, and body.1 is the 1×1 back, a bare convolution there.
_RESNET_A = {
    "body.0.1x1": "branch0",
    "body.0.3x3": "branch1.0 branch1.1",
    "body.0.double3x3": "branch2.0 branch2.1 branch2.2",
    "body.1.conv": "conv2d",
}
_RESNET_B = {
    "body.0.1x1": "branch0",
    "body.0.7x7": "branch1.0 branch1.1 branch1.2",
    "body.1.conv": "conv2d",
}
_RESNET_C = {
    "body.0.1x1": "branch0",
    "body.0.3x3": "branch1.0 branch1.1 branch1.2",
    "body.1.conv": "conv2d",
}
_RESNET_REDUCTION_B = {
    "3x3": "branch0.0 branch0.1",
    "3x3_2": "branch1.0 branch1.1",
    "double3x3": "branch2.0 branch2.1 branch2.2",
}


def _stage(ours: str, theirs: str, inside: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our stages -> theirs, name by name, each with the branches inside it."""
    units = {}
    for stage, name in zip(ours.split(), theirs.split(), strict=True):
        if inside is None:
            units[f"stages.{stage}"] = name
        for branch, convs in (inside or {}).items():
            for i, conv in enumerate(convs.split()):
                place = f"{branch}.{i}" if " " in convs else branch
                units[f"stages.{stage}.{place}"] = f"{name}.{conv}"
    return units


def _numbered(word: str, last: int, first: int = 1) -> str:
    return " ".join(f"{word}{i}" for i in range(first, last + 1))


def _googlenet() -> dict[str, str]:
    """torchvision.models.googlenet."""
    blocks = "3a 3b 4a 4b 4c 4d 4e 5a 5b"
    units = _stage("conv1 conv2_reduce conv2", "conv1 conv2 conv3")
    units |= _stage(blocks, " ".join(f"inception{b}" for b in blocks.split()), _GOOGLENET)
    for ours, theirs in (("4a", "aux1"), ("4d", "aux2")):
        units[f"aux.{ours}.pool.1"] = f"{theirs}.conv"
        units[f"aux.{ours}.hidden.0"] = f"{theirs}.fc1"
        units[f"aux.{ours}.fc"] = f"{theirs}.fc2"
    return units | {"head.fc": "fc"}


def _lucent() -> dict[str, str]:
    """lucent's inceptionv1; the heads have the names of the released graph."""
    names = {"conv1": "conv2d0", "conv2_reduce": "conv2d1", "conv2": "conv2d2"}
    places = ["1x1", "3x3.0", "3x3.1", "5x5.0", "5x5.1", "pool.1"]
    parts = ["1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce"]
    for block in ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]:
        for place, part in zip(places, parts, strict=True):
            names[f"{block}.{place}"] = f"mixed{block}_{part}"
    units = {f"stages.{ours}.conv": f"{name}_pre_relu_conv" for ours, name in names.items()}
    for i, stage in enumerate(("4a", "4d")):
        units[f"aux.{stage}.pool.1.conv"] = f"head{i}_bottleneck_pre_relu_conv"
        units[f"aux.{stage}.hidden.0"] = f"nn{i}_pre_relu_matmul"
        units[f"aux.{stage}.fc"] = f"softmax{i}_pre_activation_matmul"
    return units | {"head.fc": "softmax2_pre_activation_matmul"}


def _inception_v3() -> dict[str, str]:
    """torchvision.models.inception_v3; timm's has the same names."""
    return {
        **_stage("conv1 conv2 conv3", "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3"),
        **_stage("conv4 conv5", "Conv2d_3b_1x1 Conv2d_4a_3x3"),
        **_stage("A1 A2 A3", "Mixed_5b Mixed_5c Mixed_5d", _V3_A),
        **_stage("reduction_a", "Mixed_6a", _V3_REDUCTION_A),
        **_stage("B1 B2 B3 B4", "Mixed_6b Mixed_6c Mixed_6d Mixed_6e", _V3_B),
        **_stage("reduction_b", "Mixed_7a", _V3_REDUCTION_B),
        **_stage("C1 C2", "Mixed_7b Mixed_7c", _V3_C),
        "aux.B4.pool.1": "AuxLogits.conv0",
        "aux.B4.pool.2": "AuxLogits.conv1",
        "aux.B4.fc": "AuxLogits.fc",
        "head.fc": "fc",
    }


def _inception_v4() -> dict[str, str]:
    """timm's inception_v4: one long chain, `features`."""
    return {
        **_stage("conv1 conv2 conv3", _numbered("features.", 2, first=0)),
        **_stage("stem1", "features.3", {"3x3": "conv"}),
        **_stage("stem2", "features.4", _V4_STEM_2),
        **_stage("stem3", "features.5", {"3x3": "conv"}),
        **_stage("A1 A2 A3 A4", _numbered("features.", 9, first=6), _V4_A),
        **_stage("reduction_a", "features.10", _V4_REDUCTION_A),
        **_stage(_numbered("B", 7), _numbered("features.", 17, first=11), _V4_B),
        **_stage("reduction_b", "features.18", _V4_REDUCTION_B),
        **_stage("C1 C2 C3", _numbered("features.", 21, first=19), _V4_C),
        "head.fc": "last_linear",
    }


def _inception_resnet_v2() -> dict[str, str]:
    """timm's inception_resnet_v2."""
    return {
        **_stage("conv1 conv2 conv3", "conv2d_1a conv2d_2a conv2d_2b"),
        **_stage("conv4 conv5", "conv2d_3b conv2d_4a"),
        **_stage("inception", "mixed_5b", _RESNET_INCEPTION),
        **_stage(_numbered("A", 10), _numbered("repeat.", 9, first=0), _RESNET_A),
        **_stage("reduction_a", "mixed_6a", _V4_REDUCTION_A),
        **_stage(_numbered("B", 20), _numbered("repeat_1.", 19, first=0), _RESNET_B),
        **_stage("reduction_b", "mixed_7a", _RESNET_REDUCTION_B),
        **_stage(_numbered("C", 9), _numbered("repeat_2.", 8, first=0), _RESNET_C),
        **_stage("C10", "block8", _RESNET_C),
        **_stage("conv6", "conv2d_7b"),
        "head.fc": "classif",
    }


def _cadene(table: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """pretrainedmodels, Cadene's: the names of the others, but for the last layer."""
    return lambda: table() | {"head.fc": "last_linear"}


def _keras(table: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """keras.applications, with layers numbered in the order in which it makes them, from 0.

    That is the order of our tables. Layers that Keras names are those of its Inception-ResNet-v2.
    """

    def units() -> dict[str, str]:
        found, number = {}, 0
        for unit, theirs in table().items():
            block = re.fullmatch(r"stages\.([ABC])(\d+)\.body\.1\.conv", unit)
            if block:
                found[unit] = f"{_KERAS_BLOCKS[block[1]]}_{block[2]}_conv"
            elif theirs == "conv2d_7b":
                found |= {f"{unit}.conv": "conv_7b", f"{unit}.norm": "conv_7b_bn"}
            elif unit.startswith("stages."):
                found[f"{unit}.conv"] = f"conv2d_{number}"
                found[f"{unit}.norm"] = f"batch_normalization_{number}"
                number += 1
        return found | {"head.fc": "predictions"}

    return units


_KERAS_BLOCKS = {"A": "block35", "B": "block17", "C": "block8"}
_V3 = {"torchvision": _inception_v3, "timm": _inception_v3, "cadene": _cadene(_inception_v3)}
_V3_KERAS = _V3 | {"keras": _keras(_inception_v3)}
# Network -> layout -> the table of its units. A model is known by its layers, whatever its name.
LAYOUTS = {
    "googlenet_torchvision": {"torchvision": _googlenet},
    "inception_v3_torchvision": _V3,
    "inception_v3": _V3_KERAS,
    "inception_v3_fid": {"torchvision": _inception_v3},
    "googlenet_2014": {"lucent": _lucent},
    "inception_v4": {"timm": _inception_v4, "cadene": _inception_v4},
    "inception_resnet_v2": {
        "timm": _inception_resnet_v2,
        "cadene": _cadene(_inception_resnet_v2),
        "keras": _keras(_inception_resnet_v2),
    },
}


def translate(key: str, units: Mapping[str, str]) -> str | None:
    """Their key for one of ours, or None if the table has no name for it.

    Args:
        key: of our state dict, such as "stages.3a.1x1.norm.bias".
        units: a table of `LAYOUTS`, called.
    """
    module, leaf = key.rsplit(".", 1)
    if module in units:
        return f"{units[module]}.{leaf}"
    unit, _, part = module.rpartition(".")
    return f"{units[unit]}.{_PARTS[part]}.{leaf}" if unit in units and part in _PARTS else None


def _slim(theirs: str, ours: str) -> dict[str, str]:
    return dict(zip(theirs.split(), ours.split(), strict=True))


_SLIM_STEM = (
    "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 MaxPool_3a_3x3 Conv2d_3b_1x1 Conv2d_4a_3x3 "
    "MaxPool_5a_3x3 ",
    "conv1 conv2 conv3 pool1 conv4 conv5 pool2 ",
)
SLIM_NAMES = {
    "googlenet_torchvision": _slim(
        "Conv2d_1a_7x7 MaxPool_2a_3x3 Conv2d_2b_1x1 Conv2d_2c_3x3 MaxPool_3a_3x3 Mixed_3b Mixed_3c "
        "MaxPool_4a_3x3 Mixed_4b Mixed_4c Mixed_4d Mixed_4e Mixed_4f MaxPool_5a_2x2 Mixed_5b Mixed_5c",
        "conv1 pool1 conv2_reduce conv2 pool2 3a 3b pool3 4a 4b 4c 4d 4e pool4 5a 5b",
    ),
    "bn_inception": _slim(
        "Conv2d_1a_7x7 MaxPool_2a_3x3 Conv2d_2b_1x1 Conv2d_2c_3x3 MaxPool_3a_3x3 Mixed_3b Mixed_3c "
        "Mixed_4a Mixed_4b Mixed_4c Mixed_4d Mixed_4e Mixed_5a Mixed_5b Mixed_5c",
        "conv1 pool1 conv2_reduce conv2 pool2 3a 3b 3c 4a 4b 4c 4d 4e 5a 5b",
    ),
    "inception_v3": _slim(
        _SLIM_STEM[0] + "Mixed_5b Mixed_5c Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e "
        "Mixed_7a Mixed_7b Mixed_7c",
        _SLIM_STEM[1] + "A1 A2 A3 reduction_a B1 B2 B3 B4 reduction_b C1 C2",
    ),
    "inception_v4": _slim(
        "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 Mixed_3a Mixed_4a Mixed_5a Mixed_5b Mixed_5c "
        "Mixed_5d Mixed_5e Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_6f Mixed_6g Mixed_6h "
        "Mixed_7a Mixed_7b Mixed_7c Mixed_7d",
        "conv1 conv2 conv3 stem1 stem2 stem3 A1 A2 A3 A4 reduction_a B1 B2 B3 B4 B5 B6 B7 "
        "reduction_b C1 C2 C3",
    ),
    "inception_resnet_v2": _slim(
        _SLIM_STEM[0] + "Mixed_5b Mixed_6a PreAuxLogits Mixed_7a Conv2d_7b_1x1",
        _SLIM_STEM[1] + "inception reduction_a B20 reduction_b conv6",
    ),
}  # TF-slim's end point -> our stage
"""Network -> {TF-slim's name of an end point: our stage}, as in "Mixed_5b" and "A1"."""
