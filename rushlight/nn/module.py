"""The module: a tree of parameters, buffers and submodules, and a function of tensors.

What belongs to a module is an ordinary attribute of it, and stands in a registry besides; assigning
and deleting keep the two in step. Calling is in hooks.py, saving in state.py, conversion in
convert.py, printing in show.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from ..runtime.entry import Handle
from . import convert, hooks, show, state
from .parameter import Buffer, Parameter
from .registry import KINDS, Registry, check_name, too_early, typename
from .routes import routes
from .tree import (
    buffers,
    children,
    get_buffer,
    get_parameter,
    get_submodule,
    modules,
    named_buffers,
    named_children,
    named_members,
    named_modules,
    named_parameters,
    parameters,
    set_submodule,
)

EXPECTED = {
    "_parameters": ("parameter", "torch.nn.Parameter or None"),
    "_buffers": ("buffer", "torch.nn.Buffer, torch.Tensor or None"),
    "_modules": ("child module", "torch.nn.Module or None"),
}
"""What the members of each registry are, and what may be assigned to them."""

WHAT = {"_parameters": "parameters", "_buffers": "buffer", "_modules": "module"}
"""What the members of each registry are called in errors."""


class Module:
    """The base class of all layers and networks: subclass it, and write `__init__` and `forward`.

    Parameters, buffers and modules that are assigned as attributes become part of it.

    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = torch.nn.Linear(3, 4)
    ...         self.out = torch.nn.Linear(4, 1)
    ...     def forward(self, x):
    ...         return self.out(torch.relu(self.hidden(x)))
    >>> Net()
    Net(
      (hidden): Linear(in_features=3, out_features=4, bias=True)
      (out): Linear(in_features=4, out_features=1, bias=True)
    )
    >>> Net()(torch.ones(2, 3)).shape
    torch.Size([2, 1])
    """

    training: bool
    dump_patches = False
    call_super_init = False
    _version = 1
    _is_full_backward_hook: bool | None = None
    _compiled_call_impl = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A module with nothing in it."""
        if (args or kwargs) and not self.call_super_init:
            refuse_arguments(self, args, kwargs)
        attributes = self.__dict__
        attributes["training"] = True
        for kind in KINDS:
            attributes[kind] = Registry(self)
        attributes["_non_persistent_buffers_set"] = set()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if any(["__getattr__" in vars(kind) for kind in cls.__mro__]):
            Module.__getattr__ = not_there  # for `super().__getattr__(name)`

    __call__: Any = routes.straight

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes: every subclass says it."""
        name = type(self).__name__
        problem = f'Module [{name}] is missing the required "forward" function'
        hint = "define forward(self, ...) in the class, indented as __init__ is"
        if name in ("ModuleList", "ModuleDict"):
            hint = "call its members in a loop, or use nn.Sequential"
        raise NotImplementedError(explain("forward", problem, hint=hint))

    # -- what belongs to it --------------------------------------------------------------------

    def register_parameter(self, name: str, param: Any) -> None:
        """Add a parameter, or None in the place of one, as attribute `name`."""
        check_name(self, name, "parameter", "_parameters")
        if param is not None and not isinstance(param, Parameter):
            problem = (
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
            raise ArgumentError(explain(type(self).__name__, problem))
        put(self, "_parameters", name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a buffer, or None in the place of one, as attribute `name`.

        It is part of `state_dict()` if it is `persistent`.

        >>> m = torch.nn.Module()
        >>> m.register_buffer("count", torch.zeros(1))
        >>> m.count
        tensor([0.])
        """
        check_name(self, name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Handle):
            problem = (
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
            raise ArgumentError(explain(type(self).__name__, problem))
        put(self, "_buffers", name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a submodule, or None in the place of one, as attribute `name`."""
        if module is not None and not isinstance(module, Module):
            raise ArgumentError(
                explain(
                    type(self).__name__,
                    f"{typename(module)} is not a Module subclass",
                    hint=hint_for(module),
                )
            )
        check_name(self, name, "module", "_modules")
        put(self, "_modules", name, module)

    def register_module(self, name: str, module: Any) -> None:
        """As `add_module`."""
        self.add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = self.__dict__
        if isinstance(value, Handle | Module):
            assign_member(self, name, value)
            return
        for kind in KINDS:
            if name in attributes.get(kind, ()):
                assign_plain(self, kind, name, value)
                return
        if name in KINDS and not (isinstance(value, Registry) and value.owner() is self):
            for old in attributes.get(name, ()):
                attributes.pop(old, None)
            value = Registry(self, value)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for kind in KINDS:
            if name in self.__dict__.get(kind, ()):
                take_out(self, kind, name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__}
        return sorted([n for n in names if not n[0].isdigit()])

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for kind in KINDS:
            self.__dict__[kind] = Registry(self, state.get(kind, {}))

    # -- walking the tree ----------------------------------------------------------------------

    parameters = parameters
    named_parameters = named_parameters
    buffers = buffers
    named_buffers = named_buffers
    children = children
    named_children = named_children
    modules = modules
    named_modules = named_modules
    get_submodule = get_submodule
    set_submodule = set_submodule
    get_parameter = get_parameter
    get_buffer = get_buffer
    _named_members = named_members

    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """The module itself, after `fn` was called with all modules in it, the inner ones first."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # -- modes ---------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Any:
        """The module itself, in training mode (or not), and all modules in it with it.

        >>> torch.nn.Dropout().train(False).training
        False
        """
        if not isinstance(mode, bool):
            raise ChoiceError(
                explain(type(self).__name__, "training mode is expected to be boolean")
            )
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """The module itself, in evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """The module itself, with gradients for all its parameters, or for none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                if not parameter.grad.is_leaf:
                    parameter.grad.detach_()
                parameter.grad.requires_grad_(False)
                parameter.grad.zero_()

    def share_memory(self) -> Any:
        """The module itself: threads share memory anyway."""
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what is called often is compiled anyway."""

    # -- saving --------------------------------------------------------------------------------

    T_destination = Any
    state_dict = state.state_dict
    load_state_dict = state.load_state_dict
    get_extra_state = state.get_extra_state
    set_extra_state = state.set_extra_state
    _save_to_state_dict = state.save_to_state_dict
    _load_from_state_dict = state.load_from_state_dict
    _register_state_dict_hook = state.register_state_dict_hook
    register_state_dict_post_hook = state.register_state_dict_post_hook
    register_state_dict_pre_hook = state.register_state_dict_pre_hook
    _register_load_state_dict_pre_hook = state.register_load_hook
    register_load_state_dict_pre_hook = state.register_load_state_dict_pre_hook
    register_load_state_dict_post_hook = state.register_load_state_dict_post_hook

    # -- conversion ----------------------------------------------------------------------------

    _apply = convert.apply_to_tensors
    to = convert.to
    to_empty = convert.to_empty
    type = convert.type
    float = convert.float
    double = convert.double
    half = convert.half
    bfloat16 = convert.bfloat16
    cpu = convert.cpu
    cuda = convert.cuda
    xpu = convert.xpu

    # -- hooks ---------------------------------------------------------------------------------

    _call_impl = hooks.call
    register_forward_pre_hook = hooks.register_forward_pre_hook
    register_forward_hook = hooks.register_forward_hook
    register_full_backward_pre_hook = hooks.register_full_backward_pre_hook
    register_full_backward_hook = hooks.register_full_backward_hook
    register_backward_hook = hooks.register_backward_hook

    # -- printing ------------------------------------------------------------------------------

    __repr__ = show.module_text
    extra_repr = show.extra_repr
    _get_name = show.class_name


routes.begin(Module)

for _name in (*KINDS, *hooks.LAZY):
    setattr(Module, _name, hooks.Later(_name))


def not_there(self: Module, name: str) -> Any:
    """Raises AttributeError: everything a module has is in its `__dict__`.

    Module only has this as `__getattr__` if a subclass has one: it makes every attribute slow.
    """
    raise hooks.no_attribute(self, name)


def put(module: Module, kind: str, name: str, value: Any) -> None:
    """Enter `value` in a registry of `module`, and make it an attribute."""
    module.__dict__[kind][name] = value
    module.__dict__[name] = value  # said again for registries that were put together by hand


def take_out(module: Module, kind: str, name: str) -> None:
    """Take `name` out of a registry of `module`, and its attribute away."""
    del module.__dict__[kind][name]
    module.__dict__.pop(name, None)
    if kind == "_buffers":
        module._non_persistent_buffers_set.discard(name)


def assign_member(module: Module, name: str, value: Any) -> None:
    """`module.name = value`, for a value that is a tensor or a module."""
    attributes = module.__dict__
    if isinstance(value, Parameter):
        expect_begun(module, "_parameters")
        make_room(module, name, "_parameters")
        module.register_parameter(name, value)
    elif name in attributes.get("_parameters", ()):
        assign_plain(module, "_parameters", name, value)
    elif isinstance(value, Module):
        expect_begun(module, "_modules")
        make_room(module, name, "_modules")
        put(module, "_modules", name, value)
    elif name in attributes.get("_modules", ()):
        assign_plain(module, "_modules", name, value)
    elif isinstance(value, Buffer):
        expect_begun(module, "_buffers")
        module.register_buffer(name, value, value.persistent)
    elif name in attributes.get("_buffers", ()):
        module.register_buffer(name, value, name not in module._non_persistent_buffers_set)
    else:
        object.__setattr__(module, name, value)


def expect_begun(module: Module, kind: str) -> None:
    """Raise unless the `__init__` of `module` has been called."""
    if kind not in module.__dict__:
        raise too_early(type(module).__name__, WHAT[kind])


def make_room(module: Module, name: str, kind: str) -> None:
    """Take away what else is called `name`, so that it can be in the registry `kind`."""
    for other in KINDS:
        if other != kind and name in module.__dict__[other]:
            take_out(module, other, name)
    if name not in module.__dict__[kind]:
        module.__dict__.pop(name, None)


def assign_plain(module: Module, kind: str, name: str, value: Any) -> None:
    """`module.name = value`, where `name` is in a registry that takes no such thing but None."""
    if value is None:
        put(module, kind, name, None)
        return
    place, wanted = EXPECTED[kind]
    problem = f"cannot assign '{typename(value)}' as {place} '{name}' ({wanted} expected)"
    hint = ""
    if kind == "_parameters" and isinstance(value, Handle):
        hint = "wrap it: nn.Parameter(tensor); or copy into it under torch.no_grad()"
    raise ArgumentError(explain(type(module).__name__, problem, hint=hint))


def hint_for(value: Any) -> str:
    """What to do with something that is no module where one is wanted."""
    if isinstance(value, type) and issubclass(value, Module):
        return f"make one of the class: {value.__name__}()"
    if isinstance(value, list | tuple):
        return "give the modules one by one: Sequential(*layers), or use ModuleList"
    if callable(value):
        return "functions are called in forward; nn.ReLU() is the module of torch.relu"
    return ""


def refuse_arguments(module: Module, args: Any, kwargs: Any) -> None:
    """Raise TypeError for arguments that `Module.__init__` does not take."""
    name = type(module).__name__
    if kwargs:
        problem = f"got an unexpected keyword argument '{next(iter(kwargs))}'"
    else:
        problem = f"takes 1 positional argument but {len(args) + 1} were given"
    hint = "call super().__init__() without arguments"
    raise ArgumentError(explain("nn.Module", f"{name}.__init__() {problem}", hint=hint))
