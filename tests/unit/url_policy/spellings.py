"""The many ways in which browsers let an IPv4 address be written."""

from ipaddress import IPv4Address

from hypothesis import strategies as st

ADDRESSES = st.integers(0, 2**32 - 1).map(IPv4Address)
DIGITS = "０１２３４５６７８９"


@st.composite
def spellings(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    """An IPv4 address, and one of the many ways in which browsers let it be written."""
    address = draw(ADDRESSES)
    kept = draw(st.integers(0, 3))
    numbers = [*address.packed[:kept], int.from_bytes(address.packed[kept:], "big")]
    ways = (str, hex, lambda n: f"0{n:o}" if n else "00", lambda n: f"0X{n:X}", lambda n: f"0x000{n:x}")
    text = ".".join(draw(st.sampled_from(ways))(number) for number in numbers)
    if draw(st.booleans()):
        text = "".join(DIGITS[int(char)] if char.isdecimal() else char for char in text)
    if draw(st.booleans()):
        text = text.replace(".", draw(st.sampled_from(["。", "．", "%2e", "%2E"])))
    return address, text + draw(st.sampled_from(["", "."]))
