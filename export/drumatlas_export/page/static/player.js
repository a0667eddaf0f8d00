// The transport: schedules hits ahead of time. Times are arguments, in milliseconds of
// performance.now(). It does not depend on the map.

import { BPM, PPQN, STEPS, STEPS_PER_BAR, STEP_TICKS, SWING_MOST } from "./boxtables.js";

const AHEAD_MS = 250; // longer than the timer of a busy page is late

export class Player {
  playing = false;
  bpm = BPM;
  swing = 0;
  mutes = new Set();
  next = []; // [step, voice, velocity] of each hit of the beat that plays from the next bar line on
  #hit;
  #onBar;
  #cells = [];
  #switches = []; // {step, cells}: the beat heard from that step on
  #fill = null; // beat that plays until the next bar line
  #step = 0; // first step that is not scheduled yet
  #from = { tick: 0, at: 0 };

  // hit(at, voice, velocity) plays a hit; onBar(bar) is called before a bar is scheduled.
  constructor(hit, onBar) {
    this.#hit = hit;
    this.#onBar = onBar;
  }

  get tickMs() {
    return 60000 / (this.bpm * PPQN);
  }

  // The bar being scheduled, counted from Start; null while the transport is stopped.
  get bar() {
    return this.playing ? Math.floor(Math.max(this.#step - 1, 0) / STEPS_PER_BAR) : null;
  }

  // The transport's state, for `stepAt` of clock.js.
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

  // Returns the time of a step, without swing.
  due(step) {
    return this.#from.at + (step * STEP_TICKS - this.#from.tick) * this.tickMs;
  }

  setTempo(bpm) {
    this.#from = { tick: this.#step * STEP_TICKS, at: this.due(this.#step) };
    this.bpm = bpm;
  }

  fill(cells) {
    this.#fill = cells;
    this.#switch(this.#step, cells);
  }

  // Schedules all hits until AHEAD_MS after `now`.
  pump(now) {
    while (this.playing && this.due(this.#step) < now + AHEAD_MS) {
      if (this.#step % STEPS_PER_BAR === 0) this.#bar();
      const late = this.#step % 2 ? this.swing * SWING_MOST * STEP_TICKS * this.tickMs : 0;
      const at = this.due(this.#step) + late;
      for (const [step, voice, velocity] of this.#fill ?? this.#cells) {
        if (step === this.#step % STEPS && !this.mutes.has(voice)) this.#hit(at, voice, velocity);
      }
      this.#step++;
    }
  }

  #bar() {
    this.#onBar(this.#step / STEPS_PER_BAR);
    this.#fill = null;
    this.#cells = this.next;
    this.#switch(this.#step, this.#cells);
  }

  #switch(step, cells) {
    this.#switches = [...this.#switches, { step, cells }].slice(-8);
  }

  // Returns the beat heard at a step or, while the transport is stopped, the next one.
  heard(step) {
    if (!this.playing) return this.next;
    return this.#switches.findLast((one) => one.step <= Math.floor(step))?.cells ?? this.next;
  }
}
