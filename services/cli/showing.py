"""How things look on a terminal. Whatever came from outside is shown as plain text: no markup, no control codes."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from shared.secrets import MASK, is_sealed

STATUS_STYLE = {
    "success": "green",
    "completed": "green",
    "failed": "red",
    "timeout": "red",
    "running": "cyan",
    "cancelled": "yellow",
    "paused": "yellow",
    "skipped": "yellow",
}


def plain(value: object) -> str:
    """A value as one line of text in which nothing can steer a terminal."""
    if value is None:
        return ""
    text = "yes" if value is True else "no" if value is False else str(value)
    if text.isprintable():
        return text
    return "".join(
        " " if char in "\r\n\t" else "�" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in text
    )


def counted(rows: int) -> str:
    """How many rows, in words."""
    return f"{rows} row" if rows == 1 else f"{rows} rows"


def cut(text: str, width: int) -> str:
    """At most `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def cell(value: object, style: str = "") -> Text:
    """A value as a table's cell."""
    return Text(plain(value), style=style)


def status_cell(status: object) -> Text:
    """A status in its colour."""
    return cell(status, STATUS_STYLE.get(str(status), ""))


def table(*columns: str, right: Sequence[str] = (), title: str | None = None) -> Table:
    """An empty table; the columns in `right` hold numbers."""
    made = Table(title=title and plain(title), title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(
            cell(column), justify="right" if column in right else "left", header_style="bold", overflow="fold"
        )
    return made


def milliseconds(value: float | None) -> str:
    """A duration, given in milliseconds, as a person reads it."""
    if value is None:
        return ""
    if value < 1000:
        return f"{value:.0f} ms"
    seconds = value / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(value: str | datetime | None) -> str:
    """A time in this machine's time zone, to the second."""
    if value is None:
        return ""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def without_secrets(value: Any) -> Any:
    """The same JSON value with sealed values masked."""
    if isinstance(value, dict):
        return {key: without_secrets(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_secrets(each) for each in value]
    return MASK if is_sealed(value) else value
