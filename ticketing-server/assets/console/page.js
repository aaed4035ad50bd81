// What the page says of itself: where the service is, its language, its reader's zone.

import { TEXTS } from "./texts.js";

/** The address of a path of the service, wherever that is mounted. */
export const service = (path) => new URL(path, new URL(document.body.dataset.service, location.href)).href;

const LOCALES = ["es", "en", "pt"];
const kept = localStorage.getItem("ticketing.console.locale");
const chosen = new URLSearchParams(location.search).get("lang");
export const locale = [chosen, kept, document.documentElement.lang].find((tag) => LOCALES.includes(tag)) ?? "es";
document.documentElement.lang = locale;
const column = LOCALES.indexOf(locale);

export function chooseLocale(tag) {
  localStorage.setItem("ticketing.console.locale", tag);
  const url = new URL(location.href);
  url.searchParams.delete("lang");
  history.replaceState(null, "", url);
  location.reload();
}

/** A text in the page's language, with what stands in braces put in. */
export function t(key, values) {
  const text = TEXTS[key]?.[column] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : text;
}

/** How many there are, in words. */
export const count = (key, n) => t(n === 1 ? `${key}.one` : `${key}.many`, { n: number(n) });

export const tag = { es: "es", en: "en-GB", pt: "pt-BR" }[locale];
const numbers = new Intl.NumberFormat(tag);
export const number = (value) => numbers.format(value);
const format = (options) => new Intl.DateTimeFormat(tag, options);
const full = format({ dateStyle: "medium", timeStyle: "short" }), long = format({ dateStyle: "full", timeStyle: "medium" });
const time = format({ hour: "2-digit", minute: "2-digit" }), day = format({ day: "numeric", month: "short" });
const dayInYear = format({ day: "numeric", month: "short", year: "numeric" });

/** An instant in full. */
export const instant = (value) => (value ? full.format(new Date(value)) : "–");
export const precisely = (value) => (value ? long.format(new Date(value)) : "–");

/** An instant in as few characters as tell it today. */
export function shortly(value) {
  const date = new Date(value), now = new Date();
  if (date.toDateString() === now.toDateString()) return time.format(date);
  return (date.getFullYear() === now.getFullYear() ? day : dayInYear).format(date);
}

/** A length of working time: two units at most. No days: that of a calendar has as many hours as it says. */
export function duration(millis) {
  const seconds = Math.floor(Math.abs(millis) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h >= 100) return `${number(h)} h`;
  if (h > 0) return `${h} h ${String(m).padStart(2, "0")} min`;
  if (m > 0) return `${m} min ${String(s).padStart(2, "0")} s`;
  return `${s} s`;
}

/** Working time, in hours and minutes. */
export function hours(millis) {
  const minutes = Math.round(Math.abs(millis) / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${String(minutes % 60).padStart(2, "0")} min` : ""}`;
}
