"""The script everyone writes: Lab 1's networks trained the usual way.

A `DataLoader` over images that `ToTensor` and `Normalize` treat one by one, float32,
torch's layers and layout as they come, one process with all cores, losses read with
``.item()`` at every step. On a GPU: ``.to(device)``, and nothing else. It is what labkit's
training is compared with, so it computes the same: the networks, losses, optimisers, batches
and epochs of the lab sheet.
"""

from __future__ import annotations

import time
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from labkit.data import load


class Pictures(Dataset[tuple[Tensor, int]]):
    """A data set as torchvision's `MNIST` class hands it out."""

    def __init__(self, dataset: str, limit: int) -> None:
        found = load(dataset, "train", "bundled", limit)
        self.images, self.labels = torch.from_numpy(found.images.copy()), found.labels.tolist()
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[index].numpy(), mode="L")
        return self.transform(picture), self.labels[index]


def generator(z_dim: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(z_dim, 128 * 7 * 7),
        nn.BatchNorm1d(128 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 1, 3, 1, 1),
        nn.Tanh(),
    )


def discriminator() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 3, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 1),
    )


class VAE(nn.Module):
    """The lab's VAE, or one of the other networks of its recipes."""

    def __init__(self, latent_dim: int, networks: str = "lab1") -> None:
        super().__init__()
        self.encoder, width, self.decoder = NETWORKS[networks](latent_dim)
        self.mean = nn.Linear(width, latent_dim)
        self.log_variance = nn.Linear(width, latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        std = torch.exp(0.5 * log_variance)
        z = mean + std * torch.randn_like(std)
        return self.decoder(z), mean, log_variance


def _lab1(latent_dim: int) -> tuple[nn.Module, int, nn.Module]:
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(), nn.Flatten()
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 64 * 7 * 7),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(16, 1, 3, 1, 1),
        nn.Tanh(),
    )
    return encoder, 64 * 7 * 7, decoder


def _dense256(latent_dim: int) -> tuple[nn.Module, int, nn.Module]:
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU())
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.ReLU(),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    return encoder, 256, decoder


def _conv(latent_dim: int) -> tuple[nn.Module, int, nn.Module]:
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(), nn.Flatten()
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 64 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1),
        nn.Tanh(),
    )
    return encoder, 64 * 7 * 7, decoder


#: By the names they have in labkit's catalog.
NETWORKS = {"lab1": _lab1, "dense256": _dense256, "conv": _conv}


def parameter_count(*networks: nn.Module) -> int:
    """Trainable weights."""
    return sum(p.numel() for network in networks for p in network.parameters())


def train(
    cell: dict[str, Any], limit: int, epochs: int, threads: int, device: str = "cpu"
) -> float:
    """Train one cell on the first `limit` images; the seconds that took, without imports.

    Args:
        cell: ``family``, ``dataset`` and the settings: ``loss``, ``z_dim`` of a GAN;
            ``latent_dim`` and, if they are not the lab's, ``networks`` of a VAE.
        limit: training images.
        epochs: passes over them.
        threads: of torch.
        device: where it trains.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(42)
    started = time.perf_counter()
    loader = DataLoader(Pictures(cell["dataset"], limit), batch_size=128, shuffle=True)
    if cell["family"] == "gan":
        _train_gan(loader, cell["loss"], cell["z_dim"], epochs, device)
    else:
        _train_vae(loader, cell["latent_dim"], cell.get("networks", "lab1"), epochs, device)
    return time.perf_counter() - started


def _train_gan(
    loader: DataLoader[tuple[Tensor, int]], loss: str, z_dim: int, epochs: int, device: str
) -> None:
    G, D = generator(z_dim).to(device), discriminator().to(device)
    optimiser_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimiser_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        d_sum = g_sum = 0.0
        for real, _ in loader:
            real, n = real.to(device), len(real)
            ones, zeros = torch.ones(n, 1, device=device), torch.zeros(n, 1, device=device)
            fake = G(torch.randn(n, z_dim, device=device)).detach()
            on_real, on_fake = D(real), D(fake)
            if loss == "hinge":
                d_loss = F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()
            else:
                d_loss = bce(on_real, ones) + bce(on_fake, zeros)
            optimiser_d.zero_grad()
            d_loss.backward()  # type: ignore[no-untyped-call]
            optimiser_d.step()

            on_fake = D(G(torch.randn(n, z_dim, device=device)))
            g_loss = -on_fake.mean() if loss == "hinge" else bce(on_fake, ones)
            optimiser_g.zero_grad()
            g_loss.backward()
            optimiser_g.step()
            d_sum += d_loss.item()
            g_sum += g_loss.item()


def _train_vae(
    loader: DataLoader[tuple[Tensor, int]], latent_dim: int, networks: str, epochs: int, device: str
) -> None:
    model = VAE(latent_dim, networks).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        total_sum = recon_sum = kl_sum = 0.0
        for x, _ in loader:
            x = x.to(device)
            rebuilt, mean, log_variance = model(x)
            recon = F.l1_loss(rebuilt, x, reduction="sum") / len(x)
            kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp()) / len(x)
            total = recon + kl
            optimiser.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total_sum += total.item()
            recon_sum += recon.item()
            kl_sum += kl.item()
