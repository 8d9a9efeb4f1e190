"""Random programs with more in them: optimizers, masks, views of views, hooks, failures half-way.

They are played by the same rules as those of `programs.py`: what PyTorch refuses is left out.
"""

from __future__ import annotations

import random

import programs
from programs import Instruction

KINDS = (
    ["unary"] * 2 + ["binary"] * 4 + ["number"] * 2 + ["inplace"] * 3 + ["inplace_number"] * 2
    + ["view"] * 3 + ["subview"] * 4 + ["setitem"] + ["backward"] * 4 + ["item"] * 2
    + ["optimizer"] * 4 + ["zero_grad"] * 2 + ["grad"] * 2 + ["branch"] + ["keep"] * 2
    + ["nograd_inplace"] + ["data"] + ["use_grad"] * 2 + ["mask"] * 2 + ["gather"] * 2
    + ["joined"] * 2 + ["matmul"] * 2 + ["reduced"] * 2 + ["fail"] * 2 + ["hook"] + ["retained"]
    + ["copied"] + ["toggled"] + ["custom"] * 2 + ["block"] * 2 + ["text"] + ["new_grad"]
    + ["out"] + ["cut"] + ["exchange"] + ["reshaped"] * 3 + ["numbered"] * 2 + ["lengths"]
)  # fmt: skip


def make(seed, length=16):
    """A random program: instructions and the number of times it is repeated."""
    r = random.Random(seed + 1_000_000)
    names = {"unary": programs.UNARY, "binary": programs.BINARY, "number": programs.BINARY,
             "inplace": programs.INPLACE, "inplace_number": ("mul_", "add_", "sub_"),
             "view": programs.VIEWS, "nograd_inplace": ("mul_", "add_"),
             "subview": ("half", "transposed", "flat", "narrow", "select", "chunk", "diagonal",
                         "expanded", "split", "squeezed"),
             "optimizer": ("SGD", "Adam", "momentum"), "mask": ("get", "set", "fill", "where"),
             "gather": ("rows", "put", "along", "add"), "joined": ("cat", "stack"),
             "reduced": ("sum", "mean", "max", "softmax", "cumsum"),
             "reshaped": ("unsqueeze_", "squeeze_", "transpose_")}  # fmt: skip
    program = []
    for _ in range(r.randint(6, length)):
        kind = r.choice(KINDS)
        name = r.choice(names.get(kind, ("",)))
        number = r.choice((0.5, 2.0, -1.0, 0.25, 1, 3))
        places = [r.randrange(8) for _ in range(3)]
        program.append(Instruction(kind, name, *places, number))
    return program, r.randint(1, 6)


class Player(programs.Player):
    """Runs a richer program."""

    def __init__(self, torch, seed, dtype):
        super().__init__(torch, seed, dtype)
        sgd, adam = torch.optim.SGD, torch.optim.Adam
        self.optimizers = {
            "SGD": sgd(self.leaves, lr=0.05, weight_decay=0.01),
            "momentum": sgd(self.leaves[:1], lr=0.05, momentum=0.9, nesterov=True),
            "Adam": adam(self.leaves, lr=0.02),
        }
        self.handles = []
        self.functions = functions(torch)
        self.turn = 0
        self.memory = torch.zeros(6, 4, dtype=self.pool[0].dtype)

    def optimizer(self, i):
        optimizer = self.optimizers[i.name]
        optimizer.step()
        if i.number == 2.0:
            optimizer.param_groups[0]["lr"] *= 0.9
        if i.number in (1, 3):
            optimizer.zero_grad()

    def subview(self, i):
        x = self.pool[i.a]
        last = x.dim() - 1
        if x.dim() == 0:
            self.pool[i.out] = x.view(1)
            return
        self.pool[i.out] = {
            "half": lambda: x[: max(1, x.shape[0] // 2)],
            "transposed": lambda: x.transpose(0, last),
            "flat": lambda: x.view(-1),
            "narrow": lambda: x.narrow(last, 0, max(1, x.shape[last] - 1)),
            "select": lambda: x.select(last, 0),
            "chunk": lambda: x.chunk(2)[0],
            "diagonal": lambda: x.diagonal(),
            "expanded": lambda: x[..., None].expand(*x.shape, 2),
            "split": lambda: x.split(1)[-1],
            "squeezed": lambda: x.unsqueeze(0).squeeze(),
        }[i.name]()

    def reshaped(self, i):
        """Another shape for a tensor itself."""
        x = self.pool[i.a]
        places = {"unsqueeze_": (i.b % (x.dim() + 1),), "squeeze_": (), "transpose_": (0, -1)}
        getattr(x, i.name)(*places[i.name])

    def setitem(self, i):
        if 0 not in self.pool[i.a].stride():  # rushlight does not write through expanded views
            super().setitem(i)

    def mask(self, i):
        x = self.matrix(i.a)
        chosen = x > 0.1
        if i.name == "get":
            self.pool[i.out] = x[chosen].sum() * x
        elif i.name == "set":
            x[chosen] = i.number
        elif i.name == "fill":
            x.masked_fill_(chosen, i.number)
        else:
            self.pool[i.out] = self.torch.where(chosen, x, self.matrix(i.b))

    def gather(self, i):
        x = self.matrix(i.a)
        rows = self.torch.tensor([i.b % 3, 0, 1])
        if i.name == "rows":
            self.pool[i.out] = x[rows]
        elif i.name == "put":
            x[rows[:1]] = self.matrix(i.b)[1:2]
        elif i.name == "along":
            self.pool[i.out] = x.gather(0, rows[:, None].expand(3, 4))
        else:
            self.pool[i.out] = x.index_add(0, rows, self.matrix(i.b))

    def joined(self, i):
        a, b = self.matrix(i.a), self.matrix(i.b)
        if i.name == "cat":
            self.pool[i.out] = self.torch.cat([a[:1], b[1:]])
        else:
            self.pool[i.out] = self.torch.stack([a, b])[1]

    def matmul(self, i):
        a, b = self.matrix(i.a), self.matrix(i.b)
        self.pool[i.out] = a @ (b.t() @ a) * 0.1

    def reduced(self, i):
        x = self.matrix(i.a)
        self.pool[i.out] = {
            "sum": lambda: x - x.sum(1, keepdim=True) * 0.1,
            "mean": lambda: x * x.mean(0),
            "max": lambda: x.max(1)[0],
            "softmax": lambda: x.softmax(1),
            "cumsum": lambda: x.cumsum(0) * 0.5,
        }[i.name]()

    def fail(self, i):
        """Something that no framework does; the program goes on."""
        for attempt in (
            lambda: self.matrix(i.a) + self.torch.ones(7, dtype=self.leaves[0].dtype),
            lambda: self.matrix(i.a)[9],
            lambda: self.leaves[0].add_(1),
            lambda: self.matrix(i.b).backward(),
            lambda: self.pool[i.b].view(77),
        ):
            try:
                attempt()
            except (RuntimeError, IndexError):
                self.seen.append(True)
            else:
                self.seen.append(False)

    def hook(self, i):
        x = self.matrix(i.a) * 1  # not on what was changed in place: PyTorch may crash
        if x.requires_grad:
            self.handles.append(x.register_hook(lambda g: g * i.number))
            self.pool[i.out] = x
            if i.b == 0:
                self.handles.pop().remove()

    def retained(self, i):
        x = self.matrix(i.a) * 1
        if x.requires_grad:
            x.retain_grad()
            self.kept.append(x)
            (x * x).mean().backward()
            self.look(x.grad)

    def copied(self, i):
        x = self.pool[i.a].detach()
        self.pool[i.out] = x.clone() if i.number == 1 else x * 1

    def toggled(self, i):
        x = self.pool[i.a].detach().clone().requires_grad_()
        (x * x).sum().backward()
        self.look(x.grad)
        self.pool[i.out] = x if i.number == 1 else x.detach()

    def custom(self, i):
        self.pool[i.out] = self.functions[i.b % 2].apply(self.matrix(i.a))

    def block(self, i):
        """A stretch without history in which an exception ends it."""
        try:
            with self.torch.no_grad():
                y = self.matrix(i.a) * i.number
                self.leaves[i.b % 2].mul_(0.99)
                if i.number == 1:
                    raise KeyError("half-way")
                self.pool[i.out] = y + 1
        except KeyError:
            self.seen.append(self.torch.is_grad_enabled())

    def text(self, i):
        x = self.pool[i.a]
        text = f"{x.shape} {x.requires_grad} {x.dtype} {(x.sum() > 0).item()}"
        self.seen.append((text,))

    def new_grad(self, i):
        leaf = self.leaves[i.a % 2]
        leaf.grad = self.matrix(i.b).detach().clone()

    def out(self, i):
        x = self.matrix(i.a).detach()
        room = self.torch.zeros(3, 4, dtype=x.dtype)
        self.torch.mul(x, 2, out=room)
        self.pool[i.out] = room

    def cut(self, i):
        """A loop that carries a state over its steps, cut now and then."""
        h = self.matrix(i.a)
        for k in range(3):
            h = (h * self.leaves[0]).tanh()
            if k == i.b % 3:
                h = h.detach()
        self.pool[i.out] = h

    def numbered(self, i):
        """What a loop does at a place that is another one each time."""
        self.turn += 1
        t = self.turn % 6
        x = self.matrix(i.a)
        self.memory[t] = x.detach()[t % 3] if i.number != 1 else i.number
        if i.b % 2:
            self.memory[t // 2, 1 : t + 1] = (
                self.memory[t - 1, 1 : t + 1] + x.detach()[0, 1 : t + 1]
            )
        self.pool[i.out] = x[t % 3] + x[:, t % 4].sum() + self.memory[-t]

    def lengths(self, i):
        """Of sequences whose number and lengths differ from time to time."""
        self.turn += 1
        x, n = self.matrix(i.a), 4 + self.turn % 3
        parts = [x.detach()[k % 3, : 1 + (k + self.turn) % 4] for k in range(n)]
        padded = self.torch.nn.utils.rnn.pad_sequence(parts, padding_value=0.5)
        scale = self.torch.cat(parts).sum() + padded.sum()
        self.pool[i.out] = x[self.matrix(i.b).detach()[:, 0] > 0].sum() * x * 0.1 + scale * 0.01

    def forget(self):
        """Cut all histories: PyTorch's gradients would silently mix old and new `data`."""
        for k, x in enumerate(self.pool):
            if x.requires_grad and not x.is_leaf:
                self.pool[k] = x.detach()

    def data(self, i):
        self.forget()
        super().data(i)

    def exchange(self, i):
        self.forget()
        leaf = self.leaves[i.a % 2]
        leaf.data = leaf.data * 0.9


def functions(torch):
    """Two custom functions."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    return Double, Square
