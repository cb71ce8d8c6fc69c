"""PURE: events and their envelope, deciders, errors, clock and ids. Nothing here does I/O."""
