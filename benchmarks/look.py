"""How long does a small network take in plain JavaScript, compared with torch?

    python benchmarks/look.py [--rounds 30] [network ...]

One picture of the network's size goes through it again and again, in Node with the script of
`look.html` and in torch with one thread. The fastest round of each is printed, and their ratio: a
slow machine slows both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

import torch

import inception_lib as il
from inception_lib.counting.table import Table
from tools.generated import look

ROOT = Path(__file__).resolve().parent.parent
RUN = """
const { network, rounds } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const { run } = require(process.argv[1]);
const side = network.side;
const x = { data: new Float32Array(3 * side * side).fill(0.3), channels: 3, height: side, width: side };
let best = Infinity, scores;
for (let i = 0; i < rounds; i++) {
  const begin = performance.now();
  scores = run(network, x).scores;
  best = Math.min(best, performance.now() - begin);
}
console.log(JSON.stringify([best, scores]));
"""


def in_node(name: str, rounds: int) -> tuple[float, list[float] | None]:
    """Milliseconds of the fastest round, and the scores."""
    given = look.as_json({"network": look.describe(name), "rounds": rounds})
    command = [ROOT / ".venv/bin/node", "-e", RUN, ROOT / "_static" / "look-net.js"]
    run = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    best, scores = json.loads(run.stdout)
    return best, scores


def in_torch(name: str, rounds: int) -> tuple[float, list[float] | None]:
    """The same in torch, with one thread."""
    torch.set_num_threads(1)
    made = name == look.HAND_MADE
    model = il.hand_made_block() if made else il.create_model(name, pretrained=True).eval()
    side = look.describe(name)["side"]
    x, best = torch.full((1, 3, side, side), 0.3), float("inf")
    with torch.no_grad():
        for _ in range(rounds):
            begin = time.perf_counter()
            out = model(x)
            best = min(best, 1000 * (time.perf_counter() - begin))
    return best, None if made else out[0].tolist()


def measure(names: list[str], rounds: int) -> list[tuple]:
    """(network, milliseconds in Node, in torch, ratio, largest difference of the scores)."""
    rows = []
    for name in names:
        (page, mine), (known, theirs) = in_node(name, rounds), in_torch(name, rounds)
        off = max(abs(a - b) for a, b in zip(mine or [0], theirs or [0], strict=True))
        rows.append((name, page, known, page / known, off))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", nargs="*", help="none: all that look.html offers")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    names = options.network or [look.HAND_MADE, *look.shipped()]
    rows = [
        (name, f"{page:.1f}", f"{known:.1f}", f"{ratio:.1f}")
        for name, page, known, ratio, _ in measure(names, options.rounds)
    ]
    print(Table(["network", "Node, ms", "torch, ms", "ratio"], rows))


if __name__ == "__main__":
    main()
