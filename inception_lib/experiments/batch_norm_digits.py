"""The first experiment of arXiv 1502.03167 on real digits: three hidden layers of 100 sigmoid units.

The paper prints the data (binary digits), the layers, "small random Gaussian" weights, 60 examples in
a step and 50,000 steps. It prints no learning rate and no size of the weights: 0.1 and a standard
deviation of 0.1 are this book's, for the network with and the network without batch normalization.
Plain gradient descent, no momentum. All on the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from functools import cache, partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.digits import digits
from ..data.inputs import as_input
from ..training.loop import evaluate
from ..training.plans import SEEDS
from ..training.runner import Part, Pictures
from . import experiment

RATE, BATCH, STEPS = 0.1, 60, 50_000
NOISY_STEPS = 10_000
RATE_STEPS, RATES = 5_000, (0.02, 0.5, 3.0)  # 0.1 is in the long run
SIZES, PASSES = (2, 4, 8, 16, 32, 64, 128, 256), 10
LOOKS = (0, 100, 200, 400, 700, 1000, 1500, *range(2000, 10_001, 1000))
LOOKS += tuple(range(12_000, STEPS + 1, 2000))
UNIT = 0  # of the last hidden layer: the first, not a chosen one
PERCENTILES = (15, 50, 85)
LAST = 3  # hidden layers


class Noise(nn.Module):
    """While training, adds Gaussian noise whose mean and deviation each unit draws anew in each step.

    The means lie between −1 and 1, the deviations between 0 and 1. In the manner of
    arXiv 1805.11604, section 2.2; the amounts are this book's.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        mean, deviation = torch.rand(2, 1, x.shape[1])
        return x + (2 * mean - 1) + deviation * torch.randn_like(x)


def sigmoid_net(
    norm: bool, *, noise: bool = False, seed: int = 0, std: float = 0.1
) -> nn.Sequential:
    """784 → 100 → 100 → 100 → 10, each hidden layer with a sigmoid.

    Args:
        norm: whether batch normalization comes before each sigmoid, in place of the bias.
        noise: whether `Noise` comes before each sigmoid.
        seed: of the weights, which are the same with and without normalization.
        std: their standard deviation.
    """
    layers: list[nn.Module] = []
    for width in (784, 100, 100):
        layers += [nn.Linear(width, 100, bias=not norm)]
        layers += [nn.BatchNorm1d(100)] if norm else []
        layers += [Noise()] if noise else []
        layers += [nn.Sigmoid()]
    net = nn.Sequential(*layers, nn.Linear(100, 10))
    generator = torch.Generator().manual_seed(seed)
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=std, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


@cache
def binary_digits(split: str) -> Pictures:
    """Digits as the paper takes them, each pixel 0 or 1: (N, 784) and labels."""
    images, labels = digits(split)
    return (images.flatten(1) > 127).float(), labels


def train(
    net: nn.Sequential,
    steps: int,
    *,
    rate: float = RATE,
    batch: int = BATCH,
    seed: int = 0,
    looks: tuple[int, ...] = LOOKS,
) -> dict:
    """Gradient descent on the digits, in place.

    Args:
        net: what `sigmoid_net` made.
        steps: how many.
        rate, batch: learning rate, and digits in a step, drawn with replacement.
        seed: of the draws.
        looks: steps at which to measure.

    Returns:
        {"steps", "accuracy" (test, evaluation mode), "before" and "into": percentiles of what goes
        into the normalization and into the sigmoid of one unit of the last hidden layer, "moved_before"
        and "moved_into": see `_moved`}, a number or a row for each look.
    """
    images, labels = binary_digits("train")
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    seen: dict[int, tuple[float, Tensor, Tensor]] = {}
    with torch.random.fork_rng([]):
        generator = torch.Generator().manual_seed(1000 + seed)
        for step in range(steps + 1):
            if step in looks:
                torch.manual_seed(2000 + step)
                seen[step] = (_accuracy(net), *last_layer(net))
                torch.manual_seed(3000 + seed + 10 * step)
            if step == steps:
                break
            index = torch.randint(len(images), (batch,), generator=generator)
            optimizer.zero_grad()
            F.cross_entropy(net(images[index]), labels[index]).backward()
            optimizer.step()
    shares, before, into = zip(*seen.values(), strict=True)
    return {
        "steps": list(seen),
        "accuracy": [round(share, 3) for share in shares],
        "before": [_rounded(table[:, UNIT]) for table in before],
        "into": [_rounded(table[:, UNIT]) for table in into],
        "moved_before": _moved(before),
        "moved_into": _moved(into),
    }


def _accuracy(net: nn.Module) -> float:
    return evaluate(net, binary_digits("test"), batch_size=1000)[0]


@torch.no_grad()
def last_layer(net: nn.Sequential) -> tuple[Tensor, Tensor]:
    """Percentiles over the test digits of what the last hidden layer takes.

    In training mode, so that normalization takes the statistics of these digits. The net is left as
    it was.

    Returns:
        Before the normalization and into the sigmoid, (percentiles, units) each; the same without
        normalization.
    """
    net = deepcopy(net).train()
    x, hidden = binary_digits("test")[0], 0
    for layer in net:
        after = layer(x)
        if isinstance(layer, nn.Linear):
            hidden, before = hidden + 1, after
        if isinstance(layer, nn.Sigmoid) and hidden == LAST:
            break
        x = after
    q = torch.tensor(PERCENTILES) / 100
    return before.quantile(q, dim=0), x.quantile(q, dim=0)


def _rounded(row: Tensor) -> list[float]:
    return [round(float(value), 2) for value in row]


def _moved(tables: tuple[Tensor, ...]) -> list[float]:
    """From each look to the next: how far the median went, as a share of the 15-to-85 spread then.

    A mean over all units of the layer.
    """
    moved = [
        ((new[1] - old[1]).abs() / (new[2] - new[0]).clamp_min(1e-6)).mean()
        for old, new in pairwise(tables)
    ]
    return [round(float(value), 3) for value in moved]


def _long(seed: int, *, norm: bool, noise: bool = False, steps: int) -> dict:
    return train(sigmoid_net(norm, noise=noise, seed=seed), steps, seed=seed)


def _rates(seed: int, *, norm: bool) -> dict:
    looks = tuple(step for step in LOOKS if step % 1000 == 0)
    found = {}
    for rate in RATES:
        net = sigmoid_net(norm, seed=seed)
        run = train(net, RATE_STEPS, rate=rate, seed=seed, looks=looks)
        found[f"{rate:g}"] = run["accuracy"]
    return {"steps": [s for s in looks if s <= RATE_STEPS], "accuracy": found}


@torch.no_grad()
def batch_accuracy(net: nn.Module, data: Pictures, batch: int) -> float:
    """Accuracy when each batch is normalized with its own statistics; a last batch of one is left out.

    Args:
        net: any with normalization; it is left as it was.
        data: images and labels, in the order in which they are taken.
        batch: pictures in a batch.
    """
    net = deepcopy(net).train()
    batches = zip(*(tensor.split(batch) for tensor in data), strict=True)
    right = sum(int((net(as_input(x)).argmax(1) == y).sum()) for x, y in batches if len(x) > 1)
    return right / len(data[0])


def _modes(net: nn.Sequential, batch: int) -> dict[str, float]:
    """Test accuracy with four kinds of statistics; in their own order the digits are class by class."""
    images, labels = binary_digits("test")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    whole = with_whole_statistics(net, binary_digits("train")[0])
    modes = {
        "running": _accuracy(net),
        "batch": batch_accuracy(net, (images[order], labels[order]), batch),
        "by class": batch_accuracy(net, (images, labels), batch),
        "whole": _accuracy(whole),
    }
    return {mode: round(share, 3) for mode, share in modes.items()}


@torch.no_grad()
def with_whole_statistics(net: nn.Sequential, images: Tensor) -> nn.Sequential:
    """A copy whose normalization has the mean and variance of all training digits, not running ones."""
    net = deepcopy(net).train()
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d):
            layer.momentum = 1.0
    net(images)
    return net.eval()


def _sizes(seed: int) -> dict:
    """The same passes over the digits in batches of each size, the rate in proportion to the size."""
    found = {}
    count = len(binary_digits("train")[0])
    for batch in SIZES:
        net = sigmoid_net(True, seed=seed)
        steps = PASSES * count // batch
        train(net, steps, rate=RATE * batch / BATCH, batch=batch, seed=seed, looks=(0,))
        found[str(batch)] = _modes(net, batch)
    return found


def _data() -> list[Pictures]:
    return [binary_digits("train"), binary_digits("test")]


@experiment("batch_norm_digits", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """With and without, with noise, at other rates, in other batches."""
    same = {"rate": RATE, "batch": BATCH}
    looked = same | {"looks": LOOKS, "unit": UNIT, "percentiles": PERCENTILES}
    rates = same | {"looks": LOOKS, "rates": RATES, "rate_steps": RATE_STEPS}
    kinds = {
        "": (partial(_long, steps=STEPS), looked),
        ", noise": (partial(_long, noise=True, steps=NOISY_STEPS), looked),
        ", rates": (partial(_rates), rates),
    }
    found = {
        f"{bn} BN{kind}, seed {seed}": Part(partial(do, seed, norm=bn == "with"), _data, decides)
        for kind, (do, decides) in kinds.items()
        for bn in ("without", "with")
        for seed in seeds
    }
    sizes = same | {"sizes": SIZES, "passes": PASSES}
    for seed in seeds:
        found[f"with BN, batch sizes, seed {seed}"] = Part(partial(_sizes, seed), _data, sizes)
    return found
