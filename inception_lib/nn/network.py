"""A network as a `torch.nn.Module`."""

from __future__ import annotations

from torch import Tensor, nn

from ..counting.cost import cost, min_input_size
from ..spec import Branches, Chain, Defaults, Network, Node, Residual
from . import layers


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
            self.stages[name], channels = layers.make(node, channels, spec.defaults, name)
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


def _classifier(spec: Network, head, in_shape: tuple[int, int, int]) -> layers.Classifier:
    pooled = cost(head.pool, in_shape, defaults=spec.defaults).out_shape
    pool, _ = layers.make(head.pool, in_shape[0], spec.defaults, "head")
    return layers.Classifier(head, pool, pooled, spec.defaults.weight_std)


def block_module(node: Node, in_channels: int, defaults: Defaults) -> nn.Module:
    """A single block as a module, with torch's own first weights: what `build` makes ready.

    Args:
        node: the description.
        in_channels: channels that come in.
        defaults: what its convolutions have unless they say otherwise.

    Raises:
        ValueError: branches that cannot be concatenated, sums that cannot be taken.
    """
    if isinstance(node, Branches | Chain | Residual):
        cost(node, (in_channels, 96, 96), defaults=defaults)  # finds grids that differ
    module, _ = layers.make(node, in_channels, defaults)
    module.spec, module.in_channels, module.defaults = node, in_channels, defaults
    return module
