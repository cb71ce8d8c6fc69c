"""The applications are not part of the whole suite: `./dev apps`, or `./dev test tests/apps/test_apps.py`."""

collect_ignore = ["test_apps.py"]  # unless somebody names it
