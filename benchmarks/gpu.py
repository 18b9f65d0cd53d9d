"""Does a GPU compute what the CPU computes, and how many times as fast?

    python benchmarks/gpu.py [name ...] [--device cuda] [--rounds 5] [--out benchmarks/records]

First one network after the other computes the same on both: the maps of every stage, the logits, and the
gradients of one training step, in single precision without TF32. Then both take turns against the clock,
and each time is compared with the CPU's own: as it is (eager), with channels last, and with bfloat16
where autocast takes it. What comes out is printed, and written as JSON with the name of the card. The
program ends with 1 where a difference is larger than `TOLERANCES` allows, and without a GPU it says so
and ends with 0. `--device cpu` compares the CPU with itself and writes only where `--out` says.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import inception_lib as il

NETWORKS = ("mini_bn", "googlenet", "inception_v3")
BATCHES = (1, 64)
RECORDS = Path(__file__).resolve().parent / "records"
# The largest ‖GPU − CPU‖ / ‖CPU‖ of any map, of the logits, and of the gradient of any weight. Rounding
# alone, single precision beside double on one CPU, gives maps 1e-6 and gradients 5e-6 (mini_bn), 2e-3
# (googlenet) and 4e-2 (inception_v3, where values near 0 fall on the other side of a ReLU). bfloat16 keeps
# eight bits.
TOLERANCES = {"maps": 1e-4, "logits": 1e-4, "step": 0.1, "channels_last": 1e-4, "bfloat16": 0.1}
WAYS = ("eager", "channels_last", "bfloat16")


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
        for way in WAYS[1:]:
            found[way] = apart(logits, forward(theirs, x, device, way)())
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

    def run() -> Tensor:
        low = torch.autocast(device.type, torch.bfloat16) if way == "bfloat16" else nullcontext()
        with torch.no_grad(), low:
            return model(x)

    return run


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
    return {way: slow / fastest(forward(model, x, device, way), device, rounds) for way in WAYS}


def measure(
    names: tuple[str, ...], device: torch.device, batches: tuple[int, ...], rounds: int
) -> dict:
    """The record: the card, the differences and the ratios of each network."""
    record: dict = {
        "card": card(device), "device": device.type, "torch": torch.__version__,
        "cpu threads": torch.get_num_threads(), "rounds": rounds, "tolerances": TOLERANCES,
        "networks": {},
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
