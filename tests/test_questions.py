"""The bank of questions: each number of a key computed here again, by other means than the bank's."""

import ast
import inspect
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import inception_lib as il
from teaching.chapters import notebooks
from teaching.questions import KINDS, __main__, bank, choose, paper

ROOT = Path(__file__).resolve().parent.parent
BANK = bank()
STAGES = json.loads((ROOT / "tests" / "data" / "stages.json").read_text(encoding="utf-8"))
every_question = pytest.mark.parametrize("name", BANK)


# ---- by hand: for each question, its values from the numbers that it was given ----


def whole(name, what="params"):
    """An exact integer of a network, from the table that the tests of the package use."""
    return STAGES[name][what]


def row(name, stage, what):
    """Of one stage: its grid, parameters or MACs."""
    at = [s for s, _ in il.architecture(name).stages].index(stage)
    return STAGES[name]["stages"][at][{"grid": 1, "params": 3, "macs": 4}[what]]


def count(*layers):
    return sum(p.numel() for layer in layers for p in layer.parameters())


def conv(i, o, k=1, bias=False, **more):
    return nn.Conv2d(i, o, k, bias=bias, **more)


def naive_elsewhere(i, c1, c3, c5, grid):
    kernels = c1 + c3 + c5
    weights = count(conv(i, c1), conv(i, c3, 3), conv(i, c5, 5))
    return {
        "channels": kernels + i, "weights": weights, "parameters": weights + kernels,
        "MACs": weights * grid**2,
    }  # fmt: skip


def pooling_bill(i, kernels, o, grid):
    with_, without = (9 * o * c * grid**2 for c in (kernels + i, kernels))
    return {
        "with": with_, "without": without, "difference": with_ - without, "times": with_ / without,
    }  # fmt: skip


def dense_stand_in(stage):
    c1, _, c3, _, c5 = il.GOOGLENET[stage][:5]
    kernels = [
        F.pad(torch.ones(c, 1, k, k), [(5 - k) // 2] * 4) for c, k in ((c1, 1), (c3, 3), (c5, 5))
    ]
    return {"zero": float((torch.cat(kernels) == 0).double().mean())}


def padding_faults(grid):
    x = torch.zeros(1, 1, grid, grid)
    return {
        "five": conv(1, 1, 5, padding=1)(x).shape[2],
        "pool": nn.MaxPool2d(3, padding=1)(x).shape[2],
    }


def spot_and_square(k, d, bright):
    kernel = il.blob_kernel(k)[None, None]
    x, square = torch.zeros(1, 1, k, k), torch.ones(1, 1, k, k)
    edge = (k - d) // 2
    x[..., edge : edge + d, edge : edge + d] = bright / 100
    square[..., :: k - 1, :: k - 1] = 0
    return {"square": float(F.conv2d(x, kernel)), "corners": float(F.conv2d(square, kernel))}


def modest_number(stage, i, grid):
    c1, _, c3, _, c5 = il.GOOGLENET[stage][:5]
    return {"kernels": c5 / (c1 + c3 + c5), "macs": 25 * c5 / (c1 + 9 * c3 + 25 * c5)}


def does_it_pay(i, o, k, r):
    without, both = count(conv(i, o, k)), count(conv(i, r), conv(r, o, k))
    most = max(m for m in range(1, i + 1) if m * i + m * o * k * k < without)
    return {"without": without, "with": both, "share": both / without, "most": most}


def copied_widths(stage, i):
    _, r3, c3, r5, c5 = il.GOOGLENET[stage][:5]
    found = {}
    for k, r, o in ((3, r3, c3), (5, r5, c5)):
        without, both = i * o * k**2, i * r + r * o * k**2
        found |= {f"{k} without": without, f"{k} with": both, f"{k} times": both / without}
    return found


def two_columns(stage, i, grid):
    c1, r3, c3, r5, c5, proj = il.GOOGLENET[stage][:6]
    ours = (i * (c1 + r3 + r5 + proj) + 9 * r3 * c3 + 25 * r5 * c5) / 1024
    return {"ours": ours, "off": 1 - 463 / ours}


def field_of_a_chain(layers):
    """By the gradient, with all weights one."""

    def seen(strides):
        chain = nn.Sequential(*(conv(1, 1, k, stride=s) for k, s in strides)).double()
        for p in chain.parameters():
            nn.init.ones_(p)
        x = torch.zeros(1, 1, 220, 1, dtype=torch.double).expand(1, 1, 220, 220).clone()
        x.requires_grad_()
        y = chain(x)
        middle = y.shape[2] // 2
        rows = []
        for at in (middle, middle + 1):
            (g,) = torch.autograd.grad(y[0, 0, at, middle], x, retain_graph=True)
            rows.append((g[0, 0].sum(1) != 0).nonzero().flatten())
        return len(rows[0]), int(rows[1][0] - rows[0][0])

    size, step = seen(layers)
    return {"field": size, "stride": step, "without": seen([(k, 1) for k, _ in layers])[0]}


def own_aux_head(i, grid, narrow, hidden, classes):
    x = F.avg_pool2d(torch.zeros(1, narrow, grid, grid), 5, 3)
    first = count(nn.Linear(x.numel(), hidden))
    total = first + count(conv(i, narrow, bias=True), nn.Linear(hidden, classes))
    return {"total": total, "share": first / total}


def half_the_width(tenths):
    model = il.create_model("googlenet", width=tenths / 10)
    macs = FlopCounterMode(display=False)
    with macs, torch.no_grad():
        model.eval()(torch.zeros(1, 3, 224, 224))
    return {
        "parameters": count(model) / whole("googlenet"),
        "MACs": macs.get_total_flops() / 2 / whole("googlenet", "macs"),
    }


def ends_on_six(side):
    x, grids = torch.zeros(1, 1, side, side), []
    x = F.max_pool2d(conv(1, 1, 7, stride=2, padding=3)(x), 3, 2)
    grids.append(x.shape[2])
    for _ in range(3):
        x = F.max_pool2d(x, 3, 2)
        grids.append(x.shape[2])
    wanted = [56, 28, 14, 7]
    macs = row("googlenet", "conv1", "macs") + 1_024_000
    for stage, _ in il.architecture("googlenet").stages[1:]:
        own = row("googlenet", stage, "macs")
        grid = row("googlenet", stage, "grid")
        macs += own * (grids[wanted.index(grid)] / grid) ** 2
    return {"last": grids[-1], "faulty": round(macs), "right": whole("googlenet", "macs")}


def twelve_times():
    from torchvision.models import alexnet

    with torch.device("meta"):
        big = count(alexnet())
    small, heads = whole("googlenet"), 13_378_280
    return {"AlexNet": big, "GoogLeNet": small, "ratio": big / small, "with heads": big / heads}


def where_they_live(early, late):
    macs, params = whole("googlenet", "macs"), whole("googlenet")
    return {
        "often": row("googlenet", "conv2", "grid") ** 2,
        "early": sum(row("googlenet", s, "params") for s in early) / params,
        "late": (sum(row("googlenet", s, "macs") for s in late[:-1]) + 1_024_000) / macs,
    }


def four_values(low, apart, gamma, beta, later):
    bn = nn.BatchNorm2d(1, eps=1e-30).double()  # torch allows no 0
    nn.init.constant_(bn.weight, gamma)
    nn.init.constant_(bn.bias, beta)
    x = torch.tensor([low, low, low + apart, low + apart]).double().view(2, 1, 1, 2)
    out = bn(x).flatten().detach()
    used = bn.eval()(torch.full((1, 1, 1, 1), float(later)).double())
    return {
        "low": float(out[0]), "high": float(out[3]), "running mean": float(bn.running_mean),
        "running variance": float(bn.running_var), "used": float(used.detach()),
    }  # fmt: skip


def fold_by_hand(w, mean, deviation, gamma, beta):
    def layer(x):
        return gamma * (w * x - mean) / deviation + beta

    return {"weight": layer(1) - layer(0), "bias": layer(0), "tried": layer(2)}


def wrong_momentum(decay):
    steps = next(t for t in range(1, 10**5) if decay**t <= 0.5)
    return {"momentum": 1 - decay, "steps": steps}


def dead_bias(name):
    model = il.create_model(name)
    channels = sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    return {"channels": channels, "share": channels / count(model)}


def batch_record(size):
    from statistics import mean

    parts = il.training_record("batch_norm_digits")["parts"]
    own = [v for k, v in parts.items() if k.startswith("with BN, batch sizes")]
    kinds = {"own": "batch", "running": "running", "sorted": "by class"}
    found = {key: mean(v[str(size)][kind] for v in own) for key, kind in kinds.items()}
    return found | {"two": mean(v["2"]["batch"] for v in own)}


def is_that_why(step):
    parts = il.training_record("batch_norm_digits")["parts"]

    def mean(kind):
        own = [v for k, v in parts.items() if re.fullmatch(rf"{kind}, seed \d", k)]
        return (
            100
            * sum(dict(zip(v["steps"], v["accuracy"], strict=True))[step] for v in own)
            / len(own)
        )

    plain, normal, noisy = map(mean, ("without BN", "with BN", "with BN, noise"))
    return {"lead": normal - plain, "remains": noisy - plain}


def less_or_not(stage):
    i, o = il.GOOGLENET[stage][3:5]
    one = 25 * i * o
    return {
        "5×5": one,
        "wide": count(conv(i, o, 3), conv(o, o, 3)),
        "narrow": count(conv(i, i, 3), conv(i, o, 3)),
        "most": max(m for m in range(1, 999) if 9 * m * i + 9 * m * o <= one),
    }


def long_kernels(size, i, o):
    return {
        "one": count(conv(i, o, size)), "pair": count(conv(i, o, (1, size)), conv(o, o, (size, 1))),
        "equal": (size**2 - 2 * size) / size**2, "star": size**2 * i * o / (size * (i + o)),
    }  # fmt: skip


def two_borders(grid):
    """Positions at which a chain of 3×3 and its one kernel differ."""
    found = {}
    for name, many in (("two", 2), ("three", 3)):
        gen = torch.Generator().manual_seed(0)
        w = [torch.rand(1, 1, 3, 3, generator=gen, dtype=torch.double) for _ in range(many)]
        x = torch.rand(1, 1, grid, grid, generator=gen, dtype=torch.double)
        one, y = w[0], F.conv2d(x, w[0], padding=1)
        for k in w[1:]:
            one, y = F.conv2d(one, k.flip(2, 3), padding=2), F.conv2d(y, k, padding=1)
        z = F.conv2d(x, one, padding=many)
        found[name] = int(((y - z).abs() > 1e-9).sum())
    return found


def three_ways(k, d):
    return {
        "first": 2 * (d // 2) ** 2 * k**2,
        "last": 2 * d**2 * k**2,
        "side": 9 * k * k * (d // 2) ** 2,
    }


def padding_of_long(size, grid):
    x, p = torch.zeros(1, 1, grid, grid), size // 2
    y = conv(1, 1, (size, 1), padding=(p, 0))(conv(1, 1, (1, size), padding=p)(x))
    z = conv(1, 1, (size, 1), padding=(p, 0))(conv(1, 1, (1, size), padding=(0, p))(x))
    return {"rows": y.shape[2], "mended": z.shape[2]}


def smoothed(classes, hundredths):
    eps = hundredths / 100
    target = torch.full((classes,), eps / classes, dtype=torch.double)
    target[0] += 1 - eps
    z = target.log()
    loss = F.cross_entropy(
        z[None], torch.zeros(1, dtype=torch.long), label_smoothing=eps, reduction="mean"
    )
    return {
        "top": float(target[0]), "low": float(target[1]), "gap": float(z[0] - z[1]),
        "entropy": float(loss),
    }  # fmt: skip


def rmsprop_step(g, rate, decay):
    def moved(optimizer, **options):
        w = nn.Parameter(torch.zeros(1, dtype=torch.double))
        w.grad = torch.full_like(w, g)
        optimizer([w], lr=rate, **options).step()
        return -float(w.detach())

    inside = rate * g * (0.9 * 1 + 0.1 * g**2 + 1) ** -0.5
    outside = moved(torch.optim.RMSprop, alpha=decay, eps=1.0)
    return {"inside": inside, "outside": outside, "plain": moved(torch.optim.SGD)}


def why_299(last):
    eight, other = back_v3(8), back_v3(last)
    return {"eight": eight, "last": other, "apart": (other - eight) / (last - 8)}


def back_v3(n):
    """8 ← 17 ← 35 ← 71 ← 73 ← 147 ← 149 ← 299, as the chapter prints it."""
    for step in ("halve", "halve", "halve", "keep", "halve", "keep", "halve"):
        n = 2 * n + 1 if step == "halve" else n + 2
    return n


def counted_zeros(grid):
    pooled = F.avg_pool2d(torch.ones(1, 1, grid, grid), 3, 1, 1)[0, 0]
    return {
        "edge": float(pooled[0, 1]),
        "corner": float(pooled[0, 0]),
        "ring": int((pooled < 0.999).sum()),
    }


def larger_picture(side, own):
    model = il.create_model("inception_v3").to("meta")
    macs = FlopCounterMode(display=False)
    with macs, torch.no_grad():
        model.eval()(torch.zeros(1, 3, side, side, device="meta"))
    return {
        "area": side**2 / own**2,
        "MACs": macs.get_total_flops() / 2 / whole("inception_v3", "macs"),
    }


def four_letters(i, k, l, m, o, g):  # noqa: E741
    h = (g - 3) // 2 + 1
    weights = i * k + 9 * k * l + 9 * l * m + 9 * i * o
    return {
        "channels": m + o + i,
        "side": h,
        "params": weights + 2 * (k + l + m + o),
        "MACs": g**2 * (i * k + 9 * k * l) + h**2 * (9 * l * m + 9 * i * o),
    }


def one_block_more(letter, more):
    reach = {"A": 4 * 8, "B": 12 * 16, "C": 4 * 32}[letter]  # sum of (k − 1), times the distance
    return {
        "params": more * row("inception_v4", f"{letter}1", "params"),
        "MACs": more * row("inception_v4", f"{letter}1", "macs"),
        "field": more * reach,
    }


def twice_the_same(i, widths, grid):
    a, b, c = widths
    weights = i * a + 7 * a * b + 7 * b * c
    return {"params": weights + 2 * (a + b + c), "MACs": weights * grid**2}


def narrow_inside(i, c, grid):
    ones, threes = 3 * i * c + 3 * c * i, 27 * c * c
    weights = ones + threes
    return {
        "weights": weights, "share": ones / weights, "params": weights + 2 * 6 * c + i,
        "MACs": weights * grid**2,
    }  # fmt: skip


def many_paths(blocks, tenths):
    """The polynomial (1 + s)^n multiplied out, factor by factor."""
    s, weights = tenths / 10, [1.0]
    for _ in range(blocks):
        weights = [a + s * b for a, b in zip([*weights, 0.0], [0.0, *weights], strict=True)]
    total = sum(weights)
    mean = sum(k * w for k, w in enumerate(weights)) / total
    return {"mean": mean, "short": (weights[0] + weights[1]) / total}


def only_adds(s, x, body):
    one, two = torch.tensor(x), torch.tensor(body)
    return {"right": float((one + s * two).relu()), "wrong": float((one + s * two.relu()).relu())}


def what_a_scale_is(s):
    """How far the product of scale and weight moves, against a weight without a scale."""

    def moved(optimizer, scale):
        w = nn.Parameter(torch.ones(1, dtype=torch.double) / scale)
        optim = optimizer([w], lr=1e-6)
        (3.0 * scale * w).sum().backward()
        optim.step()
        return float(scale * w.detach() - 1)

    found = {}
    for name, optimizer in (("descent", torch.optim.SGD), ("Adam", torch.optim.Adam)):
        found[name] = round(moved(optimizer, s) / moved(optimizer, 1.0), 4)
    return found


def twins(rate):
    parts = il.training_record("residual_shortcut")["parts"]
    found = {}
    for blocks in (4, 12):
        for arm in ("shortcut, scale 0.2", "no shortcut"):
            own = [
                v["accuracy"]
                for k, v in parts.items()
                if k.startswith(f"{blocks} blocks, rate {rate}, {arm}, seed")
            ]
            found[f"{blocks} {arm}"] = sum(own) / len(own)
    return found


def groups(c, groups, k):
    return {
        "full": count(conv(c, c, k)),
        "grouped": count(conv(c, c, k, groups=groups)),
        "separable": count(conv(c, c, k, groups=c), conv(c, c)),
    }


def four_numbers(name):
    model = il.create_model(name)
    channels = sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    convs = sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.Conv2d))
    params = count(model)
    return {
        "channels": channels, "params": params, "convolutions": convs, "keras": params + channels,
        "classes_1001": params + model.head.fc.in_features + 1,
    }  # fmt: skip


def for_a_budget(millions, billions, side):
    errors = {
        "googlenet": (29.0, 31), "bn_inception": (25.2, 7), "inception_v3": (21.2, 75),
        "inception_resnet_v1": (21.3, 75), "inception_v4": (20.0, 75),
        "inception_resnet_v2": (19.9, 75),
    }  # fmt: skip
    fits = [
        error
        for name, (error, least) in errors.items()
        if whole(name) <= millions * 1e6 and whole(name, "macs") <= billions * 1e9 and least <= side
    ]
    return {"error": min(fits)}


def at_one_size(new, size):
    def macs(name, side):
        model = il.create_model(name).to("meta")
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            model.eval()(torch.zeros(1, 3, side, side, device="meta"))
        return counter.get_total_flops() / 2

    return {
        "own": whole(new, "macs") / whole("googlenet", "macs"),
        "one": macs(new, size) / macs("googlenet", size),
    }


def four_faults(i, r, o):
    without, both = count(conv(i, o, 3)), count(conv(i, r), conv(r, o, 3))
    return {"without": without, "with": both, "dead": o}


def one_pixel_beside(layers, side):
    """The middle of the first window, by the gradient of a kernel with a 1 in its middle."""
    found = {}
    for name, pad in (("TensorFlow", (0, 1)), ("PyTorch", (1, 1))):
        x = torch.zeros(1, 1, side, requires_grad=True)
        y = x
        for _ in range(layers):
            y = F.conv1d(F.pad(y, pad), torch.tensor([[[0.0, 1.0, 0.0]]]), stride=2)
        y[0, 0, 0].backward()
        found[name] = int(x.grad[0, 0].argmax())
    return found


def which_tests_fire():
    wrong = [k for k, _ in il.create_model("googlenet_torchvision").named_modules()]
    blocks = {k.split(".")[1] for k in wrong if ".5x5" in k}
    model = il.create_model("googlenet_torchvision", width=0.125)
    sizes = [model.stages[b]["5x5"][-1].conv.kernel_size for b in blocks]
    return {"wrong": sum(s != (5, 5) for s in sizes), "blocks": len(blocks)}


def tutorial_sizes():
    from torchvision.models import alexnet, vgg16

    with torch.device("meta"):
        return {
            "AlexNet": count(alexnet()) / whole("googlenet"),
            "VGG": count(vgg16()) / whole("googlenet"),
        }


def what_it_costs(name, classes, each, steps, batch):
    model = il.create_model(name, num_classes=classes)
    features = model.head.fc.in_features
    macs = whole(name, "macs") - 1000 * features
    alone, everything = classes * each * macs, 3 * steps * batch * macs
    return {
        "head": count(model.head.fc), "alone": alone, "everything": everything,
        "quotient": 3 * steps * batch / (classes * each),
    }  # fmt: skip


def two_trunks():
    parts = il.training_record("own_pictures")["parts"]
    found = {"one in": 8 ** len(parts["all, 5"])}
    for key, way in (("color", "all"), ("gray", "grey all")):
        found[key] = sum(
            a["test_accuracy"] > b["test_accuracy"]
            for size in (5, 10, 20)
            for a, b in zip(parts[f"{way}, {size}"], parts[f"scratch, {size}"], strict=True)
        )
    return found


def ahead_at_first(size, step):
    from statistics import mean

    parts = il.training_record("own_pictures")["parts"]
    one, other = parts[f"all, {size}"], parts[f"scratch, {size}"]
    return {
        "early": mean(r["after"][step] for r in one),
        "early scratch": mean(r["after"][step] for r in other),
        "late": mean(r["test_accuracy"] for r in one),
        "late scratch": mean(r["test_accuracy"] for r in other),
    }


def chosen_by_test(tries, pictures, p):
    """The deviation of a share, from the binomial distribution itself."""
    shares = [
        math.comb(pictures, k) * p**k * (1 - p) ** (pictures - k) for k in range(pictures + 1)
    ]
    mean = sum(k * w for k, w in enumerate(shares))
    error = math.sqrt(sum((k - mean) ** 2 * w for k, w in enumerate(shares))) / pictures
    return {"error": error, "two": 2 * error}


def all_in_one_branch(stage, branch, family):
    widths = dict(zip(("1x1", "_", "3x3", "_", "5x5", "pool"), il.GOOGLENET[stage], strict=False))
    width, whole = widths[branch], il.GOOGLENET[stage][-1]
    exact = math.prod((width - n) / (whole - n) for n in range(family))
    return {"simple": math.exp(family * math.log(width / whole)), "exact": exact}


def five_networks(measure):
    from inception_lib.experiments import branch_roles

    record = il.training_record("branch_roles")
    means = branch_roles.branch_means(record, "original", measure)
    above = sum(five > three for three, five in zip(means["3x3"], means["5x5"], strict=True))
    return {"above": above, "p": float(branch_roles.compared(record, "original", measure).p)}


def part_of_the_score(sums, bias):
    """A layer on global averages, of maps whose weighted sums are these."""
    maps, head = torch.rand(1, 4, 3, 3, dtype=torch.float64), nn.Linear(4, 1).double()
    with torch.no_grad():
        head.weight[0] = torch.tensor(sums) / maps.mean((2, 3))[0]
        head.bias[0] = bias
        return {"score": float(head(maps.mean((2, 3))))}


def two_of_many(many):
    """Of all ways to divide ten different runs into five and five, those that separate them."""
    from itertools import combinations

    ways = [set(chosen) for chosen in combinations(range(10), 5)]
    each = sum(way in (set(range(5)), set(range(5, 10))) for way in ways) / len(ways)
    return {"expected": many * each, "some": 1 - math.exp(many * math.log1p(-each))}


BY_HAND = {
    name: globals()[name.replace("-", "_")] for name in BANK if name.replace("-", "_") in globals()
}
BY_HAND |= {
    "test-in-training-mode": batch_record,
    "one-before-one": lambda i, o, r: {
        "without": count(conv(i, o)),
        "with": count(conv(i, r), conv(r, o)),
        "star": 1 / (1 / i + 1 / o),
    },
    "p-of-zero": lambda draws: {"least": 1 / (draws + 1)},
    "invisible-change": lambda a, b, c: {
        "answer": int(torch.tensor([a, b, c]) @ torch.tensor([b, -a, 0])),
        "independent": 3 - int(torch.linalg.matrix_rank(torch.tensor([[a, b, c]]).float())),
    },
    "pool-or-mix": lambda i, o, grid: {
        "first": i * o * (grid // 2) ** 2,
        "last": i * o * grid**2,
    },
    "fourteen-times": lambda: {"five": 31.0 / 2.1, "alone": 31.0 / 13.3},
    "quarter": lambda d, k: {
        "last": 2 * d**2 * k**2,
        "first": 2 * (d // 2) ** 2 * k**2,
        "factor": 4,
    },
    "one-point": lambda: {
        "error": math.sqrt(0.772 * 0.228 / 50_000),
        "difference": 77.2 - 76.2,
    },
    "three-numbers": lambda: {
        "layers": 48,
        "params": whole("inception_v3"),
        "convolutions": whole("inception_v3", "conv_weights"),
        "MACs": whole("inception_v3", "macs"),
    },
    "what-uniform-asks": lambda: {"first": 384 + 256 + 384, "second": 1024 + 192 + 320},
    "v4-has-residuals": lambda: {
        "v1": 5 + 10 + 5,
        "v2": 10 + 20 + 10,
        "times": whole("inception_v4", "macs") / whole("inception_v3", "macs"),
    },
    "raw-cost": lambda: {
        "v1": whole("inception_resnet_v1", "macs") / whole("inception_v3", "macs"),
        "figures": 9_257_953_632 / whole("inception_v4", "macs"),
        "released": whole("inception_resnet_v2", "macs") / whole("inception_v4", "macs"),
    },
    "two-errors": lambda: {"own": 10.07 - 7.8, "slide": 9.2 - 7.8},
    "twice-the-input": lambda a, b: {
        "left": int(torch.tensor(a + b).relu()),
        "right": int(torch.tensor([a, b]).relu().sum()),
    },
    "frozen-moves": lambda steps, momentum: {"left": math.prod([0.9] * steps)},
}


def drawn(name, seed):
    """The numbers of a question: those of the page for None, else those of that seed."""
    numbers = {key: p.default for key, p in inspect.signature(BANK[name].write).parameters.items()}
    if seed is not None:
        numbers |= BANK[name].numbers(seed)
    return numbers


def shown(value, key):
    """Whether a value stands in the key, rounded in one of the ways that keys round."""
    if isinstance(value, int) or float(value).is_integer():
        forms = {f"{value:,.0f}", f"{value:.0f}", f"{value:.1f}", f"{value:.2f}"}
        forms |= {f"{100 * value:.0f}%"}
    else:
        forms = {f"{value:.{d}f}" for d in range(5)} | {f"{value:g}", f"{value:.4g}"}
        forms |= {f"{100 * value:.{d}f}%" for d in range(3)}
    forms = {form.replace("-", "−") for form in forms}
    return any(re.search(rf"(?<![\d.,]){re.escape(form)}(?![\d]|[.,]\d)", key) for form in forms)


@pytest.mark.parametrize(
    ("name", "seed"),
    [(name, seed) for name, q in BANK.items() for seed in (None, 1, 2, 3) if q.vary or not seed],
)
def test_numbers(name, seed):
    """The values of the key are those computed here, and they stand in the key."""
    question = BANK[name]
    text = question.text(seed)
    got = BY_HAND[name](**drawn(name, seed))
    assert text.values
    for key, value in text.values.items():
        assert got[key] == pytest.approx(value, rel=1e-6, abs=1e-9), key
        assert shown(value, text.key), f"{key} = {value} does not stand in: {text.key}"


def test_every_question_is_computed_again():
    assert set(BY_HAND) == set(BANK)


# ---- the rules for questions ----


def test_there_are_enough():
    questions = list(BANK.values())
    assert len(questions) >= 40
    for chapter in notebooks():
        assert sum(q.chapter == chapter for q in questions) >= 4
    for kind in KINDS:
        assert sum(q.kind == kind for q in questions) >= 8
    assert sum(q.vary is not None for q in questions) >= 20
    assert len({q.title for q in questions}) == len(questions)


@every_question
def test_each_says_what_it_is(name):
    question = BANK[name]
    assert question.kind in KINDS and question.difficulty in (1, 2, 3)
    assert 5 <= question.minutes <= 15
    assert len(question.goal.split()) >= 4 and not question.goal.endswith(".")
    text = question.text()
    assert "?" in text.ask or question.kind == "predict"
    for part in (text.ask, text.key):
        assert len(part.split()) > 20
        assert part.count("**") % 2 == 0 and part.count("```") % 2 == 0
        assert not re.search(r"(?<!\d)\d\.\d{5,}|nan|None|\{|\}", part), part


def literals(write):
    """The constant text in what a question function puts together, docstring and code apart."""
    tree = ast.parse(inspect.cleandoc(inspect.getsource(write)))
    calls = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Text"
    ]
    for call in calls:
        for argument in call.args[:2]:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            yield from (p.value for p in parts if isinstance(p, ast.Constant))


@every_question
def test_no_result_is_typed(name):
    """Between the computed numbers stand no numbers of three digits, no decimals, no per cents."""
    texts = list(literals(BANK[name].write))
    assert texts
    for text in texts:
        assert not re.search(r"\d{3}|\d[.,]\d|\d ?%", text), text


@every_question
def test_other_seeds_give_other_numbers(name):
    question = BANK[name]
    drawn_texts = {question.text(seed).ask for seed in range(12)}
    assert len(drawn_texts) > 2 if question.vary else len(drawn_texts) == 1
    if question.vary:
        assert question.text(7) == question.text(7) == question.text("7")
        count = min(40, len(question.versions))
        assert len({repr(question.numbers(seed)) for seed in range(1, count + 1)}) == count
        assert question.numbers("Ada") == question.numbers("Ada")


def test_a_paper_and_its_key(capsys):
    __main__.main(["--seed", "7", "--count", "10"])
    first = capsys.readouterr().out
    __main__.main(["--seed", "7", "--count", "10"])
    assert capsys.readouterr().out == first
    assert len(re.findall(r"^## \d+\. ", first, re.MULTILINE)) == 10
    __main__.main(["--seed", "7", "--count", "10", "--key"])
    key = capsys.readouterr().out
    titles = re.findall(r"^## .*$", first, re.MULTILINE)
    assert titles == re.findall(r"^## .*$", key, re.MULTILINE)
    for q in choose(10):
        text = q.text("7")
        assert text.ask in first and text.key in key
        assert text.key not in first


def test_one_draw_gives_a_class_the_same_questions():
    first, second = (paper(choose(5, versions=2, draw=3), seed) for seed in (1, 2))
    titles = [re.findall(r"^## .*$", text, re.MULTILINE) for text in (first, second)]
    assert titles[0] == titles[1] and first != second
    assert choose(5, draw=3) != choose(5, draw=4)


def test_sheets_for_a_class(tmp_path, capsys):
    """A paper for each student, in the order of the seeds; what some share is said."""
    command = [
        "--students",
        "40",
        "--names",
        "naive-elsewhere",
        "only-adds",
        "--out",
        str(tmp_path / "a"),
    ]
    __main__.main(command)
    said = capsys.readouterr().out
    assert f"(only-adds): {len(BANK['only-adds'].versions)} versions" in said
    assert "naive-elsewhere" not in said
    papers, keys = ((tmp_path / "a" / name).read_text() for name in ("papers.html", "keys.html"))
    for page, kind in ((papers, "Paper"), (keys, "Key to paper")):
        assert re.findall(r"<h1>(.*?)</h1>", page) == [f"{kind} {seed}" for seed in range(1, 41)]
    assert len(set(re.findall(r"<article>.*?</article>", papers, re.DOTALL))) == 40
    assert "Shows that a student can" in keys and "Shows that a student can" not in papers
    with pytest.raises(SystemExit, match=r"papers\.html is there already"):
        __main__.main(command)


def test_a_choice_is_spread():
    chosen = choose(len(notebooks()))
    assert {q.chapter for q in chosen} == set(notebooks())
    assert {q.kind for q in choose(5)} == set(KINDS)
    assert {q.chapter for q in choose(4, chapters=[2, 5])} == {2, 5}
    assert {q.kind for q in choose(4, kinds=["claim"])} == {"claim"}


def test_the_pages_for_teachers_need_no_torch():
    """`make book` writes them, and installs none."""
    code = """import sys
sys.modules["torch"] = sys.modules["numpy"] = None
from tools.generated.teaching import PAGES
assert all(make() for make in PAGES.values())"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--count", "500"], "500 questions are asked for; there are"),
        (["--count", "0"], "0 questions are asked for"),
        (["--chapters", "99"], "there are 0 of this sort"),
        (["--versions", "1001"], "there are 0 of this sort"),
        (["--students", "0"], "--students is 0; it must be at least 1"),
        (["--names", "naive-elsewere"], "no question naive-elsewere"),
    ],
)
def test_errors(arguments, says, capsys):
    with pytest.raises(SystemExit):
        __main__.main(arguments)
    assert says in capsys.readouterr().err
