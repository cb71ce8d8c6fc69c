"""The shape of a Selenium IDE project (`.side`, versions 1.0 to 3.0): tests and their commands, read or refused."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.ingest.adapters.faults import Faults, kind, pointer, printable, shown
from shared.core.errors import InvalidInput

MAX_ALTERNATIVES = 30
MAX_LISTED = 20
VERSIONS = ("1.0", "1.1", "2.0", "3.0")


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a test. `place`: its index in the test that is imported, also for lines of tests that it runs."""

    place: int
    name: str
    target: str
    value: str
    targets: tuple[str, ...] = ()
    comment: str = ""
    opens: str | None = None  # the name of the handle of the window that it opens
    disabled: bool = False

    def within(self, place: int) -> "Command":
        """The same as part of what the command at `place` runs."""
        return Command(place, self.name, self.target, self.value, self.targets, self.comment, self.opens, self.disabled)


@dataclass(frozen=True, slots=True)
class Test:
    """A test of the project. `called`: a function of the file, which is only run by others."""

    name: str
    commands: tuple[Command, ...]
    called: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `base` is the address that what it opens is relative to, and may be empty.

    `selenese`: it is one of Selenium IDE for Firefox, whose scripts know the variables as `storedVars`.
    """

    name: str
    base: str
    tests: tuple[Test, ...]
    version: str
    selenese: bool = False

    def test(self, name: str) -> Test | None:
        """The first test of that name."""
        return next((test for test in self.tests if test.name == name), None)


def is_project(document: dict[str, Any]) -> bool:
    """Whether a JSON object is a project of Selenium IDE, by what it holds."""
    return "tests" in document and "steps" not in document


def read_project(document: dict[str, Any], name: str, faults: Faults) -> Project:
    """The project; `name` is for one without. Raises `InvalidInput` with every fault of its shape."""
    tests = document["tests"]
    if not isinstance(tests, list):
        faults.add("/tests", f"this must be a list of tests, not {kind(tests)}.")
        tests = []
    elif not tests:
        faults.add("/tests", "the project has no tests; record one in Selenium IDE first.")
    read = tuple(_test(source, index, faults) for index, source in enumerate(tests))
    project = Project(
        name=_line(_text(document, "name", (), faults)) or name,
        base=_text(document, "url", (), faults).strip() or _first_url(document),
        tests=read,
        version=_text(document, "version", (), faults),
        selenese=document.get("selenese") is True,
    )
    faults.refuse_if_any()
    return project


def chosen_tests(project: Project, wanted: str | None, subject: str) -> tuple[Test, ...]:
    """The test of that name, else the only one, else those with commands in them. Raises `InvalidInput`."""
    if wanted is not None:
        found = project.test(wanted) or next((t for t in project.tests if _same(t.name, wanted)), None)
        if found is None:
            raise InvalidInput(
                f"{subject} has no test {shown(wanted)}; it has: {listed(t.name for t in project.tests)}."
            )
        return (found,)
    own = [test for test in project.tests if not test.called]
    worth = tuple(test for test in own if any(command.name for command in test.commands))
    if not worth:
        raise InvalidInput(f"{subject} cannot be imported: none of its tests has a command; record something first.")
    return worth


def listed(names: Iterable[str]) -> str:
    """The names of tests, for a sentence."""
    names = list(names)
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(map(shown, names[:MAX_LISTED])) + more


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _test(source: Any, index: int, faults: Faults) -> Test:
    place = ("tests", index)
    if not isinstance(source, dict):
        faults.add(pointer(*place), f"a test must be an object, not {kind(source)}.")
        return Test("", ())
    commands = source.get("commands")
    if not isinstance(commands, list):
        faults.add(pointer(*place, "commands"), f"this must be a list of commands, not {kind(commands)}.")
        commands = []
    name = _line(_text(source, "name", place, faults)) or f"Test {index + 1}"
    return Test(name, tuple(_commands(commands, place, faults)), source.get("called") is True)


def _commands(sources: list[Any], place: tuple[str | int, ...], faults: Faults) -> Iterator[Command]:
    for index, source in enumerate(sources):
        here = (*place, "commands", index)
        if not isinstance(source, dict):
            faults.add(pointer(*here), f"a command must be an object, not {kind(source)}.")
            continue
        name = _text(source, "command", here, faults).strip()
        opens = _text(source, "windowHandleName", here, faults) if source.get("opensWindow") is True else None
        yield Command(
            place=index,
            name=name.removeprefix("//").strip(),
            target=_text(source, "target", here, faults),
            value=_text(source, "value", here, faults),
            targets=tuple(_targets(source.get("targets"))),
            comment=_line(_text(source, "comment", here, faults)),
            opens=opens or (f"window of command {index + 1}" if opens is not None else None),
            disabled=name.startswith("//") or source.get("skip") is True,
        )


def _targets(found: Any) -> Iterator[str]:
    """The locators of `[[locator, strategy], …]`; what is none of that is left out, the target itself stands beside."""
    for item in found[:MAX_ALTERNATIVES] if isinstance(found, list) else ():
        first = item[0] if isinstance(item, list) and item else item
        if isinstance(first, str) and first:
            yield first


def _text(source: dict[str, Any], key: str, place: tuple[str | int, ...], faults: Faults) -> str:
    """A text; numbers and truth values, which people write by hand, as text; nothing where there is none."""
    match source.get(key):
        case None:
            return ""
        case str() as text:
            return text
        case bool() as flag:
            return str(flag).lower()
        case int() | float() as number:
            return str(number)
        case found:
            faults.add(pointer(*place, key), f"this must be text, not {kind(found)}.")
            return ""


def _first_url(document: dict[str, Any]) -> str:
    urls = document.get("urls")
    given = urls if isinstance(urls, list) else []
    return next((url.strip() for url in given if isinstance(url, str) and url.strip()), "")


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", printable(text)).strip()
