//! What tickets are promised, as the server stores it.

use proptest::{prelude::*, sample::select, strategy::ValueTree as _};
use serde_json::{Value, json};
use ticketing_core::{
    Draft, Field, Rulebook, Rules, TimeDelta, Timestamp, Value as Given,
    sla::{Interval, Reason, Sla, TargetKind},
    ticket::{Attributes, Origin},
};

use crate::generated;

/// The clocks of a ticket of these values that is created at an instant; nothing where no policy is for it.
fn clocks(draft: &Draft<'_>, rules: &Rules, now: Timestamp) -> Option<Sla> {
    let text = |field| match draft.get(field) {
        Given::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        _ => None,
    };
    let attributes = Attributes {
        ticket_type: text(Field::Type),
        priority: text(Field::Priority),
        category: text(Field::Category),
        area: text(Field::Area).unwrap_or_else(|| rules.document().areas.default.clone()),
        ..Attributes::default()
    };
    Some(Sla::start(Some(rules.agreement(&attributes, Origin::Other)?), now))
}

/// As the server stores it for a ticket of these values.
pub(crate) fn sla(draft: &Draft<'_>, rules: &Rules, now: Timestamp) -> Value {
    let Some(sla) = clocks(draft, rules, now) else { return Value::Null };
    let book = Rulebook::from(rules.clone());
    let target = |kind| {
        let granted = sla.granted(kind, &book, now)?;
        let due = sla.read_target(kind, &book, now).and_then(|reading| reading.due);
        Some((hours(granted), due.map(|due| due.seconds().to_string())))
    };
    let (granted, due) = target(TargetKind::Resolution).unzip();
    json!({
        "policy": sla.agreement.as_ref().map(|agreement| agreement.policy),
        "slaHoras": granted,
        "fechaLimiteSla": due.flatten(),
        "primeraRespuesta": target(TargetKind::FirstResponse).map(|(hours, due)| json!({ "horas": hours, "fechaLimite": due })),
    })
}

/// An integer where they are whole.
fn hours(time: TimeDelta) -> Value {
    match time.num_milliseconds() {
        millis if millis % 3_600_000 == 0 => json!(millis / 3_600_000),
        #[expect(clippy::cast_precision_loss, reason = "thousands of years of milliseconds are exact")]
        millis => json!(millis as f64 / 3_600_000.0),
    }
}

/// How deadlines come about by these documents: tickets, instants, and every interval from then to the deadline.
pub(crate) fn explanations(documents: &[Value]) -> anyhow::Result<Vec<Value>> {
    const CASES: usize = 2000;
    let mut lines = vec![json!({ "documents": documents })];
    let rules: Vec<_> =
        documents.iter().map(|document| Rules::from_json(&document.to_string())).collect::<Result<_, _>>()?;
    let mut runner = generated::runner();
    let priorities = select(vec!["ALTA", "urgente", "BAJA", "mañana", ""]);
    let types = select(vec!["INCIDENTE", "QUEJA", "CONSULTA"]);
    let strategy = (0..rules.len(), priorities, types, 900_000_000_000_i64..4_110_000_000_000);
    while lines.len() <= CASES {
        let (of, priority, ticket_type, now) = strategy.new_tree(&mut runner).map_err(anyhow::Error::msg)?.current();
        let Some(rules) = rules.get(of) else { continue };
        let draft = Draft::new().with(Field::Priority, priority).with(Field::Type, ticket_type);
        let now = Timestamp::from_unix_millis(now)?;
        let explained = clocks(&draft, rules, now).map(|sla| {
            let book = Rulebook::from(rules.clone());
            let of = |kind| explained(&sla, kind, &book, now);
            json!({
                "policy": sla.agreement.as_ref().map(|agreement| agreement.policy),
                "primeraRespuesta": of(TargetKind::FirstResponse),
                "resolucion": of(TargetKind::Resolution),
            })
        });
        let ticket = json!({ "prioridad": priority, "tipo": ticket_type });
        lines.push(json!({ "rules": of, "ticket": ticket, "now": now, "explained": explained }));
    }
    Ok(lines)
}

fn explained(sla: &Sla, kind: TargetKind, book: &Rulebook, now: Timestamp) -> Option<Value> {
    let granted = sla.granted(kind, book, now)?;
    let due = sla.read_target(kind, book, now).and_then(|reading| reading.due);
    // The clock itself, read at its deadline; a business day may end outside of hours, which a clock does not tell any more.
    let intervals = due.and_then(|due| sla.explain(kind, book, due)).unwrap_or_default();
    let told = intervals.iter().map(|Interval { from, until, reason }| {
        let (reason, date) = match reason {
            Reason::Working => ("working", None),
            Reason::OutsideHours => ("outside-hours", None),
            Reason::ClosedDate(date) => ("closed-date", Some(date.to_string())),
            Reason::Status(status) => (status.name(), None),
        };
        let mut interval = json!({
            "from": instant(*from), "until": instant(*until), "counted": reason == "working", "reason": reason,
        });
        if let Some(date) = date {
            interval["date"] = json!(date);
        }
        interval
    });
    Some(json!({ "horas": hours(granted), "fechaLimite": due.map(instant), "intervals": told.collect::<Vec<_>>() }))
}

/// With milliseconds where there are some.
fn instant(at: Timestamp) -> String {
    at.to_string().replace(".000Z", "Z")
}
