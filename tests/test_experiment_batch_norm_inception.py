"""Learning rates and batch sizes on a small Inception network."""

import pytest

import inception_lib as il
from inception_lib.experiments import batch_norm_inception as crops

pytestmark = pytest.mark.slow  # trains


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(crops, "TRAIN", 640)
    monkeypatch.setattr(crops, "TEST", 40)
    monkeypatch.setattr(crops, "FEWER", 64)


def test_a_run_says_its_accuracy_and_its_losses():
    model, run = crops.train_at("mini_bn", 0.01, steps=12)
    assert run["steps"] == [0]
    assert 0 <= run["accuracy"][0] <= 1
    assert len(run["losses"]) == 10
    assert run["diverged"] is None
    assert not model.training or model.spec.name == "mini_bn"
    again = crops.train_at("mini_bn", 0.01, steps=12, test=False)[1]
    assert again["losses"] == run["losses"]
    assert again["accuracy"] == []


def test_a_run_that_diverges_says_where():
    run = crops.train_at("mini_reduced", 1e4, steps=10, test=False)[1]
    assert 0 < run["diverged"] < 10
    assert run["losses"] == []


def test_batches_of_each_size(monkeypatch):
    monkeypatch.setattr(crops, "SIZES", (8, 32))
    assert list(crops._sizes(0, "mini_bn")) == ["8", "32"]
    found = crops._sizes(0, "mini_reduced")
    assert all(set(row) == {"running"} for row in found.values())


def test_the_record_says_what_the_chapter_says():
    parts = il.training_record("batch_norm_inception")["parts"]
    for seed in crops.SEEDS:
        plain = parts[f"without BN, rates, seed {seed}"]
        normed = parts[f"with BN, rates, seed {seed}"]
        assert plain["30"]["diverged"] is not None or plain["30"]["accuracy"][-1] < 0.2
        assert all(run["diverged"] is None for run in normed.values())
        assert plain["1"]["accuracy"][-1] < normed["1"]["accuracy"][-1]
