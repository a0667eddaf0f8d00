from hypothesis import given
from hypothesis import strategies as st

from drumatlas.web.rate_limit import Bucket, Once


@given(
    st.lists(st.floats(0, 2), max_size=200),
    st.floats(0.5, 50),
    st.floats(1, 50),
    st.integers(1, 9),
)
def test_a_bucket_never_gives_more_than_burst_and_rate(
    waits: list[float], rate: float, burst: float, count: int
) -> None:
    bucket, now, given_out = Bucket(rate, burst), 0.0, 0
    for wait in waits:
        now += wait
        given_out += count * bucket.take(now, count)
        assert given_out <= burst + now * rate + 1e-6
        assert 0 <= bucket.used(now) <= burst


def test_returned_allowance_may_be_used_again_but_no_more() -> None:
    bucket = Bucket(0.001, 10)
    assert bucket.take(0, 8)
    assert not bucket.take(0, 8)
    bucket.give(7)
    assert bucket.used(0) == 1
    bucket.give(100)
    assert bucket.used(0) == 0
    assert bucket.take(0, 10)
    assert not bucket.take(0)


def test_after_a_long_enough_wait_one_is_allowed() -> None:
    bucket = Bucket(2, 1)
    assert bucket.take(0)
    assert not bucket.take(0.4)
    assert bucket.take(0.6)
    assert not bucket.take(0.1)  # a clock that ran back gives nothing


def test_each_kind_of_line_is_logged_once_an_hour() -> None:
    once = Once()
    assert once.lets("a", 0)
    assert once.lets("b", 1)
    assert not once.lets("a", 3599)
    assert once.lets("a", 3601)
