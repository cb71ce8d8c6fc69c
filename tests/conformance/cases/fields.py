"""Fields of every kind, and what pages do to what is typed into them."""

from tests.conformance.case import Case, do, happened, pressed, sent

SEND = do("click", "#send", to=True)
EMPTY = {"name": "", "email": "", "password": "", "age": "", "country": "", "terms": "yes", "size": "s", "notes": ""}
LONG = "All work and no play. " * 400
WRITINGS = "Zoë 🙈👩‍👩‍👧 שלום مرحبا 日本語 Ωμέγα"
NUMBERS = {"step": "", "grouped": "", "masked": "", "money": "", "short": ""}
LISTS = {"several": "b", "country": "", "city": "", "late": "", "closed": ""}

CASES = (
    Case(
        "a form arrives as it was filled",
        "form.html",
        (
            do("type", "[name=name]", "Ada Lovelace"),
            do("type", "[name=email]", "ada@example.org"),
            do("type", "[name=password]", "correct horse"),
            do("type", "[name=age]", "36"),
            do("select", "[name=country]", "Poland"),
            do("check", "[name=news]"),
            do("uncheck", "[name=terms]"),
            do("check", "[name=size][value=l]"),
            do("type", "[name=notes]", "one\ntwo"),
            SEND,
        ),
        [
            sent(
                name="Ada Lovelace",
                email="ada@example.org",
                password="correct horse",
                age="36",
                country="pl",
                news="yes",
                size="l",
                notes="one\r\ntwo",
            )
        ],
    ),
    Case(
        "any writing and any length is kept",
        "form.html",
        (do("type", "[name=name]", WRITINGS), do("type", "[name=notes]", LONG), SEND),
        [sent(**EMPTY | {"name": WRITINGS, "notes": LONG})],
    ),
    Case(
        "what a field held before is replaced, or emptied",
        "form.html",
        (
            do("type", "[name=name]", "Charles"),
            do("type", "[name=name]", "Ada"),
            do("type", "[name=notes]", "nothing"),
            do("type", "[name=notes]", ""),
            SEND,
        ),
        [sent(**EMPTY | {"name": "Ada"})],
    ),
    Case(
        "text is appended where the step says so",
        "form.html",
        (do("type", "[name=name]", "Ada"), do("type", "[name=name]", " King", mode="append"), SEND),
        [sent(**EMPTY | {"name": "Ada King"})],
    ),
    Case(
        "dates, times, colours and ranges are set",
        "dates.html",
        (
            do("type", "[name=date]", "2025-12-31"),
            do("type", "[name=time]", "23:59"),
            do("type", "[name=both]", "2025-12-31T23:59"),
            do("type", "[name=month]", "2025-12"),
            do("type", "[name=week]", "2025-W52"),
            do("type", "[name=color]", "#ff8800"),
            do("type", "[name=range]", "7"),
            SEND,
        ),
        [
            ["input", "2025-12-31"],
            ["change", "2025-12-31"],
            sent(
                date="2025-12-31",
                time="23:59",
                both="2025-12-31T23:59",
                month="2025-12",
                week="2025-W52",
                color="#ff8800",
                range="7",
            ),
        ],
    ),
    Case(
        "what is no date is refused",
        "dates.html",
        (do("type", "[name=date]", "next Tuesday"),),
        [],
        fails="value_not_taken",
    ),
    Case(
        "a number keeps its decimals and a page may group thousands",
        "numbers.html",
        (do("type", "[name=step]", "1234.56"), do("type", "#grouped", "1234567"), SEND),
        [sent(**NUMBERS | {"step": "1234.56", "grouped": "1,234,567"})],
    ),
    Case(
        "a decimal comma is none of the thousands",
        "numbers.html",
        (do("type", "[name=step]", "1.234,5"), SEND),
        [sent(**NUMBERS | {"step": "1234.5"})],
    ),
    Case(
        "a comma that may mean either fails the step",
        "numbers.html",
        (do("type", "[name=step]", "1,234"),),
        [],
        fails="value_not_taken",
    ),
    Case(
        "an input mask gets its digits",
        "numbers.html",
        (do("type", "#masked", "030 1234567"), SEND),
        [sent(**NUMBERS | {"masked": "030-123-4567"})],
    ),
    Case(
        "an amount is given to a mask that takes a point for a comma",
        "numbers.html",
        (do("type", "#money", "1.234.567,8"), SEND),
        [sent(**NUMBERS | {"money": "1.234.567,8"})],
    ),
    Case(
        "what a mask makes another amount of fails the step",
        "numbers.html",
        (do("type", "#grouped", "99.75"),),
        [],
        fails="value_not_taken",
    ),
    Case(
        "a field that cuts off the value fails the step",
        "numbers.html",
        (do("type", "#short", "too long"),),
        [],
        fails="value_not_taken",
    ),
    Case(
        "a field that a framework controls knows its value",
        "controlled.html",
        (do("type", "#kept", "state"), do("click", "#done")),
        [pressed(state="state", typed="")],
    ),
    Case(
        "a field that listens to keys gets keys",
        "controlled.html",
        (do("type", "#keyed", "Keys 1", mode="keys"), do("click", "#done")),
        [pressed(state="", typed="Keys 1")],
    ),
    Case(
        "a field that takes nothing but keys gets them without being told",
        "controlled.html",
        (do("type", "#keyed", "abc"), do("click", "#done")),
        [pressed(state="", typed="abc")],
    ),
    Case(
        "a field has its events in the order that a person causes",
        "controlled.html",
        (do("type", "#touched", "x"), do("click", "#done")),
        [
            *(happened(what, "touched") for what in ("focus", "beforeinput", "input", "change", "blur")),
            pressed(state="", typed=""),
        ],
    ),
    Case(
        "a checkbox behind its label and a switch made of a button are ticked",
        "toggles.html",
        (
            do("check", "#clipped"),
            do("check", "#undrawn"),
            do("check", "#switch"),
            do("check", "[name=pay][value=card]", "Bank"),
            SEND,
        ),
        [sent(clipped="on", undrawn="on", dark="yes", pay="bank")],
    ),
    Case(
        "a value decides whether a box is ticked",
        "toggles.html",
        (do("check", "#clipped", "no"), do("check", "#switch", "ja"), do("uncheck", "#switch"), SEND),
        [sent(dark="no")],
    ),
    Case("a box that unticks itself fails", "toggles.html", (do("check", "#stubborn"),), [], fails="value_not_taken"),
    Case(
        "a list of several takes one option a line",
        "lists.html",
        (do("select", "[name=several]", "Ant\nc"), SEND),
        [sent(**LISTS | {"several": ["a", "c"]})],
    ),
    Case(
        "lists that are filled late, or by another list, are waited for",
        "lists.html",
        (
            do("select", "#country", "Austria"),
            do("select", "#city", "Wien"),
            do("select", "#late", "42"),
            SEND,
        ),
        [sent(**LISTS | {"country": "at", "city": "wien", "late": "42"})],
    ),
    Case(
        "an option that cannot be chosen fails",
        "lists.html",
        (do("select", "#closed", "Sold out"),),
        [],
        fails="value_not_taken",
    ),
    Case(
        "a button that wakes up when the form is filled is waited for",
        "waking.html",
        (do("type", "#name", "Ada"), SEND),
        [sent(name="Ada")],
    ),
    Case(
        "a suggestion that comes after a while is chosen",
        "suggest.html",
        (do("type", "#search", "Ada"), do("click", bundle={"visibleText": "Ada 2", "tag": "li"})),
        [["chosen", {"item": "Ada 2", "trusted": True}]],
    ),
    Case(
        "an editor without a field takes text",
        "editor.html",
        (do("type", "#editor", "Once upon a time 🙂"), do("type", "#plain", "new"), do("click", "#done")),
        [pressed(text="Once upon a time 🙂", plain="new", asked=True)],
    ),
    Case(
        "an editor takes keys and appended text",
        "editor.html",
        (
            do("type", "#editor", " upon", mode="append"),
            do("type", "#plain", "keyed", mode="keys"),
            do("click", "#done"),
        ),
        [pressed(text="Once upon", plain="oldkeyed", asked=True)],
    ),
    Case(
        "a field that is drawn anew when it gets the focus keeps the value",
        "replaced.html",
        (do("type", "#first", "Ada"), do("type", "#second", "Lovelace")),
        lambda told: ["first", "Ada"] in told and told[-1] == ["second", "Lovelace"],
    ),
    Case(
        "fields with suggestions, turned or enlarged are filled",
        "special.html",
        (
            do("type", "#listed", "Beta"),
            do("type", "#askew", "20°"),
            do("type", "#large", "160 %"),
            do("click", "#done"),
        ),
        [pressed(listed="Beta", askew="20°", large="160 %")],
    ),
    Case("a field that is only read fails", "special.html", (do("type", "#fixed", "x"),), [], fails="disabled"),
)
