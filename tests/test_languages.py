"""The course in other languages: every text goes through one door, a whole language misses none, formulas stay."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polib
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from own_variants import variants as own_variants
from translations import COMMON, Found, entry, found_in, laid, texts_of_formulas, texts_on

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import read
from sheetnet.classroom import assign, grade, right_answers
from sheetnet.course import LISTING, OWN, languages, workbook_of
from sheetnet.course.languages import catalogue, language_of
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError
from sheetnet.graph.node import constant, lift, order
from sheetnet.motifs.exercises import ANSWERS
from sheetnet.page.book import Book, Page
from sheetnet.page.language import Language, has_words, said, speaking, whole
from sheetnet.page.screen import Geometry

WHOLE = {  # the lessons that each language has whole
    "de": (*LISTING, OWN)
}
PAIRS = [(language, name) for language, names in WHOLE.items() for name in names]
ANY_SEED = 987_654  # of nobody who has written a catalogue
OTHER = {"the loss is {1}": "der Verlust ist {1}", "for {name}": "für {name}", "the loss": "der Verlust"}
OTHER |= {"weights {1}\nweights {2}": "Gewichte {1}\nGewichte {2}"}
MOST_IN_A_FORMULA, MOST_IN_A_TASK, MOST_UNDER_A_TITLE = 255, 125, 160  # letters; the first is Excel's


@cache
def recorded(name: str) -> tuple[Book, Language]:
    """A lesson in a language that has no words: what it was asked for, and what it has said."""
    with speaking(language := Language()):
        return laid(name, 0 if name == OWN else LISTING[name].seed).book, language


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def both(request: pytest.FixtureRequest) -> tuple[Lesson, Lesson]:
    """A lesson in another language and in English."""
    language, name = request.param
    return translated(language, name), laid(name, 0)


@cache
def translated(language: str, name: str) -> Lesson:
    return laid(name, 0, language)


# ---- the door


def test_english_stays_as_it_is_and_costs_no_look() -> None:
    text = "the loss is 0.5"
    assert said(text) is text
    assert said("for {name}", name="Ada {1}") == "for Ada {1}"


def test_numbers_and_names_take_their_places_in_another_language() -> None:
    language = Language(OTHER, ",")
    with speaking(language):
        assert said("the loss is -0.25") == "der Verlust ist -0,25"
        assert said("for {name}", name="Ada {1}") == "für Ada {1}"
        assert said(said("the loss")) == "der Verlust"  # once is enough
        assert said(whole("1. der Verlust")) == "1. der Verlust"
        assert [*map(said, said("weights 1\nweights 2").split("\n"))] == ["Gewichte 1", "Gewichte 2"]  # of a grid
        assert not language.missing
        assert said("no word for 3 of it, 0.5") == "no word for 3 of it, 0.5"
    assert language.missing == {"no word for {1} of it, {2}": "no word for 3 of it, 0.5"}
    assert said("the loss") == "the loss"


def test_formulas_names_and_numbers_alone_are_no_texts() -> None:
    with speaking(language := Language()):
        for text in ("=SUM(A1:A9)", "{=MMULT(A,B)}", "a x^2", "12", "0.5", ""):
            said(text)
    assert not language.missing


def unsaid(book: Book, language: Language) -> set[str]:
    """The texts of a book that did not come through the door."""
    found = {text for page in book.pages for text in texts_on(page)}
    return {text for text in found if has_words(text) and text not in language.made}


@pytest.mark.parametrize("name", [*LISTING, OWN])
def test_every_text_of_a_lesson_goes_through_the_door(name: str) -> None:
    assert not unsaid(*recorded(name))


def test_a_text_beside_the_door_is_noticed() -> None:
    book, language = recorded("quadratic")
    page = book.pages[-1]
    text = replace(page.texts[0], text="a word beside the door")
    block = replace(page.blocks[-1], node=lift(1.0) + constant("a word in a formula"), style="cells")
    broken = replace(page, texts=[*page.texts, text], blocks=[*page.blocks, block])
    other = Book()
    other.pages = [*book.pages[:-1], broken]
    assert unsaid(other, language) == {"a word beside the door", "a word in a formula"}


# ---- the catalogues


def places(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{\w+\}", text))


def faults(file: polib.POFile) -> list[str]:
    """The texts whose translation loses or invents a place."""
    return [one.msgid for one in file.translated_entries() if places(one.msgid) != places(one.msgstr)]


@pytest.mark.parametrize(
    "path", sorted(languages.FOLDER.glob("*/*.po")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_no_place_is_lost_or_invented(path: Path) -> None:
    file = polib.pofile(str(path))
    assert not faults(file)
    assert file.metadata["Language"] == path.parent.name
    assert path.stem in (COMMON, *LISTING, OWN)


@pytest.mark.parametrize("words", ["der Verlust", "der Verlust ist {2}", "{1} ist {1}"])
def test_a_lost_and_an_invented_place_are_noticed(words: str) -> None:
    file = polib.POFile()
    file.append(polib.POEntry(msgid="the loss is {1}", msgstr=words))
    assert faults(file) == ["the loss is {1}"]


@pytest.mark.parametrize(("language", "name"), PAIRS)
def test_a_whole_language_has_words_for_every_text_whatever_the_numbers(language: str, name: str) -> None:
    words = language_of(language, name)
    assert words is not None
    assert not [key for key in found_in(name) if key not in words.texts]
    other = laid(name, ANY_SEED, language).book.language
    assert other is not None
    assert not other.missing


@pytest.mark.parametrize(("language", "name"), PAIRS)
def test_a_catalogue_holds_no_text_that_is_gone(language: str, name: str) -> None:
    own = {one.msgid for one in polib.pofile(str(catalogue(language, name))) if not one.obsolete}
    assert own <= found_in(name).keys()
    common = {one.msgid for one in polib.pofile(str(catalogue(language, COMMON))) if not one.obsolete}
    assert not own & common


def test_a_missing_text_is_noticed() -> None:
    language = language_of("de", "quadratic")
    assert language is not None
    less = Language({key: words for key, words in language.texts.items() if key != "Learning rate"}, language.mark)
    with speaking(less):
        assert laid("quadratic", 0).book.language is less
    assert set(less.missing) == {"Learning rate"}


def test_a_translation_stays_and_one_of_a_changed_text_is_marked() -> None:
    text = "Change the yellow cells until the curve runs among the points."
    old = {text: polib.POEntry(msgid=text, msgstr="Ändere die gelben Zellen.")}
    kept = entry(text, Found(text, "Fit"), old, [])
    assert (kept.msgstr, kept.fuzzy, kept.comment) == ("Ändere die gelben Zellen.", False, "Sheet Fit")
    changed = entry(text.replace("until", "so that"), Found("", ""), old, [text])
    assert (changed.msgstr, changed.fuzzy) == ("Ändere die gelben Zellen.", True)
    new = entry("Something else in {1} words.", Found("Something else in 4 words.", ""), old, [text])
    assert (new.msgstr, new.fuzzy, new.comment) == ("", False, "Such as: Something else in 4 words.")


# ---- the workbook


def skeleton(book: Book) -> list[object]:
    """All that a book calculates, without the words in its formulas: operations and numbers, by the ids of blocks."""
    nodes = order(block.node for block in book.blocks)
    numbered = {node: i for i, node in enumerate(nodes)}

    def silent(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(silent, value))
        return "" if isinstance(value, str) else value

    graph = [(node.op, node.shape, silent(node.value), [numbered[source] for source in node.sources]) for node in nodes]
    placed = [
        (block.id, block.role, block.style, block.name, block.format, numbered[block.node]) for block in book.blocks
    ]
    return [graph, placed, list(book.names), [page.name for page in book.pages]]


def test_formulas_names_ids_and_sheets_are_those_of_the_english_workbook(both: tuple[Lesson, Lesson]) -> None:
    other, english = (one.book for one in both)
    assert skeleton(other) == skeleton(english)
    assert {text for page in other.pages for text in texts_of_formulas(page)} != {
        text for page in english.pages for text in texts_of_formulas(page)
    }


def test_another_number_in_a_formula_is_noticed() -> None:
    book, other = laid("quadratic", 0).book, laid("quadratic", 0).book
    page = other.pages[2]
    other.pages[2] = replace(page, blocks=[replace(page.blocks[0], node=page.blocks[0].node + 1e-9), *page.blocks[1:]])
    assert skeleton(book) != skeleton(other)


def too_long(book: Book) -> Iterator[str]:
    """The texts of a book that do not fit where they stand."""
    for page in book.pages:
        if len(page.about) > MOST_UNDER_A_TITLE:
            yield page.about
        yield from (one.text for one in page.texts if one.style == "try" and len(one.text) > MOST_IN_A_TASK)
        yield from (text for text in texts_of_formulas(page) if len(text) > MOST_IN_A_FORMULA)
        yield from (rule.message for rule in page.rules if len(rule.message) > MOST_IN_A_FORMULA)
        narrow = ("lead_top", "band_plain", "head_left", "word")
        for one in page.texts:
            wide = page.widths.get(one.col, len(one.text)) + 1
            if one.style in narrow and one.wide == 1 and len(one.text) > wide and _beside(page, one.row, one.col):
                yield one.text


def _beside(page: Page, row: int, col: int) -> bool:
    """Whether something stands to the right of a cell."""
    taken = any((row, col + 1) in block.area.cells() for block in page.blocks)
    return taken or any((one.row, one.col) == (row, col + 1) for one in page.texts)


def test_what_is_said_fits_its_place(both: tuple[Lesson, Lesson]) -> None:
    other, english = (one.book for one in both)
    assert not [*too_long(other)]
    for page, same in zip(other.pages, english.pages, strict=True):
        seen, seen_in_english = (Geometry(one).first_screen().charts for one in (page, same))
        charts = [same.charts.index(chart) for chart in seen_in_english]
        assert {*charts} <= {page.charts.index(chart) for chart in seen}, page.name


def test_a_text_that_is_too_long_is_noticed() -> None:
    book = laid("quadratic", 0).book
    page = next(page for page in book.pages if page.name == "Words")
    word = next(one for one in page.texts if one.style == "lead_top")
    page.texts[page.texts.index(word)] = replace(word, text="Steigungsgeschwindigkeitsmesser")
    page.about = "x" * 161
    assert [*too_long(book)] == ["x" * 161, "Steigungsgeschwindigkeitsmesser"]


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sn.build_lesson("quadratic", tmp_path_factory.mktemp("de") / "de.xlsx", language="de").path


def test_check_passes_and_sees_the_same_words(german: Path) -> None:
    report = sn.check(german)
    assert report.ok
    assert not report.presentation
    assert find_manifest(read(german)).workbook.settings["language"] == "de"


def test_the_file_speaks_german_where_only_writing_says_something(german: Path) -> None:
    parts = {name: text.decode() for name, text in read(german).package.parts.items() if name.endswith(".xml")}
    for words in ("So kam es", "war -", "Seite &amp;P von &amp;N", "&quot;richtig&quot;", "gleich"):
        assert any(words in text or words.replace("&quot;", '"') in text for text in parts.values()), words


def test_the_file_says_which_language_it_is_in(german: Path, lesson_file: Callable[[str], Path]) -> None:
    """In its properties and in its charts, for programs that read aloud or look at spelling."""
    for path, language in ((german, "de"), (lesson_file("quadratic"), "en")):
        assert load_workbook(path).properties.language == language
        with zipfile.ZipFile(path) as file:
            charts = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/charts/chart")]
        assert charts
        assert {lang[:2] for text in charts for lang in re.findall(r'lang(?: val)?="([^"]+)"', text)} == {language}


def test_blanks_in_german_are_told_to_the_teacher_in_english() -> None:
    blanks = laid("quadratic", 0, "de", blanks=True).blanks
    assert blanks is not None
    values = {f"blanks.says_{i}": np.array([["noch nicht ausgefüllt"]]) for i in range(1, len(blanks.found) + 1)}
    values["blanks.says_1"] = np.array([["richtig"]])
    assert blanks.told(values) == f"of {len(blanks.found)} blanks 1 right, {len(blanks.found) - 1} not filled in yet"


def test_that_a_formula_is_wanted_is_known_in_every_language() -> None:
    wanted = [[one.wants_formula for one in laid("relu", 0, language).exercises] for language in ("", "de")]
    assert wanted[0] == wanted[1]
    assert any(wanted[0])


def test_texts_of_every_own_table_have_places_for_a_persons_words() -> None:
    words = language_of("de", OWN)
    assert words is not None
    for lay in own_variants():
        with speaking(language := Language(words.texts, words.mark, "de")):
            book = lay().book
        assert not language.missing
        assert not unsaid(book, language)
        assert not [*too_long(book)]


# ---- what is refused


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("build", "quadratic", "--language", "xx"), "there are no texts in the language 'xx'; known are en, de"),
        (("build", "all", "--language", "de"), "--language is for one lesson"),
        (("build", "table.csv", "--language", "xx"), "there is no such file"),
    ],
)
def test_a_language_that_there_is_not_is_refused(
    args: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SheetnetError, match=re.escape(words)):
        CliRunner().invoke(main, args, catch_exceptions=False, standalone_mode=False)


def test_a_lesson_that_is_translated_by_less_than_half_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "ENOUGH", 101)
    with pytest.raises(SheetnetError, match="quadratic is not in the language 'de' yet; these are: "):
        language_of("de", "quadratic")


@pytest.mark.parametrize("language", [3, "../de", ["de"], "xx"])
def test_a_manifest_with_a_language_that_there_is_not_is_refused(language: object) -> None:
    with pytest.raises(SheetnetError, match="no texts in the language"):
        workbook_of("quadratic", {"torch_version": "2.13.0", "language": language})


def test_english_is_a_language_too(tmp_path: Path, lesson_file: Callable[[str], Path]) -> None:
    again = sn.build_lesson("quadratic", tmp_path / "en.xlsx", language="en")
    assert again.path.read_bytes() == lesson_file("quadratic").read_bytes()


def test_a_workbook_that_is_written_anew_keeps_its_language(german: Path, tmp_path: Path) -> None:
    again = sn.write_params(german, tmp_path / "again.xlsx", {})
    assert again.path.read_bytes() == german.read_bytes()


def test_a_class_is_graded_in_its_language(tmp_path: Path) -> None:
    (one,) = assign(tmp_path, ["Ada"], "quadratic", language="de")
    workbook = find_manifest(read(one.path)).workbook
    values = workbook.handed_out()
    assert values is not None
    right = workbook.exercises[0].truth(workbook.by_node(values))
    target, area = load_workbook(one.path), workbook.book.block(ANSWERS).area
    target[area.sheet].cell(area.row + 1, area.col + 1).value = right
    target[area.sheet].cell(area.row + 2, area.col + 1).value = -right
    target.save(tmp_path / "in.xlsx")
    (paper,) = grade([tmp_path / "in.xlsx"]).papers
    assert [answer.verdict for answer in paper.answers] == ["right", "wrong", *["not done"] * 11]
    assert paper.answers[0].question.startswith("Auf Fit: ")
    (key,) = {one.question for one in right_answers([one], "quadratic", language="de") if one.exercise == 1}
    assert key == paper.answers[0].question
