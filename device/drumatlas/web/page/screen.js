// The common part of the live page and the page as a file: map, grid, panel and tools, connected
// with one another. Subclasses (main.js of each) play the beat.

import { BAR_STEPS, STEPS } from "./clock.js";
import { light, make, padButton } from "./controls.js";
import { BeatGrid } from "./grid.js";
import { Keys, fillHelp } from "./keys.js";
import { AtlasMap } from "./map.js";
import { recall, remember } from "./memory.js";
import { colourOf, theme } from "./palette.js";
import { Panel } from "./panel.js";
import { Sound } from "./sound.js";
import { Store } from "./store.js";
import { Toast } from "./toast.js";
import { Path } from "./travel.js";

const LEAD_STEPS = 4; // go to the path's next stop so long before the bar line
const STORED = "drumatlas.theme";
const bright = matchMedia("(prefers-color-scheme: light)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Applies the theme chosen on this page, or else the system's.
export function applyTheme() {
  const system = bright.matches ? "light" : "dark";
  document.documentElement.dataset.theme = recall(STORED) ?? system;
}

// A subclass implements go(point), travel(x, y), seek(code), which goes to the place of a beat,
// turn(name, value), press(name), mute(bit, isOn) and step(now), which returns the step heard at a time of performance.now(), or null if stopped.
export class Screen {
  store = new Store();
  sound = new Sound();
  path = null;
  #families = make("ul", "families");
  #toast = new Toast(document.getElementById("toast"));

  // `isBox`: the page is connected to a box. `readsFiles`: it can go to the beat of a .mid file,
  // for which a page as a file needs an encoder.
  constructor(atlas, isBox) {
    [this.atlas, this.isBox] = [atlas, isBox];
    this.readsFiles = isBox || Boolean(atlas.encoder);
    this.map = new AtlasMap(document.querySelector("#map .screen"), atlas, theme(), {
      go: (point) => this.moveByHand(() => this.go(point)),
      travel: (x, y) => this.moveByHand(() => this.travel(x, y)),
      stick: (x, y) => this.moveByHand(() => this.travel(x, y)),
      follow: (stops) => this.follow(stops),
    });
    this.grid = new BeatGrid(document.getElementById("beat"), atlas.voices, theme(), {
      mute: (bit, isOn) => this.mute(bit, isOn),
      edit: this.readsFiles ? (code) => this.#edit(code) : null,
    });
    const places = new Set(atlas.controls.filter((row) => row.isPlace).map((row) => row.name));
    const byHand = (act) => (name, ...rest) => (places.has(name) ? this.moveByHand(() => act(name, ...rest)) : act(name, ...rest));
    const actions = {
      turn: byHand((name, value) => this.turn(name, value)),
      press: byHand((name) => this.press(name)),
    };
    this.panel = new Panel(atlas, this.store, actions);
    this.keys = new Keys(atlas.controls, {
      press: actions.press,
      nudge: (name, way) => this.panel.nudge(name, way),
      sound: () => this.switchSound(),
      help: () => this.help(),
    });
    this.store.on("here", (here) => this.arrive(here));
    bright.addEventListener("change", () => this.repaint());
    document.getElementById("map").append(this.#families);
    this.#listFamilies();
    this.#mapTools();
    this.#pageTools();
    this.#tabs();
    requestAnimationFrame(() => this.frame());
  }

  // Hooks for subclasses: toggle the sound, and draw more in each frame.
  switchSound() {}
  showStep(_step) {}

  // Ends the path and the beat of the user's own, since the user moves the place by hand, then calls
  // `act`.
  moveByHand(act) {
    this.setPath(null);
    this.grid.forget();
    act();
  }

  #edit(code) {
    this.setPath(null);
    this.seek(code);
  }

  follow(stops) {
    this.setPath(new Path(stops));
    this.toast(`following ${stops.length} stops, one per bar`);
  }

  setPath(path) {
    this.path = this.map.path = path;
  }

  arrive(here) {
    this.map.here = here;
    this.grid.arrive(here.z.join());
    document.getElementById("near").textContent = here.genre ? `near ${here.genre}` : "";
    const words = [`z ${here.z.map((value) => value.toFixed(2)).join(", ")}`];
    if (here.family) words.push(`${here.family}, ${Math.round(100 * here.confidence)} % sure`);
    if (here.moved > 0) words.push(`beat from ${here.moved.toFixed(2)} sd away, where one passes the filter`);
    const line = document.getElementById("place-line");
    line.textContent = words.join(" · ");
    line.dataset.z = here.z.join(",");
  }

  help() {
    const dialog = document.getElementById("help");
    fillHelp(dialog, this.keys, this.atlas.controls, this.isBox, this.readsFiles);
    dialog.showModal();
  }

  // Shows a message, with a list of remarks.
  toast(text, isBad = false, remarks = []) {
    this.#toast.say(text, isBad, remarks);
  }

  switchTheme() {
    remember(STORED, theme().isDark ? "light" : "dark");
    this.repaint();
  }

  repaint() {
    applyTheme();
    requestAnimationFrame(() => {
      this.map.theme = this.grid.theme = theme();
      this.#listFamilies();
    });
  }

  // Lists the families of genres with their colours, where there is room (style.css).
  #listFamilies() {
    const colours = theme();
    const entries = this.atlas.families.map(({ name, colour }) => {
      const entry = make("li", "", name);
      entry.style.setProperty("--family", colourOf(colour, colours));
      return entry;
    });
    this.#families.replaceChildren(...entries);
    this.#families.hidden = entries.length === 0;
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    const step = this.step(performance.now());
    const stop = this.path && step !== null && this.path.at(Math.floor((step + LEAD_STEPS) / BAR_STEPS));
    if (stop) {
      this.travel(...stop);
      this.map.path = this.path;
    }
    this.showStep(step);
    this.grid.frame(step === null ? null : step % STEPS, calm.matches);
    this.map.frame(step === null || calm.matches ? null : (step / 4) % 1);
  }

  #mapTools() {
    const draw = padButton({ label: "Path", title: "draw a path for the beat to follow, one stop per bar",
      className: "small", isToggle: true, onPress: () => {
        this.map.isDrawing = !this.map.isDrawing;
        light(draw, this.map.isDrawing);
        if (!this.map.isDrawing) this.setPath(null);
      } });
    document.querySelector(".mapbar").append(
      draw,
      sign("+", "Zoom in", "small zoom", () => this.map.zoom(1.5)),
      sign("−", "Zoom out", "small zoom", () => this.map.zoom(1 / 1.5)),
      sign("⤢", "Show all", "small", () => this.map.fit()),
    );
  }

  #pageTools() {
    const level = document.createElement("input");
    [level.type, level.min, level.max, level.step, level.value] = ["range", "0", "1", "0.01", this.sound.level];
    level.setAttribute("aria-label", "Volume");
    level.addEventListener("input", () => this.sound.setLevel(Number(level.value)));
    document.getElementById("sound").append(level);
    document.getElementById("tools").append(
      sign("◐", "Dark or light", "round", () => this.switchTheme()),
      sign("?", "Keys", "round", () => this.help()),
    );
  }

  // Makes tabs for small screens, which show one panel at a time beside the map.
  #tabs() {
    const nav = document.querySelector("nav");
    const box = this.isBox ? "Box" : "About";
    for (const [tab, label] of [["beat", "Beat"], ["turn", "Turn"], ["mix", "Mix"], ["keep", "Keep"], ["box", box]]) {
      const button = padButton({ label, isToggle: true, onPress: () => {
        document.body.dataset.tab = tab;
        for (const other of nav.children) light(other, other === button);
        dispatchEvent(new Event("resize"));
      } });
      light(button, tab === document.body.dataset.tab);
      nav.append(button);
    }
  }
}

// Makes a button with a symbol; its name is the tooltip and the accessible name.
function sign(label, name, className, act) {
  const button = padButton({ label, title: name, className, onPress: act });
  button.setAttribute("aria-label", name);
  return button;
}
