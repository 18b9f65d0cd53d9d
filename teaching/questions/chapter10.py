"""Questions on chapter 10: seven listings."""

import inception_lib as il
from inception_lib.networks.published import alexnet, vgg16

from . import Text, n, num, question
from .chapter02 import weights


@question(
    10,
    "fault",
    "Four faults in nine lines",
    goal="audit a block: find each fault and name the test that finds it",
    difficulty=3,
    minutes=15,
    vary=lambda r: {
        "i": r.choice([24, 32, 48]),
        "r": r.choice([48, 64, 96]),
        "o": r.choice([32, 48]),
    },
)
def four_faults(i=32, r=64, o=48):
    without, both = weights(il.Conv(o, 3), i=i), weights(il.Conv(r), il.Conv(o, 3), i=i)
    star = i * o * 9 / (i + o * 9)
    return Text(
        f"""
        ```python
        self.one = nn.Conv2d({i}, {o}, 1)
        self.bn1 = nn.BatchNorm2d({o})
        self.reduce = nn.Conv2d({i}, {r}, 1)
        self.three = nn.Conv2d({r}, {o}, 3, padding=1)
        # in forward
        a = torch.relu(self.bn1(self.one(x)))
        b = torch.relu(self.three(self.reduce(x)))
        y = torch.cat([a, b], dim=1)
        return F.dropout(y, p)
        ```

        It runs, and y has the intended channels. Find four things that are wrong or useless. For each: what does it do, which test of a
        few lines finds it, and would a count of parameters have found it?
        """,
        f"""
        1. *The reduction enlarges.* {n(both)} weights with it, **{n(without)}** without; r\\* = {star:.1f}, and it goes to {r}. Test: compute r\\*. A count finds
           it if you count the branch twice.
        2. *No ReLU after `reduce`.* 1×1 and 3×3 are one 3×3, up to the border. Test: the outputs with the same weights in a block that has the ReLU. No
           count finds it.
        3. *An idle bias before the normalization*: **{o}** parameters without effect. Test: add 5 to it in training; or a count, compared with a block that
           has none.
        4. *`F.dropout` without `training=self.training`* drops in evaluation, too. Test: call twice in `eval()` and compare. No count finds it.

        A quarter each; half of that for naming the fault without a test.
        """,
        {"without": without, "with": both, "dead": o},
    )


@question(
    10,
    "explain",
    "Twice the input",
    goal="say why a test must pass where the fault is not",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"a": r.choice([2, 3, 5]), "b": r.choice([-1, -2, -4])},
)
def twice_the_input(a=3, b=-2):
    left, right = max(a + b, 0), max(a, 0) + max(b, 0)
    return Text(
        f"""
        To find missing activations somebody tests f(2x) = 2·f(x). A network without biases passes, "so it has no ReLU". Show with the numbers {a} and {num(b)}
        that max(x, 0) passes this test and fails f(x + y) = f(x) + f(y). What must the second test subtract if the network has biases? What should you do
        with every test before you believe it?
        """,
        f"""
        max(2·{a}, 0) = {2 * a} = 2·max({a}, 0), and max(2·({num(b)}), 0) = 0 = 2·max({num(b)}, 0): it doubles. But max({a} + ({num(b)}), 0) = **{left}**, and max({a}, 0) +
        max({num(b)}, 0) = **{right}**. With biases: f(x + y) − f(x) − f(y) + f(0) = 0 for an affine function. Try each test on a network with the fault, where it
        must fire, and on one without, where it must not: the doubling test doesn't tell the two apart.
        """,
        {"left": left, "right": right},
    )


@question(
    10,
    "compute",
    "One pixel off",
    goal="follow a padding convention through several layers",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"layers": r.choice([2, 3, 4]), "side": r.choice([64, 128, 192, 256])},
)
def one_pixel_beside(layers=4, side=128):
    torch_first, tf_first = 0, 2**layers - 1
    return Text(
        f"""
        {layers} layers 3×3 of stride 2 on {side} pixels. PyTorch pads one zero on each side; TensorFlow's *same* pads, on an even grid, one zero below and right only.
        On which grid do both end? At which pixel, counted from 0, is the middle of the last layer's first window in each? How far apart are they? Why doesn't a
        network that is *trained* in PyTorch mind?
        """,
        f"""
        Both end on {side // 2**layers}. PyTorch: the first middle stays at pixel **{torch_first}**. TensorFlow: each layer of stride 2 begins one of its own inputs further
        in, and its inputs are 1, 2, 4, … pixels apart: 2^{layers} − 1 = **{tf_first}**. So they are {tf_first - torch_first} pixels apart. Weights learned on one raster miss
        what they learned when they run on the other. A network trained from the start learns on the raster that it has.
        """,
        {"TensorFlow": tf_first, "PyTorch": torch_first},
    )


@question(
    10,
    "predict",
    "Which tests fire on a famous network?",
    goal="predict the outcome of an audit from what is known of a network",
    difficulty=2,
    minutes=8,
)
def which_tests_fire():
    stages = il.architecture("googlenet_torchvision").stages
    named = [
        layer.kernel_size
        for _, node in stages
        for name, branch in getattr(node, "branches", ())
        if name == "5x5"
        for layer in il.leaves(branch)[-1:]
    ]
    wrong = sum(size != (5, 5) for size in named)
    ours, paper = il.cost("googlenet_torchvision").params, il.cost("googlenet").params
    return Text(
        """
        Put four questions to torchvision's GoogLeNet, which has batch normalization without biases. Does each branch *see* what its name says? Does
        any 1×1 before a larger kernel *enlarge* the cost? Are there *idle biases*? Is a *ReLU missing*? Predict which of the four fire and how often. Then
        try it, or reason with `il.architecture("googlenet_torchvision")`. Is what fires a fault?
        """,
        f"""
        The first fires **{wrong}** times: every "5×5" branch of the {len(named)} blocks has a 3×3. The second fires once, in the stem, where a 1×1 keeps the
        width before a 3×3; that one is the paper's own. The two others don't fire. The 3×3 is a slip that came with the published weights, {n(ours)} parameters
        where the paper's table gives {n(paper)}; with these weights it must stay. So what fires is a question, and the answer is in a source.
        """,
        {"wrong": wrong, "blocks": len(named)},
    )


@question(
    10,
    "claim",
    "A twelfth of AlexNet, a third of VGG",
    goal="check a tutorial's numbers and rank its errors",
    difficulty=1,
    minutes=6,
)
def tutorial_sizes():
    small = il.cost("googlenet").params
    times = [il.cost(x()).params / small for x in (alexnet, vgg16)]
    return Text(
        """
        A tutorial says: "Inception-v1 has a twelfth of AlexNet's parameters and a third of VGG's." Count the three networks
        (`torchvision.models.alexnet`, `vgg16`, `il.cost("googlenet")`). Give both ratios. Which of the two errors is the larger one, and in which direction
        does each go? Which of the two can be traced to a paper?
        """,
        f"""
        AlexNet has **{times[0]:.1f}** times and VGG-16 **{times[1]:.1f}** times GoogLeNet's parameters. The second error is the larger: the tutorial's 3 is too small by a
        factor of {times[1] / 3:.1f}, its 12 too large by {12 / times[0]:.1f}. So it flatters GoogLeNet beside AlexNet and sells it short beside VGG. The twelve is in the
        GoogLeNet paper's introduction; for the third we know of no source.
        """,
        {"AlexNet": times[0], "VGG": times[1]},
    )
