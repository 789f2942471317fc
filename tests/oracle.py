"""The workbooks before and after: blocks, formulas, values, words and charts of the seven lessons, wherever they stand.

    python tests/oracle.py dump before.json [lesson ...]     with the old code on PYTHONPATH
    python tests/oracle.py compare before.json [lesson ...]  with the new one; exit 1 when something differs

A formula is compared with every cell address replaced by the block that stands there and the place within it, so that
a block may move. It goes when the work is done.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

_TOKEN = re.compile(
    r"""("(?:[^"]|"")*")|(?<![\w.$])((?:'[^']+'|[A-Za-z_]\w*)!)?(\$?[A-Z]{1,3}\$?\d+)(?::(\$?[A-Z]{1,3}\$?\d+))?(?![\w(.])"""
)


def captured(name: str) -> tuple[Any, dict[str, np.ndarray]]:
    """The book of a lesson and the values of its blocks, as they are given to the writer."""
    try:
        from sheetnet.book import build as building
        from sheetnet.book import xlsx as writer
    except ImportError:
        from sheetnet import building
        from sheetnet import workbook as writer
    found: list[Any] = []
    honest = writer.write

    def write(path: Path, book: Any, values: Any, manifest: str, *more: Any) -> None:
        found.extend((book, values))
        honest(path, book, values, manifest, *more)

    writer.write = write
    try:
        with tempfile.TemporaryDirectory() as folder:
            building.build_lesson(name, Path(folder) / "out.xlsx")
    finally:
        writer.write = honest
    return found[0], found[1]


def _cell(text: str) -> tuple[int, int, str]:
    dollar, letters, fixed, digits = re.fullmatch(r"(\$?)([A-Z]+)(\$?)(\d+)", text).groups()  # type: ignore[union-attr]
    col = 0
    for letter in letters:
        col = col * 26 + ord(letter) - 64
    return int(digits) - 1, col - 1, dollar + fixed


class Places:
    def __init__(self, book: Any) -> None:
        self.at: dict[tuple[str, int, int], tuple[str, int, int]] = {}
        for block in book.blocks:
            for r, c in block.area.cells():
                self.at[block.area.sheet, r, c] = block.id, r - block.area.row, c - block.area.col

    def text(self, formula: str, sheet: str) -> str:
        def one(found: re.Match[str]) -> str:
            words, on, first, last = found.groups()
            if words:
                return words
            there = on[:-1].strip("'") if on else sheet
            ends = []
            for end in (first, last or first):
                r, c, fixed = _cell(end)
                id, i, j = self.at.get((there, r, c), (f"?{there}!{end}", 0, 0))
                ends.append(f"<{id}[{i},{j}]{fixed}>")
            return ends[0] if not last else ":".join(ends)

        return _TOKEN.sub(one, formula)

    def area(self, area: Any) -> str:
        return self.text(area.address(), area.sheet)


def seen(name: str) -> dict[str, Any]:
    book, values = captured(name)
    places = Places(book)
    blocks, pages = {}, {}
    for block in book.blocks:
        value = values[block.id]
        blocks[block.id] = {
            "range": block.area.full(fixed=False),
            "what": [block.role, block.style, block.name, block.title, list(block.labels), block.format],
            "shape": list(block.node.shape),
            "formulas": [places.text(f.text, block.area.sheet) for f in book.formulas(block)],
            "values": [None if isinstance(v, float) and v != v else v for v in value.ravel().tolist()],
        }
    for page in book.pages:
        charts = []
        for chart in page.charts:
            about = {k: v for k, v in vars(chart).items() if k not in ("row", "col", "series")}
            lines = [[s.label, places.area(s.x), places.area(s.y), s.look] for s in chart.series]
            charts.append(json.loads(json.dumps({**about, "series": lines})))
        pages[page.name] = {
            "title": page.title, "about": page.about, "charts": charts,
            "texts": sorted(Counter((t.text) for t in page.texts).items()),
            "rules": sorted([places.area(r.area), r.whole, r.low, r.high, r.message] for r in page.rules),
            "active": places.text(f"{_letters(page.active[1])}{page.active[0] + 1}", page.name),
        }  # fmt: skip
    return {"blocks": blocks, "pages": pages}


def _letters(col: int) -> str:
    from importlib import import_module

    try:
        module = import_module("sheetnet.page.area")
    except ImportError:
        module = import_module("sheetnet.area")
    return str(module.column_letters(col))


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    out = []
    a, b = old["blocks"], new["blocks"]
    out += [f"block gone: {id} ({a[id]['range']})" for id in a if id not in b]
    out += [f"block new: {id} ({b[id]['range']})" for id in b if id not in a]
    for id in [id for id in a if id in b]:
        x, y = a[id], b[id]
        if x["what"] != y["what"]:
            out.append(f"block {id}: was {x['what']}, is {y['what']}")
        if x["shape"] != y["shape"]:
            out.append(f"block {id}: shape was {x['shape']}, is {y['shape']}")
            continue
        wrong = [(f, g) for f, g in zip(x["formulas"], y["formulas"], strict=False) if f != g]
        if wrong or len(x["formulas"]) != len(y["formulas"]):
            f, g = wrong[0] if wrong else (len(x["formulas"]), len(y["formulas"]))
            out.append(f"block {id}: {len(wrong)} formulas differ\n    was {f!s:.300}\n    is  {g!s:.300}")
        numbers = [v for v in x["values"] if isinstance(v, float)]
        size = max((abs(v) for v in numbers), default=0.0)
        for v, w in zip(x["values"], y["values"], strict=True):
            both = isinstance(v, float) and isinstance(w, float)
            if (abs(v - w) > 1e-12 * max(abs(v), 1e-3 * size)) if both else v != w:
                out.append(f"block {id}: value was {v!r}, is {w!r}")
                break
    p, q = old["pages"], new["pages"]
    if list(p) != list(q):
        out.append(f"sheets were {list(p)}, are {list(q)}")
    for name in [name for name in p if name in q]:
        for key in ("title", "about", "active"):
            if p[name][key] != q[name][key]:
                out.append(f"{name}: {key} was {p[name][key]!r}, is {q[name][key]!r}")
        was, now = ({tuple(pair) for pair in page[name]["texts"]} for page in (p, q))
        out += [f"{name}: words gone: {t!r:.160} x{n}" for t, n in sorted(was - now)]
        out += [f"{name}: words new: {t!r:.160} x{n}" for t, n in sorted(now - was)]
        was, now = ({json.dumps(rule) for rule in page[name]["rules"]} for page in (p, q))
        out += [f"{name}: rule gone: {rule}" for rule in sorted(was - now)]
        out += [f"{name}: rule new: {rule}" for rule in sorted(now - was)]
        was_c, now_c = ({c["title"]: c for c in page[name]["charts"]} for page in (p, q))
        out += [f"{name}: chart gone: {t}" for t in was_c if t not in now_c]
        out += [f"{name}: chart new: {t}" for t in now_c if t not in was_c]
        for title in [t for t in was_c if t in now_c]:
            for key in was_c[title]:
                if was_c[title][key] != now_c[title].get(key):
                    out.append(f"{name}: chart {title!r}: {key} was {was_c[title][key]}, is {now_c[title].get(key)}")
    return out


def main(what: str, file: str, *lessons: str) -> int:
    try:
        from sheetnet.course.listing import LISTING
    except ImportError:
        from sheetnet.lessons.listing import LISTING
    names = lessons or tuple(LISTING)
    if what == "dump":
        Path(file).write_text(json.dumps({name: seen(name) for name in names}))
        return 0
    old, bad = json.loads(Path(file).read_text()), 0
    for name in names:
        found = differences(old[name], json.loads(json.dumps(seen(name))))
        bad += len(found)
        print(f"== {name}: {len(found)} differences")
        print("\n".join(found))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
