//! Reports that can be counted by hand.

use serde_json::json;
use ticketing_core::{
    Rules, Status, TicketId, TimeDelta, Zone,
    report::{
        Dimension, Figure, Measure, Percentiles, Period, Query, QueryError, Report, ReportError, Rollup, Value,
        history_facts,
    },
    ticket::Scope,
};

use crate::{case::at, desk::Desk};

fn query(by: Option<Dimension>) -> Query {
    Query {
        from: at("2026-03-23T00:00:00Z"),
        until: at("2026-03-30T00:00:00Z"),
        zone: Zone::default(),
        period: Period::Week,
        by,
        scope: Scope::Everything,
        areas: vec![],
        values: vec![],
    }
}

fn rolled_up<'d>(desks: impl IntoIterator<Item = &'d Desk>) -> Rollup {
    let mut rollup = Rollup::default();
    for desk in desks {
        let facts = history_facts(TicketId::default(), &desk.history, &desk.book).unwrap();
        for fact in &facts {
            rollup.apply(fact);
        }
    }
    rollup
}

#[test]
fn a_ticket_that_is_resolved_after_a_pause() {
    let rules = Rules::default();
    let mut desk = Desk::open(&rules, "2026-03-23T08:00:00Z");
    desk.pauses("2026-03-23T09:00:00Z");
    desk.resumes("2026-03-23T11:00:00Z");
    desk.enters("2026-03-23T12:00:00Z", Status::Resolved);
    let report = Report::of(&query(None), &rolled_up([&desk]), &rules).unwrap();
    let told = |measure| *report.total.whole.get(measure).unwrap();
    let hours = |hours: i64| {
        let told = TimeDelta::hours(hours);
        move |figure| match figure {
            Figure::Times { count: 1, percentiles: Some(Percentiles { p50, p90, p99 }) } => {
                p50 == p90 && p90 == p99 && (p50 - told).abs() * 100 <= told
            }
            _ => false,
        }
    };
    assert!(hours(2)(told(Measure::ResolutionWorking)), "{:?}", told(Measure::ResolutionWorking));
    assert!(hours(4)(told(Measure::ResolutionCalendar)), "{:?}", told(Measure::ResolutionCalendar));
    assert_eq!(told(Measure::PauseShare).ratio(), Some(0.5));
    assert_eq!(told(Measure::ResolutionInTime), Figure::Share { part: 1, whole: 1 });
    assert_eq!(told(Measure::OneTouchRate), Figure::Share { part: 1, whole: 1 });
    assert_eq!(told(Measure::Backlog), Figure::Count(0));
    // Nothing counted: that is no zero of anything.
    assert_eq!(told(Measure::NextResponseWorking), Figure::Times { count: 0, percentiles: None });
    assert_eq!(told(Measure::NextResponseInTime).ratio(), None);
}

#[test]
fn categories_beyond_the_two_hundred_most_used_are_one_row() {
    let rules = Rules::default();
    let mut desks = Vec::new();
    for number in 0..205 {
        // The later ones are used twice.
        for _ in 0..=(number / 100) {
            let category = json!({ "categoria": format!("Categoría {number:03}") });
            desks.push(Desk::open_as(&category, &rules, "2026-03-24T10:00:00Z"));
        }
    }
    let report = Report::of(&query(Some(Dimension::Category)), &rolled_up(&desks), &rules).unwrap();
    assert_eq!(report.rows.len(), 201);
    assert_eq!(report.rows[0].value, Value::Named("Categoría 200".into()));
    let rest = report.rows.last().unwrap();
    assert_eq!(rest.value, Value::Rest);
    assert_eq!(rest.whole.get(Measure::Created), Some(&Figure::Count(5)));
    assert_eq!(report.total.whole.get(Measure::Created), Some(&Figure::Count(i64::try_from(desks.len()).unwrap())));
}

#[test]
fn areas_and_values_can_be_asked_for_by_their_aliases() {
    let rules = Rules::default();
    let of = |area: &str| Desk::open_as(&json!({ "areaAsignada": area }), &rules, "2026-03-24T10:00:00Z");
    let rollup = rolled_up(&[of("MESA"), of("mesa de ayuda"), of("Bodega")]);
    let created = |query: &Query| {
        let report = Report::of(query, &rollup, &rules).unwrap();
        (report.rows.len(), *report.total.whole.get(Measure::Created).unwrap())
    };
    assert_eq!(created(&query(Some(Dimension::Area))), (2, Figure::Count(3)));
    let mesa = Query { areas: vec!["Mesa de Ayuda".into()], ..query(None) };
    assert_eq!(created(&mesa), (0, Figure::Count(2)));
    let bodega = Query { values: vec!["BODEGA".into()], ..query(Some(Dimension::Area)) };
    assert_eq!(created(&bodega), (1, Figure::Count(1)));
    let scoped = Query { scope: Scope::Area(vec!["BODEGA".into()]), ..query(Some(Dimension::Origin)) };
    assert_eq!(created(&scoped), (1, Figure::Count(1)));
}

#[test]
fn a_report_without_time_or_with_too_many_periods_is_none() {
    let none = Query { until: at("2026-03-23T00:14:00Z"), ..query(None) };
    assert_eq!(Report::of(&none, &Rollup::default(), &Rules::default()), Err(ReportError::Query(QueryError::Empty)));
    let many = Query { until: at("2030-01-01T00:00:00Z"), period: Period::Hour, ..query(None) };
    assert_eq!(
        Report::of(&many, &Rollup::default(), &Rules::default()),
        Err(ReportError::Query(QueryError::TooManyPeriods))
    );
}
