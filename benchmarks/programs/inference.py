"""One sample after another through 784-30-10: which of ten is it?"""

from itertools import cycle


def setup(torch, prepare=lambda model: model):
    """A function that classifies one sample and returns the class."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    model = prepare(model.eval())
    samples = cycle([torch.rand(784) for _ in range(64)])

    def step():
        with torch.no_grad():
            return model(next(samples)).argmax().item()

    return step
