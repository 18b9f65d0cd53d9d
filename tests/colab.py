"""An environment with what Colab has before a notebook's first cell, and every notebook executed in it.

    python -m tests.colab [--python .venv-colab/bin/python] [--threads 2]

Each notebook is executed once, alone in an empty folder, by nbval, which compares every output. The
package is the built wheel, which the notebooks' own first cell installs. Without `--python` the
environment is made: nothing is installed, a fresh one sees, through one .pth file, a folder of links to
packages of this environment. They lie outside the new environment, so pip there leaves them alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from teaching.chapters import all_notebooks
from tools import colab_cell

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
    name_kernel(folder, python)
    return python


def name_kernel(folder: Path, python: Path) -> None:
    """A kernel "colab" in `folder`, for JUPYTER_PATH, that runs this Python."""
    kernel = folder / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    argv = f'["{python}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    text = f'{{"argv": {argv}, "display_name": "Colab", "language": "python"}}'
    (kernel / "kernel.json").write_text(text, encoding="utf-8")


def first_cell(python: Path, wheel: Path) -> subprocess.CompletedProcess:
    """Run the notebooks' first cell in an environment, with this wheel as the package."""
    return subprocess.run(
        [python, "-c", colab_cell.source()],
        capture_output=True,
        text=True,
        cwd=wheel.parent,
        env={**variables(), "INCEPTION_LIB_WHEEL": str(wheel)},
    )


def open_offline(folder: Path, wheel: Path) -> None:
    """What the notebooks' first cell does, where no package index can be reached: links instead."""
    link(folder / "preinstalled", [*PREINSTALLED, "torchinfo", "fvcore", "safetensors"])
    pip = [folder / "env" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-index", wheel], check=True, env=variables())


def variables() -> dict[str, str]:
    """This process's environment variables without those that let other packages in."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


# ---- every notebook, once ----

ROOT = Path(__file__).resolve().parent.parent
AT_THE_END = """import os, sys, inception_lib
assert sys.prefix == {prefix!r}, sys.prefix
assert inception_lib.__file__.startswith(sys.prefix), inception_lib.__file__
assert os.listdir() == [{name!r}], os.listdir()"""


def copy_notebooks(folder: Path, prefix: str, paths: list[Path]) -> None:
    """Each notebook into an empty folder of its own, with a last cell: where it ran, what it left."""
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        last = AT_THE_END.format(prefix=prefix, name=path.name)
        notebook.cells.append(nbformat.v4.new_code_cell(last, execution_count=1))
        alone = folder / path.relative_to(ROOT).with_suffix("")
        alone.mkdir(parents=True)
        nbformat.write(notebook, alone / path.name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", type=Path, nargs="*", help="all, if none is given")
    parser.add_argument("--python", type=Path, help="of an environment that is there")
    parser.add_argument("--threads", type=int, default=1, help="of torch; default: 1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        build = [
            sys.executable,
            "-m",
            "build",
            "--no-isolation",
            "--wheel",
            "--outdir",
            folder,
            ROOT,
        ]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = folder.glob("*.whl")
        if given.python:
            python = given.python.absolute()
            gone = [python, "-m", "pip", "uninstall", "--quiet", "--yes", "inception-lib"]
            subprocess.run(gone, check=True, env=variables())  # the first cell installs this wheel
            name_kernel(folder, python)
        else:
            python = make(folder)
        opened = first_cell(python, wheel)
        if opened.returncode and given.python is None:
            print("The first cell could not install; what it brings is linked:", opened.stderr)
            open_offline(folder, wheel)
        elif opened.returncode:
            raise SystemExit(opened.stdout + opened.stderr)
        paths = [path.resolve() for path in given.notebooks] or all_notebooks()
        copy_notebooks(folder / "alone", str(python.parent.parent), paths)
        # the options of pyproject.toml are for the reader's own environment: its kernel, one process
        # three at a time on two cores: one of them is mostly starting its kernel
        command = [
            sys.executable, "-m", "pytest", "-q", "--nbval", "-o", "addopts=", "-p", "no:cacheprovider",
            f"--nbval-kernel-name={KERNEL}", "--nbval-cell-timeout=3600",
            "--nbval-kernel-startup-timeout=3600", "--rootdir", folder / "alone", "-n", "3",
            "--dist", "loadscope", folder / "alone",
        ]  # fmt: skip
        # threads that wait for each other sleep: on a busy machine two that spin took ten minutes for a cell
        jupyter = {
            "JUPYTER_PATH": str(folder),
            "OMP_NUM_THREADS": str(given.threads),
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        return subprocess.run(
            command, env={**variables(), **jupyter, "PYTHONHASHSEED": "0"}
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
