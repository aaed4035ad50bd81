//! What a filter finds is what a naive one finds among all tickets, page by page, whoever looks.

use std::cell::RefCell;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, TICKETS, items, offer, text},
    common::{
        desk::{DAY, HOUR, Service},
        scaled, seed_with,
    },
};

/// Tickets of every kind, made here and at the desk, over some days.
async fn many(service: &Service, api: &mut Api, count: u32) {
    let reason = offer(service, ReferenceKind::Justification, "Falta un repuesto").await;
    let mut mesa = service.client(&service.mesa).await;
    let mut nobody = service.nobody().await;
    let areas = ["REDES", "redes", "Sistemas", "MESA", "mesa de ayuda", "Compras"];
    let categories = ["Redes", "Correo", "redes"];
    // Any numbers: the same each time.
    let mut seed = 7_u32;
    let mut draw = |sides: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % sides
    };
    for number in 0..count {
        service.pass(i64::from(draw(3)) * 5 * HOUR);
        let category = categories[draw(3) as usize];
        let words = ["impresora", "router", "teclado"][draw(3) as usize];
        let ticket = if draw(2) == 0 {
            let form = seed_with(
                &json!({ "areaAsignada": areas[draw(6) as usize], "categoria": category, "asunto": format!("El {words} {number}") }),
            );
            if draw(2) == 0 { nobody.create(&form).await.uuid } else { mesa.create(&form).await.uuid }
        } else {
            let tags: Vec<_> =
                ["vip", "caro"].iter().filter(|_| draw(2) == 0).map(|name| json!({ "name": name })).collect();
            let mut form = json!({
                "subject": format!("El {words} {number}"), "clients": [format!("c{}@example.com", draw(3))], "tags": tags,
                "status": { "id": 1 + draw(6) },
            });
            if draw(2) == 0 {
                form["category"] = json!({ "name": category });
            }
            if draw(3) == 0 {
                form["createdAt"] = json!(format!("2026-03-{:02}T{:02}:59:59.999Z", 20 + draw(4), draw(24)));
            }
            api.ticket(&form).await
        };
        match draw(6) {
            0 => drop(api.change(&ticket, "owner", &json!({ "ownerId": service.mesa.id })).await),
            1 => drop(api.change(&ticket, "owner", &json!({ "ownerId": service.admin.id })).await),
            2 => drop(api.change(&ticket, "status", &json!({ "status": { "id": 3 }, "justification": reason })).await),
            3 => {
                let path = format!("/api/tickets/{ticket}");
                mesa.post(
                    &format!("{path}/transferir"),
                    &json!({ "nuevaArea": areas[draw(6) as usize], "agenteId": "", "motivo": "Allá" }),
                )
                .await;
                mesa.post(&format!("{path}/archivar"), &json!({ "motivo": "Ya está" })).await;
            }
            _ => {}
        }
    }
}

/// Whether an id is one that a query names.
fn is(id: &Value, named: &str) -> bool {
    id.as_u64() == named.parse().ok()
}

/// A filter as a query, and what it lets pass.
#[derive(Clone, Debug)]
struct Filter {
    query: Vec<(&'static str, String)>,
}

impl Filter {
    fn passes(&self, ticket: &Value, areas: &[(u64, Vec<&str>)], area: &str) -> bool {
        self.query.iter().all(|(name, value)| match *name {
            "createdAt" | "updatedAt" => text(&ticket[name]).starts_with(value),
            "statusId" => is(&ticket["status"]["id"], value),
            "ownerId" => ticket["ownerId"] == **value,
            "origin" => ticket["origin"] == **value,
            "categoryId" => is(&ticket["category"]["id"], value),
            "tagId" => ticket["tags"].as_array().unwrap().iter().any(|tag| is(&tag["id"], value)),
            "q" => value.split(' ').all(|word| text(&ticket["subject"]).split(' ').any(|own| own == word)),
            "teamId" => {
                let names = &areas.iter().find(|(id, _)| Some(*id) == value.parse().ok()).unwrap().1;
                names.contains(&area.to_uppercase().as_str())
            }
            other => panic!("{other}"),
        })
    }
}

fn any_filter(owners: Vec<String>, teams: Vec<u64>) -> impl Strategy<Value = Filter> {
    let day = || {
        prop::sample::select(vec![
            "2026-03-20",
            "2026-03-22",
            "2026-03-24",
            "2026-03-25",
            "2026-03-27",
            "2030-01-01",
            "0001-01-01",
        ])
        .prop_map(str::to_owned)
    };
    let id = |max: u32| (1..=max).prop_map(|id| id.to_string());
    let origin = prop::sample::select(vec!["OTHER", "AGENT_IN_SYSTEM", "TICKETS_API", "CHAT"]).prop_map(str::to_owned);
    let words = prop::sample::select(vec!["impresora", "router", "El teclado", "El 7", "nada"]).prop_map(str::to_owned);
    let some = |chance: f64, value: BoxedStrategy<String>| prop::option::weighted(chance, value);
    (
        some(0.25, day().boxed()),
        some(0.2, day().boxed()),
        some(0.4, id(6).boxed()),
        some(0.25, words.boxed()),
        some(0.2, prop::sample::select(owners).boxed()),
        some(0.3, prop::sample::select(teams).prop_map(|id| id.to_string()).boxed()),
        some(0.2, id(2).boxed()),
        some(0.25, id(3).boxed()),
        some(0.25, origin.boxed()),
    )
        .prop_map(|(created, updated, status, q, owner, team, tag, category, origin)| {
            let all = [
                ("createdAt", created),
                ("updatedAt", updated),
                ("statusId", status),
                ("q", q),
                ("ownerId", owner),
                ("teamId", team),
                ("tagId", tag),
                ("categoryId", category),
                ("origin", origin),
            ];
            Filter { query: all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect() }
        })
}

fn path(filter: &Filter, page: u32, size: u32) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &filter.query {
        query.append_pair(name, value);
    }
    query.append_pair("page", &page.to_string());
    query.append_pair("size", &size.to_string());
    format!("{TICKETS}?{}", query.finish())
}

#[test]
fn prop_a_filter_finds_what_a_naive_one_finds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (service, all, areas, callers) = runtime.block_on(async {
        let service = Service::start().await;
        let mut api = Api::of(&service).await;
        many(&service, &mut api, 150).await;
        service.index().await;
        let mut all = Vec::new();
        for page in 1..=2 {
            all.extend(api.list(&format!("{TICKETS}?size=100&page={page}")).await);
        }
        let mut mesa = service.client(&service.mesa).await;
        let rows = mesa.rows("/api/tickets/dashboard-metricas").await;
        let areas: Vec<_> = rows.iter().map(|row| text(&row["area_asignada"])).collect();
        assert_eq!((all.len(), rows.len()), (150, 150));
        for (ticket, row) in all.iter().zip(&rows) {
            assert_eq!((&ticket["id"], &ticket["label"]), (&row["uuid"], &row["ticket_label"]));
        }
        let redes = Api::staff(&service, &service.redes).await;
        let sistemas = Api::staff(&service, &service.sistemas).await;
        (service, all, areas, [(None, api), (Some("REDES"), redes), (Some("SISTEMAS"), sistemas)])
    });
    // Whoever has the id of a team has it of each of its spellings.
    let mut teams: Vec<(u64, Vec<&str>)> = Vec::new();
    for (ticket, area) in all.iter().zip(&areas) {
        let Some(id) = ticket["ownerTeam"]["id"].as_u64() else { continue };
        let name = match area.to_uppercase().as_str() {
            "REDES" => "REDES",
            "SISTEMAS" => "SISTEMAS",
            "COMPRAS" => "COMPRAS",
            "MESA DE AYUDA" => "MESA DE AYUDA",
            other => panic!("{other}"),
        };
        match teams.iter().find(|(known, _)| *known == id) {
            Some((_, names)) => assert_eq!(names, &[name]),
            None => teams.push((id, vec![name])),
        }
    }
    assert_eq!(teams.len(), 4, "{teams:?}");

    let owners = vec![service.mesa.id.to_string(), service.admin.id.to_string(), service.redes.id.to_string()];
    let filters = any_filter(owners, teams.iter().map(|(id, _)| *id).collect());
    let callers = RefCell::new(callers);
    let found_any = RefCell::new(0_u32);
    let config = Config { cases: scaled(400), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&(filters, 0..3_usize, 1..40_u32), |(filter, caller, size)| {
        let (scope, api) = &mut callers.borrow_mut()[caller];
        let passing = |(ticket, area): &(&Value, &String)| {
            scope.is_none_or(|own| area.to_uppercase() == own) && filter.passes(ticket, &teams, area)
        };
        let expected: Vec<_> = all.iter().zip(&areas).filter(passing).map(|(ticket, _)| text(&ticket["id"])).collect();
        runtime.block_on(async {
            let mut found = Vec::new();
            for page in 1..=u32::try_from(expected.len()).unwrap().div_ceil(size) + 1 {
                let answer = api.get(&path(&filter, page, size)).await;
                assert_eq!(
                    answer.header("x-total"),
                    Some(&*expected.len().to_string()),
                    "{}",
                    path(&filter, page, size)
                );
                found.extend(items(&answer).iter().map(|ticket| text(&ticket["id"])));
            }
            assert_eq!(found, expected, "{filter:?}");
        });
        *found_any.borrow_mut() += u32::from(!expected.is_empty());
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    if scaled(400) >= 400 {
        assert!(found_any.into_inner() > 100, "most filters find something");
    }
}

#[tokio::test]
async fn a_filter_that_says_nothing_is_refused() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    api.create(&json!({ "category": { "name": "Redes" }, "tags": [{ "name": "vip" }] })).await;
    for date in [
        "",
        "x",
        "2026",
        "2026-03",
        "2026-3-24",
        "24-03-2026",
        "2026-02-30",
        "2026-13-01",
        "20260324",
        "2026-03-24T00:00:00Z",
        "%202026-3-24",
        "2026-%203-24",
        "%2B026-03-24",
        "2026-03-24%20",
        "-026-03-24",
        "0000-00-00",
    ] {
        for name in ["createdAt", "updatedAt"] {
            api.get(&format!("{TICKETS}?{name}={date}")).await.is_invalid(&[(name, "invalid-parameter")]);
        }
    }
    for id in ["0", "7", "-1", "x", "", "1.0", "2147483648"] {
        api.get(&format!("{TICKETS}?statusId={id}")).await.is_invalid(&[("statusId", "invalid-parameter")]);
    }
    for name in ["teamId", "categoryId", "tagId"] {
        for id in ["0", "-1", "x", "", "1.0", "2147483648"] {
            api.get(&format!("{TICKETS}?{name}={id}")).await.is_invalid(&[(name, "invalid-parameter")]);
        }
        api.get(&format!("{TICKETS}?{name}=2147483647")).await.is_invalid(&[(name, "unknown-reference")]);
    }
    for (name, value) in [("origin", "other"), ("origin", ""), ("ownerId", "x"), ("ownerId", "")] {
        api.get(&format!("{TICKETS}?{name}={value}")).await.is_invalid(&[(name, "invalid-parameter")]);
    }
    let long = "x".repeat(201);
    api.get(&format!("{TICKETS}?q={long}")).await.is_invalid(&[("q", "invalid-parameter")]);
    // Nobody's are none; nothing is no filter; a day is one of UTC.
    let nobody = format!("{TICKETS}?ownerId=00000000-0000-4000-8000-000000000000");
    assert_eq!(api.list(&nobody).await, [] as [Value; 0]);
    assert_eq!(api.list(&format!("{TICKETS}?q=%20")).await.len(), 1);
    for (day, found) in [("2026-03-23", 0), ("2026-03-24", 1), ("2026-03-25", 0), ("9999-12-31", 0), ("1969-12-31", 0)]
    {
        assert_eq!(api.list(&format!("{TICKETS}?createdAt={day}")).await.len(), found, "{day}");
        assert_eq!(api.list(&format!("{TICKETS}?updatedAt={day}&createdAt=2026-03-24")).await.len(), found, "{day}");
    }
}

#[tokio::test]
async fn a_search_finds_labels_addresses_and_words() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let first = api.ticket(&json!({ "subject": "La impresora", "clients": ["Ana@example.com"] })).await;
    let second = api.ticket(&json!({ "subject": "El router, como TKT-2026-00001" })).await;
    service.index().await;
    for (q, expected) in [
        ("TKT-2026-00001", vec![&first]),
        ("tkt-2026-2", vec![&second]),
        ("ana@EXAMPLE.com", vec![&first]),
        ("impresora", vec![&first]),
        ("ROUTER", vec![&second]),
        ("router impresora", vec![]),
        // No such ticket: it is words.
        ("TKT-2025-00001", vec![]),
        ("***", vec![]),
        ("\" OR \"", vec![]),
        ("router\u{0}", vec![&second]),
    ] {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", q);
        let found: Vec<_> =
            api.list(&format!("{TICKETS}?{}", query.finish())).await.iter().map(|ticket| text(&ticket["id"])).collect();
        assert_eq!(found, expected.into_iter().cloned().collect::<Vec<_>>(), "{q}");
    }
    // A label that is another's number is another label.
    assert_eq!(api.list(&format!("{TICKETS}?q=ABC-2026-00001")).await, [] as [Value; 0]);
    let mut redes = Api::staff(&service, &service.redes).await;
    assert_eq!(redes.list(&format!("{TICKETS}?q=TKT-2026-00001")).await, [] as [Value; 0]);
}

#[tokio::test]
async fn an_archived_ticket_is_listed_with_its_status() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let ticket = service.ticket().await;
    service.client(&service.mesa).await.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    for query in ["", "statusId=5", "updatedAt=2026-03-24", "origin=OTHER"] {
        let listed = api.list(&format!("{TICKETS}?{query}")).await;
        assert_eq!((listed.len(), &listed[0]["status"]["type"]), (1, &json!("CLOSED")), "{query}");
    }
    service.pass(DAY);
    assert_eq!(api.show(&ticket.uuid).await["status"]["id"], 5);
}
