"""Networks that run: `create_model` for a name, `build` for a block of your own."""

from __future__ import annotations

import math
import random

import numpy as np
import torch
from torch import Tensor, nn

from . import modules
from .architectures import architecture
from .blocks import naive_block
from .counting import cost, min_input_size
from .minis import MINIS
from .spec import PLAIN, Branches, Chain, Defaults, Network, Node, Residual, as_node


class InceptionNet(nn.Module):
    """A network made from its description, which it carries as `.spec`.

    Attributes:
        spec: the `Network` that this model was read from.
        stages: name -> module, in order.
        head, aux: the classifier, and stage name -> auxiliary head.
        min_input_size: the smallest side of a square input in pixels, without auxiliary heads.
    """

    def __init__(self, spec: Network):
        super().__init__()
        counted = cost(spec)  # a description that does not fit fails here, naming the stage
        self.spec = spec
        self.min_input_size = min_input_size(spec)
        self.stages, channels = nn.ModuleDict(), spec.in_channels
        for name, node in spec.stages:
            self.stages[name], channels = modules.make(node, channels, spec.defaults, name)
        self.head = (
            _classifier(spec, spec.head, counted["avgpool"].in_shape)
            if spec.head
            else nn.Identity()
        )
        self.aux = nn.ModuleDict(
            {stage: _classifier(spec, head, counted[stage].out_shape) for stage, head in spec.aux}
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, num_classes), in training and in evaluation alike.

        Raises:
            ValueError: an input of another rank, other channels, or too few pixels.
        """
        self._check(x)
        for stage in self.stages.values():
            x = stage(x)
        return self.head(x)

    def forward_with_aux(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits, and the logits of each auxiliary head by the name of its stage.

        Raises:
            ValueError: as `forward`; also for a model that was made without auxiliary heads, or an
                input whose grid does not fit their linear layers.
        """
        if not len(self.aux):
            raise ValueError(
                f"this {self.spec.name} has no auxiliary heads; make it with create_model(…, aux=True)."
            )
        self._check(x)
        if min(x.shape[2:]) < min(self.spec.input_size):
            cost(self.spec, input_size=tuple(x.shape[2:]))  # raises if a head's windows do not fit
        extra = {}
        for name, stage in self.stages.items():
            x = stage(x)
            if name in self.aux:
                extra[name] = self.aux[name](x)
        return self.head(x), extra

    def _check(self, x: Tensor) -> None:
        want = self.spec.in_channels
        if x.ndim != 4 or x.shape[1] != want:
            raise ValueError(
                f"{self.spec.name} takes (N, {want}, H, W), an image batch of {want} channels; "
                f"this input is {tuple(x.shape)}."
            )
        if min(x.shape[2:]) < self.min_input_size:
            cost(self.spec, input_size=tuple(x.shape[2:]))  # raises, and says where it runs out


def _classifier(spec: Network, head, in_shape: tuple[int, int, int]) -> modules.Classifier:
    pooled = cost(head.pool, in_shape, defaults=spec.defaults).out_shape
    pool, _ = modules.make(head.pool, in_shape[0], spec.defaults, "head")
    return modules.Classifier(head, pool, pooled, spec.defaults.weight_std)


def create_model(
    name: str, *, seed: int | None = None, pretrained: bool = False, **options: object
) -> InceptionNet:
    """A network of the family, ready to run, in training mode.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`.
        seed: makes the random weights the same every time; None draws from torch's generator.
        pretrained: for the small networks, load the weights that ship; pictures go through
            `as_input` first. `googlenet_torchvision`, `inception_v3`, `inception_v3_torchvision`,
            `inception_v4` and `inception_resnet_v2` fetch weights that others trained on ImageNet.
            With another number of classes the last layers keep their random weights. Pictures go
            through `preprocessing(name)` first.
        options: those of `architecture`: `num_classes`, `in_channels`, `aux`, `dropout`, `width`,
            `pool_proj`.

    Returns:
        An `InceptionNet`: (N, in_channels, H, W) -> (N, num_classes).

    Raises:
        KeyError: an unknown name. ValueError, TypeError: options that do not fit, or no trained
            weights for this network. pretrained.WeightsError: they cannot be fetched; the message
            says what was tried, and what works without a network.
    """
    model = InceptionNet(architecture(name, **options))
    init_weights(model, seed)
    if pretrained and name in MINIS:
        from .shipped import load_shipped

        load_shipped(model)
    elif pretrained:
        from .pretrained import load_pretrained

        load_pretrained(model)
    return model


def build(
    block: Node | list, in_channels: int, *, defaults: Defaults = PLAIN, seed: int | None = None
) -> nn.Module:
    """A single block as a module.

    Args:
        block: a node of the vocabulary, such as `naive_block(64, 128, 32)`.
        in_channels: channels that come in.
        defaults: what its convolutions have unless they say otherwise.
        seed: as in `create_model`.

    Returns:
        A module (N, in_channels, H, W) -> (N, channels, H', W'), with `.spec`, `.in_channels` and
        `.defaults` of the description.

    Raises:
        TypeError: an object that is no description.
        ValueError: branches that cannot be concatenated, sums that cannot be taken.
    """
    node = as_node(block)
    if isinstance(node, Branches | Chain | Residual):
        cost(node, (in_channels, 96, 96), defaults=defaults)  # finds grids that differ
    module, _ = modules.make(node, in_channels, defaults)
    module.spec, module.in_channels, module.defaults = node, in_channels, defaults
    init_weights(module, seed)
    return module


def inception_loss(
    output: Tensor | tuple[Tensor, dict[str, Tensor]],
    target: Tensor,
    aux_weight: float = 0.3,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of the logits, plus `aux_weight` times that of each auxiliary head.

    Args:
        output: what `forward` gives, logits (N, classes); or what `forward_with_aux` gives.
        target: (N,) class numbers, or (N, classes) probabilities.
        aux_weight: 0.3 as in GoogLeNet (arXiv 1409.4842, section 5).
        label_smoothing: share of the target spread over all classes; Inception-v3 has 0.1
            (arXiv 1512.00567, section 7).

    Returns:
        One number, the mean over the batch.

    Raises:
        TypeError: an output of another kind. ValueError: a negative `aux_weight`, a
            `label_smoothing` outside [0, 1].
    """
    logits, extra = output if isinstance(output, tuple) and len(output) == 2 else (output, {})
    if not isinstance(logits, Tensor) or not isinstance(extra, dict):
        raise TypeError(
            f"output is a {type(output).__name__}; give the logits, or (logits, auxiliary logits "
            "by stage) as forward_with_aux returns them."
        )
    if aux_weight < 0:
        raise ValueError(f"aux_weight is {aux_weight!r}; it must be at least 0.")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is {label_smoothing!r}; it must be between 0 and 1.")

    def loss(scores: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores, target, label_smoothing=label_smoothing)

    return loss(logits) + aux_weight * sum(loss(scores) for scores in extra.values())


def init_weights(model: nn.Module, seed: int | None = None) -> None:
    """First weights for convolutions and linear layers; biases zero.

    Where the description has a `weight_std`, a normal cut off at two standard deviations; elsewhere
    He's normal (arXiv 1502.01852). That keeps the scale of the signal through ReLUs; torch's own
    defaults shrink it, and after twenty layers without normalization nothing would be left to see.
    Inception-v3's 0.1 counts on batch normalization: in evaluation before any training its signal
    grows from layer to layer.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.is_meta:
            std = getattr(module, "weight_std", None)
            if std:
                _cut_normal(module.weight, std, generator)
            else:
                std = math.sqrt(2 / module.weight[0].numel())
                nn.init.normal_(module.weight, std=std, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def _cut_normal(weight: Tensor, std: float, generator: torch.Generator | None) -> None:
    """A normal within two standard deviations, by its inverse: one draw for each value."""
    weight.uniform_(-math.erf(math.sqrt(2)), math.erf(math.sqrt(2)), generator=generator)
    weight.erfinv_().mul_(math.sqrt(2) * std).clamp_(-2 * std, 2 * std)


def edge_kernel(size: int, angle: float) -> Tensor:
    """(size, size): the mean of one side minus the mean of the other, across an edge at `angle`.

    Args:
        size: odd side in pixels.
        angle: degrees; 0 answers to light on the right, 90 to light below.
    """
    axis = torch.arange(size, dtype=torch.float64) - size // 2
    down, right = torch.meshgrid(axis, axis, indexing="ij")
    turn = math.radians(angle)
    side = right * math.cos(turn) + down * math.sin(turn)
    light, dark = (side > 1e-6).double(), (side < -1e-6).double()
    return (light / light.sum() - dark / dark.sum()).float()


def blob_kernel(size: int) -> Tensor:
    """(size, size): the mean of the middle, size − 2 wide, minus the mean of the ring around it.

    Args:
        size: odd side in pixels, at least 3.
    """
    ring = torch.ones(size, size, dtype=torch.float64)
    ring[1:-1, 1:-1] = 0
    middle = 1 - ring
    return (middle / middle.sum() - ring / ring.sum()).float()


# What a pixel's colour alone can say: weights for red, green and blue, each about one contrast.
LIGHT = (0.299, 0.587, 0.114)  # ITU-R BT.601 luma
COLOURS = {
    "light": LIGHT,
    "red − green": (1.0, -1.0, 0.0),
    "green − red": (-1.0, 1.0, 0.0),
    "blue − yellow": (-0.5, -0.5, 1.0),
    "yellow − blue": (0.5, 0.5, -1.0),
}
ANGLES = (0, 45, 90, 135, 180, 225, 270, 315)


def hand_made_block() -> nn.Module:
    """A naive block whose kernels are written down, not trained: colours, edges and blobs.

    The 1×1 branch has five colour contrasts. The 3×3 and the 5×5 branch each have eight edges, a
    light blob and a dark blob, on brightness; the light spot in the middle is 1 and 3 pixels wide.
    `.channel_names` says what each of the 28 channels is.

    Returns:
        A module (N, 3, H, W) -> (N, 28, H, W) as `build` makes it: ReLU after each convolution,
        no bias; the last three channels are the pooled colours.
    """
    block = build(naive_block(len(COLOURS), 10, 10), 3, defaults=Defaults(bias=False))
    light = torch.tensor(LIGHT)[None, :, None, None]
    with torch.no_grad():
        block["1x1"].conv.weight.copy_(torch.tensor(list(COLOURS.values()))[:, :, None, None])
        for name, size in (("3x3", 3), ("5x5", 5)):
            blob = blob_kernel(size)
            bank = torch.stack([*(edge_kernel(size, angle) for angle in ANGLES), blob, -blob])
            block[name].conv.weight.copy_(bank[:, None] * light)
    shapes = [*(f"edge {angle}°" for angle in ANGLES), "light blob", "dark blob"]
    block.channel_names = [*COLOURS, *shapes, *shapes, "red", "green", "blue"]
    return block.eval()


def device() -> torch.device:
    """The best device of this machine: cuda, else mps, else cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators.

    Args:
        seed: the same number gives the same draws, on one machine and one version of torch.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
