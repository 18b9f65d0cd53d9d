"""Write `_static/atlas/`: what the atlas shows of every channel of every network that ships.

    make atlas                            everything, ten minutes on one core
    python -m tools.atlas mini_bn         one network

For each network one JSON and one sheet of made pictures; the crops are cut from the ten photographs,
which all pages share (`tools/photographs.py`). They are committed: building the pages needs no torch.
"""

import json
import math
import sys
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import conv2d

import inception_lib as il
from inception_lib.interpret.measures import MEASURES, channel_answers
from inception_lib.nn.layers import Concat, ConvUnit, ResidualSum
from inception_lib.weights.records import shipped

from . import photographs

FOLDER = Path(__file__).resolve().parent.parent / "_static" / "atlas"
CROPS, NEXT = 9, 3  # of a channel: its most exciting crops, and the channels that weigh it most
SIDE, COLUMNS = 32, 16  # of a made picture in pixels; pictures in a row of the sheet
FULL = 99  # of a channel's answers the largest; the others are shares of it
REACH = 17  # pixels of the map on which a branch's weights are multiplied out


def levels(model: nn.Module) -> list[dict[str, nn.Module]]:
    """What follows what, by address: branches side by side, or one convolution, or a residual's sum."""
    found: list[dict[str, nn.Module]] = []
    for name, stage in model.stages.items():
        branches = stage.body[0] if isinstance(stage, ResidualSum) else stage
        if isinstance(branches, Concat):
            found.append({f"{name}.{branch}": part for branch, part in branches.items()})
        if isinstance(stage, ResidualSum | ConvUnit):
            found.append({name: stage.body[1] if isinstance(stage, ResidualSum) else stage})
    return found


# ---- what weighs a channel most ----


def straightened(module: nn.Module, x: Tensor) -> Tensor:
    """What a branch does without its ReLUs, biases and poolings: its weights, multiplied out."""
    if isinstance(module, ConvUnit):
        conv, norm = module.conv, getattr(module, "norm", None)
        x = conv2d(x, conv.weight, None, conv.stride, conv.padding)
        if norm is not None:
            x = x * (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None, None]
        return x
    if isinstance(module, nn.Sequential):
        for layer in module:
            x = straightened(layer, x)
    return x


@torch.no_grad()
def weighs(module: nn.Module, channels: int) -> tuple[Tensor, Tensor]:
    """(out, in): the share of each input channel in the squared weights of an output, and their sum's sign."""
    points = torch.zeros(channels, channels, REACH, REACH)
    points[range(channels), range(channels), REACH // 2, REACH // 2] = 1
    kernels = straightened(module, points).transpose(0, 1)  # (out, in, height, width)
    power = kernels.square().sum((2, 3))
    return power / power.sum(1, keepdim=True).clamp(min=1e-12), kernels.sum((2, 3)).sign()


def followers(here: dict[str, int], after: dict[str, nn.Module]) -> list[list]:
    """For each channel of a level, in order: [address, channel, share, sign] of those that weigh it most."""
    count = sum(here.values())
    shares, signs, names = [], [], []
    for address, module in after.items():
        share, sign = weighs(module, count)
        shares.append(share)
        signs.append(sign)
        names += [(address, channel) for channel in range(len(share))]
    share, sign = torch.cat(shares), torch.cat(signs)
    return [
        [
            [*names[i], round(float(share[i, channel]), 3), int(sign[i, channel])]
            for i in share[:, channel].argsort(descending=True, stable=True)[:NEXT].tolist()
        ]
        for channel in range(count)
    ]


def speaks_for(model: nn.Module) -> list[list]:
    """For each channel of the last stage: [class, weight] of the class it speaks for most, and least."""
    weight = model.head.fc.weight.detach()
    return [
        [[i, round(float(column[i]), 2)] for i in (int(column.argmax()), int(column.argmin()))]
        for column in weight.T
    ]


# ---- what a channel answers to ----


def profiles(answers: dict[str, Tensor]) -> dict[str, Tensor]:
    """Measure -> (channels, pictures): the answers that the measure is computed from, largest `FULL`."""
    gratings = answers["gratings"]  # (channels, periods, angles)
    best = gratings.sum(2).argmax(1)
    found = {
        "orientation": gratings[torch.arange(len(gratings)), best],
        "frequency": gratings.amax(2),
        "curvature": answers["arcs"],
        "size": answers["dots"],
        "color": answers["noise"],
    }
    return {
        name: (FULL * values / values.amax(1, keepdim=True).clamp(min=1e-12)).round().int()
        for name, values in found.items()
    }


def numbers(model: nn.Module, at: str) -> list[dict]:
    """For each channel: its five measures, null where it answers to nothing, and the answers."""
    measures, shown = il.channel_measures(model, at), profiles(channel_answers(model, at))
    return [
        {
            "measures": [
                None if math.isnan(value) else round(value, 3)
                for value in (float(measures[name][channel]) for name in MEASURES)
            ],
            "answers": [shown[name][channel].tolist() for name in MEASURES],
        }
        for channel in range(len(measures[MEASURES[0]]))
    ]


def strengths(model: nn.Module, images: Tensor, at: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
    """Address -> the largest value of each map, (crops, channels), and its place, row · width + column.

    Crops are ranked by it, as `il.most_exciting` does.
    """
    parts: dict[str, list] = {one: [] for one in at}
    for some in images.split(250):
        for one, maps in il.features(model, some, at).items():
            parts[one].append(maps.flatten(2).max(2))
    return {one: tuple(map(torch.cat, zip(*found, strict=True))) for one, found in parts.items()}


def most(strength: Tensor, place: Tensor) -> list[dict]:
    """For each channel the crops that excite it most, and where; none where nothing does."""
    order = strength.argsort(dim=0, descending=True, stable=True)[:CROPS].T.tolist()
    found = []
    for channel, row in enumerate(order):
        crops = [i for i in row if strength[i, channel] > 0]
        most = round(float(strength[row[0], channel]), 2)
        places = [int(place[i, channel]) for i in crops]
        found.append({"crops": crops, "places": places, "most": most})
    return found


def filters(weight: Tensor) -> list[list[str]]:
    """For each kernel over red, green and blue, its colors row by row, zero as middle gray."""
    largest = weight.abs().amax((1, 2, 3), keepdim=True)
    bytes_ = (127.5 + 127.5 * weight / largest).round().int().permute(0, 2, 3, 1).flatten(1, 2)
    return [["".join(f"{v:02x}" for v in color) for color in one] for one in bytes_.tolist()]


# ---- the files ----


def describe(name: str, images: Tensor, labels: Tensor, boxes: Tensor) -> tuple[dict, Tensor]:
    """What the JSON of a network says, and its made pictures, (channels, 3, side, side)."""
    model = il.create_model(name, pretrained=True).eval()
    order = levels(model)
    at = [address for level in order for address in level]
    strength = strengths(model, images, at)
    groups, made = [], []
    for level, after in zip(order, [*order[1:], None], strict=True):
        sizes = {address: strength[address][0].shape[1] for address in level}
        follow = followers(sizes, after) if after else speaks_for(model)
        for address, count in sizes.items():
            both = zip(most(*strength[address]), numbers(model, address), strict=True)
            channels = [{**excited, **told} for excited, told in both]
            for channel in channels:
                channel["next" if after else "speaks"] = follow.pop(0)
            groups.append({"at": address, "channels": channels})
            made.append(il.visualize(model, address, size=SIDE))
            print(f"  {name} {address}: {count} channels", flush=True)
    for channel, colors in zip(
        groups[0]["channels"], filters(model.stages["conv1"].conv.weight.detach()), strict=True
    ):
        channel["filter"] = colors
    used = sorted({i for group in groups for one in group["channels"] for i in one["crops"]})
    crops = {i: [int(labels[i]), *boxes[i].tolist()] for i in used}
    return {"network": name, "groups": groups, "crops": crops}, torch.cat(made)


def sheet(pictures: Tensor) -> Image.Image:
    """Pictures side by side, `COLUMNS` in a row."""
    rows = -(-len(pictures) // COLUMNS)
    canvas = np.zeros((rows * SIDE, COLUMNS * SIDE, 3), np.uint8)
    for i, picture in enumerate(pictures.permute(0, 2, 3, 1).numpy()):
        row, column = divmod(i, COLUMNS)
        canvas[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = picture
    return Image.fromarray(canvas)


def cut(path: Path, count: int) -> Tensor:
    """The first pictures of a sheet, (count, 3, side, side), as they were stored."""
    with Image.open(path) as image:
        pixels = torch.from_numpy(np.array(image.convert("RGB")))
    rows = pixels.unflatten(0, (-1, SIDE)).unflatten(2, (COLUMNS, SIDE))
    return rows.permute(0, 2, 4, 1, 3).flatten(0, 1)[:count]


def compare(told: dict, path: Path) -> None:
    """Write into each channel how much it answers to the picture that was made for it, as stored."""
    model = il.create_model(told["network"], pretrained=True).eval()
    at = [group["at"] for group in told["groups"]]
    channels = [len(group["channels"]) for group in told["groups"]]
    found = il.features(model, cut(path, sum(channels)), at)
    for group, first in zip(told["groups"], accumulate(channels, initial=0), strict=False):
        for i, channel in enumerate(group["channels"]):
            channel["made"] = round(float(found[group["at"]][first + i, i].max()), 2)


def main(names: list[str]) -> None:
    """Write the photographs, and a JSON and a sheet for each network."""
    photographs.main()
    FOLDER.mkdir(parents=True, exist_ok=True)
    images, labels, boxes = il.photo_patches("test", boxes=True)
    for name in names or shipped():
        told, made = describe(name, images, labels, boxes)
        pictures = FOLDER / f"{name}.webp"
        sheet(made).save(pictures, quality=80, method=6)
        compare(told, pictures)
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        sizes = [(FOLDER / f"{name}.{kind}").stat().st_size / 1000 for kind in ("json", "webp")]
        print(f"wrote _static/atlas/{name}: {sizes[0]:.0f} kB JSON, {sizes[1]:.0f} kB pictures")


if __name__ == "__main__":
    main(sys.argv[1:])
