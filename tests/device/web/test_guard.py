from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.web.address import Address
from drumatlas.web.guard import Guard, Refusal, Visit

LOCAL = Guard(Address("127.0.0.1", 8313))
OPEN = Guard(Address("0.0.0.0", 8313), ["box", "box.local"], "0123456789abcdef")
COOKIE = {"cookie": ["drumatlas=0123456789abcdef"]}


def check(guard: Guard, host: str, path: str = "/", socket: bool = False, **more: Any) -> object:
    headers = {"host": [host], **{name.replace("_", "-"): value for name, value in more.items()}}
    answer = guard.check("GET", path, headers, socket)
    return answer.kind if isinstance(answer, Refusal) else answer


@pytest.mark.parametrize("host", ["127.0.0.1:8313", "localhost:8313", "[::1]:8313", "LOCALHOST",
                                  "localhost:9000"])  # fmt: skip
def test_our_own_names_come_in(host: str) -> None:
    assert check(LOCAL, host) == Visit(host, "/", False)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8313", "10.0.0.1:8313", "", "localhost:8313@evil",
     "[::1", "box.local", "localhost\r\nX: 1", "a b", "127.0.0.1:"],
)  # fmt: skip
def test_other_names_do_not(host: str) -> None:
    assert check(LOCAL, host) == "a foreign Host"
    assert isinstance(LOCAL.check("GET", "/", {}, False), Refusal)
    assert isinstance(LOCAL.check("GET", "/", {"host": [host, "127.0.0.1"]}, False), Refusal)


def test_where_all_addresses_are_listened_on_all_are_good_but_no_other_name() -> None:
    for host in ("192.168.1.5:8313", "box.local:8313", "box", "[fe80::1]:8313"):
        assert check(OPEN, host, **COOKIE) == Visit(host, "/", False)
    assert check(OPEN, "rebound.example:8313", **COOKIE) == "a foreign Host"


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [("http://127.0.0.1:8313", True), ("https://127.0.0.1:8313", True), ("null", False),
     ("http://localhost:8313", False), ("http://127.0.0.1:3000", False), ("", False),
     ("http://evil.example", False), ("file://127.0.0.1:8313", False),
     ("http://127.0.0.1:8313.evil.example", False), ("http://127.0.0.1:8313/", False)],
)  # fmt: skip
def test_only_our_own_page_may_use_us(origin: str, is_ours: bool) -> None:
    for socket in (True, False):
        answer = check(LOCAL, "127.0.0.1:8313", "/ws", socket, origin=[origin])
        assert isinstance(answer, Visit) is is_ours
    both = ["http://127.0.0.1:8313", origin]
    assert check(LOCAL, "127.0.0.1:8313", "/ws", True, origin=both) == "a foreign Origin"


def test_a_socket_must_say_whose_it_is() -> None:
    assert check(LOCAL, "127.0.0.1:8313", "/ws", True) == "a foreign Origin"


@given(st.text(max_size=40), st.text(max_size=60))
def test_no_token_but_the_right_one_is_good(given_token: str, cookie: str) -> None:
    for more in ({}, {"cookie": [cookie]}, {"cookie": [f"drumatlas={cookie}"]}):
        answer = check(OPEN, "box", f"/?token={given_token}", **more)
        assert answer in {"no token", "a malformed request"}


def test_the_token_comes_in_by_address_or_cookie() -> None:
    assert check(OPEN, "box", "/?token=0123456789abcdef") == Visit("box", "/", True)
    assert check(OPEN, "box", "/ws", cookie=["x=1; drumatlas=0123456789abcdef"]) == Visit(
        "box", "/ws", False
    )


@given(st.text(max_size=80))
def test_any_target_is_answered(target: str) -> None:
    check(LOCAL, "localhost", target)
    check(OPEN, "box", target)


@pytest.mark.parametrize("odd", ["\udc80", "0123456789abcde\udcff", "é"])
def test_a_token_that_is_no_text_is_none(odd: str) -> None:
    assert check(OPEN, "box", f"/?token={odd}") == "no token"
    assert check(OPEN, "box", cookie=[f"drumatlas={odd}"]) == "no token"
