use std::path::Path;

use ticketing_core::{Zone, sla::TargetKind, ticket::Verdict};

use super::{explain::local, in_words};
use crate::{
    Engine, Replayed,
    cli::{Database, block_on},
    rules_file,
};

pub(super) fn replay(database: &Database, file: &Path, summary: bool) -> anyhow::Result<()> {
    let new = rules_file::read(file)?;
    let engine = block_on(Engine::start(database.existing()?))?;
    let zone = engine.rules().zone().clone();
    let (mut tickets, mut differing) = (0_u64, 0_u64);
    let mut breaches = [0_i64; 2];
    block_on(engine.replay(&new, |replayed| {
        tickets += 1;
        for (count, verdicts) in breaches.iter_mut().zip([&replayed.decided, &replayed.under]) {
            let of =
                |(_, verdict): (TargetKind, &Option<Verdict>)| verdict.map_or(0, |verdict| i64::from(verdict.breaches));
            *count += verdicts.targets.iter().map(of).sum::<i64>();
        }
        let lines = differences(&replayed, &zone);
        if !lines.is_empty() {
            differing += 1;
            if !summary {
                println!("{}", replayed.label);
                for line in lines {
                    println!("  {line}");
                }
            }
        }
    }))?;
    let [decided, under] = breaches;
    println!("{differing} of {tickets} tickets differ; targets breached: {decided}, under these rules {under}");
    Ok(())
}

fn differences(replayed: &Replayed, zone: &Zone) -> Vec<String> {
    let Replayed { decided, under, .. } = replayed;
    let mut lines = Vec::new();
    if decided.policy != under.policy {
        let policy = |id: Option<u32>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        lines.push(format!("policy: {} → {}", policy(decided.policy), policy(under.policy)));
    }
    for kind in TargetKind::ALL {
        let (was, is) = (decided.targets.get(kind), under.targets.get(kind));
        if was != is {
            lines.push(format!("{}: {} → {}", kind.member(), told(*was, zone), told(*is, zone)));
        }
    }
    lines
}

fn told(verdict: Option<Verdict>, zone: &Zone) -> String {
    let Some(Verdict { state, due, breaches }) = verdict else { return "nothing promised".to_owned() };
    let state = in_words(state);
    let due = due.map_or_else(|| "after 2099".to_owned(), |due| local(due, zone));
    // Once says no more than that it is.
    let often = if breaches > 1 { format!(", breached {breaches} times") } else { String::new() };
    format!("{state}, due {due}{often}")
}
