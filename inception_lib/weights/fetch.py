"""Weights that others trained, fetched once and checked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import WeightsError, needs
from ..nn.network import InceptionNet
from .load import Loaded, adapted, load_weights, read
from .matching import key_map
from .published import PUBLISHED, published


@dataclass(frozen=True)
class Source:
    """Where a file of weights is.

    Attributes:
        layout: whose keys it has, as in `load_weights`.
        url: address of a `.pth` file whose name ends in the first digits of its SHA-256.
        repo, file, revision: or else a repository of the Hugging Face hub, and what to take there.
        endpoint: another server of that kind; None is the hub itself.
    """

    layout: str
    url: str = ""
    repo: str = ""
    file: str = "model.safetensors"
    revision: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        server = self.endpoint or "the Hugging Face hub"
        return self.url or f"{self.file} of {self.repo} on {server}"


def source(name: str) -> Source:
    """Where the weights of a network are, asked from the library that published them.

    Args:
        name: a network with trained weights.

    Raises:
        ValueError: a network without. ImportError: the library is not installed.

    Source: torchvision's weights enums, timm's pretrained configurations.
    """
    about = published(name)
    if about.library == "torchvision":
        models = needs("torchvision.models", f"pretrained {name}")
        return Source(about.library, url=models.get_weight(about.weights).url)
    timm = needs("timm", f"pretrained {name}")
    config = timm.get_pretrained_cfg(about.weights, allow_unregistered=False)
    if not config.hf_hub_id:
        return Source(about.library, url=config.url)
    repo, _, revision = config.hf_hub_id.partition("@")
    file = config.hf_hub_filename or Source.file
    return Source(about.library, repo=repo, file=file, revision=revision or None)


def load_pretrained(
    model: InceptionNet,
    origin: Source | None = None,
    *,
    cache_dir: str | os.PathLike | None = None,
    timeout: float = 20.0,
    progress: bool = True,
) -> Loaded:
    """Fetch the published weights of a model, once, and load them.

    The file is kept in torch's or the hub's own cache, where those libraries find it too. Its
    SHA-256 is compared with the one that the source gives, each time.

    A classifier with a different number of classes keeps its random weights, and so do the last layers
    of auxiliary heads; that is timm's way. So is one input channel: the kernels of the three are
    summed. Auxiliary heads that the file does not have, or that nobody trained, get a warning.

    Args:
        model: what `create_model` made, with 3 input channels, or 1 for gray pictures.
        origin: another source; None asks `source(model.spec.name)`.
        cache_dir: another folder for the file.
        timeout: seconds without an answer after which to give up; while a file comes from the hub,
            its own HF_HUB_DOWNLOAD_TIMEOUT counts.
        progress: whether to show a bar while a file comes.

    Returns:
        A `Loaded`, as from `load_weights`.

    Raises:
        WeightsError: the file cannot be fetched, or is not what its source says.
        ValueError: no trained weights for this network, or a different number of input channels.
        ImportError: the library that published them is not installed.
    """
    name = model.spec.name
    if origin is None:
        origin = source(name)
    wanted = key_map(model, origin.layout)
    adapted(model, {}, origin.layout)  # before anything is fetched: a model that cannot have them
    fetch = _from_url if origin.url else _from_hub
    state = fetch(name, origin, cache_dir, timeout, progress)
    state, keep = adapted(model, state, origin.layout)
    aux = [theirs for key, theirs in wanted.items() if key.startswith("aux.")]
    if aux and not any(theirs in state for theirs in aux):
        keep.append("aux")
    if aux and ("aux" in keep or (name in PUBLISHED and not PUBLISHED[name].aux_trained)):
        warnings.warn(f"the auxiliary heads of this {name} are not trained.", stacklevel=3)
    return load_weights(model, state, origin.layout, keep=keep)


def _from_url(name, origin: Source, cache_dir, timeout: float, progress: bool) -> Mapping:
    file = origin.url.rsplit("/", 1)[-1]
    found = torch.hub.HASH_REGEX.search(file)
    if not found or len(found[1]) < 8:
        raise WeightsError(f"{origin.url} has no hash in its name, so it cannot be checked.")
    path = Path(cache_dir or Path(torch.hub.get_dir()) / "checkpoints") / file
    was_there = path.exists()
    if was_there:
        _check(path, found[1])
    try:
        with _patience(timeout):
            return torch.hub.load_state_dict_from_url(
                origin.url,
                model_dir=str(path.parent),
                map_location="cpu",
                progress=progress,
                check_hash=True,
                weights_only=True,
            )
    except Exception as error:
        if not was_there:
            path.unlink(missing_ok=True)
        which = (
            f"The file is {file}; its SHA-256 begins with {found[1]}. "
            f"Put into {path.parent}, it is found there and not fetched."
        )
        raise WeightsError(_unavailable(name, origin, error, path.parent, which)) from error


def _from_hub(name, origin: Source, cache_dir, timeout: float, progress: bool) -> Mapping:
    hub = needs("huggingface_hub", f"pretrained {name}")
    place = {"repo_id": origin.repo, "filename": origin.file, "revision": origin.revision}
    path = hub.try_to_load_from_cache(**place, cache_dir=cache_dir)
    if isinstance(path, str):
        # The cache names a file by its hash, and links to it where the system has links.
        digest = Path(os.readlink(path)).name if os.path.islink(path) else ""
        if re.fullmatch("[0-9a-f]{64}", digest):
            _check(Path(os.path.realpath(path)), digest)
        return read(path)
    try:
        url = hub.hf_hub_url(**place, endpoint=origin.endpoint)
        digest = hub.get_hf_file_metadata(url, timeout=timeout).etag or ""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise WeightsError(
                f"the hub gives no SHA-256 of {origin.file}, so it cannot be checked."
            )
        path = hub.hf_hub_download(
            **place, cache_dir=cache_dir, endpoint=origin.endpoint, etag_timeout=timeout
        )
        try:
            _check(Path(path), digest)
            return read(path)
        except Exception:
            for file in {os.path.realpath(path), path}:
                Path(file).unlink(missing_ok=True)
            raise
    except Exception as error:
        where = cache_dir or hub.constants.HF_HUB_CACHE
        which = f"The file is {origin.file}; its page on the hub shows its SHA-256."
        raise WeightsError(_unavailable(name, origin, error, where, which)) from error


def _check(path: Path, digest: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(digest):
        raise WeightsError(
            f"{path} is not what its source published: its SHA-256 should begin with {digest[:16]}, "
            f"and is {found}. Remove it, and the next call fetches it again."
        )


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """torch.hub waits forever unless sockets are told not to."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unavailable(name: str, origin: Source, error: Exception, cache: object, file: str) -> str:
    reason = str(error).strip() or type(error).__name__
    return (
        f"the trained weights of {name} could not be fetched.\n"
        f"Tried: {origin}; it is not in {cache} either.\n"
        f"What went wrong: {reason}\n"
        "What needs no network:\n"
        f'- the same network with random weights: create_model("{name}", seed=0)\n'
        f'- a file that you have: load_weights(create_model("{name}"), "path/of/the/file", '
        f'layout="{origin.layout}"). {file}'
    )
