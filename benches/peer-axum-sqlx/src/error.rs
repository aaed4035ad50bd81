//! What can go wrong, and how the caller reads it.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An answer that is not the one asked for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is not the JSON that the endpoint reads.
    #[error(transparent)]
    Body(#[from] JsonRejection),
    /// Fields that broke a rule.
    #[error(transparent)]
    Invalid(#[from] garde::Report),
    /// No ticket has that label and e-mail address.
    #[error("Ticket no encontrado")]
    NotFound,
    /// Nobody is logged in.
    #[error("Credenciales inválidas")]
    Unauthorized,
    /// The database failed; the caller does not learn how.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Body(rejection) => (rejection.status(), json!({ "detail": rejection.body_text() })),
            Self::Invalid(report) => {
                let errors: Vec<_> = report
                    .iter()
                    .map(|(path, error)| json!({ "field": path.to_string(), "message": error.message() }))
                    .collect();
                (StatusCode::UNPROCESSABLE_ENTITY, json!({ "detail": "Datos inválidos", "errors": errors }))
            }
            Self::NotFound => (StatusCode::NOT_FOUND, json!({ "detail": self.to_string() })),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, json!({ "detail": self.to_string() })),
            Self::Database(error) => {
                tracing::error!(%error, "database error");
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "detail": "Error interno" }))
            }
        };
        (status, Json(body)).into_response()
    }
}
