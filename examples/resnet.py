"""A residual network on pictures of CIFAR's shape.

Shows residual blocks, batch norm, augmentation, SGD with momentum and weight decay, OneCycleLR.
"""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F


def pictures(count, classes=10):
    """Textures of (count, 3, 32, 32): each class has its frequency, direction and colour."""
    labels = torch.randint(classes, (count,))
    angle = labels * (torch.pi / classes)
    frequency = 0.3 + 0.08 * (labels % 4)
    ys, xs = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    along = xs * angle.cos().view(-1, 1, 1) + ys * angle.sin().view(-1, 1, 1)
    wave = torch.sin(along * frequency.view(-1, 1, 1) + 6.28 * torch.rand(count, 1, 1))
    colour = F.one_hot(labels % 3, 3).float().view(-1, 3, 1, 1)
    images = wave.unsqueeze(1) * (0.5 + colour) + 0.8 * torch.randn(count, 3, 32, 32)
    mean = images.mean(dim=(0, 2, 3), keepdim=True)
    std = images.std(dim=(0, 2, 3), keepdim=True)
    return (images - mean) / std, labels


def augment(images, pad=2):
    """Shifted by up to `pad` pixels, and half of the time mirrored."""
    padded = F.pad(images, (pad, pad, pad, pad), mode="reflect")
    top, left = torch.randint(0, 2 * pad + 1, (2,)).tolist()
    shifted = padded[:, :, top : top + 32, left : left + 32]
    mirrored = torch.rand(len(images), 1, 1, 1) < 0.5
    return torch.where(mirrored, shifted.flip(-1), shifted)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, 1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion * planes),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, num_blocks, width, num_classes=10):
        super().__init__()
        self.in_planes = width
        self.conv1 = nn.Conv2d(3, width, 3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(width, num_blocks, stride=1)
        self.layer2 = self._make_layer(2 * width, num_blocks, stride=2)
        self.layer3 = self._make_layer(4 * width, num_blocks, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.linear = nn.Linear(4 * width, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def _make_layer(self, planes, num_blocks, stride):
        layers = []
        for s in [stride] + [1] * (num_blocks - 1):
            layers.append(BasicBlock(self.in_planes, planes, s))
            self.in_planes = planes * BasicBlock.expansion
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        return self.linear(torch.flatten(self.avgpool(out), 1))


def accuracy(output, target, topk=(1,)):
    """The share of targets among the `k` best guesses, for each `k`."""
    _, pred = output.topk(max(topk), 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
    return [correct[:k].reshape(-1).float().sum(0) / target.size(0) for k in topk]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=1, help="blocks in each of three stages")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    images, labels = pictures(1024)
    test_images, test_labels = pictures(128)
    net = ResNet(args.blocks, args.width)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(
        net.parameters(), lr=args.lr, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=args.lr, total_steps=args.steps
    )
    for step in range(1, args.steps + 1):
        chosen = torch.randperm(len(images))[: args.batch_size]
        outputs = net(augment(images[chosen]))
        loss = criterion(outputs, labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % args.log_every == 0:
            top1, top3 = accuracy(outputs, labels[chosen], topk=(1, 3))
            print(
                f"step {step}: loss {loss.item():.4f} top1 {top1.item():.3f} top3 {top3.item():.3f}"
            )

    net.eval()
    with torch.inference_mode():
        outputs = net(test_images)
        top1 = accuracy(outputs, test_labels)[0]
        print(f"test: loss {criterion(outputs, test_labels):.4f} top1 {top1:.3f}")


if __name__ == "__main__":
    main()
