"""Networks written as ONNX give in onnxruntime what they give here."""

import io
import sys

import numpy as np
import oracle
import pytest
from test_amp import found

import rushlight as torch
from rushlight import nn
from rushlight.nn import functional as F
from rushlight.vision import models

BATCH = {"x": {0: "batch"}, "y": {0: "batch"}}


@pytest.fixture(scope="module")
def runtime():
    pytest.importorskip("onnx")
    found = pytest.importorskip("onnxruntime")
    found.set_default_logger_severity(4)
    return found


def session(runtime, content):
    return runtime.InferenceSession(content, providers=["CPUExecutionProvider"])


def agree(runtime, model, args, sizes=(1, 3), tolerance=1e-5, **options):
    """Raise unless the file gives what `model` gives, for batches of these sizes too."""
    model.eval()
    file = io.BytesIO()
    torch.onnx.export(model, args, file, **options)
    made = session(runtime, file.getvalue())
    batches = [args]
    if "dynamic_axes" in options:
        batches += [tuple([a[[0] * n] for a in args]) for n in sizes]
    for batch in batches:
        with torch.no_grad():
            out = model(*batch)
        feed = {i.name: x.numpy() for i, x in zip(made.get_inputs(), batch, strict=True)}
        results = made.run(None, feed)
        for ours, theirs in zip(out if isinstance(out, tuple) else (out,), results, strict=True):
            assert theirs.dtype == ours.numpy().dtype
            np.testing.assert_allclose(theirs, ours.numpy(), atol=tolerance, rtol=1e-4)
    return made


def lively(model):
    """`model` with every parameter drawn anew: some begin as zeros."""
    torch.manual_seed(1)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.inner = getattr(nn, kind)(3, 4, 2, batch_first=True, bidirectional=True)
        self.outer = nn.Linear(8, 2)

    def forward(self, x):
        shown, _ = self.inner(x)
        return self.outer(shown[:, -1]), shown


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(11, 8), nn.Embedding(20, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.inner = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.outer = nn.Linear(8, 11)

    def forward(self, x):
        n = x.size(1)
        mask = nn.Transformer.generate_square_subsequent_mask(n)
        x = self.words(x) + self.places(torch.arange(n))
        return self.outer(self.inner(x, mask=mask))


NETWORKS = {
    "mlp": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(1)
    ),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.GELU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, groups=2), nn.SiLU(), nn.AvgPool2d(2, padding=1), nn.Dropout(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4), nn.LogSoftmax(-1),
    ),
    "decoder": lambda: nn.Sequential(
        nn.ConvTranspose2d(3, 4, 3, 2, 1, 1), nn.LeakyReLU(), nn.Upsample(scale_factor=2),
        nn.GroupNorm(2, 4), nn.PReLU(), nn.ReflectionPad2d(1), nn.Hardswish(), nn.ELU(),
        nn.PixelShuffle(2), nn.Tanh(),
    ),
    "resnet": lambda: models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=3),
    "vit": lambda: lively(models.VisionTransformer(32, 16, 1, 2, 8, 16, num_classes=3)),
    "lstm": lambda: Recurrent("LSTM"),
    "gru": lambda: Recurrent("GRU"),
}  # fmt: skip

SHAPES = {
    "mlp": (2, 3, 4), "cnn": (2, 3, 16, 16), "decoder": (1, 3, 4, 4), "resnet": (2, 3, 32, 32),
    "vit": (2, 3, 32, 32), "lstm": (2, 5, 3), "gru": (2, 5, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_give_the_same_for_any_batch(runtime, name):
    torch.manual_seed(0)
    model = NETWORKS[name]()
    x = torch.randn(SHAPES[name])
    outputs = ["y", "z"][: 2 if isinstance(model, Recurrent) else 1]
    made = agree(runtime, model, (x,), input_names=["x"], output_names=outputs, dynamic_axes=BATCH)
    assert made.get_inputs()[0].shape[0] == "batch"
    assert made.get_outputs()[0].name == "y"
    assert made.get_outputs()[0].shape[0] == "batch"


def test_both_batch_and_time_may_be_free(runtime):
    torch.manual_seed(0)
    model = Language().eval()
    x = torch.randint(0, 11, (2, 6))
    program = torch.onnx.export(model, x, dynamic_axes={"x": {0: "batch", 1: "time"}})
    made = session(runtime, program.model_proto.SerializeToString())
    assert made.get_outputs()[0].shape == ["batch", "time", 11]
    for shape in ((1, 1), (2, 6), (3, 9)):
        x = torch.randint(0, 11, shape)
        (out,) = made.run(None, {"x": x.numpy()})
        np.testing.assert_allclose(out, model(x).detach().numpy(), atol=1e-5)


class Reading(nn.Module):
    """A network that reads and writes here and there, and takes what fits of tensors it has."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(20, 20)).view(1, 20, 20))

    def forward(self, x):
        n, t, _ = x.shape
        own = x.masked_fill(self.mask[:, :t, :1] * self.mask[:, :t, 1:2] > 0, 0.0)
        row = torch.arange(n)[:, None, None] + x
        changed = x.clone()
        changed[:, 1:, 0] += 1
        padded = F.pad(x, (1, 2), value=3.0)
        around = F.unfold(x[:, None], 2)
        masked = (x @ x.transpose(1, 2)) * self.mask[:, :t, :t]
        return own, row, changed, padded, around, masked, F.pad(x, (-1, 1, 2, 0))


def test_places_are_found_for_any_batch(runtime):
    x = torch.randn(2, 5, 4)
    agree(runtime, Reading(), (x,), input_names=["x"], dynamic_axes=BATCH)
    agree(runtime, Reading(), (x,))


def test_what_a_network_has_is_cut_to_size(runtime):
    class Cutting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mask", torch.tril(torch.ones(20, 20)).view(1, 20, 20))

        def forward(self, x):
            return (x @ x.transpose(1, 2)) * self.mask[:, : x.shape[1], : x.shape[1]]

    axes = {"x": {0: "n", 1: "t"}}
    program = torch.onnx.export(Cutting(), torch.ones(2, 3, 4), dynamic_axes=axes)
    made = session(runtime, program.model_proto.SerializeToString())
    for shape in ((1, 1, 4), (3, 7, 4)):
        x = torch.randn(shape)
        np.testing.assert_allclose(
            made.run(None, {"x": x.numpy()})[0], Cutting()(x).numpy(), atol=1e-5
        )


def test_one_name_is_one_size(runtime):
    class Joined(nn.Module):
        def forward(self, x, y):
            return torch.cat([x + y, y], 0), torch.stack([x, y], 1).flatten(0, 1).mean(0)

    axes = {"x": {0: "n"}, "y": {0: "n"}}
    program = torch.onnx.export(Joined(), (torch.ones(2, 3), torch.ones(2, 3)), dynamic_axes=axes)
    made = session(runtime, program.model_proto.SerializeToString())
    assert [o.shape for o in made.get_outputs()] == [["2*n", 3], [3]]
    x, y = torch.randn(5, 3), torch.randn(5, 3)
    results = made.run(None, {"x": x.numpy(), "y": y.numpy()})
    for ours, theirs in zip(Joined()(x, y), results, strict=True):
        np.testing.assert_allclose(theirs, ours.numpy(), rtol=1e-5, atol=1e-6)


class Writing(nn.Module):
    def forward(self, x):
        out = torch.zeros_like(x)
        out[0] = x[1]
        return out


class Drawing(nn.Module):
    def forward(self, x):
        return x + torch.randn_like(x)


class Squaring(nn.Module):
    def forward(self, x):
        return torch.ones(x.size(0) * x.size(0)) * x.sum()


@pytest.mark.parametrize("opset", [13, 17, 21])
def test_opsets(runtime, opset):
    class Reducing(nn.Module):
        def forward(self, x):
            return x.amax(1), x.mean((0, 2)), x.var(1), (x > 0).any(1), x.logsumexp(0)

    agree(runtime, Reducing(), (torch.randn(3, 4, 2),), opset_version=opset)


def test_every_op_with_rows_gives_the_same(runtime):
    """All ops of the table, on one sample each; those without a row say so."""
    wrong, right = [], 0
    for op in oracle.public():
        call, example = found(torch, op), oracle.examples(op)[0]
        given = []

        def noted(value, given=given):
            if isinstance(value, np.ndarray):
                given.append(torch.from_numpy(np.array(value, order="C")))
                return given[-1]
            if isinstance(value, list | tuple):
                return type(value)([noted(v) for v in value])
            return value

        args = noted(list(example.args))
        options = {key: noted(value) for key, value in example.kwargs.items()}
        if call is None or not given:
            continue
        outcome = compared(runtime, call, args, options, given)
        right += outcome is True
        if isinstance(outcome, str):
            wrong.append(f"{op.name}{example}: {outcome}")
    assert not wrong, "\n".join(wrong)
    assert right > 240


def compared(runtime, call, args, options, given):
    """True if ONNX agrees, None if there is no row, else what is wrong."""
    stands = {id(t): k for k, t in enumerate(given)}

    def filled(value, tensors):
        if id(value) in stands:
            return tensors[stands[id(value)]]
        if isinstance(value, list | tuple):
            return type(value)([filled(v, tensors) for v in value])
        return value

    def function(*tensors):
        now = {key: filled(value, tensors) for key, value in options.items()}
        return call(*filled(args, tensors), **now)

    expected = function(*given)
    names = [f"x{k}" for k in range(len(given))]
    try:
        program = torch.onnx.export(function, tuple(given), input_names=names)
    except torch.onnx.OnnxExporterError:
        return None
    made = session(runtime, program.model_proto.SerializeToString())
    feed = {i.name: given[int(i.name[1:])].numpy() for i in made.get_inputs()}
    many = isinstance(expected, list | tuple)
    for ours, theirs in zip(expected if many else [expected], made.run(None, feed), strict=True):
        ours = ours.numpy()
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return f"{theirs.dtype}{theirs.shape}, not {ours.dtype}{ours.shape}"
        if not np.allclose(ours, theirs, rtol=1e-4, atol=1e-5, equal_nan=True):
            return f"{theirs.ravel()[:4]}, not {ours.ravel()[:4]}"
    return True


def test_weights_keep_their_names_and_the_mode_comes_back(runtime, tmp_path):
    import onnx

    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(0.9))
    model.train()
    torch.onnx.export(model, torch.ones(1, 1, 4, 4), tmp_path / "a.onnx")
    assert model.training
    assert model[1].training
    made = onnx.load(str(tmp_path / "a.onnx"))
    assert {w.name for w in made.graph.initializer} >= {"0.weight"}
    assert made.opset_import[0].version == 18
    assert made.graph.input[0].name == "input"
    assert made.graph.node[0].op_type == "Conv"


def test_arguments_by_name_and_in_lists(runtime):
    class Several(nn.Module):
        def forward(self, pair, scale=None):
            assert torch.onnx.is_in_onnx_export()
            return {"sum": (pair[0] + pair[1]) * scale, "first": pair[0]}

    x, y = torch.ones(2, 3), torch.full((2, 3), 2.0)
    program = torch.onnx.export(Several(), ([x, y],), kwargs={"scale": torch.tensor(3.0)})
    made = session(runtime, program.model_proto.SerializeToString())
    assert [i.name for i in made.get_inputs()] == ["pair_0", "pair_1", "scale"]
    feed = {"pair_0": x.numpy(), "pair_1": y.numpy(), "scale": np.array(3, np.float32)}
    total, first = made.run(None, feed)
    assert total.tolist() == [[9.0] * 3] * 2
    assert first.tolist() == x.tolist()
    assert not torch.onnx.is_in_onnx_export()


class Looking(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


class Inverting(nn.Module):
    def forward(self, x):
        return torch.linalg.inv(x)


class Branching(nn.Module):
    def forward(self, x):
        return x.relu() if len(x) < 4 else x.tanh()


def test_what_cannot_be_written_is_named(runtime, monkeypatch):
    x = torch.ones(2, 2)
    error = torch.onnx.OnnxExporterError
    with pytest.raises(error, match=r"looks at values(?s:.)*branches"):
        torch.onnx.export(Looking(), x)
    with pytest.raises(error, match="'inverse_of' has no row for ONNX"):
        torch.onnx.export(Inverting(), x)
    with pytest.raises(error, match="depends on the size 'n'"):
        torch.onnx.export(Branching(), x, dynamic_axes={"x": {0: "n"}})
    with pytest.raises(error, match="changes a tensor in place"):
        torch.onnx.export(Writing(), x)
    with pytest.raises(error, match=r"draws random numbers \(randn_like\)"):
        torch.onnx.export(Drawing(), x)
    with pytest.raises(error, match="in a way that cannot be written"):
        torch.onnx.export(Squaring(), x, dynamic_axes={"x": {0: "n"}})
    with pytest.raises(ValueError, match="no opset 7"):
        torch.onnx.export(nn.Linear(2, 2), x, opset_version=7)
    with pytest.raises(ValueError, match="has no axis 5"):
        torch.onnx.export(nn.Linear(2, 2), x, dynamic_axes={"input": {5: "n"}})
    with pytest.raises(ValueError, match="2 names for 1 inputs"):
        torch.onnx.export(nn.Linear(2, 2), x, input_names=["a", "b"])
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(error, match="pip install onnx"):
        torch.onnx.export(nn.Linear(2, 2), x)


def test_a_refused_export_leaves_everything_as_it_was(runtime):
    model = nn.Linear(2, 2)
    with pytest.raises(torch.onnx.OnnxExporterError):
        torch.onnx.export(nn.Sequential(model, Looking()), torch.ones(2, 2))
    out = model(torch.ones(2, 2)).sum()
    out.backward()
    assert model.weight.grad.tolist() == [[2, 2], [2, 2]]
