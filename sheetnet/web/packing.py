"""A page's workbook as bytes: its numbers as doubles, the rest as JSON; a third less than all as JSON."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np

Json = dict[str, Any]


def packed(shown: Json) -> bytes:
    """What content gives, as start.ts unpacks it.

    A count (4 bytes), so many doubles (first bytes of all, second bytes of all, ...), JSON in which [] stands for each.
    """
    numbers = list[float]()

    def held(value: object) -> object:
        if not isinstance(value, float):
            return value
        numbers.append(value)
        return []

    sheets = [
        {
            **sheet,
            "rows": [[row, [[col, look, held(value)] for col, look, value in cells]] for row, cells in sheet["rows"]],
        }
        for sheet in shown["sheets"]
    ]
    text = json.dumps({**shown, "sheets": sheets}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    doubles = np.array(numbers, dtype="<f8").view(np.uint8).reshape(-1, 8).T.tobytes()
    head = np.array([len(numbers)], dtype="<u4").tobytes()
    return gzip.compress(head + doubles + text.encode("utf-8", "surrogatepass"), 9, mtime=0)
