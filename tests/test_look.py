"""What look.html computes, in Node: the maps and scores that torch gives, the squares that Pillow resizes."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il
from inception_lib.interpret.silencing import silenced
from tools import photographs
from tools.generated import look

ROOT = Path(__file__).resolve().parent.parent
NAMES = [look.HAND_MADE, *look.shipped()]
# Reads pictures as floats, writes the maps at `at` and the scores of each, one after the other.
RUN = """
const { readFileSync, writeFileSync } = require("node:fs");
const [script, network, pictures, at, out, silent] = process.argv.slice(1);
const { run } = require(script);
const told = JSON.parse(readFileSync(network, "utf8"));
const raw = readFileSync(pictures);
const all = new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
const side = told.side, size = 3 * side * side, found = [];
for (let i = 0; i < all.length; i += size) {
  const x = { data: all.subarray(i, i + size), channels: 3, height: side, width: side };
  const { maps, scores } = run(told, x, new Set(JSON.parse(silent)));
  for (const one of JSON.parse(at)) found.push(maps[one].data);
  found.push(Float32Array.from(scores ?? []));
}
writeFileSync(out, Buffer.concat(found.map((one) => Buffer.from(one.buffer))));
"""


def node(script: str, *arguments: object, **more) -> str:
    command = [ROOT / ".venv/bin/node", "-e", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout


def pictures(side: int, drawn: int) -> torch.Tensor:
    """Random pictures, and the ten photographs."""
    some = torch.randint(0, 256, (drawn, 3, side, side), generator=torch.Generator().manual_seed(0))
    ten = [il.photo(name, side) for name in il.photos()]
    return torch.cat([some.byte(), *ten])


def addresses(told: dict) -> list[str]:
    """The stages and branches of which the page has maps."""

    def branches(node: dict) -> list[dict]:
        inside = [node["body"]] if "body" in node else node.get("layers", [])
        return node.get("branches", []) + [one for part in inside for one in branches(part)]

    return [
        address
        for stage, node, _ in told["stages"]
        for address in (stage, *(f"{stage}.{branch['name']}" for branch in branches(node)))
    ]


def model_of(name: str) -> torch.nn.Module:
    if name == look.HAND_MADE:
        return il.hand_made_block()
    return il.create_model(name, pretrained=True).eval()


def compared(name: str, x: torch.Tensor, folder: Path, silent: tuple[str, ...] = ()) -> float:
    """The largest difference between the page's numbers and torch's, as a share of the map's largest value."""
    model, told = model_of(name), look.describe(name)
    at = [one for one in addresses(told) if name != look.HAND_MADE or "." in one]
    files = [folder / one for one in ("network.json", "pictures", "found")]
    files[0].write_text(look.as_json(told))
    x = x / 255 if told.get("least") == 0 else il.as_input(x)
    files[1].write_bytes(x.numpy().tobytes())
    script = ROOT / "_static" / "look-net.js"
    node(RUN, script, *files[:2], json.dumps(at), files[2], json.dumps(silent))
    found = torch.from_numpy(np.fromfile(files[2], np.float32)).view(len(x), -1)
    with torch.no_grad():
        if silent:
            with silenced(model, silent[0]):
                known = il.features(model, x, [one.removeprefix("block.") for one in at])
                scores = model(x)
            known = {key: torch.zeros_like(v) if key in silent else v for key, v in known.items()}
        else:
            known = il.features(model, x, [one.removeprefix("block.") for one in at])
            scores = model(x)
    parts = [*(part.flatten(1) for part in known.values())]
    if "head" in told:
        parts.append(scores)
    assert sum(part.shape[1] for part in parts) == found.shape[1]
    worst, first = 0.0, 0
    for part in parts:
        mine, first = found[:, first : first + part.shape[1]], first + part.shape[1]
        worst = max(worst, float((mine - part).abs().max() / part.abs().max().clamp(min=1)))
    return worst


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_maps_and_scores_are_those_of_torch(name, tmp_path):
    """The ten photographs and fifty random pictures."""
    x = pictures(look.describe(name)["side"], 50)
    assert compared(name, x, tmp_path) <= 1e-4


@pytest.mark.parametrize(("name", "branch"), [("mini_bn", "3a.5x5"), ("mini_residual", "3b.3x3")])
def test_a_silent_branch_gives_what_silenced_gives(name, branch, tmp_path):
    assert compared(name, pictures(32, 2), tmp_path, (branch,)) <= 1e-4


def test_what_the_page_cannot_compute_is_refused():
    part = il.Conv(4, 3, stride=2)
    resolved = look.resolve_block(part, look.Map((3, 8, 8)), look.Defaults())
    with pytest.raises(ValueError, match=r"stages.1 is conv 3×3/2.*look-net.js"):
        look.Packer({}).part(resolved, "stages.1")


RESIZE = """
const { resize, stimulus } = require(process.argv[1]);
const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({ kind, data, width, height, square, target, grid, ...drawn }) =>
  kind ? [...stimulus({ kind, ...drawn }, grid).data] : [...resize({ data, width, height }, square, target)])));
"""


def asked(cases: list[dict]) -> list[np.ndarray]:
    out = node(RESIZE, ROOT / "_static" / "look-picture.js", input=json.dumps(cases))
    return [np.array(one) for one in json.loads(out)]


def test_squares_are_resized_as_pillow_does():
    """To one step of 255: Pillow begins with rows or with columns, whichever is less work."""
    rng, cases, known = np.random.default_rng(0), [], []
    for size in (32, 96) * 10:
        width, height = map(int, rng.integers(20, 160, 2))
        pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
        side = int(rng.integers(1, min(width, height) + 1))
        left, top = (int(rng.integers(0, n - side + 1)) for n in (width, height))
        square = {"left": left, "top": top, "side": side}
        more = {"width": width, "height": height, "square": square, "target": size}
        cases.append({"data": pixels.ravel().tolist(), **more})
        box = (left, top, left + side, top + side)
        image = Image.fromarray(pixels[..., :3].copy())
        small = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
        known.append(np.asarray(small).transpose(2, 0, 1).ravel().astype(int))
    found = asked(cases)
    assert max(int(np.abs(one - other).max()) for one, other in zip(found, known, strict=True)) <= 1
    assert sum(np.array_equal(*pair) for pair in zip(found, known, strict=True)) >= 10


def test_shapes_are_those_of_the_package():
    cases = [
        {"kind": kind, "size": size, "angle": angle, "place": 0, "grid": 33}
        for kind in look.SHAPES
        for size in (1, 2.5, 9)
        for angle in (0, 22.5, 90, 135)
    ]
    for case, found in zip(cases, asked(cases), strict=True):
        drawn = il.stimuli(case["kind"], [case["size"]], angle=case["angle"], grid=33)
        assert np.abs(found - (2 * drawn - 1).numpy().ravel()).max() < 1e-6, case


# ---- the data ----


def test_the_photographs_are_those_of_the_package():
    assert look.photographs() == photographs.facts(), "run make atlas"
    for name, photo in il.photos().items():
        with Image.open(look.PHOTOS / f"{name}.webp") as image:
            assert image.size == photo.pixels.shape[1::-1]
            off = np.abs(np.asarray(image.convert("RGB")).astype(int) - photo.pixels)
        assert off.mean() < 6, name
    sizes = [path.stat().st_size for path in look.PHOTOS.iterdir()]
    assert sum(sizes) < 450_000


def test_the_limits_are_those_of_the_scripts():
    script = f"console.log(JSON.stringify(require({json.dumps(str(ROOT / '_static' / 'look-state.js'))})))"
    told = json.loads(node(script))
    assert told["LIMITS"] == {key: list(limits) for key, limits in look.SHAPE_LIMITS.items()}
    assert told["SHAPES"] == list(look.SHAPES)


def test_data_stay_small():
    """A reader on a slow connection waits for one network and one photograph."""
    for name, make in look.PAGES.items():
        assert len(make().encode()) < 200_000, name
