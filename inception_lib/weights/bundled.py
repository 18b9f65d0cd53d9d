"""Loading the weights that come with this package."""

from __future__ import annotations

import hashlib

from ..errors import needs
from ..networks.registry import architecture
from ..nn.network import InceptionNet
from .load import adapted, load_weights
from .records import FILES, shipped, training_record


def load_shipped(model: InceptionNet) -> None:
    """Load the weights that ship for a network, after a look at their SHA-256. Needs no network.

    A model without auxiliary heads leaves theirs out. A linear layer with a different number of classes
    keeps the weights that it has, a model that gives features leaves it out, and one of a single
    channel sums the kernels, as with the weights that others trained.

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
    trained = architecture(name).head
    other = model.spec.head and trained and model.spec.head.classes != trained.classes
    state, keep = adapted(model, state, "inception_lib")
    load_weights(model, state, "inception_lib", keep=keep if other else ())
