//! Tags: each once, found or made by their names.

use serde_json::{Value, json};

use super::{
    api::{Api, TICKETS, at_desk, text},
    common::desk::Service,
};

fn tags_of(id: &str) -> String {
    format!("{TICKETS}/{id}/tags")
}

#[tokio::test]
async fn a_tag_is_added_once_and_taken_away() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let made = api.create(&json!({ "clients": ["ana@example.com"] })).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let path = tags_of(&id);
    let vip = json!({ "id": 1, "name": "VIP" });
    let body = json!({ "tag": { "name": " VIP " }, "updatedById": " u7 " });
    assert_eq!(api.post(&path, &body).await.ok(), json!({ "tag": vip, "updatedById": " u7 " }));
    let mut mesa = service.client(&service.mesa).await;
    let line = mesa.last_line(&ticket).await;
    let told = [&line["accion"], &line["comentario"], &line["actor_nombre"]];
    assert_eq!(told, [&json!("ACTUALIZACION"), &json!("tags: +VIP; en nombre de  u7 "), &json!("crm")]);
    // By its id, by its name, in whatever letters: it is there.
    for tag in [json!({ "id": 1 }), json!({ "name": "VIP" }), json!({ "name": "víp" }), json!({ "id": 1, "name": "x" })]
    {
        assert_eq!(api.post(&path, &json!({ "tag": tag })).await.ok(), json!({ "tag": vip, "updatedById": null }));
    }
    assert_eq!(mesa.history(&ticket).await.len(), 2);
    api.post(&path, &json!({ "tag": { "name": "alfa" } })).await.ok();
    let alfa = json!({ "id": 2, "name": "alfa" });
    assert_eq!(api.list(&path).await, [alfa.clone(), vip.clone()], "newest first");
    assert_eq!(api.show(&id).await["tags"], json!([vip, alfa]));
    assert_eq!(api.get("/v2/tags").await.ok(), json!([vip, alfa]));

    let answer = api.delete(&format!("{path}/1?updatedById=%20u8%20")).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(api.list(&path).await, [alfa]);
    let line = mesa.last_line(&ticket).await;
    assert_eq!(line["comentario"], "tags: −VIP; en nombre de  u8 ");
    for tag in ["1", "3", "0", "x", "-1", "2147483648", "1.0"] {
        api.delete(&format!("{path}/{tag}")).await.error(404, "NOT_FOUND");
    }
    let behalf = "x".repeat(101);
    api.delete(&format!("{path}/2?updatedById={behalf}")).await.is_invalid(&[("updatedById", "too-long")]);
    assert_eq!(api.delete(&format!("{path}/2?updatedById=")).await.status, 204);
    assert_eq!(api.list(&path).await, [] as [Value; 0]);
    // The requester is told of none of it.
    let seen = mesa.look_up(&ticket).await;
    assert_eq!((&seen["ultimaAccion"], &seen["actualizadoEn"]), (&json!("CREACION"), &seen["creadoEn"]));
}

#[tokio::test]
async fn a_tag_of_the_wrong_form_is_none() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    for (tag, at, code) in [
        (json!(null), "tag", "required"),
        (json!("vip"), "tag", "wrong-type"),
        (json!([]), "tag", "wrong-type"),
        (json!({}), "tag.id", "required"),
        (json!({ "id": 9 }), "tag.id", "unknown-reference"),
        (json!({ "id": "1" }), "tag.id", "wrong-type"),
        (json!({ "name": "" }), "tag.name", "required"),
        (json!({ "name": 7 }), "tag.name", "wrong-type"),
        (json!({ "name": "x".repeat(101) }), "tag.name", "too-long"),
        (json!({ "name": "a\tb" }), "tag.name", "control-character"),
    ] {
        api.post(&tags_of(&id), &json!({ "tag": tag })).await.is_invalid(&[(at, code)]);
    }
    api.post(&tags_of(&id), &json!({})).await.is_invalid(&[("tag", "required")]);
    api.post(&tags_of(&id), &json!([])).await.is_invalid(&[("", "wrong-type")]);
    assert_eq!(api.get("/v2/tags").await.ok(), json!([]));
    assert_eq!(api.list(&tags_of(&id)).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_ticket_has_a_hundred_tags_at_most() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let many: Vec<_> = (0..100).map(|tag| json!({ "name": format!("t{tag}") })).collect();
    let id = api.ticket(&json!({ "tags": many })).await;
    let one_more = json!({ "tag": { "name": "otra" } });
    api.post(&tags_of(&id), &one_more).await.is_invalid(&[("tag", "too-many")]);
    assert_eq!(api.get("/v2/tags").await.ok().as_array().unwrap().len(), 100, "what is refused is not made");
    // One that it has is none more.
    api.post(&tags_of(&id), &json!({ "tag": { "name": "t7" } })).await.ok();
    assert_eq!(api.delete(&format!("{}/8", tags_of(&id))).await.status, 204);
    api.post(&tags_of(&id), &one_more).await.ok();
    assert_eq!(api.of_ticket(&id, "tags").await[0]["name"], "otra");
}
