// The beat that a .mid file is about, as `drumatlas.web.drop` and `drumatlas.beat.grid`, which say
// why. Pure.

import { readDrums } from "./smf.js";

const STEPS = 32;
const STEPS_PER_BEAT = 4;
const MAX_STEPS = 2 ** 18; // of a file's music
const MAX_STRETCHES = 1000; // of 4/4 between other metres
const MAX_SHIFT = 0.25; // steps that a file may be early or late as a whole

// {code, unknown} of a file's bytes: the two bars that its drums play most often (of equals the
// first), 32 numbers; and how often each key that has no voice stands in it, [[key, times]].
// `voices` has the voice of each key 0..127, -1 for none. An Error says what is wrong with the file.
export function beatOf(bytes, voices) {
  const track = readDrums(bytes);
  const stretches = fourFour(track);
  if (stretches.length > MAX_STRETCHES) throw new Error(`changes its metre over ${MAX_STRETCHES} times`);
  const counts = new Map();
  let steps = 0;
  for (const [start, end] of stretches) {
    const codes = quantise(track, start, end, voices);
    steps += codes.length;
    if (steps > MAX_STEPS) throw new Error(`over ${MAX_STEPS} steps of music`);
    for (let at = 0; at < codes.length; at += STEPS) {
      const window = Array.from({ length: STEPS }, (_, i) => codes[at + i] ?? 0);
      if (window.some(Boolean)) counts.set(window.join(), (counts.get(window.join()) ?? 0) + 1);
    }
  }
  if (!counts.size) throw new Error("no drums (channel 10) in 4/4");
  const most = Math.max(...counts.values());
  const [found] = [...counts].find(([, count]) => count === most);
  return { code: found.split(",").map(Number), unknown: unknownKeys(track, voices) };
}

function unknownKeys(track, voices) {
  const counts = new Map();
  for (const [, key] of track.notes) {
    if (voices[key] < 0) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => a[0] - b[0]);
}

// Tick ranges [start, end) in 4/4; no signature at all means 4/4.
function fourFour({ notes, signatures }) {
  const end = notes.length ? notes.at(-1)[0] + 1 : 0;
  const ranges = [];
  let start = 0;
  let metre = "4/4";
  for (const [tick, numerator, denominator] of signatures) {
    const next = `${numerator}/${denominator}`;
    if (next === metre) continue;
    if (metre === "4/4" && tick > start) ranges.push([start, Math.min(tick, end)]);
    [start, metre] = [tick, next];
  }
  if (metre === "4/4" && end > start) ranges.push([start, end]);
  return ranges;
}

// The drums of a tick range on the 16ths that begin at its start: a code for each step. A constant
// shift of all of it is taken out.
function quantise({ ticksPerBeat, notes }, start, end, voices) {
  const hits = notes.filter(([tick, key]) => tick >= start && tick < end && voices[key] >= 0);
  if (!hits.length) return [];
  const places = hits.map(([tick]) => ((tick - start) * STEPS_PER_BEAT) / ticksPerBeat);
  const shift = median(places.map((place) => place - round(place)));
  const steps = places.map((place) => Math.max(round(place - (Math.abs(shift) <= MAX_SHIFT ? shift : 0)), 0));
  const length = steps.reduce((most, step) => Math.max(most, step), 0) + 1;
  if (length > MAX_STEPS) return [];
  const codes = new Array(length).fill(0);
  steps.forEach((step, i) => (codes[step] |= 1 << voices[hits[i][1]]));
  return codes;
}

// To the nearest whole number, halves to the even one, as NumPy does.
function round(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 ? below + 1 : below;
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  return (sorted[Math.floor(half - 0.5)] + sorted[Math.floor(half)]) / 2;
}
