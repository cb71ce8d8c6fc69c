"""Ways from page to page: links, redirects, history, tabs, routes."""

from tests.conformance.case import Case, do, happened, sent

SHOWN, LANDED = ["shown", "new"], ["landed", "landed"]


def way(selector: str, *, to: bool = True) -> Case:
    """A link or button that leads to the landing page, by whatever way."""
    return Case(
        f"the way by {selector} is followed to its end" + ("" if to else " although nobody recorded that it leads on"),
        "travel.html",
        (do("click", selector, to="{{here}}/landed.html" if to else False), do("click", "#here")),
        [SHOWN, LANDED, happened("click", "here")],
    )


CASES = (
    *(way(f"#{how}") for how in ("permanent", "found", "temporary", "meta", "scripted", "assign", "late")),
    way("#assign", to=False),
    Case(
        "a form that answers with a redirect is sent once",
        "travel.html",
        (do("click", "#post", to=True), do("click", "#here")),
        [SHOWN, sent(name="Ada"), LANDED, happened("click", "here")],
    ),
    Case(
        "a link that leads to an error page fails",
        "travel.html",
        (do("click", "#broken", to=True),),
        [SHOWN],
        fails="http_error",
        unable={"webkit": "it tells nobody which status a document came with"},
    ),
    Case(
        "a step that leads nowhere although it did when it was recorded fails",
        "travel.html",
        (do("click", "#guarded", to=True, timeout=100),),
        [SHOWN],
        fails="navigation_failed",
    ),
    Case(
        "back and forward go through the history",
        "travel.html",
        (
            do("click", "#assign", to=True),
            do("go_back"),
            do("go_forward"),
            do("click", "#here"),
        ),
        lambda told: (
            [one[0] for one in told][:3] == ["shown", "landed", "shown"] and told[-1] == happened("click", "here")
        ),
    ),
    Case("back without a history fails", "travel.html", (do("go_forward"),), [SHOWN], fails="navigation_failed"),
    Case("a page is loaded once more", "travel.html", (do("reload"),), [SHOWN, SHOWN]),
    Case(
        "an address is opened, and a page opened in between is used",
        "travel.html",
        (do("navigate", value="{{here}}/landed.html?title=Other"), do("click", "#here")),
        [SHOWN, ["landed", "Other"], happened("click", "here")],
    ),
    Case(
        "a new tab is opened, worked in and left",
        "travel.html",
        (
            do("new_tab", value="{{here}}/landed.html"),
            do("click", "#here"),
            do("switch_tab", target="main"),
            do("click", "#assign", to=True),
            do("click", "#here"),
        ),
        [SHOWN, LANDED, happened("click", "here"), LANDED, happened("click", "here")],
    ),
    Case(
        "an empty tab gets its address later and tabs are known by their ids",
        "travel.html",
        (
            do("hover", "#found", tab=7),
            do("new_tab", tab=8),
            do("navigate", value="{{here}}/landed.html", tab=8),
            do("switch_tab", tab=7),
            do("click", "#assign", to=True, tab=7),
            do("click", "#here", tab=8),
        ),
        [SHOWN, LANDED, LANDED, happened("click", "here")],
    ),
    Case(
        "a page that asks before it is left is left",
        "travel.html",
        (do("click", "#guarded"), do("click", "#assign", to=True)),
        [SHOWN, LANDED],
    ),
    Case(
        "routes within one document are waited for",
        "routes.html",
        (
            do("click", "a[href=people]", to=True),
            do("click", "#act"),
            do("go_back"),
            do("click", "#act"),
            do("click", "#hash", to=True),
            do("click", "#act"),
        ),
        [["act", "people"], ["act", "home"], ["act", "hash"]],
    ),
)
