"""What older versions of the runner's events lack."""

from typing import Any


def before_evidence(data: dict[str, Any]) -> dict[str, Any]:
    """Before rows could extract values and tell what they saw, there was none of it."""
    return {**data, "extracted": None, "total_steps": 0, "browser": None}


def before_pictures(data: dict[str, Any]) -> dict[str, Any]:
    """Before heals were shown to people, nobody counted the candidates or took pictures."""
    return {**data, "candidates": 0, "picture_before": None, "picture_after": None, "revision": None}


def before_effects(data: dict[str, Any]) -> dict[str, Any]:
    """Before effects were looked at, none was seen."""
    return {**data, "taught": [{**one, "effects": []} for one in data["taught"]]}
