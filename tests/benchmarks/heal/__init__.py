"""How well what changed is found again, beside what others do, and how long it takes in a browser.

The same source ranks here, in Node, as in a page: `shared.injected.ranking()`.
"""
