"""A network as a `torch.nn.Module`."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..errors import short, whole
from ..networks.registry import architecture
from ..spec import Branches, Chain, Defaults, Network, Node, Residual
from ..tree.resolved import Map, min_input_size, resolve_block, resolve_network
from .init import init_weights
from .layers import Classifier, last_linear, make, tracing


class InceptionNet(nn.Module):
    """A network made from its description, which it carries as `.spec`.

    Attributes:
        spec: the `Network` that this model was read from.
        stages: name -> module, in order.
        head, aux: the classifier, and stage name -> auxiliary head.
        min_input_size: the smallest side of a square input in pixels, without auxiliary heads.
        classes, preprocessing: names of the outputs and a `Preprocessing`, which `save` keeps; or None.
    """

    classes: tuple[str, ...] | None = None
    preprocessing: Any = None
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
            ValueError: an input of the wrong rank, with other channels, or with too few pixels.
        """
        if self.gives_aux:
            return self.forward_with_aux(x)  # type: ignore[return-value]
        return self.head(self.forward_features(x))

    def forward_features(self, x: Tensor) -> Tensor:
        """The maps that go into the head: (N, in_channels, H, W) -> (N, num_features, H', W').

        Raises:
            ValueError: as `forward`.
        """
        self._check(x)
        for stage in self.stages.values():
            x = stage(x)
        return x

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """What the head makes of the maps of `forward_features`.

        Args:
            x: (N, num_features, H, W).
            pre_logits: gives what goes into the last linear layer, instead of logits.

        Returns:
            (N, num_classes); or (N, features).
        """
        if pre_logits and isinstance(self.head, Classifier):
            return self.head(x, pre_logits=True)
        return self.head(x)

    def get_classifier(self) -> nn.Module:
        """The last linear layer; `nn.Identity` for a model that has none."""
        return getattr(self.head, "fc", self.head)

    def reset_classifier(
        self, num_classes: int, global_pool: str | None = None, *, seed: int | None = None
    ) -> None:
        """A new last linear layer with first weights, in auxiliary heads too; `.spec` follows.

        Args:
            num_classes: its outputs; 0 leaves it out, and with it auxiliary heads.
            global_pool: None or "avg", which keep the pooling.
            seed: as in `create_model`.

        Raises:
            ValueError: a model without a head, another pooling, a negative number.
        """
        if global_pool not in (None, "avg"):
            raise ValueError(
                f"global_pool is {short(global_pool)}; only the pooling of {self.spec.name} stays, so "
                "leave it out. forward_features gives the maps before the pooling."
            )
        spec = architecture(self.spec, num_classes=num_classes)
        found, like = resolve_network(spec), next(self.parameters())
        heads = {"": (self.head, found.head)} | {n: (self.aux[n], p) for n, p in found.aux.items()}
        for module, part in heads.values():
            assert isinstance(module, Classifier) and part is not None
            module.fc = last_linear(part).to(like)
            init_weights(module.fc, seed)
        if not spec.aux:
            self.aux = nn.ModuleDict()
        self.spec = spec

    @property
    def num_classes(self) -> int:
        """Outputs of the last linear layer; 0 for a model that has none."""
        return self.spec.head.classes if self.spec.head else 0

    @property
    def num_features(self) -> int:
        """Channels of the maps that go into the head."""
        last = list(resolve_network(self.spec).stages.values())[-1]
        return last.after.shape[0]

    @property
    def feature_info(self) -> list[dict[str, Any]]:
        """The last stage of each size of the grid, as timm tells it of its models.

        In order, a dict each: `num_chs`, its channels; `reduction`, the input's pixels for one step of
        its grid; `module`, the name of the stage, as `features` knows it.
        """
        found: dict[int, dict[str, Any]] = {}
        reduction = 1
        for name, part in resolve_network(self.spec).stages.items():
            reduction *= max(part.stride)
            found[reduction] = {
                "num_chs": part.after.shape[0],
                "reduction": reduction,
                "module": name,
            }
        return list(found.values())

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
        if tracing(x):
            return
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


def block_module(node: Node, in_channels: int | None, defaults: Defaults) -> nn.Module:
    """A single block as a module, with torch's own first weights: what `build` makes ready.

    Args:
        node: the description.
        in_channels: channels that come in.
        defaults: what its convolutions have unless they say otherwise.

    Raises:
        ValueError: branches that cannot be concatenated, sums that cannot be taken, `in_channels`
            that is not an integer of at least 1.
    """
    in_channels = whole("in_channels", in_channels)
    # a grid, so that branches are found that end on different ones; a single layer may need more
    grid = (96, 96) if isinstance(node, Branches | Chain | Residual) else ()
    module = make(resolve_block(node, Map((in_channels, *grid)), defaults))
    module.spec, module.in_channels, module.defaults = node, in_channels, defaults  # type: ignore[assignment]
    return module
