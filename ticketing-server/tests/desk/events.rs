//! The stream of what happens: nothing missing, nothing twice, nothing that is none of one's business.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::common::desk::{HOUR, Person, SECOND, Service};

/// A client that follows, as a browser's fetch would.
struct Stream {
    socket: TcpStream,
    head: String,
    received: Vec<u8>,
    text: String,
    /// The last id that was received.
    last: Option<String>,
}

/// What was sent: the event's name and its data.
type Sent = (String, Value);

impl Stream {
    async fn open(service: &Service, token: &str, last_event_id: Option<&str>) -> Self {
        let mut socket = TcpStream::connect(service.address).await.unwrap();
        let last = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!(
            "GET /api/eventos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept-Encoding: gzip\r\n{last}\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self { socket, head: String::new(), received: vec![], text: String::new(), last: None };
        while stream.head.is_empty() {
            assert!(stream.receive().await, "the server hung up");
            if let Some(end) = stream.received.windows(4).position(|window| window == b"\r\n\r\n") {
                stream.head = String::from_utf8(stream.received.drain(..end + 4).collect()).unwrap();
            }
        }
        stream
    }

    /// One that has begun, of somebody who may.
    async fn of(service: &Service, person: &Person, last_event_id: Option<&str>) -> Self {
        let mut stream = Self::open(service, &person.token, last_event_id).await;
        assert!(stream.head.starts_with("HTTP/1.1 200"), "{}", stream.head);
        assert!(stream.head.contains("content-type: text/event-stream"), "{}", stream.head);
        assert!(!stream.head.contains("content-encoding"), "{}", stream.head);
        assert_eq!(stream.next().await.unwrap().0, "inicio");
        stream
    }

    async fn receive(&mut self) -> bool {
        let read = timeout(Duration::from_secs(20), self.socket.read_buf(&mut self.received)).await;
        read.expect("nothing comes").unwrap_or_default() > 0
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                self.last = field("id: ").or(self.last.take());
                if let (Some(name), Some(data)) = (field("event: "), field("data: ")) {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            // Chunks: their length in hexadecimal, then themselves. Source: RFC 9112, 7.1.
            let line = self.received.windows(2).position(|window| window == b"\r\n");
            let length =
                line.map(|end| usize::from_str_radix(std::str::from_utf8(&self.received[..end]).unwrap(), 16).unwrap());
            match (line, length) {
                (_, Some(0)) => return None,
                (Some(end), Some(length)) if self.received.len() >= end + 2 + length + 2 => {
                    self.text += std::str::from_utf8(&self.received[end + 2..][..length]).unwrap();
                    self.received.drain(..end + 2 + length + 2);
                }
                _ if self.receive().await => {}
                _ => return None,
            }
        }
    }

    async fn ticket(&mut self) -> Value {
        let (name, data) = self.next().await.unwrap();
        assert_eq!(name, "ticket");
        data
    }

    /// Asserts that nothing comes for a while.
    async fn is_silent(&mut self) {
        let next = timeout(Duration::from_millis(700), self.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let service = Service::start().await;
    service.ticket().await;
    let mut stream = Stream::of(&service, &service.mesa, None).await;
    // What was before is not told.
    let ticket = service.ticket_of("REDES").await;
    let told = stream.ticket().await;
    assert_eq!((&told["ticket_uuid"], &told["accion"]), (&json!(ticket.uuid), &json!("CREACION")));
    assert_eq!((&told["ticket_label"], &told["area_asignada"]), (&json!(ticket.label), &json!("REDES")));

    let mut client = service.client(&service.redes).await;
    let reply = json!({ "estado": "EN_PROCESO", "respuesta": "Lo estamos\nmirando" });
    client.command(&ticket, "actualizar", &reply).await.ok();
    let told = stream.ticket().await;
    assert_eq!((&told["motivo"], &told["estado_despues"]), (&json!("Lo estamos\nmirando"), &json!("EN_PROCESO")));
    assert_eq!(told["actor_nombre"], "Rita Redes");
    // Alarms, too, which are in no history.
    service.pass(20 * HOUR);
    service.engine.keep_time().await.unwrap();
    let told = stream.ticket().await;
    assert_eq!((&told["accion"], &told["sla"]["porcentaje"]), (&json!("SLA_EN_RIESGO"), &json!(80)));
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_hears_nothing_twice() {
    let service = Service::start().await;
    let mut stream = Stream::of(&service, &service.mesa, None).await;
    let mut labels = Vec::new();
    let mut told = Vec::new();
    for round in 0..6 {
        for _ in 0..5 {
            labels.push(service.ticket().await.label);
        }
        // Some are read, and the connection breaks; what happens meanwhile is there.
        for _ in 0..3 + round % 2 {
            told.push(stream.ticket().await["ticket_label"].as_str().unwrap().to_owned());
        }
        let last = stream.last.clone();
        drop(stream);
        labels.push(service.ticket().await.label);
        stream = Stream::of(&service, &service.mesa, last.as_deref()).await;
    }
    while told.len() < labels.len() {
        told.push(stream.ticket().await["ticket_label"].as_str().unwrap().to_owned());
    }
    assert_eq!(told, labels);
    stream.is_silent().await;
    // From the very beginning, as from nothing.
    let mut stream = Stream::of(&service, &service.mesa, Some("0")).await;
    assert_eq!(stream.ticket().await["ticket_label"], labels[0]);
}

#[tokio::test]
async fn an_area_hears_of_its_own_tickets_and_of_those_that_leave_it() {
    let service = Service::start().await;
    let mut redes = Stream::of(&service, &service.redes, None).await;
    let mut sistemas = Stream::of(&service, &service.sistemas, None).await;
    service.ticket_of("MESA").await;
    let ticket = service.ticket_of("Redes").await;
    assert_eq!(redes.ticket().await["ticket_label"], ticket.label);
    sistemas.is_silent().await;
    let mut mesa = service.client(&service.mesa).await;
    let transfer = json!({ "nuevaArea": "SISTEMAS", "agenteId": "", "motivo": "Es de ellos" });
    mesa.command(&ticket, "transferir", &transfer).await.ok();
    assert_eq!(redes.ticket().await["area_despues"], "SISTEMAS");
    assert_eq!(sistemas.ticket().await["accion"], "TRANSFERENCIA");
    // Wherever it goes from there, those whom it left are told where it went then.
    let again = json!({ "nuevaArea": "DESARROLLO", "agenteId": "", "motivo": "Tampoco" });
    mesa.command(&ticket, "transferir", &again).await.ok();
    assert_eq!(sistemas.ticket().await["area_despues"], "DESARROLLO");
    let mut late = Stream::of(&service, &service.redes, Some("0")).await;
    let told = late.ticket().await;
    assert_eq!((&told["accion"], &told["area_asignada"]), (&json!("TRANSFERENCIA"), &json!("SISTEMAS")));
    let back = json!({ "nuevaArea": "SISTEMAS", "agenteId": "", "motivo": "Sí es de ellos" });
    mesa.command(&ticket, "transferir", &back).await.ok();
    assert_eq!(sistemas.ticket().await["area_despues"], "SISTEMAS");
    // What is done to it there is not theirs any more.
    mesa.command(&ticket, "pausar", &json!({ "motivo": "Esperamos" })).await.ok();
    assert_eq!(sistemas.ticket().await["accion"], "PAUSA");
    redes.is_silent().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let service = Service::start().await;
    let mut stream = Stream::of(&service, &service.redes, None).await;
    service.ticket_of("REDES").await;
    stream.ticket().await;
    service.deactivate(&service.redes).await;
    service.ticket_of("REDES").await;
    assert_eq!(stream.next().await, None);
}

/// Which areas are one, the rules say from one moment to the next.
#[tokio::test]
async fn an_alias_that_goes_takes_its_tickets_from_the_stream() {
    let service = Service::start().await;
    let rules = |aliases: &str| {
        let json = format!(r#"{{ "areas": {{ "lista": [{{ "nombre": "REDES", "alias": [{aliases}] }}] }} }}"#);
        ticketing_core::Rules::from_json(&json).unwrap()
    };
    service.engine.apply_rules(rules(r#""CABLES""#)).await.unwrap();
    let mut stream = Stream::of(&service, &service.redes, None).await;
    let ticket = service.ticket_of("CABLES").await;
    assert_eq!(stream.ticket().await["ticket_label"], ticket.label);
    service.engine.apply_rules(rules("")).await.unwrap();
    service.ticket_of("CABLES").await;
    let own = service.ticket_of("REDES").await;
    assert_eq!(stream.ticket().await["ticket_label"], own.label);
}

#[tokio::test]
async fn a_stream_ends_with_its_server() {
    let service = Service::start().await;
    let mut stream = Stream::of(&service, &service.redes, None).await;
    drop(service);
    let began = tokio::time::Instant::now();
    assert_eq!(stream.next().await, None);
    assert!(began.elapsed() < Duration::from_secs(15), "it does not wait to be cut off");
}

#[tokio::test]
async fn only_the_desk_may_listen() {
    let service = Service::start().await;
    for (token, status) in [(service.usuario.token.as_str(), "403"), ("x.y.z", "401")] {
        let stream = Stream::open(&service, token, None).await;
        assert!(stream.head.starts_with(&format!("HTTP/1.1 {status}")), "{}", stream.head);
    }
    assert_eq!(service.nobody().await.get("/api/eventos").await.status, 401);
    // Nowhere but in the header is a token taken.
    let path = format!("/api/eventos?token={0}&access_token={0}", service.mesa.token);
    assert_eq!(service.nobody().await.get(&path).await.status, 401);
}

#[tokio::test]
async fn an_id_that_nobody_gave_is_refused_or_is_the_newest() {
    let service = Service::start().await;
    for id in ["x", "-1", "1.5", "", "99999999999999999999999"] {
        let stream = Stream::open(&service, &service.mesa.token, Some(id)).await;
        assert!(stream.head.starts_with("HTTP/1.1 400"), "{id}: {}", stream.head);
    }
    let mut stream = Stream::of(&service, &service.mesa, Some("999999999")).await;
    let ticket = service.ticket().await;
    assert_eq!(stream.ticket().await["ticket_label"], ticket.label);
}

/// What another process writes to the file is told within a second.
#[tokio::test]
async fn what_others_do_is_told_too() {
    let service = Service::start().await;
    let mut stream = Stream::of(&service, &service.mesa, None).await;
    let other = service.beside().await;
    let ticket = service.ticket().await;
    stream.ticket().await;
    service.pass(SECOND);
    let pause = ticketing_core::Command::Pause { reason: ticketing_core::ticket::Reason::new("De lejos").unwrap() };
    other.execute(ticket.id(), &service.mesa.actor, pause).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(stream.ticket().await["motivo"], "De lejos");
    println!("told after {} ms", began.elapsed().as_millis());
    sleep(Duration::from_millis(1)).await;
}
