"""Write the golden file of an event type that has none yet: `python -m tests.golden TYPE`."""

import sys

from tests.golden.files import golden_path, stored, told, write

if __name__ == "__main__":
    for type_name in sys.argv[1:] or sorted({type(event).__name__ for event in told()}):
        event = max(
            (event for event in told() if type(event).__name__ == type_name),
            key=lambda event: len(str(stored(event)).replace("None", "")),
        )
        path = golden_path(type(event), event.v)
        if path.exists():
            print(f"{path.name} is there already and is never written again")  # noqa: T201
        else:
            write(path, event)
