"""What is wrong with a file, gathered so that a person can mend it all at once."""

import unicodedata

from shared.core.errors import Fault, InvalidInput

MAX_FAULTS = 20
MAX_POINTER = 200


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) to a place in the file."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def printable(text: str) -> str:
    """The text as it can be stored and printed: no control characters, no half characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: 4 * MAX_POINTER])


def holds_control(text: str) -> bool:
    """Whether a text meant as a name could do things to a terminal or break a line."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def shown(found: object) -> str:
    """A found value, short enough for a sentence."""
    words = printable(str(found))
    return f'"{words[:60]}…"' if len(words) > 60 else f'"{words}"'


def kind(found: object) -> str:
    """What a JSON value is, in a person's word."""
    match found:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


class Faults:
    """The faults found so far: the first `MAX_FAULTS` are told, the others counted."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._found: list[Fault] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, where: str, detail: str) -> None:
        """Note what is wrong at a pointer (empty: the file as a whole) and what to do."""
        self._count += 1
        if self._count <= MAX_FAULTS:
            self._found.append(Fault(printable(where)[:MAX_POINTER], detail))

    def refuse_if_any(self) -> None:
        """Raise `InvalidInput` with all that was noted."""
        if not self._count:
            return
        first = self._found[0]
        where = f"at {first.pointer}: " if first.pointer else ""
        more = f" (and {self._count - 1} more)" if self._count > 1 else ""
        raise InvalidInput(f"{self._subject} cannot be imported: {where}{first.detail}{more}", self._found)
