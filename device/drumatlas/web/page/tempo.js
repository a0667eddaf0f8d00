// The tempo: a number to drag, turn or type on.

import { Knob, make } from "./controls.js";

const FINE_WAY = 700; // pixels of a drag, from end to end

export class Tempo extends Knob {
  #range;
  #number;

  // `range`: what the ends of the control mean, in beats a minute.
  constructor(options) {
    const [low, high] = options.range;
    const bpm = (value) => low + value * (high - low);
    super({ ...options, text: (value) => `${bpm(value).toFixed(1)} beats a minute` });
    this.#range = options.range;
    this.element.className = "slider tempo";
    this.element.replaceChildren();
    this.#number = make("span", "number", "120.0");
    this.element.append(this.#number, make("span", "unit", "bpm"));
    this.element.title = "drag, turn the wheel, or use the arrow keys (+ and −)";
  }

  position(event) {
    return (event.clientX - event.clientY) / FINE_WAY;
  }

  draw(value) {
    if (this.#number) this.#show(this.#bpm(value));
  }

  // What the box plays at, which may lie beyond the control's ends, or be a leader's.
  read(bpm, isLed) {
    this.#show(bpm);
    this.element.classList.toggle("led", isLed);
  }

  #bpm(value) {
    return this.#range[0] + value * (this.#range[1] - this.#range[0]);
  }

  #show(bpm) {
    this.#number.textContent = bpm.toFixed(1);
  }
}
