"""A person's mouse and keyboard in a page, as they were used elsewhere; nothing of it is waited for."""

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.cdp.layout import ENTER_TEXT, LAYOUT
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.live.acts import Key, Mouse, Text, Wheel

MOUSE, DRAG, KEY = "Input.dispatchMouseEvent", "Input.dispatchDragEvent", "Input.dispatchKeyEvent"
MOVES = {"moved": "mouseMoved", "pressed": "mousePressed", "released": "mouseReleased"}
ALT, CONTROL, META = 1, 2, 4
LEFT = 1


class Hands:
    """Input into one page. What the page lets drag is carried by us: no window system is there to do so."""

    def __init__(self, tab: CdpTab) -> None:
        self._tab = tab
        self._dragged: JSON | None = None
        self._at = (0.0, 0.0)
        tab.channel.on("Input.dragIntercepted", self._on_dragged)

    def mouse(self, act: Mouse) -> None:
        """Moves, presses, lets go; drags on what is held, and drops it."""
        channel, self._at = self._tab.channel, (act.x, act.y)
        if self._dragged is not None:
            self._drag(act)
            return
        if act.type == "pressed" and act.button == "left":
            channel.post("Input.setInterceptDrags", {"enabled": True})
        event: JSON = {"type": MOVES[act.type], "x": act.x, "y": act.y, "modifiers": act.modifiers}
        held = "left" if act.type == "moved" and act.buttons & LEFT else act.button  # a drag begins by this alone
        event |= {"button": held, "buttons": act.buttons, "clickCount": act.clicks}
        channel.post(MOUSE, event)
        if act.type == "released" and act.button == "left":
            channel.post("Input.setInterceptDrags", {"enabled": False})

    def wheel(self, act: Wheel) -> None:
        """Turns the wheel there."""
        turned = {"type": "mouseWheel", "deltaX": act.dx, "deltaY": act.dy, "modifiers": act.modifiers}
        self._tab.channel.post(MOUSE, {**turned, "x": act.x, "y": act.y})

    def key(self, act: Key) -> None:
        """Presses a key or lets go of it; what it writes is what the person's own keyboard says."""
        known = LAYOUT.get(act.code) or LAYOUT.get(act.key)
        number = known.number if known else _number_of(act.key)
        modifiers = act.modifiers
        graph = len(act.key) == 1 and modifiers & CONTROL and modifiers & ALT  # AltGr, which writes a character
        if graph:
            modifiers &= ~(CONTROL | ALT)
        writes = "" if modifiers & (CONTROL | META | ALT) else _text_of(act.key)
        kind = "keyUp" if act.type == "up" else "keyDown" if writes else "rawKeyDown"
        event: JSON = {
            "type": kind,
            "modifiers": modifiers,
            "windowsVirtualKeyCode": number,
            "code": act.code,
            "key": act.key,
            "location": act.location,
            "isKeypad": act.location == 3,
        }
        if writes and act.type == "down":
            event |= {"text": writes, "unmodifiedText": writes}
        if act.type == "down":
            event |= {"autoRepeat": act.repeat, "commands": _commands(act)}
        self._tab.channel.post(KEY, event)

    def text(self, act: Text) -> None:
        """Puts text where the cursor is."""
        self._tab.channel.post("Input.insertText", {"text": act.text})

    def _on_dragged(self, event: JSON) -> None:
        self._dragged = event["data"]
        self._post_drag("dragEnter", 0)

    def _drag(self, act: Mouse) -> None:
        if act.type == "moved" and act.buttons & LEFT:
            self._post_drag("dragOver", act.modifiers)
            return
        self._post_drag("dragOver", act.modifiers)
        self._post_drag("drop", act.modifiers)
        self._dragged = None
        self._tab.channel.post("Input.setInterceptDrags", {"enabled": False})

    def _post_drag(self, kind: str, modifiers: int) -> None:
        x, y = self._at
        self._tab.channel.post(DRAG, {"type": kind, "x": x, "y": y, "data": self._dragged, "modifiers": modifiers})


def _text_of(key: str) -> str:
    if key == "Enter":
        return ENTER_TEXT
    return key if len(key) == 1 else ""


def _number_of(key: str) -> int:
    """Windows' number for a letter that no place of a US keyboard gives."""
    return ord(key.upper()) if len(key) == 1 and ord(key.upper()) < 256 else 0


EDITING = {"a": "selectAll", "z": "undo", "y": "redo"}


def _commands(act: Key) -> list[str]:
    """Shortcuts that the system around a browser knows, and no page: those of a Mac are others."""
    if act.modifiers & META and act.key.lower() in EDITING:
        return [EDITING[act.key.lower()]]
    return []
