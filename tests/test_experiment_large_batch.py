"""The experiment of chapter 14: five arms that see the same crops, and the record that ships."""

import pytest
import torch

import inception_lib as il
from inception_lib.experiments import large_batch

RECORD = il.training_record("large_batch")["parts"]


def test_no_picture_looks_at_another():
    """So a batch on one device is the same batch on eight, also in training."""
    model = il.create_model(large_batch.NET, seed=0).train()
    x = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(model(x)[:3], model(x[:3]), atol=1e-6)


def test_all_arms_see_as_many_crops_and_none_is_left_out():
    steps = {arm: large_batch.TRAIN // batch for arm, (batch, _, _) in large_batch.ARMS.items()}
    assert {steps[arm] * large_batch.ARMS[arm][0] for arm in steps} == {large_batch.TRAIN}
    assert set(steps.values()) == {128, 16}


def test_the_rate_grows_as_the_batch():
    arms = large_batch.ARMS
    times = arms[large_batch.SCALED][0] / arms[large_batch.BASE][0]
    assert arms[large_batch.SCALED][1] == pytest.approx(times * arms[large_batch.BASE][1])
    assert arms[large_batch.KEPT][1] == arms[large_batch.BASE][1]
    assert arms[large_batch.FASTER][1] == arms[large_batch.WARMED][1] == arms[large_batch.SCALED][1]
    warmed = large_batch.recipe(large_batch.WARMED)
    rates = [warmed.lr_at(step, 64, 16) for step in range(64)]
    assert rates[0] == pytest.approx(0.005) and max(rates) == rates[15] == pytest.approx(0.08)
    assert rates == sorted(rates[:16]) + sorted(rates[16:], reverse=True)
    assert large_batch.recipe(large_batch.SCALED).lr_at(0, 64, 16) == 0.08


def test_the_record_has_every_run_to_its_end():
    assert list(RECORD) == [f"{arm}, seed {k}" for arm in large_batch.ARMS for k in range(5)]
    for run in RECORD.values():
        assert 0.1 <= run["accuracy"] <= 1
        assert (run["diverged"] is None) == (len(run["epoch_losses"]) == large_batch.EPOCHS)
