"""Turn what a training loop holds - tensors, arrays, scalars of any kind - into plain values.

Nothing here imports torch: a tensor is recognised by its methods.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Mapping
from numbers import Number
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


def number(value: Any) -> float:
    """One real number as a float, which may be NaN or infinite; a TypeError where it is none."""
    if isinstance(value, Number) and not isinstance(value, complex):
        return float(value)  # type: ignore[arg-type]  # int, float, Decimal, Fraction, NumPy's
    found = array(value)
    if found.size != 1 or found.dtype.kind not in "biuf":
        raise TypeError("not a single number")
    return float(found.reshape(()))


def whole(value: Any, least: int) -> int:
    """A whole number of any kind as an int; a ValueError where it is none, or below `least`."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if not isinstance(value, bool | np.bool_):
            try:
                found: float = operator.index(value)
            except TypeError:
                found = number(value)
            if found == int(found) >= least:
                return int(found)
    raise ValueError(f"{value!r}: expected a whole number from {least}")


def plain(value: Any, default: Any) -> Any:
    """A setting as JSON has it, so that 64 and ``np.int64(64)`` are one and the same.

    The catalog's `default` says whether it is a list, and of which type whole numbers are.

    Raises:
        TypeError: it cannot be written as numbers and texts.
    """
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} is neither a number nor a text")
    if isinstance(value, list | tuple):
        if not isinstance(default, list | tuple):
            raise TypeError("a list where one value is meant")
        return [plain(one, default[0] if default else None) for one in value]
    if not isinstance(value, Number):
        found = array(value)
        if found.ndim and (isinstance(default, list | tuple) or found.size != 1):
            return plain([*found], default)
        value = found.reshape(())[()]
        if isinstance(value, str | bool | np.bool_):
            return plain(value, default)
    if isinstance(value, np.float16 | np.float32):
        value = float(str(value))  # 0.0002, not 0.00019999999494757503
    found_number = number(value)
    if not math.isfinite(found_number):
        raise TypeError(f"{found_number} is not a finite number")
    if isinstance(default, float) or not found_number.is_integer():
        return found_number
    if isinstance(default, int) or not isinstance(value, float):
        return int(value)
    return found_number


def grey(images: Any, scale: Scale = "") -> tuple[Grey, Scale]:
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
