use std::str::FromStr;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use ticketing_core::{
    FormError, Locale, Timestamp, Uuid,
    subscription::{Happening, NewSubscription, Subscription, SubscriptionId, SubscriptionPatch},
};

use super::{Database, block_on};
use crate::{
    Engine, Redelivery,
    store::{AnyStore, DeliveryId, FailedDelivery},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Tell a system what happens from now on. Prints the secret with which it checks signatures, and nothing else, to stdout.
    Create {
        /// Where it is told: an http or https address.
        #[arg(long)]
        url: String,
        /// The only thing that it is told. [default: everything]
        #[arg(long, value_parser = Happening::ALL.map(Happening::name), ignore_case = true)]
        action: Option<String>,
        /// A header that goes with each request, as `name: value`; as often as needed.
        #[arg(long = "header", value_name = "HEADER")]
        headers: Vec<String>,
        #[command(flatten)]
        database: Database,
    },
    /// List the systems that are told, oldest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// List what could not be delivered so far, oldest first.
    Failed {
        /// To this one only.
        #[arg(long, value_name = "ID")]
        subscription: Option<Uuid>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Deliver once more: one delivery that was given up, all of a subscription, or all that happened since an instant.
    Replay {
        /// A delivery's number, or a subscription.
        #[arg(value_name = "DELIVERY|SUBSCRIPTION")]
        what: What,
        /// All that happened since, such as 2026-03-24T10:15:00Z; to a subscription.
        #[arg(long, value_name = "INSTANT")]
        since: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Sign with a new secret, which is printed to stdout. The old one signs too for 24 hours.
    Rotate(One),
    /// Tell a system what happens, from now on, that was told nothing.
    Enable(One),
    /// Tell a system nothing more.
    Disable(One),
    /// Delete a subscription with all that was to be delivered to it.
    Delete(One),
}

#[derive(Args)]
pub(super) struct One {
    /// The subscription.
    id: Uuid,
    #[command(flatten)]
    database: Database,
}

/// What people name: deliveries have numbers, subscriptions UUIDs.
#[derive(Clone, Copy)]
pub(super) enum What {
    Delivery(DeliveryId),
    Subscription(SubscriptionId),
}

impl FromStr for What {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Delivery(DeliveryId(number)));
        }
        let id = text.parse().with_context(|| format!("“{text}” is neither a delivery's number nor a subscription"))?;
        Ok(Self::Subscription(SubscriptionId(id)))
    }
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { url, action, headers, database } => create(&database, &url, action, &headers),
            Self::List { json, database } => list(&engine(&database)?, json),
            Self::Failed { subscription, json, database } => {
                failed(&engine(&database)?, subscription.map(SubscriptionId), json)
            }
            Self::Replay { what, since, database } => replay(&engine(&database)?, what, since.as_deref()),
            Self::Rotate(One { id, database }) => {
                let new = block_on(engine(&database)?.rotate_secret(SubscriptionId(id)))?;
                println!("{}", new.secret.reveal());
                Ok(())
            }
            Self::Enable(One { id, database }) => change(&engine(&database)?, id, true),
            Self::Disable(One { id, database }) => change(&engine(&database)?, id, false),
            Self::Delete(One { id, database }) => {
                block_on(engine(&database)?.delete_subscription(SubscriptionId(id)))?;
                println!("{id} is deleted");
                Ok(())
            }
        }
    }
}

fn engine(database: &Database) -> anyhow::Result<Engine<AnyStore>> {
    block_on(Engine::start(database.existing()?)).context("the database cannot be used")
}

fn create(database: &Database, url: &str, action: Option<String>, headers: &[String]) -> anyhow::Result<()> {
    let mut given = serde_json::Map::new();
    for header in headers {
        let (name, value) = header.split_once(':').context("write a header as `name: value`")?;
        if given.insert(name.trim().to_owned(), value.trim().into()).is_some() {
            bail!("a header is given twice");
        }
    }
    let action = action.map(|action| action.to_uppercase());
    let form = json!({
        "eventType": "TICKET", "webhook": { "url": url, "headers": given }, "criteria": { "action": action },
    });
    let new = NewSubscription::from_json(form.to_string().as_bytes()).map_err(|error| match error {
        FormError::Invalid(violations) => anyhow::anyhow!("{}", violations.summary(Locale::En)),
        error @ FormError::Malformed(_) => error.into(),
    })?;
    let created = block_on(engine(database)?.create_subscription(new))?;
    // By itself on stdout, for scripts.
    eprintln!(
        "subscription {} is told what happens from now on; its secret is not shown again:",
        created.subscription.id.0
    );
    println!("{}", created.secret.reveal());
    Ok(())
}

fn change(engine: &Engine<AnyStore>, id: Uuid, is_active: bool) -> anyhow::Result<()> {
    let patch = SubscriptionPatch::activity_only(is_active);
    let changed = block_on(engine.change_subscription(SubscriptionId(id), patch))?;
    println!("{id} is {}", changed.health.standing.name());
    Ok(())
}

fn replay(engine: &Engine<AnyStore>, what: What, since: Option<&str>) -> anyhow::Result<()> {
    let redelivery = match (what, since) {
        (What::Delivery(id), None) => Redelivery::Delivery(id),
        (What::Delivery(_), Some(_)) => bail!("--since goes with a subscription"),
        (What::Subscription(id), None) => Redelivery::GivenUp(id),
        (What::Subscription(id), Some(since)) => {
            let since = Timestamp::parse(since)
                .with_context(|| format!("“{since}” is no instant: write it as 2026-03-24T10:15:00Z"))?;
            Redelivery::Since(id, since)
        }
    };
    match block_on(engine.redeliver(redelivery))? {
        Some(deliveries) => println!("{deliveries} given-up deliveries are tried anew"),
        None => println!("what happened since is delivered again"),
    }
    Ok(())
}

fn list(engine: &Engine<AnyStore>, as_json: bool) -> anyhow::Result<()> {
    let subscriptions = block_on(engine.subscriptions())?;
    if as_json {
        let all: Vec<_> = subscriptions.iter().map(subscription_json).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["subscription", "status", "failures", "action", "address"]);
    for subscription in subscriptions {
        table.add_row([
            subscription.id.0.to_string(),
            subscription.health.standing.name().to_owned(),
            subscription.health.failures.to_string(),
            subscription.criteria.action.map_or("–", Happening::name).to_owned(),
            subscription.webhook.url().as_str().to_owned(),
        ]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

fn subscription_json(subscription: &Subscription) -> Value {
    json!({
        "id": subscription.id.0,
        "version": subscription.version,
        "status": subscription.health.standing.name(),
        "failures": subscription.health.failures,
        "action": subscription.criteria.action.map(Happening::name),
        "url": subscription.webhook.url().as_str(),
        "createdAt": subscription.created_at.to_string(),
        "updatedAt": subscription.updated_at.to_string(),
    })
}

fn failed(engine: &Engine<AnyStore>, of: Option<SubscriptionId>, as_json: bool) -> anyhow::Result<()> {
    const AT_ONCE: u32 = 1_000;
    let mut all: Vec<FailedDelivery> = Vec::new();
    loop {
        let page = block_on(engine.failed_deliveries(of, all.last().map(|last| last.id), AT_ONCE))?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    if as_json {
        let all: Vec<_> = all.iter().map(delivery_json).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut table = Table::new();
    let header = ["delivery", "subscription", "ticket", "attempts", "last attempt", "failure", "next attempt"];
    table.load_style(presets::NOTHING).set_header(header);
    for failed in &all {
        let delivery = &failed.delivery;
        let failure = delivery.failure.map_or_else(
            || "waits".to_owned(),
            |failure| failure.http_status.map_or_else(|| failure.kind.name().to_owned(), |status| status.to_string()),
        );
        table.add_row([
            failed.id.0.to_string(),
            failed.recipient.0.to_string(),
            failed.label.map_or_else(|| "–".to_owned(), |label| label.to_string()),
            delivery.attempts.to_string(),
            delivery.last_attempt_at.seconds().to_string(),
            failure,
            delivery.next_attempt_at.map_or_else(|| "given up".to_owned(), |at| at.seconds().to_string()),
        ]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

fn delivery_json(failed: &FailedDelivery) -> Value {
    let delivery = &failed.delivery;
    json!({
        "id": failed.id.0,
        "subscription": failed.recipient.0,
        "ticket": delivery.ticket.0,
        "label": failed.label.map(|label| label.to_string()),
        "position": delivery.position.0,
        "attempts": delivery.attempts,
        "lastAttemptAt": delivery.last_attempt_at.to_string(),
        "nextAttemptAt": delivery.next_attempt_at.map(|at| at.to_string()),
        "failure": delivery.failure.map(|failure| failure.kind.name()),
        "httpStatus": delivery.failure.and_then(|failure| failure.http_status),
    })
}
