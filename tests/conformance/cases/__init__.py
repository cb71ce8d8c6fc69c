"""The cases, by theme, and which driver performs which."""

import os

from tests.conformance.case import Case
from tests.conformance.cases import dialogs, fields, frames, keys, late, looking, navigation, pointer, transfer, waiting

THEMES = (fields, keys, pointer, frames, late, navigation, dialogs, transfer, waiting, looking)
CASES: tuple[Case, ...] = tuple(case for theme in THEMES for case in theme.CASES)
# Chromium over our own connection performs all; the others, which take their time, only the first cases of every theme
# without this variable.
EVERYTHING = "cdp"
ALL = "RETOLD_CONFORMANCE"
FEW = frozenset(case.name for theme in THEMES for case in theme.CASES[:2])


def why_not(case: Case, driver: str) -> str | None:
    """Why a driver does not perform a case, if it does not."""
    if driver != EVERYTHING and case.name not in FEW and os.environ.get(ALL) != "all":
        return f"only with {ALL}=all"
    return case.unable.get(driver)
