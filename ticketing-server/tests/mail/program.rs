//! Mails of a server as people run it.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::{
    common::{
        program::{Desk, Server},
        seed, seed_with,
    },
    smtp::MailServer,
};

fn with_mail(desk: &Desk, port: u16) {
    let mail = format!(
        "[mail]\nsmtp = \"smtp://127.0.0.1:{port}?tls=none\"\nfrom = \"Mesa <mesa@ayuda.example>\"\n\
         public_url = \"https://ayuda.example\"\ntimeout_seconds = 5\n"
    );
    desk.write("ticketing.toml", mail);
}

async fn create(server: &Server, email: &str) -> String {
    let form = seed_with(&json!({ "email": email }));
    let answer = server.connect().await.post("/api/tickets/crear", &form).await.ok();
    answer["ticketLabel"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_mails_what_happens_from_the_moment_on_that_it_has_mail() {
    let desk = Desk::new();
    let before = desk.serve();
    create(&before, "antes@example.com").await;
    before.kill();

    let mails = MailServer::start();
    with_mail(&desk, mails.port);
    let server = desk.serve();
    // It looks who is to be told as it starts.
    sleep(Duration::from_millis(500)).await;
    let label = create(&server, "ana@example.com").await;
    let mail = mails.taken();
    assert_eq!(mail.recipients, ["ana@example.com"]);
    assert!(mail.subject().contains(&label), "{}", mail.subject());
    assert!(mails.all_taken().is_empty());
}

#[tokio::test]
async fn what_no_mail_server_took_is_mailed_later_also_by_a_server_that_was_killed_meanwhile() {
    let desk = Desk::new();
    // Nobody listens there any more.
    let port = { MailServer::start().port };
    with_mail(&desk, port);
    let server = desk.serve();
    sleep(Duration::from_millis(500)).await;
    let label = create(&server, seed()["email"].as_str().unwrap()).await;
    sleep(Duration::from_secs(2)).await;
    server.kill();

    let mails = MailServer::start();
    with_mail(&desk, mails.port);
    let _server = desk.serve();
    // Five seconds after the first attempt, and some more at random.
    let mail = mails.taken_within(Duration::from_secs(20));
    assert!(mail.subject().contains(&label), "{}", mail.subject());
    assert!(mails.all_taken().is_empty());
}

/// What the metrics say of mails.
async fn figures(server: &Server) -> String {
    let metrics = server.connect().await.get("/metrics").await.text();
    let of_mails = metrics.lines().filter(|line| line.starts_with("ticketing_mail_"));
    of_mails.map(|line| line.replace("ticketing_mail_", "")).collect::<Vec<_>>().join(" ")
}

async fn tell(server: &Server, expected: &str) {
    let began = std::time::Instant::now();
    loop {
        let told = figures(server).await;
        if told == expected {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{told}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn metrics_tell_what_became_of_mails() {
    let desk = Desk::new();
    let mails = MailServer::start_with(json!({
        "tls": "none",
        "rcpt": { "nadie@example.com": ["550 5.1.1 no such user"], "luego@example.com": ["450 4.2.0 greylisted"] },
    }));
    with_mail(&desk, mails.port);
    let server = desk.serve();
    sleep(Duration::from_millis(500)).await;
    let told = |delivered: u32, failed: u32, given_up: u32, pending: u32| {
        format!(
            "deliveries_total{{outcome=\"delivered\"}} {delivered} deliveries_total{{outcome=\"failed\"}} {failed} \
             deliveries_total{{outcome=\"given_up\"}} {given_up} pending {pending} lag 0"
        )
    };
    tell(&server, &told(0, 0, 0, 0)).await;
    let label = create(&server, "ana@example.com").await;
    tell(&server, &told(1, 0, 0, 0)).await;
    // Nobody is mailed what they have said themselves.
    let comment = json!({ "label": label, "email": "ana@example.com", "mensaje": "¿Hay novedades?" });
    server.connect().await.post("/api/tickets/comentar", &comment).await.ok();
    create(&server, "nadie@example.com").await;
    tell(&server, &told(1, 0, 1, 0)).await;
    create(&server, "luego@example.com").await;
    tell(&server, &told(1, 1, 1, 1)).await;
    // Five seconds after the first attempt.
    tell(&server, &told(2, 1, 1, 0)).await;
}
