"""The scripts that run inside any page: they find elements, describe them, rank what could replace them.

Each file is one expression, a function of the parts before it; together they make one object and leave nothing
behind in the page.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

RANKING = ("similarity", "compare", "rank")
PARTS = (
    *RANKING,
    "boxes",
    "watching",
    "trees",
    "names",
    "texts",
    "kinds",
    "describe",
    "search",
    "queries",
    "decide",
    "moving",
    "aim",
    "fields",
    "prepare",
    "standing_in",
    "locator",
    "conditions",
    "hiding",
    "marking",
    "effects",
)
RECORDER = (
    "similarity",
    "recorder_watching",
    "trees",
    "names",
    "texts",
    "kinds",
    "describe",
    "search",
    "recorder_secrets",
    "recorder_labels",
    "recorder_closed",
    "recorder_describing",
    "recorder_telling",
    "recorder_typing",
    "recorder_hovering",
    "recorder_pressing",
    "recorder_keys",
    "recorder_moving",
    "recorder",
)
ASSEMBLING = ("assembling",)


def part(name: str) -> str:
    """The source of one script, an expression."""
    return resources.files(__package__).joinpath(f"{name}.js").read_text("utf-8")


@cache
def engine() -> str:
    """One expression that evaluates to the engine: an object with the functions of all parts.

    Every new document reads it, so comments and indentation stay behind.
    """
    return f"({_assembled(PARTS)})({json.dumps(weights(), separators=(',', ':'))})"


@cache
def ranking() -> str:
    """One expression, a function of weights: gives the parts that only rank, which need no page."""
    return _assembled(RANKING)


@cache
def recorder() -> str:
    """One expression that evaluates to the recorder: `start({tell, opened, keep, asks})`, for every frame of a page."""
    return f"({_assembled(RECORDER)})({{}})"


@cache
def assembling() -> str:
    """One expression that evaluates to what makes a recording of all that recorders told; it needs no page."""
    return f"({_assembled(ASSEMBLING)})({{}})"


def weights() -> dict[str, Any]:
    """The numbers that the ranking uses, without the words about them."""
    read: dict[str, Any] = json.loads(resources.files(__package__).joinpath("weights.json").read_text("utf-8"))
    return {name: numbers for name, numbers in read.items() if name != "about"}


def _assembled(names: Sequence[str]) -> str:
    sources = ",\n".join(f"(\n{_bare(part(name))}\n)" for name in names)
    assembled = f"for (const part of [{sources}]) Object.assign(retold, part(retold));"
    return f"(weights) => {{ const retold = {{ weights }}; {assembled} return retold; }}"


def _bare(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
