"""Attention by several heads: masks, and stacks of layers, against PyTorch."""

import numpy as np
import pytest

import rushlight
from rushlight import nn

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(3, 4, 8)).astype(np.float32)  # (batch, time, size)
MEMORY = RANDOM.normal(size=(3, 5, 8)).astype(np.float32)
PADDING = np.array([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]], bool)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def both(torch, make):
    """What `make(framework, from_numpy)` gives in each framework, as arrays."""
    found = []
    for framework in (rushlight, torch):
        framework.manual_seed(2)
        out = make(framework, framework.from_numpy)
        found.append([np.array(t.detach().numpy()) for t in out if t is not None])
    return found


def agree(torch, make):
    ours, theirs = both(torch, make)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("masks", ["none", "padding", "square", "both", "heads"])
def test_masks_are_pytorchs(masks, dropout, average, need_weights, torch):
    def make(framework, of):
        m = framework.nn.MultiheadAttention(8, 2, dropout, batch_first=True)
        x = of(X.copy()).requires_grad_()
        options = {}
        if masks in ("padding", "both"):
            options["key_padding_mask"] = of(PADDING.copy())
        if masks in ("square", "both"):
            options["attn_mask"] = framework.ones(4, 4, dtype=framework.bool).triu(1)
        if masks == "heads":
            options["attn_mask"] = of(np.linspace(-1, 1, 96, dtype=np.float32).reshape(6, 4, 4))
        out, weights = m(
            x, x, x, need_weights=need_weights, average_attn_weights=average, **options
        )
        (out * out).sum().backward()
        return [out, weights, x.grad, *[p.grad for p in m.parameters()]]

    agree(torch, make)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_stacks_are_pytorchs(train, first, torch):
    def make(framework, of):
        layer = framework.nn.TransformerEncoderLayer(
            8, 2, 16, 0.2, norm_first=first, batch_first=True
        )
        encoder = framework.nn.TransformerEncoder(layer, 2, framework.nn.LayerNorm(8)).train(train)
        layer = framework.nn.TransformerDecoderLayer(
            8, 2, 16, 0.2, norm_first=first, batch_first=True
        )
        decoder = framework.nn.TransformerDecoder(layer, 2).train(train)
        mask = framework.nn.Transformer.generate_square_subsequent_mask(4)
        padding = of(PADDING.copy())
        with framework.set_grad_enabled(train):
            x = encoder(of(X.copy()), src_key_padding_mask=padding)
            y = decoder(of(X.copy()), of(MEMORY.copy()), tgt_mask=mask, tgt_is_causal=True)
            z = encoder(of(X.copy()), mask=mask, is_causal=True)
        return [x, y, z]

    agree(torch, make)


def test_dropout_of_scaled_dot_products_draws_pytorchs_numbers(torch):
    def make(framework, of):
        q, k = of(X.copy()), of(MEMORY.copy())
        return [framework.nn.functional.scaled_dot_product_attention(q, k, k, dropout_p=0.3)]

    agree(torch, make)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.MultiheadAttention(7, 2), "divisible by num_heads"),
        (lambda: nn.MultiheadAttention(0, 2), "greater than 0"),
        (lambda: nn.MultiheadAttention(4, 2)(*[rushlight.ones(2, 1, 6)] * 3), "dimension of 4"),
        (lambda: nn.MultiheadAttention(4, 2)(*[rushlight.ones(4)] * 3), "but received 1-D query"),
        (lambda: nn.TransformerEncoderLayer(4, 2, activation="tan"), "relu/gelu, not tan"),
        (lambda: nn.Transformer(4, 2, 1, 1)(rushlight.ones(2, 3, 4), rushlight.ones(2, 2, 4)),
         "batch number of src and tgt"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises((RuntimeError, ValueError, AssertionError)) as error:
        call()
    assert words in str(error.value)
