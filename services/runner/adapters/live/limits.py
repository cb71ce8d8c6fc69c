"""What a recording in a live browser may come to."""

LONGEST_TOLD = 128 * 1024  # characters of what is told of one step
MOST_TOLD_BYTES = 200 * 1024  # in one event
MOST_STEPS = 2000  # as of a recording that is imported
MOST_RECORDING_BYTES = 2 * 1024**2  # sealed in one message of the log, which has 8 MiB; ingest takes 3
LARGEST_FILE = 64 * 1024**2  # bytes that a person gives to a page, as `retold upload` takes
LARGEST_KEPT = 16 * 1024**2  # bytes of a file that was chosen on the screen
SMALLEST, LARGEST = (320, 240), (2560, 1600)  # CSS pixels of a window


def within(width: float, height: float) -> tuple[int, int]:
    """The nearest size that a window may have."""
    return (
        round(min(max(width, SMALLEST[0]), LARGEST[0])),
        round(min(max(height, SMALLEST[1]), LARGEST[1])),
    )
