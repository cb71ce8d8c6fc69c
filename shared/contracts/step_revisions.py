"""What becomes of a step when its recording is revised: taught, given another locator, given back its former one."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.contracts.recording import Bounding, LocatorBundle, Step
from shared.contracts.runner import Taught

NOT_AGAIN = "undone"  # in a step's metadata as `taught`: what a run saw of it is not wanted


def with_taught(step: Step, taught: Iterable[Taught]) -> Step:
    """The step with what was learned: what was recorded stays, what was missing is filled in."""
    for lesson in taught:
        if lesson.step_number == step.step_number:
            bundle = {**lesson.bundle.to_json(), **{k: v for k, v in step.bundle.to_json().items() if v}}
            known = {"elementTag": lesson.element_tag, "elementType": lesson.element_type, "taught": True}
            metadata = {**known, **step.metadata, "taught": True}
            if lesson.effects:
                metadata["effects"] = lesson.effects
            return Step.model_validate({**step.to_json(), "bundle": bundle, "metadata": metadata})
    return step


def with_heal(step: Step, selector: str, bundle: LocatorBundle, heal_id: UUID) -> Step:
    """The step with a healed element's locators in the first place; the ones that were recorded come after them."""
    metadata = {**step.metadata, "selectors": _selectors(step, selector), "adopted": str(heal_id)}
    if bundle.tag and bundle.tag != (step.metadata.get("elementTag") or step.bundle.tag):
        metadata["elementTag"] = bundle.tag
        metadata.pop("role", None)
    metadata |= _offset(metadata, step.bundle.bounding, bundle.bounding)
    told = {"selector": selector, "bundle": bundle.to_json(), "metadata": metadata}
    return Step.model_validate({**step.to_json(), **told})


def restored(step: Step, former: Step) -> Step:
    """The former step, which neither the same lesson nor the same heal changes again."""
    metadata = dict(former.metadata)
    if step.metadata.get("taught") and not metadata.get("taught"):
        metadata["taught"] = NOT_AGAIN
    if "adopted" in step.metadata:
        metadata["adopted"] = step.metadata["adopted"]
    return Step.model_validate({**former.to_json(), "metadata": metadata})


def locators_of(step: Step) -> tuple[Any, ...]:
    """All that finds the step's element; two steps that agree in it mean the same element by the same means."""
    return step.selector, step.bundle.to_json(), step.metadata.get("selectors")


def _selectors(step: Step, selector: str) -> list[Any]:
    given = step.metadata.get("selectors")
    former = [*(given if isinstance(given, list) else []), *([[step.selector]] if step.selector else [])]
    found: list[Any] = [[selector]]
    for each in former:
        parts = each if isinstance(each, list) else [each]
        if parts not in found:
            found.append(parts)
    return found


def _offset(metadata: dict[str, Any], before: Bounding | None, after: Bounding | None) -> dict[str, Any]:
    """The recorded point within the element, in proportion to its new size."""
    if before is None or after is None or not before.width or not before.height:
        return {}
    sides = (("offsetX", after.width / before.width), ("offsetY", after.height / before.height))
    return {
        name: round(metadata[name] * factor, 2)
        for name, factor in sides
        if isinstance(metadata.get(name), int | float) and not isinstance(metadata[name], bool)
    }
