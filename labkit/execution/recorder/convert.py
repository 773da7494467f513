"""Turn what a training loop holds - tensors, arrays, scalars of any kind - into plain values.

Nothing here imports torch: a tensor is recognised by its methods.
"""

import contextlib
import math
import operator
from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np

from labkit.data.grey import array


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
    TypeError where it cannot be written as numbers and texts.
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
