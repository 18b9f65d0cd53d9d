"""The training loss, with auxiliary heads."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import short


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
        TypeError: an output of the wrong kind. ValueError: a negative `aux_weight`, a
            `label_smoothing` outside [0, 1].
    """
    logits, extra = output if isinstance(output, tuple) and len(output) == 2 else (output, {})
    if not isinstance(logits, Tensor) or not isinstance(extra, dict):
        raise TypeError(
            f"output is a {type(output).__name__}; give the logits, or (logits, auxiliary logits "
            "by stage) as forward_with_aux returns them."
        )
    if aux_weight < 0:
        raise ValueError(f"aux_weight is {short(aux_weight)}; it must be at least 0.")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"label_smoothing is {short(label_smoothing)}; it must be between 0 and 1."
        )

    def loss(scores: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores, target, label_smoothing=label_smoothing)

    return loss(logits) + aux_weight * sum(loss(scores) for scores in extra.values())
