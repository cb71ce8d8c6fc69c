"""A step's element as Playwright says it in Python, the best locator first."""

import re

from services.ingest.adapters.chrome.selectors import aria_name_and_role
from services.ingest.adapters.export_locators import alternatives_of
from services.ingest.adapters.export_words import BEST_OF, NAMED
from shared.contracts.recording import Step
from shared.contracts.steps import event_of

MOST = 5
LONGEST = 250
_PRESSES = frozenset({"click", "double_click", "right_click", "hover"})
_TEST_ID = re.compile(r"""\[data-testid=(["'])((?:[^"'\\])*)\1\]""")
_PLACEHOLDER = re.compile(r"""\[placeholder=(["'])((?:[^"'\\])*)\1\]""")
_QUOTED = re.compile(r"""(?s)(["'])(.*)\1""")


def located(step: Step, page: str, *, alone: bool = False) -> str | None:
    """The expression for the step's element; None where it has none. `alone`: only the best locator.

    Long XPath is what an importer wrote besides a name, and says nothing more.
    """
    place = _framed(step, page)
    every: list[str] = []
    for parts in alternatives_of(step):
        for spelled in _chained(parts, step):
            if f"{place}{spelled}" not in every:
                every.append(f"{place}{spelled}")
    if not every:
        return None
    every = [every[0], *(one for one in every[1:] if len(one) <= LONGEST)]
    return every[0] if alone or len(every) == 1 else f"{BEST_OF}({', '.join(every[:MOST])})"


def _framed(step: Step, page: str) -> str:
    for link in step.bundle.iframe_chain:
        if isinstance(link, int) or link.isdigit():
            page += f".locator('iframe').nth({int(link)}).content_frame"
        else:
            page += f".frame_locator({link!r})"
    return page


def _chained(parts: list[str], step: Step) -> list[str]:
    """Each way to say an alternative; several where a name may be that of several kinds of element."""
    if len(parts) == 1:
        return _spelled(parts[0], step)
    return ["".join(_spelled(part, step)[0] for part in parts)]


def _spelled(part: str, step: Step) -> list[str]:
    if part.startswith("aria/"):
        return _named(part, step)
    if part.startswith("text/"):
        return [f".get_by_text({_unquoted(part.removeprefix('text/'))!r})"]
    if part.startswith("xpath/"):
        xpath = part.removeprefix("xpath/")
        return [f".locator({xpath!r})" if xpath.startswith("//") else f".locator({f'xpath={xpath}'!r})"]
    css = part.removeprefix("pierce/").removeprefix("css/")
    if found := _TEST_ID.fullmatch(css):
        return [f".get_by_test_id({found[2]!r})"]
    if found := _PLACEHOLDER.fullmatch(css):
        return [f".get_by_placeholder({found[2]!r}, exact=True)"]
    return [f".locator({css!r})" if "=" not in css.partition("[")[0] else f".locator({f'css={css}'!r})"]


def _named(part: str, step: Step) -> list[str]:
    name, role = aria_name_and_role(part)
    name = _unquoted(name)
    said = (f"{NAMED}({name!r})", repr(name))
    role = role or (step.metadata.get("role") if isinstance(step.metadata.get("role"), str) else None)
    if role:
        return [f".get_by_role({role!r}, name={one})" for one in said] if name else [f".get_by_role({role!r})"]
    labels = [f".get_by_label({one})" for one in said]
    if event_of(step) not in _PRESSES:
        return labels
    pressed = [f".get_by_role({one!r}, name={said[0]})" for one in ("button", "link")]
    return [labels[0], *pressed, f".get_by_text({name!r}, exact=True)", labels[1]]


def _unquoted(text: str) -> str:
    found = _QUOTED.fullmatch(text)
    return found[2] if found else text
