"""Real applications recorded in one release and retold in later ones, in Chromium, judged by their own databases.

Each application lists what a person does and, by hand, which element is the right one in each release.
"""
