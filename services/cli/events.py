"""The log itself, as an operator reads it: every organization's events, those unknown to this release too."""

import json
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.text import Text

from services.cli.desk import Desk
from services.cli.envelopes import LogReader, Told, connected, open_vault
from services.cli.filters import Filters, note_unknown_types, with_filters
from services.cli.showing import cut, moment, plain, without_secrets
from services.cli.sources import nats_url

DATA_WIDTH = 140


@with_filters
async def events(
    desk: Desk,
    filters: Filters,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many, the oldest first.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with the events to come.")] = False,
) -> None:
    """Print the log: of all organizations, straight from NATS (RETOLD_NATS_URL, or that of `retold up`)."""
    wanted = filters.wanted()
    note_unknown_types(desk, wanted.types)
    shown = 0
    async with connected(nats_url(desk)) as client:
        reader = LogReader(desk, client, open_vault(desk, client) if filters.opened else None)
        wanted = await wanted.of_job(reader, filters)
        async with aclosing(reader.events(replace(wanted.span, follow=follow))) as told:
            async for event in told:
                if wanted.takes(event):
                    await _show(desk, reader, event)
                    shown += 1
                    if limit is not None and shown >= limit:
                        return


async def _show(desk: Desk, reader: LogReader, event: Told) -> None:
    data = await reader.fields(event)
    if desk.as_json:
        sealed = reader.sealed(event)
        desk.print_json({**event.head(), "data": data, **({"sealed": sealed} if sealed else {})}, line=True)
    else:
        desk.out.print(_line(event, data), soft_wrap=True)


def _line(event: Told, data: dict[str, Any]) -> Text:
    envelope = event.envelope
    text = Text(f"{event.position:>7}  {moment(envelope.at)}  ", style="dim")
    text.append(f"{plain(event.stream)}  ", style="cyan")
    text.append(f"{plain(event.type)}  ", style="bold")
    text.append(f"{plain(envelope.actor)}  ", style="dim")
    told = json.dumps(without_secrets(data), ensure_ascii=False, separators=(",", ":"))
    return text.append(cut(plain(told), DATA_WIDTH), style="default")
