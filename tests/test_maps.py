"""The data of the maps: equal to what the package counts, for every stage of every network."""

import json
import re

import pytest

import inception_lib as il
from tools.generated import maps

every_network = pytest.mark.parametrize("name", il.list_models())


def data(name: str) -> dict:
    """What the script of a network hands over."""
    text = maps.script(name)
    start = f'bookData.add("maps/{name}", '
    assert text.startswith(start) and text.endswith(");") and "\n" not in text
    return json.loads(text.removeprefix(start).removesuffix(");"))


@pytest.fixture(scope="module")
def read():
    return {name: data(name) for name in il.list_models()}


def test_every_network_has_data_and_a_chapter(root):
    assert list(maps.CHAPTERS) == il.list_models(by_year=True)
    for chapter in maps.CHAPTERS.values():
        page = root / "chapters" / f"{chapter}.ipynb"
        assert page.is_file(), f"tools/generated/maps.py names {page.name}, which is missing"
    assert {f"static/maps/{name}.js" for name in il.list_models()} < set(maps.PAGES)


@every_network
def test_every_number_is_what_is_counted(name, read):
    network, found = maps.with_heads(name), read[name]
    whole, count = il.cost(name), il.cost(network)
    assert found["title"] == network.title
    assert found["input"] == list(whole.stages[0].in_shape)
    assert (found["params"], found["macs"]) == (whole.params, whole.macs)
    assert list(found["stages"]) == [row.name for row in count.stages]
    for row in count.stages:
        stage = found["stages"][row.name]
        assert stage["what"] == row.op
        for key, value in {
            "in": row.in_shape,
            "out": row.out_shape,
            "params": row.params,
            "macs": row.macs,
            "field": row.receptive_field,
            "stride": row.stride,
        }.items():
            same = list(value) if isinstance(value, tuple) else value
            assert stage[key] == same, f"{row.name}: {key}"
    without_heads = [s for key, s in found["stages"].items() if not key.startswith("aux_")]
    assert sum(stage["params"] for stage in without_heads) == whole.params
    assert sum(stage["macs"] for stage in without_heads) == whole.macs


@every_network
def test_branches_are_those_of_the_stage(name, read):
    network, stages = il.architecture(name), read[name]["stages"]
    for stage, node in network.stages:
        branches = dict(map(tuple, stages[stage]["branches"]))
        if isinstance(node, il.Branches):
            slices = il.channel_slices(network, stage)
            assert branches == {key: s.stop - s.start for key, s in slices.items()}
            assert sum(branches.values()) == stages[stage]["out"][0]
        elif isinstance(node, il.Residual):
            assert branches
        else:
            assert not branches


@every_network
def test_each_stage_has_its_diagram_or_its_layers(name, read):
    network, found = maps.with_heads(name), read[name]
    count, diagrams, nodes = il.cost(network), found["diagrams"], dict(network.stages)
    assert len(set(diagrams)) == len(diagrams), "stored once"
    used = {stage["diagram"] for stage in found["stages"].values() if "diagram" in stage}
    assert used == set(range(len(diagrams))), "none that no stage shows"
    for row in count.stages:
        stage = found["stages"][row.name]
        if row.name in nodes:
            drawing = il.draw(nodes[row.name], row.in_shape, cost=True, defaults=network.defaults)
            assert diagrams[stage["diagram"]] == drawing._repr_html_()
            assert f"In all {row.params:,} parameters and {row.macs:,} MACs." in drawing.alt
        elif row.name == "avgpool":
            assert "global avg pool" in diagrams[stage["diagram"]]
        else:
            _, _, params, macs = zip(*stage["layers"], strict=True)
            assert (sum(params), sum(macs)) == (row.params, row.macs)
    assert not any(" id=" in picture for picture in (*diagrams, found["map"]))


@every_network
def test_the_map_has_a_row_for_each_stage(name, read):
    stages = re.findall(r'data-stage="([^"]+)"', read[name]["map"])
    assert stages == [row.name for row in il.cost(name).stages]
    assert f'data-network="{name}"' in read[name]["map"]


def test_a_repeated_block_is_stored_once(read):
    stages = read["inception_resnet_v2"]["stages"]
    assert len({stages[f"B{i}"]["diagram"] for i in range(1, 21)}) == 1


def test_data_stay_small():
    """A reader on a slow connection waits for one of them."""
    for name in il.list_models():
        assert len(maps.script(name).encode()) < 200_000, name


def test_the_table_and_the_words_have_every_number():
    table, words = maps.networks(), maps.stages()
    for name in il.list_models():
        count = il.cost(name)
        assert f"| {len(count.stages)} | {count.params:,} | {count.macs:,} |" in table
        for row in count.stages:
            for number in (row.params, row.macs):
                assert f">{number:,}</td>" in words
