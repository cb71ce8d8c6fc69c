"""Which column of a table fills which step."""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Variable
from shared.core.errors import Fault, InvalidInput

_NUMBER = re.compile(r" \(\d+\)$")  # importers tell fields of one name apart by it


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`mapping`: column → label. `unmapped`: columns that fill nothing. `missing`: required labels left empty."""

    mapping: dict[str, str]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]


def map_columns(
    table_columns: Iterable[str],
    variables: Mapping[str, Variable],
    explicit: Mapping[str, str],
    defaults: Collection[str] = (),
) -> ColumnMapping:
    """Give each column its label: as told (`explicit`: column → label), by the variable's `csvColumn`, by its name.

    Names are the same when they differ only in capitals, spaces, `_` and `-`. `defaults`: the labels with a recorded
    value; what is required and has neither is `missing`, for the caller to refuse. `InvalidInput` for an unknown name,
    two columns on one label, and a table of which no column fills anything: every row would repeat what was recorded.
    """
    columns = tuple(table_columns)
    mapping = _as_told(columns, variables, explicit)
    wanted = {label: variable.csv_column for label, variable in variables.items() if variable.csv_column}
    own_names = {label: label for label in variables}
    for names, same in ((wanted, str), (wanted, _folded), (own_names, str)):
        _by_name(columns, names, same, mapping)
    _refuse_doubtful(columns, variables, mapping)
    _by_name(columns, own_names, _folded, mapping)
    filled = set(mapping.values())
    missing = tuple(
        label
        for label, variable in variables.items()
        if variable.required and not variable.default_value and label not in filled and label not in defaults
    )
    if variables and not mapping:
        raise InvalidInput(
            f"No column fills any step: the table has {_listed(columns)}, the recording {_listed(variables)}; "
            "rename columns, or map them with --map COLUMN=LABEL."
        )
    return ColumnMapping(mapping, tuple(column for column in columns if column not in mapping), missing)


def columns_now(
    mapping: Mapping[str, str], then: RecordingSnapshot, now: RecordingSnapshot, stood: Sequence[int]
) -> dict[str, str]:
    """The mapping of a job for a later revision: each column fills the step that it filled, however that is called now.

    `stood`: where each of today's steps stood then. A column whose step is gone fills nothing.
    """
    called = {was: step.label for was, step in zip(stood, now.steps, strict=True) if was}
    found: dict[str, str] = {}
    for column, label in mapping.items():
        variable = then.variables.get(label)
        following = called.get(variable.step_number) if variable else None
        for candidate in (following, label):  # what was deleted and came back by an undoing stands there as new
            if candidate is not None and candidate in now.variables and candidate not in found.values():
                found[column] = candidate
                break
    return found


def _as_told(
    columns: tuple[str, ...], variables: Mapping[str, Variable], explicit: Mapping[str, str]
) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for told_column, told_label in explicit.items():
        column = _known(told_column, columns, "column of the table")
        label = _known(told_label, variables, "label of the recording")
        if column in mapping:
            raise InvalidInput(f'The column "{column}" is mapped twice; map it to one label.')
        if label in mapping.values():
            raise _two_columns(label, [other for other, taken in mapping.items() if taken == label] + [column])
        mapping[column] = label
    return mapping


def _known(told: str, names: Iterable[str], what: str) -> str:
    """The name as it is spelled; told exactly, or otherwise alike when only one is."""
    names = tuple(names)
    if told in names:
        return told
    alike = [name for name in names if _folded(name) == _folded(told)]
    if len(alike) == 1:
        return alike[0]
    near = difflib.get_close_matches(told, names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {_listed(names)}."
    raise InvalidInput(f'"{told}" is no {what}; {hint}', [Fault(told, hint)])


def _by_name(
    columns: tuple[str, ...], names: Mapping[str, str], same: Callable[[str], str], mapping: dict[str, str]
) -> None:
    """Map the labels that no column fills yet to the one free column of their name."""
    filled = set(mapping.values())
    labels_of: dict[str, list[str]] = {}
    for label, name in names.items():
        if label not in filled:
            labels_of.setdefault(same(name), []).append(label)
    found: dict[str, list[str]] = {}
    for column in columns:
        if column not in mapping and same(column) in labels_of:
            found.setdefault(same(column), []).append(column)
    for name, free in found.items():
        labels = labels_of[name]
        if len(labels) > 1:
            raise _several_labels(free[0], labels)
        if len(free) > 1:
            raise _two_columns(labels[0], free)
        mapping[free[0]] = labels[0]


def _refuse_doubtful(columns: tuple[str, ...], variables: Mapping[str, Variable], mapping: Mapping[str, str]) -> None:
    """Refuse a column that names a label of which there are several: `username`, `Username` and `Username (2)`.

    The first of them is often the login of the person who recorded.
    """
    filled = set(mapping.values())
    free = [label for label, variable in variables.items() if label not in filled and not variable.same_as]
    for column in columns:
        labels = [label for label in free if _folded(_NUMBER.sub("", label)) == _folded(column)]
        if column not in mapping and len(labels) > 1:
            raise _several_labels(column, labels)


def _several_labels(column: str, labels: list[str]) -> InvalidInput:
    choice = f'--map "{column}={labels[-1]}"'
    return InvalidInput(f'The column "{column}" could fill {_listed(labels)}; say which, for example {choice}.')


def _two_columns(label: str, columns: list[str]) -> InvalidInput:
    return InvalidInput(
        f'The columns {_listed(columns)} would both fill "{label}"; choose one with --map "{columns[0]}={label}", '
        "or rename the other."
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    shown = ", ".join(f'"{name[:80]}"' for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
