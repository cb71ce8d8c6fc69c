"""Saying on the command line how freely a recording is healed, and which rows wait."""

from tests.integration.test_command_line import Upright, imported, submitted, upright  # noqa: F401 - fixtures


async def test_a_recording_and_its_steps_say_how_freely_they_are_healed(upright: Upright, imported):  # noqa: F811
    said = await upright.retold("healing", imported["id"], "review", "--threshold", "85", "--json")
    assert (said.code, said.json["healing"]) == (0, {"mode": "review", "threshold": 85})
    said = await upright.retold("healing", imported["id"], "off", "--step", "2", "--json")
    assert said.json["steps"] == [{"step_number": 2, "healing": {"mode": "off"}}]
    assert said.json["healing"] == {"mode": "review", "threshold": 85}
    shown = await upright.retold("healing", imported["id"])
    assert all(word in shown.out for word in ("review", "85", "off"))


async def test_a_step_that_is_not_there_is_refused(upright: Upright, imported):  # noqa: F811
    refused = await upright.retold("healing", imported["id"], "off", "--step", "99")
    assert (refused.code, refused.out) == (1, "")
    assert "no step 99" in refused.err
    assert (await upright.retold("healing", imported["id"], "--step", "1")).code == 2


async def test_modes_that_contradict_each_other_are_refused(upright: Upright):  # noqa: F811
    table = ("--csv", upright.files / "table.csv")
    refused = await upright.retold("run", "x", *table, "--healing", "review", "--no-healing")
    assert (refused.code, refused.out) == (2, "")
    assert "contradict" in refused.err


async def test_that_no_row_waits_is_said(upright: Upright, submitted):  # noqa: F811
    none = await upright.retold("waiting", submitted["id"], "--json")
    assert (none.code, none.json) == (0, [])
    assert "no row waits" in (await upright.retold("waiting", submitted["id"])).err
