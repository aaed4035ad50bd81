//! `GET /v2/reports`: the same figures in the words of other systems.

use serde_json::{Value, json};
use ticketing_core::{integration::ReferenceKind, token::NewToken};
use ticketing_server::Authority;

use super::{
    common::http::{Answer, Connection, Request},
    counted::{Counted, DAYS},
};

const PATH: &str = "/v2/reports?from=2026-03-24&until=2026-03-25";

/// What a token with these scopes is answered.
async fn ask(desk: &Counted, scopes: &[&str], path: &str) -> Answer {
    let form = json!({ "nombre": format!("bi {}", scopes.join(" ")), "alcances": scopes }).to_string();
    let new = NewToken::from_json(form.as_bytes(), desk.service.engine.now()).unwrap();
    let (token, secret) = desk.service.engine.create_token(new, &Authority::Operator).await.unwrap();
    let request = Request::new("GET", path).header("X-API-TOKEN", secret.reveal());
    let answer = Connection::open(desk.service.address).await.ask(&request).await;
    desk.service.engine.revoke_token(token.id, &Authority::Operator).await.unwrap();
    answer
}

async fn report(desk: &Counted, more: &str) -> Value {
    ask(desk, &["tickets:read"], &format!("{PATH}{more}")).await.ok()
}

#[tokio::test]
async fn figures_are_the_desks_own_under_other_names() {
    let desk = Counted::start().await;
    let report = report(&desk, "&by=team&measures=created,resolutionInTime,firstResponseWorking&language=en").await;
    let members: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "ageBands", "asOf", "behind", "by", "from", "measures", "period", "periods", "previous", "rows", "total",
        "until", "zone",
    ];
    assert_eq!(members, expected);
    assert_eq!((&report["by"], &report["period"]), (&json!("team"), &json!("day")));
    assert_eq!(report["from"], "2026-03-24T00:00:00.000Z");
    let first = &report["rows"][0];
    assert_eq!((&first["value"], &first["kind"], &first["name"]), (&json!("REDES"), &json!("VALUE"), &json!("REDES")));
    assert_eq!(first["whole"]["created"], 2);
    let in_time = json!({ "part": 0, "of": 1, "ratio": 0.0 });
    assert_eq!(first["whole"]["resolutionInTime"], in_time);
    let measure = &report["measures"][1];
    assert_eq!(
        (&measure["code"], &measure["unit"], &measure["clock"]),
        (&json!("firstResponseWorking"), &json!("time"), &json!("working"))
    );
    assert_eq!(report["ageBands"][0], json!({ "name": "less than 1 day", "fromDays": 0, "untilDays": 1 }));
    let at_desk = desk.report(&format!("{DAYS}&medidas=primeraRespuestaLaboral")).await;
    let [here, there] =
        [&report["total"]["whole"]["firstResponseWorking"], &at_desk["total"]["conjunto"]["primeraRespuestaLaboral"]];
    assert_eq!((&here["count"], &here["p50"], &here["p99"]), (&there["cuenta"], &there["p50"], &there["p99"]));
}

#[tokio::test]
async fn what_has_an_id_can_be_asked_for_by_it() {
    let desk = Counted::start().await;
    let id = async |kind, name: &str| desk.service.engine.offer(kind, name).await.unwrap();
    let (redes, category) = (id(ReferenceKind::Team, "REDES").await, id(ReferenceKind::Category, "redes").await);
    let same = [
        ("&teamId={}", redes, "&team=REDES"),
        ("&team=SISTEMAS&teamId={}", redes, "&team=REDES&team=SISTEMAS"),
        ("&by=team&valueId={}", redes, "&by=team&value=REDES"),
        ("&by=category&none=true&valueId={}", category, "&by=category&none=true&value=Redes"),
    ];
    for (by_id, id, by_name) in same {
        let [by_id, by_name] = [by_id.replace("{}", &id.to_string()), by_name.to_owned()];
        let [mut one, mut other] = [report(&desk, &by_id).await, report(&desk, &by_name).await];
        // When it was asked for.
        for report in [&mut one, &mut other] {
            report["asOf"].take();
        }
        assert_eq!(one, other, "{by_id}");
    }
    let of_one = report(&desk, &format!("&by=category&valueId={category}")).await;
    assert_eq!(of_one["rows"].as_array().unwrap().len(), 1);
    assert_eq!(of_one["total"]["whole"]["created"], 2);
    for of_nothing in ["&teamId=9999", "&by=category&valueId=9999"] {
        let answer = ask(&desk, &["tickets:read"], &format!("{PATH}{of_nothing}")).await;
        answer.refusal(400, "VALIDATION_ERROR", "unknown-reference");
    }
}

#[tokio::test]
async fn a_token_needs_the_scope_of_reading_tickets() {
    let desk = Counted::start().await;
    Connection::open(desk.service.address).await.get(PATH).await.error(401, "AUTHENTICATION_ERROR");
    ask(&desk, &["tickets:write", "subscriptions"], PATH).await.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
    ask(&desk, &["tickets:read"], PATH).await.ok();
    // Who works at the desk keeps their area.
    let session = format!("Bearer {}", desk.service.redes.token);
    let request = Request::new("GET", PATH).header("Authorization", &session);
    let report = Connection::open(desk.service.address).await.ask(&request).await.ok();
    assert_eq!(report["total"]["whole"]["created"], 2);
    let session = format!("Bearer {}", desk.service.usuario.token);
    let request = Request::new("GET", PATH).header("Authorization", &session);
    Connection::open(desk.service.address).await.ask(&request).await.error(403, "AUTHORIZATION_ERROR");
}

#[tokio::test]
async fn what_makes_no_sense_is_told_in_the_dialects_own_way() {
    let desk = Counted::start().await;
    let wrong = [
        ("from=yesterday", "from"),
        ("until=2026-13-01", "until"),
        ("from=2026-03-25&until=2026-03-24", "until"),
        ("from=", "from"),
        ("period=dia", "period"),
        ("by=area", "by"),
        ("value=REDES", "value"),
        ("by=team&none=si", "none"),
        ("team=", "team"),
        ("teamId=0", "teamId"),
        ("teamId=REDES", "teamId"),
        ("valueId=1", "valueId"),
        ("by=owner&valueId=1", "valueId"),
        ("zone=Bogota", "zone"),
        ("measures=creados", "measures"),
        ("measures=", "measures"),
        ("language=fr", "language"),
        ("format=xml", "format"),
        ("period=hour&from=2020-01-01", "period"),
    ];
    for (query, path) in wrong {
        let answer = ask(&desk, &["tickets:read"], &format!("/v2/reports?{query}")).await;
        answer.refusal(400, "VALIDATION_ERROR", "invalid-parameter");
        assert_eq!(answer.json()["details"][0]["path"], path, "{query}: {answer}");
    }
}

#[tokio::test]
async fn other_systems_get_csv_too() {
    let desk = Counted::start().await;
    let answer =
        ask(&desk, &["tickets:read"], &format!("{PATH}&measures=created,backlog&format=csv&language=en")).await;
    let expected = "Period,From,Until,Created,Backlog\r\n\
                    2026-03-24,2026-03-24T00:00:00Z,2026-03-25T00:00:00Z,3,1\r\n\
                    2026-03-25,2026-03-25T00:00:00Z,2026-03-26T00:00:00Z,0,2\r\n";
    assert_eq!(answer.text(), expected);
}
