"""publish all: the course as a folder works on any web site, without a network, and from a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import sheetnet as sn
from sheetnet.course.listing import LISTING
from sheetnet.errors import WorkbookError
from sheetnet.web.site import Chapter, write_site
from tests.browser import Browser, Page
from tests.conftest import edit_xml, run_here
from tests.test_publish import HOSTILE, type_into

WORDS = "Fit a curve by hand, then let it fit itself"
NAME = "04 <img src=x onerror='window.bad=1'>&amp;"


class Quiet(SimpleHTTPRequestHandler):
    """Files over HTTP, without a word of them."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, lesson_file: Callable[[str], Path]) -> Path:
    """Two lessons, and a workbook whose words and name are hostile, in a folder within a web site."""
    place = tmp_path_factory.mktemp("web")
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    bad = edit_xml(lesson_file("quadratic"), place / "bad.xlsx", "xl/sharedStrings.xml", f">{WORDS}<", f">{escaped}<")
    chapters = [
        Chapter(lesson_file("quadratic"), "01_quadratic", 1, HOSTILE),
        Chapter(lesson_file("matmul"), "03_matmul", 3, "products"),
        Chapter(bad, NAME),
    ]
    write_site(chapters, place / "in a folder")
    return place / "in a folder"


@pytest.fixture
def served(site: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of the site, and what takes it from the network."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def gone() -> None:
        server.shutdown()
        server.server_close()

    yield f"http://127.0.0.1:{server.server_port}/in%20a%20folder/", gone
    gone()


def test_a_page_works_from_a_web_site_and_then_without_a_network(
    browser: Browser, served: tuple[str, Callable[[], None]]
) -> None:
    address, gone = served
    page = Page(browser, f"{address}01_quadratic.html#Fit")
    loss = page.run("valueAt('Fit', 4, 5)")
    type_into(page, "Fit", "B5", "0.25")
    assert page.run("valueAt('Fit', 4, 5)") != loss
    page.run("navigator.serviceWorker.ready.then(() => true)")
    gone()
    page.go(f"{address}03_matmul.html")  # which nobody has opened yet
    assert page.run("document.querySelectorAll('.cell').length") > 20
    page.go(f"{address}01_quadratic.html?x#Fit&Fit.B5=0.3")
    assert page.run("valueAt('Fit', 4, 1)") == 0.3
    page.close()
    index = Page(browser, address, wait=False)
    assert index.run("[...document.querySelectorAll('li a')].length") == 3
    index.close()


def test_a_page_of_the_site_works_from_a_disk(browser: Browser, site: Path) -> None:
    page = Page(browser, (site / "01_quadratic.html").as_uri() + "#Fit&Fit.B5=0.3")
    assert page.run("valueAt('Fit', 4, 1)") == 0.3
    page.close()


def test_words_and_names_of_workbooks_stay_words(browser: Browser, site: Path) -> None:
    index = Page(browser, (site / "index.html").as_uri(), wait=False)
    assert index.run("window.bad === undefined && !document.querySelector('img, b, main script')")
    assert index.run("document.querySelector('li p').textContent") == HOSTILE
    assert index.run("decodeURIComponent(document.querySelectorAll('li a')[2].href)").endswith(f"/{NAME}.html")
    index.run("document.querySelectorAll('li a')[2].click()")
    index.settled()
    assert index.run("document.querySelector('.cell').textContent") == HOSTILE
    assert index.run("window.bad === undefined && !document.querySelector('img, b')")
    index.close()


def test_a_site_is_written_whole_the_same_twice_and_over_no_other_things(
    site: Path, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    one = [Chapter(lesson_file("quadratic"), "01_quadratic", 1, "a curve")]
    first = {file.name: file.read_bytes() for file in write_site(one, tmp_path / "site")}
    assert {file.name: file.read_bytes() for file in write_site(one, tmp_path / "site")} == first
    assert "01_quadratic.html" in first["offline.js"].decode()
    assert 'href="/' not in first["index.html"].decode()
    assert 'src="/' not in first["01_quadratic.html"].decode()
    with pytest.raises(WorkbookError):  # a page that cannot be made leaves the site as it was
        write_site([*one, Chapter(tmp_path / "none.xlsx", "none")], tmp_path / "site")
    assert {file.name: file.read_bytes() for file in (tmp_path / "site").iterdir()} == first
    assert [file.name for file in tmp_path.iterdir()] == ["site"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(WorkbookError, match="holds other things"):
        write_site(one, tmp_path / "mine")


def test_all_is_the_course_and_workbooks_of_ones_own(
    lesson_file: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sheetnet.commands.publish.LISTING", {"quadratic": LISTING["quadratic"]})
    own = tmp_path / "my own.xlsx"
    own.write_bytes(lesson_file("matmul").read_bytes())
    done = run_here("publish", "all", own, "-o", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "2 pages" in done.stdout
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert index.index('"01_quadratic.html"') < index.index('"my%20own.html"')
    assert LISTING["quadratic"].about in index
    assert (tmp_path / "site" / "my own.html").is_file()
    again = run_here("publish", "all", own, own, "-o", tmp_path / "site")
    assert "two pages of the site would be called my own" in again.stderr


def test_the_command_says_which_workbooks_go_along_with_what(lesson_file: Callable[[str], Path]) -> None:
    done = run_here("publish", "quadratic", "relu.xlsx")
    assert done.returncode != 0
    assert "publish all relu.xlsx" in done.stderr
    assert run_here("publish", "all", "relu").returncode != 0


def test_the_index_speaks_the_language_of_the_lessons(tmp_path: Path) -> None:
    german = sn.build_lesson("quadratic", tmp_path / "01_quadratic.xlsx", language="de").path
    write_site([Chapter(german, "01_quadratic", 1)], tmp_path / "site")
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in index
    assert "<h1>Lerne, wie ein Modell lernt</h1>" in index
    assert "Learn how" not in index
    assert "without a network" not in index
