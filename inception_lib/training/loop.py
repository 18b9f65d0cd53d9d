"""One training loop: seeded, resumable after a kill, and clear about what went wrong.

Everything random in step n comes from the seed and n alone: the order of the pictures, what dropout
drops. So a checkpoint holds no state of a generator, and a run that was killed and resumed ends in
the weights of one that was not, bit for bit (on one machine, one version of torch and one number of
threads).
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from ..counting.table import Table
from ..data.inputs import as_input
from ..errors import TrainingError, suggest
from ..nn.device import device as best_device
from ..nn.device import device_of
from ..nn.loss import inception_loss
from ..nn.modes import mode, modes, restore
from .checkpoints import Run, model_fingerprint
from .recipe import Recipe, make_optimizer


class MapStyle(Protocol):
    """A data set that can be asked for its length and for each (image, label)."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> tuple[Any, Any]: ...


Data = tuple[Tensor, Tensor] | MapStyle


@dataclass
class History:
    """What happened in training.

    Attributes:
        recipe: as a dict.
        losses: of each step, with smoothing and auxiliary losses in it.
        epochs: for each pass: epoch (from 1), train_loss (mean of its steps) and, where there was
            test data, test_loss and test_accuracy.
        seconds: of training and testing, over all parts of a resumed run.
    """

    recipe: dict
    losses: list[float] = field(default_factory=list)
    epochs: list[dict] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def test_accuracy(self) -> float:
        """After the last epoch: a share from 0 to 1, or nan where there was no test data."""
        return self.epochs[-1].get("test_accuracy", math.nan) if self.epochs else math.nan

    def table(self) -> Table:
        """A row for each epoch."""
        rows = [
            (
                row["epoch"],
                f"{row['train_loss']:.3f}",
                f"{row.get('test_loss', math.nan):.3f}",
                f"{row.get('test_accuracy', math.nan):.3f}",
            )
            for row in self.epochs
        ]
        return Table(["epoch", "training loss", "test loss", "test accuracy"], rows)

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings, ready for JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


class _Pictures:
    """Batches by index from a pair of tensors, or from any map-style data set of (image, label)."""

    def __init__(self, data: Data, what: str):
        self.data: Any = data
        self.what, self.pair = what, isinstance(data, tuple | list)
        if self.pair and len(self.data[0]) != len(self.data[1]):
            raise ValueError(
                f"the {what} data has {len(self.data[0])} pictures and {len(self.data[1])} labels; "
                "each picture needs one label."
            )
        self.size = len(self.data[0]) if self.pair else len(self.data)
        if not self.size:
            raise ValueError(f"the {what} data is empty; there must be at least one picture.")

    def batch(self, index: Tensor) -> tuple[Tensor, Tensor]:
        if self.pair:
            return as_input(self.data[0][index]), self.data[1][index]
        pairs = [self.data[i] for i in index.tolist()]
        images = torch.stack([torch.as_tensor(image) for image, _ in pairs])
        return as_input(images), torch.tensor([int(label) for _, label in pairs])

    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of a SHA-256 over every byte (a data set's size alone)."""
        if not self.pair:
            return f"{type(self.data).__name__} of {self.size}"
        return data_fingerprint(*self.data)

    def check(self, labels: Tensor, classes: int) -> None:
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise ValueError(
                f"the {self.what} data has the label {low if low < 0 else high}; the model has "
                f"{classes} outputs, so labels go from 0 to {classes - 1}."
            )


def data_fingerprint(images: Tensor, labels: Tensor) -> str:
    """The first 16 hexadecimal digits of a SHA-256 over every byte of images and labels."""
    digest = hashlib.sha256()
    for tensor in (images, labels):
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _mix(*parts: object) -> int:
    """A seed of 63 bits from any parts, the same everywhere."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, *, batch_size: int = 250) -> Tensor:
    """Logits of many pictures, in evaluation mode, a batch at a time.

    Args:
        model: any module (N, C, H, W) -> (N, classes); its mode is as before afterwards.
        images: (N, C, H, W); bytes from 0 to 255 go through `as_input` first.
        batch_size: pictures at a time.

    Returns:
        (N, classes), float32, on the CPU.
    """
    where = device_of(model)
    with mode(model, training=False):
        parts = [model(as_input(x).to(where)).float().cpu() for x in images.split(batch_size)]
    return torch.cat(parts)


def evaluate(model: nn.Module, data: Data, *, batch_size: int = 250) -> tuple[float, float]:
    """Accuracy and cross-entropy on test data, in evaluation mode.

    Args:
        model: any module (N, C, H, W) -> (N, classes).
        data: (images, labels), or a data set of such pairs.
        batch_size: pictures at a time.

    Returns:
        (share that is right, mean cross-entropy in nats).

    Raises:
        ValueError: empty data, or labels that the model has no output for.
    """
    pictures, right, loss = _Pictures(data, "test"), 0, 0.0
    for index in torch.arange(pictures.size).split(batch_size):
        images, labels = pictures.batch(index)
        logits = predict(model, images, batch_size=batch_size)
        pictures.check(labels, logits.shape[1])
        right += int((logits.argmax(1) == labels).sum())
        loss += float(F.cross_entropy(logits, labels, reduction="sum"))
    return right / pictures.size, loss / pictures.size


def _loss(model: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    whole: Any = model.forward_with_aux if len(getattr(model, "aux", ())) else model
    return inception_loss(whole(images), labels, recipe.aux_weight, recipe.label_smoothing)


def fit(
    model: nn.Module,
    train: Data,
    test: Data | None = None,
    recipe: Recipe | None = None,
    *,
    checkpoint: str | os.PathLike | None = None,
    every: int = 100,
    max_steps: int | None = None,
    device: str | torch.device | None = None,
    progress: bool = True,
    on_step: Callable[[int, nn.Module], None] | None = None,
    **changes: Any,
) -> History:
    """Train a model in place.

    Args:
        model: any module (N, C, H, W) -> (N, classes). Auxiliary heads of an `InceptionNet` take part.
            Parts that are in evaluation mode while the model is in training mode, such as frozen
            batch normalization, stay so; a model that is in evaluation mode trains whole. Afterwards
            each part has the mode that it had before.
        train: (images, labels): (N, C, H, W), bytes from 0 to 255 or floats that are ready, and (N,)
            integers from 0; or a map-style data set of such pairs.
        test: the same, to be tested on after each epoch; None leaves that out.
        recipe: how to train; None is `Recipe()`.
        checkpoint: a file. Where it exists, training goes on from it; it is written every `every`
            steps, after each epoch and at the end, so that no kill leaves half a file.
        every: steps between checkpoints.
        max_steps: stop after that many steps of the recipe, as a kill would, with a checkpoint.
        device: where to train; None takes the best one. The model stays there.
        progress: whether to show a bar on stdout. Its last line holds neither time nor rate.
        on_step: called before each step and after the last with (steps done, model).
        changes: fields of `Recipe` that are to differ, as in `fit(…, lr=0.1, seed=1)`.

    Returns:
        The `History`, also of the steps before a resumption.

    Raises:
        ValueError: empty data, labels that the model has no output for, a recipe that makes no sense.
        TypeError: a field that `Recipe` does not have.
        CheckpointError: a checkpoint of another model, recipe or data, or no checkpoint at all.
        TrainingError: the loss is not finite, or the checkpoint cannot be written. The last good
            checkpoint is kept, and the message says which it is.
    """
    known = [f.name for f in fields(Recipe)]
    for name in changes:
        if name not in known:
            raise TypeError(suggest(name, known, "field of Recipe"))
    if every < 1 or (max_steps is not None and max_steps < 1):
        raise ValueError(f"every is {every}, max_steps is {max_steps}; both must be at least 1.")
    recipe = replace(recipe or Recipe(), **changes)
    where = torch.device(device) if device else best_device()
    pictures = _Pictures(train, "training")
    if test is not None:
        _Pictures(test, "test")
    model.to(where)
    classes = predict(model, pictures.batch(torch.tensor([0]))[0]).shape[1]
    for data, what in ((train, "training"), (test, "test")):
        if isinstance(data, tuple | list):
            _Pictures(data, what).check(data[1], classes)

    history = History(asdict(recipe))
    amp = recipe.amp and where.type == "cuda"
    belongs = {
        "model": model_fingerprint(model),
        "recipe": asdict(recipe),
        "data": pictures.fingerprint(),
    }
    model.to(memory_format=torch.channels_last)  # twice as fast on a CPU; the values are the same
    run = Run(
        model,
        make_optimizer(model, recipe),
        torch.amp.GradScaler(where.type, enabled=amp),
        history,
        belongs,
        Path(checkpoint) if checkpoint else None,
    )
    run.load()
    was = modes(model)
    if not model.training:
        model.train()
    try:
        with torch.random.fork_rng([where] if where.type == "cuda" else []):
            _loop(run, pictures, test, recipe, classes, every, max_steps, where, progress, on_step)
    finally:
        restore(was)
        model.to(memory_format=torch.contiguous_format)
    return history


def _loop(run, pictures, test, recipe, classes, every, max_steps, where, progress, on_step) -> None:
    model, history = run.model, run.history
    batch = min(recipe.batch_size, pictures.size)
    per_epoch = pictures.size // batch
    steps = per_epoch * recipe.epochs
    last = min(steps, max_steps or steps)
    began, before = time.perf_counter(), history.seconds
    bar = tqdm(
        total=last,
        initial=run.step,
        file=sys.stdout,
        disable=not progress,
        ascii=True,
        bar_format="{desc}{percentage:3.0f}% |{bar:24}| {n_fmt}/{total_fmt} steps{postfix}",
    )
    training = modes(model)
    epoch, order = -1, torch.empty(0)
    try:
        while run.step < last:
            if run.step // per_epoch != epoch:
                epoch = run.step // per_epoch
                generator = torch.Generator().manual_seed(_mix(recipe.seed, "order", epoch))
                order = torch.randperm(pictures.size, generator=generator)
            if on_step:
                on_step(run.step, model)
                restore(training)
            at = run.step % per_epoch * batch
            images, labels = pictures.batch(order[at : at + batch])
            pictures.check(labels, classes)
            torch.manual_seed(_mix(recipe.seed, "step", run.step))
            lr = recipe.lr_at(run.step, steps, per_epoch)
            history.losses.append(_one_step(run, images.to(where), labels.to(where), recipe, lr))
            run.step += 1
            bar.update()
            if run.step % per_epoch == 0:
                history.epochs.append(_after_epoch(run, epoch, per_epoch, test))
            if run.step % per_epoch == 0 or run.step % every == 0 or run.step == last:
                history.seconds = before + time.perf_counter() - began
                run.save()
                bar.set_postfix_str(f"loss {history.losses[-1]:.3f}", refresh=False)
        if on_step:
            on_step(run.step, model)
        bar.set_postfix_str("", refresh=True)
    finally:
        bar.close()


def _one_step(run: Run, images: Tensor, labels: Tensor, recipe: Recipe, lr: float) -> float:
    """One step; returns the loss before it."""
    optimizer, scaler = run.optimizer, run.scaler
    images = images.contiguous(memory_format=torch.channels_last)
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(images.device.type, enabled=scaler.is_enabled()):
        loss = _loss(run.model, images, labels, recipe)
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingError(
            f"step {run.step}: the loss is {value} at a learning rate of {lr:.3g}. Try a smaller lr, "
            f"clip_norm=1.0, or batch normalization; look for NaN in the data. {run.kept()}"
        )
    scaler.scale(loss).backward()
    if recipe.clip_norm is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(run.model.parameters(), recipe.clip_norm)
    scaler.step(optimizer)
    scaler.update()
    return value


def _after_epoch(run: Run, epoch: int, per_epoch: int, test: Data | None) -> dict:
    losses = run.history.losses[-per_epoch:]
    row = {"epoch": epoch + 1, "train_loss": sum(losses) / len(losses)}
    if test is not None:
        row["test_accuracy"], row["test_loss"] = evaluate(run.model, test)
    return row
