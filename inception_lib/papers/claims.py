"""What the papers claim, held against what the package counts. No torch.

Each claim is a row: what is said and where, the number in print, a function that computes ours, and
how the two must relate for the claim to hold. The verdict is computed too. What only a training run
on ImageNet could show (accuracies, steps) is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ..counting.cost import cost
from ..counting.table import Table
from ..errors import suggest
from ..networks.googlenet import GOOGLENET
from ..networks.published import alexnet
from ..networks.registry import architecture
from ..spec import Branches, Chain, Conv, Defaults, MaxPool, Node
from ..tree.walks import depth
from .numbers import PRINTED

if TYPE_CHECKING:
    from typing import Unpack

    from ..networks.registry import Options

BARE = Defaults(bias=False)  # weights alone
ABOUT = 0.1  # "about", "roughly": within a tenth


@dataclass(frozen=True)
class Claim:
    """One statement of a paper with a number in it.

    Attributes:
        paper: its heading in the bibliography, as an anchor.
        place: section, figure or table.
        says: the statement, in this book's words.
        printed: the number as the paper has it.
        compute: gives ours.
        unit: behind both numbers ("×", "%", "M", …).
        relation: how they must relate: "=" (to the last printed digit), "about" (within a tenth),
            "<" (ours is below the printed one).
        step: the last printed digit's worth, for "=".
        note: what else there is to say.
        row: of GoogLeNet's table 1, for the claims that are one of its cells.
    """

    paper: str
    place: str
    says: str
    printed: float
    compute: Callable[[], float]
    unit: str = ""
    relation: str = "="
    step: float = 1.0
    note: str = ""
    row: str = ""

    @property
    def computed(self) -> float:
        """Our number, in the same unit."""
        return self.compute()

    @property
    def holds(self) -> bool:
        """Whether the two numbers relate as the claim needs it."""
        ours = self.computed
        if self.relation == "<":
            return ours < self.printed
        if self.relation == "about":
            return abs(ours / self.printed - 1) <= ABOUT
        return abs(ours - self.printed) <= self.step / 2 + 1e-9

    @property
    def verdict(self) -> str:
        """In words: "holds", or how far the computed number is from the printed one."""
        if self.holds:
            return "holds"
        off = 100 * (self.computed / self.printed - 1)
        return f"differs by {off:+.{0 if abs(off) >= 10 else 1}f}\N{NO-BREAK SPACE}%".replace(
            "-", "−"
        )


def _m(name: str, quantity: str = "params", **options: Unpack[Options]) -> float:
    """Millions of parameters, or billions of MACs."""
    counted = cost(architecture(name, **options))
    return counted.params / 1e6 if quantity == "params" else counted.macs / 1e9


def _ratio(one: str, other: str, quantity: str = "params") -> float:
    return _m(one, quantity) / _m(other, quantity)


def _weights(kernel: int | tuple[int, int], channels: int = 64) -> int:
    """Weights of one convolution of `channels` to as many."""
    return cost(Conv(channels, kernel), (channels, 32, 32), defaults=BARE).params


def _off(new: int, old: int) -> float:
    return 100 * (1 - new / old)


def _separable_stem() -> tuple[float, float]:
    """K weights (of 1024) and M MACs of a 7×7 in two steps: 8 maps of each channel, then a 1×1."""
    stem = Chain([Conv(24, 7, 2, groups=3), Conv(64)])
    counted = cost(stem, (3, 224, 224), defaults=BARE)
    return counted.params / 1024, counted.macs / 1e6


def _table_1(stage: str, quantity: str) -> float:
    """A row of GoogLeNet's table 1, counted without biases: K (of 1024) or M."""
    counted = cost(replace(architecture("googlenet"), defaults=BARE))
    value = getattr(counted[stage], quantity)
    if stage == "conv2":  # the paper's row holds the 1×1 before it
        value += getattr(counted["conv2_reduce"], quantity)
    if stage == "fc" and quantity == "params":
        value -= 1000  # its biases
    return value / (1024 if quantity == "params" else 1e6)


def _released(stage: str, quantity: str) -> float:
    """A block of the network that Google released, with biases: K (of 1024) or M."""
    return getattr(cost("googlenet_2014")[stage], quantity) / (
        1024 if quantity == "params" else 1e6
    )


def _swapped(key: str) -> float:
    """Per cent that GoogLeNet grows by when two 3×3 replace each 5×5."""
    network = architecture("googlenet")
    stages = dict(network.stages)
    for stage, (*_, reduce, out, _, _) in GOOGLENET.items():
        block = stages[stage]
        assert isinstance(block, Branches)
        pair = [Conv(reduce), Conv(out, 3), Conv(out, 3)]
        stages[stage] = Branches(dict(block.branches) | {"5x5": pair})
    more = cost(replace(network, stages=tuple(stages.items())))
    return 100 * (getattr(more, key) / getattr(cost(network), key) - 1)


def _reduction(first_pool: bool) -> int:
    """MACs of halving a 35×35 grid while doubling 320 channels, the pooling first or last."""
    expand = Conv(640)
    parts: list[Node] = (
        [MaxPool(2, 2, "valid"), expand] if first_pool else [expand, MaxPool(2, 2, "valid")]
    )
    return cost(Chain(parts), (320, 36, 36), defaults=BARE).macs


def _released_rows() -> list[Claim]:
    """The blocks that the released network changes, against the same printed cells."""
    return [
        Claim(
            GOING,
            "table 1",
            f"{fact.stage}: {words}, in the widths released in 2014",
            round(fact.value / fact.unit),
            partial(_released, fact.stage, fact.quantity),
            unit,
            note="one digit apart" if (fact.stage, unit) == ("5a", "K") else "our inference",
        )
        for fact in PRINTED
        for words, unit in [
            ("parameters with biases", "K") if fact.quantity == "params" else ("operations", "M")
        ]
        if fact.source == "arXiv 1409.4842, table 1" and fact.stage in ("4a", "4b", "5a")
    ]


GOING, BN = "going-deeper-2014", "batch-normalization-2015"
RETHINKING, V4 = "rethinking-inception-2015", "inception-v4-2016"
READINGS = "its item is about replacing the 5×5; no reading gives both numbers"
PAPERS = {GOING: "1409.4842", BN: "1502.03167", RETHINKING: "1512.00567", V4: "1602.07261"}


def _table_1_rows() -> list[Claim]:
    rows = []
    for fact in PRINTED:
        if fact.source != "arXiv 1409.4842, table 1":
            continue
        weights = fact.quantity == "params"
        printed = fact.value / fact.unit
        step = 1 if printed >= 10 else 0.1
        rows.append(
            Claim(
                GOING,
                "table 1",
                f"{fact.stage}: {'parameters' if weights else 'operations'}",
                round(printed, 1) if printed < 10 else round(printed),
                partial(_table_1, fact.stage, fact.quantity),
                "K" if weights else "M",
                step=2 * step,
                row=fact.stage,
            )
        )
    return rows


CLAIMS = (
    Claim(GOING, "introduction", "12 times fewer parameters than AlexNet", 12,
          lambda: cost(alexnet()).params / cost("googlenet").params, "×",
          note="12 is 60 M / 5 M, the two numbers that a later paper gives; GoogLeNet has 7.0 M"),
    Claim(GOING, "introduction", "1.5 billion multiply-adds", 1.5, lambda: _m("googlenet", "macs"), "G",
          step=0.1, note="1.499 with a separable first convolution"),
    Claim(GOING, "section 5", "22 layers with parameters", 22, lambda: depth(architecture("googlenet"))),
    Claim(GOING, "section 5", "27 layers with pooling", 27,
          lambda: depth(architecture("googlenet"), pooling=True)),
    Claim(GOING, "section 7", "144 crops of a picture", 144, lambda: 4 * 3 * 6 * 2,
          note="4 scales, 3 squares, 6 places, 2 for the mirror image"),
    *_table_1_rows(),
    Claim(GOING, "table 1", "conv1: parameters, if it is separable", 2.7, lambda: _separable_stem()[0],
          "K", step=0.1, note="our inference; 2,712 weights are 2.7 thousand, or with their 88 biases 2.7 K of 1024"),
    Claim(GOING, "table 1", "conv1: operations, if it is separable", 34, lambda: _separable_stem()[1],
          "M", note="our inference; the paper does not say so"),
    *_released_rows(),
    Claim(BN, "section 4.2", "13.6 million parameters", 13.6, lambda: _m("bn_inception"), "M",
          step=0.1, note="11.3 M with 128 channels behind the pooling of 4c and 4d"),
    Claim(BN, "appendix", "25 % more parameters, for each 5×5 of GoogLeNet as two 3×3", 25,
          lambda: _swapped("params"), "%", "about", note=READINGS),
    Claim(BN, "appendix", "25 % more parameters, for the whole network", 25,
          lambda: 100 * (_ratio("bn_inception", "googlenet") - 1), "%", "about", note=READINGS),
    Claim(BN, "appendix", "about 30 % more cost, for each 5×5 of GoogLeNet as two 3×3", 30,
          lambda: _swapped("macs"), "%", "about", note=READINGS),
    Claim(BN, "appendix", "about 30 % more cost, for the whole network", 30,
          lambda: 100 * (_ratio("bn_inception", "googlenet", "macs") - 1), "%", "about", note=READINGS),
    Claim(BN, "figure 5", "channels of 4c by its column of outputs", 576,
          lambda: cost(architecture("bn_inception", pool_proj=128))["4c"].out_shape[0],
          note="the columns of filters add up to 608; with 96 behind the pooling they give 576"),
    Claim(BN, "section 4.2.2", "14 times fewer steps than Inception, at five times the learning rate",
          14, lambda: 31.0 / 2.1, "×",
          note="from the paper's own figure 3: 31.0 and 2.1 million steps; cut off, not rounded, it is 14"),
    Claim(RETHINKING, "section 3.1", "a 5×5 costs 2.78 times a 3×3", 2.78,
          lambda: _weights(5) / _weights(3), "×", step=0.01),
    Claim(RETHINKING, "section 3.1", "two 3×3 in place of a 5×5 save 28 %", 28,
          lambda: _off(2 * _weights(3), _weights(5)), "%", note="at equal widths"),
    Claim(RETHINKING, "section 3.2", "3×1 and 1×3 in place of a 3×3 save 33 %", 33,
          lambda: _off(_weights((3, 1)) + _weights((1, 3)), _weights(3)), "%",
          note="for n×n it is 1 − 2/n: 60 % for 5, 71 % for 7"),
    Claim(RETHINKING, "section 3.2", "two 2×2 in place of a 3×3 save 11 %", 11,
          lambda: _off(2 * 4 * 64**2, _weights(3)), "%"),
    Claim(RETHINKING, "section 5", "pooling first reduces the operations by a quarter", 25,
          lambda: _off(_reduction(True), _reduction(False)), "%",
          note="to a quarter, as the paper's own formula says: 2d²k² against 2(d/2)²k²"),
    Claim(RETHINKING, "section 6", "42 layers", 42, lambda: depth(architecture("inception_v3")),
          note="by the rule that gives GoogLeNet its 22; the page below chapter 6 has a way to 42"),
    Claim(RETHINKING, "abstract", "fewer than 25 million parameters", 25, lambda: _m("inception_v3"),
          "M", "<"),
    Claim(RETHINKING, "abstract", "5 billion multiply-adds", 5, lambda: _m("inception_v3", "macs"),
          "G"),
    Claim(RETHINKING, "section 6", "about 2.5 times the cost of GoogLeNet", 2.5,
          lambda: _ratio("inception_v3", "googlenet", "macs"), "×", "about",
          note="2.53 from the paper's own table 3: 3.8 and 1.5 billion"),
    Claim(RETHINKING, "conclusions", "2.5 times the cost of BN-Inception", 2.5,
          lambda: _ratio("inception_v3", "bn_inception", "macs"), "×", "about",
          note="the same factor, of another network"),
    Claim(RETHINKING, "section 9", "16 times cheaper on 79 pixels, unchanged", 16,
          lambda: cost("inception_v3").macs / cost("inception_v3", input_size=79).macs, "×",
          note="16 is 4 · 4, two strides of 2; layers without padding take more off a small picture"),
    Claim(V4, "section 3.2", "Inception-ResNet-v1 costs roughly what Inception-v3 costs", 1,
          lambda: _ratio("inception_resnet_v1", "inception_v3", "macs"), "×", "about"),
    Claim(V4, "section 3.2", "Inception-ResNet-v2 matches the raw cost of Inception-v4: as released", 1,
          lambda: _ratio("inception_resnet_v2", "inception_v4", "macs"), "×", "about",
          note="10, 20 and 10 blocks"),
    Claim(V4, "section 3.2", "the same: as the figures have it", 1,
          lambda: _ratio("inception_resnet_v2_paper", "inception_v4", "macs"), "×", "about",
          note="5, 10 and 5 blocks"),
    Claim(V4, "figure 17", "1154 channels behind block B's last 1×1", 1154,
          lambda: cost("inception_resnet_v2_paper")["reduction_a"].out_shape[0],
          note="the sum needs as many as come in: 384 + 384 + 384"),
    Claim(V4, "figure 19", "2048 channels behind block C's last 1×1", 2048,
          lambda: cost("inception_resnet_v2_paper")["reduction_b"].out_shape[0],
          note="the sum needs as many as come in: 1152 + 384 + 288 + 320"),
    Claim(V4, "section 5", "about 1,700 pictures left out of the validation set", 1700,
          lambda: 50_000 - 48_238, "", "about", note="the count of the rest is the earlier paper's"),
)  # fmt: skip


def number(value: float, unit: str) -> str:
    """Four figures at most, and the unit."""
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return (
        f"{text} {unit}".strip()
        if unit not in ("×", "%")
        else f"{text}{unit}".replace("%", "\N{NO-BREAK SPACE}%")
    )


def claims_table(paper: str | None = None) -> Table:
    """What the papers claim, what comes out, and the verdict.

    Args:
        paper: one of `PAPERS` (an anchor of the bibliography, such as "going-deeper-2014"), or None
            for all.

    Returns:
        A `Table` of place, claim, printed, computed, verdict and note.

    Raises:
        KeyError: there are no claims of that paper; the message names the nearest.
    """
    if paper is not None and paper not in PAPERS:
        raise KeyError(suggest(paper, list(PAPERS), "paper"))
    rows = [
        (c.place, c.says, number(c.printed, c.unit), number(c.computed, c.unit), c.verdict, c.note)
        for c in CLAIMS
        if paper in (None, c.paper)
    ]
    return Table(["place", "claim", "printed", "computed", "verdict", "note"], rows)
