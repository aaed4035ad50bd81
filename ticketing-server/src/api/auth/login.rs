use serde::Serialize;
use ticketing_core::user::Login;

use super::users::Who;
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
