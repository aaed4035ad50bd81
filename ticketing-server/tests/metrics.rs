//! What `/metrics` counts: each answer once, as what it was.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::collections::BTreeMap;

use self::common::{http::Request, program::Desk, seed};

const THREE_AND_NO_MORE: &str = "
    [rate_limits]
    address_per_minute = 1
    address_burst = 3
";

/// The series of a name, each with its labels as they stand there.
fn series(metrics: &str, name: &str) -> BTreeMap<String, u64> {
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.split_once("} "));
    lines.map(|(labels, value)| (labels.to_owned(), value.parse().unwrap())).collect()
}

#[tokio::test]
async fn each_answer_counts_once_and_as_what_it_was() {
    let desk = Desk::new();
    let settings = desk.write("settings.toml", THREE_AND_NO_MORE);
    let server = desk.serve_with(|command| command.arg("--config").arg(settings));
    let mut client = server.connect().await;
    let (crear, reglas) = ("/api/tickets/crear", "/api/reglas");
    let good = seed().to_string();
    let mut expected = BTreeMap::new();
    let mut routes = BTreeMap::new();
    for (request, method, route, status) in [
        // What is answered first is not what is answered most.
        (Request::post(crear, "{}"), "POST", crear, 422),
        (Request::post(crear, good.clone()), "POST", crear, 200),
        (Request::post(crear, good.clone()), "POST", crear, 200),
        (Request::post(crear, good), "POST", crear, 429),
        (Request::new("GET", reglas), "GET", reglas, 200),
        (Request::new("HEAD", reglas), "HEAD", reglas, 200),
        (Request::new("GET", reglas).header("If-None-Match", "*"), "GET", reglas, 304),
        (Request::new("GET", reglas), "GET", reglas, 200),
        (Request::new("PUT", reglas), "PUT", reglas, 401),
        (Request::new("PURGE", reglas), "other", "none", 405),
        (Request::new("GET", "/nada"), "GET", "none", 404),
    ] {
        let answer = client.ask(&request).await;
        assert_eq!(answer.status, status, "{method} {route}: {answer}");
        *expected.entry(format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"")).or_insert(0) += 1;
        *routes.entry(format!("route=\"{route}\"")).or_insert(0) += 1;
    }
    let metrics = client.get("/metrics").await.text();
    assert_eq!(series(&metrics, "ticketing_http_requests_total"), expected);
    assert_eq!(series(&metrics, "ticketing_http_request_duration_seconds_count"), routes);
}
