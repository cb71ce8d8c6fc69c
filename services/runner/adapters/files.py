"""Giving files to a page: to its field, or to whatever asks for one when it is pressed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located
from services.runner.adapters.pointer import press
from shared.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

SCHEME = "retold-file:"
# The file field that is meant: the element, the one in it, or the one of its label. The element becomes that one.
FIELD = """(engine, isAsked) => {
  const element = engine.element;
  if (!element || !(element.isConnected || isAsked)) return { gone: true };
  const isField = (one) => Boolean(one) && one.localName === "input" && one.type === "file";
  const label = element.closest("label");
  const inside = [...(element.shadowRoot || element).querySelectorAll('input[type="file"]')];
  const alone = inside.length === 1 ? inside[0] : null;
  const field = [element, element.control, label && label.control, alone].find(isField);
  if (!field) return {};
  engine.element = field;
  return { field: { multiple: field.multiple, folder: Boolean(field.webkitdirectory), disabled: field.disabled } };
}"""
# A page that asks for files by a script does so by a click on its field, which comes by here.
LISTEN = """(engine) => {
  engine.asking = null;
  if (engine.listensForFields) return;
  engine.listensForFields = true;
  const heard = (event) => {
    const field = event.composedPath()[0];
    if (field.localName === "input" && field.type === "file") engine.asking = field;
  };
  addEventListener("click", heard, { capture: true });
}"""
HEARD = "(engine) => Boolean(engine.asking) && ((engine.element = engine.asking), true)"


async def upload(doing: "Performance") -> None:
    """Gives the files that the value names to the element, or to the field that it opens when it is pressed."""
    paths = await _files(doing)
    located = await doing.locate()
    if await _give(doing, located, paths):
        return
    located = await doing.locate(event="click")
    await located.ask(LISTEN)
    await press(doing, located)
    # A field that is in no document is known to the driver alone.
    asked = await located.tab.asked_for_files(located.frame) or await located.ask(HEARD)
    if not asked or not await _give(doing, located, paths, asked=True):
        detail = "its element takes no files, and the page asked for none when it was pressed"
        raise StepFailed("value_not_taken", detail)


async def give(doing: "Performance", located: Located) -> None:
    """Puts the files that the value names into the file field that was located."""
    if not await _give(doing, located, await _files(doing)):
        raise StepFailed("value_not_taken", "its element takes no files")


async def _give(doing: "Performance", located: Located, paths: Sequence[Path], *, asked: bool = False) -> bool:
    """Whether there is a field, and it has the files now; one that the page `asked` with may stand in no document."""
    answer = await located.ask(FIELD, asked)
    if answer.get("gone") and not doing.dispatched:
        raise StepFailed("not_found", "its element was replaced before it could be used", transient=True)
    field = answer.get("field")
    if field is None:
        return False
    if field["disabled"]:
        raise StepFailed("disabled", "its field is disabled")
    if field["folder"]:
        raise StepFailed("invalid_step", "its field takes a folder, and only files can be uploaded")
    if len(paths) > 1 and not field["multiple"]:
        raise StepFailed("value_not_taken", f"its field takes one file, and the value names {len(paths)}")
    await doing.intend(f"upload into {located.selector}")  # many pages send a file as soon as they have it
    mark = doing.mark(located.tab)
    doing.dispatched = True
    await located.tab.give_files(located.frame, paths)
    await doing.settle(mark)
    return True


async def _files(doing: "Performance") -> list[Path]:
    """The files that the value names, one a line."""
    value = doing.value if doing.value is not None else doing.step.value or ""
    names = [line.strip() for line in value.splitlines() if line.strip()]
    if not names:
        raise StepFailed("invalid_step", "the step names no file; upload one and use the name that you get")
    for name in names:
        if not name.startswith(SCHEME):
            detail = f"{name[:80]!r} is a file of another machine; upload it and use the name that you get"
            raise StepFailed("invalid_step", detail)
    if doing.options.files is None:
        raise StepFailed("invalid_step", "files cannot be given here")
    try:
        return [await doing.options.files(name) for name in names]
    except (InvalidInput, NotFound) as error:
        raise StepFailed("invalid_step", error.detail) from error
