"""The scripts that run inside pages fit together, and the ranking knows nothing of pages."""

import re
from pathlib import Path

import pytest

import shared.injected
from shared.injected import ASSEMBLING, PARTS, RECORDER, engine, part, recorder

FOLDER = Path(shared.injected.__file__).parent
ALL = {*PARTS, *RECORDER, *ASSEMBLING}


def test_every_script_of_the_folder_is_a_part_of_the_engine_or_of_the_recorder():
    assert {path.stem for path in FOLDER.glob("*.js")} == ALL
    assert all(part(name).strip().splitlines()[-2].strip() in engine() for name in PARTS)
    assert all(part(name).strip().splitlines()[-2].strip() in recorder() for name in RECORDER)


def test_what_every_document_has_to_read_is_short():
    assert len(engine()) < 120_000
    assert not re.search(r"^\s*//|^\s+\S", engine(), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_script_fits_the_house_and_sets_no_global(name):
    source = part(name)
    assert source.startswith("// ")
    assert source.count("\n") < 300
    assert not re.search(r"\b(window|globalThis|self)\.\w+\s*=[^=]", source)
    assert not re.search(r"\b(eval|new Function)\b", source)
    # Lines are stripped one by one, so no text may go over several.
    assert all(line.count("`") % 2 == 0 for line in source.splitlines())


@pytest.mark.parametrize("name", ["similarity", "compare", "rank"])
def test_ranking_never_touches_a_page(name):
    assert not re.search(r"\b(document|window|Element|Node|getBoundingClientRect|querySelector)\b", part(name))


def names_in(braces: str) -> set[str]:
    """The keys of `{ one, two: other, ... }`, written as such on any number of lines."""
    return {found.split(":")[0].strip() for found in braces.split(",") if found.strip()}


@pytest.mark.parametrize("names", [PARTS, RECORDER, ASSEMBLING])
def test_a_script_uses_only_what_scripts_before_it_give(names):
    given: set[str] = {"weights", "element", "host"}  # the numbers beside; what the locator sets while it works
    for name in names:
        source = part(name)
        taken = re.findall(r"(?:^\(|const )\{([^}]*)\}(?:\) =>| = retold;)", source, re.MULTILINE)
        assert names_in(",".join(taken)) <= given, name
        given |= names_in(re.findall(r"^  return \{([^}]*)\};", source, re.MULTILINE)[-1])
