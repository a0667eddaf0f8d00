// Tap tempo: the times of taps in, a tempo out, as in `drumatlas.play.tap`, which gives the reasons.
// Pure.

import { MAX_TEMPO, MIN_TEMPO, TAP_ALIKE, TAP_BEATS, TAP_BOUNCE_NS, TAP_NEAR, TAP_PAUSE_NS } from "./boxtables.js";
import { median, round } from "./numbers.js";

export class TapTempo {
  #taps = []; // the last three, without bounces
  #beats = []; // taps that count: [number of the beat, time]

  // Takes a tap at `now` in ms. Returns the tempo in BPM, or null if the tap says nothing about it.
  tap(now) {
    const at = round(now * 1e6); // in whole nanoseconds, so that the results are exactly the box's
    const gap = this.#taps.length ? at - this.#taps.at(-1) : TAP_PAUSE_NS + 1;
    if (gap < TAP_BOUNCE_NS) return null;
    if (gap > TAP_PAUSE_NS) {
      [this.#taps, this.#beats] = [[at], [[0, at]]];
      return null;
    }
    this.#taps = [...this.#taps, at].slice(-3);
    if (!this.#count(at)) return null;
    let bpm = 60e9 / this.#beat();
    while (bpm > MAX_TEMPO) bpm /= 2;
    while (bpm < MIN_TEMPO) bpm *= 2;
    return bpm;
  }

  // Returns the length of a beat in ns: the median slope of all pairs of beats.
  #beat() {
    const slopes = this.#beats.flatMap(([b, late], i) =>
      this.#beats.slice(0, i).map(([a, early]) => (late - early) / (b - a)));
    return median(slopes);
  }

  // Returns whether the newest tap says something about the tempo.
  #count(at) {
    const [last, lastAt] = this.#beats.at(-1);
    let beats = 1;
    if (this.#beats.length > 1) {
      const beat = this.#beat();
      beats = round((at - lastAt) / beat);
      const isNear = Math.abs(at - lastAt - beats * beat) <= TAP_NEAR * beat;
      if (!(isNear && beats === 1) && this.#isEven()) {
        this.#beats = [...this.#taps.entries()];
        return true;
      }
      if (!isNear || beats === 0) return false;
    }
    this.#beats = [...this.#beats, [last + beats, at]].slice(-TAP_BEATS);
    return true;
  }

  // Returns whether the last taps are an even pace of their own.
  #isEven() {
    const gaps = this.#taps.slice(1).map((at, i) => at - this.#taps[i]);
    return gaps.length === 2 && Math.max(...gaps) <= TAP_ALIKE * Math.min(...gaps);
  }
}
