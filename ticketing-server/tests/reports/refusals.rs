//! What is asked for and makes no sense.

use super::common::{desk::Service, http::Request};

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_named_in_the_readers_language() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let wrong = [
        ("desde=ayer", "desde", "a date, YYYY-MM-DD"),
        ("hasta=2026-02-30", "hasta", "a date, YYYY-MM-DD"),
        ("desde=2026-03-24&hasta=2026-03-23", "hasta", "later than the beginning"),
        ("desde=2026-03-24T10:00:00Z&hasta=2026-03-24T10:00:00Z", "hasta", "later than the beginning"),
        ("periodo=siglo", "periodo", "hora, dia, semana, mes, trimestre, anio"),
        ("periodo=hora&desde=2020-01-01", "periodo", "at most 8,784 periods"),
        ("por=estado", "por", "area, tipo, prioridad, categoria, agente, origen"),
        ("valor=REDES", "valor", "it needs por"),
        ("ninguno=si", "ninguno", "it needs por"),
        ("ninguno=1&por=area", "ninguno", "si, no"),
        ("zona=Bogota", "zona", "an IANA name"),
        ("zona=../../etc/passwd", "zona", "an IANA name"),
        ("medidas=nada", "medidas", "codes separated by commas"),
        ("medidas=creados,,resueltos", "medidas", "codes separated by commas"),
        ("idioma=fr", "idioma", "es, en, pt"),
        ("formato=xml", "formato", "json, csv"),
    ];
    for (query, name, wanted) in wrong {
        let ask = Request::new("GET", &format!("/api/reportes?{query}")).header("Accept-Language", "en");
        let answer = admin.ask(ask).await;
        let problem = answer.problem(422, "invalid-parameter");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("The parameter {name} is not valid: ")), "{query}: {detail}");
        assert!(detail.contains(wanted), "{query}: {detail}");
    }
}

#[tokio::test]
async fn what_nobody_has_chosen_is_as_good_as_absent() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let plain = admin.get("/api/reportes").await.ok();
    let form = "/api/reportes?desde=&hasta=&periodo=&por=&area=&valor=&ninguno=&zona=&medidas=&idioma=&formato=";
    assert_eq!(admin.get(form).await.ok(), plain);
}
