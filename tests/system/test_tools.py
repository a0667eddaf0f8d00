"""What judges the machine, judged: no machine needed."""

from drumatlas.play.events import Event
from support.recordings import hanging
from system.hearing import beat, heard
from system.powercut import Moment, lost_ns, moments

TICK = 20_000_000
ZERO = dict.fromkeys(("x1", "x2", "x3", "x4", "density", "accent", "tempo"), 0.0)


def state(values: dict[str, float], **saved: dict[str, float]) -> dict[str, object]:
    return {
        "place": {"values": values},
        "snapshots": {slot: {"values": one} for slot, one in saved.items()},
    }


def test_a_record_is_read_across_its_pieces() -> None:
    text = "5 a_b opened\n10 a_b 9924\n20 a_b f8\n30 a_b 64\n40 other f8\ncut of"
    assert heard(text, "a b") == [Event(20, b"\xf8"), Event(30, b"\x99\x24\x64")]
    assert len(heard(text)) == 3


def test_notes_hang_until_they_end_or_all_do() -> None:
    on, off, sound_off = b"\x99\x24\x40", b"\x89\x24\x00", b"\xb9\x78\x00"
    assert hanging([Event(0, on)]) == {(9, 36)}
    assert hanging([Event(0, on), Event(1, off)]) == set()
    assert hanging([Event(0, on), Event(1, sound_off)]) == set()
    assert hanging([Event(0, on), Event(1, b"\xb0\x78\x00")]) == {(9, 36)}


def test_a_beat_is_its_second_cycle() -> None:
    stream = [Event(-1, b"\xfa")]
    for tick in range(3 * 192):
        stream.append(Event(tick * TICK, b"\xf8"))
        if tick % 48 == 12 and tick != 12:  # one is missing in the first cycle
            stream.append(Event(tick * TICK + 900_000, b"\x99\x24\x40"))
    assert beat(stream) == {(2, 36, 64), (10, 36, 64), (18, 36, 64), (26, 36, 64)}


def test_a_state_is_found_in_what_was_turned() -> None:
    lines = iter(["1000 x1 127\n", "2000 save_a 127\n", "3000 x2 127\n", "4000 x1 0\n", "50"])
    history = moments(Moment(0, ZERO), lines)
    assert len(history) == 5
    one = ZERO | {"x1": 1.0}
    assert lost_ns(state(ZERO | {"x2": 1.0}, a=one), history, 5000) == 0
    assert lost_ns(state(one | {"x2": 1.0}, a=one), history, 5000) == 1000
    assert lost_ns(state(one), history, 5000) == 3000
    assert lost_ns(state(one, a=ZERO), history, 5000) is None  # a snapshot of no moment
    assert lost_ns(state(ZERO | {"x2": 0.5}), history, 5000) is None
