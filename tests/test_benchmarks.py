"""What the benchmarks compare is the same thing. How long it takes is nobody's test."""

import importlib.util
import json

import pytest
import torch


def benchmark(root, name):
    spec = importlib.util.spec_from_file_location(name, root / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def counting(root):
    return benchmark(root, "counting")


@pytest.fixture(scope="module")
def gpu(root):
    return benchmark(root, "gpu")


def test_four_counters_agree_and_what_they_add_is_explained(counting):
    best, found = counting.measure("googlenet", rounds=1)
    assert set(best) == set(found) == set(counting.COUNTERS)
    for counter, parts in found.items():
        assert (parts["params"], parts["conv + linear"]) == (6_998_552, 1_582_671_872), counter
        assert set(parts) - {"params", "conv + linear"} <= set(counting.WHY), counter
    assert set(found["il.cost"]) == {"params", "conv + linear"}


def test_the_cpu_computes_what_the_cpu_computes(gpu, tmp_path, capsys):
    options = ["mini_bn", "--device", "cpu", "--rounds", "1", "--batches", "1", "2"]
    assert gpu.main([*options, "--out", str(tmp_path)]) == 0
    (file,) = tmp_path.iterdir()
    record = json.loads(file.read_text(encoding="utf-8"))
    found = record["networks"]["mini_bn"]
    assert set(found["differences"]) == set(gpu.TOLERANCES)
    assert found["differences"]["maps"] == found["differences"]["step"] == 0
    assert 0 < found["differences"]["bfloat16"] < gpu.TOLERANCES["bfloat16"]
    rows = found["times as fast as the CPU, by batch"]
    assert list(rows) == ["1", "2"] and all(list(row) == list(gpu.WAYS) for row in rows.values())
    assert record["card"] in capsys.readouterr().out


def test_a_gpu_that_computes_something_else_is_found(gpu, monkeypatch, capsys):
    real = gpu.il.create_model
    made = []

    def other(*arguments, **options):
        model = real(*arguments, **options)
        made.append(model)
        if len(made) == 2:  # the one that goes to the device
            with torch.no_grad():
                model.stages["3a"]["5x5"][1].conv.weight *= 1.01
        return model

    monkeypatch.setattr(gpu.il, "create_model", other)
    options = ["mini_bn", "--device", "cpu", "--rounds", "1", "--batches", "1"]
    assert gpu.main(options) == 1
    assert "mini_bn: maps differ by" in capsys.readouterr().err


def test_without_a_gpu_it_says_so(gpu, monkeypatch, capsys, tmp_path):
    for kind in (torch.cuda, torch.mps):
        monkeypatch.setattr(kind, "is_available", lambda: False)
    assert gpu.main(["--out", str(tmp_path)]) == 0
    assert "no GPU here, so nothing was measured" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def scale(root):
    spec = importlib.util.spec_from_file_location("scale", root / "benchmarks" / "scale.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_steps_that_are_compared_are_of_the_same_network(scale):
    for name in scale.PAIRS:
        ours, theirs = (sorted(tuple(p.shape) for p in m.parameters()) for m in scale.models(name))
        assert ours == theirs, name


@pytest.mark.slow
def test_the_reader_and_a_checkpoint_are_measured(scale):
    recipe = scale.il.recipes()["googlenet_mindcv"]
    assert scale.delivered(recipe, 8) > 0
    seconds, size = scale.checkpoint("mini_bn")
    params = scale.il.cost("mini_bn").params
    assert seconds > 0 and 12 * params < size < 20 * params + 100_000
