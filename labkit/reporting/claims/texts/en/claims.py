"""English: the statements of claims.

Whole clauses with named placeholders; numbers arrive formatted. A statement
(``….statement``, ``best_of.two.…``) is lower case, in the present tense and without a
full stop, so that "it does not hold that …" can stand before it.
"""

from __future__ import annotations

MESSAGES = {
    # --- small words
    "where": " on {dataset}",
    "scope": "{families} on {datasets}",
    "any_model": "all models",
    "models": "models",
    "settings": "settings",
    "other_settings": "other settings",
    "the": "the {factor}",
    "points": "percentage points",
    "unit": " {unit}",
    "level.on": "{factor}",
    "level.off": "no {factor}",
    "end.lowest": "lowest",
    "end.highest": "highest",
    "relation.lowest": "lower",
    "relation.highest": "higher",
    "relation.closest": "closer",
    "superlative.lowest": "lowest",
    "superlative.highest": "highest",
    "superlative.closest": "closest",
    "percent.lowest": " ({share} % lower)",
    "percent.highest": " ({share} % higher)",
    "percent.closest": "",
    "value_for": "{value} for {level}",
    "value_at": "{value} at {level}",
    "away": "{value} away",
    "with_seed": "{cell}, seed {seed}",
    "and_more": "{listed} and {n} more",
    "step": "{a} to {b}",
    "pair": "{a} and {b}",
    "coverage": " (from {used} of {planned} cells)",
    "over.levels": ", averaged over {levels}",
    "over.blocks": ", averaged over {n} combinations of {factors}",
    "of_label": " of {label}",
    "cells": "these {n} cells",
    "cells.one": "this cell",
    # --- how a claim is put
    "text.found": "On {dataset}, {statement}{detail}{tail}.",
    "text.found_bare": "{statement}{detail}{tail}.",
    "text.in_these_runs": "In these runs{where}, {statement}{detail}{tail}.",
    "text.contradicted": "It does not hold in these runs{where} that {statement}{detail}.",
    "text.not_measured": "Not measured: {topic}{where}; {reason}.",
    # --- how sure it is
    "tail.one_seed": "; run-to-run noise is not known",
    "tail.two_seeds": "; two seeds are too few for a conclusion",
    "tail.identical": "; all {n} seeds gave the same difference, so noise is not known",
    "tail.supported": "; {quantity} {estimate}{unit} [{low}, {high}] over {n} seeds",
    "tail.opposite": "; but over {n} seeds {quantity} {estimate}{unit} [{low}, {high}] lies on "
    "the other side",
    "tail.open": "; but over {n} seeds {quantity} {estimate}{unit} [{low}, {high}] leaves it open",
    "tail.margin": "; but over {n} seeds {quantity} {estimate}{unit} [{low}, {high}] does not "
    "clear the margin of {margin}{unit}",
    "tail.holm": "; {quantity} {estimate}{unit} [{low}, {high}] over {n} seeds would do alone, "
    "but not among all statements of this question",
    "tail.rate": "; with so few trainings the true rate could still be as high as {high} %",
    "tail.rate_supported": "; the true rate is below {high} %",
    "quantity.difference": "the difference",
    "quantity.gap": "the smallest gap",
    "quantity.rate": "the rate",
    "quantity.share": "the share of deciding pairs",
    "quantity.change": "the change",
    "reason.one_seed": "one seed per cell: run-to-run noise is not known",
    "reason.two_seeds": "two seeds per cell: too few to conclude",
    "reason.tie": "the values tie at their rounding",
    "reason.no_leader": "no factor stands out",
    "reason.identical": "the seeds gave identical values, so noise is not known",
    "reason.small": "the difference is below the preset margin",
    "reason.holm": "does not survive Holm's correction for the {n} statements of this question",
    "reason.interval": "the interval contains zero",
    "reason.margin": "the interval does not clear the margin",
    "reason.opposite": "the interval lies wholly on the other side",
    "reason.contradicted": "these runs contradict it beyond rounding",
    "reason.no_data": "no data",
    # --- why something is not measured
    "missing.factor_absent": "the table has no column for the {factor}",
    "missing.factor_constant": "the {factor} did not vary ({level})",
    "missing.factor_constant_short": "the {factor} did not vary",
    "missing.not_comparable": "values of {metric} are not comparable across {factors}",
    "missing.not_comparable_families": "values of {metric} are not comparable across model "
    "families",
    "missing.metric_absent": "the table does not give the {metric}",
    "missing.metric_absent_for": "the table does not give the {metric} of {family}",
    "missing.one_level": "only {level} has values of {metric}",
    "missing.level_absent": "{level} has no measured cell to compare",
    "missing.confounded": "the {factor} was never varied with the rest held fixed ({others} "
    "changed with it)",
    "missing.no_direction": "{metric} has no better or worse direction",
    "missing.not_numeric": "the {factor} has no numeric order",
    "missing.one_dataset": "there is only one data set",
    "missing.datasets_mixed": "{metric} is not comparable across data sets",
    "missing.no_shared_levels": "no two levels were measured everywhere",
    "missing.no_shared_seed": "the two families share no seed",
    "missing.few_factors": "fewer than two factors were varied",
    "missing.incomplete_grid": "too few cells of the grid were measured to divide the spread",
    "missing.no_collapse": "no generator collapsed, so nothing can have helped",
    "missing.collapse": "mode collapse was not measured",
    "missing.finished": "the table does not say how the cells ended",
    "missing.one_seed": "each cell was run with one seed",
    "missing.no_first": "there is no first-epoch value of the {metric}",
    "missing.no_matching_cell": "no such cell has a {metric} in the table",
    "note.left_out": "{levels} left out: nothing measured to compare with the rest held fixed",
    "note.coverage": "{used} of {planned} cells could be used",
    "note.unbalanced": "not every setting was run with every seed",
    "note.slight": "on one of the data sets, the levels in opposite order differ by less than the "
    "margin",
    "note.descriptive": "shares describe these runs; with one seed they hold noise too",
    "note.no_cause": "the families differ in more than one respect: a comparison, not a cause",
    "note.unknown_cells": "{n} cells were not measured",
    # --- best of
    "best_of.two.lowest": "{level} has a lower {metric} than {rival}",
    "best_of.two.closest": "{level} comes closer to real images in {metric} than {rival}",
    "best_of.many.closest": "{level} comes closest to real images in {metric} of the {k} {factors}",
    "best_of.two.highest": "{level} has a higher {metric} than {rival}",
    "best_of.many.lowest": "{level} has the lowest {metric} of the {k} {factors}",
    "best_of.many.highest": "{level} has the highest {metric} of the {k} {factors}",
    "best_of.two.detail": ": {value} against {other}{percent}",
    "best_of.many.detail": ": {value}, against {others}",
    "best_of.tie_detail": ": {values}",
    "best_of.held": ", and {relation} at {held} of these {n}",
    "best_of.held_all": ", and {relation} at each of them",
    "best_of.tie": "{levels} tie for the {end} {metric}",
    "topic.effect": "what the {factor} does to the {metric}",
    "rule.best_of": "{level} minus {rival}, cells that differ in nothing else, averaged over "
    "blocks within a seed; 95 % t-interval over seeds; it must beat every other level by more than "
    "the margin",
    # --- in every block
    "dominates.statement": "{level} has the {relation} {metric} for all {factors}",
    "dominates.tie": "{level} is never behind in {metric}, but ties somewhere",
    "dominates.detail": " (it does in {held} of {n})",
    "rule.dominates": "in every block, its mean over seeds beats every other level's beyond "
    "rounding; supported if each block's own 95 % t-interval clears the margin",
    # --- trend
    "trend.rises": "the {metric} rises with the {factor}",
    "trend.falls": "the {metric} falls with the {factor}",
    "trend.one_way": "the {metric} moves one way with the {factor}",
    "trend.flat": "the {metric} is the same for every {factor}",
    "trend.weak": "the {metric} moves with the {factor}, but some steps tie",
    "trend.detail": ": {values}{percent}{over}{coverage}",
    "trend.percent": ", {share} from end to end",
    "trend.first_step": ", {share} % of the way by {level}",
    "trend.turns": " (it is {end} at {level})",
    "topic.trend": "how the {metric} moves with the {factor}",
    "rule.trend": "last level minus first, averaged over blocks within a seed; 95 % t-interval "
    "over seeds; every step between neighbouring levels must clear the margin by itself",
    # --- pattern
    "pattern.statement": "the {factor} orders the {metric} alike on {datasets}",
    "pattern.tie": "the {factor} orders the {metric} alike on {datasets} as far as rounding shows",
    "pattern.same": ": {order} ({sense})",
    "pattern.orders": ": {orders} ({sense})",
    "pattern.on": "{order} on {dataset}",
    "pattern.then": ", then ",
    "pattern.level": " level",
    "sense.best": "best first",
    "sense.lowest": "lowest first",
    "topic.same_pattern": "whether the {factor} orders the {metric} alike on {datasets}",
    "rule.same_pattern": "no two levels may come in opposite orders on two data sets; supported "
    "if every neighbouring pair is told apart on each; the estimate is the closest pair, in "
    "percent of its values",
    # --- trade-off
    "trade_off.statement": "the {a} and the {b} ask for different values of {factor}",
    "trade_off.tie": "one {factor} may be best by both the {a} and the {b}",
    "trade_off.detail.differ": ": {level_a} is best by the {a} ({values_a}), {level_b} by the {b} "
    "({values_b})",
    "trade_off.detail.same": ": {level_a} is best by both ({values_a}; {values_b})",
    "topic.trade_off": "whether the {a} and the {b} ask for different values of {factor}",
    "rule.trade_off": "each measure's best level against the other's, by its own measure; both "
    "differences must clear their margins; the estimate is the smaller, in percent of its values",
    # --- ranking
    "ranking.statement": "the {factor} carries more of the spread of the {metric} than {other}",
    "ranking.any_other": "any other factor",
    "ranking.tie": "neither of {factors} stands out in the spread of the {metric}",
    "ranking.share": "{factor} {share} %",
    "ranking.detail": ": {shares}, {rest}",
    "ranking.rest": "and {rest} % that only combinations of {factors}, or noise, explain",
    "ranking.rest_split": "combinations of {factors} {combination} %, noise between seeds "
    "{noise} %",
    "topic.ranking": "which factor carries most of the spread of the {metric}",
    "rule.ranking": "share of the sum of squares (epsilon squared: less what its degrees of "
    "freedom would get from noise), per seed; leading factor minus the next; 95 % t-interval "
    "over seeds",
    # --- families
    "family.statement": "{a} have a {relation} {metric} than {b}",
    "family.statement.closest": "{a} come closer to real images in {metric} than {b}",
    "family.tie": "{a} and {b} tie in {metric}",
    "family.detail": ": {a} on average over {na} cells against {b} over {nb}",
    "family.apart": ", and every {a}'s is {relation} than every {b}'s",
    "family.overlap": ", though not every {a}'s is {relation} than every {b}'s",
    "topic.family": "how {a} and {b} compare by the {metric}",
    "rule.family": "mean over all settings of {a} minus that of {b}, per seed; 95 % t-interval "
    "over seeds",
    "best_setting.statement": "the {family} with the {end} {metric} is {setting}",
    "best_setting.only": "the only {family} measured is {setting}",
    "best_setting.tie": "several {family} settings tie for the {end} {metric}: {setting}",
    "best_setting.tie_detail": " ({value})",
    "best_setting.detail": ": {value}, against {other} for the next, {next}",
    "topic.best_setting": "which {family} has the best {metric}",
    "rule.best_setting": "mean over seeds; the difference to the setting it is hardest to tell "
    "from, with its 95 % t-interval over seeds; it must beat every other setting by more than the "
    "margin",
    "share_within.below": "the {part} of the {family} is less than half of the {whole}",
    "share_within.above": "the {part} of the {family} is more than half of the {whole}",
    "share_within.tie": "the {part} of the {family} is half of the {whole}",
    "share_within.detail": ": {a} against {b}, averaged over {n} cells",
    "topic.share_within": "how the {part} and the {whole} of the {family} compare",
    "rule.share_within": "{part} minus half of {whole}, averaged over settings within a seed; "
    "95 % t-interval over seeds",
    "topic.constant": "what the {settings} do",
    "missing.constant_none": "the table names none that was held fixed",
    "missing.constant": "they did not vary: {values}",
    "rule.constant": "settings with one level in all these cells",
    # --- absence
    "absence.collapse.statement": "none of {n} {models} shows mode collapse",
    "absence.collapse.found": ": {hits} of {n} do, {listed}",
    "absence.finished.statement": "all {n} {models} trained to the end without an error",
    "absence.finished.found": ": {hits} of {n} failed, {listed}",
    "absence.quote": " (verdict: “{quote}”)",
    "absence.unknown": " ({n} more could not be judged)",
    "topic.collapse": "whether any generator collapsed",
    "topic.finished": "whether every training came to its end",
    "rule.absence": "counted; one cell refutes it; supported if the exact 95 % interval of the "
    "rate (Clopper-Pearson, trainings taken as alike) ends below 10 %",
    # --- what helped
    "helped.statement": "{level} collapses less often than {rival}",
    "helped.tie": "every {factor} collapses equally often",
    "helped.rate": "{hits} of {n} with {level}",
    "helped.detail": ": {values}",
    "topic.helped": "whether the {factor} helped against mode collapse",
    "rule.helped": "pairs of cells that differ in nothing else; among those that disagree, the "
    "share in favour with its exact 95 % interval against one half (McNemar)",
    # --- spread over seeds
    "spread.statement": "{level} varies less from seed to seed in {metric} than {rival}",
    "spread.tie": "{levels} vary alike from seed to seed in {metric}",
    "spread.detail": ": mean distance from the median of the seeds {values}",
    "topic.spread": "how much the {metric} varies from seed to seed",
    "rule.spread": "how far each seed lies from the median of its setting's seeds, averaged over "
    "blocks; a t interval of the difference must lie beyond zero (Brown–Forsythe)",
    # --- change over training
    "change.rises": "the {metric}{label} rises from the first epoch to the last",
    "change.falls": "the {metric}{label} falls from the first epoch to the last",
    "change.by": " by {percent} %",
    "change.same": "the {metric}{label} ends where it began",
    "change.detail": ": from {first} to {last}{percent}{closer}",
    "change.percent.up": ", up by {share} % of its first size",
    "change.percent.down": ", down by {share} % of its first size",
    "change.closer": ", so closer to zero",
    "change.percent_wrong": "the percentage",
    "topic.change": "how the {metric} changed during training",
    "rule.change": "last epoch minus first; the percentage is of the first value's size; 95 % "
    "t-interval over seeds",
    # --- published values
    "reproduces.statement": "these runs reproduce the {metric} of {source}",
    "reproduces.detail": ": {ours} here, {published} there, tolerance {tolerance}",
    "topic.reproduces": "whether these runs reproduce the {metric} of {source}",
    "rule.reproduces": "ours minus the published value; in these runs if within the tolerance, "
    "supported if the 95 % t-interval over at least three seeds lies within it",
    # --- what could settle it
    "settle.run": "{seeds} seeds of {cells} (`{command}`, {time})",
    "settle.run_plain": "{seeds} seeds of {cells} ({time})",
    "settle.time": "about {time} of training",
    "settle.time_unknown": "time not known",
    "settle.none": "at the size and noise seen here, even {n} seeds would hardly show it",
}
