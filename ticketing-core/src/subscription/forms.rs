//! What the endpoints of subscriptions take.

use super::{Criteria, Happening, HeaderError, Standing, Webhook, WebhookUrl};
use crate::{
    form::{Form, FormError},
    limits::WEBHOOK_URL_CHARS_MAX,
    members::{self, Value},
    text::TextRule,
    violation::{JsonType, Problem},
};

const URL: TextRule = TextRule::line(1, WEBHOOK_URL_CHARS_MAX);

/// What happens here. Source: the v2 contract.
const EVENT_TYPE: &str = "TICKET";

/// The members, and then those of objects among them, by which violations name them.
const FIELDS: [&str; 7] =
    ["eventType", "webhook", "status", "criteria", "webhook.url", "webhook.headers", "criteria.action"];

/// A subscription to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSubscription {
    pub(super) webhook: Webhook,
    pub(super) criteria: Criteria,
    pub(super) is_active: bool,
}

impl NewSubscription {
    /// Reads `{"eventType": "TICKET", "webhook": {"url": …, "headers": {…}}, "status": …, "criteria": {"action": …}}`; all but
    /// the first two members, and the headers, may be absent.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, FIELDS)?;
        form.take(|value| event_type(value)?.ok_or(Problem::Required));
        let webhook = take_webhook(&mut form, json);
        if webhook == Given::Absent {
            form.refuse("webhook", Problem::Required);
        }
        let is_active = form.take(status).unwrap_or(true);
        let criteria = take_criteria(&mut form, json);
        let webhook = match webhook {
            Given::Is(webhook) => Some(webhook),
            Given::Absent | Given::Refused => None,
        };
        form.finish_with(webhook.map(|webhook| Self { webhook, criteria, is_active }))
    }
}

/// What is to be changed of a subscription. What is absent or null stays; a webhook is replaced as a whole, so that no header goes
/// to an address that it was not meant for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubscriptionPatch {
    pub(super) webhook: Option<Webhook>,
    pub(super) is_active: Option<bool>,
}

impl SubscriptionPatch {
    /// Reads any of `webhook` and `status`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, FIELDS)?;
        form.take(|_| Ok(()));
        let webhook = match take_webhook(&mut form, json) {
            Given::Is(webhook) => Some(webhook),
            Given::Absent | Given::Refused => None,
        };
        let is_active = form.take(status);
        form.finish()?;
        Ok(Self { webhook, is_active })
    }

    /// Whether it says that something is told what happens, or is not.
    pub fn sets_health(&self) -> bool {
        self.is_active.is_some()
    }

    /// A patch that only says whether it is told what happens.
    pub fn activity_only(is_active: bool) -> Self {
        Self { is_active: Some(is_active), ..Self::default() }
    }
}

#[derive(PartialEq)]
enum Given<T> {
    Absent,
    Refused,
    Is(T),
}

fn event_type(value: &Value<'_>) -> Result<Option<()>, Problem> {
    let Some(name) = value.trimmed()? else { return Ok(None) };
    if name == EVENT_TYPE { Ok(Some(())) } else { Err(unknown([EVENT_TYPE])) }
}

/// As it may be set.
fn status(value: &Value<'_>) -> Result<Option<bool>, Problem> {
    let settable = [Standing::Active, Standing::Inactive];
    let Some(name) = value.trimmed()? else { return Ok(None) };
    let known = Standing::from_name(name).filter(|standing| settable.contains(standing));
    known.map(|standing| Some(standing == Standing::Active)).ok_or_else(|| unknown(settable.map(Standing::name)))
}

fn unknown<const N: usize>(allowed: [&str; N]) -> Problem {
    Problem::UnknownValue { allowed: allowed.map(str::to_owned).into() }
}

/// The next field, an object, as JSON.
fn take_object<'j>(form: &mut Form<'_, 7>, json: &'j [u8], name: &str) -> Option<&'j str> {
    form.take(|value| match value {
        Value::Absent => Ok(None),
        Value::Repeated => Err(Problem::Repeated),
        Value::Text(_) | Value::Flag(_) | Value::LoneSurrogate | Value::Other => {
            let entries = core::str::from_utf8(json).ok().and_then(members::entries).unwrap_or_default();
            let found = entries.into_iter().find(|(member, _)| member == name).map(|(_, raw)| raw.get());
            let object = found.filter(|raw| raw.starts_with('{'));
            object.map(Some).ok_or(Problem::WrongType { expected: JsonType::Object })
        }
    })
}

fn take_webhook(form: &mut Form<'_, 7>, json: &[u8]) -> Given<Webhook> {
    let Some(object) = take_object(form, json, "webhook") else {
        return if form.refuses("webhook") { Given::Refused } else { Given::Absent };
    };
    let [url, headers] = members::read(object.as_bytes(), &["url", "headers"]).ok().flatten().unwrap_or_default();
    let headers = match &headers {
        Value::Absent => Ok(vec![]),
        Value::Repeated => Err(Problem::Repeated),
        _ => read_headers(object),
    };
    let url =
        url.required_text(URL).and_then(|url| WebhookUrl::parse(url).map_err(|reason| Problem::InvalidUrl { reason }));
    let url = url.map_err(|problem| form.refuse("webhook.url", problem));
    let headers = headers.map_err(|problem| form.refuse("webhook.headers", problem));
    match (url, headers) {
        (Ok(url), Ok(headers)) => match Webhook::new(url, headers) {
            Ok(webhook) => return Given::Is(webhook),
            Err(reason) => form.refuse("webhook.headers", Problem::InvalidHeaders { reason }),
        },
        // Also where the address is wrong.
        (Err(()), Ok(headers)) => {
            if let Err(reason) = super::webhook::check_headers(headers) {
                form.refuse("webhook.headers", Problem::InvalidHeaders { reason });
            }
        }
        (_, Err(())) => {}
    }
    Given::Refused
}

/// An object of names and texts.
fn read_headers(webhook: &str) -> Result<Vec<(String, String)>, Problem> {
    let wrong_type = || Problem::WrongType { expected: JsonType::Object };
    let members = members::entries(webhook).unwrap_or_default();
    let (_, headers) = members.into_iter().find(|(name, _)| name == "headers").ok_or_else(wrong_type)?;
    let headers = members::entries(headers.get()).ok_or_else(wrong_type)?;
    let text = |raw| match members::value(raw) {
        Value::Text(text) => Ok(text.into_owned()),
        _ => Err(Problem::InvalidHeaders { reason: HeaderError::Value }),
    };
    headers.into_iter().map(|(name, raw)| Ok((name, text(raw)?))).collect()
}

fn take_criteria(form: &mut Form<'_, 7>, json: &[u8]) -> Criteria {
    let Some(object) = take_object(form, json, "criteria") else { return Criteria::default() };
    let [action] = members::read(object.as_bytes(), &["action"]).ok().flatten().unwrap_or_default();
    let known = |name| Happening::from_name(name).ok_or_else(|| unknown(Happening::ALL.map(Happening::name)));
    match action.trimmed().and_then(|name| name.map(known).transpose()) {
        Ok(action) => Criteria { action },
        Err(problem) => {
            form.refuse("criteria.action", problem);
            Criteria::default()
        }
    }
}
