// A list of tickets from the service, newest first, page by page. Where several statuses are wanted, each is a list of its own – the service
// answers one status at a time – and they are merged by label, which is their order.

import { ask } from "./api.js";

/** Newer labels first: years, then numbers, which have as many digits as they need. */
export function byLabel(a, b) {
  const [, yearA, numberA] = a.label.split("-"), [, yearB, numberB] = b.label.split("-");
  return yearB - yearA || numberB - numberA;
}

export class Source {
  #lists;
  /** How many there are on all pages; `null` for a search. */
  total = 0;

  constructor(parameters, statuses) {
    const list = (estado) => {
      const query = new URLSearchParams({ ...parameters, ...(estado ? { estado } : {}) });
      return { next: query, page: [], isOver: false };
    };
    this.#lists = (statuses.length > 0 ? statuses : [null]).map(list);
  }

  get isOver() {
    return this.#lists.every(({ isOver, page }) => isOver && page.length === 0);
  }

  /** The next tickets, about so many. */
  async more(size, signal) {
    const taken = [];
    while (taken.length < size && !this.isOver) {
      await Promise.all(this.#lists.filter(({ isOver, page }) => !isOver && page.length === 0).map((list) => this.#fill(list, size, signal)));
      // As long as each list that goes on has something to show, the newest of all is known.
      while (taken.length < size) {
        if (this.#lists.some(({ isOver, page }) => !isOver && page.length === 0)) break;
        const heads = this.#lists.filter(({ page }) => page.length > 0);
        if (heads.length === 0) break;
        const newest = heads.reduce((best, list) => (byLabel(list.page[0], best.page[0]) < 0 ? list : best));
        taken.push(newest.page.shift());
      }
    }
    return taken;
  }

  async #fill(list, size, signal) {
    list.next.set("limite", Math.min(size, 1_000));
    const { body, total, next } = await ask(`api/tickets/cola?${list.next}`, { signal });
    const leido = Date.now();
    if (list.total === undefined) {
      list.total = total;
      this.total = total === null || this.total === null ? null : this.total + total;
    }
    list.page = body.map((row) => ({ ...row, leido }));
    list.isOver = next === null;
    if (next) list.next = new URLSearchParams(next.slice(next.indexOf("?") + 1));
  }
}
