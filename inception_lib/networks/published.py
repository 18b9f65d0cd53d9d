"""Listings of published tutorials, each from a description of it, with its faults. No torch.

What the vocabulary cannot say is named in the docstring; none of it changes the parameter count.
"""

from __future__ import annotations

from dataclasses import replace

from ..spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Network,
    Node,
)
from .blocks import expanded_block, factorized, reduced_block, residual_c, two_3x3_block
from .googlenet import around_blocks, googlenet
from .inception_resnet import INCEPTION_RESNETS, inception_resnet_v1
from .inception_v4 import inception_v4

BIAS_AND_NORM = Defaults(bias=True, norm="batch_norm")


def listing_a() -> Network:
    """A tutorial's small Keras classifier for 128×128 images, with one reduced block.

    Its 1×1 before the 3×3 takes 32 channels to 64: a reduction that enlarges.
    """
    block = reduced_block(32, 64, 128, 16, 32, 32, 224)
    return Network(
        "listing_a",
        {"conv": Conv(32, 3), "block": block},
        Head(classes=10),
        input_size=128,
        title="Listing A",
        source="a tutorial's listing (Keras)",
    )


def listing_b(*, mended: bool = False) -> Network:
    """A tutorial's Inception-v4 (TensorFlow 1), with biases, without normalization or activation.

    In its C blocks the 3×1 reads the 1×3's output instead of the map that both should read. It ends
    in an 8×8 average pooling of stride 1 with padding, which the vocabulary refuses (an even kernel
    has no middle): it is left out, so the logits come out as a map, as in the listing.

    Args:
        mended: fan out in the C blocks, and pool before the classifier.
    """

    def chain(channels: int) -> Node:
        """1×3, then its output as it is beside a 3×1 of it."""
        tall = Branches({"1x3": Chain(), "3x1": Conv(channels, (3, 1))})
        return Chain((Conv(channels, (1, 3)), tall))

    stages = dict(inception_v4().stages)
    if not mended:
        before = (Conv(384), factorized(3, 448, 512, tall_first=True))
        block = expanded_block(256, 384, before, 256, 256, 1536, fan=chain)
        stages |= {name: block for name in ("C1", "C2", "C3")}
    stages |= {"pool": AdaptiveAvgPool()} if mended else {}
    return Network(
        "listing_b",
        stages | {"logits": Conv(1000)},
        input_size=299,
        defaults=Defaults(act="none"),
        title="Listing B, mended" if mended else "Listing B",
        source="a tutorial's listing (TensorFlow 1)",
    )


def listing_c1() -> Branches:
    """A tutorial's reduced block (PyTorch) for images of three channels."""
    return reduced_block(64, 32, 64, 64, 96, 32, 256)


def listing_c2() -> Branches:
    """A tutorial's "Inception v2" block (PyTorch) for 192 channels.

    Each convolution has a bias that the normalization after it cancels: 528 dead parameters.
    """
    block = two_3x3_block(96, 48, 64, 64, 96, 64, 320)
    return Branches({name: _with_bias_and_norm(node) for name, node in block.branches}, 320)


def _with_bias_and_norm(node: Node) -> Node:
    if isinstance(node, Chain):
        return Chain(tuple(_with_bias_and_norm(layer) for layer in node.layers))
    return replace(node, bias=True, norm="batch_norm") if isinstance(node, Conv) else node


def listing_d1() -> Branches:
    """A tutorial's "Inception module" (Keras) for images of three channels: three towers of 64.

    The listing stacks the towers along the height; here they are concatenated as intended.
    """
    return Branches(
        {
            "3x3": [Conv(64), Conv(64, 3)],
            "5x5": [Conv(64), Conv(64, 5)],
            "pool": [MaxPool(3), Conv(64)],
        },
        out_channels=192,
    )


def listing_d2(*, mended: bool = False) -> Network:
    """A tutorial's "GoogLeNet" (Keras): nine blocks of four equal branches, biases and BN.

    Its "5×5" is a 1×1 after a 1×1. The listing normalizes after the ReLU, here it is before; its
    output is a map of 1×1, here it is flat. Keras counts BN's running mean and variance as
    parameters, two more for each channel.

    Args:
        mended: a 5×5 in the "5×5" branch.
    """
    widths = (64, 120, 128, 128, 128, 132, 208, 208, 256)
    names = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    five = 5 if mended else 1
    blocks = {
        n: reduced_block(w, w, w, w, w, w, 4 * w, five=five)
        for n, w in zip(names, widths, strict=True)
    }
    stages = around_blocks(blocks, lrn=False)
    del stages["conv2_reduce"]
    head = Head(pool=AvgPool(7, 7, "valid"), hidden=(1000,), dropout=0.4)
    return Network(
        "listing_d2",
        stages,
        head,
        defaults=BIAS_AND_NORM,
        title="Listing D2, mended" if mended else "Listing D2",
        source="a tutorial's listing (Keras)",
    )


def listing_e() -> Network:
    """A tutorial's GoogLeNet (PyTorch): the paper's table, without LRN and auxiliary heads.

    Both convolutions of the second stage lack their ReLU.
    """
    linear: dict[str, Node] = {
        "conv2_reduce": Conv(64, act="none"),
        "conv2": Conv(192, 3, act="none"),
    }
    kept: dict[str, Node] = {
        name: node for name, node in googlenet().stages if not isinstance(node, LRN)
    }
    return Network(
        "listing_e",
        kept | linear,
        Head(dropout=0.4),
        defaults=PLAIN,
        title="Listing E",
        source="a tutorial's listing (PyTorch)",
    )


def facenet() -> Network:
    """FaceNet's Inception-ResNet-v1: a sixth C block, linear, and a bottleneck of 512; 8631 faces.

    Source: davidsandberg/facenet and timesler/facenet-pytorch.
    """
    plain = inception_resnet_v1()
    last = residual_c(*INCEPTION_RESNETS[plain.name]["C"][1], scale=1.0, act="none")
    head = Head(pool=[AdaptiveAvgPool(), Conv(512, act="none")], dropout=0.6, classes=8631)
    return replace(
        plain,
        name="facenet",
        stages=(*plain.stages, ("C6", last)),
        head=head,
        input_size=(160, 160),
        title="FaceNet",
        source="facenet-pytorch's InceptionResnetV1, VGGFace2",
    )


def alexnet() -> Network:
    """AlexNet as torchvision has it, in one tower: for its parameters. MACs differ at the borders."""
    stages: dict[str, Node] = {
        "conv1": Conv(64, 11, 4),
        "pool1": MaxPool(3, 2),
        "conv2": Conv(192, 5),
        "pool2": MaxPool(3, 2),
        "conv3": Conv(384, 3),
        "conv4": Conv(256, 3),
        "conv5": Conv(256, 3),
    }
    head = Head(pool=AdaptiveAvgPool(6), hidden=(4096, 4096), dropout=0.5)
    return Network("alexnet", stages, head, title="AlexNet")


def vgg16() -> Network:
    """VGG-16: five groups of 3×3 convolutions with pooling between."""
    stages: dict[str, Node] = {}
    for group, (count, width) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for index in range(1, count + 1):
            stages[f"conv{group}_{index}"] = Conv(width, 3)
        stages[f"pool{group}"] = MaxPool(2, 2, padding="valid", ceil_mode=False)
    head = Head(pool=AdaptiveAvgPool(7), hidden=(4096, 4096), dropout=0.5)
    return Network("vgg16", stages, head, title="VGG-16")
