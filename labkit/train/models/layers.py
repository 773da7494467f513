"""Two convolutions of Lab 1, computed faster on one processor core.

Each is a torch layer with the same parameters and the same function, but its own passes on the
CPU, in float32 and, under autocast, in bfloat16; elsewhere torch's are used.
`docs/performance.md` has the measurements.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def _on_cpu(x: Tensor) -> bool:
    """Whether a layer's own passes are used; a test may say no."""
    return x.is_cpu


def _cast(*given: Tensor) -> tuple[Tensor, ...]:
    """Inputs and weights in the type in which autocast would hand them to a convolution."""
    if not torch.is_autocast_enabled("cpu"):
        return given
    dtype = torch.get_autocast_dtype("cpu")
    return tuple(each.to(dtype) for each in given)


class ConvTranspose2x(nn.ConvTranspose2d):
    """Transposed convolution, 4x4, that doubles height and width: (N, C, H, W) -> (N, D, 2H, 2W).

    The gradient of the bias is a plain sum, many times faster than the CPU kernel's. In float32
    the bias is for that added after the convolution; in bfloat16 such an addition is slow.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=4, stride=2, padding=1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if not _on_cpu(x):
            return super().forward(x, output_size)
        assert self.bias is not None
        if torch.is_autocast_enabled("cpu"):
            y: Tensor = _ConvTranspose2x.apply(*_cast(x, self.weight, self.bias))
            return y
        x = x.contiguous(memory_format=torch.channels_last)
        y = F.conv_transpose2d(x, self.weight, None, stride=2, padding=1)
        return y.add_(self.bias[:, None, None])


class _ConvTranspose2x(torch.autograd.Function):
    """Torch's kernels, but for the gradient of the bias."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x, weight)
        return F.conv_transpose2d(x, weight, bias, stride=2, padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        wanted = [*ctx.needs_input_grad[:2], False]
        grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
            g, x, weight, None, [2, 2], [1, 1], [1, 1], True, [0, 0], 1, wanted
        )
        return grad_x, grad_weight, g.sum((0, 2, 3))


class ConvToOne(nn.Conv2d):
    """Convolution, 3x3, to a single channel: (N, C, H, W) -> (N, 1, H, W).

    The CPU kernel vectorises over output channels, of which there is only one here. Instead one
    matrix product gives every pixel's contribution through each of the 9 taps (kernel weights);
    the nine maps are shifted and added.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, 1, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if not _on_cpu(x):
            return super().forward(x)
        assert self.bias is not None
        y: Tensor = _ConvToOne.apply(*_cast(x, self.weight, self.bias))
        return y


class _ConvToOne(torch.autograd.Function):
    """y = sum_k shift_k(P W_k) of pixels P (NHW, C) and taps W (9, C), with its gradient.

    Of bfloat16, the nine maps are summed in float32.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        n, _, h, w = x.shape
        pixels, taps = _rows(x), _rows(weight)
        ctx.save_for_backward(pixels, taps)
        maps = (taps @ pixels.T).view(9, n, h, w)
        exact = torch.promote_types(x.dtype, torch.float32)
        y = bias.to(exact).view(1, 1, 1).repeat(n, h + 2, w + 2)
        for (row, column), part in zip(_OFFSETS, maps, strict=True):
            y[:, 2 - row : 2 - row + h, 2 - column : 2 - column + w] += part
        return y[:, None, 1:-1, 1:-1].to(x.dtype).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pixels, taps = ctx.saved_tensors
        n, _, h, w = g.shape
        padded = F.pad(g[:, 0], (1, 1, 1, 1))
        maps = torch.stack(
            [padded[:, 2 - r : 2 - r + h, 2 - c : 2 - c + w] for r, c in _OFFSETS]
        ).view(9, -1)
        grad_x = (maps.T @ taps).view(n, h, w, -1).permute(0, 3, 1, 2)
        grad_weight = (maps @ pixels).view(1, 3, 3, -1).permute(0, 3, 1, 2)
        return grad_x, grad_weight, g.sum().view(1)


#: (row, column) of each tap of a 3x3 kernel.
_OFFSETS = [(row, column) for row in range(3) for column in range(3)]


def _rows(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N * H * W, C), without a copy in channels-last layout."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
