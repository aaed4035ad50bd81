//! Several people at one ticket: versions, conditions, repeated requests.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::common::{
    desk::{COMMANDS, Client, MINUTE, Person, Service, Ticket, command},
    http::{Answer, Request},
};

fn pause() -> Value {
    json!({ "motivo": "Esperamos un repuesto" })
}

fn reply(text: &str) -> Value {
    json!({ "respuesta": text })
}

/// What somebody with this token is answered, on a connection of their own.
async fn ask(service: &Service, who: &Person, request: Request) -> Answer {
    service.client(who).await.ask(request).await
}

// Versions

#[tokio::test]
async fn a_ticket_and_each_command_on_it_tell_its_version() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let version = service.engine.ticket(ticket.id()).await.unwrap().version;
        assert_eq!(admin.get(&ticket.path()).await.header("etag"), Some(&*format!("\"{version}\"")));
        let answer = admin.command(&ticket, row.action, &row.form(&service.admin)).await;
        assert_eq!(answer.header("etag"), Some(&*format!("\"{}\"", version + 1)), "{}", row.action);
        // It is the one that the next command may name.
        assert_eq!(admin.get(&ticket.path()).await.header("etag"), answer.header("etag"));
    }
}

#[tokio::test]
async fn every_command_is_done_to_the_version_that_it_names_and_to_no_other() {
    let service = Service::start().await;
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let version = service.engine.ticket(ticket.id()).await.unwrap().version;
        let request = |tag: &str| command(&ticket, row.action, &row.form(&service.admin)).header("If-Match", tag);
        for other in [version - 1, version + 1, version + 1000, u32::MAX] {
            let answer = ask(&service, &service.admin, request(&format!("\"{other}\""))).await;
            answer.problem(412, "changed");
            assert_eq!(answer.header("etag"), Some(&*format!("\"{version}\"")), "{}", row.action);
        }
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, version);
        let answer = ask(&service, &service.admin, request(&format!("\"{version}\""))).await;
        assert_eq!(answer.ok(), json!({ "message": row.message }));
    }
}

#[tokio::test]
async fn who_names_an_older_version_is_told_what_happened_since_and_what_there_is() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let mut mesa = service.client(&service.mesa).await;
    let seen = mesa.get(&ticket.path()).await.header("etag").unwrap().to_owned();
    service.pass(MINUTE);
    let form = json!({ "agenteId": service.redes.id, "motivo": "Le toca" });
    mesa.command(&ticket, "asignar", &form).await.ok();
    service.nobody().await.comment(&ticket, "¿Hay novedades?").await.ok();
    service.client(&service.redes).await.command(&ticket, "pausar", &pause()).await.ok();

    let history = mesa.history(&ticket).await;
    let stale = || command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", &seen);
    let answer = mesa.ask(stale()).await;
    let problem = answer.problem(412, "changed");
    assert_eq!(problem["cambios"], json!(history[1..]), "exactly the lines in between");
    assert_eq!(answer.header("etag"), Some("\"4\""));
    assert_eq!(
        problem["detail"],
        "Otra persona cambió este ticket mientras tanto. Revise los cambios e inténtelo de nuevo."
    );
    let problem = mesa.ask(stale().header("Accept-Language", "en")).await.problem(412, "changed");
    assert!(problem["detail"].as_str().unwrap().starts_with("Somebody else changed this ticket"));
    for (seen, since) in [("\"1\"", 1), ("\"2\"", 2), ("\"3\"", 3), ("\"7\"", 4)] {
        let request = command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", seen);
        assert_eq!(mesa.ask(request).await.problem(412, "changed")["cambios"], json!(history[since..]));
    }
    assert_eq!(mesa.history(&ticket).await, history);
    // With what they have been told they go on.
    let tag = answer.header("etag").unwrap();
    let request = command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", tag);
    assert_eq!(mesa.ask(request).await.header("etag"), Some("\"5\""));
}

#[tokio::test]
async fn who_may_not_see_a_ticket_is_not_told_what_happened_to_it() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    service.client(&service.mesa).await.set(&ticket, "PAUSADO").await;
    let stale = || command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", "\"1\"");
    for (person, code) in [(&service.sistemas, "foreign-area"), (&service.usuario, "forbidden")] {
        let answer = ask(&service, person, stale()).await;
        assert_eq!(answer.problem(403, code).get("cambios"), None);
        assert_eq!(answer.header("etag"), None);
    }
    ask(&service, &service.redes, stale()).await.problem(412, "changed");
}

/// A refusal of what is not so any more would be of no use.
#[tokio::test]
async fn an_older_version_is_told_before_what_lifecycle_and_agents_would_refuse() {
    let service = Service::start().await;
    let (canceled, open) = (service.ticket().await, service.ticket().await);
    service.client(&service.mesa).await.set(&canceled, "CANCELADO").await;
    service.client(&service.mesa).await.set(&open, "EN_PROCESO").await;
    let nobody = json!({ "agenteId": canceled.uuid, "motivo": "Le toca" });
    for (ticket, action, form, status) in [
        (&canceled, "pausar", pause(), 409),
        (&canceled, "actualizar", json!({ "estado": "CANCELADO" }), 200),
        (&open, "asignar", nobody, 422),
    ] {
        let request = |tag: &str| command(ticket, action, &form).header("If-Match", tag);
        ask(&service, &service.mesa, request("\"1\"")).await.problem(412, "changed");
        assert_eq!(ask(&service, &service.mesa, request("\"2\"")).await.status, status, "{action}");
    }
}

#[tokio::test]
async fn any_version_will_do_for_a_star_and_for_who_names_none() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    for (number, tag) in [Some("*"), Some(" * "), None].into_iter().enumerate() {
        let request = command(&ticket, "actualizar", &reply(&format!("Respuesta {number}")));
        let request = match tag {
            Some(tag) => request.header("If-Match", tag),
            None => request,
        };
        ask(&service, &service.mesa, request).await.ok();
    }
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 4);
    let nothing = Ticket { uuid: "00000000-0000-4000-8000-000000000000".into(), ..ticket };
    let request = command(&nothing, "actualizar", &reply("¿Hay alguien?")).header("If-Match", "*");
    ask(&service, &service.mesa, request).await.problem(404, "ticket-not-found");
    let request = command(&nothing, "actualizar", &reply("¿Hay alguien?")).header("If-Match", "\"1\"");
    ask(&service, &service.mesa, request).await.problem(404, "ticket-not-found");
}

/// A proxy that compresses makes a strong tag a weak one.
#[tokio::test]
async fn a_weak_tag_is_the_strong_one() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let request = |tag: &str| command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", tag);
    ask(&service, &service.mesa, request("W/\"7\"")).await.problem(412, "changed");
    ask(&service, &service.mesa, request("W/\"1\"")).await.ok();
}

#[tokio::test]
async fn any_version_of_a_list_will_do() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let request = |tag: &str| command(&ticket, "actualizar", &reply("Ya está")).header("If-Match", tag);
    ask(&service, &service.mesa, request("\"3\", \"1\",W/\"7\"")).await.ok();
    ask(&service, &service.mesa, request("\"2\"")).await.ok();
    // What happened since the newest of those that there were is told.
    let answer = ask(&service, &service.mesa, request("\"1\", \"2\", \"7\"")).await;
    assert_eq!(answer.problem(412, "changed")["cambios"].as_array().unwrap().len(), 1);
    assert_eq!(answer.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn a_version_that_is_none_is_400() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let request = || command(&ticket, "actualizar", &reply("Ya está"));
    for tag in [
        "1",
        "\"\"",
        "\"x\"",
        "\"1",
        "1\"",
        "\"-1\"",
        "\"1.0\"",
        "\"4294967296\"",
        "",
        "W/1",
        "\"1\"x",
        "ñ",
        "\"+1\"",
        "\"01\"",
        "W/W/\"1\"",
        "w/\"1\"",
        "\"1\",",
        "\"1\", *",
        "\"1\" \"2\"",
    ] {
        let problem =
            ask(&service, &service.mesa, request().header("If-Match", tag)).await.problem(400, "invalid-header");
        assert_eq!(problem["detail"], "La cabecera If-Match no es válida.", "{tag}");
    }
    let twice = request().header("If-Match", "\"1\"").header("If-Match", "\"1\"");
    ask(&service, &service.mesa, twice).await.problem(400, "invalid-header");
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 1);
}

// At the same time

/// Requests by turns of some people, all at once.
async fn all_at_once(service: &Service, people: &[&Person], requests: Vec<Request>) -> Vec<Answer> {
    let mut clients = JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        let mut client: Client = service.client(people[number % people.len()]).await;
        clients.spawn(async move { (number, client.ask(request).await) });
    }
    let mut answers = clients.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn without_a_version_the_last_write_wins_and_history_has_both() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let (mut mesa, mut admin) = (service.client(&service.mesa).await, service.client(&service.admin).await);
    // Both have seen the same version.
    mesa.command(&ticket, "actualizar", &json!({ "prioridad": "BAJA", "respuesta": "La de Mario" })).await.ok();
    admin.command(&ticket, "actualizar", &json!({ "prioridad": "MEDIA", "respuesta": "La de Ada" })).await.ok();
    let shown = mesa.shown(&ticket).await;
    assert_eq!((&shown["prioridad"], &shown["respuesta_cliente"]), (&json!("MEDIA"), &json!("La de Ada")));
    let history = mesa.history(&ticket).await;
    let told: Vec<_> =
        history[1..].iter().map(|line| (&line["actor_nombre"], &line["prioridad_antes"], &line["motivo"])).collect();
    let expected = [("Mario Mesa", "ALTA", "La de Mario"), ("Ada Administra", "BAJA", "La de Ada")];
    assert_eq!(json!(told), json!(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_commands_at_once_are_all_done_one_after_the_other() {
    const COMMANDS_AT_ONCE: usize = 20;
    let service = Service::start().await;
    let people = [&service.admin, &service.mesa, &service.redes];
    for _ in 0..5 {
        let ticket = service.ticket_of("REDES").await;
        let replies =
            (0..COMMANDS_AT_ONCE).map(|number| command(&ticket, "actualizar", &reply(&format!("Número {number}"))));
        let answers = all_at_once(&service, &people, replies.collect()).await;
        let mut tags = HashSet::new();
        for answer in &answers {
            answer.ok();
            tags.insert(answer.header("etag").unwrap().to_owned());
        }
        assert_eq!(tags.len(), COMMANDS_AT_ONCE, "each made a version of its own");
        let history = service.client(&service.mesa).await.history(&ticket).await;
        assert_eq!(history.len(), COMMANDS_AT_ONCE + 1);
        for (number, answer) in answers.iter().enumerate() {
            let version: usize = answer.header("etag").unwrap().trim_matches('"').parse().unwrap();
            let line = &history[version - 1];
            assert_eq!(line["motivo"], format!("Número {number}"));
            assert_eq!(line["actor_nombre"], people[number % people.len()].name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_commands_for_one_version_one_is_done_and_the_others_are_told_of_it() {
    let service = Service::start().await;
    let people = [&service.admin, &service.mesa];
    for _ in 0..5 {
        let ticket = service.ticket().await;
        let request =
            |number| command(&ticket, "actualizar", &reply(&format!("Número {number}"))).header("If-Match", "\"1\"");
        let answers = all_at_once(&service, &people, (0..12).map(request).collect()).await;
        let history = service.client(&service.mesa).await.history(&ticket).await;
        assert_eq!(history.len(), 2);
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.problem(412, "changed")["cambios"], json!(history[1..]));
            assert_eq!(answer.header("etag"), Some("\"2\""));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_pause_at_once_one_does_and_the_others_are_told_that_it_is_paused() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let requests = (0..12).map(|_| command(&ticket, "pausar", &pause())).collect();
    let answers = all_at_once(&service, &[&service.mesa, &service.admin], requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 11);
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 2);
}

// Repeated requests

#[tokio::test]
async fn a_command_that_is_repeated_with_its_key_is_done_once_and_answered_alike() {
    let service = Service::start().await;
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let request = || {
            command(&ticket, row.action, &row.form(&service.admin))
                .header("Idempotency-Key", &format!("k-{}", row.action))
        };
        let first = ask(&service, &service.admin, request()).await;
        assert_eq!(first.ok(), json!({ "message": row.message }));
        let version = service.engine.ticket(ticket.id()).await.unwrap().version;
        // Also after the ticket has gone on, to where the command would be refused.
        service.pass(MINUTE);
        for gone_on in [false, true] {
            if gone_on {
                let action = if row.action == "archivar" { "desarchivar" } else { "archivar" };
                let form = json!({ "motivo": "Seguimos" });
                ask(&service, &service.admin, command(&ticket, action, &form)).await.ok();
            }
            let again = ask(&service, &service.admin, request()).await;
            assert_eq!((again.ok(), again.header("etag")), (first.ok(), first.header("etag")), "{}", row.action);
        }
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, version + 1);
    }
}

#[tokio::test]
async fn a_repeated_command_is_answered_whatever_version_it_named() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let request = || command(&ticket, "pausar", &pause()).header("Idempotency-Key", "k").header("If-Match", "\"1\"");
    let first = ask(&service, &service.mesa, request()).await;
    assert_eq!(first.header("etag"), Some("\"2\""));
    let again = ask(&service, &service.mesa, request()).await;
    assert_eq!((again.ok(), again.header("etag")), (first.ok(), first.header("etag")));
}

#[tokio::test]
async fn a_repeated_command_is_answered_also_where_newer_rules_would_refuse_it() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let form = json!({ "nuevaPrioridad": "Luego", "nuevaCategoria": "Redes", "motivo": "No corre prisa" });
    let request = |key| command(&ticket, "reclasificar", &form).header("Idempotency-Key", key);
    let first = ask(&service, &service.mesa, request("k")).await;
    assert_eq!(first.header("etag"), Some("\"2\""));
    let rules = ticketing_core::Rules::from_json(r#"{ "prioridades": { "soloConocidas": true } }"#).unwrap();
    service.engine.apply_rules(rules).await.unwrap();
    let again = ask(&service, &service.mesa, request("k")).await;
    assert_eq!((again.ok(), again.header("etag")), (first.ok(), first.header("etag")));
    let other = ask(&service, &service.mesa, request("l")).await;
    assert_eq!(other.violations(), [("nuevaPrioridad".to_owned(), "unknown-value".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_with_one_key_one_is_done() {
    let service = Service::start().await;
    for round in 0..5 {
        let ticket = service.ticket().await;
        let key = format!("key-{round}");
        let request = || command(&ticket, "actualizar", &reply("Una vez")).header("Idempotency-Key", &key);
        let mut waiting = 12;
        while waiting > 0 {
            let answers = all_at_once(&service, &[&service.mesa], (0..waiting).map(|_| request()).collect()).await;
            let before = waiting;
            for answer in answers {
                if answer.status == 200 {
                    assert_eq!(answer.header("etag"), Some("\"2\""));
                    waiting -= 1;
                } else {
                    answer.problem(409, "idempotency-key-in-flight");
                    assert_eq!(answer.header("retry-after"), Some("1"));
                }
            }
            assert!(waiting < before, "somebody gets on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let history = service.client(&service.mesa).await.history(&ticket).await;
        assert_eq!(history.len(), 2, "{history:?}");
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_another_body_action_or_ticket_is_refused() {
    let service = Service::start().await;
    let (ticket, other) = (service.ticket().await, service.ticket().await);
    let keyed = |request: Request| request.header("Idempotency-Key", "k");
    ask(&service, &service.mesa, keyed(command(&ticket, "pausar", &pause()))).await.ok();
    for request in [
        command(&ticket, "pausar", &json!({ "motivo": "Otro motivo" })),
        command(&ticket, "archivar", &pause()),
        command(&other, "pausar", &pause()),
    ] {
        let problem = ask(&service, &service.mesa, keyed(request)).await.problem(422, "idempotency-key-reused");
        assert_eq!(problem["detail"], "Esta Idempotency-Key ya se usó con otra solicitud.");
    }
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 2);
    assert_eq!(service.engine.ticket(other.id()).await.unwrap().version, 1);
    // That was no use of it.
    let again = ask(&service, &service.mesa, keyed(command(&ticket, "pausar", &pause()))).await;
    assert_eq!(again.header("etag"), Some("\"2\""));
}

#[tokio::test]
async fn a_command_is_the_same_however_its_path_is_spelt() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let upper = Ticket { uuid: ticket.uuid.to_uppercase(), ..service.ticket().await };
    let keyed = |request: Request| request.header("Idempotency-Key", "k");
    for request in [
        command(&ticket, "pausar", &pause()),
        command(&upper, "pausar", &pause()),
        command(&ticket, "pausar/", &pause()),
    ] {
        let answer = ask(&service, &service.mesa, keyed(request)).await;
        assert_eq!((answer.status, answer.header("etag")), (200, Some("\"2\"")));
    }
}

#[tokio::test]
async fn another_user_s_key_of_the_same_text_is_another() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    for (number, person) in [&service.mesa, &service.admin, &service.redes].into_iter().enumerate() {
        for _ in 0..2 {
            let request = command(&ticket, "actualizar", &reply("Lo vemos")).header("Idempotency-Key", "k");
            let answer = ask(&service, person, request).await;
            assert_eq!((answer.status, answer.header("etag")), (200, Some(&*format!("\"{}\"", number + 2))));
        }
    }
    assert_eq!(service.client(&service.mesa).await.history(&ticket).await.len(), 4);
}

#[tokio::test]
async fn a_command_that_was_refused_has_not_used_its_key() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let reopen = || command(&ticket, "reabrir", &pause()).header("Idempotency-Key", "k");
    ask(&service, &service.mesa, reopen()).await.problem(409, "not-allowed");
    ask(&service, &service.mesa, command(&ticket, "pausar", &pause())).await.ok();
    ask(&service, &service.mesa, reopen()).await.ok();
    assert_eq!(ask(&service, &service.mesa, reopen()).await.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn a_key_that_is_none_is_400() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let long = "x".repeat(256);
    for key in ["", long.as_str(), "a b", "clave-ñ"] {
        let request = command(&ticket, "pausar", &pause()).header("Idempotency-Key", key);
        ask(&service, &service.mesa, request).await.problem(400, "invalid-header");
    }
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 1);
}

/// The last thing that is done to a ticket may be to give it away: who repeats that is told that it was done.
#[tokio::test]
async fn who_has_given_a_ticket_away_may_repeat_that() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let request = || command(&ticket, "actualizar", &json!({ "area": "SISTEMAS" })).header("Idempotency-Key", "k");
    for _ in 0..2 {
        assert_eq!(ask(&service, &service.redes, request()).await.header("etag"), Some("\"2\""));
    }
    ask(&service, &service.redes, command(&ticket, "pausar", &pause())).await.problem(403, "foreign-area");
}
