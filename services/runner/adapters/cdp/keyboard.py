"""The keyboard: keys, chords, and text that no key gives."""

import asyncio
from typing import Literal

from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.layout import LAYOUT, Key
from services.runner.adapters.cdp.mouse import Acknowledged, bits
from services.runner.adapters.faults import StepFailed

KEY = "Input.dispatchKeyEvent"
MODIFIERS = frozenset({"Alt", "Control", "Meta", "Shift"})


class Keyboard:
    """The keyboard of a page. `held`: the modifier keys that are down, which count for the mouse as well."""

    def __init__(self, channel: Channel, acknowledged: Acknowledged) -> None:
        self.held: set[str] = set()
        self._channel = channel
        self._acknowledged = acknowledged
        self._down: set[str] = set()

    async def insert(self, text: str) -> None:
        """Puts text where the cursor is, as an input method would."""
        await self._acknowledged(self._channel.start("Input.insertText", {"text": text}))

    def begin(self, text: str) -> None:
        """The same, for a key that follows at once: the browser keeps the order."""
        if text:
            self._channel.post("Input.insertText", {"text": text})

    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key or a chord. Raises `StepFailed` for what is no key."""
        *before, last = _chord(name)
        if last is None:
            if deed != "up":
                await self.insert(name)
            return
        for modifier in before:
            if modifier is not None:
                self._press(modifier)
        if deed == "up":
            answer = self._release(last)
        else:
            answer = self._press(last)
            if deed == "press":
                answer = self._release(last)
        for modifier in reversed(before):
            if modifier is not None:
                answer = self._release(modifier)
        await self._acknowledged(answer)

    def _press(self, key: Key) -> "asyncio.Future[JSON]":
        if "Shift" in self.held:
            key = key.with_shift()
        if key.key in MODIFIERS:
            self.held.add(key.key)
        text = "" if self.held - {"Shift"} else key.text
        again = key.code in self._down
        self._down.add(key.code)
        kind = "keyDown" if text else "rawKeyDown"
        written = {"text": text, "unmodifiedText": text} if text else {}
        return self._channel.start(KEY, {**self._event(kind, key), **written, "autoRepeat": again})

    def _release(self, key: Key) -> "asyncio.Future[JSON]":
        if "Shift" in self.held:
            key = key.with_shift()
        self._down.discard(key.code)
        if key.key in MODIFIERS and not any(code.startswith(key.key) for code in self._down):
            self.held.discard(key.key)
        return self._channel.start(KEY, self._event("keyUp", key))

    def _event(self, kind: str, key: Key) -> JSON:
        return {
            "type": kind,
            "modifiers": bits(self.held),
            "windowsVirtualKeyCode": key.number,
            "code": key.code,
            "key": key.key,
            "location": key.location,
            "isKeypad": key.location == 3,
        }


def _chord(name: str) -> list[Key | None]:
    """The keys of a chord, the last of which may be a single character that no key gives (None)."""
    if name in LAYOUT:
        return [LAYOUT[name]]
    parts = ["+" if part == "" else part for part in name.split("+")] if len(name) > 1 else [name]
    if len(parts) > 1 and name.endswith("++"):
        parts.pop()  # `Control++`: the last key is the plus itself
    keys = [LAYOUT.get(part) for part in parts]
    if any(key is None for key in keys[:-1]) or (keys[-1] is None and (len(keys) > 1 or len(name) != 1)):
        raise StepFailed("invalid_step", f"{name[:20]!r} is no key that can be pressed")
    return keys
