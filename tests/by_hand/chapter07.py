"""The questions of chapter 7, by hand."""

from . import row, whole


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


def what_uniform_asks():
    return {"first": 384 + 256 + 384, "second": 1024 + 192 + 320}


def v4_has_residuals():
    return {
        "v1": 5 + 10 + 5,
        "v2": 10 + 20 + 10,
        "times": whole("inception_v4", "macs") / whole("inception_v3", "macs"),
    }
