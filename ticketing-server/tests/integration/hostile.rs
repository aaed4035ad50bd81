//! Whatever is sent, the answer is one of this dialect's, and nothing is stored of what is refused.

use serde_json::{Value, json};

use super::{
    api::{Api, TICKETS, of_ticket, request, text},
    common::{
        desk::Service,
        http::{Connection, Request},
    },
};

#[tokio::test]
async fn what_is_no_json_is_told_where() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"{",
        b"{\"subject\": }",
        b"{\"subject\": \"x\",}",
        b"{'subject': 'x'}",
        b"{\"subject\": \"x\"} {}",
        b"{\"subject\": \"a\nb\"}",
        b"{\"subject\": \"\xff\"}",
        b"{\"subject\": \"\xed\xa0\x80\"}",
        b"\xff\xfe{\0}\0",
        b"{\"subject\": NaN}",
        b"{\"subject\": 01}",
        b"\0",
    ];
    for (method, path, _) in
        of_ticket(&id).into_iter().filter(|(_, _, body)| body.is_some()).chain([("POST", TICKETS.to_owned(), None)])
    {
        for body in bodies {
            let answer = api.send(method, &path, body).await;
            answer.is_invalid(&[("", "malformed-json")]);
            assert!(text(&answer.json()["details"][0]["message"]).contains("línea"), "{answer}");
        }
        for body in ["[]", "7", "null", "\"x\"", "[{}]"] {
            api.send(method, &path, body).await.is_invalid(&[("", "wrong-type")]);
        }
    }
    assert_eq!(api.list(TICKETS).await.len(), 1);
}

#[tokio::test]
async fn a_byte_order_mark_is_nothing_and_depth_is_no_matter() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let with_mark = [b"\xef\xbb\xbf".as_slice(), br#"{"subject": "x"}"#].concat();
    let answer = api.send("POST", TICKETS, with_mark).await;
    assert_eq!((answer.status, &answer.json()["subject"]), (201, &json!("x")), "{answer}");
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"id\":".repeat(depth), "}".repeat(depth));
    for depth in [10, 127, 128, 129, 10_000, 100_000] {
        // Of what nobody asked for, and of what has another type.
        let answer = api.send("POST", TICKETS, format!("{{\"x\": {}}}", deep(depth))).await;
        assert_eq!(answer.status, 201, "{depth}: {answer}");
        for member in ["subject", "category", "createdAt", "firstAction", "createdById", "type"] {
            let answer = api.send("POST", TICKETS, format!("{{\"{member}\": {}}}", deep(depth))).await;
            answer.is_invalid(&[(member, "wrong-type")]);
        }
        for (member, path) in [("category", "category.id"), ("status", "status.id"), ("firstAction", "")] {
            let answer = api.send("POST", TICKETS, format!("{{\"{member}\": {}}}", objects(depth))).await;
            if path.is_empty() {
                assert_eq!(answer.status, 201, "{answer}");
            } else {
                answer.is_invalid(&[(path, "wrong-type")]);
            }
        }
        let answer = api.send("POST", TICKETS, format!("{{\"tags\": [{}]}}", objects(depth))).await;
        answer.is_invalid(&[("tags.id", "wrong-type")]);
        for list in ["tags", "clients", "cc"] {
            api.send("POST", TICKETS, format!("{{\"{list}\": {}}}", deep(depth)))
                .await
                .is_invalid(&[(list, "wrong-type")]);
        }
    }
}

#[tokio::test]
async fn a_member_that_stands_there_twice_is_refused() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    for member in [
        "type",
        "subject",
        "cc",
        "clients",
        "ownerId",
        "category",
        "urgency",
        "service",
        "justification",
        "status",
        "tags",
        "createdAt",
        "resolvedAt",
        "reopenedAt",
        "closedAt",
        "solutionAt",
        "createdById",
        "firstAction",
    ] {
        api.send("POST", TICKETS, format!("{{\"{member}\": null, \"{member}\": null}}"))
            .await
            .is_invalid(&[(member, "repeated")]);
    }
    let escaped = r#"{"subject": "a", "\u0073ubject": "b"}"#;
    api.send("POST", TICKETS, escaped).await.is_invalid(&[("subject", "repeated")]);
    let twice = r#"{"firstAction": {"type": "PUBLIC", "type": "INTERNAL"}}"#;
    api.send("POST", TICKETS, twice).await.is_invalid(&[("firstAction.type", "repeated")]);
    let path = format!("{TICKETS}/{id}/attributes/subject");
    let twice = r#"{"subject": "x", "updatedById": "a", "updatedById": "b"}"#;
    api.send("PATCH", &path, twice).await.is_invalid(&[("updatedById", "repeated")]);
    // What nobody asked for may be there as often as it likes.
    assert_eq!(api.send("POST", TICKETS, r#"{"x": 1, "x": 2, "\ud800": 3}"#).await.status, 201);
}

#[tokio::test]
async fn half_a_surrogate_pair_is_no_text() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    for half in [r"\ud800", r"\udc00", r"a\ud83d", r"\udc00\ud800"] {
        for member in ["subject", "createdById", "type", "ownerId", "createdAt", "solutionAt"] {
            let body = format!("{{\"{member}\": \"{half}\"}}");
            api.send("POST", TICKETS, body).await.is_invalid(&[(member, "invalid-unicode")]);
        }
        for list in ["cc", "clients"] {
            api.send("POST", TICKETS, format!("{{\"{list}\": [\"{half}\"]}}"))
                .await
                .is_invalid(&[(list, "invalid-unicode")]);
        }
        let path = "category.name";
        api.send("POST", TICKETS, format!("{{\"category\": {{\"name\": \"{half}\"}}}}"))
            .await
            .is_invalid(&[(path, "invalid-unicode")]);
        let body = format!("{{\"type\": \"PUBLIC\", \"description\": \"{half}\"}}");
        api.send("POST", &format!("{TICKETS}/{id}/actions"), body)
            .await
            .is_invalid(&[("description", "invalid-unicode")]);
    }
    let whole = api.send("POST", TICKETS, r#"{"subject": "\ud83e\udd80\u00f1"}"#).await;
    assert_eq!(whole.json()["subject"], "🦀ñ");
}

#[tokio::test]
async fn a_body_is_json_of_a_megabyte_at_most() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let action = format!("{TICKETS}/{id}/actions");
    for (method, path) in
        [("POST", TICKETS), ("POST", &action), ("PATCH", &format!("{TICKETS}/{id}/attributes/subject"))]
    {
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/jsonx",
            "",
        ] {
            let request =
                Request::new(method, path).header("Content-Type", media_type).header("Content-Length", "2").body("{}");
            api.ask(request).await.refusal(415, "UNSUPPORTED_MEDIA_TYPE", "unsupported-media-type");
        }
        let request = Request::new(method, path).header("Content-Length", "2").body("{}");
        api.ask(request).await.error(415, "UNSUPPORTED_MEDIA_TYPE");
        let mut big = api.again(&service).await;
        big.send(method, path, vec![b' '; (1 << 20) + 1]).await.refusal(413, "PAYLOAD_TOO_LARGE", "body-too-large");
    }
    // As much as fits is read to its end.
    let fits = |body: &str| format!("{body}{}", " ".repeat((1 << 20) - body.len()));
    let answer = api.send("POST", TICKETS, fits(r#"{"subject": "Justo"}"#)).await;
    assert_eq!(answer.json()["subject"], "Justo");
    api.send("POST", TICKETS, fits("{")).await.is_invalid(&[("", "malformed-json")]);
    let long = format!("{{\"subject\": \"{}\"}}", "x".repeat((1 << 20) - 15));
    api.send("POST", TICKETS, long).await.is_invalid(&[("subject", "too-long")]);
    let many = format!("{{\"clients\": [{}]}}", vec!["\"a\""; 200_000].join(","));
    api.send("POST", TICKETS, many).await.is_invalid(&[("clients", "too-many")]);
    let many = format!("{{\"tags\": [{}]}}", vec!["{\"id\":1}"; 100_000].join(","));
    api.send("POST", TICKETS, many).await.is_invalid(&[("tags", "too-many")]);
}

/// Also where it is part of a path or of a query, which are octets.
#[tokio::test]
async fn odd_paths_and_queries_are_answered() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    for path in [
        format!("{TICKETS}/{id}/tags/%00"),
        format!("{TICKETS}/{id}/actions/%F0%9F%A6%80"),
        format!("{TICKETS}/{id}%00"),
        format!("{TICKETS}/{{{id}}}x"),
        format!("{TICKETS}//{id}"),
        format!("{TICKETS}/{id}//tags"),
    ] {
        let answer = api.get(&path).await;
        assert!([404, 405].contains(&answer.status), "{path}: {answer}");
        assert!(answer.json()["code"].is_string(), "{answer}");
    }
    for query in ["q=%FF", "q=%00", "q=%F0%9F%A6%80", "&&&", "=", "q=a&q=b", "%71=x", "q=%22", "q=*", "q=NEAR(a"] {
        service.index().await;
        api.get(&format!("{TICKETS}?{query}")).await.ok();
    }
    for behalf in ["%00", "a%0Ab"] {
        let answer = api.delete(&format!("{TICKETS}/{id}/tags/1?updatedById={behalf}")).await;
        assert!([400, 404].contains(&answer.status), "{answer}");
    }
    // A form that is sent in pieces is one.
    let mut connection = Connection::open(service.address).await;
    connection.send("POST /v2/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}").await;
    connection.answer().await.error(401, "AUTHENTICATION_ERROR");
    let repeated = request("POST", TICKETS, "{}").header("X-API-TOKEN", "x");
    api.ask(repeated).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    assert_eq!(api.show(&id).await["tags"], Value::Array(vec![]));
}
