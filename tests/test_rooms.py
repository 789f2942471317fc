"""The house: rooms with a purpose, files that can be read in one sitting, imports that never come round again."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sheetnet"
LONGEST = 299  # lines of a module
AT_THE_ROOT = {"__init__.py", "__main__.py", "errors.py", "py.typed"}
FILES = sorted(PACKAGE.rglob("*.py"))  # the package's own __init__ is the first
Graph = dict[str, set[str]]


def name_of(path: Path, root: Path = PACKAGE) -> str:
    """The name under which a file is imported: sheetnet.graph.node, or sheetnet.graph for its __init__."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, names: set[str]) -> set[str]:
    """The modules, of those names, that a file imports: anywhere, in functions and under TYPE_CHECKING too.

    `from a import b` is the module a.b where there is one, else a; import_module counts where its name can be read.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"a relative import, line {node.lineno}: say the whole name"
            within = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found |= {whole if whole in names else str(node.module) for whole in within.values()}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module":
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found & names


def graph_of(sources: Mapping[str, str]) -> Graph:
    """Which module imports which."""
    return {name: imported(source, {*sources}) - {name} for name, source in sources.items()}


def circles(graph: Graph) -> list[list[str]]:
    """Groups of modules each of which comes back to itself by way of all others (Tarjan 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        path.append(name)
        for other in sorted(graph[name]):
            if other not in number:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in path:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            group = path[path.index(name) :]
            del path[path.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(graph):
        if name not in number:
            visit(name)
    return found


def way_round(graph: Graph, group: list[str]) -> str:
    """The shortest circle through the first of a group, as a -> b -> a."""
    ways = [[group[0]]]
    while True:
        ways = [[*way, other] for way in ways for other in sorted(graph[way[-1]] & {*group}) if other not in way[1:]]
        for way in ways:
            if way[-1] == group[0]:
                return " -> ".join(way)


def test_no_import_comes_round_to_its_own_file() -> None:
    graph = graph_of({name_of(path): path.read_text(encoding="utf-8") for path in FILES})
    assert len(graph) == len(FILES)
    assert sum(map(len, graph.values())) > 2 * len(FILES)  # that imports are seen at all
    assert not circles(graph), "\n".join(way_round(graph, group) for group in circles(graph))


def test_the_root_holds_the_public_names_the_command_the_errors_and_rooms() -> None:
    there = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert there == AT_THE_ROOT
    folders = {path for path in PACKAGE.rglob("*") if path.is_dir() and any(path.glob("*.py"))}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


@pytest.mark.parametrize("path", [path for path in FILES[1:] if path.name == "__init__.py"], ids=name_of)
def test_a_room_says_what_it_is_for(path: Path) -> None:
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = words.partition("\n\n")[0].strip()
    assert len(first.split()) > 3, f"{path}: the docstring of a room says in a sentence what it is for, found {first!r}"
    assert first.endswith("."), f"{path}: a sentence ends with a full stop, found {first!r}"


def test_every_module_can_be_read_in_one_sitting() -> None:
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    long = [f"{name} has {count} lines" for name, count in lines.items() if count > LONGEST]
    assert not long, f"{'; '.join(long)}: a module has one job and at most {LONGEST} lines"


# ---- planted


PLANTED = {
    "in a line": ("import p.b", "import p.c", "import p.a"),
    "in a function": ("from p.b import x", "def f():\n    from p import c", "async def g():\n    import p.a"),
    "under TYPE_CHECKING": ("from p import b", "if TYPE_CHECKING:\n    from p.c import C", "from p.a import A"),
    "by import_module": ("import importlib\nimportlib.import_module('p.b')", "import p.c", "import_module('p.a')"),
}


@pytest.mark.parametrize("how", PLANTED)
def test_a_circle_is_found_and_shown(how: str) -> None:
    graph = graph_of(dict(zip(("p.a", "p.b", "p.c"), PLANTED[how], strict=True)) | {"p": "", "p.d": "import p.a"})
    assert circles(graph) == [["p.a", "p.b", "p.c"]]
    assert way_round(graph, circles(graph)[0]) == "p.a -> p.b -> p.c -> p.a"


def test_two_circles_are_both_found_and_a_fork_is_none() -> None:
    graph: Graph = {
        "a": {"b", "c"},
        "b": {"d"},
        "c": {"d"},
        "d": {"e"},
        "e": {"d"},
        "f": {"g"},
        "g": {"h"},
        "h": {"f", "a"},
    }
    assert circles(graph) == [["d", "e"], ["f", "g", "h"]]
    assert way_round(graph, ["d", "e"]) == "d -> e -> d"
