"""One room plan, four times."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "scheduler", "runner", "healer")
ROOMS = {
    "__init__.py", "aggregates", "policies.py", "handlers.py", "loops.py", "known.py", "known_rules.py",
    "row_stream.py", "consumers.py", "progress.py", "fairness.py", "sweep.py", "projections.py", "queries.sql",
    "migrations", "adapters", "api.py", "logins.py", "standing.py", "pages.py", "templates", "settings.py", "main.py",
    "pacing.py", "row_options.py", "row_report.py", "keeping.py", "steering.py", "automation.py",
    "live.py", "watched_row.py", "api_live.py", "api_files.py",
    "api_recording.py", "recording_sessions.py", "recording_projections.py", "live_session.py", "live_viewers.py",
    "forwarding.py", "session_stream.py", "ending_sessions.py", "live_steps.py", "lost_sessions.py",
    "model_calls.py", "model_worker.py", "model_projections.py", "queries_model.sql", "api_model.py", "asking_model.py",
    "known_heals.py", "fragility.py", "revisions.py", "api_revisions.py", "api_security.py",
    "api_exports.py", "api_imports.py", "api_variables.py", "api_editing.py", "editing.py", "comparing.py",
    "reviewing.py", "row_told.py", "row_values.py", "stand_ins.py", "tenants.py", "waiting_rows.py", "api_healing.py",
}  # fmt: skip
NEEDED = {
    "__init__.py",
    "aggregates",
    "projections.py",
    "queries.sql",
    "migrations",
    "api.py",
    "settings.py",
    "main.py",
}
FORBIDDEN = {"manager", "utils", "util", "helpers", "helper", "common", "base", "impl", "data", "info", "process"}
SOURCES = sorted(
    path
    for folder in ("services", "shared")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".js") and "__pycache__" not in path.parts
)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_only_rooms_of_the_plan(service: str) -> None:
    found = {path.name for path in (ROOT / "services" / service).iterdir() if path.name != "__pycache__"}
    assert found <= ROOMS
    assert found >= NEEDED


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_for_and_fits_into_a_head(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    assert path.stem not in FORBIDDEN
    if path.suffix == ".py":
        assert ast.get_docstring(ast.parse(text)), "the module has no docstring"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".py"], ids=lambda path: path.name)
def test_what_is_public_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_subjects_are_spelled_in_one_file_alone() -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name != "subjects.py" and any(f"{quote}evt." in path.read_text("utf-8") for quote in ('"', "'"))
    ]
    assert elsewhere == []


def test_nothing_but_the_log_publishes_events() -> None:
    publishing = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.suffix == ".py" and ".publish(" in path.read_text("utf-8") and "testing" not in path.parts
    }
    log = {"shared/bus/jetstream.py", "shared/bus/publisher.py"}
    requests = {"shared/bus/puller.py", "shared/bus/work_queue.py", "shared/bus/durability.py"}
    other_streams = {"shared/lines.py", "services/runner/loops.py"}  # lines, and samples through them
    other_streams |= {"shared/pictures.py"}  # of rows that somebody watches; no stream keeps them
    other_streams |= {"shared/bus/heal_shelf.py"}  # a bucket, whose entries have a time to live
    other_streams |= {"shared/bus/reactions.py", "shared/bus/letters.py", "shared/bus/timers.py"}
    assert publishing <= log | requests | other_streams
