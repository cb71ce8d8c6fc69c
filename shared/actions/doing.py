"""Actions that do something in a page: opening, pressing, filling, keys, files, scrolling."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from shared.actions.given import Given, StepFields, fields

BOTTOM = 10_000_000
A_TURN = 600  # CSS pixels that the page is scrolled by where nobody says how far
FILE = "retold-file:"


def navigate(given: Given) -> Iterator[StepFields]:
    """Opens an address."""
    url = given.address("url", "value", "href", "address", "target_url")
    if url is None:
        raise given.wrong("it does not say which address to open", "url")
    yield fields("navigate", value=url) | {"navigation": {"type": "navigation", "url": url}}


def new_tab(given: Given) -> Iterator[StepFields]:
    """Opens another tab, perhaps with an address."""
    url = given.address("url", "value", "href", "address")
    yield fields("new_tab", value=url) | ({"navigation": {"type": "navigation", "url": url}} if url else {})


def switch_tab(given: Given) -> Iterator[StepFields]:
    """Goes on in another tab."""
    target = given.text("tab", "target", "page", "url", "value")
    if not target:
        raise given.wrong('it does not say which tab: "main", or the tab\'s address', "tab")
    yield fields("switch_tab", target=target)


def pressing(event: str) -> Callable[[Given], Iterator[StepFields]]:
    """A press of the pointer, or what else is done to an element; one that is known only by its text will do."""

    def build(given: Given) -> Iterator[StepFields]:
        where = given.element(must=not given.has("text"))
        text = given.text("text") if where is None else None
        place = given.any("position", "offset")
        x, y = (place.get("x"), place.get("y")) if isinstance(place, dict) else (None, None)
        modifiers = given.any("modifiers", "modifier")
        yield fields(
            event,
            where or [[f"text/{text}"]],
            button=given.text("button"),
            clickCount=_whole(given.number("click_count", "count", "clicks")),
            modifiers=[modifiers] if isinstance(modifiers, str) else modifiers,
            offsetX=x,
            offsetY=y,
            duration=given.milliseconds("delay", "duration"),
        )

    return build


def fill(given: Given) -> Iterator[StepFields]:
    """Types into a field."""
    value = given.typed("value", "text", "content", "keys", "input")
    if value is None:
        raise given.wrong("it does not say what to type", "value")
    yield fields("type", given.element(must=True), value, mode=given.text("mode"))


def select(given: Given) -> Iterator[StepFields]:
    """Chooses an option of a list, by its value or its text."""
    value = given.typed("value", "values", "option", "options", "text", "option_label")
    if value is None and (value := given.typed("label")) is None:
        raise given.wrong("it does not say which option", "value")
    yield fields("select", given.element(must=True), value)


def ticking(event: str) -> Callable[[Given], Iterator[StepFields]]:
    """A box that is ticked or not."""

    def build(given: Given) -> Iterator[StepFields]:
        ticked = given.yes("checked", "value", "state")
        box = given.element(must=True)
        yield fields(event if ticked is not False else {"check": "uncheck", "uncheck": "check"}[event], box)

    return build


def keying(event: str) -> Callable[[Given], Iterator[StepFields]]:
    """Keys, one after the other."""

    def build(given: Given) -> Iterator[StepFields]:
        wanted = given.any("key", "keys", "value", "text")
        keys = wanted if isinstance(wanted, list) else [wanted]
        if not keys or not all(isinstance(key, str) and key for key in keys):
            raise given.wrong("it does not say which key, such as Enter or Control+A", "key")
        where = given.element()
        for key in keys:
            yield fields(event, where, key=key)

    return build


def drag(given: Given) -> Iterator[StepFields]:
    """Drags one element onto another."""
    if given.has("source", "from") or given.has("to", "destination", "drop"):
        source = given.element("source", "from", "selector", "locator", must=True)
        target = given.element("target", "to", "destination", "drop", must=True)
        yield fields("drag", source)
        yield fields("drop", target)
    else:
        yield fields("drag", given.element(must=True))


def scroll(given: Given) -> Iterator[StepFields]:
    """Scrolls to an element, to a place, or so far."""
    to, towards = given.text("to", "position"), given.text("direction")
    where = given.element()
    if to in ("bottom", "end", "top", "start"):
        yield fields("scroll", where, scroll={"x": 0, "y": BOTTOM if to in ("bottom", "end") else 0})
        return
    x, y = given.number("delta_x", "dx"), given.number("delta_y", "dy")
    if towards is not None:
        far = given.number("amount", "distance", "pixels", "value") or A_TURN
        turns = {"down": (0, far), "up": (0, -far), "right": (far, 0), "left": (-far, 0)}
        if towards not in turns:
            raise given.wrong(f"direction is one of {', '.join(turns)}", "direction")
        x, y = turns[towards]
    if x is not None or y is not None:
        yield fields("scroll", where, delta={"x": x or 0, "y": y or 0})
        return
    left, top = given.number("x", "left"), given.number("y", "top")
    at = None if left is None and top is None else {"x": left or 0, "y": top or 0}
    if where is None and at is None:
        raise given.wrong('it does not say where to: a selector, x and y, "to": "bottom", or a direction', "to")
    yield fields("scroll", where, scroll=at)


def resize(given: Given) -> Iterator[StepFields]:
    """Gives the window another size."""
    size = given.any("viewport", "size")
    told = size if isinstance(size, dict) else {"width": given.number("width"), "height": given.number("height")}
    yield fields("resize", viewport={key: value for key, value in told.items() if value is not None})


def dialog(given: Given) -> Iterator[StepFields]:
    """How the dialog is answered that the action before it opens."""
    accept = given.yes("accept", "accepted")
    said = {"accept": accept is not False, "text": given.text("text", "prompt_text", "value")}
    said["message"] = given.text("message")
    yield fields("dialog", dialog={key: value for key, value in said.items() if value is not None})


def download(given: Given) -> Iterator[StepFields]:
    """Presses what sets off a download, and keeps it; without an element it keeps one that has begun."""
    where = given.element()
    yield fields("click", where, download=True) if where else fields("download")


def upload(given: Given) -> Iterator[StepFields]:
    """Gives files to a field: kept ones by their name, or new ones by their content."""
    wanted = given.any("files", "file", "value", "values", "path", "paths")
    if wanted is None:
        raise given.wrong("it does not say which files", "files")
    names = [_file(given, each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    yield fields("upload", given.element(must=True), "\n".join(names))


def _file(given: Given, wanted: Any) -> str:
    """The name by which a step knows a file; its content is put aside, to be stored."""
    if isinstance(wanted, str) and wanted.startswith(FILE):
        return wanted
    if not isinstance(wanted, dict) or not isinstance(wanted.get("name"), str):
        detail = 'a file is {"name": "a.txt", "content": "…"}, with "base64" instead of "content" where it is no text'
        raise given.wrong(f"{detail}; files of your own machine are not seen here", "files")
    text, encoded = wanted.get("content", wanted.get("text")), wanted.get("base64", wanted.get("content_base64"))
    try:
        content = base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else str(text or "").encode()
    except binascii.Error as error:
        raise given.wrong(f"the content of {wanted['name'][:80]!r} is no base64", "files") from error
    digest = hashlib.sha256(content).hexdigest()
    given.files[digest] = content
    return f"{FILE}{digest}/{wanted['name']}"


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
