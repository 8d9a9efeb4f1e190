"""The tensor: what it is, and how its values are seen. Its operations come from the op table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import devices, dtypes, formats, printing, scalars
from .devices import Device
from .dtypes import DType
from .errors import ArgumentError, DimError, GradError, ShapeError, explain
from .grad_fn import GradFn
from .graph import Cell
from .indexing import getitem, rows_of, setitem
from .public import Named
from .runtime.absent import Absent, absent_like
from .runtime.due import grad_of
from .runtime.entry import Handle, at_once, types
from .runtime.memory import export
from .runtime.record import elements, give_cell, leaf_for, realise, wrap
from .runtime.recorder import local
from .runtime.world import world
from .size import Size


class TensorType(Named):
    """The type of Tensor. Calling `Tensor(...)` is PyTorch's legacy constructor, `legacy` here.

    The runtime makes tensors by `type.__call__`, which knows nothing of that.
    """

    legacy: Callable[..., Any]
    guise: Any = None  # gives the base of subclasses that programs make

    def __new__(mcs, name: str, bases: Any, space: Any, usual: bool = False, **words: Any) -> Any:
        """The class; for a direct subclass of Tensor that is not `usual`, with another base."""
        if mcs is TensorType and mcs.guise is not None and not usual:
            bases = tuple([mcs.guise() if base is Tensor else base for base in bases])
        return super().__new__(mcs, name, bases, space, **words)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """What PyTorch's constructor makes of these."""
        if cls is Tensor:
            return cls.legacy(*args, **kwargs)
        return super().__call__(*args, **kwargs)


class Tensor(Handle, metaclass=TensorType, shown="torch.Tensor"):
    """An array of numbers of one dtype that can be differentiated.

    Operations on it are recorded and run when somebody looks: `item`, `print`, `numpy`, `if`.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum()
    tensor(5., grad_fn=<SumBackward0>)
    """

    __slots__ = ()
    __array_priority__ = 1000  # NumPy leaves `array + tensor` to us

    _grad: Any = None  # of a tensor that is not a leaf of the autograd graph

    # -- what it is ----------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self._value.shape)

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._value.dtype

    @property
    def device(self) -> Device:
        """Where it lives: the CPU, or "meta" if it has no numbers."""
        return devices.meta if isinstance(self._value, Absent) else devices.cpu

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._value.shape)

    def dim(self) -> int:
        """Number of dimensions."""
        return len(self._value.shape)

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of dimension `dim`."""
        shape = self._value.shape
        if dim is None:
            return Size(shape)
        if not -len(shape) <= dim < len(shape):
            problem = f"there is no dimension {dim}"
            raise DimError(explain("size", problem, {"the tensor": self._value.spec}))
        return shape[dim]

    def numel(self) -> int:
        """Number of elements."""
        return self._value.size

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """How many elements in memory apart neighbours along each dimension, or `dim`, are."""
        strides = self._value.strides
        return tuple(strides) if dim is None else strides[dim]

    def storage_offset(self) -> int:
        """How many elements into its memory the first element is."""
        array = realise(self)
        base = array.base
        if not isinstance(base, np.ndarray):
            return 0
        start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        return int(start // array.itemsize)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(realise(self).__array_interface__["data"][0])

    def element_size(self) -> int:
        """Bytes per element."""
        return self._value.dtype.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._value.size * self._value.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether the elements are real and may be fractional."""
        return self._value.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the elements have an imaginary part."""
        return self._value.dtype.is_complex

    is_cpu = True
    is_cuda = is_mps = is_xpu = is_xla = is_mkldnn = False
    is_meta = property(lambda self: self.device is devices.meta)
    is_sparse = is_sparse_csr = is_quantized = is_nested = False
    layout = formats.strided
    name = None  # of dimensions: they have none
    output_nr = 0

    def get_device(self) -> int:
        """The number of its accelerator: -1 for the CPU."""
        return -1

    # -- autograd ------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow into it."""
        return self._value.requires_grad

    @requires_grad.setter
    def requires_grad(self, mode: bool) -> None:
        self.requires_grad_(mode)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Itself, as a leaf that gradients are collected for (or no more)."""
        if bool(requires_grad) is self._value.requires_grad:
            return self
        if self._value.requires_grad and not self.is_leaf:
            hint = "use tensor.detach() to get a tensor that requires no grad"
            problem = "you can only change requires_grad flags of leaf variables"
            raise GradError(explain("requires_grad_", problem, hint=hint))
        if requires_grad and not self._value.dtype.differentiable:
            problem = "only Tensors of floating point and complex dtype can require gradients"
            raise GradError(explain("requires_grad_", problem, {"the tensor": self._value.spec}))
        realise(self)
        give_cell(self, bool(requires_grad))
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it, rather than an op that is differentiated."""
        value = self._value
        while not value.leaf and value.op.name == "with_data":
            value = value.inputs[0]
        return not value.requires_grad or isinstance(value, Cell | Absent)

    @property
    def grad(self) -> Any:
        """The gradient collected by `backward`, or None."""
        cell = self._cell
        if cell is not None:
            return grad_of(cell)
        if self._grad is None and self._value.requires_grad and not self.is_leaf:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. "
                "Its .grad attribute won't be populated during autograd.backward(): call "
                ".retain_grad() on it first, or look at the leaf.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None:
            if not isinstance(gradient, Tensor):
                kind = type(gradient).__name__
                raise ArgumentError(explain("grad", f"must be a Tensor or None, not {kind}"))
            if gradient._value.shape != self._value.shape:
                got = {"the tensor": self._value.spec, "the gradient": gradient._value.spec}
                raise ShapeError(explain("grad", "assigned grad has data of a different size", got))
        if self._cell is not None:
            self._cell.grad = gradient
        else:
            self._grad = gradient

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def grad_fn(self) -> Any:
        """What made it, for autograd: an object with a `name()`, or None for a leaf."""
        return None if self.is_leaf else GradFn.of(self._value, self._history)

    @property
    def data(self) -> Any:
        """A tensor on the same memory that autograd knows nothing of."""
        return self.detach()

    @data.setter
    def data(self, new: Tensor) -> None:
        array = realise(new)
        local.recorder.flush()  # what was recorded before this must read the old values
        if same_memory(array, realise(self)):
            return  # `x.data += 1` sets what is there already
        cell = self._cell
        if cell is not None and leaf_for(array) is leaf_for(cell.array):
            at_once(
                (self, cell, cell), ("_array", "array", "stamp"), (array, array, object())
            )  # gradients still find it
            world.changed()
            if new._base is not self:
                export(array)
            return
        self._array = array
        self._base, self._chain, self._views = None, (), ()
        self._value = leaf_for(array)
        if self._cell is not None:
            give_cell(self, self._cell.requires_grad)
        if new._base is not self:
            export(array)  # two tensors share memory that NumPy's counting cannot tell apart

    # -- what it holds -------------------------------------------------------------------------

    item = scalars.item

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return elements(self).tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """A NumPy array on the same memory."""
        if self._value.requires_grad and not force and local.recorder.grad:
            problem = "can't call numpy() on Tensor that requires grad"
            got = {"the tensor": self._value.spec}
            raise GradError(explain("numpy", problem, got, "use tensor.detach().numpy()"))
        if self._value.dtype is dtypes.bfloat16:
            hint = "NumPy has no bfloat16: use tensor.float().numpy()"
            raise ArgumentError(explain("numpy", "Got unsupported ScalarType BFloat16", hint=hint))
        array = realise(self)
        local.recorder.flush()  # what was recorded before NumPy may write to it must read it now
        export(array)
        return array.view()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        if self._value.requires_grad:
            problem = "can't export tensors that require gradient"
            raise BufferError(explain("dlpack", problem, hint="use tensor.detach()"))
        return self.numpy().__dlpack__(**options)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What a NumPy function of a tensor hands back: a tensor again, as in PyTorch."""
        return wrap(np.asarray(array))

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    __bool__ = scalars.as_bool
    __float__ = scalars.as_float
    __int__ = scalars.as_int
    __complex__ = scalars.as_complex
    __index__ = scalars.as_index

    def __len__(self) -> int:
        shape = self._value.shape
        if not shape:
            hint = "it is one number: .item() gives it"
            raise ArgumentError(explain("len", "len() of a 0-d tensor", hint=hint))
        return shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self._value.shape:
            hint = "it is one number: .item() gives it"
            raise ArgumentError(explain("iter", "iteration over a 0-d tensor", hint=hint))
        found: Iterator[Any] = rows_of(self)
        return found

    def __reversed__(self) -> Any:
        return self.flip(0) if self._value.shape else self  # type: ignore[attr-defined]

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items")

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self.text()

    def text(self, prefix: str = "tensor(", parameter: bool = False) -> str:
        """What `print` shows."""
        value = self._value
        function = self.grad_fn
        return printing.tensor_text(
            value if self.is_meta else elements(self),
            device=str(self.device),
            prefix=prefix,
            dtype_name=repr(value.dtype),
            default_dtype_name=repr(dtypes.default()),
            requires_grad=value.requires_grad,
            grad_fn=None if function is None else function.label,
            parameter=parameter,
        )

    def __format__(self, spec: str) -> str:
        plain = type(self) is Tensor
        return printing.format_text(self, spec, elements(self) if plain else None)

    __getitem__ = getitem
    __setitem__ = setitem

    # -- copies --------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            problem = "only Tensors created explicitly by the user support the deepcopy protocol"
            raise GradError(explain("deepcopy", problem, {}, "use tensor.detach().clone()"))
        copy = absent_like(self) if self.is_meta else self.rebuilt(realise(self).copy(order="K"))
        memo[id(self)] = copy
        if self.grad is not None:
            copy.grad = self.grad.__deepcopy__(memo)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        array = realise(self)
        if not array.flags.c_contiguous and not array.flags.f_contiguous:
            array = np.ascontiguousarray(array)  # NumPy pickles no other layouts
        return (rebuild, (type(self), array, self.requires_grad))

    def rebuilt(self, array: Any) -> Any:
        """A tensor of the same type on other memory."""
        return rebuild(type(self), array, self.requires_grad)


def same_memory(a: Any, b: Any) -> bool:
    """Whether two arrays are the same elements."""
    x, y = a.__array_interface__, b.__array_interface__
    return bool(x == y and a.strides == b.strides)


def rebuild(kind: type[Any], array: Any, requires_grad: bool) -> Any:
    """A tensor of type `kind` on the memory of `array`."""
    tensor = type.__call__(kind)
    tensor._array = array
    tensor._value = leaf_for(array)
    if requires_grad:
        give_cell(tensor, True)
    return tensor


types.new = type.__call__.__get__(Tensor)
