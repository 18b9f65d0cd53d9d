"""What stages and branches of a running model put out, and what depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .data import as_input
from .modules import Concat, ConvUnit
from .spec import suggest


def features(model: nn.Module, x: Tensor, at: Sequence[str]) -> dict[str, Tensor]:
    """Run the model once and keep what the named stages and branches put out.

    The model is run as it stands: call `model.eval()` first if it normalizes or drops. No hook
    stays on the model, also when the forward pass raises. No gradient is recorded.

    Args:
        model: what `create_model` or `build` made.
        x: (N, C, H, W).
        at: addresses: "3a" is a stage, "3a.5x5" a branch of it; of a block, "5x5" is a branch.
            `channel_slices` tells where a branch's channels lie in the concatenation.

    Returns:
        Address -> tensor (N, channels, H', W'), in the order asked for, on the device of `x`.

    Raises:
        KeyError: an unknown address; the message names the nearest.
        TypeError: `at` is one string instead of a list of them.
    """
    if isinstance(at, str):
        raise TypeError(f"at is {at!r}; give a list of addresses, such as at=[{at!r}].")
    known = addresses(model)
    for name in at:
        if name not in known:
            raise KeyError(suggest(name, known, "stage or branch"))
    kept: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(_module, _inputs, out):
            # A ReLU in place further on would change the tensor after it was kept.
            kept[name] = out.detach().clone()

        return hook

    handles = []
    try:
        for name in at:
            handles.append(known[name].register_forward_hook(keep(name)))
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return {name: kept[name] for name in at}


def addresses(model: nn.Module) -> dict[str, nn.Module]:
    """Every stage and branch of a model or block by its address ("3a", "3a.5x5"; "5x5")."""
    found: dict[str, nn.Module] = {}
    for name, stage in getattr(model, "stages", {"": model}).items():
        if name:
            found[name] = stage
        found |= _branches(stage, name)
    return found


def _branches(module: nn.Module, where: str) -> dict[str, nn.Module]:
    found: dict[str, nn.Module] = {}
    if isinstance(module, Concat):
        for name, branch in module.items():
            address = f"{where}.{name}" if where else name
            found[address] = branch
            found |= _branches(branch, address)
    else:
        for child in module.children():
            found |= _branches(child, where)
    return found


def _find(model: nn.Module, address: str) -> nn.Module:
    known = addresses(model)
    if address not in known:
        raise KeyError(suggest(address, known, "stage or branch"))
    return known[address]


@contextmanager
def _mode(model: nn.Module, training: bool) -> Iterator[None]:
    was = model.training
    model.train(training)
    try:
        yield
    finally:
        model.train(was)


def _where(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


# Trained networks: what they answer to ----------------------------------------------------------
def first_filters(model: nn.Module) -> Tensor:
    """The weights of a model's first convolution.

    Args:
        model: any module with a convolution.

    Returns:
        (number, input channels, height, width), on the CPU.

    Raises:
        ValueError: a model without a convolution.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach().float().cpu().clone()
    raise ValueError("this model has no convolution.")


def most_exciting(
    model: nn.Module,
    at: str,
    images: Tensor,
    *,
    channels: Sequence[int] | None = None,
    count: int = 6,
    labels: Tensor | None = None,
    each: int = 1,
    batch_size: int = 250,
) -> tuple[Tensor, Tensor]:
    """Which pictures excite a channel most: by the largest value of its map.

    Args:
        model: what `create_model` or `build` made; it is run in evaluation mode.
        at: a stage or branch, as in `features`.
        images: (N, C, H, W); bytes go through `as_input`.
        channels: of that stage or branch; None takes all.
        count: how many pictures for each channel.
        labels: (N,) integers; with them, at most `each` pictures of one label.
        each: see `labels`.
        batch_size: pictures at a time.

    Returns:
        (channels, count) int64 indices into `images`, the strongest first, and their values. Where
        `labels` leave fewer than `count`, the row ends in -1 and 0.

    Raises:
        KeyError: an unknown address. ValueError: a channel that is not there.
    """
    _find(model, at)
    tops = []
    with _mode(model, False):
        for part in images.split(batch_size):
            maps = features(model, as_input(part).to(_where(model)), [at])[at]
            tops.append(maps.amax((2, 3)).float().cpu())
    strength = torch.cat(tops)
    chosen = list(range(strength.shape[1])) if channels is None else list(channels)
    if any(not 0 <= c < strength.shape[1] for c in chosen):
        raise ValueError(f"channels are {chosen}; {at} has channels 0 to {strength.shape[1] - 1}.")
    index = torch.full((len(chosen), count), -1)
    value = torch.zeros(len(chosen), count)
    for row, channel in enumerate(chosen):
        order = strength[:, channel].argsort(descending=True, stable=True).tolist()
        found = _at_most(order, labels, each, count)
        index[row, : len(found)] = torch.tensor(found)
        value[row, : len(found)] = strength[found, channel]
    return index, value


def _at_most(order: list[int], labels: Tensor | None, each: int, count: int) -> list[int]:
    if labels is None:
        return order[:count]
    found, taken = [], {}
    for i in order:
        label = int(labels[i])
        if taken.get(label, 0) < each and len(found) < count:
            taken[label] = taken.get(label, 0) + 1
            found.append(i)
    return found


# Trained networks: what is lost without a part ----------------------------------------------------
@contextmanager
def silenced(model: nn.Module, at: str, fill: Tensor | None = None) -> Iterator[None]:
    """Within it, a stage or branch puts out zeros, as if none of its channels had found anything.

    Args:
        model: what `create_model` or `build` made.
        at: a stage or branch, as in `features`.
        fill: (channels,) put out everywhere instead of zeros.

    Raises:
        KeyError: an unknown address.
    """

    def hook(_module, _inputs, out):
        if fill is None:
            return torch.zeros_like(out)
        return fill.to(out)[None, :, None, None].expand_as(out)

    handle = _find(model, at).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@dataclass(frozen=True)
class Silencing:
    """Accuracy with every branch, and without each.

    Attributes:
        stage: whose branches.
        groups: names of the groups of pictures, in order.
        whole: (groups,) share that is right with every branch.
        without: branch -> (groups,) share that is right when it is silenced.
        fill: what a silenced branch puts out, "zero" or "mean", as in `silencing`.
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
    images: Tensor,
    labels: Tensor,
    groups: Tensor | None = None,
    names: Sequence[str] | None = None,
    *,
    fill: str = "zero",
    batch_size: int = 250,
) -> Silencing:
    """What is lost when one branch of a stage is silenced, for each group of pictures.

    Args:
        model: a classifier that `create_model` made; it is run in evaluation mode.
        stage: one that has branches.
        images, labels: (N, C, H, W), bytes through `as_input`; (N,).
        groups: (N,) integers from 0, such as the index of a scale; None takes the labels.
        names: of the groups.
        fill: what a silenced branch puts out: "zero", or "mean", each channel's own mean over these
            pictures. Zeros say "nothing found"; the mean says nothing at all of a picture, and keeps
            the later layers in the range that they learned.
        batch_size: pictures at a time.

    Returns:
        A `Silencing`.

    Raises:
        KeyError: an unknown stage. ValueError: a stage without branches, an unknown `fill`.
    """
    if fill not in ("zero", "mean"):
        raise ValueError(suggest(fill, ["zero", "mean"], "fill"))
    _find(model, stage)
    branches = [
        name for name in addresses(model)
        if name.startswith(f"{stage}.") and "." not in name[len(stage) + 1 :]
    ]  # fmt: skip
    if not branches:
        raise ValueError(f"{stage} has no branches to silence.")
    groups = labels if groups is None else groups
    number = int(groups.max()) + 1
    names = tuple(names or map(str, range(number)))
    if len(names) != number:
        raise ValueError(f"there are {number} groups and {len(names)} names; each needs one.")

    def mean(address: str) -> Tensor:
        sums = 0.0
        for part in images.split(batch_size):
            found = features(model, as_input(part).to(_where(model)), [address])[address]
            sums = sums + found.double().mean((2, 3)).sum(0)
        return sums / len(images)

    def share() -> Tensor:
        parts = [
            model(as_input(x).to(_where(model))).argmax(1).cpu() for x in images.split(batch_size)
        ]
        right = (torch.cat(parts) == labels).double()
        sums = torch.zeros(number, dtype=torch.double).index_add_(0, groups, right)
        return sums / groups.bincount(minlength=number)

    without = {}
    with torch.no_grad(), _mode(model, False):
        whole = share()
        for branch in branches:
            with silenced(model, branch, mean(branch) if fill == "mean" else None):
                without[branch.rsplit(".", 1)[-1]] = share()
    return Silencing(stage, names, whole, without, fill)


# Trained networks: where they look ---------------------------------------------------------------
def occlusion(
    model: nn.Module, image: Tensor, target: int, *, window: int = 8, stride: int = 4
) -> Tensor:
    """How much the score of a class falls when a grey square covers a place. By captum.

    Args:
        model: a classifier; it is run in evaluation mode.
        image: (1, C, H, W), ready for the model; 0 is the grey that covers.
        target: the class.
        window, stride: side of the square, and its step, in pixels.

    Returns:
        (H, W): the mean fall of the logit over the squares that cover a pixel.

    Raises:
        ImportError: captum is not installed. ValueError: a window or stride that does not fit.
    """
    if not 1 <= stride <= window <= min(image.shape[2:]):
        raise ValueError(
            f"stride is {stride}, window is {window}; they must rise from 1 to the image's side, "
            f"{min(image.shape[2:])}."
        )
    square = (image.shape[1], window, window)
    with torch.no_grad(), _mode(model, False):
        found = _captum().Occlusion(model).attribute(
            image, target=target, sliding_window_shapes=square,
            strides=(image.shape[1], stride, stride), baselines=0, perturbations_per_eval=16,
        )  # fmt: skip
    return found[0, 0].detach().cpu()


def grad_cam(model: nn.Module, image: Tensor, target: int, at: str) -> Tensor:
    """Grad-CAM: where a stage's maps speak for a class. By captum.

    Each channel is weighted by the mean gradient of the class's logit over its map; the weighted
    sum, where it is positive, is enlarged to the image.

    Args:
        model: a classifier that `create_model` made; it is run in evaluation mode.
        image: (1, C, H, W), ready for the model.
        target: the class.
        at: a stage or branch, as in `features`.

    Returns:
        (H, W), at least 0.

    Raises:
        ImportError: captum is not installed. KeyError: an unknown address.

    Source: arXiv 1610.02391, section 3.
    """
    layer, attr = _find(model, at), _captum()
    with _mode(model, False):
        cam = attr.LayerGradCam(model, layer).attribute(image, target, relu_attributions=True)
    size = tuple(image.shape[2:])
    enlarged = attr.LayerAttribution.interpolate(cam, size, interpolate_mode="bilinear")
    return enlarged[0, 0].detach().cpu()


def _captum():
    try:
        import captum.attr
    except ImportError as error:
        raise ImportError(
            "where a network looks is computed by captum: pip install captum"
        ) from error
    return captum.attr


# While a network learns -----------------------------------------------------------------------------
class Watch:
    """Percentiles of what goes into a ReLU while a network learns: give it to `fit` as `on_step`.

    It runs the same pictures through the model in training mode, so batch normalization takes the
    statistics of these pictures, and it leaves the model as it was: training goes on unchanged.

    Args:
        at: stages or branches, as in `features`; the input of the last ReLU in each is watched.
        images: (N, C, H, W); bytes go through `as_input`.
        every: steps between two looks.
        percentiles: which; 15, 50 and 85 are those of arXiv 1502.03167, figure 1.
        channel: which channel's values; None takes all together.

    Attributes:
        steps: at which it looked.
        values: address -> (looks, percentiles).
    """

    def __init__(
        self,
        at: Sequence[str],
        images: Tensor,
        *,
        every: int = 10,
        percentiles: Sequence[float] = (15, 50, 85),
        channel: int | None = None,
    ):
        if every < 1:
            raise ValueError(f"every is {every}; give at least 1.")
        self.at, self.images, self.every = list(at), as_input(images), every
        self.percentiles, self.channel = tuple(percentiles), channel
        self.steps: list[int] = []
        self._looks: dict[str, list[Tensor]] = {name: [] for name in self.at}

    @property
    def values(self) -> dict[str, Tensor]:
        return {name: torch.stack(looks) for name, looks in self._looks.items()}

    def __call__(self, step: int, model: nn.Module) -> None:
        if step % self.every or (self.steps and self.steps[-1] == step):
            return
        self.steps.append(step)
        found = preactivations(model, self.images.to(_where(model)), self.at)
        q = torch.tensor(self.percentiles, dtype=torch.double) / 100
        for name, values in found.items():
            part = values if self.channel is None else values[:, self.channel]
            self._looks[name].append(_quantiles(part.double().cpu().flatten(), q))


def _quantiles(values: Tensor, q: Tensor) -> Tensor:
    """As `Tensor.quantile`, which takes no more than 16 million values."""
    ordered, _ = values.sort()
    at = q * (len(ordered) - 1)
    low, high = at.floor().long(), at.ceil().long()
    return ordered[low].lerp(ordered[high], at - low)


def preactivations(model: nn.Module, x: Tensor, at: Sequence[str]) -> dict[str, Tensor]:
    """What goes into the last ReLU of stages or branches, in training mode, without a trace.

    Args:
        model: what `create_model` or `build` made.
        x: (N, C, H, W).
        at: stages or branches, as in `features`.

    Returns:
        Address -> (N, channels, H', W').

    Raises:
        KeyError: an unknown address. ValueError: a stage without a ReLU of a convolution.
    """
    kept: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(_module, inputs):
            kept[name] = inputs[0].detach().clone()

        return hook

    acts = {}
    for name in at:
        units = [m for m in _find(model, name).modules() if isinstance(m, ConvUnit)]
        acts[name] = next((unit.act for unit in reversed(units) if hasattr(unit, "act")), None)
        if acts[name] is None:
            raise ValueError(f"{name} has no convolution with a ReLU.")
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    handles = [act.register_forward_pre_hook(keep(name)) for name, act in acts.items()]
    try:
        with torch.no_grad(), _mode(model, True):
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                buffer.copy_(before[name])
    return {name: kept[name] for name in at}
