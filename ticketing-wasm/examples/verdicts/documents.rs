//! Documents of rules, most of them wrong in one place.

use anyhow::Context as _;
use serde_json::{Value, json};
use ticketing_core::Rules;

use crate::{generated::generated, zones};

/// Documents of rules, whole and with every place of them changed, taken away or added to.
pub(crate) fn documents() -> anyhow::Result<Vec<Value>> {
    let whole = whole();
    let mut documents = vec![whole.clone(), json!({}), json!(Rules::default()), json!(null), json!("x")];
    documents.extend(unlikely(&whole)?);
    documents.extend(generated(100)?);
    let mut places = Vec::new();
    list_places(&whole, "", &mut places);
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(7),
        json!(-7),
        json!(1.5),
        json!(4_294_967_296_i64),
        json!(-2_147_483_648_i64),
        json!("x"),
        json!(" x"),
        json!(""),
        json!("1h"),
        json!("87841h"),
        json!("2bd"),
        json!("0bd"),
        json!("3661bd"),
        json!("PAUSADO"),
        json!("same_time"),
        json!("restart"),
        json!("UTC"),
        json!("Europe/Madrid"),
        json!("2026-02-29"),
        json!("2028-02-29"),
        json!("00:00"),
        json!("24:00"),
        json!("ALTA"),
        json!([]),
        json!(["x"]),
        json!(["y", "y"]),
        json!(["CERRADO"]),
        json!(["PAUSADO", "ABIERTO", "PAUSADO"]),
        json!(["EN_PROCESO", "ABIERTO", "PAUSADO"]),
        json!(["23:00", "24:00"]),
        json!(["08:00", "07:59"]),
        json!([["24:00", "08:00"]]),
        json!([["08:00", "00:00"], ["00:00", "00:00"]]),
        json!([256]),
        json!([99, 1, 99]),
        json!([0]),
        json!({}),
        json!({ "x": 1 }),
        json!([{ "nombre": "ALTA" }]),
        json!([{ "nombre": "x" }, { "nombre": "y", "alias": ["X"] }]),
    ];
    for place in &places {
        for other in &others {
            // For an object, serde takes a list too, of its members' values in the order of the type. Nobody writes that.
            if other.is_array() && whole.pointer(place).is_some_and(Value::is_object) {
                continue;
            }
            let mut changed = whole.clone();
            *changed.pointer_mut(place).context("a place")? = other.clone();
            documents.push(changed);
        }
        let mut more = whole.clone();
        if let Some(members) = more.pointer_mut(place).and_then(Value::as_object_mut) {
            members.insert("nada".into(), json!(1));
            documents.push(more);
        }
        if let Some((parent, name)) = place.rsplit_once('/') {
            let mut less = whole.clone();
            if let Some(members) = less.pointer_mut(parent).and_then(Value::as_object_mut) {
                members.remove(&name.replace("~1", "/").replace("~0", "~"));
                documents.push(less);
            }
        }
    }
    Ok(documents)
}

/// Every place of a document, as a JSON pointer.
pub(crate) fn list_places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| list_places(item, &format!("{at}/{index}"), places));
        }
        Value::Object(members) => {
            for (name, member) in members {
                list_places(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        _ => {}
    }
}

/// A document with every member that there is.
fn whole() -> Value {
    json!({
        "campos": { "asunto": { "requerido": true, "min": 2, "max": 90 }, "email": { "requerido": null, "max": null } },
        "tipos": ["QUEJA", "AVERÍA"],
        "prioridades": { "lista": [{ "nombre": "ALTA", "alias": ["URGENTE", "prio 1"] }, { "nombre": "BAJA" }], "soloConocidas": true },
        "areas": { "lista": [{ "nombre": "MESA" }, { "nombre": "OTRA", "alias": [] }], "predeterminada": "MESA", "soloConocidas": true },
        "etiqueta": { "prefijo": "hd", "digitos": 3 },
        "sla": { "politicas": [{
            "id": 4, "nombre": "VIP",
            "cuando": { "tipo": ["QUEJA"], "prioridad": ["ALTA"], "categoria": ["\u{10000}"], "area": ["MESA"], "origen": ["CHAT"] },
            "primeraRespuesta": { "otras": "30m", "calendario": "OFICINA", "pausa": ["PAUSADO", "ABIERTO"] },
            "siguienteRespuesta": { "porPrioridad": { "BAJA": "2bd" }, "vence": "close", "pausa": [], "enRiesgo": [50, 25, 50] },
            "resolucion": {
                "porPrioridad": { "ALTA": "90m", "BAJA": "0120m", "\u{E000}": "1h", "\u{10000}": "2h", "a\"\\\n\u{7F}/": "03bd" },
                "otras": "4h", "vence": "same_time", "calendario": "NOCHE", "pausa": null, "enRiesgo": [90, 50],
                "escalar": [
                    { "al": 50, "notificar": ["AREA", "AGENTE", "AREA"] },
                    { "al": 100, "area": "OTRA", "prioridad": "urgente", "notificar": [] },
                ],
            },
            "alReclasificar": "keep",
        }, { "id": 1, "nombre": "Otras", "alReclasificar": "carry" }, { "id": 2, "nombre": "Nada", "resolucion": { "otras": null } }] },
        "cierreAutomatico": 3, "reapertura": 0,
        "zona": "America/Bogota",
        "zonas": [
            { "nombre": "Europe/Madrid", "version": "", "desfaseSegundos": 3600,
              "transiciones": [[-5_000_000_000_i64, 7200], [5_000_000_000_i64, -3600]] },
            { "nombre": "America/Bogota", "version": "2025b", "desfaseSegundos": -18000, "transiciones": [] },
        ],
        "calendarios": {
            "OFICINA": {
                "semana": { "lun": [["08:00", "12:00"], ["13:00", "00:00"]], "dom": [] },
                "excepciones": [
                    { "fecha": "2026-12-25", "nombre": "Navidad" }, { "fecha": "2024-02-29", "horas": [["22:00", "06:00"]] },
                ],
            },
            "NOCHE": { "zona": "Europe/Madrid", "semana": { "vie": [["22:00", "06:00"]] }, "excepciones": [] },
        },
        "calendario": "OFICINA",
        "anonimizacion": 24,
    })
}

/// The same, with what a single change does not come to.
fn unlikely(whole: &Value) -> anyhow::Result<Vec<Value>> {
    let with = |place: &str, value: Value| -> anyhow::Result<Value> {
        let mut changed = whole.clone();
        *changed.pointer_mut(place).context("a place")? = value;
        Ok(changed)
    };
    let zones = |names: [&str; 3]| -> Value {
        names.iter().map(|name| json!({ "nombre": name, "desfaseSegundos": 0 })).collect()
    };
    let many_shifts = vec![json!(["08:00", "12:00"]); 49];
    let many_dates: Vec<_> =
        (0..5001).map(|day| json!({ "fecha": format!("{:04}-01-{:02}", 2000 + day / 28, 1 + day % 28) })).collect();
    let twice = json!([{ "fecha": "2026-12-25" }, { "fecha": "0001-01-01" }, { "fecha": "0001-01-01", "nombre": "x" }]);
    let closed = json!({ "NOCHE": { "excepciones": [{ "fecha": "2026-12-25" }] }, "OFICINA": {} });
    Ok(vec![
        with("/zonas", zones(["UTC", "Europe/Madrid", "America/Bogota"]))?,
        with("/zonas", zones(["Europe/Madrid", "America/Bogota", "Europe/Madrid"]))?,
        with("/zonas/0/transiciones", json!([[1, 0], [1, 3600]]))?,
        with("/zonas/0/transiciones", json!([[1, 0, 2]]))?,
        with("/calendarios/OFICINA/semana/lun", many_shifts.clone().into())?,
        with("/calendarios/OFICINA/semana/lun", many_shifts[1..].into())?,
        with("/calendarios/OFICINA/excepciones/1/horas", many_shifts.into())?,
        with("/calendarios/OFICINA/excepciones", many_dates[1..].iter().rev().cloned().collect())?,
        with("/calendarios/OFICINA/excepciones", many_dates.into())?,
        with("/calendarios/OFICINA/excepciones", twice)?,
        with("/calendarios", closed)?,
        with("/calendarios", json!({}))?,
        with(
            "/calendarios",
            json!({ "OFICINA": { "excepciones": [{ "fecha": "+012345-01", "horas": [["08:00", "12:00"]] }] } }),
        )?,
        with("/calendario", json!("DÍA"))?,
        with("/sla/politicas/0/siguienteRespuesta/enRiesgo", json!([1, 2, 3, 4, 5, 6, 7, 8]))?,
        with("/sla/politicas/0/siguienteRespuesta/enRiesgo", json!([1, 2, 3, 4, 5, 6, 7, 8, 9]))?,
        with("/sla/politicas/0/resolucion/escalar/1/al", json!(25))?,
        with("/sla/politicas/0/resolucion/escalar/1", json!({ "al": 90, "prioridad": "MEDIA" }))?,
        with("/sla/politicas/0/resolucion/escalar/1", json!({ "al": 90, "area": " x" }))?,
        with("/zonas", json!(zones::tables()?))?,
    ])
}
