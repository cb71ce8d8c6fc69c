"""A Django database backend: SQLite for several writers at once, on every Django release."""
