"""Break the code at random, one place at a time, and see whether the tests notice.

    python tests/mutants.py                       40 mutants, seed 0
    python tests/mutants.py --count 100 --seed 7  others
    python tests/mutants.py --only graph/gradient.py

A mutant is the package with one operator, comparison, number or truth turned into another. It is
made in a copy, never in the tree. First the quick tests of its room run, then, if none failed,
the slow ones; a mutant that passes both is printed with its line, and is a missing test, or
equivalent: whoever reads says which. The exit status is the number of survivors.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sheetnet"
#: The workbooks as they are committed, and as an engine recalculates them.
AS_COMMITTED = ["test_lessons.py", "test_workbook.py", "-k", "committed or (each_engine and ironcalc)"]
#: What is broken, and the tests that ought to notice: the quick ones, then the slow ones.
ROOMS = {
    "graph": (["test_ops.py", "test_graph.py", "test_formula.py", "test_magnitude.py"], AS_COMMITTED),
    "page": (["test_pages.py", "test_parts.py"], AS_COMMITTED),
    "checking": (["test_check.py"], ["test_bad_input.py", "test_workbook.py"]),
}
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


class Mutant(NamedTuple):
    """One change: the file under the package, the line, what stood there and what stands now."""

    path: Path
    start: int
    end: int
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before}  ->  {self.after}"


def turned(node: ast.AST) -> Iterator[ast.AST]:
    """What this node may become: another operator, a number one larger, a truth denied."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in SWAPS:
            yield ast.BinOp(left, SWAPS[type(op)](), right)
        case ast.Compare(left, [op], rest) if type(op) in SWAPS:
            yield ast.Compare(left, [SWAPS[type(op)]()], rest)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPS[type(op)](), values)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.IfExp(test, yes, no):
            yield ast.IfExp(test, no, yes)


def unread(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes whose change no run can see: annotations, and the messages of errors."""
    for node in ast.walk(tree):
        for part in (getattr(node, name, None) for name in ("annotation", "returns", "exc")):
            if isinstance(part, ast.AST):
                yield from ast.walk(part)
        if isinstance(node, ast.JoinedStr):
            yield from ast.walk(node)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of one file."""
    source = (PACKAGE / path).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    skipped = {id(node) for node in unread(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or id(node) in skipped:
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        for other in turned(node):
            after = ast.unparse(ast.fix_missing_locations(other))
            yield Mutant(path, start, end, node.lineno, source[start:end].decode(), f"({after})")


def a_copy(folder: Path) -> Path:
    """The repository's own files, without what git or a build keeps beside them."""
    for name in ("sheetnet", "tests", "workbooks", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def noticed(mutant: Mutant, copy: Path, seconds: float) -> str:
    """How the tests of the mutant's room took it: killed, endless or SURVIVED."""
    place = copy / "sheetnet" / mutant.path
    whole = place.read_bytes()
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        place.write_bytes(whole[: mutant.start] + mutant.after.encode() + whole[mutant.end :])
        for tests in ROOMS[mutant.path.parts[0]]:
            command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider", *tests]
            run = subprocess.run(command, cwd=copy / "tests", env=environment, capture_output=True, timeout=seconds)
            if run.returncode:
                return "killed"
        return "SURVIVED"
    except subprocess.TimeoutExpired:
        return "endless"
    finally:
        place.write_bytes(whole)


def main(arguments: list[str] | None = None) -> int:
    """Make the mutants, say of each whether it was noticed, and count those that were not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="how many mutants (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default 0)")
    parser.add_argument("--only", help="one file or folder under sheetnet/")
    parser.add_argument("--seconds", type=float, default=600, help="a run longer than this hangs")
    chosen = parser.parse_args(arguments)
    files = sorted(
        path.relative_to(PACKAGE)
        for room in ROOMS
        for path in (PACKAGE / room).glob("*.py")
        if str(path.relative_to(PACKAGE)).startswith(chosen.only or "")
    )
    every = [mutant for path in files for mutant in mutants_of(path)]
    picked = random.Random(chosen.seed).sample(every, min(chosen.count, len(every)))
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = a_copy(Path(folder))
        for number, mutant in enumerate(picked, 1):
            word = noticed(mutant, copy, chosen.seconds)
            survivors += word == "SURVIVED"
            print(f"{number:3} of {len(picked)}  {word:8}  {mutant}", flush=True)
    print(f"{len(picked)} of {len(every)} mutants, {survivors} not noticed")
    return survivors


if __name__ == "__main__":
    sys.exit(main())
