"""Which keys of a file are which of a model's: layouts, wrappers around a model, checkpoints around weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..errors import suggest
from . import keras
from .keymaps import LAYOUTS, translate

# What torch puts into keys, wherever a part of a model was wrapped.
_WRAPPED = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
Table = dict[str, str]


def key_map(model: nn.Module, layout: str = "torchvision") -> dict[str, str]:
    """The key of each of a model's tensors in another library's state dict.

    Args:
        model: what `create_model` made.
        layout: "inception_lib" (our own keys, for any module), or one of another library that
            knows the layers of this model.

    Returns:
        Our key -> their key, in the order of our state dict, where they have one.

    Raises:
        ValueError: a layout that this network does not come in.

    Source: the attribute names in torchvision.models, timm.models and pretrainedmodels; the order of
        layers in keras.applications.
    """
    own = model.state_dict()
    return wanted_keys(own, tables(own, name_of(model), layout)[layout])


def tables(own: Mapping, name: str, layout: str | None = None) -> dict[str, Table | None]:
    """Layout -> table, for all layouts that have a name for each layer; None is the table of our own.

    A head may have what no library has. Asked for a layout, there is that one alone.
    """
    stages = [key for key in own if key.startswith("stages.")]
    found: dict[str, Table | None] = {"inception_lib": None}
    for network in sorted(LAYOUTS, key=lambda n: n != name):
        for word, table in LAYOUTS[network].items():
            if word not in found and stages:
                units = table()
                if all(translate(key, units) for key in stages):
                    found[word] = units
    if layout is None:
        return found
    if layout not in found:
        raise ValueError(
            f"{suggest(layout, found, f'layout of {name}')} "
            f"Networks in other layouts: {', '.join(LAYOUTS)}."
        )
    return {layout: found[layout]}


def wanted_keys(own: Mapping, table: Table | None, mine: Mapping[str, str] | None = None) -> Table:
    """Our key -> their key, after a map of a reader's own has had its say."""
    found = {}
    for key in own:
        parts = [part for part in mine or () if within(key, part)]
        if parts:
            part = max(parts, key=len)
            found[key] = mine[part] + key[len(part) :]  # type: ignore[index]
        elif theirs := key if table is None else translate(key, table):
            found[key] = theirs
    return found


class View(NamedTuple):
    """The weights within what was given, as one layout has them, without what wrappers added."""

    layout: str
    table: Table | None
    wanted: Table
    where: str  # in a checkpoint, such as "['model']"
    prefix: str
    state: dict[str, Any]
    outside: list[str]  # keys beside the prefix

    @property
    def score(self) -> int:
        return len(self.state.keys() & set(self.wanted.values()))


def find(model: nn.Module, own: Mapping, state: Mapping, layout: Any) -> View:
    """The weights of this model in what was given, in the layout that has most of its keys."""
    name = name_of(model)
    mine: Mapping[str, str] | None = None
    wanted: dict[str, tuple[Table | None, Table]]
    if callable(layout):
        answers = {key: layout(key) for key in own}
        wanted = {"layout": (None, {key: to for key, to in answers.items() if to is not None})}
    else:
        if isinstance(layout, Mapping):
            mine, layout = layout, None
        elif layout is not None and not isinstance(layout, str):
            raise TypeError(
                f"layout is a {type(layout).__name__}; give a name, a map or a function."
            )
        for part, theirs in (mine or {}).items():
            if not isinstance(theirs, str):
                raise TypeError(f"layout's {part!r} is {theirs!r:.60}; give their key, a text.")
        known = tables(own, name, layout)
        named = {unit for table in known.values() for unit in table or ()} | {"head.fc"}
        for part in mine or ():
            if part not in named and not any(within(key, part) for key in own):
                raise ValueError(suggest(part, [*parts_of(own), *own], "part of this model"))
        wanted = {}
        for word, table in known.items():
            whole = table if mine is None else {**(table or {}), **mine}
            wanted[word] = (whole, wanted_keys(own, table, mine))
    for word, (_, to) in wanted.items():
        twice = [theirs for theirs, times in Counter(to.values()).items() if times > 1]
        if twice and (mine or word == "layout"):
            raise ValueError(f"layout gives {twice[0]!r} to more than one of this model's keys.")
    found = [view for word, (table, to) in wanted.items() for view in views(word, table, to, state)]
    best = max(found, key=lambda view: view.score)
    rivals = {
        (v.where, v.prefix) for v in found if v.layout == best.layout and 2 * v.score > best.score
    }
    if best.score and len(rivals) > 1:
        places = [
            f"checkpoint{where}" + (f", keys that begin with {prefix!r}" if prefix else "")
            for where, prefix in sorted(rivals)
        ]
        raise ValueError(
            f"this holds {len(rivals)} sets of weights for {name}: {'; '.join(places)}. Pass one of them: "
            "a part of the checkpoint, or {key: value for key, value in checkpoint.items() if "
            "key.startswith(prefix)}."
        )
    return best


def views(layout: str, table: Table | None, wanted: Table, state: Mapping) -> Iterator[View]:
    targets = set(wanted.values())
    for where, inner in _holders(state):
        plain = (
            keras.canonical(inner) if layout == "keras" else {clean(k): v for k, v in inner.items()}
        )
        if plain is None:
            plain = {}
        prefixes: Counter[str] = Counter()
        for key in plain:
            at = -1
            while True:
                if key[at + 1 :] in targets:
                    prefixes[key[: at + 1]] += 1
                at = key.find(".", at + 1)
                if at < 0:
                    break
        for prefix in [
            p for p, times in prefixes.items() if 2 * times > max(prefixes.values())
        ] or [""]:
            within = {k.removeprefix(prefix): v for k, v in plain.items() if k.startswith(prefix)}
            outside = [k for k in plain if not k.startswith(prefix)]
            outside = [k for k in outside if k.rpartition(".")[2] != "n_averaged"]
            yield View(layout, table, wanted, where, prefix, within, outside)


def _holders(
    state: Mapping, where: str = "", depth: int = 3
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What may be a state dict, itself or within a checkpoint, and where it is."""
    yield where, {str(key): value for key, value in state.items()}
    if depth:
        for key, value in state.items():
            if isinstance(value, Mapping):
                yield from _holders(value, f"{where}[{key!r}]", depth - 1)


def clean(key: str) -> str:
    return ".".join(word for word in key.split(".") if word not in _WRAPPED)


def within(key: str, part: str) -> bool:
    return key == part or key.startswith(f"{part}.")


def parts_of(keys: Mapping[str, Tensor]) -> list[str]:
    """Addresses that `keep` may name, the largest parts first."""
    found = {".".join(key.split(".")[:depth]) for key in keys for depth in range(1, 5)}
    return sorted(found - set(keys), key=lambda part: (part.count("."), part))


def homeless(key: str, view: View, own: Mapping) -> bool:
    """Whether their key is of an auxiliary head or a classifier that this model was made without."""
    parts = {"head": "head", "aux": "aux"} if view.layout == "inception_lib" else {}
    for unit, theirs in {**parts, **(view.table or {})}.items():
        place = unit.split(".")[0]
        gone = (
            "head.fc" if place == "head" else unit if view.table and unit in view.table else place
        )
        if place in ("head", "aux") and within(key, theirs):
            return not any(within(k, gone) for k in own)
    return False


def name_of(model: nn.Module) -> str:
    return getattr(getattr(model, "spec", None), "name", type(model).__name__)
