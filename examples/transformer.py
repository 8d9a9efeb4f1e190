"""A transformer translates a toy language: words change, and the order of each clause is reversed.

Shows `nn.Transformer` with masks, padded batches, label smoothing, a warm-up schedule, decoding.
"""

import argparse
import math
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

PAD, BOS, EOS = 0, 1, 2
WORDS = 20


def sentence(chosen):
    """A sentence of the toy language and its translation, as lists of numbers."""
    source = [chosen.randrange(3, 3 + WORDS) for _ in range(chosen.randint(4, 9))]
    target = [3 + (word * 7) % WORDS for word in reversed(source)]
    return source, target


def batch(chosen, size):
    pairs = [sentence(chosen) for _ in range(size)]
    source = [torch.tensor([*s, EOS]) for s, _ in pairs]
    target = [torch.tensor([BOS, *t, EOS]) for _, t in pairs]
    return (
        pad_sequence(source, batch_first=True, padding_value=PAD),
        pad_sequence(target, batch_first=True, padding_value=PAD),
    )


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=64, dropout=0.1):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, d_model)
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(1)])


class Translator(nn.Module):
    def __init__(self, tokens, d_model=64, nhead=4, layers=2):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(tokens, d_model, padding_idx=PAD)
        self.position = PositionalEncoding(d_model)
        self.transformer = nn.Transformer(
            d_model, nhead, layers, layers, dim_feedforward=4 * d_model, batch_first=True
        )
        self.generator = nn.Linear(d_model, tokens)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def embed(self, x):
        return self.position(self.embedding(x) * math.sqrt(self.d_model))

    def forward(self, source, target):
        causal = self.transformer.generate_square_subsequent_mask(target.size(1))
        out = self.transformer(
            self.embed(source),
            self.embed(target),
            tgt_mask=causal,
            src_key_padding_mask=source == PAD,
            tgt_key_padding_mask=(target == PAD).float().masked_fill(target == PAD, -math.inf),
            memory_key_padding_mask=source == PAD,
        )
        return self.generator(out)

    @torch.no_grad()
    def translate(self, source, steps):
        """The most likely word each time."""
        memory = self.transformer.encoder(self.embed(source))
        out = torch.full((source.size(0), 1), BOS)
        for _ in range(steps):
            mask = nn.Transformer.generate_square_subsequent_mask(out.size(1))
            hidden = self.transformer.decoder(self.embed(out), memory, tgt_mask=mask)
            word = self.generator(hidden[:, -1]).argmax(dim=-1, keepdim=True)
            out = torch.cat([out, word], dim=1)
        return out[:, 1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--d-model", type=int, default=64)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    chosen = random.Random(args.seed)
    model = Translator(3 + WORDS, args.d_model)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: args.d_model**-0.5 * min((step + 1) ** -0.5, (step + 1) * args.warmup**-1.5),
    )
    for step in range(1, args.steps + 1):
        source, target = batch(chosen, args.batch_size)
        logits = model(source, target[:, :-1])
        loss = criterion(logits.flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % args.log_every == 0:
            print(f"step {step}: loss {loss.item():.4f} lr {optimizer.param_groups[0]['lr']:.5f}")

    model.eval()
    source, target = sentence(chosen)
    got = model.translate(torch.tensor([[*source, EOS]]), len(target))[0].tolist()
    right = sum(a == b for a, b in zip(got, target, strict=True))
    print(f"{source} -> {got}: {right} of {len(target)} right")


if __name__ == "__main__":
    main()
