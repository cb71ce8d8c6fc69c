"""How much is measured: in full, quickly, or just enough to see that it still works."""

from dataclasses import dataclass

SYNCS = ((False, "default sync"), (True, "sync always"))


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts. `rounds`: how often every contestant has its turn (`long_rounds` where a turn takes seconds); the others:
    operations a round, or in all.

    `syncs`: the durabilities of the log, each with its name; `runners`: processes that take rows.
    """

    rounds: int
    long_rounds: int
    appends: int
    pipelined: int
    projected: int
    rebuilt: int
    jobs: int
    rows_a_job: int
    peers_rows: int
    waits: int
    remembered: int
    runners: int = 2
    syncs: tuple[tuple[bool, str], ...] = SYNCS


FULL = Scale(
    rounds=5,
    long_rounds=3,
    appends=1_500,
    pipelined=20_000,
    projected=50_000,
    rebuilt=1_000_000,
    jobs=100,
    rows_a_job=100,
    peers_rows=1_000,
    waits=300,
    remembered=500_000,
)
QUICK = Scale(
    rounds=3,
    long_rounds=2,
    appends=300,
    pipelined=4_000,
    projected=10_000,
    rebuilt=100_000,
    jobs=100,
    rows_a_job=20,
    peers_rows=200,
    waits=100,
    remembered=200_000,
)
SMOKE = Scale(
    rounds=1,
    long_rounds=1,
    appends=12,
    pipelined=20,
    projected=60,
    rebuilt=300,
    jobs=3,
    rows_a_job=4,
    peers_rows=10,
    waits=5,
    remembered=200,
    runners=1,
    syncs=SYNCS[:1],
)
