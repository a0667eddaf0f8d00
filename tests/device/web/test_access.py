from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.web.access import AccessPolicy, Admission, Refusal
from drumatlas.web.address import Address
from drumatlas.web.sessions import MOST_SESSIONS

LOCAL = AccessPolicy(Address("127.0.0.1", 8313))
OPEN = AccessPolicy(Address("0.0.0.0", 8313), ["box", "box.local"], "0123456789abcdef")
TOKEN = "0123456789abcdef"
COOKIE = {"cookie": [OPEN.sessions.cookie().split(";")[0]]}


def check(
    access: AccessPolicy, host: str, path: str = "/", socket: bool = False, **more: Any
) -> object:
    headers = {"host": [host], **{name.replace("_", "-"): value for name, value in more.items()}}
    answer = access.check("GET", path, headers, socket)
    return answer.kind if isinstance(answer, Refusal) else answer


@pytest.mark.parametrize("host", ["127.0.0.1:8313", "localhost:8313", "[::1]:8313", "LOCALHOST",
                                  "localhost:9000"])  # fmt: skip
def test_our_own_names_come_in(host: str) -> None:
    assert check(LOCAL, host) == Admission(host, "/", False)


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
        assert check(OPEN, host, **COOKIE) == Admission(host, "/", False)
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
        assert isinstance(answer, Admission) is is_ours
    both = ["http://127.0.0.1:8313", origin]
    assert check(LOCAL, "127.0.0.1:8313", "/ws", True, origin=both) == "a foreign Origin"


def test_a_socket_must_say_whose_it_is() -> None:
    assert check(LOCAL, "127.0.0.1:8313", "/ws", True) == "a foreign Origin"


@given(st.text(max_size=40), st.text(max_size=60))
def test_no_token_but_the_right_one_is_good(given_token: str, cookie: str) -> None:
    for more in ({}, {"cookie": [cookie]}, {"cookie": [f"drumatlas-8313={cookie}"]}):
        answer = check(OPEN, "box", f"/?token={given_token}", **more)
        assert answer in {"no token", "a malformed request"}


def test_the_token_begins_a_session_and_the_session_comes_in() -> None:
    assert check(OPEN, "box", f"/?token={TOKEN}") == Admission("box", "/", True)
    begun = OPEN.sessions.cookie().split(";")[0]
    assert check(OPEN, "box", "/ws", cookie=[f"x=1; {begun}"]) == Admission("box", "/ws", False)
    assert check(OPEN, "box", f"/?token={TOKEN}", cookie=[begun]) == Admission("box", "/", False)


def near(right: str) -> list[str]:
    """What is nearly right: each of its beginnings and ends, one character changed at each place
    or left out, some more, other case."""
    parts = [right[:i] for i in range(len(right))] + [right[i:] for i in range(1, len(right))]
    changed = [
        right[:i] + other + right[i + 1 :]
        for i in range(len(right))
        for other in "0aZ_-"
        if other != right[i]
    ]
    less = [right[:i] + right[i + 1 :] for i in range(len(right))]
    more = [right + "0", "0" + right, right * 2, right + "\0", f" {right}", f"{right} "]
    return [one for one in {*parts, *changed, *less, *more, right.swapcase()} if one != right]


def test_text_near_the_token_is_refused() -> None:
    for wrong in near(TOKEN):
        for target in (f"/?token={wrong}", f"/ws?token={wrong}"):
            for is_socket in (False, True):
                answer = check(OPEN, "box", target, is_socket, origin=["http://box"])
                assert answer == "no token", (wrong, target)
        for name in ("drumatlas-8313", "drumatlas", "token"):
            assert check(OPEN, "box", cookie=[f"{name}={wrong}"]) == "no token"


def test_the_time_of_a_refusal_does_not_depend_on_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`compare_digest` alone decides: `==` ends at the first character that is wrong."""
    compared: list[set[bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append({one, other})
        return True

    monkeypatch.setattr("hmac.compare_digest", compare)
    assert check(OPEN, "box", "/?token=anything") == Admission("box", "/", True)
    assert compared == [{b"anything", TOKEN.encode()}]


def test_text_near_a_session_is_refused() -> None:
    name, value = OPEN.sessions.cookie().split(";")[0].split("=")
    assert check(OPEN, "box", cookie=[f"{name}={value}"]) == Admission("box", "/", False)
    for wrong in near(value):
        if wrong.strip() != value:  # blanks around it are not part of it
            assert check(OPEN, "box", cookie=[f"{name}={wrong}"]) == "no token", wrong


def test_the_token_is_no_cookie_and_a_session_no_token() -> None:
    name, value = OPEN.sessions.cookie().split(";")[0].split("=")
    assert TOKEN not in value
    for other in (name, "drumatlas"):
        assert check(OPEN, "box", cookie=[f"{other}={TOKEN}"]) == "no token"
    assert check(OPEN, "box", f"/?token={value}") == "no token"


def test_a_session_is_good_at_its_own_port_only() -> None:
    other = AccessPolicy(Address("0.0.0.0", 8314), ["box"], TOKEN)
    name, value = OPEN.sessions.cookie().split(";")[0].split("=")
    assert other.sessions.name != name
    assert check(other, "box", cookie=[f"{name}={value}"]) == "no token"
    assert check(other, "box", cookie=[f"{other.sessions.name}={value}"]) == "no token"
    # What another service of this host has set under our name does not hide it.
    assert check(OPEN, "box", cookie=[f"{name}=other; {name}={value}"]) == Admission(
        "box", "/", False
    )


def test_sessions_end_with_the_server_and_are_few() -> None:
    access = AccessPolicy(Address("0.0.0.0", 8313), ["box"], TOKEN)
    cookies = [access.sessions.cookie() for _ in range(MOST_SESSIONS)]
    assert len(set(cookies)) == len(cookies)
    assert all("HttpOnly; SameSite=Strict" in cookie for cookie in cookies)
    assert not any(
        word in cookie for cookie in cookies for word in ("Max-Age", "Expires", "Domain")
    )
    first, second, *_ = [cookie.split(";")[0] for cookie in cookies]
    assert check(access, "box", cookie=[first]) == Admission("box", "/", False)
    access.sessions.cookie()
    assert check(access, "box", cookie=[second]) == "no token"
    assert check(access, "box", cookie=[first]) == Admission("box", "/", False)
    access.sessions.end()
    assert check(access, "box", cookie=[first]) == "no token"


@given(st.text(max_size=80))
def test_any_target_is_answered(target: str) -> None:
    check(LOCAL, "localhost", target)
    check(OPEN, "box", target)


@pytest.mark.parametrize("odd", ["\udc80", "0123456789abcde\udcff", "é"])
def test_a_token_that_is_not_text_is_refused(odd: str) -> None:
    assert check(OPEN, "box", f"/?token={odd}") == "no token"
    assert check(OPEN, "box", cookie=[f"drumatlas-8313={odd}"]) == "no token"
