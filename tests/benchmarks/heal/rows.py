"""The rows of the benchmark: name → what measures it. Each gives its figures, some of them tables too."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import FOLDER, Figure, Kind
from tests.benchmarks.heal.inside import measure_inside
from tests.benchmarks.heal.node import data_folder
from tests.benchmarks.heal.ranking import measure_pages
from tests.benchmarks.heal.versions.figures import measure_versions

HEAL = Kind("The healing, measured", "what was counted, and what else matters", FOLDER / "heal.json")


@dataclass(frozen=True, slots=True)
class Asked:
    """How to measure. `data`: the folder of the development set; `tables`: where a row puts what people read."""

    data: Path | None
    quick: bool
    tables: list[Table]


async def pages(asked: Asked, tell: Tell) -> list[Figure]:
    """The ranking on pages years apart, beside what others do."""
    found, tables = await measure_pages(data_folder(asked.data), tell)
    asked.tables.extend(tables)
    return found


async def inside(asked: Asked, tell: Tell) -> list[Figure]:
    """Milliseconds in a page of a real browser."""
    return await measure_inside(tell, quick=asked.quick)


async def versions(asked: Asked, tell: Tell) -> list[Figure]:
    """Real applications, recorded in one release and retold in others."""
    found, tables = await measure_versions(tell, quick=asked.quick)
    asked.tables.extend(tables)
    return found


Row = Callable[[Asked, Tell], Awaitable[list[Figure]]]

ROWS: Mapping[str, Row] = {
    "pages": pages,
    "inside": inside,
    "versions": versions,
}
