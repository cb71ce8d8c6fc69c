"""How fast a row is retold, beside others that drive the same browser over the same pages: `./dev bench replay`.

Every contestant is a process of its own that is told in JSON, line by line, which row to perform (`protocol.py`), so
that its CPU is that of its own tree of processes. The pages' server says what arrived: a row that did not arrive right
is an error, not a time.
"""
