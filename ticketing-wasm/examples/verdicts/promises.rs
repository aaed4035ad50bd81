//! What tickets are promised, as the server stores it.

use serde_json::{Value, json};
use ticketing_core::{
    Draft, Field, Rulebook, Rules, TimeDelta, Timestamp, Value as Given,
    sla::{Sla, TargetKind},
    ticket::{Attributes, Origin},
};

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
