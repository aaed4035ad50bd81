//! What templates are told.

use minijinja::{Value, context};
use ticketing_core::Locale;

use super::words::{word, words};

/// What there is to say in a mail. Templates have each by its name; what is `None` is none there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Facts {
    /// What the mail is: `created`, `replied` and so on.
    pub(super) kind: &'static str,
    /// The language of the mail.
    pub(super) locale: Locale,
    /// The ticket's name.
    pub(super) label: String,
    /// What follows it in the mail's subject.
    pub(super) subject_line: Option<String>,
    /// What follows from what happened.
    pub(super) lead: Option<&'static str>,
    /// What whoever gets the mail is called.
    pub(super) recipient: Option<String>,
    /// What was said: the reply, or the reason.
    pub(super) message: Option<String>,
    /// What whoever said it is called.
    pub(super) author: Option<String>,
    /// Where the requester looks the ticket up.
    pub(super) link: Option<String>,
    /// What the ticket is about, in a line.
    pub(super) subject: Option<String>,
    /// Its priority.
    pub(super) priority: Option<String>,
    /// Its area.
    pub(super) area: Option<String>,
    /// By when it is to be resolved.
    pub(super) due: Option<String>,
    /// Until when an answer re-opens it.
    pub(super) reopens_until: Option<String>,
    /// Which target an alarm is about.
    pub(super) target: Option<&'static str>,
    /// When that is due.
    pub(super) target_due: Option<String>,
    /// How much of its time is up.
    pub(super) percent: Option<String>,
}

impl Facts {
    /// As templates see them.
    pub(super) fn value(&self) -> Value {
        let Self {
            kind,
            locale,
            label,
            subject_line,
            lead,
            recipient,
            message,
            author,
            link,
            subject,
            priority,
            area,
            due,
            reopens_until,
            target,
            target_due,
            percent,
        } = self.clone();
        let rows = self.rows();
        context! {
            t => words(locale), title => word(kind, locale), locale => locale.code(),
            kind, label, subject_line, lead, recipient, message, author, link, rows,
            subject, priority, area, due, reopens_until, target, target_due, percent,
        }
    }

    /// What is told in a table: names in the mail's language, and values.
    fn rows(&self) -> Vec<Value> {
        let rows = [
            ("label", Some(self.label.as_str())),
            ("subject", self.subject.as_deref()),
            ("priority", self.priority.as_deref()),
            ("area", self.area.as_deref()),
            ("target", self.target),
            ("percent", self.percent.as_deref()),
            ("target_due", self.target_due.as_deref()),
            ("due", self.due.as_deref()),
            ("reopens_until", self.reopens_until.as_deref()),
        ];
        let row =
            |(name, value): (&str, Option<&str>)| Some(context! { name => word(name, self.locale), value => value? });
        rows.into_iter().filter_map(row).collect()
    }

    /// A mail that has everything to say, and one that has next to nothing.
    pub(super) fn examples(kind: &'static str, locale: Locale) -> [Self; 2] {
        let text = |text: &str| Some(text.to_owned());
        let least = Self { kind, locale, label: "TKT-2026-00142".to_owned(), ..Self::default() };
        let most = Self {
            subject_line: text("No puedo acceder a mi correo"),
            lead: Some(word("replied_lead", locale)),
            recipient: text("Ana García"),
            message: text("Reinicie el equipo.\nGracias."),
            author: text("Mario Mesa"),
            link: text("https://ayuda.example.com/consulta?label=TKT-2026-00142"),
            subject: text("No puedo acceder a mi correo"),
            priority: text("ALTA"),
            area: text("MESA DE AYUDA"),
            due: text("2026-03-24 14:15 (America/Bogota)"),
            reopens_until: text("2026-04-07 14:15 (America/Bogota)"),
            target: Some(word("resolucion", locale)),
            target_due: text("2026-03-24 14:15 (America/Bogota)"),
            percent: text("80 %"),
            ..least.clone()
        };
        [most, least]
    }
}
