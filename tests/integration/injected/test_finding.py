"""What the engine finds, and that the short way comes to the same as searching for everything."""

import pytest

LIST = """<main><ul>{}</ul></main>""".format(
    "".join(
        f'<li><label for="q{at}">Pieces of item {at}</label><input id="q{at}" name="n{at}">'
        f'<button id="b{at}" type="button" class="buy">Buy</button></li>'
        for at in range(30)
    )
)


async def bundle_of(inside, selector):
    question = "(engine, selector) => engine.bundleOf(document.querySelector(selector))"
    return await inside.ask(question, selector)


async def test_a_healthy_step_is_found_by_all_that_was_recorded(inside):
    await inside.show(LIST)
    report = await inside.locate("type", "#q7", bundle=await bundle_of(inside, "#q7"))
    assert (report["element"], report["foundBy"], report["strategy"]) == ("q7", "recorded", "selector")
    assert report["agreeing"] == 4  # id, name, what it is called, place
    assert report["disagreeing"] == []
    assert "bundle" not in report
    assert "selector" not in report


async def test_a_bundle_is_made_only_where_one_is_learned(inside):
    await inside.show(LIST)
    report = await inside.locate("type", "#q7", learn=True)
    assert report["bundle"]["aria"] == "Pieces of item 7"
    assert report["selector"] == "#q7"


async def test_what_may_commit_something_is_told_with_a_selector(inside):
    await inside.show(LIST)
    assert (await inside.locate("click", "#b3"))["selector"] == "#b3"
    assert (await inside.locate("type", "#q3", act=False))["selector"] == "#q3"
    assert "selector" not in await inside.locate("hover", "#b3")


async def test_strictly_nothing_may_point_elsewhere(inside):
    await inside.show(LIST)
    bundle = {"id": "q7", "name": "n7", "aria": "Pieces of item 8", "tag": "input"}
    assert (await inside.locate("type", bundle=bundle))["element"] == "q7"
    strict = await inside.locate("type", bundle=bundle, strict=True, timeout=100)
    assert (strict["found"], strict["reason"], strict["element"]) == (False, "ambiguous", None)


async def test_a_name_that_several_have_agrees_with_the_one_at_the_place(inside):
    await inside.show(LIST)
    alternatives = [["aria/Buy"], ["li:nth-of-type(4) > button"]]
    report = await inside.locate("click", "aria/Buy", alternatives=alternatives)
    assert (report["element"], report["strategy"], report["foundBy"]) == ("b3", "aria", "recorded")


async def test_two_that_fit_equally_are_none(inside):
    await inside.show("<button id=a>Save</button><button id=b>Save</button>")
    report = await inside.locate("click", "aria/Save", timeout=100)
    assert (report["found"], report["reason"]) == (False, "ambiguous")


HOSTILE = ["__proto__", "constructor", "a'b", 'a"b', "a\\b", "ü 😀", "1.2:3[4]", "line\nbreak", "]", "-", "0"]


@pytest.mark.parametrize("name", HOSTILE)
async def test_an_odd_id_or_name_is_only_a_value(inside, name):
    await inside.show("<input><input>")
    await inside.ask("(engine, name) => document.querySelector('input').setAttribute('name', name)", name)
    await inside.ask("(engine, name) => document.querySelectorAll('input')[1].setAttribute('id', name)", name)
    learned = "(engine, at) => engine.bundleOf(document.querySelectorAll('input')[at])"
    first, second = [await inside.ask(learned, at) for at in (0, 1)]
    assert (await inside.locate("type", bundle={"name": first["name"]}))["element"] == ""
    assert (await inside.locate("type", bundle={"id": second["id"]}, tag="input"))["found"] is (name != "0")
    for at in (0, 1):
        selector = await inside.ask("(engine, at) => engine.selectorOf(document.querySelectorAll('input')[at])", at)
        found = "(engine, [s, at]) => document.querySelector(s) === document.querySelectorAll('input')[at]"
        assert await inside.ask(found, [selector, at]) is True


async def test_an_id_that_two_have_is_decided_by_the_rest(inside):
    await inside.show("<input id=x name=one><input id=x name=two>")
    await inside.locate("type", bundle={"id": "x", "name": "two"})
    assert await inside.ask("(engine) => engine.element.name") == "two"


@pytest.mark.parametrize(
    "selector", ["#dot", "svg > circle", "aria/The dot", "xpath//html[1]/body[1]/button[1]/svg[1]/circle[1]"]
)
async def test_a_part_of_a_drawing_is_found(inside, selector):
    await inside.show(
        "<button id=b><svg width=40 height=40><circle id=dot cx=20 cy=20 r=15 aria-label='The dot'/></svg></button>"
    )
    report = await inside.locate("click", selector)
    assert (report["found"], report["element"]) == (True, "dot")


SHADOW = """<x-card id=card></x-card><script>
  const root = document.querySelector("#card").attachShadow({{ mode: "{}" }});
  root.innerHTML = "<p><input id=inner placeholder='City'></p>";
  globalThis.kept = root;
</script>"""


async def test_an_element_of_an_open_shadow_tree_is_found_by_hosts_and_by_its_name(inside):
    await inside.show(SHADOW.format("open"))
    assert (await inside.locate("type", bundle={"id": "inner", "shadowHosts": ["#card"]}))["element"] == "inner"
    assert (await inside.locate("type", "aria/City"))["element"] == "inner"
    assert (await inside.locate("type", "pierce/#inner"))["element"] == "inner"


async def test_a_closed_shadow_tree_is_asked_for_and_then_searched_as_if_it_were_open(inside):
    await inside.show(SHADOW.format("closed"))
    request = {"bundle": {"id": "inner", "shadowHosts": ["#card"]}, "timeout": 3_000}
    report = await inside.locate("type", **request)
    assert (report["found"], report["reason"]) == (False, "closed_root")
    assert report["ms"] < 1_000
    assert await inside.ask("(engine) => engine.host.id") == "card"
    # As a driver does: it takes the root out of the browser and puts it into the engine's world.
    where = {"depth": 1, "pierce": True}
    devtools = inside._devtools
    host = await devtools.send("Runtime.evaluate", {"expression": "retold.host", "contextId": inside._world})
    told = await devtools.send("DOM.describeNode", {"objectId": host["result"]["objectId"], **where})
    shadow = told["node"]["shadowRoots"][0]["backendNodeId"]
    root = await devtools.send("DOM.resolveNode", {"backendNodeId": shadow, "executionContextId": inside._world})
    keep = "function (root) { retold.roots.set(retold.host, root); }"
    arguments = [{"objectId": root["object"]["objectId"]}]
    call = {"functionDeclaration": keep, "objectId": host["result"]["objectId"], "arguments": arguments}
    await devtools.send("Runtime.callFunctionOn", call)
    found = await inside.locate("type", learn=True, **request)
    assert (found["element"], found["prepared"]["focused"]) == ("inner", True)
    assert found["bundle"]["isClosedShadow"] is True
    assert (await inside.locate("type", "aria/City"))["element"] == "inner"


async def test_a_host_without_a_root_is_searched_like_any_element_once_the_driver_has_looked(inside):
    await inside.show("<div id=card><input id=inner></div>")
    request = {"bundle": {"id": "inner", "shadowHosts": ["#card"]}}
    assert (await inside.locate("type", **request))["reason"] == "closed_root"
    assert (await inside.locate("type", **request, pierced=True))["element"] == "inner"


LATER = "setTimeout(() => {{ {} }}, 150);"


@pytest.mark.parametrize(
    ("html", "change"),
    [
        ("<main></main>", "document.querySelector('main').innerHTML = '<button id=b>Go</button>'"),
        ("<button id=b hidden>Go</button>", "document.querySelector('#b').hidden = false"),
        ("<button id=b disabled>Go</button>", "document.querySelector('#b').disabled = false"),
        (
            "<fieldset disabled><button id=b>Go</button></fieldset>",
            "document.querySelector('fieldset').disabled = false",
        ),
        (
            SHADOW.format("open"),
            "kept.innerHTML = '<button id=b>Go</button>'",
        ),
    ],
)
async def test_an_element_is_waited_for_wherever_it_will_be(inside, html, change):
    await inside.show(f"{html}<script>{LATER.format(change)}</script>")
    report = await inside.locate("click", "aria/Go", timeout=3_000)
    assert (report["found"], report["element"]) == (True, "b")
    assert report["ms"] < 1_500


async def test_nothing_is_kept_of_a_page_that_has_changed(inside):
    await inside.show("<button id=a>Save</button>")
    assert (await inside.locate("click", "aria/Save"))["element"] == "a"
    await inside.page.evaluate("document.body.innerHTML = '<button id=b>Save</button>'")
    assert (await inside.locate("click", "aria/Save"))["element"] == "b"


COMPARE = """(engine, seed) => {
  let state = seed;
  const random = (size) => ((state = (state * 1103515245 + 12345) % 2147483648) >> 8) % size;
  const pick = (list) => list[random(list.length)];
  const words = ["Save", "Open", "Buy", "Name", "Email", "More"];
  const element = () => {
    const attributes = [];
    if (random(3) === 0) attributes.push(`id="i${random(6)}"`);
    if (random(3) === 0) attributes.push(`name="n${random(6)}"`);
    if (random(2) === 0) attributes.push(`class="c${random(3)}"`);
    if (random(4) === 0) attributes.push(`aria-label="${pick(words)}"`);
    if (random(9) === 0) attributes.push("hidden");
    const tag = pick(["button", "a", "input", "div", "label", "span"]);
    if (tag === "input") return `<input ${attributes.join(" ")} placeholder="${pick(words)}">`;
    if (tag === "a") attributes.push("href=/x");
    return `<${tag} ${attributes.join(" ")}>${pick(words)}${random(4) === 0 ? "<b>now</b>" : ""}</${tag}>`;
  };
  const answers = [];
  for (let round = 0; round < 40; round++) {
    document.body.innerHTML = Array.from({ length: 4 + random(12) }, () => `<p>${element()}${element()}</p>`).join("");
    engine.oneByOne();
    const all = [...document.querySelectorAll("p > *")];
    const meant = pick(all);
    const bundle = engine.bundleOf(meant);
    const event = engine.isField(meant) ? "type" : "click";
    for (const key of Object.keys(bundle)) if (random(5) === 0) delete bundle[key];
    if (random(3) === 0) meant.removeAttribute("id");
    if (random(3) === 0) meant.setAttribute("name", "other");
    if (random(3) === 0) meant.className = "c9";
    if (random(4) === 0 && meant.localName !== "input") meant.textContent = pick(words);
    if (random(5) === 0) meant.remove();
    const recorded = [["aria", bundle.aria], ["text", bundle.visibleText]].filter(([, said]) => said && random(2));
    const alternatives = recorded.map(([kind, said]) => [`${kind}/${said}`]);
    const selector = alternatives.length ? alternatives[0][0] : null;
    const request = { event, bundle, tag: bundle.tag || "", strict: false, alternatives, selector };
    const searched = engine.ofStep(request).map((one) => ({ ...one, fits: undefined, costly: false }));
    const [short, whole] = [engine.decide(engine.ofStep(request), request), engine.decide(searched, request)];
    if (short.element !== whole.element || short.reason !== whole.reason) {
      const told = (one) => one.reason || one.element.outerHTML;
      answers.push({ html: document.body.innerHTML, request, short: told(short), whole: told(whole) });
    }
  }
  return answers;
}"""


@pytest.mark.parametrize("seed", range(12))
async def test_the_short_way_decides_as_the_whole_search(inside, seed):
    await inside.show("<p>Filled by the test.</p>")
    assert await inside.ask(COMPARE, seed + 1) == []


async def test_a_page_of_fifty_thousand_elements_is_searched(inside):
    await inside.show("<main></main>")
    rows = "Array.from({ length: 25000 }, (_, at) => `<p><a href='#'>Row ${at}</a></p>`).join('')"
    await inside.page.evaluate(f"document.querySelector('main').innerHTML = {rows}")
    report = await inside.locate("hover", "aria/Row 24000", timeout=20_000)
    assert report["found"] is True
    text = await inside.ask("(engine) => engine.element.textContent")
    assert text == "Row 24000"
