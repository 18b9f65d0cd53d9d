"""Write `_generated/`: what the pages show of the package. `make book` runs this.

Pages that are not notebooks cannot compute anything while the book is built, and nothing in this
book is typed in, so they include files that are written here, from the package itself. Each module
of this folder has `PAGES`: the names of the files that it writes, and the functions that make their text.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from teaching.lacking import lacking

FOLDER = Path(__file__).resolve().parents[2] / "_generated"


def main() -> None:
    """Write every file, and delete files that are no longer written.

    Raises:
        SystemExit: a chapter or a network is half made; the message says what is lacking in which file.
    """
    from .cards import lacking as networks_lacking

    if found := [*lacking(), *networks_lacking()]:
        raise SystemExit("\n".join(["The book cannot be built:", *(f"  {what}" for what in found)]))
    written = set()
    for file in iter_modules(__path__):
        if file.name == "__main__":
            continue
        for name, make in import_module(f"{__name__}.{file.name}").PAGES.items():
            path = FOLDER / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(make() + "\n", encoding="utf-8")
            written.add(path)
            print(f"wrote _generated/{name}")
    for path in FOLDER.rglob("*"):
        if path.is_file() and path not in written:
            path.unlink()
