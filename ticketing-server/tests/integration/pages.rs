//! Numbered pages of all five lists, and the way through everything by cursor.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    api::{Api, TICKETS, items, text},
    common::{
        desk::{MINUTE, Service},
        http::{Answer, Request},
    },
};

/// A ticket that has so many of whatever lists there are.
async fn eventful(service: &Service, api: &mut Api, count: u32) -> String {
    let id = api.ticket(&json!({})).await;
    let path = format!("{TICKETS}/{id}");
    for number in 0..count {
        service.pass(MINUTE);
        api.post(&format!("{path}/actions"), &json!({ "type": "INTERNAL", "description": format!("nota {number}") }))
            .await;
        api.post(&format!("{path}/tags"), &json!({ "tag": { "name": format!("t{number}") } })).await.ok();
        let owner = if number % 2 == 0 { &service.mesa } else { &service.admin };
        api.change(&id, "owner", &json!({ "ownerId": owner.id })).await.ok();
        api.set(&id, 2 + (number + 1) % 2).await.ok();
    }
    id
}

fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    Some(link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

fn headers(answer: &Answer) -> [Option<&str>; 3] {
    ["x-total", "x-page", "x-page-size"].map(|name| answer.header(name))
}

#[tokio::test]
async fn each_list_has_pages_that_repeat_nothing_and_leave_nothing_out() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    for _ in 0..22 {
        api.create(&json!({})).await;
    }
    let id = eventful(&service, &mut api, 23).await;
    for (list, total) in [
        (TICKETS.to_owned(), 23),
        (format!("{TICKETS}/{id}/actions"), 23),
        (format!("{TICKETS}/{id}/tags"), 23),
        (format!("{TICKETS}/{id}/owner-changes"), 23),
        (format!("{TICKETS}/{id}/status-changes"), 25),
    ] {
        let answer = api.get(&list).await;
        assert_eq!(headers(&answer), [Some(&*total.to_string()), Some("1"), Some("20")], "{list}");
        let first = items(&answer);
        assert_eq!(first.len(), 20);
        let whole = items(&api.get(&format!("{list}?size=100")).await);
        assert_eq!((whole.len(), &whole[..20]), (total, &first[..]), "{list}");
        for size in [1, 2, 7, 23, 24, 100] {
            let mut found = Vec::new();
            let pages = total.div_ceil(size);
            for page in 1..=pages {
                let answer = api.get(&format!("{list}?page={page}&size={size}")).await;
                let expected = [total, page, size].map(|number| number.to_string());
                assert_eq!(headers(&answer), expected.each_ref().map(|text| Some(text.as_str())));
                found.extend(items(&answer));
            }
            assert_eq!(found, whole, "{list} by {size}");
            // Beyond the end there is nothing, and that is no error.
            for page in [pages + 1, pages + 2, 1_000_000, 2_147_483_647] {
                let answer = api.get(&format!("{list}?page={page}&size={size}")).await;
                assert_eq!(items(&answer), [] as [Value; 0]);
                assert_eq!(answer.header("x-total"), Some(&*total.to_string()));
                assert_eq!((answer.header("x-page"), next(&answer)), (Some(&*page.to_string()), None));
            }
        }
        let answer = api.ask(Request::new("HEAD", &format!("{list}?page=2"))).await;
        assert_eq!(headers(&answer), [Some(&*total.to_string()), Some("2"), Some("20")]);
    }
}

#[tokio::test]
async fn lists_are_newest_first() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.insert(0, api.ticket(&json!({})).await);
    }
    // By when it came here, whatever its dates.
    made.insert(0, api.ticket(&json!({ "createdAt": "2020-01-01T00:00:00Z" })).await);
    let ids: Vec<_> = api.list(TICKETS).await.iter().map(|ticket| text(&ticket["id"])).collect();
    assert_eq!(ids, made);
    let id = eventful(&service, &mut api, 3).await;
    let numbers: Vec<_> =
        api.of_ticket(&id, "actions").await.iter().map(|action| action["id"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    for list in ["status-changes", "owner-changes"] {
        let dates: Vec<_> = api.of_ticket(&id, list).await.iter().map(|change| text(&change["updatedAt"])).collect();
        assert!(dates.is_sorted_by(|a, b| a >= b), "{list}: {dates:?}");
    }
}

#[tokio::test]
async fn a_page_that_is_none_is_refused() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let lists = ["/actions", "/tags", "/owner-changes", "/status-changes"].map(|list| format!("{TICKETS}/{id}{list}"));
    for list in lists.iter().map(String::as_str).chain([TICKETS]) {
        for page in
            ["0", "-1", "2147483648", "99999999999999999999", "1.0", "1e0", "x", "", "%2B1", "%201", "1%00", "0x1"]
        {
            api.get(&format!("{list}?page={page}")).await.is_invalid(&[("page", "invalid-parameter")]);
        }
        for size in ["0", "-1", "101", "1000", "2147483648", "1.5", "x", "", "%2B1"] {
            api.get(&format!("{list}?size={size}")).await.is_invalid(&[("size", "invalid-parameter")]);
        }
        for query in ["size=1", "size=100", "page=1", "page=007", "other=1", "page=1&page=0"] {
            api.get(&format!("{list}?{query}")).await.ok();
        }
    }
}

#[tokio::test]
async fn going_by_cursor_gives_each_ticket_once_also_while_others_come() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut made = Vec::new();
    for number in 0..25 {
        let form = json!({ "tags": if number % 2 == 0 { json!([{ "name": "vip" }]) } else { json!([]) } });
        made.insert(0, api.ticket(&form).await);
    }
    for (query, expected) in [
        ("", made.clone()),
        ("statusId=1", made.clone()),
        ("tagId=1", made.iter().step_by(2).cloned().collect()),
        ("tagId=1&createdAt=2026-03-24&origin=TICKETS_API&page=1", made.iter().step_by(2).cloned().collect::<Vec<_>>()),
    ] {
        for size in [1, 4, 25, 100] {
            let mut found = Vec::new();
            let mut path = format!("{TICKETS}?{query}&size={size}");
            loop {
                let answer = api.get(&path).await;
                found.extend(items(&answer).iter().map(|ticket| text(&ticket["id"])));
                assert_eq!(answer.header("x-page").is_some(), !path.contains("cursor"), "{path}");
                match next(&answer) {
                    Some(link) => path = link,
                    None => break,
                }
                assert!(found.len() <= 25 && !path.contains("page="), "{path}");
            }
            assert_eq!(found, expected, "{query} by {size}");
        }
    }
    let first = api.get(&format!("{TICKETS}?size=10")).await;
    let newer = api.ticket(&json!({})).await;
    let mut found: Vec<_> = items(&first).iter().map(|ticket| text(&ticket["id"])).collect();
    let mut link = next(&first);
    while let Some(path) = link {
        let answer = api.get(&path).await;
        found.extend(items(&answer).iter().map(|ticket| text(&ticket["id"])));
        link = next(&answer);
    }
    assert_eq!(found, made);
    assert!(!found.contains(&newer));
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), 25);

    for cursor in ["x", "", "0", "TKT", "TKT-2026", "%00", "-1"] {
        api.get(&format!("{TICKETS}?cursor={cursor}")).await.is_invalid(&[("cursor", "invalid-parameter")]);
    }
    let both = format!("{TICKETS}?cursor=TKT-2026-00003&page=1");
    api.get(&both).await.is_invalid(&[("cursor", "invalid-parameter")]);
    // One of no ticket is a place all the same.
    assert_eq!(api.list(&format!("{TICKETS}?cursor=TKT-2027-00001&size=100")).await.len(), 26);
    assert_eq!(api.list(&format!("{TICKETS}?cursor=TKT-2025-00001&size=100")).await.len(), 0);
    assert_eq!(api.list(&format!("{TICKETS}?cursor=TKT-2026-00003&size=100")).await.len(), 2);
}
