// Recognises a drum kit by its keys and by which of them sound together, as in
// `drumatlas.beat.smf.kit`, which gives the reasons. Pure.

import { keyOf, tickOf } from "./smfnotes.js";
import { CRASHES, HATS, KICKS, LIKELY, MOST_KICKS_WITH_SNARE, REST, SNARES, STEPS_PER_BEAT, SURE } from "./smftables.js";
import { round } from "./numbers.js";

// Returns whether packed notes are certainly a drum kit.
export function isKit(packed, division) {
  return passes(packed, division, SURE);
}

// Returns whether packed notes are a drum kit if their track's name says so, too.
export function mayBeKit(packed, division) {
  return passes(packed, division, LIKELY);
}

function passes(packed, division, least) {
  if (packed.length < least.notes) return false;
  const notes = packed.map((note) => [round((tickOf(note) * STEPS_PER_BEAT) / division), keyOf(note)]);
  const on = (...keys) => notes.filter(([, key]) => keys.includes(key));
  const [kicks, snares, hats, rest] = [KICKS, SNARES, HATS, REST].map((keys) => on(...keys));
  if (!(kicks.length && snares.length && hats.length)) return false;
  const share = (some) => some.length / notes.length;
  const [hatSteps, snareSteps] = [on(...HATS, ...CRASHES), snares].map(stepsOf);
  const oneHat = [...stepsOf(on(mostFrequent(hats)))].sort((a, b) => a - b);
  const gaps = oneHat.slice(1).map((step, i) => step - oneHat[i]);
  return (
    (kicks.length + snares.length + hats.length + rest.length) / notes.length >= least.kit
    && share(kicks) >= least.kicks
    && share(snares) >= least.snares
    && share(hats) >= least.hats
    && shareWith(stepsOf(kicks), hatSteps) >= least.kicks_with_hat
    && shareWith(snareSteps, hatSteps) >= least.snares_with_hat
    && shareWith(stepsOf(kicks), snareSteps) <= MOST_KICKS_WITH_SNARE
    && shareOfMost(snares.map(([, key]) => key)) >= least.one_snare
    && shareOfMost(hats.map(([, key]) => key)) >= least.one_hat
    && shareOfMost(gaps) >= least.steady_hat
  );
}

function stepsOf(notes) {
  return new Set(notes.map(([step]) => step));
}

function countsOf(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

// Returns the most frequent key; the lowest if several are equal.
function mostFrequent(notes) {
  const counts = [...countsOf(notes.map(([, key]) => key))];
  return counts.sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0];
}

function shareOfMost(values) {
  if (!values.length) return 0;
  return Math.max(...countsOf(values).values()) / values.length;
}

function shareWith(steps, others) {
  return [...steps].filter((step) => others.has(step)).length / steps.size;
}
