"""Tables of counts and claims, and the map of the family."""

from html import escape

import inception_lib as il
from inception_lib.counting.conventions import CONVENTIONS
from inception_lib.papers.claims import CLAIMS, NAMES, VERDICTS


def family_map() -> str:
    """The map of the family for the landing page, in the order of the years."""
    return il.family_map()._repr_html_()


def claims() -> str:
    """All claims in one table: each row has an address, and says to a script what it is about."""
    rows = []
    for claim in CLAIMS:
        known = {
            "paper": claim.paper,
            "verdict": claim.kind,
            "printed": claim.printed,
            "computed": claim.computed,
            "off": abs(claim.off),
        }
        data = " ".join(
            f'data-{name}="{value:.6g}"'
            if isinstance(value, int | float)
            else f'data-{name}="{value}"'
            for name, value in known.items()
            if value is not None
        )
        label = escape(f"Address of: {claim.says}", quote=True)
        sign = f'<a class="il-at" id="{claim.key}" href="#{claim.key}" aria-label="{label}" {data}>#</a>'
        verdict = f"**{claim.verdict}**" + (f". {claim.note}" if claim.note else "")
        place = f"{NAMES[claim.paper]}, {claim.place}"
        rows.append(
            (f"{claim.says}\N{NO-BREAK SPACE}{sign}", place, claim.in_print, claim.in_ours, verdict)
        )
    return markdown(["claim", "where", "printed", "computed", "verdict"], rows, right=(2, 3))


def verdicts() -> str:
    """Each verdict, what it means, and how many claims have it."""
    kinds = [claim.kind for claim in CLAIMS]
    return "\n".join(
        f"- *{kind}*, {kinds.count(kind)} claims: {what}." for kind, what in VERDICTS.items()
    )


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
    "claims.md": claims,
    "claims-verdicts.md": verdicts,
    "changes.md": changes,
    "which.md": which,
    "numbers.md": numbers,
}
