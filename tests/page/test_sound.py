"""The sound of a running box's page: hits are scheduled at the times of the MIDI notes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas.beat.voices import VOICE_TABLE
from support.browser import until

pytestmark = pytest.mark.browser

MOST_DELAY_MS = 400 + 5  # sound.js
VOICE_OF = {voice.note: voice.bit for voice in VOICE_TABLE}

SPY = """
window.starts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  if (!(this.context instanceof OfflineAudioContext)) window.starts.push(when);
  return start.call(this, when, ...rest);
};
"""
PAIR = """
() => {
  window.pairs = [];
  window.given = [];
  const { link } = drumatlas;
  const play = link.onNotes;
  link.onNotes = (batches) => {
    for (const [cut, hits] of batches) {
      for (let i = 0; i + 2 < hits.length; i += 3) {
        const before = starts.length;
        given.push(hits.slice(i, i + 3));
        play([[i ? null : cut, hits.slice(i, i + 3)]]);
        if (starts.length > before) pairs.push([hits[i], 1000 * starts.at(-1)]);
      }
      if (!hits.length) play([[cut, hits]]);
    }
  };
}
"""


def notes_of(take: Path) -> list[tuple[float, int, int]]:
    """Return (ms, voice, velocity) of each note sent to the port."""
    now, notes = 0.0, []
    for message in mido.MidiFile(take):
        now += 1000 * message.time
        if message.type == "note_on" and message.velocity:
            notes.append((now, VOICE_OF[message.note], message.velocity))
    return notes


def without_delays(off: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far (ms) each hit is off those between the same two delays, and these delays.

    A machine that is held up again and again moves all that follows at once (sound.js); also,
    there lies a constant between two clocks that began apart.
    """
    steps = np.diff(off)
    moves = np.flatnonzero(np.abs(steps) > 5.0)
    parts = np.split(off, moves + 1)
    return np.concatenate([part - np.median(part) for part in parts]), steps[moves]


def aligned(given: list[list[float]], sent: list[tuple[float, int, int]]) -> NDArray[np.float64]:
    """Return how far (ms) each hit on the page is off the note that was sent."""
    wanted = [(int(bit), int(loud)) for _, bit, loud in given]
    for start in range(len(sent) - len(given) + 1):
        notes = sent[start : start + len(given)]
        if [note[1:] for note in notes] == wanted:
            off = np.array([hit[0] - note[0] for hit, note in zip(given, notes, strict=True)])
            return np.asarray(off - np.median(off), np.float64)
    raise AssertionError("the page was given other hits than went out")


def test_the_pages_sound_keeps_the_time_of_the_midi_notes(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    box = boxes("--bpm", "300")
    page = visit(box, "small", script=SPY)
    page.wait_for_timeout(1500)  # the clocks agree
    page.get_by_role("button", name="Sound").click()
    until(page, "drumatlas.sound.isOn")
    page.wait_for_timeout(2000)
    page.evaluate(PAIR)
    page.wait_for_timeout(8000)
    pairs, given = page.evaluate("[pairs, given]")
    page.get_by_role("button", name="Sound").click()
    until(page, "!drumatlas.sound.isOn")
    page.wait_for_timeout(500)
    box.end()
    assert len(given) > 60
    assert len(pairs) >= 0.7 * len(given)  # a machine that stalls costs hits, but never their time
    stamps, starts = np.array(pairs).T
    off, delays = without_delays(starts - stamps)
    print(f"ms: {np.percentile(np.abs(off), [50, 99, 100])} of {len(off)}, delayed by {delays}")
    assert np.percentile(np.abs(off), 99) <= 5.0, f"ms: {np.percentile(off, [1, 50, 99])}"
    assert (delays > 0).all()
    assert delays.sum() <= MOST_DELAY_MS
    assert np.abs(aligned(given, notes_of(box.take))).max() <= 1.0


def test_sound_is_off_until_it_is_asked_for(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--bpm", "300"), script=SPY)
    page.wait_for_timeout(1500)
    assert page.evaluate("starts.length") == 0
