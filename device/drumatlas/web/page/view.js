// The visible part of the map: converts map coordinates (0..1, y up) to pixels and back. Pure.

export const MAX_ZOOM = 24;
const MARGIN = 0.07; // around the map, in map widths

export class View {
  width = 1;
  height = 1;
  zoom = 1;
  x = 0.5; // map coordinates of the middle of the window
  y = 0.5;

  resize(width, height) {
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    this.#clamp();
  }

  // Pixels per map width and height. At zoom 1 the whole map is visible.
  get scaleX() {
    return (this.zoom * this.width) / (1 + 2 * MARGIN);
  }

  get scaleY() {
    return (this.zoom * this.height) / (1 + 2 * MARGIN);
  }

  toPixels(x, y) {
    return [
      this.width / 2 + (x - this.x) * this.scaleX,
      this.height / 2 - (y - this.y) * this.scaleY,
    ];
  }

  toBox(px, py) {
    return [
      this.x + (px - this.width / 2) / this.scaleX,
      this.y - (py - this.height / 2) / this.scaleY,
    ];
  }

  // Zooms by a factor; the place under the pixel stays there.
  zoomAt(px, py, factor) {
    const [x, y] = this.toBox(px, py);
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), MAX_ZOOM);
    const [nowX, nowY] = this.toBox(px, py);
    this.x += x - nowX;
    this.y += y - nowY;
    this.#clamp();
  }

  panBy(dx, dy) {
    this.x -= dx / this.scaleX;
    this.y += dy / this.scaleY;
    this.#clamp();
  }

  fit() {
    [this.zoom, this.x, this.y] = [1, 0.5, 0.5];
  }

  // Pans as far as needed to show a place with some room around it.
  reveal(x, y, room = 0.1) {
    const halfX = (0.5 * this.width) / this.scaleX - room / this.zoom;
    const halfY = (0.5 * this.height) / this.scaleY - room / this.zoom;
    this.x = Math.min(Math.max(this.x, x - halfX), x + halfX);
    this.y = Math.min(Math.max(this.y, y - halfY), y + halfY);
    this.#clamp();
  }

  // Keeps the window within the map and its margins.
  #clamp() {
    const reach = (0.5 + MARGIN) * (1 - 1 / this.zoom);
    this.x = Math.min(Math.max(this.x, 0.5 - reach), 0.5 + reach);
    this.y = Math.min(Math.max(this.y, 0.5 - reach), 0.5 + reach);
  }
}
