use serde::Serialize;
use ticketing_core::{
    EmailAddress, Status,
    ticket::{Action, Attributes, Erased, Intake, NewEvent, Requester, Role, Subjects, Trace},
};

use super::{super::Engine, PAGE};
use crate::store::{LabelKey, Store, StoreError, TicketRecord};

/// What there is of a person, to be handed to them: what they told the desk, what it told them, and where else they stand. Nobody else
/// is in it: who works at the desk is a role, and of tickets of others there is the label alone.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectExport {
    /// Their address, as it was asked for.
    pub address: String,
    /// When it was looked.
    pub at: String,
    /// The user who has the address.
    pub account: Option<Account>,
    /// The tickets that they asked for.
    pub tickets: Vec<ExportedTicket>,
    /// Tickets of others in which they stand.
    pub mentions: Vec<Mention>,
    /// Notes that the desk has written for itself in their tickets, and that are not in here.
    pub internal_notes_left_out: u32,
}

/// Somebody who may log in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    name: String,
    email: Option<String>,
    role: &'static str,
    area: Option<String>,
    phone: Option<String>,
    is_active: bool,
}

/// A ticket that somebody asked for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedTicket {
    label: String,
    id: String,
    status: Status,
    is_archived: bool,
    attributes: Attributes,
    tags: Vec<String>,
    created_at: String,
    resolved_at: Option<String>,
    closed_at: Option<String>,
    due_at: Option<String>,
    requester: Option<Person>,
    /// From where it was sent.
    ip_address: Option<String>,
    subject: Option<String>,
    description: Option<String>,
    /// Entries of lists that name them. Those that name others are others'.
    named_in: Vec<String>,
    history: Vec<Happened>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    name: String,
    email: String,
    phone: Option<String>,
    has_whatsapp: bool,
    document: Option<String>,
    company: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Happened {
    seq: u32,
    at: String,
    action: Action,
    by: Role,
    is_internal: bool,
    status_before: Option<Status>,
    status_after: Option<Status>,
    text: Option<String>,
}

/// A ticket of somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mention {
    label: String,
    /// Where in it they stand.
    places: Vec<Trace>,
    /// Entries of lists that name them.
    named_in: Vec<String>,
}

impl<S: Store> Engine<S> {
    /// All that there is of a person. What the desk has noted for itself in their tickets only `with_internal`: it may be about others.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn export_subject(
        &self,
        address: &EmailAddress,
        with_internal: bool,
        mut so_far: impl FnMut(u64),
    ) -> Result<SubjectExport, StoreError> {
        let key = address.key();
        let is_theirs = |address: &str| address == key;
        let subjects = Subjects::new(&is_theirs);
        let user = self.store().find_user_by_email(&key).await?.map(|record| record.user);
        let mut export = SubjectExport {
            address: address.as_str().to_owned(),
            at: self.now().to_string(),
            account: user.map(|user| Account {
                name: user.name,
                email: user.email.map(|email| email.as_str().to_owned()),
                role: user.role.name(),
                area: user.area,
                phone: user.phone,
                is_active: user.is_active,
            }),
            tickets: Vec::new(),
            mentions: Vec::new(),
            internal_notes_left_out: 0,
        };
        let (mut after, mut read) = (LabelKey::NOTHING, 0);
        loop {
            let records = self.store().records(after, PAGE).await?;
            let Some(last) = records.last() else { return Ok(export) };
            after = last.label.into();
            read += records.len() as u64;
            for record in records {
                let traces = subjects.traces(&record.intake, &record.history);
                match subjects.to_erase(&record.intake, &record.history) {
                    None => {}
                    Some(Erased::Mentions) => export.mentions.push(Mention {
                        label: record.label.to_string(),
                        places: traces,
                        named_in: named_in(&record.intake, &subjects),
                    }),
                    Some(Erased::Person) => {
                        let (ticket, left_out) = self.exported(record, &subjects, with_internal).await?;
                        export.tickets.push(ticket);
                        export.internal_notes_left_out += left_out;
                    }
                }
            }
            so_far(read);
        }
    }

    async fn exported(
        &self,
        record: TicketRecord,
        subjects: &Subjects<'_>,
        with_internal: bool,
    ) -> Result<(ExportedTicket, u32), StoreError> {
        let TicketRecord { ticket, label, intake, address, history } = record;
        let book = self.book_for([&ticket.sla]).await?;
        let reading = ticket.sla.read(&book, self.now().max(ticket.sla.entered_at()));
        let named_in = named_in(&intake, subjects);
        let mut left_out = 0;
        let mut internal = |text: Option<String>, is_internal: bool| {
            if is_internal && !with_internal {
                left_out += u32::from(text.is_some());
                return None;
            }
            text
        };
        let description = internal(intake.description, intake.description_is_internal);
        let told = history.into_iter().filter(|new| !new.event.action.is_of_clocks());
        let history = told.map(|NewEvent { event, text, on_behalf: _ }| Happened {
            seq: event.seq,
            at: event.occurred_at.unwrap_or(event.recorded_at).to_string(),
            action: event.action,
            by: event.author.role,
            is_internal: !event.public,
            status_before: event.changes.status.as_ref().map(|status| status.before),
            status_after: event.changes.status.as_ref().map(|status| status.after),
            text: internal(text, !event.public),
        });
        let history = history.collect();
        let person = |Requester { name, email, phone, has_whatsapp, document, company }: Requester| Person {
            name,
            email: email.as_str().to_owned(),
            phone,
            has_whatsapp,
            document,
            company,
        };
        let exported = ExportedTicket {
            label: label.to_string(),
            id: ticket.id.to_string(),
            status: ticket.status,
            is_archived: ticket.is_archived(),
            attributes: ticket.attributes,
            tags: ticket.tags,
            created_at: ticket.created_at.to_string(),
            resolved_at: ticket.resolved_at.map(|at| at.to_string()),
            closed_at: ticket.closed_at.map(|at| at.to_string()),
            due_at: reading.and_then(|reading| reading.due).map(|at| at.to_string()),
            requester: intake.requester.map(person),
            ip_address: address.map(|address| address.to_string()),
            subject: intake.subject,
            description,
            named_in,
            history,
        };
        Ok((exported, left_out))
    }
}

/// Entries of lists that name somebody.
fn named_in(intake: &Intake, subjects: &Subjects<'_>) -> Vec<String> {
    let entries = intake.clients.iter().flatten().chain(&intake.cc);
    entries.filter(|entry| subjects.are_in(entry)).cloned().collect()
}
