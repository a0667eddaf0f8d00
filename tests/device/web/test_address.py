import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ConfigError
from drumatlas.web.address import Address, check_token, parse_address


@given(st.sampled_from(["127.0.0.1", "::1", "0.0.0.0", "box.local", "localhost"]),
       st.integers(0, 65535))  # fmt: skip
def test_an_address_is_read_as_it_is_written(host: str, port: int) -> None:
    address = Address(host, port)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "8313", ":8313", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8313",
     "[127.0.0.1]:80", "[::1]", "[::g]:80", "a b:80", "-x:80", "host:٣", "http://host:80", "none"],
)  # fmt: skip
def test_a_malformed_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="web '"):
        parse_address(text)


def test_off_means_no_address() -> None:
    assert parse_address("off") is None


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("localhost.example", False)],
)  # fmt: skip
def test_loopback_addresses_are_recognised(host: str, is_loopback: bool) -> None:
    assert Address(host, 80).is_loopback is is_loopback


@pytest.mark.parametrize("text", ["short", "x" * 129, "sixteen letters!", "a;b=c" * 4, "a\nb" * 9])
def test_a_token_is_hard_to_guess_and_fits_an_address(text: str) -> None:
    check_token("")
    check_token("A-z_0123456789ab")
    with pytest.raises(ConfigError):
        check_token(text)
