//! Between rows and the core's types.

use std::error::Error;

use ticketing_core::{
    EmailAddress, Event, RulesHash, Status, Ticket, TicketId, Timestamp,
    ticket::{
        Action, ActorId, Attributes, Author, Change, Intake, NewEvent, Origin, PublicEvent, PublicIntake, Requester,
        Role, Visibility,
    },
};
use tokio_postgres::{Row, types::FromSql};
use uuid::Uuid;

use crate::store::{ListedTicket, PublicRecord, StoreError};

/// The columns of a row, read from left to right.
pub(super) struct Columns<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn new(row: &'r Row) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn next<T: FromSql<'r>>(&mut self) -> Result<T, StoreError> {
        let value = self.row.try_get(self.next).map_err(damaged)?;
        self.next += 1;
        Ok(value)
    }

    /// An integer, whose type in the database has a sign.
    pub(super) fn number(&mut self) -> Result<u32, StoreError> {
        self.next::<i32>()?.try_into().map_err(damaged)
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<u32>, StoreError> {
        self.next::<Option<i32>>()?.map(|number| number.try_into().map_err(damaged)).transpose()
    }

    pub(super) fn timestamp(&mut self) -> Result<Timestamp, StoreError> {
        Timestamp::from_unix_millis(self.next()?).map_err(damaged)
    }

    pub(super) fn optional_timestamp(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.next::<Option<i64>>()?.map(|millis| Timestamp::from_unix_millis(millis).map_err(damaged)).transpose()
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, StoreError> {
        self.next()
    }

    pub(super) fn optional_uuid(&mut self) -> Result<Option<Uuid>, StoreError> {
        self.next()
    }

    /// So many octets, and no others.
    pub(super) fn octets<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.optional_octets()?.ok_or_else(|| damaged("octets are missing"))
    }

    pub(super) fn optional_octets<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        self.next::<Option<&[u8]>>()?.map(|octets| octets.try_into().map_err(damaged)).transpose()
    }

    /// A text, for as long as the row is there.
    pub(super) fn text(&mut self) -> Result<&'r str, StoreError> {
        self.next()
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        self.next()
    }

    /// A value that is stored as its name.
    pub(super) fn named<T>(&mut self, from_name: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        self.optional_named(from_name)?.ok_or_else(|| damaged("a name is missing"))
    }

    pub(super) fn optional_named<T>(&mut self, from_name: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let known = |name| from_name(name).ok_or_else(|| damaged(format!("“{name}” is unknown")));
        self.optional_text()?.map(known).transpose()
    }

    /// A JSON list of texts.
    fn list(&mut self) -> Result<Option<Vec<String>>, StoreError> {
        self.optional_text()?.map(|text| serde_json::from_str(text).map_err(damaged)).transpose()
    }

    pub(super) fn json<T: serde::Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        serde_json::from_str(self.text()?).map_err(damaged)
    }
}

pub(super) fn damaged(error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Damaged(error.into())
}

/// A number as the database has it, with a sign.
pub(super) fn signed(number: u32) -> Result<i32, StoreError> {
    number.try_into().map_err(damaged)
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(damaged)
}

/// Columns of `tickets t`, in the order in which [`ticket`] reads them.
macro_rules! ticket_columns {
    () => {
        "t.uuid, t.version, t.revision, t.type, t.priority, t.category, t.subcategory, t.area, t.service, t.visibility, t.origin,
         t.has_requester, t.status, t.justification, t.assignee, t.tags, t.sla, t.created_at, t.updated_at, t.recorded_at, t.resolved_at, t.closed_at, t.reopened_at,
         t.archived_at, t.erased_at, t.reply_seq,
         t.last_seq, t.last_at, t.last_role, t.last_actor, t.last_action, t.last_has_text, t.last_status_before, t.last_status_after,
         t.last_priority_before, t.last_priority_after, t.last_area_before, t.last_area_after"
    };
}

/// Columns of `intake i`, in the order in which [`intake`] reads them.
macro_rules! intake_columns {
    () => {
        "i.name, i.email, i.phone, i.has_whatsapp, i.document, i.company, i.subject, i.description, i.internal, i.clients, i.cc,
         i.created_by, i.described_by, i.due_by"
    };
}

/// Columns of `tickets t` and `intake i`, in the order in which [`listed`] reads them.
macro_rules! listed_columns {
    () => {
        "t.uuid, t.label, t.type, t.priority, t.category, t.subcategory, t.area, t.service, t.visibility, t.status, t.assignee,
         t.archived_at IS NOT NULL, t.erased_at IS NOT NULL, t.sla,
         t.created_at, t.updated_at, i.name, i.email, i.subject"
    };
}

/// Columns of `events e` and `texts x`, in the order in which [`event`] reads them.
macro_rules! event_columns {
    () => {
        "e.seq, e.recorded_at, e.occurred_at, e.role, e.actor, e.rules, e.action, e.public, e.has_text, e.changes,
         e.asked_by, x.body, x.on_behalf"
    };
}

/// Columns of `tickets t`, `intake i`, the reply `r` and the last event's text `x`, in the order in which [`public`] reads them.
macro_rules! public_columns {
    () => {
        "t.uuid, t.label, t.type, t.priority, t.category, t.subcategory, t.area, t.service, t.visibility, t.status, t.sla,
         t.created_at,
         t.resolved_at, t.archived_at IS NOT NULL,
         t.last_seq, t.last_at, t.last_role, t.last_actor, t.last_action, t.last_has_text, t.last_status_before, t.last_status_after,
         t.last_priority_before, t.last_priority_after, t.last_area_before, t.last_area_after, x.body, r.body,
         i.name, i.email, i.phone, i.has_whatsapp, i.document, i.company, i.subject, i.description, i.internal"
    };
}

pub(super) use {event_columns, intake_columns, listed_columns, public_columns, ticket_columns};

pub(super) fn ticket(columns: &mut Columns<'_>) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        id: TicketId(columns.uuid()?),
        version: columns.number()?,
        revision: columns.number()?,
        attributes: attributes(columns)?,
        origin: columns.named(Origin::from_name)?,
        has_requester: columns.next()?,
        status: columns.named(Status::from_name)?,
        justification: columns.next()?,
        assignee: columns.optional_uuid()?.map(ActorId),
        tags: columns.list()?.unwrap_or_default(),
        sla: columns.json()?,
        created_at: columns.timestamp()?,
        updated_at: columns.timestamp()?,
        recorded_at: columns.timestamp()?,
        resolved_at: columns.optional_timestamp()?,
        closed_at: columns.optional_timestamp()?,
        reopened_at: columns.optional_timestamp()?,
        archived_at: columns.optional_timestamp()?,
        erased_at: columns.optional_timestamp()?,
        reply: columns.optional_number()?,
        last_public: public_event(columns)?,
    })
}

pub(super) fn public(columns: &mut Columns<'_>) -> Result<Box<PublicRecord>, StoreError> {
    Ok(Box::new(PublicRecord {
        id: TicketId(columns.uuid()?),
        label: columns.text()?.parse().map_err(damaged)?,
        attributes: attributes(columns)?,
        status: columns.named(Status::from_name)?,
        sla: columns.json()?,
        created_at: columns.timestamp()?,
        resolved_at: columns.optional_timestamp()?,
        is_archived: columns.next()?,
        last: public_event(columns)?,
        last_text: columns.next()?,
        reply: columns.next()?,
        intake: public_intake(columns)?,
    }))
}

pub(super) fn listed(columns: &mut Columns<'_>) -> Result<ListedTicket, StoreError> {
    Ok(ListedTicket {
        id: TicketId(columns.uuid()?),
        label: columns.text()?.parse().map_err(damaged)?,
        attributes: attributes(columns)?,
        status: columns.named(Status::from_name)?,
        assignee: columns.optional_uuid()?.map(ActorId),
        is_archived: columns.next()?,
        is_erased: columns.next()?,
        sla: columns.json()?,
        created_at: columns.timestamp()?,
        updated_at: columns.timestamp()?,
        requester_name: columns.next()?,
        requester_email: columns.next()?,
        subject: columns.next()?,
    })
}

fn public_event(columns: &mut Columns<'_>) -> Result<PublicEvent, StoreError> {
    Ok(PublicEvent {
        seq: columns.number()?,
        recorded_at: columns.timestamp()?,
        author: author(columns)?,
        action: columns.named(Action::from_name)?,
        has_text: columns.next()?,
        status: Change {
            before: columns.optional_named(Status::from_name)?,
            after: columns.optional_named(Status::from_name)?,
        },
        priority: Change { before: columns.next()?, after: columns.next()? },
        area: Change { before: columns.next()?, after: columns.next()? },
    })
}

fn author(columns: &mut Columns<'_>) -> Result<Author, StoreError> {
    Ok(Author { role: columns.named(Role::from_name)?, id: columns.optional_uuid()?.map(ActorId) })
}

fn attributes(columns: &mut Columns<'_>) -> Result<Attributes, StoreError> {
    Ok(Attributes {
        ticket_type: columns.next()?,
        priority: columns.next()?,
        category: columns.next()?,
        subcategory: columns.next()?,
        area: columns.next()?,
        service: columns.next()?,
        visibility: columns.named(Visibility::from_name)?,
    })
}

pub(super) fn event(columns: &mut Columns<'_>) -> Result<NewEvent, StoreError> {
    let event = Event {
        seq: columns.number()?,
        recorded_at: columns.timestamp()?,
        occurred_at: columns.optional_timestamp()?,
        author: author(columns)?,
        rules: RulesHash(columns.uuid()?),
        action: columns.named(Action::from_name)?,
        public: columns.next()?,
        has_text: columns.next()?,
        changes: columns.json()?,
        asked_by: columns
            .next::<Option<String>>()?
            .map(|name| serde_json::from_value(name.into()).map_err(damaged))
            .transpose()?,
    };
    Ok(NewEvent { event, text: columns.next()?, on_behalf: columns.next()? })
}

fn public_intake(columns: &mut Columns<'_>) -> Result<PublicIntake, StoreError> {
    let (requester, subject, description) = (requester(columns)?, columns.next()?, columns.next()?);
    Ok(PublicIntake::new(requester, subject, description, columns.next::<Option<bool>>()?.unwrap_or_default()))
}

fn requester(columns: &mut Columns<'_>) -> Result<Option<Requester>, StoreError> {
    let (name, email): (Option<String>, Option<String>) = (columns.next()?, columns.next()?);
    let (phone, has_whatsapp) = (columns.next()?, columns.next::<Option<bool>>()?.unwrap_or_default());
    let (document, company) = (columns.next()?, columns.next()?);
    match (name, email) {
        (Some(name), Some(email)) => {
            let email = EmailAddress::parse(&email).map_err(damaged)?;
            Ok(Some(Requester { name, email, phone, has_whatsapp, document, company }))
        }
        _ => Ok(None),
    }
}

pub(super) fn intake(columns: &mut Columns<'_>) -> Result<Intake, StoreError> {
    Ok(Intake {
        requester: requester(columns)?,
        subject: columns.next()?,
        description: columns.next()?,
        description_is_internal: columns.next::<Option<bool>>()?.unwrap_or_default(),
        clients: columns.list()?,
        cc: columns.list()?.unwrap_or_default(),
        created_by: columns.next()?,
        described_by: columns.next()?,
        due_by: columns.next()?,
    })
}
