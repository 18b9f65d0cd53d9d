"""What `make chapter` and `make network` share: they fill in templates and change nothing by halves.

Every place in what they write that an author has to change says "To write:", and tests/test_whole.py
stays red until none is left. Anything else in it is green.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).parent / "templates"
MARK = "to write:"


def filled(template: str, **values: object) -> str:
    """A file of `templates` with each <<name>> replaced."""
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return re.sub(r"<<([\w-]+)>>", lambda found: str(values[found[1].replace("-", "_")]), text)


def after(text: str, pattern: str, new: str, *, file: str) -> str:
    """`text` with `new` behind the last place that a pattern fits.

    Raises:
        SystemExit: it fits nowhere; the message names the file.
    """
    places = list(re.finditer(pattern, text, re.MULTILINE))
    if not places:
        raise SystemExit(f"{file} has no place that looks like {pattern!r}, behind which to write")
    end = places[-1].end()
    return text[:end] + new + text[end:]


def read(file: str, root: Path = ROOT) -> str:
    """A file of the repository."""
    return (root / file).read_text(encoding="utf-8")


def write(
    made: dict[str, str], changed: dict[str, str], root: Path = ROOT, later: Iterable[str] = ()
) -> None:
    """Write new files, and files that were there.

    Args:
        made, changed: path -> text.
        later: files that the caller is going to change after these.

    Raises:
        SystemExit: nothing is written, because a new file is there already, or a file that was there
            has changes that git does not have yet: taking this back would take them back, too.
    """
    if there := [file for file in made if (root / file).exists()]:
        raise SystemExit(f"{', '.join(there)}: there already, and nothing was written")
    command = ["git", "status", "--porcelain", "--", *changed, *later]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode == 0 and run.stdout:
        files = ", ".join(line[3:] for line in run.stdout.splitlines())
        raise SystemExit(f"{files}: changed and not committed. Commit first; nothing was written")
    for file, text in (made | changed).items():
        (root / file).write_text(text, encoding="utf-8")
    code = [file for file in made if file.endswith(".py")]  # a long name breaks lines elsewhere
    if code:
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *code], cwd=root)


def places(files: dict[str, str]) -> list[str]:
    """ "file:line: what", for each place that an author has to change."""
    return [
        f"{file}:{number}: {line.strip()}"
        for file, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MARK in line.lower()
    ]
