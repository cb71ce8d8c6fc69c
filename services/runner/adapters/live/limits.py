"""What a recording in a live browser may come to."""

LONGEST_TOLD = 128 * 1024  # characters of what is told of one step
MOST_TOLD_BYTES = 200 * 1024  # in one event: sealed it takes twice as much, and a message of the log has 1 MiB
MOST_STEPS = 2000  # as of a recording that is imported
MOST_RECORDING_BYTES = 448 * 1024  # sealed in one message, with room for what is said beside it
LARGEST_FILE = 64 * 1024**2  # bytes that a person gives to a page, as `retold upload` takes
LARGEST_KEPT = 16 * 1024**2  # bytes of a file that was chosen on the screen
SMALLEST, LARGEST = (320, 240), (2560, 1600)  # CSS pixels of a window


def within(width: float, height: float) -> tuple[int, int]:
    """The nearest size that a window may have."""
    return (
        round(min(max(width, SMALLEST[0]), LARGEST[0])),
        round(min(max(height, SMALLEST[1]), LARGEST[1])),
    )
