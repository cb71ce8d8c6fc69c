"""Frames, shadow roots and windows: a page that is several."""

from tests.conformance.case import NO_CDP, Case, do, happened, pressed, sent


def inside(*chain: str | int) -> dict[str, list[str | int]]:
    """The bundle of an element in a frame."""
    return {"iframeChain": list(chain)}


def under(*hosts: str, closed: bool = False) -> dict[str, object]:
    """The bundle of an element in a shadow root."""
    return {"shadowHosts": list(hosts), "isClosedShadow": closed}


NESTED, OTHER = inside("#nest", "#inner"), inside("#other")

CASES = (
    Case(
        "a field in a frame in a frame is filled and its button pressed",
        "frames.html",
        (do("type", "#field", "deep", bundle=NESTED), do("click", "#done", bundle=NESTED)),
        [pressed(who="nested", field="deep")],
    ),
    Case(
        "frames are found by their numbers as well",
        "frames.html",
        (do("type", "#field", "deep", bundle=inside(0, 0)), do("click", "#done", bundle=inside("0", "0"))),
        [pressed(who="nested", field="deep")],
    ),
    Case(
        "a frame of another site is worked like any other",
        "frames.html",
        (do("type", "#field", "abroad", bundle=OTHER), do("click", "#done", bundle=OTHER)),
        [pressed(who="other", field="abroad")],
    ),
    Case(
        "a frame of another site is found by its address",
        "frames.html",
        (
            do("type", "#field", "abroad", target="{{other}}/inner.html?who=other"),
            do("click", "#done", target="{{other}}/inner.html?who=other"),
        ),
        [pressed(who="other", field="abroad")],
    ),
    Case(
        "a frame whose page is written in its attribute is worked",
        "frames.html",
        (do("type", "#field", "doc", bundle=inside("#written")), do("click", "#done", bundle=inside("#written"))),
        [pressed(field="doc")],
    ),
    Case(
        "a frame that is turned and shrunk is hit where it is seen",
        "frames.html",
        (do("type", "#field", "askew", bundle=inside("#turned")), do("click", "#done", bundle=inside("#turned"))),
        [pressed(who="turned", field="askew")],
        unable=dict.fromkeys(NO_CDP, "only where a frame begins is known, not that it is turned"),
    ),
    Case(
        "a frame drawn smaller that takes another's place is worked there",
        "reframed.html",
        (
            do("type", "#field", "small", bundle={"iframeChain": [0]}),
            do("click", "#done", bundle={"iframeChain": [0]}),
        ),
        [pressed(who="next", field="small")],
    ),
    Case(
        "a frame that comes late is waited for",
        "lateframes.html",
        (do("type", "#field", "late", bundle=inside("#late")), do("click", "#done", bundle=inside("#late"))),
        [pressed(who="late", field="late")],
    ),
    Case(
        "a frame that loads another page in between is used as it is then",
        "lateframes.html?again",
        (
            do("wait", duration=500),
            do("type", "#field", "x", bundle=inside("#again")),
            do("click", "#done", bundle=inside("#again")),
        ),
        [pressed(who="second", field="x")],
    ),
    Case(
        "a frame that is replaced by another is used as it is then",
        "lateframes.html?gone",
        (
            do("wait", duration=500),
            do("type", "#field", "x", bundle=inside("#again")),
            do("click", "#done", bundle=inside("#again")),
        ),
        [pressed(who="third", field="x")],
    ),
    Case(
        "a form in a frame is sent and leads the frame on",
        "framedform.html",
        (do("type", "#name", "Ada", bundle=inside("#form")), do("click", "#send", bundle=inside("#form"), to=True)),
        [sent(name="Ada", email="", password="", age="", country="", terms="yes", size="s", notes="")],
    ),
    Case(
        "nested open shadow roots are entered",
        "shadows.html",
        (
            do("type", "#field", "shadow", bundle=under("#outer")),
            do("select", "#list", "two", bundle=under("#outer", "#inner")),
            do("check", "#box", bundle=under("#outer", "#inner")),
            do("click", "button", bundle=under("#outer", "#inner")),
        ),
        [["inner", {"field": "shadow", "list": "two", "box": True, "trusted": True}]],
    ),
    Case(
        "a closed shadow root is entered",
        "shadows.html",
        (
            do("type", "#secret", "hidden", bundle=under("#closed", closed=True)),
            do("click", "#press", bundle=under("#closed", closed=True)),
        ),
        [["closed", {"secret": "hidden", "trusted": True}]],
        unable=dict.fromkeys(NO_CDP, "closed shadow roots are opened over Chromium's own connection alone"),
    ),
    Case(
        "what is slotted into a shadow root is clicked",
        "shadows.html",
        (do("click", "#light"),),
        [happened("click", "light")],
    ),
    Case(
        "a link into a new window is followed there",
        "windows.html",
        (
            do("click", "#blank", to=True),
            do("type", "#field", "new", target="{{here}}/popup.html?who=blank"),
            do("click", "#pick"),
        ),
        [["alone", "new"]],
    ),
    Case(
        "two windows talk and the steps go between them",
        "windows.html",
        (
            do("click", "#scripted", tab=1),
            do("type", "#field", "hello", tab=2),
            do("click", "#pick", tab=2),
            do("click", "#after", tab=1),
            do("click", "#shut", tab=2),
            do("click", "#after"),
        ),
        [
            ["message", {"who": "scripted", "field": "hello"}],
            happened("click", "after"),
            happened("click", "after"),
        ],
    ),
    Case(
        "a window that gets its page later is used when it has it",
        "windows.html",
        (do("click", "#slow"), do("type", "#field", "slowly"), do("click", "#pick")),
        [["message", {"who": "slow", "field": "slowly"}]],
    ),
    Case(
        "a window that opens a while after the press is awaited by those who know its id",
        "windows.html",
        (do("click", "#awhile", tab=1), do("type", "#field", "at last", tab=2), do("click", "#pick", tab=2)),
        [["message", {"who": "awhile", "field": "at last"}]],
    ),
    Case(
        "a step of Chrome's recorder that names no page is done on the first",
        "windows.html",
        (
            do("click", "#alone", recordedBy="chrome_recorder"),
            do("click", "#after", recordedBy="chrome_recorder"),
            do("type", "#field", "x", recordedBy="chrome_recorder", target="{{here}}/popup.html?who=alone"),
        ),
        [happened("click", "after")],
    ),
    Case(
        "pages may be numbered in the order in which they opened",
        "windows.html",
        (
            do("click", "#alone"),
            do("switch_tab", target="0"),
            do("click", "#after"),
            do("switch_tab", target="1"),
            do("type", "#field", "x"),
            do("click", "#pick"),
        ),
        [happened("click", "after"), ["alone", "x"]],
    ),
    Case(
        "a window without an opener is used and closed",
        "windows.html",
        (do("click", "#alone"), do("type", "#field", "x"), do("click", "#pick"), do("close"), do("click", "#after")),
        [["alone", "x"], happened("click", "after")],
    ),
    Case(
        "a form into a new window is sent once",
        "windows.html",
        (do("click", "#abroad", to=True), do("close"), do("click", "#after")),
        [sent(name="Ada"), happened("click", "after")],
    ),
)
