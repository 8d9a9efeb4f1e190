"""A sequence-to-sequence network with attention writes numbers as words.

Shows packed sequences, a decoder that runs word by word, teacher forcing, additive attention.
"""

import argparse
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

PAD, SOS, EOS = 0, 1, 2
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
ONES = (ONES + " fifteen sixteen seventeen eighteen nineteen").split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VOCABULARY = ["<pad>", "<sos>", "<eos>", *ONES, *TENS, "hundred", "thousand"]
INDEX = {word: i for i, word in enumerate(VOCABULARY)}


def in_words(n):
    """The English words for 0 <= n < 10,000."""
    if n < 20:
        return [ONES[n]]
    if n < 100:
        return [TENS[n // 10 - 2]] + ([ONES[n % 10]] if n % 10 else [])
    unit, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    return [ONES[n // unit], name] + (in_words(n % unit) if n % unit else [])


def batch(size):
    """Digits and words of some numbers, padded, and how many digits there are in each."""
    numbers = [random.randrange(10 ** random.randint(1, 4)) for _ in range(size)]
    digits = [torch.tensor([int(d) + 1 for d in str(n)]) for n in numbers]
    words = [torch.tensor([INDEX[w] for w in in_words(n)] + [EOS]) for n in numbers]
    lengths = torch.tensor([len(d) for d in digits])
    return pad_sequence(digits), lengths, pad_sequence(words, padding_value=PAD)


class Encoder(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.embedding = nn.Embedding(11, hidden, padding_idx=PAD)
        self.gru = nn.GRU(hidden, hidden, bidirectional=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = pad_packed_sequence(outputs)
        forward, backward = outputs.chunk(2, dim=2)
        return forward + backward, hidden.sum(0, keepdim=True)


class Attention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.Wa = nn.Linear(hidden, hidden)
        self.Ua = nn.Linear(hidden, hidden)
        self.Va = nn.Linear(hidden, 1)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(-1)  # (time, batch)
        weights = F.softmax(scores.masked_fill(mask, float("-inf")), dim=0)
        context = torch.bmm(weights.t().unsqueeze(1), keys.transpose(0, 1))
        return context.transpose(0, 1), weights


class Decoder(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.embedding = nn.Embedding(len(VOCABULARY), hidden)
        self.attention = Attention(hidden)
        self.gru = nn.GRU(2 * hidden, hidden)
        self.out = nn.Linear(hidden, len(VOCABULARY))

    def forward(self, word, hidden, keys, mask):
        context, _ = self.attention(hidden, keys, mask)
        x = torch.cat((self.embedding(word).unsqueeze(0), context), dim=2)
        output, hidden = self.gru(x, hidden)
        return F.log_softmax(self.out(output[0]), dim=1), hidden


def loss_of(encoder, decoder, x, lengths, target, teacher_forcing):
    keys, hidden = encoder(x, lengths)
    mask = torch.arange(len(keys)).unsqueeze(1) >= lengths
    word = torch.full((x.size(1),), SOS)
    loss = 0
    for t in range(target.size(0)):
        output, hidden = decoder(word, hidden, keys, mask)
        loss += F.nll_loss(output, target[t], ignore_index=PAD, reduction="sum")
        word = target[t] if teacher_forcing else output.argmax(dim=1)
    return loss / (target != PAD).sum()


@torch.no_grad()
def read(encoder, decoder, n):
    x = torch.tensor([int(d) + 1 for d in str(n)]).unsqueeze(1)
    keys, hidden = encoder(x, torch.tensor([len(x)]))
    word, words = torch.tensor([SOS]), []
    while len(words) < 12:
        output, hidden = decoder(word, hidden, keys, torch.zeros(len(x), 1, dtype=torch.bool))
        word = output.topk(1).indices.view(-1)
        if word.item() == EOS:
            break
        words.append(VOCABULARY[word.item()])
    return " ".join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--log-every", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--teacher-forcing", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    random.seed(args.seed)
    encoder, decoder = Encoder(args.hidden), Decoder(args.hidden)
    encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
    decoder_optimizer = torch.optim.Adam(decoder.parameters(), lr=3e-3)
    for step in range(1, args.steps + 1):
        forced = random.random() < args.teacher_forcing
        loss = loss_of(encoder, decoder, *batch(args.batch_size), forced)
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        loss.backward()
        encoder_optimizer.step()
        decoder_optimizer.step()
        if step % args.log_every == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    for n in (7, 42, 1234):
        print(n, "=", read(encoder, decoder, n))


if __name__ == "__main__":
    main()
