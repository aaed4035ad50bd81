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
