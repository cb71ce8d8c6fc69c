"""However a host is written, it is read as a browser reads it; and each address is known for what it is."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.url_policy.hosts import address_in, canonical_host, kind_of
from tests.unit.url_policy.spellings import ADDRESSES, spellings


@given(spellings())
def test_every_spelling_of_an_ipv4_address_is_read_as_that_address(spelt: tuple[IPv4Address, str]) -> None:
    address, text = spelt
    assert canonical_host(text) == str(address)


@given(ADDRESSES)
def test_an_ipv4_address_written_as_ipv6_is_that_ipv4_address(address: IPv4Address) -> None:
    number = int(address)
    for text in (f"[::ffff:{address}]", f"[::FFFF:{number >> 16:x}:{number & 0xFFFF:x}]", f"::ffff:{address}"):
        assert canonical_host(text) == str(address)


@given(st.text(min_size=1, max_size=40))
def test_a_host_that_was_read_is_read_the_same_again(text: str) -> None:
    try:
        host = canonical_host(text)
    except ValueError:
        assume(False)
    assert canonical_host(host) == host
    assert host.isascii()
    assert host == host.lower()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("EXAMPLE.com", "example.com"),
        ("example.com.", "example.com"),
        ("ex%61mple.com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("r3---sn-4g5e.example", "r3---sn-4g5e.example"),
        ("_dmarc.example", "_dmarc.example"),
        ("ｅｘａｍｐｌｅ。com", "example.com"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("127.1", "127.0.0.1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("1.2.3.4.example", "1.2.3.4.example"),
    ],
)
def test_a_host_has_one_spelling(text: str, host: str) -> None:
    assert canonical_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a..b", "a b", "a/b", "a@b", "a<b", "a^b", "a|b", "a:b", "a%2fb", "%00", "%", "%ff"),
        *("1.2.3.4.5", "256.1.1.1", "0x100000000", "4294967296", "08", "1.2.3.09", "1" * 5000),
        *("[::1", "[fe80::1%25eth0]", "[1.2.3.4]"),
    ],
)
def test_what_no_browser_takes_is_no_host(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several makers
        canonical_host(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", None),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("100.128.0.1", None),
        ("fd12::1", "private"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("64:ff9b::a9fe:a9fe", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("192.0.2.1", "reserved"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::808:808", None),
        ("64:ff9b:1::1", "reserved"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a00:1::1", "private"),
        ("2002:808:808::1", None),
        ("2001:0:53aa:64c::1", "reserved"),
        ("::7f00:1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("2606:4700:4700::1111", None),
        ("8.8.8.8", None),
    ],
)
def test_an_address_is_known_for_what_it_is(text: str, kind: str | None) -> None:
    assert kind_of(ip_address(text)) == kind


@given(ADDRESSES)
def test_whatever_python_calls_private_is_special_here_too(address: IPv4Address) -> None:
    if not address.is_global:
        assert kind_of(address) is not None


def test_a_name_is_no_address() -> None:
    assert address_in("example.com") is None
