"""The wide residual network: its arms, a short run, and what the record that ships holds."""

import torch

import inception_lib as il
from inception_lib import experiments
from inception_lib.errors import TrainingError
from inception_lib.experiments import residual_scaling as wide


def test_each_half_of_a_scale_is_a_known_function_at_first():
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    made = {arm: wide.make(64, arm, seed=0) for arm in wide.ARMS}
    with torch.no_grad():
        out = {arm: model(x) for arm, model in made.items()}
    assert torch.allclose(out["scale 0.1"], out["start at 0.1"], atol=1e-4)
    assert torch.allclose(out["scale 1.0"], out["slow weights"], atol=1e-4)
    assert not torch.allclose(out["scale 0.1"], out["scale 1.0"], atol=1e-2)
    assert {
        stage.scale for stage in made["start at 0.1"].stages.values() if hasattr(stage, "scale")
    } == {1.0}


def test_arms_cost_the_same():
    costs = {il.cost(wide.network(1024, scale)).macs for scale, _ in wide.ARMS.values()}
    assert len(costs) == 1


def test_a_loss_that_is_not_finite_is_told(monkeypatch):
    def broken(model, *args, on_step, **kwargs):
        for step in range(4):
            on_step(step, model)
        raise TrainingError("step 3")

    monkeypatch.setattr(experiments, "quiet_fit", broken)
    run = wide.train(16, "scale 1.0", 0.45, seed=0, steps=5)
    assert run == {
        "losses": [], "zeros": [], "dead": [], "largest": [], "accuracy": None, "stopped": 3
    }  # fmt: skip
