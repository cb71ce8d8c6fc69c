"""EDGE: files that people bring in, made into canonical recordings, and named faults where that cannot be."""
