"""What a notebook's text says in numbers, its cells say too: beside the text, as code or as what they show."""

from __future__ import annotations

import re

import nbformat
import pytest
from keep_notebooks import NAMES, NUMBER, read, shown

NEAR = 3  # cells of code before a text, and after it; the first text and the questions at the end may speak of all
SPELLED = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11}
SPELLED |= {"twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
SHARES = ["half", "halves", "third", "thirds", "quarter", "tenth", "tenths", "thousandth", "twice"]
SAID = re.compile(
    r"(?P<about>about |over |more than )?(?<![\w.])(?:(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?![\w]*\()"
    rf"|(?P<word>{'|'.join([*SPELLED, *SHARES])})\b)",
    re.IGNORECASE,
)
NO_RESULT = {
    r"^#+ \d+\. |^# Lesson \d": "the number of the lesson",
    r"^\d+\. ": "a question's number",
    r"\blesson \d+": "another lesson",
    r"`\d\d_\w+\.xlsx`": "a file",
}
EXCEPTIONS = {
    "02_relu": {"halves": "what doubling the pieces does"},
    "03_matmul": {"twice": "how often a constant is counted"},
    "05_preparing": {"third": "the class", "891": "the rows of the table, counted at the top"},
    "06_learning_rate": {
        "twice": "by wiggling and by torch",
        "tenth": "the code divides by 10",
        "tenths": "0.3 in the code",
        "half": "of a cosine",
    },
    "14_attention": {"eleven": "the letters of the code"},
    "07_optimisers": {"half": "44.3 %", "tenth": "1 - 0.9 in the code", "thousandth": "1 - 0.999 in the code"},
    "15_transfer": {"half": "half precision: a name"},
}


def said_without_proof(book: nbformat.NotebookNode, exceptions: dict[str, str]) -> list[str]:
    """Each number of a text that no cell near it says and that is no exception, with the words about it."""
    found, last = [], len(book.cells) - 1
    for place, cell in enumerate(book.cells):
        if cell.cell_type != "markdown":
            continue
        proof = _numbers(book.cells if place in (0, last) else _near(book.cells, place))
        for text in cell.source.splitlines():
            for pattern in NO_RESULT:
                text = re.sub(pattern, "", text)
            found += [
                f"{cell.id}: {number[0].strip()} in: {text}"
                for number in SAID.finditer(text)
                if number[0].strip() not in exceptions and not _held(number, proof)
            ]
    return found


def _near(cells: list[nbformat.NotebookNode], place: int) -> list[nbformat.NotebookNode]:
    before = [cell for cell in cells[:place] if cell.cell_type == "code"]
    after = [cell for cell in cells[place:] if cell.cell_type == "code"]
    return before[-NEAR:] + after[:NEAR]


def _numbers(cells: list[nbformat.NotebookNode]) -> list[float]:
    """The size of each number in the code and in what it shows as text: pictures and HTML say no more."""
    texts = [cell.source for cell in cells if cell.cell_type == "code"]
    texts += [
        t
        for cell in cells
        if cell.cell_type == "code"
        for kind, t in shown(cell)
        if not kind.endswith(("/png", "/html"))
    ]
    return [abs(float(number[0].replace(",", ""))) for text in texts for number in NUMBER.finditer(text)]


def _held(number: re.Match[str], proof: list[float]) -> bool:
    """Whether a cell says it, rounded as the text rounds; "about 50" and "50,000" are round numbers."""
    if number["word"]:
        return SPELLED.get(number["word"].lower(), -1) in proof
    digits = number["digits"].replace(",", "")
    value, decimals = float(digits), len(digits.partition(".")[2])
    zeros = len(digits) - len(digits.rstrip("0")) if not decimals and (number["about"] or value >= 1000) else 0
    return any(abs(said - value) <= 0.5 * 10.0 ** (zeros - decimals) for said in proof)


@pytest.mark.parametrize("name", NAMES)
def test_each_number_of_a_text_is_in_a_cell_beside_it(name: str) -> None:
    assert said_without_proof(read(name), EXCEPTIONS.get(name, {})) == []


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_no_exception_is_left_over(name: str) -> None:
    needed = "\n".join(said_without_proof(read(name), {}))
    assert [number for number in EXCEPTIONS[name] if f": {number} in: " not in needed] == []


PLANTED = {  # a number that no cell says, of each kind: a result, a rounded one, a count, a spelled one, a share
    "01_quadratic": ("1.77", "1.78"),
    "02_relu": ("about 4", "about 5.5"),
    "03_matmul": ("712", "713"),
    "04_titanic": ("0.5", "0.57"),
    "05_preparing": ("50,000", "70,000"),
    "06_learning_rate": ("0.2215", "0.2225"),
    "07_optimisers": ("3.2 times", "3.3 times"),
    "08_validation": ("20 rows", "21 rows"),
    "09_classification": ("95.0 %", "95.5 %"),
    "10_deep": ("17 points", "18 points"),
    "11_embeddings": ("89.4 %", "88.4 %"),
    "12_convolution": ("2,340", "2,440"),
    "13_sequences": ("0.349", "0.359"),
    "14_attention": ("0.510", "0.517"),
    "15_transfer": ("0.439", "0.459"),
}


def test_each_notebook_has_a_planted_number() -> None:
    assert {*PLANTED} == {*NAMES}


def test_a_number_of_a_style_proves_nothing() -> None:
    table = '<table border="1" style="width:713px"><td>5</td></table>'
    shown_as = nbformat.v4.new_output("execute_result", {"text/html": table, "text/plain": "5"})
    cells = [nbformat.v4.new_markdown_cell("There are 713 rows."), nbformat.v4.new_code_cell("n", outputs=[shown_as])]
    assert len(said_without_proof(nbformat.v4.new_notebook(cells=cells), {})) == 1


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_number_is_noticed(name: str) -> None:
    book, (old, new) = read(name), PLANTED[name]
    texts = [cell for cell in book.cells if cell.cell_type == "markdown" and old in cell.source]
    assert texts
    texts[-1].source = texts[-1].source.replace(old, new)
    (found,) = said_without_proof(book, EXCEPTIONS.get(name, {}))
    assert new.split()[-1 if "about" in new else 0] in found
