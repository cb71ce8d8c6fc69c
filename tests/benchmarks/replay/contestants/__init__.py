"""Who takes part: each a process that performs rows; those in other languages are in `tests/benchmarks/peers/node`."""
