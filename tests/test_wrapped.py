"""Models inside of others: what looks into them finds the same as without, or says that it cannot."""

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

import inception_lib as il
from inception_lib.interpret.watch import preactivations
from inception_lib.nn.modes import modes


def compiled(model):
    return torch.compile(model, backend="eager")


def compiled_in_place(model):
    model.compile(backend="eager")
    return model


WRAPPERS = {
    "compiled": compiled,
    "compiled in place": compiled_in_place,
    "parallel": nn.DataParallel,
    "averaged": AveragedModel,
    "a part": lambda model: nn.Sequential(nn.Identity(), model),
    "nested": lambda model: nn.DataParallel(AveragedModel(compiled(nn.Sequential(model)))),
    "a compiled part": lambda model: nn.Sequential(nn.Identity(), compiled(model)),
}
LOOKS = {
    "features": lambda m, x, y: il.features(m, x, ["3a", "3a.3x3"])["3a.3x3"],
    "silencing": lambda m, x, y: torch.stack(list(il.silencing(m, "3a", x, y).lost.values())),
    "most_exciting": lambda m, x, y: il.most_exciting(m, "3a.3x3", x, count=2)[1],
    "grad_cam": lambda m, x, y: il.grad_cam(m, x[:1], 3, "4b"),
    "preactivations": lambda m, x, y: preactivations(m, x, ["3a.3x3"])["3a.3x3"],
    "first_filters": lambda m, x, y: il.first_filters(m),
    "cost": lambda m, x, y: torch.tensor(il.cost(m).macs),
    "slices": lambda m, x, y: torch.tensor(il.channel_slices(m, "3a")["3x3"].start),
}


def model():
    return il.create_model("mini_bn", seed=0).eval()


@pytest.fixture(scope="module")
def plain():
    """The pictures, the answers of the model as labels, and what each look finds without a wrapper."""
    x = il.as_input(il.photo_patches("test", 6)[0])
    y = il.predict(model(), x).argmax(1)
    return x, y, {name: look(model(), x, y) for name, look in LOOKS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_what_looks_inside_sees_through_a_wrapper(wrap, plain):
    x, y, want = plain
    wrapped = wrap(model())
    il.predict(wrapped, x)  # what is compiled has run before anybody looks
    wrapped.train()
    for module in wrapped.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    was = modes(wrapped)
    for name, look in LOOKS.items():
        got = look(wrapped, x, y)
        if name == "features":  # the only one that runs the model as it is
            wrapped.eval()
            got = look(wrapped, x, y)
            for module, training in was.items():
                module.training = training
        assert torch.allclose(got, want[name], atol=1e-5, equal_nan=True), name
        assert modes(wrapped) == was, name


def test_what_did_not_run_is_not_answered():
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.other = model(), nn.Flatten()

        def forward(self, x):
            return self.other(x)

    x, y = torch.zeros(2, 3, 32, 32), torch.tensor([0, 1])
    for look in ("features", "silencing", "most_exciting", "preactivations"):
        with pytest.raises(RuntimeError, match=r"this Other did not run that part"):
            LOOKS[look](Other(), x, y)


def test_without_a_description_nothing_is_guessed():
    """A branch of one block must not answer for that of another."""
    x = torch.zeros(1, 3, 32, 32)
    two = nn.Sequential(il.build(il.naive_block(1, 1, 1), 3), il.build(il.naive_block(1, 1, 1), 6))
    with pytest.raises(TypeError, match=r"holds 2 models with a description, 0, 1; give one"):
        il.features(two, x, ["1x1"])
    with pytest.raises(TypeError, match="this Sequential has no stages and branches"):
        il.features(nn.Sequential(il.build(il.naive_block(1, 1, 1), 3)["1x1"]), x, ["1x1"])


def heads(wrap):
    return wrap(il.create_model("mini_googlenet_aux", aux=True, dropout=0, seed=0))


def distributed(model):
    if not torch.distributed.is_initialized():
        store = torch.distributed.HashStore()
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    return nn.parallel.DistributedDataParallel(model)


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [compiled, nn.DataParallel, distributed, nn.Sequential])
def test_auxiliary_heads_train_inside_of_a_wrapper(wrap):
    ends = []
    for put in (lambda model: model, wrap):
        model = heads(put)
        data = il.photo_patches("train", 8)
        il.fit(model, data, epochs=2, batch_size=4, device="cpu", progress=False)
        ends.append([p.detach() for p in model.parameters()])
        il.predict(model, data[0])  # logits alone, as before
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    for got, want in zip(ends[1], ends[0], strict=True):
        assert torch.allclose(got, want, atol=1e-5)
    fresh = heads(lambda model: model).aux.parameters()
    assert all(not torch.equal(p, q) for p, q in zip(model_aux(model), fresh, strict=True))


def model_aux(model):
    return [p for name, p in model.named_parameters() if "aux." in name]


@pytest.mark.parametrize("after", [nn.Softmax(1), nn.Identity(), nn.Flatten()], ids=str)
def test_heads_that_a_wrapper_would_lose_are_refused(after):
    data = il.photo_patches("train", 4)
    model = nn.Sequential(heads(lambda model: model), after)
    if isinstance(after, nn.Identity):
        il.fit(model, data, epochs=1, device="cpu", progress=False)
        return
    with pytest.raises(TypeError, match=r"Sequential holds a model with auxiliary heads and does"):
        il.fit(model, data, epochs=1, device="cpu", progress=False)
