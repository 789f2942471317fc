"""Random mutants of graph, page and checking, and the tests that must notice them: python tests/mutants.py --help.

A mutant is a module with one small fault: an operator, a constant, a condition, a dropped line, swapped arguments or
swapped entries of a table. It stands in a copy of the repository in a temporary folder, where the focused tests of its
module run until one fails. A mutant that no test notices survives; those that mean the same stand in EQUIVALENT.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
GRAPH = ["tests/test_graph.py", "tests/test_ops.py", "tests/test_formula.py"]
CHECK = ["tests/test_check.py", "tests/test_bad_input.py", "tests/test_params.py"]
DAMAGES = ["tests/test_damages.py"]
COMMITTED = [
    "tests/test_lessons.py::test_it_looks_as_the_committed_one",
    "tests/test_lessons.py::test_the_committed_workbook_is_what_is_built",
    "tests/test_workbook.py::test_the_committed_workbook_is_what_build_writes",
]
PAGE = ["tests/test_pages.py", "tests/test_parts.py", *COMMITTED]
TESTS = {  # module: where its faults must be noticed, the quickest first
    "sheetnet/graph/judging.py": ["sheetnet/graph/judging.py", *GRAPH],
    "sheetnet/graph/formula.py": ["tests/test_formula.py", "tests/test_ops.py", "sheetnet/graph/formula.py"],
    "sheetnet/graph/magnitude.py": ["tests/test_magnitude.py"],
    "sheetnet/graph/recurrence.py": ["tests/test_magnitude.py"],
    "sheetnet/graph/cut.py": ["tests/test_cut.py"],
    "sheetnet/graph/dialect.py": ["tests/test_ops.py", "tests/test_formula.py", "tests/test_cut.py"],
    "sheetnet/graph/*.py": [*GRAPH, "tests/test_magnitude.py"],
    "sheetnet/page/*.py": PAGE,
    "sheetnet/checking/canonical.py": ["sheetnet/checking/canonical.py", "tests/test_formula.py", *CHECK],
    "sheetnet/checking/xml.py": DAMAGES,
    "sheetnet/checking/styles.py": ["sheetnet/checking/styles.py", *DAMAGES],
    "sheetnet/checking/drawings.py": DAMAGES,
    "sheetnet/checking/looks.py": DAMAGES,
    "sheetnet/checking/presentation.py": DAMAGES,
    "sheetnet/checking/*.py": [*CHECK, *DAMAGES],
}
ROOMS = ("graph", "page", "checking")
MODULES = [str(p.relative_to(ROOT)) for room in ROOMS for p in sorted((ROOT / "sheetnet" / room).glob("[a-z]*.py"))]
SECONDS = 240.0  # a mutant that takes longer never ends

# module, before, after: why it means the same
EQUIVALENT: dict[tuple[str, str, str], str] = {}

COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPARISONS |= {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
OPERATORS |= {ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.MatMult: ast.Mult}
CONDITIONAL = (ast.If, ast.IfExp, ast.While)
DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Return, ast.Continue, ast.For, ast.If)


def faults(node: ast.AST) -> Iterator[Callable[[], object]]:
    """What can be done wrong to one node, each as a call that does it to the node itself."""
    put = lambda name, value: lambda: setattr(node, name, value)  # noqa: E731
    match node:
        case ast.Compare(ops=[op, *rest]):
            yield put("ops", [COMPARISONS[type(op)](), *rest])
        case ast.BinOp(op=op, left=left, right=right):
            yield put("op", OPERATORS[type(op)]())
            if isinstance(op, (ast.Sub, ast.Div, ast.Pow, ast.MatMult)):
                yield lambda: (setattr(node, "left", right), setattr(node, "right", left))
        case ast.Constant(value=bool(value)):
            yield put("value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield put("value", value + 1)
        case ast.BoolOp(op=op):
            yield put("op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield put("op", ast.UAdd())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield put("operand", ast.UnaryOp(ast.Not(), operand))
        case ast.Call(func=ast.Name(id="max" | "min")):
            pass  # in whichever order
        case ast.Call(args=[first, second, *rest]) if not isinstance(first, ast.Starred | ast.GeneratorExp):
            if not isinstance(second, ast.Starred):
                yield put("args", [second, first, *rest])
        case ast.Dict(values=values):
            for i in range(len(values) - 1):
                if ast.dump(values[i]) != ast.dump(values[i + 1]):
                    yield put("values", [*values[:i], values[i + 1], values[i], *values[i + 2 :]])
    if isinstance(node, CONDITIONAL):
        yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield put("ifs", [])
    for name in ("body", "orelse"):
        lines = getattr(node, name, None)
        for i, line in enumerate(lines if isinstance(lines, list) and not isinstance(node, ast.Module) else []):
            word = isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)  # a docstring
            if isinstance(line, DROPPED) and not word:
                yield put(name, [*lines[:i], ast.Pass(), *lines[i + 1 :]])


@dataclass(frozen=True)
class Mutant:
    """A module with one fault: its whole source, and what stood in a line before and after."""

    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """All mutants of a module's source, from its first line to its last."""
    tree, out = ast.parse(source), dict[str, Mutant]()
    nodes = list(ast.walk(tree))
    parent = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    for at, node in enumerate(nodes):
        above = [node]
        while above[-1] in parent:
            above.append(parent[above[-1]])
        kept = (
            (getattr(up, "annotation", None), getattr(up, "returns", None), *getattr(up, "decorator_list", ()))
            for up in above[1:]
        )
        if any(part in some for part, some in zip(above, kept, strict=False)):
            continue  # a type, or a decorator's options: frozen=False means the same to whoever does not write
        for k in range(len(list(faults(node)))):
            changed = copy.deepcopy(tree)
            list(faults(list(ast.walk(changed))[at]))[k]()
            text = ast.unparse(ast.fix_missing_locations(changed))
            line = next(n.lineno for n in above if isinstance(n, ast.stmt))
            out.setdefault(text, Mutant(line, *apart(ast.unparse(tree), text), text))
    return sorted((m for m in out.values() if m.before != m.after), key=lambda m: m.line)


def apart(before: str, after: str) -> tuple[str, str]:
    """The lines in which two texts differ."""
    one, other = before.splitlines(), after.splitlines()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return " / ".join(map(str.strip, one)), " / ".join(map(str.strip, other))


def verdict(folder: Path, tests: list[str], seconds: float) -> str:
    """killed, survived or timeout: what the tests say in that folder, in a process that has loaded what takes long."""
    child = os.fork()
    if child == 0:
        import pytest

        os.setsid()
        os.chdir(folder)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        sys.path[0] = str(folder)
        os.environ["PYTHONPATH"] = str(folder)
        options = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not libreoffice and not titanic_file and not macOS"]
        os._exit(pytest.main([*options, *tests]))
    deadline = time.monotonic() + seconds
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "timeout"
        time.sleep(0.05)
    code = os.waitstatus_to_exitcode(done[1])
    return "survived" if code == 0 else "killed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20, help="mutants of each module")
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--tests", nargs="+", help="in place of those in TESTS")
    given = parser.parse_args()
    for slow in ("openpyxl", "pandas", "torch"):  # loaded once, not once for each mutant
        importlib.import_module(slow)

    left = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "mutant")
        shutil.copytree(given.root, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "notebooks"))
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # a mutant of the same size and second would pass for the last one
        for module in given.modules:
            tests = given.tests or next(tests for pattern, tests in TESTS.items() if fnmatch(module, pattern))
            source = (given.root / module).read_text()
            found = [m for m in mutants(source) if (module, m.before, m.after) not in EQUIVALENT]
            if verdict(folder, tests, SECONDS) != "survived":
                sys.exit(f"{module}: its tests fail as it is")
            for mutant in random.Random(given.seed).sample(found, min(given.count, len(found))):
                (folder / module).write_text(mutant.source)
                said = verdict(folder, tests, SECONDS)
                left += said == "survived"
                print(f"{said}  {module}:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}", flush=True)
            (folder / module).write_text(source)
    sys.exit(f"{left} survived" if left else 0)


if __name__ == "__main__":
    main()
