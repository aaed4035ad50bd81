//! Bodies in chunks.

use crate::{
    common::{http::Request, program::Desk},
    still_serves,
};

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
