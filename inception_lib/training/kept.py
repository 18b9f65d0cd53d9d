"""Checkpoints of a long run: the last two in a folder, each with its hash in its name."""

from __future__ import annotations

import errno
import hashlib
import io
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ..errors import CheckpointError, TrainingError
from ..weights.saved import write_atomically
from .checkpoints import differ

FORMAT = 1
_NAME = re.compile(r"step-(\d{9})-([0-9a-f]{16})\.pt")


class Kept:
    """The folder of checkpoints of one run, which one process reads and writes.

    A file is named `step-000000040-<hash>.pt`, the hash being the beginning of the SHA-256 of its
    bytes. It is written under another name and renamed when it is whole.

    Args:
        folder: is made when the first is written.
        belongs: what a checkpoint must agree with: {"model": …, "recipe": …, "data": …}.
        keep: how many whole ones stay.

    Attributes:
        said: sentences about files that were not used.
    """

    def __init__(self, folder: Path, belongs: dict[str, Any], keep: int = 2):
        self.folder, self.belongs, self.keep = folder, belongs, keep
        self.said: list[str] = []
        self.whole: list[Path] = []  # oldest first

    def newest(self) -> bytes | None:
        """The last checkpoint that is whole and of this run; None where there is no checkpoint at all.

        Raises:
            CheckpointError: there are some, and none can be used; they are left as they are.
        """
        if not self.folder.is_dir():
            return None
        for half in self.folder.glob(".step-*.part"):  # of a process that was killed while writing
            half.unlink()
        found = sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        last = None
        for path in found:
            content = path.read_bytes()
            if why := self._refused(path, content):
                self.said.append(f"{path.name} is not used: {why}")
            else:
                self.whole.append(path)
                last = content
        if found and last is None:
            raise CheckpointError(
                f"no checkpoint in {self.folder} can be used. {' '.join(self.said)} Name another --out, "
                "or remove that folder to begin anew; it is left as it is."
            )
        return last

    def _refused(self, path: Path, content: bytes) -> str:
        """Why a file is not a checkpoint of this run, or nothing."""
        if _digest(content) != _NAME.fullmatch(path.name)[2]:  # type: ignore[index]
            return "it is damaged or cut short, its SHA-256 is not the one in its name."
        try:
            state = read(content)
        except Exception as error:
            return f"it cannot be read as a checkpoint ({type(error).__name__})."
        if state.get("format", 0) > FORMAT:
            return (
                f"a later version of this package wrote it (format {state['format']}; this one reads "
                f"{FORMAT})."
            )
        theirs = state.get("belongs", {})
        for what, mine in self.belongs.items():
            if theirs.get(what) != mine:
                return f"it is of another {what}: it has {differ(theirs.get(what), mine)}."
        return ""

    def write(self, step: int, state: dict[str, Any]) -> None:
        """Add one, and remove the oldest beyond `keep`.

        Raises:
            TrainingError: it could not be written. The ones before are kept.
        """
        buffer = io.BytesIO()
        torch.save({"format": FORMAT, "belongs": self.belongs, "step": step} | state, buffer)
        content = buffer.getvalue()
        path = self.folder / f"step-{step:09d}-{_digest(content)}.pt"
        try:
            write_atomically(path, content)
        except OSError as error:
            full = "the disk is full" if error.errno == errno.ENOSPC else str(error)
            raise TrainingError(
                f"step {step}: the checkpoint could not be written: {full}. {self.sentence()}"
            ) from error
        self.whole = [*(p for p in self.whole if p != path), path]
        for old in self.whole[: -self.keep]:
            with suppress(OSError):
                old.unlink(missing_ok=True)
        self.whole = self.whole[-self.keep :]

    def sentence(self) -> str:
        """Where the last good one is."""
        if not self.whole:
            return "There is no checkpoint of this run."
        return f"The last good checkpoint is {self.whole[-1]}; the same command goes on from there."


def read(content: bytes, where: str | torch.device = "cpu") -> dict[str, Any]:
    """The bytes of a checkpoint as tensors and plain values; nothing in them is run."""
    return torch.load(io.BytesIO(content), map_location=where, weights_only=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
