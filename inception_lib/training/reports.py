"""What a long run says: a bar, a line of JSON for each step and epoch, and TensorBoard."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..errors import needs
from ..weights.saved import write_atomically

LOG = "log.jsonl"


class Reports:
    """The bar and the files of one run; of a process that is not the first, nothing.

    Args:
        out: folder for `log.jsonl`, and for `tensorboard`.
        step: where the run begins or goes on. Lines of later steps, which a killed run wrote after its
            last checkpoint, are taken out: each step stands in the log once.
        steps: all of them.
        said: sentences to print at the start.
        options: whether there is a bar, and TensorBoard.
        first: whether this is the process that prints and writes.
    """

    def __init__(
        self, out: Path, step: int, steps: int, said: list[str], options: Any, first: bool
    ):
        self.first, self.out = first, out
        self.log: Any = None
        self.board: Any = None
        self.begin, self.steps, self.said, self.options = step, steps, said, options

    def __enter__(self) -> Reports:
        if self.first:
            path = self.out / LOG
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            kept = [line for line in lines if _step(line) <= self.begin]
            write_atomically(path, "".join(f"{line}\n" for line in kept).encode())
            self.log = path.open("a", encoding="utf-8", buffering=1)
            if self.options.tensorboard:
                needs("tensorboard", "--tensorboard")
                from torch.utils.tensorboard import SummaryWriter

                self.board = SummaryWriter(self.out / "tensorboard", purge_step=self.begin)
            for sentence in self.said:
                print(sentence, flush=True)
            if self.begin:
                print(f"going on after step {self.begin}", flush=True)
        self.bar = tqdm(
            total=self.steps,
            initial=self.begin,
            file=sys.stdout,
            disable=not (self.first and self.options.progress),
            ascii=True,
            mininterval=0.5,
            bar_format="{percentage:3.0f}% |{bar:24}| {n_fmt}/{total_fmt} steps, {rate_fmt}{postfix}",
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self.bar.close()
        if self.log:
            self.log.close()
        if self.board:
            self.board.close()

    def step(
        self, step: int, epoch: int, loss: float, rate: float, count: int, skipped: list[str]
    ) -> None:
        """A line for a step (from 0)."""
        if not self.log:
            return
        line: dict[str, Any] = {"step": step + 1, "epoch": epoch + 1, "loss": loss, "lr": rate}
        line |= {"pictures": count} | ({"skipped": skipped} if skipped else {})
        self.log.write(json.dumps(line) + "\n")
        for name in skipped:
            self.bar.write(f"step {step + 1}: skipped {name}", file=sys.stdout)
        self.bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
        self.bar.update()
        if self.board:
            self.board.add_scalar("loss", loss, step + 1)
            self.board.add_scalar("lr", rate, step + 1)

    def epoch(self, row: dict) -> None:
        """A line for an epoch."""
        if not self.log:
            return
        self.log.write(json.dumps(row) + "\n")
        said = f"epoch {row['epoch']}: training loss {row['train_loss']:.3f}, test loss "
        said += f"{row['test_loss']:.3f}, test accuracy {row['test_accuracy']:.3f}"
        self.bar.write(said, file=sys.stdout)
        if self.board:
            for name in ("train_loss", "test_loss", "test_accuracy"):
                self.board.add_scalar(name, row[name], row["step"])


def _step(line: str) -> float:
    """The step that a line is of; a line that a kill cut short is of none that stays."""
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return float("inf")
