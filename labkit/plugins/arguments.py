"""Which of a function's own arguments get what labkit passes it.

Public code calls the length of the noise ``nz``, ``latent_size`` or ``channels_noise``, and puts
it anywhere among the arguments. So a value goes to the argument called after it, wherever that
stands, and never to one that means something else.
"""

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Parameter
from typing import Any

#: What each known name is called with.
SHAPES: dict[str, tuple[str, ...]] = {
    "generator": ("z_dim",),
    "discriminator": (),
    "encoder": ("latent_dim",),
    "decoder": ("latent_dim",),
    "discriminator_loss": ("real", "fake"),
    "generator_loss": ("fake",),
}
#: What a measure of the author's own is called with.
METRIC = ("samples", "real")
#: Arguments that may stand beside those of the networks.
OPTIONAL = {
    "discriminator": ("norm", "channels"),
    "encoder": ("channels", "norm", "dropout"),
    "decoder": ("norm",),
}
_UNIT = (
    "(?:n|nb|num(?:ber)?|of|d|dim(?:ension)?s?|sizes?|len(?:gth)?|vec(?:tor)?s?|space|"
    "features?|units?|channels?|in(?:put)?)*"
)
_END = "(?:[gde]|gen|enc|dec)?(?:n|num)?(?:{})(?:dims?|sizes?|len|features?|units?)*"
_IMAGES = "(?:n|nb|num|in(?:put)?|im(?:g|ages?)?)*"
#: What an argument is called that gets a size, the most telling names first; without ``_``.
_SIZES = (
    f"{_UNIT}(?:z|lat(?:ent)?s?|noise|rand(?:om)?){_UNIT}",
    f"{_UNIT}(?:codes?|bottleneck|encoded|encoding|emb(?:ed(?:ding)?)?){_UNIT}",
)
_NAMES = {
    "generator": (*_SIZES, _END.format("in|inputs?")),
    "encoder": (*_SIZES, _END.format("out|outputs?")),
    "decoder": (*_SIZES, _END.format("in|inputs?")),
    "channels": (f"{_IMAGES}(?:channels?|chans?|ch){_IMAGES}|nc",),
    "real": (".*real.*",),
    "fake": (".*(?:fake|gen).*",),
    "samples": (".*(?:sample|fake|gen).*",),
}
#: Names that mean something else than a size of noise, where no argument is called after that.
_OTHER = re.compile(
    "hid|width|height|depth|layer|ch(an|s|$)|im(g|age)|shape|class|label|feat|filter|kernel|n?g?f$|"
    "ndf$|nc$|batch|lr|slope|drop|norm|act|out|in(put|_|$)|seed|device|conf|cfg|arg|opt|param"
)
_TARGET = re.compile("label|target|class")
_REST = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class UnfitError(ValueError):
    """labkit cannot call it; the text is what was expected, what was found, what to change."""


def of_definition(given: ast.arguments, method: bool = False) -> list[Parameter]:
    """The parameters of a definition as `inspect.signature` has them; of a method without self.

    A default that is computed is a syntax tree.
    """
    kinds = (
        (Parameter.POSITIONAL_ONLY, given.posonlyargs),
        (Parameter.POSITIONAL_OR_KEYWORD, given.args),
        (Parameter.KEYWORD_ONLY, given.kwonlyargs),
    )
    places = [(each, kind) for kind, several in kinds for each in several]
    stated = [*given.defaults, *given.kw_defaults]  # the last ones of all
    defaults = [*[None] * (len(places) - len(stated)), *stated]
    found = []
    for (each, kind), node in zip(places, defaults, strict=True):
        default = Parameter.empty if node is None else getattr(node, "value", node)
        found.append(Parameter(each.arg, kind, default=default))
    rest = zip((given.vararg, given.kwarg), _REST, strict=True)
    return [*found[method:], *(Parameter(each.arg, kind) for each, kind in rest if each)]


def of_callable(target: Callable[..., Any]) -> list[Parameter]:
    """The parameters a function or class is called with.

    An ``__init__`` with ``**kwargs`` has those of the class above, too.
    """
    if not isinstance(target, type):
        return list(inspect.signature(target).parameters.values())
    found: list[Parameter] = []
    for above in target.__mro__:
        if above.__module__.startswith("torch."):
            break  # whose own take what they are not asked for
        if "__init__" in vars(above):
            own = list(inspect.signature(vars(above)["__init__"]).parameters.values())[1:]
            known = {each.name for each in found}
            found = [e for e in found if e.kind not in _REST]
            found += [e for e in own if e.name not in known]
            if not any(each.kind in _REST for each in own):
                break
    return found


def assigned(entry: str, shown: str, given: Sequence[Parameter]) -> dict[str, str]:
    """The argument that gets each thing labkit passes, as far as it is among `given`.

    `entry` is a key of `SHAPES`, else a measure, which is `shown` by its name in the user's file.
    What no parameter gets is left to ``*args`` or ``**kwargs``. UnfitError where an argument is
    missing, or one that labkit does not pass has no default.
    """
    wanted = SHAPES.get(entry, METRIC)
    named = {each.name: each for each in given if each.kind not in _REST}
    needed = [name for name, each in named.items() if each.default is Parameter.empty]
    found: dict[str, str] = {}
    hint, size = "", entry in _NAMES
    # ``real_samples`` are real, whatever they are called beside.
    for name in (*sorted(wanted, key=lambda name: name != "real"), *OPTIONAL.get(entry, ())):
        left = {key: each for key, each in named.items() if key not in found.values()}
        if match := _called_after(name, entry, left):
            found[name] = match
    for name in (name for name in wanted if name not in found):
        left_over = [key for key in needed if key not in found.values()]
        if not left_over and len(given) == 1 and not found:
            left_over = [key for key, each in named.items() if _may_be_size(each)]
        if left_over and not (_OTHER if size else _TARGET).search(left_over[0].lower()):
            found[name] = left_over[0]
        elif len(named) == len(given):
            hint = f"; give the one that is meant the name {name}" if named else " "
    if more := [key for key in needed if key not in found.values()]:
        hint = hint or f"; labkit passes no {', '.join(more)}: give it a default"
    if hint:
        has = ", ".join(named)
        raise UnfitError(f"expected {shown}({', '.join(wanted)}), found ({has}){hint.rstrip()}")
    return found


def _called_after(name: str, entry: str, left: Mapping[str, Parameter]) -> str:
    """The argument called after what is passed; empty if there is none, or no telling which."""
    if name in left:
        return name
    size = name in ("z_dim", "latent_dim")
    for pattern in _NAMES.get(entry if size else name, ()):
        alike = {
            key: each
            for key, each in left.items()
            if len(key) < 60  # anybody may have written it
            and re.fullmatch(pattern, key.replace("_", "").lower())
            and (not size or _may_be_size(each))
            # Another number of channels says how wide the network is.
            and (name != "channels" or each.default in (Parameter.empty, 1, 3))
        }
        needed = [key for key, each in alike.items() if each.default is Parameter.empty]
        for only in (list(alike), needed):
            if len(only) == 1:
                return only[0]
        if alike:
            return ""
    return ""


def _may_be_size(given: Parameter) -> bool:
    """Whether a default, if there is one, is a whole number and not that of an image's pixels."""
    other = (bool, float, str, tuple, list, ast.Tuple, ast.List)
    return not isinstance(given.default, other) and given.default != 28 * 28


def moved(entry: str, given: Sequence[Parameter]) -> dict[str, str]:
    """What of `assigned` does not stand in its place, by which alone it was passed formerly."""
    found = assigned(entry, entry, given)
    places = [e.name for e in given if e.kind not in (*_REST, Parameter.KEYWORD_ONLY)]
    pairs = zip(SHAPES.get(entry, METRIC), places, strict=False)
    return {name: found[name] for name, place in pairs if found.get(name, place) != place}


def calling(entry: str, target: Callable[..., Any]) -> Callable[..., Any]:
    """A function called as `SHAPES` says, which passes all on by the names `target` has for it."""
    given = of_callable(target)
    names, wanted = assigned(entry, target.__name__, given), SHAPES.get(entry, METRIC)
    kinds = {each.kind for each in given}
    grey = [e for e in given if e.name == names.get("channels") and e.default in (3, e.empty)]

    @wraps(target, updated=())
    def call(*values: Any, **options: Any) -> Any:
        passed = dict(zip(wanted, values, strict=True)) | options
        if grey:
            passed.setdefault("channels", 1)
        rest = [key for key in wanted if key not in names and Parameter.VAR_POSITIONAL in kinds]
        placed = [passed.pop(key) for key in rest]
        named = {names.get(key, key): value for key, value in passed.items()}
        before = [e for e in given if e.kind is Parameter.POSITIONAL_ONLY]
        return target(*(named.pop(e.name, e.default) for e in before), *placed, **named)

    return call
