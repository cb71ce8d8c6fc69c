"""The cases, by theme."""

from tests.conformance.case import Case
from tests.conformance.cases import dialogs, fields, frames, keys, late, looking, navigation, pointer, transfer, waiting

THEMES = (fields, keys, pointer, frames, late, navigation, dialogs, transfer, waiting, looking)
CASES: tuple[Case, ...] = tuple(case for theme in THEMES for case in theme.CASES)
