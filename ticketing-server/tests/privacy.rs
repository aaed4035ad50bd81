//! A person who asks what there is of them, or to be forgotten: the program that people use, beside a server that runs.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use serde_json::{Value, json};

use self::common::{
    http::Connection,
    program::{Desk, Server, run},
    seed_with,
};

const ANA: &str = "Ana.Quispe@example.com";
/// Words that nobody else uses, of each place in which a person's may stand.
const WORDS: [&str; 8] = ["Quispe", "quispe", "Zamburiña", "Zarzaparrilla", "Zigurat", "Zulú", "Zócalo", "Zumbido"];

async fn create(connection: &mut Connection, form: &Value) -> String {
    let created = connection.post("/api/tickets/crear", &seed_with(form)).await.ok();
    created["ticketLabel"].as_str().unwrap().to_owned()
}

fn ana() -> Value {
    json!({
        "email": ANA, "nombre": "Ana Quispe Mamani", "descripcion": "La Zamburiña no arranca por la mañana.",
        "asunto": "Zarzaparrilla", "documento": "Zigurat-1", "empresaDepartamento": "Zulú S.A.",
    })
}

/// A desk with a person in two tickets of hers and one of somebody else, all of them over but one.
async fn desk_with_ana(desk: &Desk) -> (Server, Vec<String>) {
    let server = desk.serve();
    let mut connection = server.connect().await;
    let rita =
        json!({ "email": "rita@example.com", "descripcion": format!("Lo mismo que {}, gracias.", ANA.to_uppercase()) });
    let labels = vec![
        create(&mut connection, &ana()).await,
        create(&mut connection, &rita).await,
        create(&mut connection, &ana()).await,
        create(&mut connection, &json!({ "email": "leo@example.com" })).await,
    ];
    let comment = json!({ "label": labels[0], "email": ANA, "mensaje": "Sigue el Zócalo roto." });
    connection.post("/api/tickets/comentar", &comment).await.ok();
    // So that what is erased lies in more than the last pages.
    for number in 0..300 {
        create(&mut connection, &json!({ "email": format!("otra{number}@example.com") })).await;
    }
    (server, labels)
}

/// All octets of a database's files.
fn files(desk: &Desk, database: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for ending in ["", "-wal", "-words", "-words-wal"] {
        octets.extend(fs::read(desk.path(&format!("{database}{ending}"))).unwrap_or_default());
    }
    octets
}

/// Which of the words stand in octets, in any letter case of ASCII: the index has them in small letters and without accents.
fn found(octets: &[u8]) -> Vec<&'static str> {
    let octets = octets.to_ascii_lowercase();
    let folded = |word: &str| word.to_lowercase().replace('ñ', "n").replace('ú', "u").replace('ó', "o");
    let stands = |word: &str| octets.windows(word.len()).any(|part| part == word.as_bytes());
    WORDS.into_iter().filter(|word| stands(&word.to_lowercase()) || stands(&folded(word))).collect()
}

async fn look_up(server: &Server, label: &str, email: &str) -> (u16, String) {
    let answer =
        server.connect().await.post("/api/tickets/consultar", &json!({ "label": label, "email": email })).await;
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// Until words that were said are found, or are not any more.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
}

#[tokio::test]
async fn a_person_is_erased_from_each_file_beside_a_server() {
    let desk = Desk::on_a_file();
    let (server, labels) = desk_with_ana(&desk).await;
    settle().await;
    assert!(found(&files(&desk, "ticketing.db")).len() > 5, "this test would find nothing");
    desk.run(&["backup", "copy.db"]).success();
    desk.run(&["export", "old.ndjson"]).success();
    let counted = desk.run(&["verify"]);
    assert_eq!(counted.status, Some(0), "{}", counted.stderr);

    let planned = desk.run(&["subject", "erase", "ana.quispe@EXAMPLE.com", "--dry-run"]).success();
    assert!(planned.contains("2 tickets that they asked for"), "{planned}");
    assert!(planned.contains(&format!("{} (ABIERTO, not over)", labels[0])), "{planned}");
    assert!(planned.contains("1 tickets of others"), "{planned}");
    assert_eq!(found(planned.as_bytes()), [""; 0], "who erases need not read it");
    let unasked = desk.run(&["subject", "erase", ANA]);
    assert_eq!(unasked.status, Some(1));
    assert!(unasked.stderr.contains("say --yes"), "{}", unasked.stderr);
    let open = desk.run(&["subject", "erase", ANA, "--yes"]);
    assert_eq!(open.status, Some(1));
    assert!(open.stderr.contains(&labels[2]) && open.stderr.contains("--including-open"), "{}", open.stderr);
    assert_eq!(look_up(&server, &labels[0], ANA).await.0, 200);

    let erased = desk.run(&["subject", "erase", ANA, "--yes", "--including-open"]);
    assert_eq!(erased.status, Some(0), "{}", erased.stderr);
    assert!(
        erased.stdout.contains("2 tickets of theirs were erased, and their address in 1 of others"),
        "{}",
        erased.stdout
    );
    assert!(erased.stderr.contains("Backups and archives that were made before still have them"), "{}", erased.stderr);
    let gone = look_up(&server, &labels[0], ANA).await;
    assert_eq!(gone.0, 404);
    assert_eq!(gone.1, look_up(&server, "TKT-2026-99999", ANA).await.1, "as a ticket that there never was");
    settle().await;
    assert_eq!(found(&files(&desk, "ticketing.db")), [""; 0]);
    let counted = desk.run(&["verify"]);
    assert_eq!(counted.status, Some(0), "{}", counted.stderr);
    assert_eq!(look_up(&server, &labels[3], "leo@example.com").await.0, 200);

    let shown: Value = serde_json::from_str(&desk.run(&["ticket", "show", &labels[0], "--json"]).success()).unwrap();
    assert_eq!(shown["solicitante_nombre"], "(datos borrados)");
    assert_eq!(
        (&shown["solicitante_email"], &shown["asunto"], &shown["ip_registro"]),
        (&json!(""), &json!(null), &json!(null))
    );
    assert_eq!(shown["estado"], "ABIERTO");
    let history = desk.run(&["ticket", "history", &labels[0]]).success();
    assert!(history.contains("BORRADO_DE_DATOS") && history.contains("COMENTARIO"), "{history}");
    let other = desk.run(&["ticket", "show", &labels[1]]).success();
    assert!(other.contains("Lo mismo que (datos borrados), gracias."), "{other}");

    // An archive that is older changes nothing here, nor does it bring anybody back elsewhere that has been told.
    desk.run(&["import", "old.ndjson"]).success();
    assert_eq!(look_up(&server, &labels[0], ANA).await.0, 404);
    desk.run(&["export", "new.ndjson"]).success();
    assert_eq!(found(&fs::read(desk.path("new.ndjson")).unwrap()), [""; 0]);
    server.kill();
    desk.run(&["import", "new.ndjson", "--database", "other.db"]).success();
    desk.run(&["import", "old.ndjson", "--database", "other.db"]).success();
    assert_eq!(found(&files(&desk, "other.db")), [""; 0]);

    // Nor does a backup, put in the place of a file that knows.
    assert!(found(&fs::read(desk.path("copy.db")).unwrap()).len() > 5);
    let restored = desk.run(&["restore", "copy.db"]);
    assert_eq!(restored.status, Some(0), "{}", restored.stderr);
    assert!(restored.stderr.contains("3 tickets had people in them who were erased"), "{}", restored.stderr);
    assert_eq!(found(&files(&desk, "ticketing.db")), [""; 0]);
    let server = desk.serve();
    assert_eq!(look_up(&server, &labels[0], ANA).await.0, 404);
    // They may come again.
    let again = create(&mut server.connect().await, &ana()).await;
    assert_eq!(look_up(&server, &again, ANA).await.0, 200);
}

#[tokio::test]
async fn an_administrator_is_named_who_decided_it() {
    let desk = Desk::on_a_file();
    let (server, labels) = desk_with_ana(&desk).await;
    let create = [
        "user",
        "create",
        "--email",
        "ada@example.com",
        "--name",
        "Ada Administra",
        "--role",
        "ADMIN",
        "--password-stdin",
    ];
    let password = File::open(desk.write("password", "una clave larga")).unwrap();
    run(desk.program().args(create).stdin(password)).success();
    let nobody =
        desk.run(&["subject", "erase", ANA, "--yes", "--including-open", "--by", "leo@example.com"]).failure(1);
    assert!(nobody.contains("leo@example.com is no active administrator"), "{nobody}");
    desk.run(&["subject", "erase", ANA, "--yes", "--including-open", "--by", "Ada@example.com"]).success();
    let history = desk.run(&["ticket", "history", &labels[0], "--json"]).success();
    let history: Value = serde_json::from_str(&history).unwrap();
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor_nombre"], &last["actor_rol"]), (&json!("Ada Administra"), &json!("ADMIN")));
    assert_eq!((&last["accion"], &last["motivo"]), (&json!("BORRADO_DE_DATOS"), &json!(null)));
    // Who erases may be erased.
    let user = desk.run(&["subject", "erase", "ada@example.com", "--yes"]);
    assert!(user.stderr.contains("--including-user"), "{}", user.stderr);
    let last_one = desk.run(&["subject", "erase", "ada@example.com", "--yes", "--including-user"]);
    assert_eq!(last_one.status, Some(1), "{}", last_one.stdout);
    assert!(last_one.stderr.contains("administrator"), "{}", last_one.stderr);
    drop(server);
}

#[tokio::test]
async fn what_there_is_of_a_person_is_handed_out_and_nobody_elses() {
    let desk = Desk::on_a_file();
    let (server, labels) = desk_with_ana(&desk).await;
    let exported = desk.run(&["subject", "export", "ANA.quispe@example.com"]);
    assert!(exported.stderr.contains("2 tickets of theirs, 1 of others that name them"), "{}", exported.stderr);
    let export: Value = serde_json::from_str(&exported.success()).unwrap();
    let ticket = &export["tickets"][0];
    assert_eq!(ticket["label"], labels[0]);
    assert_eq!(ticket["requester"]["name"], "Ana Quispe Mamani");
    assert_eq!(ticket["requester"]["document"], "Zigurat-1");
    assert_eq!(ticket["description"], "La Zamburiña no arranca por la mañana.");
    assert_eq!(ticket["ipAddress"], "127.0.0.1");
    assert_eq!(ticket["history"][1]["text"], "Sigue el Zócalo roto.");
    assert_eq!(ticket["history"][1]["by"], "USUARIO");
    assert_eq!(export["mentions"], json!([{ "label": labels[1], "places": ["text"], "namedIn": [] }]));
    assert!(!export.to_string().contains("rita@example.com"));
    let text = desk.run(&["subject", "export", ANA, "--format", "text"]).success();
    assert!(text.contains("subject: Zarzaparrilla") && text.contains("    text: Sigue el Zócalo roto."), "{text}");
    desk.run(&["subject", "export", ANA, "-o", "ana.json"]).success();
    let file = fs::metadata(desk.path("ana.json")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let nobody = desk.run(&["subject", "export", "nadie@example.com"]).success();
    let nobody: Value = serde_json::from_str(&nobody).unwrap();
    assert_eq!((&nobody["tickets"], &nobody["account"]), (&json!([]), &json!(null)));
    let wrong = desk.run(&["subject", "export", "nadie"]).failure(1);
    assert!(wrong.contains("“nadie” is no e-mail address"), "{wrong}");
    drop(server);
}
