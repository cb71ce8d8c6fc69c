"""What may be opened: deny wins, an allow rule closes the rest, only the operator opens a private address."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.url_policy import Rules, judge_address, judge_host, judge_url, read_allowances
from shared.url_policy.hosts import kind_of
from tests.unit.url_policy.spellings import spellings

NONE = Rules()


def rules(*allow: str, deny: tuple[str, ...] = (), operator: str = "") -> Rules:
    policies = [*(("whitelist", each) for each in allow), *(("blacklist", each) for each in deny)]
    return Rules.of(policies, read_allowances(operator))  # type: ignore[arg-type]


def reason(judged: Rules, url: str) -> str | None:
    refusal = judge_url(judged, url)
    return refusal and refusal.reason


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/", None),
        ("wss://example.com/", None),
        ("about:blank", None),
        ("data:text/html,x", None),
        ("blob:https://example.com/0", None),
        ("file:///etc/passwd", "scheme"),
        (" \tFILE:///etc/passwd", "scheme"),
        ("fi\nle:///etc/passwd", "scheme"),
        ("chrome://settings", "scheme"),
        ("view-source:http://example.com", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("ftp://example.com", "scheme"),
        ("example.com", "scheme"),
        ("", "scheme"),
        ("http://", "unreadable"),
        ("http://a b/", "unreadable"),
        ("http://example.com:99999/", "unreadable"),
        ("http://127.0.0.1/", "private"),
        ("http://2130706433/", "private"),
        ("http://0x7f.1", "private"),
        ("http:/\\017700000001:80\\x", "private"),
        ("http:127.0.0.1", "private"),
        ("http://[::ffff:127.0.0.1]/", "private"),
        ("http://[::]/", "private"),
        ("http://0/", "private"),
        ("http://example.com@127.0.0.1/", "private"),
        ("http://a@b@127.0.0.1:8080/", "private"),
        ("http://127.0.0.1./", "private"),
        ("http://127。0。0。1/", "private"),
        ("http://ⓛocalhost.@[::1]/", "private"),
        ("http://[fe80::1]/", "private"),
        ("http://[64:ff9b::10.0.0.1]/", "private"),
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://[::ffff:a9fe:a9fe]/", "metadata"),
        ("http://metadata.google.internal./", "metadata"),
        ("http://Metadata/", "metadata"),
    ],
)
def test_without_rules_only_the_public_web_is_open(url: str, expected: str | None) -> None:
    assert reason(NONE, url) == expected


@given(spellings(), st.sampled_from(["http", "https", "ws", "wss"]), st.sampled_from(["", "user@", "a:b@c@"]))
def test_no_spelling_opens_an_address_that_is_closed(spelt: tuple[IPv4Address, str], scheme: str, login: str) -> None:
    address, text = spelt
    refusal = judge_url(NONE, f"{scheme}://{login}{text}:8080/x")
    assert (refusal is None) == (kind_of(address) is None)
    if refusal is not None:
        assert refusal.url == f"{scheme}://{address}:8080/x"


def test_deny_wins_over_allow() -> None:
    both = rules("*.example.com", deny=("admin.example.com", "https://example.com/admin/*"))
    assert reason(both, "https://www.example.com/") is None
    assert reason(both, "https://admin.example.com/") == "policy"
    assert reason(both, "https://example.com/admin/users") == "policy"
    assert reason(both, "https://example.com/") is None


def test_an_allow_rule_closes_everything_else() -> None:
    only = rules("example.com", "https://cdn.test/lib/*")
    assert reason(only, "https://example.com/") is None
    assert reason(only, "https://cdn.test/lib/a.js") is None
    assert reason(only, "https://cdn.test/other.js") == "policy"
    assert reason(only, "http://cdn.test/lib/a.js") == "policy"
    assert reason(only, "https://other.test/") == "policy"
    refusal = judge_url(only, "https://user:secret@other.test/#part")
    assert refusal is not None
    assert refusal.detail == "the URL policy refuses https://other.test/: no rule allows it"


def test_no_rule_of_an_organization_opens_a_private_address() -> None:
    for pattern in ("*", "127.0.0.1", "127.0.0.0/8", "http://127.0.0.1/*"):
        assert reason(rules(pattern), "http://127.0.0.1/") == "private"
    assert reason(rules("*"), "http://169.254.169.254/") == "metadata"


def test_the_operator_opens_what_is_named_and_nothing_else() -> None:
    loopback = rules(operator="loopback")
    assert reason(loopback, "http://localhost.test:5/") is None
    assert reason(loopback, "http://[::ffff:127.0.0.1]:5/") is None
    assert reason(loopback, "http://10.0.0.1/") == "private"
    assert reason(loopback, "http://[64:ff9b::7f00:1]/") == "private"
    assert reason(rules(operator="10.1.0.0/16"), "http://10.1.2.3/") is None
    assert reason(rules(operator="10.1.0.0/16"), "http://10.2.2.3/") == "private"
    assert reason(rules(deny=("127.0.0.1",), operator="loopback"), "http://127.0.0.1/") == "policy"


def test_a_machines_credentials_are_open_only_where_their_address_is_named() -> None:
    for operator in ("169.254.0.0/16", "private, loopback", "*", "0.0.0.0/0"):
        assert reason(rules(operator=operator), "http://169.254.169.254/") == "metadata"
    assert reason(rules(operator="169.254.169.254"), "http://169.254.169.254/") is None
    assert reason(rules(operator="*"), "http://metadata.google.internal/") == "metadata"
    assert reason(rules(operator="metadata.google.internal"), "http://metadata.google.internal/") is None


def test_what_a_name_resolves_to_is_judged_by_the_address() -> None:
    def of_address(judged: Rules, address: str, host: str = "a.test") -> str | None:
        refusal = judge_address(judged, host, 80, ip_address(address))
        return refusal and refusal.reason

    assert of_address(NONE, "8.8.8.8") is None
    assert of_address(NONE, "::ffff:10.0.0.1") == "private"
    assert of_address(rules(operator="a.test"), "10.0.0.1") is None
    assert of_address(rules(operator="a.test"), "169.254.169.254") == "metadata"
    assert of_address(rules(deny=("8.8.0.0/16",)), "8.8.8.8") == "policy"
    network = rules("8.8.0.0/16")
    assert judge_host(network, "a.test", 80) is None
    assert reason(network, "http://a.test/") is None
    assert of_address(network, "8.8.8.8") is None
    assert of_address(network, "9.9.9.9") == "policy"
    assert reason(network, "http://9.9.9.9/") == "policy"
    assert of_address(rules("a.test"), "9.9.9.9") is None


def test_the_host_alone_is_refused_only_where_no_path_could_be_right() -> None:
    paths = rules("https://a.test/x/*", deny=("https://b.test/x/*",))
    assert judge_host(paths, "a.test", 443) is None
    assert judge_host(paths, "b.test", 443) is not None
    assert judge_host(rules(deny=("https://b.test/x/*",)), "b.test", 443) is None
    assert judge_host(NONE, "a b", 80) is not None


def test_whole_addresses_must_be_seen_where_a_rule_has_a_scheme_or_a_path() -> None:
    assert not rules("example.com", "10.0.0.0/8", deny=("*.a.test:80",)).judges_addresses
    assert rules("https://example.com").judges_addresses
    assert rules(deny=("example.com/admin",)).judges_addresses


def test_a_rule_that_cannot_be_read_opens_nothing() -> None:
    assert reason(rules(deny=("regex!(.*) or so",)), "https://example.com/") == "policy"
    assert reason(rules("regex!(.*) or so"), "https://example.com/") == "policy"
    assert reason(rules("regex!(.*) or so", "example.com"), "https://example.com/") is None


@given(st.text(max_size=80))
def test_any_text_is_judged(text: str) -> None:
    for url in (text, f"http://{text}/"):
        refusal = judge_url(NONE, url)
        assert refusal is None or refusal.detail


@given(st.text(st.characters(blacklist_characters="/\\?#@"), min_size=1, max_size=20))
def test_a_login_is_never_told(secret: str) -> None:
    for url in (f"http://me:S3CRET{secret}@127.0.0.1/", f"http://me:S3CRET{secret}@a b/", f"ftp://S3CRET{secret}@a/"):
        refusal = judge_url(NONE, url)
        assert refusal is not None
        assert "S3CRET" not in refusal.detail
