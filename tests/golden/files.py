"""The golden files, and how an event of today is compared with what was stored."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.core.events import Event
from tests.golden.story import story

FOLDER = Path(__file__).parent


def golden_path(event_type: type[Event], v: int) -> Path:
    """Where the golden file of a version stands."""
    return FOLDER / f"{event_type.__name__}.v{v}.json"


def told() -> list[Event]:
    """All events of the story."""
    return [event for append in story() for event in append.events]


def stored(event: Event) -> dict[str, Any]:
    """What the log holds of an event."""
    return event.model_dump(mode="json", by_alias=True)


def write(path: Path, event: Event) -> None:
    """Write a golden file, to be committed and never edited."""
    path.write_text(json.dumps(stored(event), ensure_ascii=False, indent=1) + "\n", "utf-8")


def read(path: Path) -> dict[str, Any]:
    """A golden file."""
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def unseen_fields(model: type[BaseModel], examples: Sequence[Any]) -> Iterator[str]:
    """Fields of a model, at any depth, that no example has: added after the golden file was written."""
    given = [example for example in examples if isinstance(example, Mapping)]
    if not given:
        return
    for name, field in model.model_fields.items():
        key = field.alias or name
        values = [example[key] for example in given if key in example]
        if not values:
            yield f"{model.__name__}.{key}"
        for inner in _models_in(field.annotation):
            yield from unseen_fields(inner, list(_flat(values)))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, tuple, dict, Union, UnionType):
        for argument in get_args(annotation):
            yield from _models_in(argument)


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    """Members of lists, and values of objects that stand for a mapping, beside the objects themselves."""
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield value
            yield from (each for each in value.values() if isinstance(each, dict))
