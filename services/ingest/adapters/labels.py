"""Names for steps as a person would say them, and the variables that a CSV column can fill."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.steps import event_of, takes_value

MAX_LABEL = 80
_ENDING = " :*：\t\n\u00a0"
_PLACEHOLDER = re.compile(r"\{\{\s?([^\W\d][\w.-]{0,59})\s?\}\}|\$\{([^\W\d][\w.-]{0,59})\}")
# Letters and digits in turns: `input-6tyPR3fy`. One of both at the end is a person's, as in `address2`.
_MADE_BY_MACHINE = re.compile(r"[A-Za-z]\d+[A-Za-z]+\d|\d[A-Za-z]+\d+[A-Za-z]")
_FOR_TESTS = ("data-testid", "data-test-id", "data-test", "data-cy", "data-qa")


def label_from(bundle: LocatorBundle) -> str | None:
    """The element's accessible name, else its placeholder, id or name made readable, else its text.

    Last what tests call it (`data-testid`).
    """
    said = (_tidy(bundle.aria or ""), _tidy(bundle.placeholder or ""))
    named = (humanised(bundle.id or ""), humanised(bundle.name or ""))
    tested = (humanised(bundle.data_attrs.get(key, "")) for key in _FOR_TESTS)
    return next((label for label in (*said, *named, _tidy(bundle.visible_text or ""), *tested) if label), None)


def humanised(name: str) -> str | None:
    """`id_first_name`, `user[firstName]` → `First name`, `User first name`; None when nobody could read it."""
    if _MADE_BY_MACHINE.search(name):
        return None
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = [word.lower() for word in re.findall(r"[^\W_]+", spaced)]
    if len(words) > 1 and words[0] == "id":
        words = words[1:]
    readable = " ".join(words)
    letters = sum(character.isalpha() for character in readable)
    digits = sum(character.isdigit() for character in readable)
    if letters < 2 or digits > letters or all(sum(map(str.isalpha, word)) < 2 for word in words):
        return None
    return _tidy(readable[:1].upper() + readable[1:])


def placeholder_in(value: str) -> str | None:
    """The name in a value that is nothing but a place for one, as people write them: `{{name}}`, `${name}`."""
    found = _PLACEHOLDER.fullmatch(value.strip())
    return (found[1] or found[2]) if found else None


def unique(label: str, taken: Iterable[str]) -> str:
    """The label, or the label with the first free number behind it; capitals do not tell labels apart."""
    folded = {other.casefold() for other in taken}
    number, candidate = 1, label
    while candidate.casefold() in folded:
        number += 1
        candidate = f"{label} ({number})"
    return candidate


def labelled(steps: Iterable[Step], given: Mapping[str, Variable]) -> list[Step]:
    """The steps, each that takes a value under a label of its own: columns find it by that.

    A variable's step goes by the variable's key. A label that another has already gets a number behind it.
    """
    key_of = {variable.step_number: label for label, variable in given.items()}
    taken = set(given)
    named: list[Step] = []
    for step in steps:
        label = step.label
        if takes_value(step):
            own = step.label or f"Step {step.step_number}"
            label = key_of.get(step.step_number) or (unique(own, taken) if own in taken else own)
            taken.add(label)
        named.append(step if label == step.label else step.model_copy(update={"label": label}))
    return named


def variables_for(steps: Iterable[Step], given: Mapping[str, Variable]) -> dict[str, Variable]:
    """The given variables, and one for each other step that takes a value, under the step's label.

    No variable holds what was typed: that stays in the step alone.
    """
    variables = dict(given)
    for step in steps:
        if takes_value(step) and step.label and step.label not in variables:
            variables[step.label] = Variable(
                type=_variable_type(step), required=bool(step.value), step_number=step.step_number
            )
    return variables


def _variable_type(step: Step) -> Literal["input", "checkbox", "select", "file"]:
    if step.metadata.get("elementType") == "file":
        return "file"
    match event_of(step):
        case "upload":
            return "file"
        case "select":
            return "select"
        case "check" | "uncheck":
            return "checkbox"
        case _:
            return "input"


def _tidy(text: str) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words.strip(_ENDING)[:MAX_LABEL].strip()
