"""From the naive block to the residual one, step by step, on one input. No torch.

All blocks read the same map and keep the same widths where they have the same branch, so that a
step shows what it changes and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape

from ..counting.cost import Cost, cost
from ..counting.table import Table, times
from ..networks.blocks import (
    asymmetric_block,
    naive_block,
    reduced_block,
    residual_b,
    two_3x3_block,
)
from ..networks.registry import architecture
from ..spec import BATCH_NORM, PLAIN, Branches, Conv, Defaults, MaxPool, Node, Pair
from ..weights.records import training_record
from .draw import draw

INPUT = (1024, 17, 17)  # what the seven blocks B of Inception-v4 read
WHERE = "the input of the 17×17 blocks of Inception-v4"
SQUARE = Branches(  # the windows of `asymmetric_block` without its chains
    {
        "1x1": Conv(384),
        "7x7": [Conv(192), Conv(256, 7)],
        "double7x7": [Conv(192), Conv(192, 7), Conv(256, 7)],
        "pool": [MaxPool(3), Conv(128)],
    }
)


@dataclass(frozen=True)
class Step:
    """One block of the six.

    Attributes:
        name: what is new. chapter: where the book explains it.
        block, defaults: the description.
        changed, costs, buys: compared with the step before, in words.
        mini: the small network of the book's experiment that has such blocks; "" if none has.
    """

    name: str
    chapter: int
    block: Node
    defaults: Defaults
    changed: str
    costs: str
    buys: str
    mini: str = ""

    @cached_property
    def cost(self) -> Cost:
        """The block on the common input, counted."""
        return cost(self.block, INPUT, defaults=self.defaults)

    @property
    def field(self) -> Pair:
        """(height, width) of what one output sees of the block's input, over all branches."""
        fields = [row.receptive_field for row in self.cost.layers]
        return max(high for high, _ in fields), max(wide for _, wide in fields)

    @property
    def numbers(self) -> dict[str, int]:
        """What can be compared with another step."""
        count = self.cost
        return {
            "parameters": count.params,
            "MACs": count.macs,
            "activation bytes": count.activation_bytes,
        }

    @property
    def measured(self) -> str:
        """What the shipped experiment says about a small network with such blocks."""
        if not self.mini:
            return "None of the small networks in this book has it."
        row = training_record("ladder")["rows"][self.mini]
        low, *_, high = sorted(row["test_accuracy"])
        return (
            f"{architecture(self.mini).title.removesuffix(', small')}: {100 * row['mean']:.1f}% of test patches classified correctly; "
            f"{len(row['test_accuracy'])} seeds, from {100 * low:.1f} to {100 * high:.1f}%."
        )


class Steps:
    """What `steps` returns: shows itself as one figure in a notebook, as text elsewhere.

    Attributes:
        steps: a `Step` for each block, in order.
        input_shape: (channels, height, width) that each of them reads.
    """

    def __init__(self, steps: list[Step], links: Mapping[int, str]):
        self.steps, self.input_shape, self._links = steps, INPUT, links

    def table(self) -> Table:
        """All steps, counted: one row each."""
        rows = [
            (step.name, *step.numbers.values(), times(step.field), step.cost.out_shape[0])
            for step in self.steps
        ]
        columns = ["block", *self.steps[0].numbers, "one output sees", "channels out"]
        return Table(columns, rows)

    def changes(self, index: int) -> str:
        """One step's numbers, each compared with the step before."""
        new = self.steps[index]
        old = self.steps[index - 1].numbers if index else {}
        parts = []
        for name, value in new.numbers.items():
            against = f" ({_percent(value, old[name])})" if old else ""
            parts.append(f"{value:,} {name}{against}")
        sees, out = times(new.field), new.cost.out_shape[0]
        return f"{', '.join(parts)}. One output sees {sees} of the input. {out:,} channels out."

    def about(self) -> str:
        """The input, what is counted, and what was measured."""
        record = training_record("ladder")
        rows = [record["rows"][step.mini] for step in self.steps if step.mini]
        means = [row["mean"] for row in rows]
        return (
            f"Each block reads {times(INPUT)}, {WHERE}; branches keep their widths from step to step. "
            "Counts are for one picture, with 4 bytes per activation. One MAC is one multiply-accumulate; "
            "FLOPs = 2 × MACs. What one output sees is measured in positions of the block's input. The "
            "small networks cost about the same and are trained on 32×32 patches of photographs for "
            f"{record['recipe']['epochs']} epochs: their means differ by "
            f"{100 * (max(means) - min(means)):.1f} points, and the seeds of a single network by up to "
            f"{100 * max(row['spread'] for row in rows):.1f}."
        )

    def _told(self, index: int) -> list[tuple[str, str]]:
        step = self.steps[index]
        return [
            ("What changed", step.changed),
            ("What it costs", step.costs),
            ("What it gains", step.buys),
            ("In numbers", self.changes(index)),
            ("Measured at small scale", step.measured),
        ]

    def __str__(self) -> str:
        lines = [self.about(), "", str(self.table())]
        for index, step in enumerate(self.steps):
            lines += ["", f"{index + 1}. {step.name} (chapter {step.chapter})"]
            lines += [f"   {what}: {says}" for what, says in self._told(index)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = self.table()._repr_html_()
        parts = ['<div class="il-steps">']
        for index, step in enumerate(self.steps):
            where = f"chapter {step.chapter}"
            if step.chapter in self._links:
                where = f'<a href="{escape(self._links[step.chapter])}">{where}</a>'
            changed, *others = (
                f"<dt>{what}</dt><dd>{escape(says, quote=False)}</dd>"
                for what, says in self._told(index)
            )
            picture = draw(step.block, INPUT, defaults=step.defaults, title=step.name)
            rest = "\n".join([*others, f"<dt>Explained</dt><dd>in {where}.</dd>"])
            parts.append(
                f"<details{'' if index else ' open'}>\n"
                f"<summary>{index + 1}. {escape(step.name)}</summary>\n"
                f"<dl>{changed}</dl>\n{picture._repr_html_()}\n<dl>\n{rest}\n</dl>\n</details>"
            )
        parts += [
            f'<div class="il-drawing" style="overflow-x:auto">{table}</div>',
            f"<p>{escape(self.about(), quote=False)}</p>\n</div>",
        ]
        return "\n".join(parts)


def steps(links: Mapping[int, str] | None = None) -> Steps:
    """From the naive block to the residual one: what each step changes, costs and gains.

    Args:
        links: chapter -> address, for pages that have the chapters beside them.

    Returns:
        `Steps`, six of them. In a notebook it is a block diagram to unfold for each step, and a table
        of them all; the built pages make a figure of it that goes from step to step.

    Source: arXiv 1409.4842, figure 2; 1502.03167; 1512.00567, figures 5 and 6; 1602.07261, figures
        5 and 17. The widths are those of Inception-v4's and Inception-ResNet-v2's 17×17 blocks.
    """
    return Steps(_steps(), links or {})


def _steps() -> list[Step]:
    naive = naive_block(384, 256, 256)
    channels, passed = cost(naive, INPUT).out_shape[0], INPUT[0]
    long = asymmetric_block(384, (192, 192, 256), (192, 192, 192, 192, 256), 128, 1024)
    networks = architecture("inception_v4"), architecture("inception_resnet_v2")
    blocks = [sum(name.startswith("B") for name in network.names) for network in networks]
    macs = [cost(network).macs / 1e9 for network in networks]
    chains, square = (cost(block, INPUT, defaults=BATCH_NORM).macs for block in (long, SQUARE))
    return [
        Step(
            "Naive block",
            1,
            naive,
            PLAIN,
            "Kernels of 1×1, 3×3 and 5×5 and a max pooling work side by side, where an ordinary layer has "
            "one kernel size.",
            f"The pooling passes all {passed:,} channels on, so {channels:,} come out, "
            "and the next block has to read them all.",
            "Three sizes of window in one layer; nobody has to choose one.",
            "mini_naive",
        ),
        Step(
            "1×1 reductions",
            2,
            reduced_block(384, 192, 256, 192, 256, 128, 1024),
            PLAIN,
            "A 1×1 convolution comes before the 3×3, another before the 5×5, and a third after the pooling.",
            "Three more layers, whose outputs must be kept during training. Whatever passes through a 1×1 "
            "of 192 channels has rank 192 at most.",
            "A fraction of the multiplications; and as many channels out as in, so that blocks can "
            "be stacked.",
            "mini_reduced",
        ),
        Step(
            "Two 3×3, batch normalization",
            4,
            two_3x3_block(384, 192, 256, 192, 256, 128, 1024, pool=MaxPool(3)),
            BATCH_NORM,
            "Two 3×3 replace the 5×5, and batch normalization replaces each bias.",
            "One more layer. During training, the output for one picture depends on the rest of its batch.",
            "The same window with 18 weights instead of 25 for each pair of channels. Here the saving "
            "is smaller, because the second 3×3 reads 256 channels rather than 192.",
            "mini_bn",
        ),
        Step(
            "Asymmetric kernels",
            5,
            long,
            BATCH_NORM,
            "1×7 and 7×1 in turn replace each 3×3, as in Inception-v3. The pooling now averages.",
            "Three more layers, and somewhat more of everything than with 3×3.",
            "A far larger window. With square 7×7 kernels the same windows would need "
            f"{square / chains:.1f} times the MACs.",
            "mini_factorized",
        ),
        Step(
            "Inception-v4",
            7,
            asymmetric_block(384, (192, 224, 256), (192, 192, 224, 224, 256), 128, 1024),
            BATCH_NORM,
            "The chains get wider as they go: 192, 224, 256. All seven blocks on this grid are alike.",
            "More parameters and MACs for the same windows.",
            "One row of numbers for the whole grid, instead of one per block.",
        ),
        Step(
            "Residual block",
            8,
            residual_b(192, (128, 160, 192), INPUT[0]),
            BATCH_NORM,
            "Only one chain is left beside the 1×1. A linear 1×1 brings both back to the input's width, and "
            "the result, times 0.1, is added to the input, as in Inception-ResNet-v2.",
            "The block cannot change the number of channels, and its window is smaller. "
            f"Inception-ResNet-v2 stacks {blocks[1]} of them where Inception-v4 has {blocks[0]}, and "
            f"is the more expensive network: {macs[1]:.1f} G MACs versus {macs[0]:.1f} G.",
            "Less of everything, per block. The input reaches the sum unchanged; the branches only have to "
            "find what to add.",
            "mini_residual",
        ),
    ]


def _percent(new: int, old: int) -> str:
    change = round(100 * (new / old - 1))
    return f"{'+' if change > 0 else '−' if change else '±'}{abs(change)}%"
