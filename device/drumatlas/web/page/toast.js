// Messages at the lower edge of the page. A short message disappears after some seconds; a long
// one, or one with remarks, stays until the user closes it.

import { make, padButton } from "./controls.js";

const SHOWN_MS = 4000;
const LONG = 120; // characters; more cannot be read in that time

export class Toast {
  #hiding = 0;

  constructor(place) {
    this.place = place;
  }

  // Shows `text` with a list of `remarks`. A long text is split at "; " into the list.
  say(text, isBad = false, remarks = []) {
    const stays = remarks.length > 0 || text.length > LONG;
    const [first, ...rest] = text.length > LONG ? text.split("; ") : [text];
    const list = make("ul");
    list.append(...[...rest, ...remarks].map((remark) => make("li", "", remark)));
    this.place.replaceChildren(make("span", "", first));
    if (list.firstChild) this.place.append(list);
    if (stays) this.place.append(padButton({ label: "Close", className: "small", onPress: () => this.#hide() }));
    this.place.classList.toggle("bad", isBad);
    this.place.classList.toggle("stays", stays);
    this.place.classList.add("shown");
    this.place.scrollTop = 0;
    clearTimeout(this.#hiding);
    if (!stays) this.#hiding = setTimeout(() => this.#hide(), SHOWN_MS);
  }

  #hide() {
    this.place.classList.remove("shown", "stays");
    this.place.querySelector("button")?.remove(); // so that the Tab key does not reach it
  }
}
