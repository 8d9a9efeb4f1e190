"""A convolutional network recognises shapes in small noisy pictures.

Shows convolutions, pooling, dropout of channels, `log_softmax` with `nll_loss`, Adadelta.
"""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

CLASSES = ["disc", "ring", "square", "frame", "cross", "stripes"]


def draw(count, size=28):
    """Pictures of (count, 1, size, size) and which shape each shows."""
    labels = torch.randint(len(CLASSES), (count,))
    centre = torch.empty(count, 2).uniform_(10, size - 10)
    radius = torch.empty(count, 1, 1).uniform_(5, 9)
    ys, xs = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    dy = ys - centre[:, 0].view(-1, 1, 1)
    dx = xs - centre[:, 1].view(-1, 1, 1)
    round_ = torch.hypot(dx, dy)
    square = torch.maximum(dx.abs(), dy.abs())
    shapes = torch.stack(
        [
            round_ < radius,
            (round_ < radius) & (round_ > radius - 2.5),
            square < radius,
            (square < radius) & (square > radius - 2.5),
            (square < radius) & (torch.minimum(dx.abs(), dy.abs()) < 1.5),
            (square < radius) & (ys % 4 < 2),
        ]
    )  # (classes, count, size, size)
    pictures = shapes[labels, torch.arange(count)].float()
    pictures += 0.3 * torch.randn(count, size, size)
    return pictures.unsqueeze(1), labels


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout2d(0.1)
        self.dropout2 = nn.Dropout(0.25)
        self.fc1 = nn.Linear(16 * 12 * 12, 64)
        self.fc2 = nn.Linear(64, len(CLASSES))

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = self.dropout1(F.max_pool2d(x, 2))
        x = torch.flatten(x, 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def train(args, model, loader, optimizer, epoch):
    model.train()
    for batch, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if batch % args.log_interval == 0:
            seen = batch * len(data)
            print(f"epoch {epoch} [{seen}/{len(loader.dataset)}] loss {loss.item():.4f}")


def test(model, loader):
    model.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data)
            loss += F.nll_loss(output, target, reduction="sum").item()
            correct += output.argmax(dim=1, keepdim=True).eq(target.view_as(output[:, :1])).sum()
    n = len(loader.dataset)
    print(f"test: average loss {loss / n:.4f}, {correct.item()}/{n} right")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--train-size", type=int, default=3200)
    parser.add_argument("--test-size", type=int, default=500)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1.0)
    parser.add_argument("--gamma", type=float, default=0.7)
    parser.add_argument("--log-interval", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    train_set = TensorDataset(*draw(args.train_size))
    test_set = TensorDataset(*draw(args.test_size))
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True, drop_last=True)
    test_loader = DataLoader(test_set, batch_size=250)

    model = Net()
    optimizer = optim.Adadelta(model.parameters(), lr=args.lr)
    scheduler = StepLR(optimizer, step_size=1, gamma=args.gamma)
    for epoch in range(1, args.epochs + 1):
        train(args, model, train_loader, optimizer, epoch)
        test(model, test_loader)
        scheduler.step()


if __name__ == "__main__":
    main()
