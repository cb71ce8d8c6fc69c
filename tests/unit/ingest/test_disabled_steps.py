"""Disabled steps of a recording ask for no column, and are in no file of another tool."""

import pytest

from services.ingest.adapters.exporting import Layout, exported
from services.ingest.adapters.template import described, template
from services.ingest.editing import SetStep, edited
from tests.unit.ingest.test_editing import recording

OFF, _ = edited(recording(), SetStep(2, {"disabled": True}))


def test_the_table_to_fill_in_has_no_column_for_a_disabled_step() -> None:
    assert template(OFF.variables, OFF.steps).splitlines()[0].endswith("pw")
    assert "Name" not in template(OFF.variables, OFF.steps)
    assert [each["required"] for each in described(OFF.variables, OFF.steps)] == [False, True, False]
    both, _ = edited(recording(), SetStep(3, {"disabled": True}))
    assert "pw" in template(both.variables, both.steps), "another step repeats it"


@pytest.mark.parametrize("layout", ["playwright", "chrome"])
def test_a_disabled_step_is_left_out_of_a_file_that_cannot_say_so_and_told(layout: Layout) -> None:
    file = exported(OFF, layout)
    assert "Ada" not in file.content
    assert (2, "not_carried") in [(note.step_number, note.kind) for note in file.fidelity]


def test_a_disabled_step_stays_disabled_in_canonical_json() -> None:
    assert '"disabled": true' in exported(OFF, "json").content
