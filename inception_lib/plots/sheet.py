"""Frames that belong together, in one picture: on the book's pages, readers step through them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import matplotlib.figure
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from .base import GRAY, Figure, style

_WIDE = 7.6  # inches of a page
_STRIP = 0.34  # inches above a frame, for its label


class Frames(Figure):
    """A sheet of frames of equal size, row by row.

    Attributes:
        figure: matplotlib's. alt: what each frame shows, in sentences.
        rows, columns: of the sheet.
    """

    def __init__(self, figure: matplotlib.figure.Figure, alt: str, rows: int, columns: int):
        super().__init__(figure, alt)
        self.rows, self.columns = rows, columns

    def save(self, path: str | Path | BinaryIO) -> None:
        """Write the sheet to a file, with no edge cut off: its parts stay equal."""
        self.figure.savefig(path)

    def _repr_png_(self):
        stream = io.BytesIO()
        self.save(stream)
        # what the book's pages need to show one frame at a time
        return stream.getvalue(), {"frames": f"{self.rows}x{self.columns}"}


def frames(
    figures: Sequence[Figure], labels: Sequence[str], *, columns: int | None = None
) -> Frames:
    """Several figures of equal size as one picture, through which readers of a page can step.

    Args:
        figures: one for each frame, at least two.
        labels: one for each frame, without a colon.
        columns: frames beside each other; None takes as many as fit the page.

    Returns:
        A `Figure`: a sheet of all frames, as notebooks show it.

    Raises:
        ValueError: fewer than two frames, a wrong number of labels, a label with a colon, or frames
            of different sizes.
    """
    if len(figures) < 2 or len(labels) != len(figures):
        raise ValueError(
            f"There are {len(figures)} figures and {len(labels)} labels; "
            "at least two figures are wanted, and a label for each."
        )
    if odd := [label for label in labels if ":" in label or not label.strip()]:
        raise ValueError(f"A label is {odd[0]!r}; it may not be empty or have a colon.")
    pictures = [_pixels(figure.figure) for figure in figures]
    sizes = {f"{picture.shape[1]}×{picture.shape[0]}": None for picture in pictures}
    if len(sizes) > 1:
        raise ValueError(
            f"Frames have the sizes {', '.join(sizes)}; all need one size. "
            "Draw each with the same number of parts, and the same `figsize`."
        )
    dpi = figures[0].figure.dpi
    high, wide = pictures[0].shape[:2]
    columns = columns or max(1, min(len(figures), int(_WIDE * dpi / wide + 0.01)))
    rows, strip = -(-len(figures) // columns), round(_STRIP * dpi)
    with style():
        sheet = matplotlib.figure.Figure(
            figsize=(columns * wide / dpi, rows * (high + strip) / dpi), dpi=dpi
        )
        sheet.set_layout_engine("none")
        for i, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
            row, column = divmod(i, columns)
            bottom = (rows - 1 - row) * (high + strip)
            sheet.figimage(picture, column * wide, bottom)
            sheet.text(
                (column + 0.5) / columns, (bottom + high + strip / 2) / (rows * (high + strip)),
                label, ha="center", va="center", color=GRAY, fontweight="bold",
            )  # fmt: skip
    said = [
        f"{i} of {len(labels)}, {label}: {figure.alt.rstrip('.')}."
        for i, (label, figure) in enumerate(zip(labels, figures, strict=True), start=1)
    ]
    return Frames(sheet, f"Frames. {' '.join(said)}", rows, columns)


def _pixels(figure: matplotlib.figure.Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()
