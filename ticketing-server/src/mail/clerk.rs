//! Writes the mails about an event: finds who is told, what they may be told, and puts it into words.

use std::sync::Arc;

use ticketing_core::{
    EmailAddress, Event, Locale, Rulebook, Ticket, TicketId, User, Uuid,
    sla::{TargetKind, Threshold},
    ticket::{NewEvent, Notice, NoticeKind, Origin, Recipient},
};

use super::{
    address::{self, NoDomain},
    facts::Facts,
    letter::{Letter, Letterhead, MessageId, header},
    settings::{LetterSettings, PublicUrl, Sender, SettingError},
    templates::{Part, TEST, TemplateError, Templates},
    words::word,
};
use crate::{
    Engine,
    store::{Store, StoreError, TicketRecord},
    zones::local,
};

/// Knows how mails are written.
pub(super) struct Clerk {
    settings: LetterSettings,
    pub(super) head: Letterhead,
    templates: Templates,
}

/// A mail about an event, or why it cannot be written.
pub(super) struct Written {
    /// Whom it is for, and what of.
    pub(super) notice: Notice,
    /// The mail.
    pub(super) letter: Result<Letter, NotWritten>,
}

/// Why a mail cannot be written. It has no personal data in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotWritten {
    #[error(transparent)]
    NoDomain(#[from] NoDomain),
    /// The desk would write to itself, and answer.
    #[error("it would go to the desk's own address")]
    Loop,
    /// Not its detail, which may quote what was to be said.
    #[error("its template failed: {}", .0.kind())]
    Template(#[from] minijinja::Error),
}

/// Somebody who is told.
struct Addressee {
    name: String,
    email: EmailAddress,
    /// The agent's id; none: the requester.
    agent: Option<Uuid>,
}

/// What happened, with what it takes to tell of it.
struct Told {
    record: Box<TicketRecord>,
    book: Arc<Rulebook>,
    /// The ticket as it was right after the event.
    ticket: Ticket,
    /// The event and its text.
    new: NewEvent,
    author: Option<String>,
}

impl Clerk {
    pub(super) fn new(settings: LetterSettings) -> Result<Self, ClerkError> {
        let own = |key, sender: &Sender| match address::of(&sender.address) {
            Ok(address) => Ok((sender.name.clone(), address)),
            Err(error) => Err(SettingError::new(key, error.to_string())),
        };
        let from = own("mail.from", &settings.from)?;
        let reply_to = settings.reply_to.as_ref().map(|sender| own("mail.reply_to", sender)).transpose()?;
        let templates = match &settings.templates {
            Some(directory) => Templates::read(directory)?,
            None => Templates::built_in()?,
        };
        Ok(Self { settings, head: Letterhead { from, reply_to }, templates })
    }

    pub(super) fn public_url(&self) -> &PublicUrl {
        &self.settings.public_url
    }

    /// The mails about an event of a ticket: none where nobody is told, or the ticket or the event is not there.
    pub(super) async fn write<S: Store>(
        &self,
        engine: &Engine<S>,
        id: TicketId,
        seq: u32,
    ) -> Result<Vec<Written>, StoreError> {
        let Some(record) = engine.store().record(id).await? else { return Ok(Vec::new()) };
        let until = record.history.iter().map(|new| &new.event).take_while(|event| event.seq <= seq);
        let ticket = Ticket::replay(id, until).map_err(|error| StoreError::Damaged(error.into()))?;
        let Some(new) = record.history.iter().find(|new| new.event.seq == seq).cloned() else { return Ok(Vec::new()) };
        let notices = ticket.notices(&new.event);
        if notices.is_empty() {
            return Ok(Vec::new());
        }
        let book = engine.book_for([&ticket.sla]).await?;
        let author = engine.author_name(new.event.author, record.intake.requester_name());
        let told = Told { record, book, ticket, new, author };
        let mut written = Vec::new();
        let mut agents = Vec::new();
        for notice in notices {
            for addressee in told.addressees(notice.to, engine) {
                // Somebody may be the assignee and work the area.
                if addressee.agent.is_some_and(|agent| agents.contains(&agent)) {
                    continue;
                }
                agents.extend(addressee.agent);
                let letter = self.letter(&told, notice, addressee);
                written.push(Written { notice, letter });
            }
        }
        Ok(written)
    }

    fn letter(&self, told: &Told, notice: Notice, addressee: Addressee) -> Result<Letter, NotWritten> {
        let to = address::of(&addressee.email)?;
        let mut own = [Some(&self.head.from), self.head.reply_to.as_ref()].into_iter().flatten();
        if own.any(|(_, own)| address::is_same(own, &to)) {
            return Err(NotWritten::Loop);
        }
        let facts = told.facts(notice, &addressee, &self.settings);
        let event = &told.new.event;
        let is_answer = notice.kind == NoticeKind::Created && told.ticket.origin == Origin::ImportedEmail;
        let id = MessageId::OfEvent { ticket: told.ticket.id, seq: event.seq, agent: addressee.agent };
        // Nobody has shown yet that the address and the name belong together.
        let name = Some(addressee.name).filter(|_| facts.recipient.is_some());
        Ok(Letter { name, to, id, is_answer, at: event.recorded_at, ..self.rendered(&facts)? })
    }

    /// A mail that is about nothing, to see whether mails arrive.
    pub(super) fn test(&self, to: &EmailAddress, at: ticketing_core::Timestamp) -> Result<Letter, NotWritten> {
        let locale = self.settings.locale;
        let facts = Facts {
            kind: TEST,
            locale,
            label: word("desk", locale).to_owned(),
            subject_line: Some(word(TEST, locale).to_owned()),
            lead: Some(word("test_lead", locale)),
            ..Facts::default()
        };
        Ok(Letter { to: address::of(to)?, id: MessageId::Single(Uuid::now_v7()), at, ..self.rendered(&facts)? })
    }

    /// What a mail says.
    fn rendered(&self, facts: &Facts) -> Result<Letter, minijinja::Error> {
        let part = |part| self.templates.render(part, facts);
        let text = part(Part::Text)?;
        Ok(Letter {
            name: None,
            to: self.head.from.1.clone(),
            id: MessageId::Single(Uuid::nil()),
            is_answer: false,
            at: ticketing_core::Timestamp::MIN,
            subject: header(&part(Part::Subject)?),
            text: format!("{}\n", text.trim()),
            html: part(Part::Html)?,
        })
    }
}

/// Why there is no [`Clerk`].
#[derive(Debug, thiserror::Error)]
pub(super) enum ClerkError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl Told {
    fn event(&self) -> &Event {
        &self.new.event
    }

    /// Who a recipient is now: those who have left, and those who may not read the ticket any more, are told nothing.
    fn addressees<S: Store>(&self, to: Recipient, engine: &Engine<S>) -> Vec<Addressee> {
        if to == Recipient::Requester {
            let requester = self.record.intake.requester.iter();
            return requester
                .map(|requester| Addressee {
                    name: requester.name.clone(),
                    email: requester.email.clone(),
                    agent: None,
                })
                .collect();
        }
        let rules = self.book.active();
        let area = &self.ticket.attributes.area;
        let may_read = |user: &User| {
            let scope = user.actor().scope(rules);
            scope.is_ok_and(|scope| scope.follows(&self.record.ticket.attributes.area, self.event()))
        };
        let users = engine.users().into_iter();
        users
            .filter(|user| to.includes(user, area, rules) && may_read(user))
            .filter_map(|user| {
                Some(Addressee { name: user.name.clone(), email: user.email.clone()?, agent: Some(user.id.0) })
            })
            .collect()
    }

    fn facts(&self, notice: Notice, addressee: &Addressee, settings: &LetterSettings) -> Facts {
        let Self { record, book, ticket, new, author } = self;
        let (event, locale, rules) = (self.event(), settings.locale, book.active());
        let shown = |at| local(at, rules.zone());
        // A deadline as it was promised then, in each of its mails.
        let due =
            |kind| ticket.sla.read_target(kind, book, event.recorded_at).and_then(|reading| reading.due).map(shown);
        let subject = record.intake.subject.clone();
        let facts = Facts {
            kind: notice.kind.name(),
            locale,
            label: record.label.to_string(),
            message: new.text.clone(),
            author: author.clone(),
            ..Facts::default()
        };
        match notice.to {
            Recipient::Requester => {
                let is_open_to_all = ticket.origin.is_open_to_all();
                // What a stranger has typed into the form is not carried to an address that may be anybody's. Once the desk has
                // answered, it is. But the subject line stays what it was: it holds the thread together.
                let is_known = !is_open_to_all || notice.kind != NoticeKind::Created;
                let reopens_until = ticket.reopens_until(rules).map(shown);
                Facts {
                    lead: lead(notice.kind, ticket, reopens_until.is_some(), locale),
                    subject_line: subject.clone().filter(|_| !is_open_to_all),
                    recipient: Some(addressee.name.clone()).filter(|_| is_known),
                    subject: subject.filter(|_| is_known),
                    link: Some(settings.public_url.look_up(record.label)),
                    due: due(TargetKind::Resolution).filter(|_| notice.kind == NoticeKind::Created),
                    reopens_until,
                    ..facts
                }
            }
            Recipient::Agent(_) | Recipient::Area | Recipient::Desk | Recipient::Admins => {
                let passed = event.changes.clocks.passed.first().filter(|_| notice.kind != NoticeKind::Assigned);
                let line = subject.clone().or_else(|| ticket.attributes.category.clone());
                let words = |threshold: &Threshold| word(threshold.target.member(), locale);
                Facts {
                    subject_line: Some(line.unwrap_or_else(|| word(notice.kind.name(), locale).to_owned())),
                    recipient: Some(addressee.name.clone()),
                    subject,
                    priority: ticket.attributes.priority.clone(),
                    area: Some(rules.desk_area(&ticket.attributes.area).to_owned()),
                    due: due(TargetKind::Resolution).filter(|_| passed.is_none()),
                    target: passed.map(words),
                    target_due: passed.and_then(|passed| due(passed.target)),
                    percent: passed.map(|passed| format!("{} %", passed.percent)),
                    ..facts
                }
            }
        }
    }
}

/// What a requester may do about what happened.
fn lead(kind: NoticeKind, ticket: &Ticket, reopens: bool, locale: Locale) -> Option<&'static str> {
    let takes_answers = !ticket.is_archived() && (ticket.status.is_open() || reopens);
    let name = match kind {
        NoticeKind::Created => "created_lead",
        NoticeKind::Resolved if takes_answers => "resolved_lead",
        NoticeKind::Replied if takes_answers => "replied_lead",
        NoticeKind::Canceled => "canceled_lead",
        NoticeKind::Resolved | NoticeKind::Replied | NoticeKind::Closed => "closed_lead",
        NoticeKind::Assigned | NoticeKind::AtRisk | NoticeKind::Breached => return None,
    };
    Some(word(name, locale))
}
