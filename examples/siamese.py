"""A siamese network learns which signatures are by the same hand.

Shows shared weights, a loss of one's own, `pairwise_distance`, and `TripletMarginLoss`.
"""

import argparse

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Signatures(Dataset):
    """Pairs of wavy lines: 1 if they were written by the same writer."""

    def __init__(self, pairs, writers=12, length=64):
        self.pairs, self.writers = pairs, writers
        self.time = torch.linspace(0, 2 * torch.pi, length)
        self.amplitude = torch.rand(writers, 4)
        self.phase = torch.rand(writers, 4) * 2 * torch.pi
        self.first = torch.randint(writers, (pairs,))
        other = torch.randint(1, writers, (pairs,))
        self.same = torch.rand(pairs).lt(0.5)
        self.second = torch.where(self.same, self.first, (self.first + other) % writers)

    def __len__(self):
        return self.pairs

    def write(self, writer):
        waves = torch.arange(1, 5).unsqueeze(1) * self.time + self.phase[writer].unsqueeze(1)
        line = (self.amplitude[writer].unsqueeze(1) * waves.sin()).sum(0)
        return (line + 0.2 * torch.randn_like(line)).unsqueeze(0)

    def __getitem__(self, i):
        return self.write(self.first[i]), self.write(self.second[i]), self.same[i].float()


class SiameseNetwork(nn.Module):
    def __init__(self, width=16, embedding=8):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv1d(1, width, 5, padding=2),
            nn.PReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(width, 2 * width, 5, padding=2),
            nn.GroupNorm(4, 2 * width),
            nn.SiLU(),
            nn.AvgPool1d(2),
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.LazyLinear(embedding))

    def forward_once(self, x):
        return F.normalize(self.fc(self.cnn(x)), dim=1)

    def forward(self, a, b):
        return self.forward_once(a), self.forward_once(b)


class ContrastiveLoss(nn.Module):
    """Same ones are drawn together, others pushed apart up to a margin."""

    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        distance = F.pairwise_distance(a, b)
        apart = torch.clamp(self.margin - distance, min=0.0)
        return torch.mean(same * distance.pow(2) + (1 - same) * apart.pow(2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=800)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    dataset = Signatures(args.pairs)
    # The lines are the same in every epoch: they are written once.
    written = list(DataLoader(dataset, batch_size=args.batch_size, drop_last=True))
    model = SiameseNetwork()
    model(*written[0][:2])  # a lazy layer learns its size
    criterion = ContrastiveLoss()
    triplet = nn.TripletMarginLoss(margin=0.5)
    optimizer = torch.optim.NAdam(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for a, b, same in written:
            out1, out2 = model(a, b)
            loss = criterion(out1, out2, same)
            # Somebody else's line is most likely the next one in the batch.
            loss = loss + 0.1 * triplet(out1[same > 0], out2[same > 0], out1.roll(1, 0)[same > 0])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(written):.4f}")

    model.eval()
    with torch.no_grad():
        a, b, same = (torch.cat(parts) for parts in zip(*written, strict=True))
        distance = F.pairwise_distance(*model(a, b))
    near, far = distance[same == 1], distance[same == 0]
    right = ((distance < 0.5) == same.bool()).float().mean()
    print(f"same {near.mean():.4f}, other {far.mean():.4f}, told apart {right:.3f}")


if __name__ == "__main__":
    main()
