use super::{
    Reference, ReferenceKind, UnknownReferences,
    read::{self, Reader, given, required},
};
use crate::{
    FormError, Status, Timestamp, Violations,
    members::Raw,
    ticket::{ActorId, Edit, Order, Statement, Visibility},
};

/// What another system wants done to a ticket, before it is known what its references are called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// On whose behalf, in its own words.
    pub on_behalf: Option<String>,
    wish: Wish,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Wish {
    Refer {
        kind: ReferenceKind,
        to: Option<Reference>,
    },
    Clients(Vec<String>),
    Owner(ActorId),
    Subject(String),
    Visibility(Visibility),
    Due(Option<Timestamp>),
    Status {
        status: Status,
        justification: Option<Reference>,
        is_said: bool,
    },
    Say {
        visibility: Visibility,
        statement: Statement,
        status: Option<Status>,
        justification: Option<Reference>,
        said_at: Option<Timestamp>,
    },
    Tag(Reference),
    Untag(u32),
}

const BY: &str = "updatedById";

impl Request {
    /// Reads `{"category": …, "updatedById": …}`, and the like of a service or an urgency.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn reference(json: &[u8], kind: ReferenceKind) -> Result<Self, FormError> {
        let path = read::Paths::of(kind).own;
        let (mut reader, raw, on_behalf) = patch(json, path)?;
        let to = reader.reference(raw, kind);
        reader.finish()?;
        Ok(Self { on_behalf, wish: Wish::Refer { kind, to } })
    }

    /// Reads `{"clients": [string], "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn clients(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "clients")?;
        let clients = reader.take("clients", required(read::texts(raw)));
        finish(reader, on_behalf, clients.map(Wish::Clients))
    }

    /// Reads `{"ownerId": string, "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn owner(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "ownerId")?;
        let owner = reader.take("ownerId", required(read::owner(raw)));
        finish(reader, on_behalf, owner.map(Wish::Owner))
    }

    /// Reads `{"subject": string, "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn subject(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "subject")?;
        let subject = reader.take("subject", required(read::subject(raw)));
        finish(reader, on_behalf, subject.map(Wish::Subject))
    }

    /// Reads `{"type": "INTERNAL" or "PUBLIC", "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn visibility(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "type")?;
        let visibility = reader.take("type", required(read::visibility(raw)));
        finish(reader, on_behalf, visibility.map(Wish::Visibility))
    }

    /// Reads `{"solutionAt": string or null, "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn solution(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "solutionAt")?;
        let due = reader.take("solutionAt", read::instant(raw));
        finish(reader, on_behalf, Some(Wish::Due(due)))
    }

    /// Reads `{"status": {"id": integer}, "justification": …, "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn status(json: &[u8]) -> Result<Self, FormError> {
        let [status, justification, by] = read::body(json, ["status", "justification", BY])?;
        let mut reader = Reader::default();
        let status = reader.take("status", given(status));
        let status = reader.status(status);
        let is_said = justification != Raw::Absent;
        let justification = reader.reference(justification, ReferenceKind::Justification);
        let on_behalf = reader.take(BY, read::behalf(by));
        finish(reader, on_behalf, status.map(|status| Wish::Status { status, justification, is_said }))
    }

    /// Reads an action: `{"type": …, "description": …, "status": …, "justification": …, "createdAt": …, "createdById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn action(json: &[u8], now: Timestamp) -> Result<Self, FormError> {
        let names = ["type", "description", "status", "justification", "createdAt", "createdById"];
        let [kind, description, status, justification, created_at, by] = read::body(json, names)?;
        let mut reader = Reader::default();
        let visibility = reader.take("type", required(read::visibility(kind)));
        let statement = reader.take("description", required(read::statement(description)));
        // An action tells its ticket's status: null is what one without it says.
        let status = if status.is_nothing() { None } else { reader.status(status) };
        let justification = reader.reference(justification, ReferenceKind::Justification);
        let said_at = reader.take("createdAt", read::past(created_at, now));
        let on_behalf = reader.take("createdById", read::behalf(by));
        let wish = visibility.zip(statement).map(|(visibility, statement)| Wish::Say {
            visibility,
            statement,
            status,
            justification,
            said_at,
        });
        finish(reader, on_behalf, wish)
    }

    /// Reads `{"tag": {"id": integer} or {"name": string}, "updatedById": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn tag(json: &[u8]) -> Result<Self, FormError> {
        let (mut reader, raw, on_behalf) = patch(json, "tag")?;
        if raw.is_nothing() {
            reader.refuse("tag", crate::violation::Problem::Required);
        }
        let tag = reader.reference(raw, ReferenceKind::Tag);
        finish(reader, on_behalf, tag.map(Wish::Tag))
    }

    /// A tag to be taken away.
    pub const fn untag(tag: u32, on_behalf: Option<String>) -> Self {
        Self { on_behalf, wish: Wish::Untag(tag) }
    }

    /// On whose behalf a request without a body is made.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked_behalf(on_behalf: &str) -> Result<Option<String>, Violations> {
        let json = serde_json::Value::from(on_behalf).to_string();
        read::behalf(Raw::Json(&json)).map_err(|problem| Violations::of(BY, problem))
    }

    /// What must be known of before it can be done.
    pub fn references(&self) -> UnknownReferences {
        let mut references = UnknownReferences::default();
        match &self.wish {
            Wish::Refer { kind, to } => references.add(read::Paths::of(*kind).id, *kind, to.as_ref()),
            Wish::Status { justification, .. } | Wish::Say { justification, .. } => {
                references.add("justification.id", ReferenceKind::Justification, justification.as_ref());
            }
            Wish::Tag(tag) => references.add("tag.id", ReferenceKind::Tag, Some(tag)),
            Wish::Untag(tag) => references.add("tagId", ReferenceKind::Tag, Some(&Reference::Id(*tag))),
            Wish::Clients(_) | Wish::Owner(_) | Wish::Subject(_) | Wish::Visibility(_) | Wish::Due(_) => {}
        }
        references
    }

    /// What is to be done, once it is known what the references are called.
    ///
    /// # Errors
    /// All references that are nothing.
    pub fn order(&self, name: impl Fn(ReferenceKind, &Reference) -> Option<String>) -> Result<Order, Violations> {
        let names = self.references().named(name)?;
        let justified =
            |justification: &Option<Reference>| names.get(ReferenceKind::Justification, justification.clone());
        Ok(match self.wish.clone() {
            Wish::Refer { kind, to } => {
                let name = names.get(kind, to);
                Order::Edit(match kind {
                    ReferenceKind::Service => Edit::Service(name),
                    ReferenceKind::Urgency => Edit::Priority(name),
                    _ => Edit::Category(name),
                })
            }
            Wish::Clients(clients) => Order::Edit(Edit::Clients(clients)),
            Wish::Owner(owner) => Order::Edit(Edit::Owner(owner)),
            Wish::Subject(subject) => Order::Edit(Edit::Subject(subject)),
            Wish::Visibility(visibility) => Order::Edit(Edit::Visibility(visibility)),
            Wish::Due(due) => Order::SetDue { due },
            Wish::Status { status, justification, is_said } => {
                Order::SetStatus { status, justification: justified(&justification), is_said }
            }
            Wish::Say { visibility, statement, status, justification, said_at } => {
                Order::Say { visibility, statement, status, justification: justified(&justification), said_at }
            }
            Wish::Tag(tag) => Order::Edit(Edit::Tag(names.get(ReferenceKind::Tag, Some(tag)).unwrap_or_default())),
            Wish::Untag(tag) => {
                let name = names.get(ReferenceKind::Tag, Some(Reference::Id(tag)));
                Order::Edit(Edit::Untag(name.unwrap_or_default()))
            }
        })
    }
}

/// A body of one member and who it is on behalf of.
fn patch<'a>(json: &'a [u8], path: &'static str) -> Result<(Reader, Raw<'a>, Option<String>), FormError> {
    let [raw, by] = read::body(json, [path, BY])?;
    let mut reader = Reader::default();
    let raw = reader.take(path, given(raw));
    let on_behalf = reader.take(BY, read::behalf(by));
    Ok((reader, raw, on_behalf))
}

fn finish(reader: Reader, on_behalf: Option<String>, wish: Option<Wish>) -> Result<Request, FormError> {
    reader.finish()?;
    // What is required is there where nothing is wrong.
    let wish = wish.ok_or_else(|| Violations::of("", crate::violation::Problem::Required))?;
    Ok(Request { on_behalf, wish })
}
