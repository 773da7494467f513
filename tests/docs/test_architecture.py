"""docs/architecture.md says which packages and modules there are, and what imports what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "labkit"
#: A user's starting file under ``recipes/`` is in no package, and no module of labkit's.
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
    if (path.parent / "__init__.py").exists()
}


def _page() -> str:
    return (ROOT / "docs" / "architecture.md").read_text("utf-8")


def _table() -> dict[str, set[str]]:
    """The table's packages, and what its last column says that they import."""
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", _page(), re.M)
    return {name: set(re.findall(r"`(\w+)`", imports)) for name, imports in rows}


def _listed() -> list[str]:
    """The paths in ``labkit/`` that the lists of modules name: ``claims/sentences/numbers.py``.

    An item names a folder or modules; those of a folder are indented below it, by four a level.
    """
    folders, found = [""], []
    for line in _page().splitlines():
        if heading := re.match(r"### `(\w+/)`$", line):
            folders = [heading[1]]
        elif item := re.match(r"( *)- (`\w+(?:/|\.py)`(?:, `\w+\.py`)*) – \S", line):
            del folders[len(item[1]) // 4 + 1 :]
            names = re.findall(r"`([^`]+)`", item[2])
            found += ["".join(folders) + name for name in names]
            if names[0].endswith("/"):
                folders.append(names[0])
    return found


def _imported(node: ast.AST) -> list[str]:
    """What an import statement names, with modules of labkit's by their full name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.module
        assert not node.level
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in FILES else node.module for name in names]
    return []


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """A tree's nodes, function bodies too; what only type checkers read left out."""
    yield node
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        rest: list[ast.AST] = list(node.orelse)
    else:
        rest = list(ast.iter_child_nodes(node))
    for child in rest:
        yield from _at_run_time(child)


@cache
def _imports() -> dict[str, set[str]]:
    """Each module's imports of other modules of labkit, those inside functions among them."""
    found: dict[str, set[str]] = {}
    for module, path in FILES.items():
        nodes = _at_run_time(ast.parse(path.read_text("utf-8")))
        names = {name for node in nodes for name in _imported(node)}
        found[module] = (names & FILES.keys()) - {module}
    return found


def _packages() -> dict[str, set[str]]:
    """Each package's imports of other packages, and of the modules at the top."""
    found: dict[str, set[str]] = {path.parent.name: set() for path in PACKAGE.glob("*/__init__.py")}
    for module, names in _imports().items():
        inside = _part(module)
        if inside in found:  # the package's own root gives the version, no more
            found[inside] |= {_part(name) for name in names} - {inside, ""}
    return found


def _part(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def test_four_modules_stand_at_the_top() -> None:
    at_top = {path.name for path in PACKAGE.glob("*.py")}
    assert at_top == {"__init__.py", "__main__.py", "api.py", "errors.py"}


def test_every_package_and_module_is_named_once_and_no_other() -> None:
    files = {path.relative_to(PACKAGE) for path in FILES.values()}
    folders = {f"{path.parent.as_posix()}/" for path in files if len(path.parts) > 2}
    below = {p.as_posix() for p in files if p.name != "__init__.py" or len(p.parts) == 1}
    listed = _listed()
    assert sorted(listed) == sorted(folders | below)
    assert set(_table()) == set(_packages())


def test_the_table_says_what_each_package_imports() -> None:
    assert _table() == _packages()


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert len(list(TopologicalSorter(_imports()).static_order())) == len(FILES)


def test_modules_named_in_the_text_are_there() -> None:
    packages = "|".join(_packages())
    named = re.findall(rf"`((?:{packages})(?!\.py`)(?:\.\w+)+)`", _page())
    assert len(named) > 5
    for name in named:
        home, _, inside = f"labkit.{name}".rpartition(".")
        if f"labkit.{name}" not in FILES:  # then something in a module
            assert home in FILES, name
            text = FILES[home].read_text("utf-8")
            assert re.search(rf"^(def |class )?{inside}\b", text, re.M), name


def test_modules_marked_with_a_t_are_those_that_bring_torch() -> None:
    for package in ("execution", "handin"):
        part = _page().partition(f"### `{package}/`\n")[2].partition("\n#")[0]
        lines = re.findall(r"^- `(\w+)\.py` – (.+)$", part, re.M)
        marked = {name for name, says in lines if says.endswith("(T)")}
        assert marked == {name for name, _ in lines if _brings_torch(f"labkit.{package}.{name}")}


@cache
def _brings_torch(module: str) -> bool:
    """Whether importing a module imports torch; what its functions import does not count."""
    tree = ast.parse(FILES[module].read_text("utf-8"))
    names = {name for node in tree.body for name in _imported(node)}
    if any(name.partition(".")[0] == "torch" for name in names):
        return True
    return any(_brings_torch(name) for name in (names & FILES.keys()) - {module})
