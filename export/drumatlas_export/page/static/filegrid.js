// Converts note times to steps, as in `drumatlas.beat.grid`, which gives the reasons. Pure.

import { MidiFileError } from "./smfbytes.js";
import { atTick, placeOf, tickOf } from "./smfnotes.js";
import {
  BEATS_PER_BAR, MAX_ERROR, MAX_SHIFT, MAX_STEPS, MOST_METRES, NO_VOICE, STEPS, STEPS_PER_BEAT, TRIPLET,
} from "./smftables.js";
import { median, round, sum } from "./numbers.js";

// Returns why notes with these mean distances (in steps) from 16ths and from 8th triplets are not
// straight 16ths; "" if they are.
function misfitReason(error, tripletError) {
  if (error > tripletError) return "swing or triplets";
  return error > MAX_ERROR ? "off the 16th grid" : "";
}

// Returns the number of beats in a bar whose bar lines lie on those of 4/4; 0 for other metres.
function barBeats([numerator, denominator]) {
  if (numerator < 1 || numerator & (numerator - 1) || denominator < 1) return 0;
  const beats = (BEATS_PER_BAR * numerator) / denominator;
  return Number.isInteger(beats) && beats >= BEATS_PER_BAR / 2 ? beats : 0;
}

// Returns the tick after the last note; 0 without notes.
function endOf({ packed }) {
  return packed.length ? tickOf(packed.at(-1)) + 1 : 0;
}

// Returns the tick ranges [start, end) in 4/4 or in bars that lie on those of 4/4. Without a time
// signature everything is in 4/4.
export function fourFour(track) {
  const [bar, last] = [track.ticksPerBeat * BEATS_PER_BAR, endOf(track)];
  const ranges = [];
  let [start, metre] = [0, [4, 4]];
  for (const [tick, ...next] of track.signatures) {
    const [beats, now, into] = [barBeats(next), barBeats(metre), (tick - start) % bar];
    if (next.join() === metre.join() || (beats && now && into === 0)) {
      metre = next;
      continue;
    }
    const odd = now > 0 && now < BEATS_PER_BAR ? into : 0;
    if (now && tick - odd > start) ranges.push([start, Math.min(tick - odd, last)]);
    [start, metre] = [tick, next];
  }
  if (barBeats(metre) && last > start) ranges.push([start, last]);
  return ranges.filter(([from, to]) => from < to);
}

// Returns why a file has no drums in 4/4: it has none at all, or only in other metres.
export function whyEmpty(track) {
  const list = (channels) => channels.map((channel) => channel + 1).join(", ");
  if (!track.packed.length) {
    const words = `no drums on channel ${list(track.channels.toSorted((a, b) => a - b))}`;
    return track.unread.length ? `${words}: notes only on ${list(track.unread)}` : words;
  }
  const metres = otherMetres(track);
  return metres.length ? `in ${metres.join(", ")}` : `no drums in 4/4 within ${MAX_STEPS} steps`;
}

// Returns the metres with drums, except those that lie on 4/4: "3/4".
function otherMetres(track) {
  const metres = new Set();
  track.signatures.forEach(([start, ...metre], i) => {
    const end = track.signatures[i + 1]?.[0] ?? endOf(track);
    if (start < end && !barBeats(metre) && notesIn(track, start, end).length) metres.add(metre.join("/"));
  });
  return [...metres].slice(0, MOST_METRES);
}

// Yields [code, why not in straight 16ths or ""] for each two bars with hits in these tick ranges,
// by a map of voices (filemap.js). The file begins with step `lead` (0..31) of two bars.
export function* twoBars(track, ranges, map, lead) {
  let steps = 0;
  for (const [start, end] of ranges) {
    const region = quantise(track, start, end, map);
    if (!region) continue;
    steps += region.codes.length;
    if (steps > MAX_STEPS) throw new MidiFileError(`over ${MAX_STEPS} steps of music`);
    yield* windows(region, start ? 0 : lead);
  }
}

function* windows(region, lead) {
  const { codes, hits, error, tripletError } = region;
  for (let place = -lead; place < codes.length; place += STEPS) {
    const code = Array.from({ length: STEPS }, (_, i) => codes[place + i] ?? 0);
    if (!code.some(Boolean)) continue;
    const here = (values) => sum(values.slice(Math.max(place, 0), place + STEPS));
    const notes = Math.max(here(hits), 1);
    yield [code, misfitReason(here(error) / notes, here(tripletError) / notes)];
  }
}

// Returns the notes in ticks [start, end).
function notesIn({ packed }, start, end) {
  return packed.slice(firstFrom(packed, atTick(start)), firstFrom(packed, atTick(end)));
}

// Returns how many of the sorted values are below `least`.
function firstFrom(values, least) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Quantises the drums of ticks [start, end) to the grid that begins at `start`. Returns codes,
// numbers of hits and sums of distances from 16ths and from 8th triplets, each [steps]; null if
// there are none. For either grid, a constant shift of all notes is removed first.
function quantise(track, start, end, map) {
  const notes = notesIn(track, start, end).filter((note) => map[placeOf(note)] !== NO_VOICE);
  if (!notes.length) return null;
  const position = notes.map((note) => ((tickOf(note) - start) * STEPS_PER_BEAT) / track.ticksPerBeat);
  const [shift, tripletShift] = [shiftOf(position, 1), shiftOf(position, TRIPLET)];
  const on16ths = position.map((place) => place - shift);
  const nearest = on16ths.map(round);
  const length = nearest.reduce((most, step) => Math.max(most, step), 0) + 1;
  if (length > MAX_STEPS) return null;
  const [codes, hits, error, tripletError] = [0, 0, 0, 0].map((none) => new Array(length).fill(none));
  notes.forEach((note, i) => {
    const step = Math.max(nearest[i], 0);
    const moved = position[i] - tripletShift;
    codes[step] |= 1 << map[placeOf(note)];
    hits[step]++;
    error[step] += Math.abs(on16ths[i] - nearest[i]);
    tripletError[step] += Math.abs(moved - TRIPLET * round(moved / TRIPLET));
  });
  return { codes, hits, error, tripletError };
}

// Returns by how many steps all notes together are late against a grid; 0 if that is implausible.
function shiftOf(position, spacing) {
  const shift = median(position.map((place) => place - spacing * round(place / spacing)));
  return Math.abs(shift) <= MAX_SHIFT ? shift : 0;
}
