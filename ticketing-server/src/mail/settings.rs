//! What a deployment says about mail: the server that takes it, who it is from, and where its links lead.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;
use ticketing_core::{EmailAddress, Locale, TicketLabel};
use url::Url;

use super::address;

/// Everything that there is to say about mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The server that takes the mails.
    pub smtp: SmtpSettings,
    /// How they are written.
    pub letters: LetterSettings,
}

/// How mails are written.
#[derive(Clone, Debug)]
pub struct LetterSettings {
    /// Who they are from.
    pub from: Sender,
    /// Where answers go; `None`: to `from`.
    pub reply_to: Option<Sender>,
    /// Where the service is on the web.
    pub public_url: PublicUrl,
    /// The language of all mails: tickets do not keep their requester's.
    pub locale: Locale,
    /// A directory of templates that take the place of the built-in ones.
    pub templates: Option<PathBuf>,
}

/// A server that takes mail for everybody.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What keeps others from reading along.
    pub tls: SmtpTls,
    /// Who logs in; `None`: nobody.
    pub login: Option<SmtpLogin>,
    /// A file of certificates, as PEM, of authorities that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How long it may take a server to take a mail, from the connection to the last answer.
    pub timeout: Duration,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SmtpTls {
    /// From a command on that is sent in the clear; a server that does not take it is given nothing.
    #[default]
    StartTls,
    /// From the first octet.
    Implicit,
    /// Not at all.
    None,
}

/// Who logs in at a mail server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SmtpLogin {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SmtpPassword,
}

/// A password at a mail server. It does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpPassword(pub String);

impl fmt::Debug for SmtpPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// A setting that makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingError {
    /// Its name in the settings file.
    pub key: &'static str,
    /// What is wrong. It shows no password.
    pub problem: String,
}

impl SettingError {
    pub(super) fn new(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, problem: problem.into() }
    }
}

impl SmtpTls {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::StartTls, Self::Implicit, Self::None];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        }
    }

    /// The way of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tls| tls.name() == name)
    }

    /// The port that is meant where none is said. Source: RFC 8314, 3.3; RFC 6409, 3.1; RFC 5321, 4.5.4.2.
    pub const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

impl SmtpSettings {
    /// How long a mail may take where nobody says so.
    pub const TIMEOUT: Duration = Duration::from_mins(1);

    /// A server at its usual port, without login.
    pub fn new(host: impl Into<String>, tls: SmtpTls) -> Self {
        Self { host: host.into(), port: tls.port(), tls, login: None, ca_file: None, timeout: Self::TIMEOUT }
    }

    /// Reads `smtps://user:password@host:465`, encrypted from the first octet, or `smtp://user:password@host:587`, encrypted by
    /// STARTTLS; `smtp://host:25?tls=none` is not encrypted. Signs in user and password that mean something in a URL are
    /// percent-encoded.
    ///
    /// # Errors
    /// What is wrong, without what was given: there may be a password in it.
    pub fn from_url(url: &str) -> Result<Self, SettingError> {
        let wrong = |problem: &str| SettingError::new("mail.smtp", problem);
        let url = Url::parse(url)
            .map_err(|error| wrong(&format!("{error}: write a URL, such as smtps://user:password@host:465")))?;
        let mut tls = match url.scheme() {
            "smtps" => SmtpTls::Implicit,
            "smtp" => SmtpTls::StartTls,
            _ => return Err(wrong("the URL begins with smtps:// or smtp://")),
        };
        for (name, value) in url.query_pairs() {
            let named = SmtpTls::from_name(&value).filter(|_| name == "tls" && tls != SmtpTls::Implicit);
            tls = named
                .ok_or_else(|| wrong("after the `?`, smtp:// takes tls=starttls or tls=none, smtps:// nothing"))?;
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("the URL names no host"))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong("nothing follows the host and port of the URL but `?tls=`"));
        }
        let decoded = |text: &str| match percent_decode_str(text).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(wrong("user and password of the URL are not UTF-8")),
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                Some(SmtpLogin { user: decoded(user)?, password: SmtpPassword(decoded(password.unwrap_or_default())?) })
            }
        };
        // An IPv6 address stands in brackets in a URL, and nowhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { port: url.port().unwrap_or(tls.port()), login, ..Self::new(host, tls) })
    }

    /// Says what makes no sense together.
    pub(super) fn check(&self) -> Result<(), SettingError> {
        if self.host.is_empty() || self.host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
            return Err(SettingError::new("mail.host", "write the name of a mail server, such as smtp.example.com"));
        }
        if self.timeout.is_zero() {
            return Err(SettingError::new("mail.timeout_seconds", "no server answers in no time"));
        }
        let Some(login) = &self.login else { return Ok(()) };
        if login.password.0.is_empty() {
            let problem = "somebody who logs in needs a password: mail.password_file, or TICKETING_SMTP_PASSWORD";
            return Err(SettingError::new("mail.password_file", problem));
        }
        let is_here = self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if self.tls == SmtpTls::None && !is_here {
            return Err(SettingError::new("mail.tls", "a password is not sent to another machine without encryption"));
        }
        Ok(())
    }
}

/// An address that mails come from or are answered to, with a name or without: `Mesa de Ayuda <mesa@example.com>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// What mail programs show.
    pub name: Option<String>,
    /// The address: ASCII before its `@`, because not every server takes others.
    pub address: EmailAddress,
}

/// A text that is no [`Sender`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{text}” is no sender: write an address, or “Mesa de Ayuda <mesa@example.com>”: {problem}")]
pub struct InvalidSender {
    text: String,
    problem: String,
}

impl FromStr for Sender {
    type Err = InvalidSender;

    fn from_str(text: &str) -> Result<Self, InvalidSender> {
        let invalid = |problem: String| InvalidSender { text: text.to_owned(), problem };
        let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if name.contains(char::is_control) {
            return Err(invalid("its name has a control character".to_owned()));
        }
        let address = EmailAddress::parse(address).map_err(|error| invalid(error.to_string()))?;
        let ascii = address::of(&address).map_err(|error| invalid(error.to_string()))?;
        if !address::is_ascii(&ascii) {
            return Err(invalid("before the @ of a sender stands ASCII: not every server takes others".to_owned()));
        }
        Ok(Self { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address })
    }
}

/// Where the service is on the web: `https://ayuda.example.com`, or below a path of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicUrl(Url);

/// A text that is no [`PublicUrl`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” is no address of a service: write such as https://ayuda.example.com, without `?`, `#` or a user")]
pub struct InvalidPublicUrl(String);

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let invalid = || InvalidPublicUrl(text.to_owned());
        let mut url = Url::parse(text.trim()).map_err(|_| invalid())?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !is_plain || url.password().is_some() {
            return Err(invalid());
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl PublicUrl {
    /// Where a ticket is looked up: with its label filled in, and never with an address.
    pub fn look_up(&self, label: TicketLabel) -> String {
        format!("{}consulta?label={label}", self.0)
    }

    /// The name of the machine, or its address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> (String, u16, SmtpTls, Option<(String, String)>) {
        let SmtpSettings { host, port, tls, login, .. } = SmtpSettings::from_url(url).unwrap();
        (host, port, tls, login.map(|login| (login.user, login.password.0)))
    }

    #[test]
    fn a_url_says_server_encryption_and_login_and_is_encrypted_unless_it_says_otherwise() {
        let login = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        let host = || "mail.example.com".to_owned();
        assert_eq!(
            read("smtps://ana%40example.com:a%2Fb%3Ac+%C3%B1@mail.example.com"),
            (host(), 465, SmtpTls::Implicit, login("ana@example.com", "a/b:c+ñ"))
        );
        assert_eq!(read("smtp://mail.example.com"), (host(), 587, SmtpTls::StartTls, None));
        assert_eq!(read("smtp://ana@mail.example.com:2525/"), (host(), 2525, SmtpTls::StartTls, login("ana", "")));
        assert_eq!(read("smtp://[::1]?tls=none"), ("::1".to_owned(), 25, SmtpTls::None, None));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_password() {
        for url in [
            "mail.example.com",
            "http://u:secreto@mail.example.com",
            "smtps://u:secreto@mail.example.com:99999",
            "smtps://u:secreto@mail.example.com?tls=none",
            "smtp://u:secreto@mail.example.com?tls=maybe",
            "smtp://u:secreto@mail.example.com?secreto=1",
            "smtp://u:secreto@mail.example.com/secreto",
            "smtp://u:secreto%ff@mail.example.com",
            "smtp://",
        ] {
            let error = SmtpSettings::from_url(url).unwrap_err();
            assert_eq!(error.key, "mail.smtp", "{url}");
            assert!(!error.to_string().contains("secreto"), "{error}");
        }
    }

    #[test]
    fn a_password_shows_nowhere() {
        let settings = SmtpSettings::from_url("smtps://ana:secreto@mail.example.com").unwrap();
        assert!(format!("{settings:?}").contains("••••••"));
        assert!(!format!("{settings:#?}").contains("secreto"));
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear_but_to_this_machine() {
        let key = |url: &str| SmtpSettings::from_url(url).unwrap().check().map_err(|error| error.key);
        assert_eq!(key("smtp://ana:x@mail.example.com?tls=none"), Err("mail.tls"));
        assert_eq!(key("smtp://ana:x@127.0.0.1?tls=none"), Ok(()));
        assert_eq!(key("smtp://ana:x@[::1]?tls=none"), Ok(()));
        assert_eq!(key("smtp://mail.example.com?tls=none"), Ok(()));
        assert_eq!(key("smtp://ana@mail.example.com"), Err("mail.password_file"));
    }

    #[test]
    fn a_sender_has_an_address_and_may_have_a_name() {
        let sender = |text: &str| text.parse::<Sender>().map(|sender| (sender.name, String::from(sender.address)));
        let named = |name: &str, address: &str| Ok((Some(name.to_owned()), address.to_owned()));
        assert_eq!(sender("mesa@example.com"), Ok((None, "mesa@example.com".to_owned())));
        assert_eq!(sender("Mesa de Ayuda <mesa@example.com>"), named("Mesa de Ayuda", "mesa@example.com"));
        assert_eq!(sender("\"Ayuda, S.A.\" <mesa@compañía.example>"), named("Ayuda, S.A.", "mesa@compañía.example"));
        for wrong in [
            "Mesa",
            "Mesa <mesa>",
            "Me\r\nsa <mesa@example.com>",
            "mesa@example.com, x@example.com",
            "añil@example.com",
        ] {
            assert!(sender(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_has_the_label_and_stays_below_the_service() {
        let label = "TKT-2026-00142".parse().unwrap();
        let link = |text: &str| text.parse::<PublicUrl>().map(|url| url.look_up(label));
        assert_eq!(
            link("https://ayuda.example.com").unwrap(),
            "https://ayuda.example.com/consulta?label=TKT-2026-00142"
        );
        assert_eq!(
            link("http://x.example:8080/mesa").unwrap(),
            "http://x.example:8080/mesa/consulta?label=TKT-2026-00142"
        );
        for wrong in [
            "ayuda.example.com",
            "ftp://x.example",
            "https://a:b@x.example",
            "https://x.example/?a",
            "https://x.example#a",
        ] {
            assert!(link(wrong).is_err(), "{wrong}");
        }
    }
}
