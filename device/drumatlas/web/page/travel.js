// Ways over the map: the trail one leaves, and a drawn path that is followed bar by bar. Pure.

const TRAIL = 48; // places
const APART = 0.004; // of the map; nearer is the same place

export class Trail {
  places = []; // [x, y], the newest last

  add(x, y) {
    const last = this.places.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < APART) return false;
    this.places.push([x, y]);
    if (this.places.length > TRAIL) this.places.shift();
    return true;
  }
}

const STOP = 0.05; // of the map between two stops, at most
const FEWEST = 2;
const MOST = 64;

// A line of [x, y] as stops that lie evenly along it.
export function stopsAlong(line) {
  const lengths = [0];
  for (let i = 1; i < line.length; i++) {
    const step = Math.hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]);
    lengths.push(lengths[i - 1] + step);
  }
  const length = lengths.at(-1) ?? 0;
  if (line.length < 2 || length < APART) return [];
  const count = Math.min(Math.max(Math.ceil(length / STOP) + 1, FEWEST), MOST);
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

// Follows stops there and back, one a bar.
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

  // The stop to go to when `bar` has begun, or null if it had before.
  at(bar) {
    if (bar === this.#bar) return null;
    if (this.#bar !== null) this.#count++;
    this.#bar = bar;
    return this.stops[this.index];
  }
}
