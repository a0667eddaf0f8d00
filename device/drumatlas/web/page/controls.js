// Knobs and faders, operated by mouse, touch and keyboard. They do not depend on the box: they call
// `onTurn(value)` when the user turns them, and `show(value)` sets them from outside.

const FINE = 4; // factor of finer movement with shift
const KNOB_DRAG = 170; // pixels from 0 to 1
const HOLD_MS = 350; // after a turn, values from the box are ignored for so long
const SWEEP = 270; // degrees from 0 to 1
const STEP = 1 / 64;
const SVG = "http://www.w3.org/2000/svg";

export class Slider {
  value = 0;
  #held = -Infinity; // when the user last turned it
  #late = 0;
  #from = null; // {at, value} where a drag began

  // `text(value)` formats the value; a double-click resets it to `home`.
  constructor({ name, label, home, text, onTurn }) {
    Object.assign(this, { name, home, text, onTurn });
    this.element = make("div", "slider");
    this.element.tabIndex = 0;
    this.element.dataset.control = name;
    const set = (key, value) => this.element.setAttribute(key, value);
    set("role", "slider");
    set("aria-label", label);
    set("aria-valuemin", "0");
    set("aria-valuemax", "1");
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("dblclick", () => this.turn(this.home));
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.element.addEventListener("pointerdown", (event) => this.#down(event));
    this.element.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(end, () => this.#end());
    }
  }

  // Sets the value as the user's hand does.
  turn(value) {
    this.#held = performance.now();
    this.#set(Math.min(Math.max(value, 0), 1));
    this.onTurn(this.value);
  }

  // Shows the box's value, once the user has let go.
  show(value) {
    clearTimeout(this.#late);
    const wait = this.#from ? HOLD_MS : this.#held + HOLD_MS - performance.now();
    if (wait > 0) this.#late = setTimeout(() => this.show(value), wait);
    else this.#set(value);
  }

  #set(value) {
    this.value = value;
    this.element.setAttribute("aria-valuenow", value.toFixed(3));
    this.element.setAttribute("aria-valuetext", this.text(value));
    this.draw(value);
  }

  #key(event) {
    const by = event.shiftKey ? STEP / FINE : STEP;
    const to = {
      ArrowUp: this.value + by,
      ArrowRight: this.value + by,
      ArrowDown: this.value - by,
      ArrowLeft: this.value - by,
      PageUp: this.value + 8 * STEP,
      PageDown: this.value - 8 * STEP,
      Home: 0,
      End: 1,
      Delete: this.home,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.turn(to);
  }

  #wheel(event) {
    event.preventDefault();
    this.turn(this.value - Math.sign(event.deltaY) * (event.shiftKey ? STEP / FINE : STEP));
  }

  #down(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.element.classList.add("held");
    this.#from = { at: this.position(event), value: this.start(event) };
  }

  #move(event) {
    if (!this.#from) return;
    const fine = event.shiftKey ? FINE : 1;
    const at = this.position(event);
    this.turn(this.#from.value + (at - this.#from.at) / fine);
    this.#from = { at, value: this.value };
  }

  #end() {
    this.#from = null;
    this.element.classList.remove("held");
  }
}

// A knob, turned by dragging up or to the right.
export class Knob extends Slider {
  #arc;
  #hand;

  constructor(options) {
    super(options);
    this.element.classList.add("knob");
    const dial = svg("svg", { viewBox: "-50 -50 100 100", "aria-hidden": "true" });
    const track = { d: arcPath(40), pathLength: 1 };
    this.#arc = svg("path", { ...track, class: "arc" });
    this.#hand = svg("line", { x1: 0, y1: -12, x2: 0, y2: -27, class: "hand" });
    dial.append(svg("path", { ...track, class: "track" }), this.#arc);
    dial.append(svg("circle", { r: 31, class: "cap" }), this.#hand);
    this.reading = make("span", "reading");
    this.element.append(dial, make("span", "label", options.short ?? options.label), this.reading);
  }

  position(event) {
    return (event.clientX - event.clientY) / KNOB_DRAG;
  }

  start() {
    return this.value;
  }

  draw(value) {
    // The arc goes from home to the value, so a control with a neutral middle shows its deviation.
    const low = Math.min(value, this.home);
    const length = Math.max(Math.abs(value - this.home), 0.004);
    this.#arc.setAttribute("stroke-dasharray", `0 ${low} ${length} 2`);
    this.#hand.setAttribute("transform", `rotate(${(value - 0.5) * SWEEP})`);
    this.reading.textContent = this.text(value);
  }
}

// A vertical fader.
export class Fader extends Slider {
  #rail = make("span", "rail");
  #fill = make("span", "fill");
  #cap = make("span", "cap");

  constructor(options) {
    super(options);
    this.element.classList.add("fader");
    this.element.setAttribute("aria-orientation", "vertical");
    this.#rail.append(this.#fill, this.#cap);
    this.element.append(this.#rail, make("span", "label", options.short ?? options.label));
  }

  position(event) {
    const box = this.#rail.getBoundingClientRect();
    return 1 - (event.clientY - box.top) / box.height;
  }

  // Touching the cap does not move it; touching elsewhere moves it there.
  start(event) {
    const at = this.position(event);
    if (Math.abs(at - this.value) > 0.12) this.turn(at);
    return this.value;
  }

  draw(value) {
    const [low, high] = [Math.min(value, this.home), Math.max(value, this.home)];
    this.#fill.style.bottom = `${100 * low}%`;
    this.#fill.style.height = `${100 * (high - low)}%`;
    this.#cap.style.bottom = `${100 * value}%`;
  }
}

// Makes a button with a lamp that calls `onPress`. A toggle also has `aria-pressed`.
export function padButton({ name, label, title, onPress, isToggle, className = "" }) {
  const button = make("button", `pad ${className}`.trim(), label);
  button.type = "button";
  if (name) button.dataset.button = name;
  if (title) button.title = title;
  if (isToggle) button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", onPress);
  return button;
}

export function light(button, isOn) {
  button.setAttribute("aria-pressed", String(Boolean(isOn)));
}

// Makes an element with a class and text.
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function arcPath(radius) {
  const at = (degrees) => {
    const angle = ((degrees - 90) * Math.PI) / 180;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M ${at(-SWEEP / 2)} A ${radius} ${radius} 0 1 1 ${at(SWEEP / 2)}`;
}
