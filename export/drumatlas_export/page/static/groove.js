// Velocities as players play them, as in `drumatlas.explore.groove`, which gives the reasons. Pure.

const [STEPS, BAR, VOICES] = [32, 16, 14];
const LAGS = [1, -1, 2, -2];

// Returns a function from a beat's hits [32 * 14] to the velocity of each cell at certainty 0.5.
// `cues` are the voices whose hits on the same step matter.
export function grooveOf({ loud, near }, cues) {
  return (hits) => {
    const at = (step, voice) => (hits[((step + STEPS) % STEPS) * VOICES + voice] ? 1 : 0);
    const inBar = (bar, voice) => sum(BAR, (step) => at(bar * BAR + step, voice)) / BAR;
    const own = [0, 1].map((bar) => Array.from({ length: VOICES }, (_, voice) => inBar(bar, voice)));
    const busy = own.map((voices) => sum(VOICES, (voice) => voices[voice]) / 2);
    return Array.from(hits, (_, cell) => {
      const [step, voice] = [Math.floor(cell / VOICES), cell % VOICES];
      const bar = Math.floor(step / BAR);
      const around = [
        ...LAGS.map((lag) => at(step - lag, voice)),
        ...cues.map((cue) => at(step, cue)),
        sum(VOICES, (other) => at(step, other)) / 4,
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
