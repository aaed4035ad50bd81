//! `sla explain`, `sla replay` and what `rules apply` says of open tickets, with the program and its file.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use serde_json::{Value, json};

use self::common::{program::Desk, seed_with};

/// Half an hour for the first answer, a day for the rest.
const RULES: &str = r#"
zona = "America/Bogota"
[calendarios.siempre.semana]
lun = [["00:00", "24:00"]]
mar = [["00:00", "24:00"]]
mie = [["00:00", "24:00"]]
jue = [["00:00", "24:00"]]
vie = [["00:00", "24:00"]]
sab = [["00:00", "24:00"]]
dom = [["00:00", "24:00"]]
[[sla.politicas]]
id = 4
nombre = "Con respuesta"
primeraRespuesta = { otras = "30m", calendario = "siempre" }
resolucion = { otras = "24h", enRiesgo = [50] }
"#;

/// A desk with a ticket under these rules, and no server.
async fn desk_with_a_ticket() -> Desk {
    let desk = Desk::new();
    let rules = desk.write("rules.toml", RULES);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let server = desk.serve();
    let mut client = server.connect().await;
    client.post("/api/tickets/crear", &seed_with(&json!({ "prioridad": "BAJA" }))).await.ok();
    server.kill();
    desk
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” in: {text}");
    }
}

#[tokio::test]
async fn a_tickets_service_levels_are_explained_on_the_desks_clocks() {
    let desk = desk_with_a_ticket().await;
    let typed = label(&desk).replace('-', " ").to_lowercase();
    let told = desk.run(&["sla", "explain", &typed]);
    says(
        &told.success(),
        &[
            "is ABIERTO. Times are those of America/Bogota.",
            "Policy 4 “Con respuesta”, of rules ",
            "First response: 30m in the calendar “siempre”",
            "Resolution: 24h around the clock",
            "50 %: ",
            "100 %: ",
            "counted",
        ],
    );
}

#[tokio::test]
async fn as_json_it_is_what_the_api_answers() {
    let desk = desk_with_a_ticket().await;
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = client.post("/api/tickets/crear", &seed_with(&json!({ "prioridad": "BAJA" }))).await.ok();
    let label = created["ticketLabel"].as_str().unwrap();
    let told: Value = serde_json::from_str(&desk.run(&["sla", "explain", label, "--json"]).success()).unwrap();
    assert_eq!(told["ticket_label"], label);
    let kinds: Vec<_> = told["objetivos"].as_array().unwrap().iter().map(|target| &target["objetivo"]).collect();
    assert_eq!(kinds, ["primeraRespuesta", "resolucion"]);
    assert_eq!(told["objetivos"][1]["vence"], created["fechaLimiteSla"]);
    assert_eq!(told["objetivos"][0]["calendario"]["nombre"], "siempre");
}

#[tokio::test]
async fn a_label_that_nobody_has_is_told() {
    let desk = desk_with_a_ticket().await;
    says(&desk.run(&["sla", "explain", "TKT-2026-77777"]).failure(1), &["there is no ticket TKT-2026-77777"]);
    says(&desk.run(&["sla", "explain", "nada"]).failure(1), &["“nada” is no label"]);
    says(&Desk::new().run(&["sla", "explain", "TKT-2026-1"]).failure(1), &["there is no database"]);
}

#[tokio::test]
async fn a_replay_tells_what_would_differ_and_changes_nothing() {
    let desk = desk_with_a_ticket().await;
    let shown = desk.run(&["rules", "show"]).success();
    let same = desk.write("same.json", &shown);
    says(&desk.run(&["sla", "replay", "--rules", same.to_str().unwrap()]).success(), &["0 of 1 tickets differ"]);

    let other =
        desk.write("other.toml", "[[sla.politicas]]\nid = 9\nnombre = \"Otra\"\nresolucion = { otras = \"2h\" }\n");
    let told = desk.run(&["sla", "replay", "--rules", other.to_str().unwrap()]).success();
    says(
        &told,
        &[
            "-00001\n  policy: 4 → 9\n",
            "primeraRespuesta: running, due ",
            "→ nothing promised",
            "resolucion: running, due ",
        ],
    );
    says(&told, &["1 of 1 tickets differ; targets breached: 0, under these rules 0"]);
    let counted = desk.run(&["sla", "replay", "--summary", "--rules", other.to_str().unwrap()]).success();
    assert_eq!(counted, "1 of 1 tickets differ; targets breached: 0, under these rules 0\n");
    assert_eq!(desk.run(&["rules", "show"]).success(), shown);

    let wrong = desk.write("wrong.toml", "[[sla.politicas]]\nid = 0\nnombre = \"Otra\"\n");
    says(&desk.run(&["sla", "replay", "--rules", wrong.to_str().unwrap()]).failure(1), &["an id lies between 1 and"]);
}

#[tokio::test]
async fn applying_rules_says_what_becomes_of_open_tickets() {
    let desk = desk_with_a_ticket().await;
    let other =
        desk.write("other.toml", "[[sla.politicas]]\nid = 9\nnombre = \"Otra\"\nresolucion = { otras = \"2h\" }\n");
    let other = other.to_str().unwrap();
    let foreseen = "1 promised something else, 1 due at another time, 0 overdue at once, 0 no longer overdue";
    let kept = "1 open tickets keep what they were promised until something changes them";
    let told = desk.run(&["rules", "apply", other, "--dry-run"]).success();
    says(&told, &[kept, foreseen]);
    assert!(!told.contains("is active"), "{told}");
    says(&desk.run(&["rules", "apply", other]).success(), &[kept, foreseen, "is active; its hash is"]);
    says(&desk.run(&["sla", "explain", &label(&desk)]).success(), &["Policy 4 “Con respuesta”"]);

    let told = desk.run(&["rules", "apply", other, "--rematch"]).success();
    says(
        &told,
        &["nothing changes", "of 1 open tickets: 1 promised something else", "1 open tickets are under it now"],
    );
    says(
        &desk.run(&["sla", "explain", &label(&desk)]).success(),
        &["Policy 9 “Otra”", "Resolution: 2h around the clock"],
    );
    says(&desk.run(&["rules", "apply", other, "--rematch"]).success(), &["0 open tickets are under it now"]);
}

/// The label of the only ticket, as a replay tells it.
fn label(desk: &Desk) -> String {
    let none = desk.write("none.toml", "sla = { politicas = [] }\n");
    let told = desk.run(&["sla", "replay", "--rules", none.to_str().unwrap()]).success();
    told.lines().next().unwrap().to_owned()
}
