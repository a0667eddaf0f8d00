// The clocks of the box and of the sound card. Pure: times are arguments, in milliseconds.

const MAX_ANSWERS = 24; // answers to keep: half a minute at one a second

// Estimates the offset of the box's clock from pings. The fastest of the last answers is used,
// because delay also makes an answer asymmetric (Cristian, "Probabilistic clock synchronization",
// Distributed Computing 3, 1989).
export class RemoteClock {
  #answers = [];
  offset = 0; // the box's time - ours

  // Adds a ping sent at `sent`, answered with the box's time `theirs` and returned at `received`.
  answer(sent, theirs, received) {
    const trip = received - sent;
    this.#answers.push({ trip, offset: theirs - (sent + received) / 2 });
    if (this.#answers.length > MAX_ANSWERS) this.#answers.shift();
    const best = this.#answers.reduce((a, b) => (b.trip < a.trip ? b : a));
    this.offset = best.offset;
  }

  get isKnown() {
    return this.#answers.length > 0;
  }

  get trip() {
    return this.#answers.length ? Math.min(...this.#answers.map((one) => one.trip)) : Infinity;
  }

  forget() {
    this.#answers = [];
  }

  // Converts our time to the box's.
  theirs(now) {
    return now + this.offset;
  }

  // Converts the box's time to ours.
  ours(at) {
    return at - this.offset;
  }
}

const STEP_TICKS = 6; // MIDI clocks per 16th
export const STEPS = 32;
export const BAR_STEPS = 16;

// Returns the number of 16ths since Start at `now` (the box's time), with fractions. `run` is the
// transport's last state.
export function stepAt(run, now) {
  const since = run.playing ? (now - run.at) / run.tickMs : 0;
  return Math.max(run.tick + since, 0) / STEP_TICKS;
}

const SAMPLES = 100; // five seconds
const JUMP = 0.03; // seconds; a larger change means that the sound was interrupted

// Estimates the offset of an AudioContext's clock (seconds) from ours (milliseconds). One reading
// is off by up to a buffer, so the median of the last ones is used.
export class SoundClock {
  #offsets = [];
  #offset = null; // the context's time at our 0, in seconds

  // Adds a reading: the context's time was `seconds` at our `now`.
  sync(seconds, now) {
    const offset = seconds - now / 1000;
    if (this.#offset !== null && Math.abs(offset - this.#offset) > JUMP) this.#offsets = [];
    this.#offsets.push(offset);
    if (this.#offsets.length > SAMPLES) this.#offsets.shift();
    const sorted = [...this.#offsets].sort((a, b) => a - b);
    this.#offset = sorted[sorted.length >> 1];
  }

  // Converts our time to the context's, in seconds.
  at(at) {
    return at / 1000 + (this.#offset ?? 0);
  }

  get isKnown() {
    return this.#offset !== null;
  }
}
