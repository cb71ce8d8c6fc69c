"""The demo: Django's own admin, a recording of "add a user", and 25 invented people to add."""
