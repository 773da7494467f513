"""The real images, torch-free: reading, checking, downloading, the bundled subset."""

from labkit.data.sources import Images, load, resolve_source
from labkit.errors import DataError

__all__ = ["DataError", "Images", "load", "resolve_source"]
