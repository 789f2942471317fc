"""A workbook's file, read once into memory: its parts, bounded in every way, and its XML walked through by a parser.

Files from others are hostile: a zip may unpack to terabytes, its headers may lie, XML may hold entity bombs, a million
attributes in one tag or a million tags in each other. What is read here takes time and memory in proportion to what is
allowed, and never asks the disk again: a file that is replaced meanwhile changes nothing.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.parsers.expat import ExpatError, ParserCreate

from sheetnet.book.plain import Bared, bared
from sheetnet.errors import WorkbookError

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how a file begins that is encrypted, or from before 2007
MAX_FILE = 100 * 2**20  # bytes
MAX_UNPACKED = 200 * 2**20  # bytes of all parts together
MAX_PARTS = 1000
MAX_TAGS = 14_000_000  # of all parts together: six for each cell of the largest workbook that is built, and more
MAX_DEPTH = 100  # tags within each other; charts have some twenty
MAX_TAG = 2**20  # bytes of one tag or one comment
MAX_TEXT = 2**20  # characters of one text

_CHUNK = 2**16
_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


@dataclass(frozen=True)
class Relation:
    """What a part refers to: the kind is the last word of its type, such as worksheet; part is a name in the zip."""

    kind: str
    part: str


@dataclass
class Package:
    """The parts of a file by their names, as they stood when it was read, and what the zip says twice."""

    file: str
    parts: dict[str, bytes]
    oddities: list[tuple[str, str]] = field(default_factory=list)
    walked: set[str] = field(default_factory=set)  # the parts whose XML has been read
    _names: dict[str, str] = field(default_factory=dict)
    _bared: dict[str, Bared] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = {name.lower(): name for name in self.parts}

    def find(self, name: str) -> str | None:
        """The part of that name as the zip writes it: names of parts are the same in capitals."""
        return self._names.get(name.lower())

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part refers to in the file, by id. Raises: WorkbookError for damaged XML."""
        return self._related(part)[0]

    def outside(self, part: str) -> dict[str, str]:
        """The places outside the file that a part refers to, by id. Raises: as relations."""
        return self._related(part)[1]

    def _related(self, part: str) -> tuple[dict[str, Relation], dict[str, str]]:
        found: dict[str, Relation] = {}
        away: dict[str, str] = {}
        folder, _, name = part.rpartition("/")
        rels = self.find(join(folder, "_rels", f"{name}.rels"))

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship":
                target = attributes.get("Target", "")
                if attributes.get("TargetMode") == "External":
                    away[attributes.get("Id", "")] = target
                    return
                whole = normpath(join("/" + dirname(part), target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relation(kind, self.find(whole) or whole)

        if rels is not None:
            self.walk(rels, start)
        return found, away

    def sheet(self, part: str) -> Bared:
        """The part of a sheet without its plain cells, and these."""
        if part not in self._bared:
            self._bared[part] = bared(self.parts[part])
        return self._bared[part]

    def walk(self, part: str, start: Start | None = None, end: End | None = None) -> None:
        """None; as walk, for one of the parts; for that of a sheet without its plain cells, if they were asked for."""
        self.walked.add(part)
        content = self._bared[part].content if part in self._bared else self.parts[part]
        walk(content, f"{self.file}: {part}", start, end)


def open_package(path: Path) -> Package:
    """The parts of a zip file that is a workbook.

    Raises: WorkbookError that says what is wrong with the file.
    """
    content = _content(path)
    if content.startswith(COMPOUND):
        raise WorkbookError(
            f"{path}: this workbook is protected with a password, or is an old .xls; open it in Excel or"
            " LibreOffice and save it as .xlsx without a password"
        )
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except _DAMAGED:
        raise WorkbookError(f"{path}: this is no .xlsx workbook, or it is damaged; build it anew") from None
    try:
        found = _unpacked(str(path), archive)
    except _DAMAGED as reason:
        raise WorkbookError(f"{path}: the file is damaged ({one_line(reason)}); build it anew") from None
    if found.find("xl/workbook.xml") is None and found.find("_rels/.rels") is None:
        raise WorkbookError(f"{path}: this zip is no .xlsx workbook: it has no xl/workbook.xml")
    for name, part in found.parts.items():
        _check_part(name, part, f"{path}: {name}")
    if sum(part.count(b"<") for part in found.parts.values()) > MAX_TAGS:
        raise WorkbookError(f"{path}: has more than {MAX_TAGS:,} tags; this is no workbook of ours")
    return found


def _content(path: Path) -> bytes:
    """The bytes of a regular file; a named pipe or a device is not waited for."""
    try:
        if not path.exists():
            raise WorkbookError(f"{path}: there is no such file")
        if path.is_dir():
            raise WorkbookError(f"{path}: this is a folder; name an .xlsx file")
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise WorkbookError(f"{path}: this is no regular file; name an .xlsx file")
            content = file.read(MAX_FILE + 1)
    except OSError as reason:
        raise WorkbookError(f"{path}: cannot be read: {reason.strerror or reason}") from None
    if len(content) > MAX_FILE:
        raise WorkbookError(f"{path}: is larger than {MAX_FILE // 2**20} MB; this is no workbook of ours")
    return content


def _unpacked(file: str, archive: zipfile.ZipFile) -> Package:
    """All parts, counted as they are unpacked. Raises: WorkbookError for too many; what zipfile raises."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    too_much = WorkbookError(
        f"{file}: unpacks to more than {MAX_UNPACKED // 2**20} MB or {MAX_PARTS} parts; this is no workbook of ours"
    )
    if len(entries) > MAX_PARTS:
        raise too_much
    parts: dict[str, bytes] = {}
    oddities: list[tuple[str, str]] = []
    seen: set[str] = set()
    left = MAX_UNPACKED
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError(f"{entry.filename} is packed in a way that workbooks are not")
        with archive.open(entry) as stream:
            part = stream.read(left + 1)
        left -= len(part)
        if left < 0:
            raise too_much
        name = entry.filename.replace("\\", "/").lstrip("/")
        if name.lower() in seen:
            oddities.append((name, "this part stands twice in the zip: programs differ in which they read"))
        seen.add(name.lower())
        parts[name] = part
    return Package(file, parts, oddities)


def _check_part(name: str, part: bytes, place: str) -> None:
    """Raise WorkbookError for a document type in any part, and for XML that is not UTF-8, as all programs write it.

    Any part may be XML, whatever it is called, and UTF-16 is UTF-8 with zeros between the letters.
    """
    if re.search(rb"<!(DOCTYPE|ENTITY)", part.replace(b"\0", b"")):
        raise WorkbookError(f"{place} declares a document type; such files are not read")
    if not name.lower().endswith((".xml", ".rels")):
        return
    try:
        readable = "\0" not in part.decode("utf-8")
    except UnicodeDecodeError:
        readable = False
    if not readable:
        raise WorkbookError(f"{place} is not text in UTF-8; save the workbook in Excel or LibreOffice first")


def walk(content: bytes, place: str, start: Start | None = None, end: End | None = None) -> None:
    """None; start(tag, attributes) and end(tag, the text right in it) are called in the order of the XML.

    Tags of the workbook's own vocabulary come without their namespace, others as "namespace tag". Text belongs to the
    innermost tag that is open, and is what was read since the last tag began.
    Raises: WorkbookError naming the place for what is no well-formed XML, declares a document type, or is out of
    bounds.
    """
    parser = ParserCreate("UTF-8", " ")
    parser.buffer_text = True
    short: dict[str, str] = {}
    text: list[str] = []
    depth = length = 0

    def tag(name: str) -> str:
        if (known := short.get(name)) is None:
            space, _, local = name.rpartition(" ")
            known = short[name] = local if space in _MAIN else name
        return known

    def starts(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, length
        depth += 1
        if depth > MAX_DEPTH:
            raise WorkbookError(f"{place} has over {MAX_DEPTH} tags within each other; this is no workbook of ours")
        text.clear()
        length = 0
        if start is not None:
            start(short.get(name) or tag(name), attributes)

    def ends(name: str) -> None:
        nonlocal depth, length
        depth -= 1
        if end is not None:
            end(short.get(name) or tag(name), "".join(text))
        text.clear()
        length = 0

    def reads(some: str) -> None:
        nonlocal length
        length += len(some)
        if length > MAX_TEXT:
            raise WorkbookError(f"{place} has a text of more than {MAX_TEXT:,} characters; this is no workbook of ours")
        text.append(some)

    def declares(*_: object) -> None:
        raise WorkbookError(f"{place} declares a document type; such files are not read")

    parser.StartElementHandler, parser.EndElementHandler = starts, ends
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reads, declares
    try:
        for at in range(0, len(content), _CHUNK):
            parser.Parse(content[at : at + _CHUNK])
            if at - parser.CurrentByteIndex > 2 * MAX_TAG:  # a parser may put off what is not whole yet
                raise WorkbookError(f"{place} has a tag of more than {MAX_TAG:,} bytes; this is no workbook of ours")
        parser.Parse(b"", True)
    except ExpatError as reason:
        raise WorkbookError(f"{place} cannot be read: it is damaged XML ({one_line(reason)}); build it anew") from None


def one_line(reason: object) -> str:
    """The words of an error, in a line."""
    return " ".join(str(reason).split())[:200]
