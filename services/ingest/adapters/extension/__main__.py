"""`python -m services.ingest.adapters.extension FOLDER` writes the Chrome extension into a folder."""

import sys
from pathlib import Path

from services.ingest.adapters.extension import write


def main(arguments: list[str]) -> int:
    """Exit code 0, or 2 where no folder is named."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("Say where to write the extension: python -m services.ingest.adapters.extension FOLDER\n")
        return 2
    folder = Path(arguments[0])
    write(folder)
    sys.stdout.write(f"{folder.resolve()}\n")
    sys.stderr.write(
        'In chrome://extensions, switch on "Developer mode", then "Load unpacked" and choose this folder.\n'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
