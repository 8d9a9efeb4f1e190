"""A generative adversarial network learns a ring of eight Gaussians.

Shows two models with two optimizers, `detach`, and `BCEWithLogitsLoss`.
"""

import argparse
import math

import torch
import torch.nn as nn


def real_points(count, modes=8, radius=2.0, spread=0.05):
    """Points near one of the centres on a circle."""
    angle = torch.randint(modes, (count,)) * (2 * math.pi / modes)
    centres = radius * torch.stack((torch.cos(angle), torch.sin(angle)), dim=1)
    return centres + spread * torch.randn(count, 2)


def generator(latent, hidden):
    return nn.Sequential(
        nn.Linear(latent, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, 2),
    )


def discriminator(hidden):
    return nn.Sequential(
        nn.Linear(2, hidden),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(hidden, 1),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--log-every", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--latent", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    G = generator(args.latent, args.hidden)
    D = discriminator(args.hidden)
    criterion = nn.BCEWithLogitsLoss()
    optimizer_g = torch.optim.Adam(G.parameters(), lr=args.lr, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=args.lr, betas=(0.5, 0.999))
    real_label = torch.ones(args.batch_size, 1)
    fake_label = torch.zeros(args.batch_size, 1)

    for step in range(1, args.steps + 1):
        # The discriminator: real ones are to be called 1, made ones 0.
        real = real_points(args.batch_size)
        fake = G(torch.randn(args.batch_size, args.latent))
        D.zero_grad()
        loss_real = criterion(D(real), real_label)
        loss_fake = criterion(D(fake.detach()), fake_label)
        loss_d = loss_real + loss_fake
        loss_d.backward()
        optimizer_d.step()

        # The generator: what it makes is to be called 1.
        G.zero_grad()
        score = D(fake)
        loss_g = criterion(score, real_label)
        loss_g.backward()
        optimizer_g.step()

        if step % args.log_every == 0:
            print(
                f"[{step}/{args.steps}] loss_D {loss_d.item():.4f} loss_G {loss_g.item():.4f} "
                f"D(G(z)) {torch.sigmoid(score).mean().item():.4f}"
            )

    with torch.no_grad():
        made = G(torch.randn(1000, args.latent))
        distance = torch.cdist(made, real_points(1000)).min(dim=1).values
    print(f"mean radius {made.norm(dim=1).mean():.4f}, distance to data {distance.mean():.4f}")


if __name__ == "__main__":
    main()
