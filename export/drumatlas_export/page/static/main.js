// The static page: the same map, beat, panel and sound as the live one, with the box inside it.

import { Box } from "./box.js";
import { BAR_STEPS, STEPS, stepAt } from "./clock.js";
import { light, make, padButton } from "./controls.js";
import { readAtlas } from "./data.js";
import { Decoder } from "./decoder.js";
import { BeatFilter } from "./filter.js";
import { BeatGrid } from "./grid.js";
import { Keys } from "./keys.js";
import { AtlasMap } from "./map.js";
import { theme } from "./palette.js";
import { Panel } from "./panel.js";
import { Places } from "./places.js";
import { Player } from "./player.js";
import { Sound } from "./sound.js";
import { Space } from "./space.js";
import { Store } from "./store.js";
import { Path } from "./travel.js";

const PUMP_MS = 25;
const SETTLE_MS = 250; // until the sound card's clock is known well
const REST_MS = 20000; // after a stop, the sound card is let go
const LEAD_STEPS = 4; // before a bar line the path's next stop is gone to
const TOAST_MS = 4000;
const HELP = [
  ["space", "play, stop"], ["t", "tap the tempo"], ["+ −", "tempo"], ["← → ↑ ↓", "the first two knobs; on the map: travel"],
  ["h j   k l", "the other two knobs"], [", .", "genre before, after"], ["y u   i o", "density, swing"],
  ["z  x  w  n", "fill, freeze, wander, novel"], ["1 2 3 4", "go to A, B, C, D"], ["shift 1 2 3 4", "save them"],
  ["r", "undo the last jump"], ["p", "panic"], ["?", "this list"],
];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Page {
  store = new Store();
  sound = new Sound();
  path = null;

  constructor(atlas) {
    this.atlas = atlas;
    const space = new Space(atlas);
    const places = new Places(atlas, space, new Decoder(atlas.layers), new BeatFilter(atlas.known));
    this.player = new Player((...hit) => this.sound.hit(...hit), () => this.bar());
    this.box = new Box(atlas, space, places, (state) => this.take(state));
    this.box.onFill = (cells) => this.player.fill(cells);
    this.map = new AtlasMap(document.querySelector("#map .screen"), atlas, theme(), {
      go: (point) => this.leave(() => this.box.go(point)),
      travel: (x, y) => this.leave(() => this.box.travel(x, y)),
      stick: (x, y) => this.leave(() => this.box.travel(x, y)),
      follow: (stops) => this.follow(stops),
    });
    this.map.setPassing(atlas.passing);
    this.grid = new BeatGrid(document.getElementById("beat"), atlas.voices, theme(), (bit, isOn) => this.mute(bit, isOn));
    this.panel = new Panel(atlas, this.store, {
      turn: (name, value) => this.turn(name, value),
      press: (name) => this.press(name),
    });
    this.store.on("here", (here) => this.arrive(here));
    this.store.take({ values: { ...this.box.values } }); // now that somebody hears it
    this.tools();
    this.tabs();
    this.tellRun();
    setInterval(() => this.player.pump(performance.now()), PUMP_MS);
    requestAnimationFrame(() => this.frame());
  }

  take(state) {
    if (state.bpm && state.bpm !== this.player.bpm) {
      this.player.setTempo(state.bpm);
      this.store.take({ run: this.player.run });
    }
    this.store.take(state);
  }

  tellRun() {
    this.store.take({ run: this.player.run });
  }

  turn(name, value) {
    if (/^(x\d|morph)/.test(name)) this.setPath(null);
    this.box.turn(name, value);
    this.player.swing = this.box.values.swing;
  }

  press(name) {
    if (/^(load_|next_|prev_|undo|wander)/.test(name)) this.setPath(null);
    if (name === "play") this.switchPlay();
    else if (name === "panic") this.stop();
    else if (name === "tap") this.tap();
    else this.box.press(name);
    this.player.swing = this.box.values.swing;
  }

  tap() {
    const bpm = this.player.tap(performance.now());
    if (!bpm) return;
    const [low, high] = this.atlas.tempo;
    this.box.turn("tempo", Math.min(Math.max((bpm - low) / (high - low), 0), 1));
  }

  async switchPlay() {
    if (this.player.playing || this.isStarting) {
      this.stop();
      return;
    }
    this.isStarting = true;
    clearTimeout(this.resting);
    if (!this.sound.isOn) {
      await this.sound.start();
      await new Promise((done) => setTimeout(done, SETTLE_MS));
    }
    if (!this.isStarting) return; // stopped again meanwhile
    this.isStarting = false;
    this.player.start(performance.now() + 2 * PUMP_MS);
    this.player.pump(performance.now());
    this.tellRun();
  }

  stop() {
    this.isStarting = false;
    this.player.stop();
    this.sound.cut(-Infinity);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.sound.isOn && this.sound.stop(), REST_MS);
    this.tellRun();
  }

  // A bar is about to be given to the sound: what is asked for by now plays in it.
  bar() {
    this.box.bar();
    this.player.next = this.box.cells;
  }

  mute(bit, isOn) {
    if (isOn) this.player.mutes.add(bit);
    else this.player.mutes.delete(bit);
    this.grid.mutes = [...this.player.mutes];
  }

  // A hand on the map takes over from the path.
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
    if (here.moved > 0) words.push(`beat from ${here.moved.toFixed(2)} sd away, where one passes`);
    const line = document.getElementById("place-line");
    line.textContent = words.join(" · ");
    line.dataset.z = here.z.join(",");
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    const { player } = this;
    const step = player.playing ? stepAt(player.run, performance.now()) : null;
    if (this.path && step !== null) {
      const stop = this.path.at(Math.floor((step + LEAD_STEPS) / BAR_STEPS));
      if (stop) this.box.travel(...stop);
      if (stop) this.map.path = this.path;
    }
    this.box.refresh();
    player.next = this.box.cells;
    this.show(player.heard(step ?? 0));
    this.grid.frame(step === null ? null : step % STEPS, calm.matches);
    this.map.frame(step === null || calm.matches ? null : (step / 4) % 1);
  }

  // What is heard, and what waits for the bar line.
  show(cells) {
    const comes = cells === this.box.cells ? null : this.box.cells;
    if (cells !== this.shown) this.grid.beat = cells.flat();
    if (comes !== this.coming) this.grid.comes = comes && comes.flat();
    [this.shown, this.coming] = [cells, comes];
  }

  tools() {
    const button = (label, title, act, className, isToggle) => {
      const one = padButton({ label, title, className, isToggle, onPress: act });
      if (!/[a-z]/.test(label)) one.setAttribute("aria-label", title);
      return one;
    };
    const draw = button("Path", "draw a way that the beat follows, a stop each bar", () => {
      this.map.isDrawing = !this.map.isDrawing;
      light(draw, this.map.isDrawing);
      if (!this.map.isDrawing) this.setPath(null);
    }, "small", true);
    document.querySelector(".mapbar").append(
      draw,
      button("+", "Zoom in", () => this.map.zoom(1.5), "small zoom"),
      button("−", "Zoom out", () => this.map.zoom(1 / 1.5), "small zoom"),
      button("⤢", "Show all", () => this.map.fit(), "small"),
    );
    const level = document.createElement("input");
    [level.type, level.min, level.max, level.step, level.value] = ["range", "0", "1", "0.01", this.sound.level];
    level.setAttribute("aria-label", "Volume");
    level.addEventListener("input", () => this.sound.setLevel(Number(level.value)));
    document.getElementById("sound").append(level);
    new Keys({
      press: (name) => this.press(name),
      nudge: (name, by) => this.panel.nudge(name, by),
      tempo: (by) => this.panel.tempo(by),
      sound: () => {},
      help: () => this.help(),
    });
    document.getElementById("tools").append(
      button("◐", "Dark or light", () => this.switchTheme(), "round"),
      button("?", "Keys", () => this.help(), "round"),
    );
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }

  help() {
    const dialog = document.getElementById("help");
    const title = make("h2", "", "Keys");
    title.id = "help-title";
    const list = make("dl");
    for (const [key, what] of HELP) list.append(make("dt", "", key), make("dd", "", what));
    dialog.replaceChildren(title, list, padButton({ label: "Close", onPress: () => dialog.close() }));
    dialog.showModal();
  }

  switchTheme() {
    document.documentElement.dataset.theme = theme().isDark ? "light" : "dark";
    this.repaint();
  }

  repaint() {
    requestAnimationFrame(() => (this.map.theme = this.grid.theme = theme()));
  }

  // On small screens one panel at a time is beside the map.
  tabs() {
    const nav = document.querySelector("nav");
    for (const [tab, label] of [["beat", "Beat"], ["turn", "Turn"], ["mix", "Mix"], ["keep", "Keep"], ["box", "About"]]) {
      const button = padButton({ label, isToggle: true, onPress: () => {
        document.body.dataset.tab = tab;
        for (const other of nav.children) light(other, other === button);
        dispatchEvent(new Event("resize"));
      } });
      light(button, tab === document.body.dataset.tab);
      nav.append(button);
    }
  }

  toast(text) {
    const place = document.getElementById("toast");
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => place.classList.remove("shown"), TOAST_MS);
  }
}

window.drumatlas = new Page(readAtlas(document.getElementById("atlas").textContent));
