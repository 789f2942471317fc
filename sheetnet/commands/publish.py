"""sheetnet publish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetnet.commands.common import CONTEXT, FILE, bar, outputs, print_json, say
from sheetnet.commands.tables import workbook_named
from sheetnet.course.listing import LISTING
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.web.site import Chapter

ALL = "all"


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="LESSON|all|FILE.xlsx")
@click.argument("more", type=FILE, nargs=-1, metavar="[FILE.xlsx]...")
@click.option(
    "-o", "--output", type=FILE, metavar="FILE.html|FOLDER",
    help="Where the page goes; of all, the folder.  [default: NN_LESSON.html; site]",
)  # fmt: skip
@click.option("--language", metavar="CODE", default="", help="The lessons in another language, such as de.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def publish(what: str, more: tuple[str, ...], output: str | None, language: str, as_json: bool) -> None:
    """Write a workbook as one page of HTML that calculates in a browser, on a laptop or a phone.

    The page needs no office program, no server and no network: send the file, or put it on any web site. What a
    learner types stands in the page's address, and can be sent as a link.

    all writes the course as a folder: a page for each lesson, and for workbooks of yours that are named after it, with
    a first page that lists them. Put the folder on any web site, at any address. Who has opened it there once can use
    it without a network. The pages can be opened from the folder too.

    \b
    Examples:
      sheetnet publish quadratic
      sheetnet publish relu -o relu.html
      sheetnet publish relu --language de -o relu.html
      sheetnet publish workbooks/01_quadratic.xlsx -o lesson.html
      sheetnet publish all -o site
      sheetnet publish all mine.xlsx yours.xlsx -o site
    """
    if what == ALL:
        _all(more, Path(output or "site"), language, as_json)
        return
    if more:
        raise SheetnetError(f"{what} is one page; several workbooks go along with all: publish all {' '.join(more)}")
    from sheetnet.common.leftovers import temporary
    from sheetnet.web import page

    with temporary() as place:
        if what in LISTING:
            from sheetnet.book.build import build_lesson

            target = output or f"{LISTING[what].file}.html"
            file = outputs({"output": target}, {"output": (".html", ".htm")})["output"]
            say(f"building {what}")
            path = build_lesson(what, place / f"{LISTING[what].file}.xlsx", language=language).path
        else:
            path = workbook_named(what)
            if language:
                raise SheetnetError(f"the texts stay in the language that {path} has: leave --language away")
            target = output or f"{path.stem}.html"
            file = outputs({"output": target, "source": what}, {"output": (".html", ".htm")})["output"]
        page.write(path, file)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size})
        return
    click.echo(f"{file}: {size / 1e6:.1f} MB; open it in a browser")


def _all(own: tuple[str, ...], folder: Path, language: str, as_json: bool) -> None:
    """The course, and workbooks of one's own, as a folder."""
    from sheetnet.common.leftovers import temporary
    from sheetnet.web.site import Chapter, write_site

    mine = [Chapter(workbook_named(what), Path(what).stem) for what in own]
    with temporary() as place, bar(len(LISTING) + len(mine), "pages") as moved:
        begun = list[str]()

        def told(name: str) -> None:
            moved(len(begun), name)
            begun.append(name)

        files = write_site(_chapters(mine, place, language), folder, told)
    size = sum(file.stat().st_size for file in files)
    if as_json:
        print_json({"folder": str(folder), "files": [file.name for file in files], "bytes": size})
        return
    pages = len(LISTING) + len(mine)
    click.echo(f"{folder}: {pages} pages, {size / 1e6:.1f} MB; open {folder / 'index.html'}, or put it on a web site")


def _chapters(own: list[Chapter], place: Path, language: str) -> Iterator[Chapter]:
    """Lessons, each built as it is asked for and gone when the next is, and one's own."""
    from sheetnet.book.build import build_lesson
    from sheetnet.web.site import Chapter

    for entry in LISTING.values():
        path = build_lesson(entry.name, place / f"{entry.file}.xlsx", language=language).path
        yield Chapter(path, entry.file, entry.number, "" if language else entry.about)
        path.unlink()
    yield from own
