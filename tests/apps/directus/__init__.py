"""Directus: one page in Vue with drawers, a calendar in a popover, tags, and rich text inside a frame (TinyMCE)."""
