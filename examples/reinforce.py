"""REINFORCE learns to balance a pole on a cart by the returns of whole episodes.

Shows sampled actions, log-probabilities kept through an episode, and discounted returns.
"""

import argparse
import math
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class CartPole:
    """A pole on a cart that is pushed left or right; an episode ends when it falls."""

    def __init__(self, limit):
        self.limit = limit

    def reset(self):
        self.state = [random.uniform(-0.05, 0.05) for _ in range(4)]
        self.time = 0
        return self.state

    def step(self, action):
        x, v, angle, spin = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(angle), math.cos(angle)
        push = (force + 0.05 * spin * spin * sin) / 1.1
        turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos * cos / 1.1))
        slide = push - 0.05 * turn * cos / 1.1
        tau = 0.02
        self.state = [x + tau * v, v + tau * slide, angle + tau * spin, spin + tau * turn]
        self.time += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.21
        return self.state, 1.0, fallen or self.time >= self.limit


class Policy(nn.Module):
    def __init__(self, hidden, dropout):
        super().__init__()
        self.affine1 = nn.Linear(4, hidden)
        self.dropout = nn.Dropout(p=dropout)
        self.affine2 = nn.Linear(hidden, 2)

        self.saved_log_probs = []
        self.rewards = []

    def forward(self, x):
        x = self.affine1(x)
        x = self.dropout(x)
        x = F.relu(x)
        return F.log_softmax(self.affine2(x), dim=1)


def select_action(policy, state):
    state = torch.tensor(state).unsqueeze(0)
    log_probs = policy(state)
    action = torch.multinomial(log_probs.exp(), 1)
    policy.saved_log_probs.append(log_probs.gather(1, action).squeeze(1))
    return action.item()


def finish_episode(policy, optimizer, gamma):
    R = 0
    returns = []
    for r in policy.rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    policy_loss = []
    for log_prob, R in zip(policy.saved_log_probs, returns, strict=True):
        policy_loss.append(-log_prob * R)
    optimizer.zero_grad()
    policy_loss = torch.cat(policy_loss).sum()
    policy_loss.backward()
    optimizer.step()
    policy.rewards.clear()
    policy.saved_log_probs.clear()
    return policy_loss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--limit", type=int, default=200, help="steps in an episode at most")
    parser.add_argument("--log-interval", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    random.seed(args.seed)
    torch.manual_seed(args.seed)
    env = CartPole(args.limit)
    policy = Policy(args.hidden, args.dropout)
    optimizer = optim.Adam(policy.parameters(), lr=args.lr)

    running_reward = 10.0
    for episode in range(1, args.episodes + 1):
        state, done = env.reset(), False
        while not done:
            state, reward, done = env.step(select_action(policy, state))
            policy.rewards.append(reward)
        running_reward = 0.05 * env.time + 0.95 * running_reward
        loss = finish_episode(policy, optimizer, args.gamma)
        if episode % args.log_interval == 0:
            print(
                f"episode {episode}: length {env.time}, mean {running_reward:.2f}, "
                f"loss {loss.item():.4f}"
            )


if __name__ == "__main__":
    main()
