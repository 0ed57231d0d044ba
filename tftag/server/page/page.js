// Begins: asks the server what it has, and connects the parts of the page.

import * as api from "./api.js";
import { byId, counted, make, megabytes, trouble } from "./elements.js";
import { Library } from "./library/library.js";
import { LibraryMap } from "./library/map.js";
import { Stage } from "./recording/stage.js";

const stage = new Stage(() => byId("model").value);

// By its address it would take what is asked of the library out of that.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("library").focus();
});

async function begin() {
  try {
    const config = await api.config();
    byId("start").replaceChildren();
    if (config.models) show(config);
    else askForToken();
  } catch (error) {
    byId("start").replaceChildren(trouble(error, begin));
  }
}

function show({ models, index, limits }) {
  byId("about").textContent =
    models.length === 1
      ? `${models[0].name}, ${counted(models[0].tags.length, "tag")}`
      : counted(models.length, "model");
  byId("model").replaceChildren(
    ...models.map(({ name }) => make("option", {}, name)),
  );
  byId("models").hidden = models.length < 2;
  byId("model").addEventListener("change", () => stage.tag());
  byId("welcome").textContent =
    `Any format, up to ${megabytes(limits.body_bytes)} and ` +
    `${counted(Math.round(limits.audio_seconds / 60), "minute")}. You see ` +
    "its tags; it is not kept on the server.";
  byId("no-library").hidden = index !== null;
  byId("with-library").hidden = index === null;
  if (!index) return;
  byId("library-size").textContent = counted(index.recordings, "recording");
  byId("map").hidden = !index.has_map;
  const map = index.has_map ? new LibraryMap(() => library.actions) : null;
  const library = new Library(stage, models[0].tags, (ids) => map?.mark(ids));
  stage.withLibrary({
    find: (tag) => library.tag(tag),
    similar: library.similarToOpened,
  });
}

function askForToken() {
  const dialog = byId("token");
  const [box, wrong] = [byId("token-text"), byId("token-wrong")];
  byId("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await api.enter(box.value);
      const config = await api.config();
      if (config.models) {
        dialog.remove();
        show(config);
      } else {
        wrong.textContent =
          "Your browser keeps no cookie of this page, which stands for the " +
          "token. Allow it.";
      }
    } catch (error) {
      wrong.textContent =
        error.status === 401 ? "That is another token." : error.message;
    }
  });
  // Escape closes it, and there is nothing to see without it.
  dialog.addEventListener("close", () => dialog.showModal());
  dialog.showModal();
}

begin();
