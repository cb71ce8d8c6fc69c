"""A recording's variables as a person wants them: which column fills each, and which are needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.recording import Variable
from shared.core.errors import Fault, InvalidInput

MAX_COLUMN = 255


@dataclass(frozen=True, slots=True)
class Wishes:
    """By label: the column that fills it (none: the one that is called like the label), and whether it is needed."""

    columns: Mapping[str, str | None]
    required: Mapping[str, bool]


def wished(variables: Mapping[str, Variable], wishes: Wishes) -> dict[str, Variable]:
    """The variables that become others by the wishes. Raises `InvalidInput` for what cannot be."""
    changed: dict[str, Variable] = {}
    for label in dict.fromkeys([*wishes.columns, *wishes.required]):
        if label not in variables:
            known = ", ".join(f'"{each[:60]}"' for each in list(variables)[:20]) or "none"
            raise InvalidInput(f'the recording has no variable "{label[:60]}"; it has: {known}')
        variable = variables[label]
        more: dict[str, Any] = {}
        if label in wishes.columns:
            more["csv_column"] = _column(label, wishes.columns[label])
        if label in wishes.required:
            more["required"] = wishes.required[label]
        if any(getattr(variable, key) != value for key, value in more.items()):
            changed[label] = variable.model_copy(update=more)
    _refuse_shared_columns({**variables, **changed})
    return changed


def _column(label: str, wanted: str | None) -> str | None:
    column = (wanted or "").strip()
    if len(column) > MAX_COLUMN or not column.isprintable():
        detail = f"the name of a column has at most {MAX_COLUMN} characters, all of which can be printed"
        raise InvalidInput(f'"{label[:60]}": {detail}', [Fault(f"/columns/{label}", detail)])
    return column or None


def _refuse_shared_columns(variables: Mapping[str, Variable]) -> None:
    """A column that two variables name would fill neither: whoever plans a job could not choose."""
    label_of: dict[str, str] = {}
    for label, variable in variables.items():
        if variable.csv_column is None:
            continue
        other = label_of.setdefault(variable.csv_column, label)
        if other != label:
            raise InvalidInput(f'the column "{variable.csv_column[:60]}" would fill both "{other}" and "{label}"')
