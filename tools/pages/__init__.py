"""What the built pages have and notebooks must not: a Sphinx extension, loaded by `_config.yml`.

Notebooks hold plain Markdown, so that they read the same everywhere. Each file of this folder adds
one thing while the book is built, and has a `setup(app)` as any Sphinx extension.
"""

from importlib import import_module
from pkgutil import iter_modules

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict:
    """Load every file of this folder, in the order of their names."""
    for file in iter_modules(__path__):
        import_module(f"{__name__}.{file.name}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
