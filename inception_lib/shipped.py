"""Weights that ship with this package: small networks that the book's own recipes trained.

`python -m inception_lib.train --recipe ladder --out inception_lib/weights` makes them again.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING

from .minis import MINIS
from .spec import suggest

if TYPE_CHECKING:  # the records can be read where torch is not installed
    from torch import nn

_FOLDER = files(__package__) / "weights"


def shipped() -> list[str]:
    """Names of the networks whose weights are in the package; `pretrained=True` loads them."""
    return sorted(
        path.name.removesuffix(".safetensors")
        for path in _FOLDER.iterdir()
        if path.name.endswith(".safetensors")
    )


def training_record(name: str) -> dict:
    """How a network that ships was trained, and how well it did; or the table of a whole ladder.

    Args:
        name: one of `shipped()`; or "ladder" or "ladder_digits" for the table of all networks with
            three seeds each; or the name of an experiment (`python -m inception_lib.experiments --help`).

    Returns:
        What is in the JSON file: of weights, recipe, seed, fingerprints of the data, versions, losses,
        test accuracy and SHA-256; of an experiment, versions, seconds and {part: result}.

    Raises:
        KeyError: there is no record of that name; the message names the nearest.
    """
    known = [
        path.name.removesuffix(".json") for path in _FOLDER.iterdir() if path.name.endswith(".json")
    ]
    if name not in known:
        raise KeyError(suggest(name, sorted(known), "record"))
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def load_shipped(model: nn.Module) -> None:
    """Load the weights that ship for a network, after a look at their SHA-256. Needs no network.

    A model without auxiliary heads leaves theirs out. A linear layer of another number of classes
    keeps the weights that it has, and a model that gives features leaves it out, as with the weights
    that others trained.

    Args:
        model: what `create_model` made of a name in `shipped()`.

    Raises:
        ValueError: no weights ship for it; the file is not the one that its record describes; or
            the model was made with other options than the one that was trained.
    """
    from safetensors.torch import load

    name = model.spec.name
    if name not in shipped():
        raise ValueError(f"no weights of {name} ship. There are: {', '.join(shipped())}.")
    content = (_FOLDER / f"{name}.safetensors").read_bytes()
    want, got = training_record(name)["sha256"], hashlib.sha256(content).hexdigest()
    if got != want:
        raise ValueError(
            f"{name}.safetensors has the SHA-256 {got[:16]}…, its record says {want[:16]}…: the file "
            "is damaged or was exchanged. Install the package again, or make both again with "
            f"python -m inception_lib.train --recipe {name} --out DIR."
        )
    state = load(content)
    if not len(getattr(model, "aux", ())):
        state = {key: value for key, value in state.items() if not key.startswith("aux.")}
    own = model.state_dict()
    if model.spec.head.classes != MINIS[name]().head.classes:
        state = {key: value for key, value in state.items() if ".fc." not in key}
        state |= {key: value for key, value in own.items() if ".fc." in key}
    mine = {key: tuple(value.shape) for key, value in own.items()}
    for key in [*mine, *state]:
        shape = tuple(state[key].shape) if key in state else "nothing"
        if mine.get(key) != shape:
            raise ValueError(
                f"the trained {name} has {shape} for {key}, this model has "
                f"{mine.get(key, 'nothing')}; make it without in_channels and width."
            )
    model.load_state_dict(state)
