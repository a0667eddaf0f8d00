// The beat: 14 voices by 32 steps with velocities, outlines of the next beat, and the playhead. It
// does not depend on the box. A voice's name is a button that mutes it. A click on a cell adds or
// takes a hit: the result, the user's own beat, is framed over the beat that the box found for it.

import { BAR_STEPS, STEPS } from "./clock.js";

const BEAT = 4;
const GAP_BEAT = 3; // pixels between beats, and half of the gap between bars
const ANSWER_MS = 2000; // within which the box goes to a clicked beat
const FLASH_STEPS = 0.9; // how long a hit glows

export class BeatGrid {
  #canvas;
  #rows; // voice bits from top to bottom
  #theme;
  #cells = [];
  #upcoming = null;
  #own = null; // the user's own beat, as numbers of cells
  #ownPlace = null; // where the box went for it
  #editedAt = -Infinity; // performance.now() of the last click on a cell
  #mutes = new Set();
  #buttons = new Map();
  #voices;
  #still = document.createElement("canvas"); // everything except playhead and glow
  #step = null;
  #isStale = true;

  // `element` contains a list for names and a canvas. A name calls `mute(bit, isOn)`, a click on a
  // cell `edit(code)` with the codes of 32 steps; null if the page can't go to a beat.
  constructor(element, voices, theme, { mute, edit }) {
    this.#theme = theme;
    this.#voices = voices;
    this.#canvas = element.querySelector("canvas");
    this.#rows = [...voices].reverse().map((voice) => voice.bit);
    const names = element.querySelector(".names");
    for (const bit of this.#rows) {
      const voice = voices.find((one) => one.bit === bit);
      names.append(this.#nameButton(voice, mute));
    }
    if (edit) this.#listen(edit);
    new ResizeObserver(() => this.#resize()).observe(this.#canvas.parentElement);
    this.#resize();
  }

  #nameButton(voice, onMute) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "name";
    button.textContent = voice.name;
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", `mute ${voice.name}`);
    button.title = `mute ${voice.name}`;
    button.addEventListener("click", () => onMute(voice.bit, !this.#mutes.has(voice.bit)));
    this.#buttons.set(voice.bit, button);
    return button;
  }

  #listen(edit) {
    this.#canvas.classList.add("editable");
    this.#canvas.title = "click a cell to add or take a hit; the box goes to the nearest beat";
    this.#canvas.addEventListener("click", (event) => {
      const { width, height } = this.#canvas.getBoundingClientRect();
      const { at } = layout(width, height, this.#rows);
      this.#toggle(at(event.offsetX, event.offsetY));
      edit(this.own);
    });
  }

  #toggle(cell) {
    const shown = this.#upcoming ?? this.#cells;
    this.#own ??= new Set(shown.map(([step, bit]) => cellOf(step, bit)));
    if (!this.#own.delete(cell)) this.#own.add(cell);
    this.#editedAt = performance.now();
    this.#isStale = true;
  }

  // The codes [32] of the user's own beat, or null.
  get own() {
    return this.#own && codeOf(this.#own);
  }

  // Drops the user's own beat.
  forget() {
    this.#own = null;
    this.#isStale = true;
  }

  // Keeps the user's own beat for as long as the box stays where it went for it. `place` is text.
  // Several clicks may be on their way at once, so every place counts that comes soon after the last.
  arrive(place) {
    const isAnswer = performance.now() - this.#editedAt < ANSWER_MS;
    if (!isAnswer && this.#ownPlace !== place) this.forget();
    this.#ownPlace = place;
  }

  set theme(theme) {
    this.#theme = theme;
    this.#isStale = true;
  }

  // step, voice, velocity of each hit, one after the other.
  set beat(flat) {
    this.#cells = unflat(flat);
    this.#isStale = true;
    this.#describe();
  }

  set upcoming(flat) {
    this.#upcoming = flat && unflat(flat);
    this.#isStale = true;
  }

  set mutes(bits) {
    this.#mutes = new Set(bits);
    for (const [bit, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(this.#mutes.has(bit)));
    }
    this.#isStale = true;
  }

  // Draws a frame. `step` is the current step (0..32, with fractions) or null. With `isCalm` the
  // playhead moves in whole steps and hits do not glow.
  frame(step, isCalm) {
    const now = step === null ? null : isCalm ? Math.floor(step) : step;
    if (now === this.#step && !this.#isStale) return;
    this.#step = now;
    if (this.#isStale) this.#drawStill();
    this.#isStale = false;
    this.#draw(isCalm);
  }

  #resize() {
    const { width, height } = this.#canvas.parentElement.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [this.#canvas, this.#still]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.#isStale = true;
  }

  #describe() {
    const counts = this.#voices
      .map((voice) => [voice.name, this.#cells.filter(([, bit]) => bit === voice.bit).length])
      .filter(([, count]) => count)
      .map(([name, count]) => `${name} ${count}`);
    this.#canvas.setAttribute("aria-label", `The beat, two bars: ${counts.join(", ") || "silent"}`);
  }

  #context(canvas) {
    const context = canvas.getContext("2d");
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [width, height] = [canvas.width / ratio, canvas.height / ratio];
    context.clearRect(0, 0, width, height);
    return { context, ...layout(width, height, this.#rows) };
  }

  #drawStill() {
    const { context, box } = this.#context(this.#still);
    this.#ground(context, box);
    this.#drawUpcoming(context, box);
    for (const [step, bit, velocity] of this.#cells) this.#hit(context, box, step, bit, velocity);
    this.#drawOwn(context, box);
  }

  #drawOwn(context, box) {
    context.strokeStyle = this.#theme.ink;
    context.lineWidth = 1.5;
    for (const cell of this.#own ?? []) {
      context.beginPath();
      context.roundRect(...box(...placeOf(cell), 1.5), 2);
      context.stroke();
    }
  }

  #draw(isCalm) {
    const { context, box, left, cell, width, height } = this.#context(this.#canvas);
    if (!this.#still.width) return;
    this.#head(context, left, cell, height);
    context.drawImage(this.#still, 0, 0, width, height);
    if (this.#step === null) return;
    for (const [step, bit, velocity] of this.#cells) {
      const since = (this.#step - step + STEPS) % STEPS;
      if (since < FLASH_STEPS && !this.#mutes.has(bit)) {
        context.globalAlpha = isCalm ? 0.8 : 0.9 * (1 - since / FLASH_STEPS);
        this.#bar(context, box, step, bit, velocity, this.#theme.ink);
      }
    }
    context.globalAlpha = 1;
  }

  #ground(context, box) {
    context.fillStyle = this.#theme.off;
    for (const bit of this.#rows) {
      context.globalAlpha = this.#mutes.has(bit) ? 0.35 : 1;
      for (let step = 0; step < STEPS; step++) {
        context.beginPath();
        context.roundRect(...box(step, bit, 1), 2);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }

  #head(context, left, cell, height) {
    if (this.#step === null) return;
    const at = Math.floor(this.#step) % STEPS;
    context.fillStyle = this.#theme.signal;
    context.globalAlpha = 0.36;
    context.fillRect(left(at), 0, cell, height);
    context.globalAlpha = 1;
    context.fillRect(left(at), 0, cell, 2);
    context.fillRect(left(at), height - 2, cell, 2);
  }

  #drawUpcoming(context, box) {
    if (!this.#upcoming) return;
    const has = new Set(this.#cells.map(([step, bit]) => cellOf(step, bit)));
    context.strokeStyle = this.#theme.accent;
    context.lineWidth = 1;
    context.globalAlpha = 0.75;
    for (const [step, bit] of this.#upcoming) {
      if (has.has(cellOf(step, bit))) continue;
      context.beginPath();
      context.roundRect(...box(step, bit, 1.5), 2);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #hit(context, box, step, bit, velocity) {
    context.globalAlpha = this.#mutes.has(bit) ? 0.25 : 0.5 + (0.5 * velocity) / 127;
    this.#bar(context, box, step, bit, velocity, this.#theme.accent);
    context.globalAlpha = 1;
  }

  // Draws a hit as a bar; the height shows the velocity.
  #bar(context, box, step, bit, velocity, colour) {
    const [x, y, width, height] = box(step, bit, 1);
    const tall = height * (0.35 + (0.65 * velocity) / 127);
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y + height - tall, width, tall, 2);
    context.fill();
  }
}

// Returns the geometry of the cells on a canvas.
function layout(width, height, rows) {
  const cell = (width - GAP_BEAT * (STEPS / BEAT)) / STEPS;
  const row = height / rows.length;
  const left = (step) =>
    step * cell + GAP_BEAT * Math.floor(step / BEAT) + (step >= BAR_STEPS ? GAP_BEAT : 0);
  const box = (step, bit, inset) => {
    const y = rows.indexOf(bit) * row;
    return [left(step) + inset, y + inset, cell - 2 * inset, row - 2 * inset];
  };
  // Returns the number of the cell at x, y; between two steps, the earlier one.
  const at = (x, y) => {
    const steps = Array.from({ length: STEPS }, (_, step) => step);
    const number = Math.min(Math.max(Math.floor(y / row), 0), rows.length - 1);
    return cellOf(Math.max(steps.findLastIndex((step) => left(step) <= x), 0), rows[number]);
  };
  return { width, height, cell, left, box, at };
}

const VOICE_BITS = 16; // numbers of cells leave room for so many voices
const cellOf = (step, bit) => step * VOICE_BITS + bit;
const placeOf = (cell) => [Math.floor(cell / VOICE_BITS), cell % VOICE_BITS];

// Returns the codes of the steps of a beat, a set of cells.
function codeOf(cells) {
  const code = new Array(STEPS).fill(0);
  for (const [step, bit] of [...cells].map(placeOf)) code[step] |= 1 << bit;
  return code;
}

function unflat(flat) {
  const cells = [];
  for (let i = 0; i + 2 < flat.length; i += 3) cells.push(flat.slice(i, i + 3));
  return cells;
}
