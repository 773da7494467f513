"""A second way from a table to every number an answer prints: plain pandas, by its name.

Nothing here calls the claims engine. Names, families, factors and levels are read from the
sentence and its evidence; values are computed from the table's rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims import Answer, Sentence

LABELS = {entry.label: key for key, entry in DATASETS.items()}
MODELS = {entry.label: key for key, entry in FAMILIES.items()}
NO_SETTING = {"run", "family", "dataset", "seed", "status", "collapse", "best_epoch", "experiment",
              "note"}  # fmt: skip
GONE = ("failed", "missing")
#: Metrics whose distance from 1 is compared.
DISTANCES = ("sharpness", "recon_sharpness")


def level_of(value: Any) -> Any:
    """A setting's value in one spelling."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.number)):
        return int(value) if float(value).is_integer() else float(value)
    return value


class Recount:
    """A table that answers for the numbers of its answers.

    Args:
        cells: a row a cell.
        decimals: how many its metrics were typed with; None for exact ones.
        epochs: a row a cell and epoch, or None.
    """

    def __init__(
        self, cells: pd.DataFrame, decimals: int | None = None, epochs: pd.DataFrame | None = None
    ) -> None:
        frame = cells.reset_index(drop=True)
        self.metrics = [c for c in frame if c in METRICS]
        self.settings = [c for c in frame if c not in METRICS and c not in NO_SETTING]
        for name in ("dataset", "status"):
            if name not in frame:
                frame = frame.assign(**{name: ""})
        frame = frame.assign(dataset=frame["dataset"].fillna(""))
        self.frame = frame[~frame["status"].isin(GONE)]
        self.half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
        self.epochs = epochs

    def value(self, name: str, sentence: Sentence, answer: Answer) -> float:
        """The number of one name, computed anew.

        Raises:
            AssertionError: a name nobody can compute.
        """
        body, dataset = self._split(name)
        for pattern, compute in self._known(sentence, answer).items():
            if match := re.fullmatch(pattern, body):
                return float(compute(dataset, **match.groupdict()))
        raise AssertionError(f"no second way to {name!r} of {sentence.text!r}")

    def _split(self, name: str) -> tuple[str, str]:
        """A name and the data set it ends in, if any."""
        head, on, tail = name.rpartition(" on ")
        tail, comma, rest = tail.partition(", ")
        if on and (tail in LABELS or tail in set(self.frame["dataset"])):
            return head + comma + rest, LABELS.get(tail, tail)
        only = self.frame["dataset"].unique()
        return name, only[0] if len(only) == 1 else ""

    def _known(self, sentence: Sentence, answer: Answer) -> dict[str, Callable[..., float]]:
        found = {c.finding.id: c.finding for c in answer.claims}
        said = [found[i] for i in sentence.findings if i in found]
        parts = [i.split(".") for i in sentence.findings]

        def level(dataset: str, metric: str, level: str) -> float:
            if level in ("growing", "full size"):
                return self.grown(dataset, level)
            if any(p[0] == "families" and level in p[3].split("-") for p in parts):
                return self.family(metric, level, dataset, parts)
            if level in MODELS:
                return float(self.of(MODELS[level], dataset)[metric].min())
            if level.startswith(("best", "last", "next", "lowest", "highest")):
                if any(p[0] == "configurations" for p in parts):
                    return self.whole(metric, level, dataset, said)
                means = self._of_all(parts, answer, metric, dataset)
                return min(means) if level == "lowest" else max(means)
            return self._of_levels(parts, answer, metric, dataset)[level]

        return {
            r"steps": lambda d: self.of(parts[0][1], d)["enough_steps"].min(),
            r"million operations": lambda d: self.cheapest().min() / 1e6,
            r"(?P<family>\w+), times": lambda d, family: self.times(family),
            r"apart": lambda d: math.ceil(100 * (self.times("training") - 1)) / 100,
            r"accuracy": lambda d: self.whole("code_accuracy", "best", d, said),
            r"arithmetic": lambda d: self.grown(d, "arithmetic"),
            r"largest rise": lambda d: self.rise(answer),
            r"what other samples change": lambda d: self.floor(answer),
            r"dominance, highest": lambda d: self.of("gan")["d_dominance"].max(),
            r"class imbalance": lambda d: self.of("gan")["class_imbalance"].max(),
            r"class imbalance (?P<end>lowest|highest)": lambda d, end: self.uneven(end),
            r"class imbalance of others( (?P<end>lowest|highest))?": (
                lambda d, end: self.uneven_others(answer, d, end)
            ),
            r"class imbalance of real images": lambda d: self.real(
                "class_imbalance", sentence
            ),
            r"sharpness lost, (?P<family>\w+)": lambda d, family: self.family(
                "sharpness", family, d, parts
            ),
            r"sharpness off, (?P<family>\w+)": lambda d, family: max(
                self.family("sharpness", family, p[2].replace("all", ""), parts) for p in parts
            ),
            r"FID of reconstructions": lambda d: self.lost(d, "recon_proxy_fid"),
            r"FID of samples": lambda d: self.lost(d, "proxy_fid"),
            r"FID, (?P<family>\w+)": lambda d, family: self.family(
                "proxy_fid", family, d, parts
            ),
            r"(?P<metric>\w+), .+, (?P<end>first|last|percent)": lambda d, metric, end: self.change(
                said, metric, end
            ),
            r"(?P<metric>\w+), (?P<level>.+)": level,
        }  # fmt: skip

    # ------------------------------------------------------------------ values

    def of(self, family: str, dataset: str | None = None) -> pd.DataFrame:
        rows = self.frame[self.frame["family"] == family]
        return rows if dataset is None else rows[rows["dataset"] == dataset]

    def scaled(
        self, metric: str, values: pd.Series, exact: bool = False
    ) -> tuple[pd.Series, Callable[[float], float]]:
        """Values on the scale they are averaged on, and the way back."""
        if metric in DISTANCES:
            return (values - 1.0).abs(), lambda v: v
        about = METRICS[metric]
        half = 0.0 if exact else self.half
        if about.log and ((values - half + about.offset) > 0).all():
            return np.log(values + about.offset), lambda v: math.exp(v) - about.offset
        return values, lambda v: v

    def levels(
        self, family: str, factor: str, metric: str, dataset: str, among: Iterable[Any]
    ) -> dict[str, float]:
        """Mean by level over the cells that differ in nothing else, levels by their text."""
        rows = self.of(family, dataset).dropna(subset=[metric]).copy()
        mine = [s for s in self.settings if self.of(family)[s].notna().any()]
        for name in mine:
            rows[name] = rows[name].map(level_of)
        block = [s for s in mine if s != factor]
        wanted = [level_of(v) for v in among]
        rows = rows[rows[factor].isin(wanted)]
        keys = [*block, "seed"]
        complete = rows.groupby(keys, dropna=False)[factor].transform("nunique") == len(wanted)
        rows = rows[complete]
        values, back = self.scaled(metric, rows[metric])
        rows = rows.assign(_value=values)
        by_seed = rows.groupby([factor, "seed"])["_value"].mean()
        return {str(v): back(by_seed[v].mean()) for v in wanted}

    def family(self, metric: str, family: str, dataset: str, parts: list[list[str]]) -> float:
        """Mean over settings, then over seeds, on the scale it shares with its rival."""
        pair = next(
            p[3].split("-")
            for p in parts
            if p[0] == "families" and p[1] == metric and family in p[3].split("-")
            and p[2] == (dataset or "all")
        )  # fmt: skip
        rows = self.frame[self.frame["family"].isin(pair)].dropna(subset=[metric])
        there = rows.groupby("dataset")["family"].nunique() == 2
        values, back = self.scaled(metric, rows[metric][rows["dataset"].map(there)], exact=True)
        mine = (rows["family"] == family) & (rows["dataset"] == dataset)
        return back(values[mine].groupby(rows["seed"]).mean().mean())

    def whole(self, metric: str, what: str, dataset: str, said: list[Any]) -> float:
        """The mean over seeds of the best setting, or of the last, of the family that is meant."""
        family = next(
            (f.family for f in said if f.metric == metric and what.endswith(f.family)),
            next((f.family for f in said if f.metric == metric), ""),
        )
        rows = self.of(family, dataset).dropna(subset=[metric])
        mine = [s for s in self.settings if rows[s].notna().any()]
        keyed = rows.assign(_key=[tuple(str(v) for v in r) for r in rows[mine].to_numpy()])
        means = keyed.groupby("_key")[metric].mean().sort_values()
        means = means if METRICS[metric].better == "lower" else means[::-1]
        values = list(means)
        if what == "lowest":
            return min(values[1:])
        return {"best": values[0], "last": values[-1], "next": max(values[1:], default=math.nan)}[
            what.split()[0]
        ]

    def cheapest(self) -> pd.Series[float]:
        """The arithmetic of a sample of each family, on its first data set."""
        first = self.frame.drop_duplicates("family")[["family", "dataset"]]
        return self.frame.merge(first).groupby("family")["flops_per_sample"].min()

    def times(self, family: str) -> float:
        """How many times the least a family's sample takes, or the longest of the trainings."""
        if family == "training":
            whole = self.frame["flops_per_image"] * self.frame["epochs"]
            return float(whole.max() / whole.min())
        return float(self.cheapest()[family] / self.cheapest().min())

    def grown(self, dataset: str, what: str) -> float:
        """Growing's best FID, full size's best for as much arithmetic, or the share it took."""
        rows = self.of("progressive", dataset).dropna(subset=["proxy_fid"])
        mine = [s for s in self.settings if rows[s].notna().any()]
        setting = rows[mine].astype(str).agg(" ".join, axis=1)
        rows = rows.assign(taken=rows["flops_per_image"] * rows["epochs"])
        best = rows.groupby([rows["growth"], setting])[["proxy_fid", "taken"]].mean()
        best = best.sort_values("proxy_fid").reset_index("growth")
        growing = best[best["growth"] == "progressive"].iloc[0]
        best["share"] = best["taken"] / growing["taken"]
        whole = best[(best["growth"] == "at_once") & best["share"].between(0.9, 1.1)].iloc[0]
        if what == "arithmetic":
            return float(whole["share"])
        return float((growing if what == "growing" else whole)["proxy_fid"])

    def rise(self, answer: Answer) -> float:
        """The largest value of the steadiness measure among cells the FID rose again in, if any."""
        found = next(
            c.finding for c in answer.claims if getattr(c.finding, "what", "") == "unsteady"
        )
        hit = {c.run for c in found.hit}  # type: ignore[attr-defined]
        rows = self.of("gan").dropna(subset=[found.metric])
        rows = rows[rows["run"].isin(hit)] if hit else rows
        return float(rows[found.metric].max())

    def floor(self, answer: Answer) -> float:
        from labkit import calibration

        found = next(
            c.finding for c in answer.claims if getattr(c.finding, "what", "") == "unsteady"
        )
        rows = self.of("gan").dropna(subset=[found.metric])
        top = rows[rows[found.metric] == rows[found.metric].max()]
        return max(calibration.margin(d, 5_000) for d in top["dataset"] if d in DATASETS)

    def uneven(self, end: str) -> float:
        """The least or the most uneven of the GANs that are about as uneven as the most uneven."""
        rows = self.of("gan")
        top = rows["class_imbalance"].max()
        dataset = rows.loc[rows["class_imbalance"].idxmax(), "dataset"]
        near = rows[(rows["dataset"] == dataset) & (rows["class_imbalance"] >= 0.9 * top)]
        values = near["class_imbalance"]
        return float(values.min() if end == "lowest" else values.max())

    def uneven_others(self, answer: Answer, dataset: str, end: str | None) -> float:
        """The least or the most uneven of the GANs of a data set that did not collapse."""
        rows = self.of("gan", dataset)
        told = [c.finding for c in answer.claims if c.finding.id.startswith("absence.collapse.gan")]
        spared = {c.run for f in told for c in f.cells if c.run not in f.counterexamples}
        values = rows.loc[rows["run"].isin(spared), "class_imbalance"]
        return float(values.min() if end == "lowest" else values.max())

    def real(self, metric: str, sentence: Sentence) -> float:
        """What real images of the data set that a sentence names score, or of the only one."""
        from labkit import calibration

        names = sorted(DATASETS, key=lambda d: -len(DATASETS[d].label))
        here = next((d for d in names if DATASETS[d].label in sentence.text), "")
        dataset = here or self.of("gan")["dataset"].iloc[0]
        return float(calibration.calibration(dataset)["real"][metric]["mean"])

    def lost(self, dataset: str, metric: str) -> float:
        """A VAE's FID of reconstructions or samples, of the cells that have both."""
        rows = self.of("vae", dataset).dropna(subset=["recon_proxy_fid", "proxy_fid"])
        values, back = self.scaled(metric, rows[metric], exact=True)
        return back(values.groupby(rows["seed"]).mean().mean())

    def change(self, said: list[Any], metric: str, end: str) -> float:
        """The mean over one setting's runs at one end of training, or the change in percent."""
        assert self.epochs is not None
        runs = {cell.run for f in said if f.metric == metric for cell in f.cells}
        rows = (
            self.epochs[self.epochs["run"].isin(runs)].sort_values("epoch").dropna(subset=[metric])
        )
        ends = rows.groupby("run")[metric].agg(["first", "last"]).mean()
        if end == "percent":
            return abs(100 * (ends["last"] - ends["first"]) / ends["first"])
        return float(ends[end])

    # ------------------------------------------------------------------ what a sentence is about

    def _of_levels(
        self, parts: list[list[str]], answer: Answer, metric: str, dataset: str
    ) -> dict[str, float]:
        """The levels' means of the factor a sentence's findings name."""
        for kind, *rest in parts:
            if kind not in ("levels", "contrast") or len(rest) < 3 or rest[2] != metric:
                continue
            family, factor = rest[:2]
            compared = {
                v
                for claim in answer.claims
                if claim.finding.kind == "contrast"
                and (claim.finding.family, claim.finding.factor) == (family, factor)
                and (claim.finding.metric, claim.finding.dataset) == (metric, dataset)
                for v in (claim.finding.a, claim.finding.b)  # type: ignore[attr-defined]
            }
            if compared:
                return self.levels(family, factor, metric, dataset, compared)
        raise AssertionError(f"no levels of {metric} on {dataset!r} among {parts}")

    def _of_all(
        self, parts: list[list[str]], answer: Answer, metric: str, dataset: str
    ) -> list[float]:
        return list(self._of_levels(parts, answer, metric, dataset).values())
