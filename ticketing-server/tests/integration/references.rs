//! What has an id: found or made by its name, and offered to those who look.

use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, offer, text},
    common::{desk::Service, seed_with},
};

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| text(&item["name"])).collect()
}

#[tokio::test]
async fn a_new_desk_offers_what_its_rules_know() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let urgencies = api.get("/v2/urgencies").await.ok();
    assert_eq!(names(&urgencies), ["CRITICA", "ALTA", "MEDIA", "BAJA"]);
    let ids: Vec<_> = urgencies.as_array().unwrap().iter().map(|urgency| urgency["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert_eq!(api.get("/v2/teams").await.ok()[0], json!({ "id": 1, "name": "MESA DE AYUDA" }));
    for nothing in ["categories", "services", "justifications", "tags"] {
        assert_eq!(api.get(&format!("/v2/{nothing}")).await.ok(), json!([]));
    }
    let statuses = api.get("/v2/statuses").await.ok();
    assert_eq!(statuses.as_array().unwrap().len(), 6);
    assert_eq!(statuses[3], json!({ "id": 4, "name": "RESOLVED", "type": "RESOLVED" }));
}

#[tokio::test]
async fn agents_are_those_to_whom_a_ticket_may_be_given() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let gone = service.enter("Gonzalo Ido", "MESA", None).await;
    service.deactivate(&gone).await;
    let agents = api.get("/v2/agents").await.ok();
    assert_eq!(names(&agents), ["Ada Administra", "Mario Mesa", "Rita Redes", "Simón Sistemas"]);
    assert_eq!(agents[1], json!({ "id": service.mesa.id, "name": "Mario Mesa" }));
}

#[tokio::test]
async fn a_name_is_found_before_it_is_made() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let redes = json!({ "id": 1, "name": "Redes" });
    for name in ["Redes", " Redes ", "REDES", "rédes"] {
        let made = api.create(&json!({ "category": { "name": name }, "tags": [{ "name": name }] })).await;
        assert_eq!((&made["category"], &made["tags"]), (&redes, &json!([redes])), "{name}");
    }
    let id = api.ticket(&json!({})).await;
    let answer = api.change(&id, "category", &json!({ "category": { "name": "redes" } })).await.ok();
    assert_eq!(answer["category"], redes);
    assert_eq!(api.get("/v2/categories").await.ok(), json!([redes]));
    // What is refused is not made.
    api.set(&id, 6).await.ok();
    api.change(&id, "category", &json!({ "category": { "name": "Otra" } })).await.error(409, "DUPLICATED");
    assert_eq!(api.get("/v2/categories").await.ok(), json!([redes]));
}

#[tokio::test]
async fn what_a_requester_wrote_has_an_id_and_is_not_offered() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let form = seed_with(&json!({ "categoria": "Cosas mías", "prioridad": "rara", "areaAsignada": "Un área mía" }));
    let ticket = service.nobody().await.create(&form).await;
    let shown = api.show(&ticket.uuid).await;
    assert_eq!((&shown["category"]["name"], &shown["urgency"]["name"]), (&json!("Cosas mías"), &json!("rara")));
    assert_eq!(shown["ownerTeam"]["name"], "Un área mía");
    for list in ["categories", "urgencies", "teams"] {
        let offered = api.get(&format!("/v2/{list}")).await.ok().to_string();
        assert!(!offered.contains("mía") && !offered.contains("MÍA") && !offered.contains("rara"), "{offered}");
    }
    // Its id is one: what is seen may be sent back, and filtered by.
    let other = api.ticket(&json!({})).await;
    api.change(&other, "category", &json!({ "category": shown["category"] })).await.ok();
    let found = api.list(&format!("/v2/tickets?categoryId={}", shown["category"]["id"])).await;
    assert_eq!(found.len(), 2);
    let found = api.list(&format!("/v2/tickets?teamId={}", shown["ownerTeam"]["id"])).await;
    assert_eq!(found.len(), 1);
    assert_eq!(api.get("/v2/categories").await.ok(), json!([]));
    // Another system that names it makes it.
    let made = api.create(&json!({ "category": { "name": "Cosas mías" } })).await;
    assert_eq!(made["category"], shown["category"]);
    assert_eq!(api.get("/v2/categories").await.ok(), json!([shown["category"]]));
}

#[tokio::test]
async fn what_staff_write_is_offered() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut mesa = service.client(&service.mesa).await;
    let form = seed_with(&json!({ "categoria": "Correo", "prioridad": "urgente", "areaAsignada": "compras" }));
    let ticket = mesa.create(&form).await;
    assert_eq!(names(&api.get("/v2/categories").await.ok()), ["Correo"]);
    // What the rules know goes by its own name.
    assert_eq!(names(&api.get("/v2/urgencies").await.ok()), ["CRITICA", "ALTA", "MEDIA", "BAJA"]);
    let form = json!({ "nuevaPrioridad": "inmediata", "nuevaCategoria": "Telefonía", "motivo": "Es eso" });
    mesa.command(&ticket, "reclasificar", &form).await.ok();
    let form = json!({ "nuevaPrioridad": "Inmediata", "nuevaCategoria": "telefonia", "motivo": "Es eso" });
    mesa.command(&ticket, "reclasificar", &form).await.ok();
    assert_eq!(names(&api.get("/v2/categories").await.ok()), ["Correo", "Telefonía"], "however it is spelt");
    assert_eq!(names(&api.get("/v2/urgencies").await.ok())[4..], ["inmediata"]);
    mesa.command(&ticket, "transferir", &json!({ "nuevaArea": " Bodega  Norte ", "agenteId": "", "motivo": "Allá" }))
        .await
        .ok();
    mesa.command(&ticket, "actualizar", &json!({ "area": "bodega norte" })).await.ok();
    // The areas that users work are there, too.
    service.enter("Carla Calidad", "AREA", Some("Calidad")).await;
    let teams = names(&api.get("/v2/teams").await.ok());
    let known = ["MESA DE AYUDA", "SISTEMAS", "SOPORTE TÉCNICO", "REDES", "INFRAESTRUCTURA", "DESARROLLO"];
    assert!(known.iter().all(|area| teams.contains(&(*area).to_owned())), "{teams:?}");
    let mut others: Vec<_> = teams.iter().filter(|team| !known.contains(&team.as_str())).collect();
    others.sort_unstable();
    assert_eq!(others, ["BODEGA NORTE", "CALIDAD", "COMPRAS"]);
}

/// An area is one team, however it is spelt.
#[tokio::test]
async fn a_team_has_one_id() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let bodega = offer(&service, ReferenceKind::Team, "Bodega  ñ").await;
    let ticket = service.ticket_of("bodega Ñ").await;
    assert_eq!(api.show(&ticket.uuid).await["ownerTeam"], json!({ "id": bodega["id"], "name": "bodega Ñ" }));
    let mut ids = Vec::new();
    for area in ["REDES", "redes", " Redes ", "MESA", "Mesa de  Ayuda", "Café", "CAFÉ ", "Cafe"] {
        let ticket = service.ticket_of(area).await;
        ids.push(api.show(&ticket.uuid).await["ownerTeam"]["id"].as_u64().unwrap());
    }
    assert_eq!(ids, [ids[0], ids[0], ids[0], ids[3], ids[3], ids[5], ids[5], ids[7]]);
    for (index, tickets) in [(0, 3), (3, 2), (5, 2), (7, 1)] {
        assert_eq!(api.list(&format!("/v2/tickets?teamId={}", ids[index])).await.len(), tickets);
    }
}

#[tokio::test]
async fn what_the_command_line_offers_is_offered() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let correo = offer(&service, ReferenceKind::Service, "Correo").await;
    let reason = offer(&service, ReferenceKind::Justification, "Vacaciones").await;
    assert_eq!(offer(&service, ReferenceKind::Service, "Correo").await, correo, "once more is the same");
    assert_eq!(api.get("/v2/services").await.ok(), json!([correo]));
    assert_eq!(api.get("/v2/justifications").await.ok(), json!([reason]));
    let made = api.create(&json!({ "service": correo, "justification": { "id": 1 }, "status": { "id": 3 } })).await;
    assert_eq!((&made["service"], &made["justification"]), (&correo, &reason));
    // Another process has the same ids.
    let beside = service.beside().await;
    assert_eq!(beside.offer(ReferenceKind::Service, "Correo").await.unwrap(), 1);
    assert_eq!(beside.offer(ReferenceKind::Service, "Red").await.unwrap(), 2);
}
