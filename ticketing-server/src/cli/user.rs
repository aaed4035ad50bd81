use std::io::{self, IsTerminal, Read};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde_json::json;
use ticketing_core::{
    EmailAddress, FormError, Locale,
    ticket::ActorId,
    user::{NewUser, UserPatch},
};

use super::{Database, block_on};
use crate::{
    AccountError, Authority, Engine,
    api::auth::Account,
    store::{AnyStore, UserStore},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a user, the first administrator for instance. Asks for the password.
    Create {
        /// What they log in with.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// Their name.
        #[arg(long)]
        name: String,
        /// What they may do.
        #[arg(long, value_parser = ["ADMIN", "MESA", "AREA", "USUARIO"], ignore_case = true)]
        role: String,
        /// The area that they work; who works one area only must have one.
        #[arg(long)]
        area: Option<String>,
        /// Their phone number.
        #[arg(long)]
        phone: Option<String>,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        database: Database,
    },
    /// List the users by name.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Keep a user from logging in. A running server ends their sessions within a second.
    Disable {
        /// What they log in with.
        email: String,
        #[command(flatten)]
        database: Database,
    },
    /// Give a user another password, which ends their sessions. Asks for it.
    Password {
        /// What they log in with.
        email: String,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        database: Database,
    },
}

/// Never an argument: others on the machine see those.
#[derive(Args)]
pub(super) struct PasswordSource {
    /// Read the password from stdin. Without this, it is taken from the variable `TICKETING_PASSWORD`, or asked for.
    #[arg(long)]
    password_stdin: bool,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { email, name, role, area, phone, password, database } => {
                let form = json!({
                    "email": email, "nombre": name, "password": password.read()?, "rol": role.to_uppercase(),
                    "area": area, "telefono": phone,
                });
                let new = new_user(&form)?;
                let engine = engine(database.open()?)?;
                let user = block_on(engine.create_user(new, &Authority::Operator))?;
                println!("{} may log in as {}", user.name, user.role.name());
                Ok(())
            }
            Self::List { json, database } => list(&engine(database.existing()?)?, json),
            Self::Disable { email, database } => {
                let (engine, id) = find(&database, &email)?;
                block_on(engine.change_user(id, UserPatch::activity_only(false), &Authority::Operator))?;
                println!("{email} may not log in any more");
                Ok(())
            }
            Self::Password { email, password, database } => {
                let (engine, id) = find(&database, &email)?;
                let patch = UserPatch::password_only(&password.read()?);
                block_on(engine.change_user(id, patch.context("the password cannot be used")?, &Authority::Operator))?;
                println!("{email} has another password");
                Ok(())
            }
        }
    }
}

impl PasswordSource {
    fn read(&self) -> anyhow::Result<String> {
        if self.password_stdin {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).context("the password cannot be read from stdin")?;
            return Ok(text);
        }
        if let Some(password) = std::env::var_os("TICKETING_PASSWORD") {
            return password.into_string().map_err(|_| anyhow::anyhow!("TICKETING_PASSWORD is not UTF-8"));
        }
        if !io::stdin().is_terminal() {
            bail!("give the password with --password-stdin, or in the variable TICKETING_PASSWORD");
        }
        let password = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Once more: ")? != password {
            bail!("the two differ");
        }
        Ok(password)
    }
}

/// A new user of a form in JSON, or all that is wrong with it, for people.
pub(super) fn new_user(form: &serde_json::Value) -> anyhow::Result<NewUser> {
    NewUser::from_json(form.to_string().as_bytes()).map_err(|error| match error {
        FormError::Invalid(violations) => anyhow::anyhow!("{}", violations.summary(Locale::En)),
        error @ FormError::Malformed(_) => error.into(),
    })
}

fn engine(store: AnyStore) -> anyhow::Result<Engine<AnyStore>> {
    block_on(Engine::start(store)).context("the database cannot be used")
}

fn find(database: &Database, email: &str) -> anyhow::Result<(Engine<AnyStore>, ActorId)> {
    let engine = engine(database.existing()?)?;
    let key = EmailAddress::parse(email).with_context(|| format!("“{email}” is no e-mail address"))?.key();
    let found = block_on(engine.store().find_user_by_email(&key))?;
    let found = found.ok_or(AccountError::NotFound).with_context(|| format!("nobody logs in with {email}"))?;
    Ok((engine, found.user.id))
}

fn list(engine: &Engine<AnyStore>, as_json: bool) -> anyhow::Result<()> {
    let users = engine.users();
    let accounts: Vec<_> = users.iter().map(|user| Account::from(&**user)).collect();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&accounts)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["name", "e-mail", "role", "area", "phone", "active"]);
    for user in accounts {
        let or_dash = |text: Option<&str>| text.unwrap_or("–").to_owned();
        let active = if user.is_active { "yes" } else { "no" };
        table.add_row([
            user.who.nombre.to_owned(),
            or_dash(user.who.email),
            user.who.rol.to_owned(),
            or_dash(user.who.area),
            or_dash(user.telefono),
            active.to_owned(),
        ]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}
