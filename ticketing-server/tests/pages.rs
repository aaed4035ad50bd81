//! The public pages as browsers without scripts use them. What scripts add is tested in a browser, in `tests/browser`.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

use serde_json::json;

use ticketing_core::{
    Actor, Command, LookUp, Status, Timestamp,
    ticket::{ActorId, Reason, Reply},
};
use ticketing_server::{
    Engine,
    http::{App, HttpOptions, serve},
    store::AnyStore,
};
use tokio::net::TcpListener;
use uuid::Uuid;

use self::common::{
    database::Database,
    http::{Answer, Connection, Request},
    program::Desk,
};

const EMAIL: &str = "ana.garcia@example.com";

/// A form as browsers send it.
fn form(path: &str, values: &[(&str, &str)]) -> Request {
    let mut body = form_urlencoded::Serializer::new(String::new());
    Request::post_as(path, body.extend_pairs(values).finish())
        .header("Content-Type", "application/x-www-form-urlencoded")
}

/// The seed's example in the page's form, with other values in some of its fields.
fn filled<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut values = vec![
        ("clave", "0191f0c0-0000-7000-8000-000000000001"),
        ("nombre", "Ana García"),
        ("email", EMAIL),
        ("telefono", "+573001234567"),
        ("tieneWhatsapp", "on"),
        ("documento", ""),
        ("empresaDepartamento", "Recursos Humanos"),
        ("tipo", "INCIDENTE"),
        ("categoria", "Sistemas"),
        ("subcategoria", ""),
        ("asunto", "No puedo acceder a mi correo corporativo"),
        ("descripcion", "Desde esta mañana no puedo iniciar sesión.\r\nAparece el error 403 Forbidden."),
        ("prioridad", "ALTA"),
        ("areaAsignada", ""),
    ];
    for (name, value) in changes {
        values.retain(|(known, _)| known != name);
        values.push((name, value));
    }
    values
}

/// The page that an answer is.
#[track_caller]
fn page(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").expect("every page has a policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "));
    for word in ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "connect-src 'self'"] {
        assert!(policy.contains(word), "{policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    let html = answer.text();
    assert!(html.starts_with("<!DOCTYPE html>"));
    // What the policy forbids would only be missing.
    for inline in ["<style", " style=", "<script>"] {
        assert!(!html.contains(inline), "{html}");
    }
    let is_handler = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with("=\"");
    assert!(!html.split(" on").skip(1).any(is_handler), "{html}");
    html
}

#[track_caller]
fn contains(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "“{part}” in: {html}");
    }
}

/// What stands between two texts.
#[track_caller]
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("“{before}” in: {html}"));
    rest.split_once(after).unwrap().0
}

#[track_caller]
fn label(html: &str) -> String {
    between(html, r#"<output data-slot="label">"#, "</output>").to_owned()
}

async fn get_in(client: &mut Connection, path: &str, languages: &str) -> Answer {
    client.ask(&Request::new("GET", path).header("Accept-Language", languages)).await
}

#[tokio::test]
async fn every_page_speaks_the_chosen_language_or_the_browsers() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, [es, en, pt]) in [
        ("/", ["¿En qué podemos ayudarle?", "How can we help you?", "Como podemos ajudar?"]),
        ("/solicitud", ["Nombre completo", "Full name", "Nome completo"]),
        ("/consulta", ["Consultar una solicitud", "Look a request up", "Consultar uma solicitação"]),
    ] {
        for (query, languages, expected, code) in [
            ("", "", es, "es"),
            ("", "en-US,en;q=0.9", en, "en"),
            ("", "fr, pt-BR;q=0.8", pt, "pt"),
            ("?lang=en", "pt", en, "en"),
            ("?lang=xx", "pt", pt, "pt"),
        ] {
            let answer = get_in(&mut client, &format!("{path}{query}"), languages).await;
            assert_eq!(answer.header("content-language"), Some(code));
            let html = page(&answer, 200);
            contains(&html, &[expected, &format!("<html lang=\"{code}\">"), "?lang=es", "?lang=en", "?lang=pt"]);
            // A choice goes along, a preference is the browser's.
            assert_eq!(
                html.contains("./solicitud?lang="),
                query == "?lang=en" || path == "/solicitud",
                "{path}{query}"
            );
        }
    }
}

#[tokio::test]
async fn the_start_leads_to_both_pages() {
    let desk = Desk::new();
    let server = desk.serve();
    let html = page(&server.connect().await.get("/").await, 200);
    contains(&html, &["href=\"./solicitud\"", "href=\"./consulta\""]);
}

#[tokio::test]
async fn the_form_is_what_the_rules_say() {
    let desk = Desk::new();
    let rules = r#"{ "tipos": ["AVERIA", "<b>"], "campos": { "asunto": { "requerido": true, "max": 80 } } }"#;
    let rules = desk.write("rules.json", rules);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let server = desk.serve();
    let html = page(&server.connect().await.get("/solicitud").await, 200);
    for name in [
        "nombre",
        "email",
        "tipo",
        "categoria",
        "descripcion",
        "prioridad",
        "documento",
        "telefono",
        "tieneWhatsapp",
        "empresaDepartamento",
        "subcategoria",
        "asunto",
        "areaAsignada",
    ] {
        contains(
            &html,
            &[&format!("<label for=\"{name}\""), &format!("id=\"{name}-error\""), &format!("name=\"{name}\"")],
        );
    }
    let options = between(&html, "<select id=\"tipo\"", "</select>");
    contains(options, &["required", "value=\"AVERIA\"", "value=\"&lt;b&gt;\""]);
    assert!(!options.contains("INCIDENTE"));
    contains(between(&html, "id=\"asunto\"", ">"), &["required", "data-max=\"80\""]);
    assert!(!between(&html, "id=\"documento\"", ">").contains("required"));
    contains(between(&html, "<select id=\"prioridad\"", "</select>"), &["value=\"CRITICA\"", ">Crítica<"]);
}

#[tokio::test]
async fn a_form_that_breaks_rules_comes_back_with_its_errors_and_its_values() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let attack = "\"><script>alert(1)</script>";
    let values = filled(&[
        ("nombre", attack),
        ("email", "ana"),
        ("tipo", ""),
        ("prioridad", "Mañana"),
        ("descripcion", "</textarea>"),
    ]);
    // A priority that no list has is a priority.
    let answer = client.ask(&form("/solicitud", &values)).await;
    let html = page(&answer, 422);
    assert!(!html.contains("<script>alert"), "{html}");
    contains(
        &html,
        &[
            "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"",
            "&lt;/textarea&gt;</textarea>",
            "Hay 2 datos por corregir",
            "<a href=\"#email\">Correo electrónico: Al correo le falta la «@».</a>",
            "<a href=\"#tipo\">Tipo de solicitud: Este dato es obligatorio.</a>",
            "<p class=\"error\" id=\"email-error\">Al correo le falta la «@».</p>",
            "<option value=\"Mañana\" selected>",
            "id=\"tieneWhatsapp\" name=\"tieneWhatsapp\" checked",
            "name=\"clave\" value=\"0191f0c0-0000-7000-8000-000000000001\"",
            "<title>Error: ",
        ],
    );
    assert_eq!(html.matches("aria-invalid=\"true\"").count(), 2);
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let html = page(&client.ask(&form("/solicitud?lang=en", &[])).await, 422);
    contains(&html, &["6 things need correcting", "This field is required."]);
}

#[tokio::test]
async fn a_form_makes_one_ticket_however_often_it_is_sent() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let answer = client.ask(&form("/solicitud", &filled(&[]))).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let html = page(&answer, 200);
    let made = label(&html);
    assert!(made.ends_with("-00001"), "{made}");
    contains(&html, &["Recibimos su solicitud", "Respuesta antes de"]);
    for _ in 0..2 {
        let again = page(&server.connect().await.ask(&form("/solicitud", &filled(&[]))).await, 200);
        assert_eq!(label(&again), made);
    }

    // Gone back, changed, sent: not the same request, and never lost.
    let changed = filled(&[("asunto", "Otra cosa")]);
    let html = page(&client.ask(&form("/solicitud", &changed)).await, 422);
    contains(&html, &["ya se había enviado con otros datos", "value=\"Otra cosa\""]);
    let key = between(&html, "name=\"clave\" value=\"", "\"").to_owned();
    let html = page(&client.ask(&form("/solicitud", &filled(&[("asunto", "Otra cosa"), ("clave", &key)]))).await, 200);
    assert!(label(&html).ends_with("-00002"));

    // The same ticket as a program sees it.
    let look_up = json!({ "label": made, "email": EMAIL });
    let ticket = client.post("/api/tickets/consultar", &look_up).await.ok();
    assert_eq!(ticket["tieneWhatsapp"], true);
    assert_eq!(ticket["documento"], json!(null));
    assert_eq!(ticket["areaAsignada"], "MESA");
    assert_eq!(
        ticket["descripcionProblema"],
        "Desde esta mañana no puedo iniciar sesión.\nAparece el error 403 Forbidden."
    );
}

#[tokio::test]
async fn each_form_that_is_fetched_has_a_key_of_its_own() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut key = async || between(&client.get("/solicitud").await.text(), "name=\"clave\" value=\"", "\"").to_owned();
    assert_ne!(key().await, key().await);
}

#[tokio::test]
async fn a_ticket_is_found_by_its_label_and_address_only() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let attack = "<img src=x onerror=alert(1)>";
    let values = filled(&[("asunto", attack), ("nombre", attack), ("descripcion", attack), ("categoria", attack)]);
    let made = label(&page(&client.ask(&form("/solicitud", &values)).await, 200));

    let typed = made.to_lowercase().replace('-', " ");
    let answer = client.ask(&form("/consulta", &[("label", &typed), ("email", EMAIL)])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let html = answer.text();
    contains(
        &html,
        &[&made, "Abierta", "Solicitud creada", "Plazo de respuesta", "Dentro del plazo.", "&lt;img src=x"],
    );
    assert!(!html.contains("<img src=x"), "{html}");

    let mut answers = vec![];
    for (label, email) in [
        (made.as_str(), "ana.garcia@example.org"),
        ("TKT-2026-00999", EMAIL),
        ("no label", "no address"),
        (attack, attack),
    ] {
        let answer = client.ask(&form("/consulta", &[("label", label), ("email", email)])).await;
        contains(&page(&answer, 404), &["No encontramos una solicitud con esa etiqueta y ese correo."]);
        answers.push(answer.body);
        let values = [("label", label), ("email", email), ("mensaje", "¿Alguna novedad?")];
        answers.push(client.ask(&form("/consulta", &values)).await.body);
        answers.push(client.ask(&form("/consulta", &[("label", label), ("email", email), ("mensaje", "")])).await.body);
    }
    assert!(answers.iter().all(|body| *body == answers[0]));

    let html = page(&client.ask(&form("/consulta", &[("label", "TKT-2026-1"), ("email", " ")])).await, 422);
    contains(&html, &["value=\"TKT-2026-1\"", "<a href=\"#email\">Correo electrónico: Este dato es obligatorio.</a>"]);
}

#[tokio::test]
async fn a_link_carries_the_label() {
    let desk = Desk::new();
    let server = desk.serve();
    let html = page(&server.connect().await.get("/consulta?label=TKT-2026-00142%22%3E&lang=pt").await, 200);
    contains(&html, &["value=\"TKT-2026-00142&quot;&gt;\"", "<html lang=\"pt\">"]);
}

#[tokio::test]
async fn the_requester_answers_without_scripts() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let made = label(&page(&client.ask(&form("/solicitud", &filled(&[]))).await, 200));
    let answer = |message: &str| form("/consulta", &[("label", &made), ("email", EMAIL), ("mensaje", message)]);

    let html = page(&client.ask(&answer("a")).await, 422);
    contains(&html, &["Escriba al menos 2 caracteres (ahora 1).", "<a href=\"#mensaje\">", &made]);
    let html = page(&client.ask(&answer("Ya funciona,\r\n¡gracias! <b>")).await, 200);
    contains(&html, &["Registramos su respuesta.", "Ya funciona,\n¡gracias! &lt;b&gt;", "Comentario · Usted"]);
}

#[tokio::test]
async fn errors_of_a_page_are_pages_and_keep_their_headers() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| command);
    let mut client = server.connect().await;
    let answer = client.ask(&Request::post("/solicitud?lang=en", "{}")).await;
    contains(&page(&answer, 415), &["application/x-www-form-urlencoded", "role=\"alert\""]);
    let large = format!("descripcion={}", "a".repeat(1 << 20));
    let request = Request::post_as("/solicitud", large).header("Content-Type", "application/x-www-form-urlencoded");
    page(&server.connect().await.ask(&request).await, 413);
    let mut limited = None;
    for _ in 0..30 {
        let answer = client.ask(&form("/consulta", &[("label", "TKT-2026-1"), ("email", EMAIL)])).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("a limit by e-mail address");
    assert!(limited.header("retry-after").is_some() && limited.header("ratelimit").is_some());
    contains(&page(&limited, 429), &["Demasiadas solicitudes."]);
    // Also the addresses of those who only send forms are limited.
    assert!(client.ask(&form("/solicitud", &[])).await.header("ratelimit").is_some());
    assert!(client.get("/solicitud").await.header("ratelimit").is_none());
}

#[tokio::test]
async fn assets_are_named_by_their_content_and_nothing_else_is_served() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (path, content_type) in [
        ("/assets/pages.css", "text/css; charset=utf-8"),
        ("/assets/request.js", "text/javascript; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let etag = answer.header("etag").unwrap();
        let again = client.ask(&Request::new("GET", path).header("If-None-Match", etag)).await;
        assert_eq!((again.status, again.header("etag")), (304, Some(etag)));
        let other = client.ask(&Request::new("GET", path).header("If-None-Match", "\"other\"")).await;
        assert_eq!((other.status, other.body), (200, answer.body));
    }
    for path in [
        "/assets",
        "/assets/",
        "/assets/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/./pages.css",
        "/assets//pages.css",
        "/assets//etc/passwd",
        "/assets/ticketing-wasm",
        "/assets/ticketing-wasm/../pages.css",
        "/assets/pages.css%00",
        "/assets/PAGES.CSS",
        "/assets/..\\Cargo.toml",
    ] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_console_is_strict_and_its_files_are_kept_for_as_long_as_they_are_the_same() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for (language, title) in
        [("es", "Consola · Mesa de ayuda"), ("en", "Console · Help desk"), ("pt", "Console · Central de ajuda")]
    {
        let page = client.ask(&Request::new("GET", "/consola").header("Accept-Language", language)).await;
        assert_eq!((page.status, page.header("cache-control")), (200, Some("private, no-cache")));
        let policy = page.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval';",
            "require-trusted-types-for 'script'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        contains(&page.text(), &[title]);
    }
    let html = client.get("/consola").await.text();
    let app = html.split("src=\".").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let kept = client.get(app).await;
    assert_eq!(kept.header("cache-control"), Some("public, max-age=31536000, immutable"), "{app}");
    // A page of another version of the server finds what there is, and is to ask again.
    let (version, name) = app.strip_prefix("/assets/").unwrap().split_once('/').unwrap();
    let other = client.get(&format!("/assets/v-0000000000000000/{name}")).await;
    assert_eq!((other.status, other.header("cache-control")), (200, Some("no-cache")));
    assert_eq!(client.get(&format!("/assets/{version}/../pages.css")).await.status, 404);
}

#[tokio::test]
async fn a_page_loads_only_what_is_served() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for path in ["/", "/solicitud", "/consulta", "/consola", "/solicitud/"] {
        let html = client.get(path).await.text();
        let root = if path.ends_with("d/") { "./../" } else { "./" };
        let assets: Vec<_> = html.split(&format!("\"{root}assets/")).skip(1).collect();
        assert!(assets.len() >= 3, "{html}");
        for asset in assets {
            let name = asset.split('"').next().unwrap();
            assert_eq!(client.get(&format!("/assets/{name}")).await.status, 200, "{name}");
        }
    }
}

// Embedded: an engine of the test's own, whose tickets it works itself.

/// A desk in this process, with its engine at hand.
async fn embedded(options: HttpOptions) -> (Database, Engine<AnyStore>, SocketAddr) {
    let database = Database::new();
    let engine = Engine::start(database.open().await).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, App::new(engine.clone(), options), std::future::pending()));
    (database, engine, address)
}

#[tokio::test]
async fn a_ticket_shows_what_the_desk_did_and_takes_answers_as_the_lifecycle_does() {
    let (_database, engine, address) = embedded(HttpOptions { rate_limits: None, ..HttpOptions::default() }).await;
    let mut client = Connection::open(address).await;
    let made = label(&page(&client.ask(&form("/solicitud", &filled(&[]))).await, 200));
    let look_up = LookUp { label: made.clone(), email: EMAIL.into() };
    let id = engine.look_up(&look_up).await.unwrap().record.id;
    let ask = form("/consulta", &[("label", &made), ("email", EMAIL)]);
    let agent = Actor::Admin(ActorId(Uuid::from_u128(7)));
    let reason = |text: &str| Reason::new(text).unwrap();
    let update = |status: Status, reply: &str| Command::Update {
        status: Some(status),
        priority: None,
        area: None,
        reply: Some(Reply::new(reply).unwrap()),
    };

    engine.execute(id, &agent, Command::Pause { reason: reason("Falta un dato <i>") }).await.unwrap();
    let html = page(&client.ask(&ask).await, 200);
    contains(&html, &["Puesta en pausa · La mesa de ayuda", "Estado: Abierta → En pausa", "Falta un dato &lt;i&gt;"]);
    contains(&html, &["data-clock=\"paused\"", "El plazo está detenido.", "name=\"mensaje\""]);
    assert!(!html.contains("se vuelve a abrir"));

    engine.execute(id, &agent, update(Status::Resolved, "Ya <b>funciona</b>.")).await.unwrap();
    let html = page(&client.ask(&ask).await, 200);
    contains(&html, &["Resuelta", "Respuesta de la mesa de ayuda", "Ya &lt;b&gt;funciona&lt;/b&gt;."]);
    // A ticket that is over has no time left to speak of; an answer opens it again.
    assert!(!html.contains("data-clock"));
    contains(&html, &["Si responde, la solicitud se vuelve a abrir.", "name=\"mensaje\""]);

    engine.execute(id, &agent, update(Status::Closed, "Cerramos la solicitud.")).await.unwrap();
    let html = page(&client.ask(&ask).await, 200);
    assert!(!html.contains("name=\"mensaje\""));
    contains(&html, &["Esta solicitud ya no admite respuestas."]);
    // From a page that was open meanwhile.
    let late = form("/consulta", &[("label", &made), ("email", EMAIL), ("mensaje", "¿Y ahora?")]);
    contains(&page(&client.ask(&late).await, 409), &["El ticket está CERRADO: no se puede comentar.", &made]);
}

/// A desk whose clock is a number of hours.
async fn on_a_clock() -> (Database, Engine<AnyStore>, Arc<AtomicI64>, Connection) {
    let database = Database::new();
    let hours = Arc::new(AtomicI64::new(0));
    let clock = {
        let hours = Arc::clone(&hours);
        move || Timestamp::saturating_from_unix_millis(1_774_347_300_000 + hours.load(SeqCst) * 3_600_000)
    };
    let store = database.open().await;
    let engine = Engine::start_with_clock(store, clock).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, App::new(engine.clone(), HttpOptions::default()), std::future::pending()));
    (database, engine, hours, Connection::open(address).await)
}

#[tokio::test]
async fn a_deadline_that_passed_is_said_to_have_passed() {
    let (_directory, _engine, hours, mut client) = on_a_clock().await;
    let html = page(&client.ask(&form("/solicitud", &filled(&[]))).await, 200);
    contains(&html, &["<time datetime=\"2026-03-24T14:15:00Z\">2026-03-24 14:15 (UTC)</time>"]);
    hours.store(5, SeqCst);
    let html = page(&client.ask(&form("/consulta", &[("label", &label(&html)), ("email", EMAIL)])).await, 200);
    contains(&html, &["data-clock=\"breached\"", "El plazo ya pasó."]);
}

/// What is offered is what the engine would do: not after the time to re-open is over, nor of an archived ticket.
#[tokio::test]
async fn no_answer_is_offered_that_would_be_refused() {
    let (_database, engine, hours, mut client) = on_a_clock().await;
    let made = label(&page(&client.ask(&form("/solicitud", &filled(&[]))).await, 200));
    let id = engine.look_up(&LookUp { label: made.clone(), email: EMAIL.into() }).await.unwrap().record.id;
    let agent = Actor::Admin(ActorId(Uuid::from_u128(7)));
    let resolve = Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
    engine.execute(id, &agent, resolve).await.unwrap();
    let ask = form("/consulta", &[("label", &made), ("email", EMAIL)]);
    let say = form("/consulta", &[("label", &made), ("email", EMAIL), ("mensaje", "¿Sigue igual?")]);

    hours.store(14 * 24, SeqCst);
    contains(
        &page(&client.ask(&ask).await, 200),
        &["Si responde, la solicitud se vuelve a abrir.", "name=\"mensaje\""],
    );
    hours.store(14 * 24 + 1, SeqCst);
    let html = page(&client.ask(&ask).await, 200);
    contains(&html, &["Esta solicitud ya no admite respuestas."]);
    assert!(!html.contains("se vuelve a abrir") && !html.contains("name=\"mensaje\""));
    page(&client.ask(&say).await, 409);

    hours.store(24, SeqCst);
    contains(&page(&client.ask(&ask).await, 200), &["name=\"mensaje\""]);
    let archive = Command::Archive { reason: Reason::new("Ya no hace falta").unwrap() };
    engine.execute(id, &agent, archive).await.unwrap();
    assert!(!page(&client.ask(&ask).await, 200).contains("name=\"mensaje\""));
    page(&client.ask(&say).await, 409);
}

#[tokio::test]
async fn the_pages_can_be_left_out() {
    let (_directory, _engine, address) = embedded(HttpOptions { pages: false, ..HttpOptions::default() }).await;
    let mut client = Connection::open(address).await;
    for path in ["/", "/solicitud", "/consulta", "/assets/pages.css"] {
        client.get(path).await.problem(404, "not-found");
    }
    client.ask(&form("/solicitud", &filled(&[]))).await.problem(404, "not-found");
    assert_eq!(client.get("/api/reglas").await.status, 200);
}
