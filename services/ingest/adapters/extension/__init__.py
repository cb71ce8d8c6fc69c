"""The Chrome extension: records in a person's own browser, and sends the recording to ingest.

Plain files; `write` puts them beside the page scripts of `shared/injected`, the same that the live recording uses.
"""

from importlib import resources
from pathlib import Path

from shared.injected import assembling, recorder

FILES = ("manifest.json", "worker.js", "content.js", "panel.html", "panel.css", "panel.js")


def page_scripts() -> dict[str, str]:
    """The scripts that are not of the extension alone, by the name of their file."""
    return {
        "recorder.js": f"var retoldRecorder = {recorder()};\n",
        "assembling.js": f"var retoldAssembling = {assembling()};\n",
    }


def write(folder: Path) -> None:
    """Writes the whole extension into a folder, which Chrome loads as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_bytes(resources.files(__package__).joinpath(name).read_bytes())
    for name, source in page_scripts().items():
        (folder / name).write_text(source, "utf-8")
