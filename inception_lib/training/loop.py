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
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from ..counting.table import Table
from ..data.inputs import Data, Images, Pictures, outputs
from ..data.inputs import logits as logits_of
from ..errors import TrainingError, suggest
from ..nn.device import device as best_device
from ..nn.loss import inception_loss
from ..nn.modes import bare, mode, modes, restore
from ..nn.network import with_heads
from ..spec import Network
from .checkpoints import Run, model_fingerprint
from .optimizers import make_optimizer
from .recipe import Recipe


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


def data_fingerprint(images: Tensor, labels: Tensor) -> str:
    """The first 16 hexadecimal digits of a SHA-256 over every byte of images and labels."""
    digest = hashlib.sha256()
    for tensor in (images, labels):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def _fingerprint(pictures: Pictures) -> str:
    if pictures.images is None or pictures.labels is None:
        return f"{type(pictures.data).__name__} of {pictures.size}"
    return data_fingerprint(pictures.images, pictures.labels)


def _mix(*parts: object) -> int:
    """A seed of 63 bits from any parts, the same everywhere."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@torch.no_grad()
def predict(model: nn.Module, images: Images | Data, *, batch_size: int = 250) -> Tensor:
    """Logits of many pictures, in evaluation mode, a batch at a time.

    Args:
        model: any module (N, C, H, W) -> (N, classes); its mode is as before afterwards.
        images: as for `as_input`, one or many; or a data set or `DataLoader`, whose labels are
            ignored. Bytes go from 0 to 255, floats from −1 to 1.
        batch_size: pictures at a time; a `DataLoader` has its own batches.

    Returns:
        (N, classes), float32, on the CPU.

    Raises:
        TypeError, ValueError: as `as_input`; pictures of other channels than the model takes, a
            `batch_size` below 1.
    """
    pictures = Pictures(images, "picture", model, labeled=False)
    with mode(model, training=False):
        parts = [logits_of(model, x) for x, _ in pictures.batches(batch_size)]
    if not parts:
        raise ValueError("there is no picture: the data set is empty.")
    return torch.cat(parts)


@torch.no_grad()
def evaluate(model: nn.Module, data: Data, *, batch_size: int = 250) -> tuple[float, float]:
    """Accuracy and cross-entropy on test data, in evaluation mode.

    Args:
        model: any module (N, C, H, W) -> (N, classes).
        data: (images, labels), as for `fit`; `image_folder`'s triple, a data set of pairs, or a
            `DataLoader`. Where labels are probabilities, the largest is the right class.
        batch_size: pictures at a time; a `DataLoader` has its own batches.

    Returns:
        (share that is right, mean cross-entropy in nats).

    Raises:
        ValueError: empty data, labels that the model has no output for, a model without classes,
            pictures that hold NaN or go beyond ±16.
        TypeError: data or labels of another kind.
    """
    pictures, count, right, loss = Pictures(data, "test", model), 0, 0, 0.0
    finite = True
    _needs_classes(model)
    with mode(model, training=False):
        for images, labels in pictures.batches(batch_size):
            assert labels is not None
            logits = logits_of(model, images)
            pictures.check(labels, outputs(model, logits))
            wanted = labels.argmax(1) if labels.ndim == 2 else labels
            right += int((logits.argmax(1) == wanted).sum())
            finite = finite and bool(logits.isfinite().all())
            loss += float(F.cross_entropy(logits, labels, reduction="sum"))
            count += len(labels)
    if not count:
        raise ValueError("the test data is empty; there must be at least one picture.")
    if not finite:  # no refusal, since training goes on where a test only was bad
        what = type(model).__name__
        warnings.warn(f"this {what} outputs NaN or infinity; check its weights.", stacklevel=3)
    return right / count, loss / count


def _needs_classes(model: nn.Module) -> None:
    spec = getattr(bare(model), "spec", None)
    if isinstance(spec, Network) and not (spec.head and spec.head.classes):
        raise ValueError(
            f"this {spec.name} has no classes (num_classes=0): its outputs are features, which no label "
            "belongs to. Make it with create_model(…, num_classes=…)."
        )


def _loss(model: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    output = with_heads(model, images)
    labels = labels.to(images.dtype) if labels.is_floating_point() else labels
    return inception_loss(output, labels, recipe.aux_weight, recipe.label_smoothing)


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
        train: (images, labels): images as for `as_input`, bytes from 0 to 255 or floats from −1 to 1;
            (N,) integers from 0 in a tensor, an array or a list, or (N, classes) probabilities. Or
            `image_folder`'s triple, or a map-style data set of pairs. Or a `DataLoader`: its data set,
            batch size and workers are taken; the order comes from the seed.
        test: the same, to be tested on after each epoch; None leaves that out.
        recipe: how to train; None is `Recipe()`.
        checkpoint: a file. Where it exists, training goes on from it; it is written every `every`
            steps, after each epoch and at the end, so that no kill leaves half a file.
        every: steps between checkpoints.
        max_steps: stop after that many steps of the recipe, as a kill would, with a checkpoint.
        device: where to train; None takes the best one. The model stays there; data may be anywhere.
        progress: whether to show a bar on stdout. Its last line holds neither time nor rate.
        on_step: called before each step and after the last with (steps done, model).
        changes: fields of `Recipe` that are to differ, as in `fit(…, lr=0.1, seed=1)`.

    Returns:
        The `History`, also of the steps before a resumption.

    Raises:
        ValueError: empty data, labels that the model has no output for, pictures that hold NaN or go
            beyond ±16 (in a data set, when its turn comes), a model without classes or with nothing to train, a device that is not there, a
            recipe that makes no sense.
        TypeError: a field that `Recipe` does not have; data or labels of another kind.
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
    _needs_classes(model)
    if not torch.is_grad_enabled():
        raise ValueError("gradients are off here; call fit outside of no_grad and inference_mode.")
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError("nothing of this model can be trained: requires_grad is False everywhere.")
    where = _device(device)
    model.to(where)
    pictures = Pictures(train, "training", model, indexed=True)
    recipe = _recipe(recipe, changes, pictures.batch_size)
    first = pictures.batch(torch.tensor([0]))[0]
    classes = outputs(model, predict(model, first))
    tested = None if test is None else Pictures(test, "test", model)
    for data in (pictures, tested):
        if data is not None and data.labels is not None:
            data.check(data.labels, classes)

    history = History(asdict(recipe))
    amp = recipe.amp and where.type == "cuda"
    belongs = {
        "model": model_fingerprint(model),
        "recipe": asdict(recipe),
        "data": _fingerprint(pictures),
    }
    # twice as fast on a CPU; the values are the same. DistributedDataParallel has laid out room for
    # gradients as the weights were, and would mix up those of weights laid out anew.
    parallel = any(isinstance(m, nn.parallel.DistributedDataParallel) for m in model.modules())
    if not parallel:
        model.to(memory_format=torch.channels_last)
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
        if not parallel:
            model.to(memory_format=torch.contiguous_format)
    return history


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return best_device()
    try:
        where = torch.device(device)
        torch.empty(1, device=where)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(
            f"device is {device!r}, which this machine does not have; il.device() names its best, "
            f"{best_device()}."
        ) from error
    return where


def _recipe(recipe: Recipe | None, changes: dict[str, Any], batch_size: int | None) -> Recipe:
    """The recipe with its changes; the batches are those of a `DataLoader`, where there is one."""
    if batch_size is not None and recipe is None:
        changes = {"batch_size": batch_size, **changes}
    found = replace(recipe or Recipe(), **changes)
    if batch_size not in (None, found.batch_size):
        raise ValueError(
            f"the DataLoader has batches of {batch_size}, and the recipe of {found.batch_size}; let "
            "them be equal, or give the data set."
        )
    return found


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
    epoch = -1
    feed: Iterator[tuple[Tensor, Tensor | None]] = iter(())
    try:
        while run.step < last:
            if run.step // per_epoch != epoch:
                epoch = run.step // per_epoch
                generator = torch.Generator().manual_seed(_mix(recipe.seed, "order", epoch))
                order = torch.randperm(pictures.size, generator=generator).split(batch)
                turns = range(run.step, min(last, (epoch + 1) * per_epoch))
                seeds = [_mix(recipe.seed, "step", step) for step in turns]
                feed = pictures.in_turn([order[step % per_epoch] for step in turns], seeds)
            if on_step:
                on_step(run.step, model)
                restore(training)
            images, labels = next(feed)
            assert labels is not None
            torch.manual_seed(_mix(recipe.seed, "step", run.step))  # whatever the data set drew
            pictures.check(labels, classes)
            lr = recipe.lr_at(run.step, steps, per_epoch)
            history.losses.append(_one_step(run, images, labels.to(where), recipe, lr))
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
    half = torch.autocast(images.device.type) if scaler.is_enabled() else nullcontext()
    with half:
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
