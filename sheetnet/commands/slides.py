"""sheetnet slides."""

from __future__ import annotations

from pathlib import Path

import click

from sheetnet.commands.common import CONTEXT, FILE, bar, print_json, say
from sheetnet.commands.tables import workbook_named
from sheetnet.course.listing import LISTING
from sheetnet.errors import EngineError, SheetnetError


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="LESSON|FILE.xlsx")
@click.option(
    "-o", "--output", type=FILE, metavar="FOLDER",
    help="Where the pictures go; it is made where it is not there.  [default: slides/NN_LESSON]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def slides(what: str, output: str | None, as_json: bool) -> None:
    """Draw the first screen of each sheet as a picture for slides, and write a page for the teacher beside them.

    The pictures, 01_Start.png and so on, show what a window of 1366 x 768 shows; LibreOffice and poppler draw them.
    teacher.html, of a lesson, says how long it takes, what is hard, what to ask, what comes of each prediction, and
    which mistakes are likely.

    \b
    Examples:
      sheetnet slides relu
      sheetnet slides titanic -o slides
      sheetnet slides workbooks/01_quadratic.xlsx -o slides
    """
    from sheetnet.book import reader
    from sheetnet.book.opened import find_manifest, is_ours
    from sheetnet.classroom import teaching
    from sheetnet.classroom.assigning import lesson_of
    from sheetnet.common.files import made_folder
    from sheetnet.common.leftovers import temporary
    from sheetnet.engines import get, screens

    with temporary() as place:
        if what in LISTING:
            from sheetnet.book.build import build_lesson

            say(f"building {what}")
            path = build_lesson(what, place / f"{LISTING[what].file}.xlsx").path
        else:
            path = workbook_named(what)
        contents = reader.read(path)
        workbook = find_manifest(contents).workbook if is_ours(path) else None
        if workbook:
            get("libreoffice").refuse_modern(path, workbook.book.dialect.name)
        folder = made_folder(Path(output) if output else Path("slides") / path.stem)
        if handed := [file.name for file in sorted(folder.glob("*.xlsx")) if lesson_of(file.name)]:
            words = (
                f"the folder holds workbooks of learners, such as {handed[0]}; name another for what is the teacher's"
            )
            raise SheetnetError(f"{folder}: {words}")
        page = folder / teaching.NAME if workbook and teaching.is_taught(workbook) else None
        if page and workbook:
            screens.not_others(page, teaching.is_ours)
            teaching.write_page(workbook, page)
        if lack := screens.missing():
            raise EngineError(f"{lack}{f' Without pictures, {page} is written.' if page else ''}")
        with bar(100, path.stem) as moved:
            drawn = screens.screens(path, folder, lambda at, n, sheet: moved(100 * at // max(n, 1), sheet))
        if page and workbook:
            teaching.write_page(workbook, page, drawn)
    if as_json:
        pictures = {sheet: str(picture) for sheet, picture in drawn.items()}
        print_json({"folder": str(folder), "pictures": pictures, "page": str(page) if page else None})
        return
    click.echo(f"{folder}: {len(drawn)} pictures{f', and {teaching.NAME} for the teacher' if page else ''}")
