"""What each call of Playwright that does something becomes: the keys of its canonical step."""

from pathlib import PurePath
from typing import Any

from services.ingest.adapters.addresses import fault_of_address, redacted
from services.ingest.adapters.faults import Faults, shown
from services.ingest.adapters.playwright.terms import Action, Carrier, Made, Part, Value, number, value_part


def _goto(action: Action, made: Made, faults: Faults) -> Part:
    given = action.args.get("url")
    url = given.text if isinstance(given, Value) else given
    if not isinstance(url, str) or (isinstance(given, Value) and given.taken):
        faults.add(action.place, "the address to open is known only when the script runs; write it out.")
        return None
    if url == "about:blank":
        return None
    if url.startswith(("/", ".")):
        faults.add(action.place, f"{shown(url)} belongs to a base address that stands elsewhere; write it out.")
        return None
    if fault := fault_of_address(url):
        faults.add(action.place, fault)
        return None
    url, names = redacted(url)
    if names:
        made.note("changed", f"the address held what looks like a secret ({', '.join(names)}); it is not kept")
    return {"event": "navigate", "value": url, "navigation": {"type": "navigation", "url": url}}


def _click(event: str) -> Carrier:
    def carry(action: Action, made: Made, _: Faults) -> Part:
        args = action.args
        if args.get("trial") is True:
            made.note("not_carried", "a trial presses nothing, and is left out")
            return None
        metadata = _offset(args)
        button, count, delay = args.get("button") or "left", number(args.get("click_count")), number(args.get("delay"))
        if button != "left":
            metadata["button"] = button
        if modifiers := _modifiers(args.get("modifiers"), made):
            metadata["modifiers"] = modifiers
        if count and not (count == 1 or (event == "double_click" and count == 2)):
            metadata["clickCount"] = min(int(count), 3)
        if delay:
            metadata["duration"] = delay
        if action.name == "tap":
            made.note("changed", "tapped with a finger, replayed with the mouse")
        return {"event": "right_click" if (event, button) == ("click", "right") else event, "metadata": metadata}

    return carry


def _offset(args: dict[str, Any]) -> dict[str, Any]:
    position = args.get("position")
    if not isinstance(position, dict):
        return {}
    found = {"offsetX": number(position.get("x")), "offsetY": number(position.get("y"))}
    return {key: offset for key, offset in found.items() if offset is not None}


def _modifiers(given: Any, made: Made) -> list[str]:
    found = [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else []
    if "ControlOrMeta" in found:
        made.note("changed", "ControlOrMeta is Control here")
    return ["Control" if one == "ControlOrMeta" else one for one in found]


def _fill(action: Action, made: Made, _: Faults) -> Part:
    return value_part("type", action.args.get("value"), made, {})


def _clear(_: Action, __: Made, ___: Faults) -> Part:
    return {"event": "type", "value": ""}


def _type_keys(action: Action, made: Made, _: Faults) -> Part:
    return value_part("type", action.args.get("text"), made, {"mode": "keys"})


def _press(action: Action, made: Made, _: Faults) -> Part:
    key = action.args.get("key")
    key = key.text if isinstance(key, Value) and not key.taken else key
    if not isinstance(key, str) or not key:
        made.note("not_carried", "which key is pressed is known only when the script runs")
        return None
    if key.startswith("ControlOrMeta"):
        made.note("changed", "ControlOrMeta is Control here")
        key = key.replace("ControlOrMeta", "Control", 1)
    event = {"keyboard_down": "key_down", "keyboard_up": "key_up"}.get(action.name, "key_press")
    return {"event": event, "metadata": {"key": key}}


def _tick(event: str) -> Carrier:
    def carry(_: Action, __: Made, ___: Faults) -> Part:
        return {"event": event}

    return carry


def _set_checked(action: Action, made: Made, _: Faults) -> Part:
    if isinstance(action.args.get("checked"), Value):
        return value_part("check", action.args["checked"], made, {})
    if not isinstance(action.args.get("checked"), bool):
        made.note("not_carried", "whether it is ticked is known only when the script runs")
        return None
    return {"event": "check" if action.args["checked"] else "uncheck"}


def _select(action: Action, made: Made, _: Faults) -> Part:
    args = action.args
    given = next((args[key] for key in ("value", "label") if args.get(key) is not None), None)
    if given is None and args.get("index") is not None:
        made.note("not_carried", "an option chosen by its place in the list is left out; choose it by value or label")
        return None
    if isinstance(given, list | tuple):
        texts = [one.text if isinstance(one, Value) else one for one in given]
        said = [one for one in texts if isinstance(one, str)]
        given = "\n".join(said) if len(said) == len(texts) else None
    return value_part("select", given, made, {"elementTag": "select"})


def _upload(action: Action, made: Made, _: Faults) -> Part:
    given = action.args.get("files")
    files = given if isinstance(given, list | tuple) else [given]
    texts = [one.text if isinstance(one, Value) else one for one in files]
    names = [PurePath(text).name for text in texts if isinstance(text, str) and text]
    made.variable = next((one.variable for one in files if isinstance(one, Value)), None)
    said = f" ({', '.join(names)[:120]})" if names else ""
    made.note("changed", f"files of the machine that recorded{said}: upload them, and give their names in a column")
    return {"event": "upload", "metadata": {"elementType": "file"}}


def _close(_: Action, __: Made, ___: Faults) -> Part:
    return {"event": "close"}


def _plain(event: str) -> Carrier:
    def carry(_: Action, __: Made, ___: Faults) -> Part:
        return {"event": event}

    return carry


def _hover(action: Action, _: Made, __: Faults) -> Part:
    return {"event": "hover", "metadata": _offset(action.args)}


def _wheel(action: Action, _: Made, __: Faults) -> Part:
    delta = {"x": number(action.args.get("delta_x")) or 0, "y": number(action.args.get("delta_y")) or 0}
    return {"event": "scroll", "metadata": {"delta": delta}}


def _viewport(action: Action, made: Made, _: Faults) -> Part:
    size = action.args.get("viewport_size")
    wanted = {key: number(size.get(key)) for key in ("width", "height")} if isinstance(size, dict) else {}
    if not wanted or any(not side or side <= 0 for side in wanted.values()):
        made.note("not_carried", "the size of the window is known only when the script runs")
        return None
    return {"event": "resize", "metadata": {"viewport": wanted}}


def _picture(action: Action, _: Made, __: Faults) -> Part:
    path = action.args.get("path")
    named = {"name": PurePath(path).name[:100]} if isinstance(path, str) and PurePath(path).name else {}
    if action.name == "pdf":
        return {"event": "pdf", "metadata": named}
    return {"event": "screenshot", "metadata": named | ({"wholePage": True} if action.args.get("full_page") else {})}


def _dialog(action: Action, _: Made, __: Faults) -> Part:
    answer: dict[str, Any] = {"accept": bool(action.args.get("accept"))}
    for key in ("text", "message"):
        if isinstance(action.args.get(key), str) and action.args[key]:
            answer[key] = action.args[key]
    return {"event": "dialog", "metadata": {"dialog": answer}}


def _extract(action: Action, _: Made, __: Faults) -> Part:
    args = action.args
    taken = {"name": args["name"], "what": args["what"]}
    if args.get("attribute"):
        taken["attribute"] = args["attribute"]
    return {"event": "extract", "metadata": {"extract": taken}}


def _end_of_drag(event: str) -> Carrier:
    def carry(action: Action, _: Made, __: Faults) -> Part:
        return {"event": event, "metadata": _offset(action.args)}

    return carry


DOING: dict[str, Carrier] = {
    "goto": _goto,
    "click": _click("click"),
    "tap": _click("click"),
    "dblclick": _click("double_click"),
    "fill": _fill,
    "clear": _clear,
    "type": _type_keys,
    "press_sequentially": _type_keys,
    "press": _press,
    "keyboard_press": _press,
    "keyboard_down": _press,
    "keyboard_up": _press,
    "check": _tick("check"),
    "uncheck": _tick("uncheck"),
    "set_checked": _set_checked,
    "select_option": _select,
    "set_input_files": _upload,
    "hover": _hover,
    "focus": _plain("focus"),
    "blur": _plain("blur"),
    "drag": _end_of_drag("drag"),
    "drop": _end_of_drag("drop"),
    "scroll_into_view_if_needed": _plain("scroll"),
    "mouse_wheel": _wheel,
    "go_back": _plain("go_back"),
    "go_forward": _plain("go_forward"),
    "reload": _plain("reload"),
    "new_page": _plain("new_tab"),
    "bring_to_front": _plain("switch_tab"),
    "close": _close,
    "set_viewport_size": _viewport,
    "screenshot": _picture,
    "pdf": _picture,
    "dialog": _dialog,
    "extract": _extract,
}
