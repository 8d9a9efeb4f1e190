"""A diffusion model learns to turn noise into points on a Swiss roll.

Shows buffers, embeddings of time, an average of the weights, and sampling step by step.
"""

import argparse
import copy
import math

import torch
from torch import nn
from torch.nn import functional as F


def swiss_roll(count):
    """Points of (count, 2) along a spiral."""
    angle = 1.5 * math.pi * (1 + 2 * torch.rand(count))
    points = angle[:, None] * torch.stack([angle.cos(), angle.sin()], dim=-1)
    return points / 10 + 0.02 * torch.randn(count, 2)


class TimeEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        half = dim // 2
        frequencies = torch.exp(-math.log(10000) * torch.arange(half) / (half - 1))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t):
        angles = t[:, None].float() * self.frequencies[None, :]
        return torch.cat((angles.sin(), angles.cos()), dim=-1)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.time = nn.Linear(dim, 2 * dim)
        self.linear = nn.Linear(dim, dim)

    def forward(self, x, emb):
        scale, shift = self.time(F.silu(emb)).chunk(2, dim=-1)
        h = self.norm(x) * (1 + scale) + shift
        return x + self.linear(F.gelu(h))


class Denoiser(nn.Module):
    def __init__(self, dim, blocks):
        super().__init__()
        self.start = nn.Linear(2, dim)
        self.embedding = nn.Sequential(TimeEmbedding(dim), nn.Linear(dim, dim), nn.SiLU())
        self.blocks = nn.ModuleList(Block(dim) for _ in range(blocks))
        self.end = nn.Linear(dim, 2)
        nn.init.zeros_(self.end.weight)

    def forward(self, x, t):
        emb = self.embedding(t)
        x = self.start(x)
        for block in self.blocks:
            x = block(x, emb)
        return self.end(x)


class Diffusion(nn.Module):
    def __init__(self, timesteps):
        super().__init__()
        self.timesteps = timesteps
        betas = torch.linspace(1e-4, 0.02 * 200 / timesteps, timesteps)
        alphas_bar = torch.cumprod(1 - betas, dim=0)
        self.register_buffer("betas", betas)
        self.register_buffer("alphas_bar", alphas_bar)
        self.register_buffer("sqrt_alphas_bar", alphas_bar.sqrt())
        self.register_buffer("sqrt_one_minus", (1 - alphas_bar).sqrt())

    def loss(self, model, x0):
        t = torch.randint(0, self.timesteps, (x0.shape[0],))
        noise = torch.randn_like(x0)
        x = self.sqrt_alphas_bar[t, None] * x0 + self.sqrt_one_minus[t, None] * noise
        return F.mse_loss(model(x, t), noise)

    @torch.no_grad()
    def sample(self, model, count):
        x = torch.randn(count, 2)
        for i in reversed(range(self.timesteps)):
            t = torch.full((count,), i, dtype=torch.long)
            beta = self.betas[i]
            x = (x - beta / self.sqrt_one_minus[i] * model(x, t)) / torch.sqrt(1 - beta)
            if i > 0:
                x += beta.sqrt() * torch.randn_like(x)
        return x


@torch.no_grad()
def update_ema(ema, model, decay=0.99):
    for averaged, p in zip(ema.parameters(), model.parameters(), strict=True):
        averaged.lerp_(p, 1 - decay)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--timesteps", type=int, default=50)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    model = Denoiser(args.dim, blocks=3)
    ema = copy.deepcopy(model).eval().requires_grad_(False)
    diffusion = Diffusion(args.timesteps)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.steps)
    for step in range(1, args.steps + 1):
        loss = diffusion.loss(model, swiss_roll(args.batch_size))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        update_ema(ema, model)
        if step % args.log_every == 0:
            print(f"step {step}: loss {loss.item():.4f}")

    made = diffusion.sample(ema, 256)
    nearest = torch.cdist(made, swiss_roll(2000)).amin(dim=1)
    print(f"mean distance to the roll {nearest.mean().item():.4f}, spread {made.std().item():.4f}")


if __name__ == "__main__":
    main()
