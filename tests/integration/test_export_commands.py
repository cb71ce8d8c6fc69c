"""`retold export-recording` on the command line, against services on their own NATS and Postgres."""

import ast
import json

from shared.contracts.sealed import SEALED_PREFIX
from tests.integration.test_command_line import Upright, imported, upright  # noqa: F401 - fixtures


async def test_a_recording_is_written_in_each_format(upright: Upright, imported):  # noqa: F811
    script = upright.files / "exported.py"
    told = await upright.retold("export-recording", imported["id"], "--format", "playwright", "--output", script)
    assert (told.code, told.out) == (0, ""), told.err
    functions = [one.name for one in ast.parse(script.read_text()).body if isinstance(one, ast.FunctionDef)]
    assert "replay_row" in functions
    chrome = await upright.retold("export-recording", imported["id"], "--format", "chrome", "--json")
    assert len(json.loads(chrome.json["content"])["steps"]) == len(imported["steps"])


async def test_what_is_exported_can_be_imported_again(upright: Upright, imported):  # noqa: F811
    plain = await upright.retold("export-recording", imported["id"])
    again = upright.files / "again.json"
    again.write_text(plain.out)
    shown = (await upright.retold("import", again, "--json")).json
    assert [step["event"] for step in shown["steps"]] == [step["event"] for step in imported["steps"]]
    assert SEALED_PREFIX not in plain.out


async def test_a_recording_that_is_not_there_is_told(upright: Upright):  # noqa: F811
    told = await upright.retold("export-recording", "no such recording")
    assert told.code == 1
    assert told.err.count("\n") == 1
