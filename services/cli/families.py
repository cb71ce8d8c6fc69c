"""PURE: events as trees of causes and effects."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.cli.envelopes import Told

# `correlation`: it names no cause that is here, and came of the same request as the event that it hangs on.
Link = Literal["cause", "correlation"] | None


@dataclass(slots=True)
class Node:
    """An event, how it hangs on its parent, and its effects in the log's order."""

    told: Told
    link: Link = None
    effects: list["Node"] = field(default_factory=list)


def trees_of(family: Iterable[Told]) -> list[Node]:
    """All events, each below its cause; without one, below the first event of the same correlation."""
    ordered = sorted(family, key=_place)
    nodes = {str(told.id): Node(told) for told in ordered}
    first: dict[str, Node] = {}
    roots: list[Node] = []
    for node in nodes.values():
        oldest = first.setdefault(node.told.envelope.corr, node)
        parent = nodes.get(node.told.envelope.cause or "")
        if parent is not None and _place(parent.told) < _place(node.told):  # an effect comes after its cause
            node.link = "cause"
            parent.effects.append(node)
        elif oldest is not node:
            node.link = "correlation"
            oldest.effects.append(node)
        else:
            roots.append(node)
    return roots


def branches(roots: Sequence[Node], wanted: Callable[[Told], bool]) -> list[Node]:
    """The same trees without what neither led to a wanted event nor came of one."""
    return [kept for root in roots for kept in _kept(root, wanted)]


def _kept(node: Node, wanted: Callable[[Told], bool]) -> Iterator[Node]:
    if wanted(node.told):
        yield node
        return
    effects = [kept for effect in node.effects for kept in _kept(effect, wanted)]
    if effects:
        yield Node(node.told, node.link, effects)


def _place(told: Told) -> tuple[int, int]:
    return told.position, told.index
