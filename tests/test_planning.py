"""Hours and traffic by arithmetic: each number by hand, and where more devices stop helping."""

from dataclasses import replace

import pytest

import inception_lib as il
from inception_lib.training.planning import step_time

V3 = il.recipes()["inception_v3_mindcv"]
SLOW = il.Cluster(flops=1e12, link=1e9, latency=0.0, picture=1e5)


def test_a_step_by_hand():
    counted = il.cost(il.architecture("inception_v3", aux=True))
    step = step_time(V3, 8, SLOW)
    assert step.pictures == 32
    assert step.forward == pytest.approx(2 * counted.macs * 32 / 1e12)
    assert step.backward == pytest.approx(2 * step.forward)
    assert counted.params == 27_161_264
    assert step.traffic == pytest.approx(2 * 7 / 8 * 4 * 27_161_264)
    assert step.exchange == pytest.approx(step.traffic / 1e9)
    assert step.seconds == pytest.approx(step.forward + step.backward)  # the exchange is hidden
    assert step_time(V3, 1, SLOW).exchange == 0
    late = step_time(V3, 8, replace(SLOW, latency=1.0))
    assert late.exchange == pytest.approx(step.exchange + 6)  # there and back, in three stages
    assert late.seconds == pytest.approx(step.forward + late.exchange)


def test_a_whole_training():
    table = il.training_time(V3, (1, 8, 512), pictures=2560, cluster=SLOW)
    assert table.columns[0] == "devices" and [row[0] for row in table.cells] == ["1", "8", "512"]
    single = step_time(V3, 1, SLOW).seconds
    assert table.cells[0][5] == f"{200 * 10 * single / 3600:,.1f}"
    assert table.cells[0][6] == table.cells[1][6] == "100%"
    assert table.cells[0][7] == f"{256 / single * 1e5 / 1e6:,.0f}"
    assert set(table.cells[2][1:]) == {""}  # 512 devices and 256 pictures
    slower = il.training_time(V3, (64,), cluster=replace(SLOW, link=1e8)).cells[0]
    assert int(slower[6].rstrip("%")) < 50


@pytest.mark.parametrize(
    "change", [{"flops": 0}, {"link": -1}, {"latency": -1}, {"picture": "big"}]
)
def test_what_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} is"):
        il.Cluster(**change)


def test_more_devices_than_pictures_are_refused():
    with pytest.raises(ValueError, match="a batch of 256 pictures leaves nothing for 257 devices"):
        step_time(V3, 257)
    with pytest.raises(ValueError, match="devices is 0"):
        step_time(V3, 0)
