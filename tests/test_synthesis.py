"""Pictures made for a channel: of kernels whose picture is known, and of a small network."""

import math

import pytest
import torch

import inception_lib as il
from inception_lib.interpret import synthesis
from inception_lib.interpret.synthesis import before_relu
from tests.test_measures import block, gabor

PIXEL = torch.ones(1, 1, dtype=torch.float64)
RED_GREEN = (1.0, -1.0, 0.0)


def test_a_gabor_gets_a_picture_that_varies_along_its_angle():
    angles = (0, 45, 90, 135)
    made = il.visualize(block(*(gabor(3, angle) for angle in angles)), "a", size=24, steps=32)
    gray = made.double().mean(1)
    energy = torch.fft.fft2(gray - gray.mean((1, 2), keepdim=True)).abs().square()
    down, right = torch.meshgrid(*[torch.fft.fftfreq(24).double()] * 2, indexing="ij")
    turns = torch.polar(energy, 2 * torch.atan2(down, right)).sum((1, 2)).angle() / 2
    for angle, turn in zip(angles, turns.tolist(), strict=True):
        assert abs((math.degrees(turn) - angle + 90) % 180 - 90) < 20


@pytest.mark.parametrize("over", synthesis.PLACES)
def test_red_minus_green_gets_a_red_picture_although_it_is_silent_on_gray(over):
    made = block(PIXEL, -PIXEL, colors=[RED_GREEN] * 2)
    with torch.no_grad():
        made["a"].conv.bias.fill_(-0.5)
    assert not il.features(made, torch.zeros(1, 3, 17, 17), ["a"])["a"].any()
    found = il.visualize(made, "a", size=17, steps=48, jitter=0, over=over)[:, :, 8, 8].int()
    assert found[0, 0] - found[0, 1] > 120 and found[1, 1] - found[1, 0] > 120


def test_each_answers_more_to_its_picture_than_to_any_crop():
    model, at = il.create_model("mini_reduced", pretrained=True), "3a.5x5"
    _, best = il.most_exciting(model, at, il.photo_patches("test", 500)[0], count=1)
    made = il.visualize(model, at, size=32, steps=24)
    reached = il.features(model.eval(), made, [at])[at].amax((2, 3)).diagonal()
    assert (reached > best[:, 0]).all()


@pytest.mark.parametrize("natural", [False, True])
def test_the_same_seed_gives_the_same_picture_alone_and_in_company(natural):
    how = {"size": 20, "steps": 4, "natural": natural}
    made = block(gabor(3, 0), gabor(2, 90))
    torch.manual_seed(5)
    before = torch.get_rng_state()
    both = il.visualize(made, "a", **how)
    assert both.shape == (2, 3, 20, 20) and both.dtype == torch.uint8
    assert torch.equal(both, il.visualize(made, "a", [0, 1], **how))
    alone = il.visualize(made, "a", 1, **how)
    assert (alone.int() - both[1:].int()).abs().max() <= 1
    apart = il.visualize(made, "a", **how, batch_size=1)
    assert (apart.int() - both.int()).abs().max() <= 1
    assert not torch.equal(both, il.visualize(made, "a", **how, seed=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_model_is_left_as_it_was():
    model = il.create_model("mini_bn", seed=0).train()
    model.stages["3b"].eval().requires_grad_(False)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    needs = [weight.requires_grad for weight in model.parameters()]
    with torch.inference_mode():
        il.visualize(model, "3b.5x5", [0], size=16, steps=2)
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert [weight.requires_grad for weight in model.parameters()] == needs
    assert all(weight.grad is None for weight in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


@pytest.mark.parametrize(
    ("name", "at"), [("mini_naive", "3a"), ("mini_residual", "4b"), ("mini_bn", "pool3")]
)
def test_what_grows_is_what_goes_into_the_relu(name, at):
    model, x = il.create_model(name, seed=1).eval(), il.photo("cat", 32)
    with torch.no_grad():
        into = before_relu(model, at, x)
    out = il.features(model, x, [at])[at]
    if at == "pool3":  # ends in a pooling: its output
        assert torch.equal(into, out)
    else:
        assert into.min() < 0
        assert torch.allclose(into.relu(), out, atol=1e-6)
    if name == "mini_naive":
        where = il.channel_slices(name, at)["pool"]
        assert torch.equal(into[:, where], out[:, where])


def test_natural_waves_are_as_strong_as_those_of_the_photographs():
    waves, painted = synthesis._waves(24, True, torch.Generator().manual_seed(0))
    colors = torch.tensor(synthesis.COLORS).inverse()
    apart = torch.einsum("ij,njhw->nihw", colors, painted(waves).logit())
    found = torch.fft.rfft2(apart, norm="ortho").abs()[
        0, :, :, 1:-1
    ]  # the others are their own mirror
    want = synthesis.photo_amplitudes(24)[:, :, 1:-1]
    assert torch.allclose(found, want, rtol=1e-2, atol=1e-3)
    made = il.visualize(block(gabor(3, 0)), "a", size=24, steps=2, natural=True)
    assert made.shape == (1, 3, 24, 24)


def test_colors_are_those_of_our_photographs():
    assert torch.allclose(
        synthesis.photo_colors(), torch.tensor(synthesis.COLORS).double(), atol=0.02
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": "3a.5x"}, "Did you mean '3a.5x5'"),
        ({"channels": 8}, "channels is 8; 3a.5x5 has channels 0 to 7"),
        ({"channels": [0, -1]}, "has channels 0 to 7"),
        ({"channels": "0"}, "has channels 0 to 7"),
        ({"channels": []}, "has channels 0 to 7"),
        ({"channels": 1.5}, "has channels 0 to 7"),
        ({"size": 0}, "size is 0"),
        ({"steps": 0}, "steps is 0; it must be an integer of at least 1"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"jitter": -1}, "jitter is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"seed": "a"}, "seed is 'a'"),
        ({"lr": 0}, "lr is 0; it must be a number above 0"),
        ({"over": "center"}, "over 'center' is not known"),
    ],
    ids=str,
)  # fmt: skip
def test_errors_say_what_is_allowed(given, said):
    model = il.create_model("mini_reduced", seed=0)
    with pytest.raises((KeyError, ValueError), match=said):
        il.visualize(model, **{"at": "3a.5x5", "size": 16, "steps": 1, **given})


def test_a_model_for_gray_pictures_is_refused():
    with pytest.raises(ValueError, match="this model takes"):
        il.visualize(il.create_model("mini_reduced", in_channels=1), "3a", size=16)
