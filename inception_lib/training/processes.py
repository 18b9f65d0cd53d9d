"""The processes of one run: who they are, how they meet again after one was killed, and who hangs.

torchrun starts them and starts all of them again when one ends badly. It keeps one store for all
attempts, so that the addresses of dead processes are still in it. Its count of restarts cannot tell
attempts apart, because each node counts its own. Therefore every process writes a name drawn for
this attempt, and the group is made below a prefix from the names of all.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
from torch import distributed as dist
from torch import nn

from ..errors import TrainingError
from ..nn.device import device as best_device


class Unanswered(TrainingError):
    """Another process is gone or hangs: what each of the others says, where all else the first says for all."""


def speaks(error: Exception | None = None) -> bool:
    """Whether this process prints: the first does, and one that another does not answer."""
    return os.environ.get("RANK", "0") == "0" or isinstance(error, Unanswered)


@dataclass
class Processes:
    """This process among all of a run; one process alone needs no group.

    Attributes:
        rank: of this process, from 0; `world` is how many there are.
        device: where this process computes.
        timeout: seconds that one waits for another.
        store: what all of them can read and write; None for one process alone.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    timeout: float = 600.0
    store: dist.Store | None = None

    @property
    def first(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0

    def total(self, *numbers: float) -> list[float]:
        """The sums over all processes, in double precision."""
        if self.store is None:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(sums)
        return sums.tolist()

    def from_first(self, content: bytes | None) -> bytes | None:
        """What the first process has, for all: bytes, so that nobody unpickles what comes over a network."""
        if self.store is None:
            return content
        length = torch.tensor([-1 if content is None or not self.first else len(content)])
        dist.broadcast(length, 0)
        if (size := int(length)) < 0:
            return None
        whole = torch.empty(size, dtype=torch.uint8)
        if self.first and content:
            whole = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        if size:
            dist.broadcast(whole, 0)
        return whole.numpy().tobytes()

    def agree(self, error: Exception | None) -> None:
        """Stop in every process, if the first has an error; all must ask."""
        if text := self.from_first(str(error).encode() if error else None):
            raise error or TrainingError(text.decode())

    def share_buffers(self, model: nn.Module) -> None:
        """Give every process the first one's buffers: batch normalization counts in each for itself."""
        if self.store is not None:
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)

    def everyones(self, what: str, mine: object) -> list:
        """A small thing of each process, by rank; all must ask."""
        if self.store is None:
            return [mine]
        self.store.set(f"{what}/{self.rank}", json.dumps(mine))
        return [json.loads(self.store.get(f"{what}/{rank}")) for rank in range(self.world)]

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Around a step: what fails between processes becomes a sentence that names the one at fault."""
        if self.store is None:
            yield
            return
        try:
            self.store.set(f"at/{self.rank}", str(number))
            yield
        except RuntimeError as error:  # gloo and NCCL have many words for it
            if isinstance(error, TrainingError) or not _between(error):
                raise
            raise Unanswered(self._at_fault(number, error)) from error

    def _at_fault(self, number: int, error: RuntimeError) -> str:
        late = "imed out" in str(error) or "imeout" in str(error)
        waited = f"within {self.timeout:g} s" if late else "and its connection is closed"
        found = []
        try:
            assert self.store is not None
            for rank in range(self.world):
                where = int(self.store.get(f"at/{rank}")) if self.store.check([f"at/{rank}"]) else 0
                if where < number:
                    found.append(f"rank {rank} (last seen at step {where})")
        except RuntimeError:  # the store went with the launcher
            found = []
        who = " and ".join(found) or "another rank"
        return f"step {number}: {who} did not answer rank {self.rank} {waited}."

    def leave(self) -> None:
        """End the group."""
        if self.store is not None:
            dist.destroy_process_group()


def _between(error: RuntimeError) -> bool:
    """Whether an error is one of the connection between processes."""
    said = str(error).lower()
    words = ("connection", "timed out", "timeout", "gloo", "nccl", "peer", "socket", "broken pipe")
    return isinstance(error, dist.DistError) or any(word in said for word in words)


def join(device: str | None = None, timeout: float = 600.0) -> Processes:
    """This process, in a group with the others that torchrun (or SLURM, by its variables) started.

    Args:
        device: "cpu", "cuda" or another; None takes a GPU of its own for each process, where there
            are enough, else the CPU; a process alone takes the best device.
        timeout: seconds that one process waits for another before it gives up.

    Raises:
        TrainingError: the others do not come in time. ValueError: a device that is not there.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Processes(device=torch.device(device) if device else best_device(), timeout=timeout)
    rank, local = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    enough = torch.cuda.is_available() and torch.cuda.device_count() >= here
    where = torch.device(device or ("cuda" if enough else "cpu"))
    if where.type == "cuda":
        if not enough:
            raise ValueError(
                f"there are {torch.cuda.device_count()} GPUs here for {here} processes; start at most "
                "one process for each, or give --device cpu."
            )
        where = torch.device("cuda", local)
        torch.cuda.set_device(where)
    patience = timedelta(seconds=timeout)
    hosted = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    common = dist.TCPStore(
        os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), world,
        is_master=rank == 0 and not hosted, timeout=patience, multi_tenant=True,
    )  # fmt: skip
    store = dist.PrefixStore(meet(common, rank, world, timeout), common)
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if where.type == "cuda" else "gloo",
        store=store, rank=rank, world_size=world, timeout=patience,
    )  # fmt: skip
    return Processes(rank, world, where, timeout, store)


def meet(store: dist.Store, rank: int, world: int, timeout: float) -> str:
    """A prefix that all processes of this attempt agree on, and none of an earlier one.

    Each writes its name. The first publishes the names that it reads, again whenever they change;
    the others wait until their own is among them, and say so. No process of an earlier attempt
    lives any more: torchrun ends all of them, on every node, before it starts new ones.

    Raises:
        TrainingError: somebody does not come; the message names the rank.
    """
    mine, until = uuid.uuid4().hex, time.monotonic() + timeout
    store.set(f"name/{rank}", mine)
    names: list[str] = []
    while True:
        if rank == 0:
            read = [_read(store, f"name/{other}") for other in range(world)]
            if read != names:
                names = read
                store.set("names", json.dumps(names))
        else:
            names = json.loads(_read(store, "names") or "[]")
        prefix = hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]
        if rank and len(names) == world and names[rank] == mine:
            store.set(f"met/{rank}", prefix)
        heard = [_read(store, f"met/{other}") == prefix for other in range(1, world)]
        if names and names[rank] == mine and all(heard):
            return prefix
        if time.monotonic() > until:
            away = [str(other) for other, came in enumerate(heard, 1) if not came and other != rank]
            raise Unanswered(
                f"rank {rank} waited {timeout:g} s for rank {', '.join(away) or 0} to start. Do all "
                "nodes have the same command, and can they reach each other?"
            )
        time.sleep(0.02)


def _read(store: dist.Store, key: str) -> str:
    return store.get(key).decode() if store.check([key]) else ""
