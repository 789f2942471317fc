"""Answers to exercises, judged without holding the answer anywhere in readable form.

The number line is cut into bins of a little more than twice the tolerance, such that the right answer lies in the
middle of one; the sheet holds where the bins begin (`offset`) and a fingerprint of the bin's number. Bins are counted
from another place for each question, since of a whole number the digits that do not matter would tell it. An answer is
right when the fingerprint of its own bin is the same. Bins within a hundred million of each other have different ones.
"""

from __future__ import annotations

import math
from zlib import crc32

SALT, FACTOR, MODULUS = 5000, 7_919_017, 99_999_989  # the salt makes small numbers wrap round as well
LARGEST, NO_ANSWER = 1e8, -1.0  # in tolerances: beyond, products would lose digits
WIDTH = 2.002  # of a bin, in tolerances: an answer that is off by just the tolerance is still right
BIN = f"ROUND(({{0}}-{{2}})/({WIDTH}*{{1}}),0)"
# of one answer {0}, its tolerance {1}, offset {2} and fingerprint {3}
JUDGE = (
    f'IFERROR(IF({{0}}="","not done",IF(ISNUMBER({{0}}),IF(MOD(({BIN}+{SALT})*{FACTOR},{MODULUS})={{3}},'
    '"right","wrong"),"wrong")),"wrong")'
)


def fingerprint(bin: float) -> float:
    """(bin + 5000) * 7919017 mod 99999989.

    >>> fingerprint(0), fingerprint(1)
    (95089345.0, 3008373.0)
    """
    return float((bin + SALT) * FACTOR % MODULUS)


def key(answer: float, tolerance: float, question: str = "") -> tuple[float, float]:
    """The offset and the fingerprint by which the answer to a question is known, to within the tolerance.

    Where descent has outgrown the sheet there is no such number: then a fingerprint that none has.

    >>> offset, mark = key(3.14159, 0.01)
    >>> verdict(3.1416, 0.01, offset, mark), verdict(3.2, 0.01, offset, mark), verdict("", 0.01, offset, mark)
    ('right', 'wrong', 'not done')
    >>> verdict(1.0, 0.01, *key(float("inf"), 0.01))
    'wrong'
    """
    if not abs(answer) <= LARGEST * tolerance:
        return 0.0, NO_ANSWER
    bin = math.floor(answer / (WIDTH * tolerance) + 0.5) + crc32(question.encode()) % SALT
    return answer - bin * WIDTH * tolerance, fingerprint(float(bin))


def verdict(answer: object, tolerance: float, offset: float, mark: float) -> str:
    """`not done` for a blank, `right` for a number within the tolerance, else `wrong`; as the sheet's formula says."""
    if answer == "":
        return "not done"
    if isinstance(answer, bool | str) or not isinstance(answer, float | int) or not abs(answer) <= LARGEST * tolerance:
        return "wrong"
    scaled = (answer - offset) / (WIDTH * tolerance)
    return "right" if fingerprint(math.copysign(math.floor(abs(scaled) + 0.5), scaled)) == mark else "wrong"
