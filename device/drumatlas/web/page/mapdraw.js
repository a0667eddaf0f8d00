// Draws the map: a static layer (areas, points, labels) and a moving one (place, trail, path).

import { AREA_EDGE, AREA_SIDE, areaCell, areas } from "./atlas.js";
import { DotLayer } from "./dots.js";
import { Land } from "./genre.js";
import { colourGenres, colourOf, rgb } from "./palette.js";
import { SHORE, makeTint } from "./tint.js";

const GLOW = 0.17; // map widths; passing regions glow within this radius of the place
const COARSE = 2; // screen pixels per pixel of the glow, which is blurred anyway
const LABEL_FONT = (size) => `550 ${size}px system-ui, sans-serif`;

// Draws the map of one atlas through a View. `paint` draws the static layer, `move` the moving one.
export class MapPainter {
  #atlas;
  #colours;
  #areas;
  #land; // null for an atlas without labels, whose areas are computed from its points
  #layer = new DotLayer();
  #tint = null; // canvas of the areas in the current theme
  #passing = null; // {image, edge}: white where the map passes the filter, with an edge around it
  #glow = document.createElement("canvas"); // the passing regions around the place
  #glowKey = ""; // place, view and theme for which #glow was drawn

  constructor(atlas) {
    this.#atlas = atlas;
    this.#land = atlas.labels ? new Land(atlas) : null;
    this.#colours = this.#land ? atlas.genres.map((_, genre) => this.#land.colour(genre)) : colourGenres(atlas.genres);
    this.#areas = areas(atlas.points, this.#land ? 0 : atlas.genres.length);
  }

  colour(genre, theme) {
    return colourOf(this.#colours[genre], theme);
  }

  // Returns the genre of a place on the map, or -1 in the sea.
  genreAt(x, y) {
    const cell = areaCell(y) * AREA_SIDE + areaCell(x);
    if (this.#areas.crowd[cell] <= SHORE[1]) return -1;
    return this.#land ? this.#land.genreAt(x, y) : this.#areas.genre[cell];
  }

  // Returns the genre whose colour a place on the map has, or -1.
  paintedAt(x, y) {
    return this.#land ? this.#land.paintedAt(x, y) : this.#areas.genre[areaCell(y) * AREA_SIDE + areaCell(x)];
  }

  // Sets which cells of the map pass the filter: `side` * `side` bits in base64, lowest bit first,
  // rows from y = 0 up. Edge cells continue outwards, as pointing beyond the edge goes to the edge.
  setPassing({ side, bits }) {
    const bytes = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
    const more = Math.ceil(side * GLOW);
    const image = new ImageData(side + 2 * more, side + 2 * more);
    const inside = (at) => Math.min(Math.max(at - more, 0), side - 1);
    for (let row = 0; row < image.height; row++) {
      for (let column = 0; column < image.width; column++) {
        const cell = (side - 1 - inside(row)) * side + inside(column);
        const passes = (bytes[cell >> 3] >> (cell & 7)) & 1;
        image.data.set([255, 255, 255, passes ? 255 : 0], 4 * (row * image.width + column));
      }
    }
    this.#passing = { image: blurred(canvasOf(image)), edge: more / side };
  }

  forgetTheme() {
    this.#tint = null;
  }

  paint(context, view, theme) {
    context.clearRect(0, 0, view.width, view.height);
    this.#tint ??= this.#paintTint(theme);
    this.#place(context, view, this.#tint, AREA_EDGE);
    this.#dots(context, view, theme);
    this.#labels(context, view, theme);
  }

  // Draws an image that covers the whole map and an edge around it.
  #place(context, view, image, edge) {
    const [left, bottom] = view.toPixels(-edge, -edge);
    const [right, top] = view.toPixels(1 + edge, 1 + edge);
    context.imageSmoothingEnabled = true;
    context.drawImage(image, left, top, right - left, bottom - top);
  }

  #paintTint(theme) {
    const colours = this.#atlas.genres.map((_, genre) => rgb(this.colour(genre, theme)));
    const colourAt = (x, y) => colours[this.paintedAt(x, y)] ?? null;
    return blurred(canvasOf(makeTint(this.#areas.crowd, colourAt, theme.isDark)), 1, 1);
  }

  #dots(context, view, theme) {
    const { points } = this.#atlas;
    const room = Math.min(Math.max(Math.sqrt(view.width * view.height) / 620, 0.55), 1);
    const radius = Math.min(0.9 + 0.6 * Math.sqrt(view.zoom), 4) * room * (points.n > 6000 ? 0.85 : 1);
    const ratio = context.getTransform().a;
    const layer = this.#layer.draw(points, view, ratio, theme, radius);
    context.drawImage(layer, 0, 0, view.width, view.height);
  }

  #labels(context, view, theme) {
    const size = Math.min(Math.max(view.width / 62, 13), 15);
    context.font = LABEL_FONT(size);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken = [];
    const order = this.#atlas.genres.map((g, i) => ({ ...g, i })).sort((a, b) => b.count - a.count);
    for (const genre of order) {
      const [px, py] = view.toPixels(genre.x, genre.y);
      const half = context.measureText(genre.name).width / 2 + 9;
      const at = Math.min(Math.max(px, half + 2), view.width - half - 2);
      const isOutside = Math.abs(at - px) > half || py < size || py > view.height - size;
      const isTaken = taken.some(
        ([x, y, h]) => Math.abs(x - at) < half + h && Math.abs(y - py) < size * 1.25,
      );
      if (isOutside || isTaken) continue;
      taken.push([at, py, half]);
      this.#label(context, theme, genre, at, py, half);
    }
  }

  // Draws a genre's name with a dot in its colour.
  #label(context, theme, genre, x, y, half) {
    context.strokeStyle = theme.ground;
    context.globalAlpha = 0.75;
    context.lineWidth = 4;
    context.strokeText(genre.name, x + 5, y);
    context.globalAlpha = 1;
    context.fillStyle = theme.ink;
    context.fillText(genre.name, x + 5, y);
    disc(context, [x - half + 7, y], 5, theme.ground);
    disc(context, [x - half + 7, y], 4, this.colour(genre.i, theme));
  }

  // Draws the moving layer. `scene` has here, trail, path, drawing, hover and beat (0..1).
  move(context, view, theme, scene) {
    context.clearRect(0, 0, view.width, view.height);
    if (scene.here) this.#drawGlow(context, view, theme, scene.here);
    this.#line(context, view, scene.drawing, theme.ink, 2);
    this.#path(context, view, theme, scene.path);
    this.#trail(context, view, theme, scene.trail);
    if (scene.here) this.#here(context, view, theme, scene);
    if (scene.hover) this.#hover(context, view, theme, scene.hover);
  }

  // Makes the regions that pass the filter glow around the place.
  #drawGlow(context, view, theme, here) {
    if (!this.#passing) return;
    const [px, py] = view.toPixels(here.x, here.y);
    const radius = Math.round(Math.max(GLOW * Math.min(view.scaleX, view.scaleY), 60));
    // Draw only the visible part: when zoomed in, the whole glow would be many times as large.
    const [left, top] = [Math.max(px - radius, 0), Math.max(py - radius, 0)];
    const width = Math.min(px + radius, view.width) - left;
    const height = Math.min(py + radius, view.height) - top;
    if (width <= 0 || height <= 0) return;
    const key = [px, py, radius, view.width, view.height, theme.ink].join();
    if (key !== this.#glowKey) this.#makeGlow(view, theme, { px, py, radius, left, top, width, height });
    this.#glowKey = key;
    context.drawImage(this.#glow, left, top, COARSE * this.#glow.width, COARSE * this.#glow.height);
  }

  #makeGlow(view, theme, { px, py, radius, left, top, width, height }) {
    const glow = this.#glow;
    [glow.width, glow.height] = [Math.ceil(width / COARSE), Math.ceil(height / COARSE)];
    const paint = glow.getContext("2d");
    paint.scale(1 / COARSE, 1 / COARSE);
    paint.translate(-left, -top);
    this.#place(paint, view, this.#passing.image, this.#passing.edge);
    paint.globalCompositeOperation = "source-in";
    const fade = paint.createRadialGradient(px, py, 0, px, py, radius);
    const [r, g, b] = rgb(theme.ink);
    const strength = theme.isDark ? 0.34 : 0.24;
    for (const [at, share] of [[0, 1], [0.6, 0.5], [1, 0]]) {
      fade.addColorStop(at, `rgba(${r},${g},${b},${strength * share})`);
    }
    paint.fillStyle = fade;
    paint.fillRect(left, top, COARSE * glow.width, COARSE * glow.height);
  }

  #line(context, view, places, colour, width) {
    if (!places || places.length < 2) return;
    context.beginPath();
    for (const [x, y] of places) context.lineTo(...view.toPixels(x, y));
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  #path(context, view, theme, path) {
    if (!path) return;
    context.setLineDash([2, 5]);
    this.#line(context, view, path.stops, theme.ink, 1.5);
    context.setLineDash([]);
    path.stops.forEach(([x, y], i) => {
      const isNow = i === path.index;
      disc(context, view.toPixels(x, y), isNow ? 5 : 2.5, isNow ? theme.accent : theme.ink);
    });
  }

  #trail(context, view, theme, places) {
    context.lineCap = "round";
    for (let i = 1; i < places.length; i++) {
      context.globalAlpha = (0.85 * i) / places.length;
      this.#line(context, view, [places[i - 1], places[i]], theme.accent, 1 + (2.5 * i) / places.length);
    }
    context.globalAlpha = 1;
  }

  #here(context, view, theme, { here, beat }) {
    const [px, py] = view.toPixels(here.x, here.y);
    if (here.moved > 0) {
      const found = view.toPixels(here.foundX, here.foundY);
      context.setLineDash([3, 3]);
      this.#line(context, view, [[here.x, here.y], [here.foundX, here.foundY]], theme.accent, 1.5);
      context.setLineDash([]);
      disc(context, found, 3.5, theme.accent);
    }
    if (beat !== null) {
      context.globalAlpha = 0.7 * (1 - beat);
      ring(context, [px, py], 9 + 16 * beat, theme.accent, 2);
      context.globalAlpha = 1;
    }
    disc(context, [px, py], 8.5, theme.ground);
    ring(context, [px, py], 8, theme.accent, 2.5);
    disc(context, [px, py], 4, theme.accent);
  }

  #hover(context, view, theme, { x, y, text, isPoint }) {
    const [px, py] = view.toPixels(x, y);
    if (isPoint) ring(context, [px, py], 6, theme.ink, 1.5);
    if (!text) return;
    context.font = LABEL_FONT(13);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const width = context.measureText(text).width + 14;
    const left = Math.min(px + 12, view.width - width - 4);
    const top = py < 40 ? py + 14 : py - 34;
    context.fillStyle = theme.ink;
    context.beginPath();
    context.roundRect(left, top, width, 22, 5);
    context.fill();
    context.fillStyle = theme.ground;
    context.fillText(text, left + 7, top + 11.5);
  }
}

function canvasOf(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Enlarges a canvas `times` and blurs it by some `pixels`, to smooth the steps of its pixels.
function blurred(canvas, times = 3, pixels = 2) {
  const large = document.createElement("canvas");
  large.width = large.height = times * canvas.width;
  const context = large.getContext("2d");
  context.filter = `blur(${pixels}px)`;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

function disc(context, [x, y], radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

function ring(context, [x, y], radius, colour, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
