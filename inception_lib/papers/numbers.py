"""What the papers print, each number with its source, to compare with the computed one. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """A number as a paper prints it, to compare with the computed one.

    Attributes:
        network, stage: which network of `list_models`, and which of its stages; "" is the whole. In
            a table of variants: the name of the row.
        quantity: "params" or "macs", or what else a paper prints of a network ("top-5 error").
        value: the printed number; of parameters and MACs in whole ones.
        unit: to what the paper rounds.
        source: paper, version and place.
    """

    network: str
    stage: str
    quantity: str
    value: float
    unit: float
    source: str


# GoogLeNet's table 1, columns "params" (in K) and "ops" (in M). K there is 1024 and "ops" are MACs.
_TABLE_1 = {
    "conv1": (2.7, 34),
    "conv2": (112, 360),  # the row holds the 1×1 before it, too
    "3a": (159, 128),
    "3b": (380, 304),
    "4a": (364, 73),
    "4b": (437, 88),
    "4c": (463, 100),
    "4d": (580, 119),
    "4e": (840, 170),
    "5a": (1072, 54),
    "5b": (1388, 71),
    "fc": (1000, 1),
}
_GOOGLENET = tuple(
    Printed("googlenet", stage, quantity, round(value * unit), unit, "arXiv 1409.4842, table 1")
    for stage, row in _TABLE_1.items()
    for quantity, value, unit in (("params", row[0], 1024), ("macs", row[1], 10**6))
)
# GoogLeNet's text, and its table 3: one model, on the 50,000 pictures of ImageNet's validation set.
_INTRODUCTION = "arXiv 1409.4842, section 1"
_GOOGLENET_TEXT = (
    Printed("googlenet", "", "macs", 1_500_000_000, 1e8, _INTRODUCTION),
    Printed("googlenet", "", "AlexNet's parameters, times", 12, 1, _INTRODUCTION),
    Printed("googlenet", "", "layers", 22, 1, "arXiv 1409.4842, section 5"),
    Printed("googlenet", "", "layers with pooling", 27, 1, "arXiv 1409.4842, section 5"),
    *(
        Printed("googlenet", "", f"top-5 error, {n} crops", error, 0.01, "arXiv 1409.4842, table 3")
        for n, error in ((1, 10.07), (10, 9.15), (144, 7.89))
    ),
)
# What a later paper says about GoogLeNet's and AlexNet's size.
_SIZES = (
    Printed("googlenet", "", "params", 5_000_000, 1e6, "arXiv 1512.00567, section 1"),
    Printed("alexnet", "", "params", 60_000_000, 1e6, "arXiv 1512.00567, section 1"),
)
# Inception-v4's paper: the widths of the first reduction, for the three networks that share it.
_KLMN = {
    "inception_v4": (192, 224, 256, 384),
    "inception_resnet_v1": (192, 192, 256, 384),
    "inception_resnet_v2": (256, 256, 384, 384),
}
_REDUCTION_A = tuple(
    Printed(network, "reduction_a", letter, width, 1, "arXiv 1602.07261, table 1")
    for network, row in _KLMN.items()
    for letter, width in zip("klmn", row, strict=True)
)
# Errors in %, (top-1, top-5): one crop (48,238 pictures); 10 or 12 crops, 144 crops (all 50,000).
_ERRORS = {
    "bn_inception": {"1 crop": (25.2, 7.8)},
    "inception_v3": {"1 crop": (21.2, 5.6), "12 crops": (19.8, 4.6), "144 crops": (18.9, 4.3)},
    "inception_resnet_v1": {
        "1 crop": (21.3, 5.5), "12 crops": (19.8, 4.6), "144 crops": (18.8, 4.3)
    },
    "inception_v4": {"1 crop": (20.0, 5.0), "12 crops": (18.7, 4.2), "144 crops": (17.7, 3.8)},
    "inception_resnet_v2": {
        "1 crop": (19.9, 4.9), "12 crops": (18.7, 4.1), "144 crops": (17.8, 3.7)
    },
}  # fmt: skip


_V4_ERRORS = tuple(
    Printed(network, "", f"{top} error, {crops}", value, 0.1, "Inception-v4, AAAI 2017")
    for network, rows in _ERRORS.items()
    for crops, pair in rows.items()
    for top, value in zip(("top-1", "top-5"), pair, strict=True)
)
# Batch normalization, figure 3: training steps to 72.2 % and the largest validation accuracy, in
# millions and per cent. The last network has sigmoids for ReLUs and never gets to 72.2 %.
_FIGURE_3 = {
    "Inception": (31.0, 72.2),
    "BN-Baseline": (13.3, 72.7),
    "BN-x5": (2.1, 73.0),
    "BN-x30": (2.7, 74.8),
    "BN-x5-Sigmoid": (None, 69.8),
}
_BATCH_NORM = tuple(
    Printed("bn_inception", name, quantity, value, unit, "arXiv 1502.03167, figure 3")
    for name, (steps, best) in _FIGURE_3.items()
    for quantity, value, unit in (
        ("steps to 72.2 %", steps and round(steps * 10**6), 10**5),
        ("best top-1 accuracy", best, 0.1),
    )
    if value is not None
) + (
    Printed("bn_inception", "", "params", 13_600_000, 10**5, "arXiv 1502.03167, section 4.2"),
    Printed(
        "bn_inception", "", "params, against GoogLeNet", 1.25, 0.01, "arXiv 1502.03167, appendix"
    ),
    Printed(
        "bn_inception", "", "cost, against GoogLeNet", 1.30, 0.05, "arXiv 1502.03167, appendix"
    ),
)
# What factorization saves at equal widths; where the ReLU is (figure 2).
_SAVINGS = {
    "5×5 as two 3×3": (0.28, "section 3.1"),
    "3×3 as 3×1 and 1×3": (0.33, "section 3.2"),
    "3×3 as two 2×2": (0.11, "section 3.2"),
}
_FACTORIZATION = (
    *(
        Printed("inception_v3", stage, "saving", value, 0.01, f"arXiv 1512.00567, {place}")
        for stage, (value, place) in _SAVINGS.items()
    ),
    *(
        Printed("inception_v3", stage, "top-1 accuracy", value, 0.001, "arXiv 1512.00567, figure 2")
        for stage, value in (("ReLU between", 0.772), ("linear between", 0.762))
    ),
)
# GoogLeNet on one crop, as a later paper has it in its table 3.
_ONE_CROP = tuple(
    Printed("googlenet", "", f"{top} error, 1 crop", value, 0.1, "arXiv 1512.00567, table 3")
    for top, value in (("top-1", 29.0), ("top-5", 9.2))
)
# Rethinking, table 1: what goes into each row (side, channels), row by row beside our stages.
_V3_TABLE_1 = {
    "conv1": (299, 3),
    "conv2": (149, 32),
    "conv3": (147, 32),
    "pool1": (147, 64),
    "conv4": (73, 64),
    "conv5": (71, 80),
    "pool2": (35, 192),  # printed as a convolution
    "A1": (35, 288),
    "B1": (17, 768),
    "C1": (8, 1280),
    "avgpool": (8, 2048),
    "fc": (1, 2048),
}
_V3_INPUTS = tuple(
    Printed("inception_v3", stage, quantity, value, 1, "arXiv 1512.00567, table 1")
    for stage, row in _V3_TABLE_1.items()
    for quantity, value in zip(("input side", "input channels"), row, strict=True)
)
_V3_WHOLE = tuple(
    Printed("inception_v3", "", quantity, value, unit, f"arXiv 1512.00567, {where}")
    for quantity, value, unit, where in (
        ("params, less than", 25 * 10**6, 10**6, "abstract"),
        ("macs", 5 * 10**9, 10**9, "abstract"),
        ("layers", 42, 1, "section 6"),
    )
)
# Rethinking, table 3, row by row: top-1 error, top-5 error (None: not printed), 10⁹ operations.
_V3_TABLE_3 = {
    "GoogLeNet": (29.0, 9.2, 1.5),
    "BN-GoogLeNet": (26.8, None, 1.5),
    "BN-Inception": (25.2, 7.8, 2.0),
    "Inception-v2": (23.4, None, 3.8),
    "+ RMSProp": (23.1, 6.3, 3.8),
    "+ label smoothing": (22.8, 6.1, 3.8),
    "+ factorized 7×7": (21.6, 5.8, 4.8),
    "+ BN-auxiliary": (21.2, 5.6, 4.8),
}
_V3_STEPS = tuple(
    Printed("inception_v3", row, quantity, value, unit, "arXiv 1512.00567, table 3")
    for row, values in _V3_TABLE_3.items()
    for quantity, value, unit in zip(
        ("top-1 error", "top-5 error", "10⁹ operations"), values, (0.1, 0.1, 0.1), strict=True
    )
    if value is not None
)
# Rethinking, table 2: side of the input -> top-1 accuracy.
_V3_LOW = tuple(
    Printed("inception_v3", f"{side}×{side}", "top-1 accuracy", value, 0.1, "arXiv 1512.00567, table 2")
    for side, value in {299: 76.6, 151: 76.4, 79: 75.2}.items()
)  # fmt: skip


_V3 = (*_V3_WHOLE, *_V3_INPUTS, *_V3_LOW, *_V3_STEPS)
# One tuple for each table or passage of a paper.
PRINTED = (
    *_GOOGLENET,
    *_GOOGLENET_TEXT,
    *_SIZES,
    *_ONE_CROP,
    *_BATCH_NORM,
    *_FACTORIZATION,
    *_V3,
    *_REDUCTION_A,
    *_V4_ERRORS,
)
"""Every number that the book takes from the papers, each with what it measures and where it is printed."""
