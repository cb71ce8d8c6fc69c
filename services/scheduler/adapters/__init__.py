"""EDGE: tables that people bring in, made into rows, and named faults where that cannot be."""
