"""The same function, to the last bit, as torchvision and timm, with random weights and statistics.

Weights are copied in the order in which both sides define them, every shape checked on the way; that
names map to names is tested with `load_weights`.
"""

from functools import partial

import pytest
import torch
from torch import nn

import inception_lib as il

PEERS = [
    ("googlenet_torchvision", "torchvision", "googlenet"),
    ("inception_v3_torchvision", "torchvision", "inception_v3"),
    ("inception_v3_torchvision", "timm", "inception_v3"),
    ("inception_v4", "timm", "inception_v4"),
    ("inception_resnet_v2", "timm", "inception_resnet_v2"),
]
SIZES = {"googlenet": (224, 97, 64), "inception_v3": (299, 150, 75)}


def peer(library, name, missing, aux=False):
    """The other library's network, with random weights and random statistics, in evaluation."""
    if library == "torchvision":
        try:
            from torchvision import models
        except ImportError as error:
            missing(f"torchvision is needed for this comparison: {error}")
        make = partial(getattr(models, name), weights=None, init_weights=False, aux_logits=aux)
    else:
        try:
            import timm
        except ImportError as error:
            missing(f"timm is needed for this comparison: {error}")
        options = {"aux_logits": aux} if "v3" in name else {}
        make = partial(timm.create_model, name, pretrained=False, **options)
    with torch.device("meta"):  # each weight and each statistic is drawn below
        model = make()
    model.to_empty(device="cpu")
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=draw)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1, generator=draw)
            elif isinstance(module, nn.BatchNorm2d):
                assert module.eps == 1e-3
                module.weight.uniform_(0.5, 1.5, generator=draw)
                module.bias.normal_(0, 0.1, generator=draw)
                module.running_mean.normal_(0, 0.1, generator=draw)
                module.running_var.uniform_(0.5, 1.5, generator=draw)
    return model.eval()


def empty(name, **options):
    with torch.device("meta"):
        model = il.create_model(name, **options)
    return model.to_empty(device="cpu").eval()


def in_order(model, last):
    """Tensors of the trunk, then of the auxiliary heads, then of the classifier."""

    def rank(key):
        return 2 if key.startswith(last) else 1 if key.lower().startswith("aux") else 0

    state = model.state_dict()
    return [state[key] for key in sorted(state, key=rank)]  # sorting keeps the order of equals


def copy_state(theirs, ours):
    last = ("fc", "last_linear", "classif")
    pairs = list(zip(in_order(theirs, last), in_order(ours, "head"), strict=True))
    assert [a.shape for a, _ in pairs] == [b.shape for _, b in pairs]
    with torch.no_grad():
        for a, b in pairs:
            b.copy_(a)


@pytest.mark.parametrize(("name", "library", "their_name"), PEERS)
def test_outputs_are_equal_to_the_last_bit(name, library, their_name, missing):
    theirs = peer(library, their_name, missing)
    ours = empty(name)
    copy_state(theirs, ours)
    for side in SIZES.get(their_name, (299, 129)):
        batch = 1 if side > 200 else 2
        x = torch.randn(
            batch, 3, side, side + side % 3, generator=torch.Generator().manual_seed(side)
        )
        with torch.no_grad():
            want, got = theirs(x), ours(x)
        assert float(want.std()) > 0.1, "the signal has died on the way"
        apart = float((want[0] - want[-1]).abs().max())
        assert batch == 1 or apart > 0.01, "every input gives the same output"
        assert float((got - want).abs().max()) == 0.0
        assert torch.equal(got, want)


@pytest.mark.parametrize(
    ("name", "their_name", "heads"),
    [
        ("googlenet_torchvision", "googlenet", {"4a": "aux_logits1", "4d": "aux_logits2"}),
        ("inception_v3_torchvision", "inception_v3", {"B4": "aux_logits"}),
    ],
)
def test_auxiliary_heads_are_equal_too(name, their_name, heads, missing):
    theirs = peer("torchvision", their_name, missing, aux=True)
    ours = empty(name, aux=True)
    copy_state(theirs, ours)
    theirs.training = True  # the flag of the root alone: it then gives the heads, and nothing drops
    x = torch.randn(2, 3, 299, 299, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        want, (logits, aux) = theirs(x), ours.forward_with_aux(x)
    assert torch.equal(logits, want.logits)
    assert set(aux) == set(heads)
    for stage, field in heads.items():
        assert float(getattr(want, field).std()) > 0.1
        assert torch.equal(aux[stage], getattr(want, field))
    if len(heads) == 2:  # not the same head twice: torchvision once returned them swapped
        assert not torch.equal(aux["4a"], aux["4d"])


def test_counted_padding_is_what_sets_the_two_v3_apart():
    """Equal weights, other border values: the outputs differ, and not by much."""
    one = il.create_model("inception_v3", num_classes=10, width=0.25, seed=0).eval()
    other = il.create_model("inception_v3_torchvision", num_classes=10, width=0.25).eval()
    other.load_state_dict(one.state_dict())
    x = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert not torch.equal(one(x), other(x))
    ones = torch.ones(1, 1, 5, 5)
    inside, counted = (model.stages["A1"]["pool"][0](ones) for model in (one, other))
    assert torch.equal(inside, ones)
    assert float(counted[0, 0, 0, 0]) == pytest.approx(4 / 9)
    assert torch.equal(counted[0, 0, 1:4, 1:4], torch.ones(3, 3))
