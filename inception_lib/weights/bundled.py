"""Loading the weights that come with this package."""

from __future__ import annotations

import hashlib

from ..errors import needs
from ..networks.registry import architecture
from ..nn.network import InceptionNet
from .records import FILES, shipped, training_record


def load_shipped(model: InceptionNet) -> None:
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
    name = model.spec.name
    if name not in shipped():
        raise ValueError(f"no weights of {name} ship. There are: {', '.join(shipped())}.")
    content = (FILES / f"{name}.safetensors").read_bytes()
    want, got = training_record(name)["sha256"], hashlib.sha256(content).hexdigest()
    if got != want:
        raise ValueError(
            f"{name}.safetensors has the SHA-256 {got[:16]}…, its record says {want[:16]}…: the file "
            "is damaged or was exchanged. Install the package again, or make both again with "
            f"python -m inception_lib.training --recipe {name} --out DIR."
        )
    state = needs("safetensors.torch", f"the trained {name}").load(content)
    if not len(getattr(model, "aux", ())):
        state = {key: value for key, value in state.items() if not key.startswith("aux.")}
    own = model.state_dict()
    trained = architecture(name).head
    if model.spec.head and trained and model.spec.head.classes != trained.classes:
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
