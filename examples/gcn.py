"""A graph convolutional network finds communities of which it is told a few members.

Shows messages along edges with `index_add`, degrees by `bincount`, masks, and dropout.
"""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F


def communities(nodes, classes, inside=0.1, outside=0.005):
    """Features, labels and the edges (2, count) of a random graph."""
    labels = torch.arange(nodes) % classes
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    chance = torch.where(same, inside, outside)
    upper = torch.triu(torch.bernoulli(chance), diagonal=1)
    edges = (upper + upper.T).nonzero().t().contiguous()
    features = F.one_hot(labels, classes) * 0.5 + torch.randn(nodes, classes)
    features = torch.cat([features, torch.rand(nodes, 16 - classes)], dim=1)
    return features, labels, edges


def normalised(edges, nodes):
    """The edges with a loop at each node, and the weight of each: 1 / sqrt(degrees)."""
    loops = torch.arange(nodes).repeat(2, 1)
    edges = torch.cat([edges, loops], dim=1)
    degree = torch.bincount(edges[1], minlength=nodes).float()
    scale = degree.pow(-0.5)
    scale[torch.isinf(scale)] = 0
    return edges, scale[edges[0]] * scale[edges[1]]


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, out_features))
        self.bias = nn.Parameter(torch.empty(out_features))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x, edges, weight):
        support = x @ self.weight
        messages = support[edges[0]] * weight.unsqueeze(1)
        out = torch.zeros(x.size(0), support.size(1)).index_add(0, edges[1], messages)
        return out + self.bias

    def extra_repr(self):
        return f"{self.weight.size(0)}, {self.weight.size(1)}"


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass)
        self.dropout = dropout

    def forward(self, x, edges, weight):
        x = F.relu(self.gc1(x, edges, weight))
        x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, edges, weight), dim=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    features, labels, edges = communities(args.nodes, args.classes)
    edges, weight = normalised(edges, args.nodes)
    order = torch.randperm(args.nodes)
    idx_train, idx_val, idx_test = order.tensor_split([args.nodes // 10, args.nodes // 3])

    model = GCN(features.size(1), args.hidden, args.classes, args.dropout)
    print(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)

    def accuracy(output, idx):
        return output[idx].argmax(dim=1).eq(labels[idx]).double().mean().item()

    for epoch in range(1, args.epochs + 1):
        model.train()
        optimizer.zero_grad()
        output = model(features, edges, weight)
        loss = F.nll_loss(output[idx_train], labels[idx_train])
        loss.backward()
        optimizer.step()
        if epoch % args.log_every == 0:
            model.eval()
            with torch.no_grad():
                output = model(features, edges, weight)
                val = F.nll_loss(output[idx_val], labels[idx_val])
            print(
                f"epoch {epoch:04d} loss_train: {loss.item():.4f} loss_val: {val.item():.4f} "
                f"acc_val: {accuracy(output, idx_val):.4f}"
            )
    print(f"test: accuracy {accuracy(output, idx_test):.4f}")


if __name__ == "__main__":
    main()
