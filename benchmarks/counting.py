"""How long does it take to count a network, and do four programs count the same?

    python benchmarks/counting.py [name] [--rounds 5]

`il.cost` reads the description; fvcore, torchinfo and torch's `FlopCounterMode` run the network.
All four take turns in one process; each round asks each once, the fastest round of each is printed.
The model is built, and pictures are made, before the clock starts. A warm-up round comes first.
"""

from __future__ import annotations

import argparse
import time
import warnings

import torch
from torch import nn

import inception_lib as il
from inception_lib.counting.table import Table


def by_il(model: nn.Module, x: torch.Tensor) -> dict[str, int]:
    """From the name alone: the description is made anew each time."""
    cost = il.cost(model.spec.name, input_size=tuple(x.shape[2:]))
    return {"params": cost.params, "conv + linear": cost.macs}


def by_fvcore(model: nn.Module, x: torch.Tensor) -> dict[str, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore's import uses a deprecated torch.jit call
        from fvcore.nn import FlopCountAnalysis, parameter_count

        counted = FlopCountAnalysis(model, x)
        counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        parts = counted.by_operator()
    macs = parts.pop("conv") + parts.pop("linear")
    return {"params": parameter_count(model)[""], "conv + linear": int(macs)} | {
        name: int(count) for name, count in parts.items() if count
    }


def by_torchinfo(model: nn.Module, x: torch.Tensor) -> dict[str, int]:
    import torchinfo

    found = torchinfo.summary(model, input_data=x, verbose=0)
    parts = {"conv + linear": 0, "biases": 0, "batch_norm": 0, "other": 0}
    for layer in found.summary_list:
        if not layer.is_leaf_layer:
            continue
        module = layer.module
        if isinstance(module, nn.Conv2d | nn.Linear):
            size = layer.output_size
            places = size[2] * size[3] if len(size) == 4 else 1
            bias = 0 if module.bias is None else module.bias.numel() * places
            parts["conv + linear"] += layer.macs - bias
            parts["biases"] += bias
        else:
            parts["batch_norm" if isinstance(module, nn.BatchNorm2d) else "other"] += layer.macs
    return {"params": found.total_params} | {name: n for name, n in parts.items() if n}


def by_torch(model: nn.Module, x: torch.Tensor) -> dict[str, int]:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    params = sum(p.numel() for p in model.parameters())
    return {"params": params, "conv + linear": counter.get_total_flops() // 2}


COUNTERS = {
    "il.cost": by_il,
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "FlopCounterMode": by_torch,
}
WHY = {
    "batch_norm": "it counts batch normalization; papers do not",
    "biases": "it adds one for each bias and place; an accumulation has room for it",
    "adaptive_avg_pool2d": "it counts the last pooling, which only adds",
    "avg_pool2d": "it counts average pooling, which only adds",
    "other": "it counts layers without weights",
}


def measure(name: str, rounds: int) -> tuple[dict[str, float], dict[str, dict[str, int]]]:
    """Seconds of each counter's fastest round, and what each counted."""
    model = il.create_model(name, seed=0).eval()
    height, width = model.spec.input_size
    x = torch.zeros(1, model.spec.in_channels, height, width)
    found = {counter: count(model, x) for counter, count in COUNTERS.items()}  # warm-up
    best = dict.fromkeys(COUNTERS, float("inf"))
    for _ in range(rounds):
        for counter, count in COUNTERS.items():
            start = time.perf_counter()
            count(model, x)
            best[counter] = min(best[counter], time.perf_counter() - start)
    return best, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="inception_resnet_v2")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    best, found = measure(options.name, options.rounds)
    ours = found["il.cost"]
    rows = []
    for counter, seconds in best.items():
        parts = found[counter]
        agree = all(parts[key] == ours[key] for key in ("params", "conv + linear"))
        total = sum(parts.values()) - parts["params"]
        times = f"{seconds / best['il.cost']:,.0f} ×"
        rows.append((counter, f"{seconds * 1000:,.1f} ms", times, parts["params"], total, agree))
    columns = [
        "counter",
        "fastest",
        "against il.cost",
        "parameters",
        "its own total",
        "conv + linear agree",
    ]
    print(
        Table(
            columns,
            rows,
            f"{options.name}, {options.rounds} rounds in turn, torch {torch.__version__}, {torch.get_num_threads()} threads",
        )
    )
    print()
    for counter, parts in found.items():
        for part, count in parts.items():
            if part not in ours:
                share = count / ours["conv + linear"]
                print(
                    f"{counter}: {count:,} more in {part} ({share:.2%}): {WHY.get(part, 'not a MAC of the papers')}"
                )


if __name__ == "__main__":
    main()
