"""Canonical recordings as JSON: `{name, starting_url, steps, …}`, checked and otherwise left as they are."""

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from services.ingest.adapters.addresses import fault_of_address, redacted
from services.ingest.adapters.faults import Faults, holds_control, kind, pointer, shown
from services.ingest.adapters.imported import ImportedRecording, RecordingMethod, about_file
from services.ingest.adapters.labels import labelled, variables_for
from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import Step, Variable
from shared.contracts.steps import address_of, event_of, is_password, takes_value
from shared.core.errors import InvalidInput

# The other spellings are those of document A's table of recordings.
_SYNONYMS = {"startingUrl": "starting_url", "recordingMethod": "recording_method"}
_KEYS = ("name", "description", "starting_url", "recording_method", "steps", "variables")
RECORDING_METHODS: tuple[RecordingMethod, ...] = get_args(RecordingMethod)

Shape = TypeVar("Shape", bound=BaseModel)


def import_canonical(document: dict[str, Any], name: str, faults: Faults) -> ImportedRecording:
    """The recording. `name` is for a file without one. Raises `InvalidInput` with every fault."""
    notes: list[FidelityNote] = []
    whole = _known_keys(document, faults, notes)
    texts = {key: _text(whole, key, faults) for key in ("name", "description", "starting_url", "recording_method")}
    method = _method(texts["recording_method"], faults)
    steps = _steps(whole["steps"], faults, notes)
    variables = _variables(whole.get("variables"), faults)
    faults.refuse_if_any()
    _check_variables(variables, steps, faults)
    starting_url = _starting_url(texts["starting_url"], steps, faults, notes)
    faults.refuse_if_any()
    steps = _labelled(steps, variables, notes)
    steps, variables = _defaults_into_steps(steps, variables, notes)
    return ImportedRecording(
        name=texts["name"] or name,
        description=texts["description"],
        starting_url=starting_url,
        steps=steps,
        variables=variables_for(steps, variables),
        recording_method=method,
        source="canonical",
        fidelity=notes,
    )


def _method(given: str | None, faults: Faults) -> RecordingMethod:
    for method in RECORDING_METHODS:
        if given in (method, None):
            return method
    accepted = ", ".join(RECORDING_METHODS)
    faults.add("/recording_method", f"{shown(given)} is not known; use one of: {accepted}; or leave it out.")
    return RECORDING_METHODS[0]


def _known_keys(document: dict[str, Any], faults: Faults, notes: list[FidelityNote]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for key, value in document.items():
        known = _SYNONYMS.get(key, key)
        if known in whole:
            faults.add(pointer(key), f'"{key}" and "{known}" are the same key; keep one.')
        elif known in _KEYS:
            whole[known] = value
        else:
            notes.append(about_file("not_carried", f'the key "{key[:60]}" of the file has no meaning here'))
    return whole


def _text(whole: dict[str, Any], key: str, faults: Faults) -> str | None:
    found = whole.get(key)
    if found is not None and not isinstance(found, str):
        faults.add(pointer(key), f"this must be text, not {kind(found)}.")
        return None
    return found


def _steps(sources: list[Any], faults: Faults, notes: list[FidelityNote]) -> list[Step]:
    steps: list[Step] = []
    for index, source in enumerate(sources):
        where = pointer("steps", index)
        if not isinstance(source, dict):
            faults.add(where, f"a step must be an object, not {kind(source)}.")
            continue
        source, names = _without_secret_addresses(source)
        notes += [
            _changed(index + 1, f"an address held what looks like a secret ({name}); it is not kept")
            for name in dict.fromkeys(names)
        ]
        step = canonical_step(source, index, where, faults)
        if step is not None:
            steps.append(step)
    return steps


def canonical_step(source: dict[str, Any], index: int, where: str, faults: Faults) -> Step | None:
    """The step of that index in its list; what is wrong with it is a fault at `where`."""
    step = _validated(Step, source, where, faults)
    if step is not None:
        _check_step(step, index, faults)
    return step


def _without_secret_addresses(source: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The step with every address redacted: its page, where it leads, and what a `navigate` opens."""
    names: list[str] = []

    def _clean(holder: dict[str, Any], key: str) -> dict[str, Any]:
        found = holder.get(key)
        if not isinstance(found, str):
            return holder
        clean, secret = redacted(found)
        names.extend(secret)
        return {**holder, key: clean} if secret else holder

    source = _clean(source, "page")
    if isinstance(source.get("navigation"), dict):
        source = {**source, "navigation": _clean(source["navigation"], "url")}
    if isinstance(source.get("value"), str) and "://" in source["value"] and _opens(source):
        source = _clean(source, "value")
    return source, names


def _opens(source: dict[str, Any]) -> bool:
    try:
        return event_of(Step.model_validate(source)) == "navigate"
    except (ValidationError, InvalidInput):
        return False


def _check_step(step: Step, index: int, faults: Faults) -> None:
    if step.step_number != index + 1:
        detail = f"this is step {index + 1} of the list, not {step.step_number}; number the steps 1, 2, 3, …"
        faults.add(pointer("steps", index, "stepNumber"), detail)
    if holds_control(step.label or ""):
        faults.add(pointer("steps", index, "label"), "a label must be one line without control characters.")
    try:
        event = event_of(step)
    except InvalidInput as error:
        faults.add(pointer("steps", index, "event"), error.detail)
        return
    if event == "navigate":
        address, key = address_of(step), ("value",) if step.value else ("navigation", "url")
        fault = fault_of_address(address) if address else "a navigate step needs an address, here or in value."
        if fault:
            faults.add(pointer("steps", index, *key), fault)


def _variables(sources: Any, faults: Faults) -> dict[str, Variable]:
    if sources is None:
        return {}
    if not isinstance(sources, dict):
        faults.add("/variables", f"this must be an object that maps labels to variables, not {kind(sources)}.")
        return {}
    read = {
        label: _validated(Variable, source, pointer("variables", label), faults) for label, source in sources.items()
    }
    return {label: variable for label, variable in read.items() if variable is not None}


def _check_variables(variables: dict[str, Variable], steps: list[Step], faults: Faults) -> None:
    label_of: dict[int, str] = {}
    for label, variable in variables.items():
        number = variable.step_number
        where = pointer("variables", label, "stepNumber")
        if not label.strip() or holds_control(label):
            faults.add(pointer("variables", label), "a variable needs a label of one line.")
        elif not 1 <= number <= len(steps):
            faults.add(where, f"there is no step {number}; the recording has steps 1 to {len(steps)}.")
        elif not takes_value(steps[number - 1]):
            event = steps[number - 1].event
            faults.add(where, f'step {number} is "{event}", which takes no value; name a step that types or selects.')
        elif number in label_of:
            faults.add(where, f"{shown(label_of[number])} already fills step {number}; keep one of the two.")
        elif (own := steps[number - 1].label) not in (label, None):
            detail = f"step {number} is labelled {shown(own)}; call the variable so, or label the step {shown(label)}."
            faults.add(pointer("variables", label), detail)
        label_of[number] = label


def _starting_url(given: str | None, steps: list[Step], faults: Faults, notes: list[FidelityNote]) -> str:
    """The file's own, else the first address opened, else the page of the first step."""
    opened = next((address for step in steps if (address := address_of(step))), None)
    found = given or opened or next((step.page for step in steps if step.page), None)
    if found is None:
        faults.add("/starting_url", "this key is missing; give the address of the first page.")
        return ""
    if fault := fault_of_address(found):
        faults.add("/starting_url", fault)
    clean, names = redacted(found)
    if names and given:
        detail = f"the starting address held what looks like a secret ({', '.join(names)}); it is not kept"
        notes.append(about_file("changed", detail))
    return clean


def _labelled(steps: list[Step], variables: dict[str, Variable], notes: list[FidelityNote]) -> list[Step]:
    named = labelled(steps, variables)
    for before, after in zip(steps, named, strict=True):
        if before.label != after.label:
            why = "another step has its label" if before.label else "it had no label"
            notes.append(_changed(after.step_number, f"called {shown(after.label)}, since {why}"))
    return named


def _changed(number: int, detail: str) -> FidelityNote:
    return FidelityNote(step_number=number, source_index=number - 1, kind="changed", detail=detail)


def _defaults_into_steps(
    steps: list[Step], variables: dict[str, Variable], notes: list[FidelityNote]
) -> tuple[list[Step], dict[str, Variable]]:
    """Move a password's default into its step, the one place where secrets are looked for and encrypted."""
    steps, variables = list(steps), dict(variables)
    for label, variable in list(variables.items()):
        place = variable.step_number - 1
        if variable.default_value and is_password(steps[place]):
            variables[label] = variable.model_copy(update={"default_value": ""})
            if not steps[place].value:
                steps[place] = steps[place].model_copy(update={"value": variable.default_value})
            detail = "the default value of a password is kept with the step, encrypted"
            notes.append(_changed(place + 1, detail))
    return steps, variables


def _validated(shape: type[Shape], source: Any, where: str, faults: Faults) -> Shape | None:
    try:
        return shape.model_validate(source)
    except ValidationError as error:
        told = set()
        for problem in error.errors(include_url=False):
            # Of a choice of kinds pydantic reports each; the last part of the place is then the kind.
            place = [part for part in problem["loc"] if part not in ("int", "float", "str")]
            here = where + pointer(*place)
            if here not in told:
                told.add(here)
                faults.add(here, _in_words(problem["type"], problem["input"], problem["msg"]))
        return None


def _in_words(problem: str, found: Any, message: str) -> str:
    match problem:
        case "missing":
            return "this key is missing; every step needs it." if isinstance(found, dict) else "this is missing."
        case "string_type":
            return f"this must be text, not {kind(found)}."
        case "int_type" | "float_type":
            return f"this must be a number, not {kind(found)}."
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"this must be an object, not {kind(found)}."
        case "list_type":
            return f"this must be a list, not {kind(found)}."
        case _:
            return f"{message[:1].lower()}{message[1:]}."
