// Synthesises the 14 drums. Each is rendered once into a buffer that hits then play. The recipes
// follow analogue drum machines (Sound on Sound, "Synth Secrets" 32 to 42).

const RATE = 44100;

// An oscillator whose pitch falls from `from` to `to` Hz within `fall` seconds.
function tone(context, out, { from, to = from, fall = 0.05, level = 1, decay, type = "sine", at = 0 }) {
  const oscillator = context.createOscillator();
  oscillator.type = type;
  oscillator.frequency.setValueAtTime(from, at);
  oscillator.frequency.exponentialRampToValueAtTime(to, at + fall);
  oscillator.connect(envelope(context, out, level, decay, at));
  oscillator.start(at);
  oscillator.stop(at + decay);
}

function noise(context, out, { level = 1, decay, type = "highpass", cut = 1000, q = 0.7, at = 0 }) {
  const length = Math.ceil((decay + 0.01) * RATE);
  const buffer = context.createBuffer(1, length, RATE);
  const data = buffer.getChannelData(0);
  let seed = 22222; // the same noise each time, so that a drum always sounds the same
  for (let i = 0; i < length; i++) {
    seed = (seed * 16807) % 2147483647;
    data[i] = seed / 1073741823.5 - 1;
  }
  const source = context.createBufferSource();
  source.buffer = buffer;
  const filter = context.createBiquadFilter();
  [filter.type, filter.frequency.value, filter.Q.value] = [type, cut, q];
  source.connect(filter).connect(envelope(context, out, level, decay, at));
  source.start(at);
}

// Six inharmonic square waves: the metallic sound of cymbals and hats.
function metal(context, out, { level = 1, decay, base = 40, cut = 7000, band = 10000 }) {
  const bandpass = context.createBiquadFilter();
  [bandpass.type, bandpass.frequency.value, bandpass.Q.value] = ["bandpass", band, 0.5];
  const highpass = context.createBiquadFilter();
  [highpass.type, highpass.frequency.value] = ["highpass", cut];
  bandpass.connect(highpass).connect(envelope(context, out, level, decay, 0));
  for (const ratio of [2, 3, 4.16, 5.43, 6.79, 8.21]) {
    const oscillator = context.createOscillator();
    oscillator.type = "square";
    oscillator.frequency.value = base * ratio;
    oscillator.connect(bandpass);
    oscillator.start(0);
    oscillator.stop(decay);
  }
}

function envelope(context, out, level, decay, at) {
  const gain = context.createGain();
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.linearRampToValueAtTime(level, at + 0.0012);
  gain.gain.exponentialRampToValueAtTime(0.0006, at + decay);
  gain.connect(out);
  return gain;
}

function tom(from, to, decay) {
  return (context, out) => {
    tone(context, out, { from, to, fall: decay * 0.7, level: 0.85, decay });
    noise(context, out, { level: 0.12, decay: 0.06, type: "lowpass", cut: 1800 });
  };
}

function hand(from, to, decay, slap) {
  return (context, out) => {
    tone(context, out, { from, to, fall: 0.03, level: 0.75, decay });
    tone(context, out, { from: from * 2.3, to: to * 2.2, fall: 0.02, level: 0.16, decay: decay * 0.4 });
    noise(context, out, { level: slap, decay: 0.018, type: "bandpass", cut: 2600, q: 1.2 });
  };
}

// [duration in seconds, recipe], by voice bit.
const RECIPES = [
  [0.55, (c, o) => {
    tone(c, o, { from: 165, to: 47, fall: 0.075, level: 1, decay: 0.5 });
    noise(c, o, { level: 0.3, decay: 0.012, type: "lowpass", cut: 3500 });
  }],
  [0.32, (c, o) => {
    tone(c, o, { from: 245, to: 178, fall: 0.03, level: 0.5, decay: 0.16 });
    tone(c, o, { from: 360, to: 290, fall: 0.02, level: 0.22, decay: 0.1 });
    noise(c, o, { level: 0.62, decay: 0.24, cut: 1500 });
  }],
  [0.09, (c, o) => metal(c, o, { level: 0.62, decay: 0.07 })],
  [0.65, tom(118, 70, 0.6)],
  [0.52, tom(160, 98, 0.48)],
  [0.55, (c, o) => metal(c, o, { level: 0.55, decay: 0.5 })],
  [0.45, tom(215, 135, 0.4)],
  [1.7, (c, o) => {
    metal(c, o, { level: 0.42, decay: 1.6, base: 46, cut: 4200, band: 7600 });
    noise(c, o, { level: 0.34, decay: 1.3, cut: 5200 });
  }],
  [0.95, (c, o) => {
    metal(c, o, { level: 0.3, decay: 0.9, base: 58, cut: 5600, band: 9000 });
    tone(c, o, { from: 3150, level: 0.06, decay: 0.3 });
    noise(c, o, { level: 0.1, decay: 0.03, cut: 6000 });
  }],
  [0.22, (c, o) => {
    noise(c, o, { level: 0.5, decay: 0.16, type: "bandpass", cut: 8200, q: 1.5 });
    noise(c, o, { level: 0.22, decay: 0.06, type: "bandpass", cut: 8200, q: 1.5, at: 0.028 });
  }],
  [0.2, hand(440, 400, 0.17, 0.28)],
  [0.28, hand(318, 285, 0.24, 0.22)],
  [0.16, hand(372, 330, 0.1, 0.42)],
  [0.38, hand(232, 205, 0.34, 0.18)],
];

// Renders a buffer for each voice bit; takes some ten milliseconds on another thread.
export async function renderDrums() {
  return Promise.all(
    RECIPES.map(([seconds, play]) => {
      const context = new OfflineAudioContext(1, Math.ceil(seconds * RATE), RATE);
      play(context, context.destination);
      return context.startRendering();
    }),
  );
}
