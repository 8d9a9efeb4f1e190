"""784-30-10, sigmoid, mean squared error, SGD, batches of 10 from a shuffled DataLoader."""


def setup(torch, prepare=lambda model: model):
    """A function that does one step and returns the loss."""
    nn = torch.nn
    data = torch.utils.data
    torch.manual_seed(0)
    images = torch.rand(4000, 784)
    targets = torch.eye(10)[torch.randint(0, 10, (4000,))]
    loader = data.DataLoader(data.TensorDataset(images, targets), batch_size=10, shuffle=True)
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    model = prepare(model)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0)

    def batches():
        while True:
            yield from loader

    stream = batches()

    def step():
        x, y = next(stream)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step
