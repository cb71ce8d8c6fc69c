"""How `retold record` looks: the steps as they come on a terminal, a line a step elsewhere, JSON for machines."""

from types import TracebackType
from typing import Any, Self

from rich.live import Live
from rich.table import Table

from services.cli.desk import Desk
from services.cli.showing import cell, cut, moment, plain, table

ERROR = 1
LINES_KEPT_FREE = 6  # of the terminal, for what stands above and below the steps


class StepsShown:
    """A context manager: the steps, shown as long as it is open."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._steps: list[dict[str, Any]] = []
        self._said = ""
        live = desk.notes.is_terminal and not desk.as_json
        self._live = Live(console=desk.notes, auto_refresh=False) if live else None
        self._lines = 0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, steps: list[dict[str, Any]]) -> None:
        """The whole list, as it is now."""
        before, self._steps = self._steps, steps
        if self._desk.as_json:
            self._print_changes(before)
        elif self._live:
            room = max(3, self._desk.notes.height - LINES_KEPT_FREE)
            self._live.update(_steps(steps[-room:]), refresh=True)
        else:
            self._tell_lines(len(steps) - 1)  # the last one may still grow

    def note(self, text: str) -> None:
        """Something a person should know."""
        if self._desk.as_json:
            self._desk.print_json({"kind": "note", "message": text}, line=True)
        else:
            self._desk.note(plain(text))

    def state(self, session: dict[str, Any]) -> None:
        """The session as it is now; said where that changed."""
        said = "paused" if session.get("paused") else str(session["status"])
        if said != self._said and self._said and said in ("paused", "idle", "active"):
            words = {"paused": "paused: nothing is recorded", "active": "recording goes on"}
            self.note(words.get(said) or f"nothing was done for a while: it ends at {moment(session.get('idle_at'))}")
        self._said = said
        if said in ("terminated", "error") and not self._desk.as_json and not self._live:
            self._tell_lines(len(self._steps))

    def _print_changes(self, before: list[dict[str, Any]]) -> None:
        known = {step["id"]: step for step in before}
        for step in self._steps:
            if known.pop(step["id"], None) != step:
                self._desk.print_json({"kind": "step", **step}, line=True)
        for gone in known:
            self._desk.print_json({"kind": "removed", "id": gone}, line=True)

    def _tell_lines(self, until: int) -> None:
        for step in self._steps[self._lines : until]:
            self._desk.note(f"{step['number']:>4}  {' '.join(filter(None, _words(step)))}")
        self._lines = max(self._lines, until)


def _words(step: dict[str, Any]) -> tuple[str, str, str]:
    value = "(secret)" if step.get("secret") else plain(step.get("value"))
    return plain(step["type"]).replace("_", " "), plain(step.get("label")), cut(value, 60)


def _steps(steps: list[dict[str, Any]]) -> Table:
    shown = table("step", "what", "label", "value", right=("step",))
    for step in steps:
        what, label, value = _words(step)
        shown.add_row(cell(step["number"]), cell(what), cell(cut(label, 50)), cell(value))
    return shown


def tell_start(desk: Desk, session: dict[str, Any], view: str, *, on_screen: bool) -> None:
    """Where the browser is."""
    if desk.as_json:
        told = {field: session.get(field) for field in ("id", "recording_id", "expires_at")}
        desk.print_json({"kind": "started", **told, "on_screen": on_screen, "view": view}, line=True)
        return
    if on_screen:
        desk.note("do the task in the window that has opened; close it, or press Ctrl-C here, when you are done")
        desk.note(f"the steps, to rename or delete: {view}")
    else:
        desk.note(f"do the task here: {view}")
        desk.note("press Stop there, or Ctrl-C here, when you are done")
    desk.note(f"it ends by itself at {moment(session['expires_at'])}")


def tell_end(desk: Desk, ended: dict[str, Any], kept: dict[str, Any] | None) -> int:
    """What became of it. Exit code 1 where nothing was kept."""
    if desk.as_json:
        told = {field: ended.get(field) for field in ("id", "status", "reason", "message")}
        recording = {"recording_id": kept and kept["id"], "name": kept and kept["name"]}
        desk.print_json({"kind": "ended", **told, **recording, "steps": len(kept["steps"]) if kept else 0}, line=True)
        return 0 if kept else ERROR
    if ended.get("message"):
        desk.note(plain(ended["message"]))
    if kept is None:
        return ERROR
    desk.out.print(cell(f"recording {kept['id']}: {plain(kept['name'])}, {len(kept['steps'])} steps", "bold"))
    desk.note(f"the table to fill in:    retold template {kept['id']} --output table.csv")
    desk.note(f"do it for every row:     retold run {kept['id']} --csv table.csv --wait")
    return 0
