// Files and links: beats to download, a place to share, a .mid to drop or to choose.

import { make, padButton } from "./controls.js";
import { fromFragment, toFragment } from "./share.js";

const MOST = 256 << 10; // bytes of a file that are read
// Names of the format; phones go by media types, of which their makers use several.
const MIDI_FILES = ".mid,.midi,.smf,.kar,.rmi,audio/midi,audio/x-midi,audio/mid,audio/sp-midi";

export function download(path, name) {
  const link = make("a");
  link.href = path;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

// Shows the link of where one is, and copies it where the browser lets a page do that.
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

// Asks before it goes where a link leads: whoever made the link has no hand on the box.
export function offerShared(go) {
  const banner = document.getElementById("banner");
  const look = () => {
    const place = fromFragment(location.hash);
    banner.hidden = !place;
    if (!place) return;
    const done = () => {
      banner.hidden = true;
      history.replaceState(null, "", location.pathname);
    };
    const yes = padButton({ label: "Go there", className: "small", onPress: () => { go(place); done(); } });
    const no = padButton({ label: "Stay", className: "small", onPress: done });
    banner.replaceChildren(make("span", "", "This link leads to a place."), yes, no);
  };
  addEventListener("hashchange", look);
  look();
}

// A .mid that is dropped anywhere on the page is given to `land` as bytes.
export function takeDrops(land, toast) {
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
    await take(event.dataTransfer.files[0], land, toast);
  });
}

// The same by choosing a file, which is the only way on a phone.
export function fileButton(land, toast) {
  const input = document.createElement("input");
  [input.type, input.accept, input.hidden] = ["file", MIDI_FILES, true];
  input.addEventListener("change", async () => {
    const [file] = input.files;
    await take(file, land, toast);
    input.value = ""; // so that the same file can be chosen again
  });
  const button = padButton({ label: "Open .mid", title: "go to the place of a MIDI file's beat",
    onPress: () => input.click() });
  button.setAttribute("aria-label", "Open .mid, or drop .mid on the page");
  button.append(input); // some browsers forget a chooser that is not in the page
  return button;
}

async function take(file, land, toast) {
  if (!file) return;
  if (file.size > MOST) {
    toast(`${file.name}: more than ${MOST >> 10} KB, too large for a beat`, true);
    return;
  }
  try {
    await land(await file.arrayBuffer());
  } catch (error) {
    toast(`${file.name}: ${error.message}`, true);
  }
}
