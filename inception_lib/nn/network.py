"""A network as a `torch.nn.Module`."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..spec import Branches, Chain, Defaults, Network, Node, Residual, whole
from ..tree.resolved import Map, min_input_size, resolve_block, resolve_network
from .layers import Classifier, make


class InceptionNet(nn.Module):
    """A network made from its description, which it carries as `.spec`.

    Attributes:
        spec: the `Network` that this model was read from.
        stages: name -> module, in order.
        head, aux: the classifier, and stage name -> auxiliary head.
        min_input_size: the smallest side of a square input in pixels, without auxiliary heads.
    """

    gives_aux = False  # whether `forward` is `forward_with_aux`: see `with_heads`

    def __init__(self, spec: Network):
        super().__init__()
        found = resolve_network(
            spec
        )  # a description that does not fit fails here, naming the stage
        self.spec = spec
        self.min_input_size = min_input_size(spec)
        self.stages = nn.ModuleDict({name: make(part) for name, part in found.stages.items()})
        self.head = Classifier(found.head) if found.head else nn.Identity()
        self.aux = nn.ModuleDict({stage: Classifier(part) for stage, part in found.aux.items()})

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, num_classes), in training and in evaluation alike.

        Raises:
            ValueError: an input of another rank, other channels, or too few pixels.
        """
        if self.gives_aux:
            return self.forward_with_aux(x)  # type: ignore[return-value]
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
            resolve_network(
                self.spec, (x.shape[2], x.shape[3])
            )  # raises if a head's windows do not fit
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
            resolve_network(
                self.spec, (x.shape[2], x.shape[3])
            )  # raises, and says where it runs out


def with_heads(model: nn.Module, x: Tensor) -> Any:
    """What `inception_loss` takes of a model, however it is wrapped.

    A wrapper is called as it is, since parallel training adds up gradients of what it has called.

    Args:
        model: any module.
        x: (N, C, H, W).

    Returns:
        As `forward_with_aux` of the model with auxiliary heads in it; without one, as `forward`.

    Raises:
        TypeError: a wrapper that does more with the output than to pass it on.
    """
    having = [m for m in model.modules() if isinstance(m, InceptionNet) and len(m.aux)]
    if not having:
        return model(x)
    if having == [model]:
        return having[0].forward_with_aux(x)
    try:
        for inner in having:
            inner.gives_aux = True
        output = model(x)
    except (AttributeError, TypeError) as error:
        output = error
    finally:
        for inner in having:
            inner.gives_aux = False
    if not isinstance(output, tuple):
        raise TypeError(
            f"this {type(model).__name__} holds a model with auxiliary heads and does more than pass "
            "on what they give, so they cannot be trained in it. Make the model with aux=False, or "
            "train it before you put it there."
        ) from (output if isinstance(output, Exception) else None)
    return output


def block_module(node: Node, in_channels: int, defaults: Defaults) -> nn.Module:
    """A single block as a module, with torch's own first weights: what `build` makes ready.

    Args:
        node: the description.
        in_channels: channels that come in.
        defaults: what its convolutions have unless they say otherwise.

    Raises:
        ValueError: branches that cannot be concatenated, sums that cannot be taken, `in_channels`
            that is not an integer of at least 1.
    """
    whole("in_channels", in_channels)
    # a grid, so that branches are found that end on different ones; a single layer may need more
    grid = (96, 96) if isinstance(node, Branches | Chain | Residual) else ()
    module = make(resolve_block(node, Map((in_channels, *grid)), defaults))
    module.spec, module.in_channels, module.defaults = node, in_channels, defaults  # type: ignore[assignment]
    return module
