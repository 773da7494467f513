from pathlib import Path

from labkit.sheet.reading import Sheet


def write(sheet: Sheet, out: Path) -> Path:
    raise NotImplementedError
