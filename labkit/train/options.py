"""Options that leave the step as it is: how weights begin, and which weights make samples."""

from __future__ import annotations

import copy

import torch
from torch import nn

#: Radford et al. 2016, arXiv:1511.06434, section 4.
STD = 0.02
_WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def default(network: nn.Module) -> None:
    """PyTorch's own initialisation: nothing to do."""


@torch.no_grad()
def normal_002(network: nn.Module) -> None:
    """Weights from N(0, 0.02²), batch norm's scale from N(1, 0.02²), every bias 0."""
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
    """An exponential moving average of a network's weights, e.g. of a generator.

    A GAN's generator circles around good weights rather than settling on them; the mean
    of where it has been is often better than where it is (Yazici et al. 2019,
    arXiv:1806.04498).
    """

    def __init__(self, source: nn.Module, decay: float) -> None:
        self.decay = decay
        self.network = copy.deepcopy(source).requires_grad_(False)

    @torch.no_grad()
    def update(self, source: nn.Module) -> None:
        """average <- decay * average + (1 - decay) * source; buffers are taken as they are."""
        for mean, value in zip(self.network.parameters(), source.parameters(), strict=True):
            mean.lerp_(value, 1 - self.decay)
        for own, theirs in zip(self.network.buffers(), source.buffers(), strict=True):
            own.copy_(theirs)
