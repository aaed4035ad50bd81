//! Who is told what happens.

use serde_json::{Value, json};
use ticketing_core::{
    TokenScope,
    limits::{
        WEBHOOK_HEADER_NAME_CHARS_MAX, WEBHOOK_HEADER_VALUE_CHARS_MAX, WEBHOOK_HEADERS_MAX,
        WEBHOOK_SECRETS_OVERLAP_HOURS, WEBHOOK_URL_CHARS_MAX,
    },
    subscription::{Happening, Standing},
};

use super::{
    super::{body, object, reference, text},
    answers::{OF_BODIES, OF_READS, answers, done, no_content, with_headers},
    instant, instant_or_null, security, text_or_null,
};

pub(super) fn paths() -> Value {
    let scope = || security(TokenScope::Subscriptions);
    let one = || reference("Subscription");
    let all = json!({ "type": "array", "items": one() });
    let secret = || with_headers(done("With its secret.", &reference("SubscriptionSecret")), &["Cache-Control"]);
    let id = || {
        json!([{
            "name": "subscriptionId", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" }
        }])
    };
    let deliveries =
        json!({ "type": "array", "items": reference("Delivery"), "maxItems": crate::api::v2::PAGE_SIZE_MAX });
    let rotate = format!(
        "The answer is the only one that has it. The one before signs too, for {WEBHOOK_SECRETS_OVERLAP_HOURS} hours."
    );
    json!({
        "/v2/subscriptions": {
            "get": {
                "operationId": "listSubscriptions", "tags": ["Subscriptions"], "summary": "List the subscriptions, oldest first",
                "security": scope(), "responses": answers("200", done("All of them.", &all), &[OF_READS]),
            },
            "post": {
                "operationId": "createSubscription", "tags": ["Subscriptions"], "summary": "Be told what happens",
                "description": "What happens is POSTed to the address, signed as Standard Webhooks, with the secret that this \
                                answer has and no other.",
                "security": scope(),
                "requestBody": body("NewSubscription"),
                "responses": answers("200", secret(), &[OF_BODIES]),
            },
        },
        "/v2/subscriptions/{subscriptionId}": {
            "parameters": id(),
            "get": {
                "operationId": "getSubscription", "tags": ["Subscriptions"], "summary": "A subscription",
                "security": scope(), "responses": answers("200", done("The subscription.", &one()), &[&[404], OF_READS]),
            },
            "patch": {
                "operationId": "changeSubscription", "tags": ["Subscriptions"], "summary": "Change where it goes, or whether it does",
                "description": "A webhook is replaced as a whole. ACTIVE forgives all failures.",
                "security": scope(),
                "requestBody": body("SubscriptionChange"),
                "responses": answers("200", done("The subscription.", &one()), &[OF_BODIES, &[404]]),
            },
            "delete": {
                "operationId": "deleteSubscription", "tags": ["Subscriptions"],
                "summary": "End it, with all that was still to be delivered",
                "security": scope(), "responses": answers("204", no_content(), &[&[404], OF_READS]),
            },
        },
        "/v2/subscriptions/{subscriptionId}/secret": {
            "parameters": id(),
            "post": {
                "operationId": "rotateSecret", "tags": ["Subscriptions"], "summary": "Sign with a new secret",
                "description": rotate,
                "security": scope(), "responses": answers("200", secret(), &[&[404], OF_READS]),
            },
        },
        "/v2/subscriptions/{subscriptionId}/deliveries": {
            "parameters": id(),
            "get": {
                "operationId": "listDeliveries", "tags": ["Subscriptions"], "summary": "What could not be delivered so far, oldest first",
                "description": "What waits for its next attempt, what waits behind it, and what was given up. What went well is in no list.",
                "security": scope(),
                "parameters": [
                    { "name": "after", "in": "query", "description": "The last delivery of the page before.", "schema": number() },
                    super::parameter("size"),
                ],
                "responses": answers("200", done("At most so many.", &deliveries), &[&[400, 404], OF_READS]),
            },
        },
        "/v2/subscriptions/{subscriptionId}/replay": {
            "parameters": id(),
            "post": {
                "operationId": "replay", "tags": ["Subscriptions"], "summary": "Deliver once more",
                "description": "One delivery that was given up, all that happened since an instant, or, without either, all that was given up.",
                "security": scope(),
                "parameters": [
                    { "name": "delivery", "in": "query", "description": "Its number.", "schema": number() },
                    { "name": "since", "in": "query", "description": "An instant.", "schema": instant() },
                ],
                "responses": answers("200", done("How many are tried anew.", &reference("Replayed")), &[&[400, 404], OF_READS]),
            },
        },
    })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": i32::MAX })
}

pub(super) fn schemas() -> Value {
    let subscription = || {
        vec![
            ("id", json!({ "type": "string", "format": "uuid" })),
            ("eventType", json!({ "const": "TICKET" })),
            ("webhook", reference("Webhook")),
            ("status", json!({ "enum": Standing::ALL.map(Standing::name) })),
            ("version", json!({ "type": "integer", "minimum": 1 })),
            ("createdAt", instant()),
            ("updatedAt", instant()),
            ("criteria", json!({ "type": "object", "properties": { "action": happening() } })),
        ]
    };
    let secret = json!({ "type": "string", "format": "password", "pattern": "^whsec_", "description": "What it is signed with." });
    let with_secret = subscription().into_iter().chain([("secret", secret)]).collect();
    // What stays as it is, or is not said.
    let status = || json!({ "enum": ["ACTIVE", "INACTIVE", "", null] });
    let actions: Vec<_> =
        Happening::ALL.map(|action| json!(action.name())).into_iter().chain([json!(""), Value::Null]).collect();
    let mut new = object(vec![("eventType", json!({ "const": "TICKET" })), ("webhook", reference("WebhookInput"))]);
    new["properties"]["status"] = status();
    new["properties"]["criteria"] = json!({
        "type": ["object", "null"],
        "properties": { "action": { "enum": actions, "description": "What alone they are told; everything without it." } }
    });
    let webhook = json!({ "anyOf": [reference("WebhookInput"), { "type": "null" }] });
    json!({
        "Subscription": object(subscription()),
        "SubscriptionSecret": object(with_secret),
        "Webhook": object(vec![
            ("url", text()),
            ("headers", json!({ "type": "object", "additionalProperties": text() })),
        ]),
        "NewSubscription": new,
        "SubscriptionChange": { "type": "object", "properties": { "webhook": webhook, "status": status() } },
        "WebhookInput": webhook_input(),
        "Delivery": object(vec![
            ("id", json!({ "type": "integer", "minimum": 1 })),
            ("ticketId", json!({ "type": "string", "format": "uuid" })),
            ("label", text_or_null("The ticket's name.")),
            ("attempts", json!({ "type": "integer", "minimum": 0, "description": "None where it waits behind another one of its ticket." })),
            ("lastAttemptAt", instant()),
            ("nextAttemptAt", instant_or_null("Null: it is given up.")),
            ("failure", text_or_null("What went wrong, in a word.")),
            ("httpStatus", json!({ "type": ["integer", "null"], "description": "What was answered." })),
        ]),
        "Replayed": object(vec![(
            "deliveries",
            json!({ "type": ["integer", "null"], "description": "Null where events are told again, which nobody counts." }),
        )]),
    })
}

fn webhook_input() -> Value {
    let value = json!({ "type": "string", "maxLength": WEBHOOK_HEADER_VALUE_CHARS_MAX, "pattern": "^[\\t -~]*$" });
    let mut webhook = object(vec![(
        "url",
        json!({
            "type": "string", "format": "uri", "maxLength": WEBHOOK_URL_CHARS_MAX, "pattern": "^https?://",
            "description": "Without a user and without a fragment."
        }),
    )]);
    webhook["properties"]["headers"] = json!({
        "type": ["object", "null"],
        "description": "Sent with each request. Those of the protocol and of the signature are not taken.",
        "maxProperties": WEBHOOK_HEADERS_MAX,
        "propertyNames": { "maxLength": WEBHOOK_HEADER_NAME_CHARS_MAX, "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
        "additionalProperties": value,
    });
    webhook
}

/// What an event is to whoever is told.
pub(super) fn happening() -> Value {
    json!({ "enum": Happening::ALL.map(Happening::name) })
}
