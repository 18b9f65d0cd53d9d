"""Checkpoints: written so that no kill and no full disk leaves half a file, and read with care."""

from __future__ import annotations

import errno
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from ..errors import CheckpointError, TrainingError
from ..nn.device import device_of
from ..weights.saved import write_atomically


def model_fingerprint(model: nn.Module) -> str:
    """The first 16 hexadecimal digits of a SHA-256 over what the model is: not over its weights."""
    shapes = [(key, list(value.shape)) for key, value in model.state_dict().items()]
    text = json.dumps([repr(getattr(model, "spec", type(model).__name__)), shapes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Run:
    """What a checkpoint holds, and how it gets there and back."""

    def __init__(self, model, optimizer, scaler, history, belongs: dict, path: Path | None):
        self.model, self.optimizer, self.scaler = model, optimizer, scaler
        self.history, self.belongs, self.path = history, belongs, path
        self.step = 0
        self.saved: int | None = None

    def save(self) -> None:
        if self.path is None or self.saved == self.step:
            return
        buffer = io.BytesIO()
        torch.save(
            {
                "belongs": self.belongs,
                "step": self.step,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "history": self.history.to_dict(),
            },
            buffer,
        )
        try:
            write_atomically(self.path, buffer.getvalue())
        except OSError as error:
            full = "the disk is full" if error.errno == errno.ENOSPC else str(error)
            raise TrainingError(
                f"step {self.step}: the checkpoint could not be written: {full}. {self.kept()}"
            ) from error
        self.saved = self.step

    def kept(self) -> str:
        if self.saved is None:
            return "There is no checkpoint of this run."
        return f"The last good checkpoint, of step {self.saved}, is in {self.path}."

    def load(self) -> None:
        if self.path is None or not self.path.exists():
            return
        where = device_of(self.model)
        try:
            state = torch.load(self.path, map_location=where, weights_only=True)
            theirs = state["belongs"]
        except Exception as error:
            raise CheckpointError(
                f"{self.path} cannot be read as a checkpoint ({type(error).__name__}). Remove it to "
                "begin anew, or name another file."
            ) from error
        for what, mine in self.belongs.items():
            if theirs.get(what) != mine:
                raise CheckpointError(
                    f"{self.path} is the checkpoint of another {what}: it has {differ(theirs.get(what), mine)}. "
                    "Name another file, or remove this one to begin anew; it is left as it is."
                )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.history.__dict__.update(state["history"])
        self.step = self.saved = state["step"]


def differ(theirs: object, mine: object) -> str:
    if not isinstance(theirs, Mapping) or not isinstance(mine, Mapping):
        return f"{theirs}, this run has {mine}"
    keys = [key for key in {**mine, **theirs} if theirs.get(key) != mine.get(key)]
    return ", ".join(f"{key} {theirs.get(key)!r}, this run has {mine.get(key)!r}" for key in keys)
