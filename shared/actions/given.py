"""One action as it was given: what it says, whatever its keys are called, and what nobody asked for."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

from shared.actions.locators import alternatives_of
from shared.core.errors import Fault, InvalidInput

ELEMENT = ("selector", "selectors", "locator", "locators", "element", "target", "css", "xpath")
_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|milliseconds?|)\s*", re.IGNORECASE)
Alternatives = list[list[str]]
StepFields = dict[str, Any]


def squashed(word: str) -> str:
    """A word in which case, spaces, `_` and `-` do not matter."""
    return re.sub(r"[\s_-]", "", word).casefold()


class Given:
    """Asks for a key under any of its names; case, `_` and `-` do not matter. All may raise `InvalidInput`.

    `base`: the address that a relative one is relative to. `usual`: what the action's word says already.
    """

    def __init__(self, index: int, action: Mapping[str, Any], base: str, usual: Mapping[str, Any]) -> None:
        self.index, self._base = index, base
        self._left = {squashed(key): (key, value) for key, value in (*usual.items(), *action.items())}
        self._usual = {squashed(key) for key in usual}
        self.typed_as: str | None = None  # the key that holds what is typed
        self.files: dict[str, bytes] = {}  # by SHA-256

    def wrong(self, detail: str, key: str = "") -> InvalidInput:
        """The error that names this action, and the key that is wrong."""
        return InvalidInput(f"actions[{self.index}]: {detail}", [fault(self.index, detail, key)])

    def any(self, *names: str) -> Any:
        """The value of the first of these keys that is there."""
        return self._entry(names)[1]

    def has(self, *names: str) -> bool:
        """Whether one of these keys is there, and says something."""
        return any(self._left.get(squashed(name), ("", None))[1] is not None for name in names)

    def _entry(self, names: Iterable[str]) -> tuple[str, Any]:
        for name in names:
            key, value = self._left.pop(squashed(name), ("", None))
            if value is not None:
                return key, value
        return "", None

    def text(self, *names: str) -> str | None:
        """A text; a number or a yes is one too."""
        return self._text(*self._entry(names))

    def typed(self, *names: str) -> str | None:
        """The text that is typed or chosen; several, one a line."""
        self.typed_as, value = self._entry(names)
        if isinstance(value, list):
            return "\n".join(self._text(self.typed_as, each) or "" for each in value)
        return self._text(self.typed_as, value)

    def _text(self, key: str, value: Any) -> str | None:
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is None or isinstance(value, str | int | float):
            return None if value is None else str(value)
        raise self.wrong(f'"{key}" is a text', key)

    def number(self, *names: str) -> float | None:
        """A number, perhaps spelled as a text."""
        key, value = self._entry(names)
        try:
            number = None if value is None or isinstance(value, bool) else float(value)
            if number is None or math.isfinite(number):
                return number
            raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise self.wrong(f'"{key}" is a number, not {str(value)[:40]!r}', key) from None

    def milliseconds(self, *names: str) -> float | None:
        """A span of time: milliseconds, or a text such as `2 s`."""
        key, value = self._entry(names)
        if value is None:
            return None
        found = _SPAN.fullmatch(str(value)) if not isinstance(value, bool) else None
        if found is None:
            raise self.wrong(f'"{key}" is a number of milliseconds, not {str(value)[:40]!r}', key)
        return float(found[1]) * (1000 if found[2].lower().startswith("s") else 1)

    def yes(self, *names: str) -> bool | None:
        """Whether something is to be so; none where nothing is said."""
        key, value = self._entry(names)
        word = str(value).strip().casefold()
        if value is None or word in ("true", "yes", "on", "1"):
            return None if value is None else True
        if word in ("false", "no", "off", "0"):
            return False
        raise self.wrong(f'"{key}" is true or false, not {str(value)[:40]!r}', key)

    def address(self, *names: str) -> str | None:
        """An address; a relative one is read as one of the page that the job opens."""
        value = self.text(*names)
        return urljoin(self._base, value.strip()) if value else None

    def element(self, *names: str, must: bool = False) -> Alternatives | None:
        """Where the element is, in the recorder's spellings."""
        key, value = self._entry(names or ELEMENT)
        if value is None:
            if must:
                raise self.wrong("it names no element: give it a selector", "selector")
            return None
        if squashed(key) in ("css", "xpath") and isinstance(value, str):
            value = {squashed(key): value}
        try:
            return alternatives_of(value)
        except InvalidInput as error:
            raise self.wrong(error.detail, key) from error

    @property
    def left(self) -> list[str]:
        """Keys that nobody asked for."""
        return [key for name, (key, value) in self._left.items() if value is not None and name not in self._usual]


def fault(index: int, detail: str, key: str = "") -> Fault:
    """Where in the request, and what is wrong there."""
    return Fault(f"/actions/{index}" + (f"/{key}" if key else ""), detail)


def fields(event: str, where: Alternatives | None = None, value: str | None = None, **metadata: Any) -> StepFields:
    """A step's JSON but its number; `metadata` without what is none."""
    made: StepFields = {"event": event, "navigation": {"type": "same_page"}, "bundle": {}}
    known = {key: each for key, each in metadata.items() if each is not None}
    if where:
        if len(where[0]) == 1:
            made["selector"] = where[0][0]
        if len(where) > 1 or len(where[0]) > 1:
            known["selectors"] = where
    if value is not None:
        made["value"] = value
    return made | {"metadata": known}
