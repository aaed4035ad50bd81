//! `GET /api/reportes` as JSON.

use serde_json::{Value, json};
use ticketing_core::report::MEASURES;

use super::{
    common::{
        desk::{HOUR, Service},
        http::Request,
    },
    counted::{Counted, DAYS, names, row},
};

/// Asserts a length of time within what a histogram tells, in seconds.
#[track_caller]
fn about(told: &Value, seconds: f64) {
    let told = told.as_f64().unwrap_or_else(|| panic!("{told}"));
    assert!((told - seconds).abs() <= seconds * 0.01, "{told} is not about {seconds}");
}

#[tokio::test]
async fn figures_are_what_was_counted_by_hand() {
    let desk = Counted::start().await;
    let report = desk.report(DAYS).await;
    assert_eq!(report["filas"], json!([]));
    let whole = &report["total"]["conjunto"];
    let counts = [
        ("creados", 3),
        ("reabiertos", 1),
        ("entradas", 4),
        ("resueltos", 2),
        ("cancelados", 0),
        ("salidas", 2),
        ("cerrados", 0),
        ("transferencias", 1),
        ("vencidosPrimeraRespuesta", 0),
        ("vencidosSiguienteRespuesta", 0),
        ("vencidosResolucion", 2),
        ("pendientes", 2),
    ];
    for (code, count) in counts {
        assert_eq!(whole[code], count, "{code}");
    }
    for code in ["primeraRespuestaLaboral", "primeraRespuestaCalendario"] {
        assert_eq!(whole[code]["cuenta"], 2, "{code}");
        about(&whole[code]["p50"], 1_800.0);
        about(&whole[code]["p90"], 18_000.0);
    }
    for code in ["resolucionLaboral", "resolucionCalendario"] {
        assert_eq!(whole[code]["cuenta"], 2, "{code}");
        about(&whole[code]["p50"], 7_200.0);
        about(&whole[code]["p99"], 18_000.0);
    }
    assert_eq!(whole["siguienteRespuestaLaboral"], json!({ "cuenta": 0, "p50": null, "p90": null, "p99": null }));
    assert_eq!(whole["cumplimientoResolucion"], json!({ "parte": 1, "de": 2, "razon": 0.5 }));
    assert_eq!(whole["cumplimientoPrimeraRespuesta"], json!({ "parte": 0, "de": 0, "razon": null }));
    assert_eq!(whole["tasaReapertura"], json!({ "parte": 1, "de": 2, "razon": 0.5 }));
    assert_eq!(whole["unSoloContacto"], json!({ "parte": 1, "de": 2, "razon": 0.5 }));
    assert_eq!(whole["tiempoEnPausa"], json!({ "parte": 0, "de": 7 * HOUR, "razon": 0.0 }));
    // Both are from the day before, and a day and some hours old at the end of the second.
    assert_eq!(whole["antiguedadPendientes"], json!([0, 2, 0, 0, 0, 0]));

    let by_day = report["total"]["periodos"].as_array().unwrap();
    let of_each = |code: &str| by_day.iter().map(|figures| figures[code].clone()).collect::<Vec<_>>();
    assert_eq!(of_each("creados"), [3, 0]);
    assert_eq!(of_each("reabiertos"), [0, 1]);
    assert_eq!(of_each("pendientes"), [1, 2]);
    assert_eq!(of_each("vencidosResolucion"), [2, 0]);
    assert!(report["total"]["anterior"]["creados"] == 0 && report["total"]["anterior"]["pendientes"] == 0);
}

#[tokio::test]
async fn an_answer_says_what_it_is_of_and_what_its_figures_mean() {
    let desk = Counted::start().await;
    let report = desk.report(&format!("{DAYS}&idioma=en")).await;
    let members: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "al",
        "anterior",
        "atraso",
        "bandas_de_antiguedad",
        "desde",
        "filas",
        "hasta",
        "medidas",
        "periodo",
        "periodos",
        "por",
        "total",
        "zona",
    ];
    assert_eq!(members, expected);
    assert_eq!((&report["desde"], &report["hasta"]), (&json!("2026-03-24T00:00:00Z"), &json!("2026-03-26T00:00:00Z")));
    assert_eq!((&report["zona"], &report["periodo"], &report["por"]), (&json!("UTC"), &json!("dia"), &Value::Null));
    assert_eq!(report["atraso"], 0);
    assert_eq!(report["anterior"], json!({ "desde": "2026-03-22T00:00:00Z", "hasta": "2026-03-24T00:00:00Z" }));
    let second = json!({ "nombre": "2026-03-25", "desde": "2026-03-25T00:00:00Z", "hasta": "2026-03-26T00:00:00Z" });
    assert_eq!(report["periodos"][1], second);
    let codes: Vec<_> = report["medidas"].as_array().unwrap().iter().map(|measure| &measure["codigo"]).collect();
    assert_eq!(codes, MEASURES.map(|spec| spec.code));
    let created = json!({
        "codigo": "creados", "unidad": "tickets", "reloj": "hechos", "nombre": "Created",
        "definicion": "Tickets created. One that was imported counts when it was created in the system it came from.",
    });
    assert_eq!(report["medidas"][0], created);
    let youngest = json!({ "nombre": "less than 1 day", "desde_dias": 0, "hasta_dias": 1 });
    assert_eq!(report["bandas_de_antiguedad"][0], youngest);
    assert_eq!(report["bandas_de_antiguedad"][5]["hasta_dias"], Value::Null);
}

#[tokio::test]
async fn there_is_a_row_for_each_value_the_most_used_first() {
    let desk = Counted::start().await;
    let report = desk.report(&format!("{DAYS}&por=area&medidas=creados,resueltos,transferencias,pendientes")).await;
    assert_eq!(names(&report), ["REDES", "SISTEMAS"]);
    let redes = row(&report, "REDES");
    assert_eq!((&redes["valor"], &redes["tipo"]), (&json!("REDES"), &json!("VALOR")));
    let figures = json!({ "creados": 2, "resueltos": 1, "transferencias": 1, "pendientes": 0 });
    assert_eq!(redes["conjunto"], figures);
    let figures = json!({ "creados": 1, "resueltos": 1, "transferencias": 0, "pendientes": 2 });
    assert_eq!(row(&report, "SISTEMAS")["conjunto"], figures);

    let report = desk.report(&format!("{DAYS}&por=agente")).await;
    let nobody = row(&report, "(sin agente)");
    assert_eq!((&nobody["valor"], &nobody["tipo"]), (&Value::Null, &json!("NINGUNO")));
    let report = desk.report(&format!("{DAYS}&por=categoria&valor=correo")).await;
    assert_eq!(names(&report), ["Correo"]);
    assert_eq!(report["total"]["conjunto"]["creados"], 1);
    let report = desk.report(&format!("{DAYS}&por=prioridad&ninguno=si")).await;
    assert_eq!((names(&report), &report["total"]["conjunto"]["creados"]), (vec![], &json!(0)));
    let report = desk.report(&format!("{DAYS}&area=redes&area=Desarrollo")).await;
    assert_eq!(report["total"]["conjunto"]["creados"], 2);
}

/// What an area is called at the desk is what lists call it.
#[tokio::test]
async fn areas_and_agents_have_the_names_that_the_desk_knows() {
    let desk = Counted::start().await;
    let service = &desk.service;
    let ticket = service.ticket_of("mesa").await;
    let mut mesa = desk.client(&service.mesa).await;
    let assign = json!({ "agenteId": service.mesa.id.to_string(), "motivo": "Le toca" });
    mesa.command(&ticket, "asignar", &assign).await.ok();
    let report = desk.report(&format!("{DAYS}&por=area")).await;
    let shown = mesa.shown(&ticket).await["area_asignada"].clone();
    assert_eq!(row(&report, shown.as_str().unwrap())["conjunto"]["pendientes"], 1);
    let report = desk.report(&format!("{DAYS}&por=agente")).await;
    let mario = row(&report, service.mesa.name);
    assert_eq!((&mario["valor"], &mario["conjunto"]["pendientes"]), (&json!(service.mesa.id.to_string()), &json!(1)));
    // And what a row is of is what it is asked for with.
    let report = desk.report(&format!("{DAYS}&por=agente&valor={}", service.mesa.id)).await;
    assert_eq!(names(&report), [service.mesa.name]);
}

#[tokio::test]
async fn an_empty_desk_has_figures_of_nothing() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let report = admin.get("/api/reportes?por=area").await.ok();
    assert_eq!(report["filas"], json!([]));
    assert_eq!(report["periodos"].as_array().unwrap().len(), 30);
    assert_eq!(report["periodos"][29]["nombre"], "2026-03-24");
    assert_eq!(report["total"]["conjunto"]["creados"], 0);
    assert_eq!(report["total"]["conjunto"]["tasaReapertura"], json!({ "parte": 0, "de": 0, "razon": null }));
}

#[tokio::test]
async fn days_are_those_of_the_zone_that_is_asked_for() {
    let desk = Counted::start().await;
    // The second was resolved at 17:15 in UTC, which is past eleven in the evening in Kathmandu; the third came with the next day's.
    let report = desk.report("desde=2026-03-24&hasta=2026-03-25&zona=Asia/Kathmandu").await;
    assert_eq!(report["desde"], "2026-03-23T18:15:00Z");
    let transferred: Vec<_> =
        report["total"]["periodos"].as_array().unwrap().iter().map(|figures| &figures["transferencias"]).collect();
    assert_eq!(transferred, [0, 1]);
    let report = desk.report("desde=2026-03-24T10:15:00Z&hasta=2026-03-24T12:15:00Z&periodo=hora").await;
    let names: Vec<_> = report["periodos"].as_array().unwrap().iter().map(|span| &span["nombre"]).collect();
    assert_eq!(names, ["2026-03-24T10", "2026-03-24T11", "2026-03-24T12"]);
    assert_eq!(report["total"]["conjunto"]["creados"], 1);
}

#[tokio::test]
async fn who_has_an_answer_is_not_sent_it_again() {
    let desk = Counted::start().await;
    let mut mesa = desk.client(&desk.service.mesa).await;
    let path = format!("/api/reportes?{DAYS}");
    let answer = mesa.get(&path).await;
    let tag = answer.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.header("content-language"), Some("es"));
    let again = Request::new("GET", &path).header("If-None-Match", &tag);
    assert_eq!(mesa.ask(again.clone()).await.status, 304);
    desk.service.pass(HOUR);
    assert_eq!(mesa.ask(again.clone()).await.status, 304, "time alone is no news");
    desk.service.ticket().await;
    let news = mesa.ask(again.clone()).await;
    assert_eq!(news.status, 200, "{news}");
    let other = Request::new("GET", &path).header("If-None-Match", &tag).header("Accept-Language", "pt");
    assert_eq!(mesa.ask(other).await.header("content-language"), Some("pt"));
}

/// Also where there is much to say that nobody has asked for.
#[tokio::test]
async fn large_ranges_are_answered_or_refused_and_never_for_long() {
    let desk = Counted::start().await;
    let report = desk.report("desde=1970-01-01&hasta=9999-12-31&periodo=anio&medidas=creados").await;
    assert_eq!(report["periodos"].as_array().unwrap().len(), 8_030);
    assert_eq!(report["total"]["conjunto"]["creados"], 3);
    let hours = desk.report("desde=2025-04-01&hasta=2026-03-31&periodo=hora&por=area&medidas=creados").await;
    assert_eq!(hours["total"]["periodos"].as_array().unwrap().len(), 365 * 24);
    let mut mesa = desk.client(&desk.service.mesa).await;
    let answer = mesa.get("/api/reportes?desde=2025-04-01&hasta=2026-03-31&periodo=hora&por=area").await;
    let problem = answer.problem(422, "invalid-parameter");
    assert!(problem["detail"].as_str().unwrap().contains("medidas"), "{problem}");
}
