"""The questions of chapter 10, by hand."""

import torch
import torch.nn.functional as F

import inception_lib as il

from . import conv, count, whole


def four_faults(i, r, o):
    without, both = count(conv(i, o, 3)), count(conv(i, r), conv(r, o, 3))
    return {"without": without, "with": both, "dead": o}


def one_pixel_beside(layers, side):
    """The middle of the first window, by the gradient of a kernel with a 1 in its middle."""
    found = {}
    for name, pad in (("TensorFlow", (0, 1)), ("PyTorch", (1, 1))):
        x = torch.zeros(1, 1, side, requires_grad=True)
        y = x
        for _ in range(layers):
            y = F.conv1d(F.pad(y, pad), torch.tensor([[[0.0, 1.0, 0.0]]]), stride=2)
        y[0, 0, 0].backward()
        found[name] = int(x.grad[0, 0].argmax())
    return found


def which_tests_fire():
    wrong = [k for k, _ in il.create_model("googlenet_torchvision").named_modules()]
    blocks = {k.split(".")[1] for k in wrong if ".5x5" in k}
    model = il.create_model("googlenet_torchvision", width=0.125)
    sizes = [model.stages[b]["5x5"][-1].conv.kernel_size for b in blocks]
    return {"wrong": sum(s != (5, 5) for s in sizes), "blocks": len(blocks)}


def tutorial_sizes():
    from torchvision.models import alexnet, vgg16

    with torch.device("meta"):
        return {
            "AlexNet": count(alexnet()) / whole("googlenet"),
            "VGG": count(vgg16()) / whole("googlenet"),
        }


def twice_the_input(a, b):
    return {
        "left": int(torch.tensor(a + b).relu()),
        "right": int(torch.tensor([a, b]).relu().sum()),
    }
