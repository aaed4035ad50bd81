//! `[mail]` of the settings, and what there is to try about mail.

use std::{fmt, fs, num::NonZeroU64, path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Deserializer, de};
use ticketing_core::{EmailAddress, Locale};

use super::{Config, Database, block_on, serve::given, ticket};
use crate::{
    clock::{Clock, SystemClock},
    mail::{
        LetterSettings, MailSettings, NotSent, Postman, Preview, PreviewedMail, PublicUrl, Sender, SettingError,
        SmtpLogin, SmtpPassword, SmtpSettings, SmtpTls,
    },
};

/// What the settings file says about mail. Without a server in it there is none.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MailSection {
    /// The server as a URL; or the five that follow. Read later, because an error here would show the line with its password.
    smtp: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    #[serde(deserialize_with = "parsed")]
    tls: Option<Tls>,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    timeout_seconds: Option<NonZeroU64>,
    #[serde(deserialize_with = "parsed")]
    from: Option<Sender>,
    #[serde(deserialize_with = "parsed")]
    reply_to: Option<Sender>,
    #[serde(deserialize_with = "parsed")]
    public_url: Option<PublicUrl>,
    locale: Option<Locale>,
    templates: Option<PathBuf>,
}

/// It has passwords in it.
impl fmt::Debug for MailSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSection").field("from", &self.from).field("host", &self.host).finish_non_exhaustive()
    }
}

struct Tls(SmtpTls);

impl FromStr for Tls {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        SmtpTls::from_name(text).map(Self).ok_or_else(|| anyhow!("“{text}” is none of starttls, implicit and none"))
    }
}

fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map(Some).map_err(de::Error::custom)
}

impl MailSection {
    /// Whoever carries the mails; `None` where there is no mail.
    pub(super) fn postman(&self) -> anyhow::Result<Option<Postman>> {
        let Some(smtp) = self.smtp()? else {
            anyhow::ensure!(
                !self.says_anything(),
                missing("mail.smtp", "the server, such as smtps://user:password@host:465")
            );
            return Ok(None);
        };
        let settings = MailSettings { smtp, letters: self.letters()? };
        Ok(Some(Postman::new(settings)?))
    }

    fn says_anything(&self) -> bool {
        let Self { port, tls, user, password, password_file, ca_file, timeout_seconds, .. } = self;
        let of_server = port.is_some() || tls.is_some() || user.is_some() || password.is_some();
        let of_letters = self.from.is_some() || self.reply_to.is_some() || self.public_url.is_some();
        of_server
            || of_letters
            || password_file.is_some()
            || ca_file.is_some()
            || timeout_seconds.is_some()
            || self.locale.is_some()
            || self.templates.is_some()
    }

    /// How mails are written; `from` and `public_url` have no default.
    fn letters(&self) -> anyhow::Result<LetterSettings> {
        let from =
            self.from.clone().ok_or_else(|| missing("mail.from", "who mails are from: Mesa <mesa@example.com>"))?;
        let public_url = self.public_url.clone();
        let public_url =
            public_url.ok_or_else(|| missing("mail.public_url", "where the service is: https://ayuda.example.com"))?;
        Ok(LetterSettings {
            from,
            reply_to: self.reply_to.clone(),
            public_url,
            locale: self.locale.unwrap_or_default(),
            templates: self.templates.clone(),
        })
    }

    fn smtp(&self) -> anyhow::Result<Option<SmtpSettings>> {
        let url = given("TICKETING_SMTP")?;
        let mut smtp = match (url.as_ref().or(self.smtp.as_ref()), &self.host) {
            (Some(url), None) => {
                anyhow::ensure!(
                    self.port.is_none() && self.tls.is_none() && self.user.is_none(),
                    "mail.smtp: the URL has port, tls and user in it; name them there or with mail.host"
                );
                SmtpSettings::from_url(url)?
            }
            (None, Some(host)) => {
                let tls = self.tls.as_ref().map(|tls| tls.0).unwrap_or_default();
                let smtp = SmtpSettings::new(host, tls);
                let login = self.user.clone().map(|user| SmtpLogin { user, password: SmtpPassword(String::new()) });
                SmtpSettings { port: self.port.unwrap_or(smtp.port), login, ..smtp }
            }
            (Some(_), Some(_)) => bail!("mail.host: mail.smtp names the host already"),
            (None, None) => return Ok(None),
        };
        if let Some(password) = self.password()? {
            let login = smtp.login.as_mut();
            login.ok_or_else(|| missing("mail.user", "whose password it is"))?.password = password;
        }
        smtp.ca_file.clone_from(&self.ca_file);
        smtp.timeout = self.timeout_seconds.map_or(smtp.timeout, |seconds| Duration::from_secs(seconds.get()));
        Ok(Some(smtp))
    }

    /// From the environment, else from a file of its own, else from the settings.
    fn password(&self) -> anyhow::Result<Option<SmtpPassword>> {
        if let Some(password) = given("TICKETING_SMTP_PASSWORD")? {
            return Ok(Some(SmtpPassword(password)));
        }
        let Some(path) = &self.password_file else { return Ok(self.password.clone().map(SmtpPassword)) };
        anyhow::ensure!(self.password.is_none(), "mail.password_file: mail.password says the password already");
        let password = fs::read_to_string(path);
        let password = password.with_context(|| format!("mail.password_file: {} cannot be read", path.display()))?;
        Ok(Some(SmtpPassword(password.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

fn missing(key: &'static str, what: &str) -> SettingError {
    SettingError { key, problem: format!("it is missing: {what}") }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Send a mail that says that mail works, or say exactly what went wrong.
    Test(Test),
    /// Show the mails about what has happened to a ticket, as they would be sent. Nothing is.
    Preview(Previewed),
}

#[derive(Args)]
pub(super) struct Test {
    /// To whom.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub(super) struct Previewed {
    /// The ticket's label, as people type it.
    label: String,
    /// Only about this event; its number, as `ticket history` tells it.
    #[arg(long, value_name = "NUMBER")]
    event: Option<u32>,
    /// What of them.
    #[arg(long, value_name = "PART", default_value = "text")]
    part: PreviewPart,
    #[command(flatten)]
    database: Database,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PreviewPart {
    /// The subject and the text.
    Text,
    /// The HTML alone.
    Html,
    /// Everything, as it goes over the wire.
    Message,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Test(command) => command.run(),
            Self::Preview(command) => command.run(),
        }
    }
}

impl Test {
    fn run(self) -> anyhow::Result<()> {
        let to = EmailAddress::parse(&self.to).with_context(|| format!("“{}” is no address", self.to))?;
        let settings = self.config.read()?;
        let postman = settings.mail.postman()?;
        let postman =
            postman.ok_or_else(|| missing("mail.smtp", "the server, such as smtps://user:password@host:465"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match runtime.block_on(postman.test(&to, SystemClock.now())) {
            Ok(answer) => println!("the mail server has taken it: {answer}"),
            Err(NotSent { reason, said, .. }) => bail!("{}", said.unwrap_or(reason)),
        }
        Ok(())
    }
}

impl Previewed {
    fn run(self) -> anyhow::Result<()> {
        let preview = Preview::new(self.database.config.read()?.mail.letters()?)?;
        let (engine, id) = ticket::find(&self.database, &self.label)?;
        let last = block_on(engine.ticket(id))?.version;
        let events = self.event.map_or(1..=last, |event| event..=event);
        let mut mails = Vec::new();
        for seq in events {
            mails.extend(block_on(preview.mails(&engine, id, seq))?);
        }
        anyhow::ensure!(!mails.is_empty(), "nobody is sent a mail about that");
        let shown = mails.into_iter().map(|PreviewedMail { subject, text, html, message, .. }| match self.part {
            PreviewPart::Text => format!("{subject}\n\n{text}"),
            PreviewPart::Html => html,
            PreviewPart::Message => message,
        });
        print!("{}", shown.collect::<Vec<_>>().join("----\n"));
        Ok(())
    }
}
