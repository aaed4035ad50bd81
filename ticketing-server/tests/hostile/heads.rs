//! Requests whose heads are no good.

use serde_json::json;

use crate::{
    common::{http::Request, program::Desk, seed_with},
    still_serves,
};

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
