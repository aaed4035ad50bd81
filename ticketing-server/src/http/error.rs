//! The only place that knows the status codes of errors.

use std::time::Duration;

use hyper::{
    StatusCode,
    header::{ACCEPT_ENCODING, ALLOW, CONTENT_LANGUAGE, ETAG, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use ticketing_core::{FormError, Locale, MalformedJson, Refusal, TokenScope, Violations, violation::RenderedViolation};

use super::{
    body::BoxError,
    rate_limit::Left,
    response::{self, Response},
};
use crate::{AccountError, AuthError, EngineError, SubscriptionError, store::StoreError};

/// Why a request was not done: what its sender is told, apart from what the log is.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The body is no JSON.
    Malformed(MalformedJson),
    /// Values break rules.
    Invalid(Violations),
    /// A header has no meaning.
    InvalidHeader(&'static str),
    /// The body is not sent as what it should be.
    UnsupportedMediaType { wanted: &'static str },
    /// The body is compressed, or otherwise not sent as it is.
    EncodedBody,
    /// The body is too large.
    BodyTooLarge { octets_max: usize },
    /// The body took too long.
    BodyTimeout,
    /// The body broke off.
    BodyIncomplete,
    /// Nothing is at this path.
    NoRoute,
    /// The path does not take this method.
    MethodNotAllowed { allow: String },
    /// There is no such ticket, or not for whoever asks.
    TicketNotFound,
    /// The core says no.
    Refused(Refusal),
    /// A parameter of the query has no meaning; what would be right, in each language.
    InvalidParameter { name: &'static str, wanted: [&'static str; 3] },
    /// The ticket has been changed since the client saw it: what it is now, and what happened, as JSON.
    Changed { etag: String, since: serde_json::Value },
    /// What should be rules is none: where, and why.
    InvalidRules { why: String },
    /// Other rules are active than those that the client has seen.
    RulesChanged,
    /// The idempotency key belongs to another request.
    KeyReused,
    /// The first request with this idempotency key is not answered yet.
    KeyInFlight,
    /// Whoever asks must log in.
    LoginRequired,
    /// The token says nothing, or nothing any more.
    InvalidToken,
    /// The token may not do this: it needs this scope, too.
    ScopeMissing { scope: TokenScope },
    /// There is no such user, or the password is another one.
    InvalidCredentials,
    /// The user may not log in.
    UserDeactivated,
    /// Too many wrong passwords.
    TooManyAttempts { wait: Duration },
    /// There is no such user.
    UserNotFound,
    /// Another user has the e-mail address.
    EmailTaken,
    /// There is no such token.
    TokenNotFound,
    /// Another token that is valid has the name.
    TokenNameTaken,
    /// There are as many subscriptions as there may be.
    TooManySubscriptions,
    /// There would be no active administrator any more.
    LastAdmin,
    /// The client calls too often.
    RateLimited { left: Left, retry_after: Duration },
    /// There is more to do than can be done.
    Overloaded,
    /// Not now.
    Unavailable(BoxError),
    /// Nothing can be stored until somebody has seen to it.
    ReadOnly(BoxError),
    /// A defect.
    Internal(BoxError),
}

/// RFC 9457. `detail` is for people, `code` for programs.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RenderedViolation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cambios: Option<&'a serde_json::Value>,
}

impl ApiError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::InvalidHeader(_) | Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::Invalid(_)
            | Self::InvalidParameter { .. }
            | Self::InvalidRules { .. }
            | Self::KeyReused
            | Self::Refused(Refusal::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Changed { .. } | Self::RulesChanged => StatusCode::PRECONDITION_FAILED,
            Self::UnsupportedMediaType { .. } | Self::EncodedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::LoginRequired | Self::InvalidToken | Self::InvalidCredentials => StatusCode::UNAUTHORIZED,
            Self::NoRoute | Self::TicketNotFound | Self::UserNotFound | Self::TokenNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Refused(Refusal::Forbidden | Refusal::ForeignArea)
            | Self::UserDeactivated
            | Self::ScopeMissing { .. } => StatusCode::FORBIDDEN,
            Self::Refused(Refusal::NotAllowed { .. } | Refusal::ReopenWindowOver | Refusal::Full)
            | Self::KeyInFlight
            | Self::EmailTaken
            | Self::TokenNameTaken
            | Self::TooManySubscriptions
            | Self::LastAdmin => StatusCode::CONFLICT,
            Self::RateLimited { .. } | Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            // Not 507: clients and proxies know that a 503 is to be tried again.
            Self::Overloaded | Self::Unavailable(_) | Self::ReadOnly(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-json",
            Self::Invalid(_) => "invalid",
            Self::InvalidHeader(_) => "invalid-header",
            Self::UnsupportedMediaType { .. } | Self::EncodedBody => "unsupported-media-type",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::BodyTimeout => "body-timeout",
            Self::BodyIncomplete => "body-incomplete",
            Self::NoRoute => "not-found",
            Self::MethodNotAllowed { .. } => "method-not-allowed",
            Self::TicketNotFound => "ticket-not-found",
            Self::Refused(refusal) => refusal.code(),
            Self::InvalidParameter { .. } => "invalid-parameter",
            Self::Changed { .. } => "changed",
            Self::InvalidRules { .. } => "invalid-rules",
            Self::RulesChanged => "rules-changed",
            Self::KeyReused => "idempotency-key-reused",
            Self::KeyInFlight => "idempotency-key-in-flight",
            Self::LoginRequired => "login-required",
            Self::InvalidToken => "invalid-token",
            Self::ScopeMissing { .. } => "scope-missing",
            Self::InvalidCredentials => "invalid-credentials",
            Self::UserDeactivated => "user-deactivated",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::UserNotFound => "user-not-found",
            Self::EmailTaken => "email-taken",
            Self::TokenNotFound => "token-not-found",
            Self::TokenNameTaken => "token-name-taken",
            Self::TooManySubscriptions => "too-many-subscriptions",
            Self::LastAdmin => "last-admin",
            Self::RateLimited { .. } => "rate-limited",
            Self::Overloaded => "overloaded",
            Self::Unavailable(_) => "unavailable",
            Self::ReadOnly(_) => "read-only",
            Self::Internal(_) => "internal",
        }
    }

    /// One line for people.
    #[expect(clippy::too_many_lines, reason = "a line or three for each")]
    pub(crate) fn detail(&self, locale: Locale) -> String {
        let [es, en, pt] = match self {
            Self::Malformed(malformed) => return malformed.message(locale),
            Self::Invalid(violations) => return violations.summary(locale),
            Self::Refused(refusal) => return refusal.message(locale),
            Self::BodyTooLarge { octets_max } => {
                let kib = octets_max / 1024;
                return match locale {
                    Locale::Es => format!("El cuerpo de la solicitud pasa de {kib} KiB."),
                    Locale::En => format!("The body of the request is larger than {kib} KiB."),
                    Locale::Pt => format!("O corpo da solicitação passa de {kib} KiB."),
                };
            }
            Self::InvalidHeader(name) => {
                return match locale {
                    Locale::Es => format!("La cabecera {name} no es válida."),
                    Locale::En => format!("The header {name} is not valid."),
                    Locale::Pt => format!("O cabeçalho {name} não é válido."),
                };
            }
            Self::UnsupportedMediaType { wanted } => {
                return match locale {
                    Locale::Es => format!("Envíe el cuerpo en UTF-8, con la cabecera Content-Type: {wanted}."),
                    Locale::En => format!("Send the body in UTF-8, with the header Content-Type: {wanted}."),
                    Locale::Pt => format!("Envie o corpo em UTF-8, com o cabeçalho Content-Type: {wanted}."),
                };
            }
            Self::InvalidParameter { name, wanted } => {
                let wanted = locale.pick(*wanted);
                return match locale {
                    Locale::Es => format!("El parámetro {name} no es válido: {wanted}."),
                    Locale::En => format!("The parameter {name} is not valid: {wanted}."),
                    Locale::Pt => format!("O parâmetro {name} não é válido: {wanted}."),
                };
            }
            Self::ScopeMissing { scope } => {
                let scope = scope.name();
                return match locale {
                    Locale::Es => format!("El token no tiene el alcance {scope}."),
                    Locale::En => format!("The token does not have the scope {scope}."),
                    Locale::Pt => format!("O token não tem o escopo {scope}."),
                };
            }
            Self::Changed { .. } => [
                "Otra persona cambió este ticket mientras tanto. Revise los cambios e inténtelo de nuevo.",
                "Somebody else changed this ticket in the meantime. Look at the changes and try again.",
                "Outra pessoa alterou este ticket enquanto isso. Veja as alterações e tente novamente.",
            ],
            Self::EncodedBody => [
                "Envíe el cuerpo sin comprimir, sin la cabecera Content-Encoding.",
                "Send the body uncompressed, without the header Content-Encoding.",
                "Envie o corpo sem compressão, sem o cabeçalho Content-Encoding.",
            ],
            Self::InvalidRules { why } => {
                return match locale {
                    Locale::Es => format!("Estas reglas no son válidas: {why}"),
                    Locale::En => format!("These rules are not valid: {why}"),
                    Locale::Pt => format!("Estas regras não são válidas: {why}"),
                };
            }
            Self::RulesChanged => [
                "Otra persona activó otras reglas mientras tanto. Revíselas e inténtelo de nuevo.",
                "Somebody else made other rules active in the meantime. Look at them and try again.",
                "Outra pessoa ativou outras regras enquanto isso. Veja-as e tente novamente.",
            ],
            Self::BodyTimeout => [
                "El cuerpo de la solicitud tardó demasiado en llegar.",
                "The body of the request took too long to arrive.",
                "O corpo da solicitação demorou demais para chegar.",
            ],
            Self::BodyIncomplete => [
                "El cuerpo de la solicitud llegó incompleto.",
                "The body of the request arrived incomplete.",
                "O corpo da solicitação chegou incompleto.",
            ],
            Self::NoRoute => {
                ["No hay nada en esta dirección.", "There is nothing at this address.", "Não há nada neste endereço."]
            }
            Self::MethodNotAllowed { .. } => [
                "Esta dirección no admite ese método.",
                "This address does not take that method.",
                "Este endereço não aceita esse método.",
            ],
            Self::TicketNotFound => ["Ticket no encontrado", "Ticket not found", "Ticket não encontrado"],
            Self::KeyReused => [
                "Esta Idempotency-Key ya se usó con otra solicitud.",
                "This Idempotency-Key was already used with another request.",
                "Esta Idempotency-Key já foi usada com outra solicitação.",
            ],
            Self::KeyInFlight => [
                "La primera solicitud con esta Idempotency-Key todavía está en curso.",
                "The first request with this Idempotency-Key is still being worked on.",
                "A primeira solicitação com esta Idempotency-Key ainda está em andamento.",
            ],
            Self::LoginRequired => {
                ["Inicie sesión para continuar.", "Log in to continue.", "Inicie sessão para continuar."]
            }
            Self::InvalidToken => [
                "La sesión no es válida o ha terminado. Inicie sesión de nuevo.",
                "The session is not valid or is over. Log in again.",
                "A sessão não é válida ou terminou. Inicie sessão novamente.",
            ],
            Self::InvalidCredentials => ["Credenciales inválidas", "Invalid credentials", "Credenciais inválidas"],
            Self::UserDeactivated => ["Usuario desactivado", "User deactivated", "Usuário desativado"],
            Self::TooManyAttempts { .. } => [
                "Demasiados intentos con una contraseña incorrecta. Espere un momento e inténtelo de nuevo.",
                "Too many attempts with a wrong password. Wait a moment and try again.",
                "Muitas tentativas com uma senha incorreta. Aguarde um momento e tente novamente.",
            ],
            Self::UserNotFound => ["Usuario no encontrado", "User not found", "Usuário não encontrado"],
            Self::EmailTaken => ["Email ya existe", "The e-mail address is already taken", "O e-mail já existe"],
            Self::TokenNotFound => ["Token no encontrado", "Token not found", "Token não encontrado"],
            Self::TooManySubscriptions => [
                "Ya hay tantas suscripciones como puede haber. Elimine una que ya no haga falta.",
                "There are as many subscriptions as there may be. Delete one that is no longer needed.",
                "Já há tantas assinaturas quantas pode haver. Exclua uma que não seja mais necessária.",
            ],
            Self::TokenNameTaken => [
                "Ya hay un token vigente con ese nombre.",
                "There is a valid token of this name already.",
                "Já existe um token válido com esse nome.",
            ],
            Self::LastAdmin => [
                "Es el último administrador activo: no se puede eliminar ni desactivar, ni cambiar su rol.",
                "This is the last active administrator: it can be neither deleted, deactivated nor given another role.",
                "É o último administrador ativo: não pode ser excluído nem desativado, nem mudar de papel.",
            ],
            Self::RateLimited { .. } => [
                "Demasiadas solicitudes. Espere un momento e inténtelo de nuevo.",
                "Too many requests. Wait a moment and try again.",
                "Muitas solicitações. Aguarde um momento e tente novamente.",
            ],
            Self::Overloaded => [
                "Hay demasiado trabajo en este momento y la solicitud no se atendió. Inténtelo de nuevo en unos segundos.",
                "There is too much to do right now, and the request was not attended to. Try again in a few seconds.",
                "Há trabalho demais neste momento e a solicitação não foi atendida. Tente novamente em alguns segundos.",
            ],
            Self::Unavailable(_) => [
                "El servicio no está disponible en este momento. Inténtelo de nuevo en unos segundos.",
                "The service is not available right now. Try again in a few seconds.",
                "O serviço não está disponível no momento. Tente novamente em alguns segundos.",
            ],
            Self::ReadOnly(_) => [
                "Por ahora el servicio solo puede consultarse: no se guardó nada. Inténtelo de nuevo en unos minutos.",
                "For now the service can only be read: nothing was stored. Try again in a few minutes.",
                "Por enquanto o serviço só pode ser consultado: nada foi guardado. Tente novamente em alguns minutos.",
            ],
            Self::Internal(_) => {
                ["Ocurrió un error interno.", "An internal error occurred.", "Ocorreu um erro interno."]
            }
        };
        match locale {
            Locale::Es => es,
            Locale::En => en,
            Locale::Pt => pt,
        }
        .to_owned()
    }

    /// Seconds after which it is worth trying again.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::TooManyAttempts { wait: retry_after } => {
                Some(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0))
            }
            Self::Overloaded | Self::Unavailable(_) | Self::KeyInFlight => Some(1),
            Self::ReadOnly(_) => Some(30),
            _ => None,
        }
    }

    /// The rules that fields break.
    pub(crate) fn violations(&self, locale: Locale) -> Vec<RenderedViolation> {
        match self {
            Self::Invalid(violations) | Self::Refused(Refusal::Invalid(violations)) => violations.render(locale),
            _ => vec![],
        }
    }

    /// The answer to a program, in the caller's language.
    pub(super) fn into_response(self, locale: Locale) -> Response {
        let status = self.status();
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail(locale),
            code: self.code(),
            errors: self.violations(locale),
            allowed: match &self {
                Self::Refused(Refusal::NotAllowed { allowed, .. }) => Some(allowed.clone()),
                _ => None,
            },
            cambios: match &self {
                Self::Changed { since, .. } => Some(since),
                _ => None,
            },
        };
        // Texts and numbers always become JSON.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        self.finish(response::problem(status, body), locale)
    }

    /// The answer to a person: a page that says what [`detail`](Self::detail) and [`violations`](Self::violations) say.
    pub(crate) fn into_page(self, locale: Locale, html: String) -> Response {
        let response = response::html(self.status(), html);
        self.finish(response, locale)
    }

    /// What any answer says beside its body. What only the log should know is logged here.
    pub(super) fn finish(self, mut response: Response, locale: Locale) -> Response {
        match &self {
            Self::Internal(error) if matches!(error.downcast_ref(), Some(StoreError::Damaged(_))) => tracing::error!(
                %error, "a request failed: `ticketing-server verify` names what is damaged, `restore` puts a backup in its place"
            ),
            Self::Internal(error) => tracing::error!(%error, "a request failed"),
            // Counted, and not logged: a log of all of them would be what is next to be too much.
            Self::Unavailable(error) => tracing::warn!(%error, "a request could not be done now"),
            Self::ReadOnly(error) => tracing::error!(
                %error, "a request was refused because nothing can be stored: look at the disk and the rights on it"
            ),
            _ => {}
        }
        if let Self::RateLimited { left, .. } = &self {
            left.write(response.headers_mut());
        }
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        set(CONTENT_LANGUAGE, locale.code());
        if let Some(seconds) = self.retry_after() {
            set(RETRY_AFTER, &seconds.to_string());
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            set(WWW_AUTHENTICATE, "Bearer");
        }
        // Source: RFC 9110, section 15.5.16.
        if matches!(self, Self::EncodedBody) {
            set(ACCEPT_ENCODING, "identity");
        }
        if let Self::MethodNotAllowed { allow } = &self {
            set(ALLOW, allow);
        }
        if let Self::Changed { etag, .. } = &self {
            set(ETAG, etag);
        }
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound => Self::TicketNotFound,
            EngineError::Refused(refusal) => Self::Refused(refusal),
            // Whoever asks with a version renders what happened.
            EngineError::Changed { ref record, .. } => {
                Self::Changed { etag: etag(record.ticket.revision), since: serde_json::Value::Null }
            }
            EngineError::KeyReused => Self::KeyReused,
            EngineError::KeyInFlight => Self::KeyInFlight,
            EngineError::Contended => Self::Unavailable(error.into()),
            // What is asked for is looked at before.
            EngineError::Report(_) => Self::Internal(error.into()),
            EngineError::Store(error) => error.into(),
        }
    }
}

/// The tag of a ticket's version.
pub(crate) fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::InvalidCredentials => Self::InvalidCredentials,
            AccountError::Deactivated => Self::UserDeactivated,
            AccountError::TooEarly { wait } => Self::TooManyAttempts { wait },
            AccountError::SessionOver => Self::InvalidToken,
            AccountError::NotFound => Self::UserNotFound,
            AccountError::EmailTaken => Self::EmailTaken,
            AccountError::TokenNotFound => Self::TokenNotFound,
            AccountError::TokenNameTaken => Self::TokenNameTaken,
            AccountError::LastAdmin => Self::LastAdmin,
            AccountError::Invalid(violations) => Self::Invalid(violations),
            AccountError::Overloaded => Self::Overloaded,
            AccountError::Contended => Self::Unavailable(error.into()),
            AccountError::Broken(_) => Self::Internal(error.into()),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::InvalidToken => Self::InvalidToken,
            AuthError::Store(error) => error.into(),
        }
    }
}

impl From<SubscriptionError> for ApiError {
    fn from(error: SubscriptionError) -> Self {
        match error {
            SubscriptionError::NotFound => Self::NoRoute,
            SubscriptionError::TooMany => Self::TooManySubscriptions,
            SubscriptionError::Contended => Self::Unavailable(error.into()),
            SubscriptionError::Randomness(_) => Self::Internal(error.into()),
            SubscriptionError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            StoreError::Unavailable(_) => Self::Unavailable(error.into()),
            StoreError::Unwritable(_) => Self::ReadOnly(error.into()),
            StoreError::Damaged(_) => Self::Internal(error.into()),
        }
    }
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Malformed(malformed) => Self::Malformed(malformed),
            FormError::Invalid(violations) => Self::Invalid(violations),
        }
    }
}

impl From<MalformedJson> for ApiError {
    fn from(malformed: MalformedJson) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Violations> for ApiError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}
