"""The sigmoid network on digits: what it is, that it can be done again, and what its record says."""

from copy import deepcopy

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.experiments import batch_norm_digits as digits

pytestmark = pytest.mark.slow  # trains


def linears(net):
    return [layer.weight for layer in net if isinstance(layer, nn.Linear)]


def test_both_networks_have_the_same_weights_and_only_one_has_biases():
    plain, normed = (digits.sigmoid_net(norm, seed=3) for norm in (False, True))
    for a, b in zip(linears(plain), linears(normed), strict=True):
        assert torch.equal(a, b)
    assert [layer.bias is None for layer in normed if isinstance(layer, nn.Linear)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert sum(isinstance(layer, nn.BatchNorm1d) for layer in normed) == 3
    assert not any(isinstance(layer, nn.BatchNorm1d) for layer in plain)
    assert abs(float(linears(plain)[0].detach().std()) - 0.1) < 0.002
    assert plain(torch.zeros(2, 784)).shape == (2, 10)


def test_digits_are_binary():
    images, labels = digits.binary_digits("train")
    assert images.shape == (4000, 784)
    assert set(images.unique().tolist()) == {0.0, 1.0}
    assert len(labels) == 4000


def test_noise_is_for_training_alone_and_new_each_time():
    noise, x = digits.Noise(), torch.zeros(500, 3)
    torch.manual_seed(0)
    one, two = noise(x), noise(x)
    assert not torch.equal(one, two)
    assert bool((one.mean(0).abs() < 1.2).all())
    assert bool((one.mean(0) - two.mean(0)).abs().max() > 0.05)  # the mean itself is drawn
    assert torch.equal(noise.eval()(x), x)


def test_training_is_the_same_again_and_leaves_the_generator_alone():
    nets = [digits.sigmoid_net(True, noise=True) for _ in range(2)]
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, second = (digits.train(net, 30, looks=(0, 30)) for net in nets)
    assert first == second
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first["steps"] == [0, 30]
    assert len(first["into"][0]) == 3
    assert len(first["moved_into"]) == 1


def test_looking_changes_nothing():
    nets = [digits.sigmoid_net(True) for _ in range(2)]
    digits.train(nets[0], 20, looks=(0, 5, 10, 20))
    digits.train(nets[1], 20, looks=(20,))
    for a, b in zip(nets[0].state_dict().values(), nets[1].state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_last_layer_is_normalized_behind_and_not_before():
    before, into = digits.last_layer(digits.sigmoid_net(True))
    assert before.shape == into.shape == (3, 100)
    assert bool((into[1].abs() < 0.3).all())
    assert bool(((into[2] - into[0]) > 1.5).all())
    plain_before, plain_into = digits.last_layer(digits.sigmoid_net(False))
    assert torch.equal(plain_before, plain_into)


def test_whole_statistics_are_those_of_the_digits():
    net = digits.sigmoid_net(True)
    images = digits.binary_digits("train")[0]
    whole = digits.with_whole_statistics(net, images)
    with torch.no_grad():
        assert torch.allclose(whole[1].running_mean, whole[0](images).mean(0), atol=1e-5)
    assert float(net[1].running_mean.abs().max()) == 0  # the net itself is as it was


@pytest.mark.parametrize("batch", [2, 3])
def test_batch_accuracy_leaves_the_net_as_it_was(batch):
    net = digits.sigmoid_net(True).eval()
    x, y = (tensor[:batch] for tensor in digits.binary_digits("test"))
    one = torch.cat([x, x[:1]]), torch.cat([y, y[:1]])  # a last batch of one is left out
    with torch.no_grad():
        right = int((deepcopy(net).train()(x).argmax(1) == y).sum())
    assert digits.batch_accuracy(net, one, batch) == right / (batch + 1)
    assert float(net[1].running_mean.abs().max()) == 0
    assert not net.training


def test_the_record_says_what_the_chapter_says():
    parts = il.training_record("batch_norm_digits")["parts"]
    for seed in digits.SEEDS:
        plain, normed = (parts[f"{kind}, seed {seed}"] for kind in ("without BN", "with BN"))
        assert plain["steps"] == normed["steps"] == list(digits.LOOKS)
        at = plain["steps"].index(100)
        assert plain["accuracy"][at] < 0.2 < 0.75 < normed["accuracy"][at]
        assert normed["accuracy"][-1] < plain["accuracy"][-1]
        noisy = parts[f"with BN, noise, seed {seed}"]
        assert noisy["accuracy"][at] > 0.7
        assert noisy["moved_into"][9] > 10 * normed["moved_into"][9]
