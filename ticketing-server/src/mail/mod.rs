//! Mails about what happens to tickets: the requester hears of the creation, of replies and of the end, agents of assignments and
//! alarms. Who is told what is the core's to say ([`Ticket::notices`](ticketing_core::Ticket::notices)).
//!
//! - [`MailSettings`]: the server that takes the mails, who they are from, their templates.
//! - [`Postman`]: carries what an entry of the feed has to tell. At least once: each mail has one `Message-ID` however often it is
//!   sent, and whoever was reached is not written to again for as long as the process lives.
//!
//! Nothing here logs an address, a name or what a mail says.

mod address;
mod carrier;
mod clerk;
mod facts;
mod letter;
mod relay;
mod settings;
mod templates;
mod words;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Mutex, PoisonError},
};

use ticketing_core::{EmailAddress, TicketId, Timestamp};

pub use self::{
    carrier::{MAIL, MailCarrier, MailServer},
    settings::{
        InvalidPublicUrl, InvalidSender, LetterSettings, MailSettings, PublicUrl, Sender, SettingError, SmtpLogin,
        SmtpPassword, SmtpSettings, SmtpTls,
    },
    templates::TemplateError,
};
use self::{
    clerk::{Clerk, ClerkError, Written},
    letter::{Letter, MessageId},
    relay::Relay,
};
use crate::{
    Engine,
    store::{FeedEntry, Store, StoreError},
};

/// Writes the mails about what happens to tickets, and hands them to a mail server.
pub struct Postman {
    clerk: Clerk,
    relay: Relay,
    /// Of events that are to be carried again, what was taken already.
    taken: Mutex<HashMap<(TicketId, u32), HashSet<MessageId>>>,
}

/// What became of what an event has to tell. Reasons have no personal data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Carried {
    /// All of it was taken by the mail server.
    Delivered,
    /// There was nobody to tell.
    Nothing,
    /// Some of it was not taken, and may be later.
    Retry(String),
    /// Some of it will never be taken. The rest was.
    Refused(String),
}

/// Why there is no mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A setting makes no sense.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A template cannot be used.
    #[error("mail.templates: {0}")]
    Template(TemplateError),
}

impl From<ClerkError> for MailError {
    fn from(error: ClerkError) -> Self {
        match error {
            ClerkError::Setting(error) => error.into(),
            ClerkError::Template(error) => Self::Template(error),
        }
    }
}

/// Nothing of what it knows.
impl fmt::Debug for Postman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postman")
    }
}

impl Postman {
    /// Reads the templates and the certificates, and connects to nobody yet.
    ///
    /// # Errors
    /// [`MailError`] for settings that make no sense, and for templates that cannot be used.
    pub fn new(settings: MailSettings) -> Result<Self, MailError> {
        let clerk = Clerk::new(settings.letters)?;
        let relay = Relay::new(settings.smtp, clerk.public_url().host())?;
        Ok(Self { clerk, relay, taken: Mutex::default() })
    }

    /// Sends all mails about an entry of the feed. It may be called again for the same entry, also by another process: that sends
    /// the same messages.
    pub async fn carry<S: Store>(&self, engine: &Engine<S>, entry: &FeedEntry) -> Carried {
        let key = (entry.id, entry.event.seq);
        let written = match self.clerk.write(engine, entry.id, entry.event.seq).await {
            Ok(written) => written,
            Err(error @ StoreError::Damaged(_)) => return Carried::Refused(error.to_string()),
            Err(error) => return Carried::Retry(error.to_string()),
        };
        if written.is_empty() {
            return Carried::Nothing;
        }
        let (mut later, mut never) = (None, None);
        for Written { notice, letter } in written {
            let sent = match letter {
                Ok(letter) if self.is_taken(key, letter.id) => continue,
                Ok(letter) => self.send(&letter).await.map(|_| letter.id),
                Err(error) => Err(NotSent { is_final: true, reason: error.to_string(), said: None }),
            };
            match sent {
                Ok(id) => self.note_taken(key, id),
                Err(NotSent { is_final, reason, .. }) => {
                    let (ticket, notice) = (entry.label, notice.kind.name());
                    tracing::warn!(ticket.label = %ticket, notice, is_final, reason, "a mail was not taken");
                    let outcome = if is_final { &mut never } else { &mut later };
                    outcome.get_or_insert(format!("{notice}: {reason}"));
                }
            }
        }
        if let Some(reason) = later {
            return Carried::Retry(reason);
        }
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        never.map_or(Carried::Delivered, Carried::Refused)
    }

    /// Sends a mail that is about nothing; answers what the mail server said to it.
    ///
    /// # Errors
    /// What went wrong, in the mail server's own words.
    pub async fn test(&self, to: &EmailAddress, now: Timestamp) -> Result<String, NotSent> {
        let letter = self.clerk.test(to, now);
        let letter = letter.map_err(|error| NotSent { is_final: true, reason: error.to_string(), said: None })?;
        self.send(&letter).await
    }

    async fn send(&self, letter: &Letter) -> Result<String, NotSent> {
        let message = letter.message(&self.clerk.head);
        let message = message.map_err(|error| NotSent { is_final: true, reason: error.to_string(), said: None })?;
        self.relay.send(&message).await.map_err(|failure| NotSent {
            is_final: failure.is_final,
            reason: failure.to_string(),
            said: Some(failure.in_full()),
        })
    }

    fn is_taken(&self, key: (TicketId, u32), id: MessageId) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(&key).is_some_and(|taken| taken.contains(&id))
    }

    fn note_taken(&self, key: (TicketId, u32), id: MessageId) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().insert(id);
    }
}

/// A mail that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotSent {
    /// Another attempt would come to the same.
    pub is_final: bool,
    /// Why, without personal data.
    pub reason: String,
    /// What the mail server said; it may have addresses in it.
    pub said: Option<String>,
}

/// Mails as they would be sent, for whoever writes templates.
pub struct Preview(Clerk);

/// A mail as it would be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewedMail {
    /// What it is: `created`, `replied` and so on.
    pub kind: &'static str,
    /// Its headers and its content, as they go over the wire.
    pub message: String,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

impl Preview {
    /// Reads the templates.
    ///
    /// # Errors
    /// [`MailError`] for settings that make no sense, and for templates that cannot be used.
    pub fn new(settings: LetterSettings) -> Result<Self, MailError> {
        Ok(Self(Clerk::new(settings)?))
    }

    /// The mails about an event of a ticket. Such as cannot be written are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mails<S: Store>(
        &self,
        engine: &Engine<S>,
        id: TicketId,
        seq: u32,
    ) -> Result<Vec<PreviewedMail>, StoreError> {
        let written = self.0.write(engine, id, seq).await?;
        let mail = |Written { notice, letter }: Written| {
            let letter = letter.ok()?;
            let message = letter.message(&self.0.head).ok()?.formatted();
            let message = String::from_utf8_lossy(&message).into_owned();
            let Letter { subject, text, html, .. } = letter;
            Some(PreviewedMail { kind: notice.kind.name(), message, subject, text, html })
        };
        Ok(written.into_iter().filter_map(mail).collect())
    }
}
