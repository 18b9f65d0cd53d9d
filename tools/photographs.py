"""Write `_static/photos/`: the ten photographs for the pages that show them, and what is known of each.

    make atlas

They are committed: building the pages needs neither the libraries that carry them nor torch. WebP
that loses a little; of `photo_patches`, which reads the originals, a cut here differs a little, too.
"""

import json
from pathlib import Path

from PIL import Image

import inception_lib as il

FOLDER = Path(__file__).resolve().parent.parent / "_static" / "photos"
QUALITY = 75


def facts() -> dict[str, dict]:
    """Of each photograph, in the order of the classes: size in pixels, source and license."""
    return {
        name: {
            "width": photo.pixels.shape[1],
            "height": photo.pixels.shape[0],
            "source": photo.source,
            "license": photo.licence,
        }
        for name, photo in il.photos().items()
    }


def main() -> None:
    """Write the pictures and `photos.json`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, photo in il.photos().items():
        Image.fromarray(photo.pixels).save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)
    text = json.dumps(facts(), ensure_ascii=False, indent=1)
    (FOLDER / "photos.json").write_text(text + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"wrote _static/photos, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
