"""L-BFGS fits a damped oscillation to noisy measurements.

Shows a module of a few named parameters, closures, double precision and a covariance of the fit.
"""

import argparse

import torch
from torch import nn


class Oscillation(nn.Module):
    """a exp(-k t) sin(w t + p) + c"""

    def __init__(self):
        super().__init__()
        self.amplitude = nn.Parameter(torch.tensor(1.0))
        self.decay = nn.Parameter(torch.tensor(0.1))
        self.frequency = nn.Parameter(torch.tensor(2.2))
        self.phase = nn.Parameter(torch.zeros(()))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, t):
        wave = torch.sin(self.frequency * t + self.phase)
        return self.amplitude * torch.exp(-self.decay * t) * wave + self.offset


def uncertainty(model, t, noise):
    """The standard deviation of each parameter, from the Jacobian of the model."""
    names = [name for name, _ in model.named_parameters()]
    rows = []
    for value in model(t):
        gradients = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
        rows.append(torch.stack(gradients))
    jacobian = torch.stack(rows)
    covariance = noise**2 * torch.linalg.inv(jacobian.T @ jacobian)
    return dict(zip(names, covariance.diagonal().sqrt().tolist(), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--noise", type=float, default=0.1)
    parser.add_argument("--max-iter", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_default_dtype(torch.float64)
    t = torch.linspace(0, 10, args.points)
    truth = 1.5 * torch.exp(-0.25 * t) * torch.sin(2 * t + 0.5) + 0.3
    y = truth + args.noise * torch.randn(args.points)

    model = Oscillation()
    criterion = nn.HuberLoss(delta=0.5)
    optimizer = torch.optim.LBFGS(
        model.parameters(), lr=1.0, max_iter=args.max_iter, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = criterion(model(t), y)
        loss.backward()
        return loss

    for step in range(1, args.steps + 1):
        loss = optimizer.step(closure)
        print(f"step {step}: loss {loss.item():.6f}")

    deviations = uncertainty(model, t[:: max(1, args.points // 50)], args.noise)
    for name, p in model.named_parameters():
        print(f"{name:9s} = {p.item():.4f} ± {deviations[name]:.4f}")
    torch.set_default_dtype(torch.float32)


if __name__ == "__main__":
    main()
