"""Training: seeded, resumed bit for bit after a kill, and clear about what went wrong."""

import errno
import hashlib
import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.errors import CheckpointError, TrainingError
from inception_lib.nn.init import init_weights
from inception_lib.nn.network import InceptionNet
from inception_lib.training import plans
from inception_lib.training.__main__ import main
from inception_lib.training.loop import _loss, evaluate, fit
from inception_lib.training.optimizers import RMSProp, make_optimizer
from inception_lib.training.plans import PLANS, Plan
from inception_lib.training.recipe import Recipe


def toy(count=48, classes=3, seed=0):
    """Pictures of one colour each, and noise: a task that a few steps learn."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    images = torch.randint(0, 90, (count, 3, 12, 12), generator=generator)
    images[torch.arange(count), labels] += 120
    return images.to(torch.uint8), labels


def small(classes=3, seed=0, dropout=0.3, aux=False):
    """Branches, batch normalization, dropout, and an auxiliary head when asked for."""
    spec = il.Network(
        "small",
        {"conv1": il.Conv(4, 3), "block": il.reduced_block(2, 2, 3, 2, 2, 2)},
        il.Head(dropout=dropout, classes=classes),
        aux={"conv1": il.Head(dropout=0.5, classes=classes)} if aux else (),
        input_size=12,
        defaults=il.BATCH_NORM,
    )
    model = InceptionNet(spec)
    init_weights(model, seed)
    return model


def digest(model):
    whole = hashlib.sha256()
    for key, value in model.state_dict().items():
        whole.update(key.encode() + value.contiguous().numpy().tobytes())
    return whole.hexdigest()


QUIET = {"progress": False, "device": "cpu"}


def test_it_learns_and_says_what_happened():
    model = small(dropout=0.0)
    history = fit(model, toy(96), toy(30, seed=1), epochs=12, batch_size=16, lr=0.02, **QUIET)
    assert len(history.losses) == 12 * 6
    assert [row["epoch"] for row in history.epochs] == list(range(1, 13))
    assert history.test_accuracy > 0.9
    assert history.epochs[-1]["train_loss"] < history.epochs[0]["train_loss"]
    accuracy, loss = evaluate(model, toy(30, seed=1))
    assert accuracy == history.test_accuracy
    assert loss == pytest.approx(history.epochs[-1]["test_loss"], rel=1e-4)
    json.dumps(history.to_dict())
    assert "test accuracy" in str(history)
    assert model.training  # as it was


def test_two_runs_of_a_seed_are_equal_and_another_seed_is_not():
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(weights))  # what was drawn before has no say
        model = small()
        fit(model, toy(), epochs=2, batch_size=8, seed=seed, **QUIET)
        weights.append(digest(model))
    assert weights[0] == weights[1] != weights[2]


def test_the_callers_generator_is_left_alone():
    model = small()
    torch.manual_seed(5)
    want = torch.rand(1)
    torch.manual_seed(5)
    fit(model, toy(), epochs=1, batch_size=8, **QUIET)
    assert torch.equal(torch.rand(1), want)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["cosine", "exponential", "constant"])
def test_every_optimizer_and_schedule_lowers_the_loss(optimizer, schedule):
    model = small(dropout=0.0)
    lr = {"adamw": 0.01, "sgd": 0.05, "rmsprop": 0.1}[optimizer]
    recipe = {"optimizer": optimizer, "schedule": schedule, "lr": lr, "epochs": 6, "batch_size": 16}
    history = fit(model, toy(), **recipe, **QUIET)
    assert history.epochs[-1]["train_loss"] < 0.7 * history.epochs[0]["train_loss"]


def test_schedules():
    cosine = Recipe(lr=2.0)
    assert cosine.lr_at(0, 100, 10) == 2
    assert cosine.lr_at(50, 100, 10) == pytest.approx(1)
    assert cosine.lr_at(99, 100, 10) < 0.001
    paper = Recipe(lr=0.045, schedule="exponential", factor=0.94, factor_epochs=2)
    rates = [paper.lr_at(epoch * 10, 1000, 10) for epoch in range(5)]
    assert rates == pytest.approx([0.045, 0.045, 0.0423, 0.0423, 0.039762])
    assert Recipe(lr=3.0, schedule="constant").lr_at(70, 100, 10) == 3


def test_rmsprop_has_epsilon_inside_the_root():
    """Equal to timm's port of TensorFlow's, step by step; with the papers' ε = 1 torch's is far off."""
    from timm.optim.rmsprop_tf import RMSpropTF

    torch.manual_seed(0)
    start, grads = torch.randn(7), torch.randn(5, 7)
    ends = []
    for make in (
        lambda p: RMSProp(p, 0.1, decay=0.9, momentum=0.9, eps=1.0),
        lambda p: RMSpropTF(p, 0.1, alpha=0.9, momentum=0.9, eps=1.0),
        lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.9, momentum=0.9, eps=1.0),
    ):
        weight = nn.Parameter(start.clone())
        optimizer = make([weight])
        for grad in grads:
            weight.grad = grad.clone()
            optimizer.step()
        ends.append(weight.detach())
    ours, tensorflow, torchs = ends
    assert torch.allclose(ours, tensorflow, atol=1e-6)
    assert (ours - torchs).abs().max() > 0.05
    # one step by hand: s = 0.9 · 1 + 0.1 · 4 = 1.3; the step is 2 / √(1.3 + 1)
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.tensor([2.0])
    RMSProp([weight], lr=1.0).step()
    assert weight.item() == pytest.approx(-2 / math.sqrt(2.3))


def test_label_smoothing_and_auxiliary_loss():
    model = small(aux=True).eval()
    images, labels = toy(6)
    x = il.as_input(images)
    logits, extra = model.forward_with_aux(x)

    def smoothed(scores):  # 0.9 on the label and 0.1 spread over all three
        target = torch.full((6, 3), 0.1 / 3)
        target[torch.arange(6), labels] += 0.9
        return -(target * scores.log_softmax(1)).sum(1).mean()

    want = smoothed(logits) + 0.3 * smoothed(extra["conv1"])
    got = _loss(model, x, labels, Recipe(label_smoothing=0.1))
    assert torch.allclose(got, want, atol=1e-6)
    main = _loss(model, x, labels, Recipe(aux_weight=0.0))
    assert torch.allclose(main, nn.functional.cross_entropy(logits, labels))


def test_auxiliary_heads_are_trained():
    model = small(aux=True)
    before = model.aux["conv1"].fc.weight.detach().clone()
    fit(model, toy(), epochs=1, batch_size=16, **QUIET)
    assert not torch.equal(before, model.aux["conv1"].fc.weight)


def test_long_gradients_are_clipped():
    ends = []
    for clip in (None, 1e-3):
        model = small(dropout=0.0)
        start = [p.detach().clone() for p in model.parameters()]
        fit(
            model, toy(), epochs=1, max_steps=1, optimizer="sgd", lr=1.0, momentum=0.0,
            weight_decay=0.0, clip_norm=clip, **QUIET,
        )  # fmt: skip
        moved = [(p.detach() - s).norm() for p, s in zip(model.parameters(), start, strict=True)]
        ends.append(float(torch.stack(moved).norm()))
    assert ends[0] > 0.01
    assert ends[1] == pytest.approx(1e-3, rel=1e-3)


def test_biases_and_normalization_do_not_decay():
    groups = make_optimizer(small(), Recipe(weight_decay=0.5)).param_groups
    assert [group["weight_decay"] for group in groups] == [0.5, 0.0]
    assert all(p.ndim > 1 for p in groups[0]["params"])
    assert all(p.ndim == 1 for p in groups[1]["params"])


def test_the_bar_is_on_stdout_and_ends_without_time_or_rate(capsys):
    fit(small(), toy(), epochs=2, batch_size=16, device="cpu")
    out, err = capsys.readouterr()
    assert err == ""
    last = out.rstrip().split("\r")[-1].rstrip()
    assert last == "100% |########################| 6/6 steps"


# ---- checkpoints ----

# One process imports torch and forks for each run: such a run can be killed.
FORKS = multiprocessing.get_context("forkserver" if hasattr(signal, "SIGKILL") else None)
FORKS.set_forkserver_preload(["inception_lib.training.loop", "torch._dynamo"])


def run(checkpoint, kill, optimizer, says):
    """Train; be killed after step `kill`, or write what came out to `says`."""

    def on_step(step, model):
        if step == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    model = small(aux=True)
    history = fit(
        model, toy(), toy(9), epochs=3, batch_size=8, optimizer=optimizer, clip_norm=2.0, every=4,
        label_smoothing=0.1, checkpoint=checkpoint, on_step=on_step, **QUIET,
    )  # fmt: skip
    says.write_text(repr((digest(model), history.losses, len(history.epochs))))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize(
    ("optimizer", "kills"), [("adamw", (1, 7)), ("sgd", (13,)), ("rmsprop", (6, 12, 17))]
)
def test_killed_and_resumed_is_bit_equal(tmp_path, optimizer, kills):
    """Killed before the first checkpoint, between two, on an epoch's edge, and at the last step."""
    checkpoint, whole, resumed = (tmp_path / name for name in ("run.pt", "whole", "resumed"))
    runs = [(None, None, whole), *((checkpoint, kill, resumed) for kill in (*kills, None))]
    for path, kill, says in runs:
        process = FORKS.Process(target=run, args=(path, kill, optimizer, says))
        process.start()
        process.join()
        assert process.exitcode == (-signal.SIGKILL if kill else 0)
        assert says.exists() != bool(kill)
    assert resumed.read_text() == whole.read_text()
    assert len(resumed.read_text().split(",")) == 1 + 18 + 1
    assert {path.name for path in tmp_path.iterdir()} == {"run.pt", "whole", "resumed"}


def test_a_finished_run_is_not_run_again(tmp_path):
    path, steps = tmp_path / "run.pt", []
    first = small()
    history = fit(first, toy(), epochs=1, batch_size=8, checkpoint=path, **QUIET)
    again = small(seed=9)
    other = fit(
        again, toy(), epochs=1, batch_size=8, checkpoint=path,
        on_step=lambda step, model: steps.append(step), **QUIET,
    )  # fmt: skip
    assert digest(again) == digest(first)
    assert other.losses == history.losses
    assert steps == [6]


def checkpointed(path, **changes):
    fit(small(), toy(), epochs=2, batch_size=8, checkpoint=path, max_steps=4, **QUIET)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("model", "data", "changes", "says"),
    [
        (small(classes=4), toy(), {}, "another model"),
        (small(), toy(seed=3), {}, "another data"),
        (small(), toy(), {"lr": 0.5}, r"another recipe: it has lr 0.002, this run has 0.5"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_and_kept(tmp_path, model, data, changes, says):
    path = tmp_path / "run.pt"
    before = checkpointed(path)
    with pytest.raises(CheckpointError, match=says):
        fit(model, data, epochs=2, batch_size=8, checkpoint=path, **changes, **QUIET)
    assert path.read_bytes() == before


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    path.write_bytes(checkpointed(path)[:500])
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        fit(small(), toy(), checkpoint=path, **QUIET)


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    before = checkpointed(path)

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match=r"the disk is full.*step 4, is in"):
        fit(small(), toy(), epochs=2, batch_size=8, checkpoint=path, **QUIET)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


def test_a_loss_that_is_not_finite_keeps_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    images, labels = toy()
    before = {}

    def on_step(step, model):
        if step == 7:
            before["file"] = path.read_bytes()
            with torch.no_grad():
                model.head.fc.weight[0, 0] = math.nan

    with pytest.raises(TrainingError, match=r"step 7: the loss is nan .*of step 6, is in"):
        fit(
            small(), (images, labels), epochs=2, batch_size=8, checkpoint=path, every=3,
            on_step=on_step, **QUIET,
        )  # fmt: skip
    assert path.read_bytes() == before["file"]


def test_without_a_checkpoint_the_message_says_so():
    with pytest.raises(TrainingError, match="There is no checkpoint of this run"):
        fit(small(), toy(), epochs=1, optimizer="sgd", lr=1e30, batch_size=8, **QUIET)


# ---- bad input ----


TWO, LABELS = torch.zeros(2, 3, 12, 12), torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("data", "changes", "error", "says"),
    [
        ((TWO[:0], LABELS[:0]), {}, ValueError, "training data is empty"),
        ((TWO, LABELS * 3), {}, ValueError, "has the label 3; the model has 3"),
        ((TWO, LABELS - 1), {}, ValueError, "has the label -1"),
        ((TWO, LABELS[:1]), {}, ValueError, "2 pictures and 1 labels"),
        (toy(), {"test": (TWO, LABELS * 5)}, ValueError, "the test data has the label 5"),
        (toy(), {"optimizer": "adam"}, ValueError, "Did you mean 'adamw'"),
        (toy(), {"schedule": "cosin"}, ValueError, "Did you mean 'cosine'"),
        (toy(), {"epochs": 0}, ValueError, "epochs is 0"),
        (toy(), {"lr": -1.0}, ValueError, "lr is -1.0"),
        (toy(), {"clip_norm": 0.0}, ValueError, "clip_norm is 0.0"),
        (toy(), {"max_steps": 0}, ValueError, "max_steps is 0"),
        (toy(), {"label_smoothin": 0.1}, TypeError, "Did you mean 'label_smoothing'"),
    ],
)
def test_bad_input(data, changes, error, says):
    with pytest.raises(error, match=says):
        fit(small(), data, **changes, **QUIET)


# ---- the command line ----


@pytest.mark.slow
def test_help_is_for_strangers():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "inception_lib.training", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for word in ("mini_reduced", "--recipe NAME", "--out DIR", "ladder_digits", "minute"):
        assert word in run.stdout


def test_an_unknown_recipe_names_the_nearest(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["--recipe", "mini_reducd", "--out", str(tmp_path)])
    assert "Did you mean 'mini_reduced'" in capsys.readouterr().err


@pytest.fixture
def few_digits(monkeypatch):
    """A few pictures in place of the digits, which take seconds to read."""
    few = torch.randint(256, (200, 1, 28, 28), dtype=torch.uint8), torch.arange(200) % 10
    monkeypatch.setattr(plans, "_digits", lambda: (few, few))


@pytest.mark.usefixtures("few_digits")
def test_the_command_writes_weights_and_their_record(capsys, tmp_path, monkeypatch):
    quick = Plan("quick", "mini_bn", "digits", Recipe(epochs=1, batch_size=20))
    monkeypatch.setitem(PLANS, "quick", quick)
    assert main(["--recipe", "quick", "--seeds", "0", "2", "--out", str(tmp_path)]) == 0
    files = [f"{stem}.{kind}" for stem in ("quick-2", "quick") for kind in ("json", "safetensors")]
    assert sorted(p.name for p in tmp_path.iterdir()) == files
    assert json.loads((tmp_path / "quick-2.json").read_text())["seed"] == 2
    kept = json.loads((tmp_path / "quick.json").read_text())
    content = (tmp_path / "quick.safetensors").read_bytes()
    assert kept["sha256"] == hashlib.sha256(content).hexdigest()
    assert kept["bytes"] == len(content)
    assert len(kept["first_losses"]) == 10
    assert kept["macs"] == il.cost("mini_bn", in_channels=1, input_size=28).macs
    assert "test accuracy" in capsys.readouterr().out


def test_a_device_is_taken_or_refused_at_once(capsys, tmp_path, monkeypatch):
    def says(*given):
        with pytest.raises(SystemExit):
            main(["--out", str(tmp_path), *given])
        return capsys.readouterr().err.splitlines()[-1]

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    text = says("--recipe", "ladder", "--device", "gpu")
    assert "invalid choice: 'gpu' (choose from" in text and "cuda" in text
    assert "cuda is for a single network" in says("--recipe", "ladder", "--device", "cuda")
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("few_digits")
def test_the_command_says_what_went_wrong(capsys, tmp_path):
    (tmp_path / "linear_digits.pt").write_bytes(b"no checkpoint")
    assert main(["--recipe", "linear_digits", "--out", str(tmp_path)]) == 1
    assert "cannot be read as a checkpoint" in capsys.readouterr().err


# ---- modes ----


def frozen() -> torch.nn.Module:
    """A small network whose first stage is frozen: its statistics are to stay."""
    model = il.create_model("mini_bn", seed=0)
    model.stages["conv1"].eval()
    return model


def modes(model: torch.nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


X, Y = torch.zeros(4, 3, 32, 32, dtype=torch.uint8), torch.arange(4)
LOOKS = {
    "predict": lambda m: il.predict(m, X),
    "evaluate": lambda m: il.evaluate(m, (X, Y)),
    "fit": lambda m: il.fit(m, (X, Y), (X, Y), epochs=1, batch_size=4, progress=False),
    "silencing": lambda m: il.silencing(m, "3a", X, Y),
    "most_exciting": lambda m: il.most_exciting(m, "3a", X),
    "watch": lambda m: il.Watch(["3a"], X)(0, m),
    "cross_check": lambda m: il.cross_check(m, (3, 32, 32)),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("whole", [True, False])
def test_every_module_keeps_its_mode(look, whole):
    model = frozen() if whole else frozen().eval()
    before = modes(model)
    LOOKS[look](model)
    assert modes(model) == before


def test_what_is_frozen_stays_frozen_while_the_rest_trains():
    model = frozen()
    still, moving = model.stages["conv1"].norm, model.stages["3a"]["1x1"].norm
    before = [norm.running_mean.clone() for norm in (still, moving)]
    il.fit(model, il.photo_patches("train", 64), epochs=1, batch_size=32, progress=False)
    assert torch.equal(still.running_mean, before[0])
    assert not torch.equal(moving.running_mean, before[1])
