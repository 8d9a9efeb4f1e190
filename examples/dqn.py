"""Deep Q-learning balances a pole on a cart.

Shows a replay memory, a target network with soft updates, Huber loss and clipped gradients.
"""

import argparse
import math
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


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
        terminated = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.21
        return self.state, 1.0, terminated, self.time >= self.limit


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque(maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations=4, n_actions=2, hidden=128):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, hidden)
        self.layer2 = nn.Linear(hidden, hidden)
        self.layer3 = nn.Linear(hidden, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


def optimize_model(args, memory, policy_net, target_net, optimizer):
    batch = Transition(*zip(*memory.sample(args.batch_size), strict=True))
    non_final_mask = torch.tensor([s is not None for s in batch.next_state], dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch = torch.cat(batch.state)
    action_batch = torch.cat(batch.action)
    reward_batch = torch.cat(batch.reward)

    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(args.batch_size)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = next_state_values * args.gamma + reward_batch

    criterion = nn.SmoothL1Loss()
    loss = criterion(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--log-every", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--tau", type=float, default=0.005)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    random.seed(args.seed)
    torch.manual_seed(args.seed)
    env = CartPole(limit=200)
    policy_net, target_net = DQN(), DQN()
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-3, amsgrad=True)
    memory = ReplayMemory(10000)
    state = torch.tensor(env.reset(), dtype=torch.float32).unsqueeze(0)
    lengths, loss = [], None
    for step in range(1, args.steps + 1):
        epsilon = 0.05 + 0.85 * math.exp(-step / 300)
        if random.random() > epsilon:
            with torch.no_grad():
                action = policy_net(state).max(1).indices.view(1, 1)
        else:
            action = torch.tensor([[random.randrange(2)]], dtype=torch.long)
        observation, reward, terminated, truncated = env.step(action.item())
        reward = torch.tensor([reward])
        next_state = None
        if not terminated:
            next_state = torch.tensor(observation, dtype=torch.float32).unsqueeze(0)
        memory.push(state, action, next_state, reward)
        state = next_state
        if len(memory) >= args.batch_size:
            loss = optimize_model(args, memory, policy_net, target_net, optimizer)
            target_state, policy_state = target_net.state_dict(), policy_net.state_dict()
            for key in policy_state:
                mixed = policy_state[key] * args.tau + target_state[key] * (1 - args.tau)
                target_state[key] = mixed
            target_net.load_state_dict(target_state)
        if terminated or truncated:
            lengths.append(env.time)
            state = torch.tensor(env.reset(), dtype=torch.float32).unsqueeze(0)
        if step % args.log_every == 0 and loss is not None:
            recent = lengths[-10:] or [0]
            mean = sum(recent) / len(recent)
            print(f"step {step} | loss {loss.item():.4f} | mean length {mean:.1f}")


if __name__ == "__main__":
    main()
