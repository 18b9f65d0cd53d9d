"""What tests/test_distributed.py starts with torchrun: a short run, with accidents where it asks for them.

    torchrun … tests/distributed_run.py '{"out": "DIR", "kill": {"1": 7}}'

`kill`: rank -> the step at which it kills itself, in the first attempt; `writing`: the step whose
checkpoint the first process is writing when it dies; `launcher`: the step at which rank 0 kills torchrun;
`hang`: rank -> the step at which it stops answering.
"""

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from inception_lib.errors import TrainingError
from inception_lib.training import kept
from inception_lib.training.distributed import Options, train
from inception_lib.training.processes import join
from inception_lib.training.recipes import recipes


class Noise:
    """Random pictures whose labels are the brightest channel; 41 of them, so that last batches have one."""

    classes = ("red", "green", "blue")

    def __init__(self, count=41, seed=0):
        draw = torch.Generator().manual_seed(seed)
        self.images = torch.randint(0, 120, (count, 3, 32, 32), generator=draw)
        self.labels = (torch.arange(count) % 3).tolist()
        self.images[torch.arange(count), self.labels] += 120
        self.images = self.images.to(torch.uint8)
        self.fingerprint = f"noise {count} {seed}"

    def __len__(self):
        return len(self.labels)

    def name(self, index):
        return f"noise {index}"

    def picture(self, index):
        return self.images[index]


DATA = (Noise(), Noise(10, 1))
RECIPE = replace(
    recipes()["mini_googlenet"],
    epochs=3,
    batch_size=8,
    average=0.9,
    clip_norm=2.0,
    label_smoothing=0.1,
)


def undropped(model: nn.Module) -> None:
    """Without dropout, which each rank draws for itself."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def main() -> int:
    torch.set_num_threads(1)
    asked = json.loads(sys.argv[1])
    processes = join("cpu", asked.get("timeout", 300))
    rank, first = str(processes.rank), os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    kill = asked.get("kill", {}).get(rank) if first else None
    hang = asked.get("hang", {}).get(rank) if first else None
    out = Path(asked["out"])

    def on_step(step, model):
        if not asked.get("dropout"):
            undropped(model)
        if step == kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if step == hang:
            time.sleep(3600)
        if step == asked.get("launcher") and rank == "0" and not (out / "launcher").exists():
            (out / "launcher").touch()
            os.kill(os.getppid(), signal.SIGKILL)

    if first and (dies := asked.get("writing")) is not None:
        write = kept.write_atomically

        def half(path, content):
            if path.name.startswith(f"step-{dies:09d}"):
                path.with_name(f".{path.name}.part").write_bytes(content[:1000])
                os.kill(os.getpid(), signal.SIGKILL)
            write(path, content)

        kept.write_atomically = half
    recipe = replace(RECIPE, **asked.get("recipe", {}))
    try:
        outcome = train(
            recipe,
            DATA,
            out,
            processes,
            Options(every=4, accumulate=asked.get("accumulate", 1), progress=False),
            on_step,
        )
    except TrainingError as error:
        print(f"error of rank {rank}: {error}", file=sys.stderr, flush=True)
        return 1
    if processes.first:
        save_file(outcome.model.state_dict(), out / "weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
