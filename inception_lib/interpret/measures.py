"""What each channel of a stage answers to, as numbers: nobody judges by eye.

An answer is how far a channel's map moves from its map of an even gray picture. All pictures are made
here, from −1 to 1, around that gray. Each measure is a ratio of a channel's own answers or a mean weighted
with them, so channels of any strength can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from ..data.inputs import channels_of
from ..data.stimuli import stimuli
from ..nn.modes import mode
from .features import features

MEASURES = ("orientation", "frequency", "curvature", "size", "color")
ANGLES = tuple(22.5 * i for i in range(8))  # of gratings and lines; arcs have the other eight, too
HALF_PERIODS = tuple(1.5 * 2 ** (i / 2) for i in range(6))  # pixels
DOTS = (1, 3, 5, 7, 9, 11, 13)  # diameters
RADII = (3.0, 5.0, 8.0, math.inf)  # of arcs; the last is a straight line
LENGTH, WIDTH = 9.0, 2.0  # of arcs and lines
BLOBS, NOISES = (1, 2, 4), 4  # sides of a patch of noise, and pictures of each
GRID = 65
SILENT = 1e-6
MOST, DRAWS = 20_000, 9_999


def arcs(radius: float, angles: Sequence[float], *, grid: int = 33) -> Tensor:
    """White arcs through the middle on black, all of one length and width.

    Args:
        radius: in pixels, at least 9 / 2π, so that an arc of 9 pixels is no more than a circle;
            `math.inf` gives a straight line.
        angles: degrees from the horizontal to the middle of the arc's circle; of a line, those along
            which it varies. 0 and 180 are two arcs and one line.
        grid: side of the picture, odd.

    Returns:
        (len(angles), 3, grid, grid), float32 from 0 to 1, with soft edges.

    Raises:
        ValueError: a smaller radius, an even grid.
    """
    if not radius * 2 * math.pi >= LENGTH or grid < 1 or grid % 2 == 0:
        raise ValueError(
            f"radius is {radius} and grid is {grid}; a radius is at least {LENGTH / 2 / math.pi:.2f}, "
            "and a grid is odd."
        )
    axis = torch.arange(grid, dtype=torch.float64) - grid // 2
    down, right = torch.meshgrid(axis, axis, indexing="ij")
    shapes = []
    for angle in angles:
        turn = math.radians(angle)
        across = right * math.cos(turn) + down * math.sin(turn)
        along = down * math.cos(turn) - right * math.sin(turn)
        if math.isinf(radius):
            off, beyond = across.abs(), along.abs() - LENGTH / 2
        else:
            around = torch.atan2(along, radius - across)  # from the middle of the circle
            off = ((radius - across).hypot(along) - radius).abs()
            beyond = radius * (around.abs() - LENGTH / 2 / radius)
        far = torch.where(beyond > 0, off.hypot(beyond.clamp(min=0)), off)
        shapes.append((WIDTH / 2 + 0.5 - far).clamp(0, 1))
    return torch.stack(shapes)[:, None].repeat(1, 3, 1, 1).float()


def noise(blob: int, count: int, *, grid: int = GRID, seed: int = 0) -> Tensor:
    """Patches of random color; each channel of each is drawn evenly from −1 to 1.

    Args:
        blob: side of a patch in pixels.
        count: pictures.
        grid: side of a picture.
        seed: of the draws.

    Returns:
        (count, 3, grid, grid), float32. The same in gray is `noise(…).mean(1, keepdim=True)`, three
        times: what adds the three channels up answers equally to both.
    """
    generator = torch.Generator().manual_seed(seed)
    side = -(-grid // blob)
    drawn = 2 * torch.rand(count, 3, side, side, generator=generator) - 1
    return drawn.repeat_interleave(blob, 2).repeat_interleave(blob, 3)[..., :grid, :grid]


def channel_answers(model: nn.Module, at: str) -> dict[str, Tensor]:
    """How far each channel of a stage or branch moves from its map of gray, for families of pictures.

    Args:
        model: what `create_model` or `build` made, for pictures of three channels; it is run in
            evaluation mode.
        at: a stage or branch, as in `features`.

    Returns:
        "gratings" (channels, half periods, angles) and "noise" (channels, 2: colored and gray), each
        the root mean square over the middle of the map and, of noise, over pictures; "dots" (channels,
        diameters) and "arcs" (channels, radii), each the largest over the map, over light and dark
        and, of arcs, over directions. On the CPU, in double precision.

    Raises:
        KeyError: an unknown address. ValueError: a model for pictures of other channels.
    """
    if (channels := channels_of(model)) not in (3, None):
        raise ValueError(f"this model takes pictures of {channels} channels; colors need 3.")

    def moved(pictures: Tensor) -> Tensor:
        """(N, channels, H, W): the maps minus that of gray."""
        gray = torch.zeros_like(pictures[:1])
        maps = features(model, torch.cat([gray, pictures]), [at])[at].double().cpu()
        return maps[1:] - maps[:1]

    def spread(pictures: Tensor) -> Tensor:
        """(N, channels): the mean square over the middle half of the map."""
        maps = moved(pictures)
        rows, columns = (slice(n // 4, n - n // 4) for n in maps.shape[2:])
        return maps[:, :, rows, columns].square().mean((2, 3))

    def best(shapes: Tensor) -> Tensor:
        """(channels,): the largest over the map, pictures, light and dark."""
        return moved(torch.cat([shapes, -shapes])).abs().amax((0, 2, 3))

    with mode(model, training=False):
        gratings = [2 * stimuli("grating", HALF_PERIODS, angle=a, grid=GRID) - 1 for a in ANGLES]
        around = (*ANGLES, *(180 + a for a in ANGLES))
        colored = [noise(blob, NOISES, seed=blob) for blob in BLOBS]
        in_gray = [pictures.mean(1, keepdim=True).repeat(1, 3, 1, 1) for pictures in colored]
        return {
            "gratings": torch.stack([spread(g).sqrt().T for g in gratings], 2),
            "noise": torch.stack(
                [spread(torch.cat(pictures)).mean(0).sqrt() for pictures in (colored, in_gray)], 1
            ),
            "dots": torch.stack([best(stimuli("dot", [d], grid=33)) for d in DOTS], 1),
            "arcs": torch.stack([best(arcs(radius, around)) for radius in RADII], 1),
        }


def channel_measures(model: nn.Module, at: str) -> dict[str, Tensor]:
    """Five numbers for each channel of a stage or branch, from its answers to drawn pictures.

    Args:
        model: what `create_model` or `build` made, for pictures of three channels; it is run in
            evaluation mode.
        at: a stage or branch, as in `features`.

    Returns:
        Measure -> (channels,), double precision, NaN where a channel answers to none of the
            pictures of a measure. "orientation", 0 to 1: |Σ r·exp(2iθ)| / Σ r over gratings
            of the channel's best period; 0 answers to all angles equally. "frequency",
            octaves: the mean of log₂ (cycles per pixel), weighted with the answers to
            gratings of each period at its best angle; more is finer. "curvature", −1 to 1:
            (best arc − straight line) / their sum. "size", octaves: the mean of log₂
            (diameter in pixels), weighted with the answers to dots. "color", −1 to 1:
            (colored noise − the same in gray) / their sum; 0 where red, green and blue are
            added up, 1 where they cancel in gray, 0.27 where one channel alone is read.

    Raises:
        KeyError: an unknown address. ValueError: a model for pictures of other channels.

    Source: the selectivity for orientation is 1 minus the circular variance (D. L. Ringach and others,
    J. Neurosci. 22, 2002); color is what Voss and others ask of a channel (Distill, 2021,
    doi 10.23915/distill.00024.008); the rest is this book's.
    """
    answers = channel_answers(model, at)
    gratings, dots, arc = answers["gratings"], answers["dots"], answers["arcs"]
    double = torch.deg2rad(2 * torch.tensor(ANGLES, dtype=torch.float64))
    rows = torch.arange(len(gratings))
    profile = gratings[rows, gratings.sum(2).argmax(1)]
    around = torch.complex(profile @ double.cos(), profile @ double.sin()).abs()
    octaves = -torch.log2(2 * torch.tensor(HALF_PERIODS, dtype=torch.float64))
    found = {
        "orientation": around / profile.sum(1),
        "frequency": _weighted(gratings.amax(2), octaves),
        "curvature": _contrast(arc[:, :-1].amax(1), arc[:, -1]),
        "size": _weighted(dots, torch.log2(torch.tensor(DOTS, dtype=torch.float64))),
        "color": _contrast(*answers["noise"].unbind(1)),
    }
    silent = torch.stack([table.flatten(1).amax(1) for table in answers.values()]).amax(0) < SILENT
    return {name: values.masked_fill(silent, math.nan) for name, values in found.items()}


def _weighted(answers: Tensor, values: Tensor) -> Tensor:
    return (answers @ values) / answers.sum(1)


def _contrast(one: Tensor, other: Tensor) -> Tensor:
    return (one - other) / (one + other)


@dataclass(frozen=True)
class BranchTest:
    """What `branch_test` found; prints as a sentence.

    Attributes:
        means: of each branch, in the order of their first channels.
        p: share of the ways to give the channels their branches whose means lie at least as far apart.
        exact: whether all ways were looked at.
        ways: how many were.
    """

    means: dict[str, float]
    p: float
    exact: bool
    ways: int

    def __repr__(self) -> str:
        means = ", ".join(f"{branch} {mean:.3g}" for branch, mean in self.means.items())
        how = f"all {self.ways:,} ways" if self.exact else f"{self.ways:,} ways drawn"
        return f"means {means}; p = {self.p:.2g} ({how})"


def branch_test(values: Iterable[float], branches: Sequence[str], *, seed: int = 0) -> BranchTest:
    """Do the channels of one network's branches differ in a measure? A permutation test.

    Channels change their branches; what is compared is Σ n·(mean − mean of all)² over branches. Two
    branches that can be divided in at most 20,000 ways are tested exactly; else 9,999 ways are drawn,
    and p = (1 + those at least as far) / 10,000. It tells of one network: channels trained together
    are no independent runs, and `compare_runs` tells of networks.

    Args:
        values: a measure of each channel; NaN, a silent channel, is left out.
        branches: the branch of each channel.
        seed: of the draws.

    Returns:
        A `BranchTest`, which says whether it is exact.

    Raises:
        ValueError: other numbers of values and branches, or fewer than two branches with a value.

    Source: R. A. Fisher, "The Design of Experiments", 1935.
    """
    numbers = [float(value) for value in values]
    if len(numbers) != len(branches):
        raise ValueError(
            f"there are {len(numbers)} values and {len(branches)} branches; each channel has both."
        )
    kept = [(v, b) for v, b in zip(numbers, branches, strict=True) if not math.isnan(v)]
    names = list(dict.fromkeys(branch for _, branch in kept))
    if len(names) < 2:
        raise ValueError(f"branches with a value are {names}; give at least two.")
    value = torch.tensor([v for v, _ in kept], dtype=torch.float64)
    value = value - value.mean()
    where = torch.tensor([names.index(branch) for _, branch in kept])
    sizes = where.bincount().double()
    exact = len(names) == 2 and math.comb(len(kept), int(sizes[0])) <= MOST
    if exact:
        chosen = torch.tensor(list(combinations(range(len(kept)), int(sizes[0]))))
        first = value[chosen].sum(1)
        sums = torch.stack([first, -first], 1)
    else:
        generator = torch.Generator().manual_seed(seed)
        order = torch.rand(DRAWS, len(kept), generator=generator).argsort(1)
        one_hot = torch.nn.functional.one_hot(where, len(names)).double()
        sums = value[order] @ one_hot
    seen = torch.zeros(len(names), dtype=torch.float64).index_add(0, where, value)
    apart = (sums.square() / sizes).sum(1)
    limit = float((seen.square() / sizes).sum()) * (1 - 1e-9)
    far = int((apart >= limit).sum())
    p = far / len(apart) if exact else (far + 1) / (len(apart) + 1)
    middle = sum(v for v, _ in kept) / len(kept)
    means = {n: float(s / c) + middle for n, s, c in zip(names, seen, sizes, strict=True)}
    return BranchTest(means, p, exact, len(apart))
