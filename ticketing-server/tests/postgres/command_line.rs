use std::time::Duration;

use serde_json::Value;

use crate::{
    Database,
    common::{program::run, seed},
    desk,
};

/// Commands work beside servers, and any number of servers beside each other.
#[tokio::test]
async fn every_command_takes_the_url_and_any_number_of_servers_share_the_database() {
    let Some(desk) = desk() else { return };
    let first = desk.serve();
    let second = desk.serve_as("second.log", |command| command);
    let created = first.connect().await.post("/api/tickets/crear", &seed()).await.ok();
    let label = created["ticketLabel"].as_str().unwrap();
    let look_up = serde_json::json!({ "label": label, "email": "ana.garcia@example.com" });
    second.connect().await.post("/api/tickets/consultar", &look_up).await.ok();
    assert!(desk.run(&["ticket", "show", label]).success().contains(label));

    let Database::Server(database) = &desk.database else { unreachable!() };
    let shown =
        run(desk.program().env_remove("TICKETING_DATABASE").args(["rules", "show", "--database", &database.url]));
    let rules: Value = serde_json::from_str(&shown.success()).unwrap();
    assert_eq!(rules["reapertura"], 14);
    let settings = format!(
        "database = \"{}\"\n[postgres]\nconnections_max = 4\nconnect_timeout_seconds = 3\nstatement_timeout_seconds = 3\n",
        database.url
    );
    desk.write("ticketing.toml", settings);
    let rules = desk.write("rules.toml", "reapertura = 30\n");
    let apply = ["rules", "apply", rules.to_str().unwrap()];
    run(desk.program().env_remove("TICKETING_DATABASE").args(apply)).success();
    assert_eq!(serde_json::from_str::<Value>(&desk.run(&["rules", "show"]).success()).unwrap()["reapertura"], 30);
    for server in [first, second] {
        server.terminate();
        assert_eq!(server.ended(Duration::from_secs(10)).await.code(), Some(0));
    }
}

/// Nowhere, whatever is wrong.
#[tokio::test]
async fn a_password_in_a_url_does_not_show() {
    let Some(desk) = desk() else { return };
    let Database::Server(database) = &desk.database else { unreachable!() };
    let with_password = database.url.replace("postgres@", "postgres:sec%2Freto@");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("postgres://desk:secreto@127.0.0.1:{port}/desk");
    for url in [
        "postgres://desk:secreto@127.0.0.1:nothing/desk",
        "postgres://desk:sec@reto@127.0.0.1/desk",
        "postgresql:desk:secreto",
        "mysql://desk:secreto@127.0.0.1/desk",
        &nobody,
        &with_password.replace("/test_", "/no_such_"),
    ] {
        for arguments in [&["serve"][..], &["rules", "show"], &["user", "list"]] {
            let arguments = [arguments, &["--database", url]].concat();
            let message = desk.run(&arguments).failure(1);
            assert!(message.contains("database") && !message.contains("reto"), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
        desk.write("settings.toml", format!("log = \"info\"\ndatabase = \"{url}\"\n"));
        let told =
            run(desk.program().env_remove("TICKETING_DATABASE").args(["rules", "show", "--config", "settings.toml"]));
        let message = told.failure(1);
        assert!(!message.contains("reto"), "{message}");
        desk.write("settings.toml", format!("log = \"info\"\ndatabase = \"{url}\n"));
        let told =
            run(desk.program().env_remove("TICKETING_DATABASE").args(["rules", "show", "--config", "settings.toml"]));
        let message = told.failure(1);
        assert!(message.contains("line 2") && !message.contains("reto"), "{message}");
    }
    let help = run(desk.program().env("TICKETING_DATABASE", &nobody).args(["serve", "--help"])).success();
    assert!(help.contains("TICKETING_DATABASE") && !help.contains("secreto"), "{help}");

    let server =
        desk.serve_with(|command| command.env("TICKETING_DATABASE", &with_password).env("TICKETING_LOG", "debug"));
    // What answers has said what it serves.
    assert_eq!(server.connect().await.get("/livez").await.status, 200);
    let log = server.log();
    assert!(log.contains(&format!("/{}", database.name)) && !log.contains("reto"), "{log}");
}

#[test]
fn a_database_that_is_not_there_is_told_by_name() {
    let Some(desk) = desk() else { return };
    let Database::Server(database) = &desk.database else { unreachable!() };
    let url = database.url.replace("/test_", "/no_such_");
    let message = desk.run(&["serve", "--listen", "127.0.0.1:0", "--database", &url]).failure(1);
    assert!(
        message.contains("/no_such_") && message.contains("cannot be used") && message.contains("does not exist"),
        "{message}"
    );
}
