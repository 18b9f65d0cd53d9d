"""What the papers claim, compared with what the package counts and with their own numbers. No torch.

Each claim is a row: what is said and where, the number in print, a function that computes ours, and
how the two must relate for the claim to hold. The verdict is computed too. What only a training run
on ImageNet could show (accuracies, steps) is compared with the other numbers that the papers print.
A number that we have seen in one copy of a paper alone is not printed here: its row is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..counting.cost import cost
from ..counting.table import Table
from ..errors import suggest
from ..networks.googlenet import GOOGLENET
from ..networks.published import alexnet, vgg16
from ..networks.registry import architecture
from ..tree.walks import depth
from . import recounts
from .numbers import PRINTED

ABOUT = 0.1  # "about", "roughly": within a tenth
VERDICTS = {
    "holds": "counted, and the number comes out",
    "differs": "counted, and another number comes out",
    "agrees": "not to be counted; other numbers in print give it",
    "disagrees": "not to be counted; other numbers in print give another one",
    "open": "nobody has explained it, or we could not confirm what is printed",
}


@dataclass(frozen=True)
class Claim:
    """One statement of a paper with a number in it.

    Attributes:
        key: its address on the page of claims. It stays, whatever becomes of the words.
        paper: its heading in the bibliography, as an anchor.
        place: section, figure or table.
        says: the statement, in this book's words.
        printed: the number as the paper has it; None where we print none.
        compute: gives ours; None where there is nothing to compute.
        unit: after both numbers ("×", "%", "M", …).
        relation: how they must relate: "=" (to the last printed digit), "about" (within a tenth),
            "<" and ">" (ours is below or above the printed one), "to" (from `printed` to `most`).
        step: the last printed digit's worth, for "=".
        note: what else there is to say.
        most: the larger number of a range.
        own: whether ours comes from other printed numbers instead of a count.
        open: whether the question is open.
        row: of GoogLeNet's table 1, for the claims that are one of its cells.
    """

    key: str
    paper: str
    place: str
    says: str
    printed: float | None
    compute: Callable[[], float] | None
    unit: str = ""
    relation: str = "="
    step: float = 1.0
    note: str = ""
    most: float | None = None
    own: bool = False
    open: bool = False
    row: str = ""

    @property
    def computed(self) -> float | None:
        """Our number, in the same unit."""
        return self.compute() if self.compute else None

    @property
    def off(self) -> float:
        """How far ours is from the printed number, in per cent; 0 where one is missing."""
        ours = self.computed
        if ours is None or self.printed is None:
            return 0.0
        near = self.most if self.most and ours > self.most else self.printed
        return 100 * (ours / near - 1)

    @property
    def holds(self) -> bool:
        """Whether the two numbers relate as the claim needs it."""
        ours, printed = self.computed, self.printed
        if ours is None or printed is None:
            return False
        match self.relation:
            case "<":
                return ours < printed
            case ">":
                return ours > printed
            case "to":
                return printed <= ours <= (self.most or printed)
            case "about":
                return abs(ours / printed - 1) <= ABOUT + 1e-9
        return abs(ours - printed) <= self.step / 2 + 1e-9

    @property
    def kind(self) -> str:
        """The verdict as one of `VERDICTS`."""
        if self.open:
            return "open"
        if self.own:
            return "agrees" if self.holds else "disagrees"
        return "holds" if self.holds else "differs"

    @property
    def verdict(self) -> str:
        """In words: "holds", "agrees", or how far the computed number is from the printed one."""
        if self.holds or self.computed is None or self.printed is None:
            return self.kind
        by = f"{self.off:+.{0 if abs(self.off) >= 10 else 1}f}%".replace("-", "−")
        return f"open, {by}" if self.open else f"{self.kind} by {by}"

    @property
    def in_print(self) -> str:
        """The printed number as text, with the sign of its relation."""
        if self.printed is None:
            return "not confirmed"
        if self.most is not None:
            return f"{number(self.printed)} to {number(self.most, self.unit)}"
        sign = f"{self.relation} " if self.relation in ("<", ">") else ""
        return sign + number(self.printed, self.unit)

    @property
    def in_ours(self) -> str:
        """The computed number as text."""
        ours = self.computed
        return "not computed" if ours is None else number(ours, self.unit)


def number(value: float, unit: str = "") -> str:
    """Four figures at most, and the unit."""
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text}{unit}" if unit in ("×", "%") else f"{text} {unit}".strip()


GOING, BN = "going-deeper-2014", "batch-normalization-2015"
RETHINKING, V4 = "rethinking-inception-2015", "inception-v4-2016"
PAPERS = {GOING: "1409.4842", BN: "1502.03167", RETHINKING: "1512.00567", V4: "1602.07261"}
NAMES = {
    GOING: "Going deeper",
    BN: "Batch normalization",
    RETHINKING: "Rethinking",
    V4: "Inception-v4",
}
"""What the page calls the papers."""
INFERENCE = "Our inference: the paper doesn't say so."
SWAP = "Read as written: its item is about this replacement."
WHOLE = "The other reading: BN-Inception compared with GoogLeNet."
SOLVED = "The widths released in 2014 explain it: see the rows on them."
UNEXPLAINED = "We know of no explanation."
TABLE_1 = {  # what else there is to say of a cell, and whether it is open
    ("conv1", "params"): ("A separable convolution would fit: see the rows on it.", False),
    ("conv1", "macs"): ("A separable convolution would fit: see the rows on it.", False),
    ("4a", "params"): (SOLVED, False),
    ("4c", "params"): ("Its own operations fit 497.5K. " + UNEXPLAINED, True),
    ("4d", "params"): (UNEXPLAINED, True),
    ("4e", "params"): (UNEXPLAINED, True),
    ("5a", "params"): ("The widths released in 2014 give 1,082K, one digit apart.", False),
    ("5a", "macs"): (SOLVED, False),
    ("5b", "params"): (UNEXPLAINED, True),
}


def _table_1_rows() -> list[Claim]:
    rows = []
    for fact in PRINTED:
        if fact.source != "arXiv 1409.4842, table 1":
            continue
        weights = fact.quantity == "params"
        printed = fact.value / fact.unit
        note, unsolved = TABLE_1.get((fact.stage, fact.quantity), ("", False))
        rows.append(
            Claim(
                f"googlenet-{fact.stage}-{'parameters' if weights else 'operations'}",
                GOING,
                "table 1",
                f"{fact.stage}: {'parameters' if weights else 'operations'}",
                round(printed, 1) if printed < 10 else round(printed),
                partial(recounts.table_1, fact.stage, fact.quantity),
                "K" if weights else "M",
                step=2 if printed >= 10 else 0.2,
                note=note,
                open=unsolved,
                row=fact.stage,
            )
        )
    return rows


def _released_rows() -> list[Claim]:
    """The blocks that the released network changes, compared with the same printed cells."""
    return [
        Claim(
            f"googlenet-{fact.stage}-{words.split()[0]}-released",
            GOING,
            "table 1",
            f"{fact.stage}: {words}, in the widths released in 2014",
            round(fact.value / fact.unit),
            partial(recounts.released, fact.stage, fact.quantity),
            unit,
            note="One digit apart." if (fact.stage, unit) == ("5a", "K") else INFERENCE,
        )
        for fact in PRINTED
        for words, unit in [
            ("parameters with biases", "K") if fact.quantity == "params" else ("operations", "M")
        ]
        if fact.source == "arXiv 1409.4842, table 1" and fact.stage in ("4a", "4b", "5a")
    ]


CLAIMS = (
    # ---- Going deeper ----
    Claim("googlenet-12-times", GOING, "introduction", "12 times fewer parameters than AlexNet", 12,
          lambda: cost(alexnet()).params / cost("googlenet").params, "×",
          note="12 is 60 M over 5 M, the two numbers that Rethinking gives. GoogLeNet has 7.0 M."),
    Claim("googlenet-budget", GOING, "introduction", "1.5 billion multiply-adds", 1.5,
          lambda: recounts.size("googlenet", "macs"), "G", step=0.1,
          note="With a separable first convolution it is 1.499 billion."),
    Claim("googlenet-budget-added-up", GOING, "introduction",
          "1.5 billion multiply-adds, by the rows of its table 1", 1.5, recounts.table_1_sum, "G", step=0.1,
          own=True, note="The printed rows add up to 1,502 million."),
    Claim("googlenet-2-to-3-times-faster", GOING, "section 4, arXiv",
          "2 to 3 times faster than similarly performing networks", 2,
          lambda: cost(vgg16()).macs / cost("googlenet").macs, "×", "to", most=3,
          note="In MACs and compared with VGG-16. The paper names no network and may mean seconds."),
    Claim("googlenet-3-to-10-times-faster", GOING, "section 4, CVPR",
          "3 to 10 times faster, in the same sentence", 3,
          lambda: cost(vgg16()).macs / cost("googlenet").macs, "×", "to", most=10,
          note="The conference's version has other numbers than arXiv's."),
    Claim("googlenet-22-layers", GOING, "section 5", "22 layers with parameters", 22,
          lambda: depth(architecture("googlenet"))),
    Claim("googlenet-27-layers", GOING, "section 5", "27 layers with pooling", 27,
          lambda: depth(architecture("googlenet"), pooling=True)),
    Claim("googlenet-100-blocks", GOING, "section 5", "about 100 independent building blocks", 100,
          lambda: sum(recounts.parts(node) for _, node in architecture("googlenet").stages) + 2, "", "about",
          open=True, note="The paper adds that it depends on the software. We count convolutions, poolings, "
          "normalizations, concatenations and the linear layer; with each ReLU it would be 140."),
    Claim("googlenet-head-4a", GOING, "section 5", "4×4×512 after the pooling of the head on 4a", 512,
          lambda: recounts.pooled("4a"), "channels"),
    Claim("googlenet-head-4d", GOING, "section 5", "4×4×528 after the pooling of the head on 4d", 528,
          lambda: recounts.pooled("4d"), "channels"),
    Claim("googlenet-heads-effect", GOING, "section 5, CVPR", "how much the auxiliary heads gain", None,
          None, open=True, note="Only the conference's version gives a number, and we have seen one copy of it."),
    Claim("googlenet-144-crops", GOING, "section 7", "144 crops of a picture", 144, lambda: 4 * 3 * 6 * 2,
          note="4 scales, 3 squares, 6 places, 2 for the mirror image."),
    Claim("googlenet-56-percent", GOING, "section 7", "56.5% less error than SuperVision in 2012", 56.5,
          lambda: recounts.off(6.67, 15.3), "%", step=0.2, own=True,
          note="From 15.3% to 6.67% in table 2. The first is rounded, so 56.3 to 56.5 would fit."),
    Claim("googlenet-40-percent", GOING, "section 7", "about 40% less error than Clarifai in 2013", 40,
          lambda: recounts.off(6.67, 11.2), "%", "about", own=True, note="From 11.2% to 6.67% in table 2."),
    Claim("googlenet-1008", GOING, "table 3", "7 networks and 144 crops cost 1008 times one crop", 1008,
          lambda: 7 * 144, "×", own=True),
    Claim("googlenet-last-cell", GOING, "table 3", "what seven networks with 144 crops gain over one with one",
          None, lambda: recounts.said("", "top-5 error, 1 crops") - 6.67, "points", own=True, open=True,
          note="10.07 − 6.67. The table has a cell for it, which we have seen in one copy, with another number."),
    *_table_1_rows(),
    Claim("googlenet-conv1-parameters-separable", GOING, "table 1", "conv1: parameters, if it is separable", 2.7,
          lambda: recounts.separable_stem()[0], "K", step=0.1,
          note="2,712 weights are 2.7 thousand, or with their 88 biases 2.7K of 1,024. " + INFERENCE),
    Claim("googlenet-conv1-operations-separable", GOING, "table 1", "conv1: operations, if it is separable", 34,
          lambda: recounts.separable_stem()[1], "M", note=INFERENCE),
    *_released_rows(),
    # ---- Batch normalization ----
    Claim("bn-7-percent", BN, "introduction", "the same accuracy with 7% of the steps", 7,
          lambda: 100 * recounts.steps("BN-x5", "Inception"), "%", own=True, note="2.1 of 31.0 million, figure 3."),
    Claim("bn-half-the-steps", BN, "section 4.2.2", "BN alone: less than half of the steps", 50,
          lambda: 100 * recounts.steps("BN-Baseline", "Inception"), "%", "<", own=True, note="13.3 of 31.0 million, figure 3."),
    Claim("bn-14-times", BN, "section 4.2.2", "14 times fewer steps to 72.2%, at five times the learning rate", 14,
          lambda: recounts.steps("Inception", "BN-x5"), "×", own=True,
          note="31.0 and 2.1 million, figure 3. Cut off instead of rounded, 14.8 is 14."),
    Claim("bn-5-times", BN, "section 4.2.2", "5 times fewer steps to 74.8%, at thirty times the learning rate", 5,
          lambda: 31.0 / 6, "×", own=True,
          note="Often quoted for 72.2%; this network is there after 2.7 million steps, 11.5 times fewer."),
    Claim("bn-test-error", BN, "abstract", "4.8% top-5 error on the test pictures", 4.8, lambda: 4.82, "%",
          step=0.1, own=True, note="4.82% in section 4.2.3, six networks."),
    Claim("bn-13-million", BN, "section 4.2", "13.6 million parameters", 13.6, lambda: recounts.size("bn_inception"), "M",
          step=0.1, open=True, note="11.3 M with 128 channels after the pooling of 4c and 4d. " + UNEXPLAINED),
    Claim("bn-nine-layers", BN, "appendix", "9 layers deeper, for each 5×5 of GoogLeNet as two 3×3", 9,
          lambda: depth(recounts.two_3x3()) - depth(architecture("googlenet")), note=SWAP),
    Claim("bn-nine-layers-whole", BN, "appendix", "9 layers deeper, for the whole network", 9,
          lambda: depth(architecture("bn_inception")) - depth(architecture("googlenet")),
          note=WHOLE + " Its tenth block adds the other three."),
    Claim("bn-25-percent", BN, "appendix", "25% more parameters, for each 5×5 of GoogLeNet as two 3×3", 25,
          lambda: recounts.swapped("params"), "%", "about", note=SWAP),
    Claim("bn-25-percent-whole", BN, "appendix", "25% more parameters, for the whole network", 25,
          lambda: 100 * (recounts.ratio("bn_inception", "googlenet") - 1), "%", "about", note=WHOLE),
    Claim("bn-30-percent", BN, "appendix", "about 30% more cost, for each 5×5 of GoogLeNet as two 3×3", 30,
          lambda: recounts.swapped("macs"), "%", "about", note=SWAP),
    Claim("bn-30-percent-whole", BN, "appendix", "about 30% more cost, for the whole network", 30,
          lambda: 100 * (recounts.ratio("bn_inception", "googlenet", "macs") - 1), "%", "about",
          note=WHOLE + " No reading gives both the 25% and the 30%."),
    Claim("bn-three-blocks", BN, "appendix", "3 blocks on 28×28 instead of 2", 3,
          lambda: sum(name.startswith("3") for name, _ in architecture("bn_inception").stages)),
    Claim("bn-3c-grid", BN, "figure 5", "28×28 after 3c, by its column of outputs", 28,
          lambda: cost("bn_inception")["3c"].out_shape[1], note="It prints the grid before the stride of 2, for 4e too."),
    Claim("bn-4c-channels", BN, "figure 5", "576 channels after 4c, by its column of outputs", 576,
          lambda: cost(architecture("bn_inception", pool_proj=128))["4c"].out_shape[0],
          note="The columns of filters add up to 608. With 96 after the pooling they give 576."),
    Claim("bn-4e-channels", BN, "figure 5", "1024 channels after 4e, by its column of outputs", 1024,
          lambda: cost(architecture("bn_inception", pool_proj=128))["4e"].out_shape[0],
          note="The same 32 channels too many: the pooling passes on what comes in."),
    # ---- Rethinking ----
    Claim("v3-25-million", RETHINKING, "abstract", "fewer than 25 million parameters", 25,
          lambda: recounts.size("inception_v3"), "M", "<"),
    Claim("v3-5-billion", RETHINKING, "abstract", "5 billion multiply-adds", 5, lambda: recounts.size("inception_v3", "macs"),
          "G", open=True, note="No reading of the paper's table 1 has 5 billion. " + UNEXPLAINED),
    Claim("v3-5-billion-table-3", RETHINKING, "abstract", "5 billion multiply-adds, by its table 3", 5,
          lambda: recounts.billions("+ BN-auxiliary"), "G", own=True),
    Claim("v3-ensemble-top-1", RETHINKING, "abstract", "17.3% top-1 error of four networks", 17.3, lambda: 17.2, "%",
          step=0.1, own=True, note="Table 5 prints 17.2%."),
    Claim("v3-ensemble-top-5", RETHINKING, "abstract", "3.5% top-5 error of four networks", 3.5, lambda: 3.46, "%",
          step=0.1, own=True, note="3.46% by the caption of table 5, on the validation pictures."),
    Claim("v3-ensemble-test", RETHINKING, "abstract", "3.6% top-5 error on the test pictures", 3.6, lambda: 3.58, "%",
          step=0.1, own=True, note="3.58% in table 5."),
    Claim("googlenet-5-million", RETHINKING, "section 1", "GoogLeNet has 5 million parameters", 5,
          lambda: recounts.size("googlenet"), "M", note="The rows of GoogLeNet's own table 1 add up to 6.8 million."),
    Claim("alexnet-60-million", RETHINKING, "section 1", "AlexNet has 60 million parameters", 60,
          lambda: cost(alexnet()).params / 1e6, "M", step=10, note="One tower, as in torchvision."),
    Claim("vgg-3-times", RETHINKING, "section 1", "VGG has about 3 times AlexNet's parameters", 3,
          lambda: cost(vgg16()).params / cost(alexnet()).params, "×", "about", note="138 and 61 million."),
    Claim("doubling-parameters", RETHINKING, "section 1", "doubling every width makes 4 times the parameters", 4,
          lambda: recounts.doubled("params"), "×", note="Of GoogLeNet. The first and the last layer only double."),
    Claim("doubling-cost", RETHINKING, "section 1", "doubling every width makes 4 times the cost", 4,
          lambda: recounts.doubled("macs"), "×", note="Of GoogLeNet."),
    Claim("5x5-costs-2.78", RETHINKING, "section 3.1", "a 5×5 costs 2.78 times a 3×3", 2.78,
          lambda: recounts.weights(5) / recounts.weights(3), "×", step=0.01),
    Claim("alpha", RETHINKING, "section 3.1", "about 1.5 times as many channels after a 5×5 as before, in GoogLeNet",
          1.5, lambda: min(out / reduce for *_, reduce, out, _, _ in GOOGLENET.values()), "×", "about",
          note="The smallest of nine; they go up to 4."),
    Claim("two-3x3", RETHINKING, "section 3.1", "two 3×3 in place of a 5×5 save 28%", 28,
          lambda: recounts.off(2 * recounts.weights(3), recounts.weights(5)), "%",
          note="At equal widths, which the paper calls a simplification."),
    Claim("asymmetric", RETHINKING, "section 3.2", "3×1 and 1×3 in place of a 3×3 save 33%", 33,
          lambda: recounts.off(recounts.weights((3, 1)) + recounts.weights((1, 3)), recounts.weights(3)), "%",
          note="For n×n it is 1 − 2/n: 60% for 5, 71% for 7."),
    Claim("two-2x2", RETHINKING, "section 3.2", "two 2×2 in place of a 3×3 save 11%", 11,
          lambda: recounts.off(2 * 4 * 64**2, recounts.weights(3)), "%"),
    Claim("pooling-by-a-quarter", RETHINKING, "section 5", "pooling first reduces the operations by a quarter", 25,
          lambda: recounts.off(recounts.reduction(True), recounts.reduction(False)), "%",
          note="A slip of words. They fall to a quarter, by the paper's formula: 2d²k² and 2(d/2)²k²."),
    Claim("pooling-3-times-more", RETHINKING, "figure 9", "pooling last is 3 times more expensive", 3,
          lambda: recounts.reduction(False) / recounts.reduction(True) - 1, "×",
          note="Literally right: 3 times more is 4 times as much."),
    Claim("v3-42-layers", RETHINKING, "section 6", "42 layers", 42, lambda: depth(architecture("inception_v3")),
          note="By the rule that gives GoogLeNet its 22. The page below chapter 6 has a way to 42."),
    Claim("v3-2.5-times-googlenet", RETHINKING, "section 6", "about 2.5 times the cost of GoogLeNet", 2.5,
          lambda: recounts.ratio("inception_v3", "googlenet", "macs"), "×", "about"),
    Claim("v3-2.5-times-googlenet-table-3", RETHINKING, "section 6",
          "about 2.5 times the cost of GoogLeNet, by its table 3", 2.5,
          lambda: recounts.billions("Inception-v2") / recounts.billions("GoogLeNet"), "×", "about", own=True,
          note="3.8 and 1.5 billion. The sentence is about Inception-v2."),
    Claim("v3-cheaper-than-vgg", RETHINKING, "section 6", "still much more efficient than VGG", 1,
          lambda: cost(vgg16()).macs / cost("inception_v3").macs, "×", ">",
          note="VGG-16's MACs on 224 pixels over Inception-v3's on 299."),
    Claim("v3-five-blocks", RETHINKING, "section 6", "5 factorized blocks on 17×17", 5,
          lambda: sum(name.startswith("B") for name, _ in architecture("inception_v3").stages),
          note="In the release. With the reduction before them it is 5."),
    Claim("v3-figure-numbers", RETHINKING, "section 6", "the blocks on 17×17 are those of figure 5", 5, lambda: 6,
          own=True, note="Table 1 says figure 6, and so do the captions: the text is off by one."),
    Claim("v3-table-1-288", RETHINKING, "table 1", "288 channels go into the first block on 35×35", 288,
          lambda: cost("inception_v3")["A1"].in_shape[0],
          note="The table has a convolution where the release has a pooling."),
    Claim("v3-smoothing-top-1", RETHINKING, "section 7", "label smoothing gains about 0.2 points in top-1", 0.2,
          lambda: recounts.gain("+ RMSProp", "+ label smoothing"), "points", "about", own=True, note="The difference of two rows of table 3."),
    Claim("v3-smoothing-top-5", RETHINKING, "section 7", "label smoothing gains about 0.2 points in top-5", 0.2,
          lambda: recounts.gain("+ RMSProp", "+ label smoothing", "top-5"), "points", "about", own=True,
          note="The difference of two rows of table 3."),
    Claim("v3-bn-auxiliary", RETHINKING, "figure 8", "BN in the auxiliary head gains 0.4 points in top-1", 0.4,
          lambda: recounts.gain("+ factorized 7×7", "+ BN-auxiliary"), "points", step=0.1, own=True,
          note="21.6% to 21.2% in table 3."),
    Claim("v3-151-pixels", RETHINKING, "section 9", "151 pixels without the first stride: almost identical cost", 1,
          lambda: recounts.small_picture(151, pooling=True), "×", "about"),
    Claim("v3-79-pixels", RETHINKING, "section 9", "79 pixels without the first pooling: within 1% in cost", 1,
          lambda: 100 * (1 - recounts.small_picture(79, pooling=False)), "%", "<",
          note="The paper puts the difference down to the pooling. The grids are smaller, too."),
    Claim("v3-16-times-cheaper", RETHINKING, "section 9", "16 times cheaper on 79 pixels, unchanged", 16,
          lambda: cost("inception_v3").macs / cost("inception_v3", input_size=79).macs, "×",
          note="16 is 4 · 4, two strides of 2. Layers without padding take more off a small picture."),
    Claim("v3-small-pictures-accuracy", RETHINKING, "table 2", "the accuracies on 299, 151 and 79 pixels", None, None,
          open=True, note="We have seen these numbers in one copy of the paper."),
    Claim("bn-2-billion", RETHINKING, "table 3", "BN-Inception costs 2.0 billion", 2.0,
          lambda: recounts.size("bn_inception", "macs"), "G", step=0.1),
    Claim("v3-4.8-billion", RETHINKING, "table 3", "Inception-v3 costs 4.8 billion", 4.8,
          lambda: recounts.size("inception_v3", "macs"), "G", step=0.1, open=True, note=UNEXPLAINED),
    Claim("v3-multi-crop", RETHINKING, "table 4", "the errors with 12 and with 144 crops", None, None, open=True,
          note="We have seen these numbers in one copy. The Inception-v4 paper prints its own."),
    Claim("v3-2.5-times-bn", RETHINKING, "conclusions", "2.5 times the cost of BN-Inception", 2.5,
          lambda: recounts.ratio("inception_v3", "bn_inception", "macs"), "×", step=0.1,
          note="The factor of section 6, of another network."),
    Claim("v3-2.5-times-bn-table-3", RETHINKING, "conclusions", "2.5 times the cost of BN-Inception, by its table 3",
          2.5, lambda: recounts.billions("+ BN-auxiliary") / recounts.billions("BN-Inception"), "×", step=0.1, own=True,
          note="4.8 and 2.0 billion."),
    Claim("v3-25-percent-less", RETHINKING, "conclusions", "over 25% less error than the best published", 25,
          lambda: recounts.off(3.58, 4.82), "%", ">", own=True,
          note="3.58%, compared with 4.82% of the batch normalization paper, both on the test pictures."),
    Claim("v3-half-the-error", RETHINKING, "conclusions", "almost half of the error of GoogLeNet's ensemble", 0.5,
          lambda: 3.5 / 6.67, "×", "about", own=True, note="3.5% and 6.67%."),
    # ---- Inception-v4 ----
    Claim("resnet-v1-cost", V4, "section 3.2", "Inception-ResNet-v1 costs roughly what Inception-v3 costs", 1,
          lambda: recounts.ratio("inception_resnet_v1", "inception_v3", "macs"), "×", "about"),
    Claim("resnet-v2-cost", V4, "section 3.2",
          "Inception-ResNet-v2 matches the raw cost of Inception-v4: as released", 1,
          lambda: recounts.ratio("inception_resnet_v2", "inception_v4", "macs"), "×", "about",
          note="10, 20 and 10 blocks."),
    Claim("resnet-v2-cost-figures", V4, "section 3.2", "the same: as the figures have it", 1,
          lambda: recounts.ratio("inception_resnet_v2_paper", "inception_v4", "macs"), "×", "about",
          note="5, 10 and 5 blocks."),
    Claim("v4-more-layers", V4, "section 3.2",
          "Inception-v4 is slower, probably for its larger number of layers: as released", 1,
          lambda: recounts.convolutions("inception_v4") / recounts.convolutions("inception_resnet_v2"), "×", ">",
          note="149 convolutions, compared with 244 of Inception-ResNet-v2."),
    Claim("v4-more-layers-figures", V4, "section 3.2", "the same number of layers: as the figures have it", 1,
          lambda: recounts.convolutions("inception_v4") / recounts.convolutions("inception_resnet_v2_paper"), "×", ">",
          note="149 and 132. This sentence speaks for the figures, the one on cost for the release."),
    Claim("resnet-scales", V4, "section 3.3", "residuals scaled by 0.1 to 0.3", 0.1, lambda: max(recounts.scales()), "", "to",
          most=0.3, note="0.17, 0.10 and 0.20 in the release; only the last block isn't scaled."),
    Claim("resnet-v1-896", V4, "figure 11", "896 channels after block B's last 1×1, version 1", 896,
          lambda: cost("inception_resnet_v1")["reduction_a"].out_shape[0], note="Equal to what comes in."),
    Claim("resnet-v1-1792", V4, "figure 13", "1792 channels after block C's last 1×1, version 1", 1792,
          lambda: cost("inception_resnet_v1")["reduction_b"].out_shape[0], note="Equal to what comes in."),
    Claim("resnet-v2-1154", V4, "figure 17", "1154 channels after block B's last 1×1, version 2", 1154,
          lambda: cost("inception_resnet_v2_paper")["reduction_a"].out_shape[0],
          note="The sum needs as many as come in: 384 + 384 + 384."),
    Claim("resnet-v2-2048", V4, "figure 19", "2048 channels after block C's last 1×1, version 2", 2048,
          lambda: cost("inception_resnet_v2_paper")["reduction_b"].out_shape[0],
          note="The sum needs as many as come in: 1152 + 384 + 288 + 320."),
    Claim("v4-1700-pictures", V4, "section 5", "about 1,700 pictures left out of the validation set", 1700,
          lambda: 50_000 - 48_238, "", "about", own=True, note="Rethinking keeps 48,238 of the 50,000."),
    Claim("v4-left-out-effect", V4, "section 5", "leaving them out makes about 0.3 points in top-1", 0.3, lambda: 0.2, "points",
          "about", own=True, note="About 0.2 in Rethinking, for other networks."),
    Claim("v4-ensemble-top-1", V4, "table 5, arXiv", "the top-1 error of the ensemble", None, None, open=True,
          note="The AAAI version prints 16.4%. What arXiv's version prints, we could not confirm."),
)  # fmt: skip


def claims_table(paper: str | None = None) -> Table:
    """What the papers claim, what comes out, and the verdict.

    The verdicts are explained by `VERDICTS`: a claim *holds* or *differs* where the package counts,
    it *agrees* or *disagrees* with other printed numbers where it can't, or it is *open*.

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
        (c.place, c.says, c.in_print, c.in_ours, c.verdict, c.note)
        for c in CLAIMS
        if paper in (None, c.paper)
    ]
    return Table(["place", "claim", "printed", "computed", "verdict", "note"], rows)
