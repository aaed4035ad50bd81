//! The service's table of contents.

use std::{future::Future, pin::Pin};

use hyper::Method;
use uuid::Uuid;

use crate::{
    api::{auth, events, health, openapi, reports, rules, tickets, v2},
    http::{ApiError, Call, Response, UsualFigures},
    pages::{assets, console, home, look_up, request},
    store::Store,
};

/// Every endpoint: method, path, handler. Those that anybody may call count against their client's rate limits.
fn routes<S: Store>() -> Vec<Route<S>> {
    vec![
        // Tickets, for everybody
        public(post("/api/tickets/crear", tickets::create)),
        public(post("/api/tickets/consultar", tickets::look_up)),
        public(post("/api/tickets/comentar", tickets::comment)),
        // Tickets, for the desk
        get("/api/tickets/dashboard", tickets::dashboard),
        get("/api/tickets/dashboard-metricas", tickets::metrics),
        get("/api/tickets/cola", tickets::queue),
        get("/api/tickets/totales", tickets::totals),
        get("/api/tickets/plazos", tickets::deadlines),
        get("/api/tickets/{uuid}", tickets::show),
        get("/api/tickets/{uuid}/sla", tickets::sla),
        post("/api/tickets/{uuid}/actualizar", tickets::update),
        post("/api/tickets/{uuid}/asignar", tickets::assign),
        post("/api/tickets/{uuid}/transferir", tickets::transfer),
        post("/api/tickets/{uuid}/reclasificar", tickets::reclassify),
        post("/api/tickets/{uuid}/pausar", tickets::pause),
        post("/api/tickets/{uuid}/reabrir", tickets::reopen),
        post("/api/tickets/{uuid}/cancelar", tickets::cancel),
        post("/api/tickets/{uuid}/archivar", tickets::archive),
        post("/api/tickets/{uuid}/desarchivar", tickets::unarchive),
        get("/api/eventos", events::stream),
        get("/api/reportes", reports::show),
        // Accounts
        public(post("/api/auth/login", auth::login)),
        public(post("/api/auth/password", auth::change_password)),
        get("/api/auth/users", auth::list_users),
        post("/api/auth/users", auth::create_user),
        patch("/api/auth/users/{id}", auth::change_user),
        delete("/api/auth/users/{id}", auth::delete_user),
        get("/api/auth/tokens", auth::list_tokens),
        post("/api/auth/tokens", auth::create_token),
        delete("/api/auth/tokens/{id}", auth::revoke_token),
        // Tickets, for other systems
        get("/v2/tickets", v2::list),
        post("/v2/tickets", v2::create),
        get("/v2/tickets/{ticketId}", v2::show),
        patch("/v2/tickets/{ticketId}/attributes/category", v2::change_category),
        patch("/v2/tickets/{ticketId}/attributes/urgency", v2::change_urgency),
        patch("/v2/tickets/{ticketId}/attributes/service", v2::change_service),
        patch("/v2/tickets/{ticketId}/attributes/clients", v2::change_clients),
        patch("/v2/tickets/{ticketId}/attributes/owner", v2::change_owner),
        patch("/v2/tickets/{ticketId}/attributes/subject", v2::change_subject),
        patch("/v2/tickets/{ticketId}/attributes/type", v2::change_type),
        patch("/v2/tickets/{ticketId}/attributes/solution", v2::change_solution),
        patch("/v2/tickets/{ticketId}/attributes/status", v2::change_status),
        get("/v2/tickets/{ticketId}/status-changes", v2::status_changes),
        get("/v2/tickets/{ticketId}/owner-changes", v2::owner_changes),
        get("/v2/tickets/{ticketId}/actions", v2::list_actions),
        post("/v2/tickets/{ticketId}/actions", v2::create_action),
        get("/v2/tickets/{ticketId}/actions/{actionId}", v2::show_action),
        get("/v2/tickets/{ticketId}/tags", v2::list_tags),
        post("/v2/tickets/{ticketId}/tags", v2::add_tag),
        delete("/v2/tickets/{ticketId}/tags/{tagId}", v2::remove_tag),
        get("/v2/events", v2::list_events),
        get("/v2/reports", reports::show_integration),
        get("/v2/subscriptions", v2::list_subscriptions),
        post("/v2/subscriptions", v2::create_subscription),
        get("/v2/subscriptions/{subscriptionId}", v2::show_subscription),
        patch("/v2/subscriptions/{subscriptionId}", v2::change_subscription),
        delete("/v2/subscriptions/{subscriptionId}", v2::delete_subscription),
        post("/v2/subscriptions/{subscriptionId}/secret", v2::rotate_secret),
        get("/v2/subscriptions/{subscriptionId}/deliveries", v2::list_deliveries),
        post("/v2/subscriptions/{subscriptionId}/replay", v2::replay),
        get("/v2/statuses", v2::statuses),
        get("/v2/categories", v2::categories),
        get("/v2/services", v2::services),
        get("/v2/urgencies", v2::urgencies),
        get("/v2/justifications", v2::justifications),
        get("/v2/tags", v2::offered_tags),
        get("/v2/agents", v2::agents),
        get("/v2/teams", v2::teams),
        get("/v2/openapi.json", openapi::v2::show),
        // Rules
        get("/api/reglas", rules::show),
        put("/api/reglas", rules::apply),
        post("/api/reglas/previa", rules::preview),
        // The service itself
        get("/openapi.json", openapi::show),
        watch(get("/livez", health::live)),
        watch(get("/readyz", health::ready)),
        watch(get("/metrics", health::metrics)),
        // Pages, for people
        page(get("/", home::show)),
        page(get("/solicitud", request::show)),
        page(public(post("/solicitud", request::submit))),
        page(get("/consulta", look_up::show)),
        page(public(post("/consulta", look_up::submit))),
        page(get("/consola", console::show)),
        page(get("/assets/{*path}", assets::show)),
    ]
}

/// A line of the table.
pub(crate) struct Route<S> {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) is_public: bool,
    /// It answers people, not programs.
    pub(crate) is_page: bool,
    /// Whoever watches over the service asks it.
    pub(crate) is_watch: bool,
    pub(crate) handler: Handler<S>,
    pub(crate) figures: UsualFigures,
}

type Handler<S> = Box<dyn Fn(Call<S>) -> Answer + Send + Sync>;
type Answer = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;

fn get<S: Store, A>(path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    route(Method::GET, path, handler)
}

fn post<S: Store, A>(path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    route(Method::POST, path, handler)
}

fn put<S: Store, A>(path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    route(Method::PUT, path, handler)
}

fn patch<S: Store, A>(path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    route(Method::PATCH, path, handler)
}

fn delete<S: Store, A>(path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    route(Method::DELETE, path, handler)
}

fn route<S: Store, A>(method: Method, path: &'static str, handler: fn(Call<S>) -> A) -> Route<S>
where
    A: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let handler = Box::new(move |call| -> Answer { Box::pin(handler(call)) });
    Route { method, path, is_public: false, is_page: false, is_watch: false, handler, figures: UsualFigures::default() }
}

fn public<S>(route: Route<S>) -> Route<S> {
    Route { is_public: true, ..route }
}

fn watch<S>(route: Route<S>) -> Route<S> {
    Route { is_watch: true, ..route }
}

fn page<S>(route: Route<S>) -> Route<S> {
    Route { is_page: true, ..route }
}

/// The table, ready to be looked up in.
pub(crate) struct Routes<S> {
    routes: Vec<Route<S>>,
    /// Path → indices of its routes, one per method.
    paths: matchit::Router<Vec<usize>>,
}

impl<S: Store> Routes<S> {
    pub(crate) fn new(with_pages: bool) -> Self {
        let routes: Vec<_> = routes::<S>().into_iter().filter(|route| with_pages || !route.is_page).collect();
        let mut paths = matchit::Router::<Vec<usize>>::new();
        for (index, route) in routes.iter().enumerate() {
            match paths.at_mut(route.path) {
                Ok(found) => found.value.push(index),
                // The table is fixed and a test builds it: its paths do not conflict.
                Err(_) => paths.insert(route.path, vec![index]).unwrap_or_default(),
            }
        }
        Self { routes, paths }
    }

    /// The route of a method and path. A trailing slash is served as if it were not there; HEAD is a GET without its body.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Found<'_, S>, ApiError> {
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        let found = self.paths.at(path).map_err(|_| ApiError::NoRoute)?;
        let of_path = || found.value.iter().filter_map(|index| self.routes.get(*index));
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        let parameters = || found.params.iter().map(|(_, value)| value.to_owned()).collect();
        let route = of_path().find(|route| route.method == *wanted);
        route.map(|route| Found { route, parameters: parameters() }).ok_or_else(|| {
            // Where an id should stand and none does, nothing is there for any method.
            let is_no_id =
                |(name, value): (&str, &str)| matches!(name, "uuid" | "id") && Uuid::try_parse(value).is_err();
            if found.params.iter().any(is_no_id) {
                return ApiError::NoRoute;
            }
            let mut allow: Vec<_> = of_path().map(|route| route.method.as_str()).collect();
            if allow.contains(&"GET") {
                allow.push("HEAD");
            }
            allow.push("OPTIONS");
            ApiError::MethodNotAllowed { allow: allow.join(", ") }
        })
    }
}

/// A line of the table that a request has come to.
pub(crate) struct Found<'r, S> {
    pub(crate) route: &'r Route<S>,
    /// What stands in the path where the table has names in braces.
    pub(crate) parameters: Vec<String>,
}

/// What the table has for programs, as `METHOD /path`.
#[cfg(test)]
pub(crate) fn list_api<S: Store>() -> Vec<String> {
    routes::<S>().iter().filter(|route| !route.is_page).map(line).collect()
}

#[cfg(test)]
fn line<S>(route: &Route<S>) -> String {
    format!("{} {}", route.method, route.path)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn the_table_of_contents() {
        let list: Vec<_> = routes::<SqliteStore>().iter().map(line).collect();
        insta::assert_snapshot!(list.join("\n"));
        let routes = Routes::<SqliteStore>::new(true);
        for line in &list {
            let (method, path) = line.split_once(' ').unwrap();
            let method = method.parse().unwrap();
            assert_eq!(routes.find(&method, path).ok().map(|found| found.route.path), Some(path));
            assert!(routes.find(&method, &format!("{path}/")).is_ok());
        }
        let without_pages = Routes::<SqliteStore>::new(false);
        assert!(matches!(without_pages.find(&Method::GET, "/"), Err(ApiError::NoRoute)));
        assert!(without_pages.find(&Method::GET, "/livez").is_ok());
        assert!(
            matches!(routes.find(&Method::GET, "/api/tickets/crear"), Err(ApiError::MethodNotAllowed { allow }) if allow == "POST, OPTIONS")
        );
        assert!(matches!(routes.find(&Method::GET, "/api//reglas"), Err(ApiError::NoRoute)));
    }
}
