//! Logging in, and who may.

use serde_json::{Value, json};
use ticketing_core::{
    limits::{
        AREA_CHARS_MAX, EMAIL_OCTETS_MAX, NOMBRE_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, TELEFONO_CHARS_MAX,
        USER_NOMBRE_CHARS_MIN,
    },
    user::UserRole,
};

use super::{body, nullable, object, reference, responses, security, text};

pub(super) fn paths() -> Value {
    let limited = ["400", "413", "415", "422", "429", "503"];
    let of_admins = ["401", "403", "503"];
    let with_body = ["400", "401", "403", "413", "415", "422", "503"];
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
    })
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

    let mut new = object(vec![("email", email()), ("nombre", name()), ("password", password()), ("rol", role())]);
    new["properties"]["area"] = area();
    new["properties"]["telefono"] = phone();
    let mut change = new.clone();
    change["properties"]["is_active"] = json!({ "type": "boolean" });
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
        "Mensaje": object(vec![("message", text())]),
    })
}
