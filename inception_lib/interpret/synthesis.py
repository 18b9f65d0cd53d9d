"""Pictures that are made to excite a channel, by gradient from a gray one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from ..data.inputs import Images, ready
from ..data.photos import photo, photos
from ..data.reading import pixels_a_side
from ..errors import short, suggest
from ..nn.layers import Concat, ResidualSum
from ..nn.modes import bare, eager, mode
from ..spec import whole
from .features import find, ran

# Colors of a pixel, before the sigmoid, are COLORS @ three independent numbers: the first is light, the
# second red to blue, the third green. From the covariance of the ten photographs: `photo_colors`.
COLORS = ((1.90, -0.94, 0.07), (1.64, 0.32, -0.30), (1.68, 0.75, 0.22))
PLACES = ("middle", "map")


def visualize(
    model: nn.Module,
    at: str,
    channels: int | Sequence[int] | None = None,
    *,
    size: int = 64,
    steps: int = 64,
    lr: float = 0.1,
    jitter: int = 8,
    over: str = "middle",
    natural: bool = False,
    seed: int = 0,
    batch_size: int = 64,
) -> Tensor:
    """Pictures that excite channels, made by gradient from an almost gray one.

    A picture is a sum of waves, the finer ones weaker, in colors that vary together as those of
    photographs do. Adam changes it so that a channel's value before its ReLU grows; after the ReLU, a
    channel that is silent would have no gradient. Where a stage or branch ends in a pooling, or has no
    ReLU, its output is taken. In each step the picture is shifted by a few pixels, around its edge, so
    that it does not hang on one place in the grids of strided layers.
    People predict what a channel answers to better from the crops that `most_exciting` finds than
    from such pictures (arXiv 2010.12606), so show both.

    Args:
        model: what `create_model` or `build` made, for pictures of three channels, on any device; it
            is run in evaluation mode and stays as it is.
        at: a stage or branch, as in `features`.
        channels: one or several of that stage or branch; each gets a picture of its own. None takes
            all.
        size: side of the pictures in pixels.
        steps: of Adam.
        lr: its learning rate.
        jitter: the longest shift, in pixels.
        over: what grows: with "middle" the channel's value in the middle of its map, with "map" its
            mean over the map, which gives a texture. For a first convolution that mean says little:
            it follows from the kernel's sum and the picture's mean color, all but the edge.
        natural: hold the strength of each wave at its mean over `photos()`; Adam changes the phases
            alone (arXiv 2306.06805).
        seed: of the first picture and of the shifts; torch's own generator is not touched.
        batch_size: pictures at a time.

    Returns:
        (channels, 3, size, size) bytes, as `photo` gives them, on the CPU.

    Raises:
        KeyError: an unknown address. ValueError: a channel that is not there, a size that the model
            does not take, a number that is too small, an unknown `over`, a model for pictures of
            other channels.

    Source: C. Olah and others, "Feature Visualization", Distill, 2017, doi 10.23915/distill.00007.
    """
    size, steps = pixels_a_side(size), whole("steps", steps)
    jitter, seed = whole("jitter", jitter, 0), whole("seed", seed, 0)
    if over not in PLACES:
        raise ValueError(suggest(over, PLACES, "over"))
    if not (isinstance(lr, int | float) and 0 < lr < math.inf):
        raise ValueError(f"lr is {short(lr)}; it must be a number above 0, such as 0.1.")
    batch_size = whole("batch_size", batch_size)

    def made(channels: list[int]) -> Tensor:
        draw = torch.Generator().manual_seed(seed)
        waves, painted = _waves(size, natural, draw)
        waves = waves.repeat(len(channels), *[1] * (waves.ndim - 1)).requires_grad_()
        adam = torch.optim.Adam([waves], lr)
        for _ in range(steps):
            by = torch.randint(-jitter, jitter + 1, (2,), generator=draw).tolist()
            maps = before_relu(model, at, 2 * painted(waves).roll(by, (2, 3)) - 1)
            maps = maps[range(len(channels)), channels]
            if over == "middle":
                row, column = (  # where the middle of the picture has gone
                    (n // 2 + round(move * n / size)) % n
                    for n, move in zip(maps.shape[1:], by, strict=True)
                )
                maps = maps[:, row, column, None, None]
            (waves.grad,) = torch.autograd.grad(-maps.mean((1, 2)).sum(), waves)
            adam.step()
        return (painted(waves).detach() * 255).round().to(torch.uint8)

    with torch.inference_mode(False), torch.enable_grad(), mode(model, False), eager():
        known = before_relu(model, at, torch.zeros(1, 3, size, size)).shape[1]
        chosen = _chosen(at, channels, known)
        parts = [chosen[i : i + batch_size] for i in range(0, len(chosen), batch_size)]
        return torch.cat([made(part) for part in parts])


def _chosen(at: str, channels: int | Sequence[int] | None, known: int) -> list[int]:
    if channels is None:
        return list(range(known))
    try:
        given = channels if isinstance(channels, Iterable) else [channels]
        chosen = [whole("channel", channel, 0) for channel in given]
    except (TypeError, ValueError):
        chosen = []
    if not chosen or max(chosen) >= known:
        raise ValueError(f"channels is {short(channels)}; {at} has channels 0 to {known - 1}.")
    return chosen


def _waves(
    size: int, natural: bool, draw: torch.Generator
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The first waves, and what makes pictures (N, 3, size, size) from 0 to 1 of waves.

    Waves are (N, 3, size, size // 2 + 1, 2), real and imaginary parts for each independent color; of
    natural ones the strength is known, and they are (N, 3, size, size // 2 + 1) angles.
    """
    down, right = torch.fft.fftfreq(size), torch.fft.rfftfreq(size)
    falling = 1 / down[:, None].hypot(right).clamp(min=1 / size)
    amplitude = photo_amplitudes(size) if natural else falling / falling.square().mean().sqrt()
    shape = (1, 3, *falling.shape)
    first = (
        2 * math.pi * torch.rand(shape, generator=draw)
        if natural
        else 0.01 * torch.randn(*shape, 2, generator=draw)
    )

    def painted(waves: Tensor) -> Tensor:
        strength = amplitude.to(waves)
        if natural:
            spectrum = torch.polar(strength.expand_as(waves), waves)
        else:
            spectrum = torch.view_as_complex(waves * strength[..., None])
        values = torch.fft.irfft2(spectrum, s=(size, size), norm="ortho")
        return torch.einsum("ij,njhw->nihw", torch.tensor(COLORS).to(values), values).sigmoid()

    return first, painted


def _photo_logits(size: int) -> Tensor:
    """(10, 3, size, size): the photographs before the sigmoid that makes bytes of them."""
    return ((torch.cat([photo(name, size) for name in photos()]).double() + 0.5) / 256).logit()


def photo_colors(size: int = 64) -> Tensor:
    """(3, 3): what `COLORS` is rounded from, a root of the covariance of the photographs' pixels.

    Args:
        size: side of the photographs in pixels.
    """
    pixels = _photo_logits(size).transpose(0, 1).flatten(1)
    values, vectors = torch.linalg.eigh(pixels.cov())
    root = (vectors * values.sqrt()).flip(1)
    return root * root[[0, 2, 2], range(3)].sign()


def photo_amplitudes(size: int) -> Tensor:
    """(3, size, size // 2 + 1): how strong each wave is in each independent color, mean of ten photographs.

    Args:
        size: side of the photographs in pixels.
    """
    values = _photo_logits(size)
    values = values - values.mean((0, 2, 3), keepdim=True)
    apart = torch.einsum("ij,njhw->nihw", torch.tensor(COLORS).double().inverse(), values)
    return torch.fft.rfft2(apart, norm="ortho").abs().mean(0).float()


class _Enough(Exception):
    """Raised where a map has been seen, so that the rest of a network is not run."""


def before_relu(model: nn.Module, at: str, x: Images) -> Tensor:
    """What goes into the last ReLU of each branch of a stage; of one that ends otherwise, its output.

    Args:
        model: as in `features`; it is run as it is, as far as that stage, and gradients flow.
        at: a stage or branch.
        x: as in `features`.

    Returns:
        (N, channels, H', W').

    Raises:
        KeyError: an unknown address. RuntimeError: a part that the model did not run.
    """
    model, ends = bare(model), _ends(find(model, at))
    kept: dict[nn.Module, Tensor] = {}

    def keep(end: nn.Module, out: Tensor) -> None:
        kept[end] = out
        if len(kept) == len(ends):
            raise _Enough

    handles = [
        end.register_forward_pre_hook(lambda end, given: keep(end, given[0]))
        if isinstance(end, nn.ReLU)
        else end.register_forward_hook(lambda end, _, out: keep(end, out))
        for end in ends
    ]
    try:
        model(ready(model, x))
    except _Enough:
        pass
    finally:
        for handle in handles:
            handle.remove()
    ran(model, {at} if len(kept) < len(ends) else set())
    return torch.cat([kept[end] for end in ends], 1)


def _ends(module: nn.Module) -> list[nn.Module]:
    """The modules that give a stage's channels, in order; of a ReLU it is what goes in that counts."""
    if isinstance(module, Concat):
        return [end for branch in module.values() for end in _ends(branch)]
    if isinstance(module, ResidualSum):
        return [module.act]
    return _ends(module[-1]) if isinstance(module, nn.Sequential) and len(module) else [module]
