"""What the benchmarks compare is the same thing. How long it takes is nobody's test."""

import importlib.util
import json
import sys
from collections import defaultdict

import pytest
import torch

import inception_lib as il
from benchmarks import machine, seconds
from inception_lib.nn.rewriting import REWRITINGS


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


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """What the benchmark of seconds writes, of a small network; and where."""
    path = tmp_path_factory.mktemp("seconds") / "seconds.json"
    made = seconds.main(["--quick", "--threads", "1", "--out", str(path)])
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(made))
    return made, path


@pytest.mark.slow
def test_seconds_of_a_small_network(record, capsys, monkeypatch):
    made, path = record
    (cell,) = made["cells"].values()
    ways = set(seconds.WAYS) - set(seconds.BY_COMPILER)
    assert set(cell["ways"]) | set(cell["left_out"]) == ways
    assert {"eager", "eager again", "channels_last", "faster"} <= set(cell["ways"])
    for way in cell["ways"].values():
        assert len(way["ms"]) == 5 and way["difference"] <= seconds.SAME
        assert way["times"] == sorted(way["times"])
    assert cell["macs"] == il.cost("mini_bn").macs and made["machine"]["threads"] == 1
    families = made["families"]
    assert families["faster"]["batch normalization"] == 0 < families["eager"]["batch normalization"]
    assert [point["macs"] for point in made["growth"]["batch"]] == [cell["macs"], 2 * cell["macs"]]
    assert list(made["steps"]["mini_bn"]) == list(machine.STEPS)
    assert set(REWRITINGS) == set(machine.STEPS["all"])
    # a run that was stopped goes on, and one that is late begins nothing
    monkeypatch.setattr(seconds, "cell", None)
    before = path.read_bytes()
    assert seconds.main(["--quick", "--threads", "1", "--out", str(path)])["cells"] == made["cells"]
    seconds.main(["mini_plain", "--threads", "1", "--minutes", "0", "--out", str(path)])
    assert "not begun" in capsys.readouterr().out and path.read_bytes() == before
    monkeypatch.setattr(seconds, "PAUSE", 1.0)
    with pytest.raises(SystemExit, match="is of another pause_s"):
        seconds.main(["--quick", "--threads", "1", "--out", str(path)])


def test_a_way_that_computes_something_else_is_found(monkeypatch):
    monkeypatch.setitem(seconds.WAYS, "faster", lambda model, x: lambda: 1.001 * model(x))
    with pytest.raises(AssertionError, match="mini_bn, faster: outputs differ by"):
        seconds.cell("mini_bn", 1, ["eager", "faster"], 0)


@pytest.mark.nightly
def test_each_way_is_compiled_by_itself():
    """Three small ones: what one way compiled is not what the next one finds."""
    from torch._dynamo.utils import counters

    model, x = il.create_model("mini_bn", seed=0).eval(), torch.randn(1, 3, 32, 32)
    before = counters["stats"]["unique_graphs"]
    with torch.no_grad():
        for way in seconds.BY_COMPILER:
            got = seconds.WAYS[way](model, x)()
            assert torch.allclose(got, model(x), atol=1e-5)
    assert counters["stats"]["unique_graphs"] - before == len(seconds.BY_COMPILER)


@pytest.mark.slow
def test_the_record_is_drawn(record):
    made, _ = record
    widest = 6  # inches: a phone shows these with letters that can be read
    fig = il.plots.macs_and_seconds(made["growth"])
    assert fig.alt.startswith(
        "How MACs and seconds of mini_bn grow, one panel each. From batch 1 to 2"
    )
    assert "MACs 2.00 times" in fig.alt and len(fig.figure.axes) == 3
    assert fig.figure.get_figwidth() < widest
    fig = il.plots.times_as_fast(made["cells"])
    assert fig.alt.startswith("How many times as fast as eager PyTorch: mini_bn, batch 1: ")
    assert "eager again" in fig.alt and len(fig.figure.axes[0].lines) > len(made["cells"])
    assert fig.figure.get_figwidth() < widest


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
    assert set(found["differences"]) == {k for k in gpu.TOLERANCES if "graph" not in k}
    assert found["differences"]["maps"] == found["differences"]["step"] == 0
    assert found["differences"]["streams"] == 0
    assert record["left out, for they need CUDA"] == ["graph", "streams, graph"]
    ways = [way for way in gpu.WAYS if "graph" not in way]
    assert 0 < found["differences"]["bfloat16"] < gpu.TOLERANCES["bfloat16"]
    rows = found["times as fast as the CPU, by batch"]
    assert list(rows) == ["1", "2"] and all(list(row) == ways for row in rows.values())
    assert record["card"] in capsys.readouterr().out


def test_a_branch_waits_for_its_input_alone_and_a_block_for_all_its_branches(gpu, monkeypatch):
    """What a GPU would be told; the streams of a CPU do nothing, so here it is written down."""
    inner = il.Branches({"c": il.Conv(2), "d": il.Conv(3, 3)})
    outer = {
        "a": il.Conv(4),
        "b": [il.Conv(5), inner],
        "e": [il.Conv(2), inner],
        "f": il.MaxPool(3),
    }
    network = il.Network("own", {"x": il.Conv(4, 3), "y": il.Branches(outer)}, il.Head(classes=2))
    model = il.create_model(network, seed=0).eval()
    beside = gpu.beside(model)
    done, waited = defaultdict(set), {}  # stream -> what is over when its next work begins
    monkeypatch.setattr(
        torch.cpu.Stream, "wait_stream", lambda self, other: done[self].update(done[other])
    )

    def work(name):
        def write(*_):
            stream = torch.cpu.current_stream()
            waited[name] = set(done[stream])
            done[stream].add(name)

        return write

    found = dict(beside.named_modules())
    names = ["x", "y.a", "y.b.0", "y.b.1.c", "y.b.1.d", "y.e.0", "y.e.1.c", "y.e.1.d", "y.f"]
    for name in names:
        found[f"stages.{name}"].register_forward_hook(work(name))
    beside.head.register_forward_hook(work("head"))
    x = torch.randn(2, 3, 20, 20)
    with torch.no_grad():
        assert torch.equal(beside(x), model(x))
    b, e = ({"x", f"y.{branch}.0"} for branch in "be")
    at_once = {"x": set(), "y.a": {"x"}, "y.b.0": {"x"}, "y.e.0": {"x"}, "y.f": {"x"}}
    then = {"y.b.1.c": b, "y.b.1.d": b, "y.e.1.c": e, "y.e.1.d": e, "head": set(names)}
    assert waited == at_once | then


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


def test_the_page_and_torch_compute_the_same(root):
    ((name, page, known, ratio, off),) = benchmark(root, "look").measure(["mini_bn"], rounds=1)
    assert (name, ratio) == ("mini_bn", page / known)
    assert off < 1e-4


# ---- Lighthouse, played by a script ----

LIGHTHOUSE = """#!{python}
import json, sys
(out,) = [a.partition("=")[2] for a in sys.argv if a.startswith("--output-path=")]
(kinds,) = [a.partition("=")[2] for a in sys.argv if a.startswith("--only-categories=")]
scores = dict.fromkeys(kinds.split(","), {{"score": 1}})
if sys.argv[1].endswith("low.html"):
    scores["performance"] = {{"score": 0.894}}
if sys.argv[1].endswith("none.html"):
    sys.exit("no page was painted")
json.dump({{"categories": scores}}, open(out, "w"))
"""


@pytest.fixture
def pages_benchmark(root, tmp_path, monkeypatch):
    """The benchmark of pages, of a book with three pages, on a machine without Lighthouse."""
    module = benchmark(root, "pages")
    for name in ("fine.html", "low.html", "none.html"):
        (tmp_path / name).touch()
    monkeypatch.setattr(module, "HTML", tmp_path)
    monkeypatch.setattr(module, "BIN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return module


def test_scores_below_their_limits_are_the_exit_status(pages_benchmark, tmp_path, capsys):
    program = tmp_path / "lighthouse"
    program.write_text(LIGHTHOUSE.format(python=sys.executable))
    program.chmod(0o755)
    assert pages_benchmark.main(["--lighthouse", "fine.html"]) == 0
    assert "!" not in capsys.readouterr().out.splitlines()[-2]
    assert pages_benchmark.main(["--lighthouse", "fine.html", "low.html"]) == 1
    assert "low.html 89 ! 100 100 100" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit, match=r"did not finish with .*none\.html:\nno page was painted"):
        pages_benchmark.main(["--lighthouse", "none.html"])
    with pytest.raises(SystemExit):
        pages_benchmark.main(["--lighthouse", "gone.html"])
    assert "has no page gone.html: run `make book`" in capsys.readouterr().err


def test_without_lighthouse_it_says_how_to_install_it(pages_benchmark, capsys):
    assert pages_benchmark.main(["--lighthouse", "fine.html"]) == 2
    assert "npm install --global --prefix" in capsys.readouterr().out
