//! The mail server that takes the mails.

use std::{
    fmt, fs,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};

use super::{
    address,
    settings::{SettingError, SmtpSettings, SmtpTls},
};

/// Connections that wait for the next mail.
const IDLE_MAX: usize = 4;
/// For how long: servers end what is silent for minutes.
const IDLE: Duration = Duration::from_secs(30);

/// A mail server, and connections to it.
///
/// lettre's own pool takes a connection back whose exchange was cut short, and its timeout ends with connecting. Here a mail has one
/// deadline, and a connection waits for the next one only after an exchange that came to its end.
pub(super) struct Relay {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    /// What this side calls itself.
    hello: ClientId,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// What became of a mail that was not taken.
#[derive(Debug)]
pub(super) struct Failure {
    /// What was being done.
    pub(super) step: Step,
    /// It is the mail's fault: another attempt would come to the same.
    pub(super) is_final: bool,
    cause: Cause,
}

/// What a mail takes, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Connecting,
    LoggingIn,
    Sender,
    Recipient,
    Content,
}

#[derive(Debug)]
enum Cause {
    Smtp(Error),
    /// It did not come to an end in time.
    TimedOut(Duration),
    /// The address needs more than the server takes. Source: RFC 6531, 3.2.
    NotAscii,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting to the mail server",
            Self::LoggingIn => "logging in at the mail server",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Content => "handing the mail over",
        })
    }
}

/// For the log: what servers say in words has addresses in it, so that only their codes are told.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.step)?;
        match &self.cause {
            Cause::TimedOut(after) => write!(f, "no end after {} s", after.as_secs_f32()),
            Cause::NotAscii => f.write_str("the server takes no addresses beyond ASCII"),
            Cause::Smtp(error) => match error.status() {
                Some(code) => {
                    write!(f, "the server answered {code}")?;
                    enhanced_code(error).map_or(Ok(()), |code| write!(f, " {code}"))
                }
                None => error.fmt(f),
            },
        }
    }
}

impl Failure {
    /// The same with what the server said, for whoever asked for the mail.
    pub(super) fn in_full(&self) -> String {
        match &self.cause {
            Cause::Smtp(error) => format!("{}: {error}", self.step),
            Cause::TimedOut(_) | Cause::NotAscii => self.to_string(),
        }
    }

    fn later(step: Step, error: Error) -> Self {
        Self { step, is_final: false, cause: Cause::Smtp(error) }
    }

    /// What is the mail's fault where the server says that it is for good.
    fn of_mail(step: Step, error: Error) -> Self {
        // 530 and 535 ask for another login. Source: RFC 4954, 6.
        let is_login = error.status().is_some_and(|code| matches!(code.to_string().as_str(), "530" | "535"));
        Self { step, is_final: error.is_permanent() && !is_login, cause: Cause::Smtp(error) }
    }
}

/// `5.1.1`: what a server says more exactly. Source: RFC 2034, RFC 3463.
fn enhanced_code(error: &Error) -> Option<String> {
    let said = std::error::Error::source(error)?.to_string();
    let code = said.split_whitespace().next()?;
    let parts: Vec<_> = code.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(is_number)).then(|| code.to_owned())
}

impl Relay {
    /// `name`: what this side calls itself, a name by which machines know it.
    pub(super) fn new(settings: SmtpSettings, name: &str) -> Result<Self, SettingError> {
        settings.check()?;
        let tls = match settings.tls {
            SmtpTls::None => None,
            SmtpTls::StartTls | SmtpTls::Implicit => Some(tls_parameters(&settings)?),
        };
        Ok(Self { settings, tls, hello: ClientId::Domain(name.to_owned()), idle: Mutex::default() })
    }

    /// Hands a mail over; answers what the server says to it.
    pub(super) async fn send(&self, message: &Message) -> Result<String, Failure> {
        let mut step = Step::Connecting;
        let timeout = self.settings.timeout;
        let sent = tokio::time::timeout(timeout, self.exchange(message, &mut step)).await;
        sent.unwrap_or_else(|_| Err(Failure { step, is_final: false, cause: Cause::TimedOut(timeout) }))
    }

    async fn exchange(&self, message: &Message, step: &mut Step) -> Result<String, Failure> {
        let mut connection = match self.idle().await {
            Some(connection) => connection,
            None => self.connect(step).await?,
        };
        match deliver(&mut connection, message, step).await {
            Ok(response) => {
                self.keep(connection);
                Ok(response.message().collect::<Vec<_>>().join(" "))
            }
            Err(failure) => {
                // It is left in good order where the server lets it, and nobody waits for that.
                tokio::spawn(async move { tokio::time::timeout(IDLE, connection.abort()).await });
                Err(failure)
            }
        }
    }

    /// A connection that waits and still answers.
    async fn idle(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let idle = self.waiting().pop()?;
            let mut connection = idle.connection;
            if idle.since.elapsed() < IDLE && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut waiting = self.waiting();
        if waiting.len() < IDLE_MAX {
            waiting.push(Idle { connection, since: Instant::now() });
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, step: &mut Step) -> Result<AsyncSmtpConnection, Failure> {
        *step = Step::Connecting;
        let SmtpSettings { host, port, tls, login, timeout, .. } = &self.settings;
        let implicit = self.tls.clone().filter(|_| *tls == SmtpTls::Implicit);
        let server = (host.as_str(), *port);
        let connected = AsyncSmtpConnection::connect_tokio1(server, Some(*timeout), &self.hello, implicit, None).await;
        let mut connection = connected.map_err(|error| Failure::later(*step, error))?;
        if let (SmtpTls::StartTls, Some(parameters)) = (tls, &self.tls) {
            let encrypted = connection.starttls(parameters.clone(), &self.hello).await;
            encrypted.map_err(|error| Failure::later(*step, error))?;
        }
        if let Some(login) = login {
            *step = Step::LoggingIn;
            let credentials = Credentials::new(login.user.clone(), login.password.0.clone());
            let logged_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            logged_in.map_err(|error| Failure::later(*step, error))?;
        }
        Ok(connection)
    }
}

/// One mail over a connection. What a server says to each of its steps tells whose fault it is: a sender that it does not take is
/// the desk's, and all mails wait until that is put right; a recipient or a content is this mail's.
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
    step: &mut Step,
) -> Result<Response, Failure> {
    let envelope = message.envelope();
    let content = message.formatted();
    let mut parameters = Vec::new();
    *step = Step::Recipient;
    if !envelope.to().iter().all(address::is_ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure { step: *step, is_final: true, cause: Cause::NotAscii });
        }
        // A server that takes the one takes the other. Source: RFC 6531, 3.1.
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    *step = Step::Sender;
    let sender = Mail::new(envelope.from().cloned(), parameters);
    connection.command(sender).await.map_err(|error| Failure::later(*step, error))?;
    *step = Step::Recipient;
    for recipient in envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        connection.command(recipient).await.map_err(|error| Failure::of_mail(*step, error))?;
    }
    *step = Step::Content;
    connection.command(Data).await.map_err(|error| Failure::of_mail(*step, error))?;
    connection.message(&content).await.map_err(|error| Failure::of_mail(*step, error))
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SettingError> {
    let parameters = TlsParameters::builder(settings.host.clone());
    let Some(path) = &settings.ca_file else {
        return parameters.build().map_err(|error| SettingError::new("mail.tls", error.to_string()));
    };
    let wrong = |problem: &str| SettingError::new("mail.ca_file", format!("{}: {problem}", path.display()));
    let pem = fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    // A file without any reads as none.
    let has_one = pem.windows(BEGIN.len()).any(|octets| octets == BEGIN);
    let certificate = Certificate::from_pem(&pem).ok().filter(|_| has_one);
    let certificate = certificate.ok_or_else(|| wrong("it has no certificate as PEM"))?;
    parameters.add_root_certificate(certificate).build().map_err(|error| wrong(&error.to_string()))
}

/// How a certificate begins as PEM. Source: RFC 7468, 5.1.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
