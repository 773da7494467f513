"""The GAN of TensorFlow's DCGAN tutorial: a wide generator, dropout in the discriminator.

The generator has 5 x 5 kernels and 256 maps at 7 x 7; dropout of 0.3 in the discriminator
keeps it from relying on a few details. As in Keras: leaky ReLU with slope 0.3, batch norm with
epsilon 0.001, no bias before batch norm. Unlike Keras (Glorot uniform), the weights have
PyTorch's default initialisation.
"""

from torch import nn

from labkit.train.models.networks import norm_layer

SLOPE = 0.3
EPSILON = 1e-3


def generator(z_dim: int) -> nn.Sequential:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1]."""
    return nn.Sequential(
        nn.Linear(z_dim, 256 * 7 * 7, bias=False),
        nn.BatchNorm1d(256 * 7 * 7, eps=EPSILON),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, padding=2, bias=False),
        nn.BatchNorm2d(128, eps=EPSILON),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.ConvTranspose2d(128, 64, 5, stride=2, padding=2, output_padding=1, bias=False),
        nn.BatchNorm2d(64, eps=EPSILON),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.ConvTranspose2d(64, 1, 5, stride=2, padding=2, output_padding=1, bias=False),
        nn.Tanh(),
    )


def discriminator(norm: str = "none", channels: int = 1) -> nn.Sequential:
    """Images (N, channels, 28, 28) in [-1, 1] -> logits (N, 1)."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 5, stride=2, padding=2),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, stride=2, padding=2),
        *norm_layer(norm, 128),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1),
    )
