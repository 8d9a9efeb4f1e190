"""Tables that are looked up."""

from __future__ import annotations

from typing import Any

from ..modes import no_grad
from ..patterns import empty
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """A row of `weight` for each number in the input.

    num_embeddings, embedding_dim: how many rows there are, and their length.
    padding_idx: a row that begins as zeros and gets no gradient.
    max_norm: rows longer than this are shortened to it, in `weight`, when they are looked up.

    `weight` (num_embeddings, embedding_dim) begins normal with mean 0 and variance 1.

    >>> m = torch.nn.Embedding(10, 3, padding_idx=0)
    >>> m(torch.tensor([[0, 2, 0, 5]])).shape
    torch.Size([1, 4, 3])
    >>> m(torch.tensor([0]))
    tensor([[0., 0., 0.]], grad_fn=<EmbeddingBackward0>)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            inside = -num_embeddings <= padding_idx < num_embeddings
            assert inside, "Padding_idx must be within num_embeddings"
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            room = empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(room, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            fits = list(_weight.shape) == [num_embeddings, embedding_dim]
            assert fits, "Shape of weight does not match num_embeddings and embedding_dim"
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input: Any) -> Any:
        """(*) as (*, embedding_dim)."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """The settings that are not as usual."""
        words = [f"{self.num_embeddings}, {self.embedding_dim}"]
        usual = {
            "padding_idx": None,
            "max_norm": None,
            "norm_type": 2,
            "scale_grad_by_freq": False,
            "sparse": False,
        }
        for name, value in usual.items():
            if getattr(self, name) != value:
                words.append(f"{name}={getattr(self, name)}")
        return ", ".join(words)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Any:
        """An Embedding with the given table, which is not trained if `freeze`.

        >>> m = torch.nn.Embedding.from_pretrained(torch.tensor([[1.0, 2.3], [4.0, 5.1]]))
        >>> m(torch.tensor([1]))
        tensor([[4.0000, 5.1000]])
        """
        assert embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional"
        rows, cols = embeddings.shape
        return cls(
            num_embeddings=rows,
            embedding_dim=cols,
            _weight=embeddings,
            _freeze=freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )


class EmbeddingBag(Module):
    """The sum, mean or maximum of the rows of `weight` whose numbers are in a bag.

    num_embeddings, embedding_dim: how many rows there are, and their length.
    mode: "sum", "mean" or "max".
    padding_idx: a row that does not count, and gets no gradient.

    >>> m = torch.nn.EmbeddingBag(10, 3, mode="sum")
    >>> m(torch.tensor([1, 2, 4, 5, 4, 3]), torch.tensor([0, 4])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if padding_idx is not None:
            inside = -num_embeddings <= padding_idx < num_embeddings
            assert inside, "padding_idx must be within num_embeddings"
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        if _weight is None:
            self.weight = Parameter(
                empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            )
            self.reset_parameters()
        else:
            fits = list(_weight.shape) == [num_embeddings, embedding_dim]
            assert fits, "Shape of weight does not match num_embeddings and embedding_dim"
            self.weight = Parameter(_weight)

    reset_parameters = Embedding.reset_parameters

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """(bags, embedding_dim)."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The settings that are not as usual."""
        words = [f"{self.num_embeddings}, {self.embedding_dim}"]
        usual = {"max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}
        words += [f"{n}={getattr(self, n)}" for n, v in usual.items() if getattr(self, n) != v]
        words.append(f"mode={self.mode!r}")
        if self.padding_idx is not None:
            words.append(f"padding_idx={self.padding_idx}")
        return ", ".join(words)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Any:
        """An EmbeddingBag with the given table, which is not trained if `freeze`."""
        assert embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional"
        made = cls(*embeddings.shape, _weight=embeddings, **options)
        made.weight.requires_grad_(not freeze)
        return made
