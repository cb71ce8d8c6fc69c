"""Steps read from a file of Playwright → a recording: numbers, labels, tabs, variables, where it starts, the report."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.ingest.adapters.faults import Faults, printable, shown
from services.ingest.adapters.imported import MAX_STEPS, ImportedRecording, Source, about_file
from services.ingest.adapters.json_document import MAX_TEXT_BYTES
from services.ingest.adapters.labels import humanised, label_from, unique, variables_for
from services.ingest.adapters.paths import said_by_path, text_in_paths
from services.ingest.adapters.playwright.terms import Made
from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.steps import VALUE_EVENTS, is_password, takes_value

MAX_LABEL = 80
_KEYS = frozenset({"key_down", "key_up", "key_press"})
_WORDS = {
    "resize": "Resize the window", "wait": "Wait", "dialog": "Answer the dialog", "run_script": "Run a script",
    "switch_tab": "Switch the window", "close": "Close the page", "reload": "Reload the page", "go_back": "Go back",
    "go_forward": "Go forward", "screenshot": "Take a screenshot", "pdf": "Print the page", "scroll": "Scroll",
}  # fmt: skip
_BEFORE_ANY_PAGE = frozenset({"resize", "new_tab", "close", "custom"})


def recording_of(
    made: Sequence[Made], name: str, source: Source, faults: Faults, notes: Iterable[FidelityNote] = ()
) -> ImportedRecording:
    """The recording. Raises `InvalidInput` with every fault, also where nothing is left to replay."""
    told = list(notes)
    kept = [one for one in made if one.json]
    unit = "call" if source == "playwright_trace" else "line"
    for one in kept:
        _check_texts(one, unit, faults)
    _close_nothing_at_the_end(kept)
    start = _starting_url(kept, told)
    if not faults and all(one.json and one.json["event"] == "custom" for one in kept):
        faults.add("", "nothing in it can be replayed: no call opens a page, clicks or types.")
    elif not faults and start is None:
        faults.add("", "no call opens an address (page.goto), so nothing says where to start.")
    if len(kept) > MAX_STEPS:
        faults.add("", f"it has {len(kept)} steps, where {MAX_STEPS} are the limit.")
    faults.refuse_if_any()
    steps, step_notes, variables = _numbered(made, unit)
    return ImportedRecording(
        name=" ".join(printable(name).split())[:200],
        description=None,
        starting_url=start or "",
        steps=steps,
        variables=variables_for(steps, variables),
        recording_method="extension",
        source=source,
        fidelity=[note.model_copy(update={"detail": printable(note.detail)}) for note in told] + step_notes,
    )


def _check_texts(made: Made, unit: str, faults: Faults) -> None:
    """What neither the log nor Postgres can hold."""
    left: list[Any] = [made.json, made.variable, made.hint]
    while left:
        found = left.pop()
        if isinstance(found, dict):
            left += [*found, *found.values()]
        elif isinstance(found, list):
            left += found
        elif isinstance(found, str) and (fault := _fault_of(found)):
            faults.add(f"{unit} {made.line}", fault)
            return


def _fault_of(text: str) -> str | None:
    if "\x00" in text:
        return "a text holds a NUL character, which cannot be stored; remove it."
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "a text holds half of a character (a lone surrogate); write it again."
    return f"a text is longer than {MAX_TEXT_BYTES // 1024} KiB; shorten it." if size > MAX_TEXT_BYTES else None


def _close_nothing_at_the_end(kept: list[Made]) -> None:
    """Every script ends with closing its pages, which a row does by itself."""
    while kept and kept[-1].json and kept[-1].json["event"] == "close":
        kept.pop().json = None


def _starting_url(kept: list[Made], notes: list[FidelityNote]) -> str | None:
    steps = [one.json for one in kept if one.json]
    opened = next((step["value"] for step in steps if step["event"] == "navigate"), None)
    first = next((step for step in steps if step["event"] not in _BEFORE_ANY_PAGE), None)
    if opened and first and first["event"] != "navigate":
        notes.append(about_file("changed", f"it acts before it opens a page; the recording starts at {opened}"))
    return opened


def _numbered(made: Sequence[Made], unit: str) -> tuple[list[Step], list[FidelityNote], dict[str, Variable]]:
    several = len({one.page for one in made if one.json}) > 1
    steps: list[Step] = []
    notes: list[FidelityNote] = []
    variables: dict[str, Variable] = {}
    first_of: dict[tuple[str, str | None], str] = {}  # name and value in the script -> label of the first step with it
    pages: dict[int, str] = {}
    for one in made:
        step = None
        if one.json is not None and not _tells_a_secret(one):
            step = _step(one, len(steps) + 1, [said.label or "" for said in steps if takes_value(said)])
            at = pages.get(one.page)
            more = ({"tabId": one.page} if several else {}) | ({"page": at} if at and step.event != "navigate" else {})
            step = Step.model_validate({**step.to_json(), **more})
            pages[one.page] = step.navigation.url or at or ""
            steps.append(step)
            _name(one, step, variables, first_of)
        number = step.step_number if step else None
        at_line = f"{unit} {one.line}"
        notes += [
            FidelityNote(
                step_number=number, source_index=one.line - 1, kind=kind, detail=printable(f"{at_line}: {detail}")
            )
            for kind, detail in one.notes
        ]
    return steps, notes, variables


def _step(made: Made, number: int, taken: list[str]) -> Step:
    json = made.json or {}
    label = _label(json, made.hint, number)
    if json["event"] in VALUE_EVENTS:
        label = unique(label, taken)
    step = Step.model_validate({"stepNumber": number, "label": label, **json})
    if is_password(step) and step.value:
        made.note("carried", "it looks like a password: its value is kept encrypted, and shown nowhere")
    return step


def _label(json: dict[str, Any], hint: str | None, number: int) -> str:
    event, metadata = json["event"], json["metadata"]
    if event == "navigate":
        return f"Open {json['value'].split('://', 1)[-1].split('?', 1)[0].split('#', 1)[0][:MAX_LABEL]}"
    if event == "custom":
        return f"Left out: {str(metadata.get('name')).removeprefix('playwright:')}"[:MAX_LABEL]
    if event in _KEYS and "selector" not in json:
        return f"Press {metadata['key'][:40]}"
    bundle = LocatorBundle.model_validate(json["bundle"])
    said = " ".join((hint or "").split())
    spoken = humanised(said) if said in bundle.data_attrs.values() or said == bundle.id else said[:MAX_LABEL]
    found = label_from(bundle) or spoken or _called_by_path(metadata.get("selectors") or [])
    checked = metadata.get("assertion", {}).get("what")
    if checked:
        return f"{found or 'Page'}: {checked}"[:MAX_LABEL]
    return _printable(found or "") or _WORDS.get(event) or f"Step {number}"


def _called_by_path(alternatives: list[list[str]]) -> str | None:
    said = (said_by_path(parts[-1]) for parts in alternatives)
    bundles = (LocatorBundle.model_validate({key: one[key] for key in one if key != "metadata"}) for one in said)
    return next(filter(None, map(label_from, bundles)), None) or text_in_paths(alternatives)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _name(made: Made, step: Step, variables: dict[str, Variable], first_of: dict[tuple[str, str | None], str]) -> None:
    """A value that has a name in the script goes by it: as a column, once for all steps that use it."""
    if made.variable is None or not takes_value(step) or step.label is None:
        return
    kind = {"select": "select", "check": "checkbox", "uncheck": "checkbox", "upload": "file"}.get(step.event, "input")
    original = first_of.setdefault((made.variable, step.value), step.label)
    named = {"csvColumn": made.variable} if original == step.label else {"sameAs": original}
    if any(variable.csv_column == made.variable for variable in variables.values()) and "sameAs" not in named:
        named = {}  # another value of that name, as a loop has them
    said = {"type": kind, "required": True, "stepNumber": step.step_number}
    said["description"] = f"{shown(made.variable)} in the script"
    variables[step.label] = Variable.model_validate(said | named)


def _tells_a_secret(made: Made) -> bool:
    """Whether it is one character of a password, in clear."""
    json = made.json or {}
    if json.get("event") not in _KEYS or "selector" not in json or len(json["metadata"]["key"]) > 1:
        return False
    typed = Step.model_validate({"stepNumber": 1, **json, "event": "type"})
    if not is_password(typed):
        return False
    made.note("not_carried", "a key pressed while a password was typed is not kept")
    return True
