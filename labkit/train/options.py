"""Weight initialisation, and the moving average of a generator's weights."""

import copy

import torch
from torch import nn

STD = 0.02
_WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def default(network: nn.Module) -> None:
    """Keep PyTorch's default initialisation."""


@torch.no_grad()
def normal_002(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02²) and batch norm's scales from N(1, 0.02²); biases are 0.

    As in DCGAN (Radford et al. 2016, arXiv:1511.06434, section 4).
    """
    for module in network.modules():
        if isinstance(module, _WEIGHTED):
            module.weight.normal_(0, STD)
        elif isinstance(module, _BATCH_NORMS):
            module.weight.normal_(1, STD)
        else:
            continue
        if module.bias is not None:
            module.bias.zero_()


class Average:
    """An exponential moving average of a network's weights, here of a generator's.

    Adversarial training tends to circle around an equilibrium instead of converging to it; the
    averaged weights often make better images than the last ones (Yazici et al. 2019,
    arXiv:1806.04498).
    """

    def __init__(self, source: nn.Module, decay: float) -> None:
        self.decay = decay
        self.network = copy.deepcopy(source).requires_grad_(False)

    @torch.no_grad()
    def update(self, source: nn.Module) -> None:
        """Set average <- decay * average + (1 - decay) * source; buffers are copied."""
        for mean, value in zip(self.network.parameters(), source.parameters(), strict=True):
            mean.lerp_(value, 1 - self.decay)
        for own, theirs in zip(self.network.buffers(), source.buffers(), strict=True):
            own.copy_(theirs)
