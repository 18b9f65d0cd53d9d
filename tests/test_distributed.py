"""One loop for one process or many: what it computes, real kills, and what it says when it stops."""

import errno
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import inception_lib as il
from inception_lib.errors import CheckpointError, DataError, TrainingError
from inception_lib.training import kept
from inception_lib.training.__main__ import main
from inception_lib.training.distributed import Options, train
from inception_lib.training.processes import Processes, Unanswered, meet
from inception_lib.training.recipes import recipes
from tests.distributed_run import DATA, RECIPE, Noise, undropped

RUN = Path(__file__).with_name("distributed_run.py")
HERE = Processes(device=torch.device("cpu"))
QUIET = Options(every=4, progress=False)
SHORT = replace(RECIPE, epochs=1)


@pytest.fixture(autouse=True)
def one_thread():
    """As the processes have it: with more, sums come out differently in their last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def torchrun(count: int, out: Path, **asked) -> subprocess.CompletedProcess:
    """tests/distributed_run.py in so many processes, which torchrun starts again twice at most."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count),
        "--max-restarts", str(asked.pop("restarts", 2)),
        str(RUN), json.dumps({"out": str(out), **asked}),
    ]  # fmt: skip
    places = os.pathsep.join([str(RUN.parent.parent), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": places}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=1800)


def weights(count: int, out: Path, **asked) -> bytes:
    done = torchrun(count, out, **asked)
    assert done.returncode == 0, done.stderr
    return (out / "weights").read_bytes()


def log(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def alone(out: Path, recipe=RECIPE, data=DATA, options=QUIET, on_step=None, processes=HERE):
    return train(recipe, data, out, processes, options, on_step)


def without_dropout(step, model):
    undropped(model)


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# ---- many processes ----


@pytest.mark.slow
def test_killed_and_begun_again_is_bit_equal_and_two_are_one(tmp_path):
    """One of two processes is killed; and two halves of each batch are the whole batch, to rounding."""
    whole = weights(2, tmp_path / "whole")
    assert weights(2, tmp_path / "killed", kill={"1": 7}) == whole
    lines = log(tmp_path / "killed")
    assert lines == log(tmp_path / "whole")
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 19))
    assert sum(line["pictures"] for line in lines if "loss" in line) == 3 * len(DATA[0])
    single = alone(tmp_path / "single", on_step=without_dropout).model.state_dict()
    two = load_file(tmp_path / "whole" / "weights")
    assert max(float((two[key] - value).abs().max()) for key, value in single.items()) < 1e-4
    start = il.create_model(RECIPE.model, num_classes=3, aux=True, seed=0).state_dict()
    for part in ("head", "aux"):  # the gradients of auxiliary heads are added up too
        moved = [(two[k] - value).abs().max() for k, value in start.items() if k.startswith(part)]
        assert max(moved) > 1e-2, part


KILLS = {
    "one": {"kill": {"1": 7}},
    "the first": {"kill": {"0": 2}},
    "all": {"kill": {"0": 9, "1": 9, "2": 9}},
    "while it writes": {"writing": 12},
}


@pytest.mark.nightly
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("model", ["mini_googlenet_aux", "mini_bn"])
def test_every_kill_ends_in_the_same_bits(tmp_path, count, model):
    """With dropout, and with batch normalization, whose statistics each process has for itself."""
    asked = {"dropout": True, "recipe": {"model": model, "aux": model == "mini_googlenet_aux"}}
    whole = weights(count, tmp_path / "whole", **asked)
    for name, kill in KILLS.items():
        assert weights(count, tmp_path / name, **asked, **kill) == whole, name
        assert log(tmp_path / name) == log(tmp_path / "whole"), name


@pytest.mark.nightly
@pytest.mark.parametrize("count", [2, 3])
def test_torchrun_itself_is_killed_and_the_command_given_again(tmp_path, count):
    whole = weights(count, tmp_path / "whole", dropout=True)
    out = tmp_path / "again"
    assert torchrun(count, out, dropout=True, launcher=10).returncode == -signal.SIGKILL
    assert weights(count, out, dropout=True, launcher=10) == whole
    assert log(out) == log(tmp_path / "whole")


@pytest.mark.nightly
def test_another_number_of_processes_goes_on_with_the_same_pictures(tmp_path):
    out = tmp_path / "changed"
    assert torchrun(2, out, kill={"1": 10}, restarts=0).returncode != 0
    changed = torchrun(3, out, accumulate=3)
    assert changed.returncode == 0, changed.stderr
    assert "going on after step 8" in changed.stdout
    single = alone(tmp_path / "single", on_step=without_dropout).model.state_dict()
    three = load_file(out / "weights")
    assert max(float((three[key] - value).abs().max()) for key, value in single.items()) < 1e-4
    steps = [[line for line in log(each) if "loss" in line] for each in (out, tmp_path / "single")]
    assert [line["pictures"] for line in steps[0]] == [line["pictures"] for line in steps[1]]


@pytest.mark.nightly
def test_batch_normalization_of_two_halves_is_another(tmp_path):
    recipe = {"model": "mini_bn", "aux": False}
    weights(2, tmp_path / "two", recipe=recipe)
    single = alone(tmp_path / "single", replace(RECIPE, **recipe)).model.state_dict()
    two = load_file(tmp_path / "two" / "weights")
    assert max(float((two[key] - value).abs().max()) for key, value in single.items()) > 1e-2


@pytest.mark.nightly
def test_a_process_that_hangs_is_named(tmp_path):
    done = torchrun(2, tmp_path, hang={"1": 5}, timeout=120, restarts=0)
    assert done.returncode != 0
    assert "step 5: rank 1 (last seen at step 4) did not answer rank 0 within 120 s" in done.stderr


def test_who_was_killed_and_started_again_is_not_taken_for_the_one_before():
    """All of an attempt agree on a prefix, whatever names an earlier one has left in the store."""
    store = torch.distributed.HashStore()
    prefixes = []
    for _ in range(2):
        found = {}

        def come(rank, found=found):
            found[rank] = meet(store, rank, 3, 60)

        ranks = [Thread(target=come, args=(rank,)) for rank in range(3)]
        for rank in ranks:
            rank.start()
        for rank in ranks:
            rank.join()
        assert len(found) == 3 and len(set(found.values())) == 1
        prefixes.append(found[0])
    assert prefixes[0] != prefixes[1]
    with pytest.raises(Unanswered, match=r"rank 1 waited 0\.1 s for rank 0 to start"):
        meet(torch.distributed.HashStore(), 1, 2, 0.1)


# ---- one process ----


class Stop(Exception):
    """What ends a run in the middle, as a kill would."""


def stopped(out, at, **options):
    def on_step(step, model):
        if step == at:
            raise Stop

    with pytest.raises(Stop):
        alone(out, on_step=on_step, **options)


VARIETIES = {
    "in parts": (RECIPE, replace(QUIET, accumulate=3)),
    "by chance": (
        replace(
            RECIPE, model="mini_bn", aux=False, smallest=0.3, autoaugment=True, erasing=0.5, mixup=0.2,
            optimizer="rmsprop", lr=0.02,
        ),
        replace(QUIET, workers=2, precision="bf16"),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("variety", VARIETIES)
def test_stopped_and_gone_on_is_bit_equal(tmp_path, variety):
    recipe, options = VARIETIES[variety]
    whole = alone(tmp_path / "whole", recipe, options=options)
    for at in (3, 11):
        stopped(tmp_path / "parts", at, recipe=recipe, options=options)
    parts = alone(tmp_path / "parts", recipe, options=options)
    assert same(whole.model, parts.model)
    assert log(tmp_path / "parts") == log(tmp_path / "whole")
    assert [row["epoch"] for row in parts.epochs] == [1, 2, 3]
    assert parts.epochs[-1]["test_accuracy"] > (0.2 if recipe.autoaugment else 0.5)
    files = sorted(path.name[:14] for path in (tmp_path / "parts" / "checkpoints").iterdir())
    assert files == ["step-000000016", "step-000000018"]


@pytest.mark.slow
def test_parts_of_a_batch_are_the_batch(tmp_path):
    """Gradient accumulation, without dropout and batch normalization: 41 pictures in batches of 8."""
    ends = [
        alone(
            tmp_path / str(parts),
            SHORT,
            options=replace(QUIET, accumulate=parts),
            on_step=without_dropout,
        )
        for parts in (1, 3)
    ]
    pairs = zip(*(end.model.state_dict().values() for end in ends), strict=True)
    assert max(float((a - b).abs().max()) for a, b in pairs) < 1e-5


def test_what_is_saved_is_the_average(tmp_path):
    """With a decay of a half, after two steps: the mean of what each left."""
    seen = {}

    def on_step(step, model):
        seen[step] = model.head.fc.weight.detach().clone()

    two = replace(QUIET, steps=2)
    averaged = alone(tmp_path / "1", replace(SHORT, average=0.5), options=two, on_step=on_step)
    assert torch.allclose(averaged.model.head.fc.weight, (seen[1] + seen[2]) / 2, atol=1e-7)
    assert not torch.equal(seen[1], seen[2])
    last = alone(tmp_path / "2", replace(SHORT, average=None), options=two)
    assert torch.equal(last.model.head.fc.weight, seen[2])


REFUSED = [
    (SHORT, {"sync_bn": True}, HERE, "--sync-bn"),
    (SHORT, {"precision": "fp16"}, HERE, "fp16 is for GPUs"),
    (SHORT, {"precision": "bf8"}, HERE, "Did you mean 'bf16'"),
    (SHORT, {"every": 0}, HERE, "at least 1"),
    (replace(SHORT, batch_size=2), {}, replace(HERE, world=3), "a batch of 2 .* among 3"),
]


@pytest.mark.parametrize(("recipe", "changes", "processes", "says"), REFUSED)
def test_what_cannot_be_done_is_refused(tmp_path, recipe, changes, processes, says):
    with pytest.raises(ValueError, match=says):
        alone(tmp_path, recipe, options=replace(QUIET, **changes), processes=processes)
    assert not any(tmp_path.iterdir())


# ---- checkpoints ----


def checkpoints(out: Path) -> list[Path]:
    return sorted((out / "checkpoints").glob("step-*.pt"))


@pytest.fixture
def half(tmp_path):
    """A run that was stopped: checkpoints of steps 4 and 6, the end of an epoch."""
    stopped(tmp_path, 7)
    assert [path.name[5:14] for path in checkpoints(tmp_path)] == ["000000004", "000000006"]
    return tmp_path


def spoilt(path: Path, how: str) -> Path:
    content = path.read_bytes()
    if how == "cut short":
        path.write_bytes(content[:500])
        return path
    state = kept.read(content)
    if how == "cannot be read":
        state = {"model": Bomb()}
    elif how == "a later version":
        state["format"] = 99
    else:
        state["belongs"]["recipe"]["lr"] = 5.0
    path.unlink()
    torch.save(state, path)
    name = f"{path.name[:15]}{kept._digest(path.read_bytes())}.pt"
    return path.rename(path.with_name(name))


class Bomb:
    """What a pickle would run as it is read."""

    def __reduce__(self):
        return (Path("exploded").touch, ())


@pytest.mark.parametrize(
    "how", ["cut short", "a later version", "of another recipe: it has lr 5.0", "cannot be read"]
)
def test_a_checkpoint_that_cannot_be_used_is_named_and_the_one_before_taken(
    half, how, capsys, monkeypatch
):
    monkeypatch.chdir(half)
    bad = spoilt(checkpoints(half)[-1], how)
    before = bad.read_bytes()
    outcome = alone(half, options=replace(QUIET, steps=None))
    said = capsys.readouterr().out
    assert f"{bad.name} is not used" in said and how in said and "going on after step 4" in said
    assert bad.read_bytes() == before
    assert not Path("exploded").exists()
    assert same(outcome.model, alone(half / "whole").model)


def test_without_one_that_can_be_used_nothing_is_begun_anew(half):
    before = {path: path.read_bytes() for path in checkpoints(half)}
    with pytest.raises(
        CheckpointError, match=r"no checkpoint in .* can be used.*lr 0\.002, this run has 0\.1"
    ):
        alone(half, replace(RECIPE, lr=0.1))
    assert {path: path.read_bytes() for path in checkpoints(half)} == before


def test_a_full_disk_keeps_what_is_there(half, monkeypatch):
    before = {path: path.read_bytes() for path in checkpoints(half)}

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    def on_step(step, model):
        if step == 7:  # the log is written by then
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(
        TrainingError, match=r"step 8: .* the disk is full\. The last good .*step-000000006"
    ):
        alone(half, on_step=on_step)
    assert {path: path.read_bytes() for path in checkpoints(half)} == before
    assert len(list((half / "checkpoints").iterdir())) == 2
    monkeypatch.undo()
    assert same(alone(half).model, alone(half / "whole").model)


def test_a_loss_that_is_not_finite_stops_with_step_and_rate(tmp_path):
    def on_step(step, model):
        if step == 5:
            with torch.no_grad():
                model.head.fc.weight[0, 0] = math.nan

    with pytest.raises(
        TrainingError, match=r"step 5: the loss is nan at a learning rate of .*step-000000004"
    ):
        alone(tmp_path, on_step=on_step)


# ---- pictures that cannot be read ----


class Damaged(Noise):
    """Of which some cannot be read."""

    bad, error = (3, 20), ValueError("cut short")

    def picture(self, index):
        if index in self.bad:
            raise self.error
        return super().picture(index)


def test_damaged_pictures_are_named_and_counted(tmp_path, capsys):
    outcome = alone(tmp_path, data=(Damaged(), DATA[1]))
    assert outcome.skipped == 6  # two in each of three epochs
    lines = log(tmp_path)
    assert sum(line.get("pictures", 0) for line in lines) == 3 * 39
    assert [name for line in lines for name in line.get("skipped", [])].count(
        "noise 20 (cut short)"
    ) == 3
    assert "skipped noise 3 (cut short)" in capsys.readouterr().out
    with pytest.raises(
        TrainingError, match=r"3 pictures could not be read, more than --skip-limit 2"
    ):
        alone(tmp_path / "2", data=(Damaged(), DATA[1]), options=replace(QUIET, skip_limit=2))


def test_a_step_without_a_picture_changes_nothing_but_is_a_step(tmp_path):
    class Nothing(Damaged):
        bad = range(41)

    with pytest.raises(TrainingError, match="could not be read"):
        alone(tmp_path, data=(Nothing(), DATA[1]))


def test_data_that_have_changed_stop_the_run(tmp_path):
    class Changed(Damaged):
        error = DataError("the shard x.tar has changed.")

    with pytest.raises(
        TrainingError, match=r"the shard x\.tar has changed\. There is no checkpoint"
    ):
        alone(tmp_path, data=(Changed(), DATA[1]))


# ---- the command line ----


@pytest.fixture
def noise(monkeypatch):
    """A few pictures in place of 24,000."""
    monkeypatch.setattr("inception_lib.training.launch.sources", lambda data, verify: DATA)


def test_the_command_writes_what_load_reads(tmp_path, capsys, noise):
    out = tmp_path / "out"
    given = ["--recipe", "mini_googlenet", "--data", "bundled", "--out", str(out), "--quiet"]
    given += [
        "--device",
        "cpu",
        "--tensorboard",
        "--set",
        "batch_size=8",
        "epochs=2",
        "optimizer=sgd",
        "average=0.5",
    ]
    assert main(given) == 0
    model = il.load(out / "mini_googlenet.safetensors")
    assert model.num_classes == 3 and model.preprocessing.size == 32
    record = json.loads((out / "mini_googlenet.json").read_text())
    assert record["recipe"]["optimizer"] == "sgd" and record["processes"] == 1
    assert record["test_accuracy"] == record["epochs"][-1]["test_accuracy"]
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoints", "log.jsonl", "mini_googlenet.json", "mini_googlenet.safetensors", "tensorboard",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    said = capsys.readouterr()
    assert said.err == "" and "epoch 2: training loss" in said.out
    assert main(given) == 0  # once more: nothing is left to do
    assert "going on after step 12" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--recipe", "mini_googlenet"], "mini_googlenet needs --data"),
        (["--recipe", "mini_bn", "--data", "bundled"], "mini_bn has pictures of its own"),
        (["--recipe", "googlenet_mindvc", "--data", "x"], "Did you mean 'googlenet_mindcv'"),
        (
            ["--recipe", "mini_googlenet", "--data", "bundled", "--set", "lrr=1"],
            "Did you mean 'lr'",
        ),
        (
            ["--recipe", "mini_googlenet", "--data", "bundled", "--set", "amp=true"],
            "field of a recipe",
        ),
        (
            ["--recipe", "mini_googlenet", "--data", "bundled", "--sync-bn", "--device", "cpu"],
            "--sync-bn",
        ),
    ],
)
def test_the_command_refuses_in_a_sentence(tmp_path, capsys, noise, given, says):
    with pytest.raises(SystemExit):
        main([*given, "--out", str(tmp_path)])
    assert says in capsys.readouterr().err


def test_only_the_first_process_complains(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(SystemExit):
        main(["--recipe", "nothing", "--out", str(tmp_path)])
    assert capsys.readouterr() == ("", "")


def test_help_shows_the_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for word in (
        "torchrun --standalone --nproc-per-node 2",
        "bundled",
        "inception_v3_mindcv",
        "log.jsonl",
    ):
        assert word in said


# ---- recipes ----


def test_recipes_say_where_they_are_from():
    for name, recipe in recipes().items():
        assert recipe.source and il.architecture(recipe.model, aux=recipe.aux or None), name
        assert recipe.reported is None or 60 < recipe.reported < 85
    assert il.recipes()["inception_v3_mindcv"].reported == 79.25
    assert (
        sum(recipe.reported is None for recipe in recipes().values()) == 2
    )  # the small one, the paper's


def test_the_rate_of_a_recipe():
    recipe = recipes()["googlenet_mindcv"]
    rates = [recipe.lr_at(step, 3000, 10) for step in range(3000)]
    assert rates[0] == pytest.approx(0.01 / 20) and rates[19] == rates[20] == 0.01
    assert rates[20 + 1000] == pytest.approx((0.01 + 1e-4) / 2)
    assert rates[20 + 2000] == rates[-1] == pytest.approx(1e-4)
    assert il.TrainingRecipe(warmup_epochs=2, lr=1.0, schedule="constant").lr_at(4, 100, 10) == 0.25
    paper = recipes()["inception_v3_paper"]
    assert paper.lr_at(20, 1000, 10) == pytest.approx(0.045 * 0.94)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"average": 1.0}, "average is 1.0"),
        ({"smallest": 0}, "smallest is 0"),
        ({"mixup": -1}, "mixup is -1"),
        ({"aux": "yes"}, "aux is 'yes'"),
        ({"input_size": 0}, "input_size is 0"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        replace(RECIPE, **change)


def test_biases_decay_where_the_source_lets_them(tmp_path):
    biases = []
    for everything in (True, False):
        recipe = replace(SHORT, decay_all=everything, weight_decay=0.5, optimizer="sgd", lr=0.1)
        outcome = alone(tmp_path / str(everything), recipe, options=replace(QUIET, steps=2))
        biases.append(outcome.model.head.fc.bias)
    assert not torch.equal(*biases)
