"""Experiments: done in parts, gone on with, and each with a record that ships."""

import json

import pytest

import inception_lib as il
from inception_lib import experiments


@pytest.fixture
def small(monkeypatch):
    calls = []

    def part(value):
        calls.append(value)
        return {"value": value}

    parts = {"one, seed 0": lambda: part(1), "two, seed 0": lambda: part(2)}
    monkeypatch.setitem(experiments._EXPERIMENTS, "small", lambda: parts)
    return calls


def test_a_stopped_experiment_goes_on(small, tmp_path, capsys):
    first = experiments.run("small", tmp_path)
    assert small == [1, 2]
    assert "small: two, seed 0" in capsys.readouterr().out
    (tmp_path / "runs" / "small-two,_seed_0.json").unlink()
    again = experiments.run("small", tmp_path, progress=False)
    assert small == [1, 2, 2]
    assert (
        again["parts"]
        == first["parts"]
        == {"one, seed 0": {"value": 1}, "two, seed 0": {"value": 2}}
    )
    kept = json.loads((tmp_path / "small.json").read_text())
    assert kept == again
    assert "torch" in kept["versions"]


def test_an_unknown_experiment_names_the_nearest(small, tmp_path, capsys):
    with pytest.raises(KeyError, match="small"):
        experiments.run("smal", tmp_path)
    with pytest.raises(SystemExit):
        experiments.main(["smal", "--out", str(tmp_path)])
    assert "small" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        experiments.main(["small", "--out", str(tmp_path), "--threads", "0"])
    assert "give at least 1" in capsys.readouterr().err


def test_each_experiment_ships_its_record():
    for name, parts in experiments.experiments().items():
        kept = il.training_record(name)
        assert kept["name"] == name
        assert list(kept["parts"]) == list(parts())
