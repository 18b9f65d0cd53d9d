"""Draw `_static/social-card.png`: the picture that social networks show beside a link to the book.

    make social-card

The block is drawn by the package, so the card shows what the book shows. The file is committed:
building the pages needs no browser.
"""

from pathlib import Path

from inception_lib import blocks, drawing
from tools import chromium

PATH = Path(__file__).resolve().parent.parent / "_static" / "social-card.png"
SIZE = {"width": 1200, "height": 630}  # what Open Graph asks for
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
  body {{ margin: 0; width: 1200px; height: 630px; background: #fff; color: #222832;
          display: grid; grid-template-columns: 25rem 1fr; column-gap: 2rem; align-items: center;
          font-family: "DejaVu Sans", "Segoe UI", system-ui, sans-serif; }}
  header {{ padding-left: 3rem; }}
  h1 {{ font-size: 3.4rem; line-height: 1.15; margin: 0 0 1.6rem; }}
  p {{ font-size: 1.4rem; line-height: 1.45; margin: 0; }}
  svg {{ width: 45rem; height: 36rem; }}
</style>
<header><h1>Inception, Block by Block</h1>
<p>Every parameter and every multiplication, derived and checked.</p></header>
{svg}"""


def main() -> None:
    """Draw the card."""
    block = drawing.draw(blocks.reduced_block(64, 96, 128, 16, 32, 32), input_shape=(192, 28, 28))
    with chromium.launched() as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_content(PAGE.format(svg=block.svg))
        page.screenshot(path=PATH)
    print(f"wrote {PATH.name}")


if __name__ == "__main__":
    main()
