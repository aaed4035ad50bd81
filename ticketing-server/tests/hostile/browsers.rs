//! Who may call from a web page.

use std::collections::HashSet;

use crate::{
    BODY_OCTETS_MAX,
    common::{
        http::{Answer, Request},
        program::Desk,
        seed,
    },
    good_body,
};

const OWN_ORIGIN: &str = "http://localhost:5173";
const FOREIGN_ORIGIN: &str = "https://evil.example";

fn lists(answer: &Answer, header: &str, names: &[&str]) {
    let list = answer.header(header).unwrap_or_else(|| panic!("{header}: {answer}")).to_ascii_lowercase();
    let listed: Vec<_> = list.split(',').map(str::trim).collect();
    for name in names {
        assert!(listed.contains(&name.to_ascii_lowercase().as_str()), "{name} in {header}: {list}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_to_those_who_may_call() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let preflight = |path: &str, origin: &str| {
        let request = Request::new("OPTIONS", path).header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "POST");
        request.header("Access-Control-Request-Headers", "content-type,idempotency-key")
    };
    for path in ["/api/tickets/crear", "/api/tickets/crear/", "/api/tickets/consultar", "/api/reglas"] {
        let answer = client.ask(&preflight(path, OWN_ORIGIN)).await;
        assert!(matches!(answer.status, 200 | 204), "{answer}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(OWN_ORIGIN));
        lists(&answer, "access-control-allow-methods", &["GET", "POST", "PUT", "PATCH", "DELETE"]);
        let allowed = [
            "Authorization",
            "Content-Type",
            "X-API-TOKEN",
            "Idempotency-Key",
            "If-Match",
            "Accept-Language",
            "Last-Event-ID",
        ];
        lists(&answer, "access-control-allow-headers", &allowed);
        lists(&answer, "vary", &["origin"]);

        for origin in [
            FOREIGN_ORIGIN,
            "null",
            "http://localhost.evil.example",
            "https://localhost:5173",
            "http://localhost:5173.evil.example",
        ] {
            let answer = client.ask(&preflight(path, origin)).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}: {answer}");
        }
    }
}

#[tokio::test]
async fn every_answer_tells_a_browser_who_may_read_it() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let good = seed().to_string();
    let long = "x".repeat(BODY_OCTETS_MAX + 1);
    for origin in [OWN_ORIGIN, FOREIGN_ORIGIN] {
        for (request, status) in [
            (Request::post("/api/tickets/crear", good.clone()), 200),
            (Request::post("/api/tickets/crear", "{"), 400),
            (Request::post("/api/tickets/crear", good.clone()).header("Idempotency-Key", ""), 400),
            (Request::post("/api/tickets/crear", "{}"), 422),
            (Request::post("/api/tickets/consultar", good_body("").to_string()), 404),
            (Request::new("GET", "/nada"), 404),
            (Request::new("PUT", "/api/tickets/crear"), 405),
            (Request::post_as("/api/tickets/crear", "{}"), 415),
            (Request::new("GET", "/api/reglas"), 200),
            // The last one: the connection ends with it.
            (Request::post("/api/tickets/crear", long.clone()), 413),
        ] {
            let answer = client.ask(&request.header("Origin", origin)).await;
            assert_eq!(answer.status, status, "{answer}");
            if origin == OWN_ORIGIN {
                assert_eq!(answer.header("access-control-allow-origin"), Some(OWN_ORIGIN), "{answer}");
                let exposed =
                    ["ETag", "Link", "Location", "Retry-After", "RateLimit", "x-total", "x-page", "x-page-size"];
                lists(&answer, "access-control-expose-headers", &exposed);
            } else {
                assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
            }
            if status >= 400 {
                assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            }
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert!(answer.header("x-request-id").is_some());
        }
        client = server.connect().await;
    }
}

/// Whoever says nothing of origins or encodings takes a shorter way, and is answered no less.
#[tokio::test]
async fn every_way_to_ask_is_answered_with_the_same_marks() {
    let desk = Desk::new();
    let server = desk.serve();
    let ways: [&[(&str, &str)]; 4] = [
        &[],
        &[("Accept-Encoding", "gzip")],
        &[("Origin", OWN_ORIGIN)],
        &[("Origin", FOREIGN_ORIGIN), ("Accept-Encoding", "gzip")],
    ];
    let mut ids = HashSet::new();
    for (method, path, status, varies) in [
        ("GET", "/api/reglas", 200, &[][..]),
        ("HEAD", "/api/reglas", 200, &[]),
        ("GET", "/nada", 404, &[]),
        // What an answer depends on besides stands there too.
        ("GET", "/consulta", 200, &["accept-language"]),
    ] {
        for way in ways {
            let asked = way.iter().fold(Request::new(method, path), |asked, (name, value)| asked.header(name, value));
            let mut client = server.connect().await;
            client.send(asked.octets()).await;
            let answer = client.head_of_answer().await;
            assert_eq!(answer.status, status, "{way:?}: {answer}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{way:?}: {answer}");
            // In one line or in several, each of them once.
            let vary = answer.head.lines().filter_map(|line| line.strip_prefix("vary:")).collect::<Vec<_>>().join(",");
            for name in ["origin", "accept-encoding"].iter().chain(varies) {
                assert_eq!(vary.split(',').filter(|told| told.trim() == *name).count(), 1, "{name}, {way:?}: {answer}");
            }
            assert!(ids.insert(answer.header("x-request-id").unwrap().to_owned()), "{way:?}: {answer}");
            let coding = way.iter().find(|(name, _)| *name == "Accept-Encoding").map(|(_, coding)| *coding);
            assert_eq!(answer.header("content-encoding"), coding, "{method} {path}, {way:?}: {answer}");

            let mut client = server.connect().await;
            client.send(asked.header("X-Request-Id", "mine-1").octets()).await;
            let named = client.head_of_answer().await;
            assert_eq!(named.header("x-request-id"), Some("mine-1"), "{way:?}: {named}");
        }
    }
}
