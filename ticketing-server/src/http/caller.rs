use std::sync::{Arc, OnceLock};

use hyper::header::{HeaderMap, HeaderName};
use ticketing_core::{Actor, Refusal, Token, TokenScope, User, token::TokenSecret};

use super::{
    ApiError, State,
    call::{Asked, Call, bearer_token},
    rate_limit::Left,
};
use crate::{Engine, store::Store};

const API_TOKEN: HeaderName = HeaderName::from_static("x-api-token");

/// Who calls the integration API.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Somebody at the desk, with their own rights.
    Staff(Arc<User>),
    /// Another system, with the desk's.
    Token(Arc<Token>),
}

/// What a caller has left of their rate limit, once they were counted. A request is counted once, however often it is asked
/// whose it is.
pub(super) type Counted = Arc<OnceLock<Left>>;

impl Caller {
    /// Who gives the commands of this request.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Staff(user) => user.actor(),
            Self::Token(token) => token.actor(),
        }
    }

    async fn of<S: Store>(engine: &Engine<S>, shown: &str) -> Result<Self, ApiError> {
        if shown.starts_with(TokenSecret::MARK) {
            return Ok(Self::Token(engine.authenticate_api_token(shown).await?));
        }
        Ok(Self::Staff(engine.authenticate(shown).await?))
    }

    /// Counts the request against its token's limit.
    fn count<S: Store>(&self, state: &State<S>, counted: &Counted) -> Result<(), ApiError> {
        let (Self::Token(token), Some(limiters), None) = (self, &state.limiters, counted.get()) else { return Ok(()) };
        let (left, within_limits) = limiters.check_token(token.id);
        within_limits?;
        // Nobody else counts this request.
        let _ = counted.set(left);
        Ok(())
    }

    fn check(&self, scope: TokenScope) -> Result<(), ApiError> {
        match self {
            Self::Staff(user) if !user.role.has_scope(scope) => Err(Refusal::Forbidden.into()),
            Self::Token(token) if !token.may(scope) => Err(ApiError::ScopeMissing { scope }),
            Self::Staff(_) | Self::Token(_) => Ok(()),
        }
    }
}

impl<S: Store> Call<S> {
    /// Who calls the integration API, where they may do what a scope stands for. Where the body is read after that, it must still
    /// be so then.
    pub(crate) fn integration(
        &self,
        scope: TokenScope,
    ) -> impl Future<Output = Result<Caller, ApiError>> + Send + use<S> {
        self.asked.set(Asked::Integration(scope));
        let (state, counted) = (Arc::clone(&self.state), Arc::clone(&self.counted));
        let shown = shown(&self.headers).map(|shown| shown.map(str::to_owned));
        async move {
            let caller = Caller::of(&state.engine, &shown?.ok_or(ApiError::LoginRequired)?).await?;
            caller.count(&state, &counted)?;
            caller.check(scope)?;
            Ok(caller)
        }
    }
}

/// What a caller shows of themselves, in `X-API-TOKEN` or in `Authorization`. Source: the integration contract. Whoever shows two
/// different things is nobody.
fn shown(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let bearer = bearer_token(headers)?;
    let mut values = headers.get_all(API_TOKEN).iter();
    let token = match (values.next(), values.next()) {
        (None, _) => return Ok(bearer),
        (Some(value), None) => value.to_str().map_err(|_| ApiError::InvalidToken)?.trim(),
        (Some(_), Some(_)) => return Err(ApiError::InvalidToken),
    };
    if bearer.is_none_or(|bearer| bearer == token) { Ok(Some(token)) } else { Err(ApiError::InvalidToken) }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use bytes::Bytes;
    use http_body_util::{BodyExt, channel::Channel};
    use hyper::Request;
    use tempfile::TempDir;
    use ticketing_core::token::NewToken;

    use super::*;
    use crate::{
        Authority,
        http::{BoxError, HttpOptions, body::RequestBody},
        store::sqlite::SqliteStore,
    };

    struct Service {
        state: Arc<State<SqliteStore>>,
        token: Token,
        secret: TokenSecret,
        _directory: TempDir,
    }

    impl Service {
        async fn start() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
            let engine = Engine::start(store).await.unwrap();
            let form = br#"{"nombre": "crm", "alcances": ["tickets:write"]}"#;
            let new = NewToken::from_json(form, engine.now()).unwrap();
            let (token, secret) = engine.create_token(new, &Authority::Operator).await.unwrap();
            let state = Arc::new(State::new(engine, HttpOptions::default()));
            Self { state, token, secret, _directory: directory }
        }

        fn call(&self, body: RequestBody, counted: &Counted) -> Call<SqliteStore> {
            let request = Request::post("/v2/tickets")
                .header("Content-Type", "application/json")
                .header("X-API-TOKEN", self.secret.reveal());
            let (parts, ()) = request.body(()).unwrap().into_parts();
            Call::new(Arc::clone(&self.state), None, parts, vec![], body, Arc::clone(counted))
        }
    }

    fn body() -> (http_body_util::channel::Sender<Bytes, BoxError>, RequestBody) {
        let (sender, body) = Channel::new(2);
        (sender, body.boxed_unsync())
    }

    #[tokio::test]
    async fn a_token_that_is_revoked_before_the_body_is_there_has_asked_for_nothing() {
        let service = Service::start().await;
        let (mut sender, body) = body();
        let mut call = service.call(body, &Counted::default());
        let caller = call.integration(TokenScope::TicketsWrite).await.unwrap();
        assert_eq!(caller.actor(), Actor::Token(service.token.id));
        sender.send_data(Bytes::from_static(b"{")).await.unwrap();
        let reading = tokio::spawn(async move { call.json_body().await });
        tokio::task::yield_now().await;
        service.state.engine.revoke_token(service.token.id, &Authority::Operator).await.unwrap();
        sender.send_data(Bytes::from_static(b"}")).await.unwrap();
        drop(sender);
        assert!(matches!(reading.await.unwrap(), Err(ApiError::InvalidToken)));
    }

    #[tokio::test]
    async fn a_request_is_counted_once_however_often_it_is_asked_whose_it_is() {
        let service = Service::start().await;
        let counted = Counted::default();
        let (sender, body) = body();
        drop(sender);
        let mut call = service.call(body, &counted);
        call.integration(TokenScope::TicketsWrite).await.unwrap();
        call.json_body().await.unwrap();
        let missing = call.integration(TokenScope::Subscriptions).await;
        assert!(matches!(missing, Err(ApiError::ScopeMissing { scope: TokenScope::Subscriptions })));
        let first = format!("{:?}", counted.get().unwrap());
        assert!(first.contains("remaining: 299"), "{first}");
        let (_, body) = self::body();
        service.call(body, &Counted::default()).integration(TokenScope::TicketsWrite).await.unwrap();
        let (left, _) = service.state.limiters.as_ref().unwrap().check_token(service.token.id);
        assert!(format!("{left:?}").contains("remaining: 297"), "{left:?}");
    }
}
