"""What goes wrong, in words: the exceptions of the package, and the end of a message that names the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggest(given: object, allowed: Iterable[str], what: str) -> str:
    """The end of an error message: what was given, what is allowed, and the nearest of it."""
    allowed = list(allowed)
    near = difflib.get_close_matches(str(given), allowed, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(allowed[:24]) + (f", … ({len(allowed)} in all)" if len(allowed) > 24 else "")
    return f"{what} {given!r} is not known.{hint} Known: {shown}."


class WeightsError(RuntimeError):
    """Trained weights that could not be had, or are not what their source says they are."""


class DownloadError(RuntimeError):
    """Pictures that are neither on the disk nor to be had; the message says what needs neither."""


class TrainingError(RuntimeError):
    """Training cannot go on. The message says why, and where the last good checkpoint is."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or belongs to another model, recipe or data."""
