//! Values of the integration dialect, read from JSON.

use chrono::TimeDelta;

use super::{Reference, ReferenceKind, status_of_id};
use crate::{
    Field, FormError, Status, Timestamp, Uuid, Violations,
    limits::{
        ASUNTO_CHARS_MAX, BEHALF_CHARS_MAX, CLIENT_CHARS_MAX, CLOCK_AHEAD_SECONDS_MAX, REFERENCE_CHARS_MAX,
        TICKET_CLIENTS_MAX,
    },
    members::{self, Raw, Value},
    text::{self, TextRule},
    ticket::{ActorId, Statement, Visibility},
    violation::{JsonType, Problem, Violation},
};

/// Remembers what is wrong while an input is read.
#[derive(Default)]
pub(super) struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    /// What was read, or its default where it breaks a rule, which is remembered by its path.
    pub(super) fn take<T: Default>(&mut self, path: &'static str, read: Result<T, Problem>) -> T {
        read.unwrap_or_else(|problem| {
            self.refuse(path, problem);
            T::default()
        })
    }

    pub(super) fn refuse(&mut self, path: &'static str, problem: Problem) {
        if !self.violations.iter().any(|violation| violation.field == path) {
            self.violations.push(Violation { field: path, problem });
        }
    }

    pub(super) fn finish(self) -> Result<(), Violations> {
        Violations::new(self.violations).map_or(Ok(()), Err)
    }
}

/// The members of a body.
pub(super) fn body<'a, const N: usize>(json: &'a [u8], names: [&str; N]) -> Result<[Raw<'a>; N], FormError> {
    let members = members::read_raw(json, names)?;
    members.ok_or_else(|| Violations::of("", Problem::WrongType { expected: JsonType::Object }).into())
}

/// A member that must be there, and may be null.
pub(super) fn given(raw: Raw<'_>) -> Result<Raw<'_>, Problem> {
    if raw == Raw::Absent { Err(Problem::Required) } else { Ok(raw) }
}

/// What must be there, and not be null.
pub(super) fn required<T>(read: Result<Option<T>, Problem>) -> Result<Option<T>, Problem> {
    read?.ok_or(Problem::Required).map(Some)
}

pub(super) fn text(raw: Raw<'_>, rule: TextRule) -> Result<Option<String>, Problem> {
    Ok(raw.value().text(rule)?.map(str::to_owned))
}

pub(super) fn subject(raw: Raw<'_>) -> Result<Option<String>, Problem> {
    debug_assert!(Field::Subject.name() == "asunto", "its limit is the field's");
    text(raw, TextRule::line(1, ASUNTO_CHARS_MAX))
}

pub(super) fn statement(raw: Raw<'_>) -> Result<Option<Statement>, Problem> {
    raw.value().trimmed()?.map(Statement::new).transpose()
}

pub(super) fn visibility(raw: Raw<'_>) -> Result<Option<Visibility>, Problem> {
    let unknown = || Problem::UnknownValue { allowed: Visibility::ALL.map(|kind| kind.name().to_owned()).into() };
    // A value there must be right, also one that is empty.
    match raw.value() {
        Value::Text(text) => Visibility::from_name(&text).map(Some).ok_or_else(unknown),
        other => other.trimmed().map(|_| None),
    }
}

/// On whose behalf: kept as given.
pub(super) fn behalf(raw: Raw<'_>) -> Result<Option<String>, Problem> {
    as_given(raw, BEHALF_CHARS_MAX)
}

fn as_given(raw: Raw<'_>, max: u32) -> Result<Option<String>, Problem> {
    let value = raw.value();
    if value.trimmed()?.is_none() {
        return Ok(None);
    }
    let Value::Text(text) = value else { return Ok(None) };
    TextRule::line(1, max).check(&text)?;
    Ok(Some(text.into_owned()))
}

/// A list of texts, kept as given and in order.
pub(super) fn texts(raw: Raw<'_>) -> Result<Option<Vec<String>>, Problem> {
    let Some(items) = raw.list()? else { return Ok(None) };
    if u32::try_from(items.len()).is_ok_and(|items| items > TICKET_CLIENTS_MAX) {
        return Err(Problem::TooMany { max: TICKET_CLIENTS_MAX });
    }
    let texts = items.into_iter().map(|item| {
        if item.is_nothing() {
            return Err(Problem::WrongType { expected: JsonType::String });
        }
        as_given(item, CLIENT_CHARS_MAX)?.ok_or(Problem::TooShort { min: 1, actual: 0 })
    });
    texts.collect::<Result<_, _>>().map(Some)
}

pub(super) fn instant(raw: Raw<'_>) -> Result<Option<Timestamp>, Problem> {
    match raw.value() {
        Value::Text(text) => Timestamp::parse(text::trimmed(&text)).map(Some).ok_or(Problem::InvalidDate),
        other => other.trimmed().map(|_| None),
    }
}

/// An instant that is not in the future. One that is a little ahead of our clock is now.
pub(super) fn past(raw: Raw<'_>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let Some(instant) = instant(raw)? else { return Ok(None) };
    let latest = now.checked_add(TimeDelta::seconds(CLOCK_AHEAD_SECONDS_MAX)).unwrap_or(now);
    if instant > latest { Err(Problem::InFuture) } else { Ok(Some(instant.min(now))) }
}

/// The id of an agent. One that is none names nobody.
pub(super) fn owner(raw: Raw<'_>) -> Result<Option<ActorId>, Problem> {
    match raw.value() {
        Value::Text(text) => {
            Uuid::try_parse(text::trimmed(&text)).map(|id| Some(ActorId(id))).map_err(|_| Problem::UnavailableAgent)
        }
        other => other.trimmed().map(|_| None),
    }
}

/// Where the parts of a reference stand.
pub(super) struct Paths {
    pub(super) own: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
}

impl Paths {
    pub(super) const STATUS: Self = Self { own: "status", id: "status.id", name: "status.name" };
    /// Of each tag of several.
    pub(super) const TAGS: Self = Self { own: "tags", id: "tags.id", name: "tags.name" };

    pub(super) const fn of(kind: ReferenceKind) -> Self {
        let (own, id, name) = match kind {
            ReferenceKind::Category => ("category", "category.id", "category.name"),
            ReferenceKind::Service => ("service", "service.id", "service.name"),
            ReferenceKind::Urgency => ("urgency", "urgency.id", "urgency.name"),
            ReferenceKind::Justification => ("justification", "justification.id", "justification.name"),
            ReferenceKind::Tag => ("tag", "tag.id", "tag.name"),
            ReferenceKind::Team => ("ownerTeam", "ownerTeam.id", "ownerTeam.name"),
        };
        Self { own, id, name }
    }
}

impl Reader {
    /// One of a kind, or nothing.
    pub(super) fn reference(&mut self, raw: Raw<'_>, kind: ReferenceKind) -> Option<Reference> {
        self.reference_at(raw, kind, &Paths::of(kind))
    }

    /// The same, with its parts somewhere else.
    pub(super) fn reference_at(&mut self, raw: Raw<'_>, kind: ReferenceKind, paths: &Paths) -> Option<Reference> {
        let [id, name] = self.take(paths.own, raw.object(["id", "name"]))?;
        if id.is_nothing() && kind.is_made_by_name() && !name.is_nothing() {
            let name = self.take(paths.name, required(text(name, TextRule::line(1, REFERENCE_CHARS_MAX))))?;
            return Some(Reference::Name(name));
        }
        let id = self.take(paths.id, required(id.integer()))?;
        Some(u32::try_from(id).map_or(Reference::NOTHING, Reference::Id))
    }

    /// A status, or nothing where there is no such member. Null is none.
    pub(super) fn status(&mut self, raw: Raw<'_>) -> Option<Status> {
        let paths = Paths::STATUS;
        if raw == Raw::Json("null") {
            self.refuse(paths.own, Problem::WrongType { expected: JsonType::Object });
        }
        let [id] = self.take(paths.own, raw.object(["id"]))?;
        let id = self.take(paths.id, required(id.integer()))?;
        self.take(paths.id, status_of_id(id).map(Some).ok_or(Problem::UnknownReference))
    }
}
