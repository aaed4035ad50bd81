// What every page's script needs: its texts, its instants, its copy buttons.

/** What scripts say, in the page's language. The server's one table of texts fills it. */
export const texts = JSON.parse(document.body.dataset.texts);

export const locale = document.documentElement.lang;

/** `"{n} de {max}"` with its words filled in. */
export const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name] ?? "");

/** Where a path of the service is, also where an application has mounted it below a path of its own. */
export const service = (path) => new URL(`../${path}`, import.meta.url);

export const byId = (id) => document.getElementById(id);

const format = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });

/** An instant in the reader's own time zone and words. */
export const when = (instant) => format.format(new Date(instant));

/** The server shows instants in its own zone; here the reader's is known. */
export function localiseTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = when(time.dateTime);
  }
}

/** Copy buttons need a clipboard, which a page has over HTTPS and on this machine. Elsewhere they stay hidden. */
export function enableCopy(root = document) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const before = button.textContent;
    button.addEventListener("click", async () => {
      const label = root.querySelector("[data-slot=label]");
      try {
        await navigator.clipboard.writeText(label.textContent);
      } catch {
        // Not allowed here: selected, it is copied by hand.
        getSelection().selectAllChildren(label);
        return;
      }
      button.textContent = texts.copied;
      announce(texts.copied);
      setTimeout(() => (button.textContent = before), 3000);
    });
  }
}

const voice = document.createElement("p");
voice.className = "visually-hidden";
voice.setAttribute("role", "status");
document.body.append(voice);

/** Says something to those who do not see the page, without moving them. */
export function announce(text) {
  voice.textContent = text;
}
