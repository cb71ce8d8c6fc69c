"""A page that shows side by side: the recorded element, what stood in for it, and the right one."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from tests.benchmarks.heal.versions.judging import RIGHT
from tests.benchmarks.heal.versions.measuring import VIEW, Outcome
from tests.benchmarks.heal.versions.recording import Picture
from tests.benchmarks.heal.versions.retelling import Told

TEMPLATE = Path(__file__).with_name("page.html")


def write_page(outcomes: Sequence[Outcome], place: Path) -> None:
    """Writes index.html with its pictures into a folder: each step that was healed, refused, or done to another."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.jpg"):
        old.unlink()
    shown = [section for at, outcome in enumerate(outcomes) for section in _sections(outcome, f"{at:02}", place)]
    (place / "index.html").write_text(Template(TEMPLATE.read_text()).substitute(steps="\n".join(shown)))


def _sections(outcome: Outcome, key: str, place: Path) -> Iterator[str]:
    for at, one in zip(outcome.places, outcome.told, strict=True):
        if one.kind in ("recorded", "bundle", "not reached"):
            continue
        name = f"{key}-{at:02}"
        pictures = [
            _framed(f"recorded in {outcome.recorded_in}", outcome.old.pictures.get(at), place / f"{name}-recorded.jpg"),
            _taken(f"{_met(one)} in {outcome.retold_in}", one.picture, place / f"{name}-found.jpg"),
            _framed(f"right in {outcome.retold_in}", outcome.hand.pictures.get(at), place / f"{name}-right.jpg"),
        ]
        yield f'<section>{_words(outcome, one)}<div class="pictures">{"".join(pictures)}</div></section>'


def _words(outcome: Outcome, one: Told) -> str:
    where = f"{outcome.application} {outcome.recorded_in} → {outcome.retold_in}, {outcome.variant}"
    certain = "" if one.confidence is None else f" ({one.method}, {one.confidence} %)"
    look = "right" if one.kind in RIGHT else "refused" if one.kind.startswith("refused") else "wrong"
    title = f"{escape(f'{where}: {outcome.task}, “{one.act}”')}: <span class={look}>{one.kind}</span>{certain}"
    acted = f"<p><code>{escape(one.acted_on['html'])}</code></p>" if one.acted_on else ""
    return f"<h2>{title}</h2><p>{escape(one.error or '')}</p>{acted}"


def _met(one: Told) -> str:
    return "refused" if one.kind.startswith("refused") else "found"


def _framed(says: str, picture: Picture | None, path: Path) -> str:
    """With a frame around the element."""
    if picture is None or picture.box is None:
        return _taken(says, picture.content if picture else None, path)
    left, top, width, height = picture.box
    shares = {"left": left / VIEW["width"], "top": top / VIEW["height"]}
    shares |= {"width": width / VIEW["width"], "height": height / VIEW["height"]}
    style = "; ".join(f"{side}: {100 * share:.2f}%" for side, share in shares.items())
    return _taken(says, picture.content, path, f'<i style="{style}"></i>')


def _taken(says: str, content: bytes | None, path: Path, frame: str = "") -> str:
    if content is None:
        return "<figure></figure>"
    path.write_bytes(content)
    image = f'<img src="{path.name}" alt="" loading="lazy">'
    return f"<figure><figcaption>{says}</figcaption><div>{image}{frame}</div></figure>"
