"""A language model: 2 LSTM layers of 128, batch 20, 35 steps, its state carried on, Adam."""

LAYERS, WIDTH, BATCH, STEPS, LETTERS = 2, 128, 20, 35, 256


def setup(torch, prepare=lambda model: model):
    """A function that does one step and returns the loss."""
    nn = torch.nn

    class Language(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Embedding(LETTERS, WIDTH)
            self.lstm = nn.LSTM(WIDTH, WIDTH, LAYERS)
            self.decoder = nn.Linear(WIDTH, LETTERS)

        def forward(self, x, state):
            y, state = self.lstm(self.encoder(x), state)
            return self.decoder(y), state

    torch.manual_seed(0)
    text = torch.randint(0, LETTERS, (100 * STEPS + 1, BATCH))
    model = prepare(Language())
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    state = (torch.zeros(LAYERS, BATCH, WIDTH), torch.zeros(LAYERS, BATCH, WIDTH))
    place = 0

    def step():
        nonlocal state, place
        x, y = text[place : place + STEPS], text[place + 1 : place + STEPS + 1]
        place = (place + STEPS) % (100 * STEPS)
        state = tuple([s.detach() for s in state])
        optimizer.zero_grad()
        logits, state = model(x, state)
        loss = criterion(logits.view(-1, LETTERS), y.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss

    return step
