"""The native entrance of a compiled program: a Python builtin that checks what it is given.

    call(recorder, halt, *arguments) -> None

Each argument is an array with a dtype, shape and strides, or a Python number. Whatever is passed,
nothing is read before its type is known; on the first mismatch a Python function words the error.
Then the addresses of the arrays' elements and the bits of the numbers stand in a table, one 8-byte
slot an argument, and the program runs: `void step(ptr table, ptr pool, i64 thread, i64 threads)`.
At the end `recorder.at = halt` is set.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import layout
from .apart import MEETS, check_apart
from .arguments import of_image
from .builder import Builder
from .jit import image_of
from .lines import Lines
from .specs import Array, Number, Spec


def enter(
    b: Builder,
    specs: Sequence[Spec],
    parallel: bool = False,
    release: bool = False,
    apart: Sequence[int] = (),
) -> str:
    """Write the function `call`, which checks arguments and runs the function `step`; its text.

    `parallel` runs it on the pool; `release` lets other Python threads run meanwhile (it costs
    about 0.1 us). It is refused if one of the arrays at the places `apart` shares memory with one
    that is written.
    """
    lines = Lines()
    count = len(specs)
    lines.add(f"%table = alloca [{max(count, 1)} x i64], align 64")
    lines.go_on(lines.let(f"icmp eq i64 %count, {count + 2}"))
    checks: dict[tuple[Any, ...], str] = {}
    for place, spec in enumerate(specs):
        if isinstance(spec, Number):
            given = lines.load("ptr", "%arguments", 8 * (place + 2))
            value = check_number(lines, given, spec)
            lines.add(f"store {value}, ptr {lines.at('%table', 8 * place)}, align 8")
            continue
        known = (spec.dtype, spec.shape, spec.strides, spec.written)
        if known not in checks:
            checks[known] = f"fits{len(checks)}"
            b.functions.append(array_check(checks[known], spec))
            b.symbol(f"dtype_{spec.dtype.name}")
        given = f"ptr %arguments, ptr %table, i64 {8 * place}"
        lines.go_on(lines.let(f"call i1 @{checks[known]}({given})"))
    if check_apart(lines, specs, apart):
        b.functions.append(MEETS)
    run_step(lines, parallel, release)
    finish(lines)
    b.declarations.update(DECLARATIONS)
    text = lines.function("define ptr @call(ptr %self, ptr %arguments, i64 %count) nounwind")
    b.functions.append(text)
    return text


def array_check(name: str, spec: Array) -> str:
    """The function that tells whether an argument is the array that `spec` says, and enters it.

    Arguments that are alike share one: else most of the text of a program were such checks.
    """
    lines = Lines()
    slot = lines.let("getelementptr i8, ptr %table, i64 %offset")
    place = lines.let("getelementptr i8, ptr %arguments, i64 %offset")
    given = lines.load("ptr", place, 16)
    check_array(lines, given, spec)
    lines.add(f"store ptr {lines.load('ptr', given, layout.DATA)}, ptr {slot}, align 8")
    lines.add("ret i1 true")
    lines.label("mismatch")
    lines.add("ret i1 false")
    head = f"define internal i1 @{name}(ptr %arguments, ptr %table, i64 %offset) nounwind"
    return lines.function(head)


def check_array(lines: Lines, given: str, spec: Array) -> None:
    """Go on only if `given` is the array that `spec` says."""
    kind = lines.load("ptr", given, layout.TYPE)
    lines.go_on(lines.let(f"icmp eq ptr {kind}, @ndarray_type"))
    ndim = lines.load("i32", given, layout.NDIM)
    lines.go_on(lines.let(f"icmp eq i32 {ndim}, {len(spec.shape)}"))
    wanted = layout.ALIGNED
    wanted |= layout.CONTIGUOUS * (spec.strides is None) | layout.WRITEABLE * spec.written
    flags = lines.let(f"and i32 {lines.load('i32', given, layout.FLAGS)}, {wanted}")
    pairs = [(lines.let(f"zext i32 {flags} to i64"), wanted)]
    dtype = lines.load("ptr", given, layout.DESCR)
    check_dtype(lines, dtype, spec.dtype)
    if spec.shape:
        shape = lines.load("ptr", given, layout.SHAPE)
        pairs += [(lines.load("i64", shape, 8 * k), n) for k, n in enumerate(spec.shape)]
    if spec.strides is not None and spec.shape:
        strides = lines.load("ptr", given, layout.STRIDES)
        steps = [(k, s) for k, s in enumerate(spec.strides) if spec.shape[k] > 1]
        pairs += [(lines.load("i64", strides, 8 * k), s) for k, s in steps]
    lines.go_on(lines.all_equal(pairs))


def check_dtype(lines: Lines, given: str, wanted: np.dtype[Any]) -> None:
    """Go on only if an element type is the one wanted, or has its kind, byte order and size."""
    lines.count += 1
    other, known = f"other{lines.count}", f"known{lines.count}"
    same = lines.let(f"icmp eq ptr {given}, @dtype_{wanted.name}")
    lines.add(f"br i1 {same}, label %{known}, label %{other}")
    lines.label(other)
    letters = lines.let(f"and i64 {lines.load('i64', given, layout.KIND)}, {layout.LETTERS}")
    pairs = [(letters, layout.letters(wanted))]
    pairs.append((lines.load("i64", given, layout.ITEMSIZE), wanted.itemsize))
    lines.go_on(lines.all_equal(pairs))
    lines.add(f"br label %{known}")
    lines.label(known)


def check_number(lines: Lines, given: str, spec: Number) -> str:
    """Go on only if `given` is a number of the kind that `spec` says: its value, with type."""
    if spec.kind == "i1":
        true = lines.let(f"icmp eq ptr {given}, @true_object")
        false = lines.let(f"icmp eq ptr {given}, @false_object")
        lines.go_on(lines.let(f"or i1 {true}, {false}"))
        return f"i64 {lines.let(f'zext i1 {true} to i64')}"
    kind = lines.load("ptr", given, layout.TYPE)
    if spec.kind == "i64":
        lines.go_on(lines.let(f"icmp eq ptr {kind}, @int_type"))
        value = lines.let(f"call i64 @PyLong_AsLongLong(ptr {given})")
        check_conversion(lines, f"icmp ne i64 {value}, -1")
        return f"i64 {value}"
    lines.count += 1
    number = lines.count
    exact, other, done = f"exact{number}", f"other{number}", f"done{number}"
    is_float = lines.let(f"icmp eq ptr {kind}, @float_type")
    lines.add(f"br i1 {is_float}, label %{exact}, label %{other}")
    lines.label(exact)
    value = lines.load("double", given, layout.FLOAT)
    lines.add(f"br label %{done}")
    lines.label(other)
    lines.go_on(lines.let(f"icmp eq ptr {kind}, @int_type"))
    converted = lines.let(f"call double @PyLong_AsDouble(ptr {given})")
    last = check_conversion(lines, f"fcmp une double {converted}, -1.0")
    lines.add(f"br label %{done}")
    lines.label(done)
    merged = lines.let(f"phi double [{value}, %{exact}], [{converted}, %{last}]")
    return f"double {merged}"


def check_conversion(lines: Lines, fine: str) -> str:
    """Go on if the value is `fine`, or no Python error is set; the label where that leads."""
    fine = lines.let(fine)
    lines.count += 1
    number = lines.count
    lines.add(f"br i1 {fine}, label %fine{number}, label %doubt{number}")
    lines.label(f"doubt{number}")
    error = lines.let("call ptr @PyErr_Occurred()")
    none = lines.let(f"icmp eq ptr {error}, null")
    lines.add(f"br i1 {none}, label %fine{number}, label %failed")
    lines.label(f"fine{number}")
    return f"fine{number}"


def run_step(lines: Lines, parallel: bool, release: bool) -> None:
    """Run the step, alone or on the pool, holding the interpreter's lock or not."""
    if release:
        # Another thread may call the same program now; its arena serves one at a time.
        lines.add("%state = call ptr @PyEval_SaveThread()")
        lines.add("call void @pool_lock(ptr @program_lock)")
    if parallel:
        lines.add("call void @pool_dispatch(ptr @step, ptr %table)")
    else:
        lines.add("call void @step(ptr %table, ptr null, i64 0, i64 1)")
    refused = lines.let("load i64, ptr @status, align 8")
    lines.add("store i64 0, ptr @status, align 8")
    if release:
        lines.add("call void @pool_unlock(ptr @program_lock)")
        lines.add("call void @PyEval_RestoreThread(ptr %state)")
    lines.go_on(lines.let(f"icmp eq i64 {refused}, 0"), "refused")


def finish(lines: Lines) -> None:
    """Set the recorder's attribute and return None; the failures."""
    lines.add("%recorder = load ptr, ptr %arguments, align 8")
    halt = lines.load("ptr", "%arguments", 8)
    status = lines.let(
        f"call i32 @PyObject_SetAttr(ptr %recorder, ptr @attribute_name, ptr {halt})"
    )
    lines.go_on(lines.let(f"icmp eq i32 {status}, 0"), "failed")
    if sys.version_info < (3, 12):  # later None is immortal
        references = lines.let("load i64, ptr @none_object, align 8")
        lines.add(f"store i64 {lines.let(f'add i64 {references}, 1')}, ptr @none_object, align 8")
    lines.add("ret ptr @none_object")
    lines.label("mismatch")
    raised = lines.let(
        "call ptr @PyObject_Vectorcall(ptr @complain, ptr %arguments, i64 %count, ptr null)"
    )
    lines.add(f"ret ptr {raised}")
    lines.label("refused")
    raised = lines.let(
        "call ptr @PyObject_Vectorcall(ptr @refuse, ptr %arguments, i64 0, ptr null)"
    )
    lines.add(f"ret ptr {raised}")
    lines.label("failed")
    lines.add("ret ptr null")


DECLARATIONS = {
    "declare i64 @PyLong_AsLongLong(ptr)",
    "declare double @PyLong_AsDouble(ptr)",
    "declare ptr @PyErr_Occurred()",
    "declare ptr @PyEval_SaveThread()",
    "declare void @PyEval_RestoreThread(ptr)",
    "declare i32 @PyObject_SetAttr(ptr, ptr, ptr)",
    "declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)",
    "declare void @pool_dispatch(ptr, ptr)",
    "declare void @pool_lock(ptr)",
    "declare void @pool_unlock(ptr)",
    *[
        f"@{name} = external global i64"
        for name in (
            "ndarray_type", "float_type", "int_type", "true_object", "false_object",
            "none_object", "attribute_name", "complain", "refuse", "program_lock", "status",
        )
    ],
}  # fmt: skip
"""What the entrance takes from outside, by names that are the same in every process."""


def program(
    b: Builder,
    specs: Sequence[Spec],
    name: str = "program",
    memory: Mapping[str, Any] | None = None,
) -> Any:
    """The builtin of a module that holds `step` and what `enter` wrote; see `of_image`."""
    return of_image(image_of(b.module()), specs, name, memory, b.symbols)
