"""Write `_generated/`: what the .md pages show of the package. `make book` runs this.

Pages that are not notebooks cannot compute anything while the book is built, and nothing in this
book is typed in. So they include files that are written here, from the package itself.
"""

from pathlib import Path

import inception_lib as il

FOLDER = Path("_generated")


def family_map() -> str:
    """The map of the family for the landing page, in the order of the years."""
    return il.family_map()._repr_html_()


PAGES = {"family-map.html": family_map}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make() + "\n", encoding="utf-8")
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main()
