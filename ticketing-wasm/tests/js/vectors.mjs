// A case of the published conformance vectors, as `readClock` takes it.

const DAYS = { mon: "lun", tue: "mar", wed: "mie", thu: "jue", fri: "vie", sat: "sab", sun: "dom" };

export function clockOf({ zone, calendar, start, budget, due_at: dueAt, pauses, at }, zones) {
  const desk = calendar && {
    semana: Object.fromEntries(Object.entries(calendar.weekly).map(([day, shifts]) => [DAYS[day], shifts])),
    excepciones: calendar.exceptions.map(({ date, open }) => ({ fecha: date, horas: open })),
  };
  return { zone: zones[zone], calendar: desk, start, budget, dueAt, pauses, at };
}
