// The header and the chunks of a file, by the lengths that it declares, as
// `drumatlas.beat.smf.chunks`. Pure.

import { MidiFileError, countOf } from "./smfbytes.js";
import {
  HEADER, HEADER_BYTES, HEAD_BYTES, JUNK, MACBINARY_BYTES, MAX_JUNK, NAMED_CHUNK, TRACK,
} from "./smftables.js";

const NAMED = new RegExp(NAMED_CHUNK, "y");

// The body of a track, bytes [start, end); `number` counts from 1. A settled one was read to find
// its end. Of a broken one only the times before the fault are to be used.
export function spanOf(number, start, end, isSettled = false, isBroken = false) {
  return { number, start, end, isSettled, isBroken };
}

// Whether the four letters of a chunk's name stand at byte `at`.
export function isNamed(data, at) {
  NAMED.lastIndex = at;
  return NAMED.test(data.text);
}

// Where the header is, and what is to be said of what stands before it.
export function findHeader(data) {
  if (data.has(HEADER, 0)) return [0, []];
  const start = data.find(`${HEADER}\0\0\0`, 0);
  if (start < 0 || start + HEADER.length + 3 > MAX_JUNK) throw new MidiFileError("not a MIDI file (no MThd in it)");
  if (data.has("RIFF", 0) && data.has("RMID", 8)) return [start, []]; // Microsoft's wrapping
  let [name] = JUNK.filter(([begin]) => data.has(begin, 0)).map(([, words]) => words);
  if (start === MACBINARY_BYTES && data.byte(0) === 0) name = "a MacBinary header";
  return [start, [`${countOf(start, "byte")} before the MIDI file${name ? ` (${name})` : ""} were skipped`]];
}

// The header at `start`, {form, promised, division} with the lists `spans`, `remarks` and `faults`
// (the remarks about tracks that were left out), and where the chunks after it begin.
export function readHeader(data, start) {
  if (data.length < start + HEAD_BYTES + HEADER_BYTES) {
    throw new MidiFileError("cut short: the file ends within its header");
  }
  const [size, form, promised, division] = [[4, 8], [8, 10], [10, 12], [12, 14]].map(
    ([from, to]) => data.number(start + from, start + to),
  );
  if (division & 0x8000) {
    const frames = 256 - (division >> 8);
    throw new MidiFileError(`time in SMPTE frames (${frames} a second), not in beats: there is no grid to read`);
  }
  if (!division) throw new MidiFileError("0 ticks a beat in the header: there is no grid to read");
  const layout = { form, promised, division, spans: [], remarks: [], faults: [] };
  const [at, least] = [start + HEAD_BYTES + size, start + HEAD_BYTES + HEADER_BYTES];
  if (!data.has(TRACK, at) && at !== least && data.has(TRACK, least)) {
    layout.remarks.push("the header's length is wrong");
    return [layout, least];
  }
  return [layout, Math.max(at, least)];
}

// The tracks by the lengths that the file declares; null if those do not meet.
export function declaredTracks(data, at) {
  const spans = [];
  while (at < data.length) {
    if (at + HEAD_BYTES > data.length) return null;
    const start = at + HEAD_BYTES;
    const end = start + data.number(at + 4, start);
    if (end > data.length) return null;
    if (data.has(TRACK, at)) spans.push(spanOf(spans.length + 1, start, end));
    else if (data.has(HEADER, at) || !isNamed(data, at)) return null;
    at = end;
  }
  // A wrong length may swallow a track as a whole.
  return spans.length && data.text.split(TRACK).length - 1 === spans.length ? spans : null;
}
