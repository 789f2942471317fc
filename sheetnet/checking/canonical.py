"""A formula as every program would agree on it: the form in which formulas of a file are compared with those built."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

# blanks are those that XML and every program know: a no-break space is a letter that no function's name has
_TOKENS = re.compile(
    r"""("(?:[^"]|"")*")|('(?:[^']|'')*')|([ \t\r\n]+)|((?<![\w.])[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?)"""
)
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)  # of these alone every program knows that they are the same
_ENDS, _BEGINS = re.compile(r"""[\w.)\]}'"]\Z"""), re.compile(r"""[\w.$(\['"]""")
DIGITS = 15  # of a number that a spreadsheet keeps


def canonical(text: str) -> str:
    """The formula as every program would agree on it: no spaces, one case, numbers of 15 digits in one form.

    Programs that save a workbook may write `1.0E-5` for `0.00001`, and add quotes or spaces. A blank between two
    references stays: there it is the operator that takes what both have in common.

    >>> canonical("=if( A1>0.0001, 'Data'!b2, \\"Yes\\")") == canonical("=IF(A1>1E-4,Data!B2,\\"Yes\\")")
    True
    """
    out, last = [""], 0
    for found in _TOKENS.finditer(text):
        out.append(text[last : found.start()].translate(_UPPER))
        words, sheet, space, digits = found.groups()
        last = found.end()
        if words:
            out.append(words)
        elif sheet:
            out.append((sheet if re.search(r"[^\w.]", sheet[1:-1]) else sheet[1:-1]).translate(_UPPER))
        elif space:
            before = next((part for part in reversed(out) if part), "")
            out.append(" " if _ENDS.search(before) and _BEGINS.match(text[last : last + 1]) else "")
        else:
            out.append(f"{float(digits):.{DIGITS}g}".upper())
    out.append(text[last:].translate(_UPPER))
    return "".join(out)
