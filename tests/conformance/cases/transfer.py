"""Files that go to the page, and files that come from it."""

from tests.conformance.case import NO_CDP, Case, do, happened

ADA, BOB = {"file": "ada.txt", "content": "Ada's file"}, {"file": "bob.txt", "content": "Bob's file"}
GIVEN = {"ada.txt": "Ada's file", "bob.txt": "Bob's file"}
NONE = {"file": "", "content": ""}
EMPTY = {"one": NONE, "several": NONE, "veiled": NONE, "dropped": NONE}


def sent(**files: object) -> list[object]:
    """The form with these files in it."""
    return ["sent", EMPTY | files]


SEND = do("click", "#send", to=True)

CASES = (
    Case(
        "a file is given to a field",
        "files.html",
        (do("upload", "#one", "{{ada.txt}}"), SEND),
        [["change", "ada.txt"], sent(one=ADA)],
        files=GIVEN,
    ),
    Case(
        "typing into a file field gives it the file",
        "files.html",
        (do("type", "#one", "{{bob.txt}}"), SEND),
        [["change", "bob.txt"], sent(one=BOB)],
        files=GIVEN,
    ),
    Case(
        "several files are given, one a line",
        "files.html",
        (do("upload", "#several", "{{ada.txt}}\n{{bob.txt}}"), SEND),
        [sent(several=[ADA, BOB])],
        files=GIVEN,
    ),
    Case(
        "several files for a field that takes one are refused",
        "files.html",
        (do("upload", "#one", "{{ada.txt}}\n{{bob.txt}}"),),
        [],
        fails="value_not_taken",
        files=GIVEN,
    ),
    Case(
        "a field that cannot be seen takes a file",
        "files.html",
        (do("upload", "#veiled", "{{ada.txt}}"), SEND),
        [sent(veiled=ADA)],
        files=GIVEN,
    ),
    Case(
        "a zone to drop files on takes them by the field in it",
        "files.html",
        (do("upload", "#zone", "{{ada.txt}}"), SEND),
        [sent(dropped=ADA)],
        files=GIVEN,
    ),
    Case(
        "a button that asks for a file gets it",
        "files.html",
        (do("upload", "#choose", "{{ada.txt}}"), SEND),
        [sent(veiled=ADA)],
        files=GIVEN,
    ),
    Case(
        "a button whose field is not even in the page gets the file",
        "files.html",
        (do("upload", "#made", "{{ada.txt}}"),),
        [["made", "Ada's file"]],
        files=GIVEN,
        unable=dict.fromkeys(NO_CDP, "a field in no document is known over Chromium's own connection alone"),
    ),
    Case(
        "a file that is not there fails",
        "files.html",
        (do("upload", "#one", "retold-file:00/none.txt"),),
        [],
        fails="invalid_step",
    ),
    Case(
        "a path of the machine is no file",
        "files.html",
        (do("upload", "#one", "/etc/passwd"),),
        [],
        fails="invalid_step",
    ),
    Case(
        "a download is waited for and kept",
        "giving.html",
        (do("click", "#attached", download=True), do("click", "#after")),
        [happened("click", "after")],
        kept={"report.csv": "a,b\n1,"},
    ),
    Case(
        "a download step presses what it names",
        "giving.html",
        (do("download", "#attached"), do("click", "#after")),
        [happened("click", "after")],
        kept={"report.csv": "a,b\n1,"},
    ),
    Case(
        "a download that comes after a while is waited for",
        "giving.html",
        (do("click", "#later", download=True),),
        [],
        kept={"later.csv": "a,b\n1,"},
    ),
    Case(
        "a download that does not come fails",
        "giving.html",
        (do("click", "#after", download=True),),
        [happened("click", "after")],
        fails="timeout",
    ),
    Case(
        "files that the page makes itself are kept",
        "giving.html",
        (do("click", "#named", download=True), do("click", "#blob", download=True)),
        [],
        kept={"hello.txt": "hello", "blob.txt": "from a blob"},
    ),
    Case(
        "every download of a row is kept, also those that no step speaks of",
        "giving.html",
        (do("click", "#two", download=True), do("wait", duration=500), do("click", "#after")),
        [happened("click", "after")],
        kept={"first.txt": "first", "second.txt": "second"},
        unable={"firefox": "it tells nobody of a file that a script of the page makes"},
    ),
    Case(
        "a download has a name that is only a name",
        "giving.html",
        (do("click", "#odd", download=True),),
        [],
        kept={"*passwd.csv": "a,b\n1,"},
    ),
)
