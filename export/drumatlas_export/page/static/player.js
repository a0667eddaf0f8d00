// The transport: gives hits to the sound before they are due. Times are arguments, in milliseconds
// of performance.now(). Knows nothing of the map.

import { BAR_STEPS, STEPS } from "./clock.js";

const AHEAD_MS = 250; // longer than the timers of a busy page are late
const STEP_TICKS = 6; // MIDI clocks per 16th
const SWING_MOST = 0.5; // of a 16th: delay of the off 16ths at full swing
const TAPS = 5;
const TAP_PAUSE_MS = 2000;

export class Player {
  playing = false;
  bpm = 120;
  swing = 0;
  mutes = new Set();
  next = []; // [step, voice, velocity] of each hit: the beat from the next bar line on
  #hit;
  #onBar;
  #plays = [];
  #switches = []; // {step, cells}: the beats heard, and the step from which each is heard
  #fill = null; // until the next bar line
  #step = 0; // the first step that has not been given to the sound
  #from = { tick: 0, at: 0 };
  #taps = [];

  // hit(at, voice, velocity) plays a note; onBar(bar) is called before a bar is given to the sound.
  constructor(hit, onBar) {
    this.#hit = hit;
    this.#onBar = onBar;
  }

  get tickMs() {
    return 60000 / (this.bpm * 24);
  }

  // The bar, counted from Start, that is being given to the sound; null while stopped.
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

  // Registers a tap; returns the tempo of the last taps, or null.
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

  // Gives the sound all hits that are due until AHEAD_MS after `now`.
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

  // Returns the beat heard at a step or, while stopped, the one to be heard.
  heard(step) {
    if (!this.playing) return this.next;
    return this.#switches.findLast((one) => one.step <= Math.floor(step))?.cells ?? this.next;
  }
}
