"""Excel's Solver, preset on a sheet: it keeps its settings in hidden names of that sheet."""

from __future__ import annotations

from sheetnet.graph.dialect import number
from sheetnet.page.book import Solver

SOLVES = ("solver_adj", "solver_opt", "solver_typ", "solver_num")  # cells, target, minimise, no constraints


def solver_settings(solver: Solver) -> dict[str, str]:
    """The hidden names and their values: minimise the target by changing cells, GRG, negative allowed."""
    minimise, grg, negative_allowed = 2, 1, 2
    unlimited = 2147483647
    settings: dict[str, str | float] = {
        "solver_adj": solver.changing.full(),
        "solver_cvg": 0.0001,
        "solver_drv": 2,  # central differences
        "solver_eng": grg,
        "solver_est": 1,
        "solver_itr": unlimited,
        "solver_mip": unlimited,
        "solver_mni": 30,
        "solver_mrt": 0.075,
        "solver_msl": 2,
        "solver_neg": negative_allowed,
        "solver_nod": unlimited,
        "solver_num": 0,
        "solver_nwt": 1,
        "solver_opt": solver.target.full(),
        "solver_pre": 0.000001,
        "solver_rbv": 1,
        "solver_rlx": 2,
        "solver_rsd": 0,
        "solver_scl": 1,
        "solver_sho": 2,
        "solver_ssz": 100,
        "solver_tim": unlimited,
        "solver_tol": 0.01,
        "solver_typ": minimise,
        "solver_val": 0,
        "solver_ver": 3,
    }
    return {key: value if isinstance(value, str) else number(value) for key, value in settings.items()}
