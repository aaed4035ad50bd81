//! What the core says of generated forms and rules, a line of JSON each, for comparison with what the modules say of the same.
//!
//! `cargo run -p ticketing-wasm --example verdicts -- WHAT`:
//!
//! - a number: first a line of documents of rules; then so many forms, each with the number of its rules, `locale`, `form` (JSON in a
//!   text, as it was generated), `now`, and `verdict`, `sla`, `label` as the package should answer them. The same number gives the
//!   same lines;
//! - `rules`: documents of rules, and what the package should make of each;
//! - `lifecycle`: tickets, roles, and what they may do;
//! - `explanations`: the same documents, and of tickets how their deadlines come about;
//! - `vectors`: a line of tables of zones, then the published conformance vectors of service levels.

mod documents;
mod forms;
mod generated;
mod lifecycle;
mod promises;
mod rules;
mod vectors;
mod zones;

use std::io::{BufWriter, Write as _};

use proptest::{prelude::*, sample::select, strategy::ValueTree as _};
use serde_json::{Value, json};
use ticketing_core::{Draft, LabelFormat, Locale, NewTicket, Rules, Timestamp, Violations, field::FIELDS};

/// Documents of rules by which forms are judged.
const DOCUMENTS: usize = 60;

fn main() -> anyhow::Result<()> {
    let what = std::env::args().nth(1);
    match what.as_deref() {
        Some("rules") => print(&rules::rules()?),
        Some("lifecycle") => print(&lifecycle::lifecycle()),
        Some("explanations") => print(&promises::explanations(&generated::generated(DOCUMENTS)?)?),
        Some("vectors") => print(&vectors::vectors()?),
        cases => judged(cases.map_or(Ok(1000), str::parse)?),
    }
}

fn print(lines: &[Value]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

fn judged(cases: usize) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let documents = generated::generated(DOCUMENTS)?;
    writeln!(out, "{}", json!({ "documents": documents }))?;
    let rules =
        documents.iter().map(|document| Rules::from_json(&document.to_string())).collect::<Result<Vec<_>, _>>()?;

    let mut runner = generated::runner();
    // Half of them in the years in which calendars work.
    let now = prop_oneof![-62_135_596_800_000_i64..253_402_300_799_999, 900_000_000_000_i64..4_150_000_000_000];
    // Half of them by the built-in rules.
    let of = prop_oneof![Just(0), 0..documents.len()];
    let strategy = (forms::form(), select(Locale::ALL.to_vec()), now, forms::label(), of);
    for _ in 0..cases {
        let tree = strategy.new_tree(&mut runner).map_err(anyhow::Error::msg)?;
        let (form, locale, now, label, of) = tree.current();
        let draft = Draft::from_json(form.as_bytes())?;
        let Some(rules) = rules.get(of) else { continue };
        let line = json!({
            "rules": of,
            "locale": locale.code(),
            "verdict": verdict(draft.validate(rules), locale),
            "now": now,
            "sla": promises::sla(&draft, rules, Timestamp::from_unix_millis(now).unwrap_or(Timestamp::MAX)),
            "label": label,
            "parsed": LabelFormat::default().parse(&label).ok().map(|parsed| json!({
                "canonical": parsed.to_string(), "prefix": parsed.prefix(), "year": parsed.year(), "number": parsed.number(),
            })),
            "form": form,
        });
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

fn verdict(outcome: Result<NewTicket, Violations>, locale: Locale) -> Value {
    match outcome {
        Ok(ticket) => {
            let normalised = Draft::from(&ticket);
            let values = FIELDS.iter().filter_map(|spec| {
                let value = match normalised.get(spec.field) {
                    ticketing_core::Value::Text(text) => json!(text),
                    ticketing_core::Value::Flag(flag) => json!(flag),
                    _ => return None,
                };
                Some((spec.name.to_owned(), value))
            });
            json!({ "ok": true, "ticket": values.collect::<serde_json::Map<_, _>>() })
        }
        Err(violations) => {
            let issues = violations.render(locale).into_iter().map(|violation| {
                let path: Vec<_> = Some(violation.field).filter(|field| !field.is_empty()).into_iter().collect();
                json!({
                    "path": path, "field": violation.field, "code": violation.code, "params": violation.params,
                    "message": violation.message,
                })
            });
            json!({ "ok": false, "issues": issues.collect::<Vec<_>>() })
        }
    }
}
