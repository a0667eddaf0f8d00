// Draws thousands of dots pixel by pixel, several times faster than the canvas can draw discs.

import { rgb } from "./palette.js";

const PHASES = 3; // subpixel positions; without them dots would jitter while the map is panned

export class DotLayer {
  #canvas = document.createElement("canvas");
  #image = null;

  // Draws points ({n, x, y, generated}) in a View and returns the canvas: training points first,
  // generated ones over them. `ratio` is device pixels per CSS pixel, `radius` is in CSS pixels.
  draw(points, view, ratio, theme, radius) {
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (this.#image?.width !== width || this.#image.height !== height) {
      [this.#canvas.width, this.#canvas.height] = [width, height];
      this.#image = new ImageData(width, height);
    }
    const pixels = new Uint32Array(this.#image.data.buffer);
    pixels.fill(0);
    for (const origin of [0, 1]) {
      const stamps = makeStamps((origin ? 1.3 : 1) * radius * ratio, origin ? theme.generated : theme.training);
      this.#stampAll(pixels, width, height, points, origin, view, ratio, stamps);
    }
    this.#canvas.getContext("2d").putImageData(this.#image, 0, 0);
    return this.#canvas;
  }

  #stampAll(pixels, width, height, points, origin, view, ratio, { side, phases }) {
    const [left, top] = view.toPixels(0, 1);
    const [right, bottom] = view.toPixels(1, 0);
    const half = side / 2;
    for (let i = 0; i < points.n; i++) {
      if (points.generated[i] !== origin) continue;
      const x = (left + points.x[i] * (right - left)) * ratio - half;
      const y = (bottom + points.y[i] * (top - bottom)) * ratio - half;
      const column = Math.floor(x);
      const row = Math.floor(y);
      if (column < 0 || row < 0 || column + side > width || row + side > height) continue;
      const phase = Math.floor((y - row) * PHASES) * PHASES + Math.floor((x - column) * PHASES);
      const stamp = phases[phase];
      for (let r = 0, from = 0; r < side; r++) {
        let to = (row + r) * width + column;
        for (let c = 0; c < side; c++, from++, to++) {
          // The more opaque pixel wins; if they are equal, the later one.
          if (stamp[from] >>> 24 >= pixels[to] >>> 24) pixels[to] = stamp[from];
        }
      }
    }
  }
}

// Makes a disc for each subpixel position, as little-endian RGBA.
function makeStamps(radius, colour) {
  const side = Math.ceil(2 * radius) + 2;
  const [red, green, blue] = rgb(colour);
  const phases = [];
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    const middleX = side / 2 + ((phase % PHASES) + 0.5) / PHASES;
    const middleY = side / 2 + (Math.floor(phase / PHASES) + 0.5) / PHASES;
    const stamp = new Uint32Array(side * side);
    for (let at = 0; at < stamp.length; at++) {
      const away = Math.hypot((at % side) + 0.5 - middleX, Math.floor(at / side) + 0.5 - middleY);
      const alpha = Math.round(255 * Math.min(Math.max(radius + 0.5 - away, 0), 1));
      if (alpha) stamp[at] = ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    }
    phases.push(stamp);
  }
  return { side, phases };
}
