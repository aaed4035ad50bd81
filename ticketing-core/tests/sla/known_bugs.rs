//! What help desks get wrong about whole tickets, a test for each, with the answer worked out by hand. What they get wrong about one
//! clock is in `regressions`.
//!
//! 2026-03-23 is a Monday.

use serde_json::json;
use ticketing_core::{
    Command, Rules, Status, TimeDelta,
    sla::{ClockState, TargetKind},
    ticket::Action,
};

use crate::{
    case::at,
    desk::{
        Desk, FirstResponse, NextResponse, Resolution, daily, in_zone, noted, office, one_policy, reason, reply, rules,
        set_area, set_priority, with_calendars,
    },
};

/// Pausing and resolving in one second, and re-opening in the same: each is an instant, and none of them counts.
#[test]
fn paused_and_resolved_in_one_save() {
    let now = "2026-03-23T09:00:00Z";
    let mut ticket =
        Desk::open(&one_policy(&json!({ "resolucion": { "otras": "4h", "enRiesgo": [25] } })), "2026-03-23T08:00:00Z");
    ticket.pauses(now);
    let save = Command::Update {
        status: Some(Status::Resolved),
        priority: Some("BAJA".into()),
        area: Some("REDES".into()),
        reply: Some(reply()),
    };
    ticket.does(now, save);
    let reading = ticket.read(Resolution, "2026-03-25T09:00:00Z").unwrap();
    assert_eq!((reading.state, reading.elapsed), (ClockState::Met, TimeDelta::hours(1)));
    ticket.does(now, Command::Reopen { reason: reason() });
    assert_eq!(ticket.due(Resolution, now), "2026-03-23T12:00:00Z");
    // The quarter was up as the pause began; it is noted once in each cycle.
    let noted = noted(&ticket.history);
    assert_eq!(noted, ["Resolution 0 25% 2026-03-23T09:00:00Z"]);
    assert_eq!(ticket.keeps_time(now), ["Resolution 1 25% 2026-03-23T09:00:00Z"]);
    assert_eq!(
        ticket.explain(Resolution, "2026-03-23T09:30:00Z"),
        ["2026-03-23T08:00:00Z 2026-03-23T09:30:00Z Working"]
    );
}

/// What would be the deadline on the wall passes while the ticket is paused: no breach, no alarm, nothing to wake for.
#[test]
fn breach_during_a_pause() {
    let mut ticket =
        Desk::open(&one_policy(&json!({ "resolucion": { "otras": "4h", "enRiesgo": [80] } })), "2026-03-23T08:00:00Z");
    ticket.pauses("2026-03-23T10:00:00Z");
    assert_eq!(ticket.next_moment("2026-03-23T10:00:00Z"), None);
    assert_eq!(ticket.keeps_time("2026-03-23T12:00:00Z"), [""; 0]);
    assert_eq!(ticket.keeps_time("2026-03-26T10:00:00Z"), [""; 0]);
    assert_eq!(ticket.state(Resolution, "2026-03-26T10:00:00Z"), ClockState::Paused);
    ticket.resumes("2026-03-26T10:00:00Z");
    assert_eq!(ticket.next_moment("2026-03-26T10:00:00Z").as_deref(), Some("2026-03-26T11:12:00Z"));
    assert_eq!(ticket.due(Resolution, "2026-03-26T10:00:00Z"), "2026-03-26T12:00:00Z");
    // Somebody who waits for an answer waits also then.
    let of = one_policy(&json!({ "primeraRespuesta": { "otras": "3h" }, "resolucion": { "otras": "4h" } }));
    let mut ticket = Desk::open(&of, "2026-03-23T08:00:00Z");
    ticket.pauses("2026-03-23T10:00:00Z");
    assert_eq!(ticket.next_moment("2026-03-23T10:00:00Z").as_deref(), Some("2026-03-23T11:00:00Z"));
    assert_eq!(ticket.keeps_time("2026-03-23T13:00:00Z"), ["FirstResponse 0 100% 2026-03-23T11:00:00Z"]);
}

/// A deadline that was passed before the pause, and is noted only during it.
#[test]
fn breach_before_a_pause_noted_during_it() {
    let mut ticket = Desk::open(&one_policy(&json!({ "resolucion": { "otras": "2h" } })), "2026-03-23T08:00:00Z");
    // The pause notes it itself: whoever comes first does.
    let events = ticket.does("2026-03-23T11:00:00Z", Command::Pause { reason: reason() });
    assert_eq!(events.iter().map(|event| event.action).collect::<Vec<_>>(), [Action::Breached, Action::Paused]);
    assert_eq!(noted(&events), ["Resolution 0 100% 2026-03-23T10:00:00Z"]);
    assert_eq!(ticket.keeps_time("2026-03-23T12:00:00Z"), [""; 0]);
}

fn under(calendar: &serde_json::Value, target: &serde_json::Value) -> Rules {
    with_calendars(
        &json!({ "oficina": calendar }),
        &json!([{ "id": 1, "nombre": "P", "primeraRespuesta": target, "resolucion": target }]),
    )
}

/// A holiday is put into the calendar while tickets are open: what was promised stands, until the ticket is matched anew.
#[test]
fn calendar_edited_while_tickets_are_open() {
    let target = json!({ "otras": "8h", "calendario": "oficina" });
    let closed = json!({ "semana": office(), "excepciones": [{ "fecha": "2026-03-24" }] });
    let mut ticket = Desk::open(&under(&json!({ "semana": office() }), &target), "2026-03-23T13:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T13:00:00Z"), "2026-03-24T12:00:00Z");
    ticket.book = ticket.book.activated(under(&closed, &target));
    for kind in [FirstResponse, Resolution] {
        assert_eq!(ticket.due(kind, "2026-03-23T14:00:00Z"), "2026-03-24T12:00:00Z");
    }
    // A pause, its end and a reply are counted in the old one too.
    ticket.pauses("2026-03-23T14:00:00Z");
    ticket.resumes("2026-03-23T15:00:00Z");
    ticket.replies("2026-03-23T15:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T15:00:00Z"), "2026-03-24T14:00:00Z");
    ticket.rematches("2026-03-23T16:00:00Z");
    // Three hours on Monday, five on Wednesday.
    assert_eq!(ticket.due(Resolution, "2026-03-23T16:00:00Z"), "2026-03-25T14:00:00Z");
    // The answer has been given.
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T16:00:00Z"), "2026-03-24T12:00:00Z");
}

/// A policy is made stricter, or taken away, while tickets are open.
#[test]
fn policy_edited_while_tickets_are_open() {
    let mut ticket = Desk::open(&one_policy(&json!({ "resolucion": { "otras": "8h" } })), "2026-03-23T08:00:00Z");
    let stricter =
        json!({ "resolucion": { "otras": "1h", "enRiesgo": [10], "escalar": [{ "al": 10, "area": "REDES" }] } });
    for later in [one_policy(&stricter), rules(&json!([]))] {
        ticket.book = ticket.book.activated(later);
        assert_eq!(ticket.due(Resolution, "2026-03-23T10:00:00Z"), "2026-03-23T16:00:00Z");
        assert_eq!(ticket.keeps_time("2026-03-23T10:00:00Z"), [""; 0]);
    }
    ticket.rematches("2026-03-23T10:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T10:00:00Z"), "no target");
    assert_eq!(ticket.ticket.attributes.area, "MESA");
}

/// Rules that change nothing about a target are no other target: its clock does not start anew.
#[test]
fn an_unrelated_edit_of_the_rules_restarts_no_clock() {
    let with = |days: u32| {
        let document = json!({
            "cierreAutomatico": days,
            "calendarios": { "oficina": { "semana": office() } },
            "sla": { "politicas": [{ "id": 1, "nombre": "P", "alReclasificar": "restart",
                "primeraRespuesta": { "otras": "8h" },
                "resolucion": { "otras": "8h", "calendario": "oficina" } }] },
        });
        Rules::from_json(&document.to_string()).unwrap()
    };
    let mut ticket = Desk::open(&with(7), "2026-03-23T08:00:00Z");
    ticket.book = ticket.book.activated(with(8));
    ticket.does("2026-03-23T10:00:00Z", set_priority("BAJA"));
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T10:00:00Z"), "2026-03-23T16:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T10:00:00Z"), "2026-03-23T17:00:00Z");
}

/// Another area is another agreement, for each of the targets and not only for the resolution.
#[test]
fn group_changed_and_all_targets_are_matched_anew() {
    let of = rules(&json!([
        { "id": 1, "nombre": "Redes", "cuando": { "area": ["REDES"] }, "primeraRespuesta": { "otras": "2h" },
          "siguienteRespuesta": { "otras": "3h" }, "resolucion": { "otras": "5h" } },
        { "id": 2, "nombre": "Resto", "primeraRespuesta": { "otras": "4h" }, "siguienteRespuesta": { "otras": "4h" },
          "resolucion": { "otras": "4h" } },
    ]));
    let mut ticket = Desk::open(&of, "2026-03-23T08:00:00Z");
    ticket.comments("2026-03-23T08:30:00Z");
    ticket.does("2026-03-23T09:00:00Z", set_area("redes"));
    assert_eq!(
        TargetKind::ALL.map(|kind| ticket.due(kind, "2026-03-23T09:00:00Z")),
        ["2026-03-23T10:00:00Z", "2026-03-23T11:30:00Z", "2026-03-23T13:00:00Z"]
    );
    // And back, with an escalation's hand.
    ticket.does("2026-03-23T09:00:00Z", set_area("Mesa de Ayuda"));
    assert_eq!(
        TargetKind::ALL.map(|kind| ticket.due(kind, "2026-03-23T09:00:00Z")),
        ["2026-03-23T12:00:00Z", "2026-03-23T12:30:00Z", "2026-03-23T12:00:00Z"]
    );
}

/// Some desks escalated everything at midnight, because a date without a time was compared with an instant.
#[test]
fn nothing_escalates_at_midnight_for_being_midnight() {
    let target = json!({ "otras": "1bd", "calendario": "oficina", "enRiesgo": [50],
        "escalar": [{ "al": 50, "prioridad": "CRITICA" }] });
    let mut ticket = Desk::open(&one_policy(&json!({ "resolucion": target })), "2026-03-23T16:00:00Z");
    for midnight in ["2026-03-24T00:00:00Z", "2026-03-24T00:00:01Z", "2026-03-24T05:00:00Z"] {
        assert_eq!(ticket.keeps_time(midnight), [""; 0]);
    }
    // An hour on Monday and eight on Tuesday: half of it is at half past eleven.
    assert_eq!(ticket.keeps_time("2026-03-24T11:29:59.999Z"), [""; 0]);
    assert_eq!(ticket.keeps_time("2026-03-24T11:30:00Z"), ["Resolution 0 50% 2026-03-24T11:30:00Z"]);
    assert_eq!(ticket.ticket.attributes.priority.as_deref(), Some("CRITICA"));
}

/// A deadline at midnight is that night's: the end of the day and the beginning of the next are one instant.
#[test]
fn a_deadline_at_midnight_is_noted_once() {
    let of = in_zone(
        "America/Bogota",
        &daily(&json!([["20:00", "24:00"], ["00:00", "01:00"]])),
        &json!([]),
        &json!({ "otras": "4h" }),
    );
    let mut ticket = Desk::open(&of, "2026-03-24T01:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-24T01:00:00Z"), "2026-03-24T05:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-24T05:00:00Z"), ["Resolution 0 100% 2026-03-24T05:00:00Z"]);
    assert_eq!(ticket.keeps_time("2026-03-25T05:00:00Z"), [""; 0]);
}

/// A ticket of each weekday, at the desk's closing hour: the deadline is on the next day that is worked.
#[test]
fn each_weekday_has_its_own_deadline() {
    for (day, due) in [(23, 24), (24, 25), (25, 26), (26, 27), (27, 30), (28, 30), (29, 30)] {
        let start = format!("2026-03-{day}T16:00:00Z");
        let target = json!({ "otras": "2h", "calendario": "oficina" });
        let ticket = Desk::open(&one_policy(&json!({ "resolucion": target })), &start);
        let hour = if day > 27 { 10 } else { 9 };
        assert_eq!(ticket.due(Resolution, &start), format!("2026-03-{due}T{hour:02}:00:00Z"));
    }
}

/// Madrid, 29 March 2026, 02:00 becomes 03:00: around the clock a pause of an hour is an hour, whatever the wall says.
#[test]
fn a_pause_over_a_gap() {
    let shifts = daily(&json!([["00:00", "08:00"]]));
    let of = in_zone("Europe/Madrid", &shifts, &json!([]), &json!({ "otras": "4h" }));
    let mut ticket = Desk::open(&of, "2026-03-28T23:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-28T23:00:00Z"), "2026-03-29T03:00:00Z");
    // From half past one to half past three on the wall.
    ticket.pauses("2026-03-29T00:30:00Z");
    ticket.resumes("2026-03-29T01:30:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-29T01:30:00Z"), "2026-03-29T04:00:00Z");
}

/// Madrid, 25 October 2026, 03:00 becomes 02:00: what is paused from 02:30 to 02:30 is paused for an hour.
#[test]
fn a_pause_over_an_overlap() {
    let shifts = daily(&json!([["00:00", "08:00"]]));
    let of = in_zone("Europe/Madrid", &shifts, &json!([]), &json!({ "otras": "4h" }));
    let mut ticket = Desk::open(&of, "2026-10-24T22:00:00Z");
    ticket.pauses("2026-10-25T00:30:00Z");
    ticket.resumes("2026-10-25T01:30:00Z");
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-10-25T01:30:00Z"), 150);
    assert_eq!(ticket.due(Resolution, "2026-10-25T01:30:00Z"), "2026-10-25T03:00:00Z");
}

/// A requester writes at night: the wait for an answer begins with the office, and is not at risk before.
#[test]
fn a_target_that_starts_outside_of_hours() {
    let of = one_policy(&json!({
        "siguienteRespuesta": { "otras": "1h", "calendario": "oficina", "enRiesgo": [1] },
        "resolucion": { "otras": "1h", "calendario": "oficina", "enRiesgo": [50] },
    }));
    let mut ticket = Desk::open(&of, "2026-03-27T17:00:00Z");
    ticket.comments("2026-03-28T12:00:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-28T12:00:00Z"), "2026-03-30T09:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-28T12:00:00Z"), "2026-03-30T09:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-30T08:00:00Z"), [""; 0]);
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-30T08:00:00Z"), 0);
    assert_eq!(ticket.next_moment("2026-03-30T08:00:00Z").as_deref(), Some("2026-03-30T08:00:36Z"));
    // Answered before it began: in time, with all of it left.
    ticket.replies("2026-03-30T07:00:00Z");
    let reading = ticket.read(NextResponse, "2026-03-30T12:00:00Z").unwrap();
    assert_eq!((reading.state, reading.elapsed), (ClockState::Met, TimeDelta::zero()));
}

/// Every date of July is an exception without shifts.
#[test]
fn a_month_of_holidays() {
    let july: Vec<_> = (1..=31).map(|day| json!({ "fecha": format!("2026-07-{day:02}") })).collect();
    let calendar = json!({ "semana": office(), "excepciones": july });
    let mut ticket = Desk::open(
        &under(&calendar, &json!({ "otras": "2h", "calendario": "oficina", "enRiesgo": [50] })),
        "2026-06-30T16:30:00Z",
    );
    // Half an hour on Tuesday, the 30th of June; the 3rd of August is a Monday.
    assert_eq!(ticket.due(Resolution, "2026-06-30T16:30:00Z"), "2026-08-03T09:30:00Z");
    assert_eq!(ticket.keeps_time("2026-08-01T00:00:00Z"), [""; 0]);
    assert_eq!(ticket.explain(Resolution, "2026-08-03T08:30:00Z").len(), 1 + 1 + 31 + 1 + 1);
    assert_eq!(
        ticket.explain(Resolution, "2026-08-03T08:30:00Z")[2],
        "2026-07-01T00:00:00Z 2026-07-02T00:00:00Z ClosedDate(2026-07-01)"
    );
    ticket.pauses("2026-07-01T00:00:00Z");
    ticket.resumes("2026-08-03T08:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-08-03T08:00:00Z"), "2026-08-03T09:30:00Z");
}

/// 2028 has a 29 February, a Tuesday; 2027 has none, and rules that name it are refused.
#[test]
fn the_29th_of_february() {
    let calendar = json!({ "semana": office(), "excepciones": [{ "fecha": "2028-02-29" }] });
    let target = json!({ "otras": "1bd", "calendario": "oficina" });
    let ticket = Desk::open(&under(&calendar, &target), "2028-02-28T10:00:00Z");
    assert_eq!(ticket.due(Resolution, "2028-02-28T10:00:00Z"), "2028-03-01T17:00:00Z");
    let ticket = Desk::open(&under(&json!({ "semana": office() }), &target), "2028-02-28T10:00:00Z");
    assert_eq!(ticket.due(Resolution, "2028-02-28T10:00:00Z"), "2028-02-29T17:00:00Z");
    let calendar =
        json!({ "calendarios": { "oficina": { "semana": office(), "excepciones": [{ "fecha": "2027-02-29" }] } } });
    assert!(Rules::from_json(&calendar.to_string()).unwrap_err().to_string().contains("“2027-02-29” is no date"));
    // A ten-year budget passes three of them.
    let ticket = Desk::open(&one_policy(&json!({ "resolucion": { "otras": "87672h" } })), "2026-03-01T00:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-01T00:00:00Z"), "2036-03-01T00:00:00Z");
}

/// The year in a label is the one on the desk's wall, not UTC's, and not that of the clocks' start.
#[test]
fn the_labels_year_at_local_midnight() {
    let of = |zone: &str| {
        let document = json!({ "zona": zone, "zonas": [crate::case::zone(zone)] });
        Rules::from_json(&document.to_string()).unwrap()
    };
    for (zone, last, first) in [
        ("America/Bogota", "2027-01-01T04:59:59.999Z", "2027-01-01T05:00:00Z"),
        ("Europe/Madrid", "2026-12-31T22:59:59.999Z", "2026-12-31T23:00:00Z"),
        ("Pacific/Kiritimati", "2026-12-31T09:59:59.999Z", "2026-12-31T10:00:00Z"),
        ("UTC", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"),
    ] {
        assert_eq!((of(zone).label_year(at(last)), of(zone).label_year(at(first))), (2026, 2027), "{zone}");
    }
}

/// A ticket is brought up to date hours late: what an escalation leads to is done as it would have been in time.
#[test]
fn an_escalation_that_is_noted_late_does_not_swallow_the_next_one() {
    let of = rules(&json!([
        { "id": 1, "nombre": "Mesa", "cuando": { "area": ["MESA"] },
          "resolucion": { "otras": "2h", "enRiesgo": [50], "escalar": [{ "al": 50, "area": "REDES" }] } },
        { "id": 2, "nombre": "Redes", "cuando": { "area": ["REDES"] },
          "resolucion": { "otras": "8h", "enRiesgo": [50], "escalar": [{ "al": 50, "prioridad": "CRITICA" }] } },
    ]));
    let (mut early, mut late) = (Desk::open(&of, "2026-03-23T08:00:00Z"), Desk::open(&of, "2026-03-23T08:00:00Z"));
    // At nine it goes to REDES, where it has eight hours: half of them are up at noon.
    assert_eq!(early.keeps_time("2026-03-23T09:00:00Z"), ["Resolution 0 50% 2026-03-23T09:00:00Z"]);
    assert_eq!(early.keeps_time("2026-03-23T12:00:00Z"), ["Resolution 0 50% 2026-03-23T12:00:00Z"]);
    assert_eq!(early.ticket.attributes.priority.as_deref(), Some("CRITICA"));
    assert_eq!(
        late.keeps_time("2026-03-23T13:00:00Z"),
        ["Resolution 0 50% 2026-03-23T09:00:00Z", "Resolution 0 50% 2026-03-23T12:00:00Z",]
    );
    assert_eq!(late.ticket.attributes, early.ticket.attributes);
    assert_eq!(late.ticket.sla, early.ticket.sla);
}

/// Two policies hand a late ticket to one another. A due date by hand is not theirs to begin anew.
#[test]
fn escalations_do_not_chase_each_other_round_a_due_date_by_hand() {
    let policy = |id: u32, area: &str, to: &str| {
        json!({ "id": id, "nombre": "P", "cuando": { "area": [area] }, "alReclasificar": "restart",
            "resolucion": { "otras": format!("{id}h"), "escalar": [{ "al": 100, "area": to }] } })
    };
    let of = rules(&json!([policy(1, "MESA", "REDES"), policy(2, "REDES", "MESA")]));
    let mut ticket = Desk::open(&of, "2026-03-23T08:00:00Z");
    ticket.sets_due("2026-03-23T08:10:00Z", Some("2026-03-23T08:30:00Z"));
    assert_eq!(ticket.keeps_time("2026-03-23T08:30:00Z"), ["Resolution 0 100% 2026-03-23T08:30:00Z"]);
    assert_eq!(ticket.ticket.attributes.area, "REDES");
    assert!(ticket.ticket.sla.passed(&ticket.book, at("2026-03-23T20:00:00Z")).is_empty());
    // Underneath, the clock began anew as it moved: two hours from half past eight.
    ticket.sets_due("2026-03-23T09:00:00Z", None);
    assert_eq!(ticket.due(Resolution, "2026-03-23T09:00:00Z"), "2026-03-23T10:30:00Z");
    assert_eq!(ticket.next_moment("2026-03-23T09:00:00Z").as_deref(), Some("2026-03-23T10:30:00Z"));
}

/// What is read of an instant before the last event is of that instant.
#[test]
fn a_due_date_by_hand_read_of_the_past_knows_the_status_of_then() {
    let mut ticket = Desk::open(&Rules::default(), "2026-03-23T08:00:00Z");
    ticket.sets_due("2026-03-23T08:00:00Z", Some("2026-03-23T20:00:00Z"));
    ticket.pauses("2026-03-23T10:00:00Z");
    assert_eq!(ticket.state(Resolution, "2026-03-23T09:00:00Z"), ClockState::Running);
    assert_eq!(ticket.state(Resolution, "2026-03-23T10:00:00Z"), ClockState::Paused);
}

/// Newfoundland set its clocks back at a minute past midnight, so that the evening before came twice. What begins in the second of
/// them is told to the end of that date, and no longer.
#[test]
fn a_date_that_comes_back_after_midnight_is_told_to_its_end() {
    let closed = json!([{ "fecha": "2010-11-06" }]);
    let of = in_zone("America/St_Johns", &json!({ "lun": [["08:00", "12:00"]] }), &closed, &json!({ "otras": "1h" }));
    // 7 November 2010, 00:01 at UTC-2:30, becomes 23:01 of the 6th at UTC-3:30.
    let ticket = Desk::open(&of, "2010-11-07T02:45:00Z");
    assert_eq!(
        ticket.explain(Resolution, "2010-11-07T12:00:00Z"),
        [
            "2010-11-07T02:45:00Z 2010-11-07T03:30:00Z ClosedDate(2010-11-06)",
            "2010-11-07T03:30:00Z 2010-11-07T12:00:00Z OutsideHours",
        ]
    );
}

/// Two policies with a target each that is up at once hand a ticket to one another: each does so once more, and that is all.
#[test]
fn escalations_do_not_chase_each_other_for_ever() {
    let policy = |id: u32, area: &str, first: serde_json::Value, resolution: serde_json::Value| json!({ "id": id, "nombre": "P", "cuando": { "area": [area] }, "primeraRespuesta": first, "resolucion": resolution });
    let of = rules(&json!([
        policy(
            1,
            "MESA",
            json!({ "otras": "20h", "enRiesgo": [50] }),
            json!({ "otras": "2h", "escalar": [{ "al": 100, "area": "REDES" }] })
        ),
        policy(
            2,
            "REDES",
            json!({ "otras": "3h", "enRiesgo": [50], "escalar": [{ "al": 50, "area": "MESA" }] }),
            json!({ "otras": "20h" })
        ),
    ]));
    let mut ticket = Desk::open(&of, "2026-03-23T08:00:00Z");
    assert!(ticket.keeps_time("2026-03-23T10:00:00Z").len() <= 4);
    assert!(ticket.ticket.sla.passed(&ticket.book, at("2026-03-23T10:00:00Z")).is_empty());
    assert_eq!(ticket.keeps_time("2026-03-23T10:00:00Z"), [""; 0]);
}

/// Business days end at an opening, all of whose working time was used at the close before. A pause in between takes nothing of it: it
/// is late at the opening, and whoever waits for the next moment has to know.
#[test]
fn a_deadline_outside_of_hours_that_a_pause_does_not_move_is_waited_for() {
    let target = json!({ "otras": "1bd", "vence": "same_time", "calendario": "oficina" });
    let mut ticket = Desk::open(&one_policy(&json!({ "resolucion": target })), "2026-03-27T08:00:00Z");
    ticket.pauses("2026-03-27T18:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-27T18:00:00Z"), "2026-03-30T08:00:00Z");
    assert_eq!(ticket.next_moment("2026-03-27T18:00:00Z").as_deref(), Some("2026-03-30T08:00:00Z"));
    assert_eq!(ticket.keeps_time("2026-03-30T08:00:00Z"), ["Resolution 0 100% 2026-03-30T08:00:00Z"]);
}

/// A closed ticket is answered, and re-opened later: the answer was given when it was, and by the same deadline.
#[test]
fn an_answer_to_a_closed_ticket_stays_as_it_was() {
    let mut ticket = Desk::open(&one_policy(&json!({ "primeraRespuesta": { "otras": "4h" } })), "2026-03-23T08:00:00Z");
    ticket.enters("2026-03-23T09:00:00Z", Status::Closed);
    ticket.replies("2026-03-23T10:00:00Z");
    let before = ticket.read(FirstResponse, "2026-03-23T11:00:00Z").unwrap();
    assert_eq!((before.state, before.elapsed), (ClockState::Met, TimeDelta::hours(1)));
    ticket.resumes("2026-03-23T12:00:00Z");
    assert_eq!(ticket.read(FirstResponse, "2026-03-23T13:00:00Z"), Some(before));
}
