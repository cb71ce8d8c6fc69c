"""A recording as a script of Playwright that runs by itself: `python script.py`, or `--csv rows.csv` for many rows."""

import keyword
import re
from collections.abc import Iterator

from services.ingest.adapters.export_notes import Notes
from services.ingest.adapters.export_playwright_steps import Writer
from services.ingest.adapters.export_words import BEST_OF, NAMED, REPLAY_ROW, TICKED
from services.ingest.adapters.labels import humanised
from shared.contracts.ingest import FidelityNote, RecordingSnapshot
from shared.contracts.recording import Step, Variable
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import event_of, is_password, takes_value

_TAKEN = frozenset({"page", "download", "popup", "expect", "found", "re", "str", "int", BEST_OF, NAMED, TICKED})

_HELPERS = f'''
def {BEST_OF}(*locators: Locator, seconds: float = 10.0) -> Locator:
    """The first of several locators that fits exactly one element."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for locator in locators:
            if locator.count() == 1:
                return locator
        time.sleep(0.1)
    return locators[0]


def {NAMED}(text: str) -> re.Pattern[str]:
    """A name as a whole, whatever its case, and with or without a colon or a star behind it."""
    return re.compile(rf"^\\s*{{re.escape(text)}}[\\s:*]*$", re.IGNORECASE)


def {TICKED}(word: str) -> bool:
    """Whether a word of a table means yes."""
    return word.strip().casefold() not in ("", "0", "false", "no", "n", "off", "unchecked", "-")


'''

_MAIN = f'''

def rows_of(path: str | None) -> list[dict[str, str]]:
    """The rows of the table, by the names of the arguments; one empty row where there is no table."""
    if path is None:
        return [{{}}]
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [{{COLUMNS.get(column, column): cell for column, cell in row.items()}} for row in csv.DictReader(file)]


def values_of(row: dict[str, str]) -> dict[str, str]:
    """What a row gives, and what the environment gives where it does not (secrets belong there)."""
    values = {{name: row[name] for name in COLUMNS.values() if row.get(name) is not None}}
    for name, variable in ENVIRONMENT.items():
        if name not in values and variable in os.environ:
            values[name] = os.environ[variable]
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise SystemExit(f"nothing gives {{', '.join(missing)}}: add a column, or set {{ENVIRONMENT[missing[0]]}}")
    return values


def main() -> None:
    """Every row in a fresh window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", help="a table with a column for each argument of {REPLAY_ROW}")
    parser.add_argument("--headed", action="store_true", help="show the browser")
    parser.add_argument("--channel", help="a browser that is installed, such as chrome")
    parser.add_argument("--executable", help="the program of a browser")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            headless=not given.headed, channel=given.channel, executable_path=given.executable
        )
        for number, row in enumerate(rows_of(given.csv)):
            context = browser.new_context()
            {REPLAY_ROW}(context.new_page(), **values_of(row))
            for page in context.pages:  # what was sent last arrives
                with contextlib.suppress(PlaywrightError):
                    page.wait_for_load_state("networkidle", timeout=5_000)
            context.close()
            print(f"row {{number}}: done")
        browser.close()


if __name__ == "__main__":
    main()
'''


class Parameters:
    """The arguments of the function for a row: one for each variable, under a name that Python takes."""

    def __init__(self, recording: RecordingSnapshot) -> None:
        self.of_step: dict[int, str] = {}
        self.columns: dict[str, str] = {}
        self.defaults: dict[str, str | None] = {}
        self.secret: set[str] = set()
        name_of: dict[str, str] = {}
        for step in recording.steps:
            if not takes_value(step) or step.metadata.get("interpolate") is True:
                continue
            label = step.label or f"step {step.step_number}"
            variable = recording.variables.get(label, Variable(step_number=step.step_number))
            if variable.same_as in name_of:
                self.of_step[step.step_number] = name_of[variable.same_as]
                continue
            name = self._named(variable.csv_column or label)
            name_of[label] = self.of_step[step.step_number] = name
            self.columns[variable.csv_column or label] = name
            self._default(name, step, variable)

    def _named(self, label: str) -> str:
        spoken = (humanised(label) or label).casefold()
        words = re.findall(r"[a-z0-9]+", spoken) or ["value"]
        name = "_".join(words)[:40].strip("_")
        if name[0].isdigit() or keyword.iskeyword(name) or name in _TAKEN:
            name = f"value_{name}"
        number, candidate = 1, name
        while candidate in self.defaults:
            number += 1
            candidate = f"{name}_{number}"
        return candidate

    def _default(self, name: str, step: Step, variable: Variable) -> None:
        default = step.value if step.value is not None else variable.default_value or None
        ticks = event_of(step) in ("check", "uncheck")
        if is_password(step) or is_sealed(default):
            self.secret.add(name)
            default = None
        elif default is None and ticks:
            default = "yes" if event_of(step) == "check" else "no"
        self.defaults[name] = default

    def signature(self) -> str:
        """The arguments as Python writes them; those without a default first."""
        said = [f"{name}: str" for name, default in self.defaults.items() if default is None]
        said += [f"{name}: str = {default!r}" for name, default in self.defaults.items() if default is not None]
        return "".join(f"    {one},\n" for one in said)


def playwright_script(recording: RecordingSnapshot) -> tuple[str, list[FidelityNote]]:
    """The script, and what it cannot hold."""
    notes, parameters = Notes(), Parameters(recording)
    writer = Writer(notes, parameters.of_step)
    body = writer.body(recording.steps)
    for step in recording.steps:
        if is_sealed(step.value):
            notes.changed(step, "its value is kept encrypted and not exported: the table or the environment gives it")
    arguments = f"\n    page: Page,\n    *,\n{parameters.signature()}" if parameters.defaults else "page: Page"
    head = [
        f'"""{_line(recording.name)}: a recording exported as a script of Playwright.',
        "",
        "    pip install playwright && playwright install chromium",
        "    python SCRIPT [--csv rows.csv]",
        '"""',
        "",
        "import argparse\nimport contextlib\nimport csv\nimport os\nimport re\nimport time\n",
        "from playwright.sync_api import Error as PlaywrightError\n"
        "from playwright.sync_api import Locator, Page, expect, sync_playwright\n",
        "# Column of a table: argument.",
        f"COLUMNS = {_mapping(parameters.columns)}",
        "# Arguments that only a table or the environment gives, and the environment's variables.",
        f"REQUIRED = {_listed(name for name, default in parameters.defaults.items() if default is None)}",
        f"ENVIRONMENT = {_mapping({name: f'REPLAY_{name.upper()}' for name in parameters.defaults})}",
        "",
    ]
    row = [f"def {REPLAY_ROW}({arguments}) -> None:", f'    """One row: {len(recording.steps)} steps."""']
    row += [f"    {one}" if one else "" for one in body]
    return "\n".join([*head, _HELPERS.rstrip(), "", "", *row, _MAIN.rstrip(), ""]), notes.all


def _line(text: str) -> str:
    """A text that cannot end a comment or a docstring."""
    return "".join(one for one in text if one.isprintable() and one not in '"\\')[:200]


def _mapping(found: dict[str, str]) -> str:
    return "{\n" + "".join(f"    {key!r}: {value!r},\n" for key, value in found.items()) + "}" if found else "{}"


def _listed(found: Iterator[str]) -> str:
    return f"[{', '.join(repr(one) for one in found)}]"
