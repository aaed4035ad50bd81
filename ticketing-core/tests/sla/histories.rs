//! What holds for any ticket under any rules, whatever is done to it and whenever somebody looks at its clocks.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use ticketing_core::{
    Actor, Command, Event, Rules, Status, Ticket, TimeDelta, Timestamp,
    sla::{ClockState, Interval, Reading, TargetKind},
    ticket::{AskedBy, Permanency},
};

use crate::{
    agreement::scaled,
    case::zone,
    desk::{
        AGENT, Desk, FirstResponse, Resolution, comment, daily, desk, office, reason, reply, say, set, set_area,
        set_priority,
    },
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn config(cases: u64) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::with_cases(u32::try_from(scaled(cases)).unwrap())
    }
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).unwrap()
}

/// Monday, 23 March 2026, at eight.
const MONDAY: i64 = 1_774_252_800_000;

/// Rules that a failure prints as JSON.
#[derive(Clone)]
struct Printed(Rules);

impl core::fmt::Debug for Printed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let policies = &self.0.document().sla.policies;
        f.write_str(&serde_json::to_string(policies).unwrap())
    }
}

/// A target's JSON.
fn target() -> impl Strategy<Value = Value> {
    let allowance = prop::sample::select(&["7m", "30m", "2h", "8h", "25h", "1bd", "2bd"]);
    let calendar = prop::option::of(prop::sample::select(&["oficina", "noches", "madrid"]));
    let pauses = prop::option::of(prop::sample::select(vec![
        json!([]),
        json!(["PAUSADO"]),
        json!(["ABIERTO"]),
        json!(["EN_PROCESO", "PAUSADO"]),
    ]));
    let step = (0..4_usize, prop::option::of(areas()), prop::option::of(priorities()), any::<bool>());
    let steps = prop::collection::vec(step, 0..3);
    let at_risk = prop::collection::btree_set(1..100_u8, 0..3);
    (allowance, any::<bool>(), calendar, pauses, at_risk, steps).prop_map(
        |(allowance, same_time, calendar, pauses, at_risk, steps)| {
            let shares: Vec<u8> = at_risk.into_iter().chain([100]).collect();
            let mut taken = BTreeSet::new();
            let steps: Vec<Value> = steps
                .into_iter()
                .filter(|(share, ..)| taken.insert(share % shares.len()))
                .map(|(share, area, priority, notify)| {
                    let mut step = json!({ "al": shares[share % shares.len()], "notificar": ["MESA"] });
                    if let Some(area) = area {
                        step["area"] = json!(area);
                    }
                    if let Some(priority) = priority {
                        step["prioridad"] = json!(priority);
                    }
                    if !notify && step.as_object().unwrap().len() > 2 {
                        step.as_object_mut().unwrap().remove("notificar");
                    }
                    step
                })
                .collect();
            let mut target = json!({ "otras": allowance, "enRiesgo": shares[..shares.len() - 1], "escalar": steps });
            if same_time {
                target["vence"] = json!("same_time");
            }
            if let Some(calendar) = calendar {
                target["calendario"] = json!(calendar);
            }
            if let Some(pauses) = pauses {
                target["pausa"] = pauses;
            }
            target
        },
    )
}

fn areas() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["MESA", "REDES", "SISTEMAS"])
}

fn priorities() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["CRITICA", "ALTA", "BAJA"])
}

/// Two policies or three, the last for every ticket, or for those of an area.
fn policies(modes: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let targets = || {
        (
            prop::option::weighted(0.7, target()),
            prop::option::weighted(0.7, target()),
            prop::option::weighted(0.9, target()),
        )
    };
    let when = prop_oneof![
        areas().prop_map(|area| json!({ "area": [area] })),
        priorities().prop_map(|priority| json!({ "prioridad": [priority] })),
        Just(json!({})),
    ];
    let policy = (targets(), when, prop::sample::select(modes));
    prop::collection::vec(policy, 2..4).prop_map(|policies| {
        let policies = policies.into_iter().zip(1..).map(|(((first, next, resolution), when, mode), id)| {
            let mut policy = json!({ "id": id, "nombre": "P", "cuando": when, "alReclasificar": mode });
            for (kind, target) in TargetKind::ALL.into_iter().zip([first, next, resolution]) {
                if let Some(target) = target {
                    policy[kind.member()] = target;
                }
            }
            policy
        });
        policies.collect()
    })
}

fn any_rules(modes: &'static [&'static str]) -> impl Strategy<Value = Printed> {
    policies(modes).prop_map(|policies| {
        let document = json!({
            "zonas": [zone("Europe/Madrid")],
            "calendarios": {
                "oficina": { "semana": office(), "excepciones": [{ "fecha": "2026-03-25" }] },
                "noches": { "semana": daily(&json!([["22:00", "06:00"]])) },
                "madrid": { "zona": "Europe/Madrid", "semana": daily(&json!([["02:30", "03:30"], ["09:00", "18:00"]])) },
            },
            "sla": { "politicas": policies },
        });
        Printed(Rules::from_json(&document.to_string()).unwrap())
    })
}

const MODES: &[&str] = &["carry", "carry", "restart", "keep"];

/// What is done, and by whom; a due date is so long after the instant.
#[derive(Clone, Debug)]
enum Step {
    Do(Command, Actor),
    DueIn(Option<i64>),
    OtherRules(Printed),
}

fn steps_of_the_desk() -> impl Strategy<Value = Step> {
    let status =
        prop::sample::select(&[Status::Open, Status::InProgress, Status::Paused, Status::Resolved, Status::Closed]);
    let command = prop_oneof![
        4 => status.prop_map(set),
        2 => Just(Command::Pause { reason: reason() }),
        2 => Just(Command::Reopen { reason: reason() }),
        3 => priorities().prop_map(set_priority),
        3 => areas().prop_map(set_area),
        2 => Just(say(reply())),
        1 => (priorities(), prop::sample::select(&["Sistemas", "Red"])).prop_map(|(priority, category)| Command::Reclassify {
            priority: priority.into(), category: category.into(), reason: reason()
        }),
    ];
    let due = prop::option::weighted(0.7, -30 * HOUR..60 * HOUR);
    prop_oneof![
        16 => command.prop_map(|command| Step::Do(command, desk())),
        4 => Just(Step::Do(comment(), Actor::Requester)),
        2 => due.prop_map(Step::DueIn),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let rare = prop_oneof![
        Just(Step::Do(Command::Cancel { reason: reason(), asked_by: AskedBy::Agent }, desk())),
        Just(Step::Do(Command::Archive { reason: reason() }, desk())),
        Just(Step::Do(Command::Unarchive { reason: reason() }, Actor::Admin(AGENT))),
        Just(Step::Do(Command::CloseItself, Actor::System)),
        Just(Step::Do(Command::KeepTime, Actor::Requester)),
        Just(Step::Do(set(Status::Resolved), Actor::Area { id: AGENT, area: "REDES".into() })),
        any_rules(MODES).prop_map(Step::OtherRules),
    ];
    prop_oneof![
        16 => steps_of_the_desk(),
        3 => Just(Step::Do(Command::KeepTime, Actor::System)),
        2 => Just(Step::Do(Command::Rematch, Actor::System)),
        2 => rare,
    ]
}

/// To the millisecond; some are at one instant, some go back.
fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(0), 1 => -2 * HOUR..0, 4 => 0..2 * HOUR, 3 => 0..30 * HOUR]
}

fn any_history() -> impl Strategy<Value = Vec<(i64, Step)>> {
    prop::collection::vec((any_time(), any_step()), 1..16)
}

/// Created by somebody, or taken over.
fn any_ticket() -> impl Strategy<Value = (i64, i64, Printed)> {
    (MONDAY..MONDAY + 160 * HOUR, prop_oneof![3 => Just(0), 1 => 0..40 * HOUR], any_rules(MODES))
}

fn open((now, earlier, rules): &(i64, i64, Printed)) -> Desk {
    Desk::open_since(&instant(now - earlier).to_string(), &rules.0, &instant(*now).to_string())
}

impl Step {
    /// What comes of it: whether anything was refused.
    fn take(&self, desk: &mut Desk, now: Timestamp) -> bool {
        let (command, actor) = match self {
            Self::Do(command, actor) => (command.clone(), actor.clone()),
            Self::DueIn(millis) => {
                let due = millis.map(|millis| instant(now.unix_millis() + millis));
                (Command::SetDue { due }, crate::desk::desk())
            }
            Self::OtherRules(rules) => {
                desk.book = desk.book.activated(rules.0.clone());
                return true;
            }
        };
        desk.run(now, command, &actor).is_ok()
    }
}

/// Every state of a ticket on the way, and when.
fn each_state(
    ticket: &(i64, i64, Printed),
    history: &[(i64, Step)],
    mut see: impl FnMut(&Desk, Timestamp) -> Result<(), TestCaseError>,
) -> Result<Desk, TestCaseError> {
    let mut desk = open(ticket);
    let mut now = ticket.0;
    let mut latest = instant(now);
    see(&desk, latest)?;
    for (passes, step) in history {
        now += passes;
        let before = desk.ticket.clone();
        if !step.take(&mut desk, instant(now)) {
            prop_assert_eq!(&before, &desk.ticket, "a refusal changes nothing");
        }
        latest = latest.max(instant(now));
        see(&desk, latest)?;
    }
    Ok(desk)
}

fn keep_time(desk: &mut Desk, now: Timestamp) -> Vec<Event> {
    if desk.ticket.status.is_open() && !desk.ticket.is_archived() {
        desk.run(now, Command::KeepTime, &Actor::System).unwrap()
    } else {
        vec![]
    }
}

fn count_noted(events: &[Event]) -> usize {
    events.iter().map(|event| event.changes.clocks.passed.len()).sum()
}

fn readings(desk: &Desk, at: Timestamp) -> [Option<Reading>; 3] {
    TargetKind::ALL.map(|kind| desk.ticket.sla.read_target(kind, &desk.book, at))
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn prop_a_stored_history_replays_to_the_identical_ticket(ticket in any_ticket(), history in any_history()) {
        let desk = each_state(&ticket, &history, |_, _| Ok(()))?;
        let stored: Vec<String> = desk.history.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let read: Vec<Event> = stored.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
        prop_assert_eq!(&read, &desk.history);
        let replayed = Ticket::replay(desk.ticket.id, &read).unwrap();
        prop_assert_eq!(&replayed, &desk.ticket);
        let row: Ticket = serde_json::from_str(&serde_json::to_string(&replayed).unwrap()).unwrap();
        prop_assert_eq!(row, replayed);
        prop_assert!(read.windows(2).all(|pair| pair[0].recorded_at <= pair[1].recorded_at && pair[0].seq + 1 == pair[1].seq));
    }

    #[test]
    fn prop_a_threshold_is_noted_once_in_its_cycle_and_never_early(ticket in any_ticket(), history in any_history()) {
        let desk = each_state(&ticket, &history, |_, _| Ok(()))?;
        let mut up = BTreeSet::new();
        for event in &desk.history {
            let clocks = &event.changes.clocks;
            up.retain(|(target, _, percent)| !clocks.lifted.contains(&(*target, *percent)));
            for threshold in &clocks.passed {
                prop_assert!(up.insert((threshold.target, threshold.cycle, threshold.percent)), "{threshold:?} twice");
                prop_assert!(threshold.at <= event.recorded_at, "{threshold:?} early");
            }
        }
    }

    #[test]
    fn prop_once_noted_nothing_is_left_and_the_next_moment_is_to_come(ticket in any_ticket(), history in any_history()) {
        each_state(&ticket, &history, |desk, now| {
            let mut kept = desk.clone();
            keep_time(&mut kept, now);
            prop_assert_eq!(kept.ticket.sla.passed(&kept.book, now), vec![]);
            let next = kept.ticket.sla.next_moment(&kept.book, now);
            prop_assert_eq!(next, kept.ticket.next_moment(&kept.book).filter(|_| next.is_some()));
            let Some(next) = next else {
                prop_assert_eq!(count_noted(&keep_time(&mut kept, instant(now.unix_millis() + 200 * HOUR))), 0);
                return Ok(());
            };
            prop_assert!(next > now, "{next} is not after {now}");
            let before = instant(next.unix_millis() - 1).max(now);
            prop_assert_eq!(count_noted(&keep_time(&mut kept.clone(), before)), 0, "before {}", next);
            prop_assert!(count_noted(&keep_time(&mut kept, next)) > 0, "nothing at {}", next);
            Ok(())
        })?;
    }

    #[test]
    fn prop_an_explanation_has_no_gaps_and_adds_up(ticket in any_ticket(), history in any_history(), later in 0..50 * HOUR) {
        each_state(&ticket, &history, |desk, now| {
            let at = instant(now.unix_millis() + later);
            let sla = &desk.ticket.sla;
            for kind in TargetKind::ALL {
                let Some(intervals) = sla.explain(kind, &desk.book, at) else {
                    prop_assert!(sla.due_by_hand.is_some() || sla.read_target(kind, &desk.book, at).is_none());
                    continue;
                };
                let clock = sla.clocks.get(kind);
                let from = clock.started_at.unwrap_or(sla.started_at);
                let finished = sla.statuses.iter().rev().take_while(|entered| entered.status.is_finished()).last();
                let until = clock.ended_at.or(finished.map(|entered| entered.at)).unwrap_or(at);
                prop_assert!(intervals.windows(2).all(|pair| pair[0].until == pair[1].from && pair[0].reason != pair[1].reason));
                prop_assert!(intervals.iter().all(|interval| interval.from < interval.until));
                match &intervals[..] {
                    [] => prop_assert!(from >= until, "{from} {until}"),
                    [first, ..] => prop_assert_eq!((first.from, intervals.last().unwrap().until), (from, until)),
                }
                let counted: TimeDelta = intervals.iter().filter(|interval| interval.counts()).map(Interval::length).sum();
                let reading = sla.read_target(kind, &desk.book, at).unwrap();
                prop_assert_eq!(counted, reading.elapsed);
                if kind != Resolution || sla.due_by_hand.is_none() {
                    prop_assert_eq!(reading.elapsed + reading.remaining, sla.granted(kind, &desk.book, at).unwrap());
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn prop_elapsed_never_runs_backward_while_promises_stay(ticket in any_ticket(), history in any_history()) {
        let mut before: Option<(Desk, [Option<Reading>; 3], Timestamp)> = None;
        each_state(&ticket, &history, |desk, now| {
            let read = readings(desk, now);
            // What a clock that was set back records is before what was read already.
            let is_later = |read_at: &Timestamp| desk.ticket.recorded_at >= *read_at ;
            if let Some((earlier, earlier_read, _)) = before.as_ref().filter(|(_, _, at)| is_later(at)) {
                for (kind, (read, earlier_read)) in TargetKind::ALL.into_iter().zip(read.iter().zip(earlier_read)) {
                    let of = |desk: &Desk| {
                        let sla = &desk.ticket.sla;
                        let promise = sla.agreement.as_ref().map(|agreement| agreement.promises.get(kind).clone());
                        (promise, sla.clocks.get(kind).started_at, sla.due_by_hand)
                    };
                    if let (Some(read), Some(earlier_read), true) = (read, earlier_read, of(desk) == of(earlier)) {
                        prop_assert!(read.elapsed >= earlier_read.elapsed, "{kind:?} {earlier_read:?} {read:?}");
                    }
                }
            }
            before = Some((desk.clone(), read, now));
            Ok(())
        })?;
    }

    #[test]
    fn prop_a_first_response_that_is_settled_stays_as_it_is(ticket in any_ticket(), history in any_history()) {
        let mut settled: Option<Reading> = None;
        let mut desk = open(&ticket);
        let mut now = ticket.0;
        for (passes, step) in &history {
            now += passes.max(&0);
            step.take(&mut desk, instant(now));
            let at = instant(now).max(desk.ticket.recorded_at);
            keep_time(&mut desk, at);
            let read = desk.ticket.sla.read_target(FirstResponse, &desk.book, at);
            match (settled, read) {
                (Some(Reading { state: ClockState::Met, .. }), _) => prop_assert_eq!(read, settled),
                (Some(breached), Some(read)) => {
                    prop_assert_eq!((read.state, read.due), (ClockState::Breached, breached.due));
                }
                (Some(_), None) => prop_assert!(false, "it is gone"),
                (None, _) => {}
            }
            settled = settled.or(read.filter(|read| matches!(read.state, ClockState::Met | ClockState::Breached)));
        }
    }

    #[test]
    fn prop_permanency_adds_up(ticket in any_ticket(), history in any_history()) {
        let desk = each_state(&ticket, &history, |_, _| Ok(()))?;
        let at = desk.ticket.recorded_at;
        let permanency = Permanency::of(&desk.history, &desk.book, at).unwrap();
        let whole = at.since(desk.ticket.created_at);
        prop_assert_eq!(permanency.statuses.iter().map(|stay| stay.full_time).sum::<TimeDelta>(), whole);
        prop_assert_eq!(permanency.owners.iter().map(|stay| stay.full_time).sum::<TimeDelta>(), whole);
        prop_assert!(permanency.statuses.iter().all(|stay| stay.working_time <= stay.full_time));
        prop_assert_eq!(permanency.statuses.last().unwrap().value, desk.ticket.status);
        prop_assert_eq!(&permanency.owners.last().unwrap().value, &(desk.ticket.assignee, desk.ticket.attributes.area));
    }
}

/// Whoever looks at every moment, and whoever looks only when something else is done. Not where clocks start anew: they do so when
/// that is noted.
fn lead_to_the_same(
    now: i64,
    rules: &Printed,
    history: &[(i64, Step)],
    mut look: impl FnMut(&mut Desk, Timestamp, Timestamp),
) -> Result<(), TestCaseError> {
    let mut late = open(&(now, 0, rules.clone()));
    let mut early = late.clone();
    let mut now = now;
    for (passes, step) in history {
        look(&mut early, instant(now), instant(now + passes));
        now += passes;
        let done = step.take(&mut late, instant(now));
        prop_assert_eq!(done, step.take(&mut early, instant(now)));
    }
    let end = now + 40 * HOUR;
    look(&mut early, instant(now), instant(end));
    keep_time(&mut late, instant(end));
    keep_time(&mut early, instant(end));
    prop_assert_eq!(readings(&late, instant(end)), readings(&early, instant(end)));
    prop_assert_eq!(&late.ticket.attributes, &early.ticket.attributes);
    prop_assert_eq!(&late.ticket.sla, &early.ticket.sla);
    Ok(())
}

/// At each moment that there is in between.
fn at_each_moment(desk: &mut Desk, from: Timestamp, until: Timestamp) {
    let mut now = from;
    loop {
        keep_time(desk, now);
        match desk.ticket.sla.next_moment(&desk.book, now) {
            Some(next) if next <= until && desk.ticket.status.is_open() => {
                assert!(next > now, "{next} is not after {now}");
                now = next;
            }
            _ => break,
        }
    }
}

fn at_each_minute(desk: &mut Desk, from: Timestamp, until: Timestamp) {
    for now in (from.unix_millis()..=until.unix_millis()).step_by(60_000) {
        keep_time(desk, instant(now));
    }
}

fn forward(longest: i64) -> impl Strategy<Value = Vec<(i64, Step)>> {
    prop::collection::vec((prop_oneof![1 => Just(0), 5 => 0..longest], steps_of_the_desk()), 0..10)
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn prop_noting_at_each_moment_or_at_the_end_leads_to_the_same(
        now in MONDAY..MONDAY + 160 * HOUR, rules in any_rules(&["carry", "keep"]), history in forward(30 * HOUR),
    ) {
        lead_to_the_same(now, &rules, &history, at_each_moment)?;
    }
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn prop_noting_at_each_minute_or_at_the_end_leads_to_the_same(
        now in MONDAY..MONDAY + 160 * HOUR, rules in any_rules(&["carry", "keep"]), history in forward(6 * HOUR),
    ) {
        lead_to_the_same(now, &rules, &history, at_each_minute)?;
    }
}

proptest! {
    #![proptest_config(config(50))]

    #[test]
    fn prop_a_pause_outside_of_hours_moves_no_due_date(
        allowance in prop::sample::select(&["30m", "2h", "8h", "40h", "1bd", "3bd"]), same_time: bool, start in 0..48 * HOUR,
        mut pause in prop::array::uniform2(0..63 * HOUR),
    ) {
        pause.sort_unstable();
        let target = json!({ "otras": allowance, "calendario": "oficina", "pausa": ["PAUSADO"],
            "vence": if same_time { "same_time" } else { "close" } });
        let document = json!({ "calendarios": { "oficina": { "semana": office() } }, "sla": { "politicas": [
            { "id": 1, "nombre": "P", "primeraRespuesta": target, "siguienteRespuesta": target, "resolucion": target }
        ] } });
        let rules = Printed(Rules::from_json(&document.to_string()).unwrap());
        // From Thursday eight o'clock; the office is closed from Friday five to Monday eight.
        let thursday = MONDAY + 72 * HOUR;
        let friday = thursday + 33 * HOUR;
        let mut desk = open(&(thursday + start.min(33 * HOUR), 0, rules));
        desk.run(instant(friday), comment(), &Actor::Requester).unwrap();
        let later = instant(friday + 80 * HOUR);
        let dues = |desk: &Desk| readings(desk, later).map(|reading| reading.map(|reading| (reading.due, reading.elapsed)));
        let before = dues(&desk);
        desk.run(instant(friday + pause[0]), Command::Pause { reason: reason() }, &crate::desk::desk()).unwrap();
        desk.run(instant(friday + pause[1]), Command::Reopen { reason: reason() }, &crate::desk::desk()).unwrap();
        prop_assert_eq!(dues(&desk), before);
    }
}
