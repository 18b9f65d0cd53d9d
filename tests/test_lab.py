"""The cost lab's data, and its script in Node on them: what the package counts, to the last integer."""

import json
import random
import subprocess
from pathlib import Path

import pytest

import inception_lib as il
from tools.generated import lab

ROOT = Path(__file__).resolve().parent.parent
# Reads states from stdin; gives for each the rows and the sums, or the message of what is wrong.
COUNT = """
const { blocks, states } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const { count } = require(process.argv[1]);
console.log(JSON.stringify(states.map((state) => {
  try { return count(blocks[state.block].forms[state.form].spec, state); }
  catch (error) { return error.message; }
})));
"""


def counted(states: list[dict]) -> list:
    """What the script counts."""
    run = subprocess.run(
        [ROOT / ".venv/bin/node", "-e", COUNT, ROOT / "_static" / "lab-count.js"],
        input=json.dumps({"blocks": lab.blocks(), "states": states}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def numbers(row: dict) -> tuple:
    return (tuple(row["outShape"]), row["params"], row["macs"], row["bytes"])


def random_states(seed: int, each: int) -> list[dict]:
    """`each` states of every block and form, of every size."""
    rng = random.Random(seed)

    def width(most):
        return rng.choice((1, rng.randint(1, 64), rng.randint(1, most), most))

    return [
        {
            "block": block,
            "form": form,
            "grid": rng.choice((3, 7, 8, rng.randint(3, lab.LIMITS["grid"]))),
            "in": width(lab.LIMITS["in"]),
            "norm": rng.choice(list(lab.NORMS)),
            "widths": {slot["key"]: width(lab.LIMITS["width"]) for slot in made["slots"]},
        }
        for block, about in lab.blocks().items()
        for form, made in about["forms"].items()
        for _ in range(each)
    ]


def test_the_script_counts_what_the_package_counts():
    states = [*lab.presets(), *random_states(0, 20)]
    for state, got in zip(states, counted(states), strict=True):
        cost = lab.cost(state)
        rows = [lab.numbers(row) for row in cost.branches()]
        shapes = [row.out_shape for row in cost.branches()]
        want = [(shape, *row[1:]) for shape, row in zip(shapes, rows, strict=True)]
        back = [layer for layer in cost.layers if layer.name == "1"]  # behind a residual's branches
        want += [(b.out_shape, b.params, b.macs, b.activation_bytes) for b in back]
        assert [numbers(row) for row in got["rows"]] == want, state
        assert (tuple(got["outShape"]), *lab.numbers(cost)[1:]) == numbers(
            {**got["total"], "outShape": cost.out_shape}
        ), state


def test_every_layers_formula_gives_its_number():
    for got in counted(random_states(1, 3)):
        for layer in (layer for row in got["rows"] for layer in row["layers"]):
            for key, text in layer["formula"].items():
                assert eval(text.replace("·", "*")) == layer[key], (text, layer)  # our own digits


@pytest.mark.parametrize("block", ["grid_reduction", "residual_reduction"])
def test_a_grid_that_is_too_small_is_refused_as_by_the_package(block):
    state = next(one for one in lab.presets() if one["block"] == block) | {"grid": 2}
    with pytest.raises(ValueError, match="grid"):
        lab.cost(state)
    (message,) = counted([state])
    assert "too small" in message and "2×2" in message


def test_presets_are_every_stage_of_the_tables():
    """Each stage of branches that a network has is in a preset, and costs what the network says.

    A version of another network has only what differs: its other stages are those of the other.
    """
    seen, used = {}, set()
    for preset in lab.presets():
        name, first = preset["id"].split(".")
        stages = il.architecture(name).names
        last = preset["stages"].split(" to ")[-1]
        for stage in stages[stages.index(first) : stages.index(last) + 1]:
            seen[name, stage] = preset
    for name in lab.NETWORKS:
        for stage, node in il.architecture(name).stages:
            if isinstance(node, il.Branches | il.Residual) and not stage.startswith("stem"):
                where = (name, stage)
                if where not in seen:
                    where = (lab.VERSIONS[name], stage)
                used.add(where)
                row, preset = il.cost(name)[stage], seen[where]
                assert lab.numbers(lab.cost(preset)) == lab.numbers(row), (name, stage)
    assert used == set(seen)
    assert [p["stages"] for p in lab.presets() if "2014" in p["id"]] == ["4a", "4b", "5a"]
    assert [p["stages"] for p in lab.presets() if "fid" in p["id"]] == ["C2"]


def test_presets_and_controls_fit():
    for preset in lab.presets():
        assert 1 <= preset["grid"] <= lab.LIMITS["grid"] and 1 <= preset["in"] <= lab.LIMITS["in"]
        assert all(1 <= width <= lab.LIMITS["width"] for width in preset["widths"].values())
        slots = lab.blocks()[preset["block"]]["forms"][preset["form"]]["slots"]
        assert [slot["key"] for slot in slots] == list(lab.KINDS[preset["block"]].slots.split())
        assert {slot["key"] for slot in slots} == set(preset["widths"])
        names = [(slot["group"], slot["label"]) for slot in slots]
        assert all(all(name) for name in names) and len(set(names)) == len(names)


def test_a_stage_that_fits_no_block_is_named():
    with pytest.raises(ValueError, match="new 9z is not a block of the lab"):
        lab.fitted("new 9z", il.Branches({"1x1": il.Conv(8), "7x7": il.Conv(8, 7)}))
