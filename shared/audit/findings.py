"""What an examination of the log finds wrong."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["missing", "differs", "altered", "inserted", "moved", "seal", "archive"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed or archived.

    `first` and `last` are positions of the log (numbers of seals for the kind `seal`), `detail` a whole sentence.
    """

    kind: Kind
    first: int
    last: int
    detail: str


def span(first: int, last: int) -> str:
    """A range of positions in words."""
    return f"position {first}" if first == last else f"positions {first} to {last}"
