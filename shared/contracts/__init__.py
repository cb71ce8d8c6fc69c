"""PURE: the events that cross a border between services, one file per owner. The platform's language."""
