"""For people who come from timm, torchvision and Keras: their names, their options, their methods."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import inception_lib as il
from inception_lib.networks.elsewhere import OPTIONS, here
from inception_lib.weights.published import PUBLISHED
from inception_lib.weights.records import shipped

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("inception_v1", "googlenet"),
        ("InceptionV1", "googlenet"),
        ("GoogLeNet", "googlenet"),
        ("bvlc_googlenet", "googlenet"),
        ("torchvision.models.googlenet", "googlenet"),
        ("inception_v2", "bn_inception"),
        ("BNInception", "bn_inception"),
        ("InceptionV3", "inception_v3"),
        ("inceptionv3", "inception_v3"),
        ("Inception-v3", "inception_v3"),
        ("tf_inception_v3", "inception_v3"),
        ("gluon_inception_v3", "inception_v3"),
        ("adv_inception_v3", "inception_v3"),
        ("inception_v3.tf_in1k", "inception_v3"),
        ("inception_v3.tv_in1k", "inception_v3_torchvision"),
        ("timm/inception_v3.tv_in1k", "inception_v3_torchvision"),
        ("hf-hub:timm/inception_v3.tf_adv_in1k", "inception_v3"),
        ("Inception_V3_Weights.IMAGENET1K_V1", "inception_v3"),
        ("pt_inception", "inception_v3_fid"),
        ("inception_v4.tf_in1k", "inception_v4"),
        ("inceptionv4", "inception_v4"),
        ("InceptionResNetV2", "inception_resnet_v2"),
        ("ens_adv_inception_resnet_v2", "inception_resnet_v2"),
        ("InceptionResnetV1", "inception_resnet_v1"),
        ("Mini_BN", "mini_bn"),
    ],
)
def test_their_names_are_answered_with_ours(theirs, ours):
    for call in (il.create_model, il.cost, il.draw, il.architecture, il.count_conventions):
        with pytest.raises(KeyError, match=f"is called '{ours}' here; use that name"):
            call(theirs)


@pytest.mark.parametrize("name", ["resnet50", "xception", "", "inception_v5", "x" * 10_000, "*"])
def test_what_nobody_calls_so_is_not_translated(name):
    assert here(name) is None
    with pytest.raises(KeyError) as raised:
        il.create_model(name)
    assert "is not known" in str(raised.value) and len(str(raised.value)) < 1000


@pytest.mark.parametrize("option", OPTIONS)
def test_their_options_are_answered_with_ours(option):
    calls = [il.create_model, il.architecture]
    if not option.startswith("input_s"):  # which cost and draw have themselves
        calls += [il.cost, il.draw]
    for call in calls:
        with pytest.raises(TypeError, match=f"^{option} is an option of other libraries; here"):
            call("googlenet", **{option: True})


def test_what_is_said_of_their_options_is_there():
    """Each option and function of ours that an answer names."""
    said = " ".join(OPTIONS.values())
    options = set(re.findall(r"\b(\w+)=", said)) | {
        "in_channels",
        "dropout",
        "width",
        "num_classes",
    }
    assert options == {
        "aux",
        "at",
        "pretrained",
        "seed",
        "num_classes",
        "in_channels",
        "dropout",
        "width",
    }
    assert {name for name in re.findall(r"il\.(\w+)", said)} <= set(il.__all__)
    for method in re.findall(r"model\.(\w+)", said):
        assert hasattr(il.InceptionNet, method)
    with pytest.raises(
        TypeError, match=r"option 'in_channel' is not known\. Did you mean 'in_channels'"
    ):
        il.create_model("googlenet", in_channel=1)


def test_list_models_by_form_and_by_weights():
    assert il.list_models("*v3*") == [n for n in il.list_models() if "v3" in n]
    assert il.list_models("*V3*", pretrained=True) == ["inception_v3", "inception_v3_torchvision"]
    assert set(il.list_models(pretrained=True)) == set(PUBLISHED)
    assert il.list_models(mini=True, pretrained=True) == il.list_models(mini=True) == shipped()
    assert il.list_models("mini_b*") == ["mini_bn"] and il.list_models("resnet*") == []
    with pytest.raises(TypeError, match="filter is 3"):
        il.list_models(3)


# ---- timm's methods ----


@pytest.mark.parametrize("name", ["mini_bn", "mini_residual", "inception_v3", "googlenet"])
def test_timms_methods_mean_what_timm_means(name):
    model = il.create_model(name, num_classes=7, width=1 if "mini" in name else 0.1, seed=0).eval()
    x = torch.randn(2, 3, 75, 75)
    with torch.no_grad():
        maps = model.forward_features(x)
        assert maps.shape[1] == model.num_features == model.get_classifier().in_features
        assert torch.equal(model.forward_head(maps), model(x))
        pooled = model.forward_head(maps, pre_logits=True)
        assert torch.equal(pooled, maps.mean((2, 3))) or torch.allclose(pooled, maps.mean((2, 3)))
        assert torch.equal(model.get_classifier()(pooled), model(x))
        for info in model.feature_info:
            found = il.features(model, x, [info["module"]])[info["module"]]
            assert found.shape[1] == info["num_chs"]
    reductions = [info["reduction"] for info in model.feature_info]
    assert reductions == sorted(set(reductions))
    model.reset_classifier(0)
    assert isinstance(model.get_classifier(), nn.Identity) and model.num_classes == 0
    assert torch.equal(model(x), pooled)
    model.double().reset_classifier(np.int64(4), "avg", seed=1)
    assert model(x.double()).shape == (2, 4) and model.num_classes == 4 == model.spec.head.classes
    again = il.create_model(name, num_classes=4, width=1 if "mini" in name else 0.1)
    assert again.spec == model.spec and again.state_dict().keys() == model.state_dict().keys()


def test_timms_own_model_says_the_same():
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        theirs, ours = timm.create_model("inception_v3"), il.create_model("inception_v3")
    assert theirs.num_features == ours.num_features
    for their, our in zip(theirs.feature_info, ours.feature_info, strict=True):
        assert (their["num_chs"], their["reduction"]) == (our["num_chs"], our["reduction"])


def test_a_new_classifier_is_new_in_the_auxiliary_heads_too():
    model = il.create_model("mini_googlenet_aux", aux=True)
    model.reset_classifier(3)
    logits, extra = model.forward_with_aux(torch.zeros(2, 3, 32, 32))
    assert {scores.shape for scores in (logits, *extra.values())} == {(2, 3)}
    assert il.cost(model).params == sum(p.numel() for p in model.parameters())
    model.reset_classifier(0)
    assert not model.aux and not model.spec.aux
    headless = il.create_model(il.Network("n", {"a": il.Conv(4)}))
    assert headless.num_classes == 0 and headless.num_features == 4
    for call, says in (
        (lambda: headless.reset_classifier(3), "n has no head"),
        (lambda: model.reset_classifier(-1), "classes is -1"),
        (lambda: model.reset_classifier(3, "max"), "global_pool is 'max'"),
    ):
        with pytest.raises(ValueError, match=says):
            call()


# ---- a network of one's own ----

OWN = il.Network(
    "own",
    {"stem": il.Conv(8, 3, 2), "a": il.naive_block(2, 2, 2), "b": il.naive_block(2, 3, 2)},
    il.Head(classes=5),
    aux={"a": il.Head(classes=5)},
    input_size=32,
    defaults=il.BATCH_NORM,
)


def test_a_network_of_ones_own_runs():
    x = torch.randn(2, 3, 32, 32)
    for model in (il.create_model(OWN, seed=0), il.build(OWN, seed=0), il.build(OWN, 3, seed=0)):
        assert isinstance(model, il.InceptionNet) and model.spec == OWN
        assert torch.equal(model(x), il.create_model(OWN, seed=0)(x))
        assert list(model.forward_with_aux(x)[1]) == ["a"]
        assert il.cost(model).params == il.cost(OWN).params
    assert il.build(OWN, np.int64(1))(x[:, :1]).shape == (2, 5)
    assert il.build(OWN, defaults=il.PLAIN).spec == replace(OWN, defaults=il.PLAIN)
    small = il.create_model(OWN, num_classes=np.int64(2), width=0.5, aux=False, dropout=0.5)
    assert small(x).shape == (2, 2) and not small.aux and small.head.dropout.p == 0.5
    assert il.create_model(OWN, num_classes=0)(x).shape == (2, 21)
    assert il.create_model(replace(OWN, head=None, aux=()))(x).shape == (2, 21, 16, 16)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: il.create_model(OWN, pretrained=True), ValueError, "no trained weights for this Net"),
        (lambda: il.create_model(OWN, classes=3), TypeError, "here it is num_classes"),
        (lambda: il.create_model(OWN, pool_proj=96), ValueError, "bn_inception alone"),
        (lambda: il.create_model(il.naive_block(1, 1, 1)), TypeError, "A block runs by build"),
        (lambda: il.create_model(il.create_model("mini_bn")), TypeError, "give a name of list_models"),
        (lambda: il.create_model(replace(OWN, head=None, aux=()), num_classes=3), ValueError, "no head"),
        (lambda: il.create_model("mini_bn", width=True), ValueError, "width is True"),
        (lambda: il.build(il.naive_block(1, 1, 1)), ValueError, "in_channels is None"),
        (lambda: il.build(il.create_model("mini_bn"), 3), TypeError, "not a part of a network"),
        (lambda: il.build([OWN, OWN], 3), TypeError, "not a part of a network"),
        (lambda: il.cost(object()), TypeError, "not a part of a network"),
        (lambda: il.cost(nn.Sequential(*[nn.Conv2d(3, 3, 1)] * 300)), TypeError, "not a part of a"),
        (lambda: il.cost("mini_bn", input_size=(32, 32, OWN)), ValueError, "input_size is"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_in_a_few_words(call, error, says):
    with pytest.raises(error) as raised:
        call()
    assert says in str(raised.value) and len(str(raised.value)) < 600


def test_a_network_of_ours_given_as_data_has_its_weights():
    given = il.architecture("mini_bn", num_classes=10)
    want = il.create_model("mini_bn", pretrained=True).state_dict()
    got = il.create_model(given, pretrained=True).state_dict()
    assert all(torch.equal(got[key], want[key]) for key in want)
    other = replace(given, stages={**dict(given.stages), "pool1": il.AvgPool(3, 2)})
    with pytest.raises(ValueError, match="no trained weights for this Network, 'mini_bn'"):
        il.create_model(other, pretrained=True)


# ---- addresses ----

BLOCK, SUM = il.naive_block(2, 2, 2), il.Residual([il.naive_block(2, 2, 2), il.Conv(8, act="none")])
CHAINS = {
    "two blocks": [BLOCK, BLOCK],
    "two blocks with a layer between": [il.Conv(3), BLOCK, il.MaxPool(3), BLOCK],
    "a branch with a layer's number": [il.Conv(3), il.Branches({"0": il.Conv(2)})],
    "two sums": [il.Conv(8), SUM, SUM],
    "a sum and a layer": [il.Conv(8), SUM, il.Conv(8)],
    "a sum of a layer": [il.Conv(8), il.Residual(il.Conv(8, 3))],
    "blocks in branches": il.Branches({"x": [BLOCK, BLOCK], "y": [BLOCK, il.Conv(2)]}),
    "a block of other names": [BLOCK, il.Branches({"z": il.Conv(2)})],
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_each_part_has_an_address_of_its_own(chain):
    net = il.Network("n", {"i": il.Conv(8), "s": chain}, input_size=16)
    cost, model = il.cost(net), il.create_model(net, seed=0).eval()
    x = torch.randn(1, 3, 16, 16)
    for rows in (cost.rows, cost.layers):
        assert len({row.name for row in rows}) == len(rows)
    branches = [row.name for row in cost.rows if row.kind == "branch"]
    found = il.features(model, x, branches)
    assert set(branches) == set(known(model)) - {"i", "s"}
    for name in branches:  # what is counted under an address is what runs there
        assert found[name].shape[1:] == cost[name].out_shape
    parts = [known(model)[name] for name in branches]
    assert len(set(map(id, parts))) == len(parts)
    for name, part in zip(branches, parts, strict=True):
        assert sum(p.numel() for p in part.parameters()) == cost[name].params


def known(model):
    from inception_lib.interpret.features import addresses

    return addresses(model)


def test_blocks_with_other_names_keep_the_address_of_their_chain():
    cost = il.cost(il.Network("n", {"s": CHAINS["a block of other names"]}))
    assert [row.name for row in cost.branches("s")] == ["s.1x1", "s.3x3", "s.5x5", "s.pool", "s.z"]
    two = il.cost(il.Network("n", {"s": CHAINS["two blocks"]}))
    assert [row.name for row in two.branches("s")] == ["s.0", "s.1"]
    assert [row.name for row in two.branches("s.1")] == [
        "s.1.1x1",
        "s.1.3x3",
        "s.1.5x5",
        "s.1.pool",
    ]


def test_a_narrower_network_is_never_larger():
    for name in il.list_models(mini=True):
        assert il.cost(name, width=0.99).macs <= il.cost(name).macs


# ---- README and the page ----


def test_the_page_says_what_is_answered():
    """Each name and option of the page is one that messages translate, to what the page says."""
    text = (ROOT / "timm.md").read_text(encoding="utf-8")
    networks = text.partition("## The networks")[2].partition("## Making")[0]
    for row in re.findall(r"^\| (.+?) \| (.+?) \|$", networks, re.M)[1:]:
        ours = re.findall(r"`(\w+)`", row[1])
        for theirs in re.findall(r"`([\w.]+)`", row[0]):
            if theirs not in ("inception_v3", "tf_adv_in1k", "gluon_in1k", "tf_ens_adv_in1k"):
                assert here(theirs) in ours, theirs
    making = text.partition("## Making one")[2].partition("## Using")[0]
    options = set(
        re.findall(r"`(\w+)(?:=[^`]*)?`", "".join(re.findall(r"^\| (.+?) \|", making, re.M)))
    )
    assert options - {"num_classes", "pretrained"} <= set(OPTIONS)


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    """With weights that are drawn, on a small network, and a photograph that is written here."""
    pytest.importorskip("onnxruntime")
    whole = il.architecture
    monkeypatch.setattr(
        "inception_lib.create.architecture", lambda name: whole("mini_bn", num_classes=1000)
    )
    monkeypatch.setattr("inception_lib.weights.fetch.load_pretrained", lambda model: None)
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)).save(
        "cat.jpg"
    )
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    space: dict = {}
    for block in blocks:
        assert len(block.strip().splitlines()) <= 10
        exec(block, space)
    *five, by_onnx = re.sub(r"\[torch.onnx\].*\n", "", capsys.readouterr().out).splitlines()
    assert len(blocks) == 2 and five[0].split(maxsplit=1)[1] == by_onnx
    shares = [float(line.split("%")[0]) for line in five]
    assert shares == sorted(shares, reverse=True)


def test_the_code_for_a_readers_own_picture_runs(tmp_path, monkeypatch, capsys):
    """Chapter 3's lines, with drawn weights on a small network, and a picture that is written here."""
    whole = il.architecture
    monkeypatch.setattr(
        "inception_lib.create.architecture", lambda name: whole("mini_bn", num_classes=1000)
    )
    monkeypatch.setattr("inception_lib.weights.fetch.load_pretrained", lambda model: None)
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).save("cat.jpg")
    cells = json.loads((ROOT / "chapters" / "03-googlenet.ipynb").read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    blocks = re.findall(r"^```python\n(import .*?)^```", text, re.M | re.S)
    assert len(blocks) == 1 and len(blocks[0].strip().splitlines()) <= 10
    exec(blocks[0], {})
    lines = capsys.readouterr().out.splitlines()
    shares = [float(line.split("%")[0]) for line in lines]
    assert len(lines) == 5 and shares == sorted(shares, reverse=True)


def blocks_of_chapter_11() -> list[str]:
    """Its lines that need a network or packages that Colab lacks: not run there, but here."""
    cells = json.loads((ROOT / "chapters" / "11-your-own-pictures.ipynb").read_text("utf-8"))[
        "cells"
    ]
    told = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    blocks = re.findall(r"^```python\n(.*?)^```", told.partition("## Exercises")[0], re.M | re.S)
    return [block for block in blocks if "import" in block]


def fit_head_of_chapter_11(space: dict) -> None:
    cells = json.loads((ROOT / "chapters" / "11-your-own-pictures.ipynb").read_text("utf-8"))[
        "cells"
    ]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    exec(next(source for source in code if source.startswith("def fit_head(")), space)


def test_the_ten_lines_of_chapter_11_train_a_head_on_a_folder(tmp_path, monkeypatch):
    """With drawn weights on a small network, and pictures that are written here."""
    whole = il.architecture
    monkeypatch.setattr(
        "inception_lib.create.architecture",
        lambda name, **given: whole("mini_bn", **{"num_classes": 1000, **given}),
    )
    monkeypatch.setattr("inception_lib.weights.fetch.load_pretrained", lambda model: None)
    monkeypatch.chdir(tmp_path)
    for name, color in (("apple", "red"), ("leaf", "green")):
        (tmp_path / "pictures" / "train" / name).mkdir(parents=True)
        for number in range(3):
            picture = Image.new("RGB", (40, 30 + number), color)
            picture.save(tmp_path / "pictures" / "train" / name / f"{number}.png")
    _, lines = blocks_of_chapter_11()
    assert len([line for line in lines.splitlines() if line.strip()]) <= 10
    space = {"il": il, "torch": torch, "nn": nn, "F": torch.nn.functional}
    fit_head_of_chapter_11(space)
    exec(lines, space)
    model = il.load("mine.safetensors")
    assert model.classes == ("apple", "leaf") and model.preprocessing == il.preprocessing(
        "inception_v3"
    )
    for name in model.classes:
        picture = il.read_picture(f"pictures/train/{name}/0.png")
        x = model.preprocessing.transform(picture)[None]
        assert model.classes[il.predict(model, x).argmax()] == name


@pytest.mark.slow
def test_the_lines_of_chapter_11_export_a_saved_model(tmp_path, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    monkeypatch.chdir(tmp_path)
    model, classes = il.create_model("mini_bn", pretrained=True), [f"class {n}" for n in range(10)]
    prepare = il.Preprocessing(32, 40, "bicubic")
    il.save(model, "surfaces.safetensors", classes=classes, preprocessing=prepare)
    picture = Image.fromarray(il.photo("cat", 64)[0].permute(1, 2, 0).numpy())
    picture.save("new.png")
    lines, _ = blocks_of_chapter_11()
    exec(lines, {})
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "[torch" not in line]
    assert said == classes[il.predict(model, prepare.transform(picture)[None]).argmax()]
