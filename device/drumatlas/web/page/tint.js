// The image of the map's areas, each in its colour with a coastline around it.

import { AREA_EDGE, AREA_SIDE } from "./atlas.js";

const TINT = { dark: 0.34, light: 0.42 }; // opacity of the areas
const COAST = { dark: 0.5, light: 0.75 }; // opacity of the line around them
export const SHORE = [0.13, 0.165, 0.195]; // densities where the coastline starts, peaks and ends
const FINE = 4; // pixels of the image across each cell of the raster of densities

// Makes the image. `crowd` are densities on the raster, and `colourAt(x, y)` returns the colour of a
// place on the map, [red, green, blue], or null where it has none.
export function makeTint(crowd, colourAt, isDark) {
  const side = FINE * AREA_SIDE;
  const image = new ImageData(side, side);
  const kind = isDark ? "dark" : "light";
  const ofMap = (at) => ((at + 0.5) / side) * (1 + 2 * AREA_EDGE) - AREA_EDGE;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const density = between(crowd, (column + 0.5) / FINE - 0.5, (row + 0.5) / FINE - 0.5);
      const land = smooth(SHORE[0], SHORE[2], density) * TINT[kind];
      const coast = Math.max(1 - Math.abs(density - SHORE[1]) / (SHORE[1] - SHORE[0]), 0) * COAST[kind];
      const alpha = 255 * Math.max(land, coast);
      const colour = alpha >= 1 ? colourAt(ofMap(column), ofMap(row)) : null;
      if (colour) image.data.set([...colour, alpha], 4 * ((side - 1 - row) * side + column));
    }
  }
  return image;
}

// Returns the density at a place between the middles of the raster's cells.
function between(crowd, x, y) {
  const clip = (value) => Math.min(Math.max(value, 0), AREA_SIDE - 1);
  const [left, low] = [Math.floor(clip(x)), Math.floor(clip(y))];
  const [right, high] = [Math.min(left + 1, AREA_SIDE - 1), Math.min(low + 1, AREA_SIDE - 1)];
  const [across, up] = [clip(x) - left, clip(y) - low];
  const along = (row) => crowd[row * AREA_SIDE + left] * (1 - across) + crowd[row * AREA_SIDE + right] * across;
  return along(low) * (1 - up) + along(high) * up;
}

// Returns 0 below `low`, 1 above `high`, and interpolates linearly in between.
function smooth(low, high, value) {
  return Math.min(Math.max((value - low) / (high - low), 0), 1);
}
