//! Who calls too often is told so, and when to come again.
//!
//! Source: draft-ietf-httpapi-ratelimit-headers; RFC 6585, section 4; RFC 9110, section 10.2.3.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use self::common::{
    http::{Answer, Connection, Request},
    program::{Desk, Server},
    seed, seed_with,
};

/// So slow that no test sees a request come back that it has used.
const HARDLY_ANY: &str = "
    [rate_limits]
    address_per_minute = 1
    address_burst = 5
    email_per_minute = 1
    email_burst = 3
";

/// One request a second comes back.
const ONE_A_SECOND: &str = "
    [rate_limits]
    address_per_minute = 60
    address_burst = 2
";

fn serve(desk: &Desk, settings: &str, arguments: &[&str]) -> Server {
    let settings = desk.write("settings.toml", settings);
    desk.serve_with(|command| command.arg("--config").arg(settings).args(arguments))
}

fn creation(email: &str) -> Request {
    Request::post("/api/tickets/crear", seed_with(&json!({ "email": email })).to_string())
}

fn look_up(email: &str) -> Request {
    let form: Value = json!({ "label": "TKT-2026-00077", "email": email, "mensaje": "¿Alguna novedad?" });
    Request::post("/api/tickets/consultar", form.to_string())
}

/// The remaining requests and the seconds until all are there, of `"address";r=3;t=120`.
fn ratelimit(answer: &Answer) -> (String, u32, u32) {
    let value = answer.header("ratelimit").unwrap_or_else(|| panic!("no RateLimit: {answer}"));
    let mut parts = value.split(';');
    let name = parts.next().unwrap().trim_matches('"').to_owned();
    let mut number = |key: &str| parts.next().unwrap().strip_prefix(key).unwrap().parse().unwrap();
    (name, number("r="), number("t="))
}

/// Asserts that a request was one too many and answers after how many seconds to come again.
#[track_caller]
fn too_many(answer: &Answer) -> u64 {
    let problem = answer.problem(429, "rate-limited");
    assert_eq!(problem["detail"], "Demasiadas solicitudes. Espere un momento e inténtelo de nuevo.");
    assert!(answer.header("ratelimit-policy").is_some(), "{answer}");
    let seconds = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer}");
    seconds
}

#[tokio::test]
async fn an_address_that_calls_too_often_is_told_when_to_come_again() {
    let desk = Desk::new();
    let server = serve(&desk, HARDLY_ANY, &[]);
    let mut client = server.connect().await;
    for left in (0..5).rev() {
        let answer = client.ask(&creation(&format!("ana-{left}@example.com"))).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"address\";q=1;w=60;burst=5"));
        let (name, remaining, reset) = ratelimit(&answer);
        assert_eq!((name.as_str(), remaining), ("address", left));
        assert!(reset <= 5 * 60, "{answer}");
    }
    // Another connection, endpoint and person, the same address.
    let mut other = server.connect().await;
    for request in [creation("eva@example.com"), look_up("eva@example.com")] {
        let answer = other.ask(&request.header("Origin", "http://localhost:5173")).await;
        too_many(&answer);
        assert_eq!(ratelimit(&answer).1, 0);
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"));
    }
    let answer = other.ask(&creation("eva@example.com").header("Accept-Language", "en")).await;
    assert_eq!(answer.problem(429, "rate-limited")["detail"], "Too many requests. Wait a moment and try again.");
}

#[tokio::test]
async fn who_comes_again_when_told_is_served() {
    let desk = Desk::new();
    let server = serve(&desk, ONE_A_SECOND, &[]);
    let mut client = server.connect().await;
    let mut answered = 0;
    let seconds = loop {
        let answer = client.ask(&look_up("ana@example.com")).await;
        if answer.status == 429 {
            break too_many(&answer);
        }
        answered += 1;
        assert!(answered < 50, "nothing is limited");
    };
    assert!(answered >= 2);
    sleep(Duration::from_secs(seconds)).await;
    assert_eq!(client.ask(&look_up("ana@example.com")).await.status, 404);
}

#[tokio::test]
async fn refused_requests_count_as_well_and_those_of_no_public_endpoint_do_not() {
    let desk = Desk::new();
    let server = serve(&desk, HARDLY_ANY, &[]);
    let mut client = server.connect().await;
    for path in ["/livez", "/readyz", "/metrics", "/api/reglas", "/nada"] {
        for _ in 0..10 {
            let answer = client.get(path).await;
            assert_ne!(answer.status, 429, "{path}");
            assert_eq!(answer.header("ratelimit"), None, "{path}");
        }
    }
    for (request, status) in [
        (Request::post("/api/tickets/crear", "{}"), 422),
        (Request::post("/api/tickets/crear", "{"), 400),
        (Request::post_as("/api/tickets/crear", "{}"), 415),
        (look_up("ana@example.com"), 404),
        (look_up("eva@example.com"), 404),
        (look_up("luz@example.com"), 429),
    ] {
        assert_eq!(client.ask(&request).await.status, status);
    }
    assert_eq!(client.get("/livez").await.status, 200);
}

#[tokio::test]
async fn one_email_address_is_limited_from_whatever_address_it_comes() {
    let desk = Desk::new();
    let server = serve(&desk, HARDLY_ANY, &["--trusted-proxies", "127.0.0.0/8"]);
    let mut client = server.connect().await;
    let from = |number: u32, request: Request| request.header("X-Forwarded-For", &format!("203.0.113.{number}"));
    // In whatever letter case, at whatever endpoint.
    for (number, request) in
        [(1, creation("ana@example.com")), (2, look_up("ANA@example.com")), (3, look_up("ana@Example.com"))]
    {
        assert_ne!(client.ask(&from(number, request)).await.status, 429);
    }
    for (number, request) in [(4, look_up("ana@example.com")), (5, creation("ana@example.com"))] {
        let answer = client.ask(&from(number, request)).await;
        too_many(&answer);
    }
    let comment = json!({ "label": "TKT-2026-00077", "email": "ana@example.com", "mensaje": "¿Alguna novedad?" });
    let request = Request::post("/api/tickets/comentar", comment.to_string());
    too_many(&client.ask(&from(6, request)).await);
    // Everybody else may go on, also from there.
    client.ask(&from(4, creation("eva@example.com"))).await.ok();
}

/// A client that is told of a limit with room in it would try again at once.
#[tokio::test]
async fn the_limit_that_an_answer_names_is_the_one_that_was_hit() {
    let desk = Desk::new();
    let server = serve(&desk, HARDLY_ANY, &[]);
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.ask(&creation("ana@example.com")).await.ok();
    }
    let answer = client.ask(&creation("ana@example.com")).await;
    too_many(&answer);
    let (name, remaining, _) = ratelimit(&answer);
    assert_eq!((name.as_str(), remaining), ("email", 0), "{answer}");
}

/// How many tickets may be created, each for another person; 20 where there is no end to it.
async fn creations_until_limited(client: &mut Connection, forwarded_for: impl Fn(u32) -> String) -> u32 {
    for number in 0..20 {
        let forwarded_for = forwarded_for(number);
        let person: String = forwarded_for.chars().filter(char::is_ascii_alphanumeric).collect();
        let request = creation(&format!("{person}@example.com"));
        let answer = client.ask(&request.header("X-Forwarded-For", &forwarded_for)).await;
        if answer.status == 429 {
            too_many(&answer);
            return number;
        }
    }
    20
}

#[tokio::test]
async fn only_a_trusted_proxy_is_believed() {
    let desk = Desk::new();
    for arguments in [&[][..], &["--trusted-proxies", "10.0.0.0/8"]] {
        let server = serve(&desk, HARDLY_ANY, arguments);
        let mut client = server.connect().await;
        assert_eq!(creations_until_limited(&mut client, |number| format!("203.0.113.{number}")).await, 5);
        server.kill();
    }
    let server = serve(&desk, HARDLY_ANY, &["--trusted-proxies", "10.0.0.0/8,127.0.0.0/8"]);
    let mut client = server.connect().await;
    assert_eq!(creations_until_limited(&mut client, |number| format!("203.0.113.{number}")).await, 20);
    // What the client itself has written stands to the left of what the proxy has.
    let spoofed = |number: u32| format!("198.51.100.{number}, 192.0.2.7");
    assert_eq!(creations_until_limited(&mut client, spoofed).await, 5);
    let spoofed = |number: u32| format!("198.51.100.{number}, 192.0.2.8, 10.1.2.3");
    assert_eq!(creations_until_limited(&mut client, spoofed).await, 5);
    let garbage = |number: u32| format!("198.51.100.{number}, <script>");
    assert_eq!(creations_until_limited(&mut client, garbage).await, 5);
    // Whoever has a network of 64 bits has all its addresses.
    assert_eq!(creations_until_limited(&mut client, |number| format!("2001:db8::{number:x}")).await, 5);
    assert_eq!(creations_until_limited(&mut client, |number| format!("2001:db8:1:{number:x}::1")).await, 20);
}

#[tokio::test]
async fn limits_may_be_switched_off() {
    let desk = Desk::new();
    for (settings, arguments) in [
        ("[rate_limits]\nenabled = false\naddress_burst = 1\naddress_per_minute = 1\n", &[][..]),
        (HARDLY_ANY, &["--rate-limits", "off"]),
    ] {
        let server = serve(&desk, settings, arguments);
        let mut client = server.connect().await;
        for _ in 0..10 {
            let answer = client.post("/api/tickets/crear", &seed()).await;
            answer.ok();
            assert_eq!(answer.header("ratelimit"), None);
        }
        server.kill();
    }
}
