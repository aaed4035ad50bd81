//! A mail, and the message that it becomes.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use ticketing_core::{TicketId, Timestamp, Uuid};

/// Most characters of a header that somebody has written: a line of a message has 998 octets at most, and a subject is to be read
/// at a glance. Source: RFC 5322, 2.1.1.
const HEADER_CHARS_MAX: usize = 150;
/// What stands between the parts. It cannot occur in them: in quoted-printable, no `_` follows a `=`. Source: RFC 2045, 6.7.
const BOUNDARY: &str = "=_ticketing_=";

/// A mail to one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Letter {
    /// What they are called.
    pub(super) name: Option<String>,
    /// Their address.
    pub(super) to: Address,
    /// The message's own name: the same each time that it is sent.
    pub(super) id: MessageId,
    /// It answers something that somebody has mailed.
    pub(super) is_answer: bool,
    /// When what it tells of happened.
    pub(super) at: Timestamp,
    /// Its subject, on one line.
    pub(super) subject: String,
    /// What it says.
    pub(super) text: String,
    /// The same in HTML.
    pub(super) html: String,
}

/// Who all mails are from.
#[derive(Clone, Debug)]
pub(super) struct Letterhead {
    /// The sender.
    pub(super) from: (Option<String>, Address),
    /// Where answers go.
    pub(super) reply_to: Option<(Option<String>, Address)>,
}

/// What a message is known by. Those of a ticket are one thread: each but the first names the first, whether its reader was ever
/// sent that or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum MessageId {
    /// Of an event; to the requester, or to an agent.
    OfEvent { ticket: TicketId, seq: u32, agent: Option<Uuid> },
    /// Of nothing that happened.
    Single(Uuid),
}

impl MessageId {
    fn printed(self, domain: &str) -> String {
        match self {
            Self::OfEvent { ticket, seq, agent: None } => format!("<{ticket}.{seq}@{domain}>"),
            Self::OfEvent { ticket, seq, agent: Some(agent) } => format!("<{ticket}.{seq}.{agent}@{domain}>"),
            Self::Single(id) => format!("<{id}@{domain}>"),
        }
    }

    /// The first of its thread, where it is another one.
    fn first(self) -> Option<Self> {
        let Self::OfEvent { ticket, .. } = self else { return None };
        let first = Self::OfEvent { ticket, seq: 1, agent: None };
        (first != self).then_some(first)
    }
}

impl Letter {
    /// As it goes over the wire: text and HTML beside it, and what keeps machines from answering.
    pub(super) fn message(&self, head: &Letterhead) -> Result<Message, lettre::error::Error> {
        let domain = head.from.1.domain();
        let since_epoch = Duration::from_millis(self.at.unix_millis().unsigned_abs());
        let envelope = Envelope::new(Some(head.from.1.clone()), vec![self.to.clone()])?;
        let mut message = Message::builder()
            .date(UNIX_EPOCH + since_epoch)
            .from(mailbox(head.from.0.as_deref(), &head.from.1))
            .to(mailbox(self.name.as_deref(), &self.to))
            .subject(header(&self.subject))
            .message_id(Some(self.id.printed(domain)))
            .envelope(envelope);
        if let Some((name, address)) = &head.reply_to {
            message = message.reply_to(mailbox(name.as_deref(), address));
        }
        if let Some(first) = self.id.first() {
            let first = first.printed(domain);
            message = message.in_reply_to(first.clone()).references(first);
        }
        // The first is RFC 3834's (5), the other one Exchange's. No `Precedence: bulk`: nobody is on a list, and filters take it
        // for one.
        let submitted = if self.is_answer { "auto-replied" } else { "auto-generated" };
        for (name, value) in [("Auto-Submitted", submitted), ("X-Auto-Response-Suppress", "All")] {
            message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
        }
        let parts = MultiPart::alternative()
            .boundary(BOUNDARY)
            .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        message.multipart(parts)
    }
}

fn mailbox(name: Option<&str>, address: &Address) -> Mailbox {
    Mailbox::new(name.map(header).filter(|name| !name.is_empty()), address.clone())
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    // Every line end becomes CRLF: one octet of it alone is none, and some servers take it for one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text)
}

/// A text that may stand in a header: one line, without controls, not too long, and nothing in it that reads as encoded already.
pub(super) fn header(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?");
    match line.char_indices().nth(HEADER_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letter(name: &str, subject: &str, text: &str) -> Letter {
        Letter {
            name: Some(name.to_owned()),
            to: "ana@example.com".parse().unwrap(),
            id: MessageId::OfEvent { ticket: TicketId(Uuid::from_u128(7)), seq: 3, agent: None },
            is_answer: false,
            at: Timestamp::parse("2026-03-24T10:15:00Z").unwrap(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: format!("<p>{}</p>", text.replace('<', "&lt;")),
        }
    }

    fn head() -> Letterhead {
        Letterhead { from: (Some("Mesa, S.A.".into()), "mesa@ayuda.example".parse().unwrap()), reply_to: None }
    }

    fn formatted(letter: &Letter) -> String {
        String::from_utf8(letter.message(&head()).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_message_in_full() {
        let letter = letter("Ana García", "[TKT-2026-00142] No puedo acceder", "Reinicie.\n.\nÑandú\r\nFin\rya");
        insta::assert_snapshot!(formatted(&letter).replace("\r\n", "\n"));
    }

    #[test]
    fn the_messages_of_a_ticket_name_its_first() {
        let ticket = TicketId(Uuid::from_u128(7));
        let of = |seq, agent| MessageId::OfEvent { ticket, seq, agent };
        assert_eq!(of(1, None).first(), None);
        assert_eq!(of(2, None).first(), Some(of(1, None)));
        assert_eq!(of(1, Some(Uuid::nil())).first(), Some(of(1, None)));
        assert_eq!(MessageId::Single(Uuid::nil()).first(), None);
    }

    proptest! {
        /// Source: RFC 5322, 2.1.1 and 2.2; RFC 5321, 4.5.2 is the transport's.
        #[test]
        fn prop_whatever_somebody_writes_is_no_header_and_no_part(
            name in "[\\PC\\u{0}-\\u{A0}]{0,200}", subject in "[\\PC\r\n=?]{0,600}", text in "([\\PC\r\n]|--=_ticketing_=|=\r?\n_){0,90}",
        ) {
            let message = formatted(&letter(&name, &subject, &text));
            let (headers, body) = message.split_once("\r\n\r\n").unwrap();
            let names: Vec<_> = headers
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split_once(':').unwrap().0)
                .collect();
            prop_assert_eq!(names, [
                "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
                "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
            ]);
            prop_assert_eq!(body.lines().filter(|line| line.starts_with("--=_ticketing_=")).count(), 3);
            prop_assert!(message.is_ascii());
            for line in message.split("\r\n") {
                prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line}");
            }
        }
    }
}
