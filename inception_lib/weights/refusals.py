"""What to say of weights that do not fit, or that fit and belong to another network."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from ..spec import AvgPool, Branches, MaxPool
from ..tree.walks import leaves
from . import keras
from .matching import View, name_of, tables, views, wanted_keys

_FID = "pt_inception-2015-12-05"


def as_tensor(value: Any) -> Any:
    """An array of numbers as a tensor; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return keras.as_tensor(value)
    return value


def differs(ours: Tensor, theirs: object) -> str:
    """How a tensor fails to fit, or nothing."""
    if not isinstance(theirs, Tensor):
        return f"is a {type(theirs).__name__}, not a tensor"
    if ours.shape != theirs.shape:
        return f"is {_shape(theirs)}, this model takes {_shape(ours)}"
    if theirs.is_meta:
        return "is on the meta device, without values"
    if ours.is_floating_point() != theirs.is_floating_point() or theirs.is_sparse:
        return f"holds {theirs.dtype}, this model takes {ours.dtype}"
    return ""


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"


def refusal(model, own, view: View, state, missing: dict, unexpected: list, wrong: dict) -> str:
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


def _hints(model, own, view: View, state, missing, unexpected, wrong) -> Iterator[str]:
    """The likely cause, where one can be told."""
    known = tables(own, name_of(model))
    for word, table in known.items():
        wanted = wanted_keys(own, table)
        others = views(word, table, wanted, state)
        if any(v.score > max(2 * view.score, len(wanted) // 2) for v in others):
            yield f'The keys are those of layout="{word}".'
            return
    if not view.score:
        if nested := [key for key in state if isinstance(state[key], Mapping)]:
            yield f"This is a checkpoint, and none of {nested[:6]} holds weights of this model."
        yield (
            f"No key is one of this model's in the layouts {', '.join(known)}. If they are weights of "
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
        if len(last) == 1 and not differs(
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
        given = {key: as_tensor(view.state[view.wanted[key]]) for key in wrong}
        if all(own[key].shape[1:] == getattr(given[key], "shape", (0, 0))[1:] for key in wrong):
            yield (
                "The file has a different number of classes: create the model with that num_classes, "
                f"or pass keep={parts} to leave these layers as they are."
            )
        else:
            yield f"What these layers read differs, so the file is of another network; keep={parts} leaves them as they are."
    elif all("holds torch." in said for said in wrong.values()) and wrong:
        yield "Give floats: dequantize what is quantized, and turn sparse tensors into dense ones."
    elif len(wrong) > 4 and not any("meta device" in said for said in wrong.values()):
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


def warn(model: nn.Module, view: View, given: object) -> None:
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
