"""Every mistake in a file ends in one line: file, line, path, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import api
from labkit.catalog import FAMILIES
from labkit.errors import LabkitError, PlanError
from labkit.experiment import reader, safe_yaml
from labkit.experiment.grid import make_plan, parse_experiment, read_experiment
from labkit.experiment.plan import Plan

HEAD = "name: lab\nexperiments:\n  gan:\n    family: gan\n"  # four lines
GRID = HEAD + "    grid:\n      dataset: [MNIST]\n"  # six lines
WHOLE = GRID + "      loss: [hinge]\n"  # seven lines
VAE = "name: lab\nexperiments:\n  vae:\n    family: vae\n    grid: {dataset: [MNIST]}\n"
NAME_RULE = (
    "a name is 1 to 64 of the characters A-Z a-z 0-9 . _ - and begins with a letter or digit"
)

MISTAKES = {
    # keys
    "unknown key in a grid": (
        GRID + "      los: [hinge]\n",
        "7: experiments.gan.grid.los: unknown key; did you mean 'loss'?",
    ),
    "unknown key, wrong case": (
        GRID + "      Loss: [hinge]\n",
        "7: experiments.gan.grid.Loss: unknown key; did you mean 'loss'?",
    ),
    "unknown key without a near one": (
        WHOLE + "training: {warp: 9}\n",
        "8: training.warp: unknown key; allowed: epochs, batch_size, snapshot_epochs",
    ),
    "unknown key at the top": (
        WHOLE + "sedes: [1]\n",
        "8: sedes: unknown key; did you mean 'seeds'?",
    ),
    "another family's parameter": (
        WHOLE + "    params: {latent_dim: 3}\n",
        "8: experiments.gan.params.latent_dim: a setting of vae; gan has no such thing",
    ),
    "snapshots belong to the file": (
        WHOLE + "    training: {snapshot_epochs: [1]}\n",
        "8: experiments.gan.training.snapshot_epochs: unknown key; allowed: epochs, batch_size",
    ),
    "the same key twice": (
        WHOLE + "name: again\n",
        "8: 'name' is here twice; first on line 1",
    ),
    "name missing": (WHOLE.replace("name: lab\n", ""), "1: name: required"),
    "experiments missing": ("name: lab\n", "1: experiments: required"),
    "experiments empty": ("name: lab\nexperiments: {}\n", "2: experiments: must not be empty"),
    "experiments blank": (
        "name: lab\nexperiments:\n",
        "2: experiments: expected keys and values, got nothing",
    ),
    "an experiment that is a list": (
        "name: lab\nexperiments:\n  gan: [1]\n",
        "3: experiments.gan: expected keys and values, got a list; "
        "a list is an axis only inside grid",
    ),
    "code that is not there": (
        WHOLE + "code: [my_gan.py]\n",
        "8: code[0]: my_gan.py: no such file beside experiments.yaml",
    ),
    "a single image": (
        WHOLE + "data: {limit: 1}\n",
        "8: data.limit: must be at least 2, got 1",
    ),
    "steps of a single image": (
        WHOLE + "training: {batch_size: 1}\n",
        "8: training.batch_size: must be at least 2, got 1",
    ),
    # families, data sets, losses
    "family missing": (
        "name: lab\nexperiments:\n  gan:\n    grid: {}\n",
        "3: experiments.gan.family: required; allowed: " + ", ".join(FAMILIES),
    ),
    "family unknown": (
        "name: lab\nexperiments:\n  a:\n    family: gann\n",
        "4: experiments.a.family: unknown family 'gann'; allowed: " + ", ".join(FAMILIES),
    ),
    "family a list": (
        "name: lab\nexperiments:\n  a:\n    family: [gan, vae]\n",
        f"4: experiments.a.family: expected one of {', '.join(FAMILIES)}; got a list; "
        "a list is an axis only inside grid",
    ),
    "loss unknown": (
        GRID + "      loss: [hinge, bcee]\n",
        "7: experiments.gan.grid.loss[1]: unknown loss 'bcee'; allowed: hinge, bce, wasserstein",
    ),
    "loss unknown in params": (
        GRID + "    params:\n      loss: wassrstein\n",
        "8: experiments.gan.params.loss: unknown loss 'wassrstein'; "
        "allowed: hinge, bce, wasserstein",
    ),
    "reconstruction unknown": (
        VAE + "    params: {reconstruction: l3}\n",
        "6: experiments.vae.params.reconstruction: unknown reconstruction 'l3'; "
        "allowed: l1, mse, bernoulli",
    ),
    "data set unknown": (
        HEAD + "    grid: {dataset: [MNIST, CIFAR10]}\n",
        "5: experiments.gan.grid.dataset[1]: unknown dataset 'CIFAR10'; "
        "allowed: MNIST, FashionMNIST",
    ),
    "data set missing": (
        HEAD + "    grid:\n      loss: [hinge]\n",
        "5: experiments.gan.grid.dataset: required here or in params; allowed: MNIST, FashionMNIST",
    ),
    "source unknown": (
        WHOLE + "data: {source: web}\n",
        "8: data.source: unknown source 'web'; allowed: auto, full, bundled",
    ),
    "answers of a wrong type": (
        WHOLE + "report: {answers: false}\n",
        "8: report.answers: expected one of prose, evidence, off; got false",
    ),
    # types
    "text for a number": (
        WHOLE + "training: {epochs: ten}\n",
        "8: training.epochs: expected a whole number, got text 'ten'",
    ),
    "a quoted number": (
        WHOLE + 'training: {epochs: "10"}\n',
        "8: training.epochs: expected a whole number, got text '10'",
    ),
    "a fraction for a whole number": (
        WHOLE + "training: {epochs: 2.5}\n",
        "8: training.epochs: expected a whole number, got 2.5",
    ),
    "true is not 1": (
        GRID + "      z_dim: [true]\n",
        "7: experiments.gan.grid.z_dim[0]: expected a whole number, got true",
    ),
    "true is not 1.0": (
        WHOLE + "    params: {lr: true}\n",
        "8: experiments.gan.params.lr: expected a number, got true",
    ),
    "not a number": (
        WHOLE + "    params: {lr: .nan}\n",
        "8: experiments.gan.params.lr: expected a number, got text '.nan'",
    ),
    "a number beyond floats": (
        WHOLE + "    params: {lr: 1e999}\n",
        "8: experiments.gan.params.lr: expected a number, got text '1e999'",
    ),
    "a blank parameter": (
        WHOLE + "    params: {lr: }\n",
        "8: experiments.gan.params.lr: expected a number, got nothing",
    ),
    "a list outside grid": (
        WHOLE + "    params:\n      lr: [1e-3, 1e-4]\n",
        "9: experiments.gan.params.lr: expected a number, got a list; "
        "a list is an axis only inside grid",
    ),
    "a list of epochs": (
        WHOLE + "training: {epochs: [5, 10]}\n",
        "8: training.epochs: expected a whole number, got a list; "
        "a list is an axis only inside grid",
    ),
    "a scalar inside grid": (
        GRID + "      z_dim: 64\n",
        "7: experiments.gan.grid.z_dim: expected a list in [brackets], got 64",
    ),
    "one beta": (
        WHOLE + "    params: {betas: [0.5]}\n",
        "8: experiments.gan.params.betas: expected 2 values, got 1",
    ),
    "three betas": (
        WHOLE + "    params: {betas: [0.5, 0.9, 0.99]}\n",
        "8: experiments.gan.params.betas: expected 2 values, got 3",
    ),
    "seeds not a list": (
        WHOLE + "seeds: students\n",
        "8: seeds: expected a list in [brackets], got text 'students'",
    ),
    "a student's seed without a student": (
        WHOLE + "seeds: student\n",
        "8: seeds: 'student' needs author.group or author.id to derive a seed",
    ),
    # values
    "an empty axis": (
        GRID + "      z_dim: []\n",
        "7: experiments.gan.grid.z_dim: must not be empty",
    ),
    "no epochs": (
        WHOLE + "training:\n  epochs: 0\n",
        "9: training.epochs: must be at least 1, got 0",
    ),
    "a negative learning rate": (
        WHOLE + "    params: {lr: -2e-4}\n",
        "8: experiments.gan.params.lr: must be greater than 0, got -0.0002",
    ),
    "a beta of one": (
        WHOLE + "    params: {betas: [0.5, 1]}\n",
        "8: experiments.gan.params.betas[1]: must be less than 1, got 1",
    ),
    "no latent dimension": (
        VAE.replace("[MNIST]}", "[MNIST], latent_dim: [8, 0]}"),
        "5: experiments.vae.grid.latent_dim[1]: must be at least 1, got 0",
    ),
    "a negative seed": (WHOLE + "seeds: [-1]\n", "8: seeds[0]: must be at least 0, got -1"),
    "a seed too large": (
        WHOLE + "seeds: [4294967296]\n",
        "8: seeds[0]: must be less than 4294967296, got 4294967296",
    ),
    "a seed twice": (WHOLE + "seeds: [1, 2, 1]\n", "8: seeds[2]: 1 is here twice"),
    "a level twice": (
        GRID + "      z_dim: [64, 32, 64]\n",
        "7: experiments.gan.grid.z_dim[2]: 64 is here twice",
    ),
    "a level twice in two spellings": (
        GRID + "      lr: [0.001, 1e-3]\n",
        "7: experiments.gan.grid.lr[1]: 0.001 is here twice",
    ),
    "in grid and in params": (
        WHOLE + "    params: {loss: bce}\n",
        "8: experiments.gan.params.loss: is also an axis of grid; keep one of the two",
    ),
    "data set in grid and in params": (
        WHOLE + "    params: {dataset: MNIST}\n",
        "8: experiments.gan.params.dataset: is also an axis of grid; keep one of the two",
    ),
    "a cell twice": (
        WHOLE + "  more:\n    family: gan\n    params: {dataset: MNIST, loss: hinge}\n",
        "8: experiments.more: its cell MNIST_GAN_hinge_z64_more is also in 'gan'",
    ),
    "too many cells": (
        GRID + f"      z_dim: {list(range(1, 102))}\nseeds: {list(range(100))}\n",
        "5: experiments.gan.grid: 10,100 cells; at most 10,000 are allowed",
    ),
    # names
    "a name that climbs": (
        WHOLE.replace("name: lab", "name: ../lab"),
        f"1: name: '../lab' is not allowed: {NAME_RULE}",
    ),
    "an absolute name": (
        WHOLE.replace("name: lab", "name: /etc"),
        f"1: name: '/etc' is not allowed: {NAME_RULE}",
    ),
    "a name of 65 characters": (
        WHOLE.replace("name: lab", f"name: {'a' * 65}"),
        f"1: name: '{'a' * 65}' is not allowed: {NAME_RULE}",
    ),
    "a name with dots": (
        WHOLE.replace("name: lab", "name: a..b"),
        "1: name: a name has no '..' and does not end in '.'",
    ),
    "a name of Windows": (
        WHOLE.replace("name: lab", "name: nul.txt"),
        "1: name: 'nul.txt' is a name Windows keeps for itself",
    ),
    "an experiment's name": (
        WHOLE.replace("  gan:", "  a/b:"),
        f"3: experiments.a/b: 'a/b' is not allowed: {NAME_RULE}",
    ),
    "a profile's name": (
        WHOLE + "profiles: {con: {}}\n",
        "8: profiles.con: 'con' is a name Windows keeps for itself",
    ),
    "experiments that differ in case": (
        WHOLE + "  GAN: {family: gan, params: {dataset: MNIST}}\n",
        "8: experiments.GAN: differs from 'gan' only in case",
    ),
    "a title of two lines": (
        WHOLE + 'title: "a\\nb"\n',
        "8: title: must be one line without tabs",
    ),
    "a title too long": (
        WHOLE + f"title: {'x' * 201}\n",
        "8: title: longer than 200 characters",
    ),
    # profiles
    "a profile's unknown key": (
        WHOLE + "profiles:\n  quick:\n    training: {epoch: 2}\n",
        "10: profiles.quick.training.epoch: unknown key; did you mean 'epochs'?",
    ),
    "a profile's wrong value in a grid": (
        WHOLE + "profiles:\n  quick:\n    experiments:\n      gan:\n        grid: {loss: [x]}\n",
        "12: profiles.quick.experiments.gan.grid.loss[0]: unknown loss 'x'; "
        "allowed: hinge, bce, wasserstein",
    ),
    "a profile's unknown experiment": (
        WHOLE + "profiles:\n  quick:\n    experiments:\n      gam:\n        params: {lr: 1}\n",
        "11: profiles.quick.experiments.gam.family: required; allowed: " + ", ".join(FAMILIES),
    ),
    "a profile renames nothing": (
        WHOLE + "profiles:\n  quick:\n    name: other\n",
        "10: profiles.quick.name: unknown key; allowed: title, author, data, seeds, training, "
        "evaluation, precision, threads, report, cluster, code, experiments",
    ),
    # YAML
    "not YAML": (
        "name: lab\nexperiments: [\n",
        "3: not valid YAML",
    ),
    "a bracket without an end": (
        "name: lab\nseeds: [1, 2\ntraining: {}\n",
        "3: not valid YAML: a comma or the end of the '[' on line 2 is missing",
    ),
    "a quote without an end": (
        "name: lab\ntitle: 'Lab 1\nseeds: [1]\n",
        "4: not valid YAML: the quote that begins on line 2 has no end",
    ),
    "a colon in a text": (
        WHOLE + "title: Lab 1: GAN vs VAE\n",
        "8: not valid YAML: put a text with ': ' in quotes",
    ),
    "a colon in a text in braces": (
        WHOLE + "author: {name: Ann: B}\n",
        "8: not valid YAML: put a text with ': ' in quotes",
    ),
    "no space after a colon": (
        "name: lab\ntraining:\n  epochs:10\n  batch_size: 2\n",
        "3: not valid YAML: a space must follow ':'",
    ),
    "a sign that YAML keeps for itself": (
        WHOLE + "title: @home\n",
        "8: not valid YAML: put a text that begins with '@' in quotes",
    ),
    "a glob that looks like an alias": (
        WHOLE + "code: [*.py]\n",
        "8: not valid YAML: put a text that begins with '*' in quotes",
    ),
    "a key too far right": (
        "name: lab\n  title: x\n",
        "2: not valid YAML: this line does not line up with those above it",
    ),
    "a key too far left": (
        HEAD + "    grid: {}\n   params: {}\n",
        "6: not valid YAML: this line does not line up with those above it",
    ),
    "a merge key": (
        WHOLE + "    params: &p {lr: 1e-3}\n  b:\n    <<: *p\n",
        "10: merge keys (<<) are not supported; write the settings out",
    ),
    "a GAN's option on a VAE": (
        VAE + "    params: {ema: 0.99}\n",
        "6: experiments.vae.params.ema: a setting of gan; vae has no such thing",
    ),
    "two constraints": (
        WHOLE + "    params: {constraint: [clip, spectral_norm]}\n",
        "8: experiments.gan.params.constraint: expected one of none, clip, gradient_penalty, "
        "spectral_norm; got a list; a list is an axis only inside grid",
    ),
    "batch norm under gradient penalty": (
        GRID + "    params: {loss: wasserstein, constraint: gradient_penalty}\n",
        "7: experiments.gan.params.constraint: gradient_penalty looks at each image alone, but "
        "batch norm in the lab1 discriminator mixes them; set d_norm: layer (or none)",
    ),
    "maps that cannot be grouped": (
        "name: lab\nexperiments:\n  f: {family: flow, grid: {dataset: [MNIST], width: [32, 20]}}\n",
        "3: experiments.f.grid.width: must be a multiple of 8, not 20",
    ),
    "stages that leave nothing": (
        "name: lab\nexperiments:\n  p: {family: progressive, grid: {dataset: [MNIST]},\n"
        "    params: {stages: [0.6, 0.5]}}\n",
        "4: experiments.p.params.stages: must leave a part of the training for 28 × 28: a sum "
        "below 1",
    ),
    "an option without effect": (
        WHOLE + "    params: {clip: 0.02}\n",
        "8: experiments.gan.params.clip: acts only with constraint: clip; it changes nothing "
        "with none",
    ),
    "smoothing without a target": (
        GRID + "    params: {loss: hinge, label_smoothing: 0.1}\n",
        "7: experiments.gan.params.label_smoothing: acts only with loss: bce; it changes nothing "
        "with hinge",
    ),
    "a tab": (
        "name: lab\nexperiments:\n\tgan: 1\n",
        "3: not valid YAML: indent with spaces, not tabs",
    ),
    "a tab in a line that is else empty": (
        "name: lab\n\t\nseeds: [1]\n",
        "2: not valid YAML: indent with spaces, not tabs",
    ),
    "a tab in a text": (
        WHOLE + "title: Lab\t1\n",
        "8: not valid YAML: a tab within a text; type a space",
    ),
    "a tag": (
        "name: !!python/object/apply:os.system [ls]\n",
        "1: tags (tag:yaml.org,2002:python/object/apply:os.system) are not allowed",
    ),
    "a harmless tag": ("name: !!str lab\n", "1: tags (tag:yaml.org,2002:str) are not allowed"),
    "an alias inside itself": ("name: &a [*a]\n", "1: *a stands before &a is done"),
    "two documents": (WHOLE + "---\nname: b\n", "8: a second document (---) begins here"),
    "a key that is a list": ("? [a]\n: 1\n", "1: a key must be plain text"),
    "a control character": (
        WHOLE + 'title: "\\e[31mred"\n',
        "8: control character U+001B is not allowed",
    ),
    "half a character": (
        WHOLE + 'title: "\\ud800"\n',
        "8: control character U+D800 is not allowed",
    ),
    "a list at the top": ("- name: lab\n", "1: expected keys and values, such as 'name: lab1'"),
    "a word at the top": ("lab1\n", "1: expected keys and values, such as 'name: lab1'"),
    "nested too deep": ("name: " + "[" * 30 + "]" * 30, "1: nested deeper than 20 levels"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_line(mistake: str, plan_of: Callable[..., Plan]) -> None:
    text, message = MISTAKES[mistake]
    assert _said(plan_of, text) == f"experiments.yaml:{message}"


def _said(plan_of: Callable[..., Plan], text: str) -> str:
    """labkit's words for a mistake, without PyYAML's behind them."""
    with pytest.raises(PlanError) as caught:
        plan_of(text)
    return re.sub(r" \(PyYAML: .+\)$", "", str(caught.value))


ODD_SPACES = {
    "\u00a0": "a no-break space (U+00A0)",
    "\u2007": "a figure space (U+2007)",
    "\u202f": "a narrow no-break space (U+202F)",
    "\u3000": "an ideographic space (U+3000)",
    "\u200b": "a zero width space (U+200B)",
    "\ufeff": "a zero width no-break space (U+FEFF)",
}


@pytest.mark.parametrize("odd", ODD_SPACES, ids=lambda odd: f"U+{ord(odd):04X}")
@pytest.mark.parametrize(
    ("line", "text"),
    [
        (4, "name: lab\nexperiments:\n  gan:\n_ _ family: gan\n    grid: {dataset: [MNIST]}\n"),
        (4, "name: lab\nexperiments:\n  gan:\n  __family: gan\n    grid: {dataset: [MNIST]}\n"),
        (5, HEAD + "_   grid: {dataset: [MNIST]}\n"),
        (7, GRID + "      loss:_[hinge]\n"),
        (8, WHOLE + "    params: {lr:_2e-4}\n"),
        (9, WHOLE + "    params:\n      lr:_2e-4\n      z_dim: 3\n"),
        (8, WHOLE + "    params: {lr: 2e-4_}\n"),
        (8, WHOLE + "    params: {lr: 2e-4,_z_dim: 3}\n"),
        (8, WHOLE + "seeds: [1,_2]\n"),
        (9, WHOLE + "seeds:\n-_1\n- 2\n"),
        (8, WHOLE + "seeds: [1]_# one\n"),
        (8, WHOLE + "title: Lab_\n"),
        (8, WHOLE + "_\nseeds: [1]\n"),
    ],
)
def test_a_space_that_is_none(odd: str, line: int, text: str, plan_of: Callable[..., Plan]) -> None:
    said = _said(plan_of, text.replace("_", odd))
    why = f"{ODD_SPACES[odd]} stands where only plain spaces may"
    assert said == f"experiments.yaml:{line}: not valid YAML: {why}"


@pytest.mark.parametrize("odd", ODD_SPACES, ids=lambda odd: f"U+{ord(odd):04X}")
def test_such_a_space_within_a_text_is_the_writers(odd: str, plan_of: Callable[..., Plan]) -> None:
    text = f"title: Lab{odd}1,{odd}GAN -{odd}VAE\nauthor: {{name: '{odd}Ann'}}\n"
    plan_of(WHOLE + text)


@pytest.mark.parametrize(
    ("plain", "odd", "said"),
    [
        (
            "name: lab",
            "name\uff1a lab",
            "1: not valid YAML: '\uff1a' is a fullwidth colon (U+FF1A)",
        ),
        ("[hinge]", "[\u2018hinge\u2019]", "'\u2018' is a left single quotation mark (U+2018)"),
        ("[hinge]", "[hinge\uff0c bce]", "'\uff0c' is a fullwidth comma (U+FF0C), not ','"),
        ("loss:", "l\u043ess:", "'\u043e' is a cyrillic small letter o (U+043E), not 'o'"),
        ("[MNIST]", "[\u039cNIST]", "'\u039c' is a greek capital letter mu (U+039C), not 'M'"),
        ("loss: [hinge]", "z_dim: [\u221264]", "'\u2212' is a minus sign (U+2212), not '-'"),
        ("loss: [hinge]", "z_dim: [\uff16\uff14]", "is a fullwidth digit six (U+FF16), not '6'"),
        (
            "[MNIST]",
            "[fashion-mnist]",
            "unknown dataset 'fashion-mnist'; did you mean 'FashionMNIST'?",
        ),
        ("[MNIST]", "[FMNIST]", "did you mean 'FashionMNIST'?"),
        ("[MNIST]", "[kmnist]", "unknown dataset 'kmnist'; allowed: MNIST, FashionMNIST"),
    ],
)
def test_a_character_that_only_looks_like_another(
    plain: str, odd: str, said: str, plan_of: Callable[..., Plan]
) -> None:
    assert plain in WHOLE
    assert said in _said(plan_of, WHOLE.replace(plain, odd))


def test_such_a_character_within_a_text_is_the_writers(plan_of: Callable[..., Plan]) -> None:
    plan_of(WHOLE + "title: Lab \u2013 \u201c1\u201d\uff1aok\nauthor: {name: \u041e\u043b\u044f}\n")


def test_a_kind_of_mistake_that_labkit_does_not_know() -> None:
    """A later pydantic may have new ones; its words stand behind labkit's."""
    error = {"type": "new_in_3", "loc": ("threads",), "msg": "Too odd.\nSee x", "input": 7}
    path, said = reader.explain(error)
    assert (path, said) == (("threads",), "7 is not allowed here (pydantic: Too odd.)")


def test_the_table_would_pass_without_the_mistake(plan_of: Callable[..., Plan]) -> None:
    assert len(plan_of(WHOLE).cells) == 1
    assert len(plan_of(VAE).cells) == 1


def test_the_first_mistake_of_several_is_named(plan_of: Callable[..., Plan]) -> None:
    text = WHOLE + "seeds: []\ntraining: {epochs: 0}\ndata: {source: x}\n"
    with pytest.raises(PlanError, match=r"^experiments.yaml:8: seeds: must not be empty$"):
        plan_of(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(PlanError) as caught:
            read_experiment(path)
        return str(caught.value)

    file = tmp_path / "lab.yaml"
    assert message(file) == f"{file}: no such file; `labkit init` writes one"
    archive = tmp_path / "store.zip"
    assert message(archive) == f"{archive}: no such file"
    assert message(tmp_path) == f"{tmp_path}: is a folder, not a file"
    empty = f"{file}: the file is empty; `labkit init` writes one to start from"
    for blank in ("", "\n\n", "# only words\n", "---\n", "\ufeff"):
        file.write_text(blank, encoding="utf-8")
        assert message(file) == empty
    file.write_bytes("name: a\ntitle: é\n".encode("latin-1"))
    assert message(file) == f"{file}:2: not UTF-8; save the file as UTF-8"
    file.write_bytes("name: a\n".encode("utf-16"))
    assert message(file) == f"{file}:1: not UTF-8; save the file as UTF-8"
    file.write_bytes(b"name: a\x00b\n")
    assert message(file) == f"{file}:1: not valid YAML: a character that text cannot have"
    file.write_bytes(b"#" * (safe_yaml.MAX_BYTES + 1))
    assert message(file) == f"{file}: larger than 1,000,000 bytes"
    file.write_bytes(b"#" * safe_yaml.MAX_BYTES)
    assert message(file) == empty


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("\ufeff" + WHOLE.replace("\n", "\r\n"), encoding="utf-8")
    assert read_experiment(file).name == "lab"


@pytest.mark.parametrize(
    ("profile", "text", "message"),
    [
        ("quick", WHOLE, "experiments.yaml: unknown profile 'quick'; the file has none"),
        (
            "quik",
            WHOLE + "profiles: {quick: {}}\n",
            "experiments.yaml: unknown profile 'quik'; did you mean 'quick'?",
        ),
        (
            "",
            WHOLE + "profiles: {quick: {}, long: {}}\n",
            "experiments.yaml: unknown profile ''; allowed: quick, long",
        ),
    ],
)
def test_unknown_profile(profile: str, text: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_experiment(text, "experiments.yaml", profile)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ("", "--seeds : expected a count (3) or a list (0,1,2)"),
        ("x", "--seeds x: expected a count (3) or a list (0,1,2)"),
        ("-1", "--seeds -1: expected a count (3) or a list (0,1,2)"),
        ("1;2", "--seeds 1;2: expected a count (3) or a list (0,1,2)"),
        ("0", "--seeds 0: a count from 1 to 10,000"),
        ("10001", "--seeds 10001: a count from 1 to 10,000"),
        ("1,1", "--seeds 1,1: a seed is here twice"),
        ("1,4294967296", "--seeds 1,4294967296: a seed is less than 4,294,967,296"),
    ],
)
def test_seeds_asked_for_wrongly(seeds: str, message: str, plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(WHOLE, seeds=seeds)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"source": "web"}, "--source web: allowed: auto, full, bundled"),
        ({"precision": "fp8"}, "--precision fp8: allowed: auto, fp32, bf16"),
    ],
)
def test_options_asked_for_wrongly(asked: dict[str, str], message: str) -> None:
    with pytest.raises(LabkitError) as caught:
        api.prepare(api.RunOptions(**asked))  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_glob_that_matches_nothing(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(WHOLE, only="*wgan*")
    message = "--only '*wgan*' matches no cell; there is MNIST_GAN_hinge_z64, ..."
    assert str(caught.value) == message


def test_full_data_that_is_not_there(tmp_path: Path, plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(PlanError, match=r"^experiments\.yaml: .* no full MNIST under"):
        plan_of(WHOLE, source="full", data_root=tmp_path, download=False)


def test_bombs_are_defused() -> None:
    laughs = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcde", "bcdef", strict=True)
    ]
    for bomb, why in {
        "\n".join(laughs): "more than 100,000 values",
        "a: &a x\nb: [" + "*a, " * 101 + "]": "more than 100 aliases",
        "[" * 200_000: "nested deeper than 20 levels",
        "{a: " * 100_000: "nested deeper than 20 levels",
        "a: [" + "x," * 150_000 + "]": "more than 100,000 values",
    }.items():
        with pytest.raises(PlanError, match=why):
            parse_experiment(bomb, "bomb.yaml")


def _outcome(text: str) -> None:
    """Any text is an experiment or one line; nothing else comes out."""
    try:
        make_plan(parse_experiment(text, "experiments.yaml"), source="bundled")
    except PlanError as error:
        line = str(error)
        assert line.startswith("experiments.yaml:")
        assert line.isprintable()
        assert len(line) <= 500


LINES = st.sampled_from(
    [
        "name: lab", "seeds: [1, 2]", "seeds:", "experiments:", "  gan:", "    family: gan",
        "    grid:", "      dataset: [MNIST]", "      loss: [hinge]", "      z_dim: &z [1, 2]",
        "    params: {lr: 1e-3}", "  vae: {family: vae, params: {dataset: MNIST}}", "  gan: *z",
        "training: {epochs: 1}", "profiles: {quick: {seeds: [3]}}", "profiles:", "author:",
        "  name: 7", "- x", "data: {limit: null}", "---", "...", "? x", "<<: *z", "title: |", "\t",
        "%YAML 1.2", "report: {layout: brief}", "experiments: {a: {family: vae}}",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.lists(LINES, max_size=12).map("\n".join)))
def test_any_text_is_a_plan_or_one_line(text: str) -> None:
    _outcome(text)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_damaged_lab_file_is_a_plan_or_one_line(lab1: Path, data: st.DataObject) -> None:
    text = lab1.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 40)))
    _outcome(text[:start] + data.draw(st.text(max_size=5)) + text[stop:])
