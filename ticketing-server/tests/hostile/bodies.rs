//! What is sent as a body.

use serde_json::{Value, json};

use crate::{
    BODY_OCTETS_MAX, POSTS, chunked,
    common::{http::Request, program::Desk, seed_with},
    good_body, good_status, pairs, round_trip, still_serves,
};

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
