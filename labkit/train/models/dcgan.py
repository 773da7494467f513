"""DCGAN for 28 x 28 images: convolutions only (Radford et al. 2016, arXiv:1511.06434).

The generator takes noise as a 1 x 1 image with many channels and enlarges it by transposed
convolutions to 7 x 7, 14 x 14 and 28 x 28; the discriminator reduces an image to one number by
strided convolutions. Batch norm follows every convolution but the generator's last and the
discriminator's first and last. With a Wasserstein loss the discriminator is a critic.
"""

from torch import nn

from labkit.train.models.networks import norm_layer


def generator(z_dim: int) -> nn.Sequential:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1]."""
    return nn.Sequential(
        nn.Unflatten(1, (z_dim, 1, 1)),
        nn.ConvTranspose2d(z_dim, 128, 7),
        nn.BatchNorm2d(128),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def discriminator(norm: str = "batch", channels: int = 1) -> nn.Sequential:
    """Images (N, channels, 28, 28) in [-1, 1] -> logits (N, 1)."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, stride=2, padding=1),
        *norm_layer(norm, 128),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(128, 1, 7),
        nn.Flatten(),
    )
