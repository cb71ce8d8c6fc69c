"""`retold catalogue`: every event that can stand in the log, for people, for machines, and for docs/reference."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any

import typer

from services.cli.describing import CHANNELS, REF, Described, describe_all
from services.cli.desk import Desk
from services.cli.showing import cell, table
from shared.core.errors import InvalidInput

GENERATED = "<!-- Generated: retold catalogue --markdown > docs/reference/events.md -->"


def catalogue(
    desk: Desk,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As docs/reference/events.md.")] = False,
    as_asyncapi: Annotated[bool, typer.Option("--asyncapi", help="As docs/reference/asyncapi.json.")] = False,
) -> None:
    """List every event of the log: version, owner, where it is published, fields, who reads it."""
    if desk.as_json + as_markdown + as_asyncapi > 1:
        raise InvalidInput("choose one of --json, --markdown and --asyncapi")
    described = describe_all(desk.services)
    if desk.as_json:
        desk.print_json([each.to_json() for each in described])
    elif as_markdown:
        desk.out.file.write(markdown(described))
    elif as_asyncapi:
        desk.out.file.write(asyncapi_text(described))
    else:
        shown = table("Event", "v", "Owner", "Subject", "What it tells", right=("v",))
        for each in described:
            told = each.description.partition(". ")[0]
            shown.add_row(*(cell(value) for value in (each.name, each.v, each.owner, each.channel.pattern, told)))
        desk.out.print(shown)


def asyncapi_text(described: Sequence[Described]) -> str:
    """The file `docs/reference/asyncapi.json`."""
    from services.cli.asyncapi import asyncapi
    from shared.web.app import VERSION

    return json.dumps(asyncapi(described, VERSION), indent=1, ensure_ascii=False) + "\n"


def markdown(described: Sequence[Described]) -> str:
    """The file `docs/reference/events.md`."""
    return "\n".join(_lines(described)) + "\n"


def _lines(described: Sequence[Described]) -> Iterator[str]:
    yield from (GENERATED, "", "# Events", "")
    yield "Every message of the log is a decision: an envelope with one or more events (machine-readable:"
    yield "[asyncapi.json](asyncapi.json)). Personal values are sealed with the organization's data key."
    yield from ("", "| where | subject |", "|---|---|")
    yield from (f"| {channel.name}: {channel.about} | `{channel.address}` |" for channel in CHANNELS)
    for owner, events in groupby(described, key=lambda each: each.owner):
        yield from ("", f"## {owner}")
        for event in events:
            yield from _event(event)
    parts = _parts(described)
    yield from ("", "## Parts of events")
    for name in sorted(parts):
        yield from ("", f"### {name}", "", " ".join(parts[name].get("description", "").split()), "")
        yield from _fields(parts[name])


def _event(event: Described) -> Iterator[str]:
    yield from ("", f"### {event.name} (version {event.v})", "", event.description, "")
    yield f"- Published on: `{event.channel.address}`"
    if event.personal:
        yield "- Personal, sealed on the wire: " + ", ".join(f"`{path}`" for path in event.personal)
    for v, text in event.upcasters:
        yield f"- Version {v} is read as version {v + 1}: {text or 'see its upcaster'}"
    if event.reactions:
        yield "- Reactions: " + ", ".join(event.reactions)
    if event.projections:
        yield "- Projections: " + ", ".join(event.projections)
    yield ""
    yield from _fields(event.schema)


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        yield f"{_type(schema)}"
        return
    yield from ("| field | type | |", "|---|---|---|")
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = (
            "" if name in required else f"default {json.dumps(field['default'])}" if "default" in field else "optional"
        )
        told = "; ".join(filter(None, (field.get("description"), default)))
        yield f"| `{name}` | {_type(field)} | {told} |"


def _parts(described: Sequence[Described]) -> dict[str, dict[str, Any]]:
    return {name: schema for event in described for name, schema in event.schema.get("$defs", {}).items()}


def _type(schema: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    prefix = REF.partition("{")[0]
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(prefix)
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema['items'])}" if schema.get("items") else "list"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"map to {_type(schema['additionalProperties'])}"
        case "string":
            return {"uuid": "UUID", "date-time": "time"}.get(schema.get("format", ""), "text")
        case None:
            return "anything"
        case other:
            return str(other)
