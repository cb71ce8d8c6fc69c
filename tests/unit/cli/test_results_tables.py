"""Results as a CSV file that no spreadsheet runs, and the overview of steps."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.results import disarmed, overview, write_csv


def row(index: int, **fields: Any) -> dict[str, Any]:
    empty = {"status": "success", "error_type": None, "error_message": None, "duration": 10, "row_data": {}}
    return {"row_index": index, **empty, "step_results": [], **fields}


@pytest.mark.parametrize("text", ["=1+1", "+49 170", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert disarmed(text) == f"'{text}"


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not disarmed(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_harmless_cells_stay_as_they_are() -> None:
    assert [disarmed(value) for value in ("a=b", "", None, 12, "Ada")] == ["a=b", "", "", "12", "Ada"]


def test_the_csv_file_has_our_columns_then_the_tables() -> None:
    rows = [
        row(0, row_data={"name": "Ada, Countess", "status": "new"}),
        row(1, row_data={"name": "=cmd()"}, status="failed", error_type="not_found", error_message="no\nbutton"),
    ]
    file = io.StringIO()
    write_csv(file, ["name", "status"], rows)
    read = list(csv.reader(io.StringIO(file.getvalue())))
    assert read == [
        ["row_index", "status", "error_type", "error_message", "duration", "name", "data.status"],
        ["0", "success", "", "", "10", "Ada, Countess", "new"],
        ["1", "failed", "not_found", "no\nbutton", "10", "'=cmd()", ""],
    ]


def test_what_rows_extracted_is_in_columns_behind_the_tables():
    rows = [
        row(0, row_data={"name": "Ada"}, extracted={"number": "10442", "name": "A. Lovelace"}),
        row(1, row_data={"name": "Bob"}, extracted={"total": "=1+1"}),
        row(2, row_data={"name": "Cid"}),
    ]
    file = io.StringIO()
    write_csv(file, ["name"], rows)
    read = [line[5:] for line in csv.reader(io.StringIO(file.getvalue()))]
    assert read == [
        ["name", "number", "extracted.name", "total"],
        ["Ada", "10442", "A. Lovelace", ""],
        ["Bob", "", "", "'=1+1"],
        ["Cid", "", "", ""],
    ]


def test_a_header_that_looks_like_a_formula_is_disarmed_too() -> None:
    file = io.StringIO()
    write_csv(file, ["=HYPERLINK(1)"], [])
    assert file.getvalue().strip().endswith("'=HYPERLINK(1)")


def test_the_overview_counts_how_each_step_was_found() -> None:
    def result(number: int, status: str, duration: int, **more: Any) -> dict[str, Any]:
        return {"stepNumber": number, "status": status, "duration": duration, **more}

    recorded = {"foundBy": "recorded", "strategy": "id"}
    healed = {"foundBy": "healed", "strategy": "fuzzy"}
    rows = [
        row(0, step_results=[result(1, "completed", 5), result(2, "completed", 10, **recorded)]),
        row(1, step_results=[result(1, "completed", 7), result(2, "completed", 30, warning="look", **healed)]),
        row(2, step_results=[result(1, "completed", 6), result(2, "failed", 50)]),
        row(3, step_results=[result(1, "failed", 8), result(2, "skipped", 0)]),
    ]
    first, second, third = overview(rows, {1: "navigate", 2: "click Save", 3: "click More"})
    assert (first.completed, first.failed, first.median_ms) == (3, 1, 6.5)
    assert (second.completed, second.failed, second.median_ms) == (2, 1, 30)
    assert second.found == {"recorded": 1, "healed": 1}
    assert second.strategies == {"id": 1, "fuzzy": 1}
    assert (first.warnings, second.warnings) == (0, 1)
    assert (third.what, third.completed, third.median_ms) == ("click More", 0, None)
