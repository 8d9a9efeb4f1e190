"""A chain of elementwise operations on ten million floats."""

COUNT = 10_000_000


def setup(torch, prepare=lambda function: function):
    """A function that runs the chain once and returns its first element."""
    torch.manual_seed(0)
    x = torch.randn(COUNT)

    @prepare
    def chain(x):
        y = torch.relu(x * 2.0 + 1.0) - 0.5
        return torch.sigmoid(y) * x + x.abs()

    def step():
        y = chain(x)
        return y[0].item()

    return step
