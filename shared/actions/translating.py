"""A list of actions, made into the canonical steps of one row."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from shared.actions.given import ELEMENT, Given, StepFields, fault, fields, squashed
from shared.actions.looking import waits_for_something
from shared.actions.words import is_known, meant_by, steps_of
from shared.contracts.recording import Step
from shared.contracts.sealed import MASK
from shared.contracts.steps import FILLING, canonical_event, event_of, is_password
from shared.core.errors import Fault, InvalidInput, TooLarge

MOST_ACTIONS = 500
LONGEST_LABEL = 80
MOST_BYTES = 256 * 1024  # of all steps as JSON: they travel in one event
WORDS = ("action", "event", "command", "type", "kind")
OWN_KEYS = frozenset({"navigation", "bundle", "stepNumber", "metadata"})  # of a canonical step
TAKEN = re.compile(r"\$\{\s*([^{}]+?)\s*\}")


@dataclass(slots=True)
class Translation:
    """The steps; the actions as they may be shown; and what is not in either of them.

    `secrets`: values in clear by the label of their step. `files`: content by its SHA-256. `notes`: what was left out.
    """

    steps: list[Step] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, steps: Iterable[StepFields]) -> None:
        """Further steps, with the numbers that follow."""
        for fields_of in steps:
            step = Step.model_validate({**fields_of, "stepNumber": len(self.steps) + 1})
            self.steps.append(_interpolating(step, self.names_taken))

    @property
    def names_taken(self) -> set[str]:
        """What the steps so far call the values that they take from pages."""
        extracts = (step.metadata.get("extract") for step in self.steps)
        return {each["name"] for each in extracts if isinstance(each, dict) and isinstance(each.get("name"), str)}


def translate(target_url: str, actions: Sequence[Any]) -> Translation:
    """The page is opened, then the actions follow. Raises `InvalidInput` that names every action at fault."""
    if len(actions) > MOST_ACTIONS:
        raise InvalidInput(f"there are {len(actions)} actions; a job has at most {MOST_ACTIONS}")
    _check_storable([target_url, *actions])
    opening = {"navigation": {"type": "navigation", "url": target_url}}
    made, faults = Translation(), list[Fault]()
    made.add([fields("navigate", value=target_url) | opening])
    for index, action in enumerate(actions):
        try:
            _add_action(made, index, action, target_url)
        except InvalidInput as error:
            faults += error.faults or [fault(index, error.detail)]
    if faults:
        told = "; ".join(f"{_place(each)}: {each.detail}" for each in faults)
        raise InvalidInput(f"these actions are not right: {told}", faults)
    if sum(len(json.dumps(step.to_json())) for step in made.steps) > MOST_BYTES:
        raise TooLarge(f"the actions are over {MOST_BYTES // 1024} KiB; import them as a recording instead")
    return made


def _check_storable(given: Sequence[Any]) -> None:
    """Raises `InvalidInput` for what no event or no table can hold."""
    try:
        text = json.dumps(given, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(f"these actions cannot be stored as JSON: {str(error)[:200]}") from error
    if "\\u0000" in text:
        raise InvalidInput("these actions cannot be stored: a text has a NUL character (\\u0000)")


def _place(wrong: Fault) -> str:
    """`/actions/2/selector` as people write it: `actions[2].selector`."""
    _, _, index, *keys = wrong.pointer.split("/")
    return ".".join((f"actions[{index}]", *keys))


def _add_action(made: Translation, index: int, action: Any, base: str) -> None:
    if not isinstance(action, Mapping):
        raise InvalidInput('an action is an object, such as {"type": "click", "selector": "#save"}')
    if "event" in action and not OWN_KEYS.isdisjoint(action):
        shown = dict(action)
        made.add(_hidden(made, index, [_canonical(index, action)], shown, "value", secret=False))
        made.actions.append(shown)
        return
    word, event, usual = _asked(action)
    given = Given(index, {key: value for key, value in action.items() if key != word}, base, usual)
    around = _around(given, event)
    around["label"] = around["label"] or _called(index, action)
    steps = [_with(step, around) for step in steps_of(event, given)]
    shown = dict(action)
    if given.files:
        names = [line.rpartition("/")[2] for line in steps[0]["value"].splitlines()]
        shown = {key: names if squashed(key) in ("files", "file", "value") else each for key, each in shown.items()}
    made.add(_hidden(made, index, steps, shown, given.typed_as, secret=around["secret"]))
    made.actions.append(shown)
    made.files |= given.files
    made.notes += [f'actions[{index}]: "{key}" is not known, and was left out' for key in given.left]


def _asked(action: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The key that says what to do, the event that it means, and what its word says already."""
    said = [name for name in WORDS if isinstance(action.get(name), str)]
    if not said:
        raise InvalidInput('it does not say what to do, as {"type": "click", …} does')
    known = next((name for name in said if is_known(action[name])), said[0])
    return known, *meant_by(action[known])


def _canonical(index: int, action: Mapping[str, Any]) -> StepFields:
    try:
        canonical_event(str(action["event"]))
        step = Step.model_validate({"navigation": {"type": "same_page"}, "bundle": {}, **action, "stepNumber": 1})
    except ValidationError as error:
        first = error.errors()[0]
        pointer = "/".join(map(str, first["loc"]))
        raise InvalidInput("it is no step", [fault(index, first["msg"], pointer)]) from error
    return step.to_json()


def _around(given: Given, event: str) -> dict[str, Any]:
    """What every action may say beside what it does."""
    frames = given.any("frame", "iframe", "frames")
    return {
        "timeout": given.milliseconds("timeout", "timeout_ms")
        if event != "wait" or waits_for_something(given)
        else None,
        "frames": frames if frames is None or isinstance(frames, list) else [frames],
        "label": given.text("description", "comment", *(() if event == "select" else ("label",))),
        "leads": given.yes("wait_for_navigation", "navigates"),
        "secret": given.yes("secret", "sensitive") is True,
        "metadata": given.any("metadata"),
    }


def _called(index: int, action: Mapping[str, Any]) -> str:
    """What log lines and errors call the action's steps."""
    where = next((action[key] for key in ELEMENT if isinstance(action.get(key), str)), "")
    return f"actions[{index}] {where}".strip()[:LONGEST_LABEL]


def _with(step: StepFields, around: Mapping[str, Any]) -> StepFields:
    metadata = {**step["metadata"], **(around["metadata"] if isinstance(around["metadata"], dict) else {})}
    if around["timeout"] is not None:
        metadata["timeout"] = around["timeout"]
    made = {**step, "metadata": metadata}
    if around["frames"]:
        made["bundle"] = {**step["bundle"], "iframeChain": around["frames"]}
    if around["label"]:
        made["label"] = around["label"]
    if around["leads"]:
        made["navigation"] = {"type": "navigation"}
    return made


def _hidden(
    made: Translation, index: int, steps: list[StepFields], shown: dict[str, Any], key: str | None, *, secret: bool
) -> Iterator[StepFields]:
    """The steps without what is secret: that goes with the row, sealed."""
    for fields_of in steps:
        step = Step.model_validate({**fields_of, "stepNumber": 1})
        if secret and event_of(step) not in FILLING:
            raise InvalidInput("", [fault(index, "only what is typed or chosen can be secret", "secret")])
        if not fields_of.get("value") or not (secret or is_password(step)):
            yield fields_of
            continue
        label = f"{fields_of.get('label') or 'secret'} · {index}"  # no two actions have the same
        made.secrets[label] = fields_of["value"]
        if key:
            shown[key] = MASK
        yield {name: value for name, value in fields_of.items() if name != "value"} | {"label": label}


def _interpolating(step: Step, taken: set[str]) -> Step:
    """`${name}` in a value is what an earlier action took as that; where none did, it is a text like any other."""
    wanted = set(TAKEN.findall(step.value or ""))
    if not wanted or not wanted <= taken:
        return step
    return step.model_copy(update={"metadata": {**step.metadata, "interpolate": True}})
