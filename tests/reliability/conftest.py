"""One undisturbed run, for all to be compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import breakable


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache of the user's, a clock that stands still."""
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
    breakable.still(monkeypatch)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a run that nothing happened to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        breakable.still(patch)
        root = tmp_path_factory.mktemp("undisturbed") / "results"
        assert breakable.go(root).done == 2
    return root


@pytest.fixture(scope="session")
def expected(undisturbed: Path) -> dict[str, bytes]:
    return breakable.files(undisturbed)
