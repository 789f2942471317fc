"""Answers to exercises, known again without holding them anywhere in readable form: right ones, and likely wrong ones.

The number line is cut into bins of a little more than twice the tolerance, such that the right answer lies in the
middle of one; the sheet holds where the bins begin (`offset`) and a fingerprint of the bin's number. Bins are counted
from another place for each question, since of a whole number the digits that do not matter would tell it. An answer is
right when the fingerprint of its own bin is the same. It does not lead back to the bin: a square's digits are left out,
so that a thousand bins have the same one, far apart; a wrong answer has it once in 95,000 times.
"""

from __future__ import annotations

import math
from zlib import crc32

SALT, FACTOR = 5000, 7_919_017  # the salt makes small numbers wrap round as well
MODULUS, LEFT_OUT = 94_906_249, 997  # the largest prime whose square a double holds
ASIDE = 997  # places within a bin at which a whole number may lie
LARGEST = 1e8  # in tolerances: beyond, products would lose digits
NO_ANSWER = float(MODULUS)  # a fingerprint that no answer has, and no number that an exercise asks for
WIDTH = 2.002  # of a bin, in tolerances: an answer that is off by just the tolerance is still right
BIN = f"ROUND(({{0}}-{{2}})/({WIDTH}*{{1}}),0)"
# 1 where an answer {0} lies in the bin of tolerance {1} and offset {2} that has the fingerprint {3}, else 0
MARK = f"INT(MOD(MOD(({BIN}+{SALT})*{FACTOR},{MODULUS})^2,{MODULUS})/{LEFT_OUT})"
HIT = f"IFERROR(IF(ISNUMBER({{0}}),IF({MARK}={{3}},1,0),0),0)"


def fingerprint(bin: float) -> float:
    """((bin + 5000) * 7919017 mod 94906249)^2 mod 94906249, without its last digits.

    >>> fingerprint(0), fingerprint(1)
    (54822.0, 4254.0)
    """
    return float(((bin + SALT) * FACTOR % MODULUS) ** 2 % MODULUS // LEFT_OUT)


def key(answer: float, tolerance: float, question: str = "", whole: bool = False) -> tuple[float, float]:
    """The offset and the fingerprint by which the answer to a question is known, to within the tolerance.

    whole: it is a whole number, and only whole numbers are meant. Then it lies anywhere but near the edge of its bin:
    in the very middle it would be told from its neighbours by a division.

    Where descent has outgrown the sheet there is no such number: then a fingerprint that none has.

    >>> offset, mark = key(3.14159, 0.01)
    >>> hit(3.1416, 0.01, offset, mark), hit(3.2, 0.01, offset, mark), hit("", 0.01, offset, mark)
    (1.0, 0.0, 0.0)
    >>> hit(1.0, 0.01, *key(float("inf"), 0.01))
    0.0
    """
    if not abs(answer) <= LARGEST * tolerance:
        return 0.0, NO_ANSWER
    salt = crc32(question.encode())
    answer += whole * tolerance * (salt // SALT % ASIDE / ASIDE - 0.5)
    bin = math.floor(answer / (WIDTH * tolerance) + 0.5) + salt % SALT
    return answer - bin * WIDTH * tolerance, fingerprint(float(bin))


def hit(answer: object, tolerance: float, offset: float, mark: float) -> float:
    """1 for a number in the bin that has the fingerprint, 0 for any other, a text and a blank; as the sheet says it."""
    if isinstance(answer, bool | str) or not isinstance(answer, float | int) or not abs(answer) <= LARGEST * tolerance:
        return 0.0
    scaled = (answer - offset) / (WIDTH * tolerance)
    return float(fingerprint(math.copysign(math.floor(abs(scaled) + 0.5), scaled)) == mark)
