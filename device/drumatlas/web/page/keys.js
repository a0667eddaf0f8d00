// Single keys that play, by the rows of the controls: those of the terminal. And the help that
// lists them.

import { make, padButton } from "./controls.js";
import { recall, remember } from "./memory.js";
import { keyLines, keyTable } from "./rows.js";

const OF_THE_PAGE = [["?", "this list"]];
const OF_THE_SOUND = [["s", "sound of this page"]];
const ON_THE_MAP = "On the map: click a dot to play it, drag to travel, wheel or two fingers to zoom, right button to pan. While it has the focus, arrow keys travel. Double click sets a control back.";
const STORED = "drumatlas.keys";

// `rows` are the controls; `act` has press(name), nudge(name, way), sound() and help().
export class Keys {
  isOn = recall(STORED) !== "off";
  #table;

  constructor(rows, act) {
    this.#table = keyTable(rows);
    document.addEventListener("keydown", (event) => this.#take(event, act));
  }

  set(isOn) {
    this.isOn = isOn;
    remember(STORED, isOn ? "on" : "off");
  }

  #take(event, act) {
    const isTyping = event.target.closest?.("input, textarea, dialog");
    if (!this.isOn || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnButton = event.target.closest?.("button");
    if (isOnButton && (event.key === " " || event.key === "Enter")) return;
    const control = this.#table.get(event.key);
    if (control?.way) act.nudge(control.name, control.way);
    else if (control) {
      if (!event.repeat) act.press(control.name);
    } else if (event.key === "s" && !event.repeat) act.sound();
    else if (event.key === "?") act.help();
    else return;
    event.preventDefault();
  }
}

// Fills the dialog with the keys of `rows` (`isBox`: and those of a page with a box behind it;
// `lands`: with files), and the switch that turns them off.
export function fillHelp(dialog, keys, rows, isBox, lands) {
  const title = make("h2", "", "Keys");
  title.id = "help-title";
  const list = make("dl");
  for (const [key, what] of [...keyLines(rows), ...(isBox ? OF_THE_SOUND : []), ...OF_THE_PAGE]) {
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
