// The morph pad: a square with snapshots A and B at the lower corners, C and D at the upper ones.

import { Slider, make } from "./controls.js";

// A marker at an edge of the pad, for the keyboard. Pointer events pass through to the pad.
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

  // `onTurn(name, value)` is called for turns of `morph` (left to right) and `morph_y` (upwards).
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

  // Shows which slots are saved. Morphing needs at least two.
  slots(saved) {
    for (const corner of this.element.querySelectorAll(".corner")) {
      corner.classList.toggle("full", saved.includes(corner.textContent.toLowerCase()));
    }
    this.element.classList.toggle("idle", saved.length < 2);
    this.element.title = saved.length < 2 ? "save two places first" : "";
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
