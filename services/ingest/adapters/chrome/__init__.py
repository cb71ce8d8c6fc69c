"""Recordings of Chrome's DevTools Recorder → canonical recordings: `recorder` is where it begins."""
