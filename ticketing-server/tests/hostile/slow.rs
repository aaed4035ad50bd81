//! Those who are slow.

use std::time::{Duration, Instant};

use crate::{
    common::{http::Request, program::Desk, seed},
    still_serves,
};

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
