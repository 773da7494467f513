"""The IDX format of MNIST and its kin: a magic number, the shape, then raw bytes.

Source: Y. LeCun's description of the MNIST files: two zero bytes, a type code
(8 = unsigned byte), the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in C order.
"""

import math
import struct

import numpy as np
from numpy.typing import NDArray

UNSIGNED_BYTE = 0x08


class IdxError(ValueError):
    """The bytes are not a whole IDX array; the message says what was expected and found."""


def decode(data: bytes) -> NDArray[np.uint8]:
    """The array that an uncompressed IDX file holds, of the shape its header states.

    Raises:
        IdxError: wrong magic number or type, or a length that does not fit the header.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UNSIGNED_BYTE:
        raise IdxError(f"expected the magic number 00 00 08 .., found {data[:4].hex(' ') or '-'}")
    header = 4 + 4 * data[3]
    if len(data) < header:
        raise IdxError(f"expected a header of {header:,} bytes, found {len(data):,}")
    shape = struct.unpack(f">{data[3]}I", data[4:header])
    expected = header + math.prod(shape)
    if len(data) != expected:
        raise IdxError(f"expected {expected:,} bytes, found {len(data):,}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def encode(array: NDArray[np.uint8]) -> bytes:
    """The IDX file of a uint8 array of any shape."""
    header = struct.pack(f">2xBB{array.ndim}I", UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + array.tobytes()
