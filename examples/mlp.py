"""A multilayer perceptron tells the arms of two spirals apart.

Shows `Dataset`, `DataLoader`, `random_split`, dropout, a learning-rate schedule and evaluation.
"""

import argparse
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Spirals(Dataset):
    """Points on two arms that wind around each other, with noise."""

    def __init__(self, size, noise=0.15):
        t = torch.sqrt(torch.rand(size)) * 3 * math.pi
        self.labels = torch.arange(size) % 2
        turned = t + math.pi * self.labels
        points = torch.stack([t * turned.cos(), t * turned.sin()], dim=1)
        self.points = (points + noise * torch.randn_like(points)) / (3 * math.pi)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        return self.points[i], self.labels[i]


class MLP(nn.Module):
    def __init__(self, hidden, dropout=0.05):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 2),
        )

    def forward(self, x):
        return self.layers(x)


@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    loss, correct, count = 0.0, 0, 0
    for points, labels in loader:
        logits = model(points)
        loss += criterion(logits, labels).item() * len(labels)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    model.train()
    return loss / count, correct / count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    data = Spirals(args.size)
    held_out = args.size // 5
    train, test = random_split(data, [args.size - held_out, held_out])
    train_loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(test, batch_size=200)

    model = MLP(args.hidden)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
    print(f"{sum(p.numel() for p in model.parameters())} parameters")

    for epoch in range(1, args.epochs + 1):
        running = 0.0
        for points, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(points), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        test_loss, accuracy = evaluate(model, test_loader, criterion)
        print(
            f"epoch {epoch:3d} | lr {scheduler.get_last_lr()[0]:.4f} | "
            f"train {running / len(train_loader):.4f} | test {test_loss:.4f} | {accuracy:.1%}"
        )
        scheduler.step()


if __name__ == "__main__":
    main()
