"""What one walk over a description works out and refuses, whatever reads it."""

import pickle

import pytest

import inception_lib as il
from inception_lib.spec import PLAIN
from inception_lib.tree.resolved import UNKNOWN, resolve_block
from inception_lib.tree.width import widened

BLOCK = il.naive_block(8, 8, 8)
READINGS = {
    "cost": lambda block, shape: il.cost(block, shape).out_shape,
    "draw": lambda block, shape: il.draw(block, shape).alt,
    "cross_check": lambda block, shape: il.cross_check(il.build(block, shape[0]), shape).agree,
}


@pytest.mark.parametrize("read", READINGS)
def test_a_shape_may_be_a_list(read):
    assert READINGS[read](BLOCK, [3, 8, 8]) == READINGS[read](BLOCK, (3, 8, 8))


@pytest.mark.parametrize("shape", [(True, 8, 8), (3, 8), (0, 8, 8), (3, 8, 2.5), "3x8"])
def test_a_shape_that_is_none_is_named(shape):
    for read in (il.cost, il.draw):
        with pytest.raises(ValueError, match=r"give \(channels, height, width\)"):
            read(BLOCK, shape)


@pytest.mark.parametrize("channels", [0, -1, 3.0, "3", True, None])
@pytest.mark.parametrize("block", [BLOCK, il.Conv(4)], ids=["block", "layer"])
def test_channels_that_are_none_are_named(block, channels):
    with pytest.raises(ValueError, match="in_channels is"):
        il.build(block, channels)


def test_a_block_that_is_too_large_says_so():
    with pytest.raises(
        ValueError, match=r"an input of 4×4 is too small: it runs out at 0 \(conv 9×9"
    ):
        il.cost([il.Conv(3, 9, padding="valid")], (3, 4, 4))


def test_what_is_known_of_a_grid_does_not_hang_on_the_order_of_branches():
    known, open_ended = il.AdaptiveAvgPool(4), il.Conv(3)
    for branches in ({"a": known, "b": open_ended}, {"b": open_ended, "a": known}):
        part = resolve_block(il.Branches(branches), UNKNOWN, PLAIN)
        assert part.after.shape[1:] == (4, 4) and part.after.inputs == 1


def test_a_block_that_repeats_is_resolved_once():
    block = il.residual_b(8, (8, 8, 8), 16)
    part = resolve_block(
        il.Chain((block, block)), UNKNOWN._replace(shape=(16, 9, 9), inputs=0), PLAIN
    )
    (_, one), (_, other) = part.parts
    assert one is other


def test_a_widened_network_that_does_not_fit_names_its_stage():
    odd = il.Branches({"a": il.AdaptiveAvgPool(1), "b": il.AdaptiveAvgPool(2)})
    with pytest.raises(ValueError, match=r"^second: branches end on different grids"):
        widened(il.Network("own", {"first": il.Conv(8), "second": odd, "third": il.Conv(8)}), 0.5)


# ---- cross_check, which runs other programs ----


def test_an_input_of_other_channels_is_refused():
    for model in (il.create_model("mini_bn"), il.build(BLOCK, 3)):
        with pytest.raises(ValueError, match=r"this model takes \(3, height, width\)"):
            il.cross_check(model, (4, 32, 32))


def test_programs_that_all_fail_do_not_agree_and_leave_nothing_behind():
    model = il.create_model("mini_bn").double()  # the input is not
    check = il.cross_check(model, (3, 32, 32))
    assert set(check.lacks) == {"torchinfo", "fvcore", "torch"} and not check.agree
    pickle.dumps(model)  # a hook could not be


def test_auxiliary_heads_are_counted_as_parameters_and_do_not_run():
    model = il.create_model("mini_googlenet_aux", aux=True)
    assert il.cross_check(model, (3, 32, 32)).agree
