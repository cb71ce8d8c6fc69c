"""The scripts of a window that is recorded, in a world of their own: the recorder, and what stands beside it."""

from functools import cache
from importlib import resources

from shared.injected import recorder

WORLD = "retold-recorder"  # no script of the page sees it
TELL, KEEP = "retoldTell", "retoldKeep"  # what they call in us
HERE = "globalThis.retoldLive"
STOP = f"{HERE} && {HERE}.recording.stop()"


@cache
def start(*, streamed: bool) -> str:
    """What every document begins with; once, however often it is put there."""
    beside = resources.files(__package__).joinpath("beside.js").read_text("utf-8")
    tell = f"(told) => {TELL}(JSON.stringify(told))"
    begin = f"(given) => ({recorder()}).start(given)"
    return f"{HERE} ??= ({beside})({tell}, {begin}, (text) => {KEEP}(text), {'true' if streamed else 'false'}); 0"
