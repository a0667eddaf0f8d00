// The panel: lays out all controls, shows the box's values and sends the user's. `box` receives
// turn(name, value) and press(name).

import { Fader, Knob, Slider, light, make, padButton } from "./controls.js";
import { MorphPad } from "./pad.js";
import { byName, capital, isButton, nudged, titleOf } from "./rows.js";
import { Tempo } from "./tempo.js";

const percent = (value) => `${Math.round(100 * value)}`;
// Formats a control with a neutral middle as its deviation from there.
const around = (value) => {
  const away = Math.round(200 * value - 100);
  return away > 0 ? `+${away}` : `${away}`.replace("-", "−");
};
export const SLOTS = ["a", "b", "c", "d"];

export class Panel {
  #atlas;
  #rows;
  #box;
  #sliders = new Map();
  #buttons = new Map();
  #morph;
  #genre = make("output", "", "–");

  constructor(atlas, store, box) {
    this.#atlas = atlas;
    this.#rows = byName(atlas.controls);
    this.#box = box;
    this.#transport();
    this.#place();
    this.#mix();
    this.#memory();
    this.#otherValues();
    this.#otherButtons();
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

  // Turns a control by one key stroke, up (1) or down (-1).
  nudge(name, way) {
    const slider = this.#sliders.get(name);
    slider?.turn(nudged(this.#rows[name], slider.value, way));
  }

  // Returns the rows for which `test` is true.
  #rowsWhere(test) {
    return Object.values(this.#rows).filter(test);
  }

  #button(name, options = {}) {
    const row = this.#rows[name];
    const pad = padButton({ name, label: capital(row), title: titleOf(row), onPress: () => this.#box.press(name), ...options });
    this.#buttons.set(name, pad);
    return pad;
  }

  #transport() {
    const place = document.getElementById("transport");
    const play = this.#button("play", { label: "", className: "play", isToggle: true });
    play.append(make("span", "glyph"));
    play.setAttribute("aria-label", "Play");
    const tempo = new Tempo({
      name: "tempo", label: "Tempo", range: this.#atlas.tempo, home: this.#atlas.values.tempo,
      onTurn: (value) => this.#box.turn("tempo", value),
    });
    place.append(play, tempo.element, this.#button("tap"));
    this.#sliders.set("tempo", tempo);
  }

  #place() {
    const { axes, axisCorrelations } = this.#atlas;
    const row = document.querySelector("#place .row");
    // Show the control's name, too, since an axis may have the same label as another knob.
    this.#rowsWhere((one) => one.moves === "axis").forEach(({ name }, i) => {
      const knob = this.#knob(name, `${name}: ${axes[i]}`, axes[i], (value) => `${name} · ${percent(value)}`);
      if (axisCorrelations.length) knob.title = `${axes[i]} follows this knob: correlation ${axisCorrelations[i].toFixed(2)}`;
      row.append(knob);
    });
    const genre = make("div", "genre");
    const step = (name, label) => this.#button(name, { label, className: "small" });
    genre.append(step("prev_genre", "◀"), this.#genre, step("next_genre", "▶"));
    genre.firstChild.setAttribute("aria-label", capital(this.#rows.prev_genre));
    genre.lastChild.setAttribute("aria-label", capital(this.#rows.next_genre));
    document.getElementById("place").append(genre);
  }

  // Adds a knob to "Feel" for each value without a place of its own. Values of the map get no knob:
  // the map and the keys turn them.
  #otherValues() {
    const row = document.querySelector("#feel .row");
    for (const { name, label, moves } of this.#rowsWhere((one) => !isButton(one) && !this.#sliders.has(one.name))) {
      const isAround = this.#atlas.values[name] === 0.5;
      if (moves === "map") this.#hidden(name);
      else row.append(this.#knob(name, label, label, isAround ? around : percent));
    }
  }

  #hidden(name) {
    const slider = new Slider({ name, label: name, home: this.#atlas.values[name], text: percent,
      onTurn: (value) => this.#box.turn(name, value) });
    slider.draw = () => {};
    this.#sliders.set(name, slider);
  }

  #knob(name, label, short, text) {
    const knob = new Knob({ name, label, short, text, home: this.#atlas.values[name],
      onTurn: (value) => this.#box.turn(name, value) });
    this.#sliders.set(name, knob);
    return knob.element;
  }

  #mix() {
    const row = document.querySelector("#mix .row");
    for (const { name, label, words } of this.#rowsWhere((one) => one.group === "mix" && !isButton(one))) {
      const fader = new Fader({ name, label: words, short: label,
        home: this.#atlas.values[name], text: around, onTurn: (value) => this.#box.turn(name, value) });
      this.#sliders.set(name, fader);
      row.append(fader.element);
    }
  }

  // Adds the other buttons, except those of group "box", which only the live page has (main.js).
  #otherButtons() {
    const row = document.querySelector("#act .row");
    const isOther = (one) => isButton(one) && one.group !== "box" && !this.#buttons.has(one.name);
    for (const { name, lamp } of this.#rowsWhere(isOther)) row.append(this.#button(name, { isToggle: Boolean(lamp) }));
  }

  #memory() {
    const row = document.querySelector("#memory .slots");
    for (const slot of SLOTS) {
      const name = slot.toUpperCase();
      const load = this.#button(`load_${slot}`, { label: name, className: "slot" });
      load.setAttribute("aria-label", `Go to ${name}`);
      const save = this.#button(`save_${slot}`, { label: "save", className: "small" });
      save.setAttribute("aria-label", `Save as ${name}`);
      const both = make("div", "slotpair");
      both.append(load, save);
      row.append(both);
    }
    this.#morph = new MorphPad((name, value) => this.#box.turn(name, value));
    for (const name of ["morph", "morph_y"]) this.#sliders.set(name, this.#morph[name]);
    document.querySelector("#memory .morph").append(this.#morph.element);
  }

  #flags(flags) {
    for (const [name, button] of this.#buttons) {
      const { lamp } = this.#rows[name];
      if (lamp) light(button, flags[lamp]);
    }
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
