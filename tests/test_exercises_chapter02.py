"""Checkers of chapter 2: right answers of several kinds, wrong ones with their message."""

import torch

from inception_lib import listing_c1, naive_block, reduced_block
from inception_lib.create import build, create_model
from inception_lib.exercises import check
from inception_lib.spec import AvgPool, Branches, Conv, MaxPool
from tests.exercises import answers

GRID = 28 * 28
test_macs = answers("2.1", [66_633_728], [
    (2 * 66_633_728, "FLOPs"),
    (84_992, "weights"),
    (85_120, "parameters"),
    (28 * 84_992, "28 rows of 28 positions"),
    (66_633_728 + 128 * GRID, "Biases"),
    (GRID * 32 * 25 * 96, "5×5 alone"),
    (GRID * 256 * 32, "reduction alone"),
    (GRID * 256 * 25 * 96, "without the reduction"),
    (GRID * (256 * 32 + 256 * 25 * 96), "32 channels, not 256"),
    (GRID * (256 * 32 + 32 * 5 * 96), "25 weights"),
    (GRID * (256 * 32 + 32 * 9 * 96), "not 3×3"),
    (GRID * 256 * 32 + 24 * 24 * 32 * 25 * 96, "keeps the grid"),
])  # fmt: skip


# ---- 2.2 ----
def squeezed(r3=35, r5=16, **changed):
    parts = {
        "1x1": Conv(64), "3x3": [Conv(r3), Conv(128, 3)], "5x5": [Conv(r5), Conv(32, 5)],
        "pool": [MaxPool(3), Conv(32)],
    }  # fmt: skip
    return Branches(parts | changed)


test_squeezed_block = answers("2.2", [
    squeezed(), squeezed(34, 17), squeezed(16, 42), squeezed(24, 31), [squeezed(30, 23)],
], [
    (reduced_block(64, 96, 128, 16, 32, 32), "100% of 3a's 128,049,152; half of them"),
    (squeezed(36, 16), "half of them is the budget"),
    (squeezed(16, 16), "of the budget are left"),
    (squeezed(40, 9), "'5x5' is reduced to 9 channels; 16 are the least"),
    (squeezed(8, 50), "'3x3' is reduced to 8 channels"),
    (squeezed(**{"5x5": Conv(32, 5)}), "'5x5' should be a 1×1 and a 5×5"),
    (squeezed(**{"3x3": [Conv(40), Conv(35), Conv(128, 3)]}), "'3x3' should be a 1×1 and a 3×3"),
    (squeezed(**{"3x3": [Conv(20, 3), Conv(128)]}), "'3x3' should be a 1×1 and a 3×3"),
    (squeezed(**{"1x1": Conv(32)}), "'1x1' should output 64 channels; it outputs 32"),
    (squeezed(pool=MaxPool(3)), "should output 32 channels; it outputs 192"),
    (squeezed(**{"5x5": [Conv(16), Conv(32, 3)]}), "should be the 5×5 or the pooling"),
    (squeezed(**{"3x3": [Conv(32), Conv(128, 3, groups=4)]}), "here all are plain"),
    (naive_block(64, 128, 32), "should output 32 channels"),
    (64, "an int"),
])  # fmt: skip


# ---- 2.3 ----
def repaired(**changed):
    parts = {
        "1x1": Conv(64), "3x3": Conv(64, 3), "5x5": Conv(96, 5), "pool": [MaxPool(3), Conv(32)],
    }  # fmt: skip
    return Branches(parts | changed)


test_repaired_block = answers("2.3", [
    repaired(), repaired(**{"5x5": [Conv(2), Conv(96, 5)]}),
    repaired(**{"3x3": [Conv(2), Conv(64, 3)], "5x5": [Conv(1), Conv(96, 5)]}),
    Branches({"a": Conv(64), "b": Conv(64, 3), "c": Conv(96, 5), "d": [MaxPool(), Conv(32)]}),
    Branches({"d": [[MaxPool()], Conv(32)], "c": [Conv(96, 5)], "a": Conv(64), "b": Conv(64, 3)}),
    [repaired()],
    Branches({"ones": Branches({"a": Conv(64), "b": [MaxPool(3), Conv(32)]}), "b": Conv(64, 3, bias=False), "c": Conv(96, 5)}),
], [
    (listing_c1(), "'3x3' has 18,528 weights; without a reduction it would have 1,728."),
    (reduced_block(64, 2, 64, 64, 96, 32), "'5x5' has 153,792 weights"),
    (reduced_block(64, 2, 64, 3, 96, 32), "'5x5' has 7,209 weights"),
    (naive_block(64, 64, 96), "'pool' should output 32 channels; it outputs 3."),
    (repaired(**{"5x5": Conv(32, 5)}), "should output 96 channels; it outputs 32."),
    (repaired(**{"5x5": Conv(96, 3)}), "'5x5' should be the 5×5 or the pooling; it is: conv 3×3"),
    (repaired(**{"5x5": [Conv(8, 3), Conv(96, 3)]}), "'5x5' should be the 5×5 or the pooling"),
    (repaired(pool=[Conv(32), MaxPool(3)]), "should begin with max pooling"),
    (repaired(pool=[AvgPool(3), Conv(32)]), "should begin with max pooling"),
    (repaired(pool=[MaxPool(3), Conv(32, act="none")]), "'pool' has no ReLU"),
    (repaired(**{"5x5": Conv(96, 5, groups=3)}), "'5x5' has 3 groups"),
    (Branches({n: [Conv(3, 1, 2), b] for n, b in repaired().branches}), "stride of 2×2"),
    (dict(repaired().branches), "makes a block of it"),
    (repaired(pool=[MaxPool(3), Conv(32), Conv(32)]), "one 1×1"),
    (repaired(pool=[MaxPool(3), Conv(32, 3)]), "one 1×1"),
    (Branches({"1x1": Conv(64), "3x3": Conv(64, 3)}), "this one has 2"),
    (repaired(**{"3x3": Conv(64, 3, 2)}), "It does not build"),
    (build(repaired(), 3), "the answer is a module"),
    (9216, "asks for a block"),
])  # fmt: skip


# ---- 2.4 ----
def lights(*places, channels=2, height=1.0):
    """A picture of 3×3 with one light in each channel, at these pixels."""
    x = torch.zeros(1, channels, 3, 3)
    for channel, (row, column) in enumerate(places):
        x[0, channel, row, column] = height
    return x


APART, ONES = lights((0, 0), (2, 1)), torch.ones(1, 2, 1, 1)
test_pool_and_project = answers("2.4", [
    (APART, ONES), [APART.double() / 4, torch.full((1, 2, 1, 1), 4.0, requires_grad=True)],
    (APART.numpy(), ONES.numpy()), (APART.tolist(), [[[[1]], [[1]]]]),
    (lights((0, 0), (1, 1), (2, 2), channels=3), torch.tensor([1, 0, 1.0]).view(1, 3, 1, 1)),
], [
    ((APART[:, :1], ONES[:, :1]), "leaves the largest value the largest"),
    ((APART * 0 + 1, ONES), "is constant"),
    ((lights((1, 2), (1, 2)), ONES), "both orders give 2. At which pixel"),
    ((APART, 2 * ONES), "4 with the pooling first, 2 with the 1×1 first. Asked for are 2 and 1."),
    ((APART[:, :1], -ONES[:, :1]), "weight holds -1; here no number may be below 0"),
    ((-APART, ONES), "x holds -1"),
    ((APART, torch.ones(1, 2, 3, 3)), "a 1×1 convolution is asked for"),
    ((APART, torch.ones(1, 1, 1, 1)), "reads 1 channels; x has 2"),
    ((APART, torch.ones(2, 2, 1, 1)), "outputs 2 channels; one is asked for"),
    ((torch.rand(1, 2, 4, 4), ONES), "x has the shape (1, 2, 4, 4); (1, c, 3, 3) is expected"),
    ((APART[0], ONES), "x has the shape (2, 3, 3)"),
    ((APART, 1.0), "weight is a float"),
    ((APART / 0, ONES), "finite"),
    (APART, "two things"),
])  # fmt: skip


def test_chance_does_not_pass_for_the_pool_and_the_projection():
    gen = torch.Generator().manual_seed(0)
    for _ in range(50):
        pair = torch.rand(1, 2, 3, 3, generator=gen), torch.rand(1, 2, 1, 1, generator=gen)
        assert not check("2.4", pair)


# ---- 2.5 ----
MODEL = create_model("mini_reduced", pretrained=True)
FIVE, THREE = (
    MODEL.get_parameter(f"stages.3a.{branch}.0.conv.weight")[:, :, 0, 0].detach()
    for branch in ("5x5", "3x3")
)
UNSEEN = torch.linalg.svd(FIVE).Vh[4:]  # 12 directions
BOTH = torch.linalg.svd(torch.cat([FIVE, THREE])).Vh[12:]  # neither of the two notices

test_unseen_direction = answers("2.5", [
    UNSEEN[0], UNSEEN[3].numpy(), UNSEEN[5].tolist(), UNSEEN[7][:, None], -UNSEEN[1].double(),
], [
    (2 * UNSEEN[0], "is 2; scale it to 1"),
    (torch.zeros(16), "is 0; scale it to 1"),
    (torch.eye(16)[4], "A mixture of the 5×5 changes by"),
    (torch.linalg.svd(FIVE).Vh[0], "at most 0.001"),
    (BOTH[0], "The mixtures of the 3×3 change by 0.000 at most"),
    (UNSEEN[0][:4], "shape (4,)"),
    (UNSEEN, "shape (12, 16)"),
    (UNSEEN[0].view(4, 4), "shape (4, 4)"),
    (UNSEEN[0] / 0, "finite"),
    (1.0, "a float; 16 numbers"),
    ("x", "a str; 16 numbers"),
])  # fmt: skip
