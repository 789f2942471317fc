"""Files of text as people write them: encoding, separator, header; and the cells that they hold.

One reader for every command. What was taken for what is said in words; what could be either is refused in words.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetnet.common.files import ABSENT, EMPTY, FOLDER, unreadable
from sheetnet.tables.cells import is_blank, is_number
from sheetnet.tables.words import counted, refusal, shown

MAX_BYTES = 16 * 2**20  # of a text, unpacked too
MAX_ROWS = 16_384
MAX_COLUMNS = 1_024
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
TEXTS = (".csv", ".tsv", ".txt", ".tab", ".dat")
PACKED = (".gz", ".zip", ".bz2", ".xz")
FEWER = "keep fewer rows, or train without a workbook on columns of numbers (sn.open_rows)"
_BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_MEMORY = 256 * 2**20  # bytes that unpacking may take
_SNIFFED = 50  # records that tell the separator


@dataclass(frozen=True)
class Cells:
    """The cells of a file: the header, the rows, the line of each, and what was taken for what."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    said: tuple[str, ...]
    first: int  # the line of the header
    separator: str = ","
    width: int = 0  # cells of each line, with those that are always empty at its end


def content_of(path: Path, such_as: str = "a CSV table", limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file that a person named, unpacked if its name says that it is packed.

    Raises: DataError for a folder, a file that is not there, cannot be read or unpacked, or is too large.
    """
    if (found := unreadable(path)) == EMPTY:
        return b""  # what is expected in it is for others to say
    if found:
        remedies = {FOLDER: "name a file in it", ABSENT: "check the path"}
        raise refusal(str(path), found, such_as, remedies.get(found, "check the path and rights"))
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise refusal(
            str(path), f"it cannot be read ({error.strerror})", such_as, "check the path and rights"
        ) from None
    if path.suffix.lower() in PACKED and len(content) <= limit:
        try:
            content = _unpacked(content, path, limit)
        except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError) as error:
            raise refusal(str(path), f"it cannot be unpacked ({error})", such_as, "pack it anew") from None
    if len(content) > limit:
        found = f"the file is larger than {limit // 2**20} MiB"
        raise refusal(str(path), found, f"at most {MAX_ROWS:,} rows", FEWER)
    return content


def _unpacked(content: bytes, path: Path, limit: int) -> bytes:
    """What a packed file holds, a byte above the limit at most, however much it would unpack to."""
    packed = io.BytesIO(content)
    kind = path.suffix.lower()
    if kind == ".zip":
        with zipfile.ZipFile(packed) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX")]
            if len(inside) != 1:
                found = f"the archive holds {counted(len(inside), 'file')}"
                raise refusal(str(path), found, "one table", "unpack it and name the file")
            with archive.open(inside[0]) as stream:
                return stream.read(limit + 1)
    if kind == ".xz":
        opened = lzma.LZMADecompressor(memlimit=_MEMORY)
        text = opened.decompress(content, limit + 1)
        if not opened.eof and len(text) <= limit:
            raise EOFError("it ends too soon")
        return text
    with gzip.open(packed) if kind == ".gz" else bz2.open(packed) as unpacked:
        return unpacked.read(limit + 1)


def text_of(
    content: bytes, file: str, encoding: str | None = None, said: list[str] | None = None, lines: str = "rows below it"
) -> str:
    """The text of a file: in the encoding that is named, or by its mark, else utf-8, else Windows' (cp1252).

    said: where words on the encoding go; lines: what stands below the header, in words.
    Raises: DataError for what is no text, and for a file without any.
    """
    said = [] if said is None else said
    named = encoding
    if content.startswith(b"PK\x03\x04"):
        found = "the file is an Excel workbook or another zip archive, not utf-8 text"
        raise refusal(file, found, "a CSV table", "open it in a spreadsheet and save it as 'CSV UTF-8'")
    if encoding is None:
        encoding = next((name for mark, name in _BOMS.items() if content.startswith(mark)), "utf-8")
        if encoding in ("utf-16", "utf-32"):
            said.append(f"the text is {encoding}")
        elif b"\0" in content:
            found = "the file is binary, not utf-8 text"
            raise refusal(file, found, "a CSV table", "open it in a spreadsheet and save it as 'CSV UTF-8'")
    try:
        text = content.decode(encoding)
    except LookupError:
        raise refusal(file, f"there is no encoding {shown(encoding)}", "utf-8, cp1252, ...", "mend encoding=") from None
    except UnicodeError as error:
        text = "" if named or encoding != "utf-8" else _windows(content)
        if not text:
            start = getattr(error, "start", 0)
            line = len(content[: start + 1].splitlines())
            found = f"line {line} is not {encoding} text (byte 0x{content[start : start + 1].hex()})"
            remedy = "say encoding=, or open it in a spreadsheet and save it as 'CSV UTF-8'"
            raise refusal(file, found, "a CSV table", remedy) from None
        said.append("the text is not utf-8: it is read as cp1252, say encoding= if letters look wrong")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        found = "the file is binary, not utf-8 text"
        raise refusal(file, found, "a CSV table", "open it in a spreadsheet and save it as 'CSV UTF-8'")
    if not text.strip():
        raise refusal(file, "the file is empty", f"a header and {lines}", "check that it was saved")
    return text


def _windows(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeError:
        return ""


def cells_of(
    text: str, file: str, separator: str | None = None, said: Sequence[str] = (), columns: int | None = MAX_COLUMNS
) -> Cells:
    """The cells of a text with a header; empty lines and rows without any entry are skipped.

    columns: how many there may be, None for any number.
    Raises: DataError naming file and line.
    """
    words = list(said)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own word
        separator, text = separator or first.strip()[4], "\n" + rest
    if separator is None:
        separator = _separator(text, file)
        if separator != ",":
            words.append(f"{SEPARATORS[separator]} separate the cells")
    elif len(separator) != 1 or separator in "\r\n\"'":
        raise refusal(file, f"separator is {shown(separator)}", "one character", 'say one such as separator=";"')
    header, rows, lines, first_line = _records(text, file, separator, columns)
    width = len(rows[0]) if rows else len(header)
    extra = {len(row) for row in rows} == {len(header) + 1}
    if extra and all(is_blank(row[-1]) for row in rows):  # 1,2,3, under a,b,c
        rows = [row[:-1] for row in rows]
    elif extra:
        words.append("the header has one name less than the rows have cells: the first cells name the rows")
        header = ["", *header]
    while len(header) > 1 and not header[-1] and all(len(row) == len(header) and is_blank(row[-1]) for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            expected = f"{len(header)} as in the header"
            remedy = f"give each column one cell and put a text that holds {shown(separator)} in double quotes"
            raise refusal(f"{file}, line {line}", f"found {counted(len(row), 'field')}", expected, remedy)
    if header and all(map(is_number, header)):
        words.append(f"the first line is taken for names, though it holds numbers: {', '.join(header[:5])}")
    full = [any(map(str.strip, row)) for row in rows]
    if not all(full):
        words.append(f"{counted(full.count(False), 'row')} without any entry left out")
    kept = [at for at, one in enumerate(full) if one]
    return Cells(
        header, [rows[at] for at in kept], [lines[at] for at in kept], tuple(words), first_line, separator, width
    )


def _records(
    text: str, file: str, separator: str, columns: int | None
) -> tuple[list[str], list[list[str]], list[int], int]:  # fmt: skip
    """The header, every record that is no empty line, the line where each ends, and that of the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] | None = None
    first = 1
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for record in reader:
            if not record:
                continue
            if header is None:
                header, first = [name.strip() for name in record], reader.line_num
                if columns is not None and len(header) > columns:
                    found = f"found {len(header):,} columns"
                    raise refusal(f"{file}, line {reader.line_num}", found, f"at most {columns:,}", "keep fewer")
                continue
            if len(rows) == MAX_ROWS:
                place, found = f"{file}, line {reader.line_num}", f"the table has more than {MAX_ROWS:,} rows"
                raise refusal(place, found, f"at most {MAX_ROWS:,} in a sheet for learning", FEWER)
            rows.append(record)
            lines.append(reader.line_num)
    except csv.Error as error:
        expected = f"cells of at most {csv.field_size_limit():,} characters with their quotes in pairs"
        found = f"found a broken cell ({error})"
        remedy = "shorten the cell or close the quote"
        raise refusal(f"{file}, line {reader.line_num}", found, expected, remedy) from None
    return header or [], rows, lines, first


def _separator(text: str, file: str) -> str:
    """The character that parts every one of the first records into the same number of cells, more than one."""
    even: dict[str, int] = {}
    header: dict[str, int] = {}
    for mark in SEPARATORS:
        records: list[list[str]] = []
        try:
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
                if record:
                    records.append(record)
                if len(records) == _SNIFFED:
                    break
        except csv.Error:
            pass
        if not records:
            continue
        header[mark] = width = len(records[0])
        if width > 1 and {len(record) for record in records[1:]} in ({width}, {width + 1}, set()):
            even[mark] = width
    if len(even) > 1:
        most = sorted(even, key=lambda mark: -even[mark])
        names = " and ".join(SEPARATORS[mark] for mark in most)
        found = f"{names} part every line alike"
        raise refusal(file, found, "one separator", f"say which, such as separator={most[0]!r}")
    return next(iter(even), max(header, key=lambda mark: header[mark], default=","))
