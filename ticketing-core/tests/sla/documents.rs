//! Rules documents on service levels that are wrong in one place, and what is right comes back as it was.

use proptest::prelude::*;
use serde_json::{Value, json};
use ticketing_core::{Rules, RulesError};

use crate::{agreement::scaled, case::zone, desk::office};

fn document() -> Value {
    json!({
        "zonas": [zone("Europe/Madrid"), { "nombre": "America/Bogota", "desfaseSegundos": -18000 }],
        "calendario": "oficina",
        "calendarios": {
            "oficina": { "zona": "Europe/Madrid", "semana": office(),
                "excepciones": [{ "fecha": "2026-12-25", "nombre": "Navidad" }, { "fecha": "2026-12-24", "horas": [["08:00", "12:00"]] }] },
        },
        "sla": { "politicas": [{
            "id": 1, "nombre": "P", "cuando": { "tipo": ["QUEJA"] }, "alReclasificar": "restart",
            "primeraRespuesta": { "otras": "1h" },
            "resolucion": { "porPrioridad": { "ALTA": "1bd" }, "otras": "4h", "calendario": "oficina", "pausa": ["PAUSADO"],
                "enRiesgo": [50, 80], "escalar": [{ "al": 80, "area": "REDES" }, { "al": 100, "prioridad": "CRITICA" }] },
        }] },
    })
}

/// The document with another value somewhere: what is said of it.
fn error(pointer: &str, value: Value) -> Option<RulesError> {
    let mut document = document();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) => {
            members.insert(member.to_owned(), value);
        }
        Value::Array(items) => match items.get_mut(member.parse::<usize>().unwrap()) {
            Some(item) => *item = value,
            None => items.push(value),
        },
        _ => panic!("{pointer}"),
    }
    Rules::from_json(&document.to_string()).err()
}

const CALENDAR: &str = "/calendarios/oficina";
const POLICY: &str = "/sla/politicas/0";
const TARGET: &str = "/sla/politicas/0/resolucion";

/// A value that is not allowed is named by its place.
#[test]
fn a_wrong_value_is_refused_by_its_path() {
    let long: String = "x".repeat(101);
    let many_shifts: Vec<_> = (0..49).map(|_| json!(["08:00", "12:00"])).collect();
    let many_dates: Vec<_> = (0..5001_u32)
        .map(|day| json!({ "fecha": format!("{:04}-{:02}-{:02}", 2000 + day / 336, 1 + day / 28 % 12, 1 + day % 28) }))
        .collect();
    let cases = [
        ("/calendario", json!("ninguno"), "calendario"),
        ("/zona", json!("Europe/Paris"), "zona"),
        (&format!("{CALENDAR}/zona"), json!("Europe/Paris"), "calendarios.oficina.zona"),
        (&format!("{CALENDAR}/semana"), json!({ "lun": many_shifts }), "calendarios.oficina.semana"),
        (&format!("{CALENDAR}/excepciones"), json!(many_dates), "calendarios.oficina.excepciones"),
        (&format!("{CALENDAR}/excepciones/2"), json!({ "fecha": "2026-12-25" }), "calendarios.oficina.excepciones"),
        (&format!("{CALENDAR}/excepciones/0/nombre"), json!(""), "calendarios.oficina.excepciones"),
        (&format!("{CALENDAR}/excepciones/0/nombre"), json!(long), "calendarios.oficina.excepciones"),
        ("/calendarios/nunca", json!({}), "calendarios.nunca"),
        (
            "/calendarios/nunca",
            json!({ "semana": { "lun": [] }, "excepciones": [{ "fecha": "2026-01-01" }] }),
            "calendarios.nunca",
        ),
        ("/calendarios/ x", json!({ "semana": office() }), "calendarios. x"),
        ("/zonas/1/desfaseSegundos", json!(86_400), "zonas[1]"),
        ("/zonas/1/desfaseSegundos", json!(i32::MIN), "zonas[1]"),
        ("/zonas/1/nombre", json!(""), "zonas[1].nombre"),
        ("/zonas/1/nombre", json!("Europe/Madrid"), "zonas[1]"),
        ("/zonas/1/transiciones", json!([[5, 0], [5, 3600]]), "zonas[1].transiciones"),
        ("/zonas/1/transiciones", json!([[6, 0], [5, 3600]]), "zonas[1].transiciones"),
        ("/zonas/1/transiciones", json!([[i64::MIN, -86_400]]), "zonas[1]"),
        (&format!("{POLICY}/id"), json!(0), "sla.politicas[0].id"),
        (&format!("{POLICY}/id"), json!(2_147_483_648_u32), "sla.politicas[0].id"),
        ("/sla/politicas/1", json!({ "id": 1, "nombre": "Q" }), "sla.politicas[1].id"),
        (&format!("{POLICY}/nombre"), json!(""), "sla.politicas[0].nombre"),
        (&format!("{POLICY}/nombre"), json!("a\u{7}"), "sla.politicas[0].nombre"),
        (&format!("{POLICY}/cuando/tipo"), json!(["NADA"]), "sla.politicas[0].cuando.tipo"),
        (&format!("{POLICY}/cuando/origen"), json!(["CHAT", "FAX"]), "sla.politicas[0].cuando.origen"),
        (&format!("{TARGET}/calendario"), json!("ninguno"), "sla.politicas[0].resolucion.calendario"),
        (&format!("{TARGET}/calendario"), json!(""), "sla.politicas[0].resolucion.calendario"),
        (&format!("{POLICY}/primeraRespuesta/calendario"), json!("x"), "sla.politicas[0].primeraRespuesta.calendario"),
        (
            &format!("{POLICY}/siguienteRespuesta"),
            json!({ "calendario": "x" }),
            "sla.politicas[0].siguienteRespuesta.calendario",
        ),
        (&format!("{TARGET}/porPrioridad"), json!({ "urgente": "1h" }), "sla.politicas[0].resolucion.porPrioridad"),
        (
            &format!("{TARGET}/porPrioridad"),
            json!({ "ALTA": "1h", "alta": "2h" }),
            "sla.politicas[0].resolucion.porPrioridad",
        ),
        (&format!("{TARGET}/pausa"), json!(["RESUELTO"]), "sla.politicas[0].resolucion.pausa"),
        (&format!("{TARGET}/pausa"), json!(["ABIERTO", "EN_PROCESO", "PAUSADO"]), "sla.politicas[0].resolucion.pausa"),
        (
            &format!("{TARGET}/pausa"),
            json!(["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"]),
            "sla.politicas[0].resolucion.pausa",
        ),
        (&format!("{TARGET}/enRiesgo"), json!([0, 80]), "sla.politicas[0].resolucion.enRiesgo"),
        (&format!("{TARGET}/enRiesgo"), json!([80, 100]), "sla.politicas[0].resolucion.enRiesgo"),
        (&format!("{TARGET}/enRiesgo"), json!([80, 101]), "sla.politicas[0].resolucion.enRiesgo"),
        (&format!("{TARGET}/enRiesgo"), json!([1, 2, 3, 4, 5, 6, 7, 8, 80]), "sla.politicas[0].resolucion.enRiesgo"),
        (&format!("{TARGET}/enRiesgo"), json!([50]), "sla.politicas[0].resolucion.escalar[0].al"),
        (&format!("{TARGET}/escalar/0/al"), json!(81), "sla.politicas[0].resolucion.escalar[0].al"),
        (&format!("{TARGET}/escalar/0/al"), json!(100), "sla.politicas[0].resolucion.escalar[1].al"),
        (&format!("{TARGET}/escalar/0/area"), json!(" x"), "sla.politicas[0].resolucion.escalar[0].area"),
        (&format!("{TARGET}/escalar/0/area"), json!(""), "sla.politicas[0].resolucion.escalar[0].area"),
        (&format!("{TARGET}/escalar/1/prioridad"), json!("x"), "sla.politicas[0].resolucion.escalar[1].prioridad"),
        (&format!("{TARGET}/escalar/1"), json!({ "al": 100 }), "sla.politicas[0].resolucion.escalar[1]"),
    ];
    for (pointer, value, path) in cases {
        let said = error(pointer, value.clone());
        let Some(RulesError::Value(refused)) = &said else { panic!("{pointer} {value}: {said:?}") };
        assert_eq!(refused.path, path, "{pointer} {value}");
        assert!(refused.to_string().len() > path.len() + 2);
    }
}

/// What is of no type that rules know is named by line and column, with what would be right.
#[test]
fn what_cannot_be_read_is_refused_by_line_and_column() {
    let any =
        [json!(null), json!(true), json!(-1), json!(1.5), json!("x"), json!([["x"]]), json!({ "x": 1 }), json!(1e300)];
    let places = [
        ("/calendarios", vec![]),
        (CALENDAR, vec![json!({ "semanas": {} })]),
        ("/calendarios/oficina/semana", vec![json!({ "mon": [] }), json!({ "lun": [["08:00"]] })]),
        (
            "/calendarios/oficina/semana/lun",
            vec![
                json!([["24:00", "06:00"]]),
                json!([["8:00", "12:00"]]),
                json!([["08:00", "24:01"]]),
                json!([["08:00", "12:60"]]),
                json!([["08:00", "12:00", "13:00"]]),
            ],
        ),
        ("/calendarios/oficina/excepciones", vec![json!([{}])]),
        (
            "/calendarios/oficina/excepciones/0/fecha",
            vec![
                json!("2026-02-29"),
                json!("2026-13-01"),
                json!("2026-1-1"),
                json!("2026-12-25T00:00:00Z"),
                json!("02026-12-25"),
                json!(""),
            ],
        ),
        ("/sla/politicas", vec![json!([{}]), json!([{ "id": 1 }])]),
        ("/sla/politicas/0/id", vec![json!(4_294_967_296_u64)]),
        ("/sla/politicas/0/alReclasificar", vec![json!("CARRY"), json!("")]),
        (TARGET, vec![json!({ "otros": "4h" })]),
        (
            "/sla/politicas/0/resolucion/otras",
            vec![
                json!("0bd"),
                json!("99999bd"),
                json!("3661bd"),
                json!("-1bd"),
                json!("+1bd"),
                json!("bd"),
                json!("1BD"),
                json!("0h"),
                json!("1d"),
                json!("87841h"),
                json!("99999999999999999999m"),
                json!(4),
            ],
        ),
        ("/sla/politicas/0/resolucion/vence", vec![json!("open")]),
        ("/sla/politicas/0/resolucion/pausa", vec![json!(["pausado"]), json!(["ARCHIVADO"])]),
        ("/sla/politicas/0/resolucion/enRiesgo", vec![json!([256]), json!([-1]), json!([50.5]), json!(["50"])]),
        ("/sla/politicas/0/resolucion/escalar/0/notificar", vec![json!(["JEFE"])]),
        ("/sla/politicas/0/resolucion/escalar/0/al", vec![]),
    ];
    for (pointer, values) in places {
        for value in any.iter().chain(&values) {
            // Where nothing, or anything, is a value.
            let is_value = pointer == CALENDAR && value.is_null();
            let said = error(pointer, value.clone());
            let optional = value.is_null()
                && matches!(
                    pointer,
                    TARGET | "/sla/politicas/0/resolucion/otras" | "/sla/politicas/0/resolucion/pausa"
                );
            if optional && !is_value {
                assert_eq!(said, None, "{pointer} {value}");
                continue;
            }
            let Some(RulesError::Json { line: 1, column, message }) = &said else {
                panic!("{pointer} {value}: {said:?}")
            };
            assert!(*column > 1 && !message.is_empty());
        }
    }
}

/// An area that no ticket could be given by hand is none that an escalation gives.
#[test]
fn an_escalation_gives_a_ticket_to_an_area_that_is_taken() {
    let mut document = document();
    document["areas"] = json!({ "lista": [{ "nombre": "MESA" }], "soloConocidas": true });
    let said = Rules::from_json(&document.to_string()).unwrap_err().to_string();
    assert!(said.starts_with("sla.politicas[0].resolucion.escalar[0].area: "), "{said}");
}

/// Some of what is said in many ways.
fn valid() -> impl Strategy<Value = Value> {
    let time = || {
        (0..24_u8, prop::sample::select(&[0_u8, 30, 59])).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"))
    };
    let until = prop_oneof![4 => time(), 1 => Just("24:00".to_owned())];
    let shifts = prop::collection::vec((time(), until), 0..4);
    let dates = prop::collection::btree_map((2000..2100_u32, 1..13_u8, 1..29_u8), shifts.clone(), 0..5);
    let allowance = prop_oneof![
        (1..527_041_u32).prop_map(|minutes| format!("{minutes}m")),
        (1..87_841_u32).prop_map(|hours| format!("{hours:05}h")),
        (1..3_661_u32).prop_map(|days| format!("{days}bd")),
    ];
    let statuses = prop::collection::vec(prop::sample::select(&["PAUSADO", "ABIERTO"]), 0..4);
    let at_risk = prop::collection::vec(1..100_u8, 1..8);
    (shifts, dates, allowance, prop::option::of(statuses), at_risk, any::<bool>(), any::<bool>()).prop_map(document_of)
}

type Parts = (
    Vec<(String, String)>,
    std::collections::BTreeMap<(u32, u8, u8), Vec<(String, String)>>,
    String,
    Option<Vec<&'static str>>,
    Vec<u8>,
    bool,
    bool,
);

fn document_of((shifts, dates, allowance, pauses, at_risk, backward, same_time): Parts) -> Value {
    let mut dates: Vec<_> = dates
        .into_iter()
        .map(|((year, month, day), shifts)| json!({ "fecha": format!("{year}-{month:02}-{day:02}"), "horas": shifts }))
        .collect();
    if backward {
        dates.reverse();
    }
    let mut target = json!({ "otras": allowance, "calendario": "c", "enRiesgo": at_risk,
                "escalar": [{ "al": at_risk[0], "notificar": ["MESA"] }] });
    if let Some(pauses) = pauses {
        target["pausa"] = json!(pauses);
    }
    if same_time {
        target["vence"] = json!("same_time");
    }
    json!({
        "calendarios": { "c": { "semana": { "lun": shifts, "dom": [["22:00", "00:00"]] }, "excepciones": dates } },
        "sla": { "politicas": [{ "id": 1, "nombre": "P", "resolucion": target, "siguienteRespuesta": target }] },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(u32::try_from(scaled(200)).unwrap()) })]

    #[test]
    fn prop_what_is_accepted_comes_back_with_the_same_hash(document in valid()) {
        let rules = Rules::from_json(&document.to_string()).unwrap();
        let again = Rules::from_json(&rules.to_json()).unwrap();
        prop_assert_eq!(again.to_json(), rules.to_json());
        prop_assert_eq!(again.hash(), rules.hash());
    }

    /// Any member of a document replaced by anything.
    #[test]
    fn prop_nothing_that_is_wrong_panics(place in any::<prop::sample::Index>(), value in anything()) {
        let mut document = document();
        let mut pointers = Vec::new();
        list(&document, String::new(), &mut pointers);
        *document.pointer_mut(place.get::<String>(&pointers)).unwrap() = value;
        match Rules::from_json(&document.to_string()) {
            Ok(rules) => prop_assert_eq!(Rules::from_json(&rules.to_json()).unwrap().hash(), rules.hash()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,6}(h|m|bd|:00)".prop_map(Value::from),
        prop::sample::select(vec![
            json!([]),
            json!({}),
            json!([""]),
            json!([[]]),
            json!([1]),
            json!(["00:00", "00:00"])
        ]),
    ]
}

fn list(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            list(value, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), pointers);
        }),
        Value::Array(items) => {
            items
                .iter()
                .take(4)
                .enumerate()
                .for_each(|(index, value)| list(value, format!("{pointer}/{index}"), pointers));
        }
        _ => {}
    }
    pointers.push(pointer);
}
