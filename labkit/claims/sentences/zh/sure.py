"""How sure an answer is, what would settle it, and what the literature says of it, in Chinese."""

from collections.abc import Sequence

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence, Settle
from labkit.claims.finding import Finding
from labkit.claims.findings.families import Families
from labkit.claims.findings.levels import Contrast
from labkit.claims.seeds_needed import STEPS, WORTH
from labkit.claims.sentences import judged
from labkit.claims.sentences.numbers import dataset_label
from labkit.claims.sentences.zh import grammar, names
from labkit.text.typography import spaced

#: The pattern a table shows to its textbook explanation: a hypothesis, not tested in these runs.
REASONS = {
    "larger_codes_worse_samples": "潜在维度越大，落在训练图像编码附近的随机编码就越少"
    "（Rosca et al. 2018）",
    "larger_codes_better_both": "维度太少的编码分不清图像，解码器只能取平均"
    "（Kingma & Welling 2014）",
    "wasserstein_few_steps": "Wasserstein 批评器只有接近最优时梯度才有意义，"
    "因此每次都要训练若干步（Arjovsky et al. 2017）",
    "clipping": "裁剪权重限制了批评器的表达能力（Gulrajani et al. 2017）",
    "growing": "先学会图像的大致形状，因为那时只需要学它（Karras et al. 2018）",
    "gradient_penalty": "对批评器梯度的惩罚使它在图像附近保持平滑（Gulrajani et al. 2017）",
    "spectral_norm": "谱归一化限制了判别器的陡峭程度（Miyato et al. 2018）",
    "mode_collapse": "生成器只因图像以假乱真而受到奖励，并不因覆盖所有类别而受到奖励（Goodfellow 2016）",
    "blurred": "判别器能识别模糊的图像（Larsen et al. 2016）",
    "free_codes": "编码若无网络读取，生成器就没有动力使用它（Chen et al. 2016）",
    "straight_paths": "网络学到的路径越直，跟随它所需的步数越少（Liu et al. 2023）",
    "larger_beta": "更大的 β 使编码更接近先验，代价是编码所含的图像信息减少（Higgins et al. 2017）",
}


def basis(
    found: Sequence[Finding], odd: Cell | None, among: Cells, beside: Sequence[Finding] = ()
) -> str:
    """Whose noise the findings were judged by, in a sentence; empty where nothing was measured.

    An odd cell is one of the table that kept a reference from being used; what was told `beside`
    and compared, but not judged, is named.
    """
    noise, seeds = judged.basis_of(found)
    untested = ""
    if compared := judged.only_compared(found, beside):
        untested = f"；{names.listing(map(names.metric, compared))}只作比较，未经检验"
    if noise is not None:
        how = f"，通常的训练间波动取自labkit附带的重复训练（{noise.name}）"
        own = noise.source == "own"
        how = "，差距以种子之间的波动衡量" if own else how
        return spaced(f"{seeds}个种子{how}{untested}。")
    if not seeds:
        return ""
    departs = "与其余相差太大，通常的训练间波动不适用"
    why = f"；{names.cell(odd, among)}{departs}" if odd is not None else ""
    sides = next((f for f in found if isinstance(f, Families)), None)
    if not why and seeds == 1 and sides is not None:
        why = f"；{names.family(sides.a)}与{names.family(sides.b)}之差这里未经检验"
    return spaced(f"每组设置训练{seeds}次{why}，不能排除偶然因素。")


def settle(plan: Settle | None, found: Finding | None = None) -> str:
    """What run would settle what was found, in a sentence; empty where nothing is open."""
    if plan is None:
        return ""
    what = ""
    if isinstance(found, Contrast):
        a, b = names.levels(found.factor, (found.a, found.b))
        what = f"{grammar.of(found.dataset)}{a}与{b}的{names.short(found.metric)}"
    if isinstance(found, Families):
        a, b = (names.family(f, several=True) for f in (found.a, found.b))
        what = f"{grammar.of(found.dataset)}{a}与{b}"
    if not plan.seeds:
        return spaced(f"即使{STEPS[-1]}个种子也难以区分{what}。")
    if plan.seeds > WORTH:
        return spaced(
            f"要{f'区分{what}' if what else '说明这是否出于偶然'}，约需{plan.seeds}个种子。"
        )
    about = [f"`{plan.command}`"] if plan.command else []
    about += [] if plan.seconds is None else [f"还需约{names.duration(plan.seconds)}"]
    how = f"（{'，'.join(about)}）" if about else ""
    # Without a known variation the number of seeds is a guess.
    would = "可能" if found is not None and found.noise is None else "多半"
    told = f"足以区分{what}" if what else "足以说明这是否出于偶然"
    return spaced(f"{plan.seeds}个种子{would}{told}{how}。")


def likely(pattern: str, datasets: Sequence[str] = ()) -> Sentence | None:
    """The explanation of a pattern seen on some data sets (none named: on all), as untested."""
    if not pattern:
        return None
    where = f"{names.listing(map(dataset_label, datasets))}上，" if datasets else ""
    what = "可能有用的理由" if pattern in judged.IDEAS else "可能的原因"
    return Sentence(spaced(f"{what}（{where}此处未检验）：{REASONS[pattern]}。"))
