"""Rules that draw until a number is accepted (rng/rejection.py), translated from their Python.

They are functions of numbers: assignments, `if`, `while`, arithmetic, comparisons, functions of
`math`, one another, and the numbers that a supply gives. So they can be machine code of the same
text, in which all numbers are doubles and every operation is the one that Python does.

A supply here is an array of six words: where its uniform numbers are, how many are used, how many
there are, whether more were asked for, whether a normal one is left, and that one. Who asks for
more gets 0.5, with which every rule comes to an end; its result is thrown away.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable
from string import Template
from types import ModuleType
from typing import Any

from . import layout
from .values import constant_text

OPERATIONS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
COMPARISONS = {
    ast.Lt: "olt", ast.LtE: "ole", ast.Gt: "ogt", ast.GtE: "oge", ast.Eq: "oeq", ast.NotEq: "une",
}  # fmt: skip
INTRINSICS = {"sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "abs": "fabs"}
LIBRARY = {"log": 1, "log1p": 1, "exp": 1, "lgamma": 1, "pow": 2}
"""Functions of the C library, and how many arguments they have."""

SUPPLY = """
declare double @sin(double)
declare double @cos(double)

define internal double @unit(ptr %supply) nounwind {
  %at_place = getelementptr i64, ptr %supply, i64 1
  %at = load i64, ptr %at_place
  %count_place = getelementptr i64, ptr %supply, i64 2
  %count = load i64, ptr %count_place
  %some = icmp slt i64 %at, %count
  br i1 %some, label %give, label %lack
give:
  %units = load ptr, ptr %supply
  %place = getelementptr double, ptr %units, i64 %at
  %found = load double, ptr %place
  %next = add i64 %at, 1
  store i64 %next, ptr %at_place
  ret double %found
lack:
  %lacking = getelementptr i64, ptr %supply, i64 3
  store i64 1, ptr %lacking
  ret double 0.5
}

define internal double @normal(ptr %supply) nounwind {
  %left_place = getelementptr i64, ptr %supply, i64 4
  %left = load i64, ptr %left_place
  %kept_place = getelementptr double, ptr %supply, i64 5
  %is_left = icmp ne i64 %left, 0
  br i1 %is_left, label %give, label %make
give:
  %kept = load double, ptr %kept_place
  store i64 0, ptr %left_place
  ret double %kept
make:
  %u = call double @unit(ptr %supply)
  %angle = fmul double %u, TWO_PI
  %v = call double @unit(ptr %supply)
  %minus = fneg double %v
  %log = call double @log1p(double %minus)
  %square = fmul double %log, -2.0
  %radius = call double @llvm.sqrt.f64(double %square)
  %sine = call double @sin(double %angle)
  %other = fmul double %radius, %sine
  store double %other, ptr %kept_place
  store i64 1, ptr %left_place
  %cosine = call double @cos(double %angle)
  %one = fmul double %radius, %cosine
  ret double %one
}
""".replace("TWO_PI", constant_text(2.0 * math.pi, "double"))


class Rule:
    """One function of Python as a function `double name(ptr supply, double ...)` of IR."""

    def __init__(self, function: Callable[..., Any], known: dict[str, Any]) -> None:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        assert isinstance(tree, ast.FunctionDef)
        self.known = known
        self.callees: list[str] = []
        self.parameters = [a.arg for a in tree.args.args]
        self.lines: list[str] = []
        self.rooms: dict[str, str] = {}
        self.count = 0
        self.loops: list[str] = []  # where `continue` goes
        numbers = [name for name in self.parameters if name != "supply"]
        for name in numbers:
            self.lines.append(f"store double %{name}, ptr {self.room(name)}")
        self.body(tree.body)
        given = ", ".join([f"{'ptr' if n == 'supply' else 'double'} %{n}" for n in self.parameters])
        entry = [f"{place} = alloca double" for place in self.rooms.values()]
        lines = "\n".join([*entry, *self.lines, "unreachable"])
        name = function.__name__
        self.text = f"define internal double @{name}({given}) nounwind {{\n{lines}\n}}\n"

    def room(self, name: str) -> str:
        """Where a variable is."""
        return self.rooms.setdefault(name, f"%room_{name}")

    def let(self, text: str) -> str:
        """The name of the result of an operation."""
        self.count += 1
        self.lines.append(f"%v{self.count} = {text}")
        return f"%v{self.count}"

    def label(self, word: str) -> str:
        """A fresh label."""
        self.count += 1
        return f"{word}{self.count}"

    def begin(self, label: str) -> None:
        """A block begins; the one before leads to it unless it has ended."""
        self.lines += [f"br label %{label}", f"{label}:"]

    def leave(self, line: str) -> None:
        """The block ends here; what follows is never reached."""
        self.lines += [line, f"{self.label('never')}:"]

    # Statements

    def body(self, statements: list[ast.stmt]) -> None:
        """Statements, one after the other."""
        for one in statements:
            getattr(self, f"do_{type(one).__name__}")(one)

    def do_Expr(self, one: ast.Expr) -> None:
        """A docstring."""
        assert isinstance(one.value, ast.Constant)

    def do_Return(self, one: ast.Return) -> None:
        """`return value`."""
        assert one.value is not None
        self.leave(f"ret double {self.number(one.value)}")

    def do_Assign(self, one: ast.Assign) -> None:
        """`a = b`, and `a, b = c, d`."""
        (target,) = one.targets
        several = isinstance(target, ast.Tuple) and isinstance(one.value, ast.Tuple)
        targets: Any = target.elts if several else [target]  # type: ignore[attr-defined]
        values = one.value.elts if several else [one.value]  # type: ignore[attr-defined]
        found = [self.number(value) for value in values]
        for place, value in zip(targets, found, strict=True):
            self.lines.append(f"store double {value}, ptr {self.room(place.id)}")

    def do_AugAssign(self, one: ast.AugAssign) -> None:
        """`a += b` and the like."""
        assert isinstance(one.target, ast.Name)
        place = self.room(one.target.id)
        before = self.let(f"load double, ptr {place}")
        value = self.let(f"{OPERATIONS[type(one.op)]} double {before}, {self.number(one.value)}")
        self.lines.append(f"store double {value}, ptr {place}")

    def do_If(self, one: ast.If) -> None:
        """`if`, with or without `else`."""
        then, other, after = [self.label(w) for w in ("then", "else", "after")]
        self.lines += [f"br i1 {self.truth(one.test)}, label %{then}, label %{other}", f"{then}:"]
        self.body(one.body)
        self.lines += [f"br label %{after}", f"{other}:"]
        self.body(one.orelse)
        self.begin(after)

    def do_While(self, one: ast.While) -> None:
        """`while`."""
        head, within, after = [self.label(w) for w in ("head", "within", "after")]
        self.begin(head)
        self.lines += [f"br i1 {self.truth(one.test)}, label %{within}, label %{after}"]
        self.lines += [f"{within}:"]
        self.loops.append(head)
        self.body(one.body)
        self.loops.pop()
        self.lines += [f"br label %{head}", f"{after}:"]

    def do_Continue(self, one: ast.Continue) -> None:
        """`continue`."""
        self.leave(f"br label %{self.loops[-1]}")

    # Expressions

    def truth(self, e: ast.expr) -> str:
        """Whether an expression holds."""
        if isinstance(e, ast.Constant):
            return "true" if e.value else "false"
        if isinstance(e, ast.Compare):
            (how,), (right,) = e.ops, e.comparators
            a, b = self.number(e.left), self.number(right)
            return self.let(f"fcmp {COMPARISONS[type(how)]} double {a}, {b}")
        if isinstance(e, ast.BoolOp):  # no operand of ours draws anything: all may be looked at
            found = self.truth(e.values[0])
            for other in e.values[1:]:
                word = "and" if isinstance(e.op, ast.And) else "or"
                found = self.let(f"{word} i1 {found}, {self.truth(other)}")
            return found
        return self.let(f"fcmp une double {self.number(e)}, 0.0")

    def number(self, e: ast.expr) -> str:
        """The value of an expression."""
        if isinstance(e, ast.Constant):
            return constant_text(float(e.value), "double")  # type: ignore[arg-type]
        if isinstance(e, ast.UnaryOp):
            assert isinstance(e.op, ast.USub)
            return self.let(f"fneg double {self.number(e.operand)}")
        if isinstance(e, ast.BinOp):
            a, b = self.number(e.left), self.number(e.right)
            return self.let(f"{OPERATIONS[type(e.op)]} double {a}, {b}")
        if isinstance(e, ast.IfExp):
            return self.either(e)
        if isinstance(e, ast.Call):
            return self.call(e)
        if isinstance(e, ast.Attribute):  # of math
            return constant_text(getattr(math, e.attr), "double")
        assert isinstance(e, ast.Name)
        if e.id in self.rooms:
            return self.let(f"load double, ptr {self.rooms[e.id]}")
        return constant_text(self.known[e.id], "double")

    def either(self, e: ast.IfExp) -> str:
        """`a if test else b`, of which one is computed."""
        place = self.room(self.label("either"))
        name = ast.Name(place.removeprefix("%room_"))
        branches: Any = [ast.Assign([name], value) for value in (e.body, e.orelse)]
        self.do_If(ast.If(e.test, branches[:1], branches[1:]))
        return self.let(f"load double, ptr {place}")

    def call(self, e: ast.Call) -> str:
        """A call of something that is known here."""
        if isinstance(e.func, ast.Attribute):
            name, of = e.func.attr, e.func.value
            assert isinstance(of, ast.Name)
            if of.id == "supply":
                return self.let(f"call double @{name}(ptr %supply)")
        else:
            assert isinstance(e.func, ast.Name)
            name = e.func.id
        given = ["ptr %supply" if is_supply(a) else f"double {self.number(a)}" for a in e.args]
        if name == "min":
            a, b = [text.removeprefix("double ") for text in given]
            less = self.let(f"fcmp olt double {b}, {a}")
            return self.let(f"select i1 {less}, double {b}, double {a}")
        if name in INTRINSICS:
            name = f"llvm.{INTRINSICS[name]}.f64"
        elif name not in LIBRARY:
            self.callees.append(name)
        return self.let(f"call double @{name}({', '.join(given)})")


def is_supply(e: ast.expr) -> bool:
    """Whether an argument is the supply."""
    return isinstance(e, ast.Name) and e.id == "supply"


def module_of(source: ModuleType, names: list[str]) -> str:
    """The IR of a function `draw<name>` for each rule of these names in a module of ours.

    It goes on from element `start` until the supply lacks a number, and returns where it is:
    `i64 draw(object supply, object columns, object out, i64 start, i64 n)`; a column of n doubles
    for each argument of the rule.
    """
    known = vars(source)
    rules: dict[str, Rule] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in rules:
            rules[name] = Rule(known[name], known)
            waiting += rules[name].callees
    declared = [f"declare double @llvm.{f}.f64(double)" for f in INTRINSICS.values()]
    for name, n in LIBRARY.items():
        declared.append(f"declare double @{name}({', '.join(['double'] * n)})")
    drivers = [driver(name, len(rules[name].parameters) - 1) for name in names]
    return "\n".join([*declared, SUPPLY, *[r.text for r in rules.values()], *drivers])


def driver(name: str, count: int) -> str:
    """The function that draws one number after the other by a rule of so many arguments."""
    given, loads = ["ptr %supply"], []
    for k in range(count):
        loads += [
            f"%o{k} = mul i64 %n, {k}", f"%i{k} = add i64 %o{k}, %i",
            f"%p{k} = getelementptr double, ptr %columns, i64 %i{k}",
            f"%x{k} = load double, ptr %p{k}",
        ]  # fmt: skip
        given.append(f"double %x{k}")
    arguments = {"GIVEN": ", ".join(given), "LOADS": "\n".join(loads)}
    return Template(DRIVER).substitute(NAME=name, DATA=layout.DATA, **arguments)


DRIVER = """
define i64 @draw$NAME(ptr %a, ptr %b, ptr %c, i64 %start, i64 %n) nounwind {
entry:
%supply_at = getelementptr i8, ptr %a, i64 $DATA
%supply = load ptr, ptr %supply_at
%columns_at = getelementptr i8, ptr %b, i64 $DATA
%columns = load ptr, ptr %columns_at
%out_at = getelementptr i8, ptr %c, i64 $DATA
%out = load ptr, ptr %out_at
%used_at = getelementptr i64, ptr %supply, i64 1
%lacking_at = getelementptr i64, ptr %supply, i64 3
%left_at = getelementptr i64, ptr %supply, i64 4
%kept_at = getelementptr i64, ptr %supply, i64 5
br label %head
head:
%i = phi i64 [%start, %entry], [%next, %keep]
%more = icmp slt i64 %i, %n
br i1 %more, label %one, label %done
one:
%used = load i64, ptr %used_at
%left = load i64, ptr %left_at
%kept = load i64, ptr %kept_at
$LOADS
%value = call double @$NAME($GIVEN)
%lacks = load i64, ptr %lacking_at
%enough = icmp eq i64 %lacks, 0
br i1 %enough, label %keep, label %undo
keep:
%place = getelementptr double, ptr %out, i64 %i
store double %value, ptr %place
%next = add i64 %i, 1
br label %head
undo:
store i64 0, ptr %lacking_at
store i64 %used, ptr %used_at
store i64 %left, ptr %left_at
store i64 %kept, ptr %kept_at
br label %done
done:
%reached = phi i64 [%n, %head], [%i, %undo]
ret i64 %reached
}
"""
