// What the live page and the page as a file have in common: map, grid and panel, tied to one
// another, with their tools. What is played, and by whom, is their subclasses' (main.js of each).

import { BAR_STEPS, STEPS } from "./clock.js";
import { light, padButton } from "./controls.js";
import { BeatGrid } from "./grid.js";
import { Keys, fillHelp } from "./keys.js";
import { AtlasMap } from "./map.js";
import { recall, remember } from "./memory.js";
import { theme } from "./palette.js";
import { Panel } from "./panel.js";
import { Sound } from "./sound.js";
import { Store } from "./store.js";
import { Toast } from "./toast.js";
import { Path } from "./travel.js";

const LEAD_STEPS = 4; // before a bar line the path's next stop is gone to, to be in at the line
const STORED = "drumatlas.theme";
const bright = matchMedia("(prefers-color-scheme: light)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The theme that was chosen on this page, else the system's.
export function dress() {
  const system = bright.matches ? "light" : "dark";
  document.documentElement.dataset.theme = recall(STORED) ?? system;
}

// A subclass has go(point), travel(x, y), turn(name, value), press(name), mute(bit, isOn) and
// step(now): the step that is heard at a time of performance.now(), or null while nothing plays.
export class Screen {
  store = new Store();
  sound = new Sound();
  path = null;
  #toast = new Toast(document.getElementById("toast"));

  // `isBox`: there is one behind the page, with what only it can do. `lands` on places of files: a
  // box does, a page as a file does if it has an encoder.
  constructor(atlas, isBox) {
    [this.atlas, this.isBox] = [atlas, isBox];
    this.lands = isBox || Boolean(atlas.encoder);
    this.map = new AtlasMap(document.querySelector("#map .screen"), atlas, theme(), {
      go: (point) => this.leave(() => this.go(point)),
      travel: (x, y) => this.leave(() => this.travel(x, y)),
      stick: (x, y) => this.leave(() => this.travel(x, y)),
      follow: (stops) => this.follow(stops),
    });
    this.grid = new BeatGrid(document.getElementById("beat"), atlas.voices, theme(), (bit, isOn) => this.mute(bit, isOn));
    const places = new Set(atlas.controls.filter((row) => row.isPlace).map((row) => row.name));
    const hand = (act) => (name, ...rest) => (places.has(name) ? this.leave(() => act(name, ...rest)) : act(name, ...rest));
    const hands = {
      turn: hand((name, value) => this.turn(name, value)),
      press: hand((name) => this.press(name)),
    };
    this.panel = new Panel(atlas, this.store, hands);
    this.keys = new Keys(atlas.controls, {
      press: hands.press,
      nudge: (name, way) => this.panel.nudge(name, way),
      sound: () => this.switchSound(),
      help: () => this.help(),
    });
    this.store.on("here", (here) => this.arrive(here));
    bright.addEventListener("change", () => this.repaint());
    this.#mapTools();
    this.#pageTools();
    this.#tabs();
    requestAnimationFrame(() => this.frame());
  }

  // What a page of its own may add: a switch for its sound, and what else a frame shows.
  switchSound() {}
  show(_step) {}

  // A hand on the place takes over from the path.
  leave(act) {
    this.setPath(null);
    act();
  }

  follow(stops) {
    this.setPath(new Path(stops));
    this.toast(`following ${stops.length} stops, one a bar`);
  }

  setPath(path) {
    this.path = this.map.path = path;
  }

  arrive(here) {
    this.map.here = here;
    document.getElementById("near").textContent = here.genre ? `near ${here.genre}` : "";
    const words = [`z ${here.z.map((value) => value.toFixed(2)).join(", ")}`];
    if (here.moved > 0) words.push(`beat from ${here.moved.toFixed(2)} sd away, the nearest that passes`);
    const line = document.getElementById("place-line");
    line.textContent = words.join(" · ");
    line.dataset.z = here.z.join(",");
  }

  help() {
    const dialog = document.getElementById("help");
    fillHelp(dialog, this.keys, this.atlas.controls, this.isBox, this.lands);
    dialog.showModal();
  }

  // Says something, with sentences that go on about it.
  toast(text, isBad = false, remarks = []) {
    this.#toast.say(text, isBad, remarks);
  }

  switchTheme() {
    remember(STORED, theme().isDark ? "light" : "dark");
    this.repaint();
  }

  repaint() {
    dress();
    requestAnimationFrame(() => (this.map.theme = this.grid.theme = theme()));
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    const step = this.step(performance.now());
    const stop = this.path && step !== null && this.path.at(Math.floor((step + LEAD_STEPS) / BAR_STEPS));
    if (stop) {
      this.travel(...stop);
      this.map.path = this.path;
    }
    this.show(step);
    this.grid.frame(step === null ? null : step % STEPS, calm.matches);
    this.map.frame(step === null || calm.matches ? null : (step / 4) % 1);
  }

  #mapTools() {
    const draw = padButton({ label: "Path", title: "draw a path that the beat follows, one stop a bar",
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

  // On small screens one panel at a time is beside the map.
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

// A button whose label is a sign; its name is said and shown.
function sign(label, name, className, act) {
  const button = padButton({ label, title: name, className, onPress: act });
  button.setAttribute("aria-label", name);
  return button;
}
