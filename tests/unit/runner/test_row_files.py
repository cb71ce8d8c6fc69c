"""Files that steps give to pages, and what files may be called."""

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.adapters.row_files import RowFiles, safe_name
from shared.core.errors import InvalidInput, NotFound
from shared.objects import Objects

ORG = uuid4()


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    store = Objects((tmp_path / "store").as_uri())
    store.open()
    return store


async def test_a_file_is_brought_into_the_rows_folder_under_its_name(objects: Objects, tmp_path: Path):
    digest = await objects.put(ORG, b"a curriculum")
    files = RowFiles(objects, ORG, tmp_path / "row")
    path = await files.find(f"retold-file:{digest}/Ada Lovelace.pdf")
    assert (path.name, path.read_bytes()) == ("Ada Lovelace.pdf", b"a curriculum")
    assert path.is_relative_to(tmp_path / "row")
    assert await files.find(f"retold-file:{digest}/Ada Lovelace.pdf\n") == path


async def test_a_file_of_another_organization_is_not_there(objects: Objects, tmp_path: Path):
    digest = await objects.put(uuid4(), b"theirs")
    with pytest.raises(NotFound):
        await RowFiles(objects, ORG, tmp_path).find(f"retold-file:{digest}/a.txt")


@pytest.mark.parametrize("value", ["/etc/passwd", "retold-file:12/a", "C:\\fakepath\\a.txt", ""])
async def test_what_names_no_kept_file_is_refused(objects: Objects, tmp_path: Path, value: str):
    with pytest.raises(InvalidInput, match="retold-file:SHA-256/NAME"):
        await RowFiles(objects, ORG, tmp_path).find(value)


@given(st.text())
def test_no_name_leaves_the_folder(name: str):
    safe = safe_name(name)
    assert 0 < len(safe) <= 150
    assert Path("/folder", safe).parent == Path("/folder")
    assert safe not in (".", "..")
    assert safe.isprintable()


def test_a_long_name_keeps_its_ending():
    assert safe_name("x" * 400 + ".pdf").endswith("x.pdf")
    assert safe_name("../../etc/passwd") == "passwd"
