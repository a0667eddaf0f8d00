// Finds the tracks of a damaged file by reading each one to its End of Track, whatever its declared
// length, as in `drumatlas.beat.smf.search`. Pure.

import { BrokenTrackError, MidiFileError, PastEndError, countOf } from "./smfbytes.js";
import { isNamed, spanOf } from "./smfchunks.js";
import { events, isEnd } from "./smfevents.js";
import { END_BYTES, HEADER, HEAD_BYTES, SYSEX, TORN, TRACK, MAX_WORK } from "./smftables.js";

// How a track ends: its complete events end at `place`, and the search continues at `next`. A track
// without End of Track may be cut (`isCut`); with a `fault` it is not used.
function stopOf(place, next, about = {}) {
  return { place, next, isMarked: false, isCut: false, fault: null, ...about };
}

// Finds the tracks of `data` and adds them, with remarks about their faults, to `layout`.
export class Search {
  constructor(data, layout) {
    [this.data, this.layout, this.number, this.left] = [data, layout, 0, MAX_WORK * data.length];
  }

  // Finds all tracks from byte `at` on, where a chunk should begin; throws if there are none.
  all(at) {
    for (let place = this.#nextChunk(at); place !== null; place = this.#nextChunk(at)) {
      if (this.data.has(TRACK, place)) {
        this.number++;
        const span = spanOf(this.number, place + HEAD_BYTES, this.#endOfChunk(place));
        at = this.#isLikely(span) ? span.end : this.track(span);
      } else at = this.#endOfChunk(place);
    }
    if (!this.number) throw new MidiFileError("no track in the file");
  }

  // Finds the true end of a track; returns where to search for the next chunk.
  track({ number, start, end }) {
    if (this.#comesOut(start, end)) {
      this.layout.spans.push(spanOf(number, start, end, true));
      return end;
    }
    const isNextThere = this.#isNextAt(end);
    const stop = this.#walk(start, end);
    if (!stop.fault && !isNextThere) stop.fault = torn(this.data, start, stop.place, stop.isCut);
    if (stop.fault) {
      this.layout.spans.push(spanOf(number, start, stop.place, true, true));
      this.#leaveOut(number, stop);
      return isNextThere ? end : stop.next;
    }
    this.layout.spans.push(spanOf(number, start, stop.place, true));
    return this.#sayEnd(number, stop, end, isNextThere);
  }

  // Adds a remark about how a track ends; returns where to search for the next chunk.
  #sayEnd(number, stop, end, isNextThere) {
    const { place, next } = stop;
    if (stop.isCut) this.#say(`track ${number} is cut short and was read up to byte ${place}`);
    else if (!stop.isMarked) this.#say(`track ${number} has no End of Track and was read up to byte ${place}`);
    else if (isNextThere && place < end && end <= this.#nextHead(place)) {
      this.#say(`track ${number}: ${countOf(end - place, "byte")} after its end were left out`);
      return end;
    } else if (place !== end) {
      const wrong = countOf(Math.abs(end - place), "byte");
      this.#say(`track ${number}: its length is wrong by ${wrong}; it was read to its end`);
    }
    return next;
  }

  // Adds a track without reading it if its declared length fits what follows; returns whether so.
  #isLikely(span) {
    const { start, end } = span;
    const isLikely = this.#isNextAt(end) && this.#isEndBefore(end) && !this.data.holds(TRACK, start, end);
    if (isLikely) this.layout.spans.push(span);
    return isLikely;
  }

  #isNextAt(end) {
    return end === this.data.length || this.data.has(TRACK, end);
  }

  // Returns whether an End of Track seems to be right before byte `end`.
  #isEndBefore(end) {
    return end <= this.data.length && this.data.has(END_BYTES, end - END_BYTES.length);
  }

  #leaveOut(number, { fault, place, next }) {
    const words = `track ${number} is broken at byte ${fault.at} (${fault.why})`;
    this.layout.faults.push(words);
    const isTimed = this.data.holds("\xff\x58\x04", place, next);
    this.#say(`${words} and was left out${isTimed ? ", with its time signatures" : ""}`);
  }

  #say(words) {
    this.layout.remarks.push(words);
  }

  // Reads a track's events until its end, or until the next track begins.
  #walk(start, declared) {
    const { data } = this;
    let [place, head] = [start, this.#nextHead(start)];
    try {
      for (const event of this.#events(start, data.length)) {
        while (event.end > head) {
          if (event.at === head) return stopOf(head, head);
          if (event.status < SYSEX || event.data > head || this.#isSure(head, declared)) {
            return stopOf(place, head, { isCut: true });
          }
          head = this.#nextHead(head + 1); // the letters are part of a text
        }
        if (isEnd(event)) return markedEnd(event, head);
        place = event.end;
      }
    } catch (error) {
      if (!(error instanceof BrokenTrackError)) throw error;
      const isFileCut = error instanceof PastEndError && head === data.length && head < declared;
      const about = error.at >= head || isFileCut ? { isCut: true } : { fault: error };
      return stopOf(place, head, about);
    }
    return stopOf(place, place, { isCut: declared > data.length });
  }

  // Returns whether the first End of Track from `start` on is the one right before `end`.
  #comesOut(start, end) {
    if (!this.#isEndBefore(end)) return false;
    let last = null;
    try {
      for (const event of this.#events(start, end)) last = event;
    } catch (error) {
      if (error instanceof BrokenTrackError) return false;
      throw error;
    }
    return last !== null && isEnd(last) && last.end === end;
  }

  *#events(start, end) {
    for (const event of events(this.data, start, end)) {
      this.left -= event.end - event.at;
      if (this.left < 0) throw new MidiFileError("too many broken tracks");
      yield event;
    }
  }

  // Returns where the next chunk begins, at `at` or later; null if there is none.
  #nextChunk(at) {
    const { data } = this;
    if (at >= data.length) return null;
    if (data.has(TRACK, at) || this.#isForeign(at)) return at;
    let place = this.#nextHead(at);
    const isFile = data.has(HEADER, place);
    // A file written over a longer one ends with the rest of the longer one.
    const { promised } = this.layout;
    if (place > at && promised > 0 && promised <= this.number && !isFile) place = data.length;
    const isLast = isFile || place === data.length;
    if (at < place) {
      const where = isLast ? "after the last track" : `before track ${this.number + 1}`;
      this.#say(`${countOf(place - at, "byte")} ${where} (byte ${at}) were left out`);
    }
    if (isFile) this.#say(`another MIDI file begins at byte ${place} and was left out`);
    return isLast ? null : place;
  }

  // Returns where the head of a track or file begins, at `at` or later; else the end.
  #nextHead(at) {
    for (;;) {
      const places = [TRACK, HEADER].map((kind) => this.data.find(kind, at)).filter((place) => place >= 0);
      if (!places.length) return this.data.length;
      at = Math.min(...places);
      if (this.#isHead(at)) return at;
      at++;
    }
  }

  // Returns whether the letters at `at` are a head and not text: a track's first event has a
  // status.
  #isHead(at) {
    const { data } = this;
    const start = at + HEAD_BYTES;
    if (data.has(HEADER, at)) return data.has("\0\0\0\x06", at + 4);
    if (start >= data.length || data.has(TRACK, start)) return true; // cut there, or empty
    try {
      return !events(data, start, data.length).next().done;
    } catch (error) {
      if (!(error instanceof BrokenTrackError)) throw error;
      return data.byte(at + 4) === 0; // a damaged track with a plausible length
    }
  }

  // Returns whether the track with this head begins where another ended, or ends where it declares.
  #isSure(head, declared) {
    return head === declared || this.#isEndBefore(head) || this.#isEndBefore(this.#endOfChunk(head));
  }

  // Returns whether a chunk of another kind is at `at`, followed by a chunk or the file's end.
  #isForeign(at) {
    if (!isNamed(this.data, at) || this.data.has(HEADER, at)) return false;
    const end = this.#endOfChunk(at);
    return end === this.data.length || isNamed(this.data, end);
  }

  #endOfChunk(at) {
    const start = at + HEAD_BYTES;
    return start + this.data.number(at + 4, start);
  }
}

// Returns how a track ends at an End of Track. If its last byte is missing, a head must follow.
function markedEnd(event, head) {
  if (event.end > event.data) return stopOf(event.end, event.end, { isMarked: true });
  if (event.end === head) return stopOf(event.end, head, { isCut: true });
  return stopOf(event.at, head, { fault: new BrokenTrackError(event.at, "an End of Track with data") });
}

// Returns the fault if bytes seem to be missing within a track, bytes [start, end), that is
// readable but has a wrong length: a note-off without a note or, unless the track is cut, a note
// that never ends among notes that do. Otherwise returns null.
function torn(data, start, end, isCut) {
  const sounding = new Map(); // by channel and key
  let [ends, held] = [0, 0];
  for (const event of events(data, start, end)) {
    const kind = event.status >> 4;
    if (kind !== 0x8 && kind !== 0x9) continue;
    const note = 128 * (event.status & 0x0f) + data.byte(event.data);
    const isOn = kind === 0x9 && data.byte(event.data + 1) > 0;
    const count = sounding.get(note) ?? 0;
    if (!isOn && !count) return new BrokenTrackError(event.at, TORN);
    sounding.set(note, count + (isOn ? 1 : -1));
    held += isOn ? 1 : -1;
    if (!isOn) ends++;
  }
  return ends && held && !isCut ? new BrokenTrackError(end, TORN) : null;
}
