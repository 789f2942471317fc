"""What lesson 10's witness is made of: nets in torch, their passes, and nets of one hidden layer side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import SGD

Said = dict[str, Tensor]
PULL = 0.8  # the momentum of nets side by side


def mlp(parameters: Sequence[Tensor]) -> nn.Sequential:
    """Linear layers with ReLUs between them, from weights (in, out) and biases (1, out) in turn."""
    layers: list[nn.Module] = []
    for W, b in zip(parameters[::2], parameters[1::2], strict=True):
        linear = nn.Linear(W.shape[0], W.shape[1], dtype=torch.float64)
        linear.load_state_dict({"weight": W.T, "bias": b[0]})
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def passed(net: nn.Sequential, X: Tensor) -> list[Tensor]:
    """What each layer gives; each keeps its gradient."""
    out = []
    for layer in net:
        X = layer(X)
        X.retain_grad()
        out.append(X)
    return out


def grad_of(leaf: Tensor) -> Tensor:
    """Its gradient, which backward() has left there."""
    assert leaf.grad is not None
    return leaf.grad


def in_a_sheet(p: Tensor) -> Tensor:
    """A copy as a sheet has it: weights (in, out), biases as a row."""
    return (p.T if p.dim() == 2 else p[None]).clone()


class Units(nn.Module):
    """Nets of one hidden layer, as many as v has rows: w, b and v (nets, units)."""

    def __init__(self, A: Tensor, v: Tensor, nets: int) -> None:
        super().__init__()
        self.w, self.b, self.v = (nn.Parameter(row.reshape(nets, -1).clone()) for row in (A[0], A[1], v[0]))

    def forward(self, x: Tensor) -> Tensor:
        said: Tensor = (torch.relu(x[:, :, None] * self.w + self.b) * self.v).sum(2)
        return said

    def on(self, x: Tensor) -> Tensor:
        """In how many rows each unit is above 0, (nets, units)."""
        return (x[:, :, None] * self.w + self.b > 0).sum(0)

    def losses(self, x: Tensor, y: Tensor) -> Tensor:
        error: Tensor = self(x) - y
        return error.square().mean(0)


def together(
    net: Units, x: Tensor, y: Tensor, epochs: int, lr: float, run: str, noise: Sequence[Tensor] = ()
) -> tuple[Tensor, Tensor, Said]:
    """Losses, how many units are on in no row, and the weights, of each net before each epoch and after the last."""
    optimiser = SGD(net.parameters(), lr=lr, momentum=PULL)
    losses, dead, weights = [], [], Said()
    for epoch in range(epochs + 1):
        flat = [p.detach().clone().reshape(1, -1) for p in net.parameters()]
        weights |= {f"{run}.A.{epoch}": torch.cat(flat[:2]), f"{run}.v.{epoch}": flat[2]}
        losses.append(net.losses(x, y).detach())
        dead.append((net.on(x) == 0).sum(1).double())
        optimiser.zero_grad()
        net.losses(x, y).sum().backward()  # type: ignore[no-untyped-call]
        if noise and epoch < epochs:
            for p, part in zip((net.w, net.b), noise[epoch], strict=True):
                grad_of(p).add_(part.reshape(p.shape))
        if epoch < epochs:
            optimiser.step()
    return torch.stack(losses), torch.stack(dead), weights
