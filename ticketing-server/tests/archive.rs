//! Backups, archives and moves, with the program that people use.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{fs, os::unix::fs::PermissionsExt as _};

use rusqlite::Connection as Sqlite;
use serde_json::{Value, json};

use self::common::{
    database::{Database, ServerDatabase},
    http::{Connection, Request},
    program::{Desk, Server},
    seed_with,
};

const EMAIL: &str = "ana.garcia@example.com";

/// A server with some tickets, to one of which something has happened.
async fn worked_desk(desk: &Desk, tickets: usize) -> (Server, Vec<String>) {
    let server = desk.serve();
    let mut connection = server.connect().await;
    let mut labels = Vec::new();
    for _ in 0..tickets {
        labels.push(create(&mut connection).await);
    }
    let comment = json!({ "label": labels[0], "email": EMAIL, "mensaje": "¿Alguna novedad? 🦀" });
    connection.post("/api/tickets/comentar", &comment).await.ok();
    (server, labels)
}

async fn create(connection: &mut Connection) -> String {
    let created = connection.post("/api/tickets/crear", &seed_with(&json!({ "email": EMAIL }))).await.ok();
    created["ticketLabel"].as_str().unwrap().to_owned()
}

async fn look_up(server: &Server, label: &str) -> Value {
    let mut connection = server.connect().await;
    connection.post("/api/tickets/consultar", &json!({ "label": label, "email": EMAIL })).await.ok()
}

fn database(desk: &Desk, name: &str) -> String {
    desk.path(name).to_str().unwrap().to_owned()
}

// Archives

#[tokio::test]
async fn a_desk_is_moved_while_it_works_and_then_once_more() {
    let desk = Desk::on_a_file();
    let token =
        desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read", "--database", "ticketing.db"]);
    assert_ne!(token.status, Some(0), "there is no database yet");
    let (server, labels) = worked_desk(&desk, 12).await;
    let token = desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read"]).success();
    let migrate = ["migrate-store", "--from", "ticketing.db", "--to", "sqlite:moved.db"];
    let moved = desk.run(&migrate);
    assert!(
        moved.stderr.contains("12 tickets are new, 0 have gone on, 0 were here already; 13 events"),
        "{}",
        moved.stderr
    );
    assert_eq!(moved.status, Some(0), "{}", moved.stderr);

    let comment = json!({ "label": labels[1], "email": EMAIL, "mensaje": "Sigue igual" });
    server.connect().await.post("/api/tickets/comentar", &comment).await.ok();
    let last = create(&mut server.connect().await).await;
    let shown = look_up(&server, &labels[1]).await;
    server.kill();
    let moved = desk.run(&migrate);
    assert!(
        moved.stderr.contains("1 tickets are new, 1 have gone on, 11 were here already; 2 events"),
        "{}",
        moved.stderr
    );
    assert!(moved.stderr.contains("their histories have one hash"), "{}", moved.stderr);

    let server = desk.serve_on("moved.db", |command| command.env("TICKETING_RATE_LIMITS", "off"));
    assert_eq!(look_up(&server, &labels[1]).await, shown);
    look_up(&server, &last).await;
    let request = Request::new("GET", "/v2/tickets?size=100").header("X-API-TOKEN", token.trim());
    let answer = server.connect().await.ask(&request).await;
    assert_eq!(answer.header("x-total"), Some("13"));
    assert_eq!(create(&mut server.connect().await).await, "TKT-2026-00014".replace("2026", &last[4..8]));
    server.kill();
    assert!(desk.run(&["verify", "--database", "moved.db"]).success().is_empty());
}

#[tokio::test]
async fn an_archive_is_a_file_for_its_owner_and_a_stream() {
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 3).await;
    desk.run(&["export", "desk.ndjson"]).success();
    let file = fs::metadata(desk.path("desk.ndjson")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600, "there are secrets in it");
    assert!(desk.run(&["export", "desk.ndjson"]).failure(1).contains("--force replaces it"));
    let streamed = desk.run(&["export", "-"]).success();
    let written = fs::read_to_string(desk.path("desk.ndjson")).unwrap();
    let tickets = |archive: &str| {
        archive.lines().filter(|line| line.starts_with("{\"ticket\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tickets(&streamed), tickets(&written));
    assert_eq!(tickets(&streamed).len(), 3);
    let public = desk.run(&["export", "--tickets-only", "-"]).success();
    for secret in ["{\"key\"", "{\"user\"", "{\"token\"", "secret"] {
        assert!(!public.contains(secret), "{secret}");
    }

    desk.run(&["import", "desk.ndjson", "--database", "other.db"]).success();
    let again = desk.run(&["import", "desk.ndjson", "--database", "other.db"]);
    assert!(again.stderr.contains("0 tickets are new, 0 have gone on, 3 were here already"), "{}", again.stderr);
    let other = desk.serve_on("other.db", |command| command.env("TICKETING_RATE_LIMITS", "off"));
    assert_eq!(look_up(&other, &labels[0]).await, look_up(&server, &labels[0]).await);
}

#[tokio::test]
async fn of_a_desk_that_is_damaged_everything_else_is_taken_along() {
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 4).await;
    server.kill();
    let spoil = Sqlite::open(desk.path("ticketing.db")).unwrap();
    spoil.execute("UPDATE tickets SET sla = 'x' WHERE label = ?", [&labels[1]]).unwrap();
    spoil.execute("UPDATE tickets SET status = 'CERRADO' WHERE label = ?", [&labels[2]]).unwrap();
    drop(spoil);
    desk.run(&["export", "desk.ndjson"]).failure(1);
    assert!(!desk.path("desk.ndjson").exists(), "half of a desk looks like all of it");

    let said = desk.run(&["export", "--skip-damaged", "desk.ndjson"]).failure(1);
    assert!(said.starts_with("2 tickets written\n"), "{said}");
    assert!(said.contains(&format!("{} is left out: ", labels[1])), "{said}");
    let deviates = format!("{0} is left out: {0} is not what its history comes to", labels[2]);
    assert!(said.contains(&deviates), "{said}");
    desk.run(&["import", "desk.ndjson", "--database", "again.db"]).success();
    let said = desk.run(&["verify", "--database", "again.db"]).success();
    assert!(said.contains("no ticket has the number 2 to 3"), "{said}");
}

#[tokio::test]
async fn what_is_no_archive_is_refused_with_its_line() {
    let desk = Desk::on_a_file();
    let (server, _) = worked_desk(&desk, 3).await;
    server.kill();
    desk.run(&["export", "desk.ndjson"]).success();
    let whole = fs::read_to_string(desk.path("desk.ndjson")).unwrap();
    let refused = |content: &[u8], expected: &str| {
        desk.write("bad.ndjson", content);
        let message = desk.run(&["import", "bad.ndjson", "--database", "bad.db"]).failure(1);
        assert!(message.contains(expected), "{message}");
    };
    refused(b"", "its last line, “end”, is missing");
    refused(b"\xff\xfe", "line 1");
    refused(b"{}\n", "line 1");
    refused(b"[1]\n", "line 1");
    refused(b"{\"user\":{}}\n", "line 1");
    refused(&whole.as_bytes()[..whole.len() / 2], "line ");
    let last = whole.lines().count();
    let missing: String = whole.split_inclusive('\n').filter(|line| !line.contains("00002\"")).collect();
    refused(missing.as_bytes(), "the archive is damaged: it says 3 tickets");
    let changed = whole.replacen("iniciar", "inicier", 1);
    refused(changed.as_bytes(), &format!("line {last}: the archive is damaged"));
    // Somebody else's history under the same label.
    let refused_version = whole.replacen("\"format\":1", "\"format\":7", 1);
    refused(refused_version.as_bytes(), "this is format 7");
    let message = desk.run(&["import", "nothing.ndjson", "--database", "bad.db"]).failure(1);
    assert!(message.contains("nothing.ndjson"), "{message}");
}

// What is verified

#[tokio::test]
async fn each_deviation_is_named() {
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 6).await;
    assert!(desk.run(&["verify"]).success().is_empty());
    server.kill();
    let file = Sqlite::open(desk.file()).unwrap();
    file.pragma_update(None, "foreign_keys", false).unwrap();
    for sql in [
        "UPDATE tickets SET area = 'REDES' WHERE id = (SELECT min(id) FROM tickets)",
        "UPDATE facets SET tickets = tickets + 2",
        "DELETE FROM outbox WHERE ticket = (SELECT max(id) FROM tickets) - 1",
        "DELETE FROM events WHERE ticket = (SELECT max(id) FROM tickets)",
        "DELETE FROM tickets WHERE id = (SELECT min(id) FROM tickets) + 2",
    ] {
        assert!(file.execute(sql, []).unwrap() > 0, "{sql}");
    }
    drop(file);
    let found = desk.run(&["verify"]);
    assert_eq!(found.status, Some(1));
    for said in [
        format!("{}: what is kept of it is not what its history comes to", labels[0]),
        format!("{}: its history is none", labels[5]),
        format!("{}: the feed has", labels[4]),
        ": no ticket has the number 3".to_owned(),
        ": 8 tickets are counted, ".to_owned(),
    ] {
        let said = said.split(": the feed has").next().unwrap();
        assert!(found.stdout.contains(said), "“{said}” in: {}{}", found.stdout, found.stderr);
    }
}

/// What stands beside tickets: each that is spoiled alone is named, and nothing else is.
#[tokio::test]
async fn what_belongs_to_nothing_or_says_otherwise_is_named() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let token = desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read,tickets:write"]).success();
    desk.run(&["webhook", "create", "--url", "https://hooks.example/in"]).success();
    let mut connection = server.connect().await;
    let request = Request::post("/api/tickets/crear", seed_with(&json!({ "email": EMAIL })).to_string());
    let created = connection.ask(&request.header("Idempotency-Key", "once")).await.ok();
    let label = created["ticketLabel"].as_str().unwrap().to_owned();
    let comment = json!({ "label": label, "email": EMAIL, "mensaje": "¿Alguna novedad?" });
    connection.post("/api/tickets/comentar", &comment).await.ok();
    let shown = Request::new("GET", "/v2/tickets?q=corporativo").header("X-API-TOKEN", token.trim());
    for attempt in 0.. {
        let answer = connection.ask(&shown).await;
        if answer.status == 200 && answer.header("x-total") == Some("1") {
            break;
        }
        assert!(attempt < 200, "{answer}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.terminate();
    assert_eq!(server.ended(std::time::Duration::from_secs(10)).await.code(), Some(0));
    assert!(desk.run(&["verify"]).success().is_empty());
    for file in ["ticketing.db", "ticketing.db-words"] {
        // All of it is in the file itself.
        let file = Sqlite::open(desk.path(file)).unwrap();
        file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let (good, words) = (fs::read(desk.file()).unwrap(), fs::read(desk.path("ticketing.db-words")).unwrap());
    let spoilt = |file: &str, sql: &str, said: &str| {
        let spoil = Sqlite::open(desk.path(file)).unwrap();
        spoil.pragma_update(None, "foreign_keys", false).unwrap();
        spoil.execute_batch(sql).unwrap();
        assert!(spoil.changes() > 0, "{sql}");
        drop(spoil);
        let found = desk.run(&["verify"]);
        assert_eq!(
            (found.status, found.stdout.lines().count()),
            (Some(1), 1),
            "{sql}: {}{}",
            found.stdout,
            found.stderr
        );
        assert!(found.stdout.contains(said), "“{said}” in: {}", found.stdout);
        for ending in ["", "-wal", "-shm", "-words-wal", "-words-shm"] {
            let _ = fs::remove_file(desk.path(&format!("ticketing.db{ending}")));
        }
        desk.write("ticketing.db", &good);
        desk.write("ticketing.db-words", &words);
    };
    let database = |sql: &str, said: &str| spoilt("ticketing.db", sql, said);
    database("INSERT INTO events SELECT (9 << 17) | 1, recorded_at, occurred_at, action, role, actor, rules, public, has_text,
              changes, asked_by FROM events LIMIT 1", "events of a ticket that is not there: 9");
    database("INSERT INTO intake (ticket, has_whatsapp, internal) VALUES (9, 0, 0)", "a ticket that is not there: 9");
    database(
        "INSERT INTO texts (ticket, seq, body) VALUES (9, 2, 'x')",
        "a text of an event that is not there: ticket 9, event 2",
    );
    database("INSERT INTO ticket_tags (tag, ticket) SELECT 'vip', id FROM tickets", "its tags are not those");
    database("UPDATE label_counters SET last = last - 1", "the year's next number is taken already");
    database("UPDATE idempotency_keys SET version = 7", "has come to what is not there");
    database(
        "INSERT INTO deliveries (recipient, position, ticket, attempts, last_attempt_at)
         SELECT uuid, 900, x'00', 1, 0 FROM recipients",
        "position 900: something is to be delivered that is not in the feed",
    );
    database("UPDATE recipients SET position = 900", "they have been told more than there is");
    database("DELETE FROM deliveries; DELETE FROM recipients", "they have been told more than there is, or are nobody");
    database("UPDATE tickets SET next_moment = next_moment + 1", "its next alarm is noted for another time");
    database("UPDATE tickets SET facet = 900", "lists that it does not belong to");
    // Its place counts one more than can be read.
    unreadable(&desk, &label);
    database("INSERT INTO outbox (ticket, seq) VALUES (9, 1)", "cannot be read, and is told to nobody");
    spoilt(
        "ticketing.db-words",
        "INSERT INTO documents (documents) VALUES ('delete-all')",
        &format!("{label}: no search finds it"),
    );
}

fn unreadable(desk: &Desk, label: &str) {
    desk.run(&["backup", "unreadable.db"]).success();
    let spoil = Sqlite::open(desk.path("unreadable.db")).unwrap();
    assert_eq!(spoil.execute("UPDATE tickets SET sla = 'x'", []).unwrap(), 1);
    drop(spoil);
    let found = desk.run(&["verify", "--database", "unreadable.db"]);
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let said: Vec<_> = found.stdout.lines().collect();
    assert!(said[0].starts_with(&format!("{label}: it cannot be read: ")), "{said:?}");
    assert!(said[1].ends_with(": 1 tickets are counted, 0 are there"), "{said:?}");
    assert_eq!(said.len(), 2, "{said:?}");
}

// Backups

#[tokio::test]
async fn a_backup_is_taken_beside_a_server_and_put_in_its_place() {
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 8).await;
    let shown = look_up(&server, &labels[0]).await;
    let working = tokio::spawn({
        let mut connection = server.connect().await;
        async move {
            loop {
                create(&mut connection).await;
            }
        }
    });
    let said = desk.run(&["backup", "copy.db"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert!(desk.run(&["backup", "copy.db"]).failure(1).contains("is there already"));
    working.abort();
    let later = create(&mut server.connect().await).await;
    let running = desk.run(&["restore", "copy.db"]).failure(1);
    assert!(running.contains("another `ticketing-server serve` is running"), "{running}");
    server.kill();

    let restored = desk.run(&["restore", "copy.db"]);
    assert_eq!(restored.status, Some(0), "{}", restored.stderr);
    assert!(restored.stderr.contains("what was there before is"), "{}", restored.stderr);
    assert!(desk.run(&["verify"]).success().is_empty());
    let server = desk.serve();
    assert_eq!(look_up(&server, &labels[0]).await, shown);
    let gone = json!({ "label": later, "email": EMAIL });
    assert_eq!(server.connect().await.post("/api/tickets/consultar", &gone).await.status, 404);
    // Nothing is lost: the file that was replaced is still a desk.
    let replaced = fs::read_dir(desk.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let replaced = replaced.into_iter().find(|name| name.contains(".replaced-") && !name.ends_with("-wal")).unwrap();
    desk.run(&["ticket", "show", &later, "--database", &database(&desk, &replaced)]).success();
}

#[tokio::test]
async fn a_backup_that_is_not_good_replaces_nothing() {
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 200).await;
    desk.run(&["backup", "copy.db"]).success();
    server.kill();
    let before = fs::read(desk.file()).unwrap();
    let good = fs::read(desk.path("copy.db")).unwrap();
    let mut torn = good.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 6_000].fill(0x5a);
    for (name, content) in [
        ("torn.db", &torn[..]),
        ("short.db", &good[..good.len() / 3]),
        ("text.db", b"no database at all"),
        ("empty.db", b""),
    ] {
        desk.write(name, content);
        let message = desk.run(&["restore", name]).failure(1);
        assert!(message.contains(name), "{name}: {message}");
        assert_eq!(fs::read(desk.file()).unwrap(), before, "{name}");
    }
    assert!(desk.run(&["restore", "nothing.db"]).failure(1).contains("there is no file"));
    let changed = Sqlite::open(desk.path("copy.db")).unwrap();
    changed.execute("UPDATE tickets SET status = 'CERRADO' WHERE id = (SELECT min(id) FROM tickets)", []).unwrap();
    drop(changed);
    let message = desk.run(&["restore", "copy.db"]);
    assert_eq!(message.status, Some(1));
    assert!(message.stderr.contains(&labels[0]), "{}", message.stderr);
    // Where there is no database yet, a backup becomes one.
    desk.write("copy.db", &good);
    desk.run(&["restore", "copy.db", "--database", "new.db"]).success();
    assert!(desk.run(&["verify", "--database", "new.db"]).success().is_empty());
}

// Between stores

/// A desk outgrows its file, and comes back.
#[tokio::test]
async fn a_desk_moves_from_a_file_to_postgresql_and_back() {
    let Some(server_database) = ServerDatabase::or_say_so() else { return };
    let desk = Desk::on_a_file();
    let (server, labels) = worked_desk(&desk, 30).await;
    let shown = look_up(&server, &labels[0]).await;
    server.kill();
    let grown = Desk::on(Database::Server(server_database));
    let url = grown.database.url().unwrap();
    for _ in 0..2 {
        let moved = desk.run(&["migrate-store", "--from", "ticketing.db", "--to", url]);
        assert_eq!(moved.status, Some(0), "{}", moved.stderr);
        assert!(moved.stderr.contains("both have 30 tickets with 31 events"), "{}", moved.stderr);
        assert!(!moved.stderr.contains(url), "{}", moved.stderr);
    }
    assert!(desk.run(&["verify", "--database", url]).success().is_empty());

    let server = grown.serve();
    assert_eq!(look_up(&server, &labels[0]).await, shown);
    let last = create(&mut server.connect().await).await;
    assert_eq!(&last[9..], "00031");
    let shown = look_up(&server, &last).await;
    server.kill();

    let back = desk.run(&["migrate-store", "--from", url, "--to", "back.db"]);
    assert_eq!(back.status, Some(0), "{}", back.stderr);
    assert!(desk.run(&["verify", "--database", "back.db"]).success().is_empty());
    let server = desk.serve_on("back.db", |command| command.env("TICKETING_RATE_LIMITS", "off"));
    assert_eq!(look_up(&server, &last).await, shown);
}
