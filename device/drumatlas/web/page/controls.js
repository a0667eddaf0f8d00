// Knobs and faders: sliders by mouse, touch and keyboard, in the shape of an instrument's. They
// know nothing of the box: `onTurn(value)` hears of turns, `show(value)` follows others.

const FINE = 4; // times finer with shift
const KNOB_WAY = 170; // pixels of a drag, from end to end
const HOLD_MS = 350; // what comes from the box in that time after a turn is not followed yet
const SWEEP = 270; // degrees of a knob
const STEP = 1 / 64;
const SVG = "http://www.w3.org/2000/svg";

export class Slider {
  value = 0;
  #held = -Infinity; // when it was last turned by hand
  #late = 0;
  #from = null; // {at, value} of a drag

  // `text(value)` is how the value is said, `home` where a double click sets it.
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

  // Set it by hand.
  turn(value) {
    this.#held = performance.now();
    this.#set(Math.min(Math.max(value, 0), 1));
    this.onTurn(this.value);
  }

  // The box says where it is; while a hand holds it, the hand counts.
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

// Turned by dragging up or to the right.
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
    return (event.clientX - event.clientY) / KNOB_WAY;
  }

  start() {
    return this.value;
  }

  draw(value) {
    // From home to the value: a control whose middle is natural shows how far it is from there.
    const low = Math.min(value, this.home);
    const length = Math.max(Math.abs(value - this.home), 0.004);
    this.#arc.setAttribute("stroke-dasharray", `0 ${low} ${length} 2`);
    this.#hand.setAttribute("transform", `rotate(${(value - 0.5) * SWEEP})`);
    this.reading.textContent = this.text(value);
  }
}

// Follows the finger.
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

  // A touch of the cap moves nothing; one beside it brings it there.
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

// A button with a lamp; `onPress` hears of it. One that shows a state has `aria-pressed`.
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

// An element of a class, with text.
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
