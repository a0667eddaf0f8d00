// The square of the snapshots: a finger anywhere in it is between A and B below, C and D above.

import { Slider, make } from "./controls.js";

// A tick at an edge of the square: by keyboard one axis at a time. Fingers go through to the pad.
class Axis extends Slider {
  constructor(options, onDraw) {
    super(options);
    this.element.classList.add("axis", options.name);
    this.draw = onDraw;
  }
}

export class MorphPad {
  element = make("div", "morphpad");
  #dot = make("span", "dot");
  #isHeld = false;

  // `onTurn(name, value)` hears of turns of `morph` (from left to right) and `morph_y` (up).
  constructor(onTurn) {
    const percent = (value) => `${Math.round(100 * value)} %`;
    const axis = (name, label, text, side) =>
      new Axis({ name, label, home: 0, text, onTurn: (value) => onTurn(name, value) }, (value) => {
        this.#dot.style[side] = this[name].element.style[side] = `${100 * value}%`;
      });
    this.morph = axis("morph", "morph from A to B", (value) => `${percent(value)} B`, "left");
    this.morph_y = axis("morph_y", "morph from A and B to C and D", (value) => `${percent(value)} C and D`, "bottom");
    for (const slot of ["a", "b", "c", "d"]) this.element.append(make("span", `corner ${slot}`, slot.toUpperCase()));
    this.element.append(this.morph.element, this.morph_y.element, this.#dot);
    this.element.addEventListener("pointerdown", (event) => this.#down(event));
    this.element.addEventListener("pointermove", (event) => this.#isHeld && this.#go(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(end, () => (this.#isHeld = false));
    }
  }

  // Which corners are kept; with fewer than two there is nothing between.
  slots(kept) {
    for (const corner of this.element.querySelectorAll(".corner")) {
      corner.classList.toggle("full", kept.includes(corner.textContent.toLowerCase()));
    }
    this.element.classList.toggle("idle", kept.length < 2);
    this.element.title = kept.length < 2 ? "save two places first" : "";
  }

  #down(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.#isHeld = true;
    this.#go(event);
  }

  #go(event) {
    const box = this.element.getBoundingClientRect();
    this.morph.turn((event.clientX - box.left) / box.width);
    this.morph_y.turn(1 - (event.clientY - box.top) / box.height);
  }
}
