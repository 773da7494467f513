"""A user's own Python files as text, with the files beside them that they import.

Nothing is run. What such a helper says is part of the file that imports it: of a cell's
fingerprint, its plan and a hand-in.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from labkit.errors import LabkitError, behind
from labkit.store.atomic import with_unix_ends

MAX_BYTES = 200_000
MOST_HELPERS = 50
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
#: Modules whose place no file beside the user's takes.
_INSTALLED = {*sys.stdlib_module_names, "labkit", "torch", "torchvision", "numpy"}
Definition = ast.FunctionDef | ast.ClassDef


class OwnCodeError(LabkitError):
    """What is wrong with a user's file, as one line that begins with its name."""


@dataclass(frozen=True)
class OwnFile:
    """A user's file: its name without ``.py``, and what it says."""

    name: str
    source: str
    helper: bool = False  # Whether only other files name it; it adds nothing to the catalog
    used: tuple["OwnFile", ...] = ()  # The files beside it that it imports, and that these do

    @cached_property
    def tree(self) -> ast.Module:
        file = f"{self.name}.py"
        try:
            return ast.parse(self.source, file)
        except SyntaxError as error:
            why = f"{error.lineno or 1}: not valid Python{behind('Python', error.msg)}"
            raise OwnCodeError(f"{file}:{why}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            why = f"cannot be read as Python{behind('Python', error)}"
            raise OwnCodeError(f"{file}: {why}") from error

    def error(self, node: ast.AST, message: str) -> OwnCodeError:
        where = (f.name for f in self.used if any(n is node for n in ast.walk(f.tree)))
        name = next(where, self.name)
        return OwnCodeError(f"{name}.py:{getattr(node, 'lineno', 1)}: {message}")

    def imports(self) -> Iterator[tuple[ast.AST, list[str]]]:
        """Each statement that may import a file beside this one, and where that may lie.

        What stands under ``if __name__ == "__main__":`` is not run, and counts for nothing.
        """
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.If) and _asks_for_main(node.test):
                waiting += node.orelse
                continue
            waiting += ast.iter_child_nodes(node)
            names = [each.name for each in getattr(node, "names", ())]
            below = [""]
            if isinstance(node, ast.ImportFrom):
                relative = node.level == 1 and not node.module
                names, below = (names, below) if relative else ([node.module or ""], ["", *names])
            if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "level", 0) < 2:
                for name in names:
                    top = name.partition(".")[0]
                    if getattr(node, "level", 0) or top not in _INSTALLED:
                        inside = ["/".join([*name.split("."), each]) for each in below]
                        yield node, [top, *(i.rstrip("/") for i in inside), f"{top}/__init__"]

    def definitions(
        self, known: dict[str, dict[str, Definition]] | None = None
    ) -> dict[str, Definition]:
        """The functions and classes that the file has by name, those it imports among them.

        `known` are those of files that were looked at before.
        """
        known = {} if known is None else known
        found = known[self.name] = {}
        beside = {each.name: each for each in self.used}
        for node in self.tree.body:
            if isinstance(node, Definition):
                found[node.name] = node
            elif isinstance(node, ast.ImportFrom) and node.module in beside:
                theirs = known.get(node.module)
                if theirs is None:
                    theirs = replace(beside[node.module], used=self.used).definitions(known)
                for each in node.names:
                    if each.name == "*":
                        found |= theirs
                    elif each.name in theirs:
                        found[each.asname or each.name] = theirs[each.name]
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
                same = found.get(node.value.id)
                found |= {t.id: same for t in node.targets if same and isinstance(t, ast.Name)}
        return found


def _asks_for_main(test: ast.expr) -> bool:
    return any(getattr(node, "value", None) == "__main__" for node in ast.walk(test))


def dotted(node: ast.expr) -> str:
    """``nn.Module`` of a base class, whatever stands in brackets after it."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return ".".join([getattr(node, "id", ""), *reversed(names)])


def gather(named: Mapping[str, bytes], beside: Callable[[str], bytes]) -> tuple[OwnFile, ...]:
    """The user's files, by name (``my_gan.py``) their bytes, and after them what they import.

    `beside` reads another file of that folder; FileNotFoundError or KeyError where there is none.
    OwnCodeError as of `read`, and where what a file imports lies in a folder, where neither
    fingerprints nor hand-ins look.
    """
    found = {file.name: file for file in (read(*each) for each in named.items())}
    imported: dict[str, set[str]] = {}
    for name in (waiting := list(found)):
        imported[name] = set()
        for node, paths in found[name].imports():
            path = next((p for p in paths if p in found or _exists(beside, f"{p}.py")), "")
            if "/" in path:
                why = f"{path}.py lies in a folder: move it beside {name}.py, to import it"
                raise found[name].error(node, why)
            if path and path not in found:
                if len(found) >= len(named) + MOST_HELPERS:
                    raise OwnCodeError(f"{name}.py: imports more than {MOST_HELPERS} files")
                found[path] = read(f"{path}.py", beside(f"{path}.py"), helper=True)
                waiting.append(path)
            imported[name] |= {path} & found.keys()
    for name in found:
        reached = list(imported[name])
        for other in reached:
            reached += [more for more in imported[other] if more not in reached]
        used = [replace(found[other], used=()) for other in sorted({*reached} - {name})]
        found[name] = replace(found[name], used=tuple(used))
    return tuple(found.values())


def _exists(beside: Callable[[str], bytes], name: str) -> bool:
    try:
        beside(name)
    except (FileNotFoundError, NotADirectoryError, KeyError):
        return False
    return True


def read(name: str, data: bytes, helper: bool = False) -> OwnFile:
    """A user's file by itself, without what it imports; see `gather`."""
    stem = name.removesuffix(".py")
    if stem == name or not (stem.isidentifier() if helper else _NAME.fullmatch(stem)):
        rule = "letters, digits and _, beginning with a letter"
        raise OwnCodeError(f"{name}: expected a name such as my_gan.py ({rule})")
    if len(data) > MAX_BYTES:
        raise OwnCodeError(f"{name}: larger than {MAX_BYTES:,} bytes")
    try:
        found = OwnFile(stem, with_unix_ends(data).decode("utf-8-sig"), helper)
    except UnicodeDecodeError as error:
        raise OwnCodeError(f"{name}: not UTF-8; save the file as UTF-8") from error
    assert found.tree  # parsed, or it is not Python
    return found
