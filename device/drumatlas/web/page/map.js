// The interactive map: click or drag to travel, wheel or two fingers to zoom, draw a path. It does
// not depend on the box: it calls `actions`.

import { PointIndex } from "./atlas.js";
import { MapPainter } from "./mapdraw.js";
import { Trail, stopsAlong } from "./travel.js";
import { View } from "./view.js";

const CLICK_PIXELS = 5; // a press that moves less is a click
const REACH_MOUSE = 9; // pixels; a click this close to a point selects it
const REACH_TOUCH = 16;
const NUDGE = 1 / 64; // map widths per arrow key
const WHEEL = 0.0016; // log zoom per pixel

// actions: go(point), travel(x, y), stick(x, y) in glide mode, follow(stops).
export class AtlasMap {
  view = new View();
  isDrawing = false; // whether a drag draws a path
  isGliding = false; // whether a drag pushes the joystick (glide mode)
  #atlas;
  #actions;
  #index;
  #painter;
  #base;
  #top;
  #theme;
  #scene = { here: null, trail: [], path: null, drawing: null, hover: null, beat: null };
  #trail = new Trail();
  #pointers = new Map();
  #press = null; // {x, y, isDrag, isPan} of the pointer that went down first
  #isStale = true; // whether areas, points and labels must be drawn again
  #isMoved = true; // whether place, trail and path must be drawn again

  constructor(element, atlas, theme, actions) {
    this.#atlas = atlas;
    this.#theme = theme;
    this.#actions = actions;
    this.#index = new PointIndex(atlas.points);
    this.#painter = new MapPainter(atlas);
    [this.#base, this.#top] = element.querySelectorAll("canvas");
    new ResizeObserver(() => this.#resize()).observe(element);
    this.#resize();
    this.#listen(this.#top);
  }

  set here(here) {
    const before = this.#scene.here;
    this.#scene.here = here;
    this.#trail.add(here.x, here.y);
    this.#scene.trail = this.#trail.places;
    this.#isMoved = true;
    const isFar = !before || Math.hypot(here.x - before.x, here.y - before.y) > 0.002;
    if (isFar && !this.#press && this.view.zoom > 1) {
      this.view.reveal(here.x, here.y);
      this.#isStale = true;
    }
  }

  set path(path) {
    this.#scene.path = path;
    this.#isMoved = true;
  }

  set theme(theme) {
    this.#theme = theme;
    this.#painter.forgetTheme();
    this.#isStale = true;
  }

  setPassing(passing) {
    this.#painter.setPassing(passing);
    this.#isMoved = true;
  }

  zoom(factor) {
    const { width, height } = this.view;
    const here = this.#scene.here;
    const at = here ? this.view.toPixels(here.x, here.y) : [width / 2, height / 2];
    const isSeen = at[0] > 0 && at[1] > 0 && at[0] < width && at[1] < height;
    this.view.zoomAt(...(isSeen ? at : [width / 2, height / 2]), factor);
    this.#isStale = true;
  }

  fit() {
    this.view.fit();
    this.#isStale = true;
  }

  // Draws a frame. `beat` is the position within the current beat, 0..1, or null for no pulse.
  frame(beat) {
    if (beat !== this.#scene.beat) this.#isMoved = true;
    this.#scene.beat = beat;
    if (this.#isStale) this.#painter.paint(this.#context(this.#base), this.view, this.#theme);
    if (this.#isStale || this.#isMoved) {
      this.#painter.move(this.#context(this.#top), this.view, this.#theme, this.#scene);
    }
    this.#isStale = this.#isMoved = false;
  }

  #context(canvas) {
    const context = canvas.getContext("2d");
    const ratio = canvas.width / this.view.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  #resize() {
    const { width, height } = this.#top.parentElement.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [this.#base, this.#top]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.view.resize(width, height);
    this.#isStale = true;
  }

  #listen(canvas) {
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event, true));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, false));
    canvas.addEventListener("pointerleave", () => this.#setHover(null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #at(event) {
    const box = this.#top.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    this.#top.setPointerCapture(event.pointerId);
    const [x, y] = this.#at(event);
    this.#pointers.set(event.pointerId, [x, y]);
    const isPan = event.button !== 0 || event.ctrlKey || event.metaKey;
    if (this.#pointers.size === 1) this.#press = { x, y, isDrag: false, isPan };
    else if (this.#press) this.#press.isPan = this.#press.isDrag = true;
    this.#setHover(null);
  }

  #move(event) {
    const [x, y] = this.#at(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.#point(x, y);
      return;
    }
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId);
    this.#pointers.set(event.pointerId, [x, y]);
    const press = this.#press;
    press.isDrag ||= Math.hypot(x - press.x, y - press.y) > CLICK_PIXELS;
    if (others.length) this.#pinch(before, [x, y], others[0][1]);
    else if (press.isPan) this.#pan(x - before[0], y - before[1]);
    else if (press.isDrag) this.#drag(x, y);
  }

  #pan(dx, dy) {
    this.view.panBy(dx, dy);
    this.#isStale = true;
  }

  #pinch(before, now, other) {
    const far = (a, b) => Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 10);
    this.view.zoomAt(...other, far(now, other) / far(before, other));
    this.#pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  }

  #drag(x, y) {
    const place = this.#inside(x, y);
    if (this.isDrawing) {
      this.#scene.drawing ??= [this.#inside(this.#press.x, this.#press.y)];
      this.#scene.drawing.push(place);
      this.#isMoved = true;
    } else if (this.isGliding) {
      const push = (now, from) => 0.5 + Math.max(Math.min((now - from) / 160, 0.5), -0.5);
      this.#actions.stick(push(x, this.#press.x), push(this.#press.y, y));
    } else {
      this.#actions.travel(...place);
    }
  }

  #up(event, counts) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const press = this.#press;
    if (this.#pointers.size === 0) this.#press = null;
    if (!press || press.isPan) return;
    if (this.#scene.drawing) {
      const stops = stopsAlong(this.#scene.drawing);
      this.#scene.drawing = null;
      this.#isMoved = true;
      if (counts && stops.length) this.#actions.follow(stops);
    } else if (this.isGliding && press.isDrag) {
      this.#actions.stick(0.5, 0.5);
    } else if (counts && !press.isDrag) {
      this.#click(press.x, press.y, event.pointerType === "mouse" ? REACH_MOUSE : REACH_TOUCH);
    }
  }

  // Goes to the clicked point's own latent point or, away from points, to that place on the map.
  #click(x, y, reach) {
    const place = this.#inside(x, y);
    const point = this.#index.nearest(...place, this.isGliding ? 1 : this.#reach(reach));
    if (point >= 0) this.#actions.go(point);
    else this.#actions.travel(...place);
  }

  #reach(pixels) {
    return pixels / Math.min(this.view.scaleX, this.view.scaleY);
  }

  #inside(x, y) {
    return this.view.toBox(x, y).map((value) => Math.min(Math.max(value, 0), 1));
  }

  #point(x, y) {
    const place = this.#inside(x, y);
    const point = this.#index.nearest(...place, this.#reach(REACH_MOUSE));
    const { points, genres } = this.#atlas;
    const genre = point >= 0 && points.genre[point] >= 0 ? points.genre[point] : this.#painter.genreAt(...place);
    const name = genre >= 0 ? genres[genre].name : "";
    if (point < 0) {
      this.#setHover(name ? { x: place[0], y: place[1], text: name, isPoint: false } : null);
      return;
    }
    const kind = points.generated[point] ? "generated" : "training";
    const text = [name, kind].filter(Boolean).join(" · ");
    this.#setHover({ x: points.x[point], y: points.y[point], text, isPoint: true });
  }

  #setHover(hover) {
    this.#isMoved ||= hover !== this.#scene.hover;
    this.#scene.hover = hover;
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey) this.#pan(-event.deltaY * lines, 0);
    else this.view.zoomAt(...this.#at(event), Math.exp(-event.deltaY * lines * WHEEL));
    this.#isStale = true;
  }

  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (way && event.altKey) this.#pan(-40 * way[0], 40 * way[1]);
    else if (way && this.#scene.here) this.#step(way, event.shiftKey ? 4 * NUDGE : NUDGE);
    else if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step([dx, dy], by) {
    const { x, y } = this.#scene.here;
    const clip = (value) => Math.min(Math.max(value, 0), 1);
    const place = [clip(x + (dx * by) / this.view.zoom), clip(y + (dy * by) / this.view.zoom)];
    if (!this.isGliding) this.#actions.travel(...place);
    else this.#actions.go(this.#index.nearest(...place, 1));
    this.#scene.here = { ...this.#scene.here, x: place[0], y: place[1] };
  }
}
