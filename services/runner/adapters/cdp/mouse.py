"""The mouse: moves, presses, the wheel, and what is dragged with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.driver_terms import Press

BITS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
BUTTON_BITS = {"left": 1, "right": 2, "middle": 4, "back": 8, "forward": 16}
MOUSE, DRAG = "Input.dispatchMouseEvent", "Input.dispatchDragEvent"

# While something is held over a page, a browser tells it so again and again, also where the mouse rests. Lists that are
# sorted are deaf for a moment after each change, and see only so where it is let go.
LINGERS, LINGER_SECONDS = 3, 0.05

Acknowledged = Callable[["asyncio.Future[JSON]"], Awaitable[None]]


def bits(modifiers: Any) -> int:
    """Modifier keys as the protocol counts them."""
    return sum(BITS[one] for one in modifiers)


class Mouse:
    """The mouse of a page; `held` are the modifier keys that the keyboard holds down."""

    def __init__(self, channel: Channel, held: set[str], acknowledged: Acknowledged) -> None:
        self._channel = channel
        self._held = held
        self._acknowledged = acknowledged
        self._x = self._y = 0.0
        self._holding = False
        self._dragged: JSON | None = None
        channel.on("Input.dragIntercepted", self._on_dragged)

    @property
    def dragging(self) -> bool:
        """Whether something of the page is being dragged."""
        return self._dragged is not None

    async def press(self, press: Press) -> None:
        """Moves there, presses and lets go. All of it is sent at once: the browser keeps the order."""
        self._x, self._y = press.x, press.y
        modifiers = bits(self._held | press.modifiers)
        bit = BUTTON_BITS[press.button]
        button = {"button": press.button, "modifiers": modifiers}
        self._channel.post(MOUSE, self._event("mouseMoved", modifiers=modifiers))
        for count in range(1, press.clicks + 1):
            down = self._event("mousePressed", clickCount=count, buttons=bit, **button)
            if press.hold_ms:
                await self._acknowledged(self._channel.start(MOUSE, down))
                await asyncio.sleep(press.hold_ms / 1000)
            else:
                self._channel.post(MOUSE, down)
            up = self._channel.start(MOUSE, self._event("mouseReleased", clickCount=count, buttons=0, **button))
        await self._acknowledged(up)

    async def move(self, x: float, y: float, steps: int) -> None:
        """Moves in so many steps; drags what is held."""
        from_x, from_y = self._x, self._y
        for step in range(1, max(1, steps) + 1):
            self._x, self._y = from_x + (x - from_x) * step / steps, from_y + (y - from_y) * step / steps
            if self._dragged is not None:
                await self._drag("dragOver")
            else:
                buttons = {"button": "left", "buttons": 1} if self._holding else {}
                await self._acknowledged(self._channel.start(MOUSE, self._event("mouseMoved", **buttons)))

    async def hold(self) -> None:
        """Presses the left button. What the page lets drag from here on is told, instead of done by the system."""
        self._holding = True
        self._channel.post("Input.setInterceptDrags", {"enabled": True})
        down = self._event("mousePressed", button="left", buttons=1, clickCount=1)
        await self._acknowledged(self._channel.start(MOUSE, down))

    async def release(self) -> None:
        """Lets go of the left button; drops what is dragged."""
        self._holding = False
        if self._dragged is not None:
            for _ in range(LINGERS):
                await self._drag("dragOver")
                await asyncio.sleep(LINGER_SECONDS)
            await self._drag("drop")
            self._dragged = None
        else:
            up = self._event("mouseReleased", button="left", buttons=0, clickCount=1)
            await self._acknowledged(self._channel.start(MOUSE, up))
        self._channel.post("Input.setInterceptDrags", {"enabled": False})

    async def wheel(self, dx: float, dy: float) -> None:
        """Turns the wheel."""
        turned = self._event("mouseWheel", deltaX=dx, deltaY=dy)
        await self._acknowledged(self._channel.start(MOUSE, turned))

    def _on_dragged(self, event: JSON) -> None:
        self._dragged = event["data"]
        self._channel.post(DRAG, self._of_drag("dragEnter"))

    async def _drag(self, kind: str) -> None:
        await self._acknowledged(self._channel.start(DRAG, self._of_drag(kind)))

    def _of_drag(self, kind: str) -> JSON:
        return {"type": kind, "x": self._x, "y": self._y, "data": self._dragged, "modifiers": bits(self._held)}

    def _event(self, kind: str, **more: Any) -> JSON:
        return {"type": kind, "x": self._x, "y": self._y, "modifiers": bits(self._held), **more}
