"""Each step of a recording as statements of Playwright in Python."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.ingest.adapters.export_notes import Notes
from services.ingest.adapters.export_playwright_checks import CHECKS, Line, extracted_name
from services.ingest.adapters.export_playwright_locators import located
from services.ingest.adapters.export_words import SUBMIT, TICKED
from shared.contracts.recording import Step
from shared.contracts.steps import event_of

_TRAVELS = frozenset({"navigate", "go_back", "go_forward", "reload"})
HIDDEN = 1  # CSS pixels: a box so small is drawn by its label
_TAKEN = re.compile(r"\$\{([^{}]+)\}")


class Writer:
    """State of one script: which tabs are open, and under which name."""

    def __init__(self, notes: Notes, parameter_of: Mapping[int, str]) -> None:
        self.notes = notes
        self._parameter_of = parameter_of
        self._pages: dict[int | None, str] = {}
        self._dragging = False  # whether the step before has done the drop that comes now
        self._opening = False  # whether the step opens the tab that the next one is done in

    def body(self, steps: Sequence[Step]) -> list[str]:
        """The statements, a comment before each step."""
        lines: list[str] = []
        at = 0
        while at < len(steps):
            step, after = steps[at], steps[at + 1 :]
            opens = self._opening = self._opens_next(step, after)
            lines += ["", f"# {step.step_number}. {_comment(step)}"]
            written = self._step(step, after)
            if written is None:
                self.notes.lost(step, f"{event_of(step)} cannot be said with Playwright's Python")
                written = []
            for note in self.notes.of(step):
                lines.append(f"# Note: {note}.")
            if opens and written:
                written = [f"with {self.page(step)}.expect_popup() as popup:", *(f"    {one}" for one in written)]
                written.append(f"{self._new(after[0])} = popup.value")
            lines += written
            at += 1
        return lines or ["pass"]

    def page(self, step: Step) -> str:
        """The name of the page that a step is done on."""
        if not self._pages:
            self._pages[step.tab_id] = "page"
        return self._pages.get(step.tab_id) or list(self._pages.values())[-1]

    def value(self, step: Step) -> str:
        """The step's value as an expression: an argument of the function, or the text itself."""
        if step.metadata.get("interpolate") is True:
            return interpolated(step.value or "")
        return self._parameter_of.get(step.step_number) or repr(step.value or "")

    def element(self, step: Step, *, alone: bool = False) -> str | None:
        """The step's element as an expression. `alone`: its best locator only, also where nothing fits it."""
        return located(step, self.page(step), alone=alone)

    def _new(self, step: Step) -> str:
        self._pages[step.tab_id] = name = f"page_{len(self._pages) + 1}"
        return name

    def _opens_next(self, step: Step, after: Sequence[Step]) -> bool:
        """Whether the next step is done in a tab that is not there yet, so that this one must open it."""
        if not after or after[0].tab_id is None or event_of(after[0]) == "new_tab":
            return False
        return self.page(step) != "" and after[0].tab_id not in self._pages

    def _step(self, step: Step, after: Sequence[Step]) -> list[str] | None:
        event = event_of(step)
        if isinstance(step.metadata.get("target"), str) and step.metadata["target"] != "main":
            self.notes.lost(step, "which page at which address it was recorded in is not kept")
        if event == "new_tab":
            opened = f"{self._new(step)} = page.context.new_page()"
            url = step.value or step.navigation.url
            return [opened, *([f"{self._pages[step.tab_id]}.goto({url!r})"] if url else [])]
        if event == "dialog":
            return []  # answered by the listener before the step that opens it
        if event in ("drag", "drop"):
            return self._dragged(step, event, after)
        if step.bundle.is_closed_shadow:
            self.notes.lost(step, "its element stands in a closed shadow tree, which Playwright does not look into")
        written = self._written(step, event)
        return self._around(step, written, after) if written is not None else None

    def _dragged(self, step: Step, event: str, after: Sequence[Step]) -> list[str] | None:
        if event == "drop":
            return [] if self._dragging else None
        source, target = self.element(step), self.element(after[0]) if after else None
        self._dragging = bool(source and target and event_of(after[0]) == "drop")
        if not self._dragging:
            return None
        places = [*_position(step, "source_position"), *_position(after[0], "target_position")]
        return [f"{source}.drag_to({', '.join([str(target), *places])})"]

    def _written(self, step: Step, event: str) -> list[str] | None:
        if event in CHECKS:
            return CHECKS[event](self, step)
        if event in _OF_PAGE:
            return _OF_PAGE[event](self, step)
        if event not in _OF_ELEMENT:
            return None
        element = self.element(step)
        return [f"{element}{_OF_ELEMENT[event](self, step)}"] if element else None

    def _around(self, step: Step, written: list[str], after: Sequence[Step]) -> list[str]:
        page = self.page(step)
        if step.metadata.get("download") is True or step.navigation.type == "download":
            written = [f"with {page}.expect_download() as download:", *(f"    {one}" for one in written)]
            written.append("download.value.save_as(download.value.suggested_filename)")
        if after and event_of(after[0]) == "dialog":
            return [_listener(page, after[0]), *written]
        if self._leads_on(step):
            return [f"with {page}.expect_navigation():", *(f"    {one}" for one in written)]
        return written

    def _leads_on(self, step: Step) -> bool:
        """Whether the step brings its page another document; one in a frame, or in a new tab, is waited for there."""
        elsewhere = self._opening or step.bundle.iframe_chain or event_of(step) in _TRAVELS
        return step.navigation.type == "navigation" and not elsewhere


def _listener(page: str, step: Step) -> str:
    given = step.metadata.get("dialog")
    answer: dict[str, Any] = given if isinstance(given, dict) else {}
    text = repr(answer["text"]) if isinstance(answer.get("text"), str) else ""
    reply = f"accept({text})" if answer.get("accept", True) else "dismiss()"
    return f'{page}.once("dialog", lambda dialog: dialog.{reply})'


def interpolated(text: str) -> str:
    """`No ${order}` → `'No ' + order`."""
    pieces = _TAKEN.split(text)
    said = [extracted_name(one.strip()) if at % 2 else repr(one) for at, one in enumerate(pieces) if one]
    return " + ".join(said) or repr("")


def _comment(step: Step) -> str:
    said = step.label or event_of(step)
    return "".join(one if one.isprintable() else " " for one in said)[:100]


def _press(method: str) -> Callable[[Writer, Step], str]:
    def write(_: Writer, step: Step) -> str:
        metadata, given = step.metadata, []
        button = "right" if event_of(step) == "right_click" else metadata.get("button")
        if button in ("middle", "right"):
            given.append(f"button={button!r}")
        if isinstance(metadata.get("clickCount"), int):
            given.append(f"click_count={metadata['clickCount']}")
        if isinstance(metadata.get("modifiers"), list) and metadata["modifiers"]:
            given.append(f"modifiers={[str(one) for one in metadata['modifiers']]!r}")
        if isinstance(metadata.get("duration"), int | float):
            given.append(f"delay={metadata['duration']!r}")
        return f".{method}({', '.join([*given, *_position(step)])})"

    return write


def _position(step: Step, name: str = "position") -> list[str]:
    x, y = step.metadata.get("offsetX"), step.metadata.get("offsetY")
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return []
    return [f"{name}={{'x': {x!r}, 'y': {y!r}}}"]


def _type(writer: Writer, step: Step) -> str:
    value = writer.value(step)
    if step.metadata.get("mode") == "append":
        writer.notes.changed(step, "what it adds goes where the cursor is")
    return f".press_sequentially({value})" if step.metadata.get("mode") in ("keys", "append") else f".fill({value})"


def _select(writer: Writer, step: Step) -> str:
    lines = (step.value or "").split("\n")
    value = writer.value(step)
    return f".select_option({value}.splitlines())" if len(lines) > 1 else f".select_option({value})"


def _tick(writer: Writer, step: Step) -> str:
    box = step.bundle.bounding
    if box and min(box.width, box.height) <= HIDDEN:
        writer.notes.changed(step, "its box is hidden: Playwright ticks it only where its label does not cover it")
    return f".set_checked({TICKED}({writer.value(step)}))"


def _key(method: str) -> Callable[[Writer, Step], list[str] | None]:
    def write(writer: Writer, step: Step) -> list[str] | None:
        key = step.metadata.get("key") or step.value
        element = writer.element(step)
        if not isinstance(key, str):
            return None
        if method == "press" and element:
            return [f"{element}.press({key!r})"]
        focused = [f"{element}.focus()"] if element else []
        return [*focused, f"{writer.page(step)}.keyboard.{method}({key!r})"]

    return write


def _scroll(writer: Writer, step: Step) -> list[str] | None:
    to, delta, element = step.metadata.get("scroll"), step.metadata.get("delta"), writer.element(step)
    if isinstance(delta, dict):
        over = [f"{element}.hover()"] if element else []
        return [*over, f"{writer.page(step)}.mouse.wheel({delta.get('x', 0)!r}, {delta.get('y', 0)!r})"]
    if isinstance(to, dict):
        place = f"{to.get('x', 0)!r}, {to.get('y', 0)!r}"
        if element:
            return [f"{element}.evaluate({f'element => element.scrollTo({place})'!r})"]
        return [f"{writer.page(step)}.evaluate({f'scrollTo({place})'!r})"]
    return [f"{element}.scroll_into_view_if_needed()"] if element else None


def _resize(writer: Writer, step: Step) -> list[str] | None:
    given = step.metadata.get("viewport")
    size = {key: given.get(key) for key in ("width", "height")} if isinstance(given, dict) else {}
    if not all(isinstance(side, int | float) for side in size.values()) or not size:
        return None
    whole = {key: round(side) for key, side in size.items() if side is not None}
    return [f"{writer.page(step)}.set_viewport_size({whole!r})"]


def _goto(writer: Writer, step: Step) -> list[str] | None:
    return [f"{writer.page(step)}.goto({(step.value or step.navigation.url or step.page or '')!r})"]


def _plain(call: str) -> Callable[[Writer, Step], list[str] | None]:
    return lambda writer, step: [f"{writer.page(step)}.{call}"]


def _picture(method: str, suffix: str) -> Callable[[Writer, Step], list[str] | None]:
    def write(writer: Writer, step: Step) -> list[str] | None:
        name = step.metadata.get("name")
        path = re.sub(r"[^\w.-]", "-", name)[:80] if isinstance(name, str) and name else f"step-{step.step_number}"
        path = path if path.endswith(f".{suffix}") else f"{path}.{suffix}"
        whole = ", full_page=True" if step.metadata.get("wholePage") is True else ""
        return [f"{writer.page(step)}.{method}(path={path!r}{whole})"]

    return write


_OF_ELEMENT: dict[str, Callable[[Writer, Step], str]] = {
    "click": _press("click"),
    "double_click": _press("dblclick"),
    "right_click": _press("click"),
    "type": _type,
    "select": _select,
    "check": _tick,
    "uncheck": _tick,
    "upload": lambda writer, step: f".set_input_files({writer.value(step)}.splitlines())",
    "hover": lambda _, step: f".hover({', '.join(_position(step))})",
    "mouse_move": lambda _, step: f".hover({', '.join(_position(step))})",
    "mouse_enter": lambda _, __: ".hover()",
    "focus": lambda _, __: ".focus()",
    "blur": lambda _, __: ".blur()",
    "submit": lambda _, __: f".evaluate({SUBMIT!r})",
}
_OF_PAGE: dict[str, Callable[[Writer, Step], list[str] | None]] = {
    "navigate": _goto,
    "go_back": _plain("go_back()"),
    "go_forward": _plain("go_forward()"),
    "reload": _plain("reload()"),
    "switch_tab": _plain("bring_to_front()"),
    "close": _plain("close()"),
    "key_press": _key("press"),
    "key_down": _key("down"),
    "key_up": _key("up"),
    "scroll": _scroll,
    "resize": _resize,
    "screenshot": _picture("screenshot", "png"),
    "pdf": _picture("pdf", "pdf"),
}
__all__ = ["Line", "Writer"]
