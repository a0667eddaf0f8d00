// The tempo control: a number to drag, scroll or change with keys.

import { Knob, make } from "./controls.js";

const TEMPO_DRAG = 700; // pixels from 0 to 1

export class Tempo extends Knob {
  #range;
  #number;

  // `range` is the tempo at 0 and at 1, in beats per minute.
  constructor(options) {
    const [low, high] = options.range;
    const bpm = (value) => low + value * (high - low);
    super({ ...options, text: (value) => `${bpm(value).toFixed(1)} beats per minute` });
    this.#range = options.range;
    this.element.className = "slider tempo";
    this.element.replaceChildren();
    this.#number = make("span", "number", "120.0");
    this.element.append(this.#number, make("span", "unit", "bpm"));
    this.element.title = "drag, use the wheel, or press the arrow keys (or + and −)";
  }

  position(event) {
    return (event.clientX - event.clientY) / TEMPO_DRAG;
  }

  draw(value) {
    if (this.#number) this.#show(this.#bpm(value));
  }

  // Shows the tempo that plays. It may lie outside the control's range, or follow another clock.
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
