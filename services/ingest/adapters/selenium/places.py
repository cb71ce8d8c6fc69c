"""Where a Selenium test is: addresses that it opens, its windows, its frames."""

import re
from urllib.parse import urljoin

from services.ingest.adapters.addresses import BROWSER_PAGES, fault_of_address, redacted, scheme_of
from services.ingest.adapters.faults import shown
from services.ingest.adapters.selenium.locators import Unusable, element_at, spelling
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Line, Stage
from services.ingest.adapters.selenium.storing import name_of

_FRAME_PATH = re.compile(r"//i?frame\[@([\w-]+)=(?:'([^']*)'|\"([^\"]*)\")\]")
_SERIAL = re.compile(r"(?:name=)?win_ser_(\d{1,3}|local)")


def open_page(stage: Stage, command: Command) -> None:
    """`open`: an address, or a path of the project's own."""
    said = stage.variables.said(command.target)
    template = said.template
    if template is None:
        wanted = ", ".join(f"${{{name}}}" for name in said.open[:3])
        stage.leave_out(command, f"the address holds {wanted}, which only a row could give; no column fills an address")
        return
    if scheme_of(template) in BROWSER_PAGES:
        stage.note(command, "not_carried", f"{shown(template)} is a page of the browser itself")
        return
    line = _opened(stage, command, "navigate", template)
    if line is None or line.step is None:
        return
    if said.text is None:
        line.step["metadata"]["interpolate"] = True
        line.step["navigation"] = {"type": "navigation"}
    _to_top(stage)
    line.step["bundle"].pop("iframeChain", None)


def _opened(stage: Stage, command: Command, event: str, said: str) -> Line | None:
    """The step that opens an address, without the secrets in it; none where no browser may open it, which is told."""
    address = joined(stage.project.base, said).replace(" ", "%20")
    if fault := fault_of_address(address):
        stage.leave_out(command, fault.rstrip("."))
        return None
    clean, names = redacted(address)
    line = stage.act(command, event)
    assert line.step is not None
    line.step |= {"value": clean, "navigation": {"type": "navigation", "url": clean}}
    if names:
        told = ", ".join(dict.fromkeys(names))
        line.notes.append(("changed", f"the address held what looks like a secret ({told}); it is not kept"))
    return line


def joined(base: str, address: str) -> str:
    """The whole address, as a browser reads one that stands on the page at `base`."""
    try:
        return urljoin(base if "/" in base.partition("://")[2] else f"{base}/", address) if base else address
    except ValueError:
        return address


def close(stage: Stage, command: Command) -> None:
    """`close`: the window that the commands are about."""
    stage.add(command, "close")
    _to_top(stage)


def opened(stage: Stage, command: Command) -> None:
    """The command before has opened a window: its number is given at once, while it is the latest."""
    if command.opens is None:
        return
    before = stage.window
    stage.windows += 1
    stage.handles[command.opens] = stage.windows
    _switch(stage, command, stage.windows)
    _switch(stage, command, before)


def select_window(stage: Stage, command: Command) -> None:
    """`selectWindow`: by the handle that a command before gave, or by the order in which windows came."""
    target = command.target.strip()
    number = stage.handles.get(name_of(target.removeprefix("handle=")))
    serial = _SERIAL.fullmatch(target)
    _to_top(stage)
    if target in ("", "null"):  # as Selenium IDE for Firefox called the window that it began in
        number = 1
    elif serial and number is None:
        number = 1 if serial[1] == "local" else int(serial[1]) + 1
    if number == stage.windows == 1:
        stage.note(command, "carried", "there is only this window")
        return
    if number is not None and number <= stage.windows:
        _switch(stage, command, number)
        return
    stage.windows += 1
    _switch(stage, command, stage.windows)
    if number != stage.windows:
        why = f"nothing says which window {shown(target)} is; the one that was opened last is used"
        stage.lines[-1].notes.append(("changed", why))


def open_window(stage: Stage, command: Command) -> None:
    """`openWindow`: an address in a window of that name, while the commands stay in theirs."""
    said = stage.constant(command, command.target, "the address")
    if said is None:
        return
    line = _opened(stage, command, "new_tab", said)
    if line is None:
        return
    line.called = "Open a window"
    before, stage.windows = stage.window, stage.windows + 1
    line.window = stage.window = stage.windows
    stage.handles[command.value.strip()] = stage.windows
    _switch(stage, command, before)


def store_handle(stage: Stage, command: Command) -> None:
    """`storeWindowHandle`."""
    name = name_of(command.target) or name_of(command.value)
    if name:
        stage.handles[name] = stage.window
        stage.note(command, "carried", "the window is known by the order in which windows are opened")
    else:
        stage.leave_out(command, "it does not say which variable gets the handle")


def select_frame(stage: Stage, command: Command) -> None:
    """`selectFrame`: `index=`, `relative=parent`, `relative=top`, or a locator."""
    target = stage.constant(command, command.target, "the frame")
    if target is None:
        stage.frames_lost = "which frame it is about is not known: a selectFrame before it is not carried over"
        return
    target = target.strip()
    if target == "relative=top":
        _to_top(stage)
    elif target == "relative=parent":
        stage.frames = stage.frames[:-1]
    elif found := re.fullmatch(r"index=\s*(\d{1,4})((?:\\(?:\.\.|\d{1,4}))*)", target):
        _by_index(stage, [found[1], *re.findall(r"\.\.|\d+", found[2])])
    elif (link := _frame_link(target)) or (link := next(filter(None, map(_frame_link, command.targets)), None)):
        stage.frames = [*stage.frames, link]
    else:
        why = f"no CSS selector is known for the frame {shown(target)}; record its index or its id"
        stage.leave_out(command, why)
        stage.frames_lost = f"it is about a frame that is not known: {shown(target)} has no CSS selector"


def _by_index(stage: Stage, path: list[str]) -> None:
    for link in path:
        stage.frames = stage.frames[:-1] if link == ".." else [*stage.frames, int(link)]


def _frame_link(locator: str) -> str | None:
    """A CSS selector of a frame's element."""
    try:
        first = spelling(locator)[0]
    except Unusable:
        return None
    if not first.startswith("xpath/"):
        return ", ".join(spelling(locator))
    found = _FRAME_PATH.fullmatch(first.removeprefix("xpath/"))
    if not found:
        return None
    value = found[2] if found[2] is not None else found[3]
    return element_at([f"css=[{found[1]}={_quoted(value)}]"]).css()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _to_top(stage: Stage) -> None:
    stage.frames = []
    stage.frames_lost = None


def _switch(stage: Stage, command: Command, number: int) -> None:
    """A `switch_tab` step, unless the one before leads there already."""
    stage.window = number
    before = stage.lines[-1] if stage.lines else None
    if before and before.step and before.step["event"] == "switch_tab" and before.window == number:
        return
    if before and before.step and before.step["event"] == "switch_tab" and before.command.opens is not None:
        # Back to where the window was opened from, and at once into it again: once is enough.
        earlier = stage.lines[-2] if len(stage.lines) > 1 else None
        if earlier and earlier.step and earlier.step["event"] == "switch_tab" and earlier.window == number:
            stage.lines.pop()
            return
    line = stage.add(command, "switch_tab")
    assert line.step is not None
    line.step["bundle"] = {}
    line.step["metadata"].pop("comment", None)
    line.called = f"Window {number}"
