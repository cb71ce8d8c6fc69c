"""Wagtail: pages of a server with rich widgets (Draftail, date pickers, choosers in dialogs, tags, inline panels)."""
