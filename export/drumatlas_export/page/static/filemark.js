// The mark in our own MIDI files, which says which voice played each note, as in
// `drumatlas.beat.mark`, which describes it. Pure.

import { baseMap } from "./filemap.js";
import { placeOf, withPlace } from "./smfnotes.js";
import { GM_CHANNEL, KEYS, MARK_END, MARK_ENTRY, MARK_HEAD, MARK_LEAD, MARK_META, VOICE_NOTES } from "./smftables.js";

const [ENTRY, LEAD, LAST] = [MARK_ENTRY, MARK_LEAD, MARK_END].map((one) => new RegExp(`^(?:${one})$`));
const NOTE_BYTES = 8;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let i = 0; i < 8; i++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

// Returns the mark in a file's bytes, {voices: Map of channel * 128 + key to a list of voices,
// checksum, lead: the step 0..31 at which the file begins}; null if there is no readable one.
export function findMark(data) {
  for (let at = data.find(MARK_HEAD, 0); at >= 0; at = data.find(MARK_HEAD, at + 1)) {
    const mark = parse(payload(data, at));
    if (mark) return mark;
  }
  return null;
}

// Returns the channels in a mark.
export function channelsOfMark({ voices }) {
  return [...new Set([...voices.keys()].map((place) => Math.floor(place / KEYS)))];
}

// Returns the map of a mark, with the lowest voice for keys that have several.
export function mapOfMark(mark) {
  const table = baseMap(channelsOfMark(mark));
  for (const [place, voices] of mark.voices) table[place] = Math.min(...voices);
  return table;
}

// Returns `track` with each marked note changed to the General MIDI note of its voice on channel
// 10, to be read with `APPLIED`; null if the notes are not those that were marked.
export function applied(mark, track) {
  const several = new Map([...mark.voices].filter(([, voices]) => voices.length > 1));
  if (checksum(track.packed.filter((note) => several.has(placeOf(note)))) !== mark.checksum) return null;
  const left = new Map([...several].map(([place, voices]) => [place, voices.values()]));
  const packed = track.packed.map((note) => {
    const place = placeOf(note);
    const bit = left.has(place) ? left.get(place).next().value : mark.voices.get(place)?.[0];
    return bit === undefined ? note : withPlace(note, GM_CHANNEL * KEYS + VOICE_NOTES[bit]);
  });
  return { ...track, packed: packed.sort((a, b) => a - b) };
}

export const APPLIED = baseMap([GM_CHANNEL]);

// Returns the text of the meta event whose data begin at `at`; "" if there is none.
function payload({ bytes, text }, at) {
  for (let width = 1; width <= 4; width++) { // of the length
    const start = at - width - MARK_META.length;
    if (start < 0 || !text.startsWith(MARK_META, start)) continue;
    const size = bytes.subarray(at - width, at).reduce((value, byte) => value * 128 + (byte & 0x7f), 0);
    return text.slice(at + MARK_HEAD.length, Math.max(at + size, at + MARK_HEAD.length));
  }
  return "";
}

function parse(text) {
  const words = text.split(" ");
  const [first, last] = [words.shift(), words.pop() ?? ""];
  const [lead, end, entries] = [LEAD.exec(first), LAST.exec(last), words.map((word) => ENTRY.exec(word))];
  if (!lead || !end || !entries.length || entries.includes(null)) return null;
  const voices = new Map();
  for (const [, channel, key, digits] of entries) {
    if (Number(key) >= KEYS) return null;
    voices.set((Number(channel) - 1) * KEYS + Number(key), Array.from(digits, (digit) => Number.parseInt(digit, 16)));
  }
  return { voices, checksum: Number.parseInt(end[1], 16), lead: Number(lead[1]) };
}

// Returns the CRC-32 of packed notes, each as eight bytes, highest first.
function checksum(notes) {
  let value = -1;
  for (const note of notes) {
    for (let place = NOTE_BYTES - 1; place >= 0; place--) {
      const byte = Math.floor(note / 256 ** place) % 256;
      value = CRC_TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
    }
  }
  return ~value >>> 0;
}
