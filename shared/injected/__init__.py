"""The scripts that run inside any page: they find elements, describe them, rank what could replace them.

Each file is one expression, a function of the parts before it; together they make one object and leave nothing
behind in the page.
"""

from functools import cache
from importlib import resources

PARTS = (
    "similarity",
    "rank",
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
    "locator",
    "conditions",
    "hiding",
)


def part(name: str) -> str:
    """The source of one script, an expression."""
    return resources.files(__package__).joinpath(f"{name}.js").read_text("utf-8")


@cache
def engine() -> str:
    """One expression that evaluates to the engine: an object with the functions of all parts.

    Every new document reads it, so comments and indentation stay behind.
    """
    sources = ",\n".join(f"(\n{_bare(part(name))}\n)" for name in PARTS)
    assembled = f"for (const part of [{sources}]) Object.assign(retold, part(retold));"
    return f"(() => {{ const retold = {{}}; {assembled} return retold; }})()"


def _bare(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
