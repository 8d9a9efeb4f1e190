"""A table of optimizers and options, and a small problem on which two frameworks try them."""

from __future__ import annotations

import numpy as np

CASES = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05, "nesterov": True}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "dampening": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.8)}),
    ("Adam", {"lr": 0.05, "eps": 0.1}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "maximize": True, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True}),
    ("AdamW", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-3, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.8}),
    ("RMSprop", {"lr": 0.02, "centered": True}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.02, "eps": 0.01, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.1}),
    ("Adagrad", {"lr": 0.3, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.3, "weight_decay": 0.1, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.02, "lambd": 0.1, "t0": 5, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.02, "etas": (0.4, 1.5), "step_sizes": (1e-3, 0.2), "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.02, "weight_decay": 0.1, "d": 1.5, "beta2_decay": -0.5}),
    ("Adafactor", {"eps": (1e-4, 0.1), "maximize": True}),
]


def name_of(case):
    """A case in a few words."""
    name, options = case
    return "-".join([name, *[f"{key}={value}" for key, value in options.items()]])


class Problem:
    """A small network on fixed data: its parameters and its loss, in one framework."""

    def __init__(self, torch, dtype="float64", seed=0):
        random = np.random.default_rng(seed)
        self.torch = torch
        self.dtype = getattr(torch, dtype)
        self.x, self.y = self.constant(random, 6, 3), self.constant(random, 6, 1)
        self.w, self.b = self.parameter(random, 3, 4), self.parameter(random, 4)
        self.v = self.parameter(random, 4, 1)
        self.params = [self.w, self.b, self.v]

    def constant(self, random, *shape):
        return self.torch.tensor(random.normal(size=shape), dtype=self.dtype)

    def parameter(self, random, *shape):
        return self.constant(random, *shape).requires_grad_()

    def loss(self):
        hidden = self.torch.tanh(self.x @ self.w + self.b)
        return ((hidden @ self.v - self.y) ** 2).mean()

    def values(self):
        return [np.array(p.detach().numpy()) for p in self.params]


def steps(torch, problem, optimizer, count, change=None):
    """The parameters after each of `count` steps; `change(k, optimizer)` may meddle before each."""
    seen = []
    for k in range(count):
        if change is not None:
            change(k, optimizer)
        optimizer.zero_grad()
        problem.loss().backward()
        optimizer.step()
        seen.append(problem.values())
    return seen


def plain(torch, value):
    """A state dict with arrays in the place of tensors."""
    if isinstance(value, torch.Tensor):
        return np.array(value.detach().numpy())
    if isinstance(value, dict):
        return {key: plain(torch, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([plain(torch, item) for item in value])
    return value


def tensors(torch, value):
    """The opposite: arrays turned into tensors of a framework."""
    if isinstance(value, np.ndarray):
        return torch.tensor(value)
    if isinstance(value, dict):
        return {key: tensors(torch, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([tensors(torch, item) for item in value])
    return value
