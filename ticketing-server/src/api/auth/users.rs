use serde::Serialize;
use ticketing_core::{
    EmailAddress, User,
    ticket::ActorId,
    user::{NewUser, UserPatch},
};

use crate::{
    AccountError, Authority,
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `GET /api/auth/users`: everybody who may log in or once might, by name. Source: the Mesa de Ayuda contract, as for all here.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.admin().await?;
    let users = call.engine().users();
    json(&users.iter().map(|user| Account::from(&**user)).collect::<Vec<_>>())
}

/// `POST /api/auth/users`: a user more.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    let new = NewUser::from_json(&call.json_body().await?)?;

    let user = call.engine().create_user(new, &Authority::Admin(admin.clone())).await?;
    tracing::info!(user.id = %user.id.0, actor.id = %admin.id.0, "a user was created");
    json(&Created { message: "Usuario creado", id: user.id.0.to_string() })
}

/// `PATCH /api/auth/users/{id}`: what the body has of them is changed, and nothing else.
pub(crate) async fn change<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    let id = user_id(&call)?;
    let patch = UserPatch::from_json(&call.json_body().await?)?;

    call.engine().change_user(id, patch, &Authority::Admin(admin.clone())).await?;
    tracing::info!(user.id = %id.0, actor.id = %admin.id.0, "a user was changed");
    json(&Done { message: "Usuario actualizado" })
}

/// `DELETE /api/auth/users/{id}`: nothing is left but the name and the role, which history tells.
pub(crate) async fn delete<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    let id = user_id(&call)?;

    call.engine().delete_user(id, &Authority::Admin(admin.clone())).await?;
    tracing::info!(user.id = %id.0, actor.id = %admin.id.0, "a user was deleted");
    json(&Done { message: "Usuario eliminado" })
}

/// What is no id is nobody's.
fn user_id<S: Store>(call: &Call<S>) -> Result<ActorId, ApiError> {
    Ok(call.id().map(ActorId).ok_or(AccountError::NotFound)?)
}

/// A user as lists show them.
#[derive(Serialize)]
pub(crate) struct Account<'a> {
    #[serde(flatten)]
    pub(crate) who: Who<'a>,
    pub(crate) telefono: Option<&'a str>,
    pub(crate) is_active: bool,
}

impl<'a> From<&'a User> for Account<'a> {
    fn from(user: &'a User) -> Self {
        Self { who: user.into(), telefono: user.phone.as_deref(), is_active: user.is_active }
    }
}

/// Who somebody is, as a login tells them too.
#[derive(Serialize)]
pub(crate) struct Who<'a> {
    id: String,
    pub(crate) email: Option<&'a str>,
    pub(crate) nombre: &'a str,
    pub(crate) rol: &'static str,
    pub(crate) area: Option<&'a str>,
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

#[derive(Serialize)]
struct Created {
    message: &'static str,
    id: String,
}

#[derive(Serialize)]
struct Done {
    message: &'static str,
}
