"""The commands and their options; what they do stands in the modules of their names."""

import asyncio
import inspect
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import (
    archiving,
    artifacts,
    as_of,
    automating,
    catalogue,
    checking,
    dead_letters,
    editing_recordings,
    erasing,
    events,
    exporting,
    exporting_recordings,
    fleet,
    heals,
    importing,
    jobs,
    logs,
    model_calls,
    rebuilding,
    recording,
    results,
    reviewing,
    revising,
    serving,
    tracing,
    uploading,
    url_policies,
    variables,
    verifying,
    watching,
)
from services.cli.desk import Desk, Services
from services.cli.showing import plain
from shared.core.errors import InvalidInput, RetoldError, Unavailable
from shared.laptop import default_home
from shared.ops.logging import configure_logging

Commands = tuple[tuple[str, Callable[..., Any]], ...]

OK, ERROR, USAGE, JOB_FAILED, NOT_REACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 130
PANEL = "Everywhere"
EVERYWHERE: dict[str, tuple[Any, Any]] = {
    "as_json": (
        Annotated[bool, typer.Option("--json", help="JSON on standard output.", rich_help_panel=PANEL)],
        False,
    ),
    "home": (
        Annotated[
            Path | None,
            typer.Option("--home", envvar="RETOLD_HOME", help="The folder of `retold up`.", rich_help_panel=PANEL),
        ],
        None,
    ),
    "debug": (
        Annotated[
            bool, typer.Option("--debug", help="Show where an unexpected error came from.", rich_help_panel=PANEL)
        ],
        False,
    ),
}
OVER_HTTP: dict[str, tuple[Any, Any]] = {
    "url": (
        Annotated[
            str | None,
            typer.Option(
                "--url",
                envvar="RETOLD_URL",
                help="Speak to these services, with RETOLD_TOKEN, instead of the ones of `retold up`.",
                rich_help_panel=PANEL,
            ),
        ],
        None,
    ),
}


def application(services: Services) -> typer.Typer:
    """The command line over these services (name → how to get its blueprint)."""
    app = typer.Typer(
        name="retold",
        help="Records what a person does in a browser once, and retells it for every row of a table.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    over_http: Commands = (
        ("import", importing.import_recording),
        ("record", recording.record),
        ("recordings", importing.recordings),
        ("export-recording", exporting_recordings.export_recording),
        ("variables", variables.variables),
        ("template", variables.template),
        ("history", revising.history),
        ("diff", revising.diff),
        ("undo", revising.undo),
        ("upload", uploading.upload),
        ("run", jobs.run),
        ("automate", automating.automate),
        ("jobs", jobs.jobs),
        ("watch", watching.watch),
        ("results", results.results),
        ("waiting", reviewing.waiting),
        ("healing", reviewing.healing),
        ("logs", logs.logs),
        ("artifacts", artifacts.artifacts),
        ("pause", jobs.pause),
        ("resume", jobs.resume),
        ("prioritize", jobs.prioritize),
        ("cancel", jobs.cancel),
        ("rerun", jobs.rerun),
        ("fragility", heals.fragility),
        ("model-calls", model_calls.model_calls),
        ("security-events", url_policies.security_events),
        ("options", jobs.options),
        ("browsers", fleet.browsers),
        ("workers", fleet.workers),
    )
    by_operators: Commands = (
        ("up", serving.up),
        ("serve", serving.serve),
        ("setup-database", serving.setup_database),
        ("check", checking.check),
        ("rebuild", rebuilding.rebuild),
        ("erase", erasing.erase),
    )
    for_audits: Commands = (
        ("events", events.events),
        ("as-of", as_of.as_of),
        ("trace", tracing.trace),
        ("export", exporting.export),
        ("verify", verifying.verify),
        ("archive", archiving.archive),
        ("restore", archiving.restore),
        ("catalogue", catalogue.catalogue),
    )
    put_aside: Commands = (
        ("list", dead_letters.list_letters),
        ("show", dead_letters.show),
        ("retry", dead_letters.retry),
        ("drop", dead_letters.drop),
    )
    for name, function in over_http:
        command = on_desk(function, services, {**EVERYWHERE, **OVER_HTTP})
        app.command(name, rich_help_panel="Recordings and jobs")(command)
    for name, function in by_operators:
        app.command(name, rich_help_panel="Operation")(on_desk(function, services, EVERYWHERE))
    for name, function in for_audits:
        app.command(name, rich_help_panel="The log, for audits")(on_desk(function, services, EVERYWHERE))
    letters = typer.Typer(name="dead-letters", help="Events that were put aside: look at them, retry, drop.")
    for name, function in put_aside:
        letters.command(name)(on_desk(function, services, EVERYWHERE))
    rules = typer.Typer(name="policies", help="Which addresses browsers may open: list, allow, deny, remove.")
    for name, function in url_policies.COMMANDS:
        rules.command(name)(on_desk(function, services, {**EVERYWHERE, **OVER_HTTP}))
    healed = typer.Typer(name="heals", help="What was healed: list it, show one, accept it, reject it.")
    healed.callback(invoke_without_command=True)(on_desk(heals.list_heals, services, {**EVERYWHERE, **OVER_HTTP}))
    for name, function in heals.COMMANDS:
        healed.command(name)(on_desk(function, services, {**EVERYWHERE, **OVER_HTTP}))
    edit = typer.Typer(name="edit", help="Edit a recording: retold edit RECORDING COMMAND.")
    edit.callback(no_args_is_help=True)(editing_recordings.choose)
    for name, function in editing_recordings.COMMANDS:
        edit.command(name)(on_desk(function, services, {**EVERYWHERE, **OVER_HTTP}))
    app.add_typer(edit, rich_help_panel="Recordings and jobs")
    app.add_typer(healed, rich_help_panel="Recordings and jobs")
    app.add_typer(rules, rich_help_panel="Recordings and jobs", no_args_is_help=True)
    app.add_typer(letters, rich_help_panel="Operation", no_args_is_help=True)
    return app


def on_desk(
    function: Callable[..., Any], services: Services, options: dict[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """A command from a function whose first parameter is the desk: adds the options that all commands take."""
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[1:]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in options.items()
    ]

    @wraps(function)
    def command(**given: Any) -> None:
        debug = given.pop("debug")
        as_json = given.pop("as_json")
        home = given.pop("home") or default_home()
        desk = Desk(services, home.expanduser().absolute(), as_json, given.pop("url", None))
        code = carry_out(lambda: function(desk, **given), desk, debug=debug)
        if code:
            raise typer.Exit(code)

    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    command.__signature__ = inspect.Signature([*keyword_only, *added])  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *added)}
    return command


def carry_out(act: Callable[[], Any], desk: Desk, *, debug: bool) -> int:
    """Do it and say what went wrong in one line. Returns the exit code."""
    configure_logging("text", logging.DEBUG if debug else logging.WARNING)
    try:
        done = act()
        code = asyncio.run(done) if inspect.iscoroutine(done) else done
        return int(code or OK)
    except RetoldError as error:
        _tell(desk, error)
        return NOT_REACHABLE if isinstance(error, Unavailable) else USAGE if isinstance(error, InvalidInput) else ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (`retold events | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        _tell(
            desk,
            RetoldError(
                f"unexpected {type(error).__name__}: {error}" + ("" if debug else "; run it with --debug for details")
            ),
        )
        return ERROR


def _tell(desk: Desk, error: RetoldError) -> None:
    faults = [fault for fault in error.faults if fault.detail not in error.detail]
    if desk.as_json:
        told = {
            "error": type(error).__name__,
            "detail": error.detail,
            "errors": [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults],
        }
        sys.stderr.write(json.dumps(told) + "\n")
        return
    lines = error.detail.splitlines() or [""]
    desk.note("\n".join([f"retold: {plain(lines[0])}", *(f"  {plain(line)}" for line in lines[1:])]))
    for fault in faults:
        desk.note(f"  {plain(fault.pointer)}: {plain(fault.detail)}")
