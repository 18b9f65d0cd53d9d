"""Label smoothing: what is measured of logits, and the record."""

import math

import pytest
import torch

import inception_lib as il
from inception_lib.experiments import label_smoothing as experiment

pytestmark = pytest.mark.slow  # trains


def test_gaps_and_spreads():
    logits = torch.tensor([[5.0, 1.0, 1.0], [0.0, 3.0, -3.0]])
    gaps, spreads = experiment.gaps_and_spreads(logits, torch.tensor([0, 0]))
    assert gaps.tolist() == [4.0, 0.0]
    assert spreads.tolist() == [0.0, 3.0]


def test_calibration_error():
    confidence = torch.tensor([0.95, 0.95, 0.55, 0.55]).double()
    right = torch.tensor([True, True, True, False])
    assert experiment.calibration_error(confidence, right) == pytest.approx(0.05)
    assert experiment.calibration_error(torch.ones(2).double(), torch.tensor([True, True])) == 0


def test_what_is_measured_is_rounded_and_counts_everything():
    logits = torch.randn(50, 10, generator=torch.Generator().manual_seed(0)) * 20
    labels = torch.arange(50) % 10
    kept = experiment.measured(logits, labels)
    assert kept["accuracy"] == float((logits.argmax(1) == labels).double().mean())
    for histogram in ("gaps", "spreads"):  # what is outside the bins is in the last
        assert sum(map(int, kept[histogram].split())) == 50


def test_the_record_has_what_the_chapter_says():
    record = il.training_record("label_smoothing")
    assert record["name"] == "label_smoothing"
    assert len(record["parts"]) == 2 * 2 * len(experiment.SEEDS)
    wanted = math.log(91)
    for part, result in record["parts"].items():
        low, high, bins = experiment.GAPS
        counts = list(map(int, result["test"]["gaps"].split()))
        assert len(counts) == bins
        middles = [low + (i + 0.5) * (high - low) / bins for i in range(bins)]
        mean = sum(c * m for c, m in zip(counts, middles, strict=True)) / sum(counts)
        assert mean == pytest.approx(result["test"]["gap_mean"], abs=0.1)
        if "smoothing 0.1" in part:
            assert result["test"]["gap_mean"] < wanted + 1
