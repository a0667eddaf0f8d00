// The state of the box: lamps in the header, and text about ports and faults.

import { make } from "./controls.js";

const LAMPS = [["link", "box"], ["clock", "clock"], ["midi", "midi"]];

export class Status {
  #lamps = new Map();

  constructor(store) {
    const place = document.getElementById("lamps");
    for (const [name, label] of LAMPS) {
      const lamp = make("span", "lamp");
      lamp.append(make("i"), make("b", "", label));
      this.#lamps.set(name, lamp);
      place.append(lamp);
    }
    this.connected(false);
    store.on("run", () => this.#clock(store.state));
    store.on("ports", () => this.#ports(store.state));
    store.on("faults", (faults) => this.#faults(faults));
    store.on("notices", (notices) => this.#row("Now", Object.values(notices).join("; "), false));
  }

  // Shows whether the box answers.
  connected(isOpen) {
    this.#light("link", isOpen ? "good" : "bad", isOpen ? "the box answers" : "the box does not answer");
    document.body.classList.toggle("lost", !isOpen);
  }

  #light(name, state, words) {
    const lamp = this.#lamps.get(name);
    lamp.dataset.state = state;
    lamp.title = words;
    lamp.lastChild.setAttribute("aria-label", words);
    lamp.lastChild.setAttribute("role", "img");
  }

  #clock({ run }) {
    const words = !run.following ? "sends the clock" : run.locked ? "follows a clock: locked" : "follows, but receives no clock";
    this.#light("clock", run.following ? (run.locked ? "signal" : "bad") : "good", words);
    this.#row("Clock", words, run.following && !run.locked);
  }

  #ports({ ports }) {
    const out = ports.out === "none" ? "nowhere; the sound button plays here" : `${ports.out} (${ports.delivery})`;
    this.#row("MIDI out", ports.outFault || out, Boolean(ports.outFault));
    this.#row("MIDI in", ports.inFault || ports.in || "none", Boolean(ports.inFault));
    const state = ports.outFault || ports.inFault ? "bad" : ports.out === "none" ? "off" : "good";
    this.#light("midi", state, ports.outFault || ports.inFault || `MIDI out: ${out}`);
  }

  // Sets a row of the list, or removes it if `words` is empty.
  #row(name, words, isBad) {
    const list = document.getElementById("ports");
    let term = [...list.querySelectorAll("dt")].find((one) => one.textContent === name);
    if (!words) {
      term?.nextElementSibling.remove();
      term?.remove();
      return;
    }
    if (!term) {
      term = make("dt", "", name);
      list.append(term, make("dd"));
    }
    const value = term.nextElementSibling;
    value.textContent = words;
    value.classList.toggle("bad", isBad);
  }

  #faults(faults) {
    const alarm = document.getElementById("alarm");
    alarm.replaceChildren(...faults.map((fault) => make("span", "", fault)));
    alarm.hidden = faults.length === 0;
  }
}
