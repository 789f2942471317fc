"""A formula as every program would agree on it: the form in which formulas of a file are compared with those built."""

from __future__ import annotations

import re

_TOKENS = re.compile(r"""("(?:[^"]|"")*")|('(?:[^']|'')*')|(\s+)|((?<![\w.])\d+\.?\d*(?:[eE][+-]?\d+)?)""")


def canonical(text: str) -> str:
    """The formula as every program would agree on it: no spaces, one case, numbers in one form.

    Programs that save a workbook may write `1.0E-5` for `0.00001`, and add quotes or spaces.

    >>> canonical("=if( A1>0.0001, 'Data'!b2, \\"Yes\\")") == canonical("=IF(A1>1E-4,Data!B2,\\"Yes\\")")
    True
    """

    def token(found: re.Match[str]) -> str:
        text, sheet, space, digits = found.groups()
        if text:
            return "\0" + text
        if sheet:
            return sheet if re.search(r"[^\w.]", sheet[1:-1]) else sheet[1:-1]
        return "" if space else repr(float(digits))

    out, last = [], 0
    for found in _TOKENS.finditer(text):
        out += [text[last : found.start()].upper(), _upper(token(found))]
        last = found.end()
    out.append(text[last:].upper())
    return "".join(out).replace("\0", "")


def _upper(token: str) -> str:
    return token if token.startswith("\0") else token.upper()
