//! Generated rules with calendars, zones and targets.

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::zones;

/// Whoever draws so many gets the same ones.
pub(crate) fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// So many documents, the first of them some that people have.
pub(crate) fn generated(count: usize) -> anyhow::Result<Vec<Value>> {
    let mut runner = runner();
    let mut documents = common()?;
    while documents.len() < count {
        documents.push(document().new_tree(&mut runner).map_err(anyhow::Error::msg)?.current());
    }
    Ok(documents)
}

fn common() -> anyhow::Result<Vec<Value>> {
    let split = json!([["08:00", "12:00"], ["13:00", "17:00"]]);
    let office = json!({ "lun": split, "mar": split, "mie": split, "jue": split, "vie": split });
    let night = json!([["22:00", "06:00"]]);
    let nights =
        json!({ "lun": night, "mar": night, "mie": night, "jue": night, "vie": night, "sab": night, "dom": night });
    let of_target = |calendar: &str, allowance: &str, due_at: &str| json!({ "porPrioridad": { "CRITICA": "90m", "ALTA": "8h" }, "otras": allowance, "vence": due_at, "calendario": calendar });
    let rules = |calendar: &Value, allowance: &str, due_at: &str, zone: &str| -> anyhow::Result<Value> {
        Ok(json!({
            "zona": zone, "zonas": [zones::table(zone)?], "calendarios": { "MESA": calendar }, "calendario": "MESA",
            "sla": { "politicas": [
                { "id": 1, "nombre": "Sin plazo", "cuando": { "tipo": ["SUGERENCIA"] } },
                { "id": 2, "nombre": "Todas", "primeraRespuesta": of_target("MESA", "45m", "close"),
                  "resolucion": of_target("MESA", allowance, due_at) },
            ] },
        }))
    };
    let holidays = json!([{ "fecha": "2026-12-25", "nombre": "Navidad" }, { "fecha": "2026-12-24", "horas": [["08:00", "12:00"]] }]);
    Ok(vec![
        json!({}),
        rules(&json!({ "semana": office, "excepciones": holidays }), "2bd", "close", "America/Bogota")?,
        rules(&json!({ "semana": office }), "3bd", "same_time", "Europe/Madrid")?,
        rules(&json!({ "semana": nights }), "20h", "close", "Europe/Madrid")?,
    ])
}

fn document() -> impl Strategy<Value = Value> {
    let calendars = prop::collection::vec(calendar(), 1..=2);
    (calendars, prop::collection::vec(policy(), 1..=3), zone(), any::<bool>()).prop_map(|(calendars, policies, zone, has_calendar)| {
        let names = ["A", "B"];
        // Targets name calendars whether there are so many or not.
        let calendars: Map<_, _> =
            names.iter().zip(calendars.iter().cycle()).map(|(name, calendar)| ((*name).to_owned(), calendar.clone())).collect();
        let policies: Vec<_> = policies.into_iter().enumerate().map(|(index, mut policy)| {
            policy["id"] = json!(index + 1);
            policy
        }).collect();
        let tables = zones::NAMES.map(|name| zones::table(name).ok());
        json!({
            "zona": zone, "zonas": tables, "calendarios": calendars, "calendario": if has_calendar { Some("B") } else { None },
            "sla": { "politicas": policies },
        })
    })
}

fn zone() -> impl Strategy<Value = String> {
    let names: Vec<_> = zones::NAMES.into_iter().chain(["UTC"]).map(str::to_owned).collect();
    select(names)
}

fn calendar() -> impl Strategy<Value = Value> {
    let days = ["lun", "mar", "mie", "jue", "vie", "sab", "dom"];
    let week = prop::collection::vec(prop_oneof![1 => Just(vec![]).boxed(), 3 => shifts().boxed()], days.len());
    let date = (2000..2100, 1..=12, 1..=28).prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}"));
    let exceptions = prop::collection::btree_map(date, shifts(), 0..40);
    (week, exceptions, prop::option::of(zone())).prop_map(move |(week, exceptions, zone)| {
        let mut week: Map<_, _> =
            days.iter().zip(week).map(|(day, shifts)| ((*day).to_owned(), json!(shifts))).collect();
        week.insert("mie".into(), json!([["09:00", "17:30"]]));
        let exceptions: Vec<_> =
            exceptions.into_iter().rev().map(|(date, shifts)| json!({ "fecha": date, "horas": shifts })).collect();
        json!({ "zona": zone, "semana": week, "excepciones": exceptions })
    })
}

fn shifts() -> impl Strategy<Value = Vec<[String; 2]>> {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    prop::collection::vec((0_u16..1440, 0_u16..=1440).prop_map(move |(from, until)| [time(from), time(until)]), 0..4)
}

fn policy() -> impl Strategy<Value = Value> {
    let target = || prop::option::weighted(0.8, target());
    let types = prop_oneof![3 => Just(json!([])), 1 => Just(json!(["INCIDENTE", "QUEJA"]))];
    let priorities = prop_oneof![3 => Just(json!([])), 1 => Just(json!(["urgente", "mañana"]))];
    (target(), target(), target(), types, priorities).prop_map(|(first, next, resolution, types, priorities)| {
        json!({
            "id": 1, "nombre": "x", "cuando": { "tipo": types, "prioridad": priorities },
            "primeraRespuesta": first, "siguienteRespuesta": next, "resolucion": resolution,
        })
    })
}

fn target() -> impl Strategy<Value = Value> {
    let allowance = || {
        prop_oneof![
            (1_u32..6000).prop_map(|minutes| format!("{minutes}m")),
            (1_u32..3000).prop_map(|hours| format!("{hours}h")),
            (1_u32..80).prop_map(|days| format!("{days}bd")),
        ]
    };
    let by_priority = prop::collection::btree_map(select(vec!["CRITICA", "ALTA", "BAJA", "mañana"]), allowance(), 0..4);
    let calendar = prop::option::weighted(0.8, select(vec!["A", "B"]));
    let due_at = select(vec!["close", "same_time"]);
    (by_priority, prop::option::weighted(0.8, allowance()), calendar, due_at).prop_map(|(by_priority, otherwise, calendar, due_at)| {
        json!({ "porPrioridad": by_priority, "otras": otherwise, "vence": due_at, "calendario": calendar })
    })
}
