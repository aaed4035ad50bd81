use serde::{Deserialize, Serialize};

use super::{Intake, NewEvent, Words};

/// What stands in the place of an address that was erased from somebody else's words, and of a name where one is shown.
pub const REDACTED: &str = "(datos borrados)";

/// What was erased of a ticket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Erased {
    /// Who asked, and all that was said: each description, reply, comment, note and reason may speak of them.
    #[serde(rename = "PERSONA")]
    Person,
    /// An address in a ticket of somebody else, wherever it stood.
    #[serde(rename = "MENCIONES")]
    Mentions,
}

/// People, known by their addresses: those of whom something is to be found.
///
/// Addresses compare in small letters, though a mail server may tell `Ana@` from `ana@`: whoever asks to be forgotten means themselves,
/// however they were written. What makes another address (`ana+desk@`) makes another one here.
pub struct Subjects<'a> {
    is_one: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Where in a ticket somebody was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Trace {
    /// They asked.
    Requester,
    /// It is theirs too, as another system says.
    Client,
    /// They are to be told.
    Cc,
    /// Another system did something on their behalf.
    OnBehalf,
    /// Somebody wrote their address, in the subject, the description, or what was said later.
    Text,
}

impl<'a> Subjects<'a> {
    /// Those of whom a question says that they are meant: it is asked of addresses in small letters.
    pub fn new(is_one: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self { is_one }
    }

    /// Where they stand in a ticket, each place once and in order.
    pub fn traces(&self, intake: &Intake, history: &[NewEvent]) -> Vec<Trace> {
        let mut traces = Vec::new();
        let mut add = |trace, is_there: bool| {
            if is_there && !traces.contains(&trace) {
                traces.push(trace);
            }
        };
        let in_text = |text: &Option<String>| text.as_deref().is_some_and(|text| self.are_in(text));
        if let Some(requester) = &intake.requester {
            add(Trace::Requester, (self.is_one)(&requester.email.key()));
            let further = [Some(&requester.name), requester.document.as_ref(), requester.company.as_ref()];
            add(Trace::Text, further.into_iter().flatten().any(|text| self.are_in(text)));
        }
        add(Trace::Client, intake.clients.iter().flatten().any(|client| self.are_in(client)));
        add(Trace::Cc, intake.cc.iter().any(|cc| self.are_in(cc)));
        for by in [&intake.created_by, &intake.described_by, &intake.due_by] {
            add(Trace::OnBehalf, in_text(by));
        }
        add(Trace::Text, in_text(&intake.subject) || in_text(&intake.description));
        for new in history {
            let trace = if new.event.changes.reworded == Some(Words::Clients) { Trace::Client } else { Trace::Text };
            add(trace, in_text(&new.text));
            add(Trace::OnBehalf, in_text(&new.on_behalf));
        }
        traces.sort_unstable();
        traces
    }

    /// What there is to erase of a ticket; `None` where nothing is.
    pub fn to_erase(&self, intake: &Intake, history: &[NewEvent]) -> Option<Erased> {
        let traces = self.traces(intake, history);
        match traces.first() {
            Some(Trace::Requester) => Some(Erased::Person),
            Some(_) => Some(Erased::Mentions),
            None => None,
        }
    }

    /// A ticket's words without them. Entries of lists that name them are gone; in a sentence, [`REDACTED`] stands for the address.
    pub fn erase_mentions(&self, intake: &mut Intake, history: &mut [NewEvent]) {
        let without = |entries: &mut Vec<String>| entries.retain(|entry| !self.are_in(entry));
        let redact = |text: &mut Option<String>| {
            if let Some(text) = text {
                self.redact(text);
            }
        };
        let forget = |by: &mut Option<String>| {
            if by.as_deref().is_some_and(|by| self.are_in(by)) {
                *by = None;
            }
        };
        if let Some(requester) = &mut intake.requester {
            self.redact(&mut requester.name);
            redact(&mut requester.document);
            redact(&mut requester.company);
        }
        if let Some(clients) = &mut intake.clients {
            without(clients);
        }
        without(&mut intake.cc);
        for by in [&mut intake.created_by, &mut intake.described_by, &mut intake.due_by] {
            forget(by);
        }
        redact(&mut intake.subject);
        redact(&mut intake.description);
        for new in history {
            match &mut new.text {
                Some(text) if new.event.changes.reworded == Some(Words::Clients) => {
                    let left: Vec<_> = text.lines().filter(|line| !self.are_in(line)).collect();
                    *text = left.join("\n");
                }
                text => redact(text),
            }
            forget(&mut new.on_behalf);
        }
    }

    /// Whether an address of theirs stands in a text.
    pub fn are_in(&self, text: &str) -> bool {
        self.find(text, 0).is_some()
    }

    fn redact(&self, text: &mut String) {
        let mut from = 0;
        while let Some((start, end)) = self.find(text, from) {
            text.replace_range(start..end, REDACTED);
            from = start.saturating_add(REDACTED.len());
        }
    }

    /// Where the next address of theirs stands in a text, in octets.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let mut signs = text.match_indices('@').map(|(at, _)| at).filter(|at| *at >= from);
        signs.find_map(|at| self.address_around(text, at))
    }

    /// The address of theirs around an at sign. Signs that an address may have before it may as well end what stands in front of it
    /// (`mailto=ana@…`), so that each beginning is tried, the longest first.
    fn address_around(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let (before, after) = (text.get(..at)?, text.get(at.checked_add(1)?..)?);
        let end_of_domain =
            after.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(after.len());
        // What ends a sentence is none of the domain's.
        let domain = after.get(..end_of_domain)?.trim_end_matches(['.', '-']);
        let end = at.checked_add(1)?.checked_add(domain.len())?;
        let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let local = before.rfind(|c: char| !is_local(c)).map_or(0, |last| {
            last.saturating_add(before.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8))
        });
        let mut starts: Vec<usize> = vec![local];
        let may_separate = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-' | '+');
        let run = before.get(local..)?;
        starts.extend(
            run.match_indices(may_separate).map(|(nth, sign)| local.saturating_add(nth).saturating_add(sign.len())),
        );
        let is_theirs = |start: &usize| {
            let address = text.get(*start..end).map(|address| address.trim_start_matches('.').to_lowercase());
            address.is_some_and(|address| (self.is_one)(&address))
        };
        starts.into_iter().find(is_theirs).map(|start| {
            let dots = text.get(start..end).map_or(0, |found| found.len() - found.trim_start_matches('.').len());
            (start.saturating_add(dots), end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmailAddress, ticket::Requester};

    const ANA: &str = "ana.garcía@example.com";

    fn is_ana(address: &str) -> bool {
        address == ANA
    }

    fn redacted(text: &str) -> String {
        let mut text = text.to_owned();
        Subjects::new(&is_ana).redact(&mut text);
        text
    }

    #[test]
    fn an_address_is_found_however_it_is_written_and_wherever_it_stands() {
        for (text, expected) in [
            ("ana.garcía@example.com", "(datos borrados)"),
            ("Escribe a ANA.GARCÍA@Example.COM.", "Escribe a (datos borrados)."),
            ("<ana.garcía@example.com>;ana.garcía@example.com", "<(datos borrados)>;(datos borrados)"),
            ("correo=ana.garcía@example.com", "correo=(datos borrados)"),
            ("'ana.garcía@example.com', ...ana.garcía@example.com", "'(datos borrados)', ...(datos borrados)"),
            ("https://x.example/?u=ana.garcía@example.com&v=1", "https://x.example/?u=(datos borrados)&v=1"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn the_address_of_somebody_else_is_left_alone() {
        for text in [
            "juana.garcía@example.com",
            "ana.garcía+mesa@example.com",
            "x-ana.garcía@example.com",
            "ana.garcía@example.com.co",
            "ana.garcía@sub.example.com",
            "ana.garcía en example.com",
            "@ @@ ana@",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn whoever_asked_is_found_before_whoever_is_named() {
        let requester = |email: &str| Requester {
            name: "Ana".into(),
            email: EmailAddress::parse(email).unwrap(),
            phone: None,
            has_whatsapp: false,
            document: None,
            company: Some("ANA.garcía@example.com".into()),
        };
        let subjects = Subjects::new(&is_ana);
        let own = Intake { requester: Some(requester("Ana.García@example.com")), ..Intake::default() };
        assert_eq!(subjects.to_erase(&own, &[]), Some(Erased::Person));
        let mut other = Intake {
            requester: Some(requester("rita@example.com")),
            clients: Some(vec!["c-17".into(), "Ana <ana.garcía@example.com>".into()]),
            cc: vec!["ana.garcía@example.com".into(), "leo@example.com".into()],
            created_by: Some(ANA.into()),
            ..Intake::default()
        };
        assert_eq!(subjects.traces(&other, &[]), [Trace::Client, Trace::Cc, Trace::OnBehalf, Trace::Text]);
        assert_eq!(subjects.to_erase(&other, &[]), Some(Erased::Mentions));
        subjects.erase_mentions(&mut other, &mut []);
        assert_eq!(subjects.to_erase(&other, &[]), None);
        assert_eq!(other.clients.as_deref(), Some(&["c-17".to_owned()][..]));
        assert_eq!(other.cc, ["leo@example.com"]);
        assert_eq!(other.requester.unwrap().company.as_deref(), Some(REDACTED));
    }
}
