"""Comments, formatting and docstrings change no version; code does."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.catalog import FAMILIES
from labkit.experiment import fingerprint
from labkit.experiment.fingerprint import (
    measuring_code,
    source_hash,
    training_code,
    training_modules,
)

CODE = '''
"""What the module is for."""

RATE = 2e-4
"""What the constant is for."""


class A:
    """A class."""

    def f(self, x: int) -> int:
        """A method."""
        return x + 1  # one more


def g():
    """Only words."""
'''


@pytest.mark.parametrize(
    "same",
    [
        CODE.replace("# one more", "# another remark"),
        CODE.replace("What the", "All that the"),
        CODE.replace('        """A method."""\n', ""),
        CODE.replace("x + 1", "(x\n            + 1)"),
        CODE.replace("2e-4", "0.0002"),
        CODE.replace("\n\n", "\n\n\n\n"),
    ],
)
def test_looks_do_not_count(same: str) -> None:
    assert same != CODE
    assert source_hash(same) == source_hash(CODE)


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("2e-4", "2e-3"),
        CODE.replace("2e-4", "'2e-4'"),
        CODE.replace("x + 1", "x - 1"),
        CODE.replace("x + 1", "x + 1.0"),
        CODE.replace("x + 1", "x + True"),
        CODE.replace("RATE", "LR"),
        CODE.replace("def f(self, x: int)", "def f(self, x: int = 0)"),
        CODE.replace("def g()", "async def g()"),
        CODE + "g()\n",
        CODE + "x = 'words'\n",
    ],
)
def test_meaning_does(other: str) -> None:
    assert source_hash(other) != source_hash(CODE)


def test_one_version_for_every_python() -> None:
    """A literal: what is empty in one Python's tree and absent in another's leaves no trace."""
    assert (
        source_hash("def f(x, *, y=1): return [x for _ in y]\n")
        == hashlib.sha256(
            b"Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='x')],"
            b"kwonlyargs=[arg(arg='y')],kw_defaults=[Constant(value=1)]),"
            b"body=[Return(value=ListComp(elt=Name(id='x'),"
            b"generators=[comprehension(target=Name(id='_'),iter=Name(id='y'),is_async=0)]))])])"
        ).hexdigest()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_module_of_a_family_counts(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = training_code
    base = version(family)
    honest = fingerprint._module_hash
    for module in training_modules(family):
        path = fingerprint._path(module)
        with monkeypatch.context() as patch:
            patch.setattr(
                fingerprint, "_module_hash", lambda p, at=path: "new" if p == at else honest(p)
            )
            assert version(family) != base


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_module_imports_counts_too(family: str) -> None:
    """Nothing a family's training runs through can change behind its fingerprint."""
    code = (
        "import sys; from labkit.catalog import FAMILIES, resolve; import labkit.train.loop; "
        f"resolve(FAMILIES[{family!r}].target); "
        "print(*[name for name in sys.modules if name.startswith('labkit.train.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {"labkit.train.models"}
    assert set(done.stdout.split()) - packages <= set(training_modules(family))


def test_only_the_networks_a_cell_uses_count() -> None:
    mine, other = "labkit.train.models.lab1", "labkit.train.models.dcgan"
    assert mine in training_modules("gan")
    assert other not in training_modules("gan")
    assert other in training_modules("gan", {"networks": "dcgan"})
    assert training_code("gan") != training_code("gan", {"networks": "dcgan"})
    assert training_code("gan") == training_code("gan", {"networks": "lab1", "z_dim": 3})


def test_every_file_that_measures_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    version = measuring_code.__wrapped__
    base, honest = version(), fingerprint._module_hash
    files = sorted((Path(fingerprint.PACKAGE) / "measure").rglob("*.py"))
    assert files
    for path in files:
        with monkeypatch.context() as patch:
            patch.setattr(
                fingerprint, "_module_hash", lambda p, at=path: "new" if p == at else honest(p)
            )
            assert version() != base


def test_asking_imports_no_training_code() -> None:
    code = (
        "import sys; from labkit.experiment.fingerprint import measuring_code, training_code; "
        "training_code('gan'), measuring_code(); "
        "heavy = ('torch', 'labkit.train', 'labkit.measure'); "
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
