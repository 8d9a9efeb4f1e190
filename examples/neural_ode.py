"""A neural ordinary differential equation learns a spiral.

Shows a solver of one's own, the adjoint method as `autograd.Function`, and many small products.
"""

import argparse

import torch
import torch.nn as nn
import torch.optim as optim

TRUE_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])


class Spiral(nn.Module):
    """What is to be learned."""

    def forward(self, t, y):
        return torch.mm(y**3, TRUE_A)


class ODEFunc(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y**3)


def rk4_step(func, t, dt, y):
    k1 = func(t, y)
    k2 = func(t + dt / 2, y + dt * k1 / 2)
    k3 = func(t + dt / 2, y + dt * k2 / 2)
    k4 = func(t + dt, y + dt * k3)
    return y + dt * (k1 + 2 * k2 + 2 * k3 + k4) / 6


def odeint(func, y0, t):
    """The states at the times `t`, by the classic Runge-Kutta method."""
    states = [y0]
    for t0, t1 in zip(t[:-1], t[1:], strict=True):
        states.append(rk4_step(func, t0, t1 - t0, states[-1]))
    return torch.stack(states)


class Adjoint(torch.autograd.Function):
    """`odeint` whose gradient solves an equation backwards in time: it stores only the states."""

    @staticmethod
    def forward(ctx, func, y0, t, *params):
        with torch.no_grad():
            states = odeint(func, y0, t)
        ctx.func = func
        ctx.save_for_backward(t, states, *params)
        return states

    @staticmethod
    def backward(ctx, grad_states):
        t, states, *params = ctx.saved_tensors
        adjoint = torch.zeros_like(states[0])
        totals = [torch.zeros_like(p) for p in params]
        for i in range(len(t) - 1, 0, -1):
            adjoint = adjoint + grad_states[i]
            with torch.enable_grad():
                y = states[i - 1].detach().requires_grad_(True)
                out = rk4_step(ctx.func, t[i - 1], t[i] - t[i - 1], y)
            adjoint, *grads = torch.autograd.grad(out, (y, *params), adjoint)
            totals = [total + g for total, g in zip(totals, grads, strict=True)]
        return None, adjoint + grad_states[0], None, *totals


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--data-size", type=int, default=200)
    parser.add_argument("--batch-time", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--hidden", type=int, default=50)
    parser.add_argument("--adjoint", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    true_y0 = torch.tensor([[2.0, 0.0]])
    t = torch.linspace(0.0, 10.0, args.data_size)
    with torch.no_grad():
        true_y = odeint(Spiral(), true_y0, t)

    func = ODEFunc(args.hidden)
    optimizer = optim.RMSprop(func.parameters(), lr=3e-3)
    batch_t = t[: args.batch_time]
    for step in range(1, args.steps + 1):
        s = torch.randperm(args.data_size - args.batch_time)[: args.batch_size]
        batch_y0 = true_y[s]  # (batch, 1, 2)
        batch_y = torch.stack([true_y[s + i] for i in range(args.batch_time)], dim=0)
        optimizer.zero_grad()
        if args.adjoint:
            pred_y = Adjoint.apply(func, batch_y0, batch_t, *func.parameters())
        else:
            pred_y = odeint(func, batch_y0, batch_t)
        loss = torch.mean(torch.abs(pred_y - batch_y))
        loss.backward()
        optimizer.step()
        if step % args.log_every == 0:
            print(f"iter {step} | loss {loss.item():.6f}")

    with torch.no_grad():
        pred_y = odeint(func, true_y0, t)
        print(f"whole spiral | loss {torch.mean(torch.abs(pred_y - true_y)).item():.6f}")


if __name__ == "__main__":
    main()
