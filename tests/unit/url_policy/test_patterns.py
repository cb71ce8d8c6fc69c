"""A rule's pattern: what it means, and what is wrong with one that means nothing."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import InvalidInput
from shared.url_policy import read_allowances, read_pattern, read_url


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("example.com", "https://example.com/"),
        ("example.com", "http://EXAMPLE.com.:8080/any?thing"),
        ("example.com.", "wss://example.com/"),
        ("*.example.com", "https://a.b.example.com/"),
        ("*.example.com", "https://example.com/"),
        ("*", "https://example.com/"),
        ("*", "http://127.0.0.1/"),
        ("example.com:443", "https://example.com/"),
        ("example.com:80", "ws://example.com/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("xn--bcher-kva.example", "https://BÜCHER.example/"),
        ("127.0.0.1", "http://2130706433/"),
        ("0x7f.1", "http://127.0.0.1/"),
        ("10.0.0.0/8", "http://10.200.0.1/"),
        ("fd00::/8", "http://[fd00::1]/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("::1", "http://[0:0::1]/"),
        ("http://example.com", "ws://example.com/chat"),
        ("wss://example.com", "https://example.com/"),
        ("*://example.com/a/*", "http://example.com/a/b"),
        ("https://example.com/", "https://example.com/any"),
        ("https://example.com/shop/*", "https://example.com/shop/"),
        ("https://example.com/shop/*", "https://example.com/x/%2e%2e/shop/a?b"),
        ("https://example.com/shop/*", "https:\\\\example.com\\shop\\a"),
        ("https://example.com/s%68op", "https://example.com/shop"),
        ("https://example.com/straße", "https://example.com/stra%c3%9fe"),
        ("https://example.com/*.png", "https://example.com/a/b.png?v=1"),
        ("https://example.com/find?q=*", "https://example.com/find?q=x"),
        ("https://example.com/a*b*c", "https://example.com/aXbXc"),
    ],
)
def test_a_pattern_means(pattern: str, url: str) -> None:
    read = read_pattern(pattern)
    assert read.allows(read_url(url))
    assert read.denies(read_url(url))


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("example.com", "https://www.example.com/"),
        ("*.example.com", "https://notexample.com/"),
        ("*.example.com", "https://example.com.evil.test/"),
        ("example.com", "https://example.com@evil.test/"),
        ("example.com", "https://evil.test/example.com"),
        ("example.com:8443", "https://example.com/"),
        ("10.0.0.0/8", "http://11.0.0.1/"),
        ("10.0.0.0/8", "http://10.0.0.1.example.com/"),
        ("https://example.com", "http://example.com/"),
        ("https://example.com/shop/*", "https://example.com/shop"),
        ("https://example.com/shop/*", "https://example.com/shopping/"),
        ("https://example.com/shop", "https://example.com/shop/"),
        ("https://example.com/find?q=*", "https://example.com/find"),
        ("https://example.com/a*b*c", "https://example.com/acb"),
        ("https://example.com/ab*ba", "https://example.com/aba"),
    ],
)
def test_a_pattern_does_not_mean(pattern: str, url: str) -> None:
    read = read_pattern(pattern)
    assert not read.allows(read_url(url))
    assert not read.denies(read_url(url))


@pytest.mark.parametrize("url", ["https://example.com/%2561dmin/../admin%2fx", "https://example.com/ADMIN/x"])
def test_an_odd_spelling_of_a_path_is_denied_and_not_allowed(url: str) -> None:
    pattern = read_pattern("https://example.com/admin/*")
    assert pattern.denies(read_url(url))
    assert not pattern.allows(read_url(url))


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("", "1 to 255"),
        ("x" * 256, "1 to 255"),
        ("a b", "space"),
        ("a\x00b", "space or a control"),
        ("file:///etc/passwd", "no pattern of addresses"),
        ("ftp://example.com", "scheme ftp"),
        ("javascript:alert(1)", "no pattern"),
        ("user@example.com", "no pattern"),
        ("https://u:p@example.com/", "no pattern"),
        ("example.com:0", "no port"),
        ("example.com:99999", "no port"),
        ("exa*mple.com", "star within"),
        ("a.*.com", "star within"),
        ("*.10.0.0.1", "star in front of an IP"),
        ("10.1.2.3/8", "first address is 10.0.0.0/8"),
        ("https://example.com/#top", "behind #"),
        ("1.2.3.4.5", "names no host"),
        ("https://", "no pattern"),
    ],
)
def test_a_wrong_pattern_is_refused_with_what_is_wrong(pattern: str, wrong: str) -> None:
    with pytest.raises(InvalidInput, match=wrong):
        read_pattern(pattern)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        read = read_pattern(text)
    except InvalidInput:
        return
    assert read.text == text.strip()


def test_a_pattern_full_of_stars_takes_no_time() -> None:
    pattern = read_pattern("https://a.test/" + "*a" * 110 + "b")
    assert not pattern.allows(read_url("https://a.test/" + "a" * 5000))


def test_an_operator_allows_networks_by_name_hosts_and_ports() -> None:
    allowed = read_allowances(" loopback, 192.168.7.0/24 ,wiki.corp:8080,, *.lab.example")

    def means(host: str, port: int) -> bool:
        return any(pattern.names(host, port) for pattern in allowed)

    assert means("127.9.9.9", 1)
    assert means("::1", 1)
    assert means("192.168.7.9", 443)
    assert means("wiki.corp", 8080)
    assert means("a.lab.example", 80)
    assert not means("wiki.corp", 80)
    assert not means("10.0.0.1", 80)
    assert read_allowances("") == ()


def test_private_means_the_networks_of_organizations_and_carriers() -> None:
    allowed = read_allowances("private")
    for address in ("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"):
        assert any(pattern.holds(ip_address(address), 80) for pattern in allowed)
    for address in ("127.0.0.1", "169.254.1.1", "::1", "fe80::1"):
        assert not any(pattern.holds(ip_address(address), 80) for pattern in allowed)


@pytest.mark.parametrize("text", ["https://wiki.corp", "wiki.corp/path", "loopback private", "10.0.0.1/8"])
def test_a_wrong_allowance_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_allowances(text)
