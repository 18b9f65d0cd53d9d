"""How long a recipe takes on many devices, by arithmetic: what to know before any is rented. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..counting.cost import cost
from ..counting.table import Table
from ..errors import number, whole
from ..networks.registry import architecture
from .recipes import TrainingRecipe

IMAGENET = 1_281_167  # training pictures


@dataclass(frozen=True)
class Cluster:
    """What the arithmetic assumes of devices and of the network between them.

    Attributes:
        flops: operations a second that one device does in training, not what its data sheet promises;
            the same for any number of pictures.
        link: bytes a second that a device sends to others, while it receives as many.
        latency: seconds until a message of no length arrives.
        picture: bytes of one on the disk.
    """

    flops: float = 50e12
    link: float = 12.5e9
    latency: float = 10e-6
    picture: float = 110e3

    def __post_init__(self):
        for name in ("flops", "link", "picture"):
            number(name, getattr(self, name), "a number above 0", lambda v: v > 0)
        number("latency", self.latency, "a number of at least 0", lambda v: v >= 0)


@dataclass(frozen=True)
class Step:
    """One step of a recipe on so many devices.

    Attributes:
        pictures: that the busiest device has.
        forward, backward: seconds of computing; backward is twice forward.
        traffic: bytes that each device sends for the sum of the gradients.
        exchange: seconds that takes; it happens during the backward pass.
    """

    pictures: int
    forward: float
    backward: float
    traffic: float
    exchange: float

    @property
    def seconds(self) -> float:
        """Of the whole step: the exchange hides behind the backward pass as far as it can."""
        return self.forward + max(self.backward, self.exchange)


def step_time(recipe: TrainingRecipe, devices: int, cluster: Cluster | None = None) -> Step:
    """One step: 2 FLOPs for each MAC, three passes, and a ring all-reduce of float32 gradients.

    Args:
        recipe: whose batch is divided among the devices.
        devices: at most one for each picture of the batch.
        cluster: what is assumed; None is `Cluster()`.

    Raises:
        ValueError: more devices than pictures in a batch.
    """
    cluster, devices = cluster or Cluster(), whole("devices", devices)
    if devices > recipe.batch_size:
        raise ValueError(
            f"a batch of {recipe.batch_size} pictures leaves nothing for {devices} devices."
        )
    network = architecture(recipe.model, aux=recipe.aux)
    counted = cost(network, input_size=recipe.input_size)
    pictures = math.ceil(recipe.batch_size / devices)
    forward = 2 * counted.macs * pictures / cluster.flops
    traffic = 2 * (devices - 1) / devices * 4 * counted.params
    exchange = traffic / cluster.link + 2 * math.ceil(math.log2(devices)) * cluster.latency
    return Step(pictures, forward, 2 * forward, traffic, exchange)


def training_time(
    recipe: TrainingRecipe,
    devices: Iterable[int] = (1, 8, 64, 512),
    *,
    pictures: int = IMAGENET,
    cluster: Cluster | None = None,
) -> Table:
    """Hours, traffic and where more devices stop helping, for a whole training.

    The recipe's batch stays what it is, so each device has fewer pictures. Nothing is said about reading
    pictures but how many bytes a second that takes.

    Args:
        recipe: one of `recipes()`, or your own.
        devices: a row for each number of them.
        pictures: in an epoch; ImageNet's.
        cluster: what is assumed of devices and network; None is `Cluster()`.

    Returns:
        A `Table`: devices; pictures a device has in a step; milliseconds of computing and of exchanging
            gradients in a step; gigabytes that a device sends in an hour; hours; efficiency, which is
            the time of one device over all devices' time together; megabytes of pictures a second.
    """
    cluster, rows = cluster or Cluster(), []
    steps = recipe.epochs * math.ceil(pictures / recipe.batch_size)
    single = step_time(recipe, 1, cluster).seconds
    for count in devices:
        if count > recipe.batch_size:
            rows.append((count, *[""] * 7))
            continue
        step = step_time(recipe, count, cluster)
        rows.append(
            (
                count,
                step.pictures,
                f"{1e3 * (step.forward + step.backward):,.1f}",
                f"{1e3 * step.exchange:,.1f}",
                f"{step.traffic * 3600 / step.seconds / 1e9:,.0f}",
                f"{steps * step.seconds / 3600:,.1f}",
                f"{single / step.seconds / count:.0%}",
                f"{recipe.batch_size / step.seconds * cluster.picture / 1e6:,.0f}",
            )
        )
    columns = ["devices", "pictures each", "computing, ms", "exchange, ms", "GB sent in an hour"]
    return Table([*columns, "hours", "efficiency", "MB read in a second"], rows)
