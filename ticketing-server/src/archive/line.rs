//! What stands in an archive, line by line, and how it becomes what the store has.

use std::{fmt, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use ticketing_core::{
    EmailAddress, Event, Rules, RulesDocument, RulesHash, Ticket, TicketId, TicketLabel, Timestamp, Token, User, Uuid,
    integration::ReferenceKind,
    subscription::{Criteria, Happening, Health, Standing, Subscription, SubscriptionId, Webhook, WebhookUrl},
    ticket::{ActorId, Intake, NewEvent, Requester},
    token::Scopes,
    user::UserRole,
};

use crate::store::{
    AddressHash, Failure, FailureKind, Forgotten, Idempotency, KeyId, KeySecret, PasswordHash, Repeatable, Secret,
    Secrets, SigningKey, StoredReference, SubscriptionRecord, TicketRecord, TokenHash, TokenRecord, UserRecord,
};

/// A line of an archive.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    /// What follows, and in which format.
    Archive(Header),
    /// A version of the rules.
    Rules(Box<RulesLine>),
    /// A user.
    User(Box<UserLine>),
    /// A key that signs.
    Key(KeyLine),
    /// A token of another system.
    Token(Box<TokenLine>),
    /// What has an id and a name.
    Reference(ReferenceLine),
    /// Somebody who was erased.
    Forgotten(ForgottenLine),
    /// A ticket and all that has happened to it.
    Ticket(Box<TicketLine>),
    /// A request that may be repeated.
    Repeatable(Box<RepeatableLine>),
    /// Another system that is told what happens.
    Subscription(Box<SubscriptionLine>),
    /// What somebody has not been told so far.
    Recipient(RecipientLine),
    /// Nothing is missing.
    End(End),
}

/// Why a line is none of an archive.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is no JSON, or has another shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It has a value that there is not.
    #[error("{member}: {problem}")]
    Value {
        /// Where.
        member: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl LineError {
    fn value(member: &'static str, problem: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Value { member, problem: problem.to_string() }
    }
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// [`LineError::Json`].
    pub fn parse(text: &[u8]) -> Result<Self, LineError> {
        Ok(serde_json::from_slice(text)?)
    }

    /// Writes it, with the end of the line.
    ///
    /// # Errors
    /// [`LineError::Json`]; there are no such lines.
    pub fn write(&self) -> Result<Vec<u8>, LineError> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// The first line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// In which format the lines are.
    pub format: u32,
    /// When they were begun.
    pub at: Timestamp,
    /// How many tickets there were then.
    pub tickets: u64,
}

/// The last line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// How many tickets there are.
    pub tickets: u64,
    /// How many events they have.
    pub events: u64,
    /// The SHA-256 of all tickets, in hexadecimal digits; see [`Digest`](super::Digest).
    pub sha256: String,
}

/// A version of the rules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RulesLine {
    active_from: Timestamp,
    hash: RulesHash,
    rules: RulesDocument,
}

impl RulesLine {
    pub(super) fn new(rules: &Rules, active_from: Timestamp) -> Self {
        Self { active_from, hash: rules.hash(), rules: rules.document().clone() }
    }

    pub(super) fn read(self) -> Result<(Rules, Timestamp), LineError> {
        let rules = Rules::new(self.rules).map_err(|error| LineError::value("rules", &error))?;
        if rules.hash() != self.hash {
            return Err(LineError::value("hash", "these rules have another one"));
        }
        Ok((rules, self.active_from))
    }
}

/// A user.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserLine {
    id: Uuid,
    version: u32,
    email: Option<EmailAddress>,
    name: String,
    role: String,
    area: Option<String>,
    phone: Option<String>,
    is_active: bool,
    tokens_valid_from: Timestamp,
    password: Option<String>,
}

impl UserLine {
    pub(super) fn new(UserRecord { user, password }: UserRecord) -> Self {
        Self {
            id: user.id.0,
            version: user.version,
            email: user.email,
            name: user.name,
            role: user.role.name().to_owned(),
            area: user.area,
            phone: user.phone,
            is_active: user.is_active,
            tokens_valid_from: user.tokens_valid_from,
            password: password.map(|hash| hash.0),
        }
    }

    pub(super) fn read(self) -> Result<UserRecord, LineError> {
        if self.email.is_some() != self.password.is_some() {
            return Err(LineError::value("password", "a user has an address and a password, or is deleted"));
        }
        let role = UserRole::from_name(&self.role).ok_or_else(|| LineError::value("role", "there is no such role"))?;
        let user = User {
            id: ActorId(self.id),
            version: self.version,
            email: self.email,
            name: self.name,
            role,
            area: self.area,
            phone: self.phone,
            is_active: self.is_active,
            tokens_valid_from: self.tokens_valid_from,
        };
        Ok(UserRecord { user, password: self.password.map(PasswordHash) })
    }
}

/// A key that signs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyLine {
    id: Uuid,
    secret: String,
    created_at: Timestamp,
    tokens_until: Timestamp,
}

impl KeyLine {
    pub(super) fn new(SigningKey { id, secret, created_at, tokens_until }: &SigningKey) -> Self {
        Self { id: id.0, secret: STANDARD.encode(secret.0), created_at: *created_at, tokens_until: *tokens_until }
    }

    pub(super) fn read(&self) -> Result<SigningKey, LineError> {
        Ok(SigningKey {
            id: KeyId(self.id),
            secret: KeySecret(octets("secret", &self.secret)?),
            created_at: self.created_at,
            tokens_until: self.tokens_until,
        })
    }
}

/// A token of another system.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenLine {
    id: Uuid,
    name: String,
    prefix: String,
    sha256: String,
    scopes: String,
    created_at: Timestamp,
    created_by: Option<Uuid>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl TokenLine {
    pub(super) fn new(TokenRecord { token, hash }: TokenRecord) -> Self {
        Self {
            id: token.id.0,
            name: token.name,
            prefix: token.prefix,
            sha256: STANDARD.encode(hash.0),
            scopes: token.scopes.to_string(),
            created_at: token.created_at,
            created_by: token.created_by.map(|user| user.0),
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            last_used_at: token.last_used_at,
        }
    }

    pub(super) fn read(self) -> Result<TokenRecord, LineError> {
        let scopes = Scopes::from_names(&self.scopes);
        let token = Token {
            id: ActorId(self.id),
            name: self.name,
            prefix: self.prefix,
            scopes: scopes.ok_or_else(|| LineError::value("scopes", "there is no such scope"))?,
            created_at: self.created_at,
            created_by: self.created_by.map(ActorId),
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            last_used_at: self.last_used_at,
        };
        Ok(TokenRecord { token, hash: TokenHash(octets("sha256", &self.sha256)?) })
    }
}

/// What has an id and a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceLine {
    kind: String,
    id: u32,
    name: String,
    is_offered: bool,
}

impl ReferenceLine {
    pub(super) fn new(StoredReference { kind, id, name, is_offered }: StoredReference) -> Self {
        Self { kind: kind.name().to_owned(), id, name, is_offered }
    }

    pub(super) fn read(self) -> Result<StoredReference, LineError> {
        let Self { kind, id, name, is_offered } = self;
        if id == 0 || i32::try_from(id).is_err() {
            return Err(LineError::value("id", "ids are numbers from 1 to 2147483647"));
        }
        let kind = ReferenceKind::from_name(&kind).ok_or_else(|| LineError::value("kind", "there is no such kind"))?;
        Ok(StoredReference { kind, id, name, is_offered })
    }
}

/// Somebody who was erased: their address is not here, only what tells it from others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenLine {
    key: String,
    hash: String,
    at: Timestamp,
}

impl ForgottenLine {
    pub(super) fn new(Forgotten { key, hash, at }: &Forgotten) -> Self {
        Self { key: STANDARD.encode(key), hash: STANDARD.encode(hash.0), at: *at }
    }

    pub(super) fn read(&self) -> Result<Forgotten, LineError> {
        Ok(Forgotten { key: octets("key", &self.key)?, hash: AddressHash(octets("hash", &self.hash)?), at: self.at })
    }
}

/// A ticket and all that has happened to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketLine {
    id: TicketId,
    label: String,
    intake: IntakeLine,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    events: Vec<EventLine>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventLine {
    event: Event,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntakeLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requester: Option<RequesterLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    description_is_internal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clients: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cc: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    described_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_by: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequesterLine {
    name: String,
    email: EmailAddress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    has_whatsapp: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    company: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl TicketLine {
    pub(super) fn new(record: TicketRecord) -> Self {
        let TicketRecord { ticket, label, intake, address, history } = record;
        let Intake {
            requester,
            subject,
            description,
            description_is_internal,
            clients,
            cc,
            created_by,
            described_by,
            due_by,
        } = intake;
        let requester = requester.map(|Requester { name, email, phone, has_whatsapp, document, company }| {
            RequesterLine { name, email, phone, has_whatsapp, document, company }
        });
        let intake = IntakeLine {
            requester,
            subject,
            description,
            description_is_internal,
            clients,
            cc,
            created_by,
            described_by,
            due_by,
        };
        let events = history.into_iter();
        let events = events.map(|NewEvent { event, text, on_behalf }| EventLine { event, text, on_behalf }).collect();
        Self { id: ticket.id, label: label.to_string(), intake, address, events }
    }

    /// The ticket that its history comes to.
    pub(super) fn read(self) -> Result<TicketRecord, LineError> {
        let Self { id, label, intake, address, events } = self;
        let label: TicketLabel = label.parse().map_err(|error| LineError::value("label", &error))?;
        let history: Vec<_> = events
            .into_iter()
            .map(|EventLine { event, text, on_behalf }| NewEvent { event, text, on_behalf })
            .collect();
        let ticket = Ticket::replay(id, history.iter().map(|new| &new.event));
        let ticket = ticket.map_err(|error| LineError::value("events", &error))?;
        let requester =
            intake.requester.map(|RequesterLine { name, email, phone, has_whatsapp, document, company }| Requester {
                name,
                email,
                phone,
                has_whatsapp,
                document,
                company,
            });
        let intake = Intake {
            requester,
            subject: intake.subject,
            description: intake.description,
            description_is_internal: intake.description_is_internal,
            clients: intake.clients,
            cc: intake.cc,
            created_by: intake.created_by,
            described_by: intake.described_by,
            due_by: intake.due_by,
        };
        Ok(TicketRecord { ticket, label, intake, address, history })
    }
}

/// A request that may be repeated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepeatableLine {
    owner: Option<Uuid>,
    key: String,
    fingerprint: String,
    used_at: Timestamp,
    year: u16,
    number: u32,
    version: u32,
}

impl RepeatableLine {
    pub(super) fn new(Repeatable { idempotency, label, version }: Repeatable) -> Self {
        let Idempotency { owner, key, fingerprint, used_at, valid_from: _ } = idempotency;
        let fingerprint = STANDARD.encode(fingerprint);
        let owner = owner.map(|owner| owner.0);
        Self { owner, key, fingerprint, used_at, year: label.year, number: label.number, version }
    }

    pub(super) fn read(self) -> Result<Repeatable, LineError> {
        let idempotency = Idempotency {
            owner: self.owner.map(ActorId),
            key: self.key,
            fingerprint: octets("fingerprint", &self.fingerprint)?,
            used_at: self.used_at,
            valid_from: self.used_at,
        };
        let label = crate::store::LabelKey { year: self.year, number: self.number };
        Ok(Repeatable { idempotency, label, version: self.version })
    }
}

/// Another system that is told what happens.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionLine {
    id: Uuid,
    version: u32,
    url: String,
    headers: Vec<(String, String)>,
    action: Option<String>,
    standing: String,
    failures: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    secret: String,
    previous_secret: Option<(String, Timestamp)>,
}

impl SubscriptionLine {
    pub(super) fn new(SubscriptionRecord { subscription, secrets }: &SubscriptionRecord) -> Self {
        let previous = secrets.previous.as_ref();
        Self {
            id: subscription.id.0,
            version: subscription.version,
            url: subscription.webhook.url().as_str().to_owned(),
            headers: subscription.webhook.headers().to_vec(),
            action: subscription.criteria.action.map(|action| action.name().to_owned()),
            standing: subscription.health.standing.name().to_owned(),
            failures: subscription.health.failures,
            created_at: subscription.created_at,
            updated_at: subscription.updated_at,
            secret: STANDARD.encode(secrets.current.0),
            previous_secret: previous.map(|(secret, until)| (STANDARD.encode(secret.0), *until)),
        }
    }

    pub(super) fn read(self) -> Result<SubscriptionRecord, LineError> {
        let url = WebhookUrl::parse(&self.url).map_err(|error| LineError::value("url", &error))?;
        let webhook = Webhook::new(url, self.headers).map_err(|error| LineError::value("headers", &error))?;
        let named = |name: String| {
            Happening::from_name(&name).ok_or_else(|| LineError::value("action", "there is no such action"))
        };
        let criteria = Criteria { action: self.action.map(named).transpose()? };
        let standing = Standing::from_name(&self.standing);
        let standing = standing.ok_or_else(|| LineError::value("standing", "there is no such standing"))?;
        let previous = |(secret, until): (String, Timestamp)| {
            Ok::<_, LineError>((Secret(octets("previousSecret", &secret)?), until))
        };
        let secrets = Secrets {
            current: Secret(octets("secret", &self.secret)?),
            previous: self.previous_secret.map(previous).transpose()?,
        };
        let subscription = Subscription {
            id: SubscriptionId(self.id),
            version: self.version,
            webhook,
            criteria,
            health: Health { standing, failures: self.failures },
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        Ok(SubscriptionRecord { subscription, secrets })
    }
}

/// What somebody has not been told so far.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientLine {
    pub(super) id: Uuid,
    pub(super) undelivered: Vec<UndeliveredLine>,
}

/// An event that somebody has not been told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UndeliveredLine {
    pub(super) ticket: TicketId,
    pub(super) seq: u32,
    pub(super) attempts: u32,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) last_attempt_at: Timestamp,
    pub(super) failure: Option<String>,
    pub(super) http_status: Option<u16>,
}

impl UndeliveredLine {
    pub(super) fn failure(&self) -> Result<Option<Failure>, LineError> {
        let Some(name) = &self.failure else { return Ok(None) };
        let kind =
            FailureKind::from_name(name).ok_or_else(|| LineError::value("failure", "there is no such failure"))?;
        Ok(Some(Failure { kind, http_status: self.http_status }))
    }
}

/// 32 octets in base64.
fn octets(member: &'static str, text: &str) -> Result<[u8; 32], LineError> {
    let octets = STANDARD.decode(text).map_err(|error| LineError::value(member, &error))?;
    octets.try_into().map_err(|_| LineError::value(member, "32 octets are wanted"))
}
