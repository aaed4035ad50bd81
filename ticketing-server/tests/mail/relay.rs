//! Mail servers that are encrypted, that ask who is there, that say no or nothing.

use std::time::{Duration, Instant};

use serde_json::json;
use ticketing_core::{EmailAddress, Rules, Timestamp};
use ticketing_server::{
    mail::{Carried, MailError, MailSettings, Postman, SmtpLogin, SmtpPassword, SmtpSettings, SmtpTls},
    store::FeedEntry,
};

use super::{
    Reader,
    common::desk::{HOUR, Service},
    letters, plain, postman,
    smtp::MailServer,
};

const ANA: &str = "ana.garcia@example.com";

/// A service with one new ticket, and what the feed says of it.
async fn created() -> (Service, FeedEntry) {
    let service = Service::start().await;
    service.ticket().await;
    let entry = Reader::new(&service.engine).news().await.pop().unwrap();
    (service, entry)
}

fn retry(carried: &Carried) -> &str {
    match carried {
        Carried::Retry(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn encrypted(server: &MailServer, tls: SmtpTls) -> SmtpSettings {
    SmtpSettings { host: "localhost".into(), tls, ca_file: Some(server.ca_file.clone()), ..plain(server) }
}

fn login(user: &str, password: &str) -> SmtpLogin {
    SmtpLogin { user: user.into(), password: SmtpPassword(password.into()) }
}

#[tokio::test]
async fn a_connection_is_encrypted_before_anything_is_said() {
    let (service, entry) = created().await;
    for (tls, name) in [(SmtpTls::StartTls, "starttls"), (SmtpTls::Implicit, "implicit")] {
        let server = MailServer::start_with(json!({ "tls": name, "login": ["desk", "secreta ñ"] }));
        let settings = SmtpSettings { login: Some(login("desk", "secreta ñ")), ..encrypted(&server, tls) };
        assert_eq!(postman(settings).carry(&service.engine, &entry).await, Carried::Delivered);
        let mail = server.taken();
        assert!(mail.encrypted);
        assert_eq!(mail.user.as_deref(), Some("desk"));
    }
}

#[tokio::test]
async fn who_cannot_be_trusted_is_told_nothing() {
    let (service, entry) = created().await;
    let server = MailServer::start_with(json!({ "tls": "implicit" }));
    let unknown = SmtpSettings { ca_file: None, ..encrypted(&server, SmtpTls::Implicit) };
    let carried = postman(unknown).carry(&service.engine, &entry).await;
    assert!(retry(&carried).contains("connecting to the mail server: "), "{carried:?}");
    assert!(retry(&carried).contains("invalid peer certificate: UnknownIssuer"), "{carried:?}");

    // One that offers no encryption, or whose offer somebody has taken out.
    let plain = MailServer::start();
    let carried = postman(encrypted(&plain, SmtpTls::StartTls)).carry(&service.engine, &entry).await;
    assert!(retry(&carried).contains("STARTTLS is not supported"), "{carried:?}");
    assert!(server.all_taken().is_empty() && plain.all_taken().is_empty());
}

/// Nothing is wrong with the mail: it waits until the password is put right.
#[tokio::test]
async fn a_wrong_password_refuses_no_mail() {
    let (service, entry) = created().await;
    let server = MailServer::start_with(json!({ "tls": "starttls", "login": ["desk", "right"] }));
    let with = |login| postman(SmtpSettings { login, ..encrypted(&server, SmtpTls::StartTls) });
    let carried = with(Some(login("desk", "wrong"))).carry(&service.engine, &entry).await;
    assert_eq!(retry(&carried), "created: logging in at the mail server: the server answered 535 5.7.8");
    let carried = with(None).carry(&service.engine, &entry).await;
    assert_eq!(retry(&carried), "created: naming the sender: the server answered 530 5.7.0");
    assert_eq!(with(Some(login("desk", "right"))).carry(&service.engine, &entry).await, Carried::Delivered);
    assert_eq!(server.all_taken().len(), 1);
}

#[tokio::test]
async fn what_is_refused_for_now_is_the_same_message_later() {
    let (service, entry) = created().await;
    let server = MailServer::start_with(json!({
        "tls": "none",
        "rcpt": { ANA: [format!("450 4.2.0 <{ANA}>: greylisted")] },
        "data": ["451 4.3.0 Try again", null, null],
    }));
    let postman = postman(plain(&server));
    let carried = postman.carry(&service.engine, &entry).await;
    assert_eq!(retry(&carried), "created: naming the recipient: the server answered 450 4.2.0");
    let carried = postman.carry(&service.engine, &entry).await;
    assert_eq!(retry(&carried), "created: handing the mail over: the server answered 451 4.3.0");
    assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Delivered);
    // And again, as after a crash between the mail and the note of it.
    assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Delivered);
    let mails = server.all_taken();
    let [first, again] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(first.raw, again.raw);
}

/// What servers say has addresses in it; what is told of it has none.
#[tokio::test]
async fn what_is_refused_for_good_is_refused_and_nobody_is_named() {
    let (service, entry) = created().await;
    let server = MailServer::start_with(json!({
        "tls": "none",
        "rcpt": { ANA: [format!("550 5.1.1 <{ANA}>: no such user"), format!("550 {ANA} unknown")] },
        "data": ["554 5.7.1 Spam"],
    }));
    let postman = postman(plain(&server));
    for reason in [
        "created: naming the recipient: the server answered 550 5.1.1",
        "created: naming the recipient: the server answered 550",
        "created: handing the mail over: the server answered 554 5.7.1",
    ] {
        assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Refused(reason.into()));
    }
}

/// It is the desk's fault, and all mails wait until it is put right.
#[tokio::test]
async fn a_sender_who_is_refused_is_no_mails_fault() {
    let (service, entry) = created().await;
    let server = MailServer::start_with(json!({ "tls": "none", "mail": ["553 5.7.1 Not your address"] }));
    let postman = postman(plain(&server));
    let carried = postman.carry(&service.engine, &entry).await;
    assert_eq!(retry(&carried), "created: naming the sender: the server answered 553 5.7.1");
    assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Delivered);
}

#[tokio::test]
async fn of_several_only_those_are_written_to_again_who_were_not_reached() {
    let service = Service::start().await;
    let rules = r#"{ "sla": { "politicas": [{ "id": 1, "nombre": "Todas", "resolucion": { "otras": "1h",
        "escalar": [{ "al": 100, "notificar": ["MESA", "ADMIN"] }] } }] } }"#;
    service.engine.apply_rules(Rules::from_json(rules).unwrap()).await.unwrap();
    service.enter("Olga Otra", "MESA", None).await;
    service.ticket().await;
    service.pass(HOUR);
    service.engine.keep_time().await.unwrap();
    let breached = Reader::new(&service.engine).news().await.pop().unwrap();
    let server = MailServer::start_with(json!({
        "tls": "none",
        "rcpt": { "mario@desk.example": ["452 4.2.2 Full", "452 4.2.2 Full"], "olga@desk.example": ["550 5.1.1 Gone"] },
    }));
    let postman = postman(plain(&server));
    let mut reached = Vec::new();
    for _ in 0..2 {
        let carried = postman.carry(&service.engine, &breached).await;
        assert_eq!(retry(&carried), "breached: naming the recipient: the server answered 452 4.2.2");
        reached.push(server.all_taken().into_iter().flat_map(|mail| mail.recipients).collect::<Vec<_>>());
    }
    assert_eq!(postman.carry(&service.engine, &breached).await, Carried::Delivered);
    reached.push(server.all_taken().into_iter().flat_map(|mail| mail.recipients).collect());
    // The second time, the server takes Olga's.
    assert_eq!(reached, [vec!["ada@desk.example"], vec!["olga@desk.example"], vec!["mario@desk.example"]]);
}

#[tokio::test]
async fn a_server_that_says_nothing_keeps_nobody_for_longer_than_its_time() {
    let (service, entry) = created().await;
    for (hangs, step) in [
        ("greeting", "connecting to the mail server"),
        ("mail", "naming the sender"),
        ("rcpt", "naming the recipient"),
        ("data", "handing the mail over"),
    ] {
        let server = MailServer::start_with(json!({ "tls": "none", "hangs": hangs }));
        let settings = SmtpSettings { timeout: Duration::from_millis(1_500), ..plain(&server) };
        let started = Instant::now();
        let carried = postman(settings).carry(&service.engine, &entry).await;
        assert_eq!(retry(&carried), format!("created: {step}: no end after 1.5 s"));
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    }
    let nobody = SmtpSettings { port: 1, ..SmtpSettings::new("127.0.0.1", SmtpTls::None) };
    let carried = postman(nobody).carry(&service.engine, &entry).await;
    assert!(retry(&carried).contains("connecting to the mail server: "), "{carried:?}");
}

#[tokio::test]
async fn a_connection_serves_several_mails_and_one_that_is_gone_is_made_again() {
    let (service, entry) = created().await;
    let server = MailServer::start();
    let patient = postman(plain(&server));
    for _ in 0..3 {
        assert_eq!(patient.carry(&service.engine, &entry).await, Carried::Delivered);
    }
    let mails = server.all_taken();
    assert_eq!(mails.len(), 3);
    assert!(mails.iter().all(|mail| mail.connection == mails[0].connection));

    let server = MailServer::start_with(json!({ "tls": "none", "forgets": true }));
    let postman = postman(plain(&server));
    for _ in 0..3 {
        assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Delivered);
    }
    let mut connections: Vec<_> = server.all_taken().iter().map(|mail| mail.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), 3);
}

#[test]
fn authorities_that_are_none_are_told_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let of = |content: Option<&str>| {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let smtp = SmtpSettings { ca_file: Some(path.clone()), ..SmtpSettings::new("localhost", SmtpTls::Implicit) };
        Postman::new(MailSettings { smtp, letters: letters() }).err().unwrap()
    };
    for content in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")] {
        let error = of(content);
        assert!(matches!(&error, MailError::Setting(error) if error.key == "mail.ca_file"), "{error}");
        assert!(error.to_string().contains("ca.pem: "), "{error}");
    }
}

#[tokio::test]
async fn what_a_test_says_is_what_the_server_said() {
    let server = MailServer::start_with(json!({
        "tls": "none", "rcpt": { ANA: [format!("550 5.1.1 <{ANA}>: no such user")] }
    }));
    let postman = postman(plain(&server));
    let (to, now) = (EmailAddress::parse(ANA).unwrap(), Timestamp::parse("2026-03-24T10:15:00Z").unwrap());
    let error = postman.test(&to, now).await.unwrap_err();
    assert!(error.is_final && !error.reason.contains('@'), "{error:?}");
    assert_eq!(
        error.said.unwrap(),
        format!("naming the recipient: permanent error (550): 5.1.1 <{ANA}>: no such user")
    );
    assert_eq!(postman.test(&to, now).await.unwrap(), "2.0.0 Ok: queued");
    assert_eq!(server.taken().subject(), "[Mesa de Ayuda] El correo funciona");
}
