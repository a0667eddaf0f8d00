// The page's own sound: schedules hits ahead of time. It does not depend on the box. Times are in
// milliseconds of performance.now().

import { SoundClock } from "./clock.js";
import { renderDrums } from "./synth.js";

const [CLOSED_HAT, OPEN_HAT] = [2, 5];
const SYNC_MS = 50; // between two readings of the sound card's clock
const HEADROOM = 0.02; // seconds of extra delay once a hit has come too late
const MAX_DELAY = 0.4; // seconds by which all hits may be delayed
const WARM_UP = 2; // seconds after the start in which the delay is adjusted at once
const REPEATED = [3, 5]; // late hits within seconds that are more than a hiccup
const BRIGHT = 90; // hits with a lower velocity are also duller

export class Sound {
  isOn = false;
  level = 0.8;
  #context = null;
  #drums = null;
  #out = null;
  #clock = new SoundClock();
  #syncTimer = 0;
  #delay = 0; // seconds
  #began = 0; // the context's time at the start
  #late = []; // the context's times at which hits came too late
  #coming = new Set(); // {source, start} of hits that have not ended
  #openHats = [];

  // Must be called from a click: browsers do not let a page start sound by itself.
  async start() {
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    await this.#context.resume();
    if (!this.#drums) {
      this.#drums = await renderDrums();
      const press = this.#context.createDynamicsCompressor();
      [press.threshold.value, press.ratio.value, press.attack.value] = [-14, 4, 0.004];
      this.#out = this.#context.createGain();
      this.#out.connect(press).connect(this.#context.destination);
    }
    this.setLevel(this.level);
    this.#delay = 0;
    this.#began = this.#context.currentTime;
    this.#late = [];
    clearInterval(this.#syncTimer);
    this.#syncTimer = setInterval(() => this.#sync(), SYNC_MS);
    this.#sync();
    this.isOn = true;
  }

  stop() {
    this.isOn = false;
    this.cut(-Infinity);
    clearInterval(this.#syncTimer);
    this.#context?.suspend();
  }

  setLevel(level) {
    this.level = level;
    this.#out?.gain.setTargetAtTime(level * level, this.#context.currentTime, 0.01);
  }

  // Plays a voice (bit) with velocity 1..127 at time `at`.
  hit(at, bit, velocity) {
    if (!this.isOn || !this.#clock.isKnown) return;
    const now = this.#context.currentTime;
    let start = this.#clock.at(at) + this.#delay;
    if (start < now) {
      this.#fellBehind(now - start, now);
      start = this.#clock.at(at) + this.#delay;
    }
    if (start < now) return; // a missing hit is less noticeable than one off the beat
    this.#play(start, bit, velocity / 127);
  }

  // Handles a hit that came too late. At the start, or if it happens repeatedly, all later hits are
  // delayed by the same time, so the groove stays intact. A single hiccup changes nothing.
  #fellBehind(late, now) {
    const [times, seconds] = REPEATED;
    this.#late = [...this.#late.filter((then) => now - then < seconds && then !== now), now];
    const isHiccup = now - this.#began > WARM_UP && this.#late.length < times;
    if (!isHiccup) this.#delay = Math.min(this.#delay + late + HEADROOM, MAX_DELAY);
  }

  // Cancels all hits that start after time `at`.
  cut(at) {
    const from = at === -Infinity ? at : this.#clock.at(at) + this.#delay;
    for (const one of this.#coming) {
      if (one.start <= from) continue;
      one.source.stop();
      this.#coming.delete(one);
    }
  }

  #play(start, bit, loud) {
    const source = this.#context.createBufferSource();
    source.buffer = this.#drums[bit];
    const gain = this.#context.createGain();
    gain.gain.value = loud ** 1.6;
    if (127 * loud < BRIGHT) {
      const filter = this.#context.createBiquadFilter();
      [filter.type, filter.frequency.value] = ["lowpass", 1500 + 14000 * loud];
      source.connect(filter).connect(gain).connect(this.#out);
    } else {
      source.connect(gain).connect(this.#out);
    }
    if (bit === CLOSED_HAT || bit === OPEN_HAT) this.#choke(start);
    if (bit === OPEN_HAT) this.#openHats.push(gain);
    source.start(start);
    const one = { source, start };
    this.#coming.add(one);
    source.onended = () => {
      this.#coming.delete(one);
      this.#openHats = this.#openHats.filter((open) => open !== gain);
    };
  }

  // A closed hat ends an open one.
  #choke(start) {
    for (const gain of this.#openHats) gain.gain.setTargetAtTime(0, start, 0.012);
  }

  #sync() {
    const context = this.#context;
    // The output timestamp includes the sound card's latency: it is the time of what is heard now.
    const stamp = context.getOutputTimestamp?.();
    if (stamp?.performanceTime > 0 && stamp.contextTime > 0) {
      this.#clock.sync(stamp.contextTime, stamp.performanceTime);
    } else {
      this.#clock.sync(context.currentTime - (context.outputLatency || 0), performance.now());
    }
  }
}
