// The live page: the box's state on one side, map, grid, panel and sound on the other.

import { readPoints } from "./atlas.js";
import { BAR_STEPS, STEPS, stepAt } from "./clock.js";
import { light, make, padButton } from "./controls.js";
import { chooseFile, download, offerShared, share, takeDrops } from "./files.js";
import { BeatGrid } from "./grid.js";
import { Keys, fillHelp } from "./keys.js";
import { Link } from "./link.js";
import { AtlasMap } from "./map.js";
import { theme } from "./palette.js";
import { Panel } from "./panel.js";
import { Sound } from "./sound.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { Path } from "./travel.js";

const LEAD_STEPS = 4; // before a bar line the path's next stop is asked for, to be in at the line
const TOAST_MS = 4000;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

async function loadAtlas() {
  const about = await (await fetch("atlas.json")).json();
  const bytes = await (await fetch("points.bin")).arrayBuffer();
  return { ...about, points: readPoints(bytes, about.points) };
}

class Page {
  store = new Store();
  sound = new Sound();
  link = new Link(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  path = null;

  constructor(atlas) {
    this.atlas = atlas;
    const { store, link } = this;
    this.map = new AtlasMap(document.querySelector("#map .screen"), atlas, theme(), {
      go: (point) => this.leave(() => link.send({ go: point })),
      travel: (x, y) => this.leave(() => this.turn({ map_x: x, map_y: y })),
      stick: (x, y) => this.leave(() => this.turn({ map_x: x, map_y: y })),
      follow: (stops) => this.follow(stops),
    });
    this.grid = new BeatGrid(document.getElementById("beat"), atlas.voices, theme(), (bit, isOn) =>
      link.send({ mute: bit, is: isOn }),
    );
    this.panel = new Panel(atlas, store, {
      turn: (name, value) => link.turn(name, value),
      press: (name) => this.press(name),
    });
    this.status = new Status(store);
    this.listen();
    this.tools();
    this.tabs();
    link.open();
    requestAnimationFrame(() => this.frame());
  }

  listen() {
    const { store, link, map, grid } = this;
    link.onState = (state) => store.take(state);
    link.onNotes = (batches) => this.play(batches);
    link.onPassing = (passing) => map.setPassing(passing);
    link.onSaid = ({ text, bad }) => this.toast(text, bad);
    link.onOpen = (isOpen) => {
      this.status.connected(isOpen);
      if (isOpen) link.send({ listen: this.sound.isOn });
    };
    store.on("here", (here) => this.arrive(here));
    store.on("beat", (beat) => (grid.beat = beat.cells));
    store.on("comes", (comes) => (grid.comes = comes));
    store.on("mutes", (mutes) => (grid.mutes = mutes));
    store.on("mapMode", (mode) => (map.isGliding = mode === "glide"));
    offerShared((place) => link.send({ visit: place }));
    takeDrops((bytes) => link.sendFile(bytes), (...said) => this.toast(...said));
    const repaint = () => requestAnimationFrame(() => (map.theme = grid.theme = theme()));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    this.repaint = repaint;
  }

  turn(values) {
    for (const [name, value] of Object.entries(values)) this.link.turn(name, value);
  }

  press(name) {
    if (/^(load_|next_|prev_|undo|wander)/.test(name)) this.setPath(null);
    this.link.press(name);
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

  // Notes from the box: [what is taken back after a time or null, [time, voice, velocity, ...]].
  play(batches) {
    for (const [cut, hits] of batches) {
      if (cut !== null) this.sound.cut(this.link.clock.ours(cut));
      for (let i = 0; i + 2 < hits.length; i += 3) {
        this.sound.hit(this.link.clock.ours(hits[i]), hits[i + 1], hits[i + 2]);
      }
    }
  }

  frame() {
    requestAnimationFrame(() => this.frame());
    const run = this.store.state.run;
    const plays = run?.playing && this.link.isOpen && this.link.clock.isKnown;
    const step = plays ? stepAt(run, this.link.clock.theirs(performance.now())) : null;
    this.grid.frame(step === null ? null : step % STEPS, calm.matches);
    this.map.frame(step === null || calm.matches ? null : (step / 4) % 1);
    if (this.path && step !== null) {
      const stop = this.path.at(Math.floor((step + LEAD_STEPS) / BAR_STEPS));
      if (stop) this.turn({ map_x: stop[0], map_y: stop[1] });
      if (stop) this.map.path = this.path;
    }
  }

  tools() {
    const bar = document.querySelector(".mapbar");
    const draw = padButton({ label: "Path", title: "draw a way that the beat follows, a stop each bar",
      className: "small", isToggle: true, onPress: () => {
        this.map.isDrawing = !this.map.isDrawing;
        light(draw, this.map.isDrawing);
        if (!this.map.isDrawing) this.setPath(null);
      } });
    const zoom = (label, name, act, className = "small zoom") => {
      const button = padButton({ label, title: name, className, onPress: act });
      button.setAttribute("aria-label", name);
      return button;
    };
    bar.append(draw, zoom("+", "Zoom in", () => this.map.zoom(1.5)), zoom("−", "Zoom out", () => this.map.zoom(1 / 1.5)),
      zoom("⤢", "Show all", () => this.map.fit(), "small"));
    this.soundTools();
    this.boxTools();
    const keys = new Keys({
      press: (name) => this.press(name),
      nudge: (name, by) => this.panel.nudge(name, by),
      tempo: (by) => this.panel.tempo(by),
      sound: () => this.switchSound(),
      help: () => this.help(keys),
    });
    const look = padButton({ label: "◐", title: "dark or light", className: "round", onPress: () => this.switchTheme() });
    look.setAttribute("aria-label", "Dark or light");
    const help = padButton({ label: "?", title: "keys (?)", className: "round", onPress: () => this.help(keys) });
    help.setAttribute("aria-label", "Keys");
    document.getElementById("tools").append(look, help);
  }

  help(keys) {
    const dialog = document.getElementById("help");
    fillHelp(dialog, keys);
    dialog.showModal();
  }

  soundTools() {
    this.speaker = padButton({ label: "Sound", title: "hear it here (s)", className: "speaker", isToggle: true,
      onPress: () => this.switchSound() });
    const level = document.createElement("input");
    [level.type, level.min, level.max, level.step, level.value] = ["range", "0", "1", "0.01", this.sound.level];
    level.setAttribute("aria-label", "Volume");
    level.addEventListener("input", () => this.sound.setLevel(Number(level.value)));
    document.getElementById("sound").append(this.speaker, level);
  }

  async switchSound() {
    if (this.sound.isOn) this.sound.stop();
    else await this.sound.start();
    light(this.speaker, this.sound.isOn);
    this.link.send({ listen: this.sound.isOn });
  }

  switchTheme() {
    const now = theme().isDark ? "light" : "dark";
    document.documentElement.dataset.theme = now;
    localStorage.setItem("drumatlas.theme", now);
    this.repaint();
  }

  boxTools() {
    const row = document.querySelector("#box .row");
    const learn = padButton({ name: "learn", label: "MIDI learn", isToggle: true,
      title: "then touch a control here and move a controller (e)", onPress: () => this.press("learn") });
    this.store.on("flags", (flags) =>
      light(learn, Object.keys(flags).some((name) => name.startsWith("learning") && flags[name])));
    const land = (bytes) => this.link.sendFile(bytes);
    row.append(
      learn,
      padButton({ name: "keep", label: "Keep 8 bars", title: "on the box (g)", onPress: () => this.press("keep") }),
      padButton({ label: "Beat .mid", title: "download the two bars that play",
        onPress: () => download("beat.mid", "drumatlas-beat.mid") }),
      padButton({ label: "8 bars .mid", title: "download the last eight bars",
        onPress: () => download("last.mid", "drumatlas-last.mid") }),
      padButton({ label: "Share", title: "a link to this place",
        onPress: () => share(this.store, this.atlas.values, (...said) => this.toast(...said)) }),
      padButton({ label: "Drop .mid", title: "land at a file's place; or drop it on the page",
        onPress: () => chooseFile(land, (...said) => this.toast(...said)) }),
    );
  }

  // On small screens one panel at a time is beside the map.
  tabs() {
    const nav = document.querySelector("nav");
    for (const [tab, label] of [["beat", "Beat"], ["turn", "Turn"], ["mix", "Mix"], ["keep", "Keep"], ["box", "Box"]]) {
      const button = padButton({ label, isToggle: true, onPress: () => {
        document.body.dataset.tab = tab;
        for (const other of nav.children) light(other, other === button);
        dispatchEvent(new Event("resize"));
      } });
      light(button, tab === document.body.dataset.tab);
      nav.append(button);
    }
  }

  toast(text, isBad = false) {
    const place = document.getElementById("toast");
    place.textContent = text;
    place.classList.toggle("bad", isBad);
    place.classList.add("shown");
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => place.classList.remove("shown"), TOAST_MS);
  }
}

async function begin() {
  const wanted = localStorage.getItem("drumatlas.theme");
  if (wanted) document.documentElement.dataset.theme = wanted;
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  try {
    window.drumatlas = new Page(await loadAtlas());
  } catch (error) {
    document.body.append(make("p", "broken", `The page did not load: ${error.message}. Is the box still on?`));
    throw error;
  }
}

begin();
