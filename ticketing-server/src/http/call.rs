use std::{cell::Cell, net::IpAddr, sync::Arc};

use bytes::Bytes;
use hyper::{
    Uri,
    header::{
        ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
        IF_NONE_MATCH,
    },
    http::request::Parts,
};
use ticketing_core::{Actor, Locale, Refusal, TicketId, TokenScope, User};
use uuid::Uuid;

use super::{
    ApiError, State, body,
    body::{RequestBody, Taken},
    caller::Counted,
    rate_limit::one_client,
};
use crate::{Engine, IdempotencyKey, pages::Visit, store::Store};

/// A request on its way to its handler.
pub(crate) struct Call<S> {
    pub(super) state: Arc<State<S>>,
    pub(super) client: Option<IpAddr>,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    /// What stands in the path where the table has names in braces.
    pub(super) parameters: Vec<String>,
    pub(super) body: RequestBody,
    /// The room that its body takes once it is read.
    pub(super) taken: Taken,
    /// What its caller has left, where they are counted.
    pub(super) counted: Counted,
    /// What its handler has asked of its caller last.
    pub(super) asked: Cell<Asked>,
}

/// What may be asked of a caller.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    Nothing,
    /// To be who they say they are.
    User,
    /// To be allowed to do what a scope stands for.
    Integration(TokenScope),
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<S: Store> Call<S> {
    pub(super) fn new(
        state: Arc<State<S>>,
        client: Option<IpAddr>,
        parts: Parts,
        parameters: Vec<String>,
        body: RequestBody,
        counted: Counted,
    ) -> Self {
        let Parts { uri, headers, .. } = parts;
        Self { state, client, uri, headers, parameters, body, taken: None, counted, asked: Cell::new(Asked::Nothing) }
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine<S> {
        &self.state.engine
    }

    /// The service.
    pub(crate) fn state(&self) -> &State<S> {
        &self.state
    }

    /// The client's address, where it is known.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client
    }

    /// The same, an IPv6 network of 64 bits as one address.
    pub(crate) fn client_network(&self) -> Option<IpAddr> {
        self.client.map(one_client)
    }

    /// Who asks; `None` where they do not say. Where they do, it must be true; and where the body is read after that, it must
    /// still be true then.
    pub(crate) fn user(&self) -> impl Future<Output = Result<Option<Arc<User>>, ApiError>> + Send + use<S> {
        self.asked.set(Asked::User);
        let (engine, token) =
            (self.engine().clone(), bearer_token(&self.headers).map(|token| token.map(str::to_owned)));
        async move {
            match token? {
                Some(token) => Ok(Some(engine.authenticate(&token).await?)),
                None => Ok(None),
            }
        }
    }

    /// Who asks, whatever their role.
    pub(crate) fn logged_in(&self) -> impl Future<Output = Result<Arc<User>, ApiError>> + Send + use<S> {
        let user = self.user();
        async move { user.await?.ok_or(ApiError::LoginRequired) }
    }

    /// Who asks, where they work at the desk.
    pub(crate) fn staff(&self) -> impl Future<Output = Result<Arc<User>, ApiError>> + Send + use<S> {
        self.who(|user| user.role.is_staff())
    }

    /// Who asks, where they may see and change users.
    pub(crate) fn admin(&self) -> impl Future<Output = Result<Arc<User>, ApiError>> + Send + use<S> {
        self.who(|user| user.role.manages_users())
    }

    fn who(&self, may: fn(&User) -> bool) -> impl Future<Output = Result<Arc<User>, ApiError>> + Send + use<S> {
        let user = self.logged_in();
        async move { user.await.and_then(|user| if may(&user) { Ok(user) } else { Err(Refusal::Forbidden.into()) }) }
    }

    /// The path that was asked for.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The id that stands in the path; `None` where what stands there is none.
    pub(crate) fn id(&self) -> Option<Uuid> {
        self.parameters.first().and_then(|text| Uuid::try_parse(text).ok())
    }

    /// The id of the ticket that stands in the path.
    pub(crate) fn ticket_id(&self) -> Result<TicketId, ApiError> {
        self.id().map(TicketId).ok_or(ApiError::TicketNotFound)
    }

    /// The ticket that another system names in the path, by its UUID or its label, where there is one that they may touch.
    pub(crate) fn named_ticket(
        &self,
        actor: &Actor,
    ) -> impl Future<Output = Result<TicketId, ApiError>> + Send + use<S> {
        let (engine, actor) = (self.engine().clone(), actor.clone());
        let name = self.parameters.first().cloned().unwrap_or_default();
        async move {
            let id = engine.find_named(&name).await?;
            let area = engine.ticket(id).await?.attributes.area;
            actor.check_area(&area, &engine.rules())?;
            Ok(id)
        }
    }

    /// A number from 1 that stands in the path.
    pub(crate) fn number_in_path(&self, index: usize) -> Option<u32> {
        let text = self.parameters.get(index)?;
        text.parse().ok().filter(|number: &u32| number.to_string() == *text && i32::try_from(*number).is_ok())
    }

    /// What was asked for, from a cursor on instead of by the number of a page.
    pub(crate) fn uri_after(&self, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()) {
            if key != "page" && key != "cursor" {
                query.append_pair(&key, &value);
            }
        }
        query.append_pair("cursor", cursor);
        format!("{}?{}", self.uri.path(), query.finish())
    }

    /// What was asked for, with another value of a name in its query.
    pub(crate) fn uri_with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()) {
            if key != name {
                query.append_pair(&key, &value);
            }
        }
        query.append_pair(name, value);
        format!("{}?{}", self.uri.path(), query.finish())
    }

    /// A header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.headers.get(name)
    }

    /// The first value of a name in the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        query(&self.uri, name)
    }

    /// All values of a name in the query, in order.
    pub(crate) fn queries(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// Every header.
    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The language that the client wants texts in.
    pub(crate) fn locale(&self) -> Locale {
        locale(&self.headers)
    }

    /// How a page is asked for.
    pub(crate) fn visit(&self) -> Visit {
        Visit::of(&self.uri, locale(&self.headers))
    }

    /// The body as it was sent, which must be announced as JSON.
    pub(crate) async fn json_body(&mut self) -> Result<Bytes, ApiError> {
        self.body_of_type("application/json").await
    }

    /// The body as it was sent, which must be announced as what forms send.
    pub(crate) async fn form_body(&mut self) -> Result<Bytes, ApiError> {
        self.body_of_type("application/x-www-form-urlencoded").await
    }

    async fn body_of_type(&mut self, media_type: &'static str) -> Result<Bytes, ApiError> {
        if !is_sent_as(media_type, &self.headers) {
            return Err(ApiError::UnsupportedMediaType { wanted: media_type });
        }
        // Nothing is inflated here.
        let mut codings = self.headers.get_all(CONTENT_ENCODING).iter();
        if !codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
            return Err(ApiError::EncodedBody);
        }
        let options = &self.state.options;
        let body = std::mem::take(&mut self.body);
        let (octets_max, timeout) = (options.body_octets_max, options.body_timeout);
        let (body, taken) = body::read(&self.headers, body, octets_max, timeout, &self.state.bodies).await?;
        self.taken = taken;
        // A body may take its time, in which a session or a token may end.
        match self.asked.get() {
            Asked::Nothing => {}
            Asked::User => _ = self.user().await?,
            Asked::Integration(scope) => _ = self.integration(scope).await?,
        }
        Ok(body)
    }

    /// The client's key for repeating this request, if it sent one.
    pub(crate) fn idempotency_key(&self, body: &[u8]) -> Result<Option<IdempotencyKey>, ApiError> {
        let invalid = ApiError::InvalidHeader("Idempotency-Key");
        let mut values = self.headers.get_all(IDEMPOTENCY_KEY).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(key), None) => {
                let key = key.to_str().ok().and_then(|key| IdempotencyKey::new(key, body).ok());
                key.map(Some).ok_or(invalid)
            }
            (Some(_), Some(_)) => Err(invalid),
        }
    }

    /// The versions of the ticket that the client knows, where it says that it is to be changed in no other.
    pub(crate) fn expected_versions(&self) -> Result<Option<Vec<u32>>, ApiError> {
        let invalid = ApiError::InvalidHeader("If-Match");
        let mut values = self.headers.get_all(IF_MATCH).iter();
        let (value, None) = (values.next(), values.next()) else { return Err(invalid) };
        let Some(value) = value else { return Ok(None) };
        let tags = value.to_str().unwrap_or_default().trim();
        if tags == "*" {
            return Ok(None);
        }
        tags.split(',').map(|tag| version(tag.trim())).collect::<Option<_>>().map(Some).ok_or(invalid)
    }

    /// Whether the rules that a tag names are those that the client expects, where it says which.
    pub(crate) fn expects_rules(&self, etag: &str) -> Result<bool, ApiError> {
        let invalid = ApiError::InvalidHeader("If-Match");
        let mut values = self.headers.get_all(IF_MATCH).iter();
        let (value, None) = (values.next(), values.next()) else { return Err(invalid) };
        let Some(value) = value else { return Ok(true) };
        let tags = value.to_str().unwrap_or_default().split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        let is_hash = |tag: &str| tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).is_some_and(is_uuid);
        if !tags.clone().all(|tag| tag == "*" || is_hash(tag)) {
            return Err(invalid);
        }
        Ok(tags.into_iter().any(|tag| tag == "*" || tag == etag))
    }

    /// Counts against the limit of an e-mail address.
    pub(crate) fn limit_email(&self, email: &str) -> Result<(), ApiError> {
        self.state.limiters.as_ref().map_or(Ok(()), |limiters| limiters.check_email(email))
    }

    /// Whether the client already has what this tag names.
    pub(crate) fn has_etag(&self, etag: &str) -> bool {
        let values = self.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut tags = values.flat_map(|value| value.split(','));
        tags.any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag)
    }
}

/// The version that a tag names, letter by letter as we name it. A proxy that compresses makes a strong tag a weak one.
fn version(tag: &str) -> Option<u32> {
    let text = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    text.parse().ok().filter(|version: &u32| version.to_string() == text)
}

/// The token of an `Authorization: Bearer …`. Source: RFC 6750, section 2.1.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if headers.contains_key(AUTHORIZATION) { Err(ApiError::InvalidToken) } else { Ok(None) };
    };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(ApiError::InvalidToken)?;
    if scheme.eq_ignore_ascii_case("Bearer") { Ok(Some(token.trim())) } else { Err(ApiError::InvalidToken) }
}

/// The language that the client wants errors in.
pub(super) fn locale(headers: &HeaderMap) -> Locale {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    wanted.map(Locale::negotiate).unwrap_or_default()
}

/// The first value of a name in a query.
pub(crate) fn query(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// As hashes of rules are written.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Of this media type, and in UTF-8 where it says.
fn is_sent_as(media_type: &str, headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_of_type = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(media_type));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            matches!(value.trim().trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii")
        }
        _ => true,
    });
    is_of_type && is_utf8
}
