"""Tables come in as spreadsheets write them, and what is wrong with one is told by line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.adapters.csv_table import MAX_CELL_BYTES, MAX_COLUMNS, Table, read_csv
from shared.core.errors import InvalidInput, TooLarge

TWO_ROWS = ({"email": "ann@example.org", "name": "Ann"}, {"email": "bob@example.org", "name": "Bob"})
TWO_LINES = "email{0}name\nann@example.org{0}Ann\nbob@example.org{0}Bob\n"


def refusal(content: bytes | str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read_csv(content.encode() if isinstance(content, str) else content)
    return refused.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_separator_and_line_end_gives_the_same_rows(delimiter: str, newline: str) -> None:
    text = TWO_LINES.format(delimiter).replace("\n", newline)
    assert read_csv(text.encode()) == Table(("email", "name"), TWO_ROWS, delimiter)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_accepted_encoding_gives_the_same_values(encoding: str) -> None:
    table = read_csv("name;city\nZoë;Łódź\n李;東京\n".encode(encoding))
    assert table.rows == ({"name": "Zoë", "city": "Łódź"}, {"name": "李", "city": "東京"})


def test_a_file_in_another_encoding_is_refused_with_the_line_and_the_remedy() -> None:
    refused = refusal("name\nAnn\nZoë\n".encode("latin-1"))
    assert "line 3" in refused.detail
    assert "UTF-8" in refused.detail
    assert refused.faults[0].pointer == "line 3"


def test_half_a_utf16_file_is_refused() -> None:
    assert "UTF-16" in refusal("name\nAnn".encode("utf-16")[:-1]).detail


def test_a_spreadsheet_file_is_refused_by_what_it_is() -> None:
    assert "spreadsheet" in refusal(b"PK\x03\x04rest").detail


def test_a_first_line_may_name_the_separator() -> None:
    table = read_csv(b"sep=;\r\na;b\r\n1,5;2\r\n")
    assert (table.delimiter, table.rows) == (";", ({"a": "1,5", "b": "2"},))


def test_a_named_separator_that_we_do_not_read_is_refused() -> None:
    assert '"^"' in refusal("sep=^\na^b\n1^2\n").detail


def test_lines_are_counted_from_the_very_first_one() -> None:
    assert refusal("sep=;\n\na;b\n1;2\n\n3\n").faults[0].pointer == "line 6"


def test_decimal_commas_do_not_hide_the_semicolon() -> None:
    assert read_csv(b"id;price\n1;2,50\n2;3,75\n").rows[0] == {"id": "1", "price": "2,50"}


def test_a_single_column_may_hold_commas_and_semicolons() -> None:
    assert read_csv(b"address\nMain St, 5\nPark; the old one\n").rows == (
        {"address": "Main St, 5"},
        {"address": "Park; the old one"},
    )


def test_a_quoted_value_keeps_its_newlines_quotes_and_separators() -> None:
    table = read_csv(b'note,name\r\n"He said ""hi"",\r\nthen left","Ann"\r\nplain,Bob\r\n')
    assert table.rows[0] == {"note": 'He said "hi",\r\nthen left', "name": "Ann"}
    assert table.rows[1]["name"] == "Bob"


def test_values_keep_their_spaces_and_names_lose_theirs() -> None:
    table = read_csv(b" email , name\n  a@b.c , Ann \n")
    assert table.columns == ("email", "name")
    assert table.rows == ({"email": "  a@b.c ", "name": " Ann "},)


def test_empty_lines_and_rows_without_a_value_are_left_out_and_counted() -> None:
    table = read_csv(b"\n\na,b\n1,2\n\n,\n , \n3,\n\n")
    assert table.rows == ({"a": "1", "b": "2"}, {"a": "3", "b": ""})
    assert table.blank_rows == 2


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3", "has 3 values where the header names 2"),
        ('a,b\n"x\ny",2\n1\n', "line 4", "has 1 values where the header names 2"),
        ("a,b,a\n1,2,3\n", "line 1", '2 columns are named "a"'),
        ("a, ,c\n1,2,3\n", "line 1", "column 2 has no name"),
        ('a,b\n1,2\n"x,2\n', "line 3", "never closed"),
        ('a,b\n1,2\n"x" y,2\n', "line 3", "out of place"),
        ("a,b\n1,2\n1,\0\n", "line 3", "NUL"),
        ("a,b\n1,2\nretold:sealed:abc,2\n", "line 3", "reserved"),
        (f"{'n' * 300},b\n1,2\n", "line 1", "longer than 255"),
    ],
)
def test_a_fault_is_told_by_its_line(text: str, where: str, what: str) -> None:
    refused = refusal(text)
    assert refused.faults[0].pointer == where
    assert what in f"{refused.detail} {refused.faults[0].detail}"


def test_twenty_faults_are_told_at_once() -> None:
    assert len(refusal("a,b\n" + "1\n" * 50).faults) == 20


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"sep=,\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "empty" in refusal(content).detail


def test_a_header_without_rows_is_refused() -> None:
    assert "no rows" in refusal("a,b\n\n,\n").detail


def test_a_value_is_never_repeated_in_a_sentence() -> None:
    refused = refusal('name,password\nann,hunter2"x,1\n"hunter2"3,4\n')
    assert "hunter2" not in refused.detail + "".join(fault.detail for fault in refused.faults)


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (b"a\n" + b"1\n" * 11, "10 rows"),
        (b"a\n" + b"x" * 2000, "1000 bytes"),
        (b"a," * MAX_COLUMNS + b"b\n", "200"),
    ],
)
def test_a_table_over_a_limit_is_refused_with_the_limit(content: bytes, limit: str) -> None:
    with pytest.raises(TooLarge, match=limit):
        read_csv(content, max_rows=10, max_bytes=1000)


@pytest.mark.parametrize("size", [MAX_CELL_BYTES + 1, 3 * MAX_CELL_BYTES])
def test_a_value_over_the_limit_is_refused_by_line(size: int) -> None:
    with pytest.raises(TooLarge, match=r"line 2 .*64 KiB"):
        read_csv(b"a,b\n" + b"x" * size + b",1\n")


def test_exactly_the_allowed_rows_and_sizes_pass() -> None:
    assert len(read_csv(b"a\n" + b"1\n" * 10, max_rows=10).rows) == 10
    assert len(read_csv(b"a,b\n1," + b"x" * MAX_CELL_BYTES + b"\n").rows[0]["b"]) == MAX_CELL_BYTES


values = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)
names = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9 _]{0,6}[a-z]", fullmatch=True), min_size=1, max_size=4, unique=True)
quotings = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


@given(st.data(), names, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), quotings)
def test_what_a_spreadsheet_writes_reads_back_equal(
    data: st.DataObject, header: list[str], delimiter: str, newline: str, quoting: int
) -> None:
    a_row = st.tuples(*(values for _ in header)).filter(lambda row: any(cell.strip() for cell in row))
    rows = data.draw(st.lists(a_row, min_size=1, max_size=5))
    if any("\r" in cell for row in rows for cell in row):
        quoting = (
            csv.QUOTE_ALL
        )  # before Python 3.13 the writer leaves a lone CR unquoted, which any reader ends a row at
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows([header, *rows])
    table = read_csv(written.getvalue().encode("utf-8-sig"))
    assert table.columns == tuple(header)
    assert table.rows == tuple(dict(zip(header, row, strict=True)) for row in rows)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_in_the_file_is_a_table_or_a_refusal(content: bytes) -> None:
    try:
        table = read_csv(content)
    except InvalidInput:
        return
    assert all(tuple(row) == table.columns for row in table.rows)
