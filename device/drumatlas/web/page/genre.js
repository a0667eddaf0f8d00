// The genre of a place, by the votes of labelled places, as in `drumatlas.explore.genre`. Pure.

// Returns the number of the cell, 0..side - 1, in which `value`, 0..1, lies.
function cellAt(value, side) {
  return Math.min(Math.max(Math.floor(value * side), 0), side - 1);
}

// Returns z [4] at x, y on the map, 0..1 each, as in `drumatlas.explore.latent`: kernel regression
// over all points. `atlas` has centre [4], points (with z), the kernel's `blend` and perhaps labels.
export function mapToLatent({ points, centre, blend, labels }, xAsked, yAsked) {
  if (!points.n) return Float32Array.from(centre);
  // All places in a cell are one, so that each has the genre in whose colour the cell is painted.
  const middle = (value) => (cellAt(value, blend.cells) + 0.5) / blend.cells;
  const [x, y] = labels ? [middle(xAsked), middle(yAsked)] : [xAsked, yAsked];
  const sums = [0, 0, 0, 0];
  let all = 0;
  for (let i = 0; i < points.n; i++) {
    const distance = (points.x[i] - x) ** 2 + (points.y[i] - y) ** 2;
    const weight = (1 + distance / (blend.blur * blend.blur)) ** -blend.power;
    all += weight;
    for (let axis = 0; axis < 4; axis++) sums[axis] += weight * points.z[4 * i + axis];
  }
  return Float32Array.from(sums, (sum) => sum / all);
}

// Returns the index of each genre's family.
export function familyOfGenres({ genres, families }) {
  const found = new Uint8Array(genres.length);
  families.forEach((family, index) => family.genres.forEach((genre) => (found[genre] = index)));
  return found;
}

// Names the genre of any place. `atlas` has reach [4], genres, families and labels.
export class GenreVotes {
  familyOf;
  #atlas;

  constructor(atlas) {
    this.#atlas = atlas;
    this.familyOf = familyOfGenres(atlas);
  }

  // Returns {index, family, confidence} at z: indices of the genre and its family, and the family's
  // share of all votes, 0..1.
  at(z) {
    const shares = this.#shares(z);
    const families = this.#atlas.families.map(({ genres }) => genres.reduce((sum, genre) => sum + shares[genre], 0));
    const family = families.indexOf(Math.max(...families));
    const own = shares.map((share, genre) => (this.familyOf[genre] === family ? share : -1));
    const all = families.reduce((sum, share) => sum + share, 0);
    return { index: own.indexOf(Math.max(...own)), family, confidence: families[family] / all };
  }

  // Returns each genre's votes, relative to the nearest label.
  #shares(z) {
    const { labels, reach, genres } = this.#atlas;
    const distances = new Float64Array(labels.genre.length);
    let least = Infinity;
    for (let i = 0; i < distances.length; i++) {
      let distance = 1;
      for (let axis = 0; axis < 4; axis++) {
        const unit = reach[axis] * labels.blur;
        distance += (z[axis] / unit - labels.z[4 * i + axis] / unit) ** 2;
      }
      distances[i] = distance;
      least = Math.min(least, distance);
    }
    const shares = new Array(genres.length).fill(0);
    distances.forEach((distance, i) => (shares[labels.genre[i]] += labels.weight[i] * (distance / least) ** -labels.power));
    return shares;
  }
}

// Returns the genres of the map's cells, row by row, from the runs of equal ones.
export function landOf(side, lengths, genres) {
  const land = new Uint8Array(side * side);
  let at = 0;
  lengths.forEach((length, i) => land.fill(genres[i], at, (at += length)));
  return land;
}

// Returns the index of the genre whose cell of the map contains x, y, 0..1 each, clipped.
export function paintedAt({ land, side }, x, y) {
  return land[cellAt(y, side) * side + cellAt(x, side)];
}

// The genres of the map: what each place on it is called, and whose colour it has.
export class Land {
  #atlas;
  #votes;

  constructor(atlas) {
    this.#atlas = atlas;
    this.#votes = new GenreVotes(atlas);
  }

  // Returns the index of the genre at x, y on the map, 0..1 each.
  genreAt(x, y) {
    return this.#votes.at(mapToLatent(this.#atlas, x, y)).index;
  }

  // Returns the index of the genre whose colour is painted at x, y: that of the middle of a cell.
  paintedAt(x, y) {
    return paintedAt(this.#atlas.labels, x, y);
  }

  // Returns a genre's colour, a number of the palette.
  colour(genre) {
    return this.#atlas.families[this.#votes.familyOf[genre]].colour;
  }
}
