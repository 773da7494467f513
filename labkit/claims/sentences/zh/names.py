"""What metrics, settings, levels, cells and families are called in a Chinese sentence.

Labels come from the catalogue of fixed texts; what a sentence says in another way stands here.
"""

from collections.abc import Iterable, Sequence

from labkit.catalog import FAMILIES, METRICS, REGISTRIES
from labkit.claims.cell import NONE, Cell, Level
from labkit.claims.cells import Cells
from labkit.claims.finding import Finding
from labkit.claims.sentences.numbers import dataset_label
from labkit.text.language import _
from labkit.text.typography import spaced

METRIC_NAMES = {
    "proxy_fid": "代理FID",
    "recon_loss": "训练重构损失",
    "total_loss": "训练总损失",
    "kl_loss": "KL项",
    "test_kl_loss": "测试KL项",
    "code_accuracy": "类别编码的准确率",
    "code_purity": "类别编码的纯度",
    "code_nmi": "类别编码所含的类别信息",
    "enough_steps": "足够的采样步数",
    "flow_loss": "流模型损失",
    "d_loss": "判别器损失",
    "g_loss": "生成器损失",
    "fid_final_excess": "末轮跟踪FID的超出量",
    "fid_drawdown": "跟踪FID的回升幅度",
    "fid_tail_spread": "跟踪FID的后期波动",
    "fid_oscillation": "跟踪FID的振荡",
    "active_units": "活跃单元数",
    "mmd_prior": "与先验的MMD",
    "sharpness": "样本清晰度",
    "mixed_fid": "混合风格的代理FID",
    "two_sample_accuracy": "与真实图像区分开的比例",
    "flops_per_sample": "生成一个样本的运算量",
    "flops_per_image": "训练中每张图像的运算量",
    "seconds": "训练时间",
}

FACTOR_NAMES = {
    "betas": "Adam的β系数",
    "seed": "种子",
    "epochs": "训练轮数",
    "batch_size": "批大小",
    "reconstruction": "重构损失的种类",
    "regularised": "正则化",
    "dataset": "数据集",
    "family": "模型种类",
    "optimizer": "优化器",
    "network": "网络结构",
    "dropout": "dropout",
    "batch_norm": "批归一化",
    "spectral_norm": "谱归一化",
    "conditional": "条件输入",
    "initialisation": "初始化",
    "growth": "网络增长",
    "mixing": "混合风格的比例",
    "source": "数据来源",
    "limit": "图像数量",
    "arithmetic": "计算精度",
}

LEVEL_TEMPLATES = {
    "z_dim": "z {level}",
    "latent_dim": "潜在维度{level}",
    "beta": "β {level}",
    "n_critic": "判别器步数{level}",
    "info_weight": "权重{level}",
    "mixing": "混合{level}",
    "epochs": "{level}轮",
}

#: Setting to its levels that are not called by their labels.
LEVELS: dict[str, dict[Level, str]] = {
    "loss": {"hinge": "Hinge"},
    "constraint": {"none": "无约束"},
    "norm": {"layer": "层归一化"},
    "d_norm": {"own": "网络自带的归一化"},
    "ema": {0: "无生成器权重平均"},
    "growth": {"progressive": "渐进增长", "at_once": "一次到位"},
    "mixing": {0: "无混合"},
}

#: What the best level does, by measure; others have the best of it.
BEST = {
    "proxy_fid": "的样本{sure}最好",
    "mixed_fid": "的混合样本{sure}最好",
    "fid_drawdown": "{sure}最稳定",
    "code_accuracy": "的类别编码{sure}最接近真实类别",
    "coverage": "覆盖的真实图像{sure}最多",
    "recall": "覆盖的真实图像{sure}最多",
    "test_recon_loss": "的重构{sure}最好",
    "recon_loss": "的重构{sure}最好",
}
#: Metrics under a shorter name, where the full one has been said or is plain.
SHORT = {
    "proxy_fid": "FID",
    "recon_proxy_fid": "FID",
    "mixed_fid": "混合样本FID",
    "code_accuracy": "准确率",
    "test_recon_loss": "重构损失",
    "sharpness": "清晰度",
    "recon_sharpness": "清晰度",
    "fid_drawdown": "回升幅度",
}


def counted(n: int, one: str) -> str:
    """ "6次训练": a number with what it counts, whose first letter is the measure word."""
    return f"{n}{one}"


def part(some: int, n: int, one: str) -> str:
    """ "6对比较中有2对", "6对比较中没有一对"; "全部6对比较", "两对比较", "唯一一对比较"."""
    if some < n:
        return f"{counted(n, one)}中{f'有{some}' if some else '没有一'}{one[0]}"
    if n < 3:
        return f"唯一一{one}" if n == 1 else f"两{one}"
    return f"全部{counted(n, one)}"


def everywhere(n: int) -> str:
    """So many data sets, all there are: "两个数据集"."""
    return "两个数据集" if n == 2 else "所有数据集"


def listing(items: Iterable[str]) -> str:
    """ "a", "a和b", "a、b和c"."""
    *front, last = list(items) or [""]
    return f"{'、'.join(front)}和{last}" if front else last


def metric(name: str) -> str:
    """A metric in a sentence: "代理FID"."""
    label = _(METRICS[name].label) if name in METRICS else name.replace("_", " ")
    return METRIC_NAMES.get(name, label)


def short(name: str) -> str:
    """A metric in front of its number: "FID"."""
    return SHORT.get(name) or metric(name)


def measured(found: Finding) -> str:
    """A finding's metric in front of its number; a distance is said to be one."""
    return short(found.metric) + ("偏差" if found.target is not None else "")


def factor(name: str, several: bool = False) -> str:
    """A setting in a sentence: "z维度"; one or several."""
    if name in FACTOR_NAMES:
        return FACTOR_NAMES[name]
    label = next((f.params[name].label for f in FAMILIES.values() if name in f.params), None)
    return name.replace("_", " ") if label is None else _(label)


def level(name: str, value: Level) -> str:
    """A level in a sentence: "Hinge", "z 64"."""
    if isinstance(value, bool):
        return factor(name) if value else f"无{factor(name)}"
    if known := LEVELS.get(name, {}).get(value):
        return known
    text = _plain(name, value)
    if name in LEVEL_TEMPLATES:
        return LEVEL_TEMPLATES[name].format(level=text)
    return f"{factor(name)}{text}" if isinstance(value, (int, float, tuple)) else text


def levels(name: str, values: Iterable[Level]) -> list[str]:
    """Several levels; numbers share their noun: "z 32", "64", "128"."""
    first, *rest = values
    return [level(name, first), *(bare(name, v) for v in rest)]


def bare(name: str, value: Level) -> str:
    """A level where its noun is clear: "64", "Hinge"."""
    return level(name, value) if isinstance(value, (bool, str)) else _plain(name, value)


def family(name: str, several: bool = False) -> str:
    """ "GAN", of one or several."""
    entry = FAMILIES.get(name)
    return _(entry.label) if entry else name.replace("_", "-") or "模型"


def cell(found: Cell, among: Cells, seeds: bool = True) -> str:
    """A cell by what tells it from others, `seeds` or not: "MNIST上的Hinge + z 64（种子43）"."""
    named = (level(n, found.settings[n]) for n in among.telling(found))
    text = " + ".join(named) or family(found.family)
    if seeds and len(among.seeds) > 1:
        text += f"（种子{found.seed}）"
    return f"{dataset_label(found.dataset)}上的{text}" if len(among.datasets) > 1 else text


def scope(cells: Sequence[Cell]) -> str:
    """Some cells in words: "MNIST和Fashion-MNIST上的GAN"."""
    found = Cells(tuple(cells))
    families = listing(family(f) for f in found.families if f) or "所有模型"
    datasets = listing(dataset_label(d) for d in found.datasets if d)
    return spaced(f"{datasets}上的{families}" if datasets else families)


def duration(seconds: float) -> str:
    """Seconds as people say them: "40秒", "12分钟", "3.5小时"."""
    if seconds < 90:
        return f"{max(1, round(seconds))}秒"
    return f"{round(seconds / 60)}分钟" if seconds < 5400 else f"{seconds / 3600:.1f}小时"


def _plain(name: str, value: Level) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_plain(name, part) for part in value)})"
    if isinstance(value, str):
        for entry in FAMILIES.values():
            param = entry.params.get(name)
            found = REGISTRIES.get(param.choices, {}).get(value) if param else None
            if found is not None:
                return _(str(found.label))
    return "无" if value == NONE else str(value).replace("_", " ")
