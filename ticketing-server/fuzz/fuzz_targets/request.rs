//! A request, head and body, to the whole service on a real store: whatever it is, it is answered, never with a defect (500), and errors are
//! told as their dialect tells them.
//!
//! The first line is `METHOD path`, then headers until an empty line, then the body. `{uuid}` and `{label}` stand for a ticket that there
//! is, `{token}` for the session of an administrator.

#![no_main]

use std::cell::OnceCell;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use ticketing_core::{Draft, user::NewUser};
use ticketing_server::{
    Authority, CreateRequest, Engine, EngineOptions, PasswordCost,
    clock::SystemClock,
    http::{App, HttpOptions},
    store::sqlite::SqliteStore,
};
use tower::ServiceExt;

const FORM: &[u8] = br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
    "descripcion": "No puedo iniciar la sesi\u00f3n.", "prioridad": "ALTA" }"#;
const ADMIN: &[u8] =
    br#"{ "email": "raiz@example.com", "nombre": "Raiz", "password": "un-gato-verde", "rol": "ADMIN" }"#;
const LOGIN: &str = r#"{ "email": "raiz@example.com", "password": "un-gato-verde" }"#;

struct Service {
    runtime: tokio::runtime::Runtime,
    app: App,
    /// What stands for what.
    names: [(&'static str, String); 3],
    _directory: tempfile::TempDir,
}

thread_local! {
    static SERVICE: OnceCell<Service> = const { OnceCell::new() };
}

impl Service {
    fn start() -> Self {
        // In memory, where that is possible: a disk would be what is measured.
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let (app, names) = runtime.block_on(async {
            let store = SqliteStore::open(directory.path().join("ticketing.db")).expect("a store");
            let options = EngineOptions { password_cost: PasswordCost::LEAST, ..EngineOptions::default() };
            let engine = Engine::start_with(store, SystemClock, options).await.expect("an engine");
            let draft = Draft::from_json(FORM).expect("JSON").validate(&engine.rules()).expect("a ticket");
            let ticket = engine.create(CreateRequest::new(draft)).await.expect("it is stored");
            engine.create_user(NewUser::from_json(ADMIN).expect("a user"), &Authority::Operator).await.expect("stored");
            let options = HttpOptions { rate_limits: None, webhooks: None, ..HttpOptions::default() };
            let app = App::new(engine, options);
            let request = Request::post("/api/auth/login").header("Content-Type", "application/json");
            let answer = app.clone().oneshot(request.body(Full::new(Bytes::from(LOGIN))).expect("a request")).await;
            let body = answer.expect("an answer").into_body().collect().await.expect("a body").to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            let token = body["access_token"].as_str().expect("a token").to_owned();
            (app, [("{uuid}", ticket.id.0.to_string()), ("{label}", ticket.label.to_string()), ("{token}", token)])
        });
        Self { runtime, app, names, _directory: directory }
    }

    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

fuzz_target!(|data: &[u8]| {
    let end = data.windows(2).position(|two| two == b"\n\n").unwrap_or(data.len());
    let Ok(head) = std::str::from_utf8(&data[..end]) else { return };
    let body = data.get(end + 2..).unwrap_or_default().to_vec();
    SERVICE.with(|service| {
        let service = service.get_or_init(Service::start);
        let mut lines = head.lines();
        let Some((method, path)) = lines.next().and_then(|line| line.split_once(' ')) else { return };
        // What streams has no end.
        if path.contains("eventos") {
            return;
        }
        let path = service.filled(path);
        let mut request = Request::builder().method(method).uri(&path);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, service.filled(value));
        }
        let Ok(request) = request.body(Full::new(Bytes::from(body))) else { return };
        let is_head = request.method() == "HEAD";
        let (parts, body) = service.runtime.block_on(async {
            let answer = service.app.clone().oneshot(request).await.expect("there is no error");
            let (parts, body) = answer.into_parts();
            (parts, body.collect().await.expect("it is whole").to_bytes())
        });
        assert_ne!(parts.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", String::from_utf8_lossy(&body));
        assert!(parts.headers.contains_key("x-request-id") && parts.headers.contains_key("x-content-type-options"));
        let media_type = parts.headers.get("content-type").map_or("", |value| value.to_str().expect("ASCII"));
        if parts.headers.contains_key("content-encoding") || is_head {
            return;
        }
        if media_type.ends_with("json") {
            let json: serde_json::Value = serde_json::from_slice(&body).expect("it says that it is JSON");
            if media_type == "application/problem+json" {
                assert_eq!(json["status"], parts.status.as_u16());
                assert!(
                    ["code", "title", "detail"]
                        .iter()
                        .all(|member| json[member].as_str().is_some_and(|text| !text.is_empty())),
                    "{json}"
                );
            } else if parts.status.is_client_error() {
                assert!(path.contains("/v2") && json["code"].is_string() && json["message"].is_string(), "{json}");
            }
        } else if media_type.starts_with("text/html") {
            let html = std::str::from_utf8(&body).expect("UTF-8");
            assert!(!html.contains("<script>alert"), "it was not escaped");
        }
    });
});
