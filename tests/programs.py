"""Random programs: the same instructions run by rushlight and by PyTorch, compared value by value.

A program is a list of instructions over a pool of tensors, run several times over like a training
loop: views, in-place changes, branches on values, gradients that accumulate, results that are held
for a while. What PyTorch refuses to do is left out of the program.
"""

from __future__ import annotations

import random

import numpy as np

UNARY = ("neg", "relu", "square", "clone", "tanh", "sigmoid", "exp", "abs")
BINARY = ("add", "sub", "mul")
INPLACE = ("mul_", "add_", "sub_", "copy_")
VIEWS = ("row", "column", "slice", "t", "flat", "detach", "unsqueezed")


class Instruction:
    """One step: what to do (`kind`, `name`), on which tensors, with which constants."""

    def __init__(self, kind, name, a, b, out, number):
        self.kind, self.name, self.a, self.b, self.out, self.number = kind, name, a, b, out, number

    def __repr__(self):
        return f"{self.out} <- {self.kind} {self.name} {self.a} {self.b} {self.number}"


def make(seed, length=14):
    """A random program: instructions and the number of times it is repeated."""
    r = random.Random(seed)
    kinds = (
        ["unary"] * 4 + ["binary"] * 5 + ["number"] * 3 + ["inplace"] * 4 + ["inplace_number"] * 3
        + ["view"] * 5 + ["setitem"] * 2 + ["backward"] * 3 + ["item"] * 2 + ["update"] * 2
        + ["zero_grad"] * 2 + ["grad"] + ["branch"] + ["drop"] + ["keep"] * 2 + ["nograd_inplace"]
        + ["data"] + ["numpy"] + ["use_grad"]
    )  # fmt: skip
    names = {"unary": UNARY, "binary": BINARY, "number": BINARY, "inplace": INPLACE,
             "inplace_number": ("mul_", "add_", "sub_"), "view": VIEWS, "update": ("sgd",),
             "nograd_inplace": ("mul_", "add_")}  # fmt: skip
    program = []
    for _ in range(r.randint(5, length)):
        kind = r.choice(kinds)
        name = r.choice(names.get(kind, ("",)))
        number = r.choice((0.5, 2.0, -1.0, 0.25, 1, 3))
        program.append(
            Instruction(kind, name, r.randrange(8), r.randrange(8), r.randrange(8), number)
        )
    return program, r.randint(1, 6)


def start(torch, seed, dtype):
    """The pool a program starts with: two leaves that require grad and some that do not."""
    values = np.random.default_rng(seed)
    pool = []
    for k in range(8):
        array = values.uniform(-1, 1, (3, 4)).astype(dtype)
        tensor = torch.tensor(array)
        pool.append(tensor.requires_grad_() if k < 2 else tensor)
    return pool


class Player:
    """Runs a program with one framework; `seen` is everything that could be observed."""

    def __init__(self, torch, seed, dtype):
        self.torch = torch
        self.pool = start(torch, seed, dtype)
        self.leaves = self.pool[:2]
        self.kept = []
        self.seen = []

    def look(self, tensor):
        """Observe a tensor's values."""
        self.seen.append(np.array(tensor.detach().numpy()))

    def matrix(self, place):
        """A tensor of the pool as a 3-by-4 matrix, which all instructions expect."""
        tensor = self.pool[place]
        return tensor if tuple(tensor.shape) == (3, 4) else tensor.sum() * self.leaves[0].detach()

    def run(self, i):
        """Run one instruction."""
        getattr(self, i.kind)(i)

    def unary(self, i):
        self.pool[i.out] = getattr(self.matrix(i.a), i.name)()

    def binary(self, i):
        self.pool[i.out] = getattr(self.matrix(i.a), i.name)(self.matrix(i.b)) * 0.5

    def number(self, i):
        self.pool[i.out] = getattr(self.matrix(i.a), i.name)(i.number)

    def inplace(self, i):
        target = self.pool[i.a]
        value = self.matrix(i.b).mean() if tuple(target.shape) != (3, 4) else self.matrix(i.b)
        getattr(target, i.name)(value)

    def inplace_number(self, i):
        getattr(self.pool[i.a], i.name)(i.number)

    def nograd_inplace(self, i):
        with self.torch.no_grad():
            getattr(self.pool[i.a], i.name)(i.number)

    def data(self, i):
        d = self.pool[i.a].data
        d.mul_(0.75)

    def view(self, i):
        x = self.matrix(i.a)
        self.pool[i.out] = {
            "row": lambda: x[1], "column": lambda: x[:, 2], "slice": lambda: x[1:, ::2],
            "t": lambda: x.t(), "flat": lambda: x.view(-1) if x.is_contiguous() else x.reshape(-1),
            "detach": lambda: x.detach(), "unsqueezed": lambda: x[:, None],
        }[i.name]()  # fmt: skip

    def setitem(self, i):
        target = self.pool[i.a]
        value = self.matrix(i.b).mean() if i.number != 1 else i.number
        if target.dim() == 2:
            target[0, 1:] = value
        else:
            target[0] = value

    def loss(self, place):
        x = self.pool[place]
        return (x * x).mean() + x.sum() * 0.1

    def backward(self, i):
        loss = self.loss(i.a)
        if loss.requires_grad:
            loss.backward(retain_graph=i.number in (1, 3))
            self.pool[i.out] = loss if i.b < 3 else self.pool[i.out]

    def grad(self, i):
        loss = self.loss(i.a)
        if loss.requires_grad:
            grads = self.torch.autograd.grad(
                loss, self.leaves, create_graph=i.number == 3, allow_unused=True
            )
            for g in grads:
                if g is not None:
                    self.pool[i.out] = g

    def use_grad(self, i):
        g = self.leaves[i.a % 2].grad
        if g is not None:
            self.pool[i.out] = g

    def item(self, i):
        self.seen.append(self.pool[i.a].sum().item())

    def numpy(self, i):
        self.look(self.pool[i.a])

    def update(self, i):
        with self.torch.no_grad():
            for leaf in self.leaves:
                if leaf.grad is not None:
                    leaf -= 0.1 * leaf.grad

    def zero_grad(self, i):
        for leaf in self.leaves:
            if i.number == 1:
                leaf.grad = None
            elif leaf.grad is not None:
                leaf.grad.zero_()

    def branch(self, i):
        if self.pool[i.a].sum().item() > 0:
            self.pool[i.out] = self.matrix(i.b) * 0.5
        else:
            self.pool[i.out] = self.matrix(i.b) + 1

    def drop(self, i):
        fresh = np.full((3, 4), 0.3, np.float64)
        self.pool[i.out] = self.torch.tensor(fresh, dtype=self.leaves[0].dtype)

    def keep(self, i):
        self.kept.append(self.pool[i.a])

    def finish(self):
        """Look at everything that is left."""
        for tensor in [*self.pool, *self.kept]:
            self.look(tensor)
            self.seen.append(bool(tensor.requires_grad))
            self.seen.append(tuple(tensor.shape))
        for leaf in self.leaves:
            self.seen.append(leaf.grad is None)
            if leaf.grad is not None:
                self.look(leaf.grad)


def play(torch, seed, allowed=None, dtype=np.float64, make=make, player=Player):
    """What a program lets one see, and which of its steps went through (the rest is left out).

    With `allowed`, only those steps are run, and none may fail.
    """
    program, times = make(seed)
    player = player(torch, seed, dtype)
    done = []
    for time in range(times):
        for k, instruction in enumerate(program):
            step = (time, k)
            if allowed is not None:
                if step in allowed:
                    player.run(instruction)
                continue
            try:
                player.run(instruction)
            except (RuntimeError, IndexError):
                if instruction.kind in ("backward", "grad", "retained"):
                    return player, done  # gradients may be half collected: end here
            else:
                done.append(step)
    return player, done


def difference(ours, torch, seed, dtype=np.float64, make=make, player=Player):
    """None if both frameworks show the same for this program, else a description."""
    _, steps = play(torch, seed, None, dtype, make, player)
    expected, _ = play(torch, seed, set(steps), dtype, make, player)  # without what failed half-way
    try:
        got, _ = play(ours, seed, set(steps), dtype, make, player)
    except Exception as error:
        return f"seed {seed}: {error!r}"
    expected.finish()
    got.finish()
    exact = expected.seen
    if dtype is not np.float64:  # rounding errors grow with the program
        wide, _ = play(torch, seed, set(steps), np.float64, make, player)
        wide.finish()
        if [np.shape(a) for a in wide.seen] == [np.shape(a) for a in exact]:
            exact = wide.seen
    tolerance = 1e-9 if dtype is np.float64 else 1e-4
    if len(expected.seen) != len(got.seen):
        return f"seed {seed}: {len(got.seen)} observations instead of {len(expected.seen)}"
    for k, (a, b, c) in enumerate(zip(got.seen, expected.seen, exact, strict=True)):
        if isinstance(b, bool | tuple):
            same = a == b
        else:
            lost = np.isfinite(c) & ~np.isfinite(
                b
            )  # too large for this dtype: inf or nan, as it comes
            a, b, c = np.where(lost, 0, a), np.where(lost, 0, b), np.where(lost, 0, c)
            with np.errstate(invalid="ignore"):  # infinities
                rounding = np.max(np.abs(np.subtract(b, c)), initial=0)
            room = tolerance + (10 * rounding if np.isfinite(rounding) else 0)
            same = np.allclose(a, b, rtol=tolerance, atol=room, equal_nan=True)
        if not same:
            return f"seed {seed}: observation {k} is {a} instead of {b}"
    return None
