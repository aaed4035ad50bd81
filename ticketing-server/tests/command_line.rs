//! The program on the command line: what it does with its settings, its rules and its file, and how it refuses.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    fs,
    io::Write as _,
    os::unix::{fs::MetadataExt, fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use self::common::{
    http::{Connection, Request},
    program::{Desk, Outcome, run},
    scaled, seed, seed_with,
};

/// Runs `serve`, which must refuse.
fn serve_refused(desk: &Desk, arguments: &[&str]) -> Outcome {
    run(desk.program().args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
}

/// Asserts that a message says all of this, in one voice and without the insides of the program.
#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "“{part}” in: {message}");
    }
    for inside in ["RUST_BACKTRACE", "Os {", "Error {", "unwrap", "src/"] {
        assert!(!message.contains(inside), "“{inside}” in: {message}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

// The file

/// The link is there before the file is.
#[test]
fn a_second_server_on_a_file_that_was_new_under_another_name_refuses() {
    let desk = Desk::on_a_file();
    fs::create_dir(desk.path("volume")).unwrap();
    std::os::unix::fs::symlink("volume/desk.db", desk.path("ticketing.db")).unwrap();
    let _server = desk.serve();
    for name in ["ticketing.db", "volume/desk.db"] {
        let message = serve_refused(&desk, &["--database", name]).failure(1);
        says(&message, &["another `ticketing-server serve` is running on", "volume/desk.db"]);
    }
}

#[tokio::test]
async fn a_second_server_on_one_file_refuses_and_the_first_goes_on() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let database = desk.file();
    std::os::unix::fs::symlink(&database, desk.path("other-name.db")).unwrap();
    for name in [text(&database), "ticketing.db", "./ticketing.db", "other-name.db"] {
        let message = serve_refused(&desk, &["--database", name]).failure(1);
        says(&message, &["another `ticketing-server serve` is running on", "ticketing.db", "--database"]);
    }
    server.connect().await.post("/api/tickets/crear", &seed()).await.ok();

    // Another file is another desk, and a server that is gone is in nobody's way.
    desk.serve_on("other.db", |command| command).kill();
    server.kill();
    desk.serve().kill();
}

/// Whoever supervises it may change their mind as soon as it says that it is there.
#[tokio::test]
async fn a_server_that_says_that_it_listens_can_be_stopped_in_good_order() {
    let desk = Desk::on_a_file();
    // Runs already, so that it is quick.
    let mut shell = Command::new("sh");
    let mut shell = shell.args(["-c", "while read id; do kill -TERM $id; done"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut ids = shell.stdin.take().unwrap();
    for _ in 0..scaled(20) {
        let server = desk.serve();
        writeln!(ids, "{}", server.id()).unwrap();
        let ended = server.ended(Duration::from_secs(10)).await;
        assert_eq!(ended.code(), Some(0), "{ended}");
    }
    drop(ids);
    shell.wait().unwrap();
}

#[test]
fn a_file_that_cannot_be_the_database_is_refused_by_name() {
    let desk = Desk::on_a_file();
    fs::create_dir(desk.path("directory")).unwrap();
    let text_file = desk.write("notes.txt", "Querido diario: ".repeat(1000));
    let cut_off = desk.write("cut-off.db", b"SQLite format 3\0\x10\0\x01\x01\0");
    for (database, part) in [
        ("directory", "directory"),
        ("no/such/directory/desk.db", "no/such/directory/desk.db"),
        ("notes.txt", "notes.txt"),
        ("cut-off.db", "cut-off.db"),
    ] {
        let message = serve_refused(&desk, &["--database", database]).failure(1);
        says(&message, &["error: ", part, "cannot be used"]);
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    // Nothing was done to them.
    assert_eq!(fs::read(text_file).unwrap().len(), 16_000);
    assert_eq!(fs::read(cut_off).unwrap().len(), 21);
}

/// A database of a newer version of the program is not this one's to touch.
#[test]
fn a_file_of_a_newer_program_is_refused() {
    let desk = Desk::on_a_file();
    desk.serve().kill();
    let connection = rusqlite::Connection::open(desk.file()).unwrap();
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
               VALUES (900, 'the_future', '2030-01-01T00:00:00Z', '1')";
    connection.execute(sql, []).unwrap();
    drop(connection);
    let message = serve_refused(&desk, &["--database", "ticketing.db"]).failure(1);
    says(&message, &["ticketing.db", "cannot be used"]);
}

/// Runs the program as somebody who may not write what others own.
fn without_rights(desk: &Desk, arguments: &[&str]) -> Outcome {
    const NOBODY: u32 = 65_534;
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        return serve_refused(desk, arguments);
    }
    // Nobody may not be able to reach the program where it was built.
    let program = desk.path("program");
    fs::copy(env!("CARGO_BIN_EXE_ticketing-server"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    run(desk.program_at(&program).uid(NOBODY).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
}

/// SQLite by itself would open it, to read only.
#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    assert_eq!(server.connect().await.get("/livez").await.status, 200);
    server.terminate();
    assert_eq!(server.ended(Duration::from_secs(10)).await.code(), Some(0));
    fs::remove_file(desk.path("ticketing.db.lock")).unwrap();
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o444)).unwrap();
    // Beside it there may be files.
    fs::set_permissions(desk.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    let message = without_rights(&desk, &["--database", "ticketing.db"]).failure(1);
    says(&message, &["ticketing.db", "cannot be used"]);
}

#[test]
fn a_directory_that_may_not_be_written_is_refused() {
    let desk = Desk::on_a_file();
    fs::create_dir(desk.path("closed")).unwrap();
    fs::set_permissions(desk.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(desk.path("closed"), fs::Permissions::from_mode(0o555)).unwrap();
    let message = without_rights(&desk, &["--database", "closed/ticketing.db"]).failure(1);
    says(&message, &["closed/ticketing.db", "cannot be used"]);
}

// Settings

#[test]
fn settings_that_are_wrong_are_told_with_file_line_and_key_and_nothing_starts() {
    let desk = Desk::on_a_file();
    for (settings, parts) in [
        (
            "listen = \"localhost\"\n",
            &["line 1", "listen", "“localhost” is no address to listen on", "127.0.0.1:8080"][..],
        ),
        ("\n\nlissten = \"127.0.0.1:0\"\n", &["line 3", "unknown field `lissten`", "`listen`"]),
        ("log = \"info\"\ndatabase = 7\n", &["line 2", "database"]),
        ("[rate_limits]\naddress_burst = 0\n", &["line 2", "address_burst"]),
        ("[rate_limits]\n\nper_minute = 5\n", &["line 3", "unknown field `per_minute`", "`address_per_minute`"]),
        ("cors_origins = \"https://a.example\"\n", &["line 1", "cors_origins"]),
        ("trusted_proxies = [\"10.0.0.0/99\"]\n", &["line 1", "trusted_proxies", "10.0.0.0/99"]),
        ("connections_max = -1\n", &["line 1", "connections_max"]),
        ("log = \"info\"\nlog = \"debug\"\n", &["line 2", "log"]),
        ("listen = \n", &["line 1", "listen"]),
        ("\u{0}", &["line 1"]),
    ] {
        let path = desk.write("settings.toml", settings);
        for arguments in [&["serve"][..], &["rules", "show"]] {
            let arguments = [arguments, &["--config", text(&path)]].concat();
            let message = desk.run(&arguments).failure(1);
            says(&message, &["error: the settings file", "settings.toml"]);
            says(&message, parts);
        }
        assert!(!desk.file().exists(), "nothing has started");
    }
    // Read where it stands beside the program, too.
    desk.write("ticketing.toml", "lissten = 1\n");
    says(&desk.run(&["serve"]).failure(1), &["ticketing.toml", "line 1", "lissten"]);
    assert!(!desk.file().exists());
    let message = desk.run(&["serve", "--config", "nowhere.toml"]).failure(1);
    says(&message, &["nowhere.toml", "cannot be read"]);
    let message = run(desk.program().arg("serve").env("TICKETING_CONFIG", "nowhere.toml")).failure(1);
    says(&message, &["nowhere.toml", "cannot be read"]);
}

#[test]
fn a_flag_or_variable_without_a_meaning_is_refused_by_name() {
    let desk = Desk::on_a_file();
    for (variable, flag, value) in [
        ("TICKETING_LISTEN", "--listen", "localhost:8080"),
        ("TICKETING_LISTEN", "--listen", "127.0.0.1:65536"),
        ("TICKETING_LOG_FORMAT", "--log-format", "xml"),
        ("TICKETING_CORS_ORIGINS", "--cors-origins", "https://a.example,b.example/x"),
        ("TICKETING_TRUSTED_PROXIES", "--trusted-proxies", "10.0.0.0/99"),
        ("TICKETING_RATE_LIMITS", "--rate-limits", "perhaps"),
        ("TICKETING_CONNECTIONS_MAX", "--connections-max", "0"),
    ] {
        let shown = value.rsplit(',').next().unwrap();
        let message = run(desk.program().arg("serve").env(variable, value)).failure(2);
        says(&message, &["error: ", flag, shown]);
        let message = desk.run(&["serve", flag, value]).failure(2);
        says(&message, &["error: ", flag, shown]);
    }
    let message = run(desk.program().arg("serve").env("TICKETING_LOG", "ticketing=loud")).failure(1);
    says(&message, &["log: ", "ticketing=loud", "debug"]);
    says(&desk.run(&["serve", "--lissten", "x"]).failure(2), &["--lissten", "--listen"]);
    says(&desk.run(&["sevre"]).failure(2), &["sevre", "serve"]);
    assert!(!desk.file().exists());
}

#[tokio::test]
async fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let desk = Desk::on_a_file();
    let settings = desk.write(
        "settings.toml",
        "listen = \"192.0.2.1:1\"\ndatabase = \"file.db\"\nlog = \"error\"\nlog_format = \"json\"\n\
         cors_origins = [\"https://file.example\"]\n[rate_limits]\nenabled = false\n",
    );
    let server = desk.serve_with(|command| {
        let command = command.arg("--config").arg(&settings).args(["--log", "info"]);
        command.env("TICKETING_DATABASE", "variable.db").env("TICKETING_CORS_ORIGINS", "https://variable.example")
    });
    let mut client = server.connect().await;
    for (origin, allowed) in
        [("https://variable.example", true), ("https://file.example", false), ("http://localhost:1", false)]
    {
        let answer = client.ask(&Request::new("GET", "/livez").header("Origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin").is_some(), allowed, "{origin}");
    }
    assert!(desk.file().exists() && !desk.path("variable.db").exists() && !desk.path("file.db").exists());
    let log = server.log();
    assert!(!log.is_empty());
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert!(entry["message"].is_string(), "{line}");
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let address = server.address.to_string();
    let message = desk.run(&["serve", "--database", "other.db", "--listen", &address]).failure(1);
    says(&message, &[&format!("cannot listen on {address}")]);
}

// Rules

/// Polls until the rules have another tag; answers how long that took.
async fn new_etag(client: &mut Connection, known: &str) -> (String, Duration) {
    let began = Instant::now();
    loop {
        let answer = client.get("/api/reglas").await;
        let etag = answer.header("etag").unwrap();
        if etag != known {
            return (etag.to_owned(), began.elapsed());
        }
        assert!(began.elapsed() < Duration::from_secs(2), "new rules are seen within a second");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn rules_that_are_applied_beside_a_running_server_are_its_rules_within_a_second() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let built_in = client.get("/api/reglas").await;
    let etag = built_in.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong tag: {etag}");
    let unknown = seed_with(&json!({ "prioridad": "Algún día" }));
    client.post("/api/tickets/crear", &unknown).await.ok();

    let rules = desk.write("rules.toml", "[prioridades]\nsoloConocidas = true\n");
    let said = desk.run(&["rules", "apply", text(&rules), "--database", text(&desk.file())]).success();
    says(&said, &["prioridades.soloConocidas: false → true", "is active; its hash is"]);
    let (new, _) = new_etag(&mut client, &etag).await;
    assert!(said.contains(new.trim_matches('"')), "the tag is the hash: {new}: {said}");

    let answer = client.post("/api/tickets/crear", &unknown).await;
    assert_eq!(answer.violations(), [("prioridad".to_owned(), "unknown-value".to_owned())]);
    client.post("/api/tickets/crear", &seed_with(&json!({ "prioridad": "crítica" }))).await.ok();

    // Back to the built-in ones: another version, the same tag as at first.
    let rules = desk.write("rules.json", "{}");
    desk.run(&["rules", "apply", text(&rules)]).success();
    assert_eq!(new_etag(&mut client, &new).await.0, etag);
    client.post("/api/tickets/crear", &unknown).await.ok();
    assert_eq!(client.get("/api/reglas").await.body, built_in.body);
}

#[tokio::test]
async fn who_has_the_rules_already_is_told_so() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let answer = client.get("/api/reglas").await;
    let etag = answer.header("etag").unwrap().to_owned();
    assert!(answer.header("cache-control").is_some());
    assert_eq!(answer.ok()["tipos"][0], "PETICION");
    for (tags, status) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"other\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
        (String::new(), 200),
    ] {
        let answer = client.ask(&Request::new("GET", "/api/reglas").header("If-None-Match", &tags)).await;
        assert_eq!(answer.status, status, "{tags}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        assert_eq!(answer.body.is_empty(), status == 304);
    }
}

#[test]
fn rules_are_shown_as_they_were_applied() {
    let desk = Desk::on_a_file();
    let built_in: Value = serde_json::from_str(&desk.run(&["rules", "show", "--built-in"]).success()).unwrap();
    assert_eq!(built_in["tipos"].as_array().map(Vec::len), Some(7));
    assert!(!desk.file().exists());
    says(&desk.run(&["rules", "show"]).failure(1), &["there is no database at ticketing.db", "serve"]);

    let rules = desk.write("rules.toml", "reapertura = 30\n[campos.asunto]\nrequerido = true\nmax = 80\n");
    let checked = desk.run(&["rules", "check", text(&rules)]).success();
    says(&checked, &["rules.toml is valid; its hash is "]);
    let preview = desk.run(&["rules", "apply", text(&rules), "--dry-run"]).success();
    says(&preview, &["reapertura: 14 → 30", "campos.asunto.max: 200 → 80", "campos.asunto.requerido: false → true"]);
    assert!(!desk.file().exists(), "a dry run creates nothing");

    let applied = desk.run(&["rules", "apply", text(&rules)]).success();
    says(&applied, &["reapertura: 14 → 30"]);
    let shown: Value = serde_json::from_str(&desk.run(&["rules", "show"]).success()).unwrap();
    assert_eq!(shown["reapertura"], 30);
    assert_eq!(shown["campos"]["asunto"], json!({ "requerido": true, "min": 1, "max": 80 }));
    // What is shown may be applied again.
    let shown = desk.write("shown.json", shown.to_string());
    assert!(desk.run(&["rules", "apply", text(&shown)]).success().contains("nothing changes"));
    assert!(desk.run(&["rules", "check", text(&shown)]).success().contains(checked.rsplit(' ').next().unwrap().trim()));
}

#[test]
fn rules_that_are_wrong_are_told_with_file_line_and_key() {
    let desk = Desk::on_a_file();
    for (name, rules, said) in [
        (
            "a.toml",
            "reapertura = 30\n\n[campo.asunto]\nmax = 80\n",
            "3:2: campo: unknown field `campo`, expected one of `campos`",
        ),
        ("b.toml", "[campos.asunto]\nmaximo = 80\n", "2:1: campos.asunto.maximo: unknown field `maximo`"),
        ("c.toml", "reapertura = \"30\"\n", "1:14: reapertura: invalid type: string \"30\", expected a whole number"),
        ("d.toml", "tipos = [\n", "1:10: unclosed array"),
        ("e.toml", "[etiqueta]\nprefijo = \"T1\"\n", "1:2: etiqueta: "),
        ("f.json", "{\n  \"camposs\": {}\n}", "2:3: camposs: unknown field `camposs`, expected one of `campos`"),
        ("g.json", "{\n  \"reapertura\": \"30\"\n}", "2:17: reapertura: invalid type"),
        ("h.json", "{\n  \"reapertura\": 30,\n}", "3:1: trailing comma"),
        ("i.JSON", "reapertura = 30\n", "1:1: expected value"),
        (
            "j.toml",
            "[campos.asunto]\nmin = 9\nmax = 8\n",
            "2:7: campos.asunto.min: at most its max, 8\n  |\n2 | min = 9\n  |       ^\n",
        ),
        ("k.toml", "reapertura = 4000\n", "1:14: reapertura: at most 3660 days"),
        ("l.json", "{\"campos\": {\"asunto\": {\"max\": 1001}}}", "1:31: campos.asunto.max: at most 1000"),
        ("m.toml", "", "1:1: the file is empty"),
    ] {
        desk.write(name, rules);
        for arguments in [["rules", "check", name], ["rules", "apply", name]] {
            let message = desk.run(&arguments).failure(1);
            says(&message, &[&format!("error: {name}:{said}")]);
        }
    }
    let message = desk.run(&["rules", "check", "nowhere.toml"]).failure(1);
    says(&message, &["nowhere.toml", "cannot be read"]);
    let latin1 = desk.write("latin1.toml", b"tipos = [\"PETICI\xd3N\"]\n");
    says(&desk.run(&["rules", "check", text(&latin1)]).failure(1), &["latin1.toml:1:17: here the file is not UTF-8"]);
    assert!(!desk.file().exists(), "rules that are wrong create nothing");
}

// Labels

#[test]
fn a_label_is_read_as_it_was_typed() {
    let desk = Desk::on_a_file();
    for (typed, label) in [
        ("tkt 2026-142", "TKT-2026-00142"),
        (" #tkt/2026/0142 ", "TKT-2026-00142"),
        ("abc-2026-1000000", "ABC-2026-1000000"),
    ] {
        assert_eq!(desk.run(&["label", "parse", typed]).success(), format!("{label}\n"));
    }
    for typed in ["", "142", "TKT-2026", "TKT-1999-1", "TKT-2026-0", "TKT-2026-2147483648", "TKT-2026-1\u{7}"] {
        let message = desk.run(&["label", "parse", typed]).failure(1);
        says(&message, &["is no label", "label"]);
        assert!(!message.contains('\u{7}'));
    }
}

// Service levels

#[test]
fn the_published_vectors_pass() {
    let desk = Desk::on_a_file();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ticketing-core/vectors");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|file| file.extension().is_some_and(|ending| ending == "json")).collect();
    let told = run(desk.program().args(["sla", "check-vectors"]).args(&files)).success();
    let passed = told.strip_suffix(" passed, 0 failed\n").unwrap().parse::<u32>().unwrap();
    assert!(passed >= 2000, "{told}");
}

#[test]
fn a_vector_that_fails_says_what_was_expected() {
    let good = json!({
        "name": "an hour", "source": "this test", "zone": "America/Bogota", "calendar": null,
        "start": "2026-03-24T10:00:00Z", "budget": "1h", "due_at": "close", "pauses": [], "at": "2026-03-24T10:30:00Z",
        "expect": { "due": "2026-03-24T11:00:00Z", "elapsed_seconds": 1800, "remaining_seconds": 1800, "state": "running" },
    });
    let with = |pointer: &str, value: Value| {
        let mut case = good.clone();
        *case.pointer_mut(pointer).unwrap() = value;
        case
    };
    let without = |name: &str| {
        let mut case = good.clone();
        case.as_object_mut().unwrap().remove(name);
        case
    };
    let pauses = json!([["2026-03-24T10:10:00Z", null], ["2026-03-24T10:20:00Z", null]]);
    let cases = json!([
        good,
        with("/expect/due", json!("2026-03-24T11:00:01Z")),
        with("/expect/state", json!("paused")),
        with("/zone", json!("Bogota")),
        with("/budget", json!("1d")),
        with("/at", json!("yesterday")),
        with("/pauses", pauses),
        with("/calendar", json!({ "weekly": { "mon": [["8", "12"]] }, "exceptions": [] })),
        with("/calendar", json!({ "weekly": { "lunes": [] } })),
        with("/calendar", json!({ "exceptions": [{ "date": "2026-02-30", "open": [] }] })),
        without("calendar"),
        7,
    ]);
    let desk = Desk::on_a_file();
    let file = desk.write("cases.json", cases.to_string());
    let outcome = desk.run(&["sla", "check-vectors", text(&file)]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), ""));
    assert!(outcome.stdout.ends_with("\n1 passed, 11 failed\n"), "{}", outcome.stdout);
    says(
        &outcome.stdout,
        &[
            "case 2, an hour\n    due: expected 2026-03-24T11:00:01Z, got 2026-03-24T11:00:00Z\n",
            "case 3, an hour\n    state: expected paused, got running\n",
            "“Bogota” is no time zone",
            "“1d” is no budget",
            "“yesterday” is no instant",
            "the pause before the one of 2026-03-24T10:20:00Z lasts longer",
            "“8” is no time of day",
            "unknown variant `lunes`",
            "“2026-02-30” is no date",
            "missing field `calendar`",
            "case 12, without a name\n    it cannot be read: ",
        ],
    );

    let message = desk.run(&["sla", "check-vectors", text(&file), "nowhere.json"]);
    assert_eq!(message.status, Some(1));
    says(&message.stderr, &["nowhere.json", "cannot be read"]);
    let broken = desk.write("broken.json", "[{ \"name\": ");
    says(&desk.run(&["sla", "check-vectors", text(&broken)]).failure(1), &["broken.json", "is no array of cases"]);
    let empty = desk.write("empty.json", "{}");
    says(&desk.run(&["sla", "check-vectors", text(&empty)]).failure(1), &["empty.json", "is no array of cases"]);
    desk.run(&["sla", "check-vectors"]).failure(2);
}
