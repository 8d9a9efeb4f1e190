"""A recurrent network writes text letter by letter.

Shows an LSTM whose state is carried from chunk to chunk, gradient clipping, `multinomial` sampling.
"""

import argparse

import torch
from torch import nn

TEXT = """
The sun came up and lit the hill, the mill stood still, the air was still.
A miller's daughter climbed the stair and combed the morning from her hair.
The wind came down and turned the wheel, the wheel turned stones, the stones made meal.
The miller sang, his daughter spun, and so the day was well begun.
When evening came the wheel ran slow, the lamps were lit in rooms below.
The moon came up and lit the hill, and all was still, and all was still.
""".strip()


class CharRNN(nn.Module):
    def __init__(self, letters, hidden, layers):
        super().__init__()
        self.encoder = nn.Embedding(letters, hidden)
        self.rnn = nn.LSTM(hidden, hidden, layers)
        self.decoder = nn.Linear(hidden, letters)
        self.layers, self.hidden = layers, hidden

    def forward(self, x, state):
        out, state = self.rnn(self.encoder(x), state)
        return self.decoder(out), state

    def init_hidden(self, batch):
        weight = next(self.parameters())
        return (
            weight.new_zeros(self.layers, batch, self.hidden),
            weight.new_zeros(self.layers, batch, self.hidden),
        )


def write(model, start, length, to_index, letters, temperature=0.8):
    """`length` letters that follow `start`."""
    model.eval()
    state = model.init_hidden(1)
    text = start
    with torch.no_grad():
        for c in start[:-1]:
            _, state = model(torch.tensor([[to_index[c]]]), state)
        last = torch.tensor([[to_index[start[-1]]]])
        for _ in range(length):
            logits, state = model(last, state)
            probabilities = torch.softmax(logits.view(-1) / temperature, dim=0)
            choice = torch.multinomial(probabilities, 1)
            text += letters[choice.item()]
            last = choice.view(1, 1)
    model.train()
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--log-every", type=int, default=25)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--chunk", type=int, default=24)
    parser.add_argument("--length", type=int, default=60, help="letters to write at the end")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    letters = sorted(set(TEXT))
    to_index = {c: i for i, c in enumerate(letters)}
    codes = torch.tensor([to_index[c] for c in TEXT * 4])
    columns = len(codes) // args.batch_size
    codes = codes[: columns * args.batch_size].view(args.batch_size, columns).t().contiguous()

    model = CharRNN(len(letters), args.hidden, args.layers)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=3e-3)
    criterion = nn.CrossEntropyLoss()
    state = model.init_hidden(args.batch_size)
    place = 0
    for step in range(1, args.steps + 1):
        if place + args.chunk + 1 > columns:
            place = 0
            state = model.init_hidden(args.batch_size)
        x = codes[place : place + args.chunk]
        y = codes[place + 1 : place + args.chunk + 1]
        place += args.chunk

        state = tuple(s.detach() for s in state)
        optimizer.zero_grad()
        logits, state = model(x, state)
        loss = criterion(logits.view(-1, len(letters)), y.reshape(-1))
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % args.log_every == 0:
            print(f"step {step}: loss {loss.item():.4f}, gradient norm {norm.item():.4f}")

    print(repr(write(model, "The ", args.length, to_index, letters)))


if __name__ == "__main__":
    main()
