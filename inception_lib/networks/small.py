"""The ladder: small networks for 32×32 pixels that differ in their blocks alone. No torch.

All have one skeleton: a 3×3 convolution, a pooling, two blocks on 16×16, a pooling, two blocks on
8×8, global average pooling, a linear classifier of ten classes. Widths are chosen so that each
costs the same multiply-accumulates as `mini_reduced`, within 5 %; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..spec import BATCH_NORM, PLAIN, AvgPool, Conv, Defaults, Head, MaxPool, Network, Node
from .blocks import (
    asymmetric_block,
    factorized,
    naive_block,
    reduced_block,
    residual_block,
    two_3x3_block,
)

SIZE = 32  # pixels
CLASSES = 10
POOL = MaxPool(3)
# output channels of one 3×3
MINI_PLAIN = {"3a": 18, "3b": 26, "4a": 40, "4b": 48}
#     1×1  3×3  5×5
MINI_NAIVE = {"3a": (4, 8, 3, 31), "3b": (4, 8, 3, 46), "4a": (6, 12, 4, 68), "4b": (6, 12, 4, 90)}
#    #1×1  #3×3 reduce  #3×3  #5×5 reduce  #5×5  pool proj  output
MINI_REDUCED = {
    "3a": (8, 8, 16, 4, 8, 8, 40),
    "3b": (16, 12, 24, 4, 8, 8, 56),
    "4a": (24, 16, 32, 6, 12, 12, 80),
    "4b": (32, 16, 40, 8, 16, 16, 104),
}
MINI_FACTORIZED: dict[str, tuple[Any, ...]] = {
    # #1×1  #3×3 reduce  #3×3  double #3×3 reduce  double #3×3  pool proj  output
    "3a": (8, 8, 16, 4, 8, 8, 40),
    "3b": (16, 12, 24, 4, 8, 8, 56),
    # 1×1  5×5 as 1×5 and 5×1  double 5×5 as 5×1, 1×5, 5×1, 1×5  pool proj  output
    "4a": (24, (16, 16, 32), (6, 8, 8, 12, 12), 12, 80),
    "4b": (32, (16, 24, 40), (8, 12, 12, 16, 16), 16, 104),
}


def _mini(name: str, blocks: Mapping[str, Node], title: str, defaults: Defaults, aux=()) -> Network:
    stages: dict[str, Node] = {"conv1": Conv(16, 3), "pool1": MaxPool(3, 2)}
    stages |= {"3a": blocks["3a"], "3b": blocks["3b"], "pool3": MaxPool(3, 2)}
    stages |= {"4a": blocks["4a"], "4b": blocks["4b"]}
    return Network(
        name,
        stages,
        Head(classes=CLASSES),
        aux=aux,
        input_size=SIZE,
        defaults=defaults,
        title=title,
        source="this book; no paper has it",
    )


def _plain() -> dict[str, Node]:
    return {name: Conv(width, 3) for name, width in MINI_PLAIN.items()}


def _reduced() -> dict[str, Node]:
    return {name: reduced_block(*row) for name, row in MINI_REDUCED.items()}


def mini_plain() -> Network:
    """One 3×3 in place of each block."""
    return _mini("mini_plain", _plain(), "3×3 only, small", PLAIN)


def mini_plain_bn() -> Network:
    """`mini_plain` with batch normalization: what a ladder without Inception blocks ends in."""
    return _mini("mini_plain_bn", _plain(), "3×3 only with BN, small", BATCH_NORM)


def mini_naive() -> Network:
    """Naive blocks (arXiv 1409.4842, figure 2a)."""
    blocks = {name: naive_block(*row) for name, row in MINI_NAIVE.items()}
    return _mini("mini_naive", blocks, "Naive blocks, small", PLAIN)


def mini_reduced() -> Network:
    """Blocks with 1×1 reductions (arXiv 1409.4842, figure 2b)."""
    return _mini("mini_reduced", _reduced(), "Reduced blocks, small", PLAIN)


def mini_googlenet_aux() -> Network:
    """`mini_reduced` with an auxiliary head on 3b, a small one of GoogLeNet's."""
    head = Head(
        pool=[AvgPool(5, 3, "valid"), Conv(32)], hidden=(128,), dropout=0.7, classes=CLASSES
    )
    aux = {"3b": head}
    return _mini("mini_googlenet_aux", _reduced(), "GoogLeNet with a head, small", PLAIN, aux)


def mini_bn() -> Network:
    """`mini_reduced` with batch normalization in place of the biases (arXiv 1502.03167)."""
    return _mini("mini_bn", _reduced(), "Reduced blocks with BN, small", BATCH_NORM)


def mini_factorized() -> Network:
    """Two 3×3 for each 5×5, then 1×5 and 5×1 in turn (arXiv 1512.00567, figures 5 and 6).

    The paper has 1×7 and 7×1 on grids of 17×17; here the grid is 8×8 and they are 5 long.
    """
    rows = MINI_FACTORIZED
    blocks = {name: two_3x3_block(*rows[name], pool=POOL) for name in ("3a", "3b")}
    blocks |= {name: asymmetric_block(*rows[name], n=5, pool=POOL) for name in ("4a", "4b")}
    return _mini("mini_factorized", blocks, "Factorized blocks, small", BATCH_NORM)


def mini_residual() -> Network:
    """3b and 4b of `mini_factorized` become residual (arXiv 1602.07261, figures 16 and 17).

    Their input keeps its width, so they are narrower than the others' 3b and 4b.
    """
    small: dict[str, Node | Sequence[Node]] = {
        "1x1": Conv(8),
        "3x3": [Conv(12), Conv(16, 3)],
        "double3x3": [Conv(4), Conv(8, 3), Conv(8, 3)],
    }
    long: dict[str, Node | Sequence[Node]] = {
        "1x1": Conv(24),
        "5x5": [Conv(20), factorized(5, 28, 32)],
    }
    rows = MINI_FACTORIZED
    blocks: dict[str, Node] = {
        "3a": two_3x3_block(*rows["3a"], pool=POOL),
        "3b": residual_block(small, 40, 0.17),
        "4a": asymmetric_block(*rows["4a"], n=5, pool=POOL),
        "4b": residual_block(long, 80, 0.10),
    }
    return _mini("mini_residual", blocks, "Residual blocks, small", BATCH_NORM)
