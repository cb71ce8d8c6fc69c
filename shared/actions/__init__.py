"""PURE: the small language of ad-hoc automation jobs (document E), made into canonical steps.

`translating` reads a list of actions, `words` says what each word asks for, `given` reads one action whatever its keys
are called, `locators` how an element is named.
"""

from shared.actions.translating import Translation, translate

__all__ = ["Translation", "translate"]
