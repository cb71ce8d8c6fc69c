"""Flows driven by real input with the recorder on: what it tells, and that what it told can be done again."""
