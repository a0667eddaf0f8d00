// The page as a file: the same map, beat, panel and sound as the live page, with a box inside it.

import { Box } from "./box.js";
import { stepAt } from "./clock.js";
import { make } from "./controls.js";
import { readAtlas } from "./data.js";
import { Decoder } from "./decoder.js";
import { Encoder } from "./encode.js";
import { beatOf } from "./filebeat.js";
import { acceptDrops, fileButton } from "./files.js";
import { BeatFilter } from "./filter.js";
import { Places } from "./places.js";
import { Player } from "./player.js";
import { Screen, applyTheme } from "./screen.js";
import { Space } from "./space.js";
import { TapTempo } from "./tap.js";

const PUMP_MS = 25; // between two calls of the player
const SETTLE_MS = 250; // until the sound card's clock is known well
const REST_MS = 20000; // after a stop, until the sound card is released

class Page extends Screen {
  constructor(atlas) {
    super(atlas, false);
    const space = new Space(atlas);
    const decoder = new Decoder(atlas.decoder);
    const places = new Places(atlas, space, decoder, new BeatFilter(atlas.known));
    const encoder = atlas.encoder ? new Encoder(atlas, space, decoder) : null;
    this.player = new Player((...hit) => this.sound.hit(...hit), (bar) => this.bar(bar));
    this.taps = new TapTempo();
    this.box = new Box(atlas, space, places, encoder, (state) => this.update(state));
    this.box.onFill = (cells) => this.player.fill(cells);
    this.map.setPassing(atlas.passing);
    this.store.update({ values: { ...this.box.values } }); // again, now that there are listeners
    this.publishRun();
    this.fileTools();
    setInterval(() => this.pump(performance.now()), PUMP_MS);
  }

  fileTools() {
    const about = document.getElementById("box");
    if (!this.readsFiles) {
      about.append(make("p", "", "This page can't read .mid files: only the box can run the encoder of this atlas."));
      return;
    }
    const land = (buffer) => this.land(new Uint8Array(buffer));
    acceptDrops(land, (...words) => this.toast(...words));
    const row = make("div", "row pads");
    row.append(fileButton(land, (...words) => this.toast(...words)));
    about.querySelector("h2").after(row);
  }

  // Returns {code, remarks}: the main beat of a .mid file, as a box reads it.
  beatOf(bytes) {
    return beatOf(bytes);
  }

  // Goes to the place of a .mid file's beat.
  land(bytes) {
    const { code, remarks } = this.beatOf(bytes);
    this.moveByHand(() => this.box.land(code));
    const hits = code.reduce((sum, step) => sum + step.toString(2).replaceAll("0", "").length, 0);
    this.toast(`landed: the file's beat has ${hits} hits`, false, remarks);
  }

  pump(now) {
    this.player.pump(now);
    this.box.tick(now, this.player.bar);
  }

  update(state) {
    if (state.bpm && state.bpm !== this.player.bpm) {
      this.player.setTempo(state.bpm);
      this.store.update({ run: this.player.run });
    }
    this.store.update(state);
  }

  publishRun() {
    this.store.update({ run: this.player.run });
  }

  go(point) {
    this.box.go(point);
  }

  seek(code) {
    this.box.land(code, true);
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
    const bpm = this.taps.tap(performance.now());
    if (bpm !== null) this.box.setTempo(bpm);
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
    this.publishRun();
  }

  stop() {
    this.isStarting = false;
    this.player.stop();
    this.sound.cut(-Infinity);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.sound.isOn && this.sound.stop(), REST_MS);
    this.publishRun();
  }

  // Prepares a bar that is about to be scheduled; all changes made so far apply to it.
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

  // Shows the beat that is heard, and the one that waits for the bar line.
  showStep(step) {
    this.box.refresh();
    this.player.next = this.box.cells;
    const cells = this.player.heard(step ?? 0);
    const comes = cells === this.box.cells ? null : this.box.cells;
    if (cells !== this.shown) this.grid.beat = cells.flat();
    if (comes !== this.coming) this.grid.upcoming = comes && comes.flat();
    [this.shown, this.coming] = [cells, comes];
  }
}

applyTheme();
window.drumatlas = new Page(readAtlas(document.getElementById("atlas").textContent));
