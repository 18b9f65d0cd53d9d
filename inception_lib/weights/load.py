"""Weights from a file or a state dict, loaded by name or refused. Which of their keys is which of ours is in `keymaps`."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from ..errors import suggest
from ..nn.modes import bare
from ..spec import AvgPool, Branches, MaxPool
from ..tree.walks import leaves
from . import keras
from .keymaps import LAYOUTS, translate
from .reading import read_file

_COUNTERS = "num_batches_tracked"  # counts training steps; files made before PyTorch 0.4.1 lack it
# What torch puts into keys, wherever a part of a model was wrapped.
_WRAPPED = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
_FID = "pt_inception-2015-12-05"
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
    return _wanted(own, _tables(own, name_of(model), layout)[layout])


def _tables(own: Mapping, name: str, layout: str | None = None) -> dict[str, Table | None]:
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


def _wanted(own: Mapping, table: Table | None, mine: Mapping[str, str] | None = None) -> Table:
    """Our key -> their key, after a map of a reader's own has had its say."""
    found = {}
    for key in own:
        parts = [part for part in mine or () if _within(key, part)]
        if parts:
            part = max(parts, key=len)
            found[key] = mine[part] + key[len(part) :]  # type: ignore[index]
        elif theirs := key if table is None else translate(key, table):
            found[key] = theirs
    return found


class Loaded(NamedTuple):
    """What `load_weights` did.

    Attributes:
        loaded: how many tensors were copied.
        ignored: keys of the file that this model has no place for: auxiliary heads that it was made
            without, the classifier of a model that gives pooled features.
        kept: keys of the model that stay as they were, because `keep` names them.
    """

    loaded: int
    ignored: tuple[str, ...]
    kept: tuple[str, ...]


class _View(NamedTuple):
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


def load_weights(
    model: nn.Module,
    state_dict: Mapping[str, Any] | str | os.PathLike,
    layout: str | Mapping[str, str] | Callable[[str], str | None] | None = None,
    *,
    keep: Sequence[str] = (),
) -> Loaded:
    """Copy trained weights into a model, or refuse and change nothing.

    Every tensor of the model must be in the file under its own key and have its shape, and the file
    may hold nothing else, with two exceptions: auxiliary heads may be in the file of a model made
    without them, and a classifier in that of a model with `num_classes=0`. Both are ignored and
    listed in what is returned. The counters of batch normalization may be absent.

    What wraps the weights is no matter: a checkpoint that holds one state dict of this model among
    other things, and a prefix of its keys such as "module." (DataParallel, averaged models),
    "_orig_mod." (`torch.compile`) or "model." (Lightning). Where two sets fit, none is taken.

    Args:
        model: what `create_model` made, also wrapped; with our own keys, any module.
        state_dict: key -> tensor or array; or the path of a file with one, of torch, safetensors,
            NumPy (`.npz`) or Keras (`.h5`, `.keras`; needs h5py). It is read without running
            anything that it may hold.
        layout: whose keys they are; None finds out. "inception_lib" (our own), "torchvision", "timm",
            "cadene" (pretrainedmodels), "keras" (keras.applications), "lucent", where the network
            comes in it. Or a map {ours: theirs} of keys, or of parts such as {"head.fc":
            "classifier"}; what it does not name is found as usual. Or a function that gives their key
            for one of ours.
        keep: addresses of parts that keep the weights they have, such as ("head.fc",) for a
            classifier of your own, or ("aux",) where the file has no auxiliary heads.

    Returns:
        A `Loaded`: how many tensors were copied, what was ignored, what was kept.

    Raises:
        ValueError: keys that are missing, unexpected or of another shape (the first few and how
            many); a file that holds no weights; a layout that this network does not come in; a
            `keep` or a key of `layout` that names nothing.
        TypeError: something that is no state dict.

    Source: the key maps of `weights.keymaps`.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"load_weights takes a model first, not a {type(model).__name__}.")
    state = read(state_dict)
    model = bare(model)
    held = model.state_dict()
    places = {_clean(key): key for key in held}  # a part of the model may be compiled
    own = {key: held[place] for key, place in places.items()}
    if any(tensor.is_meta for tensor in own.values()):
        raise ValueError(
            "this model is on the meta device and has no memory to load into; "
            'call model.to_empty(device="cpu") first.'
        )
    for part in keep:
        if not any(_within(key, part) for key in own):
            raise ValueError(suggest(part, _parts(own), "part of this model"))
    kept = [key for key in own if any(_within(key, part) for part in keep)]
    view = _find(model, own, state, layout)
    fits, missing, wrong = {}, {}, {}  # each by our key
    for key in own:
        theirs = view.wanted.get(key)
        if key in kept or (theirs not in view.state and key.endswith(_COUNTERS)):
            continue
        if theirs not in view.state:
            missing[key] = theirs or f"{key} (this layout has no name for it)"
        else:
            tensor = _tensor(view.state[theirs])
            if problem := _differs(own[key], tensor):
                wrong[key] = f"{theirs} {problem}"
            else:
                fits[key] = tensor
    known = set(view.wanted.values())
    extra = [key for key in view.state if key not in known]
    ignored = [key for key in extra if _homeless(key, view, own)]
    unexpected = [key for key in extra if key not in ignored] + view.outside
    if missing or unexpected or wrong:
        raise ValueError(_refusal(model, own, view, state, missing, unexpected, wrong))
    model.load_state_dict({places[key]: tensor for key, tensor in fits.items()}, strict=False)
    _warn(model, view, state_dict)
    return Loaded(len(fits), tuple(view.prefix + key for key in ignored), tuple(kept))


def _find(model: nn.Module, own: Mapping, state: Mapping, layout: Any) -> _View:
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
        tables = _tables(own, name, layout)
        named = {unit for table in tables.values() for unit in table or ()} | {"head.fc"}
        for part in mine or ():
            if part not in named and not any(_within(key, part) for key in own):
                raise ValueError(suggest(part, [*_parts(own), *own], "part of this model"))
        wanted = {}
        for word, table in tables.items():
            whole = table if mine is None else {**(table or {}), **mine}
            wanted[word] = (whole, _wanted(own, table, mine))
    for word, (_, to) in wanted.items():
        twice = [theirs for theirs, times in Counter(to.values()).items() if times > 1]
        if twice and (mine or word == "layout"):
            raise ValueError(f"layout gives {twice[0]!r} to more than one of this model's keys.")
    views = [
        view for word, (table, to) in wanted.items() for view in _views(word, table, to, state)
    ]
    best = max(views, key=lambda view: view.score)
    rivals = {
        (v.where, v.prefix) for v in views if v.layout == best.layout and 2 * v.score > best.score
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


def _views(layout: str, table: Table | None, wanted: Table, state: Mapping) -> Iterator[_View]:
    targets = set(wanted.values())
    for where, inner in _holders(state):
        plain = (
            keras.canonical(inner)
            if layout == "keras"
            else {_clean(k): v for k, v in inner.items()}
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
            yield _View(layout, table, wanted, where, prefix, within, outside)


def _holders(
    state: Mapping, where: str = "", depth: int = 3
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What may be a state dict, itself or within a checkpoint, and where it is."""
    yield where, {str(key): value for key, value in state.items()}
    if depth:
        for key, value in state.items():
            if isinstance(value, Mapping):
                yield from _holders(value, f"{where}[{key!r}]", depth - 1)


def _clean(key: str) -> str:
    return ".".join(word for word in key.split(".") if word not in _WRAPPED)


def _within(key: str, part: str) -> bool:
    return key == part or key.startswith(f"{part}.")


def _parts(keys: Mapping[str, Tensor]) -> list[str]:
    """Addresses that `keep` may name, the largest parts first."""
    found = {".".join(key.split(".")[:depth]) for key in keys for depth in range(1, 5)}
    return sorted(found - set(keys), key=lambda part: (part.count("."), part))


def _homeless(key: str, view: _View, own: Mapping) -> bool:
    """Whether their key is of an auxiliary head or a classifier that this model was made without."""
    parts = {"head": "head", "aux": "aux"} if view.layout == "inception_lib" else {}
    for unit, theirs in {**parts, **(view.table or {})}.items():
        place = unit.split(".")[0]
        gone = (
            "head.fc" if place == "head" else unit if view.table and unit in view.table else place
        )
        if place in ("head", "aux") and _within(key, theirs):
            return not any(_within(k, gone) for k in own)
    return False


def _tensor(value: Any) -> Any:
    """An array of numbers as a tensor; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return keras.as_tensor(value)
    return value


def _differs(ours: Tensor, theirs: object) -> str:
    """How a tensor fails to fit, or nothing."""
    if not isinstance(theirs, Tensor):
        return f"is a {type(theirs).__name__}, not a tensor"
    if ours.shape != theirs.shape:
        return f"is {_shape(theirs)}, this model takes {_shape(ours)}"
    if ours.is_floating_point() != theirs.is_floating_point() or theirs.is_sparse:
        return f"holds {theirs.dtype}, this model takes {ours.dtype}"
    return ""


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"


def name_of(model: nn.Module) -> str:
    return getattr(getattr(model, "spec", None), "name", type(model).__name__)


def _refusal(model, own, view: _View, state, missing: dict, unexpected: list, wrong: dict) -> str:
    lines = [
        f"these weights do not fit {name_of(model)} in layout {view.layout!r}; it is unchanged."
    ]
    if view.where or view.prefix:
        lines.append(f"They are the checkpoint's {view.where or 'keys'}, after {view.prefix!r}.")
    listed = {"missing": missing.values(), "unexpected": unexpected, "ill-shaped": wrong.values()}
    for word, keys in listed.items():
        if keys:
            more = f"; … ({len(keys) - 4} more)" if len(keys) > 4 else ""
            lines.append(f"{len(keys)} {word}: {'; '.join(list(map(str, keys))[:4])}{more}.")
    return "\n".join([*lines, *_hints(model, own, view, state, missing, unexpected, wrong)])


def _hints(model, own, view: _View, state, missing, unexpected, wrong) -> Iterator[str]:
    """The likely cause, where one can be told."""
    tables = _tables(own, name_of(model))
    for word, table in tables.items():
        wanted = _wanted(own, table)
        views = _views(word, table, wanted, state)
        if any(v.score > max(2 * view.score, len(wanted) // 2) for v in views):
            yield f'The keys are those of layout="{word}".'
            return
    if not view.score:
        if nested := [key for key in state if isinstance(state[key], Mapping)]:
            yield f"This is a checkpoint, and none of {nested[:6]} holds weights of this model."
        yield (
            f"No key is one of this model's in the layouts {', '.join(tables)}. If they are weights of "
            "this network, pass a map of your own: layout={our key: their key}."
        )
        return
    aux = [key for key in missing if key.startswith("aux.")]
    head = [key for key in missing if key.startswith("head.")]
    if aux and len(aux) + len(head) == len(missing):
        yield (
            "The file has no such auxiliary heads: create the model with aux=False, "
            "or pass keep=['aux'] to leave them as they are."
        )
    if head and len(aux) + len(head) == len(missing):
        last = [key.removesuffix(".weight") for key in unexpected if key.endswith(".weight")]
        if len(last) == 1 and not _differs(
            own["head.fc.weight"], view.state.get(f"{last[0]}.weight")
        ):
            yield f'Its last layer has another name: pass layout={{"head.fc": "{last[0]}"}}.'
        else:
            parts = sorted({".".join(key.split(".")[:2]) for key in [*head, *wrong]})
            yield (
                "The file lacks this classifier: create the model with num_classes=0, or pass "
                f"keep={parts} to leave it as it is."
            )
    elif wrong and all(".fc." in key for key in wrong):
        parts = list(dict.fromkeys(key.rpartition(".")[0] for key in wrong))
        given = {key: _tensor(view.state[view.wanted[key]]) for key in wrong}
        if all(own[key].shape[1:] == getattr(given[key], "shape", (0, 0))[1:] for key in wrong):
            yield (
                "The file has another number of classes: create the model with that num_classes, "
                f"or pass keep={parts} to leave these layers as they are."
            )
        else:
            yield f"What these layers read differs, so the file is of another network; keep={parts} leaves them as they are."
    elif len(wrong) > 4:
        yield "The file is of another network, or of one made with another width."
    for key, said in wrong.items():
        channels = own[key].shape[1:2]
        if (
            key.startswith("stages.")
            and own[key].ndim == 4
            and channels != (3,)
            and "×3×" in said.split(",")[0]
        ):
            yield (
                f"The file may be for pictures of 3 channels, this model takes {channels[0]}. For one "
                f"channel sum the kernels: state[{view.wanted[key]!r}].sum(1, keepdim=True)."
            )
            break
    if view.outside:
        yield f"What does not begin with {view.prefix!r} may be of something else: leave it out."
    elif unexpected and not missing and not wrong and "head.fc.weight" not in own:
        yield "If these are a classifier, leave them out: this model was made without one."


def _warn(model: nn.Module, view: _View, given: object) -> None:
    """Say so where weights fit by key and shape, and belong to a network that computes something else."""
    spec, table = getattr(model, "spec", None), view.table or {}
    ends = [leaf for _, stage in getattr(spec, "stages", ())[-1:] if isinstance(stage, Branches)
            for leaf in leaves(stage) if isinstance(leaf, AvgPool | MaxPool)]  # fmt: skip
    if (
        "reduction_b" not in getattr(spec, "names", ())
        or not ends
        or view.layout == "inception_lib"
    ):
        return
    last = view.state.get(f"{table.get('head.fc')}.bias")
    classes = len(last) if last is not None else 0
    file = Path(given).name if isinstance(given, str | os.PathLike) else ""
    by_max, fid = isinstance(ends[-1], MaxPool), classes == 1008 or file.startswith(_FID)
    said = ""
    if fid and not by_max:
        said = (
            "these look like the weights that FID is computed with (1008 outputs), whose last block "
            'pools by the maximum. Load them into create_model("inception_v3_fid", num_classes=1008).'
        )
    elif by_max and classes in (1000, 1001):
        said = (
            f"the last block of {name_of(model)} pools by the maximum, as in the network of FID; weights "
            f"with {classes} outputs were trained with an average. Load them into inception_v3."
        )
    elif view.layout == "keras" and any(
        isinstance(leaf, AvgPool) and leaf.count_include_pad
        for _, stage in getattr(spec, "stages", ())
        for leaf in leaves(stage)
    ):
        said = (
            f"{name_of(model)} counts the zeros of the padding in its average pooling, Keras does not: "
            "its outputs will differ. Load these weights into inception_v3."
        )
    if said:
        warnings.warn(said, stacklevel=3)


def adapted(
    model: nn.Module, state: Mapping[str, Any], layout: str
) -> tuple[dict[str, Any], list[str]]:
    """Weights for a model with other classes or one channel, and the parts that keep what they have.

    Kernels that read three channels are summed for a model that reads one: a gray picture in all
    three gives the same.

    Raises:
        ValueError: a model of neither 1 nor 3 input channels.
    """
    own, wanted, state = model.state_dict(), key_map(model, layout), dict(state)
    spec = getattr(model, "spec", None)
    if (channels := getattr(spec, "in_channels", 3)) not in (1, 3):
        raise ValueError(
            f"the trained weights of {name_of(model)} take 3 input channels (or 1: then the kernels are "
            f"summed), this model has {channels}; create it with in_channels=3 and choose three "
            "channels, or without pretrained=True."
        )
    keep = []
    for key, theirs in wanted.items():
        if theirs not in state or own[key].shape == state[theirs].shape:
            continue
        if key.endswith("fc.weight") and own[key].shape[1:] == state[theirs].shape[1:]:
            keep.append(key.removesuffix(".weight"))
        elif own[key].ndim == 4 and own[key].shape == state[theirs][:, :1].shape:
            state[theirs] = state[theirs].sum(1, keepdim=True)
    return state, keep


def read(what: object) -> Mapping[str, Any]:
    """A state dict as it is, or from a file; nothing in the file is run."""
    if isinstance(what, str | os.PathLike):
        return read_file(what)
    if not isinstance(what, Mapping):
        if isinstance(what, nn.Module):
            raise TypeError(f"this {type(what).__name__} is a model: pass its state_dict().")
        raise TypeError(
            f"a {type(what).__name__} is no state dict; pass key -> tensor, such as "
            f"model.state_dict(), or the path of a file of weights."
        )
    return what
