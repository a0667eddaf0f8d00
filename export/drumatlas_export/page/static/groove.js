// Velocities as players play them, as in `drumatlas.explore.groove`, which gives the reasons. Pure.

import { BUSY_VOICES, CUES, LAGS, MAX_VOICES, STEPS, STEPS_PER_BAR as BAR, VOICES } from "./boxtables.js";

// Returns a function from a beat's hits [32 * 14] to the velocity of each cell at certainty 0.5.
export function grooveOf({ loud, near }) {
  return (hits) => {
    const at = (step, voice) => (hits[((step + STEPS) % STEPS) * VOICES + voice] ? 1 : 0);
    const inBar = (bar, voice) => sum(BAR, (step) => at(bar * BAR + step, voice)) / BAR;
    const own = Array.from({ length: STEPS / BAR }, (_, bar) => Array.from({ length: VOICES }, (_, voice) => inBar(bar, voice)));
    const busy = own.map((voices) => sum(VOICES, (voice) => voices[voice]) / BUSY_VOICES);
    return Array.from(hits, (_, cell) => {
      const [step, voice] = [Math.floor(cell / VOICES), cell % VOICES];
      const bar = Math.floor(step / BAR);
      const around = [
        ...LAGS.map((lag) => at(step - lag, voice)),
        ...CUES.map((cue) => at(step, cue)),
        sum(VOICES, (other) => at(step, other)) / MAX_VOICES,
        own[bar][voice],
        busy[bar],
      ];
      const more = around.reduce((total, value, k) => total + value * near[k * VOICES + voice], 0);
      return loud[(step % BAR) * VOICES + voice] + more;
    });
  };
}

function sum(count, value) {
  let total = 0;
  for (let i = 0; i < count; i++) total += value(i);
  return total;
}
