"""How a sealed value looks in an event, and what a person may see of it."""

SEALED_PREFIX = "retold:sealed:"
MASK = "••••••"


def is_sealed(value: object) -> bool:
    """Whether a value is sealed."""
    return isinstance(value, str) and value.startswith(SEALED_PREFIX)


def masked(value: str) -> str:
    """What a person may see of a value."""
    return MASK if is_sealed(value) else value
