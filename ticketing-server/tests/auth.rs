//! Logging in, and who may: `/api/auth` over real HTTP, tokens that are none, and the command line beside a running server.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    fs,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use ticketing_core::{
    Timestamp,
    user::{Login, NewUser, UserPatch},
};
use ticketing_server::{
    AccountError, AuthError, Authority, Engine, EngineOptions, PasswordCost,
    store::{AnyStore, KeyStore, SigningKey},
};
use tokio::{task::JoinSet, time::sleep};

use self::common::{
    database::Database,
    http::{Answer, Connection, Request},
    program::{Desk, Outcome, Server, run},
};

const ADMIN: &str = "raiz@example.com";
const PASSWORD: &str = "un-gato-verde";

/// A server with an administrator, without rate limits: what slows guessing down is there all the same.
fn serve(desk: &Desk) -> Server {
    desk.serve_with(|command| {
        command
            .env("TICKETING_RATE_LIMITS", "off")
            .env("TICKETING_ADMIN_EMAIL", ADMIN)
            .env("TICKETING_ADMIN_PASSWORD", PASSWORD)
            .env("TICKETING_TRUSTED_PROXIES", "127.0.0.1")
    })
}

fn with_token(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// A request with a body of JSON, for any method.
fn request(method: &str, path: &str, body: &Value) -> Request {
    let body = body.to_string();
    let length = body.len().to_string();
    Request::new(method, path).header("Content-Type", "application/json").header("Content-Length", &length).body(body)
}

async fn log_in(client: &mut Connection, email: &str, password: &str) -> Answer {
    client.post("/api/auth/login", &json!({ "email": email, "password": password })).await
}

async fn token(client: &mut Connection, email: &str, password: &str) -> String {
    log_in(client, email, password).await.ok()["access_token"].as_str().unwrap().to_owned()
}

/// Makes a user; answers their id.
async fn create(client: &mut Connection, admin: &str, changes: &Value) -> String {
    let mut form = json!({ "email": "ana@example.com", "nombre": "Ana", "password": PASSWORD, "rol": "MESA" });
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    let answer = client.ask(&with_token(request("POST", "/api/auth/users", &form), admin)).await.ok();
    assert_eq!(answer["message"], "Usuario creado");
    answer["id"].as_str().unwrap().to_owned()
}

async fn patch(client: &mut Connection, admin: &str, id: &str, changes: &Value) -> Answer {
    client.ask(&with_token(request("PATCH", &format!("/api/auth/users/{id}"), changes), admin)).await
}

async fn delete(client: &mut Connection, admin: &str, id: &str) -> Answer {
    client.ask(&with_token(Request::new("DELETE", &format!("/api/auth/users/{id}")), admin)).await
}

async fn list(client: &mut Connection, token: &str) -> Answer {
    client.ask(&with_token(Request::new("GET", "/api/auth/users"), token)).await
}

/// What anybody who is logged in may ask: 422 for the form, or 401.
async fn is_logged_in(client: &mut Connection, token: &str) -> bool {
    let answer = client.ask(&with_token(request("POST", "/api/auth/password", &json!({})), token)).await;
    match answer.status {
        422 => true,
        401 => {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            answer.problem(401, "invalid-token");
            false
        }
        _ => panic!("{answer}"),
    }
}

/// Passwords that the server has hashed or checked so far.
async fn password_runs(client: &mut Connection) -> u64 {
    let metrics = client.get("/metrics").await.text();
    let line = metrics.lines().find(|line| line.starts_with("ticketing_password_runs_total")).expect(&metrics);
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

// Logging in

#[tokio::test]
async fn a_login_answers_a_token_and_whose_it_is() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let id = create(&mut client, &admin, &json!({ "rol": "AREA", "area": "Redes" })).await;

    let answer = log_in(&mut client, " ANA@Example.COM ", &format!("\t{PASSWORD}\n")).await.ok();
    let token = answer["access_token"].as_str().unwrap();
    let user = json!({ "id": id, "email": "ana@example.com", "nombre": "Ana", "rol": "AREA", "area": "Redes" });
    assert_eq!(answer, json!({ "access_token": token, "token_type": "bearer", "user": user }));

    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::HS256);
    assert!(header.kid.is_some());
    let mut claims = claims(token);
    let (iat, exp) = (claims["iat"].take().as_i64().unwrap(), claims["exp"].take().as_i64().unwrap());
    assert_eq!(exp - iat, 120 * 60);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(i64::try_from(now).unwrap().abs_diff(iat) < 60);
    let expected = json!({
        "sub": id, "email": "ana@example.com", "nombre": "Ana", "rol": "AREA", "area": "Redes", "iat": null, "exp": null
    });
    assert_eq!(claims, expected);
    assert!(is_logged_in(&mut client, token).await);
}

fn claims(token: &str) -> Value {
    let mut validation = jsonwebtoken::Validation::default();
    validation.insecure_disable_signature_validation();
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let no_key = jsonwebtoken::DecodingKey::from_secret(&[]);
    jsonwebtoken::decode::<Value>(token, &no_key, &validation).unwrap().claims
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_one_answer_after_the_same_work() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let mut answers = Vec::new();
    for (email, password) in [(ADMIN, "otra-clave"), ("nadie@example.com", PASSWORD), ("no es un correo", "x")] {
        let before = password_runs(&mut client).await;
        let answer = log_in(&mut client, email, password).await;
        assert_eq!(password_runs(&mut client).await - before, 1, "{email}");
        assert_eq!(answer.problem(401, "invalid-credentials")["detail"], "Credenciales inválidas");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        answers.push(answer.text());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");

    let english = request("POST", "/api/auth/login", &json!({ "email": ADMIN, "password": "x" }));
    let answer = client.ask(&english.header("Accept-Language", "en")).await;
    assert_eq!(answer.problem(401, "invalid-credentials")["detail"], "Invalid credentials");
}

#[tokio::test]
async fn a_login_that_is_no_form_is_told_all_that_is_wrong() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let answer = client.post("/api/auth/login", &json!({ "email": 7 })).await;
    assert_eq!(answer.violations(), [field("email", "wrong-type"), field("password", "required")]);
    let answer = client.post("/api/auth/login", &json!({ "email": "a", "password": "x".repeat(257) })).await;
    assert_eq!(answer.violations(), [field("password", "too-long")]);
    assert!(!answer.text().contains("xxxx"));
    client.ask(&Request::post("/api/auth/login", "{")).await.problem(400, "malformed-json");
    client.ask(&Request::post_as("/api/auth/login", "{}")).await.problem(415, "unsupported-media-type");
    client.ask(&Request::new("GET", "/api/auth/login")).await.problem(405, "method-not-allowed");
    assert_eq!(password_runs(&mut client).await, 1, "the first administrator's, and none for what is no form");
}

#[tokio::test]
async fn a_deactivated_user_is_told_so_after_the_right_password_only() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let id = create(&mut client, &admin, &json!({})).await;
    patch(&mut client, &admin, &id, &json!({ "is_active": false })).await.ok();
    log_in(&mut client, "ana@example.com", "otra-clave").await.problem(401, "invalid-credentials");
    let answer = log_in(&mut client, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.problem(403, "user-deactivated")["detail"], "Usuario desactivado");
    patch(&mut client, &admin, &id, &json!({ "is_active": true })).await.ok();
    log_in(&mut client, "ana@example.com", PASSWORD).await.ok();
}

#[tokio::test]
async fn logging_in_counts_against_the_limits_of_whatever_anybody_may_call() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| command);
    let mut client = server.connect().await;
    let left = |answer: &Answer| answer.header("ratelimit").map(|left| left.starts_with("\"address\";r="));
    assert_eq!(left(&log_in(&mut client, "a", "b").await), Some(true));
    let own = client.ask(&request("POST", "/api/auth/password", &json!({}))).await;
    own.problem(401, "login-required");
    assert_eq!(left(&own), Some(true));
    assert_eq!(left(&client.get("/api/auth/users").await), None);
}

// Guessing

/// The seconds after which it is worth trying again.
#[track_caller]
fn too_early(answer: &Answer) -> u64 {
    answer.problem(429, "too-many-attempts");
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_account_takes_five_wrong_passwords_and_then_slows_down_whether_there_is_one_or_not() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    for email in [ADMIN, "nadie@example.com"] {
        for _ in 0..5 {
            log_in(&mut client, email, "otra-clave").await.problem(401, "invalid-credentials");
        }
        assert_eq!(too_early(&log_in(&mut client, &email.to_uppercase(), PASSWORD).await), 1);
    }
    // Somebody else's account is another one.
    let before = password_runs(&mut client).await;
    log_in(&mut client, "otra@example.com", PASSWORD).await.problem(401, "invalid-credentials");
    assert_eq!(password_runs(&mut client).await - before, 1);

    sleep(Duration::from_millis(1100)).await;
    log_in(&mut client, ADMIN, PASSWORD).await.ok();
    // The right password wipes the slate clean.
    for _ in 0..5 {
        log_in(&mut client, ADMIN, "otra-clave").await.problem(401, "invalid-credentials");
    }
    too_early(&log_in(&mut client, ADMIN, PASSWORD).await);
}

/// An account of one's own does not help to guess those of others.
#[tokio::test]
async fn an_address_takes_twenty_wrong_passwords_of_any_accounts_and_then_slows_down() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let from = |address: &str, email: &str, password: &str| {
        let form = json!({ "email": email, "password": password });
        request("POST", "/api/auth/login", &form).header("X-Forwarded-For", address)
    };
    for number in 0..20 {
        // Addresses of one IPv6 network are one.
        let address = format!("2001:db8::{number:x}");
        let guess = from(&address, &format!("a{number}@example.com"), "una-clave");
        client.ask(&guess).await.problem(401, "invalid-credentials");
        if number < 10 {
            client.ask(&from(&address, ADMIN, PASSWORD)).await.ok();
        }
    }
    too_early(&client.ask(&from("2001:db8::ff", ADMIN, PASSWORD)).await);
    client.ask(&from("2001:db8:1::1", ADMIN, PASSWORD)).await.ok();
    // The same in another process, at once.
    server.kill();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let answer = client.ask(&from("2001:db8::ff", ADMIN, "una-clave")).await;
    assert!(matches!(answer.status, 429 | 401), "{answer}");
}

/// Seconds on an engine's clock after which an attempt may be made; 0 where it was made.
async fn wait_of(engine: &Engine<AnyStore>, email: &str, password: &str, address: &str) -> u64 {
    let login = json!({ "email": email, "password": password }).to_string();
    let login = Login::from_json(login.as_bytes()).unwrap();
    match engine.log_in(login, Some(address.parse().unwrap())).await {
        Ok(_) | Err(AccountError::InvalidCredentials) => 0,
        Err(AccountError::TooEarly { wait }) => wait.as_secs(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn whoever_guesses_waits_minutes_and_the_owner_elsewhere_seconds() {
    const STRANGER: &str = "203.0.113.7";
    const OWNER: &str = "198.51.100.1";
    let desk = Desk::new();
    let (engine, seconds) = on_a_clock(&desk).await;
    let mut longest = 0;
    for _ in 0..40 {
        match wait_of(&engine, ADMIN, "otra-clave", STRANGER).await {
            0 => {}
            wait => {
                seconds.fetch_add(wait.try_into().unwrap(), SeqCst);
                longest = longest.max(wait);
            }
        }
    }
    assert_eq!(longest, 300);
    while wait_of(&engine, ADMIN, "otra-clave", STRANGER).await > 0 {
        seconds.fetch_add(1, SeqCst);
    }
    assert_eq!(wait_of(&engine, ADMIN, "otra-clave", STRANGER).await, 300);
    assert_eq!(wait_of(&engine, ADMIN, PASSWORD, OWNER).await, 10);
    seconds.fetch_add(10, SeqCst);
    assert_eq!(wait_of(&engine, ADMIN, PASSWORD, STRANGER).await, 290);
    assert_eq!(wait_of(&engine, ADMIN, PASSWORD, OWNER).await, 0);
    // The owner's success does not help the stranger to go on.
    assert_eq!(wait_of(&engine, ADMIN, "otra-clave", STRANGER).await, 290);
}

#[tokio::test]
async fn who_logs_in_leaves_the_delay_of_their_address_as_it_was() {
    const OFFICE: &str = "203.0.113.7";
    let desk = Desk::new();
    let (engine, seconds) = on_a_clock(&desk).await;
    let guess = async |count: u32| {
        for number in 0..count {
            let wait = wait_of(&engine, &format!("a{number}@example.com"), "otra-clave", OFFICE).await;
            assert_eq!(wait, 0, "{number}");
        }
    };
    guess(20).await;
    assert_eq!(wait_of(&engine, ADMIN, PASSWORD, OFFICE).await, 1);
    seconds.fetch_add(1, SeqCst);
    // One after the other: the delay has been waited for.
    for _ in 0..3 {
        assert_eq!(wait_of(&engine, ADMIN, PASSWORD, OFFICE).await, 0);
    }
    for _ in 0..6 {
        seconds.fetch_add(11 * 60, SeqCst);
        assert_eq!(wait_of(&engine, ADMIN, PASSWORD, OFFICE).await, 0);
    }
    // More than an hour has passed since.
    guess(20).await;
}

#[tokio::test]
async fn what_strangers_guess_is_not_in_the_way_of_a_session() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let own = token(&mut client, ADMIN, PASSWORD).await;
    for _ in 0..5 {
        log_in(&mut client, ADMIN, "otra-clave").await.problem(401, "invalid-credentials");
    }
    too_early(&log_in(&mut client, ADMIN, PASSWORD).await);
    let change = request("POST", "/api/auth/password", &json!({ "actual": PASSWORD, "nueva": "otra clave" }));
    client.ask(&with_token(change, &own)).await.ok();
}

#[tokio::test]
async fn a_right_password_is_no_wrong_one_because_the_client_has_hung_up() {
    let desk = Desk::new();
    let server = serve(&desk);
    let login = request("POST", "/api/auth/login", &json!({ "email": ADMIN, "password": PASSWORD }));
    let mut client = server.connect().await;
    for _ in 0..6 {
        let before = password_runs(&mut client).await;
        let mut hasty = server.connect().await;
        hasty.send(login.octets()).await;
        within_a_second(async || password_runs(&mut client).await > before).await;
        drop(hasty);
        // It is done all the same, some time.
        sleep(Duration::from_millis(300)).await;
    }
    log_in(&mut client, ADMIN, PASSWORD).await.ok();
}

#[tokio::test]
async fn guesses_at_the_same_time_count_each() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut guesses = JoinSet::new();
    for _ in 0..20 {
        let mut client = server.connect().await;
        guesses.spawn(async move { log_in(&mut client, ADMIN, "otra-clave").await.status });
    }
    let statuses = guesses.join_all().await;
    // Where they take longer than a second, one more is due.
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert!((5..=7).contains(&checked), "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
}

#[tokio::test]
async fn a_flood_of_logins_is_answered_and_whoever_cannot_wait_is_told_to_come_back() {
    let desk = Desk::new();
    let server = serve(&desk);
    let most = std::thread::available_parallelism().unwrap().get() * 33;
    let mut logins = JoinSet::new();
    for number in 0..most + 100 {
        let mut client = server.connect().await;
        let form = json!({ "email": format!("a{number}@example.com"), "password": PASSWORD });
        let address = format!("198.51.{}.{}", number / 200, number % 200);
        let login = request("POST", "/api/auth/login", &form).header("X-Forwarded-For", &address);
        logins.spawn(async move { client.ask(&login).await });
    }
    let mut client = server.connect().await;
    client.get("/livez").await;
    for answer in logins.join_all().await {
        if answer.status != 401 {
            answer.problem(503, "overloaded");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
    }
    log_in(&mut client, ADMIN, PASSWORD).await.ok();
    // Whoever was told to come back has lost no attempt.
    assert!(password_runs(&mut client).await <= u64::try_from(most + 102).unwrap());
}

// One's own password

#[tokio::test]
async fn everybody_changes_their_own_password_and_is_logged_out_by_it() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    create(&mut client, &admin, &json!({ "rol": "USUARIO" })).await;
    let own = token(&mut client, "ana@example.com", PASSWORD).await;
    let change = |actual: &str, nueva: &str| {
        with_token(request("POST", "/api/auth/password", &json!({ "actual": actual, "nueva": nueva })), &own)
    };
    // A client takes a 401 for the end of its session.
    let answer = client.ask(&change("otra-clave", "tres tristes tigres")).await;
    assert_eq!(answer.violations(), [("actual".to_owned(), "wrong-password".to_owned())]);
    let answer = client.ask(&change(PASSWORD, "corta")).await;
    assert_eq!(answer.violations(), [("nueva".to_owned(), "too-short".to_owned())]);
    assert!(is_logged_in(&mut client, &own).await);

    let answer = client.ask(&change(PASSWORD, "tres tristes tigres")).await.ok();
    assert_eq!(answer, json!({ "message": "Contraseña actualizada" }));
    assert!(!is_logged_in(&mut client, &own).await);
    log_in(&mut client, "ana@example.com", PASSWORD).await.problem(401, "invalid-credentials");
    // In the same second, too: the new token is later than the change.
    let own = token(&mut client, "ana@example.com", "tres tristes tigres").await;
    assert!(is_logged_in(&mut client, &own).await);

    let guess = with_token(request("POST", "/api/auth/password", &json!({ "actual": "x", "nueva": "abcdef" })), &own);
    for _ in 0..5 {
        client.ask(&guess).await.violations();
    }
    too_early(&client.ask(&guess).await);
    // A way in is another matter.
    log_in(&mut client, "ana@example.com", "tres tristes tigres").await.ok();
    let answer = client.ask(&request("POST", "/api/auth/password", &json!({}))).await;
    assert_eq!(answer.problem(401, "login-required")["detail"], "Inicie sesión para continuar.");
}

// Users

#[tokio::test]
async fn an_administrator_creates_lists_changes_and_deletes_users() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let zoe = create(&mut client, &admin, &json!({ "email": "zoe@example.com", "nombre": "zoe" })).await;
    let phone = json!({ "email": "Angela@example.com", "nombre": " Ángela ", "rol": "AREA", "area": "Redes", "telefono": "+57 1" });
    let angela = create(&mut client, &admin, &phone).await;

    let listed = list(&mut client, &admin).await.ok();
    let ids = listed[1]["id"].clone();
    let entry = |id: &str, email: &str, name: &str, role: &str| json!({ "id": id, "email": email, "nombre": name, "rol": role, "area": null, "telefono": null, "is_active": true });
    let mut expected = [
        entry("", ADMIN, "Administrador", "ADMIN"),
        entry(&angela, "Angela@example.com", "Ángela", "AREA"),
        entry(&zoe, "zoe@example.com", "zoe", "MESA"),
    ];
    expected[0]["id"] = listed[0]["id"].clone();
    expected[1]["area"] = "Redes".into();
    expected[1]["telefono"] = "+57 1".into();
    assert_eq!(listed, json!(expected));
    assert_eq!(ids, angela.as_str());

    let answer = patch(&mut client, &admin, &angela, &json!({ "rol": "MESA", "area": null, "telefono": "" })).await;
    assert_eq!(answer.ok(), json!({ "message": "Usuario actualizado" }));
    let answer = patch(&mut client, &admin, &zoe, &json!({ "is_active": false, "nombre": "Zoé", "otro": 1 })).await;
    answer.ok();
    let listed = list(&mut client, &admin).await.ok();
    expected[1] = entry(&angela, "Angela@example.com", "Ángela", "MESA");
    expected[2] = entry(&zoe, "zoe@example.com", "Zoé", "MESA");
    expected[2]["is_active"] = false.into();
    assert_eq!(listed, json!(expected));

    assert_eq!(delete(&mut client, &admin, &zoe).await.ok(), json!({ "message": "Usuario eliminado" }));
    assert_eq!(list(&mut client, &admin).await.ok(), json!(expected[..2]));
    let again = create(&mut client, &admin, &json!({ "email": "ZOE@example.com", "nombre": "Zoe" })).await;
    assert_ne!(again, zoe);
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_said_at_once() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let post = |form: &Value| with_token(request("POST", "/api/auth/users", form), &admin);
    let all = [
        ("email", "invalid-email"),
        ("nombre", "too-short"),
        ("password", "too-short"),
        ("rol", "unknown-value"),
        ("telefono", "too-long"),
    ];
    let form = json!({ "email": "ana", "nombre": "A", "password": "12345", "rol": "JEFE", "telefono": "1".repeat(31) });
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect::<Vec<_>>();
    assert_eq!(client.ask(&post(&form)).await.violations(), owned(&all));
    let form = json!({ "email": "ana@example.com", "nombre": "Ana", "password": PASSWORD, "rol": "AREA" });
    assert_eq!(client.ask(&post(&form)).await.violations(), owned(&[("area", "required")]));

    let id = create(&mut client, &admin, &json!({ "rol": "MESA" })).await;
    let taken = json!({ "email": "ANA@example.com", "nombre": "Otra", "password": PASSWORD, "rol": "MESA" });
    assert_eq!(client.ask(&post(&taken)).await.problem(409, "email-taken")["detail"], "Email ya existe");
    let answer = patch(&mut client, &admin, &id, &json!({ "email": "RAIZ@example.com" })).await;
    answer.problem(409, "email-taken");
    // Their own, in other letters, is theirs.
    patch(&mut client, &admin, &id, &json!({ "email": "Ana@Example.com" })).await.ok();
    let answer = patch(&mut client, &admin, &id, &json!({ "rol": "AREA" })).await;
    assert_eq!(answer.violations(), owned(&[("area", "required")]));
    let answer = patch(&mut client, &admin, &id, &json!({ "is_active": 1, "email": "x" })).await;
    assert_eq!(answer.violations(), owned(&[("email", "invalid-email"), ("is_active", "wrong-type")]));

    delete(&mut client, &admin, &id).await.ok();
    for id in [id.as_str(), "7", "00000000-0000-0000-0000-000000000000", "%20"] {
        let answer = patch(&mut client, &admin, id, &json!({ "nombre": "Nadie" })).await;
        assert_eq!(answer.problem(404, "user-not-found")["detail"], "Usuario no encontrado");
        delete(&mut client, &admin, id).await.problem(404, "user-not-found");
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_sees_or_changes_users() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let mut tokens = Vec::new();
    for role in ["MESA", "AREA", "USUARIO"] {
        let email = format!("{role}@example.com");
        create(&mut client, &admin, &json!({ "email": email, "rol": role, "area": "Redes" })).await;
        tokens.push(token(&mut client, &email, PASSWORD).await);
    }
    let requests = [
        Request::new("GET", "/api/auth/users"),
        request("POST", "/api/auth/users", &json!({})),
        request("PATCH", "/api/auth/users/7", &json!({})),
        Request::new("DELETE", "/api/auth/users/7"),
    ];
    for request in requests {
        for token in &tokens {
            let answer = client.ask(&with_token(request.clone(), token)).await;
            assert_eq!(answer.problem(403, "forbidden")["detail"], "No autorizado para esta acción");
        }
        let answer = client.ask(&request.header("Origin", "http://localhost:5173")).await;
        answer.problem(401, "login-required");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"));
    }
}

#[tokio::test]
async fn the_last_active_administrator_stays() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let id = list(&mut client, &admin).await.ok()[0]["id"].as_str().unwrap().to_owned();
    let other = create(&mut client, &admin, &json!({ "rol": "ADMIN" })).await;
    patch(&mut client, &admin, &other, &json!({ "is_active": false })).await.ok();
    for change in [json!({ "is_active": false }), json!({ "rol": "MESA" }), json!({ "rol": "USUARIO", "nombre": "Yo" })]
    {
        patch(&mut client, &admin, &id, &change).await.problem(409, "last-admin");
    }
    delete(&mut client, &admin, &id).await.problem(409, "last-admin");
    assert!(is_logged_in(&mut client, &admin).await);
    // One who is not active may go; and with another one, the first may.
    patch(&mut client, &admin, &other, &json!({ "rol": "MESA" })).await.ok();
    patch(&mut client, &admin, &other, &json!({ "rol": "ADMIN", "is_active": true })).await.ok();
    delete(&mut client, &admin, &id).await.ok();
    assert!(!is_logged_in(&mut client, &admin).await);
    let admin = token(&mut client, "ana@example.com", PASSWORD).await;
    delete(&mut client, &admin, &other).await.problem(409, "last-admin");
}

#[tokio::test]
async fn two_administrators_who_remove_each_other_leave_one() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let mut one = (token(&mut client, ADMIN, PASSWORD).await, String::new());
    one.1 = list(&mut client, &one.0).await.ok()[0]["id"].as_str().unwrap().to_owned();
    let id = create(&mut client, &one.0, &json!({ "rol": "ADMIN" })).await;
    let other = (token(&mut client, "ana@example.com", PASSWORD).await, id);
    let (mut a, mut b) = (server.connect().await, server.connect().await);
    let (a, b) = tokio::join!(delete(&mut a, &one.0, &other.1), delete(&mut b, &other.0, &one.1));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert!(matches!(statuses, [200, 401 | 409]), "{statuses:?}");
}

// Tokens

/// The key that tokens are signed with, out of the database.
async fn signing_key(desk: &Desk) -> (String, Vec<u8>) {
    let key = desk.open().await.signing_keys().await.unwrap().pop().unwrap();
    (key.id.0.to_string(), key.secret.0.to_vec())
}

fn forge(algorithm: Algorithm, kid: Option<&str>, secret: &[u8], claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Source: RFC 4648, section 5, without padding.
fn base64url(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * index)) as usize & 63]));
        }
    }
    text
}

#[tokio::test]
async fn a_token_that_is_not_ours_to_the_letter_says_nothing() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let good = token(&mut client, ADMIN, PASSWORD).await;
    let (kid, secret) = signing_key(&desk).await;
    let all = claims(&good);
    let forged = forge(Algorithm::HS256, Some(&kid), &secret, &all);
    assert!(is_logged_in(&mut client, &forged).await, "what is signed with the key is ours");

    let mut bad = vec![
        ("no key named", forge(Algorithm::HS256, None, &secret, &all)),
        ("another algorithm", forge(Algorithm::HS512, Some(&kid), &secret, &all)),
        ("another key", forge(Algorithm::HS256, Some(&kid), &[7; 32], &all)),
        ("an unknown key", forge(Algorithm::HS256, Some(&uuid::Uuid::now_v7().to_string()), &secret, &all)),
        ("a key that is no id", forge(Algorithm::HS256, Some("../../etc/passwd"), &secret, &all)),
        ("empty", String::new()),
        ("no token", "Bearer".into()),
    ];
    for name in all.as_object().unwrap().keys() {
        let mut lacking = all.clone();
        lacking.as_object_mut().unwrap().remove(name);
        bad.push(("a claim is missing", forge(Algorithm::HS256, Some(&kid), &secret, &lacking)));
    }
    let now = all["iat"].as_i64().unwrap();
    for (what, name, value) in [
        ("expired", "exp", json!(now - 1)),
        ("expires now", "exp", json!(now)),
        ("from before the user", "iat", json!(now - 60 * 60)),
        ("another role", "rol", json!("MESA")),
        ("another name", "nombre", json!("Administradora")),
        ("another address", "email", json!("RAIZ@example.com")),
        ("an area", "area", json!("Redes")),
        ("nobody", "sub", json!(uuid::Uuid::now_v7())),
        ("no id", "sub", json!("raiz")),
        ("a text for a number", "exp", json!("9999999999")),
        ("one claim more", "scope", json!("all")),
    ] {
        let mut other = all.clone();
        other[name] = value;
        bad.push((what, forge(Algorithm::HS256, Some(&kid), &secret, &other)));
    }
    let parts: Vec<_> = good.split('.').collect();
    let none = base64url(json!({ "alg": "none", "typ": "JWT", "kid": kid }).to_string().as_bytes());
    bad.push(("no algorithm", format!("{none}.{}.", parts[1])));
    bad.push(("no algorithm, and a signature", format!("{none}.{}.{}", parts[1], parts[2])));
    bad.push(("no signature", format!("{}.{}.", parts[0], parts[1])));
    bad.push(("two parts", format!("{}.{}", parts[0], parts[1])));
    bad.push(("four parts", format!("{good}.{}", parts[2])));
    let mut claims = all.clone();
    claims["rol"] = json!("ADMIN");
    claims["exp"] = json!(now + 1_000_000);
    bad.push(("tampered with", format!("{}.{}.{}", parts[0], base64url(claims.to_string().as_bytes()), parts[2])));
    for index in [0, 1, 2] {
        // Not the last letter, some of whose bits say nothing.
        let mut parts: Vec<_> = parts.iter().map(|part| part.as_bytes().to_vec()).collect();
        parts[index][3] = if parts[index][3] == b'A' { b'B' } else { b'A' };
        bad.push(("a letter off", String::from_utf8(parts.join(&b'.')).unwrap()));
    }
    for (what, token) in bad {
        assert!(!is_logged_in(&mut client, &token).await, "{what}: {token}");
    }

    let path = "/api/auth/users";
    for header in [format!("Basic {good}"), good.clone(), format!("Token {good}"), "Bearer".into()] {
        client.ask(&Request::new("GET", path).header("Authorization", &header)).await.problem(401, "invalid-token");
    }
    let twice = with_token(with_token(Request::new("GET", path), &good), &good);
    client.ask(&twice).await.problem(401, "invalid-token");
    let other_case = Request::new("GET", path).header("authorization", &format!("bearer {good}"));
    client.ask(&other_case).await.ok();
}

#[tokio::test]
async fn a_token_ends_with_what_it_tells_of_its_user() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let changes = [
        (json!({ "rol": "ADMIN" }), false),
        (json!({ "nombre": "Otra" }), false),
        (json!({ "email": "otra@example.com" }), false),
        (json!({ "area": "Redes" }), false),
        (json!({ "password": "otra clave más" }), false),
        (json!({ "is_active": false }), false),
        (json!({ "telefono": "+57" }), true),
        (json!({}), true),
        (json!({ "nombre": "Ana", "rol": "MESA" }), true),
    ];
    for (change, goes_on) in changes {
        let id = create(&mut client, &admin, &json!({})).await;
        let own = token(&mut client, "ana@example.com", PASSWORD).await;
        assert!(is_logged_in(&mut client, &own).await);
        patch(&mut client, &admin, &id, &change).await.ok();
        assert_eq!(is_logged_in(&mut client, &own).await, goes_on, "{change}");
        // What it told is so again, but it was given before.
        let back =
            json!({ "rol": "MESA", "nombre": "Ana", "email": "ana@example.com", "area": null, "is_active": true });
        patch(&mut client, &admin, &id, &back).await.ok();
        assert_eq!(is_logged_in(&mut client, &own).await, goes_on, "{change}, and back");
        delete(&mut client, &admin, &id).await.ok();
        assert!(!is_logged_in(&mut client, &own).await);
    }
}

/// Headers and half a body are not what somebody does who is out before the rest of it comes.
#[tokio::test]
async fn whoever_is_out_before_their_request_is_complete_has_asked_for_nothing() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let ticket = client.post("/api/tickets/crear", &common::seed()).await.ok();
    let command = format!("/api/tickets/{}/pausar", ticket["ticketUuid"].as_str().unwrap());
    let (id, own) = {
        let id = create(&mut client, &admin, &json!({ "rol": "ADMIN" })).await;
        (id, token(&mut client, "ana@example.com", PASSWORD).await)
    };
    let other = json!({ "email": "otra@example.com", "rol": "ADMIN", "nombre": "Otra", "password": PASSWORD });
    let requests = [
        request("POST", &command, &json!({ "motivo": "Se pausa" })),
        request("POST", "/api/tickets/crear", &common::seed()),
        request("POST", "/api/auth/users", &other),
        request("PATCH", &format!("/api/auth/users/{id}"), &json!({ "is_active": true })),
        request("POST", "/api/auth/password", &json!({ "actual": PASSWORD, "nueva": "otra clave" })),
    ];
    let mut halves = Vec::new();
    for request in requests {
        let octets = with_token(request, &own).octets();
        let mut slow = server.connect().await;
        slow.send(&octets[..octets.len() - 5]).await;
        halves.push((slow, octets[octets.len() - 5..].to_vec()));
    }
    // Long enough for the server to have read what there is.
    sleep(Duration::from_millis(300)).await;
    patch(&mut client, &admin, &id, &json!({ "is_active": false })).await.ok();
    for (mut slow, rest) in halves {
        slow.send(rest).await;
        slow.answer().await.problem(401, "invalid-token");
    }
    let users = list(&mut client, &admin).await.ok();
    assert_eq!(users.as_array().unwrap().len(), 2, "{users}");
    log_in(&mut client, "ana@example.com", PASSWORD).await.problem(403, "user-deactivated");
    let path = command.trim_end_matches("/pausar");
    let shown = client.ask(&with_token(Request::new("GET", path), &admin)).await.ok();
    assert_eq!(shown["historial"].as_array().unwrap().len(), 1, "{shown}");
}

/// Nor is what they asked for done that waited for a password to be hashed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_who_is_out_before_the_hash_is_made_changes_nobody() {
    let desk = Desk::new();
    let (_, _) = on_a_clock(&desk).await;
    let clock = || Timestamp::saturating_from_unix_millis(1_774_347_300_000);
    // Some tenths of a second.
    let password_cost = PasswordCost { memory_kib: 19 * 1024, passes: 16 };
    let options = EngineOptions { password_cost, ..EngineOptions::default() };
    let engine = Engine::start_with(desk.open().await, clock, options).await.unwrap();
    let new = |email: &str| {
        let form = json!({ "email": email, "nombre": "Ana", "password": PASSWORD, "rol": "ADMIN" });
        NewUser::from_json(form.to_string().as_bytes()).unwrap()
    };
    let ana = engine.create_user(new("ana@example.com"), &Authority::Operator).await.unwrap();
    let zoe = engine.create_user(new("zoe@example.com"), &Authority::Operator).await.unwrap();
    let ana = Authority::Admin(Arc::new(ana));

    let runs = engine.password_runs();
    let before = runs.load(SeqCst);
    let patch = UserPatch::from_json(json!({ "password": "otra clave" }).to_string().as_bytes()).unwrap();
    let (creating, changing, authority) = (engine.clone(), engine.clone(), ana.clone());
    let (creator, wanted, id) = (ana.clone(), new("otra@example.com"), zoe.id);
    let creating = tokio::spawn(async move { creating.create_user(wanted, &creator).await.map(drop) });
    let changing = tokio::spawn(async move { changing.change_user(id, patch, &authority).await });
    while runs.load(SeqCst) == before {
        sleep(Duration::from_millis(1)).await;
    }
    let Authority::Admin(admin) = &ana else { unreachable!() };
    engine.change_user(admin.id, UserPatch::activity_only(false), &Authority::Operator).await.unwrap();
    for done in [creating.await.unwrap(), changing.await.unwrap(), engine.delete_user(id, &ana).await] {
        assert!(matches!(done, Err(AccountError::SessionOver)), "{done:?}");
    }
    assert_eq!(engine.users().len(), 3);
    assert_eq!(*engine.user(id).unwrap(), zoe);
}

fn credentials(password: &str) -> Login {
    Login::from_json(json!({ "email": ADMIN, "password": password }).to_string().as_bytes()).unwrap()
}

/// An engine with an administrator, whose clock is a number of seconds.
async fn on_a_clock(desk: &Desk) -> (Engine<AnyStore>, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_774_347_300));
    let clock = {
        let seconds = Arc::clone(&seconds);
        move || Timestamp::saturating_from_unix_millis(seconds.load(SeqCst) * 1000 + 250)
    };
    let options = EngineOptions { password_cost: PasswordCost::LEAST, ..EngineOptions::default() };
    let engine = Engine::start_with(desk.open().await, clock, options).await.unwrap();
    if !engine.has_admin() {
        let form = json!({ "email": ADMIN, "nombre": "Raíz", "password": PASSWORD, "rol": "ADMIN" });
        engine
            .create_user(NewUser::from_json(form.to_string().as_bytes()).unwrap(), &Authority::Operator)
            .await
            .unwrap();
    }
    (engine, seconds)
}

#[tokio::test]
async fn a_token_is_valid_for_its_time_and_not_a_second_longer() {
    let desk = Desk::new();
    let (engine, seconds) = on_a_clock(&desk).await;
    let token = engine.log_in(credentials(PASSWORD), None).await.unwrap().token;
    // It is dated back a little, but never to before its user was there.
    seconds.fetch_add(120 * 60 - 1, SeqCst);
    engine.authenticate(&token).await.unwrap();
    seconds.fetch_add(1, SeqCst);
    assert!(matches!(engine.authenticate(&token).await, Err(AuthError::InvalidToken)));
}

/// Also where it changes while the old one is being checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_left_of_a_password_that_is_no_more() {
    let desk = Desk::new();
    let (engine, seconds) = on_a_clock(&desk).await;
    let id = engine.users()[0].id;
    let mut old = PASSWORD.to_owned();
    let mut sessions = 0;
    for round in 0..50 {
        let new = format!("clave-{round}");
        let patch = UserPatch::from_json(json!({ "password": new }).to_string().as_bytes()).unwrap();
        let (logging_in, changing) = (engine.clone(), engine.clone());
        let login = credentials(&old);
        let logging_in = tokio::spawn(async move { logging_in.log_in(login, None).await });
        let changing = tokio::spawn(async move { changing.change_user(id, patch, &Authority::Operator).await });
        changing.await.unwrap().unwrap();
        if let Ok(logged_in) = logging_in.await.unwrap() {
            assert!(matches!(engine.authenticate(&logged_in.token).await, Err(AuthError::InvalidToken)));
            assert!(!format!("{logged_in:?}").contains(&logged_in.token));
            sessions += 1;
        }
        // The clock stands still in between: the change is of the very second of the login.
        seconds.fetch_add(60 * 60 + 1, SeqCst);
        let token = engine.log_in(credentials(&new), None).await.unwrap().token;
        engine.authenticate(&token).await.unwrap();
        old = new;
    }
    assert!(sessions > 0, "none of them was in time");
}

#[tokio::test]
async fn a_key_is_kept_until_the_last_token_signed_with_it_has_expired() {
    let desk = Desk::new();
    let (engine, seconds) = on_a_clock(&desk).await;
    let old = engine.log_in(credentials(PASSWORD), None).await.unwrap().token;
    let (other, other_seconds) = on_a_clock(&desk).await;
    let key = SigningKey::generate(Timestamp::saturating_from_unix_millis(0)).unwrap();
    engine.store().add_signing_key(key, false).await.unwrap();

    // A process that has not looked yet signs with the old one; and one that has is understood by it at once.
    let still_old = engine.log_in(credentials(PASSWORD), None).await.unwrap().token;
    // What another process has stored is seen after 20 ms at the latest.
    sleep(Duration::from_millis(30)).await;
    other.refresh().await.unwrap();
    let new = other.log_in(credentials(PASSWORD), None).await.unwrap().token;
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert_eq!(kid(&old), kid(&still_old));
    assert_ne!(kid(&old), kid(&new));
    for engine in [&engine, &other] {
        for token in [&old, &still_old, &new] {
            engine.authenticate(token).await.unwrap();
        }
        engine.tidy().await.unwrap();
    }
    seconds.fetch_add(120 * 60 - 1, SeqCst);
    engine.tidy().await.unwrap();
    engine.authenticate(&still_old).await.unwrap();
    assert_eq!(engine.store().signing_keys().await.unwrap().len(), 2);
    for seconds in [&seconds, &other_seconds] {
        seconds.fetch_add(12 * 60 * 60, SeqCst);
    }
    engine.tidy().await.unwrap();
    assert_eq!(engine.store().signing_keys().await.unwrap().len(), 1);
    // The key that signs stays, however old it is.
    let token = engine.log_in(credentials(PASSWORD), None).await.unwrap().token;
    other.authenticate(&token).await.unwrap();
}

#[tokio::test]
async fn a_process_whose_key_was_forgotten_signs_with_the_new_one() {
    let desk = Desk::new();
    let (engine, _) = on_a_clock(&desk).await;
    let key = SigningKey::generate(Timestamp::saturating_from_unix_millis(0)).unwrap();
    let id = key.id;
    engine.store().add_signing_key(key, false).await.unwrap();
    engine.store().forget_signing_keys(Timestamp::MAX).await.unwrap();
    let token = engine.log_in(credentials(PASSWORD), None).await.unwrap().token;
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid, Some(id.0.to_string()));
    engine.authenticate(&token).await.unwrap();
}

/// Somebody else's access must not stay alive with what cannot be read.
#[tokio::test]
async fn a_user_who_cannot_be_read_is_out_and_nobody_else_stays_in_for_it() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    let ana = create(&mut client, &admin, &json!({})).await;
    let zoe = create(&mut client, &admin, &json!({ "email": "zoe@example.com", "nombre": "Zoé" })).await;
    let anas = token(&mut client, "ana@example.com", PASSWORD).await;
    let zoes = token(&mut client, "zoe@example.com", PASSWORD).await;
    let (id, secret) = match &desk.database {
        Database::File(..) => ("x'00112233445566778899aabbccddeeff'", "x'00'"),
        Database::Server(_) | Database::Elsewhere(_) => ("'00112233-4455-6677-8899-aabbccddeeff'", r"'\x00'"),
    };
    desk.database.execute(&format!(
        "UPDATE users SET role = 'JEFA' WHERE email = 'ana@example.com';
         INSERT INTO signing_keys (id, uuid, secret, created_at, tokens_until) VALUES (99, {id}, {secret}, 0, 0);
         UPDATE accounts_revision SET revision = revision + 1;"
    ));

    // What is stored is said to be, and known at once.
    patch(&mut client, &admin, &zoe, &json!({ "is_active": false })).await.ok();
    assert!(!is_logged_in(&mut client, &zoes).await);
    create(&mut client, &admin, &json!({ "email": "otra@example.com", "nombre": "Otra" })).await;
    token(&mut client, "otra@example.com", PASSWORD).await;
    delete(&mut client, &admin, &zoe).await.ok();
    assert!(!is_logged_in(&mut client, &anas).await);
    log_in(&mut client, "ana@example.com", PASSWORD).await.problem(500, "internal");
    // And by another process.
    server.terminate();
    let log = server.log();
    assert!(log.contains(&ana) && !log.contains("ana@example.com"), "{log}");
    server.ended(Duration::from_secs(10)).await;
    let server = serve(&desk);
    let mut client = server.connect().await;
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    assert_eq!(list(&mut client, &admin).await.ok().as_array().unwrap().len(), 2);
    assert!(!is_logged_in(&mut client, &anas).await);
}

// Beside a running server

/// Waits for something that is to be seen within a second.
async fn within_a_second(mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        // A machine with much else to do is given the benefit of the doubt.
        assert!(began.elapsed() < Duration::from_secs(5), "it is not seen");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_user_who_is_disabled_on_the_command_line_is_out_within_a_second() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let made = user(&desk, PASSWORD, &["create", "--email", "ana@example.com", "--name", "Ana", "--role", "mesa"]);
    assert_eq!(made.success(), "Ana may log in as MESA\n");
    // At once: whoever logs in is looked up in the database.
    let own = token(&mut client, "ana@example.com", PASSWORD).await;
    assert!(is_logged_in(&mut client, &own).await);
    let message = desk.run(&["user", "disable", "ANA@example.com"]).success();
    assert_eq!(message, "ANA@example.com may not log in any more\n");
    within_a_second(async || !is_logged_in(&mut client, &own).await).await;
}

#[tokio::test]
async fn tokens_from_before_a_rotation_stay_and_new_ones_have_the_new_key() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    let old = token(&mut client, ADMIN, PASSWORD).await;
    let message = desk.run(&["key", "rotate"]).success();
    let (kid, secret) = signing_key(&desk).await;
    assert_eq!(message, format!("tokens are signed with key {kid}\n"));
    // Another server may use the new key before this one has looked.
    let new = forge(Algorithm::HS256, Some(&kid), &secret, &claims(&old));
    assert!(is_logged_in(&mut client, &new).await);
    assert!(is_logged_in(&mut client, &old).await);
    let new = token(&mut client, ADMIN, PASSWORD).await;
    assert_eq!(jsonwebtoken::decode_header(&new).unwrap().kid, Some(kid));
}

// The command line

/// `ticketing-server user …` with a password on stdin where one is asked for.
fn user(desk: &Desk, password: &str, arguments: &[&str]) -> Outcome {
    let file = desk.write("password", password);
    let mut command = desk.program();
    command.arg("user").args(arguments).arg("--password-stdin").stdin(Stdio::from(fs::File::open(file).unwrap()));
    run(&mut command)
}

#[tokio::test]
async fn the_first_administrator_is_made_on_the_command_line_and_changes_their_password_there() {
    let desk = Desk::new();
    let server = desk.serve();
    assert!(server.log().contains("ticketing-server user create --role ADMIN"), "{}", server.log());
    let create = ["create", "--email", ADMIN, "--name", "Raíz", "--role", "ADMIN", "--phone", "+57 1"];
    user(&desk, &format!("{PASSWORD}\n"), &create).success();
    let mut client = server.connect().await;
    log_in(&mut client, ADMIN, PASSWORD).await.ok();
    let message = user(&desk, PASSWORD, &create).failure(1);
    assert_eq!(message, "error: another user has this e-mail address\n");

    let mut command = desk.program();
    let message =
        run(command.args(["user", "password", ADMIN]).env("TICKETING_PASSWORD", "tres tristes tigres")).success();
    assert_eq!(message, format!("{ADMIN} has another password\n"));
    log_in(&mut client, ADMIN, PASSWORD).await.problem(401, "invalid-credentials");
    log_in(&mut client, ADMIN, "tres tristes tigres").await.ok();
    let message = desk.run(&["user", "disable", ADMIN]).failure(1);
    assert_eq!(message, "error: there must be another active administrator\n");
}

#[test]
fn users_are_listed_for_people_and_for_programs() {
    let desk = Desk::new();
    let create = |email: &str, name: &str, rest: &[&str]| {
        user(&desk, PASSWORD, &[&["create", "--email", email, "--name", name], rest].concat()).success()
    };
    create("zoe@example.com", "Zoé", &["--role", "AREA", "--area", "Redes"]);
    create("angela@example.com", "Ángela", &["--role", "ADMIN", "--phone", "+57 1"]);
    desk.run(&["user", "disable", "zoe@example.com"]).success();
    insta::assert_snapshot!(desk.run(&["user", "list"]).success());
    let mut listed: Value = serde_json::from_str(&desk.run(&["user", "list", "--json"]).success()).unwrap();
    for user in listed.as_array_mut().unwrap() {
        assert!(uuid::Uuid::try_parse(user["id"].take().as_str().unwrap()).is_ok());
    }
    let expected = json!([
        { "id": null, "email": "angela@example.com", "nombre": "Ángela", "rol": "ADMIN", "area": null, "telefono": "+57 1", "is_active": true },
        { "id": null, "email": "zoe@example.com", "nombre": "Zoé", "rol": "AREA", "area": "Redes", "telefono": null, "is_active": false },
    ]);
    assert_eq!(listed, expected);
}

#[test]
fn what_the_command_line_cannot_do_it_says() {
    let desk = Desk::new();
    let create = ["user", "create", "--email", "ana", "--name", "A", "--role", "AREA"];
    let message = desk.run(&create).failure(1);
    assert!(message.contains("--password-stdin") && message.contains("TICKETING_PASSWORD"), "{message}");
    insta::assert_snapshot!(user(&desk, "12345", &create[1..]).failure(1));
    assert!(desk.run(&["user", "list"]).failure(1).contains("there is no database"));
    assert!(desk.run(&["key", "rotate"]).failure(1).contains("there is no database"));
    let create = ["create", "--email", ADMIN, "--name", "Raíz", "--role", "ADMIN"];
    user(&desk, PASSWORD, &create).success();
    assert!(desk.run(&["user", "disable", "nadie@example.com"]).failure(1).contains("nobody logs in with"));
    assert!(user(&desk, "12345", &["password", ADMIN]).failure(1).contains("Write at least 6 characters"));
    // Others on the machine see arguments.
    desk.run(&["user", "password", ADMIN, "--password", PASSWORD]).failure(2);
    desk.run(&["user", "password", ADMIN, PASSWORD]).failure(2);
}

#[tokio::test]
async fn the_first_administrator_of_the_environment_is_made_once() {
    let desk = Desk::new();
    let server = serve(&desk);
    let mut client = server.connect().await;
    log_in(&mut client, ADMIN, PASSWORD).await.ok();
    server.kill();
    let server = desk.serve_with(|command| {
        command.env("TICKETING_ADMIN_EMAIL", "otra@example.com").env("TICKETING_ADMIN_PASSWORD", "otra clave")
    });
    let mut client = server.connect().await;
    log_in(&mut client, "otra@example.com", "otra clave").await.problem(401, "invalid-credentials");
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    assert_eq!(list(&mut client, &admin).await.ok().as_array().unwrap().len(), 1);
    assert!(server.log().contains("are ignored"), "{}", server.log());

    let other = Desk::new();
    let refused = |email: Option<&str>, password: Option<&str>| {
        let mut command = other.program();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let given = [("TICKETING_ADMIN_EMAIL", email), ("TICKETING_ADMIN_PASSWORD", password)];
        command.envs(given.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
        run(&mut command)
    };
    assert_eq!(refused(Some(ADMIN), None).status, Some(1));
    assert_eq!(refused(None, Some(PASSWORD)).status, Some(1));
    assert_eq!(refused(Some(ADMIN), Some("")).status, Some(1));
    let mut command = other.program();
    let not_utf8 = std::os::unix::ffi::OsStringExt::from_vec(b"clave-\xff".to_vec());
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("TICKETING_ADMIN_EMAIL", ADMIN);
    let message = run(command.env::<_, std::ffi::OsString>("TICKETING_ADMIN_PASSWORD", not_utf8)).stderr;
    assert!(message.contains("TICKETING_ADMIN_PASSWORD is not UTF-8") && !message.contains("clave-"), "{message}");
    let short = refused(Some(ADMIN), Some("12345"));
    assert_eq!(short.status, Some(1));
    assert!(
        short.stderr.contains("Write at least 6 characters") && !short.stderr.contains("12345"),
        "{}",
        short.stderr
    );
}

/// Compose files give empty ones.
#[tokio::test]
async fn empty_variables_of_the_first_administrator_are_none() {
    let desk = Desk::new();
    let server =
        desk.serve_with(|command| command.env("TICKETING_ADMIN_EMAIL", "").env("TICKETING_ADMIN_PASSWORD", ""));
    assert!(server.log().contains("ticketing-server user create --role ADMIN"), "{}", server.log());
    server.kill();
    serve(&desk).kill();
    let server =
        desk.serve_with(|command| command.env("TICKETING_ADMIN_EMAIL", "").env("TICKETING_ADMIN_PASSWORD", ""));
    assert!(!server.log().contains("are ignored"), "{}", server.log());
}

#[tokio::test]
async fn the_time_that_somebody_stays_logged_in_is_a_setting() {
    let desk = Desk::new();
    desk.write("ticketing.toml", "token_minutes = 7\n");
    let serve = |minutes: Option<&str>| {
        desk.serve_with(|command| {
            command.env("TICKETING_ADMIN_EMAIL", ADMIN).env("TICKETING_ADMIN_PASSWORD", PASSWORD);
            command.envs(minutes.map(|minutes| ("TICKETING_TOKEN_MINUTES", minutes)))
        })
    };
    for (minutes, seconds) in [(None, 7 * 60), (Some("3"), 3 * 60)] {
        let server = serve(minutes);
        let claims = claims(&token(&mut server.connect().await, ADMIN, PASSWORD).await);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), seconds);
    }
}

// What must not be told

#[tokio::test]
async fn no_password_and_no_token_is_logged_or_stored() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| {
        command
            .env("TICKETING_LOG", "trace")
            .env("TICKETING_ADMIN_EMAIL", ADMIN)
            .env("TICKETING_ADMIN_PASSWORD", PASSWORD)
    });
    let mut client = server.connect().await;
    let mut secrets = vec![("the administrator's", PASSWORD.to_owned())];
    let admin = token(&mut client, ADMIN, PASSWORD).await;
    log_in(&mut client, ADMIN, "clave-equivocada").await;
    log_in(&mut client, "nadie@example.com", "clave-de-nadie").await;
    client.ask(&Request::post("/api/auth/login", r#"{"email": "a", "password": "clave-rota"#)).await;
    client.post("/api/auth/login", &json!({ "email": ["a"], "password": "clave-a-secas" })).await;
    let id = create(&mut client, &admin, &json!({ "password": "clave-primera" })).await;
    let own = token(&mut client, "ana@example.com", "clave-primera").await;
    let change = json!({ "actual": "clave-primera", "nueva": "clave-segunda" });
    client.ask(&with_token(request("POST", "/api/auth/password", &change), &own)).await.ok();
    patch(&mut client, &admin, &id, &json!({ "password": "clave-tercera" })).await.ok();
    client.ask(&with_token(Request::new("GET", "/api/auth/users"), "una.ficha.falsa")).await;
    user(&desk, "clave-cuarta", &["password", "ana@example.com"]).success();
    delete(&mut client, &admin, &id).await.ok();
    for clave in ["equivocada", "de-nadie", "rota", "a-secas", "primera", "segunda", "tercera", "cuarta"] {
        secrets.push((clave, format!("clave-{clave}")));
    }
    secrets.push(("a false token", "una.ficha.falsa".into()));
    for token in [admin, own] {
        for part in token.split('.').skip(1) {
            secrets.push(("a token", part.to_owned()));
        }
    }
    server.terminate();
    let log = server.log();
    let (_, key) = signing_key(&desk).await;
    let stored = desk.database.octets();
    let is_in = |octets: &[u8], part: &[u8]| octets.windows(part.len()).any(|window| window == part);
    assert!(is_in(&stored, &key) && is_in(&stored, b"$argon2id$v=19$m=19456,t=2,p=1$"), "the right file");
    assert!(log.contains("answered"), "{log}");
    for (what, secret) in secrets {
        assert!(!log.contains(&secret), "{what} is logged");
        assert!(!is_in(&stored, secret.as_bytes()), "{what} is stored");
    }
    for person in [ADMIN, "ana@example.com", "nadie@example.com"] {
        assert!(!log.contains(person), "{person} is logged");
    }
    // Nor does the store tell who was guessed at.
    assert!(!is_in(&stored, b"nadie@example.com"));
}
