"""Claims of the papers and conventions of counting: computed, and true where they can be known."""

from dataclasses import replace
from pathlib import Path

import pytest

import inception_lib as il
from inception_lib.counting.conventions import CONVENTIONS
from inception_lib.networks.published import alexnet, facenet, vgg16
from inception_lib.papers.claims import BN, CLAIMS, GOING, PAPERS, Claim
from inception_lib.papers.numbers import PRINTED
from inception_lib.tree.walks import depth
from tools.generated import counts

FAIL = {
    "12 times fewer parameters than AlexNet", "1.5 billion multiply-adds", "conv1: parameters",
    "conv1: operations", "conv1: parameters, if it is separable", "4a: parameters",
    "5a: parameters with biases, in the widths released in 2014", "4c: parameters", "4d: parameters", "4e: parameters", "5a: parameters", "5a: operations",
    "5b: parameters", "13.6 million parameters", "25 % more parameters, for the whole network",
    "25 % more parameters, for each 5×5 of GoogLeNet as two 3×3",
    "about 30 % more cost, for each 5×5 of GoogLeNet as two 3×3",
    "channels of 4c by its column of outputs",
    "14 times fewer steps than Inception, at five times the learning rate",
    "pooling first reduces the operations by a quarter", "42 layers", "5 billion multiply-adds",
    "about 2.5 times the cost of GoogLeNet", "2.5 times the cost of BN-Inception",
    "16 times cheaper on 79 pixels, unchanged",
    "the same: as the figures have it", "1154 channels behind block B's last 1×1",
    "2048 channels behind block C's last 1×1",
}  # fmt: skip


def test_which_claims_hold():
    assert {claim.says for claim in CLAIMS if not claim.holds} == FAIL
    assert len({(c.paper, c.place, c.says) for c in CLAIMS}) == len(CLAIMS)
    assert {c.paper for c in CLAIMS} == set(PAPERS)


def test_the_released_widths_give_all_nine_printed_operations():
    """By ordinary rounding. The printed widths miss two, 4a and 5a; 4a's and 4b's parameters fit, too."""
    blocks = {f.stage: f for f in PRINTED if f.quantity == "macs" and f.stage in il.GOOGLENET}
    assert len(blocks) == 9
    missed = {
        name: [
            s for s, f in blocks.items() if round(il.cost(name)[s].macs / 1e6) != f.value / f.unit
        ]
        for name in ("googlenet", "googlenet_2014")
    }
    assert missed == {"googlenet": ["4a", "5a"], "googlenet_2014": []}
    released = il.cost("googlenet_2014")
    rows = [(s, round(released[s].params / 1024, 2), released[s].macs) for s in ("4a", "4b", "5a")]
    assert rows == [
        ("4a", 363.98, 72_930_816),
        ("4b", 437.23, 87_626_112),
        ("5a", 1082.02, 54_240_256),
    ]


@pytest.mark.parametrize(
    ("relation", "printed", "ours", "verdict"),
    [
        ("=", 12.0, 12.4, "holds"),
        ("=", 12.0, 13.0, "differs by +8.3 %"),
        ("=", 12.0, 9.0, "differs by −25 %"),
        ("about", 2.5, 2.7, "holds"),
        ("about", 2.5, 2.8, "differs by +12 %"),
        ("<", 25.0, 24.0, "holds"),
        ("<", 25.0, 26.0, "differs by +4.0 %"),
    ],
)
def test_a_verdict_follows_from_the_two_numbers(relation, printed, ours, verdict):
    claim = Claim(BN, "", "", printed, lambda: ours, relation=relation)
    assert claim.verdict.replace("\N{NO-BREAK SPACE}", " ") == verdict


def test_the_two_old_networks_are_torchvisions():
    """Parameters of both; MACs of VGG-16 (AlexNet's first layer has another padding there)."""
    import torchvision

    for make, theirs in (
        (alexnet, torchvision.models.alexnet),
        (vgg16, torchvision.models.vgg16),
    ):
        model = theirs(weights=None)
        assert il.cost(make()).params == sum(p.numel() for p in model.parameters())
    assert il.cost(vgg16()).macs == 15_470_264_320


@pytest.mark.parametrize(
    ("what", "layers", "with_pooling"),
    [
        (il.reduced_block(64, 96, 128, 16, 32, 32), 2, 2),
        (il.naive_block(64, 128, 32), 1, 1),
        ([il.Conv(8), il.MaxPool(3, 2), il.Conv(8, 3)], 2, 3),
        (il.Residual([il.Conv(8, 3), il.Conv(8, act="none")]), 2, 2),
    ],
)
def test_depth_is_the_longest_path(what, layers, with_pooling):
    node = il.Chain(what) if isinstance(what, list) else what
    assert depth(node) == layers
    assert depth(node, pooling=True) == with_pooling


def test_the_table_of_one_paper():
    table = il.claims_table(GOING)
    assert len(table.cells) == sum(c.paper == GOING for c in CLAIMS)
    assert len(il.claims_table().cells) == len(CLAIMS)
    assert ["introduction", "12 times fewer parameters than AlexNet", "12×", "8.73×"] in [
        row[:4] for row in table.cells
    ]
    with pytest.raises(KeyError, match="going-deeper-2014"):
        il.claims_table("going-deeper")


# ---- conventions ----

KNOWN = {  # numbers that other people print
    "googlenet": {"params": 6_998_552, "aux": 13_378_280, "convolutions": 5_966_272},
    "googlenet_torchvision": {"params": 6_624_904, "aux": 13_004_888, "slim": 5_607_184},
    "bn_inception": {"params": 11_194_984, "convolutions": 10_150_080},
    "inception_v3": {
        "params": 23_834_568, "aux": 27_161_264, "keras": 23_851_784, "slim": 21_802_784,
        "convolutions": 21_751_136, "macs": 5_713_216_096, "flops": 2 * 5_713_216_096,
    },
    "inception_v4": {"params": 42_679_816, "convolutions": 41_079_648},
    "inception_resnet_v2": {"params": 55_843_464, "statistics": 55_843_464 + 2 * 30_272},
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_numbers(name):
    found = il.count_conventions(name)
    assert {key: found[key] for key in KNOWN[name]} == KNOWN[name]
    assert set(found) <= set(CONVENTIONS)


def test_a_keras_network_with_biases_and_without_scale():
    """Inception-ResNet-v2: the 1×1 before a sum has a bias and no normalization."""
    assert il.count_conventions("inception_resnet_v2")["keras"] == 55_873_736


def test_ports_that_keep_biases():
    network = il.architecture("bn_inception", pool_proj=128)
    found = il.count_conventions(network)
    assert (found["params"], found["conv_biases"]) == (11_285_224, 11_295_240)


def test_counts_are_left_out_where_they_make_no_sense():
    found = il.count_conventions("googlenet")
    assert not {"keras", "slim", "statistics", "macs_224"} & set(found)
    assert "aux" not in il.count_conventions("inception_v4")
    with pytest.raises(KeyError, match="inception_v4"):
        il.count_conventions("inception_v5")


def test_a_number_is_looked_up():
    table = il.explain_count(23_851_784)
    # Two ways: a scale less and two statistics more is one number more for each channel, and so is a bias.
    assert [row[3] for row in table.cells] == ["equal", "equal"]
    assert {row[0] for row in table.cells} == {"inception_v3, inception_v3_torchvision"}
    assert any("Keras" in row[1] for row in table.cells)
    near = il.explain_count(25e6, most=2)
    assert len(near.cells) == 2
    assert near.cells[0][3] == "+4.18%"
    for wrong in (0, -1, 7.0, 1e15, float("nan"), True, "7 M", None):
        with pytest.raises(ValueError, match="in ones"):
            il.explain_count(wrong)
    with pytest.raises(ValueError, match="at least 1"):
        il.explain_count(7e6, most=0)


def test_facenet_is_a_description_and_is_looked_up():
    """facenet-pytorch's counts: with VGGFace2's faces, with 1000 classes, and MACs at 160×160."""
    faces, plain = facenet(), replace(facenet(), head=replace(facenet().head, classes=1000))
    assert [il.cost(one).params for one in (faces, plain)] == [27_910_327, 23_995_624]
    assert il.cost(plain).macs == 1_418_174_304
    assert il.explain_count(27_910_327).cells[0][0] == "FaceNet's inception_resnet_v1"


@pytest.mark.parametrize(("who", "ours", "how", "number"), counts.ELSEWHERE)
def test_a_number_from_elsewhere_leads_to_the_network(who, ours, how, number):
    """Exact, but for what PaddleClas prints of operations: it counts 0.3% more."""
    rows = il.explain_count(number, most=2).cells
    (off,) = (r[3] for r in rows if ours in r[0].split(", ") and r[1] == CONVENTIONS[how])
    assert off in ("+0.29%", "+0.25%") if who.startswith("PaddleClas") else off == "equal"


def test_what_is_a_convolution_a_bias_and_a_normalized_channel():
    """Linear layers of a head are no convolutions; a bias before BN is a bias, and BN is BN."""
    head = il.Head(pool=il.AdaptiveAvgPool(2), hidden=(5,), classes=3)
    both = il.Conv(4, 3, bias=True, norm="batch_norm")
    found = il.count_conventions(il.Network("n", {"a": both}, head, input_size=8))
    assert found["convolutions"] == 3 * 9 * 4
    assert found["weights"] == 3 * 9 * 4 + 16 * 5 + 5 * 3
    assert found["statistics"] - found["params"] == 2 * 4
    assert found["params"] == found["weights"] + 4 + 2 * 4 + 5 + 3


def test_every_count_is_listed_once():
    table = il.conventions_table()
    rows = [tuple(row) for row in table.cells]
    assert len(set(rows)) == len(rows)
    sizes = [int(row[0].replace(",", "")) for row in rows]
    assert sizes == sorted(sizes)


def test_the_size_of_the_input_as_the_page_has_it():
    """ "numbers.md": MACs grow roughly with the area, for one network less, for the other more."""
    page = Path("numbers.md").read_text(encoding="utf-8")
    for grows in (
        299**2 / 224**2,
        *(
            il.cost(name, input_size=299).macs / il.cost(name, input_size=224).macs
            for name in ("googlenet", "inception_v3")
        ),
    ):
        assert f"{grows:.2f} times" in page
