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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uuid;

    type Read = fn(&[u8]) -> Result<Request, FormError>;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-24T10:15:00Z").unwrap()
    }

    fn category(json: &[u8]) -> Result<Request, FormError> {
        Request::reference(json, ReferenceKind::Category)
    }

    fn urgency(json: &[u8]) -> Result<Request, FormError> {
        Request::reference(json, ReferenceKind::Urgency)
    }

    fn action(json: &[u8]) -> Result<Request, FormError> {
        Request::action(json, now())
    }

    /// What it comes to where references are called after their ids, and on whose behalf.
    #[track_caller]
    fn check(read: Read, json: &str, order: &Order, on_behalf: Option<&str>) {
        let request = read(json.as_bytes()).unwrap();
        let name = |_, reference: &Reference| match reference {
            Reference::Id(id) => Some(format!("n{id}")),
            Reference::Name(name) => Some(name.clone()),
        };
        assert_eq!(request.order(name), Ok(order.clone()), "{json}");
        assert_eq!(request.on_behalf.as_deref(), on_behalf);
    }

    #[track_caller]
    fn refused(read: Read, json: &str, error: &str) {
        assert_eq!(read(json.as_bytes()).unwrap_err().to_string(), error, "{json}");
    }

    #[test]
    fn a_request_is_an_order_and_whose_it_is() {
        let edit = |edit| Order::Edit(edit);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        check(category, r#"{"category": {"id": 7}}"#, &edit(Edit::Category(Some("n7".into()))), None);
        check(category, r#"{"category": {"name": " x "}}"#, &edit(Edit::Category(Some("x".into()))), None);
        check(category, r#"{"category": null, "updatedById": " u "}"#, &edit(Edit::Category(None)), Some(" u "));
        check(urgency, r#"{"urgency": {"id": 1, "name": 7}}"#, &edit(Edit::Priority(Some("n1".into()))), None);
        let clients = edit(Edit::Clients(texts(&[" a ", "b", "b"])));
        check(Request::clients, r#"{"clients": [" a ", "b", "b"], "updatedById": null}"#, &clients, None);
        check(Request::clients, r#"{"clients": [], "updatedById": "  "}"#, &edit(Edit::Clients(vec![])), None);
        let owner = edit(Edit::Owner(ActorId(Uuid::from_u128(7))));
        check(Request::owner, r#"{"ownerId": "00000000-0000-0000-0000-000000000007"}"#, &owner, None);
        check(Request::subject, r#"{"subject": " s "}"#, &edit(Edit::Subject("s".into())), None);
        let internal = edit(Edit::Visibility(Visibility::Internal));
        check(Request::visibility, r#"{"type": "INTERNAL"}"#, &internal, None);
        check(Request::solution, r#"{"solutionAt": null}"#, &Order::SetDue { due: None }, None);
        let due = Some(now());
        check(Request::solution, r#"{"solutionAt": "2026-03-24T10:15:00Z"}"#, &Order::SetDue { due }, None);
        check(Request::tag, r#"{"tag": {"name": "vip"}}"#, &edit(Edit::Tag("vip".into())), None);
        let untag = Request::untag(3, Some("u".into()));
        assert_eq!(untag.order(|_, _| Some("vip".into())), Ok(edit(Edit::Untag("vip".into()))));
    }

    #[test]
    fn a_status_is_said_with_its_reason_or_without_a_word_of_it() {
        let set = |justification: Option<&str>, is_said| Order::SetStatus {
            status: Status::Paused,
            justification: justification.map(str::to_owned),
            is_said,
        };
        check(Request::status, r#"{"status": {"id": 3}}"#, &set(None, false), None);
        check(Request::status, r#"{"status": {"id": 3}, "justification": null}"#, &set(None, true), None);
        check(Request::status, r#"{"status": {"id": 3}, "justification": {"id": 1}}"#, &set(Some("n1"), true), None);
    }

    #[test]
    fn an_action_may_have_a_status_a_reason_and_a_date() {
        let say = |status, justification: Option<&str>, said_at| Order::Say {
            visibility: Visibility::Public,
            statement: Statement::new("d").unwrap(),
            status,
            justification: justification.map(str::to_owned),
            said_at,
        };
        let json = r#"{"type": "PUBLIC", "description": " d ", "status": null, "createdById": "u"}"#;
        check(action, json, &say(None, None, None), Some("u"));
        let json = r#"{"type": "PUBLIC", "description": "d", "justification": {"id": 2}}"#;
        check(action, json, &say(None, Some("n2"), None), None);
        let json =
            r#"{"type": "PUBLIC", "description": "d", "status": {"id": 4}, "createdAt": "2026-03-24T10:15:04Z"}"#;
        check(action, json, &say(Some(Status::Resolved), None, Some(now())), None);
    }

    #[test]
    fn everything_wrong_with_a_request_is_said_at_once() {
        for (read, name) in [
            (category as Read, "category"),
            (urgency, "urgency"),
            (Request::clients, "clients"),
            (Request::owner, "ownerId"),
            (Request::subject, "subject"),
            (Request::visibility, "type"),
            (Request::solution, "solutionAt"),
            (Request::status, "status"),
            (Request::tag, "tag"),
        ] {
            refused(read, "[]", "body: wrong-type");
            refused(read, "{", "malformed JSON at line 1, column 1");
            refused(read, "{}", &format!("{name}: required"));
            refused(read, r#"{"updatedById": 7}"#, &format!("{name}: required; updatedById: wrong-type"));
            refused(read, &format!("{{\"{name}\": 7}}"), &format!("{name}: wrong-type"));
            refused(read, &format!("{{\"{name}\": 7, \"{name}\": 7}}"), &format!("{name}: repeated"));
        }
        refused(action, "{}", "type: required; description: required");
        refused(
            action,
            r#"{"type": "x", "description": "\u0007", "status": {"id": 7}, "justification": {"name": "x"}, "createdAt": "x", "createdById": 1}"#,
            "type: unknown-value; description: control-character; status.id: unknown-reference; justification.id: required; \
             createdAt: invalid-date; createdById: wrong-type",
        );
        refused(
            Request::status,
            r#"{"status": null, "justification": []}"#,
            "status: wrong-type; justification: wrong-type",
        );
        refused(Request::status, r#"{"status": {"name": "NEW"}}"#, "status.id: required");
        refused(Request::clients, r#"{"clients": ["a", null]}"#, "clients: wrong-type");
        refused(Request::subject, r#"{"subject": " "}"#, "subject: required");
    }

    #[test]
    fn ids_are_whole_numbers_that_something_has() {
        for id in ["1e0", "\"1\"", "true", "[1]", "{}", "-1.5"] {
            refused(category, &format!("{{\"category\": {{\"id\": {id}}}}}"), "category.id: wrong-type");
        }
        for id in ["0", "-1", "2147483648", "4294967296", "18446744073709551615", "18446744073709551616"] {
            let request = category(format!("{{\"category\": {{\"id\": {id}}}}}").as_bytes()).unwrap();
            let refused = request.order(|_, _| None).unwrap_err();
            assert_eq!(refused.to_string(), "category.id: unknown-reference", "{id}");
        }
        let tag = Request::tag(br#"{"tag": {"id": 7}}"#).unwrap();
        assert_eq!(tag.order(|_, _| None).unwrap_err().to_string(), "tag.id: unknown-reference");
    }

    #[test]
    fn on_whose_behalf_is_kept_as_it_is_given() {
        assert_eq!(Request::checked_behalf(" ñ\" ").unwrap().as_deref(), Some(" ñ\" "));
        assert_eq!(Request::checked_behalf(" ").unwrap(), None);
        assert_eq!(Request::checked_behalf(&"ñ".repeat(100)).unwrap().unwrap().chars().count(), 100);
        assert_eq!(Request::checked_behalf(&"ñ".repeat(101)).unwrap_err().to_string(), "updatedById: too-long");
        assert_eq!(Request::checked_behalf("a\nb").unwrap_err().to_string(), "updatedById: control-character");
    }
}
