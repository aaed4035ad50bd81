//! Settings of mail on the command line: what makes no sense, what `mail test` says, what `mail preview` shows.

use serde_json::json;

use super::{
    common::{program::Desk, seed},
    smtp::MailServer,
};

/// Settings with what is given in their `[mail]`.
fn settings(desk: &Desk, mail: &str) {
    desk.write("ticketing.toml", format!("[mail]\n{mail}\n"));
}

const LETTERS: &str = "from = \"Mesa <mesa@ayuda.example>\"\npublic_url = \"https://ayuda.example\"\n";

#[test]
fn a_setting_that_makes_no_sense_is_named_and_nothing_starts() {
    let desk = Desk::new();
    desk.write("secret.txt", "hunter2\n");
    let mut said = String::new();
    for mail in [
        "from = \"mesa@ayuda.example\"",
        "smtp = \"smtps://ana:hunter2@mail.example\"",
        "smtp = \"smtps://ana:hunter2@mail.example\"\nfrom = \"mesa@ayuda.example\"",
        "from = \"Mesa\"",
        "from = \"añil@ayuda.example\"",
        "public_url = \"ayuda.example\"",
        "locale = \"fr\"",
        "tls = \"ssl\"",
        "timeout_seconds = 0",
        "pasword_file = \"secret.txt\"",
        "%smtp = \"smtp://ana:hunter2@mail.example?tls=none\"",
        "%smtp = \"https://ana:hunter2@mail.example\"",
        "%smtp = \"smtps://mail.example\"\nhost = \"mail.example\"",
        "%smtp = \"smtps://mail.example\"\nport = 25",
        "%smtp = \"smtps://mail.example\"\npassword_file = \"secret.txt\"",
        "%host = \"mail.example\"\nuser = \"ana\"",
        "%host = \"mail.example\"\nuser = \"ana\"\npassword = \"x\"\npassword_file = \"secret.txt\"",
        "%host = \"mail.example\"\nuser = \"ana\"\npassword_file = \"nowhere.txt\"",
        "%host = \"mail example\"",
        "%host = \"mail.example\"\nca_file = \"nowhere.pem\"",
        "%host = \"mail.example\"\ntemplates = \"nowhere\"",
    ] {
        settings(&desk, &mail.replace('%', LETTERS));
        let outcome = desk.run(&["serve", "--listen", "127.0.0.1:0"]);
        said += &outcome.failure(1);
        said += "----\n";
    }
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said);
    // Nothing was made of what was refused.
    assert!(!desk.file().exists());
}

#[test]
fn a_template_that_cannot_be_used_keeps_the_server_from_starting() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("templates")).unwrap();
    desk.write("templates/created.es.html", "<p>\n{{ labl }}</p>");
    settings(&desk, &format!("{LETTERS}host = \"mail.example\"\ntemplates = \"templates\""));
    let message = desk.run(&["serve", "--listen", "127.0.0.1:0"]).failure(1);
    assert_eq!(message, "error: mail.templates: templates/created.es.html:2: undefined value: `labl` is undefined\n");
}

#[test]
fn without_a_word_of_mail_there_is_none() {
    let desk = Desk::new();
    desk.serve().kill();
    let message = desk.run(&["mail", "test", "--to", "ana@example.com"]).failure(1);
    assert!(message.contains("mail.smtp: it is missing"), "{message}");
    assert!(desk.run(&["mail", "test", "--to", "ana"]).failure(1).contains("“ana” is no address"));
}

#[test]
fn a_test_says_that_mail_works_or_exactly_what_went_wrong() {
    let desk = Desk::new();
    let server = MailServer::start_with(json!({
        "tls": "starttls", "login": ["desk", "a/b c"], "rcpt": { "eva@example.com": ["550 5.1.1 <eva@example.com>: unknown"] }
    }));
    let MailServer { port, ca_file, .. } = &server;
    let test = |mail: &str, to: &str, password: Option<&str>| {
        settings(&desk, &format!("{LETTERS}ca_file = {ca_file:?}\n{mail}"));
        let mut command = desk.program();
        command.args(["mail", "test", "--to", to]);
        if let Some(password) = password {
            command.env("TICKETING_SMTP_PASSWORD", password);
        }
        super::common::program::run(&mut command)
    };
    let url = format!("smtp = \"smtp://desk:a%2Fb%20c@localhost:{port}\"");
    assert_eq!(test(&url, "ana@example.com", None).success(), "the mail server has taken it: 2.0.0 Ok: queued\n");
    assert_eq!(server.taken().recipients, ["ana@example.com"]);
    let parts = format!("host = \"localhost\"\nport = {port}\nuser = \"desk\"");
    test(&parts, "ana@example.com", Some("a/b c")).success();
    desk.write("secret.txt", "a/b c\n");
    test(&format!("{parts}\npassword_file = \"secret.txt\""), "ana@example.com", None).success();

    let refused = test(&url, "eva@example.com", None).failure(1);
    assert!(refused.contains("naming the recipient: permanent error (550)"), "{refused}");
    assert!(refused.contains("<eva@example.com>: unknown"), "{refused}");
    let wrong = test(&parts, "ana@example.com", Some("hunter2")).failure(1);
    assert!(wrong.contains("logging in at the mail server") && !wrong.contains("hunter2"), "{wrong}");
    let closed = test("smtp = \"smtps://localhost:1\"", "ana@example.com", None).failure(1);
    assert!(closed.contains("connecting to the mail server: Connection error: "), "{closed}");
}

#[tokio::test]
async fn a_preview_shows_what_would_be_sent_and_sends_nothing() {
    let desk = Desk::new();
    let server = desk.serve();
    let created = server.connect().await.post("/api/tickets/crear", &seed()).await.ok();
    let label = created["ticketLabel"].as_str().unwrap();
    settings(&desk, LETTERS);
    let text = desk.run(&["mail", "preview", label]).success();
    assert!(text.starts_with(&format!("[{label}] Su solicitud\n\nRecibimos su solicitud.\n")), "{text}");
    let html = desk.run(&["mail", "preview", label, "--event", "1", "--part", "html"]).success();
    assert!(html.starts_with("<!doctype html>"), "{html}");
    let message = desk.run(&["mail", "preview", label, "--part", "message"]).success();
    assert!(message.contains("To: ana.garcia@example.com\r\n"), "{message}");
    let nobody = desk.run(&["mail", "preview", label, "--event", "7"]).failure(1);
    assert_eq!(nobody, "error: nobody is sent a mail about that\n");
}
