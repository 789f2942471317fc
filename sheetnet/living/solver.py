"""Excel's own Solver, run on the open workbook: target and changing cells are preset on the sheets of the models."""

from __future__ import annotations

from sheetnet.errors import EngineError, LiveError
from sheetnet.living.session import LiveSession

SAID = {
    0: "Solver found a solution", 1: "Solver converged", 2: "Solver cannot improve the solution",
    3: "Solver stopped at its largest number of iterations", 10: "Solver stopped at its time limit",
}  # fmt: skip


def expect_solver(live: LiveSession, model: str | None = None) -> str:
    """The sheet on which Solver will run.

    Raises: LiveError where the workbook is not open in Excel.
    """
    key, known = live._known(model)
    place = live.place(key)
    sheet = place.loss.area.sheet
    if len(place.blocks) > 1:
        raise LiveError(
            f"{live.path}: {known.title} has its parameters in {len(place.blocks)} blocks, and Solver's changing cells"
            " are one; let torch train it, without --solver"
        )
    if not live.engine_session.has_solver:
        raise LiveError(
            f"{live.path}: --solver runs Excel's Solver, and this workbook is not open in Excel. In LibreOffice:"
            f" Tools > Solver on the sheet {sheet}, with the weights as changing cells; or leave"
            " --solver away and let torch train"
        )
    return sheet


def solve(live: LiveSession, model: str | None = None) -> str:
    """Run Solver on the sheet to which push() writes a model's weights; what it said, in words.

    Raises: LiveError where there is no Excel or no Solver, with what to do, and when Solver finds no solution.
    """
    sheet = expect_solver(live, model)
    try:
        code = live.patiently(lambda: live.engine_session.solve(sheet))
    except EngineError as reason:
        raise LiveError(
            f"{reason}\nExcel's Solver did not run. Switch it on: File > Options > Add-ins > Excel Add-ins > Go >"
            " Solver Add-in (Mac: Tools > Excel Add-ins), run it once by hand, then start again"
        ) from None
    if code not in SAID:
        raise LiveError(f"{live.path}: Solver found no solution on the sheet {sheet} (its code {code})")
    return SAID[code]
