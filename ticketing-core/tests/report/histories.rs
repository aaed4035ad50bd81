//! Every figure of random desks, beside the recomputation.

use std::collections::BTreeMap;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value as Json, json};
use ticketing_core::{
    Actor, Command, Event, Rulebook, Rules, Status, Ticket, TicketId, Timestamp, Uuid,
    report::{
        Dimension, Fact, Holds, Period, Query, Report, ReportRow, Rollup, Shelf, Stretch, Sums, Value, history_facts,
        past_periods,
    },
    sla::TargetKind,
    ticket::{ActorId, Agent, AskedBy, Change, Origin, Scope},
};

use crate::{
    case::zone,
    desk::{comment, daily, desk, form, office, reason, reply, say, set, set_area, set_priority, with_calendars},
    naive::{Life, Moment, State, check, life, period_name, same},
};

const HOUR: i64 = 3_600_000;

/// Monday, 23 March 2026, at eight: on the Sunday after it clocks change in Madrid, a week later on Lord Howe Island.
const MONDAY: i64 = 1_774_252_800_000;

const ZONES: [&str; 5] = ["UTC", "Asia/Kathmandu", "Europe/Madrid", "America/Bogota", "Australia/Lord_Howe"];

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).unwrap()
}

/// Without promises but for hours by priority; with every target in an office; with some tickets that are promised nothing.
fn any_rules() -> impl Strategy<Value = Rules> {
    let target = json!({ "otras": "2h", "calendario": "oficina", "enRiesgo": [50] });
    let nights = json!({ "otras": "20h", "calendario": "noches", "escalar": [{ "al": 100, "area": "SISTEMAS" }] });
    let calendars = json!({
        "oficina": { "semana": office() },
        "noches": { "semana": daily(&json!([["22:00", "06:00"]])) },
    });
    let policies = |mode: &str| {
        json!([
            { "id": 1, "nombre": "Alta", "cuando": { "prioridad": ["ALTA"] }, "alReclasificar": mode,
              "primeraRespuesta": target, "siguienteRespuesta": target, "resolucion": nights },
            { "id": 2, "nombre": "Redes", "cuando": { "area": ["REDES"] }, "alReclasificar": mode, "resolucion": target },
        ])
    };
    let own_calendar =
        json!({ "calendario": "oficina", "calendarios": calendars, "sla": { "politicas": policies("carry") } });
    prop::sample::select(vec![
        Rules::default(),
        with_calendars(&calendars, &policies("carry")),
        with_calendars(&calendars, &policies("restart")),
        Rules::from_json(&own_calendar.to_string()).unwrap(),
    ])
}

fn areas() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["MESA", "Mesa de Ayuda", "REDES", "redes", "SISTEMAS", "Bodega"])
}

fn priorities() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["CRITICA", "ALTA", "alta", "BAJA"])
}

fn categories() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["Sistemas", "SISTEMAS", "Red", "Correo"])
}

fn agent(number: u128) -> Agent {
    Agent { id: ActorId(Uuid::from_u128(number)), area: None, is_active: true }
}

fn any_step() -> impl Strategy<Value = (Command, Actor)> {
    let status =
        prop::sample::select(&[Status::Open, Status::InProgress, Status::Paused, Status::Resolved, Status::Closed]);
    let of_the_desk = prop_oneof![
        5 => status.prop_map(set),
        2 => Just(Command::Pause { reason: reason() }),
        2 => Just(Command::Reopen { reason: reason() }),
        2 => priorities().prop_map(set_priority),
        2 => areas().prop_map(set_area),
        2 => areas().prop_map(|area| Command::Transfer { area: area.into(), agent: None, reason: reason() }),
        2 => (1..4_u128).prop_map(|number| Command::Assign { agent: agent(number), reason: reason() }),
        2 => Just(say(reply())),
        1 => (priorities(), categories()).prop_map(|(priority, category)| Command::Reclassify {
            priority: priority.into(), category: category.into(), reason: reason()
        }),
        1 => (0..60 * HOUR).prop_map(|hours| Command::SetDue { due: Some(instant(MONDAY + 80 * HOUR + hours)) }),
        1 => Just(Command::Cancel { reason: reason(), asked_by: AskedBy::Agent }),
        1 => Just(Command::Archive { reason: reason() }),
    ];
    prop_oneof![
        12 => of_the_desk.prop_map(|command| (command, desk())),
        3 => Just((comment(), Actor::Requester)),
        2 => Just((Command::KeepTime, Actor::System)),
        1 => Just((Command::Rematch, Actor::System)),
        1 => Just((Command::CloseItself, Actor::System)),
        1 => Just((Command::Unarchive { reason: reason() }, Actor::Admin(ActorId(Uuid::from_u128(9))))),
    ]
}

#[derive(Clone, Debug)]
struct Plan {
    form: Json,
    created: i64,
    /// So long before it was stored it came to be; with which status, and how long after that.
    taken_over: Option<(i64, Option<(Status, i64)>)>,
    steps: Vec<(i64, (Command, Actor))>,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let form = (priorities(), categories(), areas(), prop::sample::select(&["INCIDENTE", "SOLICITUD"])).prop_map(
        |(priority, category, area, kind)| {
            json!({ "prioridad": priority, "categoria": category, "areaAsignada": area, "tipo": kind })
        },
    );
    let status = prop::sample::select(&[Status::InProgress, Status::Resolved, Status::Closed, Status::Canceled]);
    let taken_over = prop::option::weighted(0.3, (1..90 * HOUR, prop::option::of((status, 0..HOUR))));
    let passes = prop_oneof![1 => Just(0), 3 => 0..2 * HOUR, 4 => 0..40 * HOUR, 1 => 0..40 * 24 * HOUR];
    let steps = prop::collection::vec((passes, any_step()), 0..14);
    (form, MONDAY..MONDAY + 160 * HOUR, taken_over, steps).prop_map(|(form, created, taken_over, steps)| Plan {
        form,
        created,
        taken_over,
        steps,
    })
}

impl Plan {
    fn history(&self, book: &Rulebook) -> Vec<Event> {
        let rules = book.active();
        let now = instant(self.created);
        let new = form(&self.form);
        let mut opened = match self.taken_over {
            None => Ticket::open(&new, Origin::Other, &Actor::Requester, now, rules).unwrap().event,
            Some((earlier, _)) => {
                let new = new.since(instant(self.created - earlier));
                let token = Actor::Token(ActorId(Uuid::from_u128(8)));
                Ticket::open(&new, Origin::TicketsApi, &token, now, rules).unwrap().event
            }
        };
        if let Some((earlier, Some((status, after)))) = self.taken_over {
            let since = instant(self.created - earlier + after.min(earlier));
            let known = opened.changes.opened.as_mut().unwrap();
            known.resolved_at = (status == Status::Resolved || after % 2 == 0).then_some(since);
            known.closed_at = (status == Status::Closed).then_some(since);
            opened.changes.status = Some(Change { before: Status::Open, after: status });
        }
        let mut ticket = Ticket::opened(TicketId::default(), &opened).unwrap();
        let mut history = vec![opened];
        let mut now = self.created;
        for (passes, (command, actor)) in &self.steps {
            now += passes;
            let decided = ticket.decide(command.clone(), actor, instant(now), book);
            for new in decided.unwrap_or_default() {
                ticket.apply(&new.event).unwrap();
                history.push(new.event);
            }
        }
        history
    }
}

fn any_desk() -> impl Strategy<Value = (Rules, Vec<Plan>)> {
    (any_rules(), prop::collection::vec(any_plan(), 1..7))
}

fn any_query() -> impl Strategy<Value = (Query, &'static str)> {
    let period = prop::sample::select(&[
        Period::Hour,
        Period::Day,
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
    ]);
    let by = prop::option::weighted(0.7, prop::sample::select(&Dimension::ALL));
    let length = prop_oneof![1..60 * HOUR, 1..30 * 24 * HOUR, 1..100 * 24 * HOUR];
    let from = MONDAY - 100 * HOUR..MONDAY + 300 * HOUR;
    (period, by, length, from, prop::sample::select(&ZONES), any::<bool>()).prop_map(
        |(period, by, length, from, zone_name, in_one_area)| {
            let length = if period == Period::Hour { length.min(70 * HOUR) } else { length + HOUR };
            let scope = if in_one_area { Scope::Area(vec!["REDES".into()]) } else { Scope::Everything };
            let query = Query {
                from: instant(from),
                until: instant(from + length.max(HOUR)),
                zone: zone(zone_name),
                period,
                by,
                scope,
                areas: vec![],
                values: vec![],
            };
            (query, zone_name)
        },
    )
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(cases) }
}

fn all_facts(histories: &[Vec<Event>], book: &Rulebook) -> Vec<Fact> {
    histories.iter().flat_map(|history| history_facts(TicketId::default(), history, book).unwrap()).collect()
}

fn rolled_up<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Rollup {
    let mut rollup = Rollup::default();
    facts.into_iter().for_each(|fact| rollup.apply(fact));
    rollup
}

/// A row's figures, all of them: of each period, of all as one, of the time before.
fn check_row(
    row: &ReportRow,
    report: &Report,
    lives: &[Life],
    is_meant: &dyn Fn(&State) -> bool,
) -> Result<(), String> {
    let begins = report.spans[0].from;
    let ends = report.spans.last().unwrap().until;
    let spans = report.spans.iter().map(|span| (span.from, span.until));
    let rest = [(begins, ends), (report.previous.from, report.previous.until)];
    let figures = row.periods.iter().chain([&row.whole, &row.previous]);
    assert_eq!(row.periods.len(), report.spans.len());
    for (span, figures) in spans.chain(rest).zip(figures) {
        for (measure, figure) in figures.iter() {
            check(measure, figure, lives, is_meant, span)
                .map_err(|wrong| format!("{wrong} ({:?}, {} to {})", row.value, span.0, span.1))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn prop_every_figure_is_that_of_the_histories((rules, plans) in any_desk(), (query, zone_name) in any_query()) {
        let book = Rulebook::from(rules.clone());
        let histories: Vec<_> = plans.iter().map(|plan| plan.history(&book)).collect();
        let lives: Vec<_> = histories.iter().map(|history| life(history, &book)).collect();
        let report = Report::of(&query, &rolled_up(&all_facts(&histories, &book)), &rules).unwrap();

        let may_read = |state: &State| match &query.scope {
            Scope::Everything => true,
            Scope::Area(keys) => keys.contains(&state.area.to_uppercase()),
        };
        if let Err(wrong) = check_row(&report.total, &report, &lives, &may_read) {
            prop_assert!(false, "{wrong}");
        }
        for row in &report.rows {
            let by = query.by.unwrap();
            let wanted = match &row.value {
                Value::Named(name) => same(name, by, &rules),
                Value::None => String::new(),
                other => panic!("{other:?}"),
            };
            if let Err(wrong) = check_row(row, &report, &lives, &|state| may_read(state) && state.value(by, &rules) == wanted) {
                prop_assert!(false, "{wrong}");
            }
        }
        // No value is left out.
        if let Some(by) = query.by {
            let named: Vec<_> = report.rows.iter().map(|row| match &row.value {
                Value::Named(name) => same(name, by, &rules),
                _ => String::new(),
            }).collect();
            for (at, state, moment) in lives.iter().flat_map(|life| &life.moments) {
                let is_asked = (report.spans[0].from..report.spans.last().unwrap().until).contains(at) && may_read(state);
                prop_assert!(!is_asked || named.contains(&state.value(by, &rules)), "{moment:?} at {at}");
            }
        }
        // And the periods are those of the zone's clocks.
        let zone: chrono_tz::Tz = zone_name.parse().unwrap();
        let name = |at: i64| period_name(query.period, zone, instant(at));
        for span in &report.spans {
            prop_assert_eq!(&name(span.from.unix_millis()), &span.name);
            prop_assert_eq!(&name(span.until.unix_millis() - 1), &span.name);
        }
        for pair in report.spans.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
            prop_assert_ne!(&pair[0].name, &pair[1].name);
        }
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn prop_any_parts_in_any_order_come_to_the_same(
        (rules, plans) in any_desk(), parts in prop::collection::vec(0..4_usize, 1..40),
    ) {
        let book = Rulebook::from(rules);
        let histories: Vec<_> = plans.iter().map(|plan| plan.history(&book)).collect();
        let facts = all_facts(&histories, &book);
        let whole = rolled_up(&facts);
        let mut sums = vec![Rollup::default(); 4];
        for (fact, part) in facts.iter().rev().zip(parts.iter().cycle()) {
            sums[*part].apply(fact);
        }
        let [a, b, c, d] = <[Rollup; 4]>::try_from(sums).unwrap();
        let merged = |parts: &[&Rollup]| {
            let mut sum = Rollup::default();
            for part in parts {
                sum.merge(part);
            }
            sum
        };
        let same = |one: &Rollup, other: &Rollup| {
            let rows = |rollup: &Rollup| rollup.rows().collect::<Vec<_>>();
            prop_assert_eq!(rows(one), rows(other));
            for by in Dimension::ALL {
                prop_assert_eq!(one.shelf(by), other.shelf(by));
            }
            Ok(())
        };
        same(&merged(&[&a, &b, &c, &d]), &whole)?;
        same(&merged(&[&merged(&[&d, &b]), &merged(&[&c, &a])]), &whole)?;
        // Hour by hour, as a store adds them to the octets that it has.
        let mut kept: BTreeMap<(Dimension, Stretch), Vec<u8>> = BTreeMap::new();
        for part in [&c, &a, &d, &b] {
            for (by, hour, sums) in part.hours() {
                let octets = kept.entry((by, hour)).or_insert_with(|| Sums::default().to_bytes());
                let mut sum = Sums::from_bytes(octets).unwrap();
                sum.merge(sums);
                *octets = sum.to_bytes();
            }
        }
        kept.retain(|_, octets| !Sums::from_bytes(octets).unwrap().is_empty());
        for by in Dimension::ALL {
            let of_it = kept.iter().filter(|((own, _), _)| *own == by);
            let shelf: Shelf = of_it.map(|((_, hour), octets)| (*hour, octets.clone())).collect();
            prop_assert_eq!(shelf, whole.shelf(by));
        }
        for octets in kept.values() {
            prop_assert!(Sums::from_bytes(&octets[..octets.len() - 1]).is_err());
        }
    }

    /// Whatever longer stretches are kept, and whatever stocks.
    #[test]
    fn prop_a_report_is_the_same_whichever_stretches_it_is_read_from(
        (rules, plans) in any_desk(), (query, zone_name) in any_query(), other in prop::sample::select(&ZONES),
        is_kept in prop::collection::vec(any::<bool>(), 1..50),
    ) {
        let book = Rulebook::from(rules.clone());
        let histories: Vec<_> = plans.iter().map(|plan| plan.history(&book)).collect();
        let rollup = rolled_up(&all_facts(&histories, &book));
        let from_hours = Report::of(&query, &rollup, &rules).unwrap();
        let mut shelf = rollup.shelf(query.reads());
        let (since, now) = (instant(MONDAY - 120 * HOUR), instant(MONDAY + 60 * 24 * HOUR));
        let mut kept = is_kept.iter().cycle();
        for (zone_name, period) in [(zone_name, Period::Day), (other, Period::Week), (zone_name, Period::Month)] {
            for stretch in past_periods(&zone(zone_name), period, since, now) {
                if *kept.next().unwrap() {
                    // Of the hours, or of shorter ones.
                    let whole = shelf.whole(stretch.from, stretch.until).unwrap();
                    shelf.insert(stretch, whole.to_bytes());
                }
                if *kept.next().unwrap() {
                    let earlier = shelf.stretches().filter(|own| own.holds == Holds::Stock && own.until <= stretch.from);
                    let earlier = earlier.map(|own| own.until).max();
                    let stock = shelf.stock(earlier, stretch.from).unwrap();
                    shelf.insert(Stretch::stock(stretch.from), stock.to_bytes());
                }
            }
        }
        prop_assert_eq!(&Report::read(&query, &shelf, &rules).unwrap(), &from_hours);
        // And nothing of it is needed but what is wanted.
        let wanted = query.wants(shelf.stretches()).unwrap();
        let is_wanted = |own: &Stretch| wanted.iter().any(|wanted| match wanted.holds {
            Holds::Hours => own.holds == Holds::Hours && own.from < wanted.until && wanted.from < own.until,
            _ => own == wanted,
        });
        let needed: Shelf =
            shelf.stretches().filter(is_wanted).map(|own| (own, shelf.get(own).unwrap().to_vec())).collect();
        prop_assert_eq!(Report::read(&query, &needed, &rules).unwrap(), from_hours);
    }

    #[test]
    fn prop_a_rebuild_comes_to_the_same_under_other_rules((rules, plans) in any_desk(), other in any_rules()) {
        let book = Rulebook::from(rules);
        let histories: Vec<_> = plans.iter().map(|plan| plan.history(&book)).collect();
        let facts = all_facts(&histories, &book);
        let stored: Vec<Vec<Event>> =
            histories.iter().map(|history| serde_json::from_str(&serde_json::to_string(history).unwrap()).unwrap()).collect();
        prop_assert_eq!(all_facts(&stored, &book.activated(other)), facts);
    }
}

/// What the properties above would say nothing of, did it never happen.
#[test]
fn random_histories_have_all_that_is_counted() {
    let mut runner = TestRunner::deterministic();
    let mut moments = Vec::new();
    for _ in 0..150 {
        let (rules, plans) = any_desk().new_tree(&mut runner).unwrap().current();
        let book = Rulebook::from(rules);
        moments.extend(plans.iter().flat_map(|plan| life(&plan.history(&book), &book).moments));
    }
    let happens = |wanted: &dyn Fn(&Moment) -> bool| moments.iter().filter(|(_, _, moment)| wanted(moment)).count();
    for kind in TargetKind::ALL {
        for expected in [None, Some(true), Some(false)] {
            let ends = |m: &Moment| matches!(m, Moment::Ended { kind: own, in_time, .. } if *own == kind && *in_time == expected);
            assert!(happens(&ends) > 5, "{kind:?} {expected:?}");
        }
        assert!(happens(&|m| matches!(m, Moment::Missed(own) if *own == kind)) > 5, "{kind:?}");
    }
    for expected in [None, Some(true), Some(false)] {
        assert!(
            happens(&|m| matches!(m, Moment::Resolved { was_first, .. } if *was_first == expected)) > 5,
            "{expected:?}"
        );
    }
    assert!(happens(&|m| matches!(m, Moment::Resolved { paused, .. } if *paused > 0)) > 5);
    assert!(happens(&|m| matches!(m, Moment::Reopened)) > 20);
    assert!(happens(&|m| matches!(m, Moment::Left)) > 20);
    assert!(happens(&|m| matches!(m, Moment::Canceled)) > 20);
    assert!(happens(&|m| matches!(m, Moment::Closed)) > 20);
    let working =
        |m: &Moment| matches!(m, Moment::Ended { working, calendar, .. } if *working > 0 && working < calendar);
    assert!(happens(&working) > 50);
}
