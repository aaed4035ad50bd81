//! Files that are damaged, or another program's.

use std::{fs, path::Path, time::Duration};

use rusqlite::Connection as Sqlite;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    common::{
        http::Request,
        program::{Desk, Outcome},
        scaled,
    },
    disk::Random,
    receiver::{Receiver, Reply},
    requesters::{Acknowledged, Known, creation, email, is_found, note},
};

/// A desk that was stopped in good order, and its tickets.
async fn stopped(tickets: u32) -> (Desk, Vec<Acknowledged>) {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    for requester in 0..tickets {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.terminate();
    assert_eq!(server.ended(Duration::from_secs(10)).await.code(), Some(0));
    (desk, known.acknowledged)
}

fn serve(desk: &Desk) -> Outcome {
    desk.run(&["serve", "--listen", "127.0.0.1:0"])
}

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "“{part}” in: {message}");
    }
    assert_eq!(message.lines().count(), 1, "one line: {message}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_refused_with_what_to_do_and_left_as_it_is() {
    let (desk, _) = stopped(30).await;
    let good = fs::read(desk.file()).unwrap();
    let refused = |content: &[u8], parts: &[&str]| {
        desk.write("ticketing.db", content);
        let _ = fs::remove_file(desk.path("ticketing.db-wal"));
        for outcome in [serve(&desk), desk.run(&["verify"])] {
            says(&outcome.failure(1), parts);
        }
        assert_eq!(fs::read(desk.file()).unwrap(), content, "nothing was done to it");
    };
    let mut header = good.clone();
    header[..16].fill(0);
    refused(&header, &["ticketing.db", "cannot be used", "file is not a database", "--database"]);
    let mut schema = good.clone();
    schema[100..200].fill(0xee);
    refused(&schema, &["ticketing.db", "cannot be used", "malformed", "`ticketing-server restore`"]);
    refused(b"PK\x03\x04 this is an archive of something else", &["cannot be used", "file is not a database"]);
}

#[tokio::test]
async fn the_database_of_another_program_is_not_touched() {
    let desk = Desk::on_a_file();
    let other = Sqlite::open(desk.file()).unwrap();
    other.execute_batch("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)").unwrap();
    drop(other);
    let before = fs::read(desk.file()).unwrap();
    for outcome in [
        serve(&desk),
        desk.run(&["rules", "show"]),
        desk.run(&["import", "nothing.ndjson"]),
        desk.run(&["user", "create", "--role", "ADMIN", "--email", "a@example.com", "--name", "Ada"]),
    ] {
        assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    }
    says(&serve(&desk).failure(1), &["ticketing.db", "another program's", "nothing was changed in it", "--database"]);
    assert_eq!(fs::read(desk.file()).unwrap(), before);
}

#[tokio::test]
async fn a_newer_schema_and_a_damaged_account_of_it_are_told_in_few_words() {
    let (desk, _) = stopped(1).await;
    let good = fs::read(desk.file()).unwrap();
    for (sql, part) in [
        (
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (900, 'the_future', '2030-01-01T00:00:00Z', '1')",
            "newer version of this program (its schema is version 900)",
        ),
        ("UPDATE refinery_schema_history SET applied_on = 'yesterday' WHERE version = 3", "at version 3"),
        ("UPDATE refinery_schema_history SET checksum = 'none' WHERE version = 4", "at version 4"),
        ("UPDATE refinery_schema_history SET checksum = '17' WHERE version = 5", "from version 5 on"),
        // The next migration finds what it does not expect.
        (
            "DELETE FROM refinery_schema_history WHERE version >= 8",
            "cannot be brought up to date: table refs already exists",
        ),
        ("DELETE FROM refinery_schema_history WHERE version = 8", "version 8 is missing"),
    ] {
        desk.write("ticketing.db", &good);
        let file = Sqlite::open(desk.file()).unwrap();
        assert!(file.execute(sql, []).unwrap() > 0);
        drop(file);
        let message = serve(&desk).failure(1);
        says(&message, &["ticketing.db", "cannot be used", part]);
        assert!(!message.contains("CREATE TABLE") && message.len() < 400, "{message}");
    }
}

/// One look-up each: the ticket, an error that says so, and nothing else. Nothing panics, and the server goes on.
#[tokio::test]
async fn a_server_on_a_damaged_file_answers_rightly_or_says_that_it_cannot() {
    let (desk, tickets) = stopped(60).await;
    let good = fs::read(desk.file()).unwrap();
    let mut random = Random::new(11);
    let (mut failed, mut refused) = (0, 0);
    for round in 0..scaled(12) {
        let mut bad = good.clone();
        // Not the first page, which is another test's.
        for _ in 0..=random.below(3) {
            let at = 4096 + random.below(bad.len() - 8192);
            let octets = 1 + random.below(2000);
            for octet in &mut bad[at..at + octets] {
                *octet = u8::try_from(random.below(256)).unwrap();
            }
        }
        let name = format!("bad-{round}.db");
        desk.write(&name, &bad);
        let outcome = desk.run(&["verify", "--database", &name]);
        assert!(!outcome.stderr.contains("panicked"), "{name}: {}", outcome.stderr);
        let Some(server) = may_serve(&desk, &name) else {
            refused += 1;
            continue;
        };
        let mut client = server.connect().await;
        for ticket in &tickets {
            let body = json!({ "label": ticket.label, "email": email(ticket.requester) });
            let answer = client.post("/api/tickets/consultar", &body).await;
            match answer.status {
                200 => {
                    let found = answer.json();
                    assert_eq!(found["ticketLabel"], json!(ticket.label), "{name}");
                    assert_eq!(found["solicitanteEmail"], json!(email(ticket.requester)), "{name}");
                }
                // What its row, or the page above it, says of it is gone.
                404 | 500 => failed += 1,
                _ => panic!("{name}: {answer}"),
            }
        }
        assert_eq!(client.get("/livez").await.status, 200);
        let log = server.log();
        assert!(!log.contains("panicked"), "{name}: {log}");
        server.kill();
    }
    println!("{failed} look-ups failed, {refused} files were refused");
    assert!(failed + refused > 0, "the damage hit nothing");
}

/// A server where the file lets it start.
fn may_serve(desk: &Desk, name: &str) -> Option<super::common::program::Server> {
    let outcome = desk.run(&["rules", "show", "--database", name]);
    if outcome.status != Some(0) {
        assert!(outcome.stderr.starts_with("error: ") && !outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        let refused = desk.run(&["serve", "--listen", "127.0.0.1:0", "--database", name]);
        assert_eq!(refused.status, Some(1), "{}", refused.stderr);
        return None;
    }
    // One that cannot be started for its users or keys says so; one that can listens.
    starts(desk, name).then(|| desk.serve_on(name, |command| command.env("TICKETING_RATE_LIMITS", "off")))
}

fn starts(desk: &Desk, name: &str) -> bool {
    use std::{
        io::{BufRead as _, BufReader},
        process::Stdio,
    };
    let mut command = desk.program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", name]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    line.starts_with("listening on ")
}

/// A log that is damaged ends where the damage is: what comes before is there, and what comes behind is gone, which `verify` cannot see.
#[tokio::test]
async fn a_damaged_log_is_taken_as_far_as_it_is_whole() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    for requester in 0..20 {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.kill();
    let log = desk.path("ticketing.db-wal");
    let mut octets = fs::read(&log).unwrap();
    let middle = octets.len() / 2;
    octets[middle..middle + 100].fill(0x5a);
    fs::write(&log, &octets).unwrap();
    let outcome = desk.run(&["verify"]);
    assert_eq!(outcome.status, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut statuses = Vec::new();
    for ticket in &known.acknowledged {
        let body = json!({ "label": ticket.label, "email": email(ticket.requester) });
        statuses.push(client.post("/api/tickets/consultar", &body).await.status);
    }
    let there = statuses.iter().take_while(|status| **status == 200).count();
    assert!(statuses[there..].iter().all(|status| *status == 404), "{statuses:?}");
    assert!(there < statuses.len());
}

/// The index of words is made again from the database.
#[tokio::test]
async fn a_damaged_index_of_words_is_made_anew() {
    let (desk, _) = stopped(20).await;
    let token = desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read"]).success();
    for damage in [damage_all as fn(&Path), damage_middle, |path| fs::remove_file(path).unwrap()] {
        damage(&desk.path("ticketing.db-words"));
        let server = desk.serve();
        let mut client = server.connect().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let request = Request::new("GET", "/v2/tickets?q=funciona&size=100").header("X-API-TOKEN", token.trim());
            let answer = client.ask(&request).await;
            if answer.status == 200 && answer.header("x-total") == Some("20") {
                break;
            }
            assert!(answer.status == 200 || answer.status == 503, "{answer}");
            assert!(Instant::now() < deadline, "{answer}");
            sleep(Duration::from_millis(100)).await;
        }
        server.terminate();
        server.ended(Duration::from_secs(10)).await;
    }
}

fn damage_all(path: &Path) {
    fs::write(path, b"no index at all".repeat(500)).unwrap();
}

fn damage_middle(path: &Path) {
    let mut octets = fs::read(path).unwrap();
    let end = octets.len();
    octets[4096..end].fill(0x5a);
    fs::write(path, octets).unwrap();
}

/// An event that cannot be read is told to nobody; all others are, to those who ask for them and to those who are sent them.
#[tokio::test]
async fn one_event_that_cannot_be_read_keeps_nobody_from_the_others() {
    let desk = Desk::on_a_file();
    desk.serve().kill();
    let receiver = Receiver::new(|_, _| Reply::Status(200)).await;
    desk.run(&["webhook", "create", "--url", &receiver.url()]).success();
    let token = desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read"]).success();
    let server =
        desk.serve_with(|command| command.env("TICKETING_RATE_LIMITS", "off").env("TICKETING_WEBHOOKS", "off"));
    let mut client = server.connect().await;
    let mut known = Known::default();
    for requester in 0..12 {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.kill();
    let file = Sqlite::open(desk.file()).unwrap();
    file.pragma_update(None, "foreign_keys", false).unwrap();
    let third = "(SELECT id FROM tickets ORDER BY id LIMIT 1 OFFSET 2)";
    assert_eq!(file.execute(&format!("UPDATE events SET changes = 'x' WHERE ticket = {third}"), []).unwrap(), 1);
    // And the last one is not there at all.
    let last = "(SELECT max(id) FROM tickets)";
    assert_eq!(file.execute(&format!("DELETE FROM events WHERE ticket = {last}"), []).unwrap(), 1);
    drop(file);

    let server = desk.serve_with(|command| {
        command.env("TICKETING_RATE_LIMITS", "off").env("TICKETING_WEBHOOKS_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8")
    });
    let mut client = server.connect().await;
    let labels = |wanted: &[usize]| wanted.iter().map(|at| known.acknowledged[*at].label.clone()).collect::<Vec<_>>();
    let readable = labels(&[0, 1, 3, 4, 5, 6, 7, 8, 9, 10]);
    let (mut told, mut after) = (Vec::new(), "0".to_owned());
    // Three at a time, so that some pages begin or end with what cannot be read.
    loop {
        let request = Request::new("GET", &format!("/v2/events?after={after}&size=3"));
        let answer = client.ask(&request.header("X-API-TOKEN", token.trim())).await;
        let link = answer.header("link").unwrap();
        let next = link.split("after=").nth(1).unwrap().split(['&', '>']).next().unwrap().to_owned();
        told.extend(
            answer.ok().as_array().unwrap().iter().map(|event| event["ticketLabel"].as_str().unwrap().to_owned()),
        );
        if next == after {
            break;
        }
        after = next;
    }
    assert_eq!(told, readable);
    let deadline = Instant::now() + Duration::from_secs(20);
    while receiver.ids().len() < readable.len() {
        assert!(Instant::now() < deadline, "{} of {} arrived", receiver.ids().len(), readable.len());
        sleep(Duration::from_millis(20)).await;
    }
    // What comes later arrives too.
    note(&mut known, &client.ask(&creation(12)).await, 12, 0);
    while receiver.ids().len() < readable.len() + 1 {
        assert!(Instant::now() < deadline, "what came later did not arrive");
        sleep(Duration::from_millis(20)).await;
    }
    let metrics = client.get("/metrics").await.text();
    assert!(metrics.contains("ticketing_feed_unreadable_total 2"), "{metrics}");
    let log = server.log();
    assert_eq!(log.matches("an event cannot be read and is told to nobody").count(), 2, "once each: {log}");
    is_found(&mut client, &known.acknowledged[0]).await;
    let found = desk.run(&["verify"]);
    assert_eq!(found.status, Some(1), "{}", found.stdout);
    for unreadable in [2, 11] {
        let label = &known.acknowledged[unreadable].label;
        assert!(found.stdout.contains(label), "{label} in {}{}", found.stdout, found.stderr);
    }
}
