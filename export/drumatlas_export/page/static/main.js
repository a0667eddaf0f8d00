// The static page: the map, beat, panel and sound of the live page, with the box inside.

import { Box } from "./box.js";
import { stepAt } from "./clock.js";
import { make } from "./controls.js";
import { readAtlas } from "./data.js";
import { Decoder } from "./decoder.js";
import { beatOf } from "./filebeat.js";
import { fileButton, takeDrops } from "./files.js";
import { BeatFilter } from "./filter.js";
import { Network } from "./network.js";
import { Places } from "./places.js";
import { Player } from "./player.js";
import { Screen, dress } from "./screen.js";
import { Space } from "./space.js";

const PUMP_MS = 25;
const SETTLE_MS = 250; // until the sound card's clock is known accurately
const REST_MS = 20000; // after a stop, until the sound card is released

class Page extends Screen {
  constructor(atlas) {
    super(atlas, false);
    const space = new Space(atlas);
    const places = new Places(atlas, space, new Decoder(atlas.layers), new BeatFilter(atlas.known));
    const encoder = atlas.encoder ? new Network(atlas.encoder) : null;
    this.player = new Player((...hit) => this.sound.hit(...hit), (bar) => this.bar(bar));
    this.box = new Box(atlas, space, places, encoder, (state) => this.take(state));
    this.box.onFill = (cells) => this.player.fill(cells);
    this.map.setPassing(atlas.passing);
    this.store.take({ values: { ...this.box.values } }); // now that there is a listener
    this.tellRun();
    this.fileTools();
    setInterval(() => this.pump(performance.now()), PUMP_MS);
  }

  fileTools() {
    const about = document.getElementById("box");
    if (!this.lands) {
      about.append(make("p", "", "It can't open .mid files: only the box can run the encoder of this atlas."));
      return;
    }
    const land = (buffer) => this.land(new Uint8Array(buffer));
    takeDrops(land, (...words) => this.toast(...words));
    const row = make("div", "row pads");
    row.append(fileButton(land, (...words) => this.toast(...words)));
    about.querySelector("h2").after(row);
  }

  // {code, remarks}: the beat of a .mid file, as the box reads it.
  beatOf(bytes) {
    return beatOf(bytes);
  }

  // Goes to the place of that beat.
  land(bytes) {
    const { code, remarks } = this.beatOf(bytes);
    this.leave(() => this.box.land(code));
    const hits = code.reduce((sum, step) => sum + step.toString(2).replaceAll("0", "").length, 0);
    this.toast(`landed: the file's beat has ${hits} hits`, false, remarks);
  }

  pump(now) {
    this.player.pump(now);
    this.box.tick(now, this.player.bar);
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

  go(point) {
    this.box.go(point);
  }

  travel(x, y) {
    this.box.travel(x, y);
  }

  turn(name, value) {
    this.box.turn(name, value);
    this.player.swing = this.box.values.swing;
  }

  press(name) {
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
    if (!this.isStarting) return; // stopped in the meantime
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

  // Called before a bar is given to the sound: changes made by now play in it.
  bar(bar) {
    this.box.tick(performance.now(), bar);
    this.box.refresh();
    this.player.next = this.box.cells;
  }

  mute(bit, isOn) {
    if (isOn) this.player.mutes.add(bit);
    else this.player.mutes.delete(bit);
    this.grid.mutes = [...this.player.mutes];
  }

  step(now) {
    return this.player.playing ? stepAt(this.player.run, now) : null;
  }

  // Shows the beat that plays, and the one that waits for the bar line.
  show(step) {
    this.box.refresh();
    this.player.next = this.box.cells;
    const cells = this.player.heard(step ?? 0);
    const comes = cells === this.box.cells ? null : this.box.cells;
    if (cells !== this.shown) this.grid.beat = cells.flat();
    if (comes !== this.coming) this.grid.comes = comes && comes.flat();
    [this.shown, this.coming] = [cells, comes];
  }
}

dress();
window.drumatlas = new Page(readAtlas(document.getElementById("atlas").textContent));
