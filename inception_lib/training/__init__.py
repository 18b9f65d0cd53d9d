"""One training loop, and what this book trained with it."""

import os

if "LOCAL_RANK" in os.environ:
    # One of several processes: torch would warn in each that no parameter is unused, see distributed.py.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
