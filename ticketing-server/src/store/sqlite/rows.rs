//! Between rows and the core's types.

use std::{cell::RefCell, collections::VecDeque, error::Error};

use rusqlite::{Row, types::FromSql};
use serde::Deserialize;
use serde_json::value::RawValue;
use ticketing_core::{
    EmailAddress, Event, RulesHash, Status, Ticket, TicketId, Timestamp,
    sla::{Agreement, Clock, DueByHand, Entered, PerTarget, Sla},
    ticket::{
        Action, ActorId, Attributes, Author, Change, Intake, NewEvent, Origin, PublicEvent, PublicIntake, Requester,
        Role, Visibility,
    },
};
use uuid::Uuid;

use crate::store::{ListedTicket, PublicRecord, StoreError};

/// The columns of a row, read from left to right.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn new(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn next<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.row.get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    pub(super) fn timestamp(&mut self) -> Result<Timestamp, StoreError> {
        Timestamp::from_unix_millis(self.next()?).map_err(damaged)
    }

    pub(super) fn optional_timestamp(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.next::<Option<i64>>()?.map(|millis| Timestamp::from_unix_millis(millis).map_err(damaged)).transpose()
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, StoreError> {
        self.next().map(Uuid::from_bytes)
    }

    pub(super) fn optional_uuid(&mut self) -> Result<Option<Uuid>, StoreError> {
        Ok(self.next::<Option<[u8; 16]>>()?.map(Uuid::from_bytes))
    }

    /// A text, for as long as the row is there.
    pub(super) fn text(&mut self) -> Result<&'r str, StoreError> {
        self.optional_text()?.ok_or_else(|| damaged("a text is missing"))
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        let text = self.row.get_ref(self.next)?.as_str_or_null().map_err(damaged)?;
        self.next += 1;
        Ok(text)
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

    pub(super) fn json<T: Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        serde_json::from_str(self.text()?).map_err(damaged)
    }
}

pub(super) fn damaged(error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Damaged(error.into())
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

/// Columns of `tickets t` and `intake i`, and the texts of the last event and the reply, in the order in which [`public`] reads them.
/// A text that is not there is not looked for: even the table is opened only for one that is.
macro_rules! public_columns {
    () => {
        "t.uuid, t.label, t.type, t.priority, t.category, t.subcategory, t.area, t.service, t.visibility, t.status, t.sla,
         t.created_at,
         t.resolved_at, t.archived_at IS NOT NULL,
         t.last_seq, t.last_at, t.last_role, t.last_actor, t.last_action, t.last_has_text, t.last_status_before, t.last_status_after,
         t.last_priority_before, t.last_priority_after, t.last_area_before, t.last_area_after,
         iif(t.last_has_text, (SELECT body FROM texts WHERE ticket = t.id AND seq = t.last_seq), NULL),
         iif(t.reply_seq IS NULL, NULL, (SELECT body FROM texts WHERE ticket = t.id AND seq = t.reply_seq)),
         i.name, i.email, i.phone, i.has_whatsapp, i.document, i.company, i.subject, i.description, i.internal"
    };
}

pub(super) use {event_columns, intake_columns, listed_columns, public_columns, ticket_columns};

pub(super) fn ticket(columns: &mut Columns<'_>) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        id: TicketId(columns.uuid()?),
        version: columns.next()?,
        revision: columns.next()?,
        attributes: attributes(columns)?,
        origin: columns.named(Origin::from_name)?,
        has_requester: columns.next()?,
        status: columns.named(Status::from_name)?,
        justification: columns.next()?,
        assignee: columns.optional_uuid()?.map(ActorId),
        tags: columns.list()?.unwrap_or_default(),
        sla: sla(columns)?,
        created_at: columns.timestamp()?,
        updated_at: columns.timestamp()?,
        recorded_at: columns.timestamp()?,
        resolved_at: columns.optional_timestamp()?,
        closed_at: columns.optional_timestamp()?,
        reopened_at: columns.optional_timestamp()?,
        archived_at: columns.optional_timestamp()?,
        erased_at: columns.optional_timestamp()?,
        reply: columns.next()?,
        last_public: public_event(columns)?,
    })
}

pub(super) fn public(columns: &mut Columns<'_>) -> Result<Box<PublicRecord>, StoreError> {
    Ok(Box::new(PublicRecord {
        id: TicketId(columns.uuid()?),
        label: columns.text()?.parse().map_err(damaged)?,
        attributes: attributes(columns)?,
        status: columns.named(Status::from_name)?,
        sla: sla(columns)?,
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
        sla: sla(columns)?,
        created_at: columns.timestamp()?,
        updated_at: columns.timestamp()?,
        requester_name: columns.next()?,
        requester_email: columns.next()?,
        subject: columns.next()?,
    })
}

/// A ticket's service levels.
fn sla(columns: &mut Columns<'_>) -> Result<Sla, StoreError> {
    let json = columns.text()?;
    untouched_sla(json).map_or_else(|| any_sla(json), Ok)
}

/// Service levels of which nothing has changed since they were promised, as most tickets have them, where the agreement is one that is
/// kept. `None` for all others.
fn untouched_sla(json: &str) -> Option<Sla> {
    let json = json.strip_prefix("{\"agreement\":")?;
    AGREEMENTS.with_borrow(|kept| {
        kept.iter().find_map(|(of, agreement)| {
            let started_at = json.strip_prefix(&**of)?.strip_prefix(",\"started_at\":")?.strip_suffix('}')?;
            Some(Sla {
                agreement: Some(agreement.clone()),
                started_at: serde_json::from_str(started_at).ok()?,
                statuses: vec![],
                clocks: PerTarget::default(),
                due_by_hand: None,
            })
        })
    })
}

/// Service levels, whose agreement is kept from one ticket to the next.
fn any_sla(json: &str) -> Result<Sla, StoreError> {
    let StoredSla { agreement, started_at, statuses, clocks, due_by_hand } =
        serde_json::from_str(json).map_err(damaged)?;
    let agreement = agreement.map(|json| self::agreement(json.get())).transpose()?;
    Ok(Sla { agreement, started_at, statuses, clocks, due_by_hand })
}

/// An [`Sla`] as it is stored.
#[derive(Deserialize)]
struct StoredSla<'r> {
    #[serde(borrow)]
    agreement: Option<&'r RawValue>,
    started_at: Timestamp,
    #[serde(default)]
    statuses: Vec<Entered>,
    #[serde(default)]
    clocks: PerTarget<Clock>,
    #[serde(default)]
    due_by_hand: Option<DueByHand>,
}

thread_local! {
    /// Agreements that this thread has read last, with their JSON. Nearly every ticket was promised what others were, and to read that
    /// again and again took a list a fifth of its time.
    static AGREEMENTS: RefCell<VecDeque<(Box<str>, Agreement)>> = const { RefCell::new(VecDeque::new()) };
}

fn agreement(json: &str) -> Result<Agreement, StoreError> {
    const KEPT: usize = 16;
    AGREEMENTS.with_borrow_mut(|kept| {
        if let Some((_, known)) = kept.iter().find(|(of, _)| **of == *json) {
            return Ok(known.clone());
        }
        let read: Agreement = serde_json::from_str(json).map_err(damaged)?;
        kept.truncate(KEPT - 1);
        kept.push_front((json.into(), read.clone()));
        Ok(read)
    })
}

fn public_event(columns: &mut Columns<'_>) -> Result<PublicEvent, StoreError> {
    Ok(PublicEvent {
        seq: columns.next()?,
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
        seq: columns.next()?,
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
    let (name, email): (Option<String>, _) = (columns.next()?, columns.optional_text()?);
    let (phone, has_whatsapp) = (columns.next()?, columns.next::<Option<bool>>()?.unwrap_or_default());
    let (document, company) = (columns.next()?, columns.next()?);
    match (name, email) {
        (Some(name), Some(email)) => {
            let email = EmailAddress::parse(email).map_err(damaged)?;
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

#[cfg(test)]
mod tests {
    use ticketing_core::sla::{Promise, TargetKind};

    use super::*;

    #[test]
    fn an_agreement_that_was_kept_is_the_one_that_its_json_says() {
        let promised = |minutes: u32| {
            let allowance = format!("{minutes}m").parse().unwrap();
            let promise = Promise { allowance, calendar: None, pauses: vec![Status::Paused], at_risk: vec![80] };
            let mut promises = PerTarget::default();
            *promises.get_mut(TargetKind::Resolution) = Some(promise);
            Agreement { policy: minutes, rules: RulesHash(Uuid::nil()), promises }
        };
        // More than are kept, each twice in a row and all of them again.
        let minutes: Vec<u32> = (1..=40).flat_map(|minutes| [minutes, minutes]).chain(1..=40).collect();
        for minutes in minutes {
            let agreed = promised(minutes);
            assert_eq!(agreement(&json(&agreed).unwrap()).unwrap(), agreed);
        }
        assert!(agreement("{}").is_err());
    }

    #[test]
    fn service_levels_that_nothing_has_changed_are_those_that_their_json_says() {
        let promise = Promise { allowance: "4h".parse().unwrap(), calendar: None, pauses: vec![], at_risk: vec![80] };
        let promises = PerTarget { resolution: Some(promise), ..PerTarget::default() };
        let agreement = Agreement { policy: 77, rules: RulesHash(Uuid::nil()), promises };
        let at = |millis| Timestamp::from_unix_millis(millis).unwrap();
        let started = |agreement: Option<&Agreement>, millis| Sla {
            agreement: agreement.cloned(),
            started_at: at(millis),
            statuses: vec![],
            clocks: PerTarget::default(),
            due_by_hand: None,
        };
        for millis in [0, 1, 1_796_092_349_074] {
            let untouched = started(Some(&agreement), millis);
            let text = json(&untouched).unwrap();
            assert_eq!(any_sla(&text).unwrap(), untouched);
            // Its agreement is kept by now.
            assert_eq!(untouched_sla(&text), Some(untouched.clone()));

            let entered = Entered { at: at(millis), status: Status::Paused };
            let clock = Clock { cycle: 1, ..Clock::default() };
            let due = DueByHand { due: at(millis), set_at: at(millis) };
            for touched in [
                Sla { statuses: vec![entered], ..untouched.clone() },
                Sla { due_by_hand: Some(due), ..untouched.clone() },
                Sla { clocks: PerTarget { resolution: clock, ..PerTarget::default() }, ..untouched.clone() },
                started(None, millis),
            ] {
                let text = json(&touched).unwrap();
                assert_eq!((untouched_sla(&text), any_sla(&text).unwrap()), (None, touched));
            }
            for damaged in ["", " 1", "01", "+1", "1.5", "\"1\"", "1}", "99999999999999999999"] {
                let text = text.strip_suffix(&format!("{millis}}}")).expect("it ends with when it began");
                let text = format!("{text}{damaged}}}");
                assert_eq!(untouched_sla(&text).is_some(), any_sla(&text).is_ok(), "{text}");
            }
        }
    }
}
