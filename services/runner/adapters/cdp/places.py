"""Elements that the protocol must know by name: a frame's owner, a closed shadow root's host, a file field."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from services.runner.adapters.cdp import asking
from services.runner.adapters.cdp.frames import WORLD, CdpFrame
from services.runner.adapters.faults import DocumentGone, DriverError

if TYPE_CHECKING:
    from services.runner.adapters.cdp.tab import CdpTab

Point = tuple[float, float]

FRAME_SECONDS = 1.0  # a frame that has just been put into the page is told of within milliseconds
# Where the frame's viewport begins in that of the frame around it, its size, and whether it stands there upright and
# unscaled. Scrolls as little as possible, and only where the point (of the frame's viewport; none: its middle) cannot
# be seen: a frame may be taller than the window around it.
PLACE = """function (x, y) {
  const style = getComputedStyle(this);
  const padding = (side) => parseFloat(style[`padding${side}`]);
  const place = () => {
    const box = this.getBoundingClientRect();
    return [box.left + this.clientLeft + padding("Left"), box.top + this.clientTop + padding("Top")];
  };
  const width = this.clientWidth - padding("Left") - padding("Right");
  const height = this.clientHeight - padding("Top") - padding("Bottom");
  const beyond = (at, from, to) => (at < from || at > to ? at - (from + to) / 2 : 0);
  const around = (element) => element.parentElement || (element.getRootNode() || {}).host;
  for (let outer = around(this); outer; outer = around(outer)) {
    const whole = outer === document.scrollingElement;
    const seen = whole ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : outer.getBoundingClientRect();
    const [left, top] = place();
    const dx = beyond(left + (x ?? width / 2), seen.left, seen.right);
    const dy = beyond(top + (y ?? height / 2), seen.top, seen.bottom);
    if (dx || dy) outer.scrollBy({ left: dx, top: dy, behavior: "instant" });
  }
  const box = this.getBoundingClientRect();
  const upright = Math.abs(box.width - this.offsetWidth) < 1 && Math.abs(box.height - this.offsetHeight) < 1;
  return [...place(), width, height, upright];
}"""
# A frame that cannot be seen is not drawn at all.
DRAWN = """() => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(resolve));
  setTimeout(resolve, 200);
})"""
# Open shadow roots hide nothing from a selector: recorders write what they saw.
FIRST = """((selector) => {
  const search = (root) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && search(element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  try { return search(document); } catch { return null; }
})"""
CHOOSER_SECONDS = 0.5  # a page asks for files in the same task as it is pressed, or never
KEEP_ELEMENT = f"function () {{ {WORLD}.element = this; }}"
KEEP_ROOT = f"function (root) {{ {WORLD}.roots.set(this, root); }}"


class _Standing(NamedTuple):
    """How a frame stands in the one around it; `owner` is the protocol's id of its element."""

    owner: int
    left: float
    top: float
    width: float
    height: float
    upright: bool


async def frame_in(tab: "CdpTab", frame: CdpFrame, selector: str) -> CdpFrame | None:
    """The frame inside the first element that a CSS selector matches."""
    element = await asking.handle(tab.bell, frame, f"{FIRST}({asking.literal(selector)})")
    if element is None:
        return None
    node = (await frame.channel.send("DOM.describeNode", {"objectId": element}))["node"]
    identity = node.get("frameId")
    if not identity or identity == frame.identity:
        return None
    await tab.bell.until(lambda: tab.tree.get(identity) is not None, FRAME_SECONDS)
    return tab.tree.get(identity)


async def place_of(tab: "CdpTab", frame: CdpFrame, near: Point | None) -> Point:
    """Where the frame's viewport begins in that of the window.

    With `near`, a point of the frame: what is scrolled lets it be seen, and a press at `near` beyond the place hits it,
    also where the frame is turned or shrunk.
    """
    standing: dict[CdpFrame, _Standing] = {}
    at, inner = near, frame
    # All of them are scrolled before anything is measured that a scroll may move.
    while (parent := inner.parent) is not None:
        one = standing[inner] = await _stand(inner, parent, at)
        at = (at[0] + one.left, at[1] + one.top) if at and one.upright else None
        inner = parent
    point = near or (0.0, 0.0)
    x, y = point
    inner = frame
    while (parent := inner.parent) is not None:
        one = standing[inner]
        if one.upright:
            x, y, inner = x + one.left, y + one.top, parent
        else:
            box = await parent.channel.send("DOM.getBoxModel", {"backendNodeId": one.owner})
            x, y = _in_quad(box["model"]["content"], x / max(one.width, 1), y / max(one.height, 1))
            inner = _root_of(parent)
    begins = (x - point[0], y - point[1])
    if frame.channel is not tab.channel and frame.place != begins:
        # Which process a press goes to is decided by what was drawn last, of all of them.
        await asyncio.gather(*(tab.ask(one, DRAWN) for one in _around(frame)))
    frame.place = begins
    return begins


def _around(frame: CdpFrame) -> list[CdpFrame]:
    """The frame and those around it."""
    return [frame, *(_around(frame.parent) if frame.parent else ())]


def _root_of(frame: CdpFrame) -> CdpFrame:
    """The outermost frame of the same process: what the browser measures from."""
    while frame.parent is not None and frame.parent.channel is frame.channel:
        frame = frame.parent
    return frame


def _in_quad(quad: list[float], across: float, down: float) -> Point:
    """The point that far across and down a parallelogram, whose corners go clockwise from the upper left one."""
    x0, y0, x1, y1, _, _, x3, y3 = quad
    return x0 + across * (x1 - x0) + down * (x3 - x0), y0 + across * (y1 - y0) + down * (y3 - y0)


async def _stand(frame: CdpFrame, parent: CdpFrame, near: Point | None) -> _Standing:
    if frame.detached:
        raise DocumentGone("the frame is gone")
    owner = (await parent.channel.send("DOM.getFrameOwner", {"frameId": frame.identity}))["backendNodeId"]
    wanted = {"backendNodeId": owner} | ({"executionContextId": parent.world_number} if parent.world_number else {})
    found = await parent.channel.send("DOM.resolveNode", wanted)
    point = [{"value": near[0] if near else None}, {"value": near[1] if near else None}]
    call = {"objectId": found["object"]["objectId"], "functionDeclaration": PLACE, "arguments": point}
    answer = asking.value_of(await parent.channel.send("Runtime.callFunctionOn", {**call, "returnByValue": True}))
    return _Standing(owner, *answer)


async def pierce(tab: "CdpTab", frame: CdpFrame) -> bool:
    """Puts the closed shadow root of `engine.host` into `engine.roots`; False when it has none."""
    host = await asking.handle(tab.bell, frame, f"{WORLD}.host")
    if host is None:
        return False
    described = {"objectId": host, "depth": 1, "pierce": True}
    node = (await frame.channel.send("DOM.describeNode", described))["node"]
    root = next((one for one in node.get("shadowRoots") or () if one.get("shadowRootType") == "closed"), None)
    number = frame.world_number
    if root is None or number is None:
        return False
    wanted = {"backendNodeId": root["backendNodeId"], "executionContextId": number}
    found = (await frame.channel.send("DOM.resolveNode", wanted))["object"]["objectId"]
    call = {"objectId": host, "functionDeclaration": KEEP_ROOT, "arguments": [{"objectId": found}]}
    asking.value_of(await frame.channel.send("Runtime.callFunctionOn", call))
    return True


async def asked_for_files(tab: "CdpTab", frame: CdpFrame) -> bool:
    """Makes the field for which the page has asked for files `engine.element`; False when it has not."""
    if not await tab.bell.until(lambda: tab.chooser is not None, CHOOSER_SECONDS):
        return False
    chooser, tab.chooser = tab.chooser, None
    if chooser is None or chooser["frameId"] != frame.identity or frame.world_number is None:
        return False
    wanted = {"backendNodeId": chooser["backendNodeId"], "executionContextId": frame.world_number}
    field = (await frame.channel.send("DOM.resolveNode", wanted))["object"]["objectId"]
    call = {"objectId": field, "functionDeclaration": KEEP_ELEMENT}
    asking.value_of(await frame.channel.send("Runtime.callFunctionOn", call))
    return True


async def give_files(tab: "CdpTab", frame: CdpFrame, paths: Sequence[Path]) -> None:
    """Puts files into the file field that is `engine.element`."""
    field = await asking.handle(tab.bell, frame, f"{WORLD}.element")
    if field is None:
        raise DriverError("there is no file field to give files to")
    files = [str(path.absolute()) for path in paths]
    await frame.channel.send("DOM.setFileInputFiles", {"files": files, "objectId": field})
