"""Receptive fields as counted equal what the gradient shows.

Measured on a copy with positive weights, identity for ReLU and mean for maximum: there nothing can
cancel, die or win alone, so a pixel has a gradient if and only if the output can see it. The input is
larger than the field, in one direction at a time: a field is a product of two intervals.
"""

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.nn.same import SameAvgPool2d, SameMaxPool2d
from tests.networks import covered


def positive(module):
    """The module, in place, with nothing left that could hide a connection."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU | nn.BatchNorm2d | nn.LocalResponseNorm):
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.MaxPool2d):
            same = isinstance(child, SameMaxPool2d)
            mean = SameAvgPool2d if same else nn.AvgPool2d
            mean = mean(child.kernel_size, child.stride, child.padding, child.ceil_mode)
            setattr(module, name, mean)
        else:
            positive(child)
    if isinstance(module, nn.Conv2d):
        nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    return module


def seen(output, x, at, axis):
    """First pixel and last pixel along `axis` that the value at place `at` of a map sees."""
    middle = [output.shape[2] // 2, output.shape[3] // 2]
    middle[axis] = at
    (gradient,) = torch.autograd.grad(
        output[0, :, middle[0], middle[1]].sum(), x, retain_graph=True
    )
    used = (gradient[0] != 0).any(0).any(1 - axis).nonzero().flatten().tolist()
    assert used == list(range(used[0], used[-1] + 1)), "a field with holes"
    return used[0], used[-1]


def measured(output, x, axis):
    """Field and stride of a map along one axis, from two neighbouring values in its middle."""
    at = output.shape[2 + axis] // 2
    (first, last), (after, _) = seen(output, x, at, axis), seen(output, x, at + 1, axis)
    assert first > 0 and last < x.shape[2 + axis] - 1, "the input is not larger than the field"
    return last - first + 1, after - first


def shape(axis, long, thin):
    return (long, thin) if axis == 0 else (thin, long)


BLOCKS = {
    "naive": il.naive_block(2, 2, 2),
    "reduced": il.reduced_block(2, 2, 2, 2, 2, 2),
    "two 3×3": il.two_3x3_block(2, 2, 2, 2, 2, 2),
    "two 3×3, stride 2": il.two_3x3_block(0, 2, 2, 2, 2, 0, stride=2, pool=il.MaxPool(3, 2)),
    "asymmetric": il.asymmetric_block(2, (2, 2, 2), (2, 2, 2, 2, 2), 2),
    "asymmetric, one way": il.factorized(5, 2, 2, 2),
    "expanded": il.expanded_block(2, 2, (il.Conv(2), il.Conv(2, 3)), 2, 2),
    "reduction a": il.grid_reduction(2, 2, 2, 2, reduce=2),
    "reduction b": il.asymmetric_reduction((2, 2), (2, 2, 2, 2)),
    "reduction of residuals": il.residual_reduction((2, 2), (2, 2), (2, 2, 2)),
    "residual a": il.residual_a(2, (2, 2), (2, 2, 2), 3),
    "residual b": il.residual_b(2, (2, 2, 2), 3),
    "residual c": il.residual_c(2, (2, 2, 2), 3),
}


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_sees_what_is_counted(name, axis):
    size = shape(axis, 37, 23)
    counted = il.cost(BLOCKS[name], (3, *size))
    block = positive(il.build(BLOCKS[name], 3)).double()
    x = torch.ones(1, 3, *size, dtype=torch.double, requires_grad=True)
    if isinstance(BLOCKS[name], il.Branches):
        for row in counted.branches():
            got = measured(block[row.name](x), x, axis)
            assert got == (row.receptive_field[axis], row.stride[axis]), row.name
    rows = counted.rows if isinstance(BLOCKS[name], il.Branches) else counted.layers[-1:]
    field = max(row.receptive_field[axis] for row in rows)
    assert measured(block(x), x, axis) == (field, rows[-1].stride[axis])


def kinds(names):
    """Of stages that repeat (A1, A2, …) the last; of the others each."""
    last = {name[0] if name[0] in "ABC" else name: name for name in names}
    return list(last.values())


@pytest.mark.slow
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", covered(il.list_models()))
def test_every_stage_sees_what_is_counted(name, axis):
    network = il.architecture(
        name, width=0.01, num_classes=0
    )  # eight channels for each convolution
    rows = {row.name: row for row in il.cost(network).stages}
    stages = kinds(network.names)
    longest = max(rows[stage].receptive_field[axis] for stage in stages)
    size = shape(axis, longest + 8 * 32, il.min_input_size(network))
    model = positive(il.create_model(name, width=0.01, num_classes=0)).double()
    x = torch.ones(1, 3, *size, dtype=torch.double, requires_grad=True)
    out = x
    for stage, module in model.stages.items():
        out = module(out)
        if stage in stages:
            row = rows[stage]
            got = measured(out, x, axis)
            assert got == (row.receptive_field[axis], row.stride[axis]), stage


def test_networks_with_the_same_windows_see_the_same():
    def fields(name):
        return [row.receptive_field for row in il.cost(name).stages]

    assert fields("googlenet") == fields("naive_googlenet")
    assert fields("inception_v3") == fields("inception_v3_torchvision")


def test_a_real_network_hides_most_of_its_field():
    """Why a copy is measured: behind ReLUs and maxima far fewer pixels have a gradient."""
    model = il.create_model("googlenet", num_classes=0, width=0.1, seed=0).eval()
    x = torch.rand(1, 3, 160, 160, requires_grad=True)
    out = x
    for stage in ("conv1", "pool1", "lrn1", "conv2_reduce", "conv2", "lrn2", "pool2", "3a", "3b"):
        out = model.stages[stage](out)
    out[0, 0, 10, 10].backward()
    field = il.cost("googlenet")["3b"].receptive_field
    assert 0 < int((x.grad[0] != 0).any(0).sum()) < field[0] * field[1] / 2
