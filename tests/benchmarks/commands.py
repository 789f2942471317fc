"""How long the commands take as whole processes, and how large the workbook is, against the targets.

    python tests/benchmarks/commands.py [--runs 5] [--json FILE]

Each command runs once to warm up and then --runs times; the median counts. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(command: list[str], runs: int, folder: str) -> list[float]:
    """Wall-clock seconds of each run of a command in a folder, after one warm-up."""
    out = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        out.append(time.perf_counter() - start)
    return out[1:]


def imports_torch() -> bool:
    """Whether `import sheetnet` pulls in torch."""
    code = "import sys, sheetnet; print('torch' in sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def main() -> int:
    """Measure, print a table, write JSON on request; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    python, module = [sys.executable], [sys.executable, "-m", "sheetnet"]
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "titanic.xlsx")
        rows = []
        for name, command, target in (
            ("import sheetnet", [*python, "-c", "import sheetnet"], 0.2),
            ("sheetnet --help", [*module, "--help"], 0.5),
            ("import torch (for comparison)", [*python, "-c", "import torch"], None),
            ("sheetnet build titanic", [*module, "build", "titanic", "-o", file], 3.0),
            ("sheetnet build all", [*module, "build", "all"], 30.0),
            ("sheetnet check, IronCalc", [*module, "check", file], 10.0),
        ):
            times = seconds(command, options.runs, folder)
            rows.append((name, statistics.median(times), min(times), max(times), target))
        size = Path(file).stat().st_size / 1e6
    print(f"{'whole process':32} {'median':>8} {'min':>8} {'max':>8} {'target':>8}")
    for name, median, low, high, target in rows:
        goal = f"{target:7.1f}s" if target else ""
        print(f"{name:32} {median:7.2f}s {low:7.2f}s {high:7.2f}s {goal:>8}")
    torch = imports_torch()
    print(f"{'workbook':32} {size:6.2f}MB {'':17} {'2.0MB':>9}")
    print(f"import sheetnet imports torch: {'yes' if torch else 'no'}")
    if options.json:
        content = [dict(zip(("name", "median_s", "min_s", "max_s", "target_s"), row, strict=True)) for row in rows]
        found = {"commands": content, "workbook_mb": size, "imports_torch": torch}
        options.json.write_text(json.dumps(found, indent=1))
    missed = torch or size >= 2 or any(target and median >= target for _, median, _, _, target in rows)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
