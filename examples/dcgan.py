"""A deep convolutional GAN makes 32 x 32 pictures in colour.

Shows transposed convolutions, batch norm, `apply` for initialisation, gradients that accumulate.
"""

import argparse

import torch
import torch.nn as nn
import torch.optim as optim


def scenes(count, size=32):
    """Pictures of (count, 3, size, size) in [-1, 1]: a sun over a horizon."""
    horizon = torch.empty(count, 1, 1).uniform_(0.1, 0.6)
    sun = torch.empty(2, count, 1, 1).uniform_(-0.6, 0.6)
    grid = torch.linspace(-1, 1, size)
    y, x = grid.view(1, -1, 1), grid.view(1, 1, -1)
    ground = torch.sigmoid(12 * (y - horizon)).expand(-1, -1, size)
    light = torch.exp(-6 * ((x - sun[0]) ** 2 + (y + sun[1].abs()) ** 2))
    return torch.stack([2 * light - 1, light - ground, 1 - 2 * ground], dim=1).clamp(-1, 1)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class Generator(nn.Module):
    def __init__(self, nz, ngf, nc=3):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self, ndf, nc=3):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 4, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.main(x).view(-1, 1).squeeze(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--nz", type=int, default=32)
    parser.add_argument("--width", type=int, default=16, help="channels of the widest pictures")
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    data = scenes(512)
    netG = Generator(args.nz, args.width).apply(weights_init)
    netD = Discriminator(args.width).apply(weights_init)
    criterion = nn.BCELoss()
    fixed_noise = torch.randn(8, args.nz, 1, 1)
    optimizerD = optim.Adam(netD.parameters(), lr=args.lr, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=args.lr, betas=(0.5, 0.999))

    for step in range(1, args.steps + 1):
        netD.zero_grad()
        real = data[torch.randint(0, len(data), (args.batch_size,))]
        label = torch.full((args.batch_size,), 1.0)
        errD_real = criterion(netD(real), label)
        errD_real.backward()

        fake = netG(torch.randn(args.batch_size, args.nz, 1, 1))
        label.fill_(0.0)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()  # added to what the real ones gave
        errD = errD_real + errD_fake
        optimizerD.step()

        netG.zero_grad()
        label.fill_(1.0)
        output = netD(fake)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()

        if step % args.log_every == 0:
            print(
                f"[{step}/{args.steps}] Loss_D: {errD.item():.4f} Loss_G: {errG.item():.4f} "
                f"D(G(z)): {output.mean().item():.4f}"
            )

    netG.eval()
    with torch.no_grad():
        made = netG(fixed_noise)
    print("made", tuple(made.shape), "mean of colours", [f"{c:.4f}" for c in made.mean((0, 2, 3))])


if __name__ == "__main__":
    main()
