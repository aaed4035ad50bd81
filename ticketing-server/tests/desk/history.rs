//! Whatever is done to a ticket over HTTP, and by whomever: what the desk reads is what its history comes to.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::common::{
    desk::{Client, DAY, HOUR, Person, Service, Ticket, command},
    scaled,
};

/// Who does something.
#[derive(Clone, Copy, Debug)]
enum Who {
    Admin,
    Mesa,
    Redes,
    Sistemas,
    Usuario,
    Requester,
    System,
}

/// What they do.
#[derive(Clone, Debug)]
struct Step {
    who: Who,
    millis: i64,
    action: &'static str,
    form: Value,
    /// Names a version: the one that there is, or one before.
    version: Option<bool>,
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![
        6 => Just(Who::Admin),
        4 => Just(Who::Mesa),
        3 => Just(Who::Redes),
        1 => Just(Who::Sistemas),
        1 => Just(Who::Usuario),
        2 => Just(Who::Requester),
        1 => Just(Who::System),
    ];
    let millis = prop_oneof![6 => 0..HOUR, 2 => HOUR..3 * DAY, 1 => 7 * DAY..20 * DAY, 1 => -HOUR..0];
    let version = prop_oneof![8 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    (who, millis, any_order(), version).prop_map(|(who, millis, (action, form), version)| Step {
        who,
        millis,
        action,
        form,
        version,
    })
}

fn any_order() -> impl Strategy<Value = (&'static str, Value)> {
    fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(values)
    }
    let estado =
        || one_of(&["ABIERTO", "en proceso", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO", "pendiente", "HECHO"]);
    let priority = || one_of(&["ALTA", "Crítica", "urgente", "baja", "rara", "123456789012345678901"]);
    let area = || one_of(&["MESA", "mesa de  ayuda", "REDES", "redes", "Redes", "Sistemas", "Compras"]);
    // Names, which become ids when it is known whose.
    let agent = || one_of(&["[admin]", "[mesa]", "[redes]", "[sistemas]", "[usuario]", "7", ""]);
    let text = || prop_oneof![9 => "[ -~áéñ🦀\n]{5,30}", 1 => one_of(&["", "x"]).prop_map(str::to_owned)];
    let update = (
        prop::option::of(estado()),
        prop::option::weighted(0.3, priority()),
        prop::option::weighted(0.3, area()),
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
        2 => (priority(), one_of(&["Redes", "Correo", "x"]), text()).prop_map(|(priority, category, text)| {
            ("reclasificar", json!({ "nuevaPrioridad": priority, "nuevaCategoria": category, "motivo": text }))
        }),
        2 => text().prop_map(|text| ("pausar", json!({ "motivo": text }))),
        3 => text().prop_map(|text| ("reabrir", json!({ "motivo": text }))),
        1 => (text(), one_of(&["USUARIO", "AGENTE", "ADMIN"]))
            .prop_map(|(text, rol)| ("cancelar", json!({ "motivo": text, "rol": rol }))),
        1 => text().prop_map(|text| ("archivar", json!({ "motivo": text }))),
        3 => text().prop_map(|text| ("desarchivar", json!({ "motivo": text }))),
    ]
}

impl Step {
    /// Does it, and answers the status of what is said to that.
    async fn take(&self, service: &Service, clients: &mut [Client; 5], ticket: &Ticket, revision: u32) -> u16 {
        let client = match self.who {
            Who::Admin => &mut clients[0],
            Who::Mesa => &mut clients[1],
            Who::Redes => &mut clients[2],
            Who::Sistemas => &mut clients[3],
            Who::Usuario => &mut clients[4],
            Who::Requester => {
                let text = self.form.get("motivo").and_then(Value::as_str).unwrap_or("¿Alguna novedad?");
                return clients[4].comment(ticket, text).await.status;
            }
            Who::System => {
                service.engine.close_resolved().await.unwrap();
                return 200;
            }
        };
        let mut form = self.form.to_string();
        for (name, person) in [
            ("[admin]", &service.admin),
            ("[mesa]", &service.mesa),
            ("[redes]", &service.redes),
            ("[sistemas]", &service.sistemas),
            ("[usuario]", &service.usuario),
        ] {
            form = form.replace(name, &person.id.to_string());
        }
        let request = command(ticket, self.action, &serde_json::from_str(&form).unwrap());
        let request = match self.version {
            None => request,
            Some(is_current) => {
                request.header("If-Match", &format!("\"{}\"", if is_current { revision } else { revision - 1 }))
            }
        };
        client.ask(request).await.status
    }
}

/// Asserts that what the desk reads of a ticket is its stored state, and that state its stored history. Answers its revision.
async fn agrees(service: &Service, client: &mut Client, ticket: &Ticket) -> u32 {
    let state = service.engine.ticket(ticket.id()).await.unwrap();
    let stored = service.engine.history(ticket.id()).await.unwrap();
    let replayed = ticketing_core::Ticket::replay(ticket.id(), stored.iter().map(|new| &new.event)).unwrap();
    assert_eq!(replayed, state);

    let answer = client.get(&ticket.path()).await;
    assert_eq!(answer.header("etag"), Some(&*format!("\"{}\"", state.revision)));
    let detail = answer.ok();
    let (shown, lines) = (&detail["ticket"], detail["historial"].as_array().unwrap());
    assert_eq!(stored.len(), usize::try_from(state.version).unwrap());
    let told: Vec<_> = stored.iter().filter(|new| !new.event.action.is_of_clocks()).collect();
    assert_eq!(lines.len(), told.len());
    let rules = service.engine.rules();
    let reply = state.reply.map(|seq| stored[usize::try_from(seq).unwrap() - 1].text.clone());
    for (field, value) in [
        ("estado", json!(state.status.name())),
        ("prioridad", json!(state.attributes.priority)),
        ("categoria", json!(state.attributes.category)),
        ("area_asignada", json!(rules.desk_area(&state.attributes.area))),
        ("agente_id", json!(state.assignee.map(|id| id.0))),
        ("agente_nombre", json!(state.assignee.and_then(|id| service.engine.user_name(id)))),
        ("respuesta_cliente", json!(reply)),
        ("creado_en", json!(state.created_at.seconds())),
        ("actualizado_en", json!(state.updated_at.seconds())),
        ("resuelto_en", json!(state.resolved_at.map(ticketing_core::Timestamp::seconds))),
        ("cerrado_en", json!(state.closed_at.map(ticketing_core::Timestamp::seconds))),
        ("archivado_en", json!(state.archived_at.map(ticketing_core::Timestamp::seconds))),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    is_told(shown, lines);
    for (line, stored) in lines.iter().zip(&told) {
        assert_eq!(line["secuencia"], stored.event.seq);
        assert_eq!(line["motivo"], json!(stored.text));
        assert_eq!(line["fecha"], json!(stored.event.recorded_at.seconds()));
    }

    let found = client.look_up(ticket).await;
    assert_eq!(found["estadoNombre"], shown["estado"]);
    assert_eq!(found["respuestaCliente"], shown["respuesta_cliente"]);
    let last = lines.last().unwrap();
    for (public, column) in [
        ("ultimaAccion", "accion"),
        ("ultimoMotivo", "motivo"),
        ("ultimoActorNombre", "actor_nombre"),
        ("ultimoActorRol", "actor_rol"),
        ("estadoAntes", "estado_antes"),
        ("estadoDespues", "estado_despues"),
        ("prioridadAntes", "prioridad_antes"),
        ("prioridadDespues", "prioridad_despues"),
    ] {
        assert_eq!(found[public], last[column], "{public}");
    }
    let row = &client.rows(&format!("/api/tickets/dashboard-metricas?q={}", ticket.label)).await[0];
    for name in ["uuid", "estado", "area_asignada", "categoria", "actualizado_en", "horas_restantes_sla", "sla_vencido"]
    {
        assert_eq!(row[name], shown[name], "{name}");
    }
    state.revision
}

/// Asserts that whoever reads the lines from first to last comes to what is shown: what one line leaves is what the next finds.
fn is_told(shown: &Value, lines: &[Value]) {
    for (name, column) in
        [("estado", "estado"), ("prioridad", "prioridad"), ("area_asignada", "area"), ("agente_nombre", "agente")]
    {
        let (mut value, was, is) = (Value::Null, format!("{column}_antes"), format!("{column}_despues"));
        for line in lines {
            let is_silent = line[&was].is_null() && line[&is].is_null();
            if !is_silent {
                assert_eq!(line[&was], value, "{column}: {line}");
                assert_ne!(line[&is], value, "{column}: {line}");
                value = line[&is].clone();
            }
        }
        assert_eq!(value, shown[name], "{column}");
    }
    let archived =
        lines.iter().rev().find(|line| ["ARCHIVADO", "DESARCHIVADO"].contains(&line["accion"].as_str().unwrap()));
    assert_eq!(archived.is_some_and(|line| line["accion"] == "ARCHIVADO"), !shown["archivado_en"].is_null());
}

#[test]
fn prop_whatever_is_done_the_desk_reads_what_the_history_comes_to() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let service = runtime.block_on(Service::start());
    let config = Config { cases: scaled(40), failure_persistence: None, ..Config::default() };
    let statuses = RefCell::new(BTreeMap::<u16, u32>::new());
    let steps = prop::collection::vec(any_step(), 1..50);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let people: [&Person; 5] =
                [&service.admin, &service.mesa, &service.redes, &service.sistemas, &service.usuario];
            let mut clients = Vec::new();
            for person in people {
                clients.push(service.client(person).await);
            }
            let Ok(mut clients) = <[Client; 5]>::try_from(clients) else { unreachable!() };
            service.rewind();
            let ticket = service.ticket_of("REDES").await;
            let (mut seen, mut revision) = (1, 1);
            for step in &steps {
                service.pass(step.millis);
                let status = step.take(&service, &mut clients, &ticket, revision).await;
                *statuses.borrow_mut().entry(status).or_default() += 1;
                prop_assert!(status < 500, "{status}: {step:?}");
                // A version for conditions is the last that was not its clocks' own.
                let state = service.engine.ticket(ticket.id()).await.unwrap();
                // What clocks came to meanwhile is noted as well, and nobody's doing.
                let history = service.engine.history(ticket.id()).await.unwrap();
                let new = history.iter().filter(|new| new.event.seq > seen && !new.event.action.is_of_clocks());
                let is_done = u32::try_from(new.count()).unwrap();
                prop_assert!(is_done <= u32::from(status == 200), "{status}, {is_done}: {step:?}");
                if step.version == Some(false) && is_done > 0 {
                    prop_assert!(matches!(step.who, Who::Requester | Who::System), "{step:?}");
                }
                (seen, revision) = (state.version, state.revision);
            }
            agrees(&service, &mut clients[0], &ticket).await;
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // Every kind of answer was among them.
    let statuses = statuses.into_inner();
    if scaled(40) >= 40 {
        for status in [200, 403, 409, 412, 422] {
            assert!(statuses.contains_key(&status), "{statuses:?}");
        }
    }
}
