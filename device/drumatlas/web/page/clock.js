// What time it is on the box. Pure: times come in as arguments, all in milliseconds.

const KEPT = 24; // answers that count; at one a second, half a minute

// The box's clock against ours, from pings: of the last answers the quickest is trusted, since
// what makes one slow makes it lopsided, too (Cristian, "Probabilistic clock synchronization",
// Distributed Computing 3, 1989).
export class RemoteClock {
  #answers = [];
  offset = 0; // theirs - ours

  // A ping that left at `sent` was answered with `theirs` and is back at `received`.
  answer(sent, theirs, received) {
    const trip = received - sent;
    this.#answers.push({ trip, offset: theirs - (sent + received) / 2 });
    if (this.#answers.length > KEPT) this.#answers.shift();
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

  // Their time at our `now`.
  theirs(now) {
    return now + this.offset;
  }

  // Our time when theirs is `at`.
  ours(at) {
    return at - this.offset;
  }
}

const STEP_TICKS = 6; // MIDI clocks a 16th
export const STEPS = 32;
export const BAR_STEPS = 16;

// Where the music is at `now` (the box's time): 16ths since Start, with fractions. `run` is what
// the box said last.
export function stepAt(run, now) {
  const since = run.playing ? (now - run.at) / run.tickMs : 0;
  return Math.max(run.tick + since, 0) / STEP_TICKS;
}

const SAMPLES = 100; // five seconds
const JUMP = 0.03; // seconds; farther than that, the sound was held up and begins anew

// The sound card's clock against ours: seconds of an AudioContext to our milliseconds. Each look
// at it is off by up to a buffer, so the middle of the last ones counts.
export class SoundClock {
  #offsets = [];
  #offset = null; // seconds of the context at our 0

  // The context is at `seconds` when ours is `now`.
  look(seconds, now) {
    const offset = seconds - now / 1000;
    if (this.#offset !== null && Math.abs(offset - this.#offset) > JUMP) this.#offsets = [];
    this.#offsets.push(offset);
    if (this.#offsets.length > SAMPLES) this.#offsets.shift();
    const sorted = [...this.#offsets].sort((a, b) => a - b);
    this.#offset = sorted[sorted.length >> 1];
  }

  // Seconds of the context at our time `at`.
  at(at) {
    return at / 1000 + (this.#offset ?? 0);
  }

  get isKnown() {
    return this.#offset !== null;
  }
}
