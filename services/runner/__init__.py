"""Tells what happened in a browser, row by row. Decides nothing about jobs, and never runs a row twice in silence."""
