// The live page: connects the box's state with map, grid, panel and sound.

import { readPoints, withPlaces } from "./atlas.js";
import { stepAt } from "./clock.js";
import { light, make, padButton } from "./controls.js";
import { acceptDrops, download, fileButton, offerShared, share } from "./files.js";
import { Link } from "./link.js";
import { capital, titleOf } from "./rows.js";
import { Screen, applyTheme } from "./screen.js";
import { Status } from "./status.js";

async function loadAtlas() {
  const about = await (await fetch("atlas.json")).json();
  const bytes = await (await fetch("points.bin")).arrayBuffer();
  const atlas = { ...about, points: readPoints(bytes, about.points) };
  return about.labels ? withPlaces(atlas, await (await fetch("places.bin")).arrayBuffer()) : atlas;
}

class Page extends Screen {
  link = new Link(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  say = (text, isBad) => this.toast(text, isBad);

  constructor(atlas) {
    super(atlas, true);
    this.status = new Status(this.store);
    this.speaker = padButton({ label: "Sound", title: "plays the sound in this browser (s)", className: "speaker", isToggle: true,
      onPress: () => this.switchSound() });
    document.getElementById("sound").prepend(this.speaker);
    this.boxTools();
    this.listen();
    this.link.open();
  }

  listen() {
    const { store, link, map, grid } = this;
    link.onState = (state) => {
      if (state.atlas && state.atlas !== this.atlas.sha256) this.loadAgain(state.atlas);
      store.update(state);
    };
    link.onNotes = (batches) => this.play(batches);
    link.onPassing = (passing) => map.setPassing(passing);
    link.onNotice = ({ text, bad, remarks }) => this.toast(text, bad, remarks);
    link.onOpen = (isOpen) => {
      this.status.connected(isOpen);
      if (isOpen) link.send({ listen: this.sound.isOn });
    };
    store.on("beat", (beat) => (grid.beat = beat.cells));
    store.on("comes", (comes) => (grid.upcoming = comes));
    store.on("mutes", (mutes) => (grid.mutes = mutes));
    store.on("mapMode", (mode) => (map.isGliding = mode === "glide"));
    offerShared((place) => link.send({ visit: place }));
    acceptDrops((bytes) => link.sendFile(bytes), this.say);
  }

  // Reloads the page because the box has switched to another atlas. The history entry remembers it,
  // so the page reloads only once; it survives loading and works where storage is blocked.
  loadAgain(atlas) {
    if (history.state?.atlas === atlas) return;
    history.replaceState({ atlas }, "");
    location.reload();
  }

  go(point) {
    this.link.send({ go: point });
  }

  seek(code) {
    this.link.send({ beat: code });
  }

  travel(x, y) {
    this.link.turn("map_x", x);
    this.link.turn("map_y", y);
  }

  turn(name, value) {
    this.link.turn(name, value);
  }

  press(name) {
    this.link.press(name);
  }

  mute(bit, isOn) {
    this.link.send({ mute: bit, is: isOn });
  }

  step(now) {
    const { clock, isOpen } = this.link;
    const run = this.store.state.run;
    return run?.playing && isOpen && clock.isKnown ? stepAt(run, clock.theirs(now)) : null;
  }

  // Plays notes from the box: [time after which earlier notes are cancelled, or null,
  // [time, voice, velocity, ...]].
  play(batches) {
    for (const [cut, hits] of batches) {
      if (cut !== null) this.sound.cut(this.link.clock.ours(cut));
      for (let i = 0; i + 2 < hits.length; i += 3) {
        this.sound.hit(this.link.clock.ours(hits[i]), hits[i + 1], hits[i + 2]);
      }
    }
  }

  async switchSound() {
    if (this.sound.isOn) this.sound.stop();
    else await this.sound.start();
    light(this.speaker, this.sound.isOn);
    this.link.send({ listen: this.sound.isOn });
  }

  boxTools() {
    const row = document.querySelector("#box .row");
    for (const control of this.atlas.controls.filter((one) => one.group === "box")) {
      const { name, lamp } = control;
      const pad = padButton({ name, label: capital(control), title: titleOf(control), isToggle: Boolean(lamp),
        onPress: () => this.press(name) });
      if (lamp) this.store.on("flags", (flags) => light(pad, flags[lamp]));
      row.append(pad);
    }
    row.append(
      padButton({ label: "Beat .mid", title: "downloads the two bars that are playing",
        onPress: () => download("beat.mid", "drumatlas-beat.mid") }),
      padButton({ label: "8 bars .mid", title: "downloads the last eight bars",
        onPress: () => download("last.mid", "drumatlas-last.mid") }),
      padButton({ label: "Share", title: "makes a link to this place",
        onPress: () => share(this.store, this.atlas.values, this.say) }),
      fileButton((bytes) => this.link.sendFile(bytes), this.say),
    );
  }
}

async function begin() {
  applyTheme();
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  try {
    window.drumatlas = new Page(await loadAtlas());
  } catch (error) {
    document.body.append(make("p", "broken", `The page did not load: ${error.message}. Is the box still on?`));
    throw error;
  }
}

begin();
