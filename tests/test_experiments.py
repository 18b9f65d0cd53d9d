"""Experiments and ladders: done in parts, gone on with, and each with a record that ships."""

import json
from functools import partial
from importlib import import_module

import pytest
import torch

import inception_lib as il
from inception_lib import experiments
from inception_lib.errors import CheckpointError
from inception_lib.experiments import residual_shortcut
from inception_lib.training import plans, runner
from inception_lib.training.__main__ import main
from inception_lib.training.loop import History
from inception_lib.weights import records

pytestmark = pytest.mark.slow  # trains

RECORDS = [*plans.LADDERS, *experiments.experiments()]


@pytest.fixture
def small(monkeypatch):
    calls = []

    def data():
        return [(torch.zeros(2), torch.zeros(2))]

    def register(rate=1, lists=False):
        def compute(seed):
            calls.append(seed)
            return {"value": seed * rate}

        def makes(seeds):
            return {
                f"on/off, seed {s}": runner.Part(partial(compute, s), data, {"rate": rate})
                for s in seeds
            }

        it = experiments.Experiment(makes, (1, 2), lists)
        monkeypatch.setitem(experiments._EXPERIMENTS, "small", it)
        return calls

    return register


def test_a_stopped_experiment_goes_on(small, tmp_path, capsys):
    calls = small()
    first = experiments.run("small", tmp_path)
    assert "small: on/off, seed 2, 0.0 s" in capsys.readouterr().out
    (tmp_path / "runs" / "small-on_off,_seed_2.json").unlink()
    again = experiments.run("small", tmp_path, progress=False)
    assert calls == [1, 2, 2]
    assert again == first == json.loads((tmp_path / "small.json").read_text())
    assert again["parts"] == {"on/off, seed 1": {"value": 1}, "on/off, seed 2": {"value": 2}}
    assert again["versions"] == runner.versions()
    more = experiments.run("small", tmp_path, (4,), progress=False)  # the others stay as they are
    assert calls == [1, 2, 2, 4] and len(more["parts"]) == 3
    small(lists=True)
    listed = experiments.run("small", tmp_path, (4,), progress=False)["parts"]
    assert listed == {"on/off": [{"value": 1}, {"value": 2}, {"value": 4}]}


def test_a_part_of_another_plan_is_refused_and_kept(small, tmp_path, capsys):
    small()
    experiments.run("small", tmp_path)
    file = tmp_path / "runs" / "small-on_off,_seed_1.json"
    before = file.read_bytes()
    calls = small(rate=3)
    with pytest.raises(CheckpointError, match=r"has rate 1, this run has 3\. Name another folder"):
        experiments.run("small", tmp_path)
    assert experiments.main(["small", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert calls == [1, 2] and file.read_bytes() == before
    file.write_text('{"result": 0}')
    with pytest.raises(CheckpointError, match="it has no key"):
        experiments.run("small", tmp_path)


def test_parts_of_other_versions_say_so(small, tmp_path):
    small()
    experiments.run("small", tmp_path)
    file = tmp_path / "runs" / "small-on_off,_seed_2.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"versions": {"torch": "1"}}))
    found = experiments.run("small", tmp_path)["versions"]
    assert found[0] == runner.versions() | {"parts": ["on/off, seed 1"]}
    assert found[1] == {"torch": "1", "parts": ["on/off, seed 2"]}


def test_the_command_line_says_what_is_wrong(small, tmp_path, capsys):
    small()
    with pytest.raises(KeyError, match="small"):
        experiments.run("smal", tmp_path)
    for given, says in (
        (["smal"], "Did you mean 'small'"),
        (["small", "--threads", "0"], "give at least 1"),
        (["small", "--seeds", "-1"], "a seed is at least 0"),
        (["multi_crop", "--seeds", "3"], "multi_crop has no seeds"),
    ):
        with pytest.raises(SystemExit):
            experiments.main([*given, "--out", str(tmp_path)])
        assert says in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "part", "short"),
    [
        ("asymmetric_places", "asymmetric everywhere, seed 0", {"max_steps": 4}),
        ("branch_roles", "crossed, seed 0", {"max_steps": 3}),
        ("label_smoothing", "digits, smoothing 0.1, seed 0", {"max_steps": 3}),
        ("large_batch", "batch 256, rate 0.08, seed 0", {"max_steps": 2}),
        ("residual_scaling", "width 128, rate 0.045, scale 0.3, seed 0", {"steps": 10}),
        ("residual_shortcut", "4 blocks, rate 0.002, no shortcut, seed 0", {"steps": 8}),
        ("uniform_blocks", "deeper, seed 0", {"max_steps": 2}),
    ],
)
def test_a_short_run_begins_as_its_record(name, part, short):
    """Roughly: losses drift apart between processors."""
    kept = il.training_record(name)["parts"][part]
    then = kept["losses"] if "losses" in kept else kept["first_losses"]
    then = list(map(float, then.split())) if isinstance(then, str) else then
    arguments = experiments.experiments()[name].parts()[part].compute.args
    found = import_module(f"inception_lib.experiments.{name}").train(*arguments, **short)
    found = found[1] if isinstance(found, tuple) else found
    losses = found["losses"] if isinstance(found, dict) else found.losses
    assert losses and losses == pytest.approx(then[: len(losses)], abs=0.05)


@pytest.fixture
def nothing_is_computed(monkeypatch):
    def refuse():
        raise AssertionError(
            "a part has another key than in weights/files/keys.txt. Where its result is another, too, "
            "compute it again; else copy keys.txt of the folder that this run has begun to write."
        )

    monkeypatch.setattr(runner, "versions", refuse)


def do(name, *args, **options):
    run = plans.run_ladder if name in plans.LADDERS else experiments.run
    return run(name, *args, **options)


@pytest.mark.parametrize("name", RECORDS)
def test_what_ships_is_not_computed_again(name, tmp_path, nothing_is_computed, missing, capsys):
    """Its keys are those of the constants and the data as they are, and its record is the same file."""
    was, now = il.training_record(name)["versions"], plans.versions()
    if {package for package in now if now[package] != was[package]} - {"python", "torch"}:
        missing("other versions than those of the record: the data may be others")
    do(name, tmp_path)
    record = (tmp_path / f"{name}.json").read_bytes()
    assert record == (records.FILES / f"{name}.json").read_bytes()
    assert (tmp_path / "keys.txt").read_bytes() == (records.FILES / "keys.txt").read_bytes()
    assert "parts are from the record that ships; --again" in capsys.readouterr().out


@pytest.mark.parametrize("again", [True, False])
def test_what_is_to_be_again_or_has_changed_is_computed(
    again, tmp_path, nothing_is_computed, monkeypatch
):
    if not again:
        monkeypatch.setattr(residual_shortcut, "STEPS", 161)
    with pytest.raises(AssertionError, match="another key"):
        experiments.run("residual_shortcut", tmp_path, again=again)


def test_a_seed_is_added_to_a_table(tmp_path, monkeypatch):
    """Run alone and beside it: what was there stays, and once it ships it is taken, too."""
    history = History({}, [1.0] * 8, [{"train_loss": 0.5, "test_accuracy": 0.25}], 2.0)
    trained = []

    def train(name, seed, **options):
        trained.append(seed)
        return None, history

    monkeypatch.setattr(plans, "train_plan", train)
    monkeypatch.setattr(runner, "versions", lambda: {"torch": "9"})
    begun, then = tmp_path / "begun", tmp_path / "then"
    command = ["--recipe", "ladder_digits", "--seeds", "5", "--out"]
    assert main([*command, str(begun)]) == 0
    table, old = (
        json.loads((begun / "ladder_digits.json").read_text()),
        il.training_record("ladder_digits"),
    )
    assert trained == [5] * 9 and table["seeds"] == [0, 1, 2, 3, 4, 5]
    for name, row in table["rows"].items():
        for key in ("test_accuracy", *plans.EACH):
            assert row[key][:5] == old["rows"][name][key] and len(row[key]) == 6
        assert row["mean"] == round(sum(row["test_accuracy"]) / 6, 4)
    assert [len(group["parts"]) for group in table["versions"]] == [45, 9]
    monkeypatch.setattr(records, "FILES", begun)
    monkeypatch.setattr(runner, "FILES", begun)
    assert main([*command, str(then)]) == 0
    assert trained == [5] * 9
    for file in ("ladder_digits.json", "keys.txt"):
        assert (then / file).read_bytes() == (begun / file).read_bytes()
