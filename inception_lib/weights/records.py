"""Weights that ship with this package: small networks that the book's own recipes trained.

`python -m inception_lib.training --recipe ladder --out inception_lib/weights/files` makes them again.
"""

from __future__ import annotations

import json
from importlib.resources import files

from ..errors import suggest

FILES = files(__package__) / "files"


def shipped() -> list[str]:
    """Names of the networks whose weights are in the package; `pretrained=True` loads them."""
    return sorted(
        path.name.removesuffix(".safetensors")
        for path in FILES.iterdir()
        if path.name.endswith(".safetensors")
    )


def training_record(name: str) -> dict:
    """How a network that ships was trained, and how well it did; or the table of a whole ladder.

    Args:
        name: one of `shipped()`; or "ladder" or "ladder_digits" for the table of all networks with
            all seeds; or the name of an experiment (`python -m inception_lib.experiments --help`).

    Returns:
        What is in the JSON file: of weights, recipe, seed, fingerprints of the data, versions, losses,
        test accuracy and SHA-256; of an experiment, versions, seconds and {part: result}.

    Raises:
        KeyError: there is no record of that name; the message names the nearest.
    """
    known = [
        path.name.removesuffix(".json") for path in FILES.iterdir() if path.name.endswith(".json")
    ]
    if name not in known:
        raise KeyError(suggest(name, sorted(known), "record"))
    return json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
