use std::fmt::Write;

use ticketing_core::{
    Actor, TimeDelta, Timestamp, Zone,
    sla::{Account, Interval, Reason, Share, TargetKind},
};

use super::in_words;
use crate::{
    DeskSla,
    api::tickets::SlaAnswer,
    cli::{Database, block_on, ticket},
};

pub(super) fn explain(database: &Database, label: &str, as_json: bool) -> anyhow::Result<()> {
    let (engine, id) = ticket::find(database, label)?;
    let sla = block_on(engine.desk_sla(id, &Actor::System))?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&SlaAnswer::new(&engine, &sla))?);
    } else {
        print!("{}", told(&sla));
    }
    Ok(())
}

/// Instants are told on the clocks of the deployment.
fn told(sla: &DeskSla) -> String {
    let zone = sla.book.active().zone();
    let ticket = &sla.record.ticket;
    let mut text = format!("{} is {}. Times are those of {}.\n", sla.record.label, ticket.status.name(), zone.name);
    match &ticket.sla.agreement {
        None => text.push_str("No policy is for it: nothing was promised.\n"),
        Some(agreement) => {
            let name = sla.policy_name().map(|name| format!(" “{name}”")).unwrap_or_default();
            line(&mut text, format_args!("Policy {}{name}, of rules {}.", agreement.policy, agreement.rules));
        }
    }
    for account in &sla.accounts {
        text.push('\n');
        target(&mut text, account, zone);
    }
    text
}

fn target(text: &mut String, account: &Account, zone: &Zone) {
    let name = match account.kind {
        TargetKind::FirstResponse => "First response",
        TargetKind::NextResponse => "Next response",
        TargetKind::Resolution => "Resolution",
    };
    let promise = account.promise.as_ref().map(|promise| {
        let calendar = promise.calendar.as_ref();
        let clock =
            calendar.map_or_else(|| "around the clock".to_owned(), |of| format!("in the calendar “{}”", of.name));
        format!("{} {clock}", promise.allowance)
    });
    let cycle = if account.cycle == 0 { String::new() } else { format!(", cycle {}", account.cycle) };
    line(text, format_args!("{name}: {}{cycle}", promise.as_deref().unwrap_or("nothing was promised")));
    let state = in_words(account.reading.state);
    let due = account.reading.due.map_or_else(|| "after 2099".to_owned(), |due| local(due, zone));
    let by_hand = if account.due_by_hand.is_some() { " (set by hand)" } else { "" };
    line(text, format_args!("  started {}, due {due}{by_hand}: {state}", local(account.started_at, zone)));
    line(
        text,
        format_args!(
            "  {} counted of {} since the start, {} left",
            length(account.reading.elapsed),
            length(account.calendar_time),
            length(account.reading.remaining)
        ),
    );
    for Share { percent, at, passed_at } in &account.shares {
        let at = at.map_or_else(|| "after 2099".to_owned(), |at| local(at, zone));
        let noted = if passed_at.is_some() { ", noted" } else { "" };
        line(text, format_args!("  {percent:>3} %: {at}{noted}"));
    }
    for interval in &account.intervals {
        let Interval { from, until, reason } = interval;
        let why = match reason {
            Reason::Working => "counted".to_owned(),
            Reason::OutsideHours => "outside of hours".to_owned(),
            Reason::ClosedDate(date) => format!("closed on {date}"),
            Reason::Status(status) => format!("the ticket was {}", status.name()),
        };
        let mark = if interval.counts() { '+' } else { ' ' };
        line(
            text,
            format_args!(
                "  {mark} {} – {}  {:>12}  {why}",
                local(*from, zone),
                local(*until, zone),
                length(interval.length())
            ),
        );
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a `String` does not fail.
    let _ = writeln!(text, "{line}");
}

/// `2026-11-21 14:10:05`.
pub(super) fn local(at: Timestamp, zone: &Zone) -> String {
    let local = zone.shown(at).seconds().to_string();
    local.trim_end_matches('Z').replacen('T', " ", 1)
}

/// `26 h 05 m`, with seconds where there are some.
fn length(time: TimeDelta) -> String {
    let sign = if time < TimeDelta::zero() { "-" } else { "" };
    let seconds = time.abs().num_seconds();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let seconds = if rest == 0 { String::new() } else { format!(" {rest:02} s") };
    format!("{sign}{hours} h {minutes:02} m{seconds}")
}
