"""Puts what was measured into the README: the part between its two marks is made of the files in figures/ alone.

python tests/benchmarks/commands.py --json tests/benchmarks/figures/commands.json
python tests/benchmarks/training.py --json tests/benchmarks/figures/training.json
python tests/benchmarks/tables.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import fill
from typing import Any

ROOT = Path(__file__).parents[2]
FIGURES = Path(__file__).parent / "figures"
BEGIN, END = "<!-- figures: python tests/benchmarks/tables.py -->\n", "<!-- end of figures -->\n"


def section(commands: dict[str, Any], training: dict[str, Any], sizes: dict[str, int]) -> str:
    """What the README says of times; sizes: bytes of each committed workbook."""
    of = {row["name"]: row["median_s"] for row in commands["commands"]}
    large = sorted(sizes.values())
    about = (
        f"`python tests/benchmarks/commands.py`, whole processes on 2 cores, medians: `import sheetnet` "
        f"{of['import sheetnet']:.2f} s (without torch), `sheetnet build titanic` {of['sheetnet build titanic']:.1f} s "
        f"(of which `import torch` {of['import torch (for comparison)']:.1f} s), `sheetnet build all` "
        f"{of['sheetnet build all']:.0f} s for {len(sizes)} workbooks, `sheetnet check` of titanic "
        f"{of['sheetnet check, IronCalc']:.1f} s with IronCalc; that workbook has {sizes['04_titanic'] / 1e6:.2f} MB, "
        f"the largest {large[-1] / 1e6:.2f}, all of them {sum(large) / 1e6:.2f} MB."
    )
    how = (
        '`pip install -e ".[test]"`, then `python tests/benchmarks/training.py`, all contenders in turn in one '
        f"process, {training['threads']} threads of a CPU, torch {training['torch']}, medians, the passengers' table "
        "(712 x 10) in float32 unless said otherwise:"
    )
    groups = {group["title"].partition(",")[0]: group for group in training["groups"]}
    settled = [group for group in training["groups"] if group["title"].startswith("Settled")]
    rows = [
        _row("one two-ReLU net, an epoch", groups["One net"], "fused", "under torch.compile"),
        _row("many two-ReLU nets, a net and epoch", groups["A sweep"], "fused", "vmap"),
        _row("a linear model, an epoch", groups["Linear"], "factored, fused", floor=False),
        _row("two ReLUs on 1,000,000 x 10, an epoch", groups["Many rows"], "fused"),
    ]
    head = "| task | autograd loop | torch.compile, or vmap | sheetnet | floor |\n|---|---|---|---|---|\n"
    deep = (
        "| float64, signs settled: processor time an epoch | all rows (`fused`) | `gram` | floor |\n|---|---|---|---|\n"
    )
    for words, group in zip(("712 x 10", "1,000,000 x 10"), settled, strict=True):
        passes, gram = (line["median"] for line in group["lines"])
        deep += f"| {words} | {_time(passes)} | **{_time(gram)}** | {_time(group['floor'])} |\n"
    linear, half = groups["Linear"], groups["Half precision"]
    times = {line["name"].rpartition(", ")[2]: line for line in half["lines"]}
    short, bf, fp = (times[name]["median"] for name in ("float32", "bfloat16", "float16"))
    far = [times[name]["far"] for name in ("bfloat16", "float16")]
    rest = (
        f"The floor is operations over the rate of a large matrix product ({training['flops'] / 1e9:.0f} GFLOP/s) and, "
        f"for the million rows, bytes over copy bandwidth ({training['copy'] / 1e9:.1f} GB/s), measured in the same "
        "run: a time below it says that the product did not reach what the processor can. scikit-learn: "
        f"LinearRegression {_time(_line(linear, 'LinearRegression'))} for a whole fit, SGDRegressor "
        f"{_time(_line(linear, 'SGDRegressor'))} a pass, MLPRegressor "
        f"{_time(_line(groups['One net'], 'MLPRegressor'))} an epoch for a net with an output layer besides. Half "
        f"precision gains nothing on this CPU: a sweep in torch operations takes {_time(short)} a net and epoch in "
        f"float32, {_time(bf)} in bfloat16 (weights {far[0]:.0e} away after 500 epochs) and {_time(fp)} in float16 "
        f"({far[1]:.0e})."
    )
    parts = (_filled(about), _filled(how), head + "".join(rows), deep, _filled(rest))
    return "\n".join(parts)


def _row(words: str, group: dict[str, Any], path: str, other: str = "", floor: bool = True) -> str:
    rival = "" if not other else f"{_time(_line(group, other))} ({other.removeprefix('under ')})"
    mine = f"**{_time(_line(group, f'sheetnet {path}'))}** (`{path.partition(',')[0]}`)"
    least = _time(group["floor"]) if floor else ""
    return f"| {words} | {_time(_line(group, 'autograd loop'))} | {rival} | {mine} | {least} |\n"


def _line(group: dict[str, Any], name: str) -> float:
    """The median of the line in which the name stands."""
    (found,) = (line["median"] for line in group["lines"] if name in line["name"])
    return float(found)


def _time(seconds: float) -> str:
    """Three digits, in the unit that people would say.

    >>> [_time(t) for t in (8.61e-7, 1.73e-4, 0.01512, 2.0)]
    ['0.861 us', '173 us', '15.1 ms', '2 s']
    """
    unit, name = next((one for one in ((1.0, "s"), (1e-3, "ms")) if seconds >= one[0]), (1e-6, "us"))
    return f"{seconds / unit:.3g} {name}"


def _filled(text: str) -> str:
    """The text in lines; what stands in backticks stays on one."""
    kept = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    return fill(kept, 118, break_long_words=False, break_on_hyphens=False).replace("\0", " ") + "\n"


def sizes() -> dict[str, int]:
    """Bytes of each committed workbook, by its name."""
    return {path.stem: path.stat().st_size for path in sorted((ROOT / "workbooks").glob("*.xlsx"))}


def measured() -> str:
    """The section, of the files that are kept."""
    return section(*(json.loads((FIGURES / f"{name}.json").read_text()) for name in ("commands", "training")), sizes())


def main() -> None:
    """Write the README anew."""
    path = ROOT / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    path.write_text(before + BEGIN + measured() + END + rest.partition(END)[2], encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
