"""What a case is: a page, the steps that are performed on it, and what its server must have received."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Files = Mapping[str, str]
JsonStep = dict[str, Any]
Told = list[Any]

NOT_CHROMIUM = ("firefox", "webkit")
NO_CDP = ("playwright", *NOT_CHROMIUM)


@dataclass(frozen=True)
class Case:
    """One case; `name` is a sentence.

    `told`: what the server must have got, in order, as `[what, value]`; a callable judges everything that it got.
    `fails`: the error type of the last step, which must fail; nothing before it may. `skips`: the numbers of the steps
    that must be skipped. `kept`: name (as a shell's pattern) → content, or a part of it, of the artifacts that must be
    left behind. `extracted`: the values taken. `files`: files that steps may upload, name → content. `unable`:
    driver → why it cannot do it. `limit`: why it does not come to that yet; such a case must fail, so that nobody
    forgets it here.
    """

    name: str
    page: str
    steps: tuple[JsonStep, ...]
    told: list[Told] | Callable[[list[Told]], bool]
    fails: str | None = None
    skips: tuple[int, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    extracted: Mapping[str, str] = field(default_factory=dict)
    files: Files = field(default_factory=dict)
    unable: Mapping[str, str] = field(default_factory=dict)
    limit: str | None = None

    @property
    def id(self) -> str:
        """The name as pytest shows it."""
        return self.name.replace(" ", "-")


def do(event: str, selector: str | None = None, value: str | None = None, **more: Any) -> JsonStep:
    """A step in canonical JSON, without its number.

    `to`: the recorded step led to another document (its address or, where that is not known, True); `bundle` is the
    bundle; `tab` the tab's id; everything else is metadata.
    """
    to, bundle, tab = more.pop("to", None), more.pop("bundle", {}), more.pop("tab", None)
    navigation: dict[str, Any] = {"type": "navigation"} if to else {"type": "same_page"}
    if isinstance(to, str):
        navigation["url"] = to
    step: JsonStep = {"event": event, "bundle": bundle, "navigation": navigation, "metadata": more}
    given = {"selector": selector, "value": value, "tabId": tab}
    return step | {key: found for key, found in given.items() if found is not None}


def sent(**form: Any) -> Told:
    """That a form was sent with these values, and no other."""
    return ["sent", form]


def pressed(**values: Any) -> Told:
    """That a button was really pressed, and which values its page told."""
    return ["pressed", {"trusted": True, **values}]


def happened(what: str, on: str) -> Told:
    """That an event reached an element, made by the browser."""
    return [what, {"on": on, "trusted": True}]
