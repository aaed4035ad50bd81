//! Tokens of other systems: `/api/auth/tokens`, what they are good for at `/v2`, and the command line beside a running server.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ticketing_core::{
    Actor, Draft, TicketId, Timestamp, Token,
    ticket::{ActorId, Origin},
    token::NewToken,
};
use ticketing_server::{
    AccountError, AuthError, Authority, CreateRequest,
    store::{TokenStore, UserStore},
};
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use self::common::{
    desk::{DAY, MINUTE, SECOND, Service},
    http::{Answer, Connection, Request},
    program::{Desk, Server},
    seed,
};

const ADMIN: &str = "raiz@example.com";
const PASSWORD: &str = "un-gato-verde";
const TOKENS: &str = "/api/auth/tokens";
const STATUSES: &str = "/v2/statuses";

/// A server with an administrator, without rate limits.
fn serve(desk: &Desk) -> Server {
    desk.serve_with(|command| {
        command
            .env("TICKETING_RATE_LIMITS", "off")
            .env("TICKETING_ADMIN_EMAIL", ADMIN)
            .env("TICKETING_ADMIN_PASSWORD", PASSWORD)
    })
}

fn bearer(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// The session of the administrator.
async fn log_in(client: &mut Connection, email: &str) -> String {
    let answer = client.post("/api/auth/login", &json!({ "email": email, "password": PASSWORD })).await.ok();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn create(client: &mut Connection, admin: &str, form: &Value) -> Answer {
    client.ask(&bearer(Request::post(TOKENS, form.to_string()), admin)).await
}

/// What an answer says that has created a token.
#[track_caller]
fn created(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

/// A token that may read tickets.
async fn reader(client: &mut Connection, admin: &str, name: &str) -> (String, String) {
    let form = json!({ "nombre": name, "alcances": ["tickets:read"] });
    let created = created(&create(client, admin, &form).await);
    let text = |name: &str| created[name].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

async fn list(client: &mut Connection, admin: &str) -> Vec<Value> {
    match client.ask(&bearer(Request::new("GET", TOKENS), admin)).await.ok() {
        Value::Array(tokens) => tokens,
        other => panic!("{other}"),
    }
}

async fn revoke(client: &mut Connection, admin: &str, id: &str) -> Answer {
    client.ask(&bearer(Request::new("DELETE", &format!("{TOKENS}/{id}")), admin)).await
}

async fn statuses(client: &mut Connection, token: &str) -> Answer {
    client.ask(&Request::new("GET", STATUSES).header("X-API-TOKEN", token)).await
}

/// Waits for something that is to be seen within a second.
async fn within_a_second(mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        // A machine with much else to do is given the benefit of the doubt.
        assert!(began.elapsed() < Duration::from_secs(5), "it is not seen");
        sleep(Duration::from_millis(5)).await;
    }
}

// What administrators do

#[tokio::test]
async fn an_administrator_creates_lists_and_revokes_tokens() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    assert_eq!(list(&mut client, &admin).await, [] as [Value; 0]);

    let form = json!({ "nombre": " CRM de ventas ", "alcances": ["tickets:write", "tickets:read", "tickets:read"],
                       "expira_en": "2030-01-31T07:00:00-05:00", "otro": 1 });
    let mut answer = created(&create(&mut client, &admin, &form).await);
    let token = answer["token"].take().as_str().unwrap().to_owned();
    let (id, created_at) = (answer["id"].clone(), answer["creado_en"].clone());
    assert_eq!((&token[..4], token.len()), ("tkt_", 56));
    assert!(Timestamp::parse(created_at.as_str().unwrap()).is_some());
    let mut expected = json!({
        "id": id, "nombre": "CRM de ventas", "prefijo": token[..12], "alcances": ["tickets:read", "tickets:write"],
        "creado_en": created_at, "creado_por": "Administrador", "expira_en": "2030-01-31T12:00:00Z",
        "revocado_en": null, "ultimo_uso_en": null, "is_active": true,
    });
    let mut with_secret = expected.clone();
    with_secret["message"] = "Token creado".into();
    with_secret["token"] = Value::Null;
    assert_eq!(answer, with_secret);
    assert_eq!(list(&mut client, &admin).await, [expected.clone()]);

    statuses(&mut client, &token).await.ok();
    let shown = list(&mut client, &admin).await.remove(0);
    assert!(Timestamp::parse(shown["ultimo_uso_en"].as_str().unwrap()).is_some(), "{shown}");

    let id = id.as_str().unwrap();
    assert_eq!(revoke(&mut client, &admin, id).await.ok(), json!({ "message": "Token revocado" }));
    statuses(&mut client, &token).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    let shown = list(&mut client, &admin).await.remove(0);
    let revoked_at = shown["revocado_en"].clone();
    assert!(Timestamp::parse(revoked_at.as_str().unwrap()).is_some());
    expected["is_active"] = false.into();
    for name in ["revocado_en", "ultimo_uso_en"] {
        expected[name] = shown[name].clone();
    }
    assert_eq!(shown, expected);
    // Once more changes nothing.
    revoke(&mut client, &admin, id).await.ok();
    assert_eq!(list(&mut client, &admin).await.remove(0)["revocado_en"], revoked_at);

    for id in ["7", "00000000-0000-0000-0000-000000000000", "%20", &token, &token[..12]] {
        let answer = revoke(&mut client, &admin, id).await;
        assert_eq!(answer.problem(404, "token-not-found")["detail"], "Token no encontrado");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_at_once() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect::<Vec<_>>();
    let answer = create(&mut client, &admin, &json!({})).await;
    assert_eq!(answer.violations(), owned(&[("nombre", "required"), ("alcances", "required")]));
    let form =
        json!({ "nombre": "x".repeat(101), "alcances": ["tickets:delete"], "expira_en": "2020-01-01T00:00:00Z" });
    let answer = create(&mut client, &admin, &form).await;
    let all = [("nombre", "too-long"), ("alcances", "unknown-value"), ("expira_en", "invalid-expiry")];
    assert_eq!(answer.violations(), owned(&all));
    assert_eq!(
        answer.json()["errors"][1]["params"]["allowed"],
        json!(["tickets:read", "tickets:write", "subscriptions"])
    );
    let form = json!({ "nombre": ["crm"], "alcances": "tickets:read", "expira_en": 1_900_000_000 });
    let answer = create(&mut client, &admin, &form).await;
    let all = [("nombre", "wrong-type"), ("alcances", "wrong-type"), ("expira_en", "wrong-type")];
    assert_eq!(answer.violations(), owned(&all));
    assert_eq!(answer.json()["errors"][1]["params"]["expected"], "array");

    let post = |body: &[u8]| bearer(Request::post(TOKENS, body), &admin);
    client.ask(&post(b"{")).await.problem(400, "malformed-json");
    client.ask(&post(b"{\"nombre\": \"\xFF\"}")).await.problem(400, "malformed-json");
    client.ask(&post(&vec![b' '; (1 << 20) + 1])).await.problem(413, "body-too-large");
    let mut client = server.connect().await;
    let as_text = bearer(Request::post_as(TOKENS, "{}"), &admin);
    client.ask(&as_text).await.problem(415, "unsupported-media-type");
    let many = vec!["tickets:read"; 50_000];
    created(&create(&mut client, &admin, &json!({ "nombre": "muchos", "alcances": many })).await);
    assert_eq!(list(&mut client, &admin).await.len(), 1);
}

#[tokio::test]
async fn of_the_tokens_that_are_valid_one_has_a_name() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let (id, first) = reader(&mut client, &admin, "Importación").await;
    let form = json!({ "nombre": "IMPORTACION", "alcances": ["subscriptions"] });
    let answer = create(&mut client, &admin, &form).await;
    assert_eq!(answer.problem(409, "token-name-taken")["detail"], "Ya hay un token vigente con ese nombre.");
    revoke(&mut client, &admin, &id).await.ok();
    let (_, second) = reader(&mut client, &admin, "importación").await;
    statuses(&mut client, &first).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    statuses(&mut client, &second).await.ok();

    let mut creations = JoinSet::new();
    for _ in 0..10 {
        let (mut client, admin) = (server.connect().await, admin.clone());
        let form = json!({ "nombre": "informes", "alcances": ["tickets:read"] });
        creations.spawn(async move { create(&mut client, &admin, &form).await.status });
    }
    let mut outcomes = creations.join_all().await;
    outcomes.sort_unstable();
    assert_eq!(outcomes, [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    // Those that are valid come first.
    let listed = list(&mut client, &admin).await;
    let names: Vec<_> = listed.iter().map(|token| (token["nombre"].as_str().unwrap(), &token["is_active"])).collect();
    let (yes, no) = (&Value::Bool(true), &Value::Bool(false));
    assert_eq!(names, [("importación", yes), ("informes", yes), ("Importación", no)]);
}

#[tokio::test]
async fn nobody_but_an_administrator_sees_or_changes_tokens() {
    let service = Service::start().await;
    let (_, secret) = service.engine.create_token(new_token("crm", None), &Authority::Operator).await.unwrap();
    let requests = [
        Request::new("GET", TOKENS),
        Request::post(TOKENS, json!({ "nombre": "otro", "alcances": ["tickets:read"] }).to_string()),
        Request::new("DELETE", &format!("{TOKENS}/7")),
    ];
    for request in requests {
        for person in [&service.mesa, &service.redes, &service.usuario] {
            service.client(person).await.ask(request.clone()).await.problem(403, "forbidden");
        }
        // A token is nobody here, whatever its scopes.
        let mut client = service.client_with(Some(secret.reveal())).await;
        client.ask(request.clone()).await.problem(401, "invalid-token");
        let mut nobody = service.nobody().await;
        nobody.ask(request.clone().header("X-API-TOKEN", secret.reveal())).await.problem(401, "login-required");
    }
    assert_eq!(service.engine.tokens().await.unwrap().len(), 1);
}

// What a token is good for

#[tokio::test]
async fn the_statuses_have_the_ids_of_the_contract() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let (_, token) = reader(&mut client, &admin, "crm").await;
    let statuses = statuses(&mut client, &token).await.ok();
    let entry = |id: u32, kind: &str| json!({ "id": id, "name": kind, "type": kind });
    let expected = [
        entry(1, "NEW"),
        entry(2, "IN_ATTENDANCE"),
        entry(3, "STOPPED"),
        entry(4, "RESOLVED"),
        entry(5, "CLOSED"),
        entry(6, "CANCELED"),
    ];
    assert_eq!(statuses, json!(expected));
}

#[tokio::test]
async fn a_token_is_shown_in_either_header_and_to_the_letter() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let (_, token) = reader(&mut client, &admin, "crm").await;
    let (_, other) = reader(&mut client, &admin, "informes").await;
    let get = || Request::new("GET", STATUSES);
    let shown = |value: &str| get().header("X-API-TOKEN", value);
    for request in [
        shown(&token),
        shown(&format!("  {token} \t ")),
        get().header("x-api-token", &token),
        bearer(get(), &token),
        get().header("authorization", &format!("bearer {token}")),
        bearer(shown(&token), &token),
        bearer(get(), &admin),
        shown(&admin),
        Request::new("HEAD", STATUSES).header("X-API-TOKEN", &token),
        Request::new("GET", &format!("{STATUSES}/?token=x")).header("X-API-TOKEN", &token),
    ] {
        assert_eq!(client.ask(&request).await.status, 200, "{}", request.head());
    }
    client.ask(&get()).await.error(401, "AUTHENTICATION_ERROR");
    client.ask(&Request::new("GET", &format!("{STATUSES}?token={token}"))).await.error(401, "AUTHENTICATION_ERROR");
    let mut letter_off = token.clone().into_bytes();
    letter_off[40] = if letter_off[40] == b'A' { b'B' } else { b'A' };
    for request in [
        shown(""),
        shown("tkt_"),
        shown(&token.to_uppercase()),
        shown(&token.to_lowercase()),
        shown(&token[..55]),
        shown(&format!("{token}x")),
        shown(&format!("{token},{token}")),
        shown(&format!("Bearer {token}")),
        shown(&String::from_utf8(letter_off).unwrap()),
        shown(&"x".repeat(50_000)),
        shown(&format!("tkt_{}", "x".repeat(50_000))),
        shown(&token).header("X-API-TOKEN", &token),
        bearer(bearer(get(), &token), &token),
        bearer(shown(&token), &other),
        bearer(shown(&token), &admin),
        shown(&token).header("Authorization", "Basic cmFpejp4"),
        get().header("Authorization", &token),
    ] {
        let answer = client.ask(&request).await;
        answer.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let not_ascii = [b"GET /v2/statuses HTTP/1.1\r\nHost: x\r\nX-API-TOKEN: tkt_\xC3\xB1\r\n\r\n".as_slice()].concat();
    client.send(not_ascii).await;
    client.answer().await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    // A browser's page may ask, and is told where it is refused.
    let answer = client.ask(&shown("x").header("Origin", "http://localhost:5173")).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"));
}

#[tokio::test]
async fn staff_keep_their_role_and_requesters_have_none() {
    let service = Service::start().await;
    for person in service.staff() {
        service.client(person).await.get(STATUSES).await.ok();
    }
    service.client(&service.usuario).await.get(STATUSES).await.refusal(403, "AUTHORIZATION_ERROR", "forbidden");
    let mut client = service.client(&service.redes).await;
    service.deactivate(&service.redes).await;
    client.get(STATUSES).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let form = json!({ "nombre": "sólo escribe", "alcances": ["tickets:write", "subscriptions"] });
    let token = created(&create(&mut client, &admin, &form).await)["token"].as_str().unwrap().to_owned();
    for (language, detail) in [
        ("es", "El token no tiene el alcance tickets:read."),
        ("en", "The token does not have the scope tickets:read."),
        ("pt", "O token não tem o escopo tickets:read."),
    ] {
        let request = Request::new("GET", STATUSES).header("X-API-TOKEN", &token);
        let answer = client.ask(&request.header("Accept-Language", language)).await;
        assert_eq!(answer.refusal(403, "AUTHORIZATION_ERROR", "scope-missing"), detail);
    }
}

// On a clock

fn new_token(name: &str, expires_at: Option<&str>) -> NewToken {
    let form = json!({ "nombre": name, "alcances": ["tickets:read", "tickets:write"], "expira_en": expires_at });
    NewToken::from_json(form.to_string().as_bytes(), Timestamp::parse(common::desk::MORNING).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_valid_for_its_time_and_not_a_moment_longer() {
    let service = Service::start().await;
    let new = new_token("crm", Some("2026-03-25T10:15:00.001Z"));
    let (token, secret) = service.engine.create_token(new, &Authority::Operator).await.unwrap();
    let mut client = service.client_with(Some(secret.reveal())).await;
    service.pass(DAY);
    client.get(STATUSES).await.ok();
    service.pass(1);
    client.get(STATUSES).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    // Its name is free, and it is still to be revoked.
    service.engine.create_token(new_token("crm", None), &Authority::Operator).await.unwrap();
    service.engine.revoke_token(token.id, &Authority::Operator).await.unwrap();
    service.pass(-DAY);
    client.get(STATUSES).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
}

#[tokio::test]
async fn expired_revoked_and_unknown_are_one_answer() {
    let service = Service::start().await;
    let (_, expired) = service
        .engine
        .create_token(new_token("uno", Some("2026-03-24T10:16:00Z")), &Authority::Operator)
        .await
        .unwrap();
    let (token, revoked) = service.engine.create_token(new_token("dos", None), &Authority::Operator).await.unwrap();
    service.engine.revoke_token(token.id, &Authority::Operator).await.unwrap();
    service.pass(MINUTE);
    let unknown = expired.reveal().chars().rev().collect::<String>();
    let unknown = format!("{}{}", &expired.reveal()[..13], &unknown[..43]);
    let mut answers = Vec::new();
    for secret in [expired.reveal(), revoked.reveal(), &unknown] {
        let answer = service.client_with(Some(secret)).await.get(STATUSES).await;
        answers.push((answer.refusal(401, "AUTHENTICATION_ERROR", "invalid-token"), answer.text()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute_and_is_no_change_to_be_read_again() {
    let service = Service::start().await;
    let engine = &service.engine;
    let (token, secret) = engine.create_token(new_token("crm", None), &Authority::Operator).await.unwrap();
    let mut client = service.client_with(Some(secret.reveal())).await;
    let noted = async || engine.store().tokens().await.unwrap()[0].token.last_used_at;
    let at = |millis: i64| {
        Timestamp::from_unix_millis(Timestamp::parse(common::desk::MORNING).unwrap().unix_millis() + millis).ok()
    };
    let revision = engine.store().accounts_revision().await.unwrap();
    // The service's own maintenance does it.
    client.get(STATUSES).await.ok();
    within_a_second(async || noted().await == at(0)).await;
    for _ in 0..59 {
        service.pass(SECOND);
        client.get(STATUSES).await.ok();
        engine.note_token_uses().await.unwrap();
    }
    assert_eq!(noted().await, at(0));
    assert_eq!(engine.tokens().await.unwrap()[0].last_used_at, at(59 * SECOND), "this process knows better");
    service.pass(SECOND);
    within_a_second(async || noted().await == at(59 * SECOND)).await;
    assert_eq!(engine.store().accounts_revision().await.unwrap(), revision);
    // Another one that is late takes nothing back.
    let late = engine.store().note_token_uses(vec![(token.id, at(0).unwrap())]).await;
    late.unwrap();
    assert_eq!(noted().await, at(59 * SECOND));
}

#[tokio::test]
async fn history_tells_a_token_s_name_also_when_it_is_revoked() {
    let service = Service::start().await;
    let engine = &service.engine;
    let (token, _) = engine.create_token(new_token("CRM de ventas", None), &Authority::Operator).await.unwrap();
    let ticket = Draft::from_json(seed().to_string().as_bytes()).unwrap().validate(&engine.rules()).unwrap();
    let request = CreateRequest { actor: token.actor(), origin: Origin::TicketsApi, ..CreateRequest::new(ticket) };
    let TicketId(id) = engine.create(request).await.unwrap().id;
    let mut client = service.client(&service.mesa).await;
    let mut author = async || {
        let shown = client.get(&format!("/api/tickets/{id}")).await.ok();
        let line = &shown["historial"][0];
        (line["actor_nombre"].clone(), line["actor_rol"].clone())
    };
    assert_eq!(author().await, (json!("CRM de ventas"), json!("TOKEN")));
    engine.revoke_token(token.id, &Authority::Operator).await.unwrap();
    assert_eq!(author().await, (json!("CRM de ventas"), json!("TOKEN")));
    let other = service.beside().await;
    assert_eq!(other.author_name(token.actor().author(), None).as_deref(), Some("CRM de ventas"));
    let nobody = Actor::Token(ActorId(Uuid::nil())).author();
    assert_eq!(other.author_name(nobody, Some("Ana")), None);
}

#[tokio::test]
async fn another_process_takes_a_token_at_once_and_is_rid_of_it_when_it_looks() {
    let service = Service::start().await;
    let other = service.beside().await;
    let (token, secret) = service.engine.create_token(new_token("crm", None), &Authority::Operator).await.unwrap();
    // What another process has stored is seen after 20 ms at the latest.
    sleep(Duration::from_millis(30)).await;
    let known = other.authenticate_api_token(secret.reveal()).await.unwrap();
    assert_eq!(*known, token);
    service.engine.revoke_token(token.id, &Authority::Operator).await.unwrap();
    sleep(Duration::from_millis(30)).await;
    other.refresh().await.unwrap();
    let refused = other.authenticate_api_token(secret.reveal()).await;
    assert!(matches!(refused, Err(AuthError::InvalidToken)));
    // As it is here, also where it is revoked once more.
    other.revoke_token(token.id, &Authority::Operator).await.unwrap();
    let unknown = other.revoke_token(ActorId(Uuid::nil()), &Authority::Operator).await;
    assert!(matches!(unknown, Err(AccountError::TokenNotFound)));
}

/// An administrator who is out does nothing more.
#[tokio::test]
async fn tokens_are_changed_on_the_word_of_those_who_still_are_administrators() {
    let service = Service::start().await;
    let engine = &service.engine;
    let (token, secret) = engine.create_token(new_token("crm", None), &Authority::Operator).await.unwrap();
    let boss = service.enter("Berta Breve", "ADMIN", None).await;
    let boss_now = Authority::Admin(engine.user(ActorId(boss.id)).unwrap());
    let (by_boss, _) = engine.create_token(new_token("suyo", None), &boss_now).await.unwrap();
    assert_eq!(by_boss.created_by, Some(ActorId(boss.id)));
    service.deactivate(&boss).await;
    let refused = engine.create_token(new_token("otro", None), &boss_now).await.map(drop);
    assert!(matches!(refused, Err(AccountError::SessionOver)));
    let refused = engine.revoke_token(token.id, &boss_now).await;
    assert!(matches!(refused, Err(AccountError::SessionOver)));
    assert!(!format!("{secret:?}").contains(&secret.reveal()[13..]));
    engine.authenticate_api_token(secret.reveal()).await.unwrap();
    // What they have created is the desk's, and stays.
    assert_eq!(engine.tokens().await.unwrap().iter().filter(|token| token.is_valid(engine.now())).count(), 2);
}

// Limits

/// So slow that no test sees a request come back that it has used.
const HARDLY_ANY: &str = "
    [rate_limits]
    token_per_minute = 1
    token_burst = 4
";

#[tokio::test]
async fn a_token_that_calls_too_often_is_told_when_to_come_again() {
    let desk = Desk::new();
    let settings = desk.write("settings.toml", HARDLY_ANY);
    let server = desk.serve_with(|command| {
        command
            .arg("--config")
            .arg(settings)
            .env("TICKETING_ADMIN_EMAIL", ADMIN)
            .env("TICKETING_ADMIN_PASSWORD", PASSWORD)
    });
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let form = json!({ "nombre": "sólo escribe", "alcances": ["tickets:write"] });
    let writer = created(&create(&mut client, &admin, &form).await)["token"].as_str().unwrap().to_owned();
    let (_, token) = reader(&mut client, &admin, "crm").await;

    for left in (0..4).rev() {
        // Whichever header, whichever connection.
        let request = Request::new("GET", STATUSES);
        let request = if left % 2 == 0 { bearer(request, &token) } else { request.header("X-API-TOKEN", &token) };
        let answer = server.connect().await.ask(&request).await;
        answer.ok();
        assert_eq!(answer.header("ratelimit-policy"), Some("\"token\";q=1;w=60;burst=4"));
        let value = answer.header("ratelimit").unwrap();
        assert!(value.starts_with(&format!("\"token\";r={left};t=")), "{value}");
    }
    let answer = statuses(&mut client, &token).await;
    answer.refusal(429, "RATE_LIMITED", "rate-limited");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer}");
    assert!(answer.header("ratelimit").unwrap().starts_with("\"token\";r=0;t="), "{answer}");

    // Another token has its own limit, and what it may not do counts.
    for _ in 0..4 {
        let answer = statuses(&mut client, &writer).await;
        answer.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
        assert!(answer.header("ratelimit").unwrap().starts_with("\"token\";"), "{answer}");
    }
    statuses(&mut client, &writer).await.refusal(429, "RATE_LIMITED", "rate-limited");
    // The desk has none, nor has whoever is nobody.
    for _ in 0..6 {
        let answer = client.ask(&bearer(Request::new("GET", STATUSES), &admin)).await;
        answer.ok();
        assert_eq!(answer.header("ratelimit"), None);
        let answer = statuses(&mut client, "tkt_x").await;
        answer.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
        assert_eq!(answer.header("ratelimit"), None);
    }
}

// What cannot be read

#[tokio::test]
async fn a_token_that_cannot_be_read_is_out_and_no_other_for_it() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let (damaged, bad) = reader(&mut client, &admin, "dañado").await;
    let (revoked, gone) = reader(&mut client, &admin, "revocado").await;
    let (_, good) = reader(&mut client, &admin, "bueno").await;
    desk.database.execute(
        "UPDATE tokens SET scopes = 'tickets:read todo' WHERE name = 'dañado';
         UPDATE accounts_revision SET revision = revision + 1;",
    );
    // What is revoked is revoked all the same.
    revoke(&mut client, &admin, &revoked).await.ok();
    statuses(&mut client, &gone).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    statuses(&mut client, &bad).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    statuses(&mut client, &good).await.ok();
    let names: Vec<_> = list(&mut client, &admin).await.iter().map(|token| token["nombre"].clone()).collect();
    assert_eq!(names, ["bueno", "revocado"]);
    assert!(server.log().contains(&damaged), "{}", server.log());
    // It is still in its name's place, and may be taken from there.
    let form = json!({ "nombre": "dañado", "alcances": ["tickets:read"] });
    create(&mut client, &admin, &form).await.problem(409, "token-name-taken");
    revoke(&mut client, &admin, &damaged).await.ok();
    created(&create(&mut client, &admin, &form).await);
}

// The command line

#[tokio::test]
async fn a_token_is_created_and_revoked_on_the_command_line_beside_a_running_server() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let scopes = ["--scopes", "tickets:write, tickets:read"];
    let made = desk.run(&[&["token", "create", "--name", " CRM de ventas ", "--expires", "90d"], &scopes[..]].concat());
    // On stdout by itself: for `TOKEN=$(ticketing-server token create …)`.
    let token = made.stdout.strip_suffix('\n').unwrap().to_owned();
    assert_eq!((made.status, token.len(), token.lines().count()), (Some(0), 56, 1));
    let said = "CRM de ventas may use tickets:read tickets:write until 20";
    assert!(made.stderr.starts_with(said) && made.stderr.ends_with("; this token is not shown again\n"));
    assert!(!made.stderr.contains(&token[13..]));
    within_a_second(async || statuses(&mut client, &token).await.status == 200).await;

    let again = desk.run(&[&["token", "create", "--name", "crm DE ventas"], &scopes[..]].concat());
    assert_eq!(again.failure(1), "error: another token has this name\n");
    let second =
        desk.run(&["token", "create", "--name", "informes", "--scopes", "subscriptions", "--scopes", "tickets:read"]);
    let second = second.success().trim_end().to_owned();

    let listed: Value = serde_json::from_str(&desk.run(&["token", "list", "--json"]).success()).unwrap();
    let crm = &listed[0];
    assert_eq!(
        (&crm["nombre"], &crm["prefijo"], &crm["creado_por"]),
        (&json!("CRM de ventas"), &json!(token[..12]), &Value::Null)
    );
    let instant = |name: &str| Timestamp::parse(crm[name].as_str().unwrap()).unwrap();
    assert_eq!(instant("expira_en").since(instant("creado_en")).num_days(), 90);
    assert_eq!(listed[1]["alcances"], json!(["tickets:read", "subscriptions"]));

    let message = desk.run(&["token", "revoke", "crm de VENTAS"]).success();
    assert_eq!(message, format!("CRM de ventas ({}) says nothing any more\n", &token[..12]));
    within_a_second(async || statuses(&mut client, &token).await.status == 401).await;
    let message = desk.run(&["token", "revoke", &second[..12]]).success();
    assert_eq!(message, format!("informes ({}) says nothing any more\n", &second[..12]));
    within_a_second(async || statuses(&mut client, &second).await.status == 401).await;
    // Once more, by its id.
    desk.run(&["token", "revoke", crm["id"].as_str().unwrap()]).success();

    let table = desk.run(&["token", "list"]).success();
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(lines.next().unwrap(), ["name", "prefix", "scopes", "created", "expires", "last", "used", "active"]);
    let line = lines.next().unwrap();
    assert_eq!(
        (&line[..6], line.last()),
        (&["CRM", "de", "ventas", &token[..12], "tickets:read", "tickets:write"][..], Some(&"revoked"))
    );
    let line = lines.next().unwrap();
    assert_eq!(line[line.len() - 3], "–", "it never expires: {table}");
    assert!(!table.contains(&token[13..]) && !table.contains(&second[13..]));
}

#[test]
fn what_the_command_line_cannot_do_with_tokens_it_says() {
    let desk = Desk::new();
    for arguments in [&["create", "--name", "crm", "--scopes", "tickets:read"][..], &["list"], &["revoke", "crm"]] {
        let message = desk.run(&[&["token"], arguments].concat()).failure(1);
        assert!(message.contains("there is no database"), "{message}");
    }
    desk.serve().kill();
    let create = |arguments: &[&str]| desk.run(&[&["token", "create"], arguments].concat());
    for (arguments, status, part) in [
        (&["--name", "crm"][..], 2, "--scopes"),
        (&["--scopes", "tickets:read"], 2, "--name"),
        (&["--name", " ", "--scopes", "tickets:read"], 1, "This field is required."),
        (&["--name", "crm", "--scopes", "tickets:read,tickets:all"], 1, "tickets:read, tickets:write, subscriptions"),
        (&["--name", "crm", "--scopes", ""], 1, "tickets:read, tickets:write, subscriptions"),
        (&["--name", "crm", "--scopes", "tickets:read", "--expires", "pronto"], 2, "such as 12h, 90d or 4w, or a date"),
        (&["--name", "crm", "--scopes", "tickets:read", "--expires", ""], 2, "such as 12h, 90d or 4w, or a date"),
        (&["--name", "crm", "--scopes", "tickets:read", "--expires", "0d"], 1, "expira_en: Write an instant to come"),
        (&["--name", "crm", "--scopes", "tickets:read", "--expires", "2020-01-01"], 1, "3660 days off at most"),
        (&["--name", "crm", "--scopes", "tickets:read", "--expires", "600w"], 1, "3660 days off at most"),
    ] {
        let message = create(arguments).failure(status);
        assert!(message.contains(part), "“{part}” in: {message}");
    }
    assert!(desk.run(&["token", "revoke", "crm"]).failure(1).contains("there is no token “crm”"));
    assert_eq!(desk.run(&["token", "list"]).success().lines().count(), 1);
}

#[test]
fn of_several_tokens_with_one_name_the_valid_one_is_revoked() {
    let desk = Desk::new();
    desk.serve().kill();
    let create = || {
        let made = desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read"]).success();
        made[..12].to_owned()
    };
    let revoke = |name: &str| desk.run(&["token", "revoke", name]);
    let first = create();
    assert!(revoke("crm").success().contains(&first));
    let second = create();
    assert!(revoke("crm").success().contains(&second));
    // Now it might be either.
    let message = revoke("crm").failure(1);
    assert!(message.contains("several tokens are called “crm”"), "{message}");
    revoke(&first).success();
}

// What must not be told

#[tokio::test]
async fn no_token_of_another_system_is_logged_or_stored() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| {
        command
            .env("TICKETING_LOG", "trace")
            .env("TICKETING_ADMIN_EMAIL", ADMIN)
            .env("TICKETING_ADMIN_PASSWORD", PASSWORD)
    });
    let mut client = server.connect().await;
    let admin = log_in(&mut client, ADMIN).await;
    let (id, token) = reader(&mut client, &admin, "crm").await;
    statuses(&mut client, &token).await.ok();
    client.ask(&bearer(Request::new("GET", STATUSES), &token)).await.ok();
    client.ask(&bearer(Request::new("GET", TOKENS), &token)).await.problem(401, "invalid-token");
    let off = token.replace("tkt_", "tkt_x");
    statuses(&mut client, &off).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    let other = desk.run(&["token", "create", "--name", "otro", "--scopes", "tickets:read"]).success();
    revoke(&mut client, &admin, &id).await.ok();
    statuses(&mut client, &token).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
    server.terminate();
    let log = server.log();
    assert!(log.contains("answered") && log.contains(&id), "{log}");
    let stored = desk.database.octets();
    let is_stored = |part: &str| stored.windows(part.len()).any(|window| window == part.as_bytes());
    for token in [token.as_str(), other.trim_end()] {
        assert!(is_stored(&token[..12]), "the start, by which it is recognised");
        for part in [&token[13..], &token[13..33], &token[36..]] {
            assert!(!log.contains(part), "a token is logged");
            assert!(!is_stored(part), "a token is stored");
        }
    }
}

/// The state has no place for it.
#[test]
fn a_token_s_state_does_not_have_its_secret() {
    let secret = ticketing_core::token::TokenSecret::from_random([1; 6], [2; 32]);
    let token = Token::new(ActorId(Uuid::nil()), new_token("crm", None), &secret, None, Timestamp::MIN);
    assert!(!format!("{token:?} {secret:?}").contains(&secret.reveal()[13..]));
}
