"""How to combine both models, in Chinese."""

from collections.abc import Mapping, Sequence

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import by_dataset, known
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.families import Families
from labkit.claims.sentences import models
from labkit.claims.sentences.judged import Strengths
from labkit.claims.sentences.numbers import dataset_label, decimals_for, place
from labkit.claims.sentences.zh import grammar, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.text.typography import spaced


def nothing(found: Sequence[Families]) -> Sentence:
    text = "未测量：该表无法比较两类模型；通常的思路是对抗VAE。"
    return Numbers().sentence(text, found)


def idea(lost: Mapping[str, tuple[float, float]]) -> Sentence:
    """What to try, from where the VAE loses most."""
    # Where codes nowhere miss the prior, it need not see random ones.
    also = "和样本" if models.lost_to(lost, decoder=False) else ""
    text = f"对抗VAE，即在重构损失和KL之外，让解码器与一个判别器对抗训练，判别器查看重构{also}。"
    return Sentence(spaced(text))


def encoder(fid: Sequence[Families] = ()) -> Sentence:
    """A fact of the models, not of the runs: why a VAE is kept even where GANs are ahead."""
    if models.ahead_everywhere("gan", fid):
        return Sentence("但只有 VAE 能对图像编码，所以保留编码器。")
    return Sentence("只有 VAE 能对图像编码。")


def sharpness(found: Sequence[Families]) -> list[Sentence]:
    """How much of the sharpness of real images VAEs lose, where GANs lose less."""
    if not models.ahead_everywhere("gan", found):
        return []
    n = Numbers()
    vaes = "，".join(
        f"{grammar.on(f.dataset)}损失{n.share(f'sharpness lost, vae{place(f.dataset)}', f.mean_b)}"
        for f in found
    )
    most = models.blur_of_gans(found)
    gans = "几乎不损失" if most is None else f"至多损失{n.share('sharpness off, gan', most)}"
    return [n.sentence(f"与真实图像相比，VAE的清晰度{vaes}，GAN{gans}。", found)]


def kept(found: Sequence[Families]) -> list[Sentence]:
    """Which hybrids have the sharpness that VAEs lose; each finding: a hybrid against VAEs."""
    sharp = models.kept_sharp(found)
    if not sharp:
        return []
    n, worst = Numbers(), max(sharp, key=lambda h: sharp[h])
    most = n.share(f"sharpness off, {worst}", sharp[worst])
    told = names.listing(map(names.family, sharp))
    return [n.sentence(f"{told}的清晰度与真实图像相差不超过{most}。", found)]


def lost(found: Mapping[str, tuple[float, float]]) -> list[Sentence]:
    """What a VAE's FID of reconstructions beside that of samples points to, on each data set."""
    decimals = decimals_for([value for both in found.values() for value in both])
    n, parts = Numbers(), list[str]()
    for decoder in (False, True):
        fids = list[str]()
        here = models.lost_to(found, decoder)
        for d, (recon, drawn) in here.items():
            first = n.value(f"FID of reconstructions{place(d)}", recon, decimals)
            second = n.value(f"FID of samples{place(d)}", drawn, decimals)
            fids.append(f"{first}，样本{second}" if decoder else f"{second}对{first}")
        at = (
            f"在{where}上，"
            if (where := names.listing(map(dataset_label, filter(None, here))))
            else ""
        )
        told = "VAE的重构已与真实图像相差很远" if decoder else "VAE的样本远不如重构"
        parts += [f"{at}{told}（{'' if parts else 'FID '}{'；'.join(fids)}）"] if fids else []
    return [n.sentence(f"{'；'.join(parts)}。")] if parts else []


def exception(mine: Configurations, theirs: Configurations) -> Sentence:
    """ "在MNIST上，有一个VAE的覆盖率胜过每个GAN：潜在维度8（58%）"."""
    n = Numbers()
    name = names.cell(mine.best, Cells(mine.cells), seeds=False)
    value = n.whole(mine, f"best {mine.family}", mine.values[0])
    every = f"{'每个' if len(theirs.order) > 1 else '该'}{names.family(theirs.family)}"
    lead = f"有一个{names.family(mine.family)}的{names.short(mine.metric)}胜过{every}"
    return n.sentence(f"{grammar.at(mine.dataset)}{lead}：{name}（{value}）。", [mine, theirs])


def tried(hybrids: Sequence[str], found: Sequence[Families], strengths: Strengths) -> Sentence:
    """Which of the hybrids that were trained did best against both parents."""
    won, clear = models.beat_both(hybrids, found, strengths)
    told = names.listing(names.family(h) for h in won or hybrids)
    if won:
        text = f"{told}：在试过的模型中，按代理FID看，它{'们' if len(won) > 1 else ''}"
        text += f"{'明显' if clear else ''}胜过GAN和VAE"
    elif len(hybrids) == 1:
        text = f"按代理FID看，试过的{told}没有同时胜过GAN和VAE"
    else:
        text = f"按代理FID看，试过的{told}都没有同时胜过GAN和VAE"
    return Numbers().sentence(f"{text}。", found)


def hybrid(name: str, found: Sequence[Families]) -> list[Sentence]:
    """One hybrid's FID beside its parents', data set by data set."""
    n, parts = Numbers(), []
    for dataset, here in by_dataset(known(found)).items():
        decimals = decimals_for([v for f in here for v in (f.mean_a, f.mean_b)], apart=False)
        key, on = place(dataset), grammar.on(dataset)
        mine = n.value(f"FID, {name}{key}", here[0].mean_a, decimals)
        fids = ((n.value(f"FID, {f.b}{key}", f.mean_b, decimals), f.b) for f in here)
        others = "，".join(f"{names.family(f, True)}为{fid}" for fid, f in fids)
        parts.append(f"{on}为{mine}（{others}）")
    text = f"{names.family(name)}的FID{'；'.join(parts)}。"
    return [n.sentence(text, found)] if parts else []
