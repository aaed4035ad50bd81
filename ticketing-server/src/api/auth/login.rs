use serde::Serialize;
use ticketing_core::{EmailAddress, User, user::Login};

use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `POST /api/auth/login`: a token for an e-mail address and a password. Source: the Mesa de Ayuda contract.
pub(crate) async fn login<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let login = Login::from_json(&call.json_body().await?)?;

    let logged_in = call.engine().log_in(login, call.client_network()).await?;
    json(&Answer { access_token: &logged_in.token, token_type: "bearer", user: Who::from(&logged_in.user) })
}

#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    user: Who<'a>,
}

#[derive(Serialize)]
struct Who<'a> {
    id: String,
    email: Option<&'a str>,
    nombre: &'a str,
    rol: &'static str,
    area: Option<&'a str>,
}

impl<'a> From<&'a User> for Who<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id.0.to_string(),
            email: user.email.as_ref().map(EmailAddress::as_str),
            nombre: &user.name,
            rol: user.role.name(),
            area: user.area.as_deref(),
        }
    }
}
