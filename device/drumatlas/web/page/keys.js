// Single keys that play, as in the terminal; and the help that lists them.

import { make, padButton } from "./controls.js";
import { recall, remember } from "./memory.js";

const BUTTONS = {
  " ": "play", t: "tap", z: "fill", x: "freeze", w: "wander", n: "novelty", ".": "next_genre",
  ",": "prev_genre", p: "panic", r: "undo", g: "keep", e: "learn",
  1: "load_a", 2: "load_b", 3: "load_c", 4: "load_d",
  "!": "save_a", "@": "save_b", "#": "save_c", $: "save_d",
};
const STEP = 1 / 64;
const TURNS = {
  ArrowLeft: ["x1", -STEP], ArrowRight: ["x1", STEP], ArrowDown: ["x2", -STEP], ArrowUp: ["x2", STEP],
  h: ["x3", -STEP], j: ["x3", STEP], k: ["x4", -STEP], l: ["x4", STEP],
  y: ["density", -STEP], u: ["density", STEP], i: ["swing", -STEP], o: ["swing", STEP],
  c: ["chaos", -STEP], v: ["chaos", STEP], b: ["humanize", -STEP], m: ["humanize", STEP],
};
const HELP = [
  ["space", "play, stop"], ["t", "tap the tempo"], ["+ −", "tempo"], ["← → ↑ ↓", "the first two knobs; on the map: travel"],
  ["h j   k l", "the other two knobs"], [", .", "genre before, after"], ["y u   i o", "density, swing"],
  ["z  x  w  n", "fill, freeze, wander, novel"],
  ["1 2 3 4", "go to A, B, C, D"], ["shift 1 2 3 4", "save them"], ["r", "undo the last jump"],
  ["p", "panic"], ["?", "this list"],
];
const OF_THE_BOX = [
  ["c v   b m", "chaos, humanize"], ["g", "keep the last 8 bars on the box"],
  ["e", "MIDI learn: touch a control, move a controller"], ["s", "sound of this page"],
];
const ON_THE_MAP = "On the map: click a dot to play it, drag to travel, wheel or two fingers to zoom, right button to pan. Double click sets a control back.";
const STORED = "drumatlas.keys";

// `act` has press(name), nudge(name, by), tempo(by), sound() and help().
export class Keys {
  isOn = recall(STORED) !== "off";

  constructor(act) {
    document.addEventListener("keydown", (event) => this.#take(event, act));
  }

  set(isOn) {
    this.isOn = isOn;
    remember(STORED, isOn ? "on" : "off");
  }

  #take(event, act) {
    const isTyping = event.target.closest?.("input, textarea, dialog");
    if (!this.isOn || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const isButton = event.target.closest?.("button");
    if (isButton && (event.key === " " || event.key === "Enter")) return;
    if (event.key in BUTTONS) {
      if (!event.repeat) act.press(BUTTONS[event.key]);
    } else if (event.key in TURNS) act.nudge(...TURNS[event.key]);
    else if (event.key === "+" || event.key === "=") act.tempo(1);
    else if (event.key === "-" || event.key === "_") act.tempo(-1);
    else if (event.key === "s" && !event.repeat) act.sound();
    else if (event.key === "?") act.help();
    else return;
    event.preventDefault();
  }
}

// Fills the dialog with the keys (`isBox`: those of a box, too; `lands`: with files), and the switch that turns them off.
export function fillHelp(dialog, keys, isBox, lands) {
  const title = make("h2", "", "Keys");
  title.id = "help-title";
  const list = make("dl");
  for (const [key, what] of [...HELP, ...(isBox ? OF_THE_BOX : [])]) {
    list.append(make("dt", "", key), make("dd", "", what));
  }
  const label = make("label", "check");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = keys.isOn;
  box.addEventListener("change", () => keys.set(box.checked));
  label.append(box, " single keys play");
  const more = make("p", "", ON_THE_MAP + (lands ? " Drop a .mid file on the page, or open one, to go to the place of its beat." : ""));
  const close = padButton({ label: "Close", onPress: () => dialog.close() });
  dialog.replaceChildren(title, list, more, label, close);
}
