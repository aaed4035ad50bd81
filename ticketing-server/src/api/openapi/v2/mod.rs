//! `/v2/openapi.json`: the integration API described for programs, in the words of its own dialect.

mod actions;
mod answers;
mod attributes;
mod discovery;
mod events;
mod history;
mod references;
mod reports;
mod subscriptions;
mod tags;
mod tickets;

use serde_json::{Value, json};
use ticketing_core::{Rules, TokenScope};

use super::merged;
use crate::{
    http::{ApiError, Call, Response, json as answer},
    store::Store,
};

/// `GET /v2/openapi.json`: OpenAPI 3.1, with the limits of the active rules.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    answer(&document(&call.engine().rules()))
}

fn document(rules: &Rules) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tickets",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": "Tickets for other systems: the same ones that the desk works, with one history and one lifecycle. \
                            Texts are trimmed, and hold no control characters; lengths count Unicode characters. Instants are \
                            UTC with milliseconds. Members that are not described here are ignored. The details of an error \
                            come in Spanish, English or Portuguese (Accept-Language). A method that a path does not take is a \
                            405 with `Allow`; HEAD is a GET without its body."
        },
        "tags": [
            { "name": "Tickets", "description": "What there is, and new ones." },
            { "name": "Attributes", "description": "One at a time, answered with what it is then." },
            { "name": "Actions", "description": "What was said of a ticket." },
            { "name": "History", "description": "How long a ticket stayed as it was, newest first." },
            { "name": "Tags", "description": "What tickets have in common." },
            { "name": "Events", "description": "What happens, for those who ask." },
            { "name": "Subscriptions", "description": "What happens, for those who are told." },
            { "name": "Reports", "description": "What tickets come to in figures." },
            { "name": "References", "description": "What there is to refer to by an id." },
            { "name": "Service", "description": "The API itself." },
        ],
        "paths": merged([
            tickets::paths(), attributes::paths(), history::paths(), actions::paths(), tags::paths(), events::paths(),
            subscriptions::paths(), reports::paths(), discovery::paths(), own_path()
        ]),
        "components": {
            "schemas": merged([
                references::schemas(rules), tickets::schemas(), attributes::schemas(), history::schemas(),
                actions::schemas(), tags::schemas(), events::schemas(), subscriptions::schemas(), reports::schemas(),
                discovery::schemas(), answers::schemas()
            ]),
            "parameters": parameters(),
            "headers": answers::headers(),
            "responses": answers::errors(),
            "securitySchemes": security_schemes()
        }
    })
}

fn own_path() -> Value {
    let done = answers::done("OpenAPI 3.1.", &json!({ "type": "object" }));
    json!({ "/v2/openapi.json": { "get": {
        "operationId": "openapi", "tags": ["Service"], "summary": "This document", "security": [],
        "responses": { "200": done },
    } } })
}

/// Other systems show a token, in either header; the desk its session. Source: OpenAPI 3.1, which lets any scheme name what it
/// takes.
fn security(scope: TokenScope) -> Value {
    json!([{ "apiToken": [scope.name()] }, { "bearerAuth": [scope.name()] }])
}

fn security_schemes() -> Value {
    json!({
        "apiToken": {
            "type": "apiKey", "in": "header", "name": "X-API-TOKEN",
            "description": "A token that an administrator has created. It has the desk's rights, as far as its scopes go."
        },
        "bearerAuth": {
            "type": "http", "scheme": "bearer",
            "description": "The same token; or the session of somebody at the desk, who keeps their role and area."
        },
    })
}

fn parameters() -> Value {
    json!({
        "ticketId": {
            "name": "ticketId", "in": "path", "required": true,
            "description": "Its UUID, or its label.", "schema": { "type": "string" },
            "examples": { "label": { "value": "TKT-2026-00142" } }
        },
        "page": {
            "name": "page", "in": "query", "description": "From 1.",
            "schema": { "type": "integer", "minimum": 1, "maximum": i32::MAX, "default": 1 }
        },
        "size": {
            "name": "size", "in": "query", "description": "Items on a page.",
            "schema": { "type": "integer", "minimum": 1, "maximum": crate::api::v2::PAGE_SIZE_MAX, "default": crate::api::v2::PAGE_SIZE }
        },
    })
}

fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// Which ticket.
fn of_ticket() -> Value {
    json!([parameter("ticketId")])
}

/// Which page.
fn paging() -> Value {
    json!([parameter("page"), parameter("size")])
}

fn id() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": i32::MAX })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn instant_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "format": "date-time", "description": description })
}

fn text_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

/// What a schema describes, or null.
fn or_null(schema: &str) -> Value {
    json!({ "anyOf": [super::reference(schema), { "type": "null" }] })
}

/// On whose behalf, as it is given and answered.
fn behalf() -> Value {
    json!({
        "type": ["string", "null"], "maxLength": ticketing_core::limits::BEHALF_CHARS_MAX,
        "description": "On whose behalf, kept as given."
    })
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn it_describes_every_route_for_other_systems_and_no_other() {
        let routes = crate::routes::list_api::<crate::store::sqlite::SqliteStore>();
        let of_this_dialect = routes.into_iter().filter(|line| line.contains(" /v2/")).collect();
        super::super::tests::describes(&document(&Rules::default()), of_this_dialect);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        super::super::tests::leads_somewhere(&document(&Rules::default()));
    }

    #[test]
    fn every_operation_says_what_it_needs_and_may_be_refused() {
        let document = document(&Rules::default());
        let paths = document["paths"].as_object().unwrap();
        for (path, operations) in paths.iter().filter(|(path, _)| *path != "/v2/openapi.json") {
            for (method, operation) in operations.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
            {
                let (responses, about) = (&operation["responses"], format!("{method} {path}"));
                assert_eq!(operation["security"].as_array().map(Vec::len), Some(2), "{about}");
                assert!(
                    ["401", "403", "429", "500", "503"].iter().all(|status| responses[status].is_object()),
                    "{about}"
                );
                let has_body = operation["requestBody"].is_object();
                assert!(
                    ["408", "413", "415"].iter().all(|status| responses[status].is_object() == has_body),
                    "{about}"
                );
                assert_eq!(responses["404"].is_object(), path.contains('{'), "{about}");
            }
        }
    }

    /// Generators make names of them.
    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document = document(&Rules::default()).to_string();
        let names: Vec<_> =
            document.split("\"operationId\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert!(names.len() > 20);
    }

    #[test]
    fn a_category_has_the_limits_of_the_rules() {
        let rules = Rules::from_json(r#"{ "campos": { "categoria": { "max": 80 } } }"#).unwrap();
        let category = &document(&rules)["components"]["schemas"]["CategoryInput"];
        assert_eq!(category["anyOf"][1]["properties"]["name"]["maxLength"], 80);
    }
}
