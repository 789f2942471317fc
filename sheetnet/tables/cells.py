"""Cells as people write them: which are blank, which are numbers, and with what mark."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sheetnet.tables.columns import Level
from sheetnet.tables.words import counted, refusal, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLANKS = {"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", ".", "<na>"}  # in any case
YES_NO = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"))
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)  # 1,234.5
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?", re.ASCII)  # 1.234,5
NAMELESS = re.compile(r"(Unnamed: \d+)?")  # of a column without a name; what pandas calls it
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]+")
_FOLDS = (str.casefold, str.lower, str.upper)
TOLD_APART = 1e-13  # relative: LibreOffice takes numbers for equal at 2^-48, Excel where they agree in 15 digits
Mark = Literal[".", ","]


@dataclass(frozen=True)
class Column:
    """One column as it was given: entries (n,), float64 with nan or str with "" where blank, and what was done.

    levels: the entries in the order that the source gives them, where it does. blanks: how often each token for
    nothing stands there. why: why it can be no feature, in words ("" if it can).
    """

    name: str
    entries: NDArray[Any]
    levels: tuple[Level, ...] = ()
    said: tuple[str, ...] = ()
    why: str = ""
    index: str = ""  # why it is taken for an index, which only numbers or names the rows
    bad: str = field(default="", repr=False)  # the first cell that is no number, with its place

    @property
    def is_text(self) -> bool:
        """Whether its entries are texts."""
        return bool(self.entries.dtype == object)

    @property
    def blank(self) -> NDArray[Any]:
        """Which entries are blank, (n,) of bool."""
        return np.asarray(self.entries == "" if self.is_text else np.isnan(self.entries))

    @property
    def found(self) -> list[Level]:
        """The different entries that are not blank, in order; texts that differ in case only stand once."""
        if not self.is_text:
            return [float(v) for v in np.unique(self.entries[~self.blank])]
        often = Counter(self.entries[~self.blank].tolist())
        spelt: dict[str, str] = {}
        for text, _ in sorted(often.items(), key=lambda one: (-one[1], one[0])):
            spelt.setdefault(text.casefold(), text)
        own = {str(level).casefold(): at for at, level in enumerate(self.levels)}
        return [spelt[key] for key in sorted(spelt, key=lambda key: (own.get(key, _order(key)), key))]

    @property
    def spellings(self) -> dict[str, Level]:
        """Which texts are another spelling of an entry in `found`, in case only."""
        own = {str(level).casefold(): level for level in self.found} if self.is_text else {}
        texts = set(self.entries[~self.blank].tolist()) if self.is_text else set()
        return {text: own[text.casefold()] for text in sorted(texts) if text != own[text.casefold()]}

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Two texts of which one program may say that they are the same but for case, and another not; or none."""
        texts = sorted(set(self.entries[~self.blank].tolist())) if self.is_text else []
        seen: list[dict[str, str]] = [{}, {}, {}]
        for text in texts:
            alike = [known.setdefault(fold(text), text) for known, fold in zip(seen, _FOLDS, strict=True)]
            if len(set(alike)) > 1:
                return text, next(one for one in alike if one != text)
        return ()

    @property
    def near(self) -> tuple[float, ...]:
        """Two numbers that some programs take for equal and others do not; or none."""
        known = np.unique(self.entries[~self.blank]) if not self.is_text else np.empty(0)
        at = np.flatnonzero(np.diff(known) <= TOLD_APART * np.abs(known[1:]))
        return tuple(known[at[0] : at[0] + 2].tolist()) if at.size else ()

    def besides(self, levels: Sequence[Level]) -> tuple[Level, ...]:
        """The entries that are none of these levels: others, or the same in another spelling."""
        return tuple(sorted(set(self.entries[~self.blank].tolist()) - set(levels)))


def _order(key: str) -> float:
    """Where an entry stands among others: no before yes, the rest by their letters."""
    return next((float(pair.index(key)) for pair in YES_NO if key in pair), 0.0)


def clean(text: str) -> str:
    """A text that every program keeps as it is: blanks for characters that control a device or are none."""
    return _CONTROL.sub(" ", text).strip()


def is_blank(cell: str) -> bool:
    """Whether a cell says that nothing is known."""
    return cell.strip().lower() in BLANKS


def is_number(cell: str) -> bool:
    """Whether a text is a number with a decimal point, or without one."""
    return bool(_POINT.fullmatch(cell.strip()))


def marks(columns: Sequence[Sequence[str]], place: str, names: Sequence[str], said: Mark | None) -> list[Mark | None]:
    """The decimal mark of each column of texts, None for one that holds no numbers.

    A point unless commas show otherwise. Raises: DataError where 1,234 may be either.
    """
    kinds = [_kinds([cell for cell in map(str.strip, cells) if not is_blank(cell)]) for cells in columns]
    if said:
        return [said if said in kind else None for kind in kinds]
    sure = {mark for kind in kinds for mark in kind if len(kind) == 1 and kind[mark]}
    out: list[Mark | None] = []
    for name, kind in zip(names, kinds, strict=True):
        if len(kind) < 2:
            out.append(next(iter(kind), None))
        elif kind["."] == kind[","] == "" or len(sure) == 1:
            out.append("," if sure == {","} else ".")
        elif "," not in kind["."]:
            out.append(".")  # 1.234, where no commas say otherwise
        else:
            found = f"found {shown(kind['.'])}, which may be a thousand and more or a fraction"
            remedy = 'say decimal="," (a fraction) or decimal="." (thousands)'
            raise refusal(f"{place}, column {name}", found, "a column that tells", remedy)
    return out


def _kinds(cells: Sequence[str]) -> dict[Mark, str]:
    """The marks with which all cells are numbers, each with a cell that has a mark at all ("": there is none)."""
    if not cells:
        return {}
    marked = next((cell for cell in cells if "," in cell or "." in cell), "")
    out: dict[Mark, str] = {}
    if all(_POINT.fullmatch(cell) or _POINT_GROUPS.fullmatch(cell) for cell in cells):
        out["."] = marked
    if all(_COMMA.fullmatch(cell) or _COMMA_GROUPS.fullmatch(cell) for cell in cells):
        out[","] = marked
    return out


def numbers(cells: Sequence[str], mark: Mark) -> NDArray[Any]:
    """The numbers in cells (n,), nan where blank; each fits the mark."""
    group = "," if mark == "." else "."
    return np.array([_number(cell, mark, group) for cell in cells], dtype=float)


def _number(cell: str, mark: Mark, group: str) -> float:
    if is_blank(cell):
        return math.nan
    return float(cell.strip().replace(group, "").replace(mark, ".")) + 0.0  # never -0.0


def column_of(name: str, cells: Sequence[str], mark: Mark | None, places: Sequence[str] = ()) -> Column:
    """The column that texts give: numbers where a mark makes all of them such, True and False as 1 and 0, or texts.

    places: where each cell stands, in words, to name the first that is no number.
    """
    odd = next((cell for cell in cells if clean(cell) != cell.strip()), None)
    cells = [clean(cell) for cell in cells]
    tokens = Counter(cell for cell in cells if cell and is_blank(cell))
    said = [f"{shown(token)} is blank ({counted(times, 'time')})" for token, times in tokens.items()]
    said += [] if odd is None else [f"line breaks and the like are blanks, as in {shown(clean(odd))}"]
    full = [cell for cell in cells if not is_blank(cell)]
    if mark is not None:
        group = "," if mark == "." else "."
        if mark == "," and any("," in cell for cell in full):
            said.append("commas are decimal marks")
        if any(group in cell for cell in full):
            said.append(f"{'commas' if group == ',' else 'points'} stand between thousands")
        return Column(name, numbers(cells, mark), said=tuple(said))
    if full and {cell.lower() for cell in full} <= {"true", "false"}:
        said.append("True is 1 and False 0")
        truth = [math.nan if is_blank(cell) else float(cell.lower() == "true") for cell in cells]
        return Column(name, np.array(truth), said=tuple(said))
    bad = next((at for at, cell in enumerate(cells) if not is_blank(cell) and not _POINT.fullmatch(cell)), None)
    words = "" if bad is None else f"{shown(cells[bad])}{f' ({places[bad]})' if places else ''}"
    texts = np.array(["" if is_blank(cell) else cell for cell in cells], dtype=object)
    return Column(name, texts, said=tuple(said), bad=words)
