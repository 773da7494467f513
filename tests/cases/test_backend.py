"""labkit draws with its own backend and settings, and leaves a user's own plots alone.

A notebook hands ``MPLBACKEND`` on to every program it starts; in an environment that lacks
that backend, matplotlib cannot even be imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import handins, stores

#: How the user's settings can stand in the way: name to the environment and a settings file.
SETTINGS: dict[str, tuple[dict[str, str], bytes]] = {
    "a notebook's backend": ({"MPLBACKEND": "module://nowhere.backend_inline"}, b""),
    "no backend at all": ({"MPLBACKEND": "nonsense"}, b""),
    "another backend": ({"MPLBACKEND": "svg"}, b""),
    "settings that are no text": ({"MATPLOTLIBRC": "{rc}"}, b"\xff\xfe\x00bad"),
    "settings without sense": ({"MATPLOTLIBRC": "{rc}"}, b"no key\nbackend: x\npath.snap: y\n"),
    "other settings": (
        {"MATPLOTLIBRC": "{rc}"},
        b"path.simplify: False\ntext.hinting_factor: 1\ntext.kerning_factor: 6\nbackend: pdf\n",
    ),
    "settings nowhere": ({"MATPLOTLIBRC": "{rc}/none"}, b""),
    "no folder of its own": ({"MPLCONFIGDIR": "{rc}/none"}, b""),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backend")
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        return handins.project(folder / "project").parent


def labkit(folder: Path, env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "MATPLOTLIB"))}
    return subprocess.run(
        [sys.executable, "-m", "labkit", *args],
        cwd=folder,
        env={**clean, **env},
        capture_output=True,
        text=True,
    )


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "plots").glob("*.png"))}


@pytest.fixture(scope="module")
def undisturbed(project: Path) -> dict[str, bytes]:
    told = labkit(project, {}, "report", "--format", "md", "-o", "undisturbed")
    assert told.returncode == 0, told.stderr
    assert labkit(project, {}, "submit", "-o", "undisturbed.zip").returncode == 0
    found = pictures(project / "undisturbed")
    assert len(found) >= 3
    return found


DRAW = """
import sys
from labkit.reporting.plots.chart import Chart, Lines, Look, Series
from labkit.reporting.plots.draw import render

curve = Series("z 64 汉", Look("ink", "dashed"), tuple(range(99)), tuple(i % 7 for i in range(99)))
chart = Chart(((Lines("AV: Hinge, z 64", "epoch", "loss", (curve,)),),))
for data in render(chart, {}, ("png", "svg")).values():
    sys.stdout.buffer.write(data)
"""


def drawn(env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "MATPLOTLIB"))}
    return subprocess.run(
        [sys.executable, "-c", DRAW], env={**clean, **env}, capture_output=True, check=True
    )


FAST = ("a notebook's backend", "settings that are no text")


@pytest.mark.parametrize(
    "what", [w if w in FAST else pytest.param(w, marks=pytest.mark.slow) for w in SETTINGS]
)
def test_pictures_depend_on_no_setting_of_the_users(what: str, tmp_path: Path) -> None:
    env, text = SETTINGS[what]
    rc = tmp_path / "rc"
    rc.write_bytes(text)
    told = drawn({name: value.format(rc=rc) for name, value in env.items()})
    assert told.stderr == b""
    assert told.stdout == drawn({}).stdout


@pytest.mark.slow
def test_every_verb_that_draws(project: Path, undisturbed: dict[str, bytes]) -> None:
    env = SETTINGS["a notebook's backend"][0]
    for args in (
        ("report", "--format", "md", "-o", "out"),
        ("submit", "-o", "x.zip"),
        ("verify", "x.zip", "--rungs", "2"),
        ("compare", "results/lab", "results/lab", "-o", "compared.html"),
        ("index", "."),
    ):
        told = labkit(project, env, *args)
        assert told.returncode == 0, f"{args}: {told.stdout} {told.stderr}"
    assert pictures(project / "out") == undisturbed
    assert (project / "x.zip").read_bytes() == (project / "undisturbed.zip").read_bytes()
    said = labkit(project, env, "doctor").stdout
    assert not [line for line in said.splitlines() if line.startswith("! Fonts")]
    assert "MPLBACKEND=module://nowhere.backend_inline" in said


IN_ONE_PROCESS = """
import sys
{before}
from pathlib import Path
from labkit import report
report("results/lab", Path(sys.argv[1]), format="md")
assert {pyplot_before} or "matplotlib.pyplot" not in sys.modules
import matplotlib.pyplot as plt
print(plt.get_backend(), plt.rcParams["path.simplify"])
fig, ax = plt.subplots()
ax.plot([1, 2])
fig.savefig(Path(sys.argv[1]) / "users.png")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "env", "expected"),
    [
        ("", {}, "agg True"),
        ("", {"MPLBACKEND": "svg"}, "svg True"),
        (
            "import matplotlib.pyplot as plt\n"
            "plt.rcParams.update({'path.simplify': False, 'text.hinting_factor': 1})\n"
            "plt.switch_backend('pdf')",
            {},
            "pdf False",
        ),
    ],
)
def test_the_users_own_plots_in_the_same_process(
    before: str,
    env: dict[str, str],
    expected: str,
    project: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    code = IN_ONE_PROCESS.format(before=before, pyplot_before=bool(before))
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        cwd=project,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip().lower() == expected.lower()
    assert pictures(tmp_path / "out") == undisturbed
    assert (tmp_path / "out" / "users.png").stat().st_size > 1000
