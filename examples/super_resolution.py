"""A network that makes small pictures three times as large: efficient sub-pixel convolution.

Shows `PixelShuffle`, orthogonal initialisation, interpolation, and PSNR as a measure.
"""

import argparse
from math import log10

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
import torch.optim as optim


def textures(count, size):
    """Smooth random pictures with edges, (count, 1, size, size)."""
    coarse = torch.rand(count, 1, 6, 6)
    smooth = F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)
    lines = torch.sin(torch.arange(size) * torch.empty(count, 1, 1, 1).uniform_(0.3, 1.2))
    return torch.clamp(smooth + 0.3 * (lines > 0.5), 0, 1)


class Net(nn.Module):
    def __init__(self, upscale_factor, width):
        super().__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, width, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(width, width, (3, 3), (1, 1), (1, 1))
        self.conv3 = nn.Conv2d(width, width // 2, (3, 3), (1, 1), (1, 1))
        self.conv4 = nn.Conv2d(width // 2, upscale_factor**2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        self._initialize_weights()

    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        x = self.relu(self.conv3(x))
        return self.pixel_shuffle(self.conv4(x))

    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv2.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv3.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv4.weight)


def psnr(prediction, target):
    return 10 * log10(1 / F.mse_loss(prediction, target).item())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--log-every", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--upscale-factor", type=int, default=3)
    parser.add_argument("--size", type=int, default=16, help="side of the small pictures")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=123)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    factor = args.upscale_factor
    large = textures(128, args.size * factor)
    small = F.avg_pool2d(large, factor)
    train_small, test_small = small.split([112, 16])
    train_large, test_large = large.split([112, 16])

    model = Net(factor, args.width)
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=args.lr)
    for step in range(1, args.steps + 1):
        chosen = torch.randint(len(train_small), (args.batch_size,))
        optimizer.zero_grad()
        loss = criterion(model(train_small[chosen]), train_large[chosen])
        loss.backward()
        optimizer.step()
        if step % args.log_every == 0:
            print(f"step {step}: loss {loss.item():.5f}")

    with torch.no_grad():
        ours = model(test_small).clamp(0, 1)
        simple = F.interpolate(test_small, scale_factor=factor, mode="bilinear")
    print(f"PSNR {psnr(ours, test_large):.3f} dB, bilinear {psnr(simple, test_large):.3f} dB")


if __name__ == "__main__":
    main()
