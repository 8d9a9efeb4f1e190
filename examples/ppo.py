"""Proximal policy optimisation swings pendulums up.

Shows many environments at once, a Gaussian policy, generalised advantages, and clipped ratios.
"""

import argparse
import math

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim


class Pendulums:
    """Pendulums that are turned by a torque; upright and at rest costs nothing."""

    def __init__(self, count, limit, seed):
        self.count, self.limit = count, limit
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.angle = self.rng.uniform(-math.pi, math.pi, self.count)
        self.spin = self.rng.uniform(-1, 1, self.count)
        self.time = 0
        return self.observe()

    def observe(self):
        parts = [np.cos(self.angle), np.sin(self.angle), self.spin / 8]
        return np.stack(parts, axis=1).astype(np.float32)

    def step(self, action):
        torque = np.clip(action[:, 0], -1, 1) * 2
        angle = (self.angle + math.pi) % (2 * math.pi) - math.pi
        cost = angle**2 + 0.1 * self.spin**2 + 0.001 * torque**2
        self.spin = np.clip(self.spin + 0.05 * (15 * np.sin(angle) + 3 * torque), -8, 8)
        self.angle = angle + 0.05 * self.spin
        self.time += 1
        done = self.time >= self.limit
        return (self.reset() if done else self.observe()), -cost.astype(np.float32) / 8, done


def layer_init(layer, std=2**0.5):
    nn.init.orthogonal_(layer.weight, std)
    nn.init.zeros_(layer.bias)
    return layer


def mlp(hidden, outputs, std):
    return nn.Sequential(
        layer_init(nn.Linear(3, hidden)),
        nn.Tanh(),
        layer_init(nn.Linear(hidden, hidden)),
        nn.Tanh(),
        layer_init(nn.Linear(hidden, outputs), std=std),
    )


class Agent(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.critic = mlp(hidden, 1, std=1.0)
        self.actor_mean = mlp(hidden, 1, std=0.01)
        self.actor_logstd = nn.Parameter(torch.zeros(1, 1))

    def get_value(self, x):
        return self.critic(x).squeeze(-1)

    def get_action_and_value(self, x, action=None):
        mean = self.actor_mean(x)
        logstd = self.actor_logstd.expand_as(mean)
        if action is None:
            action = torch.normal(mean, logstd.exp())
        z = (action - mean) / logstd.exp()
        log_prob = (-0.5 * z * z - logstd - 0.5 * math.log(2 * math.pi)).sum(1)
        entropy = (0.5 + 0.5 * math.log(2 * math.pi) + logstd).sum(1)
        return action, log_prob, entropy, self.get_value(x)


@torch.no_grad()
def rollout(args, agent, envs, obs):
    """What the agent did for some steps, with advantages and returns: (steps, envs, ...)."""
    states = torch.zeros(args.horizon, args.envs, 3)
    actions = torch.zeros(args.horizon, args.envs, 1)
    log_probs, rewards, dones, values = torch.zeros(4, args.horizon, args.envs)
    for t in range(args.horizon):
        states[t] = obs
        actions[t], log_probs[t], _, values[t] = agent.get_action_and_value(obs)
        obs, reward, done = envs.step(actions[t].numpy())
        obs, rewards[t], dones[t] = torch.from_numpy(obs), torch.from_numpy(reward), float(done)

    advantages, last, following = torch.zeros_like(rewards), 0, agent.get_value(obs)
    for t in reversed(range(args.horizon)):
        delta = rewards[t] + args.gamma * following * (1 - dones[t]) - values[t]
        last = delta + args.gamma * args.gae_lambda * (1 - dones[t]) * last
        advantages[t], following = last, values[t]
    batch = states, actions, log_probs, advantages, advantages + values
    return obs, rewards.mean(), [x.flatten(0, 1) for x in batch]


def update(args, agent, optimizer, batch):
    """The last losses of some epochs over a batch."""
    for _ in range(args.epochs):
        for index in torch.randperm(args.horizon * args.envs).split(args.minibatch):
            states, actions, old_log_probs, advantages, returns = [x[index] for x in batch]
            _, log_probs, entropy, values = agent.get_action_and_value(states, actions)
            ratio = (log_probs - old_log_probs).exp()
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            clipped = ratio.clamp(1 - args.clip, 1 + args.clip)
            pg_loss = -torch.min(advantages * ratio, advantages * clipped).mean()
            v_loss = 0.5 * ((values - returns) ** 2).mean()
            loss = pg_loss + 0.5 * v_loss - 0.001 * entropy.mean()

            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()
    return pg_loss, v_loss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--envs", type=int, default=16)
    parser.add_argument("--horizon", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--minibatch", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--gamma", type=float, default=0.95)
    parser.add_argument("--gae-lambda", type=float, default=0.95)
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    envs = Pendulums(args.envs, 128, args.seed)
    agent = Agent(args.hidden)
    optimizer = optim.Adam(agent.parameters(), lr=1e-3, eps=1e-5)
    obs = torch.from_numpy(envs.reset())
    for step in range(1, args.updates + 1):
        optimizer.param_groups[0]["lr"] = 1e-3 * (1 - (step - 1) / args.updates)
        obs, reward, batch = rollout(args, agent, envs, obs)
        pg_loss, v_loss = update(args, agent, optimizer, batch)
        print(
            f"update {step}: policy loss {pg_loss.item():.4f}, value loss {v_loss.item():.4f}, "
            f"mean reward {reward.item():.4f}"
        )


if __name__ == "__main__":
    main()
