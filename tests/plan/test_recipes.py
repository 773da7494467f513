"""Every recipe is a valid plan, in full and in its quick profile, with references that apply."""

from __future__ import annotations

import pytest

from labkit.catalog import FAMILIES
from labkit.errors import PlanError
from labkit.experiment.grid import make_plan, parse_experiment, read_experiment
from labkit.experiment.starter import recipes

NAMES = [
    "lab1", "beta-vae", "conditional", "constraints", "flow-matching", "gan-losses", "gan-vae-flow",
    "hybrids", "infogan", "progressive", "stabilisation", "style", "vae-basics", "vae-dcgan-wgan",
    "vae-vs-gan",
]  # fmt: skip


def test_all_are_there() -> None:
    assert list(recipes()) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("profile", [None, "quick"])
def test_every_recipe_is_a_plan(name: str, profile: str | None) -> None:
    experiment = read_experiment(recipes()[name].path, profile)
    plan = make_plan(experiment, source="bundled")
    assert plan.name == (name if profile is None else f"{name}-quick")
    if profile:
        assert min(cell.training["epochs"] for cell in plan.cells) == 2
        assert {cell.data["limit"] for cell in plan.cells} == {2000}
    for each in experiment.content.references:
        met = [
            cell
            for cell in plan.cells
            if cell.experiment == each.experiment
            and all(cell.params[key] == value for key, value in each.where.items())
        ]
        assert met
        for cell in met:
            assert each.metric in FAMILIES[cell.family].losses
            if profile is None:
                assert cell.training["epochs"] == each.epochs


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_it_costs(name: str) -> None:
    assert recipes()[name].cost().split(", about ")[0].endswith(" cells")


BASE = "name: lab\nexperiments:\n  vae: {family: vae, grid: {dataset: [MNIST]}}\nreferences:\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("experiment: va", "5: references[0].experiment: no such experiment; did you mean 'vae'?"),
        (
            "metric: total_los",
            "5: references[0].metric: no such metric; did you mean 'total_loss'?",
        ),
        (
            "where: {latent: 2}",
            "5: references[0].where.latent: unknown setting; did you mean 'latent_dim'?",
        ),
        ("tolerance: 0", "5: references[0].tolerance: must be greater than 0, got 0"),
    ],
)
def test_a_reference_meets_its_cells(line: str, message: str) -> None:
    given = {
        "experiment": "vae", "metric": "total_loss", "value": "1.5", "epochs": "3", "source": "a",
    }  # fmt: skip
    text = ", ".join(f"{k}: {v}" for k, v in given.items())
    parse_experiment(BASE + f"  - {{{text}}}\n", "a.yaml")
    key, _, value = line.partition(": ")
    text = ", ".join(f"{k}: {v}" for k, v in (given | {key: value}).items())
    with pytest.raises(PlanError) as caught:
        parse_experiment(BASE + f"  - {{{text}}}\n", "a.yaml")
    assert str(caught.value) == f"a.yaml:{message}"


def test_the_questions_a_file_asks_are_known() -> None:
    text = "name: lab\nexperiments: {v: {family: vae, grid: {dataset: [MNIST]}}}\nreport:\n"
    good = parse_experiment(text + "  questions: [combining, beta]\n", "a.yaml")
    assert good.content.report.questions == ["combining", "beta"]
    with pytest.raises(PlanError) as caught:
        parse_experiment(text + "  questions: [combinig]\n", "a.yaml")
    message = "report.questions[0]: no such question; did you mean 'combining'?"
    assert str(caught.value) == f"a.yaml:4: {message}"
