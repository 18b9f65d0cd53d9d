"""The cards of the networks: one for each, equal to what the package says and counts."""

import re

import pytest

import inception_lib as il
from inception_lib.networks import registry
from inception_lib.weights.published import PUBLISHED
from tools.generated import cards
from tools.generated.counts import ELSEWHERE


def test_each_network_has_a_card_and_one_before_it():
    names = il.list_models(by_year=True)
    assert list(cards.BEFORE) == names
    for name, (before, words) in cards.BEFORE.items():
        assert words.endswith(".")
        assert not before or names.index(before) < names.index(name)
    text = cards.cards()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        il.architecture(name).title for name in names
    ]
    assert 'class="il-stage"' not in text  # a picture: no map to explore, and no script


def test_what_a_network_lacks_is_said_with_its_file(monkeypatch):
    assert cards.lacking() == []
    for of in ("CHAPTERS", "BEFORE"):  # copies: the order of the true ones is to stay
        kept = {name: what for name, what in getattr(cards, of).items() if name != "inception_v4"}
        monkeypatch.setattr(cards, of, kept)
    cards.BEFORE["inception_v5"] = ("", "Unknown.")
    assert cards.lacking() == [
        "tools/generated/maps.py: CHAPTERS does not say which chapter builds inception_v4",
        "tools/generated/cards.py: BEFORE does not say what came before inception_v4",
        "tools/generated/cards.py: BEFORE names inception_v5, and il.list_models() does not",
    ]
    for name in ("nowhere", "blocks"):  # no such file, and a file without such a function
        monkeypatch.setattr(registry, "PAPERS", {name: (name,)})
        monkeypatch.setitem(registry.FILES, name, name)
        assert f"inception_lib/networks/{name}.py has no function {name}," in cards.lacking()[0]


@pytest.mark.parametrize("name", il.list_models())
def test_a_card_says_what_the_package_says(name):
    text, network, count = cards.card(name), il.architecture(name), il.cost(name)
    for number in (count.params, count.macs, network.head.classes):
        assert f"<dd>{number:,}</dd>" in text
    assert f"<code>{name}</code>" in text
    assert (name in PUBLISHED) == ("pretrained=True" in text)
    if name in PUBLISHED:
        assert PUBLISHED[name].weights in text and PUBLISHED[name].library in text
    for _, ours, _, number in ELSEWHERE:
        assert ours != name or f": {number:,} (" in text


def test_years_are_those_of_the_sources():
    assert cards.year("googlenet") == "2014"
    assert cards.year("googlenet_bn") == "2015"  # the younger of two papers
    assert cards.year("inception_v3_fid") == "2015"  # a graph with a date
    assert cards.year("inception_resnet_v2") == "2016"
    assert cards.year("googlenet_torchvision") == "after 2014"  # no paper of its own


def test_what_changed_is_counted():
    assert "1.60 times the parameters and 1.28 times the MACs" in cards.changed("bn_inception")
    assert "the same parameters and MACs" in cards.changed("inception_v3_torchvision")
    assert "top-1 21.2%" in cards.reported("inception_v3")
    assert cards.reported("googlenet_bn") == ""
