"""What the keyboard types without saying where: into the field of the step before."""

from services.ingest.adapters.faults import Faults
from services.ingest.adapters.playwright.actions import carried
from services.ingest.adapters.playwright.terms import Action, Made

TYPING = frozenset({"keyboard_type", "keyboard_insert_text"})
_ENTERS = ("click", "focus", "type")


def typed_behind(before: Made | None, action: Action, faults: Faults) -> list[Made]:
    """The step that types the action's text; left out, and told, where no step before enters a field."""
    field = before.json if before else None
    if before is None or not field or "selector" not in field or field["event"] not in _ENTERS:
        left_out = Made(action.line, action.page)
        called = action.name.replace("_", ".", 1)
        left_out.note("not_carried", f"{called} is left out: no step before enters a field")
        return [left_out]
    text = action.args.get("text")
    made = carried(
        Action("press_sequentially", action.line, action.page, None, {"text": text}, unit=action.unit), faults
    )
    typed = made[-1]
    if typed.json:
        kept = {key: field[key] for key in ("selector", "bundle")}
        typed.json |= kept | {"metadata": {**field["metadata"], **typed.json["metadata"]}}
        typed.hint = before.hint
        typed.note("changed", "typed into the field of the step before it")
    return made
