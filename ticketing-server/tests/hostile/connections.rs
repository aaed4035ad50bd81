//! One request after the other, and connections on which none comes.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::time::sleep;

use crate::{
    BODY_OCTETS_MAX, chunked,
    common::{
        http::Request,
        program::{Desk, Server},
        seed,
    },
    still_serves,
};

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
