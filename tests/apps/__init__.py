"""Real applications that nobody built for us, driven end to end and judged by their own databases.

Each application is installed from its registry into build/apps, started with a fresh database, used once by hand (a
script at a real browser, watched by `Recorder`), and then retold over a table by all four services.
"""
