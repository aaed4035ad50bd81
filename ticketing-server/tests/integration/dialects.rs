//! Two dialects, one history: whatever is done in either, by whomever, both read the same, and it is what the history comes to.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use ticketing_core::{
    Ticket as State, Timestamp,
    integration::{ReferenceKind, seconds as seconds_of},
};

use super::{
    api::{Api, ESTADOS, STATUSES, TICKETS, offer, request, text},
    common::{
        desk::{Client, DAY, HOUR, Service, Ticket, command},
        http::{Answer, Request},
        scaled,
    },
};

/// Who does something, and in which dialect.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// At the desk.
    Admin,
    Mesa,
    Redes,
    /// Here.
    Token,
    AdminHere,
    RedesHere,
    /// By label and address.
    Requester,
    System,
}

#[derive(Clone, Debug)]
struct Step {
    who: Who,
    millis: i64,
    desk: (&'static str, Value),
    here: (&'static str, String, Value),
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(values.to_vec())
}

fn at_the_desk() -> impl Strategy<Value = (&'static str, Value)> {
    let estado = one_of(&ESTADOS);
    let priority = || one_of(&["ALTA", "Crítica", "urgente", "baja", "rara"]);
    let area = || one_of(&["MESA", "mesa de  ayuda", "REDES", "redes", "Redes", "Sistemas"]);
    let agent = || one_of(&["[admin]", "[mesa]", "[redes]", "[usuario]", ""]);
    let text = || "[ -~áéñ🦀\n]{6,20}";
    let update = (
        prop::option::weighted(0.7, estado),
        prop::option::weighted(0.2, priority()),
        prop::option::weighted(0.2, area()),
        prop::option::weighted(0.4, text()),
    );
    prop_oneof![
        5 => update.prop_map(|(estado, prioridad, area, respuesta)| {
            ("actualizar", json!({ "estado": estado, "prioridad": prioridad, "area": area, "respuesta": respuesta }))
        }),
        2 => (agent(), text()).prop_map(|(agent, text)| ("asignar", json!({ "agenteId": agent, "motivo": text }))),
        2 => (area(), agent(), text()).prop_map(|(area, agent, text)| {
            ("transferir", json!({ "nuevaArea": area, "agenteId": agent, "motivo": text }))
        }),
        2 => (priority(), one_of(&["Redes", "Correo"]), text()).prop_map(|(priority, category, text)| {
            ("reclasificar", json!({ "nuevaPrioridad": priority, "nuevaCategoria": category, "motivo": text }))
        }),
        2 => text().prop_map(|text| ("pausar", json!({ "motivo": text }))),
        3 => text().prop_map(|text| ("reabrir", json!({ "motivo": text }))),
        1 => text().prop_map(|text| ("archivar", json!({ "motivo": text }))),
        3 => text().prop_map(|text| ("desarchivar", json!({ "motivo": text }))),
    ]
}

fn here() -> impl Strategy<Value = (&'static str, String, Value)> {
    let id = |max: u32| (1..=max).prop_map(|id| json!({ "id": id }));
    let maybe =
        |value: BoxedStrategy<Value>| prop::option::weighted(0.8, value).prop_map(Option::unwrap_or_default).boxed();
    let text = || "[ -~áéñ🦀]{1,20}";
    let behalf = || prop::option::of("[ a-zñ]{0,9}");
    let patch = |attribute: &str| format!("/attributes/{attribute}");
    let name = |names: &[&'static str]| one_of(names).prop_map(|name| json!({ "name": name }));
    let status = || prop_oneof![12 => id(6), 1 => Just(json!({ "id": 7 }))];
    let one = |attribute: &'static str, member: &'static str, value: BoxedStrategy<Value>| {
        (value, behalf())
            .prop_map(move |(value, by)| ("PATCH", patch(attribute), json!({ member: value, "updatedById": by })))
            .boxed()
    };
    let due = one_of(&["2026-03-20T00:00:00Z", "2026-03-25T00:00:00Z", "2026-04-24T00:00:00.001Z"])
        .prop_map(|due| json!(due));
    let owner = one_of(&["[admin]", "[mesa]", "[redes]", "[usuario]", "7"]).prop_map(|id| json!(id));
    let clients = prop::collection::vec(one_of(&["ana@example.com", " b ", "+57 300", "ñ"]), 0..3)
        .prop_map(|clients| json!(clients));
    let action = (
        one_of(&["INTERNAL", "PUBLIC"]),
        text(),
        prop::option::weighted(0.3, status()),
        prop::option::weighted(0.2, id(2)),
        prop::option::weighted(0.2, one_of(&["2026-03-01T00:00:00Z", "2026-03-24T10:15:00Z", "2030-01-01T00:00:00Z"])),
        behalf(),
    );
    prop_oneof![
        2 => one("category", "category", maybe(name(&["Redes", "redes", "Otra", "x"]).boxed())),
        2 => one("urgency", "urgency", maybe(id(5).boxed())),
        1 => one("service", "service", maybe(id(3).boxed())),
        1 => one("clients", "clients", clients.boxed()),
        2 => one("owner", "ownerId", owner.boxed()),
        1 => one("subject", "subject", text().prop_map(|text| json!(text)).boxed()),
        1 => one("type", "type", one_of(&["PUBLIC", "PUBLIC", "INTERNAL"]).prop_map(|kind| json!(kind)).boxed()),
        2 => one("solution", "solutionAt", maybe(due.boxed())),
        5 => (status(), prop::option::of(prop::option::of(id(3))), behalf()).prop_map(move |(status, justification, by)| {
            let mut body = json!({ "status": status, "updatedById": by });
            if let Some(justification) = justification {
                body["justification"] = json!(justification);
            }
            ("PATCH", patch("status"), body)
        }),
        4 => action.prop_map(|(kind, text, status, justification, at, by)| {
            let body = json!({
                "type": kind, "description": text, "status": status, "justification": justification, "createdAt": at,
                "createdById": by,
            });
            ("POST", "/actions".to_owned(), body)
        }),
        2 => (name(&["vip", "VIP", "caro", "lejos"]), behalf())
            .prop_map(|(tag, by)| ("POST", "/tags".to_owned(), json!({ "tag": tag, "updatedById": by }))),
        1 => (1..4_u32).prop_map(|tag| ("DELETE", format!("/tags/{tag}"), Value::Null)),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![
        4 => Just(Who::Admin),
        3 => Just(Who::Mesa),
        2 => Just(Who::Redes),
        10 => Just(Who::Token),
        1 => Just(Who::AdminHere),
        2 => Just(Who::RedesHere),
        2 => Just(Who::Requester),
        1 => Just(Who::System),
    ];
    let millis = prop_oneof![6 => 0..HOUR, 2 => HOUR..3 * DAY, 1 => 7 * DAY..20 * DAY, 1 => -HOUR..0];
    (who, millis, at_the_desk(), here()).prop_map(|(who, millis, desk, here)| Step { who, millis, desk, here })
}

/// Everybody, connected.
struct Callers {
    desk: [Client; 3],
    here: [Api; 3],
    nobody: Client,
}

impl Step {
    async fn take(&self, service: &Service, callers: &mut Callers, ticket: &Ticket) -> u16 {
        let named = |body: &Value| {
            let mut body = body.to_string();
            for (name, person) in [
                ("[admin]", &service.admin),
                ("[mesa]", &service.mesa),
                ("[redes]", &service.redes),
                ("[usuario]", &service.usuario),
            ] {
                body = body.replace(name, &person.id.to_string());
            }
            body
        };
        let mut by_desk = async |index: usize| {
            let (action, form) = &self.desk;
            let form: Value = serde_json::from_str(&named(form)).unwrap();
            callers.desk[index].ask(command(ticket, action, &form)).await
        };
        let answer: Answer = match self.who {
            Who::Admin => by_desk(0).await,
            Who::Mesa => by_desk(1).await,
            Who::Redes => by_desk(2).await,
            Who::Requester => callers.nobody.comment(ticket, "¿Alguna novedad?").await,
            Who::System => {
                service.engine.close_resolved().await.unwrap();
                service.engine.keep_time().await.unwrap();
                return 200;
            }
            Who::Token | Who::AdminHere | Who::RedesHere => {
                let index = match self.who {
                    Who::Token => 0,
                    Who::AdminHere => 1,
                    _ => 2,
                };
                let (method, rest, body) = &self.here;
                let path = format!("{TICKETS}/{}{rest}", ticket.uuid);
                let request = match body {
                    Value::Null => Request::new(method, &path),
                    body => request(method, &path, named(body)),
                };
                let answer = callers.here[index].ask(request).await;
                if answer.status < 300 && *method == "PATCH" {
                    // It answers what was asked for, with what it is then.
                    let (sent, told): (Value, _) = (serde_json::from_str(&named(body)).unwrap(), answer.json());
                    let by = sent["updatedById"].as_str().filter(|by| !by.trim().is_empty());
                    assert_eq!(told["updatedById"], json!(by));
                    let shown = callers.here[0].show(&ticket.uuid).await;
                    for (member, value) in told.as_object().unwrap() {
                        if !["updatedById", "solutionAt"].contains(&member.as_str()) {
                            assert_eq!(shown[member], *value, "{member}");
                        }
                    }
                }
                answer
            }
        };
        answer.status
    }
}

/// Asserts that both dialects and the history agree on a ticket.
async fn agree(service: &Service, callers: &mut Callers, ticket: &Ticket) {
    let engine = &service.engine;
    let state = engine.ticket(ticket.id()).await.unwrap();
    let history = engine.history(ticket.id()).await.unwrap();
    assert_eq!(State::replay(ticket.id(), history.iter().map(|new| &new.event)).unwrap(), state);

    let desk = callers.desk[0].detail(ticket).await;
    let desk = &desk["ticket"];
    let here = callers.here[0].show(&ticket.uuid).await;
    let name = |member: &str| here[member]["name"].clone();
    let index = ESTADOS.iter().position(|estado| desk["estado"] == *estado).unwrap();
    assert_eq!((&here["status"]["type"], &here["status"]["id"]), (&json!(STATUSES[index]), &json!(index + 1)));
    assert_eq!(name("category"), desk["categoria"]);
    assert_eq!(name("urgency"), desk["prioridad"]);
    assert_eq!(here["ownerId"], desk["agente_id"]);
    assert_eq!(here["subject"], desk["asunto"]);
    if here["ownerId"].is_null() {
        assert_eq!(name("ownerTeam"), desk["area_asignada"]);
    } else {
        assert_eq!(here["ownerTeam"], Value::Null);
    }
    let seconds = |member: &str| match here[member].as_str() {
        Some(instant) => json!(Timestamp::parse(instant).unwrap().seconds()),
        None => Value::Null,
    };
    for (member, field) in [
        ("createdAt", "creado_en"),
        ("updatedAt", "actualizado_en"),
        ("resolvedAt", "resuelto_en"),
        ("closedAt", "cerrado_en"),
        ("solutionAt", "fecha_limite_sla"),
    ] {
        assert_eq!(seconds(member), desk[field], "{member}");
    }
    let minutes = desk["sla_horas"].as_f64().map(|hours| (hours * 60.0).floor());
    assert_eq!(here["solutionTime"].as_f64(), minutes);
    // And the state itself.
    let names = |list: &Value| list.as_array().unwrap().iter().map(|item| text(&item["name"])).collect::<Vec<_>>();
    assert_eq!(names(&here["tags"]), state.tags);
    assert_eq!(name("service"), json!(state.attributes.service));
    assert_eq!(name("justification"), json!(state.justification));
    assert_eq!(here["type"], state.attributes.visibility.name());
    assert_eq!(here["realResponseAt"], json!(state.first_responded_at().map(|at| at.to_string())));
    assert_eq!(here["solutionChangedByUser"], state.sla.due_by_hand.is_some());
    let words = |kind| {
        history.iter().rev().find(|new| new.event.changes.reworded == Some(kind)).and_then(|new| new.text.clone())
    };
    if let Some(subject) = words(ticketing_core::ticket::Words::Subject) {
        assert_eq!(here["subject"], subject);
    }
    if let Some(clients) = words(ticketing_core::ticket::Words::Clients) {
        let clients: Vec<_> = clients.lines().collect();
        assert_eq!(here["clients"], json!(clients));
    }
    // A list has it as it is.
    let row = callers.here[0].list(&format!("{TICKETS}?q={}", ticket.label)).await;
    assert_eq!(row, std::slice::from_ref(&here));
    let tags: Vec<_> = names(&here["tags"]).into_iter().rev().collect();
    assert_eq!(names(&json!(callers.here[0].of_ticket(&ticket.uuid, "tags").await)), tags);

    // What was said is what both tell, and what the requester is told is the public part of it.
    let actions = callers.here[0].of_ticket(&ticket.uuid, "actions").await;
    let lines = callers.desk[0].history(ticket).await;
    for action in &actions {
        let line = lines.iter().find(|line| line["secuencia"] == action["id"]).unwrap();
        if action["id"] != 1 {
            assert_eq!(line["motivo"], action["description"]);
        }
        assert!(["CREACION", "ACTUALIZACION", "COMENTARIO"].contains(&line["accion"].as_str().unwrap()));
    }
    let replies = |action: &&Value| action["type"] == "PUBLIC" && action["origin"] != "OTHER" && action["id"] != 1;
    let last_reply = actions.iter().find(replies).map(|action| action["description"].clone());
    assert_eq!(last_reply, desk["respuesta_cliente"].as_str().map(|reply| json!(reply)));

    let changes = callers.here[0].of_ticket(&ticket.uuid, "status-changes").await;
    assert_eq!((&changes[0]["status"], &changes[0]["justification"]), (&here["status"], &here["justification"]));
    let sum: f64 = changes.iter().map(|change| change["permanencyTimeFullTime"].as_f64().unwrap()).sum();
    let age = seconds_of(engine.now().max(state.recorded_at).since(state.created_at));
    assert!((sum - age).abs() < 0.001, "{sum} and {age}");
    let owners = callers.here[0].of_ticket(&ticket.uuid, "owner-changes").await;
    let before = owners.first().map(|change| change["ownerId"].clone());
    let given: Vec<_> =
        history.iter().filter(|new| new.event.changes.assignee.is_some() || new.event.changes.area.is_some()).collect();
    assert_eq!(owners.len(), given.len());
    if let (Some(before), Some(new)) = (before, given.last()) {
        let was = new.event.changes.assignee.as_ref().map_or(state.assignee, |change| change.before);
        assert_eq!(before, json!(was.map(|id| id.0)));
    }
    // The requester.
    let look_up = json!({ "label": ticket.label, "email": ticket.email });
    let seen = callers.nobody.post("/api/tickets/consultar", &look_up).await;
    if here["type"] == "INTERNAL" {
        seen.problem(404, "ticket-not-found");
    } else {
        let (seen, last) = (seen.ok(), history.iter().rev().find(|new| new.event.public).unwrap());
        assert_eq!(seen["estadoNombre"], desk["estado"]);
        assert_eq!(
            (&seen["ultimaAccion"], &seen["ultimoMotivo"]),
            (&json!(last.event.action.name()), &json!(last.text))
        );
        assert_eq!(seen["respuestaCliente"], desk["respuesta_cliente"]);
    }
}

/// Asserts that what counters say is what there is.
async fn counts_agree(callers: &mut Callers) {
    let mut all: HashMap<String, u32> = HashMap::new();
    let mut page = 1;
    let mut total = 0;
    loop {
        let answer = callers.here[0].get(&format!("{TICKETS}?size=100&page={page}")).await;
        let tickets = super::api::items(&answer);
        let so_many: u32 = answer.header("x-total").unwrap().parse().unwrap();
        for ticket in &tickets {
            *all.entry(ticket["status"]["id"].to_string()).or_default() += 1;
            total += 1;
        }
        if tickets.is_empty() {
            assert_eq!(total, so_many);
            break;
        }
        page += 1;
    }
    for id in 1..=6 {
        let answer = callers.here[0].get(&format!("{TICKETS}?statusId={id}&size=1")).await;
        let counted: u32 = answer.header("x-total").unwrap().parse().unwrap();
        assert_eq!(counted, all.get(&id.to_string()).copied().unwrap_or_default());
    }
}

#[test]
fn prop_whatever_is_done_in_either_dialect_both_read_what_the_history_comes_to() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let service = runtime.block_on(Service::start());
    let callers = runtime.block_on(async {
        for name in ["Falta un repuesto", "Vacaciones"] {
            offer(&service, ReferenceKind::Justification, name).await;
            offer(&service, ReferenceKind::Service, name).await;
        }
        let token = Api::of(&service).await;
        let here = [token, Api::staff(&service, &service.admin).await, Api::staff(&service, &service.redes).await];
        let desk = [
            service.client(&service.admin).await,
            service.client(&service.mesa).await,
            service.client(&service.redes).await,
        ];
        RefCell::new(Callers { desk, here, nobody: service.nobody().await })
    });
    let config = Config { cases: scaled(40), failure_persistence: None, ..Config::default() };
    let statuses = RefCell::new(BTreeMap::<u16, u32>::new());
    let steps = (any::<bool>(), prop::collection::vec(any_step(), 1..60));
    let outcome = TestRunner::new(config).run(&steps, |(is_here, steps)| {
        let callers = &mut *callers.borrow_mut();
        runtime.block_on(async {
            service.rewind();
            let ticket = if is_here {
                let form =
                    json!({ "clients": ["ana@example.com"], "subject": "x", "firstAction": { "description": "Ay" } });
                super::api::at_desk(&callers.here[0].create(&form).await)
            } else {
                service.ticket_of("REDES").await
            };
            for step in &steps {
                service.pass(step.millis);
                let before = service.engine.history(ticket.id()).await.unwrap();
                let status = step.take(&service, callers, &ticket).await;
                *statuses.borrow_mut().entry(status).or_default() += 1;
                prop_assert!(status < 500, "{status}: {step:?}");
                let after = service.engine.history(ticket.id()).await.unwrap();
                prop_assert_eq!(&after[..before.len()], &before[..], "what has happened stays");
                let new: Vec<_> = after[before.len()..].iter().filter(|new| !new.event.action.is_of_clocks()).collect();
                prop_assert!(status < 300 || new.is_empty(), "{status}: {step:?}");
                for new in new {
                    // The token is named whoever it was for.
                    if matches!(step.who, Who::Token) && new.event.author.role != ticketing_core::ticket::Role::System {
                        prop_assert_eq!(new.event.author.role.name(), "TOKEN");
                        let said =
                            step.here.2.get("updatedById").or(step.here.2.get("createdById")).and_then(Value::as_str);
                        let by = said.filter(|by| !by.trim().is_empty());
                        prop_assert_eq!(new.on_behalf.as_deref(), by, "{:?}", step);
                    }
                }
            }
            agree(&service, callers, &ticket).await;
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    runtime.block_on(counts_agree(&mut callers.borrow_mut()));
    // Every kind of answer was among them.
    let statuses = statuses.into_inner();
    if scaled(40) >= 40 {
        for status in [200, 201, 400, 403, 409] {
            assert!(statuses.contains_key(&status), "{statuses:?}");
        }
    }
}
