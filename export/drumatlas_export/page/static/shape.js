// Turns probabilities into hits and velocities, as in `drumatlas.explore.density` and `.velocity`,
// which give the reasons. Pure.

import { BACKBEAT, BY_CERTAINTY, BY_METRE, CERTAINTY_SPREAD, DENSE_LOGITS, MAX_HITS, MAX_SHARE, MAX_TIMES_NATURAL } from "./boxtables.js";
import { MIN_ENTROPY, MIN_HITS, MIN_P, MIN_SHARE, MIN_VELOCITY, SPARSE_LOGITS, STEPS } from "./boxtables.js";
import { STEPS_PER_BAR, VELOCITIES, VOICES, WEIGHT_OF_STEP } from "./boxtables.js";
import { entropy } from "./filter.js";

const clip = (value, low, high) => Math.min(Math.max(value, low), high);

// Rounds to the nearest integer, halves to the even one, as Python and NumPy do.
export function round(value) {
  const low = Math.floor(value);
  const over = value - low;
  return over < 0.5 || (over === 0.5 && low % 2 === 0) ? low : low + 1;
}

function logit(p) {
  const clipped = clip(p, MIN_P, 1 - MIN_P);
  return Math.log(clipped / (1 - clipped));
}

function shifted(natural, offset) {
  if (offset === 0) return natural;
  return Math.fround(clip(1 / (1 + Math.exp(-logit(natural) - offset)), MIN_P, 1 - MIN_P));
}

// The next two use plain loops: a search calls them about a hundred times.

// Returns the 32 step codes of hits.
export function pack(hits) {
  const code = new Uint16Array(STEPS);
  for (let step = 0, cell = 0; step < STEPS; step++) {
    for (let voice = 0; voice < VOICES; voice++, cell++) code[step] |= hits[cell] << voice;
  }
  return code;
}

export function above(p, thresholds) {
  const hits = new Uint8Array(p.length);
  for (let cell = 0; cell < hits.length; ) {
    for (let voice = 0; voice < VOICES; voice++, cell++) hits[cell] = p[cell] > thresholds[voice] ? 1 : 0;
  }
  return hits;
}

// Returns {hits, thresholds} of probabilities at a density {overall, groups}; `groupOf` is the
// index of each voice's group.
export function shaped(p, natural, density, groupOf) {
  const thresholds = natural.map((value, voice) => {
    const offset = 0.5 - density.groups[groupOf[voice]];
    return shifted(value, 2 * (offset > 0 ? SPARSE_LOGITS : DENSE_LOGITS) * offset);
  });
  const plain = { hits: above(p, thresholds), thresholds };
  if (density.overall === 0.5) return plain;
  const limits = Array.from(thresholds, logit);
  const margin = Array.from(p, (value, cell) => logit(value) - limits[cell % VOICES]);
  const cells = margin.map((_, cell) => cell).sort((a, b) => margin[b] - margin[a]);
  const ranked = cells.map((cell) => margin[cell]);
  const wanted = wantedHits(ranked, cells, density.overall);
  const count = round(wanted);
  if (!(count > 0 && count < ranked.length)) return plain;
  const share = clip(wanted - count + 0.5, MIN_SHARE, MAX_SHARE);
  const level = ranked[count - 1] + (ranked[count] - ranked[count - 1]) * share;
  return {
    hits: Uint8Array.from(margin, (value) => value > level),
    thresholds: thresholds.map((value) => shifted(value, level)),
  };
}

function wantedHits(ranked, cells, overall) {
  const over = (limit) => {
    const at = ranked.findIndex((value) => value <= limit);
    return at < 0 ? ranked.length : at;
  };
  const natural = over(0);
  const share = Math.abs(2 * overall - 1);
  const between = (end) => natural ** (1 - share) * end ** share;
  if (overall > 0.5) {
    const end = Math.min(over(-DENSE_LOGITS), MAX_HITS, MAX_TIMES_NATURAL * natural);
    return natural ? between(Math.max(end, natural)) : 0;
  }
  const lively = livelyNumbers(cells.slice(0, natural));
  if (!lively.length) return natural;
  const wanted = between(Math.max(over(SPARSE_LOGITS), lively[0]));
  const enough = lively.find((number) => number >= round(wanted)) ?? lively.at(-1);
  return enough === round(wanted) ? wanted : enough;
}

function livelyNumbers(cells) {
  const code = new Uint16Array(STEPS);
  const numbers = [];
  cells.forEach((cell, i) => {
    code[Math.floor(cell / VOICES)] |= 1 << (cell % VOICES);
    if (i + 1 >= MIN_HITS && entropy(code) >= MIN_ENTROPY) numbers.push(i + 1);
  });
  return numbers;
}

// Returns the velocity of each cell, 0 where there is no hit. `snare` is the voice of the backbeat.
// `groove(hits)` returns players' velocities by cell; it is null if the atlas has no groove.
export function velocities(p, hits, thresholds, accent, snare, groove = null) {
  const played = groove?.(hits);
  const loud = Array.from(hits, (isHit, cell) => {
    if (!isHit) return 0;
    const [step, voice] = [Math.floor(cell / VOICES), cell % VOICES];
    const limit = thresholds[voice];
    const sure = clip(Math.fround(Math.fround(p[cell] - limit) / Math.fround(1 - limit)), 0, 1);
    if (played) return round(clip(played[cell] + CERTAINTY_SPREAD * (sure - 0.5), 1, 127));
    const weight = voice === snare && BACKBEAT.includes(step % STEPS_PER_BAR) ? 1 : WEIGHT_OF_STEP[step % STEPS_PER_BAR];
    const byMetre = Math.fround(MIN_VELOCITY + Math.fround(BY_METRE * Math.fround(weight)));
    return round(Math.fround(byMetre + Math.fround(BY_CERTAINTY * sure)));
  });
  return accent === 0.5 ? loud : spread(loud, 2 * accent);
}

function spread(loud, times) {
  const count = Math.max(loud.filter(Boolean).length, 1);
  const mean = logit(loud.reduce((sum, value) => sum + value, 0) / count / VELOCITIES);
  return loud.map((value) => {
    if (!value) return 0;
    const away = logit(value / VELOCITIES) - mean;
    return clip(round(VELOCITIES / (1 + Math.exp(-mean - times * away))), 1, 127);
  });
}
