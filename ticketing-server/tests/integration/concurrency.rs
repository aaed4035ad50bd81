//! Many at once lose nothing.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;
use ticketing_core::{Ticket, TicketId, integration::ReferenceKind};
use tokio::task::JoinSet;

use super::{
    api::{Api, TICKETS, text},
    common::{desk::Service, scaled},
};

const CLIENTS: u32 = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_change_one_ticket_none_is_lost() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    // A ticket has a hundred tags at most.
    let rounds = scaled(4).min(12);
    let mut tasks = JoinSet::new();
    for client in 0..CLIENTS {
        let (mut api, id) = (api.again(&service).await, id.clone());
        tasks.spawn(async move {
            for round in 0..rounds {
                let by = format!("{client}/{round}");
                let answer = match client % 4 {
                    0 => api.change(&id, "subject", &json!({ "subject": by, "updatedById": by })).await,
                    1 => {
                        let tag = json!({ "tag": { "name": format!("t{client}-{round}") }, "updatedById": by });
                        api.post(&format!("{TICKETS}/{id}/tags"), &tag).await
                    }
                    2 => {
                        let note = json!({ "type": "INTERNAL", "description": by, "createdById": by });
                        api.post(&format!("{TICKETS}/{id}/actions"), &note).await
                    }
                    _ => api.change(&id, "clients", &json!({ "clients": [by], "updatedById": by })).await,
                };
                assert!([200, 201].contains(&answer.status), "{answer}");
            }
        });
    }
    tasks.join_all().await;
    let id_of = TicketId(id.parse().unwrap());
    let history = service.engine.history(id_of).await.unwrap();
    let state = service.engine.ticket(id_of).await.unwrap();
    assert_eq!(Ticket::replay(id_of, history.iter().map(|new| &new.event)).unwrap(), state);
    // Each is there, by name.
    let by: BTreeSet<_> = history.iter().filter_map(|new| new.on_behalf.clone()).collect();
    assert_eq!(by.len(), usize::try_from(CLIENTS * rounds).unwrap());
    assert_eq!(history.len(), by.len() + 1);
    let tags = usize::try_from(CLIENTS / 4 * rounds).unwrap();
    assert_eq!(api.show(&id).await["tags"].as_array().unwrap().len(), tags);
    assert_eq!(api.get(&format!("{TICKETS}/{id}/actions")).await.header("x-total"), Some(&*tags.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_many_add_at_once_is_there_once() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let (mut api, path) = (api.again(&service).await, format!("{TICKETS}/{id}/tags"));
        tasks.spawn(async move { api.post(&path, &json!({ "tag": { "name": "vip" } })).await.ok()["tag"].clone() });
    }
    let vip = json!({ "id": 1, "name": "vip" });
    assert!(tasks.join_all().await.iter().all(|tag| *tag == vip));
    assert_eq!(api.of_ticket(&id, "tags").await, std::slice::from_ref(&vip));
    assert_eq!(api.get("/v2/tags").await.ok(), json!([vip]));
    let history = service.engine.history(TicketId(id.parse().unwrap())).await.unwrap();
    assert_eq!(history.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_many_use_at_once_has_one_id() {
    let service = Service::start().await;
    let api = Api::of(&service).await;
    for spellings in [&["Redes"][..], &["Correo", "correo", "CORREO ", "Corréo"]] {
        let mut tasks = JoinSet::new();
        for client in 0..CLIENTS {
            let mut api = api.again(&service).await;
            let name = spellings[client as usize % spellings.len()];
            tasks.spawn(async move {
                let made = api.create(&json!({ "category": { "name": name }, "tags": [{ "name": name }] })).await;
                (made["category"]["id"].as_u64().unwrap(), made["tags"][0]["id"].as_u64().unwrap())
            });
        }
        let ids: HashSet<_> = tasks.join_all().await.into_iter().collect();
        assert_eq!(ids.len(), 1, "{spellings:?}: {ids:?}");
    }
    let mut api = api.again(&service).await;
    assert_eq!(api.get("/v2/categories").await.ok().as_array().unwrap().len(), 2);
    // Also where they are two processes.
    let beside = service.beside().await;
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let engine = if number % 2 == 0 { service.engine.clone() } else { beside.clone() };
        tasks.spawn(async move { engine.offer(ReferenceKind::Service, &format!("s{}", number % 4)).await.unwrap() });
    }
    let ids: BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids, BTreeSet::from([1, 2, 3, 4]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_are_read_while_tickets_come_are_right_in_themselves() {
    let service = Service::start().await;
    let api = Api::of(&service).await;
    let mut writer = api.again(&service).await;
    let count = scaled(60);
    let writing = tokio::spawn(async move {
        for _ in 0..count {
            writer.create(&json!({})).await;
        }
    });
    let mut reader = api.again(&service).await;
    while !writing.is_finished() {
        let answer = reader.get(&format!("{TICKETS}?size=100")).await;
        let labels: Vec<_> = super::api::items(&answer).iter().map(|ticket| text(&ticket["label"])).collect();
        let total: usize = answer.header("x-total").unwrap().parse().unwrap();
        assert_eq!(labels.len(), total.min(100), "the total is that of what is listed");
        assert!(labels.is_sorted_by(|a, b| a > b), "{labels:?}");
    }
    writing.await.unwrap();
}
