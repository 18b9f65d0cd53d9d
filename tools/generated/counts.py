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


# Who calls it what, the network here, and a number there that tells it, counted as in `CONVENTIONS`.
ELSEWHERE = (
    ("torchvision `googlenet`", "googlenet_torchvision", "aux", 13_004_888),
    (
        "torchvision `inception_v3`; timm's has no head",
        "inception_v3_torchvision",
        "aux",
        27_161_264,
    ),
    ("Keras `InceptionV3`", "inception_v3", "keras", 23_851_784),
    ("PaddleClas InceptionV3", "inception_v3", "flops", 11_460_000_000),
    ("PaddleClas InceptionV4", "inception_v4", "flops", 24_570_000_000),
    ("TF-slim `inception_v1`", "googlenet_torchvision", "slim", 5_607_184),
    ("inception5h; `InceptionV1` of Lucid, lucent, captum", "googlenet_2014", "params", 7_066_380),
    ("pytorch-fid, FID's graph of 2015-12-05", "inception_v3_fid", "params", 23_850_960),
    ("timm `inception_v4`", "inception_v4", "params", 42_679_816),
    ("timm `inception_resnet_v2`", "inception_resnet_v2", "params", 55_843_464),
    ("Keras `InceptionResNetV2`", "inception_resnet_v2", "keras", 55_873_736),
    ("FaceNet, 8631 faces", "FaceNet's inception_resnet_v1", "params", 27_910_327),
)


def which() -> str:
    """Which network of ours those are that others call by names of their own."""
    rows = [(who, ours, f"{count:,}", CONVENTIONS[key]) for who, ours, key, count in ELSEWHERE]
    return markdown(["elsewhere", "here", "number there", "counted"], rows, right=(2,))


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
    "which.md": which,
    "numbers.md": numbers,
    **{f"claims-{paper}.md": partial(claims, paper) for paper in PAPERS},
}
