"""What Chrome's recorder writes down while a person types: the value is kept, the typing is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.ingest.adapters.imported import Kind
from shared.contracts.recording import Step
from shared.contracts.steps import is_password

KEY_EVENTS = frozenset({"key_down", "key_up"})
# Keys that change what a field holds, or help to: typing the final value makes them superfluous.
_EDITING_KEYS = frozenset({"Backspace", "Delete", "CapsLock", "AltGraph", "Dead", "Process", "Unidentified"})


@dataclass(slots=True)
class Draft:
    """One source step on its way: its canonical JSON, until something says that it is not carried."""

    index: int
    json: dict[str, Any] | None
    notes: list[tuple[Kind, str]]

    def drop(self, kind: Kind, why: str) -> None:
        """Leave the step out."""
        self.json = None
        self.notes.append((kind, why))


def field_of(step: dict[str, Any]) -> str:
    """The same for steps on the same field of the same page."""
    return str((step["metadata"].get("selectors"), step["metadata"].get("target"), step["bundle"].get("iframeChain")))


def drop_half_typed_values(drafts: Iterable[Draft]) -> None:
    """Keep only the last of several values typed into one field in a row.

    The recorder writes one down at each pause. Replaying them all would type the recorded text over the row's own,
    since a column fills one step only.
    """
    latest: Draft | None = None
    field = ""
    for draft in drafts:
        step = draft.json
        if step is None:
            continue
        if step["event"] == "type":
            if latest and field == field_of(step):
                latest.drop("changed", f"source step {draft.index} fills the same field again; that value is kept")
            latest, field = draft, field_of(step)
        elif not (_edits(step) or (step["event"] == "click" and field == field_of(step))):
            latest, field = None, ""


def drop_keys_of_secrets(drafts: Iterable[Draft]) -> None:
    """Leave out single characters pressed while a password was typed: they are parts of it, in clear."""
    run: list[Draft] = []
    for draft in drafts:
        if draft.json and draft.json["event"] not in (*KEY_EVENTS, "type"):
            _drop_characters_of_secret(run)
            run = []
        else:
            run.append(draft)
    _drop_characters_of_secret(run)


def _drop_characters_of_secret(run: list[Draft]) -> None:
    if any(draft.json and _is_secret(draft.json) for draft in run):
        for draft in run:
            if draft.json and draft.json["event"] in KEY_EVENTS and _is_character(draft.json["metadata"]["key"]):
                draft.drop("not_carried", "a key pressed while a password was typed is not kept")


def _is_secret(step: dict[str, Any]) -> bool:
    return step["event"] == "type" and is_password(Step.model_validate({"stepNumber": 1, **step}))


def _edits(step: dict[str, Any]) -> bool:
    if step["event"] not in KEY_EVENTS or step["navigation"]["type"] != "same_page":
        return False
    key = step["metadata"]["key"]
    return _is_character(key) or key in _EDITING_KEYS or key.startswith("Shift")


def _is_character(key: str) -> bool:
    if len(key) == 1:
        return key not in "\r\n"
    return key == "Space" or (key.startswith(("Key", "Digit", "Numpad")) and key != "NumpadEnter")
