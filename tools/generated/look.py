"""What `look.html` runs: small networks with their weights, and the photographs, as scripts of data.

A page loads `static/look/<network>.js` when a reader chooses that network: a script, because a page
that is opened as a file may load scripts alone. Weights are read from the shipped files with the
standard library, and batch normalization is folded into the convolution before it, so that what
runs in the page has convolutions, max pooling and one linear layer.
"""

import base64
import json
import struct
from array import array
from functools import cache, partial
from html import escape
from math import prod, sqrt
from pathlib import Path

import inception_lib as il
from inception_lib.drawing.svg import PALETTE
from inception_lib.networks import kernels
from inception_lib.spec import Branches, Chain, Conv, Defaults, MaxPool, Residual
from inception_lib.tree.resolved import Map, Part, join, resolve_block, resolve_network
from inception_lib.weights.records import FILES, shipped, training_record

STATIC = Path(__file__).resolve().parents[2] / "_static"
PHOTOS, ATLAS = STATIC / "photos", STATIC / "atlas"
HAND_MADE = "hand_made"
START = "mini_bn"
SIDE = 96  # pixels of the picture that goes into the hand-made block; a network has its own

SHAPES = ("dot", "bar", "grating")
SHAPE_LIMITS = {"size": (1, 16, 0.5), "angle": (0, 180, 7.5), "place": (-16, 16, 0.5)}

Numbers = list[float]


@cache
def photographs() -> dict[str, dict]:
    """What is known of the ten photographs, by name: these are the classes of the small networks."""
    return json.loads((PHOTOS / "photos.json").read_text(encoding="utf-8"))


@cache
def tensors(name: str) -> dict[str, Numbers]:
    """The floats of a shipped file of weights, by their key in the state dict."""
    raw = (FILES / f"{name}.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header, body = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    found = {}
    for key, about in header.items():
        if about.get("dtype") == "F32":
            first, last = about["data_offsets"]
            found[key] = list(struct.unpack(f"<{(last - first) // 4}f", body[first:last]))
    return found


def hand_made() -> dict[str, Numbers]:
    """The kernels that are written down, as a file of weights would hold them."""
    found = {"1x1.conv.weight": [v for row in kernels.COLOURS.values() for v in row]}
    for branch, size in (("3x3", 3), ("5x5", 5)):
        found[f"{branch}.conv.weight"] = [
            v * color
            for kernel in kernels.shapes(size)
            for color in kernels.LIGHT
            for row in kernel
            for v in row
        ]
    return found


class Packer:
    """Writes parts as JSON, and their weights one after the other into `floats`."""

    def __init__(self, weights: dict[str, Numbers]):
        self.weights = weights
        self.floats: Numbers = []

    def part(self, part: Part, key: str) -> dict:
        """A part; `key` is its own in the state dict."""
        node = part.node
        match node:
            case Conv(groups=1, stride=(1, 1)) if node.pads is not None:
                return self.conv(part, key)
            case MaxPool(ceil_mode=False) if node.pads is not None:
                window = {"kernel": node.kernel_size, "stride": node.stride, "pads": node.pads}
                return {"type": "max_pool", **window}
            case Chain():
                layers = [
                    self.part(inner, join(key, str(i))) for i, (_, inner) in enumerate(part.parts)
                ]
                return {"type": "chain", "layers": layers}
            case Branches():
                branches = [
                    {
                        "name": name,
                        "family": inner.family,
                        "channels": inner.after.shape[0],
                        "node": self.part(inner, join(key, name)),
                    }
                    for name, inner in part.parts
                ]
                return {"type": "branches", "branches": branches}
            case Residual():
                body = self.part(part.parts[0][1], join(key, "body"))
                return {"type": "residual", "scale": node.scale, "act": node.act, "body": body}
            case _:
                raise ValueError(
                    f"{key} is {part.label}; the page computes convolutions of stride 1 and one "
                    "group, max pooling, branches and sums. Write that into _static/look-net.js first."
                )

    def conv(self, part: Part, key: str) -> dict:
        """A convolution with its normalization folded into it: weights, then one bias a channel."""
        node, unit = part.node, part.unit
        assert isinstance(node, Conv) and unit is not None
        out, fan = node.out_channels, part.before.shape[0] * prod(node.kernel_size)
        weight = self.weights[f"{key}.conv.weight"]
        bias = self.weights.get(f"{key}.conv.bias", [0.0] * out)
        if unit.norm == "batch_norm":
            names = ("weight", "bias", "running_mean", "running_var")
            gain, shift, mean, var = (self.weights[f"{key}.norm.{name}"] for name in names)
            scale = [g / sqrt(v + unit.norm_eps) for g, v in zip(gain, var, strict=True)]
            weight = [w * scale[i // fan] for i, w in enumerate(weight)]
            bias = [(b - m) * s + t for b, m, s, t in zip(bias, mean, scale, shift, strict=True)]
        at = len(self.floats)
        self.floats += [*weight, *bias]
        return {
            "type": "conv",
            "in": part.before.shape[0],
            "out": out,
            "kernel": node.kernel_size,
            "pads": node.pads,
            "act": unit.act,
            "at": at,
        }


def describe(name: str) -> dict:
    """Everything that the page runs and says of one network, ready for JSON."""
    if name == HAND_MADE:
        packer = Packer(hand_made())
        node = il.naive_block(len(kernels.COLOURS), len(kernels.SHAPES), len(kernels.SHAPES))
        block = resolve_block(node, Map((3, SIDE, SIDE)), Defaults(bias=False))
        colors = list(kernels.COLOURS)
        shapes = list(kernels.SHAPES)
        names = {"1x1": colors, "3x3": shapes, "5x5": shapes, "pool": ["red", "green", "blue"]}
        return {
            "side": SIDE,
            "least": 0,  # chapter 1 gives it pictures from 0 to 1; the networks read −1 to 1
            "stages": [["block", packer.part(block, ""), block.after.shape[0]]],
            "names": names,
            "weights": packed(packer.floats),
        }
    packer, network = Packer(tensors(name)), il.architecture(name)
    resolved = resolve_network(network)
    stages = [
        [stage, packer.part(part, f"stages.{stage}"), part.after.shape[0]]
        for stage, part in resolved.stages.items()
    ]
    assert resolved.head is not None
    head = {
        "in": resolved.head.before.shape[0],
        "out": network.head.classes,
        "at": len(packer.floats),
    }
    packer.floats += packer.weights["head.fc.weight"] + packer.weights["head.fc.bias"]
    return {
        "side": network.input_size[0],
        "accuracy": training_record(name)["test_accuracy"],
        "classes": list(photographs()),
        "stages": stages,
        "head": head,
        "weights": packed(packer.floats),
    }


def packed(floats: Numbers) -> str:
    """Floats as base64 of 32 bits each, the lowest byte first."""
    values = array("f", floats)
    if struct.pack("=h", 1) != struct.pack("<h", 1):
        values.byteswap()
    return base64.b64encode(values.tobytes()).decode()


def as_json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def script(name: str) -> str:
    """The data of one network, as a script that hands them to `_static/data.js`."""
    return f'bookData.add("look/{name}", {as_json(describe(name))});'


def photograph(name: str) -> str:
    """One photograph as a script: a page that is opened as a file may not read pixels of a picture file."""
    data = base64.b64encode((PHOTOS / f"{name}.webp").read_bytes()).decode()
    return f'bookData.add("look/photo-{name}", "data:image/webp;base64,{data}");'


def slider(key: str, label: str, least: float, most: float, step: float = 1) -> str:
    """A slider with its name before it and its value after it."""
    part = ' data-part="size"' if key == "size" else ""
    return (
        f'<label class="il-look-slider"><span{part}>{label}</span>'
        f'<input type="range" data-key="{key}" min="{least}" max="{most}" step="{step}">'
        "<output></output></label>"
    )


def page() -> str:
    """The page's controls and places. Scripts fill them; without scripts a sentence says so."""
    photos = "".join(f'<option value="{name}" data-photo>{name}</option>' for name in photographs())
    shapes = "".join(f'<option value="{kind}">{kind}</option>' for kind in SHAPES)
    networks = "".join(
        f'<option value="{name}">{name}: {escape(il.architecture(name).title)}</option>'
        for name in shipped()
    )
    data = {
        "palette": PALETTE,
        "networks": [HAND_MADE, *shipped()],
        "atlas": [name for name in shipped() if (ATLAS / f"{name}.json").is_file()],
    }
    cut = slider("side", "square", 1, 1000) + slider("left", "from the left", 0, 1000)
    cut += slider("top", "from the top", 0, 1000)
    shape = slider("size", "size", *SHAPE_LIMITS["size"])
    shape += slider("angle", "angle", *SHAPE_LIMITS["angle"])
    shape += slider("place", "place", *SHAPE_LIMITS["place"])
    return f"""<div class="il-look" data-network="{START}" data-picture="cat">
<noscript><p>Everything on this page is computed in your browser by scripts, and they are off.
The <a href="chapters/01-naive-block.html">first chapter</a> shows maps that need none.</p></noscript>
<div class="il-look-all" hidden>
<p class="il-problems" data-part="problems" role="alert"></p>
<div class="il-look-top">
<fieldset><legend>A picture</legend>
<div class="il-look-row">
<label>Picture <select data-part="choice"><optgroup label="Photographs">{photos}</optgroup>
<optgroup label="Shapes that move">{shapes}</optgroup><option value="own" data-part="own" hidden>your own</option></select></label>
<label class="il-look-file">Your own <input type="file" accept="image/*" data-part="file"></label>
</div>
<p><small>Your file never leaves your browser, which forgets it when you close this tab.</small></p>
<div data-part="cut">
<div class="il-look-frame" data-part="frame"><canvas data-part="photo" role="img" aria-label="the photograph"></canvas>
<div class="il-look-square" data-part="square"></div></div>
<p><small>Click to move the square, or drag it.</small></p>
{cut}</div>
<div data-part="shape" hidden>
{shape}<button type="button" data-part="move">Move it</button></div>
</fieldset>
<fieldset><legend>A network</legend>
<label>Network <select data-part="network"><option value="{HAND_MADE}">hand_made: kernels written by hand, chapter 1</option>{networks}</select></label>
<div class="il-look-in"><canvas data-part="input" role="img" aria-label="the picture that goes in"></canvas>
<p>What goes in: <span data-part="side-in"></span> pixels, <span data-part="made"></span>.</p></div>
<table class="il-look-answers" data-part="answers" hidden><caption>What it answers</caption>
<thead><tr><th scope="col">photograph</th><th scope="col">whole network</th><th scope="col">silenced</th></tr></thead><tbody></tbody></table>
<p data-part="knows"><small><code data-part="title"></code> knows these ten photographs and nothing else. It is right about
<span data-part="accuracy"></span> of the crops that it was not trained on.</small></p>
</fieldset>
</div>
<fieldset class="il-look-blocks"><legend>Its maps</legend>
<div class="il-look-row"><div data-part="blocks" role="radiogroup" aria-label="block"><span data-part="stages"></span></div>
<label><input type="checkbox" data-part="over"> over the picture</label>
<label><input type="checkbox" data-part="alike"> the same white for all maps</label>
<button type="button" data-part="restore" hidden>Restore all branches</button></div>
<p data-part="hint"><small>The number below a map leads to that channel in the <a href="atlas.html">atlas</a>.</small></p>
<div data-part="branches" data-keys="il-roving"></div>
<p class="il-look-line" data-part="line" aria-hidden="true"></p>
<p class="visually-hidden" role="status" data-part="said"></p>
</fieldset>
</div>
<script type="application/json" id="il-look-data">{as_json(data)}</script>
</div>"""


PAGES = {
    "look.html": page,
    **{f"static/look/{name}.js": partial(script, name) for name in [HAND_MADE, *shipped()]},
    **{f"static/look/photo-{name}.js": partial(photograph, name) for name in photographs()},
}
