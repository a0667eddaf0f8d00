// The transport: what is due, given to the sound ahead of its time. Times are arguments, in
// milliseconds of performance.now(). Knows nothing of the map.

import { BAR_STEPS, STEPS } from "./clock.js";

const AHEAD_MS = 250; // more than a timer of a busy page is late
const STEP_TICKS = 6; // MIDI clocks a 16th
const SWING_MOST = 0.5; // of a 16th, by which the off 16ths are late at full swing
const TAPS = 5;
const TAP_PAUSE_MS = 2000;

export class Player {
  playing = false;
  bpm = 120;
  swing = 0;
  mutes = new Set();
  next = []; // [step, voice, velocity] of each hit: taken at the next bar line
  #hit;
  #onBar;
  #plays = [];
  #switches = []; // {step, cells}: what has been heard since which step
  #fill = null; // until the next bar line
  #step = 0; // the first that is not given to the sound yet
  #from = { tick: 0, at: 0 };
  #taps = [];

  // hit(at, voice, velocity) plays; onBar(bar) is told when a bar is about to be given.
  constructor(hit, onBar) {
    this.#hit = hit;
    this.#onBar = onBar;
  }

  get tickMs() {
    return 60000 / (this.bpm * 24);
  }

  // The bar, counted from Start, that is being given to the sound; null while nothing plays.
  get bar() {
    return this.playing ? Math.floor(Math.max(this.#step - 1, 0) / BAR_STEPS) : null;
  }

  // For `stepAt` of clock.js.
  get run() {
    return { ...this.#from, tickMs: this.tickMs, playing: this.playing, following: false, bpm: this.bpm };
  }

  start(at) {
    this.playing = true;
    this.#step = 0;
    this.#switches = [];
    this.#fill = null;
    this.#from = { tick: 0, at };
  }

  stop() {
    this.playing = false;
    this.#from = { tick: 0, at: 0 };
  }

  // When a step is due, without swing.
  due(step) {
    return this.#from.at + (step * STEP_TICKS - this.#from.tick) * this.tickMs;
  }

  setTempo(bpm) {
    this.#from = { tick: this.#step * STEP_TICKS, at: this.due(this.#step) };
    this.bpm = bpm;
  }

  // A tap: the tempo that the last ones have, or null.
  tap(now) {
    if (now - (this.#taps.at(-1) ?? -Infinity) > TAP_PAUSE_MS) this.#taps = [];
    this.#taps = [...this.#taps, now].slice(-TAPS);
    const gaps = this.#taps.slice(1).map((at, i) => at - this.#taps[i]).sort((a, b) => a - b);
    return gaps.length ? 60000 / gaps[gaps.length >> 1] : null;
  }

  fill(cells) {
    this.#fill = cells;
    this.#switch(this.#step, cells);
  }

  // Give the sound all that is due until AHEAD_MS after `now`.
  pump(now) {
    while (this.playing && this.due(this.#step) < now + AHEAD_MS) {
      if (this.#step % BAR_STEPS === 0) this.#bar();
      const late = this.#step % 2 ? this.swing * SWING_MOST * STEP_TICKS * this.tickMs : 0;
      const at = this.due(this.#step) + late;
      for (const [step, voice, velocity] of this.#fill ?? this.#plays) {
        if (step === this.#step % STEPS && !this.mutes.has(voice)) this.#hit(at, voice, velocity);
      }
      this.#step++;
    }
  }

  #bar() {
    this.#onBar(this.#step / BAR_STEPS);
    this.#fill = null;
    this.#plays = this.next;
    this.#switch(this.#step, this.#plays);
  }

  #switch(step, cells) {
    this.#switches = [...this.#switches, { step, cells }].slice(-8);
  }

  // What is heard at a step; what will be where nothing plays.
  heard(step) {
    if (!this.playing) return this.next;
    return this.#switches.findLast((one) => one.step <= Math.floor(step))?.cells ?? this.next;
  }
}
