"""Reading 2: pictures as SVG. No torch."""
