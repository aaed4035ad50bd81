//! Logging in, and who may.

use serde_json::{Value, json};
use ticketing_core::{
    TokenScope,
    limits::{
        AREA_CHARS_MAX, EMAIL_OCTETS_MAX, NOMBRE_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, TELEFONO_CHARS_MAX,
        TOKEN_EXPIRY_DAYS_MAX, TOKEN_NOMBRE_CHARS_MAX, USER_NOMBRE_CHARS_MIN,
    },
    user::UserRole,
};

use super::{body, instant, instant_or_null, nullable, object, reference, responses, security, text};

pub(super) fn paths() -> Value {
    let limited = ["400", "408", "413", "415", "422", "429", "503"];
    let of_admins = ["401", "403", "503"];
    let with_body = ["400", "401", "403", "408", "413", "415", "422", "503"];
    let id = json!([{
        "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" }
    }]);
    json!({
        "/api/auth/login": { "post": {
            "operationId": "login", "tags": ["Accounts"], "summary": "Log in",
            "description": "An unknown e-mail address and a wrong password get the same answer. After some wrong ones, an \
                            account and a network address have to wait ever longer (429, Retry-After).",
            "requestBody": body("Login"),
            "responses": responses("Sesion", &limited, &["401", "403"]),
        } },
        "/api/auth/password": { "post": {
            "operationId": "cambiarPassword", "tags": ["Accounts"], "summary": "Change one's own password",
            "description": "For every role. A wrong `actual` is a 422 with code `wrong-password`, not a 401, which would mean \
                            that the session is over. All sessions end with the change.",
            "security": security(),
            "requestBody": body("CambioPassword"),
            "responses": responses("Mensaje", &limited, &["401"]),
        } },
        "/api/auth/users": {
            "get": {
                "operationId": "usuarios", "tags": ["Accounts"], "summary": "List the users by name",
                "description": "Role: ADMIN.",
                "security": security(),
                "responses": responses("Usuarios", &of_admins, &[]),
            },
            "post": {
                "operationId": "crearUsuario", "tags": ["Accounts"], "summary": "Create a user",
                "description": "Role: ADMIN. Whoever has the role AREA needs an area.",
                "security": security(),
                "requestBody": body("UsuarioNuevo"),
                "responses": responses("UsuarioCreado", &with_body, &["409"]),
            }
        },
        "/api/auth/users/{id}": {
            "parameters": id,
            "patch": {
                "operationId": "actualizarUsuario", "tags": ["Accounts"], "summary": "Change a user",
                "description": "Role: ADMIN. Any of the fields; an area or a phone number that is null is taken away. A change of \
                                anything but the phone number ends the user's sessions. The last active administrator can be \
                                neither deactivated nor given another role (409).",
                "security": security(),
                "requestBody": body("UsuarioCambio"),
                "responses": responses("Mensaje", &with_body, &["404", "409"]),
            },
            "delete": {
                "operationId": "eliminarUsuario", "tags": ["Accounts"], "summary": "Delete a user",
                "description": "Role: ADMIN. Only the name is left, which history tells; the e-mail address is free again. The \
                                last active administrator cannot be deleted (409).",
                "security": security(),
                "responses": responses("Mensaje", &of_admins, &["404", "409"]),
            }
        },
        "/api/auth/tokens": {
            "get": {
                "operationId": "tokens", "tags": ["Accounts"], "summary": "List the tokens of other systems",
                "description": "Role: ADMIN. Those that are valid first, by name.",
                "security": security(),
                "responses": responses("Tokens", &of_admins, &[]),
            },
            "post": {
                "operationId": "crearToken", "tags": ["Accounts"], "summary": "Create a token for another system",
                "description": "Role: ADMIN. `token` is told in this answer and in no other. Of the tokens that are valid, one has \
                                a name (409).",
                "security": security(),
                "requestBody": body("TokenNuevo"),
                "responses": created(responses("TokenCreado", &with_body, &["409"])),
            }
        },
        "/api/auth/tokens/{id}": {
            "parameters": id,
            "delete": {
                "operationId": "revocarToken", "tags": ["Accounts"], "summary": "Revoke a token",
                "description": "Role: ADMIN. The token stays in the list, because history tells its name. One that was revoked \
                                stays so (200).",
                "security": security(),
                "responses": responses("Mensaje", &of_admins, &["404"]),
            }
        },
    })
}

/// Answers of which the good one is a 201.
fn created(mut responses: Value) -> Value {
    let done = responses["200"].take();
    if let Value::Object(responses) = &mut responses {
        responses.remove("200");
        responses.insert("201".into(), done);
    }
    responses
}

pub(super) fn security_schemes() -> Value {
    json!({ "bearerAuth": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The `access_token` of a login. It ends with its time, or with a change of its user."
    } })
}

pub(super) fn schemas() -> Value {
    let email = || json!({ "type": "string", "format": "idn-email", "maxLength": EMAIL_OCTETS_MAX });
    let name = || json!({ "type": "string", "minLength": USER_NOMBRE_CHARS_MIN, "maxLength": NOMBRE_CHARS_MAX });
    let typed = || json!({ "type": "string", "format": "password", "minLength": 1, "maxLength": PASSWORD_CHARS_MAX });
    let password = || {
        let (min, max) = (PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX);
        json!({ "type": "string", "format": "password", "minLength": min, "maxLength": max })
    };
    let role = || json!({ "enum": UserRole::ALL.map(UserRole::name) });
    let line = |max: u32| json!({ "type": ["string", "null"], "maxLength": max });
    let area = || line(AREA_CHARS_MAX);
    let phone = || line(TELEFONO_CHARS_MAX);
    let id = || json!({ "type": "string", "format": "uuid" });
    let or_null = || nullable("string", "");

    let scopes = || {
        let names = TokenScope::ALL.map(TokenScope::name);
        json!({ "type": "array", "items": { "enum": names }, "minItems": 1 })
    };
    let mut new_token = object(vec![
        ("nombre", json!({ "type": "string", "minLength": 1, "maxLength": TOKEN_NOMBRE_CHARS_MAX })),
        ("alcances", scopes()),
    ]);
    new_token["properties"]["expira_en"] = json!({
        "type": ["string", "null"], "format": "date-time",
        "description": format!("Still to come, and {TOKEN_EXPIRY_DAYS_MAX} days off at most; null: for good."),
    });
    let token = vec![
        ("id", id()),
        ("nombre", text()),
        ("prefijo", json!({ "type": "string", "description": "The start of the token, by which it is recognised." })),
        ("alcances", scopes()),
        ("creado_en", instant()),
        ("creado_por", nullable("string", "The administrator's name; null: the command line.")),
        ("expira_en", instant_or_null()),
        ("revocado_en", instant_or_null()),
        (
            "ultimo_uso_en",
            json!({
                "type": ["string", "null"], "format": "date-time", "description": "Noted once a minute at most."
            }),
        ),
        ("is_active", json!({ "type": "boolean" })),
    ];
    let mut token_created = vec![("message", text()), ("token", json!({ "type": "string", "format": "password" }))];
    token_created.extend(token.clone());
    let mut new = object(vec![("email", email()), ("nombre", name()), ("password", password()), ("rol", role())]);
    new["properties"]["area"] = area();
    new["properties"]["telefono"] = phone();
    let mut change = new.clone();
    for (name, schema) in [("email", email()), ("nombre", name()), ("password", password()), ("rol", role())] {
        change["properties"][name] = or_nothing(&schema);
    }
    change["properties"]["is_active"] = json!({ "type": ["boolean", "null"] });
    change["required"] = json!([]);
    let user = vec![("id", id()), ("email", text()), ("nombre", text()), ("rol", role()), ("area", or_null())];
    let mut account = user.clone();
    account.extend([("telefono", or_null()), ("is_active", json!({ "type": "boolean" }))]);
    json!({
        "Login": object(vec![("email", email()), ("password", typed())]),
        "Sesion": object(vec![
            ("access_token", text()),
            ("token_type", json!({ "const": "bearer" })),
            ("user", object(user)),
        ]),
        "CambioPassword": object(vec![("actual", typed()), ("nueva", password())]),
        "Usuario": object(account),
        "Usuarios": { "type": "array", "items": reference("Usuario") },
        "UsuarioNuevo": new,
        "UsuarioCambio": change,
        "UsuarioCreado": object(vec![("message", text()), ("id", id())]),
        "TokenNuevo": new_token,
        "TokenCreado": object(token_created),
        "Token": object(token),
        "Tokens": { "type": "array", "items": reference("Token") },
        "Mensaje": object(vec![("message", text())]),
    })
}

/// What stays as it is where it is null, or an empty text.
fn or_nothing(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "enum": ["", null] }] })
}
