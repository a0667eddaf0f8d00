// The window on the map: pan and zoom between the map's box (0..1, y up) and pixels. Pure.

export const MOST_ZOOM = 24;
const MARGIN = 0.07; // of the box, around it

export class View {
  width = 1;
  height = 1;
  zoom = 1;
  x = 0.5; // of the box, in the middle of the window
  y = 0.5;

  resize(width, height) {
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    this.#keep();
  }

  // Pixels a box width, and a box height: at zoom 1 all of the box is seen.
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

  // Zoom by a factor, and let the place under the pixel stay there.
  zoomAt(px, py, factor) {
    const [x, y] = this.toBox(px, py);
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), MOST_ZOOM);
    const [nowX, nowY] = this.toBox(px, py);
    this.x += x - nowX;
    this.y += y - nowY;
    this.#keep();
  }

  panBy(dx, dy) {
    this.x -= dx / this.scaleX;
    this.y += dy / this.scaleY;
    this.#keep();
  }

  fit() {
    [this.zoom, this.x, this.y] = [1, 0.5, 0.5];
  }

  // Let a place be in the window, with some room around it.
  reveal(x, y, room = 0.1) {
    const halfX = (0.5 * this.width) / this.scaleX - room / this.zoom;
    const halfY = (0.5 * this.height) / this.scaleY - room / this.zoom;
    this.x = Math.min(Math.max(this.x, x - halfX), x + halfX);
    this.y = Math.min(Math.max(this.y, y - halfY), y + halfY);
    this.#keep();
  }

  // No further than to the margins of the box.
  #keep() {
    const reach = (0.5 + MARGIN) * (1 - 1 / this.zoom);
    this.x = Math.min(Math.max(this.x, 0.5 - reach), 0.5 + reach);
    this.y = Math.min(Math.max(this.y, 0.5 - reach), 0.5 + reach);
  }
}
