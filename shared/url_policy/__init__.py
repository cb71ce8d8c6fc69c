"""PURE: which addresses a browser may open. Rules and their patterns, and what no rule of an organization can open.

`patterns` says how a rule is written, `judging` what follows from it; `reading` and `hosts` know how browsers read an
address.
"""

from shared.url_policy.judging import Refusal, Rules, judge_address, judge_host, judge_url
from shared.url_policy.patterns import Pattern, read_allowances, read_pattern
from shared.url_policy.reading import Place, read_url

__all__ = [
    "Pattern",
    "Place",
    "Refusal",
    "Rules",
    "judge_address",
    "judge_host",
    "judge_url",
    "read_allowances",
    "read_pattern",
    "read_url",
]
