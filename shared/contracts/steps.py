"""The words of a step: which events exist, what a step asks for, which keys importers leave for the replay.

The canonical step (`recording.py`) has no key for everything that a recorder knows. By convention:

- `step.selector`: the recorded primary locator: the first plain CSS alternative, else the first alternative
  in its recorded spelling (`aria/…`, `xpath/…`, `pierce/…`, `text/…`). Absent where the step has no element.
- `step.value`: what was typed, or the option chosen (its value or its text; of a list that takes several: one a
  line, all that are to be chosen). `navigate`, `new_tab`: the address; when absent it is `navigation.url`. `check`,
  `uncheck`: absent, or a word (`true`, `no`, …) that decides between them. `upload`, and `type` into a file field:
  `retold-file:<SHA-256>/<name>`, one file a line. `assert`, `wait_for_text`: what is expected. `wait`: milliseconds.
- `step.navigation`: `{type: "same_page"}`, or `{type: "navigation", url}`: the step led to another document.
  `{type: "download"}`: it set off a download, which is waited for and kept.
- `bundle.iframeChain`: indexes among a frame's child frames, or CSS selectors, outermost first.
- `bundle.shadowHosts`: CSS selectors of the hosts, outermost first; one that proves to be no host is searched
  as an ordinary element.
- `metadata`:
  - `elementTag`, `elementType`: of the recorded element (`input`, `email`); absent: the recorder did not say.
  - `role`: its ARIA role, where a locator gives it.
  - `frame`: the indexes of `bundle.iframeChain`, where that has selectors: for formats that count frames.
  - `selectors: list[list[str]]`: every recorded alternative in recorded order and spelling. Within an
    alternative, each part is looked up inside the one before, in its shadow root where it has one; the last
    part is the element.
  - `target`: the page: absent or `"main"`, or the address of another tab or of a frame in its own process.
  - `timeout`: milliseconds, of this step.
  - `interpolate: true`: `${name}` in the value stands for what an earlier step took as `name`; in the `script` of
    run_script it stands for the same as a text of JavaScript, in quotes.
  - `download: true`: the step sets off a download, which is waited for and kept.
  - `dialog: {accept, text, message, kind}`: of a `dialog` step: how the dialog that the step before it opened was
    answered (`accept` true when absent; `text` goes into a prompt), and what it said, which is then checked.
    `kind: "beforeunload"`: the question whether to leave the page, which is not awaited. Several dialogs of one
    step are several dialog steps.
  - `title`: the page title that the recorder asserted after the step.
  - `button`: `left` (when absent), `middle`, `right`, `back`, `forward`. `clickCount`: if not the event's.
  - `modifiers: list[str]`: held during a press: `Control`, `Shift`, `Alt`, `Meta`.
  - `offsetX`, `offsetY`: CSS pixels from the element's top left corner.
  - `duration`: milliseconds that a click is held, or that a `wait` takes.
  - `mode`: of type: `replace` (when absent), `append`, or `keys`: key by key, behind what is there.
  - `key`: of key_down, key_up and key_press, as `KeyboardEvent.key` or `.code` names it, or a chord: `Control+A`.
  - `scroll: {x, y}`: absolute position in CSS pixels, of the element if there is one, else of the document. Without
    it and without `delta` the element is scrolled into view; lists that grow are scrolled on until it is there.
  - `delta: {x, y}`: of scroll: the wheel is turned by so many CSS pixels, over the element if there is one.
  - `viewport: {width, height, deviceScaleFactor, isMobile, hasTouch, isLandscape}`: of resize; CSS pixels.
  - `network: {download, upload, latency}`: of emulate_network; bytes per second (twice), milliseconds.
  - `condition: {operator, count, visible, attributes, properties}`: of wait_for_element. `operator` is `>=`
    (when absent), `==` or `<=`; `count` is 1 when absent; `visible` absent means either; `attributes` maps
    names to strings; `properties` maps names to JSON values, nested objects look into nested properties.
  - `expression`: of wait_for_expression; JavaScript that must become truthy in the page.
  - `pattern`: of wait_for_url; an address in which `**` stands for anything and `*` for anything but `/`. One that
    begins with `/` is compared with path and query alone.
  - `assertion: {what, operator, attribute}`: of assert. `what`: text, value, title, url, attribute, checked, visible,
    present, count, enabled, editable, selected, dialog (the last one's words). `operator`: equals (when absent),
    not_equals, contains, not_contains, matches, not_matches (JavaScript's regular expressions), starts_with,
    ends_with, more_than, less_than, at_least, at_most. Without an element, `text` is that of the whole page.
  - `soft: true`: of assert: what does not hold is told as a warning, and the row goes on.
  - `extract: {name, what, attribute, pattern}`: of extract, and of run_script for what the script returns. `what` as
    above, text when absent; `pattern`: a regular expression whose first group, or the whole of it, is taken.
  - `script`: of run_script; the body of an async JavaScript function, run in the page's own world.
  - `wholePage: true`: of screenshot; `name`: of screenshot and pdf: what the file is called.
  - `name`, `parameters`: of a custom step.
  - `secret`: of type: what is typed is kept secret (true), or is not, whatever the names of the field say (false).
  - `disabled: true`: the step is kept and not performed.
  - `comment`: what the file that was imported says of the step; for people.
  - `recordedBy`: the importer, e.g. `chrome_recorder`.
"""

import re
import unicodedata
from collections.abc import Iterator

from shared.contracts.recording import Step
from shared.core.errors import InvalidInput

# Canonical word: the spellings that documents and recorders use. Case, spaces, `_` and `-` do not matter.
EVENT_WORDS: dict[str, tuple[str, ...]] = {
    "navigate": ("navigation", "page_load", "goto", "open", "load", "visit"),
    "click": ("clickAt", "left_click", "tap"),
    "double_click": ("doubleClick", "dblclick", "doubleClickAt"),
    "right_click": ("rightClick", "contextmenu", "context_click"),
    "type": ("input", "change", "fill", "sendKeys", "set_value"),
    "select": ("select_option", "addSelection"),
    "check": (),
    "uncheck": (),
    "go_back": ("back", "navigate_back"),
    "go_forward": ("forward", "navigate_forward"),
    "reload": ("refresh",),
    "new_tab": ("open_tab", "new_window", "open_window"),
    "switch_tab": ("select_window", "switch_to_window", "switch_window", "select_tab"),
    "upload": ("upload_file", "attach_file", "set_input_files"),
    "download": ("wait_for_download",),
    "submit": ("submit_form",),
    "focus": ("focusin",),
    "blur": ("focusout",),
    "hover": ("mouseover",),
    # What a recorder notices on the way; done where it can be done.
    "mouse_move": ("pointermove",),
    "mouse_enter": ("pointerenter",),
    "mouse_leave": ("pointerleave", "mouse_out"),
    "scroll": ("scroll_to", "scroll_into_view", "wheel"),
    "resize": ("setViewport", "setWindowSize"),
    "key_down": ("keydown",),
    "key_up": ("keyup",),
    "key_press": ("keypress", "press"),
    "drag": ("dragstart",),
    "drop": (),
    "dialog": ("handle_dialog", "answer_dialog"),
    "wait": ("pause", "sleep", "wait_for_timeout"),
    "wait_for_url": ("waitForURL", "waitForLocation"),
    "wait_for_text": (),
    "wait_for_element": ("waitForElement", "waitForSelector", "waitForElementPresent"),
    "wait_for_expression": ("waitForExpression", "waitForFunction"),
    "assert": ("assertion", "expect"),
    "extract": ("get_text", "scrape"),
    "run_script": ("execute_script", "evaluate"),
    "screenshot": ("take_screenshot", "capture_screenshot"),
    "pdf": ("print_page", "save_pdf"),
    "emulate_network": ("emulateNetworkConditions",),
    "close": ("close_page", "close_tab"),
    "custom": ("customStep",),
    # What a recorder notices but a person did not do on purpose: never replayed.
    "page_event": (
        "mouse_down", "mouse_up",
        "dragover", "dragenter", "dragleave", "dragend", "copy", "cut", "paste",
        "DOMContentLoaded", "beforeunload", "unload", "visibilitychange",
    ),
}  # fmt: skip

FILLING = frozenset({"type", "select", "check", "uncheck", "upload"})
EXPECTING = frozenset({"assert", "wait_for_text"})  # a value only where one was recorded: many ask for no more than yes
VALUE_EVENTS = FILLING | EXPECTING

# Part of no innocent word, so `newpassword1` counts as well. Accents are gone here, `ł` is `l`.
_SECRET_PARTS = (
    "password", "passwd", "pwd", "passcode", "passphrase", "passwort", "kennwort", "contrasena", "motdepasse",
    "palavrapasse", "wachtwoord", "losenord", "adgangskode", "passord", "kodeord", "salasana", "jelszo",
    "lozinka", "slaptazodis", "parool", "passkey", "apikey", "пароль", "парола", "лозинка", "κωδικοσ",
    "密码", "密碼", "口令", "パスワード", "暗証番号", "비밀번호", "كلمة المرور", "كلمة السر", "סיסמה", "סיסמא",
    "รหัสผ่าน",
)  # fmt: skip
# These count only as a whole word: `shipping` is no PIN, a secretary no secret.
_SECRET_WORDS = frozenset({
    "pass", "passw", "pw", "pin", "pincode", "cvv", "cvv2", "cvc", "cvc2", "csc", "secret", "geheim", "token",
    "otp", "totp", "mdp", "clave", "senha", "haslo", "heslo", "geslo", "parola", "sifre", "puk", "tan", "ssn",
    "sandi", "parol",
})  # fmt: skip
_SECRET_PHRASES = (
    "mot de passe", "mat khau", "kata sandi", "palavra passe", "palabra clave", "security code", "one time code",
    "verification code", "sicherheitscode", "codigo de seguridad", "code de securite", "codice di sicurezza", "api key",
    "access key", "private key",
)  # fmt: skip

_FULL_BUNDLE_FIELDS = (
    "xpath",
    "id",
    "name",
    "aria",
    "placeholder",
    "data_attrs",
    "class_name",
    "visible_text",
)


def _squashed(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).casefold()


_CANONICAL = {_squashed(word): event for event, more in EVENT_WORDS.items() for word in (event, *more)}


def canonical_event(event: str, element_tag: str | None = None, element_type: str | None = None) -> str:
    """The one word for an event; `InvalidInput` when nobody knows it.

    A value given to a known select or checkbox is no typing, whatever the recorder calls it.
    """
    word = _CANONICAL.get(_squashed(event))
    if word is None:
        accepted = ", ".join(EVENT_WORDS)
        raise InvalidInput(f'"{event[:64]}" is not an event that can be replayed; use one of: {accepted}.')
    if word == "type" and (element_tag or "").casefold() == "select":
        return "select"
    if word == "type" and (element_type or "").casefold() in ("checkbox", "radio"):
        return "check"
    return word


def event_of(step: Step) -> str:
    """The canonical event of a step, by what is known of its element."""
    return canonical_event(step.event, _text(step, "elementTag") or step.bundle.tag, _text(step, "elementType"))


def is_disabled(step: Step) -> bool:
    """Whether the step is kept, and not performed."""
    return step.metadata.get("disabled") is True


def is_dialog(step: Step) -> bool:
    """Whether the step only tells how a dialog was answered that the step before it opened."""
    return _CANONICAL.get(_squashed(step.event)) == "dialog"


def takes_value(step: Step) -> bool:
    """Whether a value, and so a CSV column, can be given to the step."""
    event = event_of(step)
    return event in FILLING or (event in EXPECTING and step.value is not None)


def has_element(step: Step) -> bool:
    """Whether the step names an element of the page."""
    bundle = step.bundle
    named = bundle.tag or any(getattr(bundle, field) for field in _FULL_BUNDLE_FIELDS)
    return bool(step.selector or step.metadata.get("selectors") or named)


def element_type_known(step: Step) -> bool:
    """Whether the recording says for certain which kind of field this is."""
    if _text(step, "elementType"):
        return True
    tag = _text(step, "elementTag") or step.bundle.tag or ""
    return tag.casefold() in ("select", "textarea")


def is_password(step: Step) -> bool:
    """Whether what is typed here must be kept secret: marked so, a password field, or one whose names say so."""
    if event_of(step) != "type":
        return False
    if isinstance(marked := step.metadata.get("secret"), bool) and (marked or not _is_password_field(step)):
        return marked
    if element_type_known(step):
        return _is_password_field(step)
    return any(sounds_secret(name) for name in _names(step))


def _is_password_field(step: Step) -> bool:
    return (_text(step, "elementType") or "").casefold() == "password"


def is_thin(step: Step) -> bool:
    """Whether little was recorded of the step's element, so that a successful run should teach it more.

    Who saw the element recorded its tag and its box; a locator alone tells neither for certain.
    """
    return has_element(step) and (not step.bundle.tag or step.bundle.bounding is None)


def address_of(step: Step) -> str | None:
    """The address that a `navigate` step opens."""
    return (step.value or step.navigation.url) if event_of(step) == "navigate" else None


def sounds_secret(name: str) -> bool:
    """Whether a field so named, labelled or located likely holds a secret, in the languages most spoken."""
    plain = _plain(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name))  # userPassword, inputPIN
    plain = re.sub(r"(.)\1{2,}", r"\1\1", plain)  # passsword
    words = re.findall(r"[^\W_]+", plain)
    line = f" {' '.join(words)} "
    return (
        any(part in plain for part in _PLAIN_SECRET_PARTS)
        or not _SECRET_WORDS.isdisjoint(words)
        or any(f" {phrase} " in line for phrase in _SECRET_PHRASES)
    )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold().replace("ł", "l").replace("ı", "i")
    return "".join(c for c in folded if not unicodedata.combining(c))


_PLAIN_SECRET_PARTS = tuple(_plain(part) for part in _SECRET_PARTS)


def _text(step: Step, key: str) -> str | None:
    found = step.metadata.get(key)
    return found if isinstance(found, str) and found else None


def _names(step: Step) -> Iterator[str]:
    bundle = step.bundle
    named = (step.label, step.selector, bundle.id, bundle.name, bundle.aria, bundle.placeholder, bundle.xpath)
    yield from (name for name in named if name)
    yield from bundle.data_attrs.values()
    # Whole locators, hosts and ancestors too: the field inside `my-input#password` has no name of its own.
    yield from bundle.shadow_hosts
    alternatives = step.metadata.get("selectors")
    for alternative in alternatives if isinstance(alternatives, list) else ():
        parts = alternative if isinstance(alternative, list) else [alternative]
        yield from (part for part in parts if isinstance(part, str))
