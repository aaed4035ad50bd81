//! Who has logged in.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header::AUTHORIZATION, request::Parts},
};
use chrono::Utc;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{error::ApiError, model::Login};

/// How long a session lasts, in seconds.
const LIFETIME: i64 = 7_200;

/// What sessions are signed with, and the one user who may have them.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    user: (String, String),
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// What a session says of its user.
#[derive(Debug, Deserialize, Serialize)]
pub struct Claims {
    sub: String,
    rol: String,
    exp: i64,
}

impl Sessions {
    /// Sessions of one user, which end with the process.
    pub fn new(email: String, password: String) -> Self {
        let key = [Uuid::now_v7(), Uuid::now_v7()].map(Uuid::into_bytes).concat();
        let (signing, verifying) = (EncodingKey::from_secret(&key), DecodingKey::from_secret(&key));
        Self(Arc::new(Inner { user: (email, password), signing, verifying, validation: Validation::default() }))
    }

    /// A token for the user.
    pub fn log_in(&self, login: &Login) -> Result<String, ApiError> {
        let (email, password) = &self.0.user;
        if email.is_empty() || *email != login.email || *password != login.password {
            return Err(ApiError::Unauthorized);
        }
        let claims = Claims { sub: email.clone(), rol: "ADMIN".to_owned(), exp: Utc::now().timestamp() + LIFETIME };
        encode(&Header::default(), &claims, &self.0.signing).map_err(|_| ApiError::Unauthorized)
    }
}

/// Somebody who works at the desk.
pub struct Staff;

impl<S> FromRequestParts<S> for Staff
where
    Sessions: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let sessions = Sessions::from_ref(state);
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(ApiError::Unauthorized)?;
        let claims = decode::<Claims>(token, &sessions.0.verifying, &sessions.0.validation);
        let claims = claims.map_err(|_| ApiError::Unauthorized)?.claims;
        if claims.rol == "ADMIN" { Ok(Self) } else { Err(ApiError::Unauthorized) }
    }
}
