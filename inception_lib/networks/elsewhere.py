"""What timm, torchvision, Keras and others call our networks and options: answered with ours. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import short, suggest

# Ours -> the names of others, without marks, capitals, and words that say who trained it.
NAMES = {
    "googlenet": "googlenet inceptionv1 inception1 googlenetv1 bvlcgooglenet",
    "bn_inception": "inceptionv2 inception2 inceptionbn bninceptionv2",
    "inception_v3": "inceptionv3 inception3 inceptionv3keras",
    "inception_v3_torchvision": "inceptionv3tv",
    "inception_v3_fid": "fidinceptionv3 ptinception fidinception inceptionv3compat",
    "inception_v4": "inceptionv4 inception4",
    "inception_resnet_v1": "inceptionresnetv1 inceptionresnet1",
    "inception_resnet_v2": "inceptionresnetv2 inceptionresnet2 inceptionresnet",
}
_OURS = {theirs: ours for ours, names in NAMES.items() for theirs in names.split()}
_OURS |= {ours.replace("_", ""): ours for ours in NAMES}
_TRAINERS = r"^(timm/|google/|keras/|hf_hub:|keras_applications|tf_|gluon_|adv_|ens_adv_|ens_|mxnet_|torchvision)+"

# An option elsewhere -> what to write here.
OPTIONS = {
    "aux_logits": "aux=True or aux=False",
    "in_chans": "in_channels",
    "input_channels": "in_channels",
    "num_channels": "in_channels",
    "input_shape": "in_channels; the height and width of a picture are free",
    "input_tensor": "in_channels; the height and width of a picture are free",
    "input_size": "nothing; the height and width of a picture are free",
    "img_size": "nothing; the height and width of a picture are free",
    "classes": "num_classes",
    "n_classes": "num_classes",
    "num_labels": "num_classes",
    "include_top": "num_classes=0, which leaves the classifier out",
    "drop_rate": "dropout",
    "dropout_rate": "dropout",
    "dropout_prob": "dropout",
    "drop": "dropout",
    "global_pool": "model.forward_features(x), which gives the maps before the pooling",
    "pooling": "num_classes=0 for pooled features, or model.forward_features(x) for the maps",
    "features_only": "il.features(model, x, at=[…]) with the stages of model.feature_info",
    "out_indices": "il.features(model, x, at=[…]) with the stages of model.feature_info",
    "weights": "pretrained=True, or il.load_weights(model, file)",
    "checkpoint_path": "il.load_weights(model, file)",
    "pretrained_cfg": "il.load_weights(model, file)",
    "progress": "nothing; leave it out",
    "transform_input": "nothing; il.preprocessing(name) prepares the picture",
    "init_weights": "seed=…; first weights are always drawn",
    "classifier_activation": "nothing; a model gives logits, and logits.softmax(1) probabilities",
    "width_mult": "width",
    "width_multiplier": "width",
    "alpha": "width",
    "device": "create_model(…).to(device)",
    "dtype": "create_model(…).to(dtype)",
    "scriptable": "nothing; leave it out",
    "exportable": "nothing; leave it out",
    "norm_layer": "the defaults of a Network of your own, such as il.BATCH_NORM",
    "act_layer": "the defaults of a Network of your own, such as il.BATCH_NORM",
}
_KNOWN = ["num_classes", "in_channels", "aux", "dropout", "width", "pool_proj"]


def here(name: str) -> str | None:
    """Our name for a network that others call by this one; None if nobody does."""
    plain, _, tag = name.lower().replace("-", "_").partition(".")
    if plain == "torchvision":  # torchvision.models.inception_v3
        plain, tag = tag.rpartition(".")[2], ""
    plain = re.sub(_TRAINERS, "", plain)
    plain = re.sub(r"(weights|_?imagenet1k_v\d|_?in1k)$", "", plain)
    plain = re.sub(r"[^a-z0-9]", "", plain)
    return _OURS.get(f"{plain}tv" if tag.startswith("tv") else plain)


def unknown_name(name: str, known: Iterable[str]) -> str:
    """What to say to a name that is not of this package.

    Args:
        name: as it was given.
        known: the names of this package.
    """
    known = list(known)
    written = {re.sub("[^a-z0-9]", "", ours): ours for ours in known}
    if ours := here(name) or written.get(re.sub("[^a-z0-9]", "", name.lower())):
        return f"model {short(name)} is called {ours!r} here; use that name."
    return suggest(name, known, "model")


def unknown_option(name: str) -> str:
    """What to say to an option that is not of this package.

    Args:
        name: as it was given.
    """
    if name in OPTIONS:
        return f"{name} is an option of other libraries; here it is {OPTIONS[name]}."
    return suggest(name, _KNOWN, "option")
