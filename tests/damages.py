"""Ways in which a workbook's file may be damaged, by hand or by a program, and as what check has to see each.

Each works on the parts of a file that build wrote, and draws its place with a seed. A damage that has no place in a
workbook (no chart, no merged cell) gives None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

DIFFERENCE, PRESENTATION, NOTE, NOTHING = "difference", "presentation", "note", "nothing"
SHEETS, CHARTS, DRAWINGS = r"xl/worksheets/sheet\d+\.xml", r"xl/charts/chart\d+\.xml", r"xl/drawings/drawing\d+\.xml"
BOOK, STYLES, STRINGS, TABLES = r"xl/workbook\.xml", r"xl/styles\.xml", r"xl/sharedStrings\.xml", r"xl/tables/.*\.xml"
LABEL = r'<c r="(A)(\d+)"( s="\d+")? t="s"><v>(\d+)</v></c>'  # words in the first column, where no data stands
FORMULA = r"<f(?: t=\"array\" ref=\"[A-Z0-9:]+\")?>([^<]*)</f>"
NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
INPUT_FILL = "FFFFF9D6"

Parts = dict[str, bytes]
New = str | Callable[["re.Match[str]"], str]


@dataclass(frozen=True)
class Damage:
    """What is damaged: seen as a difference, as presentation, in a note, or rightly as nothing; words it must say.

    recalculated: whether it can be seen only when the workbook has been recalculated.
    """

    kind: str
    make: Callable[[Parts, Random], Parts | None]
    says: str = ""
    recalculated: bool = False


def parts_of(path: Path) -> Parts:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(parts: Parts, path: Path) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def swap(part: str, old: str, new: New, unless: str = "") -> Callable[[Parts, Random], Parts | None]:
    """One match of old, drawn among all in the parts of that name, reads otherwise; unless: none that holds this."""

    def make(parts: Parts, draw: Random) -> Parts | None:
        last = max(
            (name for name in parts if re.fullmatch(SHEETS, name)), key=lambda name: int(re.sub(r"\D", "", name))
        )
        found = [
            (name, match)
            for name, content in parts.items()
            if re.fullmatch(part, name) and name != last  # the last sheet is the hidden one
            for match in re.finditer(old, content.decode())
            if not (unless and re.search(unless, match[0]))
        ]
        if not found:
            return None
        name, match = draw.choice(found)
        text = parts[name].decode()
        put = new(match) if callable(new) else match.expand(new)
        assert put != match[0], f"{put!r} is what it was"
        return parts | {name: (text[: match.start()] + put + text[match.end() :]).encode()}

    return make


def down(text: str) -> str:
    """The reference with its last row one further down."""
    return re.sub(r"\d+(?=\D*$)", lambda found: str(int(found[0]) + 1), text)


def without_dollar(found: re.Match[str]) -> str:
    return found[0].replace("$", "", 1)


def first_string(parts: Parts, draw: Random) -> Parts | None:
    """Words of some cell are others: one letter more in a text that is no number and not of the record."""
    return swap(
        STRINGS, r"<t[^>]*>([^<{]*[a-z]{3,}[^<]*)</t>", lambda m: m[0].replace("</t>", "x</t>"), '"record"|digest'
    )(parts, draw)


def digit_of_the_record(parts: Parts, draw: Random) -> Parts | None:
    name = "xl/sharedStrings.xml"
    text = parts[name].decode()
    start = text.index('"record":')
    found = draw.choice(list(re.finditer(r"(?<=\d)\d(?=[\d,\]])", text[start:])))
    at = start + found.start()
    return parts | {name: (text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]).encode()}


def digit_of_the_digest(parts: Parts, draw: Random) -> Parts | None:
    return swap(STRINGS, r'"digest":"[0-9a-f]', lambda m: m[0][:-1] + ("0" if m[0][-1] != "0" else "1"))(parts, draw)


def chart_removed(parts: Parts, draw: Random) -> Parts | None:
    return swap(DRAWINGS, r"<xdr:twoCellAnchor>.*?</xdr:twoCellAnchor>", "")(parts, draw)


def all_charts_removed(parts: Parts, draw: Random) -> Parts | None:
    left = {name: content for name, content in parts.items() if not name.startswith(("xl/charts", "xl/drawings"))}
    return (
        {name: re.sub(rb"<drawing [^>]*>", b"", content) for name, content in left.items()}
        if len(left) < len(parts)
        else None
    )


def style_of(change: Callable[[str, Random], str | None]) -> Callable[[Parts, Random], Parts | None]:
    """A style of its own, made from that of some formula cell, and put on that cell."""

    def make(parts: Parts, draw: Random) -> Parts | None:
        text = parts["xl/styles.xml"].decode()
        styles = re.search(r'<cellXfs count="(\d+)">(.*?)</cellXfs>', text, re.DOTALL)
        assert styles is not None
        number = int(styles[1])
        spoilt = swap(SHEETS, r'(<c r="[A-Z]+\d+" s=")\d+("(?: t="str")?><f)', rf"\g<1>{number}\g<2>")(parts, draw)
        one = re.match(r"<xf .*?(?:/>|</xf>)", styles[2])
        assert one is not None
        assert spoilt is not None
        changed = change(text.replace(styles[0], f'<cellXfs count="{number + 1}">{styles[2]}{one[0]}</cellXfs>'), draw)
        assert changed is not None
        return spoilt | {"xl/styles.xml": changed.encode()}

    return make


def own_number_format(code: str) -> Callable[[Parts, Random], Parts | None]:
    def change(text: str, _: Random) -> str:
        text = re.sub(r'<numFmts count="\d+">', rf'\g<0><numFmt numFmtId="199" formatCode="{code}"/>', text)
        at = text.rindex('<xf numFmtId="', 0, text.index("</cellXfs>"))
        return text[:at] + re.sub(r'numFmtId="\d+"', 'numFmtId="199"', text[at:], count=1)

    return style_of(change)


def own_font(font: str) -> Callable[[Parts, Random], Parts | None]:
    def change(text: str, _: Random) -> str:
        found = re.search(r'<fonts count="(\d+)">', text)
        assert found is not None
        number = found[1]
        text = text.replace("</fonts>", f"<font>{font}</font></fonts>")
        at = text.rindex('<xf numFmtId="', 0, text.index("</cellXfs>"))
        return text[:at] + re.sub(r'fontId="\d+"', f'fontId="{number}"', text[at:], count=1)

    return style_of(change)


def comment(parts: Parts, draw: Random) -> Parts | None:
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one = f'<Relationship Id="rIdNote" Type="{kind}/comments" Target="../comments9.xml"/>'
    frame = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    old = parts.get(rels, frame.format("").encode()).decode()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    note = '<comment ref="B9" authorId="0"><text><t>this number is wrong</t></text></comment>'
    text = f'<comments xmlns="{main}"><authors><author>x</author></authors><commentList>{note}</commentList></comments>'
    return parts | {
        rels: old.replace("</Relationships>", f"{one}</Relationships>").encode(), "xl/comments9.xml": text.encode(),
    }  # fmt: skip


def shape(parts: Parts, draw: Random) -> Parts | None:
    box = (
        "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:row>4</xdr:row></xdr:from><xdr:to><xdr:col>3</xdr:col>"
        "<xdr:row>9</xdr:row></xdr:to><xdr:sp><xdr:txBody/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    return swap(DRAWINGS, "</xdr:wsDr>", box)(parts, draw)


def link_outside(parts: Parts, draw: Random) -> Parts | None:
    spoilt = swap("xl/worksheets/sheet1.xml", r'(<hyperlink ref="[A-Z]+\d+") location="[^"]*"', r'\1 r:id="rIdAway"')(
        parts, draw
    )
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    one = f'<Relationship Id="rIdAway" Type="{kind}" Target="https://example.org/" TargetMode="External"/>'
    frame = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    old = parts.get(rels, frame.encode()).decode()
    return spoilt and spoilt | {rels: old.replace("</Relationships>", f"{one}</Relationships>").encode()}


def sheets_in_another_order(parts: Parts, draw: Random) -> Parts | None:
    return swap(BOOK, r"<sheets>(<sheet [^>]*/>)(<sheet [^>]*/>)", r"<sheets>\2\1")(parts, draw)


def line_of_words_pushed(parts: Parts, draw: Random) -> Parts | None:
    """The line under the title stands a column to the right, where nothing stood."""
    return swap(SHEETS, r'(<row r="2"[^>]*><c r=)"A2"', r'\1"B2"')(parts, draw)


def later_rule(parts: Parts, draw: Random) -> Parts | None:
    later = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    rule = (
        f'<extLst><ext xmlns:x14="{later}" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}"><x14:conditionalFormattings>'
        '<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:cfRule type='
        '"expression" priority="99"><xm:f>TRUE</xm:f></x14:cfRule><xm:sqref>B5</xm:sqref></x14:conditionalFormatting>'
        "</x14:conditionalFormattings></ext></extLst></worksheet>"
    )
    return swap(SHEETS, "</worksheet>", rule)(parts, draw)


def later_bound(parts: Parts, draw: Random) -> Parts | None:
    later = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    bound = (
        f'<extLst><ext xmlns:x14="{later}" uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}"><x14:dataValidations '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="whole" '
        'showErrorMessage="1"><x14:formula1><xm:f>1</xm:f></x14:formula1><x14:formula2><xm:f>2</xm:f></x14:formula2>'
        "<xm:sqref>B5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"
    )
    return swap(SHEETS, "</worksheet>", bound)(parts, draw)


def sparkline(parts: Parts, draw: Random) -> Parts | None:
    later = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    group = (
        f'<extLst><ext xmlns:x14="{later}" uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}"><x14:sparklineGroups '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:sparklineGroup><x14:sparklines>'
        "<x14:sparkline><xm:f>Start!A1:A9</xm:f><xm:sqref>B5</xm:sqref></x14:sparkline></x14:sparklines>"
        "</x14:sparklineGroup></x14:sparklineGroups></ext></extLst></worksheet>"
    )
    return swap(SHEETS, "</worksheet>", group)(parts, draw)


def on_row(attributes: str) -> Callable[[Parts, Random], Parts | None]:
    return swap(SHEETS, r'<row r="\d+" spans="[\d:]+"(?=>)', rf"\g<0> {attributes}")


def on_column(change: New) -> Callable[[Parts, Random], Parts | None]:
    return swap(SHEETS, r'<cols><col min="1" max="\d+" width="([\d.]+)" customWidth="1"/>', change)


def on_view(attributes: str) -> Callable[[Parts, Random], Parts | None]:
    return swap(SHEETS, r"<sheetView ", f"<sheetView {attributes} ")


def constant(found: re.Match[str]) -> str:
    """A cell that has its formula's value and no formula."""
    return re.sub(r"<f[ >].*?</f>", "", found[0])


def other_number(found: re.Match[str]) -> str:
    return found[0].replace("<v>", "<v>1")


def hidden_axis(found: re.Match[str]) -> str:
    return found[0].replace('"0"', '"1"') if found[1] else '<c:delete val="1"/><c:axPos'


def other_words(found: re.Match[str]) -> str:
    """A cell with the words of another."""
    return found[0].replace(f"<v>{found[4]}<", f"<v>{(int(found[4]) + 1) % 9}<")


def other_look(found: re.Match[str]) -> str:
    """A rule that changes what another rule does."""
    return found[0].replace(f'dxfId="{found[1]}"', f'dxfId="{(int(found[1]) + 1) % 3}"')


def before(found: re.Match[str]) -> str:
    """A rule of verdicts with another before it, after which none counts."""
    rule = (
        '<cfRule type="cellIs" dxfId="0" priority="0" stopIfTrue="1" operator="notEqual"><formula>0</formula></cfRule>'
    )
    return f'{found[1]}{found[2]}">{rule}</conditionalFormatting>{found[0]}'


ANY_NAME = r'(<definedName name="[a-z]\w*">)([^<]*\$[A-Z]+\$\d+)(?=[:<])'
SOLVER = r'(<definedName name="solver_{}" localSheetId="\d+" hidden="1">)[^<]*'
PLUS = r"(<f[^>]*>[^<]*[A-Za-z0-9)])([-+*/,])(?=[A-Za-z(])"
RULE = r'<cfRule type="cellIs" dxfId="(\d+)" priority="(\d+)" operator="(\w+)"'
SERIES = r"(<c:{0}>.*?<c:f>)([^<]*)(</c:f>.*?</c:{0}>)"
VERDICT = (
    r'(<conditionalFormatting sqref=")([^"]*)("><cfRule type="cellIs" dxfId="\d+" priority="\d+" operator="equal">)'
)

DAMAGES: dict[str, Damage] = {
    # ---- what is calculated, or may be in some program
    "a name made relative": Damage(DIFFERENCE, swap(BOOK, ANY_NAME, lambda m: m[0].replace("$", "")), "name"),
    "a name half relative": Damage(DIFFERENCE, swap(BOOK, ANY_NAME, without_dollar), "name"),
    "a name one row down": Damage(DIFFERENCE, swap(BOOK, ANY_NAME, lambda m: down(m[0])), "name"),
    "a name removed": Damage(DIFFERENCE, swap(BOOK, r'<definedName name="[a-z]\w*">[^<]*</definedName>', ""), "name"),
    "a name twice": Damage(
        DIFFERENCE,
        swap(BOOK, r'(<definedName name="[a-z]\w*">)[^<]*</definedName>', r"\g<0>\1Start!$A$1</definedName>"),
        "name",
    ),
    "a name of a sheet beside it": Damage(
        DIFFERENCE,
        swap(
            BOOK,
            r'<definedName name="([a-z]\w*)">[^<]*</definedName>',
            r'\g<0><definedName name="\1" localSheetId="0">Start!$A$1</definedName>',
        ),
        "hides",
    ),
    "a no-break space in a formula": Damage(DIFFERENCE, swap(SHEETS, PLUS, "\\1\u00a0\\2"), "formula"),
    "an em space in a formula": Damage(DIFFERENCE, swap(SHEETS, PLUS, "\\1\\2\u2003"), "formula"),
    "a space without width in a formula": Damage(DIFFERENCE, swap(SHEETS, PLUS, "\\1\u200b\\2"), "formula"),
    "a plain space in a formula": Damage(NOTHING, swap(SHEETS, PLUS, r"\1 \2 ")),
    "a formula with a term more": Damage(DIFFERENCE, swap(SHEETS, r"(<f[^>]*>[^<]*)</f>", r"\1+0</f>"), "formula"),
    "a tag in a formula": Damage(
        DIFFERENCE, swap(SHEETS, r"(<f[^>]*>)([^<]*)</f>", r"\1\2+0<x/>\2</f>"), "within its <f>"
    ),
    "a wide letter in a formula": Damage(
        DIFFERENCE, swap(SHEETS, r"(<f[^>]*>[^<]*)M(?=[A-Z]*\()", "\\1\uff2d"), "formula"
    ),
    "a formula replaced by its value": Damage(
        DIFFERENCE, swap(SHEETS, r'<c r="[A-Z]+\d+"[^>]*><f>.*?</f><v>' + NUMBER + "</v>", constant), "replaced"
    ),
    "an array formula cut short": Damage(
        DIFFERENCE,
        swap(
            SHEETS,
            r'(<f t="array" ref="[A-Z]+\d+:[A-Z]+)(\d+)"',
            lambda m: f'{m[1]}{int(m[2]) - 1}"',
            r'[A-Z](\d+):[A-Z]+\1"',
        ),
        "fills other cells",
    ),
    "a formula in an empty cell": Damage(
        DIFFERENCE, swap(SHEETS, r'<row r="3(\d*)"[^>]*>', r'\g<0><c r="AZ3\1"><f>1+1</f><v>2</v></c>'), "not built"
    ),
    "a cell twice": Damage(
        DIFFERENCE,
        swap(SHEETS, r"<c r=\"[A-Z]+\d+\" s=\"\d+\"><v>" + NUMBER + "</v></c>", lambda m: m[0] + other_number(m)),
    ),
    "calculation by hand": Damage(DIFFERENCE, swap(BOOK, r"<calcPr", '<calcPr calcMode="manual"'), "calcMode"),
    "calculation with what is shown": Damage(
        DIFFERENCE, swap(BOOK, r"<calcPr", '<calcPr fullPrecision="0"'), "fullPrec"
    ),
    "calculation in circles": Damage(DIFFERENCE, swap(BOOK, r"<calcPr", '<calcPr iterate="1"'), "iterate"),
    "Solver's target": Damage(DIFFERENCE, swap(BOOK, SOLVER.format("opt"), r"\1Start!$A$1"), "Solver"),
    "Solver's cells": Damage(DIFFERENCE, swap(BOOK, SOLVER.format("adj"), r"\1Start!$A$1"), "Solver"),
    "Solver maximises": Damage(DIFFERENCE, swap(BOOK, SOLVER.format("typ"), r"\g<1>1"), "Solver"),
    "a constraint of Solver": Damage(DIFFERENCE, swap(BOOK, SOLVER.format("num"), r"\g<1>1"), "Solver"),
    "Solver's precision": Damage(PRESENTATION, swap(BOOK, SOLVER.format("cvg"), r"\g<1>0.5"), "Solver"),
    "a table without a head": Damage(
        DIFFERENCE, swap(TABLES, r'(<table [^>]*ref="[^"]*")', r'\1 headerRowCount="0"'), "table"
    ),
    "new rows that get another formula": Damage(
        DIFFERENCE, swap(TABLES, r"(<calculatedColumnFormula>)([^<]*)", r"\g<1>0+\2"), "new rows"
    ),
    "a table with totals": Damage(DIFFERENCE, swap(TABLES, r' totalsRowShown="0"', ' totalsRowCount="1"'), "totals"),
    "a table that its sheet does not have": Damage(
        DIFFERENCE, swap(SHEETS, r"<tableParts .*?</tableParts>", ""), "table"
    ),
    "a digit of the record": Damage(DIFFERENCE, digit_of_the_record),
    "a digit of the digest": Damage(DIFFERENCE, digit_of_the_digest, "record"),
    # ---- charts
    "a chart's numbers a row down": Damage(
        PRESENTATION, swap(CHARTS, SERIES.format("yVal"), lambda m: m[1] + down(m[2]) + m[3])
    ),
    "a chart's axis a row down": Damage(
        PRESENTATION, swap(CHARTS, SERIES.format("xVal"), lambda m: m[1] + down(m[2]) + m[3])
    ),
    "a chart's numbers of its own": Damage(
        PRESENTATION,
        swap(
            CHARTS,
            r"<c:yVal><c:numRef>.*?</c:numRef></c:yVal>",
            '<c:yVal><c:numLit><c:ptCount val="1"/><c:pt idx="0"><c:v>1</c:v></c:pt></c:numLit></c:yVal>',
        ),
    ),
    "a series gone": Damage(PRESENTATION, swap(CHARTS, r"<c:ser>.*?</c:ser>", "")),
    "a series of another name": Damage(PRESENTATION, swap(CHARTS, r"(<c:tx><c:v>)[^<]*", r"\1best")),
    "a series in another colour": Damage(
        PRESENTATION, swap(CHARTS, r'(<a:ln w="\d+"><a:solidFill><a:srgbClr val=")\w+', r"\1FFFFFF")
    ),
    "a chart of another title": Damage(
        PRESENTATION, swap(CHARTS, r"(<c:title>.*?<a:t>)[^<]*", r"\1Gain", unless="xVal")
    ),
    "an axis that begins elsewhere": Damage(
        PRESENTATION,
        swap(CHARTS, r'<c:scaling>(?:<c:logBase[^>]*>)?<c:orientation val="minMax"/>', r'\g<0><c:min val="0.123"/>'),
    ),
    "an axis upside down": Damage(
        PRESENTATION, swap(CHARTS, r'<c:orientation val="minMax"/>', '<c:orientation val="maxMin"/>')
    ),
    "an axis by powers": Damage(
        PRESENTATION, swap(CHARTS, r"<c:scaling>(?!<c:logBase)", '<c:scaling><c:logBase val="2"/>')
    ),
    "an axis without numbers": Damage(
        PRESENTATION,
        swap(
            CHARTS,
            r'(<c:(?:val|cat)Ax>.*?)<c:delete val="0"/>|<c:axPos',
            lambda m: m[0].replace('"0"', '"1"') if m[1] else '<c:delete val="1"/><c:axPos',
        ),
    ),
    "an axis of another unit": Damage(
        PRESENTATION, swap(CHARTS, r'(<c:numFmt formatCode=")[^"]*', r"\g<1>0&quot;00&quot;")
    ),
    "an axis without labels": Damage(
        PRESENTATION, swap(CHARTS, r'<c:tickLblPos val="\w+"', '<c:tickLblPos val="none"'), "numbers"
    ),
    "a line of no width": Damage(PRESENTATION, swap(CHARTS, r'<a:ln w="\d+"', '<a:ln w="1"'), "colour"),
    "a point of another colour": Damage(
        PRESENTATION,
        swap(CHARTS, r'(<c:marker><c:symbol val="circle"/>.*?<a:srgbClr val=")\w+', r"\g<1>FFFFFF"),
        "marker",
    ),
    "a title too small": Damage(PRESENTATION, swap(CHARTS, r' sz="1200"', ' sz="100"'), "letters"),
    "a chart that its sheet does not draw": Damage(
        PRESENTATION, swap(SHEETS, r'<drawing r:id="rId', r"\g<0>9"), "gone"
    ),
    "a chart gone": Damage(PRESENTATION, chart_removed, "chart"),
    "all charts gone": Damage(PRESENTATION, all_charts_removed, "gone"),
    "a chart over the numbers": Damage(PRESENTATION, swap(DRAWINGS, r"(<xdr:from><xdr:col>)\d+", r"\g<1>40"), "place"),
    "a chart twice": Damage(
        PRESENTATION, swap(DRAWINGS, r"<xdr:twoCellAnchor>.*?</xdr:twoCellAnchor>", r"\g<0>\g<0>"), "added"
    ),
    "a shape over the numbers": Damage(PRESENTATION, shape, "drawings"),
    "a line made a curve by a bare word": Damage(
        PRESENTATION, swap(CHARTS, "</c:ser>", "<c:smooth/></c:ser>"), "between"
    ),
    "an axis deleted by a bare word": Damage(
        PRESENTATION, swap(CHARTS, r'<c:delete val="0"/>|(?=<c:axPos)', "<c:delete/>"), "shown"
    ),
    "a line made a curve": Damage(PRESENTATION, swap(CHARTS, "</c:ser>", '<c:smooth val="1"/></c:ser>'), "between"),
    "a line left out of the legend": Damage(
        PRESENTATION,
        swap(
            CHARTS, r"<c:legendPos [^>]*/>", r'\g<0><c:legendEntry><c:idx val="0"/><c:delete val="1"/></c:legendEntry>'
        ),
        "added",
    ),
    "an axis in thousands": Damage(
        PRESENTATION,
        swap(CHARTS, "</c:valAx>", '<c:dispUnits><c:builtInUnit val="thousands"/></c:dispUnits></c:valAx>'),
        "added",
    ),
    "an axis at the far end": Damage(
        PRESENTATION, swap(CHARTS, r'<c:crosses val="autoZero"/>', '<c:crosses val="max"/>'), "crosses"
    ),
    "a line that is hardly seen": Damage(
        PRESENTATION,
        swap(CHARTS, r'(<a:ln w="\d+"><a:solidFill><a:srgbClr val="\w+")/>', r'\1><a:alpha val="0"/></a:srgbClr>'),
        "colour",
    ),
    "shapes within a chart": Damage(
        PRESENTATION, swap(CHARTS, "</c:chartSpace>", '<c:userShapes r:id="rId1"/></c:chartSpace>'), "added"
    ),
    # ---- rules and what may be typed
    "a bound of a later format": Damage(PRESENTATION, later_bound, "typed"),
    "differs in green": Damage(
        PRESENTATION, swap(STYLES, "(<dxf><font>.*?)FFA61C1C(.*?</dxf>)", r"\1FF1E6B34\2"), "conditional"
    ),
    "a rule for another word": Damage(
        PRESENTATION, swap(SHEETS, '<formula>"differs"</formula>', '<formula>"equal"</formula>'), "conditional"
    ),
    "a rule turned round": Damage(
        PRESENTATION, swap(SHEETS, RULE, lambda m: m[0].replace(f'"{m[3]}"', '"lessThan"')), "conditional"
    ),
    "a rule of another look": Damage(PRESENTATION, swap(SHEETS, RULE, other_look), "conditional"),
    "a rule elsewhere": Damage(PRESENTATION, swap(SHEETS, VERDICT, r"\1XFD1\3"), "conditional"),
    "a rule gone": Damage(
        PRESENTATION, swap(SHEETS, r"<conditionalFormatting .*?</conditionalFormatting>", ""), "conditional"
    ),
    "a rule before it": Damage(PRESENTATION, swap(SHEETS, VERDICT + "<formula>", before), "conditional"),
    "a rule of a later format": Damage(PRESENTATION, later_rule, "conditional"),
    "a bound moved": Damage(PRESENTATION, swap(SHEETS, r"<formula2>[^<]*", r"\g<0>1"), "typed"),
    "a bound that does not hold": Damage(
        PRESENTATION,
        swap(SHEETS, r'(<dataValidation type="(?:decimal|whole)"[^>]*) showErrorMessage="1"', r"\1"),
        "typed",
    ),
    "a bound gone": Damage(
        PRESENTATION, swap(SHEETS, r'<dataValidation type="(?:decimal|whole)".*?</dataValidation>', ""), "typed"
    ),
    "a bound of other words": Damage(PRESENTATION, swap(SHEETS, r' error="[^"]*', r"\g<0> or not"), "typed"),
    "a tip of another number": Damage(PRESENTATION, swap(SHEETS, r' prompt="', r"\g<0>1"), "tips"),
    "a tip of other words": Damage(PRESENTATION, swap(SHEETS, r' promptTitle="', r"\g<0>Not "), "tips"),
    "a tip not shown": Damage(
        PRESENTATION, swap(SHEETS, r' showInputMessage="1"(?=[^>]* prompt=)', ' showInputMessage="0"'), "tips"
    ),
    # ---- cells
    "a number format that writes a number": Damage(
        PRESENTATION, own_number_format("&quot;0.1234&quot;"), "number format"
    ),
    "a number format that writes nothing": Damage(PRESENTATION, own_number_format(";;;"), "number format"),
    "a number format that shows thousands": Damage(PRESENTATION, own_number_format("0.0000,"), "number format"),
    "white letters": Damage(
        PRESENTATION, own_font('<sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/>'), "font"
    ),
    "letters of signs": Damage(
        PRESENTATION, own_font('<sz val="11"/><color theme="1"/><name val="Wingdings"/>'), "font"
    ),
    "letters struck out": Damage(
        PRESENTATION, own_font('<strike/><sz val="11"/><color theme="1"/><name val="Calibri"/>'), "font"
    ),
    "letters too small": Damage(PRESENTATION, own_font('<sz val="1"/><color theme="1"/><name val="Calibri"/>'), "font"),
    "a theme of white letters": Damage(
        PRESENTATION, swap(r"xl/theme/theme1\.xml", r'(<a:dk1><a:sysClr[^>]*lastClr=")\w+', r"\1FFFFFF"), "font"
    ),
    "a theme of signs": Damage(
        PRESENTATION,
        swap(r"xl/theme/theme1\.xml", r'(<a:minorFont><a:latin typeface=")[^"]*', r"\1Wingdings"),
        "font",
    ),
    "a fill for another": Damage(PRESENTATION, swap(STYLES, INPUT_FILL, "FFFFFFFF"), "fill"),
    "cells merged over numbers": Damage(
        PRESENTATION, swap(SHEETS, r"<mergeCells[^>]*>", r'\g<0><mergeCell ref="A1:D4"/>'), "merged"
    ),
    "cells merged no more": Damage(PRESENTATION, swap(SHEETS, r"<mergeCell [^>]*/>", ""), "merged"),
    "words edited": Damage(PRESENTATION, first_string, "words"),
    "words gone": Damage(PRESENTATION, swap(SHEETS, LABEL, r'<c r="\1\2"\3/>'), "words"),
    "words in another's place": Damage(PRESENTATION, swap(SHEETS, LABEL, other_words), "words"),
    "words of white letters": Damage(
        PRESENTATION,
        swap(
            STRINGS,
            r"<si><t>([^<{]*[a-z]{3,}[^<{]*)</t></si>",
            r'<si><r><rPr><color rgb="FFFFFFFF"/></rPr><t>\1</t></r></si>',
        ),
        "words",
    ),
    "a line of words pushed": Damage(PRESENTATION, line_of_words_pushed, "words"),
    "a number where nothing was": Damage(
        PRESENTATION, swap(SHEETS, r'<row r="2"[^>]*>', r'\g<0><c r="AZ2"><v>7</v></c>'), "filled"
    ),
    "a note": Damage(PRESENTATION, comment, "note"),
    "a link to another place": Damage(
        PRESENTATION, swap(SHEETS, r'(<hyperlink [^>]*location=")[^"]*', r"\1Start!A99"), "link"
    ),
    "a link out of the workbook": Damage(PRESENTATION, link_outside, "link"),
    "a link gone": Damage(PRESENTATION, swap(SHEETS, r"<hyperlink [^>]*/>", ""), "link"),
    # ---- rows, columns, sheets
    "a row hidden": Damage(PRESENTATION, on_row('hidden="1"'), "row"),
    "a row of no height": Damage(PRESENTATION, on_row('ht="1" customHeight="1"'), "row"),
    "a column hidden": Damage(PRESENTATION, on_column(lambda m: m[0].replace("/>", ' hidden="1"/>')), "column"),
    "a column of no width": Damage(PRESENTATION, on_column(lambda m: m[0].replace(m[1], "0.5")), "column"),
    "a column wider": Damage(NOTHING, on_column(lambda m: m[0].replace(m[1], "60"))),
    "zeros hidden": Damage(PRESENTATION, on_view('showZeros="0"'), "zeros"),
    "formulas shown": Damage(PRESENTATION, on_view('showFormulas="1"'), "formulas"),
    "from right to left": Damage(PRESENTATION, on_view('rightToLeft="1"'), "columns"),
    "another zoom": Damage(NOTHING, on_view('zoomScale="80"')),
    "too small to read": Damage(PRESENTATION, on_view('zoomScale="10"'), "size"),
    "rows out of reach": Damage(
        PRESENTATION,
        swap(SHEETS, r'<sheetView ([^>]*><pane [^>]*state="frozen")', r'<sheetView topLeftCell="A20" \1'),
        "still",
    ),
    "rows that never scroll": Damage(PRESENTATION, swap(SHEETS, r'(<pane [^>]*ySplit=")\d+', r"\g<1>90"), "still"),
    "tabs hidden": Damage(PRESENTATION, swap(BOOK, "<workbookView ", '<workbookView showSheetTabs="0" '), "tabs"),
    "sheets locked": Damage(
        PRESENTATION, swap(BOOK, "<bookViews>", '<workbookProtection lockStructure="1"/><bookViews>'), "sheets"
    ),
    "small charts in cells": Damage(PRESENTATION, sparkline, "drawings"),
    "a sheet protected": Damage(
        PRESENTATION, swap(SHEETS, "</sheetData>", '</sheetData><sheetProtection sheet="1"/>'), "protection"
    ),
    "a picture behind a sheet": Damage(
        PRESENTATION, swap(SHEETS, "</worksheet>", '<picture r:id="rId99"/></worksheet>'), "drawings"
    ),
    "a sheet hidden": Damage(
        PRESENTATION, swap(BOOK, r'<sheet name="(?!Start)[A-Z][^>]*sheetId="\d+"', r'\g<0> state="hidden"'), "sheet"
    ),
    "the hidden sheet shown": Damage(PRESENTATION, swap(BOOK, ' state="veryHidden"', ""), "hidden sheet"),
    "sheets in another order": Damage(PRESENTATION, sheets_in_another_order, "order"),
    "the window hidden": Damage(
        PRESENTATION, swap(BOOK, "<workbookView ", '<workbookView visibility="hidden" '), "window"
    ),
    # ---- what is stored beside formulas
    "a stored value": Damage(
        NOTE, swap(SHEETS, FORMULA + "<v>" + NUMBER + "</v>", other_number), "not what it gives", True
    ),
    "a stored word": Damage(
        NOTE, swap(SHEETS, "(</f>)<v>[a-z][^<]*</v>", r"\1<v>no word of ours</v>"), "not what it gives", True
    ),
    # ---- what charts keep of the cells that they draw
    "a point kept in a chart": Damage(
        NOTE,
        swap(CHARTS, rf"<c:v>{NUMBER}</c:v></c:pt>", lambda m: m[0].replace("<c:v>", "<c:v>1")),
        "not what its cell holds",
    ),
    "a point kept no more": Damage(
        NOTE, swap(CHARTS, rf'<c:pt idx="\d\d"><c:v>{NUMBER}</c:v></c:pt>', ""), "not what its cell holds"
    ),
    "a value stored no more": Damage(NOTE, swap(SHEETS, "(</f>)<v>[^<]+</v>", r"\1"), "no value is stored", True),
}
