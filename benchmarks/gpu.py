"""Does a GPU compute what the CPU computes, and how many times as fast?

    python benchmarks/gpu.py [name ...] [--device cuda] [--rounds 5] [--out benchmarks/records]

First one network after the other computes the same on both: the maps of every stage, the logits, and the
gradients of one training step, in single precision without TF32. Then both take turns against the clock,
and each time is compared with the CPU's own: as it is (eager), with channels last, with bfloat16 where
autocast takes it, with each branch of a block on a stream of its own, with the whole network as one CUDA
graph, and with both. What comes out is printed, and written as JSON with the name of the card; a way that
the device does not have is listed there with the reason. The program ends with 1 where a difference is
larger than `TOLERANCES` allows, and without a GPU it says so and ends with 0. `--device cpu` compares
the CPU with itself and writes only where `--out` says.

The graphs and the streams have never run on a GPU. They follow torch's documentation, and on a CPU, whose
streams do nothing, tests check that a branch waits for its input alone, and a block for all its branches.
What to expect: for torchvision's GoogLeNet and one picture, Opara (arXiv 2312.10351) reports 3.588 ms
eager, 1.868 ms as one graph, and 1.110 ms with branches on streams in a graph.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import inception_lib as il
from inception_lib.nn.layers import Concat

NETWORKS = ("mini_bn", "googlenet", "inception_v3")
BATCHES = (1, 64)
RECORDS = Path(__file__).resolve().parent / "records"
# The largest ‖GPU − CPU‖ / ‖CPU‖ of any map, of the logits, and of the gradient of any weight. Rounding
# alone, single precision beside double on one CPU, gives maps 1e-6 and gradients 5e-6 (mini_bn), 2e-3
# (googlenet) and 4e-2 (inception_v3, where values near 0 fall on the other side of a ReLU). bfloat16 keeps
# eight bits.
TOLERANCES = {
    "maps": 1e-4, "logits": 1e-4, "step": 0.1, "channels_last": 1e-4, "bfloat16": 0.1,
    "streams": 1e-4, "graph": 1e-4, "streams, graph": 1e-4,
}  # fmt: skip
WAYS = ("eager", "channels_last", "bfloat16", "streams", "graph", "streams, graph")


def left_out(device: torch.device) -> list[str]:
    """The ways that a device does not have: graphs are CUDA's, and so are streams, which a CPU imitates."""
    lacks = {"cuda": (), "cpu": ("graph",)}.get(device.type, ("graph", "streams"))
    return [way for way in WAYS if any(what in way for what in lacks)]


def ways(device: torch.device) -> list[str]:
    """Those that it has."""
    return [way for way in WAYS if way not in left_out(device)]


@contextmanager
def single_precision() -> Iterator[None]:
    """Within it no product is rounded to TF32, as cards do to be faster."""
    was = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = was


def card(device: torch.device) -> str:
    """What the device is called."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()}, {device.type}"


def wait(device: torch.device) -> None:
    """Until the device has done what it was told; a GPU is told, and goes on alone."""
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def pictures(model: nn.Module, batch: int) -> Tensor:
    height, width = model.spec.input_size
    draw = torch.Generator().manual_seed(batch)
    return 2 * torch.rand(batch, model.spec.in_channels, height, width, generator=draw) - 1


def apart(one: Tensor, other: Tensor) -> float:
    """‖other − one‖ / ‖one‖ in double precision."""
    one, other = (x.detach().cpu().double() for x in (one, other))
    return float((other - one).norm() / one.norm().clamp(min=1e-30))


def step(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The gradients of one step of training."""
    model.train().zero_grad()
    labels = torch.arange(len(x), device=x.device) % model.num_classes
    cross_entropy(model(x), labels).backward()
    return {name: weight.grad for name, weight in model.named_parameters()}


def differences(name: str, device: torch.device, batch: int = 4) -> dict[str, float]:
    """How far a network on the device is from the same network on the CPU: see `TOLERANCES`."""
    ours, theirs = (il.create_model(name, seed=0, dropout=0.0).eval() for _ in range(2))
    x, theirs = pictures(ours, batch), theirs.to(device)
    with torch.no_grad():
        maps = [il.features(model, x, list(ours.stages)) for model in (ours, theirs)]
        logits = ours(x)
        found = {
            "maps": max(apart(maps[0][stage], maps[1][stage]) for stage in maps[0]),
            "logits": apart(logits, theirs(x.to(device))),
        }
        for way in ways(device)[1:]:
            run = forward(theirs, x, device, way)
            found[way] = apart(logits, run())
    theirs.to(memory_format=torch.contiguous_format)
    one, other = step(ours, x), step(theirs, x.to(device))
    whole = torch.stack([gradient.norm() for gradient in one.values()]).norm()
    found["step"] = max(  # a weight that hardly matters is measured with all of them
        float((other[key].cpu() - one[key]).norm() / one[key].norm().clamp(min=1e-3 * whole))
        for key in one
    )
    return found


def forward(model: nn.Module, x: Tensor, device: torch.device, way: str) -> Callable[[], Tensor]:
    """What runs a model, which is on the device, once: in one of `WAYS`."""
    layout = torch.channels_last if way == "channels_last" else torch.contiguous_format
    model, x = model.to(memory_format=layout), x.to(device, memory_format=layout)
    if "streams" in way:
        model = beside(model)

    def run(x: Tensor) -> Tensor:
        low = torch.autocast(device.type, torch.bfloat16) if way == "bfloat16" else nullcontext()
        with torch.no_grad(), low:
            return model(x)

    return captured(run, x) if "graph" in way else partial(run, x)


class Beside(Concat):
    """A `Concat` whose branches each run on a stream of their own, the first on the network's.

    Each waits for the input alone, and the concatenation for all of them. A graph keeps just that: which
    operation waits for which.
    """

    streams: list[Any]

    def forward(self, x: Tensor) -> Tensor:
        of_device, outs = getattr(torch, x.device.type), []
        here = of_device.current_stream()
        for stream in self.streams:  # before the first branch: none is to wait for that
            stream.wait_stream(here)
        for stream, branch in zip([here, *self.streams], self.values(), strict=True):
            with of_device.stream(stream):
                outs.append(branch(x))
        for stream in self.streams:
            here.wait_stream(stream)
        return self.concatenated(outs, x)


def beside(model: nn.Module) -> nn.Module:
    """A copy of a model, all of whose blocks are `Beside`.

    Blocks of different stages share streams, and a block within a branch has others than the one around it.
    """
    model = copy.deepcopy(model)
    streams: dict = defaultdict(getattr(torch, next(model.parameters()).device.type).Stream)
    for name, block in model.named_modules():
        if type(block) is Concat:
            _stages, _stage, *within = name.split(".")
            block.__class__ = Beside
            block.streams = [streams[*within, i] for i in range(1, len(block))]
    return model


def captured(run: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], Tensor]:
    """What runs `run(x)` as one CUDA graph: thousands of launches become one.

    A graph reads and writes the same memory each time, so `x` is copied to where it reads. It is recorded
    with zeros there: one that did not read anew would give another result. First come three runs on
    another stream, as torch asks, because what a library sets up in its first run cannot be recorded.
    """
    given, side = torch.zeros_like(x), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run(given)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = run(given)

    def replay(_weights: object = run) -> Tensor:  # the graph reads what `run` keeps alive
        given.copy_(x)
        graph.replay()
        return out

    return replay


def fastest(run: Callable[[], Tensor], device: torch.device, rounds: int) -> float:
    """Seconds of the fastest round, after one to warm up."""
    seconds = []
    for _ in range(rounds + 1):
        wait(device)
        start = time.perf_counter()
        run()
        wait(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def ratios(name: str, device: torch.device, batch: int, rounds: int) -> dict[str, float]:
    """How many times as fast as the CPU's eager run each way is on the device."""
    model = il.create_model(name, seed=0).eval()
    x, cpu = pictures(model, batch), torch.device("cpu")
    slow = fastest(forward(model, x, cpu, "eager"), cpu, rounds)
    model = model.to(device)
    return {
        way: slow / fastest(forward(model, x, device, way), device, rounds) for way in ways(device)
    }


def measure(
    names: tuple[str, ...], device: torch.device, batches: tuple[int, ...], rounds: int
) -> dict:
    """The record: the card, the differences and the ratios of each network."""
    record: dict = {
        "card": card(device), "device": device.type, "torch": torch.__version__,
        "cpu threads": torch.get_num_threads(), "rounds": rounds, "tolerances": TOLERANCES,
        "left out, for they need CUDA": left_out(device), "networks": {},
    }  # fmt: skip
    with single_precision():
        for name in names:
            found = differences(name, device)
            rows = {str(batch): ratios(name, device, batch, rounds) for batch in batches}
            record["networks"][name] = {
                "differences": {key: float(f"{value:.2g}") for key, value in found.items()},
                "times as fast as the CPU, by batch": {
                    batch: {way: float(f"{value:.3g}") for way, value in row.items()}
                    for batch, row in rows.items()
                },
            }
    return record


def too_far(record: dict) -> list[str]:
    """The differences of a record that its tolerances do not allow, each as a line."""
    return [
        f"{name}: {key} differ by {value:.2g}, more than {record['tolerances'][key]:g}"
        for name, found in record["networks"].items()
        for key, value in found["differences"].items()
        if not value <= record["tolerances"][key]
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NETWORKS, metavar="name")
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--out", type=Path, help="folder of the record")
    given = parser.parse_args(arguments)
    there = [kind for kind in ("cuda", "mps") if getattr(torch, kind).is_available()]
    kind = given.device or (there[0] if there else None)
    if kind not in (*there, "cpu"):
        print(
            f"There is no {kind or 'GPU'} here, so nothing was measured. `--device cpu` compares the "
            "CPU with itself."
        )
        return 0
    record = measure(tuple(given.names), torch.device(kind), tuple(given.batches), given.rounds)
    print(json.dumps(record, indent=1))
    folder = given.out or (None if kind == "cpu" else RECORDS)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"gpu-{'-'.join(record['card'].replace(',', '').split()).lower()}.json"
        file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"written to {file}")
    print(*too_far(record), sep="\n", file=sys.stderr)
    return int(bool(too_far(record)))


if __name__ == "__main__":
    sys.exit(main())
