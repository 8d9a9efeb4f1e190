"""A character GPT: 4 layers, 4 heads, 128 wide, context 64, batch 12, AdamW."""

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, LETTERS = 4, 4, 128, 64, 12, 65


def gpt(torch):
    """The network: 809,600 parameters, those of the positions and the letters included."""
    nn = torch.nn
    F = torch.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
            self.out = nn.Linear(WIDTH, WIDTH)

        def forward(self, x):
            batch, time, width = x.size()
            q, k, v = self.qkv(x).split(width, dim=2)
            q, k, v = (
                t.view(batch, time, HEADS, width // HEADS).transpose(1, 2) for t in (q, k, v)
            )  # (batch, heads, time, size)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.out(y.transpose(1, 2).contiguous().view(batch, time, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1 = nn.LayerNorm(WIDTH)
            self.attention = Attention()
            self.norm2 = nn.LayerNorm(WIDTH)
            self.mlp = nn.Sequential(
                nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
            )

        def forward(self, x):
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.letters = nn.Embedding(LETTERS, WIDTH)
            self.places = nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, LETTERS, bias=False)
            self.head.weight = self.letters.weight
            self.apply(self.start)

        def start(self, module):
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

        def forward(self, x, targets):
            place = torch.arange(x.size(1))
            h = self.letters(x) + self.places(place)
            for block in self.blocks:
                h = block(h)
            logits = self.head(self.norm(h))
            return F.cross_entropy(logits.view(-1, LETTERS), targets.view(-1))

    return GPT()


def setup(torch, prepare=lambda model: model):
    """A function that does one step and returns the loss."""
    torch.manual_seed(0)
    text = torch.randint(0, LETTERS, (100_000,))
    model = prepare(gpt(torch))
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
    window = torch.arange(CONTEXT)

    def step():
        start = torch.randint(len(text) - CONTEXT, (BATCH, 1))
        x, y = text[start + window], text[start + window + 1]
        loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step
