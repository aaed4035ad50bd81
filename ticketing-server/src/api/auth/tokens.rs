use hyper::StatusCode;
use serde::Serialize;
use ticketing_core::{Seconds, Timestamp, Token, TokenScope, ticket::ActorId, token::NewToken};

use crate::{
    AccountError, Authority, Engine,
    http::{ApiError, Call, Response, json, no_store},
    store::Store,
};

/// `GET /api/auth/tokens`: every token, those first that are valid, by name.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.admin().await?;
    let engine = call.engine();
    let tokens = engine.tokens().await?;
    json(&tokens.iter().map(|token| AccessToken::new(engine, token)).collect::<Vec<_>>())
}

/// `POST /api/auth/tokens`: a token more. Its secret is in this answer and in no other.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    let body = call.json_body().await?;
    let engine = call.engine();
    let new = NewToken::from_json(&body, engine.now())?;

    let (token, secret) = engine.create_token(new, &Authority::Admin(admin.clone())).await?;
    tracing::info!(token.id = %token.id.0, actor.id = %admin.id.0, "a token was created");
    let shown = AccessToken::new(engine, &token);
    let mut response = no_store(json(&Created { message: "Token creado", token: secret.reveal(), shown })?);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// `DELETE /api/auth/tokens/{id}`: the token says nothing any more. Its name stays, which history tells.
pub(crate) async fn revoke<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    // What is no id is no token's.
    let id = call.id().map(ActorId).ok_or(AccountError::TokenNotFound)?;

    call.engine().revoke_token(id, &Authority::Admin(admin.clone())).await?;
    tracing::info!(token.id = %id.0, actor.id = %admin.id.0, "a token was revoked");
    json(&Revoked { message: "Token revocado" })
}

/// A token as lists show it.
#[derive(Serialize)]
pub(crate) struct AccessToken<'a> {
    id: String,
    pub(crate) nombre: &'a str,
    /// The start of its secret.
    pub(crate) prefijo: &'a str,
    pub(crate) alcances: Vec<&'static str>,
    pub(crate) creado_en: Seconds,
    /// The administrator's name; null where it was created on the command line.
    creado_por: Option<String>,
    pub(crate) expira_en: Option<Seconds>,
    pub(crate) revocado_en: Option<Seconds>,
    pub(crate) ultimo_uso_en: Option<Seconds>,
    pub(crate) is_active: bool,
}

impl<'a> AccessToken<'a> {
    pub(crate) fn new<S: Store>(engine: &Engine<S>, token: &'a Token) -> Self {
        Self {
            id: token.id.0.to_string(),
            nombre: &token.name,
            prefijo: &token.prefix,
            alcances: token.scopes.iter().map(TokenScope::name).collect(),
            creado_en: token.created_at.seconds(),
            creado_por: token.created_by.and_then(|id| engine.user_name(id)),
            expira_en: token.expires_at.map(Timestamp::seconds),
            revocado_en: token.revoked_at.map(Timestamp::seconds),
            ultimo_uso_en: token.last_used_at.map(Timestamp::seconds),
            is_active: token.is_valid(engine.now()),
        }
    }
}

#[derive(Serialize)]
struct Created<'a> {
    message: &'static str,
    token: &'a str,
    #[serde(flatten)]
    shown: AccessToken<'a>,
}

#[derive(Serialize)]
struct Revoked {
    message: &'static str,
}
