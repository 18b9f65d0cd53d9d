"""`make network NAME=my_network`: a network's table, and every list that has to name it.

What is written is green: a small network that runs, its chapter and its card, its integers for the
tests. The author changes the table; `python -m tools.new.network --count NAME` counts it again.
"""

import json
import keyword
import re
import subprocess
import sys

import inception_lib as il
from teaching.chapters import all_notebooks, notebooks
from tools.new import ROOT, after, filled, read, write

STAGES = "tests/data/stages.json"
BEFORE = "googlenet"  # what the network is compared with, until its author names another
LONGEST = 40  # letters of a name, which is also a file's and a title
CHAPTER = 9  # about the family: the chapter that a network belongs to until it has its own
# Notebooks whose outputs show every network.
SHOW_ALL = re.compile(r"il\.family_map\(\)|il\.list_models\(by_year=True\)|il\.conventions_table\(")
WHAT_NOW = """
{name} is there, small, and green but for its text. Now write
  1. inception_lib/networks/{name}.py: the table, and its source; whenever the table has changed, run
     .venv/bin/python -m tools.new.network --count {name}
     and compare {stages} with what the paper or its released code says
  2. tools/generated/cards.py: which network came before it, and what changed
  3. tools/generated/maps.py: the chapter that builds it
  4. tests/test_family.py: what other libraries count, if they have it; inception_lib/networks/elsewhere.py: their names
  5. a claim or a number that its paper prints: inception_lib/papers/
then run: {notebooks}make check
Until it is written, tests/test_whole.py lists what still says "to write:". To take all of it back:
  git restore {changed} && rm {made}"""


def refuse(name: str) -> None:
    """Say what is wrong with a name.

    Raises:
        SystemExit: it is no name of a Python function in small letters, or is taken.
    """
    words = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    if not words or keyword.iskeyword(name) or len(name) > LONGEST:
        raise SystemExit(
            f"{name!r} names no network: small letters, digits and underscores, {LONGEST} at most,"
            " as in make network NAME=inception_v3"
        )
    taken = [*il.list_models(), *il.list_models(mini=True)]
    if name in taken or (ROOT / "inception_lib" / "networks" / f"{name}.py").exists():
        raise SystemExit(f"There is a network or a file of that name: {name}")
    if public := {name, name.upper()} & set(il.__all__):
        raise SystemExit(
            f"{public.pop()} is something else in the package; call the network otherwise"
        )


def integers(name: str) -> dict:
    """What tests/data/stages.json holds of a network, as the package counts it."""
    count, network = il.cost(name), il.architecture(name)
    convs = [layer for layer in count.layers if layer.op.startswith("conv")]
    return {
        "input_size": network.input_size[0],
        "params": count.params,
        "macs": count.macs,
        # each weight is used once at every position of the output
        "conv_weights": sum(c.macs // (c.out_shape[1] * c.out_shape[2]) for c in convs),
        "convs": len(convs),
        "stages": [[*row.out_shape, row.params, row.macs] for row in count.stages],
    }


def dumped(networks: dict[str, dict]) -> str:
    """tests/data/stages.json: a line for each network and for each of its stages."""
    lines = []
    for name, facts in networks.items():
        head = json.dumps({key: value for key, value in facts.items() if key != "stages"})
        rows = ",\n".join(f"   {json.dumps(row)}" for row in facts["stages"])
        lines.append(f'{json.dumps(name)}: {head[:-1]}, "stages": [\n{rows}]}}')
    return "{" + ",\n".join(lines) + "}\n"


def count_again(name: str) -> None:
    """Write a network's integers anew."""
    facts = json.loads(read(STAGES)) | {name: integers(name)}
    (ROOT / STAGES).write_text(dumped(facts), encoding="utf-8")


def files(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """The files that are made, and those that are changed, but for its integers: path -> text."""
    title = name.replace("_", " ").capitalize()
    registry, maps, cards = (
        "inception_lib/networks/registry.py", "tools/generated/maps.py", "tools/generated/cards.py",
    )  # fmt: skip
    last = r"^%s = \{[^\n]*\n(?:(?: .*)?\n)*?(?=\})"  # up to the brace that ends it
    words = f'    "{name}": (\n        "{BEFORE}",\n        "To write: what is different there.",\n    ),\n'
    chapter = notebooks()[CHAPTER].stem
    lines = {
        registry: ("PAPERS", f'    "{name}": ("{name}",),\n'),
        maps: ("CHAPTERS", f'    "{name}": "{chapter}",\n'),
        cards: ("BEFORE", words),
    }
    made = {
        f"inception_lib/networks/{name}.py": filled(
            "network", name=name, title=title, table=name.upper()
        )
    }
    changed = {
        file: after(read(file), last % of, new, file=file) for file, (of, new) in lines.items()
    }
    return made, changed | {STAGES: read(STAGES)}


def main(name: str) -> None:
    refuse(name)
    made, changed = files(name)
    shown = [
        path.relative_to(ROOT).as_posix()
        for path in all_notebooks()
        if SHOW_ALL.search(path.read_text(encoding="utf-8"))
    ]
    write(made, changed, later=shown)
    print("\n".join([f"wrote {file}" for file in made] + [f"changed {file}" for file in changed]))
    # in a process of its own, which reads the lists anew
    subprocess.run(
        [sys.executable, "-m", "tools.new.network", "--count", name], cwd=ROOT, check=True
    )
    executed = subprocess.run([sys.executable, "-m", "tools.notebooks", *shown], cwd=ROOT)
    print(WHAT_NOW.format(
        name=name, stages=STAGES, changed=" ".join([*changed, *shown]), made=" ".join(made),
        notebooks="".join(f"make notebooks N={path}; " for path in shown),
    ))  # fmt: skip
    if executed.returncode:
        raise SystemExit("But what is above failed; run make notebooks N=… for it again")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--count"] and len(sys.argv) == 3:
        count_again(sys.argv[2])
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
