//! What agents' pages ask beside the lifecycle: why rules are refused, what a clock says, and how a deadline comes about.

use ticketing_core::{
    CalendarException, CalendarRules, RefusedValue, Rules, RulesProblem, Timestamp,
    sla::{Calendar, Foreseen, Hours, Reading, Reason, Stop, TargetKind},
};

use crate::{
    document, tables,
    wire::{Answer, Buffers, Input, length},
};

/// Reads rules. Where they are none, answers the row of the refusal, its number if it has one, and its texts: the place and
/// names.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn rules(buffers: &mut Buffers, octets: usize) -> Option<Box<Rules>> {
    let (mut input, answer) = buffers.open(octets);
    let no_label = |error| RefusedValue { path: "etiqueta".into(), problem: RulesProblem::Label(error) };
    let refused = match document::document(&mut input).map_err(no_label).and_then(Rules::new) {
        Ok(rules) => return Some(Box::new(rules)),
        Err(refused) => refused,
    };
    let (row, number) = tables::refusal_words(&refused.problem);
    answer.words(&[row, number]);
    let mut texts = vec![refused.path.as_str()];
    texts.extend(tables::refusal_names(&refused.problem));
    answer.texts(&texts);
    None
}

/// What a ticket of these values would be promised at an instant, explained; says whether there is a policy for it. Answers that,
/// and of the first response and the resolution each whether it is promised; then, in milliseconds, the working time that is
/// granted and the deadline, 0 for none, and how many intervals there are from now to it. Of each interval its end, the reason
/// and the date of it, in days since 1970.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn explain(buffers: &mut Buffers, rules: &Rules, octets: usize, now: f64) -> bool {
    let (mut input, answer) = buffers.open(octets);
    #[expect(clippy::cast_possible_truncation, reason = "JavaScript has refused what is out of range")]
    let now = Timestamp::saturating_from_unix_millis(now as i64);
    let Some(preview) = input.preview(rules, now) else { return false };
    let Some(policy) = rules.policy(preview.policy) else { return false };
    answer.word(preview.policy);
    for kind in [TargetKind::FirstResponse, TargetKind::Resolution] {
        let foreseen = preview.targets.get(kind);
        answer.word(foreseen.is_some().into());
        let Some(Foreseen { total, due }) = foreseen else { continue };
        answer.wide(total.num_milliseconds());
        answer.wide(due.map_or(0, Timestamp::unix_millis));
        let target = policy.targets().get(kind).as_ref();
        let calendar = target.and_then(|target| rules.calendar(target.calendar.as_deref()?)).cloned();
        intervals(&calendar.unwrap_or_default(), now, due.unwrap_or(now), answer);
    }
    true
}

fn intervals(calendar: &Calendar, from: Timestamp, until: Timestamp, answer: &mut Answer) {
    let intervals = calendar.intervals(from, until);
    answer.word(length(intervals.len()));
    for interval in intervals {
        answer.wide(interval.until.unix_millis());
        let (reason, date) = match interval.reason {
            Reason::Working => (0, 0),
            Reason::ClosedDate(date) => (2, date.to_epoch_days().cast_unsigned()),
            // Before there is a ticket, it has no status.
            Reason::OutsideHours | Reason::Status(_) => (1, 0),
        };
        answer.words(&[reason, date]);
    }
}

/// A clock on the clocks of the zone that rules have: the calendar, which unlike that of rules may have no working time; how much
/// time, how that ends, when it started, when it stood still, and when it is read. Answers the deadline, 0 for none, and the time
/// that has elapsed and that remains, in milliseconds; then what the clock does.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn clock(buffers: &mut Buffers, rules: &Rules, octets: usize) {
    let (mut input, answer) = buffers.open(octets);
    let zone = rules.document().zones.first().cloned().unwrap_or_default();
    let calendar = match document::option(&mut input, document::calendar) {
        Some(CalendarRules { week, exceptions, .. }) => {
            let weekly = Hours::weekly(week.days().map(Vec::clone));
            let with = |hours: Hours, CalendarException { date, shifts, .. }| hours.with_exception(date, shifts);
            Calendar::new(exceptions.into_iter().fold(weekly, with), zone)
        }
        None => Calendar::around_the_clock(zone),
    };
    let allowance = document::allowance(input.word());
    let due_at = document::due_at(input.word());
    let start = instant(&mut input);
    let stops = document::list(&mut input, stop);
    let at = instant(&mut input);
    // JavaScript has refused what is none.
    let Some(allowance) = allowance.map(|allowance| allowance.due_at(due_at)) else { return };
    let Reading { due, elapsed, remaining, state } = Reading::of(&calendar, start, allowance, &stops, at);
    for number in [due.map_or(0, Timestamp::unix_millis), elapsed.num_milliseconds(), remaining.num_milliseconds()] {
        answer.wide(number);
    }
    answer.word(state as u32);
}

fn stop(input: &mut Input<'_>) -> Stop {
    Stop { from: instant(input), until: document::option(input, instant) }
}

fn instant(input: &mut Input<'_>) -> Timestamp {
    // JavaScript has refused what is out of range.
    Timestamp::saturating_from_unix_millis(input.wide())
}
