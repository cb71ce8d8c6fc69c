"""The mouse: presses, moves, drags, and what stands in its way."""

from typing import Any

from tests.conformance.case import NO_CDP, NOT_CHROMIUM, Case, Told, do, happened

NO_DOUBLE_CLICK = {"firefox": "it counts clicks within one command only, and Playwright sends one for each"}
PRESSED = ("pointerdown", "mousedown", "focus", "pointerup", "mouseup", "click")


def on_pad(what: str, button: int = 0, detail: int = 1, keys: str = "") -> Told:
    """What the pad tells of a press."""
    return [what, {"button": button, "detail": detail, "keys": keys, "trusted": True}]


def _moved(told: list[Any]) -> bool:
    return told[:1] == [happened("mouseenter", "area")] and told[-2:] == [
        ["move", [30, 40]],
        happened("mouseleave", "area"),
    ]


CASES = (
    Case(
        "a click has every event of a click",
        "clicks.html",
        (do("click", "#one"),),
        [happened(what, "one") for what in PRESSED],
    ),
    Case(
        "a double click is two clicks and a double click",
        "clicks.html",
        (do("double_click", "#pad"),),
        [on_pad("click"), on_pad("click", detail=2), on_pad("dblclick", detail=2)],
        unable=NO_DOUBLE_CLICK,
    ),
    Case(
        "the right and the middle button do what they do",
        "clicks.html",
        (do("right_click", "#pad"), do("click", "#pad", button="middle")),
        lambda told: (
            sorted(one[0] for one in told) == ["auxclick", "auxclick", "contextmenu"]
            and on_pad("auxclick", 1) in told
            and all(one[1]["trusted"] for one in told)
        ),
        unable={"webkit": "it lets go of the left button, whichever was pressed"},
    ),
    Case(
        "the side buttons reach the page",
        "clicks.html",
        (do("click", "#pad", button="forward"),),
        lambda told: ["side", 4] in told,
        unable=dict.fromkeys(NO_CDP, "its mouse has three buttons"),
    ),
    Case(
        "a click holds the recorded modifiers",
        "clicks.html",
        (
            do("click", "#pad", modifiers=["Control", "Shift"]),
            do("click", "#pad", modifiers=["Alt"]),
            do("click", "#pad"),
        ),
        [on_pad("click", keys="Control+Shift"), on_pad("click", keys="Alt"), on_pad("click")],
    ),
    Case(
        "a modifier that is held counts for clicks",
        "clicks.html",
        (do("key_down", key="Shift"), do("click", "#pad"), do("key_up", key="Shift"), do("click", "#pad")),
        [on_pad("click", keys="Shift"), on_pad("click")],
    ),
    Case(
        "three clicks in a row are one triple click",
        "clicks.html",
        (do("click", "#pad", clickCount=3),),
        lambda told: on_pad("click", detail=3) in told and len(told) == 4,
        unable=NO_DOUBLE_CLICK,
    ),
    Case("a press is held as long as recorded", "clicks.html", (do("click", "#held", duration=400),), [["held", True]]),
    Case(
        "a click falls on the recorded point of a canvas, a drawing and a turned box",
        "canvas.html",
        (
            do("click", "#map", offsetX=112, offsetY=62),
            do("click", "#chart", offsetX=150, offsetY=50),
            do("click", "#left"),
            do("click", "#turned"),
        ),
        [["map", [105, 55]], ["bar", "right"], ["bar", "left"], ["turned", True]],
    ),
    Case(
        "a menu opens under the pointer and its entries are clicked",
        "menus.html",
        (
            do("hover", "#file"),
            do("click", "#open"),
            do("hover", "#file"),
            do("hover", "#more"),
            do("click", "#export"),
        ),
        [["chosen", "open"], ["chosen", "export"]],
    ),
    Case(
        "a menu that a script opens after a while is waited for",
        "menus.html",
        (do("hover", "#script"), do("click", "#action")),
        [["chosen", "action"]],
    ),
    Case(
        "the pointer enters, moves and leaves",
        "moves.html",
        (
            do("mouse_enter", "#area"),
            do("mouse_move", "#area", offsetX=30, offsetY=40),
            do("mouse_leave", "#area"),
        ),
        _moved,
    ),
    Case(
        "a movement over what is not there is left out",
        "moves.html",
        (do("mouse_enter", "#nothing"), do("mouse_leave", "#nothing"), do("hover", "#other")),
        [],
        skips=(1, 2),
    ),
    Case(
        "a button under fixed bars is scrolled out from under them",
        "covered.html",
        (do("scroll", scroll={"x": 0, "y": 1400}), do("click", "#under")),
        [happened("click", "under")],
    ),
    Case(
        "a veil that goes away is waited for",
        "covered.html?veil",
        (do("click", "#under"),),
        [happened("click", "under")],
    ),
    Case("a veil that stays fails the click", "covered.html?stuck", (do("click", "#under"),), [], fails="covered"),
    Case(
        "a dialog that flies in is clicked where it comes to rest",
        "moving.html",
        (do("click", "#open"), do("click", "#yes")),
        [happened("click", "yes")],
    ),
    Case(
        "a button on its way is clicked when it stands still",
        "moving.html",
        (do("click", "#slide"), do("click", "#slow"), do("click", "#run"), do("click", "#runner")),
        [happened("click", "slow"), happened("click", "runner")],
    ),
    Case(
        "a button that never stops pulsing is pressed where it stays about",
        "moving.html",
        (do("click", "#pulse"),),
        [happened("click", "pulse")],
    ),
    Case(
        "what has no box of its own is pressed where its contents are",
        "boxless.html",
        (do("click", "#nobox"), do("click", "#none"), do("click", "#round"), do("click", "#edged")),
        [happened("click", one) for one in ("nobox", "none", "round", "edged")],
    ),
    Case(
        "the right one of two thousand equal buttons is pressed",
        "rows.html",
        (
            do(
                "click",
                bundle={"xpath": "//tr[td[1]='Customer 1234']//button", "tag": "button", "visibleText": "Delete"},
            ),
            do("click", "tr:nth-child(1999) button.btn"),
        ),
        [["deleted", "Customer 1234"], ["deleted", "Customer 1998"]],
    ),
    Case(
        "what can be dragged is dropped with what it carries",
        "dragging.html",
        (do("drag", "#card"), do("drop", "#slot", offsetX=30, offsetY=100)),
        [["dropped", {"what": "card", "at": [30, 100], "trusted": True}], ["dragend", None]],
        unable=dict.fromkeys(NOT_CHROMIUM, "driven from outside, it begins a drag and never drops"),
    ),
    Case(
        "a list that follows the pointer is sorted",
        "dragging.html",
        (do("drag", "#sorted li:nth-child(3)"), do("drop", "#sorted li:nth-child(1)")),
        [["order", "cab"]],
    ),
    Case(
        "a knob is dragged to a point of its rail",
        "dragging.html",
        (do("drag", "#knob"), do("drop", "#rail", offsetX=210, offsetY=10)),
        [["slid", 20]],
    ),
    Case(
        "a form that locks itself is sent once",
        "once.html",
        (do("double_click", "#send", to=True),),
        [["sent", {"name": "Ada"}]],
        unable=NO_DOUBLE_CLICK,
    ),
    Case(
        "a button that is drawn anew all the time is clicked once",
        "once.html",
        (do("click", "#item"),),
        [["item", True]],
    ),
    Case(
        "what is folded, modal, popped up or asleep is reached in its turn",
        "layers.html",
        (
            do("click", "#summary"),
            do("click", "#inside"),
            do("click", "#show"),
            do("click", "#agree"),
            do("click", "#pop"),
            do("click", "#popped"),
            do("key_press", key="Escape"),
            do("click", "#wake"),
            do("click", "#sleeper"),
            do("click", "#wrapped"),
        ),
        [
            happened("click", "inside"),
            ["closed", "yes"],
            happened("click", "popped"),
            happened("click", "sleeper"),
            ["wrapped", True],
        ],
    ),
    Case(
        "what is behind a modal dialog fails",
        "layers.html",
        (do("click", "#show"), do("click", "#wake")),
        [],
        fails="covered",
    ),
    Case("what is inert fails", "layers.html", (do("click", "#sleeper"),), [], fails="disabled"),
    Case(
        "a link within a label is followed",
        "layers.html",
        (do("click", "#inlabel", to=True),),
        [["landed", "landed"]],
    ),
)
