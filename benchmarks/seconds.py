"""How many seconds does a network take, in which runtime, and what does `il.faster` bring?

    make seconds
    python -m benchmarks.seconds [name ...] [--batch 1 8] [--minutes 13] [--quick] [--again] [--out file]

All ways of one cell (a network and a batch) are prepared in one process, warmed up, and measured in turn,
in a new random order each round, with a pause before each, because threads that a runtime leaves
spinning would spoil its neighbor. Eager PyTorch takes part twice: how far the two are apart is the
noise. Random weights; single precision everywhere. The record, inception_lib/weights/files/seconds.json,
is written after each cell; a run that was stopped goes on where it was.

A way whose runtime is not installed is left out, and the record says so.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import io
import json
import platform
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor, nn

import inception_lib as il
from benchmarks import machine
from inception_lib.counting.table import Table
from inception_lib.nn.rewriting import REWRITINGS
from inception_lib.weights.records import FILES
from inception_lib.weights.saved import write_atomically

RECORD = Path(str(FILES)) / "seconds.json"
NETWORKS = (
    "googlenet_torchvision", "inception_v3", "googlenet", "inception_v4", "inception_resnet_v2",
)  # fmt: skip
# Compiling takes a minute for each of three ways, so only these are compiled, for a batch of 1.
COMPILED = ("googlenet_torchvision", "inception_v3")
PAUSE = 0.15  # seconds
SAME = 1e-4  # the largest difference to eager, as a share of the largest output

Call = Callable[[], Tensor]
Way = Callable[[nn.Module, Tensor], Call]


# ---- the ways ----


def eager(model: nn.Module, x: Tensor) -> Call:
    return lambda: model(x)


def channels_last(model: nn.Module, x: Tensor) -> Call:
    return eager(il.faster(model, without=list(REWRITINGS)), x)


def faster(model: nn.Module, x: Tensor) -> Call:
    return eager(il.faster(model), x)


def compiled(model: nn.Module, x: Tensor, freezing: bool = False) -> Call:
    from torch._inductor import config

    def run(x: Tensor) -> Tensor:
        return model(x)

    # a code object of its own: what was compiled is kept there, and another way would find it
    run.__code__ = run.__code__.replace(co_name=f"run_{id(model)}_{freezing}")
    fast = torch.compile(run, dynamic=False)
    with config.patch(freezing=True) if freezing else nullcontext():
        fast(x)
    return lambda: fast(x)


def faster_compiled(model: nn.Module, x: Tensor) -> Call:
    return compiled(il.faster(model), x)


def frozen(model: nn.Module, x: Tensor) -> Call:
    return compiled(model, x, freezing=True)


def onnx_of(model: nn.Module, x: Tensor) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older of two exporters: half as long, the same graph
        torch.onnx.export(model, (x,), file, dynamo=False)
    return file.getvalue()


def onnx_runtime(model: nn.Module, x: Tensor) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        onnx_of(model, x), options, providers=["CPUExecutionProvider"]
    )
    name, given = session.get_inputs()[0].name, x.numpy()
    return lambda: torch.from_numpy(session.run(None, {name: given})[0])


def openvino(model: nn.Module, x: Tensor) -> Call:
    from openvino import Core

    core, given = Core(), x.numpy()
    # without the last of these it takes bfloat16 where the processor has it
    options = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    fast = core.compile_model(core.read_model(onnx_of(model, x)), "CPU", options)
    return lambda: torch.from_numpy(fast(given)[0])


WAYS: dict[str, Way] = {
    "eager": eager,
    "eager again": eager,
    "channels_last": channels_last,
    "faster": faster,
    "compile": compiled,
    "faster, compile": faster_compiled,
    "compile, freezing": frozen,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
}
BY_COMPILER = ("compile", "faster, compile", "compile, freezing")


# ---- one cell ----


def working_memory(call: Call) -> float | None:
    """By how many MB the process grows at most while it runs; Linux alone can tell."""
    try:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins again from here
        before = _status("VmRSS")
        call()
        return round((_status("VmHWM") - before) / 1024, 1)
    except (OSError, AttributeError, KeyError):
        call()
        return None


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)[key].split()[0])


@torch.no_grad()
def cell(name: str, batch: int, ways: list[str], seconds: float) -> dict:
    """All ways of one network and batch, in turn for about so many seconds.

    Returns:
        "macs" of one picture, "parameters", "input"; "ways" with "ms" of each round, how many "times"
        as fast as eager in the same round (quartiles), the largest "difference" to eager, "memory_mb"
        that the first run needs beyond what was there, "prepare_s"; "left_out", way -> why.
    """
    model = il.create_model(name, seed=0).eval()
    sides = model.spec.input_size
    x = torch.randn(batch, 3, *sides, generator=torch.Generator().manual_seed(0))
    counted = il.cost(model, input_size=sides)
    want, calls, left_out = model(x), {}, {}
    found: dict[str, dict] = {}
    for way in ways:
        start = time.perf_counter()
        try:
            call = WAYS[way](model, x)
        except ImportError as error:
            left_out[way] = f"{error.name or error} is not installed"
            continue
        prepare = time.perf_counter() - start
        memory = working_memory(call)
        difference = float((call() - want).abs().max() / want.abs().max())
        if not difference <= SAME:
            raise AssertionError(f"{name}, {way}: outputs differ by {difference:.1e}, not {SAME}")
        calls[way] = call
        found[way] = {
            "difference": float(f"{difference:.1e}"),
            "memory_mb": memory,
            "prepare_s": round(prepare, 1),
            "ms": [],
        }
    order, draw = list(calls), random.Random(0)
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < 5 or (time.perf_counter() < end and rounds < 40):
        draw.shuffle(order)
        for way in order:
            time.sleep(PAUSE)
            start = time.perf_counter()
            calls[way]()
            found[way]["ms"].append(round(1000 * (time.perf_counter() - start), 3))
        rounds += 1
    torch.compiler.reset()
    for own in found.values():
        pairs = zip(found["eager"]["ms"], own["ms"], strict=True)  # of one round
        quartiles = statistics.quantiles([a / b for a, b in pairs], method="inclusive")
        own["times"] = [round(times, 3) for times in quartiles]
    about = {"macs": counted.macs, "parameters": counted.params, "input": [batch, 3, *sides]}
    return about | {"ways": found, "left_out": left_out}


def table(title: str, found: dict) -> Table:
    """A cell as people read it."""
    rows = []
    for way, own in found["ways"].items():
        low, middle, high = own["times"]
        times = f"{statistics.median(own['ms']):,.1f}"
        spread = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        memory = "" if own["memory_mb"] is None else f"{own['memory_mb']:.1f}"
        rest = f"{own['difference']:.0e}", f"{own['prepare_s']:.1f}"
        rows.append((way, times, spread, memory, *rest))
    columns = ["way", "ms", "times as fast as eager", "memory, MB", "difference", "to prepare, s"]
    return Table(columns, rows, f"{title}, {len(found['ways']['eager']['ms'])} rounds")


# ---- the record ----


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("torch", "onnxruntime", "openvino"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def begun(path: Path, again: bool) -> dict:
    """The record so far, if it is this machine's; or an empty one."""
    mine = {"machine": machine.about(), "versions": versions(), "pause_s": PAUSE, "cells": {}}
    if path.exists() and not again:
        kept = json.loads(path.read_text(encoding="utf-8"))
        other = [k for k in ("machine", "versions", "pause_s") if kept.get(k) != mine[k]]
        if not other:
            return kept
        sys.exit(f"{path} is of another {', '.join(other)}. To begin anew: --again")
    return mine


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NETWORKS)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seconds", type=float, default=25, help="of measuring, for a cell")
    parser.add_argument("--minutes", type=float, default=13, help="after which no cell begins")
    parser.add_argument("--threads", type=int, help="one for each core if not given")
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    parser.add_argument("--quick", action="store_true", help="one small network, to try the path")
    parser.add_argument("--out", type=Path, default=RECORD)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads or machine.cores())
    names, batches, seconds = options.names, options.batch, options.seconds
    if options.quick:
        names, batches, seconds = ["mini_bn"], [1], 0
    record, start = begun(options.out, options.again), time.perf_counter()

    def late(what: str) -> bool:
        if time.perf_counter() - start > 60 * options.minutes:
            print(
                f"{what}: not begun, the {options.minutes:g} minutes are over; run again to go on"
            )
            return True
        return False

    for batch in batches:
        for name in names:
            key = f"{name}, batch {batch}"
            if key in record["cells"] or late(key):
                continue
            compile_it = name in COMPILED and batch == 1
            ways = [way for way in WAYS if compile_it or way not in BY_COMPILER]
            record["cells"][key] = cell(name, batch, ways, seconds)
            write_atomically(options.out, _json(record))
            print(table(key, record["cells"][key]), flush=True)
        for part, measure in machine.PARTS.items():
            if part not in record and not late(part):
                record[part] = measure(options.quick)
                write_atomically(options.out, _json(record))
    print(machine.said(record))
    return record


def _json(record: dict) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    main()
