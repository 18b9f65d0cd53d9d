"""An environment with what Colab has before a notebook's first cell, and nothing else.

Nothing is installed: a fresh virtual environment sees, through one .pth file, a folder of links to
packages of this environment. They lie outside the new environment, so pip there leaves them alone.
"""

import os
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What the book takes Colab to have; what these need comes with them. pip and a kernel are how it runs.
PREINSTALLED = [
    "torch", "torchvision", "numpy", "matplotlib", "scikit-learn", "scikit-image", "mlxtend", "tqdm",
    "ipykernel", "pip",
]  # fmt: skip
KERNEL = "colab"


def closure(names: list[str]) -> dict[str, Distribution]:
    """These distributions of the present environment, and all that they need."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(name) for name in names]
    seen = set()
    while wanted:
        need = wanted.pop()
        name = canonicalize_name(need.name)
        found[name] = distribution(name)
        for extra in {"", *need.extras} - {extra for was, extra in seen if was == name}:
            seen.add((name, extra))
            for line in found[name].requires or ():
                more = Requirement(line)
                if not more.marker or more.marker.evaluate({"extra": extra}):
                    wanted.append(more)
    return found


def tops(dist: Distribution) -> set[str]:
    """What a distribution has directly in the folder of packages: folders and files."""
    return {
        path.parts[0] for path in dist.files or () if path.parts[0] not in ("..", "__pycache__")
    }


def link(folder: Path, names: list[str]) -> None:
    """Link these distributions and all that they need into `folder`."""
    chosen = closure(names)
    owners = defaultdict(set)
    for dist in distributions():
        for top in tops(dist):
            owners[top].add(canonicalize_name(dist.name))
    for dist in chosen.values():
        for top in tops(dist):
            # a folder that several share is linked whole: then all of them must be chosen
            assert owners[top] <= set(chosen), f"{top} is also of {owners[top] - set(chosen)}"
            if not (folder / top).exists():
                (folder / top).symlink_to(dist.locate_file(top))


def make(folder: Path) -> Path:
    """Make the environment in `folder`, with a kernel named "colab"; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    linked = folder / "preinstalled"
    linked.mkdir()
    link(linked, PREINSTALLED)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    (site / "preinstalled.pth").write_text(f"{linked}\n", encoding="utf-8")
    kernel = folder / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    argv = f'["{python}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    text = f'{{"argv": {argv}, "display_name": "Colab", "language": "python"}}'
    (kernel / "kernel.json").write_text(text, encoding="utf-8")
    return python


def open_offline(folder: Path, wheel: Path) -> None:
    """What the notebooks' first cell does, where no package index can be reached: links instead."""
    link(folder / "preinstalled", [*PREINSTALLED, "torchinfo", "fvcore", "safetensors"])
    pip = [folder / "env" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-index", wheel], check=True, env=variables())


def variables() -> dict[str, str]:
    """This process's environment variables without those that let other packages in."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
