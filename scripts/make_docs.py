"""Write ``docs/reference.md`` from the code: ``python scripts/make_docs.py``.

The verbs with their ``--help``, what there is from Python, and everything the catalog offers.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

import labkit
from labkit import catalog
from labkit.cli import VERBS, app

TARGET = Path(__file__).parents[1] / "docs" / "reference.md"


def reference() -> str:
    """The whole page."""
    return (
        "\n".join([*_head(), *_verbs(), *_python(), *_families(), *_choices(), *_metrics()]) + "\n"
    )


def _head() -> list[str]:
    return [
        "# Reference",
        "",
        "What labkit's own code says of itself; written by `make docs`, not by hand.",
        "",
    ]


def _verbs() -> list[str]:
    lines = ["## Verbs", ""]
    for verb in VERBS:
        shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "88"}).output
        text = shown.replace("Usage: root", "Usage: labkit").strip()
        lines += [f"### labkit {verb}", "", "```text", text, "```", ""]
    return lines


def _python() -> list[str]:
    lines = ["## From Python", ""]
    for name in ("run", "load", "report", "cell"):
        function = getattr(labkit, name)
        about = inspect.getdoc(function) or ""
        call = f"labkit.{name}({', '.join(map(_argument, _parameters(function)))})"
        wrapped = textwrap.wrap(call, 88, subsequent_indent="    ", break_long_words=False)
        lines += [f"### labkit.{name}", "", "```text", *wrapped, "", about, "```", ""]
    return lines


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return str(parameter.name) if parameter.kind is not parameter.VAR_KEYWORD else "…"
    default = parameter.default
    return f"{parameter.name}={str(default) if isinstance(default, Path) else default!r}"


def _families() -> list[str]:
    lines = ["## Families and their settings", ""]
    for key, family in catalog.FAMILIES.items():
        lines += [f"### {family.label} (`family: {key}`)", "", f"{family.about.capitalize()}.", ""]
        lines += ["| setting | default | about |", "|---|---|---|"]
        for name, param in family.params.items():
            allowed = f" ({', '.join(catalog.REGISTRIES[param.choices])})" if param.choices else ""
            lines.append(f"| `{name}` | `{param.default}` | {param.about}{allowed} |")
        lines.append("")
    return lines


def _choices() -> list[str]:
    lines = ["## Adversarial losses", "", "| | discriminator | generator | source |"]
    lines.append("|---|---|---|---|")
    for key, pair in catalog.LOSSES.items():
        lines.append(f"| `{key}` | {pair.discriminator} | {pair.generator} | {pair.source} |")
    lines += ["", "## Constraints on the discriminator", "", "| | formula | about | source |"]
    lines.append("|---|---|---|---|")
    for key, constraint in catalog.CONSTRAINTS.items():
        formula = constraint.formula.replace("|", "∣")
        lines.append(f"| `{key}` | {formula} | {constraint.about} | {constraint.source} |")
    lines += ["", "## Networks", "", "| | | about | source |", "|---|---|---|---|"]
    for kind, registry in (("GAN", catalog.GAN_NETWORKS), ("VAE", catalog.VAE_NETWORKS)):
        for key, networks in registry.items():
            lines.append(f"| {kind} | `{key}` | {networks.about} | {networks.source} |")
    lines += ["", "## Reconstruction losses", "", "| | formula | pixels |", "|---|---|---|"]
    for key, loss in catalog.RECONSTRUCTIONS.items():
        lines.append(f"| `{key}` | {loss.formula.replace('|', '∣')} | {loss.pixels} |")
    lines += ["", "## Data sets", "", "| | classes | licence | source |", "|---|---|---|---|"]
    for key, each in catalog.DATASETS.items():
        lines.append(f"| `{key}` | {', '.join(each.classes)} | {each.licence} | {each.source} |")
    return [*lines, ""]


def _metrics() -> list[str]:
    better = {"lower": "lower", "higher": "higher", "": "–"}
    lines = ["## Columns of `metrics.csv`", "", "| column | better | what it is |", "|---|---|---|"]
    for key, metric in catalog.METRICS.items():
        unit = f" ({metric.unit})" if metric.unit else ""
        about = metric.about.replace("|", "∣")
        lines.append(f"| `{key}` | {better[metric.better]} | {metric.label}{unit}: {about} |")
    return [*lines, ""]


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8", newline="\n")
