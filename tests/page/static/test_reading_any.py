"""What the static page reads in any .mid file, held against the box: same beat, same words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from drumatlas.play.kits import KITS
from support.midi_bytes import file_of, header, played
from support.midi_strategies import damaged, files, kits
from support.own_takes import CODES, KIT_TABLES, TABLES, take_of
from support.page_reading import midi_file, reads_as_the_box

pytestmark = pytest.mark.browser

GIVEN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@GIVEN
@given(
    st.lists(
        st.tuples(st.integers(0, 8000), st.integers(0, 127), st.integers(0, 127)),
        min_size=1,
        max_size=80,
    ),
    st.sampled_from([24, 96, 120, 480, 960]),
    st.lists(
        st.tuples(
            st.integers(0, 6000).map(lambda tick: tick - tick % 60),
            st.sampled_from([1, 2, 3, 4, 5, 6, 8, 16]),
            st.sampled_from([1, 2, 4, 8]),
        ),
        max_size=4,
    ),
)
def test_any_notes_and_metres_read_as_on_the_box(
    page: Any,
    notes: list[tuple[int, int, int]],
    division: int,
    metres: list[tuple[int, int, int]],
) -> None:
    reads_as_the_box(page, midi_file(notes, division, metres))


@GIVEN
@given(st.lists(st.tuples(st.integers(0, 31), st.sampled_from([0, 8, 12, 16, 20])), min_size=8))
def test_notes_between_16ths_and_triplets_read_as_on_the_box(
    page: Any, places: list[tuple[int, int]]
) -> None:
    """Sums of floating-point numbers decide, so they are taken in NumPy's order."""
    ticks = sorted({(6 * step + late // 4) for step, late in places})
    reads_as_the_box(page, file_of(played([(tick, 42) for tick in ticks]), division=24))


@GIVEN
@given(damaged())
def test_any_damaged_file_reads_as_on_the_box(page: Any, data: bytes) -> None:
    reads_as_the_box(page, data)


@GIVEN
@given(files(), st.data())
def test_a_file_cut_anywhere_reads_as_on_the_box(
    page: Any, file: tuple[int, list[bytes], Any], data: Any
) -> None:
    form, chunks, _ = file
    whole = header(len(chunks), form) + b"".join(chunks)
    reads_as_the_box(page, whole[: data.draw(st.integers(0, len(whole)))])


@GIVEN
@given(kits())
def test_drums_on_any_channel_read_as_on_the_box(page: Any, data: bytes) -> None:
    reads_as_the_box(page, data)


@GIVEN
@given(CODES, TABLES)
def test_our_own_takes_read_back_under_any_notes_and_channels(
    page: Any, code: Any, voices: Any
) -> None:
    assume(any(code))
    found = reads_as_the_box(page, take_of(code, voices))
    assert found == {"code": list(code), "remarks": []}


@pytest.mark.parametrize("kit", KITS)
@GIVEN
@given(code=CODES, place=st.integers(0), byte=st.integers(0, 255))
def test_our_own_takes_with_a_byte_changed_read_as_on_the_box(
    page: Any, kit: str, code: Any, place: int, byte: int
) -> None:
    data = bytearray(take_of(code, KIT_TABLES[kit]))
    data[place % len(data)] = byte
    reads_as_the_box(page, bytes(data))
