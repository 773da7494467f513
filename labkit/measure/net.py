"""The feature network: a small classifier whose embedding is used to compare images.

About 250,000 weights, small enough for 10,000 images in a few seconds on one core. It is
trained once per data set by ``scripts/train_features.py``, on the 60,000 training images, and
its weights are pinned: a proxy FID is comparable only under the same weights.
"""

import torch
from torch import Tensor, nn

FEATURES = 64
CLASSES = 10


def _block(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class FeatureNet(nn.Module):
    """Four convolutions, an embedding of 64 dimensions, ten logits.

    The features are the embedding before its ReLU: a Gaussian, which the Fréchet distance
    assumes, fits rectified features badly, since about half of them are zero.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            _block(1, 32, kernel=5, stride=2),  # 14 x 14
            _block(32, 64, kernel=3),
            nn.MaxPool2d(2),  # 7 x 7
            _block(64, 96, kernel=3),
            _block(96, 96, kernel=3, stride=2),  # 4 x 4
            nn.Flatten(),
        )
        self.dropout = nn.Dropout(0.3)
        self.embedding = nn.Sequential(
            nn.Linear(96 * 4 * 4, FEATURES, bias=False), nn.BatchNorm1d(FEATURES)
        )
        self.classifier = nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, CLASSES))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, 1, 28, 28) in [0, 1] -> features (N, 64) and logits (N, 10)."""
        features = self.embedding(self.dropout(self.convolutions(images)))
        return features, self.classifier(features)


def to_input(images: Tensor) -> Tensor:
    """Images, uint8 (N, 28, 28) -> the network's input, float32 (N, 1, 28, 28) in [0, 1]."""
    return images.unsqueeze(1).to(torch.float32).div_(255.0)
