"""Every command ends with the exit code that its errors have, in one line and without a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from services.__main__ import SERVICES, blueprint
from services.cli.app import EVERYWHERE, OVER_HTTP, application, on_desk
from services.cli.desk import Desk, Services
from shared.core.errors import Conflict, Fault, InvalidInput, NotAllowed, NotFound, Refused, TooLarge, Unavailable

NO_SERVICES: Services = {}


def command_that(act: Callable[[], Any]) -> typer.Typer:
    async def does(desk: Desk, word: Annotated[str, typer.Argument()] = "x") -> Any:
        return act()

    app = typer.Typer()
    app.command("does")(on_desk(does, NO_SERVICES, {**EVERYWHERE, **OVER_HTTP}))
    return app


def raising(error: BaseException) -> Callable[[], Any]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("wrong"), 2),
        (TooLarge("too much"), 2),
        (NotFound("gone"), 1),
        (NotAllowed("who"), 1),
        (Refused("not now"), 1),
        (Conflict("late"), 1),
        (Unavailable("silence"), 4),
        (KeyboardInterrupt(), 130),
        (RuntimeError("surprise"), 1),
    ],
)
def test_an_error_has_its_exit_code_and_no_traceback(error: BaseException, code: int, tmp_path: Path) -> None:
    ended = CliRunner().invoke(command_that(raising(error)), ["--home", str(tmp_path)])
    assert ended.exit_code == code
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_an_error_is_one_line_with_its_faults_below(tmp_path: Path) -> None:
    error = InvalidInput("the file is wrong", [Fault("line 3", "has no comma")])
    ended = CliRunner().invoke(command_that(raising(error)), ["--home", str(tmp_path)])
    assert ended.stderr.splitlines() == ["retold: the file is wrong", "  line 3: has no comma"]


def test_an_error_from_outside_cannot_steer_the_terminal(tmp_path: Path) -> None:
    error = NotFound("no \x1b[31mred [bold]recording[/bold]")
    ended = CliRunner().invoke(command_that(raising(error)), ["--home", str(tmp_path)])
    assert "\x1b" not in ended.stderr
    assert "[bold]recording[/bold]" in ended.stderr


def test_with_json_an_error_is_an_object_on_standard_error(tmp_path: Path) -> None:
    error = InvalidInput("wrong", [Fault("/steps/1", "no event")])
    ended = CliRunner().invoke(command_that(raising(error)), ["--json", "--home", str(tmp_path)])
    told = json.loads(ended.stderr)
    assert told == {
        "error": "InvalidInput",
        "detail": "wrong",
        "errors": [{"pointer": "/steps/1", "detail": "no event"}],
    }
    assert ended.stdout == ""


def test_an_unexpected_error_shows_where_it_came_from_only_when_asked(tmp_path: Path) -> None:
    app = command_that(raising(ZeroDivisionError("by nothing")))
    plainly = CliRunner().invoke(app, ["--home", str(tmp_path)])
    assert "--debug" in plainly.stderr
    closely = CliRunner().invoke(app, ["--home", str(tmp_path), "--debug"])
    assert "Traceback" in closely.stderr
    assert closely.exit_code == 1


def test_a_command_gives_its_own_exit_code(tmp_path: Path) -> None:
    assert CliRunner().invoke(command_that(lambda: 3), ["--home", str(tmp_path)]).exit_code == 3
    assert CliRunner().invoke(command_that(lambda: None), ["--home", str(tmp_path)]).exit_code == 0


def whole() -> typer.Typer:
    return application({name: lambda name=name: blueprint(name) for name in SERVICES})


@pytest.mark.parametrize(
    "arguments",
    [
        ["recordings"],
        ["run", "x", "--csv", __file__],
        ["jobs"],
        ["watch"],
        ["results"],
        ["logs"],
        ["cancel", "last"],
        ["rerun", "last"],
        ["events"],
        ["rebuild", "ingest"],
        ["check", "all"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_where_nothing_runs_a_command_says_how_to_start_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("RETOLD_URL", "RETOLD_NATS_URL", "RETOLD_POSTGRES_URL"):
        monkeypatch.delenv(variable, raising=False)
    ended = CliRunner().invoke(whole(), [*arguments, "--home", str(tmp_path)])
    assert ended.exit_code == 4
    assert "retold up" in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run", "x"],
        ["run", "x", "--csv", "y", "--concurrency", "11"],
        ["serve", "nobody"],
        ["rebuild", "nobody"],
        ["rebuild", "ingest.nothing"],
        ["check", "nobody"],
        ["import", "/there/is/no/such/file"],
        ["events", "--since", "yesterday"],
        ["events", "--stream", "a b"],
        ["jobs", "--url", "not an address"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETOLD_TOKEN", "x")
    monkeypatch.setenv("RETOLD_HOME", str(tmp_path))
    ended = CliRunner().invoke(whole(), arguments)
    assert ended.exit_code == 2
    assert "Traceback" not in ended.stderr


def test_a_rebuild_of_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    ended = CliRunner().invoke(whole(), ["rebuild", "scheduler.jobs", "--home", str(tmp_path)])
    assert "scheduler.execution_jobs" in ended.stderr


def test_a_token_is_needed_for_services_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETOLD_TOKEN", raising=False)
    arguments = ["jobs", "--url", "https://retold.example", "--home", str(tmp_path)]
    ended = CliRunner().invoke(whole(), arguments)
    assert ended.exit_code == 2
    assert "RETOLD_TOKEN" in ended.stderr
