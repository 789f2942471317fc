"""sheetnet publish."""

from __future__ import annotations

import click

from sheetnet.commands.common import CONTEXT, FILE, outputs, print_json, say
from sheetnet.commands.tables import workbook_named
from sheetnet.course.listing import LISTING


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="LESSON|FILE.xlsx")
@click.option("-o", "--output", type=FILE, metavar="FILE.html", help="Where the page goes.  [default: NN_LESSON.html]")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def publish(what: str, output: str | None, as_json: bool) -> None:
    """Write a workbook as one page of HTML that calculates in a browser, on a laptop or a phone.

    The page needs no office program, no server and no network: send the file, or put it on any web site. What a
    learner types stands in the page's address, and can be sent as a link.

    \b
    Examples:
      sheetnet publish quadratic
      sheetnet publish relu -o relu.html
      sheetnet publish workbooks/01_quadratic.xlsx -o lesson.html
    """
    from sheetnet.common.leftovers import temporary
    from sheetnet.web import page

    with temporary() as place:
        if what in LISTING:
            from sheetnet.book.build import build_lesson

            target = output or f"{LISTING[what].file}.html"
            file = outputs({"output": target}, {"output": (".html", ".htm")})["output"]
            say(f"building {what}")
            path = build_lesson(what, place / f"{LISTING[what].file}.xlsx").path
        else:
            path = workbook_named(what)
            target = output or f"{path.stem}.html"
            file = outputs({"output": target, "source": what}, {"output": (".html", ".htm")})["output"]
        page.write(path, file)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size})
        return
    click.echo(f"{file}: {size / 1e6:.1f} MB; open it in a browser")
