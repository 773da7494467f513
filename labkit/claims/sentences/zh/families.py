"""One family of models against another, in Chinese."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.families import Families
from labkit.claims.sentences import models
from labkit.claims.sentences.numbers import dataset_label, decimals_of
from labkit.claims.sentences.zh import grammar, levels, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength


def statement(found: Families, strength: Strength) -> Sentence:
    """The statement with its numbers: a row of the evidence."""
    n, at = Numbers(), grammar.at(found.dataset)
    values = levels.against(n, found, *found.sides)
    ahead, behind = map(names.family, found.sides)
    if found.ahead is None:
        return n.sentence(f"{at}{ahead}与{behind}持平（{values}）。", [found])
    tail = f"，{levels.AHEAD[strength]}" if strength in levels.AHEAD else ""
    return n.sentence(f"{at}{ahead}优于{behind}{tail}（{values}）。", [found])


def together(found: Sequence[Families], strength: Strength) -> Sentence:
    """ "在两个数据集上，GAN优于VAE（FID：MNIST 3.6对9.1；...）"."""
    n, first = Numbers(), found[0]
    several = len(found) > 1
    each = [levels.against(n, f, *f.sides, label=not several) for f in found]
    at, values = grammar.at(first.dataset), "；".join(each)
    if several:
        at = f"在{names.everywhere(len(found))}上，"
        each = [f"{dataset_label(f.dataset)} {shown}" for f, shown in zip(found, each, strict=True)]
        values = f"{names.measured(first)}：{'；'.join(each)}"
    ahead, behind = map(names.family, first.sides)
    if first.ahead is None:
        return n.sentence(f"{at}{ahead}与{behind}持平（{values}）。", found)
    front, back = levels.sure(strength)
    lead = f"{ahead}{front}优于{behind}"
    if models.every_cell(found, strength):
        back = back.replace("，差距在", "，但差距仍在")
        lead = f"每个{ahead}都{front}优于每个{behind}"
    elif any(max(f.n_a, f.n_b) > 1 for f in found) and not all(f.every for f in found):
        lead = f"{ahead}平均而言{front}优于{behind}"
    runs = "这些训练中，" if strength == "seen once" else ""
    return n.sentence(f"{runs}{at}{lead}{back}（{values}）。", found)


def ranked(found: Sequence[Families]) -> list[Sentence]:
    """ "这些训练的FID在MNIST上为7.4（VAE）、12.2（Flow）和13.2（GAN）；..."."""
    n, parts = Numbers(), list[str]()
    sides, whole = models.ranked(found)
    for dataset, each in sides.items():
        decimals = decimals_of(each[0].found, [side.mean for side in each])
        values = (
            f"{n.measured(r.found, r.family, r.mean, decimals)}（{names.family(r.family)}）"
            for r in each
        )
        parts.append(f"{grammar.on(dataset)}为{names.listing(values)}")
    if not parts:
        return []
    what = f"这些训练{'' if whole else '最好'}的{names.measured(found[0])}"
    return [n.sentence(f"{what}{'；'.join(parts)}。", found)]
