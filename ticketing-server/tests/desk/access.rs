//! Who may use which endpoint.

use std::num::NonZeroU32;

use serde_json::{Value, json};
use ticketing_core::ticket::Role;

use super::common::{
    desk::{COMMANDS, Client, MINUTE, Service, Ticket},
    http::{Answer, Request},
};

const FORBIDDEN: &str = "No autorizado para esta acción";
const FOREIGN: &str = "No autorizado para acceder a este ticket";

const LISTS: [&str; 4] =
    ["/api/tickets/dashboard", "/api/tickets/dashboard-metricas", "/api/tickets/totales", "/api/tickets/plazos"];

/// Asserts that an answer is a problem that says this.
#[track_caller]
fn says(answer: &Answer, status: u16, code: &str, detail: &str) {
    assert_eq!(answer.problem(status, code)["detail"], detail, "{answer}");
}

/// Every endpoint of the desk as a request that is taken where whoever asks may; the commands in the contract's order.
fn requests(service: &Service, ticket: &Ticket) -> Vec<Request> {
    let commands = COMMANDS
        .iter()
        .map(|row| Request::post(&format!("{}/{}", ticket.path(), row.action), row.form(&service.admin).to_string()));
    let lists = LISTS.map(|path| Request::new("GET", path));
    lists.into_iter().chain([Request::new("GET", &ticket.path())]).chain(commands).collect()
}

#[tokio::test]
async fn lists_are_for_everybody_at_the_desk() {
    let service = Service::start().await;
    for path in LISTS {
        for person in service.staff() {
            service.client(person).await.get(path).await.ok();
        }
        let answer = service.client(&service.usuario).await.get(path).await;
        says(&answer, 403, "forbidden", FORBIDDEN);
    }
}

#[tokio::test]
async fn a_ticket_is_read_by_the_desk_and_by_its_own_area() {
    let service = Service::start().await;
    let ticket = service.ticket_of("Redes").await;
    for person in [&service.admin, &service.mesa, &service.redes] {
        let found = service.client(person).await.shown(&ticket).await;
        assert_eq!(found["ticket_label"], ticket.label);
    }
    let answer = service.client(&service.sistemas).await.get(&ticket.path()).await;
    says(&answer, 403, "foreign-area", FOREIGN);
    let answer = service.client(&service.usuario).await.get(&ticket.path()).await;
    says(&answer, 403, "forbidden", FORBIDDEN);
}

#[tokio::test]
async fn a_command_is_for_the_roles_of_its_row_and_an_area_s_people_stay_in_it() {
    let service = Service::start().await;
    for row in &COMMANDS {
        for person in service.staff().into_iter().chain([&service.usuario]) {
            let ticket = row.ticket(&service, "redes").await;
            let before = service.engine.ticket(ticket.id()).await.unwrap();
            let answer = service.client(person).await.command(&ticket, row.action, &row.form(&service.admin)).await;
            let who = format!("{} by {}", row.action, person.name);
            if !row.roles.contains(&person.role()) {
                says(&answer, 403, "forbidden", FORBIDDEN);
            } else if person.id == service.sistemas.id {
                says(&answer, 403, "foreign-area", FOREIGN);
            } else {
                assert_eq!(answer.ok(), json!({ "message": row.message }), "{who}");
                continue;
            }
            assert_eq!(service.engine.ticket(ticket.id()).await.unwrap(), before, "{who}");
        }
    }
}

#[tokio::test]
async fn whoever_may_not_is_told_so_in_their_language() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let request = || Request::new("GET", &ticket.path());
    let mut client = service.client(&service.sistemas).await;
    for (language, detail) in [
        ("en", "You are not allowed to access this ticket"),
        ("pt-BR", "Sem autorização para acessar este ticket"),
        ("es-CO", FOREIGN),
        ("fr", FOREIGN),
    ] {
        says(&client.ask(request().header("Accept-Language", language)).await, 403, "foreign-area", detail);
    }
}

#[tokio::test]
async fn who_may_not_is_told_so_before_the_body_is_looked_at() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    for row in &COMMANDS {
        let request = || Request::post(&format!("{}/{}", ticket.path(), row.action), "{");
        says(&service.client(&service.usuario).await.ask(request()).await, 403, "forbidden", FORBIDDEN);
        service.nobody().await.ask(request()).await.problem(401, "login-required");
        if !row.roles.contains(&Role::Area) {
            says(&service.client(&service.redes).await.ask(request()).await, 403, "forbidden", FORBIDDEN);
        }
    }
}

#[tokio::test]
async fn without_a_token_everything_at_the_desk_is_401_with_what_a_browser_needs_to_read_it() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    for request in requests(&service, &ticket) {
        let answer = service.nobody().await.ask(request.header("Origin", "http://localhost:4200")).await;
        says(&answer, 401, "login-required", "Inicie sesión para continuar.");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{answer}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:4200"), "{answer}");
    }
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_token_that_is_none_of_ours_is_401_everywhere_at_the_desk() {
    let service = Service::start().await;
    let other = Service::start().await;
    let ticket = service.ticket().await;
    let [head, claims, signature] = service.admin.token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let spoilt: String = signature.chars().rev().collect();
    let altered = format!("{head}.{claims}.{spoilt}");
    let of_another = format!("{head}.{}.{signature}", service.mesa.token.split('.').nth(1).unwrap());
    let bad = [
        "Bearer x".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {}", service.admin.token),
        format!("Token {}", service.admin.token),
        service.admin.token.clone(),
        format!("Bearer {unsigned}"),
        format!("Bearer {altered}"),
        format!("Bearer {of_another}"),
        format!("Bearer {}", other.admin.token),
        format!("Bearer {} {}", service.admin.token, service.admin.token),
    ];
    for request in requests(&service, &ticket) {
        for authorization in &bad {
            let request =
                request.clone().header("Authorization", authorization).header("Origin", "http://127.0.0.1:5173");
            let answer = service.nobody().await.ask(request).await;
            says(&answer, 401, "invalid-token", "La sesión no es válida o ha terminado. Inicie sesión de nuevo.");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{authorization}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("http://127.0.0.1:5173"));
        }
    }
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 1);
    // And the scheme is read in any case. Source: RFC 9110, section 11.1.
    let request = Request::new("GET", LISTS[0]).header("Authorization", &format!("bearer {}", service.admin.token));
    service.nobody().await.ask(request).await.ok();
}

#[tokio::test]
async fn a_session_ends_after_its_minutes_and_with_its_user() {
    let service = Service::start_with(NonZeroU32::new(120).unwrap()).await;
    let (mut admin, mut mesa) = (service.client(&service.admin).await, service.client(&service.mesa).await);
    service.pass(120 * MINUTE - 1);
    admin.get(LISTS[0]).await.ok();
    mesa.get(LISTS[0]).await.ok();
    service.deactivate(&service.mesa).await;
    mesa.get(LISTS[0]).await.problem(401, "invalid-token");
    service.pass(1);
    admin.get(LISTS[0]).await.problem(401, "invalid-token");
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_404_and_so_is_what_is_no_uuid() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let ids = [
        "00000000-0000-4000-8000-000000000000".to_owned(),
        ticket.label.clone(),
        "1".to_owned(),
        "no-es-un-uuid".to_owned(),
        format!("{}0", ticket.uuid),
        ticket.uuid[..35].to_owned(),
        "%27%20OR%201=1".to_owned(),
    ];
    for id in ids {
        let nothing = Ticket { uuid: id, ..ticket.clone() };
        for person in service.staff() {
            let mut client: Client = service.client(person).await;
            says(&client.get(&nothing.path()).await, 404, "ticket-not-found", "Ticket no encontrado");
            for row in COMMANDS.iter().filter(|row| row.roles.contains(&person.role())) {
                let answer = client.command(&nothing, row.action, &row.form(&service.admin)).await;
                says(&answer, 404, "ticket-not-found", "Ticket no encontrado");
            }
        }
    }
    // Who may not is not told what there is.
    let nothing = Ticket { uuid: "1".into(), ..ticket };
    for request in requests(&service, &nothing) {
        says(&service.client(&service.usuario).await.ask(request.clone()).await, 403, "forbidden", FORBIDDEN);
        service.nobody().await.ask(request).await.problem(401, "login-required");
    }
}

#[tokio::test]
async fn a_browser_may_ask_whether_it_may_at_every_endpoint() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let headers = "authorization,content-type,x-api-token,idempotency-key,if-match,accept-language,last-event-id";
    let paths = LISTS.map(|path| ("GET", path.to_owned())).into_iter().chain([("GET", ticket.path())]);
    let commands = COMMANDS.iter().map(|row| ("POST", format!("{}/{}", ticket.path(), row.action)));
    for (method, path) in paths.chain(commands) {
        for path in [path.clone(), format!("{path}/")] {
            let preflight = Request::new("OPTIONS", &path)
                .header("Origin", "http://localhost:5173")
                .header("Access-Control-Request-Method", method)
                .header("Access-Control-Request-Headers", headers);
            let answer = service.nobody().await.ask(preflight).await;
            assert!(matches!(answer.status, 200 | 204), "{path}: {answer}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"), "{path}");
            let list = |name| answer.header(name).unwrap_or_default().to_ascii_lowercase();
            assert!(list("access-control-allow-methods").contains(&method.to_ascii_lowercase()), "{path}: {answer}");
            for header in headers.split(',') {
                let allowed = list("access-control-allow-headers");
                assert!(allowed.split(',').any(|allowed| allowed.trim() == header), "{path}: {header}");
            }
        }
        let foreign = Request::new("OPTIONS", &path)
            .header("Origin", "https://evil.example")
            .header("Access-Control-Request-Method", method);
        assert_eq!(service.nobody().await.ask(foreign).await.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_what_the_desk_answers() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut admin = service.client(&service.admin).await;
    let mut sistemas = service.client(&service.sistemas).await;
    for request in requests(&service, &ticket) {
        let request = request.header("Origin", "http://localhost:5173");
        for answer in [sistemas.ask(request.clone()).await, admin.ask(request).await] {
            assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"), "{answer}");
            let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_ascii_lowercase();
            for header in ["etag", "link", "location", "retry-after", "ratelimit", "x-total", "x-page", "x-page-size"] {
                assert!(exposed.split(',').any(|exposed| exposed.trim() == header), "{header}: {exposed}");
            }
        }
    }
}

#[tokio::test]
async fn a_trailing_slash_is_served_and_not_redirected() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    for path in LISTS {
        admin.get(&format!("{path}/")).await.ok();
        admin.get(&format!("{path}/?limite=1")).await.ok();
    }
    let ticket = service.ticket().await;
    assert_eq!(admin.get(&format!("{}/", ticket.path())).await.ok(), admin.detail(&ticket).await);
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let path = format!("{}/{}/", ticket.path(), row.action);
        let answer: Value = admin.post(&path, &row.form(&service.admin)).await.ok();
        assert_eq!(answer, json!({ "message": row.message }));
    }
}

#[tokio::test]
async fn another_method_is_405_and_says_which_there_are() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut admin = service.client(&service.admin).await;
    for path in LISTS.map(str::to_owned).into_iter().chain([ticket.path()]) {
        let answer = admin.ask(Request::new("DELETE", &path)).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(admin.ask(Request::new("HEAD", &path)).await.status, 200);
    }
    for row in &COMMANDS {
        let answer = admin.get(&format!("{}/{}", ticket.path(), row.action)).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    }
}

#[tokio::test]
async fn what_is_no_id_has_no_methods() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    for path in ["/api/tickets/CREAR", "/api/tickets/crear.json", "/api/tickets/crear%00", "/api/auth/users/7"] {
        admin.post(path, &json!({})).await.problem(404, "not-found");
    }
}
