// The page's own sound: hits by the time at which they are due, given ahead of it. Knows nothing
// of the box; times are ours, in milliseconds of performance.now().

import { SoundClock } from "./clock.js";
import { renderDrums } from "./synth.js";

const [CLOSED_HAT, OPEN_HAT] = [2, 5];
const LOOK_MS = 50; // between two looks at the sound card's clock
const HEADROOM = 0.02; // seconds that a hit should be given ahead, once one came too late
const MOST_DELAY = 0.4; // by which all is late, where hits come in too late
const WARM = 2; // seconds at the beginning in which the delay is found
const OFTEN = [3, 5]; // late so many times within so many seconds is no hiccup any more
const CALM = 90; // softer hits are duller, too

export class Sound {
  isOn = false;
  level = 0.8;
  #context = null;
  #drums = null;
  #out = null;
  #clock = new SoundClock();
  #looking = 0;
  #delay = 0; // seconds
  #began = 0; // of the context
  #late = []; // when hits came too late, in seconds of the context
  #coming = new Set(); // {source, start} not yet begun
  #openHats = [];

  // Must be called from a click: browsers let no page sound by itself.
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
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
    this.isOn = true;
  }

  stop() {
    this.isOn = false;
    this.cut(-Infinity);
    clearInterval(this.#looking);
    this.#context?.suspend();
  }

  setLevel(level) {
    this.level = level;
    this.#out?.gain.setTargetAtTime(level * level, this.#context.currentTime, 0.01);
  }

  // A hit of a voice (bit) with velocity 1..127 at our time `at`.
  hit(at, bit, velocity) {
    if (!this.isOn || !this.#clock.isKnown) return;
    const now = this.#context.currentTime;
    let start = this.#clock.at(at) + this.#delay;
    if (start < now) {
      this.#fellBehind(now - start, now);
      start = this.#clock.at(at) + this.#delay;
    }
    if (start < now) return; // one hit less is heard less than one beside the beat
    this.#play(start, bit, velocity / 127);
  }

  // A hit came too late. At the beginning, or where that happens again and again, all that follows
  // comes later by as much: the groove stays whole. A hiccup moves nothing.
  #fellBehind(late, now) {
    const [times, seconds] = OFTEN;
    this.#late = [...this.#late.filter((then) => now - then < seconds && then !== now), now];
    const isHiccup = now - this.#began > WARM && this.#late.length < times;
    if (!isHiccup) this.#delay = Math.min(this.#delay + late + HEADROOM, MOST_DELAY);
  }

  // What is to begin after our time `at` is taken back.
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
    if (127 * loud < CALM) {
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

  // A hat that closes ends one that is open.
  #choke(start) {
    for (const gain of this.#openHats) gain.gain.setTargetAtTime(0, start, 0.012);
  }

  #look() {
    const context = this.#context;
    // What is heard now, not what is reckoned now: the card's own delay is in it.
    const stamp = context.getOutputTimestamp?.();
    if (stamp?.performanceTime > 0 && stamp.contextTime > 0) {
      this.#clock.look(stamp.contextTime, stamp.performanceTime);
    } else {
      this.#clock.look(context.currentTime - (context.outputLatency || 0), performance.now());
    }
  }
}
