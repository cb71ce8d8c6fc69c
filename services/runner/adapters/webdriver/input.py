"""Mouse and keyboard as WebDriver's actions: the browser makes real events of them."""

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from services.runner.adapters.cdp.layout import LAYOUT
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.webdriver.tab import WebKitTab

LEFT = 0
DOUBLE_CLICK_SECONDS, DOUBLE_CLICK_PIXELS = 0.45, 10  # GTK's 400 ms and 5 pixels: what comes later is another click
# https://www.w3.org/TR/webdriver2/#keyboard-actions: what has no character of its own, by its place on the keyboard.
CODES = {
    "Help": 0xE002,
    "Backspace": 0xE003,
    "Tab": 0xE004,
    "Enter": 0xE006,
    "NumpadEnter": 0xE007,
    "ShiftLeft": 0xE008,
    "ControlLeft": 0xE009,
    "AltLeft": 0xE00A,
    "Pause": 0xE00B,
    "Escape": 0xE00C,
    "PageUp": 0xE00E,
    "PageDown": 0xE00F,
    "End": 0xE010,
    "Home": 0xE011,
    "ArrowLeft": 0xE012,
    "ArrowUp": 0xE013,
    "ArrowRight": 0xE014,
    "ArrowDown": 0xE015,
    "Insert": 0xE016,
    "Delete": 0xE017,
    "NumpadMultiply": 0xE024,
    "NumpadAdd": 0xE025,
    "NumpadSubtract": 0xE027,
    "NumpadDecimal": 0xE028,
    "NumpadDivide": 0xE029,
    "MetaLeft": 0xE03D,
    "ShiftRight": 0xE050,
    "ControlRight": 0xE051,
    "AltRight": 0xE052,
    "MetaRight": 0xE053,
}
CODES |= {f"Numpad{digit}": 0xE01A + digit for digit in range(10)}
CODES |= {f"F{number}": 0xE030 + number for number in range(1, 13)}
Action = dict[str, Any]


class Input:
    """The mouse and the keyboard of a page; what is held stays held from one command to the next."""

    def __init__(self, tab: "WebKitTab") -> None:
        self._tab = tab
        self._x = self._y = 0.0
        self._pressed = float("-inf")

    async def press(self, press: Press) -> None:
        """Moves there, presses and lets go."""
        if press.button != "left":  # WebKit lets go of the left one, whichever was pressed, and so the page is clicked
            raise StepFailed("invalid_step", f"WebKit cannot be made to press the {press.button} mouse button")
        await self._no_double_click(press)
        actions = [_to(press.x, press.y)]
        for _ in range(press.clicks):
            actions.append({"type": "pointerDown", "button": LEFT})
            if press.hold_ms:
                actions.append({"type": "pause", "duration": round(press.hold_ms)})
            actions.append({"type": "pointerUp", "button": LEFT})
        held = sorted(press.modifiers)
        await self._keys([_key("keyDown", LAYOUT[one].code) for one in held])
        try:
            await self._mouse(actions)
        finally:
            self._pressed = asyncio.get_running_loop().time()
            await self._keys([_key("keyUp", LAYOUT[one].code) for one in held])

    async def _no_double_click(self, press: Press) -> None:
        """Two steps that click the same place are two clicks, however fast they follow each other."""
        near = max(abs(press.x - self._x), abs(press.y - self._y)) <= DOUBLE_CLICK_PIXELS
        self._x, self._y = press.x, press.y
        left = self._pressed + DOUBLE_CLICK_SECONDS - asyncio.get_running_loop().time()
        if near and left > 0:
            await asyncio.sleep(left)

    async def move(self, x: float, y: float, steps: int) -> None:
        """Moves in so many steps; drags what is held."""
        from_x, from_y = self._x, self._y
        self._x, self._y = x, y
        parts = [step / max(1, steps) for step in range(1, max(1, steps) + 1)]
        await self._mouse([_to(from_x + (x - from_x) * part, from_y + (y - from_y) * part) for part in parts])

    async def hold(self) -> None:
        """Presses the left button where the mouse is."""
        await self._mouse([{"type": "pointerDown", "button": LEFT}])

    async def release(self) -> None:
        """Lets go of the left button."""
        await self._mouse([{"type": "pointerUp", "button": LEFT}])

    async def scroll(self, dx: float, dy: float) -> None:
        """Turns the wheel where the mouse is."""
        turned = {**_to(self._x, self._y), "type": "scroll", "deltaX": round(dx), "deltaY": round(dy)}
        await self._perform({"type": "wheel", "id": "wheel", "actions": [turned]})

    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key or a chord. Raises `StepFailed` for what is no key."""
        *before, last = _chord(name)
        actions = [_key("keyDown", one) for one in before]
        if deed in ("down", "press"):
            actions.append(_key("keyDown", last))
        if deed in ("up", "press"):
            actions.append(_key("keyUp", last))
        await self._keys([*actions, *(_key("keyUp", one) for one in reversed(before))])

    async def write(self, text: str) -> None:
        """Types text key by key."""
        await self._keys([_key(kind, character) for character in text for kind in ("keyDown", "keyUp")])

    async def _mouse(self, actions: list[Action]) -> None:
        parameters = {"pointerType": "mouse"}
        await self._perform({"type": "pointer", "id": "mouse", "parameters": parameters, "actions": actions})

    async def _keys(self, actions: list[Action]) -> None:
        if actions:
            await self._perform({"type": "key", "id": "keyboard", "actions": actions})

    async def _perform(self, source: dict[str, Any]) -> None:
        window = self._tab.window
        window.works_on(self._tab)
        async with window.turn(self._tab.main):
            await window.send("POST", "/actions", {"actions": [source]})


def _to(x: float, y: float) -> Action:
    return {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y), "origin": "viewport"}


def _key(kind: str, name: str) -> Action:
    """An action of the key at a place of the keyboard, or of the one that gives a character."""
    return {"type": kind, "value": chr(CODES[name]) if name in CODES else name}


def _chord(name: str) -> list[str]:
    """The keys of a chord, each by its place or its character; the last may be a character that no key gives."""
    parts = [name] if name in LAYOUT or len(name) == 1 else ["+" if part == "" else part for part in name.split("+")]
    if len(parts) > 1 and name.endswith("++"):
        parts.pop()  # `Control++`: the last key is the plus itself
    keys = [_one(part) for part in parts]
    if "" in keys or (len(keys) > 1 and any(part not in LAYOUT for part in parts)):
        raise StepFailed("invalid_step", f"{name[:20]!r} is no key that can be pressed")
    return keys


def _one(part: str) -> str:
    """A key by its place where that has a number, else by its character; nothing where it has neither."""
    key = LAYOUT.get(part)
    if key is None:
        return part if len(part) == 1 else ""
    if key.code in CODES:
        return key.code
    return part if len(part) == 1 and part.isprintable() else key.text
