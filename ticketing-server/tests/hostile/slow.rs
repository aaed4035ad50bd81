//! Those who are slow.

use std::time::{Duration, Instant};

use ticketing_server::http::HttpOptions;
use tokio::time::sleep;

use crate::{
    common::{
        desk::Service,
        http::{Connection, Request},
        program::Desk,
        seed,
    },
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

/// Slowloris: heads that grow by a line now and then, and never end. Each has its time (`head_timeout`), however alive it looks.
#[tokio::test]
async fn a_head_that_never_ends_is_given_up_however_often_something_comes() {
    let http = HttpOptions { head_timeout: Duration::from_secs(2), ..Service::http_options() };
    let service = Service::start_as(Service::engine_options(), http).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = Connection::open(service.address).await;
        client.send("GET /livez HTTP/1.1\r\nHost: a\r\n").await;
        slow.push(client);
    }
    let began = Instant::now();
    let mut dripping = true;
    while dripping {
        assert!(began.elapsed() < Duration::from_secs(15), "it goes on for ever");
        dripping = false;
        for client in &mut slow {
            dripping |= client.try_send("X-A: b\r\n").await.is_ok();
        }
        // Others are served meanwhile.
        let asked = Instant::now();
        Connection::open(service.address).await.post("/api/tickets/crear", &seed()).await.ok();
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        sleep(Duration::from_millis(200)).await;
    }
    for client in &mut slow {
        client.is_closed_with(408).await;
    }
}

/// The same with a body: a few octets now and then do not make it last.
#[tokio::test]
async fn a_body_that_drips_is_given_up() {
    let http = HttpOptions { body_timeout: Duration::from_secs(2), ..Service::http_options() };
    let service = Service::start_as(Service::engine_options(), http).await;
    let mut client = Connection::open(service.address).await;
    let request = Request::post("/api/tickets/crear", seed().to_string()).octets();
    let (head, body) = request.split_at(request.len() - 100);
    client.send(head).await;
    let began = Instant::now();
    for octet in body {
        if began.elapsed() > Duration::from_secs(3) || client.try_send([*octet]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    client.answer().await.problem(408, "body-timeout");
    client.is_closed().await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}
