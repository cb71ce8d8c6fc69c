"""Selenium's commands that do something to an element: the mouse, fields, lists."""

import json
import re

from services.ingest.adapters.css import last_compound
from services.ingest.adapters.selenium.keys import KEY, type_with_keys
from services.ingest.adapters.selenium.locators import Element
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Line, Stage

_OPTION = re.compile(r"(label|value|id|index)\s*=\s*(.*)", re.DOTALL)
_OPTION_PATH = re.compile(r"^xpath/.*/option(?:\[[^\]/]*\])?$", re.DOTALL)
_COMPARED = re.compile(r"(?:mostly-equals|exact):")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]")
NEAR = 3  # CSS pixels between two places of the mouse that are one
# Chooses an option that has no name, or changes one of several: as a person would, it tells the page.
_OPTION_SCRIPT = """const wanted = {wanted};
const find = () => wanted.css ? document.querySelector(wanted.css)
  : document.evaluate(wanted.xpath, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
const until = Date.now() + 5000;
const option = () => [...((find() || {}).options || [])].find((one, index) => wanted.by === "index"
  ? index === Number(wanted.option) : wanted.by === "id" ? one.id === wanted.option
  : one.value === wanted.option || one.text.trim() === wanted.option.trim());
while (!option() && Date.now() < until) await new Promise((later) => setTimeout(later, 50));
const list = find();
const chosen = option();
if (!chosen) throw new Error(list ? "the list has no such option" : "the list is not on the page");
if (chosen.selected !== wanted.chosen) {
  chosen.selected = wanted.chosen;
  list.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  list.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def click(stage: Stage, command: Command) -> None:
    """`click`: an option of a list that was just chosen needs no other."""
    element = stage.element(command)
    if element is None:
        return
    before = stage.lines[-1] if stage.lines else None
    if _is_option(element) and before and before.step and _chooses(before):
        stage.note(command, "changed", "the step before has chosen the option; no click is needed")
        return
    stage.act(command, "click", element)


def press(stage: Stage, command: Command, event: str) -> None:
    """`doubleClick`, `submit`, `mouseOver` …: an event on an element."""
    if element := stage.element(command):
        stage.act(command, event, element)


def press_at(stage: Stage, command: Command, event: str) -> None:
    """`clickAt`, `doubleClickAt`, `mouseMoveAt`: at a place within the element."""
    if element := stage.element(command):
        line = stage.act(command, event, element)
        _at(line, _place(stage, command))


def drag_and_drop(stage: Stage, command: Command) -> None:
    """`dragAndDropToObject`: two steps."""
    dragged = stage.element(command)
    onto = stage.element(command, command.value) if dragged else None
    if dragged and onto:
        stage.act(command, "drag", dragged)
        stage.act(command, "drop", onto)


def mouse_down(stage: Stage, command: Command) -> None:
    """`mouseDown`, `mouseDownAt`: what it is shows where the button is let go."""
    if element := stage.element(command):
        stage.held = stage.add(command, "drag", element), element, _place(stage, command)
        _at(stage.held[0], stage.held[2])


def mouse_up(stage: Stage, command: Command) -> None:
    """`mouseUp`, `mouseUpAt`: a click where the button went down, else the end of a drag."""
    held, stage.held = stage.held, None
    element = stage.element(command)
    if element is None or held is None:
        if element is not None:
            stage.leave_out(command, "the mouse button is let go without having been pressed")
        return
    line, pressed, began = held
    place = _place(stage, command)
    assert line.step is not None
    if pressed.selector == element.selector and _same_place(began, place):
        line.step["event"] = "click"
        line.notes.append(("changed", "the mouse button is pressed and let go as one click"))
        stage.note(command, "changed", "part of the click of the mouseDown before")
        return
    line.notes.append(("changed", "pressing, moving and letting go of the mouse are one drag and drop"))
    _at(stage.act(command, "drop", element), place)


def move_while_held(stage: Stage, command: Command) -> None:
    """`mouseMove…` between `mouseDown` and `mouseUp`."""
    stage.note(command, "changed", "part of the drag and drop of the mouseDown before")


def give_up_holding(stage: Stage) -> None:
    """Something else is done while the mouse button is down."""
    if stage.held:
        line, stage.held = stage.held[0], None
        assert line.step is not None
        line.step = {**line.step, "event": "custom", "bundle": {}}
        line.step.pop("selector", None)
        line.step["metadata"] = {"recordedBy": "selenium_ide", "name": f"selenium:{line.command.name}"}
        line.called = f"Left out: {line.command.name}"
        line.notes.append(("not_carried", "the mouse button is held while something else is done"))


def fill(stage: Stage, command: Command) -> None:
    """`type`, `editContent`: over what the field holds."""
    if KEY.search(command.value):
        type_with_keys(stage, command, "replace")
        return
    element = stage.element(command)
    if element is None:
        return
    said = stage.variables.said(command.value)
    line = stage.act(command, "type", element)
    if not stage.give(line, said):
        return
    text = said.text or ""
    if element.metadata.get("elementType") == "file" or _WINDOWS_PATH.match(text):
        line.notes.append(("carried", "a file of another machine is named here; give it before running"))
    elif text.endswith("\n"):
        line.notes.append(("changed", "the new line at the end is typed as text; the key Enter is not pressed"))


def set_to(stage: Stage, command: Command, event: str) -> None:
    """`check`, `uncheck`."""
    if element := stage.element(command):
        stage.act(command, event, element)


def select(stage: Stage, command: Command) -> None:
    """`select`: by label or value; by index or id a script does it."""
    element = stage.element(command)
    if element is None:
        return
    kind, rest = option_of(stage, command.value)
    if kind in ("index", "id"):
        _by_script(stage, command, element, kind, chosen=True)
        return
    if re.match(r"(regexp?|regexpi|glob):", rest):
        stage.leave_out(command, "an option named by a pattern has no meaning here; use its whole label or its value")
        return
    line = stage.act(command, "select", element)
    stage.give(line, stage.variables.said(_COMPARED.sub("", rest, count=1)))


def change_selection(stage: Stage, command: Command, *, chosen: bool) -> None:
    """`addSelection`, `removeSelection`: the other options stay as they are."""
    if element := stage.element(command):
        _by_script(stage, command, element, option_of(stage, command.value)[0], chosen=chosen)


def option_of(stage: Stage, value: str) -> tuple[str, str]:
    """By what an option is named, and how, its variables not yet looked up."""
    found = _OPTION.fullmatch(value.strip())
    if found:
        return found[1], found[2]
    known = stage.variables.said(value).text
    found = _OPTION.fullmatch(known) if known else None
    return (found[1], found[2]) if found else ("label", value)


def _by_script(stage: Stage, command: Command, element: Element, kind: str, *, chosen: bool) -> None:
    option = stage.constant(command, option_of(stage, command.value)[1], "the option")
    if option is None:
        return
    if kind == "index" and not option.strip().isdecimal():
        stage.leave_out(command, "the index of an option must be a whole number from 0")
        return
    css, first = element.css(), element.alternatives[0][0]
    where = {"css": css} if css and not first.startswith("xpath/") else {"xpath": first.removeprefix("xpath/")}
    wanted = json.dumps({**where, "by": kind, "option": option, "chosen": chosen}, ensure_ascii=False)
    line = stage.act(command, "run_script", script=_OPTION_SCRIPT.replace("{wanted}", wanted, 1))
    line.called = f"{'Choose' if chosen else 'Clear'} an option"
    line.notes.append(("changed", f"a script {'chooses' if chosen else 'clears'} the option, and tells the page so"))
    if kind == "index":
        line.notes.append(("changed", "the index counts from 0, as Selenium IDE's documentation says"))


def _is_option(element: Element) -> bool:
    css = element.css()
    compound = last_compound(css) if css else None
    if (compound and compound.tag == "option") or element.bundle.get("tag") == "option":
        return True
    return bool(_OPTION_PATH.search(element.alternatives[0][0]))


def _chooses(line: Line) -> bool:
    assert line.step is not None
    return line.step["event"] == "select" or line.called == "Choose an option"


def _place(stage: Stage, command: Command) -> tuple[int, int] | None:
    """`x,y` within the element; none where that is not said, or not understood."""
    said = stage.variables.said(command.value).text or ""
    found = re.fullmatch(r"(-?\d{1,6})(?:\.\d*)?\s*,\s*(-?\d{1,6})(?:\.\d*)?", said)
    return (int(found[1]), int(found[2])) if found else None


def _at(line: Line, place: tuple[int, int] | None) -> None:
    assert line.step is not None
    if place is not None:
        line.step["metadata"] |= {"offsetX": place[0], "offsetY": place[1]}
    elif line.command.value.strip():
        line.notes.append(("changed", "its value is no place (x,y) within the element; the middle is used"))


def _same_place(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool:
    if one is None or other is None:
        return True
    return abs(one[0] - other[0]) <= NEAR and abs(one[1] - other[1]) <= NEAR


def viewport(stage: Stage, command: Command) -> None:
    """`setWindowSize`."""
    said = stage.constant(command, command.target, "the size")
    if said is None:
        return
    found = re.fullmatch(r"(\d{1,5})\s*[xX×,]\s*(\d{1,5})", said)
    if not found or not int(found[1]) or not int(found[2]):
        stage.leave_out(command, "the size of a window is written as 1280x720")
        return
    size = {"width": int(found[1]), "height": int(found[2])}
    line = stage.add(command, "resize", viewport=size)
    line.notes.append(("changed", "the page gets this size; in Selenium the window with its frame has it"))
