"""What can be read from a page for an assertion or a result, and how it is compared.

Everything that is read is text: `true` and `false` for what is or is not so, digits for a count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located, frame_of, request_for
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

OF_PAGE = frozenset({"title", "url", "dialog"})
COUNTED = frozenset({"present", "visible", "count"})
OF_ELEMENT = frozenset({"text", "value", "attribute", "checked", "enabled", "editable", "selected"})
EVERYTHING = OF_PAGE | COUNTED | OF_ELEMENT
READ = """(engine, [what, attribute]) => {
  const element = engine.element;
  if (!element || !element.isConnected) return null;
  const options = [...(element.selectedOptions || [])];
  switch (what) {
    case "text": return [element.innerText ?? element.textContent];
    case "value": return [element.isContentEditable ? element.innerText : String(element.value ?? "")];
    case "attribute": return [element.getAttribute(attribute) ?? ""];
    case "checked": return [String(engine.isChecked(element))];
    case "enabled": return [String(engine.isEnabled(element))];
    case "editable": return [String(engine.isEnabled(element) && engine.isEditable(element))];
    default: return [options.map((one) => one.text.trim()).join("\\n"), options.map((one) => one.value).join("\\n")];
  }
}"""
WHOLE_TEXT = "() => (document.body ? document.body.innerText : '')"
COUNT = "(engine, request) => engine.awaitCount(request)"
PATTERN = """(engine, [pattern, text]) => {
  try {
    const found = new RegExp(pattern, "u").exec(text);
    return found ? { taken: found[1] ?? found[0] } : {};
  } catch (error) {
    return { wrong: error.message };
  }
}"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read; `attribute` where that is what."""

    what: str
    attribute: str | None = None

    @classmethod
    def of(cls, given: Any) -> "Wanted":
        """As `metadata.assertion` or `metadata.extract` says. Raises `StepFailed`."""
        said = given if isinstance(given, dict) else {}
        what, attribute = said.get("what") or "text", said.get("attribute")
        if what not in EVERYTHING:
            raise StepFailed("invalid_step", f"{str(what)[:40]!r} cannot be read; use {', '.join(sorted(EVERYTHING))}")
        if what == "attribute" and not (isinstance(attribute, str) and attribute):
            raise StepFailed("invalid_step", "the step does not say which attribute")
        return cls(what, attribute)


@dataclass(slots=True)
class Reader:
    """Reads one thing again and again; keeps the element as long as it is there."""

    doing: "Performance"
    wanted: Wanted
    where: tuple[Tab, Frame]
    located: Located | None = None

    async def read(self, seconds: float) -> Sequence[str]:
        """The texts that it has now, several where it goes by several names; waits so long for its element."""
        what, (tab, root) = self.wanted.what, self.where
        if what in OF_PAGE:
            return [await self._of_page(tab)]
        if what in COUNTED:
            count = await self._count()
            return [str(count) if what == "count" else str(count > 0).lower()]
        if not has_element(self.doing.step):
            if what != "text":
                raise StepFailed("invalid_step", f"the step names no element whose {what} could be read")
            return [str(await tab.ask(root, WHOLE_TEXT))]
        return await self._of_element(seconds)

    async def _of_page(self, tab: Tab) -> str:
        dialogs = self.doing.session.happenings.dialogs
        match self.wanted.what:
            case "url":
                return tab.url
            case "dialog":
                return dialogs[-1].message if dialogs else ""
            case _:
                return str(await tab.ask(tab.main, "() => document.title"))

    async def _of_element(self, seconds: float) -> Sequence[str]:
        asked = [self.wanted.what, self.wanted.attribute]
        found = await self.located.ask(READ, asked) if self.located else None
        if found is None:
            self.located = await self.doing.locate(timeout=max(0, round(seconds * 1000)))
            found = await self.located.ask(READ, asked)
        if self.located and self.located.type == "password" and self.wanted.what == "value":
            raise StepFailed("invalid_step", "what a password field holds is not read")
        return found or []

    async def _count(self) -> int:
        step, doing, (tab, root) = self.doing.step, self.doing, self.where
        if not has_element(step):
            raise StepFailed("invalid_step", "the step names no element to look for")
        condition: dict[str, Any] = {"operator": ">=", "count": 0}
        if self.wanted.what == "visible":
            condition["visible"] = True
        try:
            frame = await frame_of(step, tab, root, 0)
        except StepFailed:
            return 0  # where its frame is not, neither is the element
        request = {**request_for(step, doing.event, 0, doing.options), "condition": condition}
        return int((await tab.ask(frame, COUNT, request))["count"])


async def matched(where: tuple[Tab, Frame], pattern: str, text: str) -> str | None:
    """What a regular expression takes from a text: its first group, or all of it; none where it fits nowhere.

    It is tried in the page: a hostile one keeps nobody else waiting. Raises `StepFailed` for one that is none.
    """
    answer = await where[0].ask(where[1], PATTERN, [pattern, text])
    if "wrong" in answer:
        raise StepFailed("invalid_step", f"{pattern[:80]!r} is no regular expression: {answer['wrong']}")
    return str(answer["taken"]) if "taken" in answer else None


def _number(text: str) -> float:
    try:
        return float(text.strip().replace("\u00a0", "").replace(",", ""))
    except ValueError:
        return float("nan")


COMPARED: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda now, then: now == then,
    "contains": lambda now, then: then in now,
    "starts_with": lambda now, then: now.startswith(then),
    "ends_with": lambda now, then: now.endswith(then),
    "more_than": lambda now, then: _number(now) > _number(then),
    "less_than": lambda now, then: _number(now) < _number(then),
    "at_least": lambda now, then: _number(now) >= _number(then),
    "at_most": lambda now, then: _number(now) <= _number(then),
}
OPERATORS = (*COMPARED, "not_equals", "not_contains", "matches", "not_matches")


def tidy(text: str) -> str:
    """Text as a person sees it: any white space is one space."""
    return " ".join(text.split())


async def holds(where: tuple[Tab, Frame], operator: str, now: Sequence[str], then: str) -> bool:
    """Whether any of the texts compares so with what was expected; for a `not_…`: whether none does."""
    if operator.startswith("not_"):
        return bool(now) and not await holds(where, operator.removeprefix("not_"), now, then)
    if operator == "matches":
        return any([await matched(where, then, text) is not None for text in now])
    return any(COMPARED[operator](tidy(text), tidy(then)) for text in now)
