// Paints the map: what stands still (areas, points, labels) and what moves (place, trail, path).

import { AREA_EDGE, AREA_SIDE, areaCell, areas } from "./atlas.js";
import { DotLayer } from "./dots.js";
import { MUTED, MUTED_ON_DARK, colourGenres, rgb } from "./palette.js";

const TINT = { dark: 0.34, light: 0.42 }; // of the areas
const COAST = { dark: 0.5, light: 0.75 }; // of the line around them
const SHORE = [0.13, 0.165, 0.195]; // crowds where the sea ends, the line is, the land begins
const GLOW = 0.17; // radius of the map around the place in which passing parts are lit
const COARSE = 2; // pixels of the window to one of the lit parts, which are soft anyway
const LABEL_FONT = (size) => `550 ${size}px system-ui, sans-serif`;

// Makes the layers of one atlas; `paint` and `move` draw them through a View.
export class MapPainter {
  #atlas;
  #colours;
  #areas;
  #layer = new DotLayer();
  #tint = null; // canvas of the areas, for the theme it was made for
  #passing = null; // canvas, white where the map passes, and an edge around it
  #glow = document.createElement("canvas"); // the passing parts around the place...
  #lit = ""; // ...for this one

  constructor(atlas) {
    this.#atlas = atlas;
    this.#colours = colourGenres(atlas.genres);
    this.#areas = areas(atlas.points, atlas.genres.length);
  }

  colour(genre, theme) {
    return (theme.isDark ? MUTED_ON_DARK : MUTED)[this.#colours[genre]];
  }

  // The genre whose area a place of the map is in, or -1.
  genreAt(x, y) {
    const cell = areaCell(y) * AREA_SIDE + areaCell(x);
    return this.#areas.crowd[cell] > SHORE[1] ? this.#areas.genre[cell] : -1;
  }

  // `side` cells each way, rows from y = 0 up; `bits` in base64, the lowest first. Around them
  // what lies at the edge goes on, since who points beyond the edge is taken to it.
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
    this.#passing = { image: softened(canvasOf(image)), edge: more / side };
  }

  forgetTheme() {
    this.#tint = null;
  }

  paint(context, view, theme) {
    context.clearRect(0, 0, view.width, view.height);
    this.#tint ??= this.#makeTint(theme);
    this.#place(context, view, this.#tint, AREA_EDGE);
    this.#dots(context, view, theme);
    this.#labels(context, view, theme);
  }

  // An image of the whole map, and of an edge around it, in its place.
  #place(context, view, image, edge) {
    const [left, bottom] = view.toPixels(-edge, -edge);
    const [right, top] = view.toPixels(1 + edge, 1 + edge);
    context.imageSmoothingEnabled = true;
    context.drawImage(image, left, top, right - left, bottom - top);
  }

  // Land in its genre's colour, with a coast, in a sea that is the ground.
  #makeTint(theme) {
    const image = new ImageData(AREA_SIDE, AREA_SIDE);
    const { genre, crowd } = this.#areas;
    const kind = theme.isDark ? "dark" : "light";
    for (let cell = 0; cell < genre.length; cell++) {
      if (genre[cell] < 0) continue;
      const row = AREA_SIDE - 1 - Math.floor(cell / AREA_SIDE);
      const at = 4 * (row * AREA_SIDE + (cell % AREA_SIDE));
      const land = smooth(SHORE[0], SHORE[2], crowd[cell]) * TINT[kind];
      const coast = Math.max(1 - Math.abs(crowd[cell] - SHORE[1]) / (SHORE[1] - SHORE[0]), 0) * COAST[kind];
      image.data.set([...rgb(this.colour(genre[cell], theme)), 255 * Math.max(land, coast)], at);
    }
    return softened(canvasOf(image));
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

  // A name, with a dot in the colour of its areas.
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

  // What moves: `scene` has here, trail, path, drawing, hover, and beat (0..1 since the last one).
  move(context, view, theme, scene) {
    context.clearRect(0, 0, view.width, view.height);
    if (scene.here) this.#light(context, view, theme, scene.here);
    this.#line(context, view, scene.drawing, theme.ink, 2);
    this.#path(context, view, theme, scene.path);
    this.#trail(context, view, theme, scene.trail);
    if (scene.here) this.#here(context, view, theme, scene);
    if (scene.hover) this.#hover(context, view, theme, scene.hover);
  }

  // Around the place, what passes the filter is lit.
  #light(context, view, theme, here) {
    if (!this.#passing) return;
    const [px, py] = view.toPixels(here.x, here.y);
    const radius = Math.round(Math.max(GLOW * Math.min(view.scaleX, view.scaleY), 60));
    // Only what is in the window: zoomed in, the whole of it would be many times as large.
    const [left, top] = [Math.max(px - radius, 0), Math.max(py - radius, 0)];
    const width = Math.min(px + radius, view.width) - left;
    const height = Math.min(py + radius, view.height) - top;
    if (width <= 0 || height <= 0) return;
    const key = [px, py, radius, view.width, view.height, theme.ink].join();
    if (key !== this.#lit) this.#makeGlow(view, theme, { px, py, radius, left, top, width, height });
    this.#lit = key;
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

// The same, larger, with its steps rubbed off.
function softened(canvas) {
  const large = document.createElement("canvas");
  large.width = large.height = 3 * canvas.width;
  const context = large.getContext("2d");
  context.filter = "blur(2px)";
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

// 0 below `low`, 1 above `high`, and evenly between.
function smooth(low, high, value) {
  return Math.min(Math.max((value - low) / (high - low), 0), 1);
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
