"""Images as people hold them - tensors or arrays of any kind and range - as grey values.

Nothing here imports torch: a tensor is recognised by its methods.
"""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Scale = Literal["", "[0, 1]", "[-1, 1]"]
#: Rounding of half precision and of interpolation.
_SLACK = 0.001


class NotFiniteError(ValueError):
    """Images hold NaN or infinite pixels."""


def array(value: Any) -> NDArray[Any]:
    """A tensor, array, number or list of them as a NumPy array.

    Any device and dtype, with or without gradient; what NumPy has no dtype for becomes float32.
    """
    if isinstance(value, list | tuple) and any(hasattr(each, "detach") for each in value):
        return np.stack([array(each) for each in value])
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if getattr(value, "is_sparse", False):
            value = value.to_dense()
        try:
            return np.asarray(value.numpy())
        except (TypeError, RuntimeError):  # bfloat16, float8; a lazily conjugated tensor
            return np.asarray(value.float().numpy())
    return np.asarray(value)


def to_grey(images: Any, scale: Scale = "") -> tuple[Grey, Scale]:
    """Whatever holds images as uint8 (N, 28, 28), and what scale their values were of.

    They are whole numbers 0..255, truth values, floats in [-1, 1] or, where they show that they
    are, from dark to bright, in [0, 1] (0 is grey in [-1, 1]); `scale` is that of earlier images.

    Raises:
        NotFiniteError: a pixel is NaN or infinite.
        ValueError: the shape or the range of values is not that of images.
    """
    found = array(images)
    n = found.shape[:1]
    known = ((28, 28), (*n, 784), (*n, 28, 28), (*n, 1, 28, 28), (*n, 28, 28, 1))
    if found.shape not in known or not found.size:
        raise ValueError(f"expected images (N, 28, 28) or (N, 1, 28, 28), got {found.shape}")
    found = found.reshape(-1, 28, 28)
    if found.dtype == np.uint8:
        return np.ascontiguousarray(found), scale
    if found.dtype.kind not in "biuf":
        raise ValueError(f"expected images, got values of type {found.dtype}")
    if found.dtype.kind == "f":
        found = found.astype(np.float64)
    low, high = float(found.min()), float(found.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise NotFiniteError(f"pixels from {low:.3g} to {high:.3g}")
    if found.dtype.kind in "iu" and low >= 0 and 1 < high <= 255:
        return found.astype(np.uint8), scale
    if not (low >= -1 - _SLACK and high <= 1 + _SLACK):
        raise ValueError(f"expected pixels in [-1, 1] (or uint8), got {low:.3g} to {high:.3g}")
    if low < -_SLACK:
        if scale == "[0, 1]":
            raise ValueError(f"pixels from {low:.3g} to {high:.3g}: those before were in [0, 1]")
        scale = "[-1, 1]"
    elif not scale:
        # With such a range in [-1, 1] nothing would be darker than grey, in no image at all.
        if not (found.dtype.kind in "biu" or (low < 0.25 and high - low > 0.5)):
            raise ValueError(
                f"pixels from {low:.3g} to {high:.3g}: expected [-1, 1]; if yours are in [0, 1], "
                "pass 2 * images - 1"
            )
        scale = "[0, 1]"
    values = found * 255.0 if scale == "[0, 1]" else (found + 1) * 127.5
    return values.round().clip(0, 255).astype(np.uint8), scale
