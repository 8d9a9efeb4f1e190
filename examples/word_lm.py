"""A language model of words: a GRU with tied weights, trained by hand-written SGD.

Shows truncated backpropagation through time, updates without an optimizer, and saving the best.
"""

import argparse
import math
import os
import random
import tempfile

import torch
import torch.nn as nn

SUBJECTS = ["the cat", "a dog", "the old man", "my neighbour", "the small bird"]
VERBS = ["sees", "follows", "likes", "never hears", "dreams of"]
OBJECTS = ["the moon", "a fish", "the red house", "the river", "nobody"]
ENDS = ["at night", "in spring", "every day", "while it rains", "with joy"]


class Corpus:
    """Sentences of a small grammar as one long tensor of word numbers."""

    def __init__(self, sentences, seed):
        chosen = random.Random(seed)
        words = []
        for _ in range(sentences):
            parts = [SUBJECTS, VERBS, OBJECTS] + ([ENDS] if chosen.random() < 0.5 else [])
            words += " ".join(chosen.choice(part) for part in parts).split() + ["<eos>"]
        self.words = sorted(set(words))
        index = {word: i for i, word in enumerate(self.words)}
        self.ids = torch.tensor([index[word] for word in words], dtype=torch.int64)


def batchify(data, bsz):
    """Columns that are read in parallel: (time, bsz)."""
    nbatch = data.size(0) // bsz
    data = data.narrow(0, 0, nbatch * bsz)
    return data.view(bsz, -1).t().contiguous()


def get_batch(source, i, bptt):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp, nlayers, dropout=0.2):
        super().__init__()
        self.ntoken, self.ninp, self.nlayers = ntoken, ninp, nlayers
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.GRU(ninp, ninp, nlayers, dropout=dropout)
        self.decoder = nn.Linear(ninp, ntoken)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, x, hidden):
        emb = self.drop(self.encoder(x))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output))
        return decoded.view(-1, self.ntoken), hidden

    def init_hidden(self, bsz):
        return next(self.parameters()).new_zeros(self.nlayers, bsz, self.ninp)


def evaluate(model, source, bptt, criterion):
    model.eval()
    total = 0.0
    hidden = model.init_hidden(source.size(1))
    with torch.no_grad():
        for i in range(0, source.size(0) - 1, bptt):
            data, targets = get_batch(source, i, bptt)
            output, hidden = model(data, hidden)
            total += len(data) * criterion(output, targets).item()
    return total / (len(source) - 1)


def train(args, model, source, lr, epoch, criterion):
    model.train()
    total = 0.0
    hidden = model.init_hidden(args.batch_size)
    for batch, i in enumerate(range(0, source.size(0) - 1, args.bptt), 1):
        data, targets = get_batch(source, i, args.bptt)
        model.zero_grad()
        hidden = hidden.detach()  # else the gradient would go back to the beginning of the text
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.clip)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        total += loss.item()
        if batch % args.log_interval == 0:
            mean = total / args.log_interval
            print(f"| epoch {epoch} | {batch:4d} | loss {mean:.4f} | ppl {math.exp(mean):.3f}")
            total = 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--emsize", type=int, default=64)
    parser.add_argument("--nlayers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=10)
    parser.add_argument("--bptt", type=int, default=16)
    parser.add_argument("--clip", type=float, default=0.25)
    parser.add_argument("--lr", type=float, default=4.0)
    parser.add_argument("--log-interval", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1111)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    corpus = Corpus(args.sentences, args.seed)
    cut = len(corpus.ids) * 9 // 10
    train_data = batchify(corpus.ids[:cut], args.batch_size)
    val_data = batchify(corpus.ids[cut:], 5)
    model = RNNModel(len(corpus.words), args.emsize, args.nlayers)
    criterion = nn.CrossEntropyLoss()
    lr, best = args.lr, None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.pt")
        for epoch in range(1, args.epochs + 1):
            train(args, model, train_data, lr, epoch, criterion)
            val_loss = evaluate(model, val_data, args.bptt, criterion)
            print(f"| end of epoch {epoch} | valid {val_loss:.4f} | {math.exp(val_loss):.3f}")
            if best is None or val_loss < best:
                torch.save(model.state_dict(), path)
                best = val_loss
            else:
                lr /= 4.0
        model.load_state_dict(torch.load(path))
    print(f"best: valid loss {evaluate(model, val_data, args.bptt, criterion):.4f}")


if __name__ == "__main__":
    main()
