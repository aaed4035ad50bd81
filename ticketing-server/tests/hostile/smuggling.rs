//! A request in the body of another. Source: RFC 9112, sections 6 and 11.

use crate::{
    common::{http::Request, program::Desk},
    still_serves,
};

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
