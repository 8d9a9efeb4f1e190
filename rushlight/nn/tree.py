"""Walking the tree of modules: methods of Module that only read."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import ChoiceError, explain
from .hooks import routes
from .parameter import Parameter
from .registry import Registry, forest

Named = Iterator[tuple[str, Any]]


def named_members(
    self: Any,
    get_members_fn: Callable[[Any], Iterable[tuple[str, Any]]],
    prefix: str = "",
    recurse: bool = True,
    remove_duplicate: bool = True,
) -> Named:
    """Names and values of what `get_members_fn` finds in the modules of the tree, less None."""
    seen = set()
    modules = [(prefix, self)]
    if recurse:
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
    for path, module in modules:
        for name, value in get_members_fn(module):
            if value is None or value in seen:
                continue
            if remove_duplicate:
                seen.add(value)
            yield (f"{path}.{name}" if path else name), value


def parameters(self: Any, recurse: bool = True) -> Iterator[Parameter]:
    """The parameters, each once: of this module only, or of all in it.

    >>> [p.shape for p in torch.nn.Linear(2, 3).parameters()]
    [torch.Size([3, 2]), torch.Size([3])]
    """
    found = all_parameters(self) if recurse else None
    if found is not None:
        yield from found
        return
    for _, parameter in self.named_parameters(recurse=recurse):
        yield parameter


def all_parameters(root: Any) -> list[Parameter] | None:
    """The parameters of a tree of modules, quickly; None if one walks in another way than usual.

    What was found is good until any module gets or loses a member. It keeps nothing alive.
    """
    own, registry, edition = root._parameters, root._modules, forest.edition
    if type(registry) is not Registry:
        return None
    if registry.walk is not None:
        then, its_own, kinds, references = registry.walk
        if then is edition and its_own is own:
            found = [reference() for reference in references]
            return found if all([walks_usually(kind) for kind in kinds]) else None
    modules = all_modules(root)
    kinds = {module.__class__ for module in modules}
    if not all([walks_usually(kind) for kind in kinds]):
        return None
    unique = {id(p): p for m in modules for p in m._parameters.values() if p is not None}
    found = list(unique.values())
    if all([type(m._parameters) is type(m._modules) is Registry for m in modules]):
        registry.walk = (edition, own, kinds, [weakref.ref(p) for p in found])
    return found


def all_modules(root: Any) -> list[Any]:
    """The modules of a tree, each once, parents first."""
    found: dict[int, Any] = {}
    stack = [root]
    while stack:
        module = stack.pop()
        if id(module) not in found:
            found[id(module)] = module
            stack += [m for m in reversed(module._modules.values()) if m is not None]
    return list(found.values())


def walks_usually(kind: Any) -> bool:
    """Whether modules of this class have their members found as any others."""
    walks = (kind.named_parameters, kind._named_members, kind.named_modules, kind.__hash__)
    return walks == USUAL


def named_parameters(
    self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
) -> Named:
    """As `parameters`, each with its name.

    >>> [name for name, p in torch.nn.Sequential(torch.nn.Linear(2, 3)).named_parameters()]
    ['0.weight', '0.bias']
    """
    yield from self._named_members(
        lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
    )


def buffers(self: Any, recurse: bool = True) -> Iterator[Any]:
    """The buffers, each once: of this module only, or of all in it."""
    for _, buffer in self.named_buffers(recurse=recurse):
        yield buffer


def named_buffers(
    self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
) -> Named:
    """As `buffers`, each with its name."""
    yield from self._named_members(
        lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
    )


def children(self: Any) -> Iterator[Any]:
    """The modules that are attributes of this one, each once."""
    for _, module in self.named_children():
        yield module


def named_children(self: Any) -> Named:
    """As `children`, each with its name."""
    seen = set()
    for name, module in self._modules.items():
        if module is not None and module not in seen:
            seen.add(module)
            yield name, module


def modules(self: Any) -> Iterator[Any]:
    """The module itself and all in it, each once.

    >>> list(torch.nn.Sequential(torch.nn.ReLU()).modules())
    [Sequential(
      (0): ReLU()
    ), ReLU()]
    """
    for _, module in self.named_modules():
        yield module


def named_modules(
    self: Any, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
) -> Named:
    """As `modules`, each with its path; `memo` holds those that are to be left out."""
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    yield prefix, self
    for name, module in self._modules.items():
        if module is not None:
            path = f"{prefix}.{name}" if prefix else name
            yield from module.named_modules(memo, path, remove_duplicate)


USUAL = (named_parameters, named_members, named_modules, object.__hash__)
"""How modules are walked unless a class says otherwise."""

# -- by path -----------------------------------------------------------------------------------


def is_module(value: Any) -> bool:
    """Whether `value` is a Module."""
    return isinstance(value, routes.root)


def missing(problem: str) -> AttributeError:
    """The error for a path that leads nowhere."""
    return AttributeError(explain("get_submodule", problem))


def member(module: Any, name: str) -> Any:
    """The attribute `name` of `module`."""
    if not hasattr(module, name):
        raise missing(f"{type(module).__name__} has no attribute `{name}`")
    return getattr(module, name)


def get_submodule(self: Any, target: str) -> Any:
    """The module that the path `target` leads to, such as `net.0.conv`.

    >>> m = torch.nn.Sequential(torch.nn.Sequential(torch.nn.ReLU()))
    >>> m.get_submodule("0.0")
    ReLU()
    """
    module = self
    for name in target.split(".") if target else []:
        found = member(module, name)
        if not is_module(found):
            raise missing(f"`{name}` is not an nn.Module")
        module = found
    return module


def set_submodule(self: Any, target: str, module: Any, strict: bool = False) -> None:
    """Put `module` where the path `target` leads to; with `strict`, in the place of another."""
    if target == "":
        problem = "Cannot set the submodule without a target name!"
        raise ChoiceError(explain("set_submodule", problem))
    if not is_module(module):
        problem = f"`module` is not an nn.Module, found {type(module)}"
        raise ChoiceError(explain("set_submodule", problem))
    path, _, name = target.rpartition(".")
    parent = self.get_submodule(path)
    if strict or hasattr(parent, name):
        old = member(parent, name)
        if not is_module(old):
            raise missing(f"`{name}` is not an nn.Module")
    setattr(parent, name, module)


def get_parameter(self: Any, target: str) -> Any:
    """The parameter that the path `target` leads to."""
    path, _, name = target.rpartition(".")
    module = self.get_submodule(path)
    found = member(module, name)
    if not isinstance(found, Parameter):
        raise missing(f"`{name}` is not an nn.Parameter")
    return found


def get_buffer(self: Any, target: str) -> Any:
    """The buffer that the path `target` leads to."""
    path, _, name = target.rpartition(".")
    module = self.get_submodule(path)
    found = member(module, name)
    if name not in module._buffers:
        raise missing(f"`{name}` is not a buffer")
    return found
