"""The log for other programs: as CloudEvents 1.0, one a line."""

from contextlib import aclosing
from typing import Annotated, Any, Literal

import msgspec
import typer

from services.cli.desk import Desk
from services.cli.envelopes import LogReader, Told, connected, open_vault
from services.cli.filters import Filters, note_unknown_types, with_filters
from services.cli.sources import nats_url


@with_filters
async def export(
    desk: Desk,
    filters: Filters,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many, the oldest first.")] = None,
    layout: Annotated[Literal["cloudevents"], typer.Option("--format", help="How to write them.")] = "cloudevents",
) -> None:
    """Write the log as CloudEvents 1.0 in JSON, one a line, for other programs.

    Personal values stay sealed as the log holds them, unless --open is said.
    """
    wanted = filters.wanted()
    note_unknown_types(desk, wanted.types)
    written = 0
    async with connected(nats_url(desk)) as client:
        vault = open_vault(desk, client) if filters.opened else None
        reader = LogReader(desk, client, vault, "" if desk.out.is_terminal else "exporting")
        wanted = await wanted.of_job(reader, filters)
        async with aclosing(reader.events(wanted.span)) as told:
            async for event in told:
                if wanted.takes(event):
                    data, sealed = await reader.fields(event), reader.sealed(event)
                    desk.print_json(FORMATS[layout](event, data, sealed), line=True)
                    written += 1
                    if written == limit:
                        break
    desk.note(f"{written} event{'' if written == 1 else 's'} written")


def cloud_event(event: Told, data: dict[str, Any], sealed: str | None = None) -> dict[str, Any]:
    """An event in the JSON format of CloudEvents 1.0 (github.com/cloudevents/spec, v1.0.2).

    `correlationid`, `causationid` and `traceparent` are the extensions of that specification; `position`, `org`,
    `actor` and `sealed` (personal values, as the log holds them) are ours. What is unknown is left out.
    """
    envelope = event.envelope
    v = envelope.events[event.index].v
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"urn:retold:{envelope.ctx}",
        "type": f"retold.{event.type}.v{v}",
        "subject": event.stream,
        "time": msgspec.to_builtins(envelope.at),
        "datacontenttype": "application/json",
        "position": event.position,
        "org": str(envelope.org),
        "actor": envelope.actor,
        "correlationid": envelope.corr,
        "causationid": envelope.cause,
        "traceparent": envelope.trace,
        "sealed": sealed,
    }
    return {**{name: value for name, value in attributes.items() if value}, "data": data}


FORMATS = {"cloudevents": cloud_event}
