"""Tables of counts and claims, and the map of the family."""

from functools import partial

import inception_lib as il
from inception_lib.counting.conventions import CONVENTIONS
from inception_lib.papers.claims import CLAIMS, PAPERS, number


def family_map() -> str:
    """The map of the family for the landing page, in the order of the years."""
    return il.family_map()._repr_html_()


def claims(paper: str) -> str:
    """A paper's claims: printed, computed, verdict. GoogLeNet's table 1 is a table of its own."""
    rows = []
    for claim in CLAIMS:
        if claim.paper == paper and not claim.row:
            said = "; ".join(part for part in (claim.verdict, claim.note) if part)
            both = number(claim.printed, claim.unit), number(claim.computed, claim.unit)
            rows.append((f"{claim.says} ({claim.place})", *both, said))
    return markdown(["claim", "printed", "computed", "verdict"], rows, right=(1, 2))


def table_1() -> str:
    """GoogLeNet's table 1, row by row."""
    pairs: dict[str, list] = {}
    for claim in CLAIMS:
        if claim.row:
            pairs.setdefault(claim.row, []).append(claim)
    rows = []
    for row, both in pairs.items():
        cells = [
            number(value, claim.unit) for claim in both for value in (claim.printed, claim.computed)
        ]
        off = [
            f"{name} {claim.verdict.removeprefix('differs by ')}"
            for name, claim in zip(("params", "ops"), both, strict=True)
            if not claim.holds
        ]
        rows.append((row, *cells, ", ".join(off) or "holds"))
    columns = ["row", "params printed", "computed", "ops printed", "computed", "verdict"]
    return markdown(columns, rows, right=(1, 2, 3, 4))


def numbers() -> str:
    """Every count of every network, by size."""
    return markdown(["number", "network", "counted"], il.conventions_table().cells, right=(0,))


def changes() -> str:
    """What each convention adds to PyTorch's count of three networks."""
    names = {
        "googlenet": "GoogLeNet",
        "bn_inception": "BN-Inception",
        "inception_v3": "Inception-v3",
    }
    counts = {name: il.count_conventions(name) for name in names}
    rows = [("parameters, as PyTorch counts them", *(f"{c['params']:,}" for c in counts.values()))]
    for key, how in CONVENTIONS.items():
        if key != "params" and "macs" not in key and key != "flops":
            both = (f"{c[key] - c['params']:+,}" if key in c else "" for c in counts.values())
            rows.append((how, *(cell.replace("-", "−") for cell in both)))
    return markdown(["counted", *names.values()], rows, right=(1, 2, 3))


def markdown(columns: list[str], rows: list[tuple[str, ...]], right: tuple[int, ...]) -> str:
    """A Markdown table; the columns `right` stand to the right."""
    bars = ["--:" if i in right else "---" for i in range(len(columns))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, bars, *rows))


PAGES = {
    "family-map.html": family_map,
    "claims-table-1.md": table_1,
    "changes.md": changes,
    "numbers.md": numbers,
    **{f"claims-{paper}.md": partial(claims, paper) for paper in PAPERS},
}
