use serde::Serialize;
use ticketing_core::user::PasswordChange;

use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `POST /api/auth/password`: one's own password. Every session ends with it, this one too. Source: the Mesa de Ayuda contract.
pub(crate) async fn change<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let user = call.logged_in().await?;
    let change = PasswordChange::from_json(&call.json_body().await?)?;

    call.engine().change_own_password(&user, change).await?;
    json(&Answer { message: "Contraseña actualizada" })
}

#[derive(Serialize)]
struct Answer {
    message: &'static str,
}
