"""PyTorch's own table of operators (`op_db`, in its wheel): what applies here, and how it is tried.

`verdicts(info, few)` performs the samples of one entry in both frameworks and says of each what is
wrong ("" if nothing).
"""

from __future__ import annotations

import contextlib
import itertools
import types
import warnings

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # PyTorch's own tables want it
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    methods = pytest.importorskip("torch.testing._internal.common_methods_invocations")

APART = {
    "sparse": ("sparse.", "to_sparse"),
    "only for CUDA": ("jiterator",),
    "masked tensors, a prototype": ("masked.",),
    "private": (
        "_",
        "torch.",
        "native_",
        "max_pool2d_with_indices_backward",
        "hash_tensor",
        "slice",
    ),
    "for compilers: as the function without _copy, which is compared": (
        *("view_copy", "expand_copy", "permute_copy", "squeeze_copy", "unsqueeze_copy", "t_copy"),
        *("transpose_copy", "unbind_copy", "unfold_copy", "narrow_copy", "alias_copy"),
        *("as_strided_copy", "diagonal_copy", "split_with_sizes_copy"),
    ),
    "draws numbers in place, which test_rng.py compares": (
        *("uniform", "cauchy", "exponential", "geometric", "log_normal"),
    ),
    "a dtype that NumPy does not have": ("chalf",),
    "changes the size of memory in place": ("resize_",),
}
"""Names, or beginnings of names, of entries that do not apply, by the reason."""

ARRANGED = {
    "where": lambda f, x, condition, other, **options: f(condition, x, other, **options),
    "einsum": lambda f, tensors, equation: f(equation, tensors),
    "polygamma": lambda f, x, n, **options: f(n, x, **options),
    "special.polygamma": lambda f, x, n, **options: f(n, x, **options),
    "nn.functional.embedding": lambda f, weight, index, **options: f(index, weight, **options),
    "nn.functional.embedding_bag": lambda f, weight, index, **options: f(index, weight, **options),
    "normal.number_mean": lambda f, std, mean, *args, **options: f(mean, std, *args, **options),
    "rand_like": lambda f, *args, **options: rushlight.randn_like(*args, **options),  # its mistake
    "linalg.vander": lambda f, x, **options: f(x if x.ndim else x.reshape(1), **options),
    "linalg.lstsq.grad_oriented": lambda f, a, b, driver: f(a, b, driver=driver)[:2],
    "linalg.pinv.singular": lambda f, a, b: f(a @ b.mT),
    "svd_lowrank": lambda f, a, b, **options: f(a @ b.mT, **options),
    "pca_lowrank": lambda f, a, b, **options: f(a @ b.mT, **options),
    "zero_": lambda f, x: f(x.clone()),
    "normal.in_place": lambda f, x, *args, **options: x.detach().normal_(*args, **options),
}
"""Entries whose first argument is not the function's, and how the function is called."""

PUBLIC = {"_segment_reduce": "segment_reduce"}
"""Entries that PyTorch's table has under a private name."""

EMPTY = ("empty", "new_empty", "empty_like", "empty_strided", "new_empty_strided", "empty_permuted")
"""Functions whose values nobody has set."""


def reason_apart(info):
    """Why an entry does not apply, or ""."""
    if info.name in PUBLIC:
        return ""
    for reason, names in APART.items():
        for name in names:
            begins = name[-1] in "._r" and info.name.startswith(name)
            if info.name == name or (begins and not info.name.startswith("__")):
                return reason
    if torch.float32 not in info.supported_dtypes("cpu"):
        return "not for float32"
    return ""


def full_name(info):
    """The name of an entry and of its variant."""
    variant = info.variant_test_name
    return f"{info.name}.{variant}" if variant else info.name


def applicable():
    """The entries that apply."""
    return [info for info in methods.op_db if not reason_apart(info)]


def ours(info):
    """Our function of that name, called as the entry calls PyTorch's; None if it is missing."""
    function = named(info)
    arranged = ARRANGED.get(full_name(info)) or ARRANGED.get(info.name)
    if function is None or arranged is None:
        return function
    return lambda *args, **kwargs: arranged(function, *args, **kwargs)


def named(info):
    """Our function of that name; None if it is missing."""
    space = rushlight
    *path, last = PUBLIC.get(info.name, info.name).split(".")
    try:
        for part in path:
            space = getattr(space, part)
        found = getattr(space, last)
        if callable(found):
            return found
    except (AttributeError, ImportError):
        pass
    if path:
        return None
    if hasattr(rushlight.Tensor, last):
        if isinstance(getattr(rushlight.Tensor, last), property):
            return lambda x: getattr(x, last)
        return lambda x, *args, **kwargs: getattr(x, last)(*args, **kwargs)
    return None


class Translation:
    """The arguments of a sample in one framework; what was the same tensor stays the same."""

    def __init__(self, framework, wide=False):
        self.framework = framework
        self.wide = wide  # whether float32 takes the place of bfloat16
        self.memo = {}
        self.leaves = []

    def __call__(self, value):
        if isinstance(value, torch.Tensor):
            if id(value) not in self.memo:
                self.memo[id(value)] = self.tensor(value)
            return self.memo[id(value)]
        if isinstance(value, torch.Size):
            return self.framework.Size(value)
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)([self(v) for v in value])
        if isinstance(value, dict):
            return {k: self(v) for k, v in value.items()}
        if isinstance(value, slice):
            return slice(*[self(v) for v in (value.start, value.stop, value.step)])
        if isinstance(value, torch.dtype):
            value = torch.float32 if self.wide and value is torch.bfloat16 else value
            return getattr(self.framework, str(value).removeprefix("torch."))
        if isinstance(value, torch.device):
            return str(value)
        if isinstance(value, torch.layout | torch.memory_format):
            return getattr(self.framework, str(value).removeprefix("torch."))
        if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
            return getattr(self.framework.nn.functional, value.__name__, value)
        if isinstance(value, torch.nn.PairwiseDistance):
            return self.framework.nn.PairwiseDistance(value.norm, value.eps, value.keepdim)
        return value

    def tensor(self, value):
        base = value.detach().resolve_conj().resolve_neg()
        if self.wide and base.dtype is torch.bfloat16:
            base = base.float()
        room = (
            torch.empty_strided(base.shape, base.stride(), dtype=base.dtype)
            if laid_out(base)
            else base
        )
        copied = room.copy_(base) if room is not base else base.clone()
        made = self.framework.from_numpy(bits_of(copied).numpy())
        made = made.view(self.framework.bfloat16) if base.dtype is torch.bfloat16 else made
        if value.requires_grad:
            made.requires_grad_()
            self.leaves.append(made)
        return made


def bits_of(tensor):
    """A tensor that NumPy can show: the bits of one of bfloat16."""
    return tensor.view(torch.int16) if tensor.dtype is torch.bfloat16 else tensor


def laid_out(tensor):
    """Whether no two elements of a tensor share memory."""
    return 0 not in tensor.stride() and tensor.numel() > 0 and not tensor.is_contiguous()


def tensors(value, kind):
    """The tensors in a result, in order."""
    if isinstance(value, kind):
        return [value]
    if isinstance(value, list | tuple):
        return [t for v in value for t in tensors(v, kind)]
    return []


def performed(framework, function, sample, as_method, wide=False):
    """What a function makes of a sample: outputs and gradients, as arrays."""
    translate = Translation(framework, wide)
    args = [translate(sample.input), *[translate(a) for a in sample.args]]
    kwargs = translate(dict(sample.kwargs))
    if as_method:
        args[0] = args[0] * 1 if args[0].is_floating_point() else args[0]
    framework.manual_seed(42)  # as PyTorch's table does for functions that draw
    returned = function(*args, **kwargs)
    if sample.output_process_fn_grad is not None:  # what the table compares, where signs are free
        with contextlib.suppress(TypeError, AttributeError, NotImplementedError):
            returned = sample.output_process_fn_grad(returned)
    out = tensors(returned, framework.Tensor)
    roots = [o for o in out if o.requires_grad and (o.is_floating_point() or o.is_complex())]
    grads = []
    if roots and translate.leaves:
        total = None
        for k, root in enumerate(roots):
            part = weighed(framework, root, k)
            total = part if total is None else total + part
        grads = framework.autograd.grad(total, translate.leaves, allow_unused=True)
    return returned, [array_of(o) for o in out], [array_of(g) for g in grads]


def weighed(framework, root, k):
    """A number that depends on all elements of a result."""
    weights = np.random.default_rng(k).uniform(0.5, 1.5, tuple(root.shape))
    if root.is_complex():
        root = root.real + root.imag * 0.5 if root.numel() else root.real
    return (root * framework.from_numpy(weights).to(root.dtype)).sum()


def array_of(tensor):
    """The values of a tensor."""
    if tensor is None:
        return None
    tensor = tensor.detach()
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.resolve_conj().resolve_neg()
    if str(tensor.dtype) == "torch.bfloat16":
        return np.array(tensor.float().numpy()).view(Narrow)
    return np.array(tensor.numpy(force=True))  # torch: a gradient may be zeros without memory


class Narrow(np.ndarray):
    """An array of what was bfloat16."""


def verdict(info, sample):
    """What is wrong with one sample, or ""."""
    function = ours(info)
    if function is None:
        return "missing"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, expected, slopes = performed(torch, info.op, sample, False)
    except Exception as error:  # PyTorch's own refusal, or a sample that only works as a whole
        return f"skip {type(error).__name__}: {str(error)[:80]}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mine, got, found = performed(rushlight, function, sample, False)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:160]}"
    if not expected:
        same = str(mine) == str(theirs) or mine == theirs
        return "" if same else f"{mine} instead of {theirs}"
    wrong = compared(info, got, expected, "output") or compared(info, found, slopes, "gradient")
    near = "values differ" in wrong and any([isinstance(e, Narrow) for e in (*expected, *slopes)])
    if near and is_as_near(info, sample, (*got, *found), (*expected, *slopes)):
        return ""
    return wrong


def is_as_near(info, sample, got, expected):
    """Whether results in bfloat16 are as near as PyTorch's to what they are in float32."""
    _, exact, slopes = performed(torch, info.op, sample, False, True)
    for a, b, c in zip(got, expected, (*exact, *slopes), strict=True):
        if a is None or b is None or c is None:
            continue
        a, b, c = [np.asarray(x, np.float64) for x in (a, b, c)]
        same = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
        big = max(1.0, float(np.abs(c[same]).max(initial=0)))
        errors = [float(np.abs(x - c)[same].max(initial=0)) for x in (a, b)]
        if not np.array_equal(np.isfinite(a), np.isfinite(c)) or errors[0] > max(
            errors[1], 2**-8 * big
        ):
            return False
    return True


def compared(info, got, expected, what):
    """How two lists of arrays differ, or ""."""
    if what == "gradient" and not got and not any([e is not None and e.any() for e in expected]):
        return ""
    if len(got) != len(expected):
        return f"{len(got)} {what}s instead of {len(expected)}"
    for k, (a, b) in enumerate(zip(got, expected, strict=True)):
        if a is None or b is None:
            left = b if a is None else a
            if left is not None and np.any(left):
                return f"{what} {k}: only one has it"
            continue
        if a.shape != b.shape or a.dtype != b.dtype or type(a) is not type(b):
            return f"{what} {k}: {a.dtype}{list(a.shape)} instead of {b.dtype}{list(b.shape)}"
        if info.name in EMPTY:
            continue
        few = 2e-3 if what == "gradient" else 3e-4
        few = NARROW_TOLERANCE if isinstance(a, Narrow) else few
        if a.dtype.kind in "fc":
            big = max(1.0, float(np.abs(b[np.isfinite(b)]).max(initial=0)))
            if not np.allclose(a, b, few, few / 10 * big, equal_nan=True):
                return f"{what} {k}: values differ"
        elif not np.array_equal(a, b):
            return f"{what} {k}: values differ"
    return ""


NARROW_TOLERANCE = 1.6e-2
"""How near numbers of bfloat16 have to be: what PyTorch's own tests ask."""


def samples_of(info, most, dtype, gradients=False, first=200):
    """Samples of an entry: `most` of its `first` at most, from all over them (None: all)."""
    torch.manual_seed(0)
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = info.sample_inputs("cpu", dtype, requires_grad=gradients)
        listed = list(itertools.islice(samples, None if most is None else first))
    if most is not None and len(listed) > most:
        listed = [listed[k * len(listed) // most] for k in range(most)]
    return listed


def verdicts(info, most, dtype=torch.float32):
    """What is wrong with each of the samples of an entry, `most` of them at most (None: all)."""
    gradients = info.supports_autograd and dtype in info.supported_backward_dtypes("cpu")
    return [(s, verdict(info, s)) for s in samples_of(info, most, dtype, gradients)]
