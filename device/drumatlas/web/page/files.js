// Downloads, links to a place, and .mid files that the user drops or opens.

import { make, padButton } from "./controls.js";
import { fromFragment, toFragment } from "./share.js";

const MAX_BYTES = 256 << 10; // size of a file
// File types of the format. Phones filter by media type, and there are several.
const MIDI_FILES = ".mid,.midi,.smf,.kar,.rmi,audio/midi,audio/x-midi,audio/mid,audio/sp-midi";

export function download(path, name) {
  const link = make("a");
  link.href = path;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

// Copies a link to the current place, or shows it if the browser does not let the page copy.
export async function share(store, defaults, toast) {
  const { knobs, values, flags } = store.state;
  const url = new URL(location.href);
  url.search = "";
  url.hash = toFragment(knobs, values, defaults, flags.novelty);
  try {
    await navigator.clipboard.writeText(url.href);
    toast("link copied");
  } catch {
    showLink(url.href);
  }
}

function showLink(href) {
  const dialog = document.getElementById("link");
  const title = make("h2", "", "Link to this place");
  title.id = "link-title";
  const field = document.createElement("input");
  [field.value, field.readOnly] = [href, true];
  field.setAttribute("aria-labelledby", "link-title");
  dialog.replaceChildren(title, field, padButton({ label: "Close", onPress: () => dialog.close() }));
  dialog.showModal();
  field.select();
}

// Asks before going to a link's place, so that the author of a link cannot control the box.
export function offerShared(go) {
  const banner = document.getElementById("banner");
  const update = () => {
    const place = fromFragment(location.hash);
    banner.hidden = !place;
    if (!place) return;
    const done = () => {
      banner.hidden = true;
      history.replaceState(null, "", location.pathname);
    };
    const yes = padButton({ label: "Go there", className: "small", onPress: () => { go(place); done(); } });
    const no = padButton({ label: "Stay", className: "small", onPress: done });
    banner.replaceChildren(make("span", "", "This link opens a place on the map."), yes, no);
  };
  addEventListener("hashchange", update);
  update();
}

// Calls `land` with the bytes of a .mid file that is dropped anywhere on the page.
export function acceptDrops(land, toast) {
  const body = document.body;
  const isFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) body.classList.remove("dropping");
  });
  addEventListener("drop", async (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    body.classList.remove("dropping");
    await openFile(event.dataTransfer.files[0], land, toast);
  });
}

// Makes a button that opens a .mid file, the only way on a phone.
export function fileButton(land, toast) {
  const input = document.createElement("input");
  [input.type, input.accept, input.hidden] = ["file", MIDI_FILES, true];
  input.addEventListener("change", async () => {
    const [file] = input.files;
    await openFile(file, land, toast);
    input.value = ""; // so that the same file can be chosen again
  });
  const button = padButton({ label: "Open .mid", title: "go to the place of a MIDI file's beat",
    onPress: () => input.click() });
  button.setAttribute("aria-label", "Open .mid, or drop .mid on the page");
  button.append(input); // some browsers drop a file chooser that is not in the document
  return button;
}

async function openFile(file, land, toast) {
  if (!file) return;
  if (file.size > MAX_BYTES) {
    toast(`${file.name}: too large for a beat (over ${MAX_BYTES >> 10} KB)`, true);
    return;
  }
  try {
    await land(await file.arrayBuffer());
  } catch (error) {
    toast(`${file.name}: ${error.message}`, true);
  }
}
