"""BN-Inception, from the table of arXiv 1502.03167. No torch."""

from __future__ import annotations

from ..errors import short
from ..spec import BATCH_NORM, Conv, Head, MaxPool, Network, Node
from .blocks import AVERAGE, two_3x3_block
from .googlenet import ceil_pool

# The table prints a pool proj of 128 in 4c and 4d. Its branches then give 608 channels there and
# 1056 in 4e; its own output sizes are 576 and 1024. With 96, as TF-slim has it, they add up.
#     #1×1  #3×3 reduce  #3×3  double #3×3 reduce  double #3×3  pool proj  output
BN_INCEPTION = {
    "3a": (64, 64, 64, 64, 96, 32, 256),
    "3b": (64, 64, 96, 64, 96, 64, 320),
    "3c": (0, 128, 160, 64, 96, 0, 576),  # stride 2, max pooling
    "4a": (224, 64, 96, 96, 128, 128, 576),
    "4b": (192, 96, 128, 96, 128, 128, 576),
    "4c": (160, 128, 160, 128, 160, 96, 576),
    "4d": (96, 128, 192, 160, 192, 96, 576),
    "4e": (0, 128, 192, 192, 256, 0, 1024),  # stride 2, max pooling
    "5a": (352, 192, 320, 160, 224, 128, 1024),
    "5b": (352, 192, 320, 192, 224, 128, 1024),  # max pooling
}
"""BN-Inception's blocks, by stage: 1×1, 3×3 reduce, 3×3, double 3×3 reduce, double 3×3, pool proj,
output. A 0 leaves the 1×1 out.

Source: arXiv 1502.03167, figure 5.
"""


def bn_inception(pool_proj: int = 96) -> Network:
    """BN-Inception, "Inception-v2" in TF-slim and in the Inception-v4 paper.

    The poolings of 3c and 4e are padded, so that they meet the convolutions on every grid. The
    first convolution is a plain one; the paper's is separable.

    Args:
        pool_proj: of 4c and 4d: 96 keeps the table's output sizes, 128 its column "pool proj".
    """
    if pool_proj not in (96, 128):
        raise ValueError(
            f"pool_proj is {short(pool_proj)}; 4c and 4d have 96 (the table's output sizes) or 128 "
            "(its column)."
        )
    blocks: dict[str, Node] = {}
    for name, (c1, r3, c3, rd, cd, proj, out) in BN_INCEPTION.items():
        if name in ("4c", "4d"):
            proj = pool_proj
        if name in ("4c", "4d", "4e"):
            out += pool_proj - 96
        stride = 1 if proj else 2
        pool = MaxPool(3, stride) if stride == 2 or name == "5b" else AVERAGE
        blocks[name] = two_3x3_block(c1, r3, c3, rd, cd, proj, out, stride=stride, pool=pool)
    stages: dict[str, Node] = {"conv1": Conv(64, 7, 2), "pool1": ceil_pool()}
    stages |= {"conv2_reduce": Conv(64), "conv2": Conv(192, 3), "pool2": ceil_pool()}
    return Network(
        "bn_inception",
        stages | blocks,
        Head(),  # section 4.2.1: no dropout
        defaults=BATCH_NORM,
        title="BN-Inception",
        source="arXiv 1502.03167, figure 5",
    )
