// The panel: every control of the box in its place, shown as the box says and sent as it is
// turned. `box` is what the controls act on: turn(name, value), press(name).

import { Fader, Knob, light, make, padButton } from "./controls.js";
import { MorphPad } from "./pad.js";
import { Tempo } from "./tempo.js";

const FEEL = ["density", "swing", "chaos", "accent", "humanize"];
const SHORT = { percussion: "perc", cymbals: "cymb" };
const percent = (value) => `${Math.round(100 * value)}`;
// A control whose middle is natural: how far it is from there.
const around = (value) => {
  const away = Math.round(200 * value - 100);
  return away > 0 ? `+${away}` : `${away}`.replace("-", "−");
};
const PADS = [
  // name, label, title, flag of the state that it shows
  ["fill", "Fill", "a denser beat until the end of the bar (z)"],
  ["freeze", "Freeze", "keep this beat, wherever one goes (x)", "frozen"],
  ["wander", "Wander", "travel by itself, a stop each bar (w)", "wandering"],
  ["novelty", "Novel", "no training beats (n)", "novelty"],
  ["undo", "Undo", "back to before the last jump (r)"],
  ["panic", "Panic", "end every note (p)"],
];
export const SLOTS = ["a", "b", "c", "d"];

export class Panel {
  #atlas;
  #box;
  #sliders = new Map();
  #buttons = new Map();
  #morph;
  #genre = make("output", "", "–");

  constructor(atlas, store, box) {
    this.#atlas = atlas;
    this.#box = box;
    this.#transport();
    this.#place();
    this.#knobs("feel", FEEL.concat(this.#others()));
    this.#mix();
    this.#pads();
    this.#memory();
    for (const [name, slider] of this.#sliders) {
      store.on(`values.${name}`, (value) => slider.show(value));
    }
    store.on("flags", (flags) => this.#flags(flags));
    store.on("run", (run) => this.#run(run, store.state.bpm));
    store.on("bpm", (bpm) => store.state.run && this.#run(store.state.run, bpm));
    store.on("slots", (slots) => this.#slots(slots));
    store.on("here", (here) => this.#near(here));
    store.on("learned", (learned) => this.#learned(learned));
  }

  // Turn a control by a little, as a key does.
  nudge(name, by) {
    const slider = this.#sliders.get(name);
    slider?.turn(slider.value + by);
  }

  // The same for the tempo, in beats a minute.
  tempo(by) {
    this.#sliders.get("tempo").nudge(by);
  }

  // Controls that have no place of their own: of a later box than this page was made for.
  #others() {
    const known = [...FEEL, "x1", "x2", "x3", "x4", "map_x", "map_y", "tempo", "morph", "morph_y"];
    return Object.keys(this.#atlas.values).filter((n) => !known.includes(n) && !n.includes("."));
  }

  #transport() {
    const place = document.getElementById("transport");
    const play = padButton({ name: "play", label: "", className: "play", isToggle: true,
      title: "play or stop (space)", onPress: () => this.#box.press("play") });
    play.append(make("span", "glyph"));
    play.setAttribute("aria-label", "Play");
    const tempo = new Tempo({
      name: "tempo", label: "Tempo", range: this.#atlas.tempo, home: this.#atlas.values.tempo,
      onTurn: (value) => this.#box.turn("tempo", value),
    });
    const tap = padButton({ name: "tap", label: "Tap", title: "tap the tempo (t)",
      onPress: () => this.#box.press("tap") });
    place.append(play, tempo.element, tap);
    this.#sliders.set("tempo", tempo);
    this.#buttons.set("play", play);
  }

  #place() {
    const axes = this.#atlas.axes;
    const row = document.querySelector("#place .row");
    // With its name as MIDI and scripts have it: an axis may be called as another knob is.
    axes.forEach((axis, i) => {
      const name = `x${i + 1}`;
      row.append(this.#knob(name, `${name}: ${axis}`, axis, (value) => `${name} · ${percent(value)}`));
    });
    const genre = make("div", "genre");
    const step = (name, label, title) =>
      padButton({ name, label, title, className: "small", onPress: () => this.#box.press(name) });
    genre.append(step("prev_genre", "◀", "previous genre (,)"), this.#genre, step("next_genre", "▶", "next genre (.)"));
    genre.firstChild.setAttribute("aria-label", "Previous genre");
    genre.lastChild.setAttribute("aria-label", "Next genre");
    document.getElementById("place").append(genre);
  }

  #knobs(section, names) {
    const row = document.querySelector(`#${section} .row`);
    for (const name of names.filter((one) => one in this.#atlas.values)) {
      const isAround = this.#atlas.values[name] === 0.5;
      row.append(this.#knob(name, name, name, isAround ? around : percent));
    }
  }

  #knob(name, label, short, text) {
    const knob = new Knob({ name, label, short, text, home: this.#atlas.values[name],
      onTurn: (value) => this.#box.turn(name, value) });
    this.#sliders.set(name, knob);
    return knob.element;
  }

  #mix() {
    const row = document.querySelector("#mix .row");
    for (const group of this.#atlas.groups) {
      const name = `density.${group}`;
      const fader = new Fader({ name, label: `density of ${group}`, short: SHORT[group] ?? group,
        home: this.#atlas.values[name], text: around, onTurn: (value) => this.#box.turn(name, value) });
      this.#sliders.set(name, fader);
      row.append(fader.element);
    }
  }

  #pads() {
    const row = document.querySelector("#act .row");
    for (const [name, label, title, flag] of PADS) {
      const pad = padButton({ name, label, title, isToggle: Boolean(flag), onPress: () => this.#box.press(name) });
      this.#buttons.set(name, pad);
      row.append(pad);
    }
  }

  #memory() {
    const row = document.querySelector("#memory .slots");
    for (const slot of SLOTS) {
      const load = padButton({ name: `load_${slot}`, label: slot.toUpperCase(), className: "slot",
        title: `go to ${slot.toUpperCase()}`, onPress: () => this.#box.press(`load_${slot}`) });
      load.setAttribute("aria-label", `Go to ${slot.toUpperCase()}`);
      const save = padButton({ name: `save_${slot}`, label: "save", className: "small",
        title: `keep this place as ${slot.toUpperCase()}`, onPress: () => this.#box.press(`save_${slot}`) });
      save.setAttribute("aria-label", `Save as ${slot.toUpperCase()}`);
      const both = make("div", "slotpair");
      both.append(load, save);
      this.#buttons.set(`load_${slot}`, load);
      row.append(both);
    }
    this.#morph = new MorphPad((name, value) => this.#box.turn(name, value));
    for (const name of ["morph", "morph_y"]) this.#sliders.set(name, this.#morph[name]);
    document.querySelector("#memory .morph").append(this.#morph.element);
  }

  #flags(flags) {
    for (const [name, , , flag] of PADS) if (flag) light(this.#buttons.get(name), flags[flag]);
  }

  #run(run, bpm) {
    const play = this.#buttons.get("play");
    light(play, run.playing);
    play.setAttribute("aria-label", run.playing ? "Stop" : "Play");
    this.#sliders.get("tempo").read(run.following ? run.bpm : bpm, run.following);
  }

  #slots(slots) {
    for (const slot of SLOTS) {
      const pad = this.#buttons.get(`load_${slot}`);
      pad.classList.toggle("full", slots.includes(slot));
      pad.disabled = !slots.includes(slot);
    }
    this.#morph.slots(slots);
  }

  #near(here) {
    this.#genre.textContent = here.genre || "–";
  }

  #learned(learned) {
    const by = Object.fromEntries(Object.entries(learned).map(([number, name]) => [name, number]));
    for (const [name, slider] of this.#sliders) {
      slider.element.dataset.cc = by[name] ? `CC ${by[name]}` : "";
    }
  }
}
