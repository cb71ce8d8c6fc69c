"""Taking something from a page: values, pictures, a print; running its scripts."""

from tests.conformance.case import NOT_CHROMIUM, Case, JsonStep, do

LEAVE = do("key_press", key="Tab")


def take(name: str, what: str = "text", selector: str | None = None, **more: object) -> JsonStep:
    """A value taken from the page."""
    return do("extract", selector, extract={"name": name, "what": what, **more})


CASES = (
    Case(
        "what was taken from the page goes into a later field",
        "process.html",
        (
            take("order", selector="#state", pattern=r"Order (\d+)"),
            take("where", "url", pattern="process"),
            take("phase", "attribute", "#state", attribute="data-phase"),
            take("held", "value", "#field"),
            take("rows", "count", "ul li"),
            do("type", "#copy", "No. ${order} of ${held}, $5", interpolate=True),
            LEAVE,
        ),
        [["copy", "No. 4711 of held, $5"]],
        extracted={"order": "4711", "where": "process", "phase": "new", "held": "held", "rows": "3"},
    ),
    Case(
        "a value is left as it is where the step does not ask for more",
        "process.html",
        (take("order", selector="#state"), do("type", "#copy", "${order}"), LEAVE),
        [["copy", "${order}"]],
        extracted={"order": "Order 4711: new"},
    ),
    Case(
        "what was never taken cannot go into a field",
        "process.html",
        (do("type", "#copy", "${order}", interpolate=True),),
        [],
        fails="invalid_step",
    ),
    Case(
        "a pattern that fits nothing fails",
        "process.html",
        (take("order", selector="#state", pattern=r"Invoice (\d+)"),),
        [],
        fails="assertion_failed",
    ),
    Case(
        "a script of the recording runs in the page's own world",
        "process.html",
        (
            do(
                "run_script",
                script="copy.value = counted.rows; copy.dispatchEvent(new Event('change')); return document.title",
            ),
            do("run_script", script="return await Promise.resolve(counted)", extract={"name": "counted"}),
        ),
        [["copy", "3"]],
        extracted={"counted": '{"rows":3}'},
    ),
    Case(
        "a script that fails, fails",
        "process.html",
        (do("run_script", script="nothing.there()"),),
        [],
        fails="script_error",
    ),
    Case(
        "pictures and a print are left behind",
        "process.html",
        (do("screenshot"), do("screenshot", wholePage=True, name="all"), do("pdf")),
        [],
        kept={"screenshot-2.jpg": "", "all.jpg": "", "page-4.pdf": "%PDF"},
        unable=dict.fromkeys(NOT_CHROMIUM, "only Chromium prints"),
    ),
    Case(
        "the window gets the recorded size",
        "process.html",
        (
            do("resize", viewport={"width": 640, "height": 480}),
            do("wait_for_expression", expression="innerWidth === 640 && innerHeight === 480 && (tell('sized'), true)"),
        ),
        [["sized", None]],
    ),
    Case(
        "a custom step is left out",
        "process.html",
        (do("custom", name="shop.pay"), do("type", "#copy", "x"), LEAVE),
        [["copy", "x"]],
        skips=(1,),
    ),
)
