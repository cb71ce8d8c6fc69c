"""The locators of a step, the best first, in the spellings of recorders: for exporters."""

import json
import re

from shared.contracts.recording import Step

_NAME = re.compile(r"-?[A-Za-z_][\w-]*")


def alternatives_of(step: Step) -> list[list[str]]:
    """The primary one, the other recorded ones, then what the bundle says; each a list of parts."""
    recorded = [parts for one in _recorded(step) if (parts := [one] if isinstance(one, str) else one)]
    first = [parts for parts in recorded if step.selector and parts[-1] == step.selector]
    if step.selector and not first:
        first = [[*step.bundle.shadow_hosts, step.selector]]
    every = [*first, *recorded, *_of_bundle(step)]
    return [parts for at, parts in enumerate(every) if parts not in every[:at]]


def _recorded(step: Step) -> list[str | list[str]]:
    given = step.metadata.get("selectors")
    found = given if isinstance(given, list) else []
    return [one for one in found if isinstance(one, str) or _is_texts(one)]


def _is_texts(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(part, str) and part for part in found)


def _of_bundle(step: Step) -> list[list[str]]:
    bundle, role = step.bundle, step.metadata.get("role")
    found: list[str] = []
    if bundle.id:
        found.append(f"#{bundle.id}" if _NAME.fullmatch(bundle.id) else f"[id={quoted(bundle.id)}]")
    found += [f"[{key}={quoted(value)}]" for key, value in bundle.data_attrs.items() if _NAME.fullmatch(key)]
    if bundle.name:
        found.append(f"[name={quoted(bundle.name)}]")
    if bundle.aria:
        found.append(f'aria/{bundle.aria}[role="{role}"]' if isinstance(role, str) else f"aria/{bundle.aria}")
    if bundle.placeholder:
        found.append(f"[placeholder={quoted(bundle.placeholder)}]")
    spelled = [[*bundle.shadow_hosts, one] for one in found]
    if bundle.xpath and not bundle.shadow_hosts:
        spelled.append([f"xpath/{bundle.xpath}"])
    return spelled


def quoted(text: str) -> str:
    """A text as CSS writes it, in quotes."""
    return json.dumps(text, ensure_ascii=False).replace("\\n", "\\a ").replace("\\t", "\\9 ").replace("\\r", "\\d ")
