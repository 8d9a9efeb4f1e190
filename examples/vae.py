"""A variational autoencoder of pictures of blobs.

Shows the reparametrisation trick, two-part losses, and samples from the prior.
"""

import argparse

import torch
from torch import nn, optim
from torch.nn import functional as F

SIDE = 28


def blobs(count):
    """Pictures of (count, 784): an ellipse each, bright in the middle."""
    grid = torch.linspace(-1, 1, SIDE)
    x = grid.view(1, 1, SIDE)
    y = grid.view(1, SIDE, 1)
    place = torch.rand(2, count, 1, 1) - 0.5
    width = 0.15 + 0.3 * torch.rand(2, count, 1, 1)
    angle = torch.rand(count, 1, 1) * torch.pi
    dx, dy = x - place[0], y - place[1]
    u = (angle.cos() * dx + angle.sin() * dy) / width[0]
    v = (angle.cos() * dy - angle.sin() * dx) / width[1]
    return torch.exp(-(u**2 + v**2)).reshape(count, -1)


class VAE(nn.Module):
    def __init__(self, hidden=200, latent=8):
        super().__init__()
        self.latent = latent
        self.fc1 = nn.Linear(SIDE * SIDE, hidden)
        self.fc21 = nn.Linear(hidden, latent)
        self.fc22 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent, hidden)
        self.fc4 = nn.Linear(hidden, SIDE * SIDE)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon, x, mu, logvar):
    """What reconstruction costs, and how far the codes are from a standard normal."""
    bce = F.binary_cross_entropy(recon, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld, kld


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    data = blobs(args.size)
    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    for step in range(1, args.steps + 1):
        batch = data[torch.randint(len(data), (args.batch_size,))]
        recon, mu, logvar = model(batch)
        loss, kld = loss_function(recon, batch, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % args.log_every == 0:
            per = args.batch_size
            print(f"step {step}: loss {loss.item() / per:.3f}, of it KL {kld.item() / per:.4f}")

    model.eval()
    with torch.no_grad():
        sample = model.decode(torch.randn(16, model.latent))
        error = F.mse_loss(model.decode(model.encode(data)[0]), data)
    print(f"reconstruction error {error.item():.5f}")
    print(f"brightness of samples: {sample.mean():.4f} ± {sample.mean(dim=1).std():.4f}")


if __name__ == "__main__":
    main()
