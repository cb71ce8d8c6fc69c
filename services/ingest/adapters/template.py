"""The table that a person fills in for a recording: its columns, and an example row without anything secret."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.recording import Step, Variable
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import event_of, is_disabled, is_password

BOM = "\ufeff"  # spreadsheet programs read a file as UTF-8 by it


def described(variables: Mapping[str, Variable], steps: Iterable[Step]) -> list[dict[str, Any]]:
    """What can be said of each variable, in the order of the steps: its column, kind, need, and an example."""
    step_of = {step.step_number: step for step in steps}
    idle = _idle(variables, step_of)
    return [
        {
            "label": label,
            "column": column_of(label, variable),
            "csv_column": variable.csv_column,
            "type": variable.type,
            "required": variable.required and label not in idle,
            "same_as": variable.same_as,
            "step_number": variable.step_number,
            "secret": (secret := _is_secret(step_of.get(variable.step_number))),
            "recorded": _is_recorded(step_of.get(variable.step_number)),
            "example": _example(label, variable, step_of.get(variable.step_number), secret=secret),
        }
        for label, variable in sorted(variables.items(), key=lambda entry: entry[1].step_number)
    ]


def template(variables: Mapping[str, Variable], steps: Iterable[Step]) -> str:
    """CSV with a column for each variable that is no repetition of another and is used, and one example row."""
    steps = list(steps)
    idle = _idle(variables, {step.step_number: step for step in steps})
    columns = [each for each in described(variables, steps) if not each["same_as"] and each["label"] not in idle]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(each["column"] for each in columns)
    table.writerow(each["example"] for each in columns)
    return BOM + written.getvalue()


def column_of(label: str, variable: Variable) -> str:
    """The column that fills it: the one that a person named, else the one called like it."""
    return variable.csv_column or label


def _idle(variables: Mapping[str, Variable], step_of: Mapping[int, Step]) -> set[str]:
    """Labels that fill nothing but steps that are disabled."""
    disabled = {
        label
        for label, variable in variables.items()
        if variable.step_number in step_of and is_disabled(step_of[variable.step_number])
    }
    return disabled - {variable.same_as for label, variable in variables.items() if label not in disabled}


def _is_secret(step: Step | None) -> bool:
    return step is not None and is_password(step)


def _is_recorded(step: Step | None) -> bool:
    return step is not None and bool(step.value)


def _example(label: str, variable: Variable, step: Step | None, *, secret: bool) -> str:
    """What was recorded, where it may be shown; else a word in angle brackets, which nobody takes for a value."""
    if step is not None and step.value and not secret and not is_sealed(step.value):
        return _harmless(step.value) if step.metadata.get("interpolate") is not True else ""
    match variable.type:
        case "checkbox":
            return "false" if step is not None and event_of(step) == "uncheck" else "true"
        case "file":
            return "<the file as `retold upload` names it>"
        case _:
            return f"<{label}>"


def _harmless(value: str) -> str:
    """A spreadsheet program would take it for a formula otherwise."""
    return f"<{value}>" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
