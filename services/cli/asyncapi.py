"""The catalogue as an AsyncAPI 3.0 document: channels, messages, who sends and who receives.

A message is a decision: the envelope, and one or more events. An event's message therefore says "an envelope that
contains such an event".
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.cli.describing import CHANNELS, Channel, Described
from shared.bus.codec import Envelope

SCHEMAS, MESSAGES = "#/components/schemas", "#/components/messages"


def asyncapi(described: Sequence[Described], version: str) -> dict[str, Any]:
    """The document. Raises `ValueError` when two parts of events have one name and different shapes."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Retold's event log",
            "version": version,
            "description": "One JetStream stream, EVT: every decision is a message, and no message is ever changed.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel, described) for channel in CHANNELS},
        "operations": {**_sending(described), **_receiving(described)},
        "components": {
            "messages": {each.name: _message(each) for each in described},
            "schemas": _schemas(described),
        },
    }


def _channel(channel: Channel, described: Iterable[Described]) -> dict[str, Any]:
    return {
        "address": channel.address,
        "description": channel.about,
        "parameters": {name: {"description": name.replace("_", " ")} for name in channel.parameters},
        "messages": {each.name: {"$ref": f"{MESSAGES}/{each.name}"} for each in described if each.channel == channel},
    }


def _message(event: Described) -> dict[str, Any]:
    contained = {
        "type": "object",
        "required": ["type", "v", "data"],
        "properties": {
            "type": {"const": event.name},
            "v": {"const": event.v},
            "data": {"$ref": f"{SCHEMAS}/{event.name}"},
        },
    }
    return {
        "name": event.name,
        "summary": event.description,
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/corr"},
        "payload": {"allOf": [{"$ref": f"{SCHEMAS}/Envelope"}, {"properties": {"events": {"contains": contained}}}]},
    }


def _sending(described: Sequence[Described]) -> dict[str, Any]:
    operations = {}
    for owner in dict.fromkeys(each.owner for each in described):
        for channel in CHANNELS:
            events = [each for each in described if (each.owner, each.channel) == (owner, channel)]
            if events:
                operations[f"{owner}-tells-{channel.name}"] = _operation("send", channel, events)
    return operations


def _receiving(described: Sequence[Described]) -> dict[str, Any]:
    operations = {}
    for durable in dict.fromkeys(name for each in described for name in each.reactions):
        events = [each for each in described if durable in each.reactions]
        operations[durable] = _operation("receive", events[0].channel, events)
    return operations


def _operation(action: str, channel: Channel, events: Iterable[Described]) -> dict[str, Any]:
    reference = f"#/channels/{channel.name}"
    messages = [{"$ref": f"{reference}/messages/{each.name}"} for each in events]
    return {"action": action, "channel": {"$ref": reference}, "messages": messages}


def _schemas(described: Iterable[Described]) -> dict[str, Any]:
    _, wire = msgspec.json.schema_components([Envelope], ref_template=f"{SCHEMAS}/{{name}}")
    schemas: dict[str, Any] = dict(wire)
    for event in described:
        own = dict(event.schema)
        for name, schema in {**own.pop("$defs", {}), event.name: own}.items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"two parts of events are named {name}")
    return dict(sorted(schemas.items()))
