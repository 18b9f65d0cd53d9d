"""What is lost without a branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..data.inputs import Data, Images, Pictures, class_numbers, logits, outputs
from ..errors import suggest
from ..nn.modes import bare, eager, mode
from .features import addresses, features, find, ran


@contextmanager
def silenced(model: nn.Module, at: str, fill: Tensor | None = None) -> Iterator[None]:
    """Within it, a stage or branch outputs zeros, as if none of its channels had found anything.

    Args:
        model: what `create_model` or `build` made.
        at: a stage or branch, as in `features`.
        fill: (channels,) output everywhere instead of zeros.

    Raises:
        KeyError: an unknown address. RuntimeError: the model did not run that part.
    """

    missed = {at}

    def hook(_module, _inputs, out):
        missed.clear()
        if fill is None:
            return torch.zeros_like(out)
        return fill.to(out)[None, :, None, None].expand_as(out)

    handle = find(model, at).register_forward_hook(hook)
    try:
        with eager():
            yield
    finally:
        handle.remove()
    ran(model, missed)


@dataclass(frozen=True)
class Silencing:
    """Accuracy with every branch, and without each.

    Attributes:
        stage: whose branches.
        groups: names of the groups of pictures, in order.
        whole: (groups,) share that is right with every branch.
        without: branch -> (groups,) share that is right when it is silenced.
        fill: what a silenced branch outputs, "zero" or "mean", as in `silencing`.
    """

    stage: str
    groups: tuple[str, ...]
    whole: Tensor
    without: dict[str, Tensor]
    fill: str = "zero"

    @property
    def lost(self) -> dict[str, Tensor]:
        """Branch -> (groups,) by how much the share falls; negative where it rises."""
        return {branch: self.whole - share for branch, share in self.without.items()}


def silencing(
    model: nn.Module,
    stage: str,
    images: Images | Data,
    labels: Any,
    groups: Any = None,
    names: Sequence[str] | None = None,
    *,
    fill: str = "zero",
    batch_size: int = 250,
) -> Silencing:
    """What is lost when one branch of a stage is silenced, for each group of pictures.

    Args:
        model: a classifier that `create_model` made; it is run in evaluation mode.
        stage: one that has branches.
        images, labels: as for `fit`; of probabilities the largest is the class.
        groups: (N,) integers from 0, such as the index of a scale; None takes the labels.
        names: of the groups.
        fill: what a silenced branch outputs: "zero", or "mean", each channel's own mean over these
            pictures. Zeros say "nothing found"; the mean says nothing about a picture, and keeps
            the later layers in the range that they learned.
        batch_size: pictures at a time.

    Returns:
        A `Silencing`.

    Raises:
        KeyError: an unknown stage. ValueError: a stage without branches, an unknown `fill`, labels that
            the model has no output for, or groups below 0; also, with TypeError, as `as_input`.
    """
    if fill not in ("zero", "mean"):
        raise ValueError(suggest(fill, ["zero", "mean"], "fill"))
    model = bare(model)
    find(model, stage)
    branches = [
        name for name in addresses(model)
        if name.startswith(f"{stage}.") and "." not in name[len(stage) + 1 :]
    ]  # fmt: skip
    if not branches:
        raise ValueError(f"{stage} has no branches to silence.")
    pictures = Pictures(images, "picture", model, labeled=False)
    if pictures.size is None:
        raise TypeError(
            "give pictures and labels apart, not a DataLoader: each is looked at again."
        )
    labels = class_numbers(labels, pictures.size)
    groups = labels if groups is None else class_numbers(groups, pictures.size, "groups")
    if not pictures.size:
        raise ValueError("there is no picture; give at least one.")
    if int(groups.min()) < 0:
        raise ValueError(f"groups has {int(groups.min())}; number the groups from 0.")
    number = int(groups.max()) + 1
    names = tuple(names or map(str, range(number)))
    if len(names) != number:
        raise ValueError(f"there are {number} groups and {len(names)} names; each needs one.")

    def mean(address: str) -> Tensor:
        sums = torch.zeros((), dtype=torch.double)
        for x, _ in pictures.batches(batch_size):
            found = features(model, x, [address])[address]
            sums = sums + found.cpu().double().mean((2, 3)).sum(0)  # not every device has doubles
        return sums / len(labels)

    def share() -> Tensor:
        parts = [logits(model, x) for x, _ in pictures.batches(batch_size)]
        pictures.check(labels, outputs(model, parts[0]))
        parts = [scores.argmax(1) for scores in parts]
        right = (torch.cat(parts) == labels).double()
        sums = torch.zeros(number, dtype=torch.double).index_add_(0, groups, right)
        return sums / groups.bincount(minlength=number)

    without = {}
    with torch.no_grad(), mode(model, False):
        whole = share()
        for branch in branches:
            with silenced(model, branch, mean(branch) if fill == "mean" else None):
                without[branch.rsplit(".", 1)[-1]] = share()
    return Silencing(stage, names, whole, without, fill)
