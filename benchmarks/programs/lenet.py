"""LeNet-5 (two convolutions, max pooling, three linear layers), cross-entropy, Adam, batch 64."""

from itertools import cycle


def lenet(nn):
    """The network, for pictures of 28 x 28: 44,426 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),  # (batch, 6, 24, 24)
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),  # (batch, 16, 8, 8)
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def setup(torch, prepare=lambda model: model):
    """A function that does one step and returns the loss."""
    torch.manual_seed(0)
    model = prepare(lenet(torch.nn))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = [(torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))) for _ in range(16)]
    stream = cycle(batches)

    def step():
        x, y = next(stream)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step
