// The trail of visited places, and a drawn path that is followed bar by bar. Pure.

const TRAIL = 48; // places
const MIN_DISTANCE = 0.004; // map widths; closer places count as one

export class Trail {
  places = []; // [x, y], the newest last

  add(x, y) {
    const last = this.places.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < MIN_DISTANCE) return false;
    this.places.push([x, y]);
    if (this.places.length > TRAIL) this.places.shift();
    return true;
  }
}

const STOP_SPACING = 0.05; // map widths between two stops, at most
const MIN_STOPS = 2;
const MAX_STOPS = 64;

// Returns evenly spaced stops along a line of [x, y].
export function stopsAlong(line) {
  const lengths = [0];
  for (let i = 1; i < line.length; i++) {
    const step = Math.hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]);
    lengths.push(lengths[i - 1] + step);
  }
  const length = lengths.at(-1) ?? 0;
  if (line.length < 2 || length < MIN_DISTANCE) return [];
  const count = Math.min(Math.max(Math.ceil(length / STOP_SPACING) + 1, MIN_STOPS), MAX_STOPS);
  const stops = [];
  let i = 1;
  for (let k = 0; k < count; k++) {
    const wanted = (length * k) / (count - 1);
    while (i < line.length - 1 && lengths[i] < wanted) i++;
    const span = lengths[i] - lengths[i - 1] || 1;
    const share = Math.min(Math.max((wanted - lengths[i - 1]) / span, 0), 1);
    stops.push([0, 1].map((axis) => line[i - 1][axis] + share * (line[i][axis] - line[i - 1][axis])));
  }
  return stops;
}

// Follows stops there and back, one per bar.
export class Path {
  #bar = null;
  #count = 0;

  constructor(stops) {
    this.stops = stops;
  }

  get index() {
    const around = 2 * (this.stops.length - 1);
    const at = this.#count % around;
    return at < this.stops.length ? at : around - at;
  }

  // Returns the next stop if `bar` is new, else null.
  at(bar) {
    if (bar === this.#bar) return null;
    if (this.#bar !== null) this.#count++;
    this.#bar = bar;
    return this.stops[this.index];
  }
}
