"""What a machine can do at best, where a network's time goes on it, and how that grows: parts of `seconds`."""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

import inception_lib as il
from inception_lib.nn.rewriting import REWRITINGS

NETWORK = "googlenet_torchvision"
# Operators of PyTorch, by what they do. What is in none of these is "other".
FAMILIES = {
    "convolution": ("convolution", "conv2d", "mkldnn", "addmm", "linear"),
    "batch normalization": ("batch_norm",),
    "ReLU": ("relu", "clamp_min"),
    "pooling": ("pool", "mean"),
    "concatenation": ("cat",),
    "copies": ("copy_", "contiguous", "clone"),
}


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def about() -> dict:
    """The processor, by its own name, and how many threads work."""
    name = platform.processor() or platform.machine()
    if (file := Path("/proc/cpuinfo")).exists():
        lines = [line.split(":", 1) for line in file.read_text().splitlines() if ":" in line]
        known = {key.strip(): value.strip() for key, value in lines}
        name = known.get("model name", name)
    return {
        "processor": name,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
    }


def best(call: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of some calls."""
    call()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


@torch.no_grad()
def roofline(quick: bool = False) -> dict:
    """The fastest product of matrices, in 10⁹ MACs a second, and the fastest copy, in 10⁹ bytes."""
    found = {}
    for side in (256,) if quick else (512, 1024, 1536, 2048):
        a, b = torch.randn(side, side), torch.randn(side, side)
        found[side] = round(side**3 / best(lambda a=a, b=b: torch.mm(a, b), 12) / 1e9, 1)
    source = torch.randn(2**20 if quick else 2**26)
    target = torch.empty_like(source)
    copied = 2 * 4 * source.numel() / best(lambda: target.copy_(source), 8) / 1e9
    return {"gmacs_by_side": found, "gmacs": max(found.values()), "gbytes": round(copied, 1)}


@torch.no_grad()
def families(quick: bool = False) -> dict:
    """Milliseconds of one picture by family of operators: eager, and after `il.faster`."""
    model = il.create_model("mini_bn" if quick else NETWORK, seed=0).eval()
    x = torch.randn(1, 3, *model.spec.input_size)
    ways = {"eager": model, "faster": il.faster(model)}
    return {"network": model.spec.name} | {way: _profiled(m, x, quick) for way, m in ways.items()}


def _profiled(model: nn.Module, x: torch.Tensor, quick: bool) -> dict[str, float]:
    rounds = 2 if quick else 20
    for _ in range(3):
        model(x)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(rounds):
            model(x)
    total: Counter = Counter()
    for event in seen.key_averages():
        total[_family(event.key)] += event.self_cpu_time_total / 1000 / rounds
    return {family: round(total[family], 3) for family in (*FAMILIES, "other")}


def _family(operator: str) -> str:
    for family, parts in FAMILIES.items():
        if any(part in operator for part in parts):
            return family
    return "other"


@torch.no_grad()
def growth(quick: bool = False) -> dict:
    """MACs and milliseconds of a network whose batch, picture or width grows, each from the same start.

    Each point: what it is, MACs of the whole batch, and the median milliseconds of eager and faster.
    """
    steps = {"batch": (1, 2, 4, 8), "size": (112, 160, 224, 320), "width": (0.5, 1, 1.5, 2)}
    if quick:
        steps = {"batch": (1, 2), "size": (32, 48), "width": (0.5, 1)}
    found: dict = {"network": "mini_bn" if quick else NETWORK}
    for what, values in steps.items():
        found[what] = [_point(found["network"], what, value, 2 if quick else 9) for value in values]
    return found


def _point(name: str, what: str, value: float, rounds: int) -> dict:
    model = il.create_model(name, seed=0, width=value if what == "width" else 1).eval()
    side = int(value) if what == "size" else model.spec.input_size[0]
    batch = int(value) if what == "batch" else 1
    x = torch.randn(batch, 3, side, side)
    times = _medians({"eager": model, "faster": il.faster(model)}, x, rounds)
    return {what: value, "macs": batch * il.cost(model, input_size=side).macs} | times


# Which rewritings act, and in which order they are added. The second "none" is the control.
STEPS = {
    "none": (),
    "none again": (),
    "merged": ("merge_siblings",),
    "folded": ("fold_batch_norm",),
    "folded, merged": ("fold_batch_norm", "merge_siblings"),
    "folded, moved, merged": ("fold_batch_norm", "move_poolings", "merge_siblings"),
    "all": tuple(REWRITINGS),
}


@torch.no_grad()
def steps(quick: bool = False) -> dict:
    """What the rewritings bring, channels last: milliseconds of one picture, and times as fast as none.

    In each round every way runs once, in a random order. "times" are quartiles of the ratio to "none"
    of the same round.
    """
    names = (NETWORK, "inception_v3", "googlenet", "inception_resnet_v2")
    return {name: _steps(name, 2 if quick else 40) for name in (("mini_bn",) if quick else names)}


def _steps(name: str, rounds: int) -> dict:
    model = il.create_model(name, seed=0).eval()
    x = torch.randn(1, 3, *model.spec.input_size)
    ways = {
        way: il.faster(model, without=[one for one in REWRITINGS if one not in kept])
        for way, kept in STEPS.items()
    }
    ms = _in_turn(ways, x, rounds)
    found = {}
    for way, own in ms.items():
        ratios = [none / one for none, one in zip(ms["none"], own, strict=True)]
        times = [round(q, 3) for q in statistics.quantiles(ratios, method="inclusive")]
        found[way] = {"ms": round(statistics.median(own), 3), "times": times}
    return found


def _medians(ways: dict[str, nn.Module], x: torch.Tensor, rounds: int) -> dict[str, float]:
    """Median milliseconds of each."""
    return {way: round(statistics.median(ms), 3) for way, ms in _in_turn(ways, x, rounds).items()}


def _in_turn(ways: dict[str, nn.Module], x: torch.Tensor, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each in each round, in a random order; two rounds warm up."""
    ms: dict[str, list[float]] = {way: [] for way in ways}
    order, draw = list(ways), random.Random(0)
    for _ in range(rounds + 2):
        draw.shuffle(order)
        for way in order:
            start = time.perf_counter()
            ways[way](x)
            ms[way].append(1000 * (time.perf_counter() - start))
    return {way: own[2:] for way, own in ms.items()}


PARTS = {"roofline": roofline, "families": families, "steps": steps, "growth": growth}


def said(record: dict) -> str:
    """The roofline in a sentence, and how near to it each cell comes."""
    if "roofline" not in record:
        return "the roofline was not measured"
    top, lines = record["roofline"], []
    for key, cell in record["cells"].items():
        for way in ("eager", "faster"):
            ms = statistics.median(cell["ways"][way]["ms"])
            share = cell["macs"] * cell["input"][0] / (ms / 1000) / (top["gmacs"] * 1e9)
            lines.append(f"{key}, {way}: {share:.0%} of the fastest product of matrices")
    about = f"{record['machine']['processor']}, {record['machine']['threads']} threads"
    head = f"{about}: {top['gmacs']:,} GMACs a second, {top['gbytes']:,} GB copied a second"
    return "\n".join([head, *lines])
