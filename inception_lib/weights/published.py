"""Weights that others trained, one entry for each network: whose they are and what they take. No torch.

`load` reads such a file, `fetch` gets it, `preprocess` prepares a picture for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """The trained weights of one network.

    Attributes:
        library: who published them, "torchvision" or "timm"; also the layout of their keys.
        weights: what that library calls them. It knows the address.
        size, resize: as in `Preprocessing`, in pixels.
        interpolation: "bilinear" or "bicubic".
        aux_trained: whether the auxiliary heads in the file are trained; torchvision warns that
            GoogLeNet's are not.
    """

    library: str
    weights: str
    size: int
    resize: int
    interpolation: str
    aux_trained: bool = True


# `inception_v3` does not count padding in its pooling, nor did TF-slim, where these were trained.
PUBLISHED = {
    "googlenet_torchvision": Published(
        "torchvision", "GoogLeNet_Weights.IMAGENET1K_V1", 224, 256, "bilinear", aux_trained=False
    ),
    "inception_v3_torchvision": Published(
        "torchvision", "Inception_V3_Weights.IMAGENET1K_V1", 299, 342, "bilinear"
    ),
    "inception_v3": Published("timm", "inception_v3.tf_in1k", 299, 341, "bicubic"),
    "inception_v4": Published("timm", "inception_v4.tf_in1k", 299, 341, "bicubic"),
    "inception_resnet_v2": Published("timm", "inception_resnet_v2.tf_in1k", 299, 333, "bicubic"),
}


def published(name: str) -> Published:
    """The entry of a network.

    Args:
        name: a network with trained weights.

    Raises:
        ValueError: there are none for it; the message names those that have some.
    """
    if name not in PUBLISHED:
        raise ValueError(
            f"there are no trained weights for {name}. Networks with them: {', '.join(PUBLISHED)}."
        )
    return PUBLISHED[name]
