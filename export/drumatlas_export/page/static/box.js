// A box inside the page: turns controls into the beat to play, as `drumatlas.explore` does. It
// publishes changes in the same form as a box does to the live page.

import { CORNERS, FILL_DENSITY, FILL_OFFSETS, SLOTS, VOICES, WANDER_BARS, WANDER_REACH, WANDER_STOP_MS } from "./boxtables.js";
import { grooveOf } from "./groove.js";
import { byName } from "./rows.js";
import { velocities } from "./shape.js";

export class Box {
  values;
  z;
  place = null;
  onFill = () => {};
  #atlas;
  #rows;
  #axes; // names of the axis controls, in order
  #groove;
  #space;
  #places;
  #encoder;
  #publish;
  #bpm;
  #isStale = true;
  #isFrozen = false;
  #novelty = true;
  #slots = {};
  #before = null; // the state before the last jump
  #jumped = null; // {z, genre} of the last jump to a genre
  #wander = null; // {home, stop, when}
  #spot = null; // x, y on the map if the place was chosen there

  // publish(state) receives changes. `encoder` is null if the atlas has none that a page can run.
  constructor(atlas, space, places, encoder, publish) {
    this.#atlas = atlas;
    this.#rows = byName(atlas.controls);
    this.#axes = atlas.controls.filter((row) => row.moves === "axis").map((row) => row.name);
    this.#groove = atlas.groove && grooveOf(atlas.groove);
    this.#space = space;
    this.#places = places;
    this.#encoder = encoder;
    this.#publish = publish;
    this.values = { ...atlas.values };
    this.z = space.ofKnobs([0.5, 0.5, 0.5, 0.5]);
    this.#bpm = this.#bpmOf(this.values.tempo);
    publish({ values: this.values, bpm: this.#bpm, mapMode: "absolute", mutes: [], learned: {} });
    this.#flags();
    this.#publishSlots();
    this.refresh();
  }

  turn(name, value) {
    this.values[name] = value;
    this.#publish({ values: { [name]: value } });
    const { moves } = this.#rows[name];
    if (moves === "axis") {
      const knobs = this.#space.toKnobs(this.z);
      knobs[this.#axes.indexOf(name)] = value;
      this.#move(this.#space.ofKnobs(knobs));
    } else if (moves === "map") this.travel(this.values.map_x, this.values.map_y);
    else if (moves === "morph") this.#morph();
    else if (moves === "tempo") {
      this.#bpm = this.#bpmOf(value);
      this.#publish({ bpm: this.#bpm });
    } else if (moves === "pattern") this.#isStale = true;
  }

  // Goes to a place on the map, 0..1 each.
  travel(x, y) {
    Object.assign(this.values, { map_x: x, map_y: y });
    this.#publish({ values: { map_x: x, map_y: y } });
    this.#move(this.#space.ofMap(x, y), [x, y]);
  }

  // Jumps to the latent point of a point on the map.
  go(point) {
    const { x, y } = this.#atlas.points;
    this.#jump(() => this.#move(this.#space.ofPoint(point), [x[point], y[point]]));
  }

  // Jumps to the place of a beat (32 step codes), found by the atlas' encoder and a search. With
  // `isEdit`, the beat was made from the present one.
  land(code, isEdit = false) {
    this.#jump(() => this.#move(this.#encoder.place(code, isEdit ? this.z : null)));
  }

  press(name) {
    if (name === "freeze") this.#isFrozen = !this.#isFrozen;
    else if (name === "novelty") this.#switchNovelty();
    else if (name === "wander") this.#wander = this.#wander ? null : { home: this.#knobs(), stop: 0, when: null };
    else if (name === "fill") this.#fill();
    else if (name === "undo") this.#undo();
    else if (name === "next_genre" || name === "prev_genre") this.#stepGenre(name === "next_genre" ? 1 : -1);
    else if (name.startsWith("save_")) this.#save(name.at(-1));
    else if (name.startsWith("load_")) this.#load(name.at(-1));
    this.#isStale = true;
    this.#flags();
  }

  // Advances wandering by a stop whenever a new `bar` begins, or every WANDER_STOP_MS while the transport is
  // stopped (null). Starting and stopping do not count as a new bar.
  tick(now, bar) {
    if (!this.#wander) return;
    const before = this.#wander.when;
    const when = bar === null ? ["time", Math.floor(now / WANDER_STOP_MS)] : ["bar", bar];
    this.#wander.when = when;
    if (before?.[0] !== when[0] || before[1] === when[1]) return;
    this.#wander.stop++;
    const stop = this.#space.ofKnobs(this.#wanderKnobs());
    this.#show(this.#places.at(stop, this.#density(), this.#novelty).z, null);
  }

  // Finds the beat of the current place if something has changed.
  refresh() {
    if (!this.#isStale) return;
    this.#isStale = false;
    if (!this.#isFrozen || !this.place) this.#find(this.z);
    this.#publish({ here: this.#here(), code: Array.from(this.place.code) });
  }

  #find(z) {
    this.place = this.#places.at(z, this.#density(), this.#novelty);
    this.cells = this.#cells(this.place);
  }

  #switchNovelty() {
    this.#novelty = !this.#novelty;
    const isBarred = this.#novelty && this.#isFrozen && !this.#places.passes(this.place.code);
    if (isBarred) this.#find(this.place.z); // the frozen beat is a training beat, now barred
  }

  // Sets the tempo in BPM. It may lie outside the control's range.
  setTempo(bpm) {
    this.#bpm = bpm;
    this.values.tempo = this.#tempoOf(bpm);
    this.#publish({ values: { tempo: this.values.tempo }, bpm });
  }

  #bpmOf(tempo) {
    const [low, high] = this.#atlas.tempo;
    return low + tempo * (high - low);
  }

  #tempoOf(bpm) {
    const [low, high] = this.#atlas.tempo;
    return Math.min(Math.max((bpm - low) / (high - low), 0), 1);
  }

  #density() {
    return {
      overall: this.values.density,
      groups: this.#atlas.groups.map((group) => this.values[`density.${group}`]),
    };
  }

  #cells({ p, hits, thresholds }) {
    const snare = this.#atlas.voices.find((voice) => voice.group === "snare").bit;
    const loud = velocities(p, hits, thresholds, this.values.accent, snare, this.#groove);
    return loud.flatMap((velocity, cell) =>
      velocity ? [[Math.floor(cell / VOICES), cell % VOICES, velocity]] : []);
  }

  #knobs() {
    return this.#space.toKnobs(this.z);
  }

  #move(z, spot = null) {
    this.#wander = null;
    this.#flags();
    this.#show(z, spot);
  }

  #show(z, spot) {
    this.z = z;
    this.#spot = spot;
    this.#isStale = true;
    const values = {};
    this.#knobs().forEach((knob, i) => (values[this.#axes[i]] = Math.min(Math.max(knob, 0), 1)));
    Object.assign(this.values, values);
    this.#publish({ values });
  }

  // Returns the requested place on the map (x, y), the one where the beat was found, and its genre.
  #here() {
    const { z, moved } = this.place;
    const [x, y] = this.#spot ?? this.#space.cursor(this.z);
    let [foundX, foundY] = [x, y];
    if (moved) {
      const [here, there] = [this.#space.toMap(this.z), this.#space.toMap(z)];
      [foundX, foundY] = [x + there[0] - here[0], y + there[1] - here[1]];
    }
    const { index, family, confidence } = this.#space.genreAt(this.z);
    const names = { genre: this.#atlas.genres[index]?.name ?? "", family: this.#atlas.families[family]?.name ?? "" };
    return { x, y, foundX, foundY, z: Array.from(this.z), moved, ...names, confidence };
  }

  #flags() {
    const flags = { frozen: this.#isFrozen, wandering: Boolean(this.#wander), novelty: this.#novelty };
    this.#publish({ flags });
  }

  #publishSlots() {
    this.#publish({ slots: [...SLOTS].filter((slot) => slot in this.#slots) });
  }

  #snapshot() {
    return { z: this.z, spot: this.#spot, values: { ...this.values }, novelty: this.#novelty };
  }

  #restore({ z, spot, values, novelty }) {
    this.values = { ...values };
    this.#novelty = novelty;
    // A tempo beyond the control's range stays if the control would not move.
    if (values.tempo !== this.#tempoOf(this.#bpm)) this.#bpm = this.#bpmOf(values.tempo);
    this.#publish({ values: { ...this.values }, bpm: this.#bpm });
    this.#move(z, spot);
  }

  // Jumps so that undo can revert it. `isWhole`: undo restores all controls, not only the place.
  #jump(act, isWhole = false) {
    this.#before = { ...this.#snapshot(), isWhole };
    act();
  }

  #undo() {
    const before = this.#before;
    if (!before) return;
    const now = this.#snapshot();
    const { map_x, map_y } = before.values;
    const where = { z: before.z, spot: before.spot, values: { ...now.values, map_x, map_y } };
    this.#jump(() => this.#restore(before.isWhole ? before : { ...now, ...where }), before.isWhole);
  }

  #save(slot) {
    this.#slots[slot] = this.#snapshot();
    this.#publishSlots();
  }

  #load(slot) {
    if (slot in this.#slots) this.#jump(() => this.#restore(this.#slots[slot]), true);
  }

  // Moves between the snapshots, as `drumatlas.explore.snapshot.morph_knobs` does.
  #morph() {
    if (Object.keys(this.#slots).length < 2) return;
    const corners = CORNERS.map((order) => this.#slots[[...order].find((slot) => slot in this.#slots)].z);
    const { morph: across, morph_y: up } = this.values;
    const weights = [(1 - across) * (1 - up), across * (1 - up), (1 - across) * up, across * up];
    this.#move(corners[0].map((_, axis) => corners.reduce((sum, z, i) => sum + weights[i] * z[axis], 0)));
  }

  #stepGenre(step) {
    const { genres } = this.#atlas;
    if (!genres.length) return;
    const isThere = this.#jumped?.z === this.z;
    const here = isThere ? this.#jumped.genre : this.#space.genreAt(this.z).index;
    const genre = (here + step + genres.length) % genres.length;
    this.#jump(() => this.#move(genres[genre].typical));
    this.#jumped = { z: this.z, genre };
  }

  // Finds a different and denser beat near the current place, for the fill.
  #fill() {
    const density = this.#density();
    density.overall = Math.min(density.overall + FILL_DENSITY, 1);
    const count = (place) => place.hits.reduce((sum, hit) => sum + hit, 0);
    const here = this.place;
    let place = here;
    for (const offset of FILL_OFFSETS) {
      const z = here.z.map((value, axis) => value + offset[axis] * this.#atlas.reach[axis]);
      place = this.#places.at(z, density, this.#novelty);
      if (place.code.join() !== here.code.join() && count(place) >= count(here)) break;
    }
    this.onFill(this.#cells(place));
  }

  // Returns the knobs at the wander path's current stop, as `drumatlas.explore.wander` does.
  #wanderKnobs() {
    const { home, stop } = this.#wander;
    return Array.from(home, (from, i) => {
      const [low, high] = [Math.min(from, 0), Math.max(from, 1)];
      const phase = this.#atlas.wander[i];
      const swing = Math.sin((2 * Math.PI * stop) / WANDER_BARS[i] + phase) - Math.sin(phase);
      const span = high - low;
      const way = from + WANDER_REACH * swing - low;
      const folded = way - 2 * span * Math.floor(way / (2 * span));
      return low + span - Math.abs(span - folded);
    });
  }
}
