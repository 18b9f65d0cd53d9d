"""The questions of chapter 14, by hand."""

import torch

import inception_lib as il


def around_a_ring(name, devices, gigabytes):
    """Piece by piece: n - 1 turns to add up, n - 1 to hand out."""
    size = 4 * sum(p.numel() for p in il.create_model(name).parameters())
    sent = 0.0
    for _round in ("add up", "hand out"):
        for _turn in range(devices - 1):
            sent += size / devices
    return {"megabytes": sent / 1e6, "milliseconds": sent / (gigabytes * 1e6)}


def the_last_batch(pictures, batch, devices):
    """A network of one weight, whose gradient tells how much each picture counts."""
    last = list(torch.arange(pictures).split(batch))[-1] if pictures % batch else torch.arange(0)
    weighs = torch.ones(len(last), requires_grad=True)
    shares = [weighs[k::devices] for k in range(devices)]
    found = {"last": len(last)}
    if all(len(share) for share in shares):
        sum(share.mean() for share in shares).backward()
        found["ratio"] = float(weighs.grad.max() / weighs.grad.min())
    return found


def variance_too_small(one, two):
    parts = torch.tensor([one, two]).double()
    averaged, whole = parts.var(1, correction=0).mean(), parts.var(correction=0)
    return {
        "averaged": float(averaged),
        "whole": float(whole),
        "missing": float(parts.mean(1).var(correction=0)),
    }


def linear_in_devices(name, devices, batch):
    recipe = il.recipes()[name]
    counted = il.cost(il.architecture(recipe.model, aux=recipe.aux))
    cluster = il.Cluster()
    forward = 2 * counted.macs / cluster.flops
    turns = {32: 5, 64: 6, 128: 7}[devices]
    bytes_sent = 8 * counted.params - 8 * counted.params / devices
    exchange = bytes_sent / cluster.link + 2 * turns * cluster.latency
    mine = -(-batch // devices)
    alone = 3 * forward * batch
    together = forward * mine + max(2 * forward * mine, exchange)
    return {
        "backward": 2e3 * forward * mine, "exchange": 1e3 * exchange, "times": alone / together,
    }  # fmt: skip
