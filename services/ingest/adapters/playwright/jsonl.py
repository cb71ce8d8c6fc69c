"""What codegen writes with `--target jsonl`: one action a line, the browser and its options in the first."""

import json
from collections.abc import Callable
from typing import Any

from services.ingest.adapters.faults import Faults, kind
from services.ingest.adapters.imported import ImportedRecording, about_file
from services.ingest.adapters.playwright.actions import carried
from services.ingest.adapters.playwright.locators import Part, Parts
from services.ingest.adapters.playwright.recording import recording_of
from services.ingest.adapters.playwright.selectors import internal_parts
from services.ingest.adapters.playwright.terms import Action, Made, listed
from shared.contracts.ingest import FidelityNote

_MODIFIERS = ((1, "Alt"), (2, "Control"), (4, "Meta"), (8, "Shift"))
MAX_LINES = 20_000


def is_jsonl(text: str) -> bool:
    """Whether the first line is the head that codegen writes, or an action."""
    first = _object(text.lstrip().partition("\n")[0])
    return first is not None and "steps" not in first and ("browserName" in first or "pageAlias" in first)


def import_jsonl(text: str, name: str, faults: Faults) -> ImportedRecording:
    """The recording. Raises `InvalidInput` with the line of every fault."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        faults.add("", f"it has {len(lines)} lines, where {MAX_LINES} are the limit.")
        faults.refuse_if_any()
    reading = _Reading(faults)
    for number, line in lines:
        entry = _object(line)
        if entry is None:
            faults.add(f"line {number}", "this is no JSON object; a file that was cut off ends so.")
        elif "name" in entry:
            reading.action(number, entry)
        else:
            reading.head(number, entry)
    return recording_of(reading.made, name, "playwright_codegen", faults, reading.told)


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class _Reading:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.made: list[Made] = []
        self.told: list[FidelityNote] = []
        self.pages: dict[str, int] = {}

    def head(self, number: int, entry: dict[str, Any]) -> None:
        """The browser's options: the size of the window is carried over, everything else told."""
        options = entry.get("contextOptions")
        for key, option in (options if isinstance(options, dict) else {}).items():
            if key == "viewport":
                self._add(Action("set_viewport_size", number, 1, None, {"viewport_size": option}))
            elif key not in ("acceptDownloads", "noDefaultViewport"):
                self.told.append(about_file("not_carried", f"line {number}: {key[:60]} is an option of a job"))

    def action(self, number: int, entry: dict[str, Any]) -> None:
        """One line."""
        alias, name = entry.get("pageAlias"), entry.get("name")
        if not isinstance(name, str) or not isinstance(alias, str | None):
            self.faults.add(f"line {number}", f"the name of an action is a text, not {kind(name)}.")
            return
        is_new = alias not in self.pages
        page = self.pages.setdefault(alias or "page", len(self.pages) + 1)
        signals = [one for one in listed(entry.get("signals")) if isinstance(one, dict)]
        if name == "openPage":
            self._opened(number, page, is_new, str(entry.get("url") or ""))
            return
        reader = _READERS.get(name)
        action = Action(name, number, page, _parts(entry), {"_download": _has(signals, "download")})
        if reader is None:
            self.made.append(Made(number, page, notes=[("not_carried", f"{name[:60]} has no counterpart here")]))
        else:
            action.name, more = reader(entry)
            action.args |= more
            self._add(action)
        for signal in signals:
            if signal.get("name") == "popup" and isinstance(signal.get("popupAlias"), str):
                self.pages.setdefault(signal["popupAlias"], len(self.pages) + 1)
            if signal.get("name") == "dialog":
                self._add(Action("dialog", number, page, None, {"accept": False}))

    def _opened(self, number: int, page: int, is_new: bool, url: str) -> None:
        if is_new and page > 1:
            self._add(Action("new_page", number, page))
        if url and url not in ("about:blank", "chrome://newtab/"):
            self._add(Action("goto", number, page, None, {"url": url}))

    def _add(self, action: Action) -> None:
        self.made += carried(action, self.faults)


def _has(signals: list[dict[str, Any]], name: str) -> bool:
    return any(one.get("name") == name for one in signals)


def _parts(entry: dict[str, Any]) -> Parts | None:
    selector = entry.get("selector")
    if not isinstance(selector, str):
        return None
    parts: list[Part] = []
    for frame in listed(entry.get("framePath")):
        if isinstance(frame, str):
            parts += [*internal_parts(frame), Part("frame")]
    return (*parts, *internal_parts(selector))


Read = tuple[str, dict[str, Any]]


def modifiers_of(given: Any) -> list[str]:
    """The keys that a number with one bit a key stands for."""
    bits = given if isinstance(given, int) else 0
    return [name for bit, name in _MODIFIERS if bits & bit]


def _click(entry: dict[str, Any]) -> Read:
    count = entry.get("clickCount")
    more = {"button": entry.get("button"), "position": entry.get("position")}
    more["modifiers"] = modifiers_of(entry.get("modifiers"))
    return ("dblclick" if count == 2 else "click"), more | {"click_count": count}


def _press(entry: dict[str, Any]) -> Read:
    return "press", {"key": "+".join([*modifiers_of(entry.get("modifiers")), str(entry.get("key") or "")])}


def _expect(what: str, **more: Any) -> Callable[[dict[str, Any]], Read]:
    def read(entry: dict[str, Any]) -> Read:
        given = {name: entry.get(key) for name, key in more.items()}
        return "expect", {"what": what, "negated": False, **given}

    return read


def _text(entry: dict[str, Any]) -> Read:
    what = "to_contain_text" if entry.get("substring") is not False else "to_have_text"
    return "expect", {"what": what, "expected": entry.get("text")}


_READERS: dict[str, Callable[[dict[str, Any]], Read]] = {
    "navigate": lambda entry: ("goto", {"url": entry.get("url")}),
    "closePage": lambda _: ("close", {}),
    "click": _click,
    "hover": lambda entry: ("hover", {"position": entry.get("position")}),
    "press": _press,
    "fill": lambda entry: ("fill", {"value": entry.get("text")}),
    "check": lambda _: ("check", {}),
    "uncheck": lambda _: ("uncheck", {}),
    "select": lambda entry: ("select_option", {"value": entry.get("options")}),
    "setInputFiles": lambda entry: ("set_input_files", {"files": listed(entry.get("files"))}),
    "assertVisible": _expect("to_be_visible"),
    "assertChecked": lambda entry: (
        "expect",
        {"what": "to_be_checked", "negated": False, "checked": entry.get("checked") is not False},
    ),
    "assertValue": _expect("to_have_value", expected="value"),
    "assertText": _text,
}
