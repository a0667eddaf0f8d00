"""Dropped files are read by a child, few of them, whoever drops them."""

import asyncio
import io
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mido
import pytest

from drumatlas.errors import MidiFileError
from drumatlas.web import drop_child, drop_process, dropped_file
from drumatlas.web.drop_process import Drops

CODE = (1,) + (0,) * 15 + (2,) + (0,) * 15


def read(data: bytes) -> Any:
    return asyncio.run(Drops().read(data, 0))


def child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another child: what this does after its limits are set."""
    code = f"from drumatlas.web import drop_child; drop_child._limit(); {program}"
    monkeypatch.setattr(drop_process, "COMMAND", [sys.executable, "-P", "-c", code])


@pytest.fixture
def song(tmp_path: Path) -> bytes:
    track = mido.MidiTrack()
    for time, note in ((0, 36), (16 * 120, 38), (16 * 120, 36)):
        track.append(mido.Message("note_on", channel=9, note=note, time=time))
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(tmp_path / "song.mid")
    return (tmp_path / "song.mid").read_bytes()


def test_a_file_is_read_and_a_bad_one_is_refused(song: bytes) -> None:
    assert read(song).code == CODE
    assert not read(song).remarks
    cut = read(song[:-9])
    assert any("cut" in remark for remark in cut.remarks), cut.remarks
    for data in (b"", b"MThd nonsense"):
        with pytest.raises(MidiFileError):
            read(data)


def test_the_boxs_own_notes_are_known_to_the_child(tmp_path: Path) -> None:
    """Two drums on keys that General MIDI has no voice for."""
    track = mido.MidiTrack()
    for time, note in ((0, 3), (16 * 120, 5), (16 * 120, 3)):
        track.append(mido.Message("note_on", channel=1, note=note, time=time))
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(tmp_path / "own.mid")
    data = (tmp_path / "own.mid").read_bytes()
    own = [(3, 1), (5, 1), *((100 + bit, 1) for bit in range(12))]
    dropped = asyncio.run(Drops().read(data, 0, own))
    assert dropped.code == CODE
    assert "read with this box's own notes and channels" in dropped.remarks


LIMITS = {
    "processor time": ("while True: pass", {"CPU_S": 1}),
    "memory": ("x = bytearray(2 << 30); print('[]')", {}),
    "time": ("import time; time.sleep(60)", {}),
    "a crash": ("import os; os.abort()", {}),
    "not a word": ("pass", {}),
    "nonsense": ("print('{')", {}),
}


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
@pytest.mark.parametrize("kind", LIMITS)
def test_a_file_that_takes_too_much_is_given_up_and_reported(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, changed = LIMITS[kind]
    child(monkeypatch, program)
    for name, value in changed.items():
        part = f"drop_child.{name} = {value}; drop_child._limit()"
        monkeypatch.setattr(
            drop_process, "COMMAND", [*drop_process.COMMAND[:-1], drop_process.COMMAND[-1].replace(
                "drop_child._limit()", part)],
        )  # fmt: skip
    monkeypatch.setattr(drop_process, "MOST_S", 3.0)
    with pytest.raises(MidiFileError, match="too much"):
        read(b"MThd")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_the_child_has_plain_priority_and_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    child(
        monkeypatch,
        "import os, resource as r, json; "
        "print(json.dumps({'remarks': [], 'code': [os.getpriority(0, 0),"
        " os.sched_getscheduler(0), *(r.getrlimit(x)[0] for x in (r.RLIMIT_CPU, r.RLIMIT_AS,"
        " r.RLIMIT_FSIZE))]}))",
    )
    nice, policy, cpu, memory, file = read(b"").code
    assert nice >= drop_child.NICE
    assert policy == os.SCHED_OTHER
    assert (cpu, memory, file) == (drop_child.CPU_S, drop_child.MEMORY_BYTES, 0)


def test_the_child_is_limited_before_it_reads_anything_of_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[object] = []

    def beat_of(data: bytes, _own: object) -> None:
        done.append(data)
        raise MidiFileError("no beat")

    monkeypatch.setattr(drop_child, "_limit", lambda: done.append("limited"))
    monkeypatch.setattr("drumatlas.web.dropped_file.beat_of", beat_of)
    monkeypatch.setattr("sys.argv", ["drop_child", "[]"])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"somebody's")))
    drop_child.main()
    assert done == ["limited", b"somebody's"]
    assert capsys.readouterr().out == '{"error": "no beat"}\n'


def test_without_a_process_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_process, "COMMAND", ["/nowhere/python"])
    with pytest.raises(MidiFileError, match="no process"):
        read(b"MThd")


def test_one_file_at_a_time() -> None:
    async def both() -> list[Any]:
        one = Drops()
        return await asyncio.gather(one.read(b"", 0), one.read(b"", 0), return_exceptions=True)

    first, second = asyncio.run(both())
    assert "another file" in str(second)
    assert "not a MIDI file" in str(first)


def test_all_pages_have_one_allowance_and_a_new_connection_no_other(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_process, "A_SECOND", 1e-6)
    texts: list[str] = []
    for _ in range(3):
        with ExitStack() as stack:
            for page in [stack.enter_context(box.open()) for _ in range(2)]:
                reader = reading(page)
                for _ in range(2):
                    count = len(reader.messages)
                    page.send(b"MThd")
                    reader.until(lambda r=reader, n=count: any("said" in m for m in r.messages[n:]))
                    said = next(m["said"] for m in reader.messages[count:] if "said" in m)
                    texts.append(said["text"])
    assert sum("too many files" in text for text in texts) == len(texts) - drop_process.AT_ONCE


def test_nothing_of_a_file_is_read_in_the_page_s_thread(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, song: bytes
) -> None:

    monkeypatch.setattr(dropped_file, "beat_of", lambda _: pytest.fail("read in this process"))
    with box.open() as page:
        reader = reading(page)
        page.send(song)
        reader.until(lambda: any("said" in message for message in reader.messages))
        said = next(message["said"] for message in reader.messages if "said" in message)
        assert said == {"text": "landed: the file's beat has 2 hits", "bad": False, "remarks": []}
