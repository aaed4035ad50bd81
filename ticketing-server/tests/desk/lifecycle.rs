//! What may be done to a ticket, by whom, where it stands, and where it stands after that: the lifecycle's table over HTTP.

use serde_json::{Value, json};
use ticketing_core::{
    Command, Status, TicketId,
    ticket::{
        Reason, Role,
        lifecycle::{self, Denied, Operation},
    },
};

use super::common::desk::{Client, Person, Service, Ticket};

/// Where a ticket may stand: archiving closes those that are open.
fn places() -> impl Iterator<Item = (Status, bool)> {
    let archived = [Status::Resolved, Status::Closed, Status::Canceled].map(|status| (status, true));
    Status::ALL.map(|status| (status, false)).into_iter().chain(archived)
}

fn operations() -> impl Iterator<Item = Operation> {
    // To describe a ticket is the other dialect's.
    let named = Operation::NAMED.into_iter().filter(|operation| *operation != Operation::Describe);
    let of_the_desk = named.filter(|operation| {
        Role::ALL
            .into_iter()
            .any(|role| role != Role::Requester && role != Role::System && lifecycle::may(*operation, role))
    });
    Status::ALL.map(Operation::SetStatus).into_iter().chain(of_the_desk)
}

/// A new ticket of the area REDES, brought there.
async fn ticket_at(service: &Service, (status, archived): (Status, bool)) -> Ticket {
    let ticket = service.ticket_of("REDES").await;
    let admin = &service.admin.actor;
    if status != Status::Open {
        let update = Command::Update { status: Some(status), priority: None, area: None, reply: None };
        service.engine.execute(ticket.id(), admin, update).await.unwrap();
    }
    if archived {
        let archive = Command::Archive { reason: Reason::new("Ya está").unwrap() };
        service.engine.execute(ticket.id(), admin, archive).await.unwrap();
    }
    assert_eq!(place(service, ticket.id()).await, (status, archived));
    ticket
}

async fn place(service: &Service, id: TicketId) -> (Status, bool) {
    let ticket = service.engine.ticket(id).await.unwrap();
    (ticket.status, ticket.is_archived())
}

/// A form whose values are all right, and all new to the ticket but its status.
fn form(operation: Operation, agent: &Person) -> Value {
    match operation {
        Operation::SetStatus(status) => json!({ "estado": status.name() }),
        Operation::Edit => json!({ "prioridad": "MEDIA" }),
        Operation::Reply => json!({ "respuesta": "Ya lo estamos revisando" }),
        Operation::Assign => json!({ "agenteId": agent.id, "motivo": "Le toca" }),
        Operation::Transfer => json!({ "nuevaArea": "DESARROLLO", "motivo": "Es de ellos" }),
        Operation::Reclassify => json!({ "nuevaPrioridad": "BAJA", "nuevaCategoria": "Otra", "motivo": "Es otra" }),
        Operation::Cancel => json!({ "motivo": "Ya no hace falta", "rol": "AGENTE" }),
        _ => json!({ "motivo": "Porque sí" }),
    }
}

#[tokio::test]
async fn every_operation_from_every_status_by_every_role_does_what_the_table_says() {
    let service = Service::start().await;
    let mut clients: Vec<(&Person, Client)> = Vec::new();
    for person in [&service.admin, &service.mesa, &service.redes] {
        clients.push((person, service.client(person).await));
    }
    let (mut done, mut refused, mut forbidden) = (0, 0, 0);
    for (status, archived) in places() {
        let mut ticket = ticket_at(&service, (status, archived)).await;
        for operation in operations() {
            for (person, client) in &mut clients {
                let role = person.role();
                let case = format!("{operation:?} by {role:?} from {status:?}, archived: {archived}");
                let before = service.engine.ticket(ticket.id()).await.unwrap();
                let answer = client.command(&ticket, operation.name(), &form(operation, &service.admin)).await;
                let after = service.engine.ticket(ticket.id()).await.unwrap();
                match lifecycle::after(operation, status, archived, role) {
                    Ok(to) => {
                        done += 1;
                        assert_eq!(answer.status, 200, "{case}: {answer}");
                        let is_archived = match operation {
                            Operation::Archive => true,
                            Operation::Unarchive => false,
                            _ => archived,
                        };
                        assert_eq!((after.status, after.is_archived()), (to, is_archived), "{case}");
                        let is_the_same = operation == Operation::SetStatus(status);
                        assert_eq!(after.version, before.version + u32::from(!is_the_same), "{case}");
                        if !is_the_same {
                            ticket = ticket_at(&service, (status, archived)).await;
                        }
                    }
                    Err(Denied::Role) => {
                        forbidden += 1;
                        answer.problem(403, "forbidden");
                        assert_eq!(after, before, "{case}");
                    }
                    Err(Denied::Status) => {
                        refused += 1;
                        let problem = answer.problem(409, "not-allowed");
                        assert_eq!(problem["allowed"], json!(lifecycle::allowed(status, archived, role)), "{case}");
                        assert_eq!(after, before, "{case}");
                    }
                }
            }
        }
    }
    // Nine places, 16 operations, three roles; and none of the three outcomes is rare.
    assert_eq!(done + refused + forbidden, 9 * 16 * 3);
    assert!(done > 100 && refused > 100 && forbidden > 50, "{done}, {refused}, {forbidden}");
}

/// The contract's sentences on `actualizar`, without the table.
#[tokio::test]
async fn a_status_may_be_set_as_the_contract_says() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let mut redes = service.client(&service.redes).await;
    let open = ["ABIERTO", "EN_PROCESO", "PAUSADO"];
    for from in Status::ALL {
        for to in Status::ALL.map(Status::name) {
            let ticket = ticket_at(&service, (from, false)).await;
            let (from, form) = (from.name(), json!({ "estado": to }));
            let is_reopening = ["RESUELTO", "CERRADO"].contains(&from) && open.contains(&to);
            let is_taken = open.contains(&from) || from == to || is_reopening || (from, to) == ("RESUELTO", "CERRADO");
            if is_reopening {
                redes.command(&ticket, "actualizar", &form).await.problem(403, "forbidden");
            }
            let client = if is_reopening { &mut admin } else { &mut redes };
            let answer = client.command(&ticket, "actualizar", &form).await;
            assert_eq!(answer.status, if is_taken { 200 } else { 409 }, "{from} → {to}: {answer}");
            let shown = client.shown(&ticket).await;
            assert_eq!(shown["estado"], if is_taken { to } else { from }, "{from} → {to}");
        }
    }
}

#[tokio::test]
async fn a_status_is_read_as_clients_write_it_and_told_as_it_is() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for (spelling, estado) in [
        ("EN PROCESO", "EN_PROCESO"),
        ("en proceso", "EN_PROCESO"),
        ("En_Proceso", "EN_PROCESO"),
        (" resuelto\n", "RESUELTO"),
        ("pausado", "PAUSADO"),
        ("Cancelado", "CANCELADO"),
        ("cErRaDo", "CERRADO"),
    ] {
        let ticket = service.ticket().await;
        mesa.set(&ticket, spelling).await;
        assert_eq!(mesa.shown(&ticket).await["estado"], estado);
        assert_eq!(mesa.last_line(&ticket).await["estado_despues"], estado);
    }
    for spelling in ["pendiente", "PENDIENTE", "abierto"] {
        let ticket = service.ticket().await;
        mesa.set(&ticket, "EN_PROCESO").await;
        mesa.set(&ticket, spelling).await;
        assert_eq!(mesa.shown(&ticket).await["estado"], "ABIERTO");
    }
}

#[tokio::test]
async fn what_reopens_a_ticket_may_change_it_too_and_what_does_not_may_not() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for from in [Status::Resolved, Status::Closed] {
        let ticket = ticket_at(&service, (from, false)).await;
        for form in
            [json!({ "prioridad": "BAJA" }), json!({ "area": "MESA" }), json!({ "estado": "CERRADO", "area": "MESA" })]
        {
            mesa.command(&ticket, "actualizar", &form).await.problem(409, "not-allowed");
        }
        let form = json!({ "respuesta": "Quedó resuelto ayer" });
        mesa.command(&ticket, "actualizar", &form).await.ok();
        let form =
            json!({ "estado": "EN PROCESO", "prioridad": "BAJA", "area": "MESA", "respuesta": "Lo vemos otra vez" });
        mesa.command(&ticket, "actualizar", &form).await.ok();
        let shown = mesa.shown(&ticket).await;
        assert_eq!((&shown["estado"], &shown["prioridad"]), (&json!("EN_PROCESO"), &json!("BAJA")));
        assert_eq!(shown["area_asignada"], "MESA DE AYUDA");
    }
}

/// An area's people lose sight of a ticket that they give away.
#[tokio::test]
async fn who_gives_a_ticket_to_another_area_has_had_it() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let mut redes = service.client(&service.redes).await;
    redes.command(&ticket, "actualizar", &json!({ "area": "sistemas" })).await.ok();
    redes.get(&ticket.path()).await.problem(403, "foreign-area");
    let form = json!({ "respuesta": "Nos despedimos" });
    redes.command(&ticket, "actualizar", &form).await.problem(403, "foreign-area");
    let mut sistemas = service.client(&service.sistemas).await;
    assert_eq!(sistemas.last_line(&ticket).await["actor_nombre"], "Rita Redes");
    sistemas.command(&ticket, "actualizar", &form).await.ok();
}

/// Whose the ticket is, is asked before where it stands: a refusal tells that.
#[tokio::test]
async fn people_of_another_area_are_not_told_where_a_ticket_stands() {
    let service = Service::start().await;
    let mut sistemas = service.client(&service.sistemas).await;
    for place in places() {
        let ticket = ticket_at(&service, place).await;
        for operation in operations().filter(|operation| lifecycle::may(*operation, service.sistemas.role())) {
            let answer = sistemas.command(&ticket, operation.name(), &form(operation, &service.admin)).await;
            let problem = answer.problem(403, "foreign-area");
            assert_eq!(problem["detail"], "No autorizado para acceder a este ticket");
            assert_eq!(problem.get("allowed"), None);
        }
    }
}
