// Reads the header and the chunks of a file by their declared lengths, as in
// `drumatlas.beat.smf.chunks`. Pure.

import { MidiFileError, countOf } from "./smfbytes.js";
import {
  HEADER, HEADER_BYTES, HEAD_BYTES, JUNK, MACBINARY_BYTES, MAX_JUNK, NAMED_CHUNK, TRACK,
} from "./smftables.js";

const NAMED = new RegExp(NAMED_CHUNK, "y");

// The body of a track, bytes [start, end); `number` counts from 1. The end of a settled track was
// found by reading it. Of a broken track, only the time signatures before the fault are used.
export function spanOf(number, start, end, isSettled = false, isBroken = false) {
  return { number, start, end, isSettled, isBroken };
}

// Returns whether the four letters of a chunk's name are at byte `at`.
export function isNamed(data, at) {
  NAMED.lastIndex = at;
  return NAMED.test(data.text);
}

// Returns where the header is, and the remarks about the bytes before it.
export function findHeader(data) {
  if (data.has(HEADER, 0)) return [0, []];
  const start = data.find(`${HEADER}\0\0\0`, 0);
  if (start < 0 || start + HEADER.length + 3 > MAX_JUNK) throw new MidiFileError("not a MIDI file (no MThd in it)");
  if (data.has("RIFF", 0) && data.has("RMID", 8)) return [start, []]; // Microsoft's wrapper
  let [name] = JUNK.filter(([begin]) => data.has(begin, 0)).map(([, words]) => words);
  if (start === MACBINARY_BYTES && data.byte(0) === 0) name = "a MacBinary header";
  return [start, [`${countOf(start, "byte")} before the MIDI file${name ? ` (${name})` : ""} were skipped`]];
}

// Reads the header at `start`. Returns {form, promised, division} with the lists `spans`, `remarks`
// and `faults` (the remarks about omitted tracks), and where the chunks after it begin.
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

// Returns the tracks by their declared lengths; null if those are inconsistent.
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
  // A wrong length may hide a whole track.
  return spans.length && data.text.split(TRACK).length - 1 === spans.length ? spans : null;
}
