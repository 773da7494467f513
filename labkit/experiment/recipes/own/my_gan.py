"""My own GAN. Change anything below; it trains as it is.

What labkit looks for in this file, by name (a function, or a class of the same name):

    generator(z_dim)      -> a torch.nn.Module: noise (N, z_dim) to images (N, 1, 28, 28)
                             in [-1, 1], so that it ends in a tanh
    discriminator()       -> a torch.nn.Module: images (N, 1, 28, 28) to logits (N, 1),
                             without a sigmoid: the loss has it

Use them with `networks: my_gan` in experiments.yaml (the name of this file). If one of the
two is missing, Lab 1's takes its place. For a VAE, write encoder(latent_dim), which gives
the mean and the log-variance, and decoder(latent_dim), which gives raw images: the loss
adds the tanh or the sigmoid.
"""

import torch
from torch import nn


class Generator(nn.Module):
    """Noise to images: a small map of many channels, made larger twice."""

    def __init__(self, z_dim):
        super().__init__()
        self.start = nn.Linear(z_dim, 128 * 7 * 7)
        self.net = nn.Sequential(
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.ConvTranspose2d(128, 64, kernel_size=4, stride=2, padding=1),  # 14 x 14
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, kernel_size=4, stride=2, padding=1),  # 28 x 28
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 1, kernel_size=3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.net(self.start(z).view(-1, 128, 7, 7))


class Discriminator(nn.Module):
    """Images to one logit: high for what looks real."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=4, stride=2, padding=1),  # 14 x 14
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=1),  # 7 x 7
            nn.BatchNorm2d(64),
            nn.LeakyReLU(0.2),
            nn.Conv2d(64, 128, kernel_size=3, stride=2, padding=1),  # 4 x 4
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(128 * 4 * 4, 1),
        )

    def forward(self, x):
        return self.net(x)


# A loss of your own: remove the "# " of these lines and set `loss: my_gan`. Both take raw
# logits and return a scalar. This one is least squares (Mao et al. 2017, arXiv:1611.04076).
#
# def discriminator_loss(real, fake):
#     return ((real - 1) ** 2).mean() + (fake**2).mean()
#
# def generator_loss(fake):
#     return ((fake - 1) ** 2).mean()


def metric_mean_ink(samples, real):
    """ink of samples relative to real images: 1 is as much

    Both arguments are uint8 arrays (N, 28, 28). A function named metric_... becomes a column
    of the results; its first line above says what it measures.
    """
    return samples.mean() / real.mean()


# Questions of your own, answered in answers.md, e.g. {"depth": "What did depth change?"}.
QUESTIONS = {}


if __name__ == "__main__":  # try the shapes: python my_gan.py
    images = Generator(64)(torch.randn(2, 64))
    print(images.shape, Discriminator()(images).shape)
