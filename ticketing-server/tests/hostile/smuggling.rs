//! A request in the body of another. Source: RFC 9112, sections 6 and 11.

use crate::{
    common::{
        http::Request,
        program::{Desk, Server},
    },
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

/// What a request that is not asked for would be answered with.
const HIDDEN: &str = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

fn head(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n")
}

/// What became of octets in which another request is hidden, and of a good one behind them: never is the hidden one answered. The
/// connection goes on behind exactly what was announced, or it ends.
async fn outcome(server: &Server, octets: &[u8]) -> String {
    let mut client = server.connect().await;
    client.send(octets).await;
    let first = client.answer().await;
    assert!(!first.text().contains("ticketing_http_requests"), "the hidden request was answered: {first}");
    let _ = client.try_send(Request::new("GET", "/livez").octets()).await;
    let next = match client.try_answer().await {
        Ok(Some(next)) => {
            assert_eq!((next.status, next.body.as_slice()), (200, &b"ok\n"[..]), "{next}");
            assert_ne!(first.header("connection"), Some("close"), "{first}");
            "goes on"
        }
        Ok(None) | Err(_) => "closed",
    };
    format!("{} {next}", first.status)
}

/// Whatever two programs in a row might read in two ways is refused, or read in the one way that the standard has, and what came of each is
/// written down.
#[tokio::test]
async fn what_might_be_read_in_two_ways_is_refused_or_read_in_one() {
    let desk = Desk::new();
    let server = desk.serve();
    let length = HIDDEN.len();
    let chunked = format!("0\r\n\r\n{HIDDEN}");
    let path = "/api/tickets/crear";
    let mut told = Vec::new();
    // Lengths.
    for value in [
        "2",
        " 2",
        "2 ",
        "\t2",
        "+2",
        "-2",
        "0x2",
        "2,2",
        "2, 3",
        "2;",
        "2.0",
        "02",
        "1e1",
        "\"2\"",
        "",
        "18446744073709551618",
        "184467440737095516160",
    ] {
        let octets = head(path, &format!("Content-Length:{value}\r\n")) + "{}";
        told.push(format!("Content-Length:{value:?} = {}", outcome(&server, octets.as_bytes()).await));
    }
    for (one, other) in [("2", "2"), ("2", "3"), ("3", "2"), ("2", "")] {
        let octets = head(path, &format!("Content-Length: {one}\r\nContent-Length: {other}\r\n")) + "{}";
        told.push(format!("Content-Length: {one} and {other:?} = {}", outcome(&server, octets.as_bytes()).await));
    }
    // Chunks, and what only looks so. Whoever does not take them for such finds a request behind.
    for value in [
        "chunked",
        "Chunked",
        "chunked ",
        "\tchunked",
        "xchunked",
        "chunked, identity",
        "identity, chunked",
        "chunked, chunked",
        "gzip, chunked",
        "\"chunked\"",
        "chunked;q=1",
        "chunke\u{17f}",
        "",
        "identity",
    ] {
        let octets = head(path, &format!("Transfer-Encoding:{value}\r\n")) + "0\r\n\r\n";
        told.push(format!("Transfer-Encoding:{value:?} = {}", outcome(&server, octets.as_bytes()).await));
    }
    let both = [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunked.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", chunked.len()),
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(),
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n".to_owned(),
    ];
    for headers in both {
        let octets = head(path, &headers) + &chunked;
        told.push(format!("{headers:?} = {}", outcome(&server, octets.as_bytes()).await));
    }
    // Heads with lines that may end in several ways, or are none.
    for headers in [
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\u{b}: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: a\r\n\tContent-Length: 2\r\n",
        " Content-Length: 2\r\n",
        "X: a\rTransfer-Encoding: chunked\r\n",
        "X: a\0\r\n",
        "X\0: a\r\n",
        "X: \u{1}\r\n",
        ": a\r\n",
        "X\r\n",
        "X Y: a\r\n",
        "Content_Length: 2\r\n",
    ] {
        let octets = head(path, headers);
        told.push(format!("{headers:?} = {}", outcome(&server, octets.as_bytes()).await));
    }
    let bare = format!("POST {path} HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: 2\n\n{{}}");
    told.push(format!("lines that end in LF alone = {}", outcome(&server, bare.as_bytes()).await));
    let old = format!("POST {path} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}");
    told.push(format!("chunks in HTTP/1.0 = {}", outcome(&server, old.as_bytes()).await));
    // A request in a body that is refused, or that nobody reads.
    for (line, path, headers) in [
        ("unknown path", "/nada", String::new()),
        ("wrong method", "/livez", String::new()),
        ("no session", "/api/auth/users", String::new()),
        ("no token", "/v2/tickets", String::new()),
        ("no JSON", path, String::new()),
        ("compressed", path, "Content-Encoding: gzip\r\n".to_owned()),
        ("a second type", path, "Content-Type: text/plain\r\n".to_owned()),
    ] {
        let octets = head(path, &format!("{headers}Content-Length: {length}\r\n")) + HIDDEN;
        told.push(format!("hidden in a body, {line} = {}", outcome(&server, octets.as_bytes()).await));
    }
    let get = format!("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{HIDDEN}");
    told.push(format!("hidden in the body of a GET = {}", outcome(&server, get.as_bytes()).await));
    let large = head(path, "Content-Length: 2000000\r\n") + HIDDEN;
    told.push(format!("hidden in a body that is too large = {}", outcome(&server, large.as_bytes()).await));
    insta::assert_snapshot!(told.join("\n"));
    still_serves(&server).await;
}

/// The same of chunks: what one program might take for a chunk's end, and another not.
#[tokio::test]
async fn chunks_that_might_be_read_in_two_ways_are_refused_or_read_in_one() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut told = Vec::new();
    let long = "a".repeat(100_000);
    for (what, chunks) in [
        ("one", "2\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("zeros in front", "0000000000000000000002\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("a size in capitals", "A\r\n{        }\r\n0\r\n\r\n".to_owned()),
        ("a space behind the size", "2 \r\n{}\r\n0\r\n\r\n".to_owned()),
        ("a tab before the size", "\t2\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("a prefix", "0x2\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("a sign", "+2\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("no size", ";a\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("a size that overflows", "10000000000000002\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("LF behind the size", "2\n{}\r\n0\r\n\r\n".to_owned()),
        ("LF in an extension", format!("2;a\n{{}}\r\n0\r\n\r\n{HIDDEN}")),
        ("CR in an extension", "2;a\rb\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("LF behind the chunk", "2\r\n{}\n0\r\n\r\n".to_owned()),
        ("nothing behind the chunk", "2\r\n{}0\r\n\r\n".to_owned()),
        ("two octets more than announced", "2\r\n{}  \r\n0\r\n\r\n".to_owned()),
        ("an extension", "2;a=b;c=\"d\"\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("an extension of 100,000 octets", format!("2;{long}\r\n{{}}\r\n0\r\n\r\n")),
        ("a trailer", "2\r\n{}\r\n0\r\nX: y\r\n\r\n".to_owned()),
        ("a trailer that announces a length", "2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n".to_owned()),
        ("a trailer of 100,000 octets", format!("2\r\n{{}}\r\n0\r\nX: {long}\r\n\r\n")),
        ("10,000 trailers", format!("2\r\n{{}}\r\n0\r\n{}\r\n", "X: y\r\n".repeat(10_000))),
        ("LF behind the last chunk", "2\r\n{}\r\n0\n\n".to_owned()),
    ] {
        let octets = head("/api/tickets/crear", "Transfer-Encoding: chunked\r\n") + &chunks;
        told.push(format!("{what} = {}", outcome(&server, octets.as_bytes()).await));
    }
    insta::assert_snapshot!(told.join("\n"));
    still_serves(&server).await;
}
