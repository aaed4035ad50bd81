use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;
use clap::Subcommand;
use comfy_table::{Table, presets};
use serde_json::json;
use ticketing_core::{FormError, Locale, Seconds, TimeDelta, Timestamp, Token, token::NewToken};

use super::{Database, block_on};
use crate::{Authority, Engine, api::auth::AccessToken, store::AnyStore};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a token for another system and print it, this once.
    Create {
        /// What people call it.
        #[arg(long)]
        name: String,
        /// What it may do, separated by commas: tickets:read, tickets:write, subscriptions.
        #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPES")]
        scopes: Vec<String>,
        /// When it ends: after hours, days or weeks (12h, 90d, 4w), or with the start of a day in UTC (2027-01-31). [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<Expiry>,
        #[command(flatten)]
        database: Database,
    },
    /// List the tokens, those that are valid first, by name.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Revoke a token. Running servers refuse it within a second.
    Revoke {
        /// Its name, its prefix or its id.
        token: String,
        #[command(flatten)]
        database: Database,
    },
}

/// When a token is to expire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expiry {
    After(TimeDelta),
    At(Timestamp),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { name, scopes, expires, database } => {
                let engine = engine(&database)?;
                let now = engine.now();
                let expires_at = expires.map(|expires| expires.from(now).to_string());
                let form = json!({ "nombre": name, "alcances": scopes, "expira_en": expires_at });
                let (token, secret) = block_on(engine.create_token(new_token(&form, now)?, &Authority::Operator))?;
                // By itself on stdout, for scripts.
                println!("{}", secret.reveal());
                let until = token.expires_at.map_or("revoked".to_owned(), |instant| instant.seconds().to_string());
                eprintln!("{} may use {} until {until}; this token is not shown again", token.name, token.scopes);
                Ok(())
            }
            Self::List { json, database } => list(&engine(&database)?, json),
            Self::Revoke { token, database } => {
                let engine = engine(&database)?;
                let tokens = block_on(engine.tokens())?;
                let token = find(&tokens, &token, engine.now())?;
                block_on(engine.revoke_token(token.id, &Authority::Operator))?;
                println!("{} ({}) says nothing any more", token.name, token.prefix);
                Ok(())
            }
        }
    }
}

impl Expiry {
    fn from(self, now: Timestamp) -> Timestamp {
        match self {
            // What no calendar has is too far off anyhow.
            Self::After(time) => now.checked_add(time).unwrap_or(Timestamp::MAX),
            Self::At(instant) => instant,
        }
    }
}

impl FromStr for Expiry {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        time(text).map(Self::After).or_else(|| start_of_day(text).map(Self::At)).ok_or_else(|| {
            anyhow!(
                "“{text}” is no time: write hours, days or weeks, such as 12h, 90d or 4w, or a date, such as 2027-01-31"
            )
        })
    }
}

/// `12h`, `90d`, `4w`.
fn time(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().next_back().filter(char::is_ascii_alphabetic)?;
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    // More than fits is more than there may be.
    let number = if number.is_empty() { return None } else { number.parse().unwrap_or(u32::MAX) };
    match unit {
        'h' => TimeDelta::try_hours(number.into()),
        'd' => TimeDelta::try_days(number.into()),
        'w' => TimeDelta::try_weeks(number.into()),
        _ => None,
    }
}

fn start_of_day(text: &str) -> Option<Timestamp> {
    let midnight = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?;
    Timestamp::from_unix_millis(midnight.and_utc().timestamp_millis()).ok()
}

/// A new token of a form in JSON, or all that is wrong with it, for people.
fn new_token(form: &serde_json::Value, now: Timestamp) -> anyhow::Result<NewToken> {
    NewToken::from_json(form.to_string().as_bytes(), now).map_err(|error| match error {
        FormError::Invalid(violations) => anyhow!("{}", violations.summary(Locale::En)),
        error @ FormError::Malformed(_) => error.into(),
    })
}

fn engine(database: &Database) -> anyhow::Result<Engine<AnyStore>> {
    block_on(Engine::start(database.existing()?)).context("the database cannot be used")
}

/// The token that somebody means. Of several with one name, the one that is valid is meant.
fn find<'t>(tokens: &'t [Token], meant: &str, now: Timestamp) -> anyhow::Result<&'t Token> {
    let (text, key) = (meant.trim(), Token::key_of(meant));
    let is_meant = |token: &&Token| {
        token.prefix == text || token.id.0.to_string().eq_ignore_ascii_case(text) || token.name_key() == key
    };
    let found: Vec<_> = tokens.iter().filter(is_meant).collect();
    let valid: Vec<_> = found.iter().filter(|token| token.is_valid(now)).copied().collect();
    match (valid.as_slice(), found.as_slice()) {
        ([token], _) | ([], [token]) => Ok(token),
        ([], []) => bail!("there is no token “{text}”: `ticketing-server token list` has them all"),
        _ => bail!("several tokens are called “{text}”: name one by its prefix or its id"),
    }
}

fn list(engine: &Engine<AnyStore>, as_json: bool) -> anyhow::Result<()> {
    let tokens = block_on(engine.tokens())?;
    let tokens: Vec<_> = tokens.iter().map(|token| AccessToken::new(engine, token)).collect();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&tokens)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "name",
        "prefix",
        "scopes",
        "created",
        "expires",
        "last used",
        "active",
    ]);
    for token in tokens {
        let or_dash = |instant: Option<Seconds>| instant.map_or("–".to_owned(), |instant| instant.to_string());
        let active = match (token.is_active, token.revocado_en) {
            (true, _) => "yes",
            (false, Some(_)) => "revoked",
            (false, None) => "expired",
        };
        table.add_row([
            token.nombre.to_owned(),
            token.prefijo.to_owned(),
            token.alcances.join(" "),
            token.creado_en.to_string(),
            or_dash(token.expira_en),
            or_dash(token.ultimo_uso_en),
            active.to_owned(),
        ]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-24T10:15:00Z").unwrap()
    }

    #[test]
    fn an_expiry_is_a_time_from_now_or_the_start_of_a_day() {
        for (text, instant) in [
            ("12h", "2026-03-24T22:15:00Z"),
            ("90d", "2026-06-22T10:15:00Z"),
            ("4w", "2026-04-21T10:15:00Z"),
            ("007d", "2026-03-31T10:15:00Z"),
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("99999999999999999999w", "9999-12-31T23:59:59Z"),
        ] {
            let expires = text.parse::<Expiry>().unwrap();
            assert_eq!(expires.from(now()).seconds().to_string(), instant, "{text}");
        }
        for text in [
            "",
            "d",
            "90",
            "90 d",
            "-1d",
            "+1d",
            "1.5d",
            "90D",
            "3m",
            "1y",
            "90días",
            "mañana",
            "٣d",
            "2027-02-30",
            "31/01/2027",
            "2027-01-31T00:00:00Z",
            "99999-01-01",
            "1969-12-31",
        ] {
            let error = text.parse::<Expiry>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("2027-01-31"), "{error}");
        }
    }
}
