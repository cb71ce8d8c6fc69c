"""Playwright's parts as XPath 1.0, for what the recorded spellings have no word for: filters, and the n-th of many.

Names of elements are computed by the browser; here they are read off what pages write them into.
"""

from cssselect import HTMLTranslator
from cssselect.parser import SelectorError
from cssselect.xpath import ExpressionError

from services.ingest.adapters.playwright.locators import Part, Parts, Words

_TEXT = "normalize-space(.)"
_BUTTON_TYPES = ("button", "submit", "reset", "image")
_NOT_TEXT = ("checkbox", "radio", "file", "hidden", "range", "color", "number", "search", *_BUTTON_TYPES)
_NAMES = (".", "@aria-label", "@alt", "@title", "@placeholder", "self::input[@type='submit' or @type='button']/@value")
_EXACT_NAMES = (_TEXT, *_NAMES[1:])
_CONTROLS = "*[self::input or self::textarea or self::select or self::button or @contenteditable or @role]"


def _is_type(*types: str) -> str:
    return " or ".join(f"@type='{one}'" for one in types)


# Besides an attribute `role`, which any element may have.
_ROLES = {
    "button": f"self::button or self::summary or (self::input and ({_is_type(*_BUTTON_TYPES)}))",
    "link": "(self::a or self::area) and @href",
    "checkbox": f"self::input and ({_is_type('checkbox')})",
    "radio": f"self::input and ({_is_type('radio')})",
    "textbox": f"self::textarea or (self::input and not(@list) and not({_is_type(*_NOT_TEXT)}))",
    "searchbox": "self::input and @type='search'",
    "spinbutton": "self::input and @type='number'",
    "slider": "self::input and @type='range'",
    "combobox": "self::select or (self::input and @list)",
    "listbox": "self::select and (@multiple or @size>1)",
    "option": "self::option",
    "heading": "self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6",
    "list": "self::ul or self::ol",
    "listitem": "self::li",
    "table": "self::table",
    "row": "self::tr",
    "cell": "self::td",
    "columnheader": "self::th",
    "rowgroup": "self::tbody or self::thead or self::tfoot",
    "img": "self::img",
    "navigation": "self::nav",
    "main": "self::main",
    "banner": "self::header",
    "contentinfo": "self::footer",
    "complementary": "self::aside",
    "form": "self::form",
    "dialog": "self::dialog",
    "article": "self::article",
    "region": "self::section",
    "group": "self::fieldset",
    "paragraph": "self::p",
}


def literal(text: str) -> str:
    """A text as XPath 1.0 writes it, which has no escapes."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "concat(" + ', "\'", '.join(f"'{piece}'" for piece in text.split("'")) + ")"


def says(expression: str, words: Words) -> str:
    """That what the expression yields is, or holds, the words."""
    text = " ".join(words.text.split())
    if words.exact:
        return f"{expression}={literal(text)}"
    pairs = {(one.upper(), one.lower()) for one in text if len(one.upper()) == len(one.lower()) == 1}
    letters = sorted(pair for pair in pairs if pair[0] != pair[1])
    if letters:
        upper, lower = ("".join(side) for side in zip(*letters, strict=True))
        expression = f"translate({expression}, {literal(upper)}, {literal(lower)})"
    return f"contains({expression}, {literal(''.join(low(one) for one in text))})"


def low(character: str) -> str:
    """A letter in its small form, where that is one letter too."""
    return character.lower() if len(character.upper()) == len(character.lower()) == 1 else character


def xpath_of(parts: Parts) -> str | None:
    """One XPath for all parts, from the document; None where there is no way to say it."""
    return _path("", parts)


def _path(path: str, parts: Parts) -> str | None:
    for part in parts:
        step = _refined(path, part) if part.refines else _found(path, part)
        if step is None:
            return None
        path = step
    return path or None


def _refined(path: str, part: Part) -> str | None:
    if not path or (part.words and part.words.pattern):
        return None
    match part.kind:
        case "nth":
            place = "last()" if part.index == -1 else str(part.index + 1)
            return f"({path})[{place}]" if part.index >= -1 else None
        case "visible":
            return path
        case "has_text" | "has_not_text" if part.words:
            said = says(_TEXT, part.words)
            return f"{path}[{said}]" if part.kind == "has_text" else f"{path}[not({said})]"
        case "has" | "has_not":
            inner = _path(".", part.inner)
            if inner is None:
                return None
            return f"{path}[{inner}]" if part.kind == "has" else f"{path}[not({inner})]"
        case "or":
            other = xpath_of(part.inner)
            return f"({path} | {other})" if other else None
        case _:
            return None


def _found(path: str, part: Part) -> str | None:
    if part.words and part.words.pattern:
        return None
    match part.kind:
        case "css":
            return _of_css(path, part.body)
        case "xpath":
            return _of_xpath(path, part.body)
        case "role":
            return _of_role(path, part)
        case "text" if part.words:
            said = says(_TEXT, part.words)
            return f"{path}//*[{said}][not(.//*[{said}])][not(self::script or self::style or self::title)]"
        case "label" if part.words:
            return f"{path}//{_CONTROLS}[{_is_called(part.words)}]"
        case "placeholder" | "alt" | "title" if part.words:
            return f"{path}//*[{says(f'@{part.kind}', part.words)}]"
        case "attribute" | "test_id" if part.words:
            return f"{path}//*[{says(f'@{part.body}', part.words)}]"
        case _:
            return None


def _of_css(path: str, css: str) -> str | None:
    try:
        translated = HTMLTranslator().css_to_xpath(css, prefix="")
    except (SelectorError, ExpressionError, RecursionError):
        return None
    alternatives = translated.split(" | ") if "," in css else [translated]
    if len(alternatives) > 1 and any(mark in css for mark in "\"'"):
        return None  # the comma may stand in a text
    joined = " | ".join(f"{path}//{one}" for one in alternatives)
    return f"({joined})" if len(alternatives) > 1 else joined


def _of_xpath(path: str, xpath: str) -> str | None:
    inner = xpath.removeprefix(".")
    if inner.startswith("//"):
        return f"{path}{inner}"
    if xpath == "..":
        return f"{path}/.." if path else None
    return xpath if not path and xpath.startswith(("/", "(")) else None


def _of_role(path: str, part: Part) -> str | None:
    is_so = _ROLES.get(part.body)
    level = part.states.get("level")
    if is_so and part.body == "heading" and str(level).isdigit():
        is_so = f"self::h{level}"
    elif set(part.states) - {"include-hidden", "includeHidden"}:
        return None
    own = f"@role={literal(part.body)}"
    test = f"*[{own} or (not(@role) and ({is_so}))]" if is_so else f"*[{own}]"
    named = f"[{_is_called(part.words)}]" if part.words else ""
    return f"{path}//{test}{named}"


def _is_called(words: Words) -> str:
    label = says(_TEXT, words)
    labelled = f"@id=//label[{label}]/@for or ancestor::label[{label}]"
    if not words.exact:
        everything = f"normalize-space(concat({', '.join(_spaced(_NAMES))}))"
        return f"{says(everything, words)} or {labelled}"
    return " or ".join([*(says(one, words) for one in _EXACT_NAMES), labelled])


def _spaced(names: tuple[str, ...]) -> list[str]:
    return [piece for name in names for piece in (name, "' '")][:-1]
