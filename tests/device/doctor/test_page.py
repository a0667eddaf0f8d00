import pytest

from drumatlas.config.read import defaults
from drumatlas.doctor.page import examine_page
from drumatlas.web.address import Address
from drumatlas.web.serving import listen


@pytest.mark.parametrize(
    ("address", "token", "words"),
    [
        ("off", "", "off"),
        ("127.0.0.1:0", "", "for this machine only"),
        ("127.0.0.1:0", "0123456789abcdef", "the configured token"),
        ("0.0.0.0:0", "", "the token that play prints"),
    ],
)
def test_it_says_who_may_open_the_page(address: str, token: str, words: str) -> None:
    finding = examine_page({**defaults(), "web.address": address, "web.token": token})
    assert finding.state == "ok"
    assert words in finding.detail


def test_an_address_in_use_is_a_warning() -> None:
    taken = listen(Address("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    finding = examine_page({**defaults(), "web.address": address})
    taken.close()
    assert (finding.state, finding.detail) == ("warn", f"{address}: Address already in use")
