"""Texts with `${KEY_…}` in them: what is typed as text, and which keys are pressed."""

import re

from services.ingest.adapters.selenium.locators import Element
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import RECORDED_BY, Line, Stage
from shared.contracts.recording import Step
from shared.contracts.steps import is_password

KEY = re.compile(r"\$\{KEY_(\w+)\}")
MOST_CHARACTERS = 100  # of a text behind a key, each of which is a step
# Selenium's name → `KeyboardEvent.key`; a key of the pad by its `code`.
KEYS = {
    "CANCEL": "Cancel", "HELP": "Help", "BACKSPACE": "Backspace", "BACK_SPACE": "Backspace", "BKSP": "Backspace",
    "TAB": "Tab", "CLEAR": "Clear", "RETURN": "Enter", "ENTER": "Enter", "PAUSE": "Pause", "ESCAPE": "Escape",
    "ESC": "Escape", "SPACE": "Space", "PAGE_UP": "PageUp", "PGUP": "PageUp", "PAGE_DOWN": "PageDown",
    "PGDN": "PageDown", "END": "End", "HOME": "Home", "LEFT": "ArrowLeft", "ARROW_LEFT": "ArrowLeft",
    "UP": "ArrowUp", "ARROW_UP": "ArrowUp", "RIGHT": "ArrowRight", "ARROW_RIGHT": "ArrowRight",
    "DOWN": "ArrowDown", "ARROW_DOWN": "ArrowDown", "INSERT": "Insert", "INS": "Insert", "DELETE": "Delete",
    "DEL": "Delete", "SEMICOLON": ";", "EQUALS": "=", "MULTIPLY": "NumpadMultiply", "MUL": "NumpadMultiply",
    "ADD": "NumpadAdd", "PLUS": "NumpadAdd", "SUBTRACT": "NumpadSubtract", "MINUS": "NumpadSubtract",
    "DECIMAL": "NumpadDecimal", "PERIOD": "NumpadDecimal", "DIVIDE": "NumpadDivide", "DIV": "NumpadDivide",
    "SEPARATOR": ",", "SEP": ",",
    **{f"NUMPAD{digit}": f"Numpad{digit}" for digit in range(10)},
    **{f"N{digit}": f"Numpad{digit}" for digit in range(10)},
    **{f"F{number}": f"F{number}" for number in range(1, 13)},
}  # fmt: skip
MODIFIERS = {
    "SHIFT": "Shift", "CONTROL": "Control", "CTRL": "Control", "ALT": "Alt", "META": "Meta", "COMMAND": "Meta",
}  # fmt: skip


def send_keys(stage: Stage, command: Command) -> None:
    """`sendKeys`: behind what the field holds, key by key."""
    type_with_keys(stage, command, "keys")


def type_with_keys(stage: Stage, command: Command, mode: str) -> None:
    """A text with keys in it; `mode` is that of the text before the first key."""
    element = stage.element(command)
    if element is None:
        return
    text, *pieces = KEY.split(command.value.strip())
    began = False
    keys, texts = pieces[::2], pieces[1::2]
    unknown = [name for name in keys if name not in KEYS and name not in MODIFIERS and name != "NULL"]
    if unknown:
        stage.leave_out(command, f"there is no key ${{KEY_{unknown[0][:40]}}}")
        return
    if text or not keys:
        line = stage.act(command, "type", element, **({} if mode == "replace" else {"mode": mode}))
        if not stage.give(line, stage.variables.said(text)):
            return
        began = True
    elif mode == "replace":
        line = stage.act(command, "type", element)
        line.step = {**(line.step or {}), "value": ""}
        began = True
    _keys(stage, command, list(zip(keys, texts, strict=True)), element, began)


def _keys(stage: Stage, command: Command, pairs: list[tuple[str, str]], element: Element, began: bool) -> None:
    """Each key, and each character behind one: where the cursor is then. `began`: the cursor is in the element."""
    held: list[str] = []
    for name, behind in pairs:
        if name == "NULL":
            held = []
        elif name in MODIFIERS:
            held.append(MODIFIERS[name])
        else:
            _press(stage, command, None if began else element, "+".join([*held, KEYS[name]]))
            began = True
        if not behind:
            continue
        said = stage.variables.said(behind).text
        if said is None or len(said) > MOST_CHARACTERS:
            stage.leave_out(command, "a text behind a key can have up to 100 characters that are known")
            return
        if is_secret(element):
            stage.leave_out(command, "what is typed into a password field behind a key is not kept")
            return
        for character in said:
            _press(stage, command, None if began else element, "+".join([*held, _key_of(character)]))
            began = True
    if held and not began:
        stage.leave_out(command, "only keys that are held are pressed, and nothing with them")


def _press(stage: Stage, command: Command, element: Element | None, key: str) -> Line:
    line = stage.act(command, "key_press", element, key=key)
    line.called = f"Press {'space' if key == ' ' else key}"
    return line


def _key_of(character: str) -> str:
    return {"\n": "Enter", "\r": "Enter", "\t": "Tab", " ": "Space"}.get(character, character)


def is_secret(element: Element) -> bool:
    """Whether what is typed there must be kept secret."""
    step = {**element.step(), "stepNumber": 1, "event": "type", "navigation": {"type": "same_page"}}
    step["metadata"] = {**element.metadata, **step["metadata"], "recordedBy": RECORDED_BY}
    return is_password(Step.model_validate(step))
