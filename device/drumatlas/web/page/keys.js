// Single-key shortcuts, the same as in the terminal, and the dialog that lists them.

import { make, padButton } from "./controls.js";
import { recall, remember } from "./memory.js";
import { keyLines, keyTable } from "./rows.js";

const PAGE_KEYS = [["?", "shows this list"]];
const SOUND_KEYS = [["s", "switches the sound of this page on and off"]];
const MAP_HELP = "On the map: click a dot to play it, drag to travel, use the wheel or two fingers to zoom and the right button to pan. Arrow keys travel while the map has the focus. Double-click a control to reset it.";
const STORED = "drumatlas.keys";

// `rows` are the controls; `actions` has press(name), nudge(name, way), sound() and help().
export class Keys {
  isOn = recall(STORED) !== "off";
  #table;

  constructor(rows, actions) {
    this.#table = keyTable(rows);
    document.addEventListener("keydown", (event) => this.#handle(event, actions));
  }

  set(isOn) {
    this.isOn = isOn;
    remember(STORED, isOn ? "on" : "off");
  }

  #handle(event, actions) {
    const isTyping = event.target.closest?.("input, textarea, dialog");
    if (!this.isOn || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnButton = event.target.closest?.("button");
    if (isOnButton && (event.key === " " || event.key === "Enter")) return;
    const control = this.#table.get(event.key);
    if (control?.way) actions.nudge(control.name, control.way);
    else if (control) {
      if (!event.repeat) actions.press(control.name);
    } else if (event.key === "s" && !event.repeat) actions.sound();
    else if (event.key === "?") actions.help();
    else return;
    event.preventDefault();
  }
}

// Fills the dialog with the keys of `rows` and a checkbox that switches them off. `isBox`: there is
// a box, so also list the sound key. `readsFiles`: also explain .mid files.
export function fillHelp(dialog, keys, rows, isBox, readsFiles) {
  const title = make("h2", "", "Keys");
  title.id = "help-title";
  const list = make("dl");
  for (const [key, what] of [...keyLines(rows), ...(isBox ? SOUND_KEYS : []), ...PAGE_KEYS]) {
    list.append(make("dt", "", key), make("dd", "", what));
  }
  const label = make("label", "check");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = keys.isOn;
  box.addEventListener("change", () => keys.set(box.checked));
  label.append(box, " use single-key shortcuts");
  const more = make("p", "", MAP_HELP + (readsFiles ? " Drop a .mid file on the page, or open one, to go to its beat on the map." : ""));
  const close = padButton({ label: "Close", onPress: () => dialog.close() });
  dialog.replaceChildren(title, list, more, label, close);
}
