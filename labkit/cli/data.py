"""The verb `data`: the full sets, fetched or checked."""

from __future__ import annotations

from typing import Annotated

import typer

from labkit.catalog import DATASETS
from labkit.cli.options import DataRootOpt, say
from labkit.data.download import fetch
from labkit.data.places import data_roots, find_full
from labkit.data.sources import is_bundled, load
from labkit.errors import DataError
from labkit.experiment.lookup import one_of

_SPLITS = ("train", "test")


def data(
    what: Annotated[str, typer.Argument(help="fetch or check.")] = "check",
    data_root: DataRootOpt = None,
) -> None:
    """Fetch the full data sets, or check what is there by SHA-256."""
    one_of("data", what, ("fetch", "check"))
    wrong = False
    for name in DATASETS:
        if what == "fetch" and find_full(name, data_root) is None:
            fetch(name, data_roots(data_root)[0], say=say)
        for source in ("bundled", "full") if is_bundled(name) else ("full",):
            try:
                sizes = [len(load(name, s, source, None, data_root).images) for s in _SPLITS]
            except DataError as error:
                wrong = wrong or find_full(name, data_root) is not None or source == "bundled"
                typer.echo(f"{name} {source}: {error}")
            else:
                typer.echo(f"{name} {source}: {sizes[0]:,} training, {sizes[1]:,} test, intact")
    if wrong:
        raise typer.Exit(1)
