"""What does another process bring on this machine, and what holds a step up?

    python benchmarks/scale.py [--rounds 3] [--steps 12]

Prints, each as the fastest of the rounds, taken in turn:
- pictures a second of the training loop with one and with two processes of one thread, and the efficiency:
  the second over twice the first;
- what the reader of JPEGs delivers in one process, and what GoogLeNet and Inception-v3 take;
- a training step of these two networks, and of torchvision's, as a ratio;
- bytes that a step exchanges, its operations, and the seconds for a checkpoint.

What one process does is timed by the processor's clock, which a busy machine disturbs less; the first and the
last line by the clock on the wall, so let nothing else run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import inception_lib as il
from inception_lib.counting.table import Table
from inception_lib.nn.loss import inception_loss
from inception_lib.training.distributed import Options, train
from inception_lib.training.feed import Bundled, Folder, Samples, Turns, loader, training_transform
from inception_lib.training.kept import Kept
from inception_lib.training.planning import step_time
from inception_lib.training.processes import join

RECIPE = replace(il.recipes()["mini_googlenet"], batch_size=128)
# Ours, torchvision's, and the recipe that says how a picture is cut.
PAIRS = {
    "GoogLeNet": ("googlenet_torchvision", "googlenet", "googlenet_mindcv"),
    "Inception-v3": ("inception_v3_torchvision", "inception_v3", "inception_v3_mindcv"),
}


# ---- the loop in one and two processes ----


def worker(out: str, steps: int) -> None:
    """A short run; the first process writes the seconds of each step after the third."""
    torch.set_num_threads(1)
    processes, times = join("cpu"), []
    data = (Bundled("train"), Few())
    options = Options(steps=steps, every=steps + 1, progress=False)
    train(RECIPE, data, out, processes, options, lambda *_: times.append(time.perf_counter()))
    if processes.first:
        seconds = [late - early for early, late in pairwise(times[3:-1])]
        Path(out, "seconds.json").write_text(json.dumps(seconds))


class Few(Bundled):
    """The first test pictures: testing is not what is measured."""

    def __init__(self):
        super().__init__("test")
        self.labels = self.labels[:16]


def rate(processes: int, steps: int) -> float:
    """Pictures a second of a run of its own."""
    with tempfile.TemporaryDirectory() as out:
        launcher = [
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            str(processes),
        ]
        command = [sys.executable, *launcher, __file__, "--worker", out, "--steps", str(steps)]
        env = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(
            command, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        seconds = json.loads(Path(out, "seconds.json").read_text())
    return RECIPE.batch_size / sorted(seconds)[len(seconds) // 2]


# ---- what reads pictures, and what takes them ----


def delivered(recipe: il.TrainingRecipe, count: int = 32) -> float:
    """Pictures a second that one process reads, cuts and stacks: JPEGs of 500×375."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").mkdir()
        draw = np.random.default_rng(0)
        for i in range(count):
            coarse = draw.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize((500, 375)).save(
                Path(folder, "a", f"{i}.jpg"), quality=90
            )
        source = Folder(Path(folder))
        samples = Samples(source, training_transform(recipe), 0)
        batches = loader(samples, Turns(range(count // 8), 0, count, 8, 0, 1), 0, False)
        begin = time.process_time()
        many = sum(len(batch.labels) for batch in batches)
    return many / (time.process_time() - begin)


def step_of(model: torch.nn.Module, side: int, batch: int) -> Callable[[], float]:
    """A function that trains one step and returns its seconds."""
    model.train().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(batch) % 1000
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> float:
        begin = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        inception_loss(model(x), labels).backward()
        optimizer.step()
        return time.process_time() - begin

    return step


def models(name: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Our network and torchvision's, which have the same layers, without auxiliary heads."""
    import torchvision

    ours, theirs, _ = PAIRS[name]
    other = getattr(torchvision.models, theirs)(weights=None, aux_logits=False, init_weights=False)
    return il.create_model(ours, seed=0), other


def side_by_side(name: str, rounds: int, batch: int) -> tuple[float, float]:
    """Seconds of the fastest step of ours and of torchvision's, in turn, after a step to warm up."""
    side = il.recipes()[PAIRS[name][2]].input_size
    steps = [step_of(model, side, batch) for model in models(name)]
    for step in steps:
        step()
    found = [[step() for step in steps] for _ in range(rounds)]
    return min(ours for ours, _ in found), min(theirs for _, theirs in found)


def checkpoint(name: str) -> tuple[float, int]:
    """Seconds and bytes of a checkpoint with weights, momentum and an average."""
    weights = il.create_model(name, seed=0).state_dict()
    state = {"model": weights, "optimizer": weights, "average": weights}
    state = {
        part: {key: value.clone() for key, value in held.items()} for part, held in state.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder), {})
        begin = time.perf_counter()
        kept.write(1, state)
        return time.perf_counter() - begin, kept.whole[-1].stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument(
        "--batch", type=int, default=4, help="pictures in a step of the large networks"
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker(given.worker, given.steps)
        return
    torch.set_num_threads(1)
    rates = {n: [] for n in (1, 2)}
    for _ in range(given.rounds):
        for count, found in rates.items():
            found.append(rate(count, given.steps))
    one, two = (max(found) for found in rates.values())
    print(f"{RECIPE.model}, {RECIPE.batch_size} pictures a step, one thread for each process:")
    print(
        f"one process {one:,.0f} pictures a second, two {two:,.0f}: efficiency {two / one / 2:.0%}\n",
        flush=True,
    )
    rows = []
    for name, (ours, _, recipe_name) in PAIRS.items():
        recipe = il.recipes()[recipe_name]
        mine, theirs = side_by_side(name, given.rounds, given.batch)
        reads = max(delivered(recipe) for _ in range(given.rounds))
        step = step_time(recipe, 8)
        seconds, size = checkpoint(ours)
        rows.append(
            (
                name,
                f"{given.batch / mine:.1f}",
                f"{reads:.0f}",
                f"{mine / theirs:.2f}",
                f"{step.traffic / 1e6:.0f}",
                f"{6 * il.cost(recipe.model, aux=recipe.aux).macs * step.pictures / 1e12:.1f}",
                f"{seconds:.1f} s, {size / 1e6:.0f} MB",
            )
        )
    columns = ["network", "takes, pictures/s", "reader gives, pictures/s", "step / torchvision's"]
    columns += ["MB exchanged", "TFLOPs of 8 devices, each", "checkpoint"]
    print(
        Table(
            columns, rows, f"torch {torch.__version__}, one thread, {given.rounds} rounds in turn"
        )
    )


if __name__ == "__main__":
    main()
