"""What a trace's snapshots say of the elements that were acted on: their tags and attributes, for certain."""

from typing import Any

MARK = "__playwright_target__"
MAX_NODES = 500_000
_OF_FIELDS = ("id", "name", "placeholder")


def target_in(snapshot: Any, targets: dict[str, dict[str, Any]]) -> None:
    """Notes the marked element of a snapshot under its call; nothing where several are marked.

    A node is `[TAG, attributes, child, …]`; `[[snapshots back, place]]` stands for one that has not changed, and
    a marked one has.
    """
    if not isinstance(snapshot, dict):
        return
    marked = list(_marked(snapshot.get("html")))
    if len(marked) != 1:
        return
    tag, attributes = marked[0]
    call = attributes.get(MARK) or snapshot.get("callId") or str(snapshot.get("snapshotName")).partition("@")[2]
    targets.setdefault(str(call), _known(tag, attributes))


def _marked(html: Any) -> list[tuple[str, dict[str, Any]]]:
    found, left, seen = [], [html], 0
    while left and seen < MAX_NODES:
        node = left.pop()
        seen += 1
        if not isinstance(node, list) or not node:
            continue
        if isinstance(node[0], str) and len(node) > 1 and isinstance(node[1], dict):
            if MARK in node[1]:
                found.append((node[0], node[1]))
            left += node[2:]
        elif isinstance(node[0], str):
            left += node[1:]
    return found


def _known(tag: str, attributes: dict[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in attributes.items() if isinstance(value, str) and value and len(value) < 500}
    name = tag.lower()
    bundle: dict[str, Any] = {"tag": name} | {key: said[key] for key in _OF_FIELDS if key in said}
    if "class" in said:
        bundle["className"] = said["class"]
    data = {key: value for key, value in said.items() if key.startswith("data-")}
    if data:
        bundle["dataAttrs"] = data
    known: dict[str, Any] = {"bundle": bundle, "elementTag": name}
    if name == "input":
        known["elementType"] = said.get("type", "text").lower()
    return known
