"""One training loop from a laptop to a cluster: on torch's DistributedDataParallel, and it loses nothing.

A batch of the recipe is divided among the processes, however many there are. What is random comes
from seed, epoch, number of the picture, step and rank. The first process alone prints and writes.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..create import create_model
from ..errors import CheckpointError, TrainingError, needs, suggest
from ..nn.loss import inception_loss
from ..nn.modes import mode
from ..nn.network import InceptionNet, with_heads
from .checkpoints import model_fingerprint
from .feed import Batch, Samples, Source, Turns, loader, test_transform, training_transform
from .kept import Kept, read
from .loop import _mix
from .optimizers import make_optimizer
from .processes import Processes
from .recipes import TrainingRecipe
from .reports import Reports

PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass
class Options:
    """How a run is done; what it computes is the recipe's.

    Attributes:
        steps: in place of the recipe's epochs; None takes these.
        every: steps between checkpoints; one is also written after each epoch and at the end.
        accumulate: parts of a process's share that go through the model one after the other.
        precision: "fp32", "bf16" or "fp16".
        sync_bn: whether batch normalization sees the whole batch; on GPUs.
        workers: processes that read pictures, for each process that trains.
        skip_limit: pictures that may be unreadable before the run stops.
        progress, tensorboard: whether there is a bar, and files for TensorBoard.
    """

    steps: int | None = None
    every: int = 200
    accumulate: int = 1
    precision: str = "fp32"
    sync_bn: bool = False
    workers: int = 0
    skip_limit: int = 50
    progress: bool = True
    tensorboard: bool = False


@dataclass
class Outcome:
    """What came out of a run.

    Attributes:
        model: the trained network, on the CPU, with the averaged parameters where these are kept.
        epochs: a row for each: epoch, step, train_loss, test_accuracy, test_loss.
        skipped: how many pictures could not be read, over the whole run.
        seconds: over all parts of a resumed run.
    """

    model: InceptionNet
    epochs: list[dict] = field(default_factory=list)
    skipped: int = 0
    seconds: float = 0.0


def train(
    recipe: TrainingRecipe,
    data: tuple[Source, Source],
    out: str | os.PathLike,
    processes: Processes | None = None,
    options: Options | None = None,
    on_step: Callable[[int, nn.Module], None] | None = None,
) -> Outcome:
    """Train a recipe's network; all processes call this alike.

    Args:
        recipe: what to train and how.
        data: pictures to train on and to test on, as `sources` gives them.
        out: folder for `log.jsonl` and `checkpoints`; where these are, the run goes on.
        processes: this process among the others; None is one alone.
        options: how the run is done.
        on_step: called before each step and after the last with (steps done, model).

    Raises:
        ValueError: what cannot be done, such as synchronized batch normalization on a CPU.
        TrainingError: a loss that is not finite, too many unreadable pictures, a process that does not
            answer, a checkpoint that cannot be written. CheckpointError: of another run.
    """
    processes, options = processes or Processes(), options or Options()
    check(recipe, data, processes, options)
    cuda = [processes.device] if processes.device.type == "cuda" else []
    with torch.random.fork_rng(cuda), ExitStack() as stack:
        stack.callback(processes.leave)
        return _Loop(recipe, data, Path(out), processes, options, stack).run(on_step)


def check(
    recipe: TrainingRecipe, data: tuple[Source, Source], processes: Processes, options: Options
) -> None:
    """Refuse what cannot be done, before anything is.

    Raises:
        ValueError: the message says what to do instead.
    """
    if options.precision not in PRECISIONS:
        raise ValueError(suggest(options.precision, list(PRECISIONS), "precision"))
    if processes.device.type != "cuda" and options.sync_bn:
        raise ValueError(
            "synchronized batch normalization (--sync-bn) is torch's, which has it for GPUs alone. On "
            "a CPU leave it out: each process normalizes by its own share of the batch."
        )
    if processes.device.type != "cuda" and options.precision == "fp16":
        raise ValueError("fp16 is for GPUs; on a CPU take bf16, which needs no scaling, or fp32.")
    if processes.world > recipe.batch_size:
        raise ValueError(
            f"a batch of {recipe.batch_size} pictures cannot be divided among {processes.world} processes."
        )
    if min(options.every, options.accumulate) < 1 or (options.steps or 1) < 1:
        raise ValueError("steps, every and accumulate must be at least 1.")
    if not len(data[0]) or not len(data[1]):
        raise ValueError("there must be at least one picture to train on, and one to test on.")


class _Loop:
    """One run, from its first step or its last checkpoint to its end."""

    def __init__(self, recipe, data, out, processes, options, stack):
        self.recipe, self.processes, self.options = recipe, processes, options
        self.train, self.test = data
        self.per_epoch = -(-len(self.train) // recipe.batch_size)
        self.steps = options.steps or recipe.epochs * self.per_epoch
        self.device = processes.device
        self.kind = PRECISIONS[options.precision]
        self.net = self._made().to(self.device).to(memory_format=torch.channels_last)
        if options.sync_bn:
            self.net = nn.SyncBatchNorm.convert_sync_batchnorm(self.net)
        self.optimizer = make_optimizer(self.net, recipe)
        if recipe.decay_all:
            for group in self.optimizer.param_groups:
                group["weight_decay"] = recipe.weight_decay
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=options.precision == "fp16")
        self.average = recipe.average and AveragedModel(
            self.net, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True
        )
        self.mixup = recipe.mixup and needs("torchvision.transforms.v2", "mixup").MixUp(
            alpha=recipe.mixup, num_classes=len(self.train.classes)
        )
        belongs = {
            "model": model_fingerprint(self.net),
            "recipe": asdict(recipe) | {"steps": self.steps, "precision": options.precision},
            "data": self.train.fingerprint,
        }
        self.kept = Kept(out / "checkpoints", belongs)
        self.step, self.outcome, self.losses = 0, Outcome(self.net), 0.0
        self._resume()
        self.reports = stack.enter_context(
            Reports(out, self.step, self.steps, self.kept.said, options, processes.first)
        )
        self.model: nn.Module = self.net
        if processes.store is not None:
            # Buckets would be laid out anew after the first step, and sums of three or more ranks
            # come out differently in their last bits: a resumed run would show it. So they stay.
            self.model = DistributedDataParallel(self.net, find_unused_parameters=True)

    def _made(self) -> InceptionNet:
        options: dict[str, Any] = {"dropout": self.recipe.dropout, "aux": self.recipe.aux}
        classes = len(self.train.classes)
        return create_model(
            self.recipe.model, num_classes=classes, seed=self.recipe.seed, **options
        )

    # ---- checkpoints ----

    def _resume(self) -> None:
        content, wrong = None, None
        if self.processes.first:
            try:
                content = self.kept.newest()
            except (CheckpointError, OSError) as error:  # all processes stop, not the first alone
                wrong = error
        self.processes.agree(wrong)
        if (content := self.processes.from_first(content)) is None:
            return
        state = read(content, self.device)
        self.net.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.step, self.losses = state["step"], state["losses"]
        self.outcome = replace(self.outcome, **state["outcome"])

    def _save(self) -> None:
        if not self.processes.first:
            return
        out = self.outcome
        state = {
            "model": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "losses": self.losses,
            "outcome": {"epochs": out.epochs, "skipped": out.skipped, "seconds": out.seconds},
        }
        self.kept.write(self.step, state)

    # ---- the loop ----

    def run(self, on_step) -> Outcome:
        turns = Turns(
            range(self.step, self.steps), self.recipe.seed, len(self.train),
            self.recipe.batch_size, self.processes.rank, self.processes.world,
        )  # fmt: skip
        samples = Samples(self.train, training_transform(self.recipe), self.recipe.seed)
        pinned = self.device.type == "cuda"
        began, before = time.perf_counter(), self.outcome.seconds
        self.net.train()
        for batch in loader(samples, turns, self.options.workers, pinned):
            if on_step:
                on_step(self.step, self.net)
            with self.processes.step(self.step):
                self._one(batch)
                self.step += 1
                self.outcome.seconds = before + time.perf_counter() - began
                ends = self.step % self.per_epoch == 0 or self.step == self.steps
                if ends:
                    self._after_epoch()
            if ends or self.step % self.options.every == 0:
                self._save()
        if on_step:
            on_step(self.step, self.net)
        with self.processes.step(self.step + 1):
            self.processes.total(0)  # the first has written its last checkpoint
        self.outcome.model = self._plain()
        return self.outcome

    def _one(self, batch: Batch) -> None:
        """One step: counts first, so that each picture weighs the same wherever it is."""
        count, skipped, broken = (
            int(n) for n in self.processes.total(
                len(batch.images), len(batch.skipped), bool(batch.broken)
            )
        )  # fmt: skip
        names = []
        if skipped or broken:
            said = self.processes.everyones(f"skipped/{self.step}", [*batch.skipped, batch.broken])
            if reason := next((each[-1] for each in said if each[-1]), ""):
                raise TrainingError(f"step {self.step}: {reason} {self.kept.sentence()}")
            names = [name for each in said for name in each[:-1]]
        self.outcome.skipped += skipped
        if self.outcome.skipped > self.options.skip_limit:
            raise TrainingError(
                f"step {self.step}: {self.outcome.skipped} pictures could not be read, more than "
                f"--skip-limit {self.options.skip_limit}; the last: {names[-1]}. {self.kept.sentence()}"
            )
        rate = self.recipe.lr_at(self.step, self.steps, self.per_epoch)
        loss = self._learn(batch, max(count, 1), rate)
        self.losses += loss
        self.reports.step(self.step, self.step // self.per_epoch, loss, rate, count, names)

    def _learn(self, batch: Batch, count: int, rate: float) -> float:
        """Gradients of all pictures, and the optimizer's step; returns the mean loss before it."""
        seed = _mix(self.recipe.seed, "step", self.step, self.processes.rank)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        parts = self._parts(batch)
        mine = torch.zeros((), dtype=torch.float64)
        for i, (images, labels, weight) in enumerate(parts):
            last = i == len(parts) - 1
            alone = nullcontext() if last or self.model is self.net else self.model.no_sync()  # type: ignore[operator]
            cast = torch.autocast(self.device.type, self.kind) if self.kind else nullcontext()
            with alone:
                with cast:
                    output = with_heads(self.model, images)
                    loss = inception_loss(
                        output, labels, self.recipe.aux_weight, self.recipe.label_smoothing
                    )
                # DistributedDataParallel takes the mean over processes, and we want the sum
                part = loss * (weight / count)
                self.scaler.scale(part * self.processes.world).backward()
            mine += part.detach().cpu().double()
        (value,) = self.processes.total(float(mine))
        if not math.isfinite(value):
            raise TrainingError(
                f"step {self.step}: the loss is {value} at a learning rate of {rate:.3g}. Try a smaller "
                f"lr, clip_norm=1.0, or batch normalization. {self.kept.sentence()}"
            )
        if self.recipe.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update_parameters(self.net)
        return value

    def _parts(self, batch: Batch) -> list[tuple[Tensor, Tensor, int]]:
        """A share in its parts: images, labels, and how many pictures each part counts as."""
        many, side = len(batch.images), self.recipe.input_size
        if not many:  # this process takes part all the same, or the others would wait
            blank = torch.zeros(2, 3, side, side, device=self.device)
            return [(blank, torch.zeros(2, dtype=torch.int64, device=self.device), 0)]
        found = []
        for images, labels in zip(
            batch.images.chunk(self.options.accumulate),
            batch.labels.chunk(self.options.accumulate), strict=True,
        ):  # fmt: skip
            weight = len(images)
            if (
                weight == 1
            ):  # batch normalization cannot do with one value of a channel; twice is the same mean
                images, labels = images.repeat(2, 1, 1, 1), labels.repeat(2)
            x = images.to(self.device, non_blocking=True).float() / 127.5 - 1
            y = labels.to(self.device, non_blocking=True)
            if self.mixup:
                x, y = self.mixup(x, y)
            found.append((x.contiguous(memory_format=torch.channels_last), y, weight))
        return found

    # ---- testing ----

    def _after_epoch(self) -> None:
        steps = (self.step - 1) % self.per_epoch + 1
        accuracy, loss = self._tested()
        row = {
            "epoch": (self.step - 1) // self.per_epoch + 1,
            "step": self.step,
            "train_loss": self.losses / steps,
            "test_accuracy": accuracy,
            "test_loss": loss,
        }
        self.outcome.epochs.append(row)
        self.losses = 0.0
        self.reports.epoch(row)

    @torch.no_grad()
    def _tested(self) -> tuple[float, float]:
        """Accuracy and cross-entropy on the test pictures, of which each process has its share."""
        model = self.average.module if self.average else self.net
        self.processes.share_buffers(model)
        size, batch = len(self.test), 4 * max(1, self.recipe.batch_size // self.processes.world)
        mine = [(0, i) for i in range(self.processes.rank, size, self.processes.world)]
        turns = [mine[i : i + batch] for i in range(0, len(mine), batch)]
        samples = Samples(self.test, test_transform(self.recipe), self.recipe.seed)
        right, total, count, skipped = 0, 0.0, 0, 0
        with mode(model, training=False):
            for part in loader(samples, turns, self.options.workers, False):
                skipped += len(part.skipped)
                if not len(part.images):
                    continue
                x = (part.images.to(self.device).float() / 127.5 - 1).contiguous(
                    memory_format=torch.channels_last
                )
                logits = model(x).float().cpu()
                right += int((logits.argmax(1) == part.labels).sum())
                total += float(F.cross_entropy(logits, part.labels, reduction="sum"))
                count += len(part.labels)
        right, total, count, skipped = self.processes.total(right, total, count, skipped)
        if skipped > self.options.skip_limit or not count:
            raise TrainingError(
                f"step {self.step}: {skipped:.0f} test pictures could not be read. {self.kept.sentence()}"
            )
        return right / count, total / count

    def _plain(self) -> InceptionNet:
        """The trained network as `create_model` makes it, on the CPU."""
        trained = self.average.module if self.average else self.net
        plain = self._made()
        plain.load_state_dict({key: value.cpu() for key, value in trained.state_dict().items()})
        return plain.eval()
