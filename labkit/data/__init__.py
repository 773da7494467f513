"""The real images, torch-free: reading, checking, downloading, the bundled subset."""

from labkit.data.sources import DataError, Images, load, resolve_source

__all__ = ["DataError", "Images", "load", "resolve_source"]
