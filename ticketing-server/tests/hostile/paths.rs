//! Paths and methods.

use crate::{
    POSTS,
    common::{http::Request, program::Desk, seed},
};

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
    for (path, allow) in [
        ("/api/reglas", "GET, PUT, HEAD, OPTIONS"),
        ("/livez", "GET, HEAD, OPTIONS"),
        ("/readyz", "GET, HEAD, OPTIONS"),
        ("/metrics", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ] {
        let answer = client.ask(&Request::post(path, "{}")).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some(allow));
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
