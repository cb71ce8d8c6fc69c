"""Chromium over a connection of our own: no driver process between a step and the browser.

A window, a page and a question cost as few round trips as the protocol allows: what needs no answer is not waited
for, and everything that can be known from events is never asked.
"""
