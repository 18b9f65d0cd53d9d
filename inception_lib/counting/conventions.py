"""One network, many counts: what tools and papers leave out or add. No torch.

"I got a different number" has a handful of causes. Each is a convention here, with the number it
gives for each network, so you can look a number up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from numbers import Real

from ..errors import short
from ..networks.published import facenet
from ..networks.registry import architecture, list_models
from ..networks.resolve import resolve
from ..spec import Network
from ..tree.resolved import Resolved
from .cost import Row, cost
from .table import Table

# How a number was counted -> for people. The order is that of the tables.
CONVENTIONS = {
    "params": "parameters, as PyTorch counts them",
    "aux": "with the auxiliary heads",
    "weights": "weights of convolutions and linear layers: no biases, no batch normalization",
    "convolutions": "weights of the convolutions alone",
    "no_classifier": "without the last linear layer",
    "classes_1001": "with 1001 classes: TensorFlow's 1000 and a background",
    "conv_biases": "with a bias in front of each batch normalization, as some ports keep it",
    "statistics": "with the running mean and variance of batch normalization",
    "keras": "as Keras counts: with running statistics, without the scale of batch normalization",
    "slim": "as TF-slim's tests count: as Keras, without the classifier",
    "macs": "MACs at the paper's input size",
    "flops": "FLOPs at the paper's input size: two for each MAC",
    "macs_224": "MACs at 224×224",
    "macs_299": "MACs at 299×299",
}


def _parts(layers: Iterable[Row]) -> tuple[int, int, int]:
    """(weights, biases, channels of batch normalization) of all convolutions and linear layers."""
    weights = biases = channels = 0
    for row in layers:
        if not row.macs:
            continue
        positions = row.out_shape[1] * row.out_shape[2] if len(row.out_shape) == 3 else 1
        own = row.macs // positions
        weights += own
        norm, bias = divmod((row.params - own) // row.out_shape[0], 2)
        biases += bias * row.out_shape[0]
        channels += norm * row.out_shape[0]
    return weights, biases, channels


def count_conventions(name: str | Network) -> dict[str, int]:
    """Every count of a network that someone might print.

    Args:
        name: one of `list_models()`, a `Network`, or a model.

    Returns:
        {key of `CONVENTIONS`: number}. Keys that make no sense for the network are left out:
        "aux" without auxiliary heads, "keras" without batch normalization, "macs_224" where 224 is
        the paper's input size.

    Raises:
        KeyError: an unknown name; the message names the nearest. TypeError: a block.
        ValueError: a network without a head, a model that was changed after it was made.
    """
    resolved = resolve(name, blind=True)
    if not isinstance(resolved, Resolved):
        raise TypeError(f"{short(name)} is a block; give a network's name, or a Network.")
    network = resolved.network
    if network.head is None:
        raise ValueError(
            f"{network.name} has no head; the ways to count differ in how they count it."
        )
    counted = cost(network)
    weights, biases, channels = _parts(counted.layers)
    bare = cost(replace(network, head=replace(network.head, classes=0)))
    bare_weights, bare_biases, _ = _parts(bare.layers)
    wide = cost(replace(network, head=replace(network.head, classes=1001)))
    found = {
        "params": counted.params,
        "weights": weights,
        "convolutions": _parts(row for row in bare.layers if row.family != "linear")[0],
        "no_classifier": bare.params,
        "classes_1001": wide.params,
        "macs": counted.macs,
        "flops": counted.flops,
    }
    for size in (224, 299):
        if network.input_size != (size, size):
            found[f"macs_{size}"] = cost(network, input_size=size).macs
    if isinstance(name, str) and _has_aux(name):
        found["aux"] = cost(architecture(name, aux=True)).params
    if channels:
        found["conv_biases"] = counted.params + channels
        found["statistics"] = counted.params + 2 * channels
        found["keras"] = weights + biases + 3 * channels
        found["slim"] = bare_weights + bare_biases + 3 * channels
    return {key: found[key] for key in CONVENTIONS if key in found}


def _has_aux(name: str) -> bool:
    try:
        return bool(architecture(name, aux=True).aux)
    except ValueError:
        return False


def explain_count(number: float, most: int = 5) -> Table:
    """Which network, counted how, gives this number: for "I got a different number".

    Args:
        number: parameters, MACs or FLOPs that a tool or a text gave, in ones (not in millions).
        most: rows at most, the nearest first.

    Returns:
        A `Table` of network, how it is counted, the number, and how far off yours is. Where rows
        match the number exactly, only they are listed.

    Raises:
        ValueError: nothing here is within a factor of two of the number, or `most` is less than 1.
    """
    if most < 1:
        raise ValueError(f"most is {short(most)}; it must be at least 1.")
    rows = _all()
    known = isinstance(number, Real) and not isinstance(number, bool)
    if not known or not any(row[2] / 2 <= number <= 2 * row[2] for row in rows):
        raise ValueError(
            f"number is {short(number)}; give a count in ones, 6_998_552 and not 7.0 for 7.0 M. Those "
            f"known here go from {rows[0][2]:,} to {rows[-1][2]:,}."
        )
    rows = sorted(rows, key=lambda row: abs(row[2] / number - 1))
    exact = [row for row in rows if row[2] == number]
    rows = exact or rows[:most]
    return Table(
        ["network", "counted", "number", "yours is"],
        [(*row, "equal" if row in exact else f"{number / row[2] - 1:+.2%}") for row in rows],
    )


def conventions_table() -> Table:
    """Every count of every network, by size: a number looked up tells what was counted, and how."""
    return Table(["number", "network", "counted"], [(n, who, how) for who, how, n in _all()])


def _all() -> list[tuple[str, str, int]]:
    """(networks, how they are counted, number), the smallest number first."""
    networks: dict[str, str | Network] = {name: name for name in list_models(by_year=True)}
    networks["bn_inception, pool_proj=128"] = architecture("bn_inception", pool_proj=128)
    networks["FaceNet's inception_resnet_v1"] = facenet()
    found: dict[tuple[int, str], list[str]] = {}
    for name, network in networks.items():
        for key, number in count_conventions(network).items():
            found.setdefault((number, CONVENTIONS[key]), []).append(name)
    return sorted(
        ((", ".join(names), how, number) for (number, how), names in found.items()),
        key=lambda row: row[2],
    )
