"""Parts of files, tags and names as HTTP has them."""

import pytest

from shared.web.ranges import NoSuchPart, Part, disposition, is_among, part_asked


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-3", Part(0, 4)),
        ("bytes=4-", Part(4, 10)),
        ("bytes=-3", Part(7, 10)),
        ("bytes=-99", Part(0, 10)),
        ("bytes=8-99", Part(8, 10)),
        ("Bytes=9-9", Part(9, 10)),
    ],
)
def test_one_part_is_understood(header: str, part: Part) -> None:
    assert part_asked(header, 10) == part
    assert part.of(10) == f"bytes {part.start}-{part.end - 1}/10"


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", f"bytes={9**20}-"]
)
def test_what_asks_for_no_single_part_gets_the_whole(header: str | None) -> None:
    assert part_asked(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_part_behind_the_end_is_refused(header: str, size: int) -> None:
    with pytest.raises(NoSuchPart):
        part_asked(header, size)


@pytest.mark.parametrize(
    ("tags", "known"),
    [('"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False), (None, False), ("", False)],
)
def test_a_tag_is_found_among_those_a_client_has(tags: str | None, known: bool) -> None:
    assert is_among(tags, '"a"') is known


def test_a_name_reaches_every_client() -> None:
    assert disposition("inline", "error.jpg") == 'inline; filename="error.jpg"'
    assert disposition("attachment", 'Prüf"ung\r\n.pdf') == (
        "attachment; filename=\"Pr_f_ung__.pdf\"; filename*=UTF-8''Pr%C3%BCf%22ung%0D%0A.pdf"
    )
