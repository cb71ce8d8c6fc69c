"""The cases, by theme, and which driver performs which."""

import os

from tests.conformance.case import NOT_CHROMIUM, Case
from tests.conformance.cases import dialogs, fields, frames, keys, late, looking, navigation, pointer, transfer, waiting

THEMES = (fields, keys, pointer, frames, late, navigation, dialogs, transfer, waiting, looking)
CASES: tuple[Case, ...] = tuple(case for theme in THEMES for case in theme.CASES)
# Firefox and WebKit take their time: without this variable they perform the first cases of every theme only.
ALL = "RETOLD_CONFORMANCE"
FEW = frozenset(case.name for theme in THEMES for case in theme.CASES[:2])


def why_not(case: Case, driver: str) -> str | None:
    """Why a driver does not perform a case, if it does not."""
    if driver in NOT_CHROMIUM and case.name not in FEW and os.environ.get(ALL) != "all":
        return f"only with {ALL}=all"
    return case.unable.get(driver)
