"""Decides what to make of what broke: which heals are kept and used again. Never touches a page."""
