"""How long the page's thread rests, on made-up clocks."""

from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.web.pacing import ALWAYS, BURST_NS, MOST_NS, TOGETHER, Rest

MS = 1_000_000
SECOND = 1_000_000_000


class Core:
    """One core: the page works in pieces and rests in between; the others take their share of
    all the time, also while it rests, or as much as the page leaves if it leaves less."""

    def __init__(self, others: float) -> None:
        self.others = others
        self.now = self.own = self.all = 0
        self.rest = Rest()
        self.busy: list[tuple[int, int]] = [(0, 0)]  # (time, all that was worked until then)
        self.rest.due_ns(0, 0, 0)

    def work(self, piece_ns: int) -> int:
        """Work, then rest; how long it rested."""
        took = round(piece_ns / (1 - self.others))  # others have the core in between
        self._pass(took, piece_ns)
        due = self.rest.due_ns(self.now, self.own, self.all)
        self._pass(due, 0)
        return due

    def _pass(self, wall: int, own: int) -> None:
        self.now += wall
        self.own += own
        self.all += own + round(self.others * wall)
        self.busy.append((self.now, self.all))


@settings(max_examples=20)
@given(st.sampled_from([0.0, 0.05, 0.3, 0.6, 0.8]), st.lists(st.integers(0, 40 * MS), min_size=200))
def test_no_second_is_busier_than_the_kernel_allows(others: float, pieces: list[int]) -> None:
    core = Core(others)
    for piece in pieces:
        core.work(piece)
    share = max(TOGETHER, others + ALWAYS)
    slack = BURST_NS + 2 * 40 * MS / (1 - others)  # pieces at either end
    for begin, before in core.busy[:: len(core.busy) // 50]:
        last = bisect_right(core.busy, (begin + SECOND, core.all)) - 1
        assert core.busy[last][1] - before <= share * SECOND + slack


def test_a_page_that_is_always_busy_gets_what_others_leave() -> None:
    for others, least, most in ((0.0, 0.70, 0.76), (0.5, 0.2, 0.27), (0.8, 0.04, 0.06)):
        core = Core(others)
        while core.now < 20 * SECOND:
            core.work(2 * MS)
        assert least <= core.own / core.now <= most


def test_a_page_that_does_little_never_waits() -> None:
    core = Core(0.1)
    for _ in range(1000):
        assert core.work(2 * MS) == 0
        core._pass(20 * MS, 0)


@given(st.lists(st.tuples(*[st.integers(0, 10**19)] * 3), max_size=20))
def test_whatever_the_clocks_say_a_rest_ends(readings: list[tuple[int, int, int]]) -> None:
    rest = Rest()
    for reading in readings:
        assert 0 <= rest.due_ns(*reading) <= MOST_NS
