"""A UART as a port, with a pseudo-terminal in its place."""

import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.choose import open_input, open_outputs
from drumatlas.midi.parser import MessageParser
from drumatlas.midi.process.frames import pack
from drumatlas.midi.process.handle import ChildHandle
from drumatlas.play.events import CLOCK, CONTINUE, NOTE_ON, SONG_POSITION, START, STOP, Event, panic
from drumatlas.play.port import InputPort, OutputPort
from drumatlas.play.sequencer import Sequencer
from support.playing import HATS, sequencer
from support.recordings import hanging
from support.waiting import until

if sys.platform != "linux":
    pytest.skip("termios2 is Linux'", allow_module_level=True)

from drumatlas.midi.uart import device


class SerialCable:
    """The other end, under a name that stays the same over a replug."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ttyAMA9"
        self.plug()

    def plug(self) -> None:
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self._kept = slave  # else the last one to close would hang it up

    def unplug(self) -> None:
        os.close(self._kept)
        os.close(self._master)
        self.path.unlink()

    def speed(self) -> int:
        return device.speed(self._kept)

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def read(self) -> bytes:
        try:
            return os.read(self._master, 1 << 16)
        except BlockingIOError:
            return b""

    @property
    def wanted(self) -> str:
        return f"uart:{self.path}"


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[SerialCable]:
    one = SerialCable(tmp_path)
    yield one
    if one.path.is_symlink():
        one.unplug()


class CableReader:
    """All that came out of the cable. A pseudo-terminal hands over what was written some time
    later, even after the writer has ended: who looks must look until it is there."""

    def __init__(self, cable: SerialCable) -> None:
        self._cable, self._parser = cable, MessageParser()
        self.messages: list[bytes] = []

    def look(self) -> list[bytes]:
        self.messages += self._parser.feed(self._cable.read())
        return self.messages

    def ends_with(self, data: bytes) -> bool:
        return self.look()[-1:] == [data]


def play(port: OutputPort, seq: Sequencer, is_over: Callable[[], object]) -> list[bytes]:
    """Play until `is_over`; returns all that was sent."""
    sent: list[bytes] = []
    deadline = time.monotonic() + 60
    while not is_over():
        assert time.monotonic() < deadline
        outputs = seq.advance(time.monotonic_ns() + 60_000_000)
        port.send(outputs)
        sent += [one.data for one in outputs if isinstance(one, Event)]
        time.sleep(0.02)
    return sent


def since(messages: list[bytes], first: bytes) -> list[bytes]:
    return list(itertools.dropwhile(lambda data: data != first, messages))


def notes(messages: Iterable[bytes]) -> list[bytes]:
    return [data for data in messages if data[0] & 0xF0 == NOTE_ON]


def test_it_hears_panic_then_the_beat_at_its_speed_and_ends_clean(cable: SerialCable) -> None:
    port = open_outputs([cable.wanted], (9,))[0]
    assert cable.speed() == 31_250
    assert port.name == cable.wanted
    seq = sequencer(HATS)
    seq.skip_to(time.monotonic_ns())
    seq.start()
    heard = CableReader(cable)
    sent = play(
        port, seq, lambda: heard.look().count(CLOCK) >= 48 and len(notes(heard.messages)) >= 6
    )
    port.close()
    until(lambda: heard.ends_with(STOP))
    first = [event.data for event in panic(0, (9,))]
    assert heard.messages[: len(first)] == first
    rest = heard.messages[len(first) :]
    assert rest[:2] == [START, CLOCK]
    assert not hanging(Event(0, data) for data in rest)
    at_end = Counter(rest) - Counter(sent)
    lost = Counter(sent) - Counter(rest)
    assert len(notes(lost)) == len(lost), "only a note that is 50 ms late is left out"
    assert at_end.pop(STOP) == 1
    assert all(data[0] & 0xF0 == 0x80 for data in at_end)


def test_messages_come_at_their_times(cable: SerialCable) -> None:
    port = open_outputs([f"{cable.wanted}@20ms"], (9,))[0]
    heard = CableReader(cable)
    until(lambda: len(heard.look()) == 2)
    due_ns = time.monotonic_ns() + 150_000_000
    port.send([Event(due_ns, CLOCK)])
    until(lambda: len(heard.look()) == 3)
    assert time.monotonic_ns() >= due_ns + 20_000_000
    now_ns = time.monotonic_ns()
    port.send([Event(now_ns + 1_000_000_000, CLOCK)])
    port.withdraw(now_ns)
    port.send([Event(now_ns + 1_050_000_000, STOP)])
    until(lambda: len(heard.look()) > 3)
    assert heard.messages[3:] == [STOP], "the clock was taken back"
    port.close()


def test_a_sender_that_gets_sigterm_ends_with_its_pipe(cable: SerialCable) -> None:
    """A session that ends signals it and its parent, whose last messages are yet to come."""
    child = ChildHandle(cable.wanted, (9,))
    assert "name" in next(child.reports())
    os.kill(child._process.pid, signal.SIGTERM)
    heard = CableReader(cable)
    until(lambda: len(heard.look()) == 2)

    def is_struck() -> bool:  # not at once where the machine keeps the child waiting for 50 ms
        child.write(pack(time.monotonic_ns() + 100_000_000, b"\x99\x24\x64"))
        return b"\x99\x24\x64" in heard.look()

    until(is_struck)
    child.close()
    assert child._process.returncode == 0
    until(lambda: heard.ends_with(b"\x89\x24\x40"))
    child.reap()


def test_an_unplugged_uart_is_reported_and_gets_its_place_when_back(cable: SerialCable) -> None:
    port = open_outputs([cable.wanted], (9,))[0]
    seq = sequencer(HATS)
    seq.skip_to(time.monotonic_ns())
    seq.start()
    before = CableReader(cable)
    play(port, seq, lambda: notes(before.look()))
    cable.unplug()
    play(port, seq, lambda: port.fault.startswith(f"{cable.wanted}: "))
    cable.plug()
    heard = CableReader(cable)
    play(port, seq, lambda: notes(since(heard.look(), CONTINUE)) and port.fault == "")
    messages = heard.messages
    assert messages[:2] == [event.data for event in panic(0, (9,))]
    at = messages.index(CONTINUE)
    assert messages[at - 1][0] == SONG_POSITION
    assert messages[at + 1] == CLOCK
    port.close()


def test_a_missing_uart_may_be_waited_for(cable: SerialCable) -> None:
    cable.unplug()
    port = open_outputs([cable.wanted], (9,), waits=True)[0]
    assert "no such device" in port.fault
    cable.plug()
    heard = CableReader(cable)
    until(lambda: len(heard.look()) >= 2)
    assert heard.messages[0] == bytes((0xB9, 123, 0))
    until(lambda: port.fault == "")
    port.close()


@pytest.mark.parametrize(
    "opens",
    [
        lambda wanted: open_outputs([wanted], (9,)),
        lambda wanted: open_input(wanted, lambda _data, _at: None),
    ],
)
def test_a_device_that_is_no_uart_is_an_error_of_one_line(
    tmp_path: Path, opens: Callable[[str], object]
) -> None:
    plain = tmp_path / "file"
    plain.touch()
    for wanted, words in (
        ("uart:", "needs a device, as in uart:/dev/serial0"),
        ("uart:ttyAMA0", "needs a device"),
        (f"uart:{tmp_path}/none", "no such device; on a Pi, set enable_uart=1"),
        (f"uart:{plain}", "not a serial port"),
    ):
        with pytest.raises(PortError, match=words) as told:
            opens(wanted)
        assert "\n" not in str(told.value)


def test_a_driver_that_takes_another_rate_is_no_midi_port(
    cable: SerialCable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "set_speed", lambda _fd, _baud: None)
    with pytest.raises(PortError, match="can't do 31250 baud, only 38400"):
        device.open_uart(str(cable.path), os.O_WRONLY)


def test_with_the_pis_overlay_the_rate_has_another_name(tmp_path: Path) -> None:
    assert not device.is_scaled("/dev/ttyAMA0", tmp_path)
    (tmp_path / "midi_clk").mkdir()
    assert device.is_scaled("/dev/ttyAMA0", tmp_path)
    assert not device.is_scaled("/dev/ttyUSB0", tmp_path)
    (tmp_path / "midi_clk").rename(tmp_path / "clocks")
    (tmp_path / "clocks" / "midiclock_0").mkdir()
    assert device.is_scaled("/dev/ttyAMA0", tmp_path)


class TestIn:
    @pytest.fixture
    def heard(self) -> list[tuple[bytes, int]]:
        return []

    @pytest.fixture
    def port(self, cable: SerialCable, heard: list[tuple[bytes, int]]) -> Iterator[InputPort]:
        one = open_input(cable.wanted, lambda data, at_ns: heard.append((data, at_ns)))
        assert one is not None
        yield one
        one.close()

    def test_messages_are_stamped(
        self, cable: SerialCable, port: InputPort, heard: list[tuple[bytes, int]]
    ) -> None:
        assert port.name == cable.wanted
        assert cable.speed() == 31_250
        began_ns = time.monotonic_ns()
        cable.write(b"\xb0\x10\xf8\x40\x11\x41")  # a clock inside, then running status
        until(lambda: len(heard) == 3)
        assert [data for data, _ in heard] == [CLOCK, b"\xb0\x10\x40", b"\xb0\x11\x41"]
        assert all(began_ns <= at_ns <= time.monotonic_ns() for _, at_ns in heard)

    def test_unplugged_and_back(
        self, cable: SerialCable, port: InputPort, heard: list[tuple[bytes, int]]
    ) -> None:
        cable.unplug()
        until(lambda: "unplugged" in port.fault)
        cable.plug()
        until(lambda: port.fault == "")
        cable.write(CLOCK)
        until(lambda: [data for data, _ in heard] == [CLOCK])


def test_an_input_that_is_not_there_yet_is_heard_once_it_is(cable: SerialCable) -> None:
    cable.unplug()
    heard: list[bytes] = []
    port = open_input(cable.wanted, lambda data, _at_ns: heard.append(data), waits=True)
    assert port is not None
    assert "no such device" in port.fault
    cable.plug()
    until(lambda: port.fault == "")
    cable.write(CLOCK)
    until(lambda: heard == [CLOCK])
    port.close()
