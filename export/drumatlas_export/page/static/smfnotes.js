// Reads the notes of a track, as in `drumatlas.beat.smf.notes`, which gives the reasons. Pure.
//
// As there, a note is one number: tick, channel, key and velocity, the tick in the highest bits. It
// may have more than the 32 bits of JavaScript's bit operations, but the number is exact.

import { BrokenTrackError, MidiFileError } from "./smfbytes.js";
import { afterEnd } from "./smfevents.js";
import {
  CHANNEL, DATA_BYTES, END_OF_TRACK, INSTRUMENT_NAME, KEY, KEYS, MAX_NAME, MAX_NOTES, MAX_SETUP,
  MAX_SIGNATURES, MAX_TICKS, META, METRE, SYSEX, SYSEX_MORE, SYSTEM_BYTES, TICK, TIME_MARKS, TRACK_NAME,
} from "./smftables.js";

const TICK_UNIT = 2 ** TICK;
// How to handle a message, by its status byte. 0 or more: a wanted note; the number is its
// channel's bits in a packed note. -1, -2: skip so many data bytes. KEEP: keep it.
const [KEEP, NO_STATUS] = [-3, -4];

export const tickOf = (note) => Math.floor(note / TICK_UNIT);
export const channelOf = (note) => ((note % TICK_UNIT) >> CHANNEL) & 0x0f;
export const keyOf = (note) => ((note % TICK_UNIT) >> KEY) & 0x7f;
// Returns channel and key as one number: channel * 128 + key.
export const placeOf = (note) => channelOf(note) * KEYS + keyOf(note);
export const atTick = (tick) => tick * TICK_UNIT;

// Returns the note with another channel and key.
export function withPlace(note, place) {
  return note + (place - placeOf(note)) * 2 ** KEY;
}

// Returns a request {todo, marks} for time signatures, tempos and the notes of `channels` (0..15).
// A track without any of the marks contains none of them.
export function notesOf(channels) {
  const todo = Array.from({ length: 256 }, (_, status) => -(DATA_BYTES[status >> 4] ?? 0));
  for (const channel of channels) todo[0x90 | channel] = channel << CHANNEL;
  return { todo, marks: [...channels.map((channel) => String.fromCharCode(0x90 | channel)), ...TIME_MARKS] };
}

// Returns a request that includes the notes of all channels, control and program changes, and short
// SysEx messages.
export function everything() {
  const { todo, marks } = notesOf(Array.from({ length: 16 }, (_, channel) => channel));
  const kept = [...Array.from({ length: 32 }, (_, i) => 0xb0 + i), SYSEX];
  for (const status of kept) todo[status] = KEEP;
  return { todo, marks: [...marks, ...kept.map((status) => String.fromCharCode(status))] };
}

// The result of reading a track, still empty; `number` counts from 1. `unsound` notes have a key or
// velocity over 127 and are not in `packed`; `setup` has [tick, message as text].
export function noEvents(number) {
  return { number, packed: [], signatures: [], names: [], setup: [], unsound: 0 };
}

// Reads a track's body, bytes [at, end), from `tick` on. Returns the position where it ended and
// whether End of Track is there. After a BrokenTrackError, a NoByteError or a position past `end`
// the track is malformed, and the result must not be used.
export function readNotes(data, at, end, wanted, into, tick = 0) {
  let [status, todo, delta] = [0, NO_STATUS, 0];
  while (at < end) {
    [delta, at] = data.variable(at);
    tick += delta;
    const byte = data.byte(at);
    if (byte >= 0xf0) {
      const [next, isOver] = readSystem(data, at, tick, wanted, into);
      if (isOver) return [next, true];
      at = next;
      continue;
    }
    if (byte >= 0x80) {
      [status, todo] = [byte, wanted.todo[byte]];
      at++;
    }
    if (todo >= 0) at = readNote(data, at, tick, todo, into);
    else if (todo >= -2) at -= todo;
    else at = keep(data, at, tick, status, into);
  }
  checkLength(into, tick, at);
  return [at, false];
}

function readNote(data, at, tick, channel, into) {
  const [velocity, key] = [data.byte(at + 1), data.byte(at)];
  if (velocity && key < 128 && velocity < 128) into.packed.push(atTick(tick) + (channel | (key << KEY) | velocity));
  else if (velocity) into.unsound++;
  return at + 2;
}

function keep(data, at, tick, status, into) {
  if (!status) throw new BrokenTrackError(at, "data without a status");
  const size = DATA_BYTES[status >> 4];
  into.setup.push([tick, String.fromCharCode(status) + data.text.slice(at, at + size)]);
  return at + size;
}

// Reads the event without a channel at `at`. Returns the position after it and whether it is End of
// Track.
function readSystem(data, at, tick, wanted, into) {
  const byte = data.byte(at);
  if (byte === META) {
    checkLength(into, tick, at);
    return readMeta(data, at + 1, tick, into);
  }
  if (byte === SYSEX || byte === SYSEX_MORE) {
    const [size, place] = data.variable(at + 1);
    if (size <= MAX_SETUP && wanted.todo[byte] === KEEP) {
      into.setup.push([tick, String.fromCharCode(byte) + data.text.slice(place, place + size)]);
    }
    return [place + size, false];
  }
  return [at + 1 + (SYSTEM_BYTES[byte] ?? 0), false];
}

function readMeta(data, at, tick, into) {
  const kind = data.byte(at);
  if (kind === END_OF_TRACK) return [afterEnd(data, at), true];
  const [size, place] = data.variable(at + 1);
  if (kind === METRE && size >= 2) {
    into.signatures.push([tick, data.byte(place), 2 ** Math.min(data.byte(place + 1), 8)]);
    checkBounds([], into.signatures);
  } else if ((kind === TRACK_NAME || kind === INSTRUMENT_NAME) && into.names.length < 2) {
    into.names.push(data.bytes.subarray(place, place + Math.min(size, MAX_NAME)));
  }
  return [place + size, false];
}

// Throws if a track that has reached `tick` is longer than any music.
function checkLength(into, tick, at) {
  if (tick > MAX_TICKS) throw new BrokenTrackError(at, `the time runs past ${MAX_TICKS} ticks`);
  checkBounds(into.packed, []);
}

// Throws if there are more notes or time signatures than in any music.
export function checkBounds(notes, signatures) {
  if (notes.length > MAX_NOTES) throw new MidiFileError(`more than ${MAX_NOTES} drum notes`);
  if (signatures.length > MAX_SIGNATURES) throw new MidiFileError(`more than ${MAX_SIGNATURES} time signatures`);
}
