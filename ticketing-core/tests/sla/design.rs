//! Each sentence of the design on service levels, with instants worked out from its words.
//!
//! 2026-03-23 is a Monday. The office is open from Monday to Friday, eight to twelve and one to five, in UTC.

use serde_json::{Value, json};
use ticketing_core::{
    Command, Rules, Status, TimeDelta, Timestamp,
    sla::{Budget, ClockState, TargetKind},
    ticket::{Action, Permanency},
};

use crate::{
    case::at,
    desk::{
        Desk, FirstResponse, NextResponse, Resolution, daily, desk, in_zone, noted, office, one_policy, reason, reply,
        rules, say, set_area, set_priority, with_calendars,
    },
};

/// One policy with a resolution.
fn resolution(target: &Value) -> Rules {
    one_policy(&json!({ "resolucion": target }))
}

/// "Default, from the seed: hours by priority, around the clock; `fechaLimiteSla = fechaCreacion + slaHoras`. `ALTA` = 4."
#[test]
fn by_default_hours_go_by_priority_around_the_clock() {
    // A Friday evening: nights and weekends count.
    for (priority, due, hours) in [
        ("CRITICA", "2026-03-28T00:30:00Z", 2),
        ("ALTA", "2026-03-28T02:30:00Z", 4),
        ("MEDIA", "2026-03-28T22:30:00Z", 24),
        ("BAJA", "2026-03-30T22:30:00Z", 72),
        ("cualquiera", "2026-03-28T22:30:00Z", 24),
    ] {
        let ticket = Desk::open_as(&json!({ "prioridad": priority }), &Rules::default(), "2026-03-27T22:30:00Z");
        assert_eq!(ticket.due(Resolution, "2026-03-27T22:30:00Z"), due, "{priority}");
        assert_eq!(ticket.granted_minutes(Resolution), hours * 60, "{priority}");
        assert_eq!(ticket.due(FirstResponse, "2026-03-27T22:30:00Z"), "no target");
    }
}

/// "Policies: ordered, first match on tipo, prioridad, categoria, area, origin"
#[test]
fn the_first_policy_that_matches_wins_by_each_attribute() {
    let policy = |id: u32, when: Value, hours: &str| json!({ "id": id, "nombre": "P", "cuando": when, "resolucion": { "otras": hours } });
    let of = rules(&json!([
        policy(1, json!({ "tipo": ["QUEJA"] }), "1h"),
        policy(2, json!({ "prioridad": ["urgente"] }), "2h"),
        policy(3, json!({ "categoria": ["red"] }), "3h"),
        policy(4, json!({ "area": ["redes"] }), "4h"),
        policy(5, json!({ "origen": ["TICKETS_API"] }), "5h"),
        policy(6, json!({}), "6h"),
        policy(7, json!({}), "7h"),
    ]));
    let hours = |values: Value| Desk::open_as(&values, &of, "2026-03-23T08:00:00Z").granted_minutes(Resolution) / 60;
    assert_eq!(hours(json!({ "tipo": "QUEJA", "prioridad": "CRITICA", "areaAsignada": "REDES" })), 1);
    assert_eq!(hours(json!({ "prioridad": "CRITICA", "categoria": "Red" })), 2);
    assert_eq!(hours(json!({ "categoria": "RED", "areaAsignada": "REDES" })), 3);
    assert_eq!(hours(json!({ "areaAsignada": " Redes " })), 4);
    assert_eq!(hours(json!({})), 6);
    let imported = Desk::open_since("2026-03-23T08:00:00Z", &of, "2026-03-23T08:00:00Z");
    assert_eq!(imported.granted_minutes(Resolution), 5 * 60);
}

/// "\"no SLA\" is a valid answer" and "`slaHoras` is … null without SLA"
#[test]
fn a_ticket_may_have_no_service_level() {
    let nothing = [json!([]), json!([{ "id": 1, "nombre": "Sin plazo" }])];
    for policies in nothing {
        let mut ticket = Desk::open(&rules(&policies), "2026-03-23T08:00:00Z");
        for kind in TargetKind::ALL {
            assert_eq!(ticket.read(kind, "2027-03-23T08:00:00Z"), None);
            assert_eq!(ticket.ticket.sla.granted(kind, &ticket.book, at("2027-03-23T08:00:00Z")), None);
            assert_eq!(ticket.ticket.sla.explain(kind, &ticket.book, at("2027-03-23T08:00:00Z")), None);
        }
        assert_eq!(ticket.next_moment("2026-03-23T08:00:00Z"), None);
        assert_eq!(ticket.keeps_time("2027-03-23T08:00:00Z"), [""; 0]);
    }
}

/// "Targets: first response, next response, resolution."
#[test]
fn a_policy_has_three_targets_each_with_its_own_clock() {
    let of = one_policy(&json!({
        "primeraRespuesta": { "otras": "1h", "calendario": "oficina" },
        "siguienteRespuesta": { "otras": "90m" },
        "resolucion": { "otras": "1bd", "calendario": "oficina" },
    }));
    let mut ticket = Desk::open(&of, "2026-03-23T16:30:00Z");
    // Half an hour on Monday, half an hour on Tuesday.
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T16:30:00Z"), "2026-03-24T08:30:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T16:30:00Z"), "2026-03-24T17:00:00Z");
    // Nobody waits for a next response before they have said something.
    assert_eq!(ticket.due(NextResponse, "2026-03-23T16:30:00Z"), "no target");
    ticket.comments("2026-03-23T20:00:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T20:00:00Z"), "2026-03-23T21:30:00Z");
}

/// "Budgets are explicit (`\"4h\"`, `\"90m\"`, `\"2bd\"`), never an ambiguous \"1 day\"."
#[test]
fn a_day_is_no_budget() {
    for (budget, minutes) in [("4h", 240), ("90m", 90), ("2bd", 24 * 60)] {
        // Two business days from Monday's opening end with Wednesday: eight hours each.
        let target = json!({ "otras": budget, "calendario": "oficina" });
        let ticket = Desk::open(&resolution(&target), "2026-03-23T08:00:00Z");
        assert_eq!(ticket.granted_minutes(Resolution), minutes, "{budget}");
    }
    for budget in ["1 day", "1d", "1D", "1 día", "1", "P1D", "24:00", "1bd 2h", "", " 4h"] {
        let document =
            json!({ "sla": { "politicas": [{ "id": 1, "nombre": "P", "resolucion": { "otras": budget } }] } });
        assert!(Rules::from_json(&document.to_string()).is_err(), "{budget}");
    }
}

/// "`slaHoras` is the budget's working hours (an integer when whole)"
#[test]
fn the_hours_of_business_days_are_working_hours() {
    // From Monday three o'clock to Tuesday's close: two hours and eight.
    let ticket = Desk::open(&resolution(&json!({ "otras": "1bd", "calendario": "oficina" })), "2026-03-23T15:00:00Z");
    assert_eq!(ticket.granted_minutes(Resolution), 600);
    // Until the same time on Tuesday: two hours, and six less lunch.
    let target = json!({ "otras": "1bd", "calendario": "oficina", "vence": "same_time" });
    let ticket = Desk::open(&resolution(&target), "2026-03-23T15:00:00Z");
    assert_eq!(ticket.granted_minutes(Resolution), 480);
    let whole = |text: &str| text.parse::<Budget>().unwrap().whole_hours();
    assert_eq!((whole("240m"), whole("90m")), (Some(4), None));
}

/// "`fechaLimiteSla` is the truth."
#[test]
fn the_deadline_stands_beside_the_hours_and_not_on_them() {
    let mut ticket =
        Desk::open(&resolution(&json!({ "otras": "4h", "calendario": "oficina" })), "2026-03-27T16:00:00Z");
    // Four hours of work from Friday four o'clock, which is not four hours later.
    assert_eq!(ticket.due(Resolution, "2026-03-27T16:00:00Z"), "2026-03-30T11:00:00Z");
    assert_eq!(ticket.granted_minutes(Resolution), 240);
    ticket.sets_due("2026-03-27T16:30:00Z", Some("2026-04-01T00:00:00Z"));
    assert_eq!(ticket.due(Resolution, "2026-03-27T16:30:00Z"), "2026-04-01T00:00:00Z");
}

fn first_response() -> Rules {
    one_policy(&json!({ "primeraRespuesta": { "otras": "1h", "enRiesgo": [50] }, "resolucion": { "otras": "8h" } }))
}

/// "First response: ended by any action that the requester sees and did not write (reply, public action)"
#[test]
fn a_reply_is_the_first_response() {
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.replies("2026-03-23T08:20:00Z");
    let reading = ticket.read(FirstResponse, "2026-03-23T23:00:00Z").unwrap();
    assert_eq!((reading.state, reading.elapsed), (ClockState::Met, TimeDelta::minutes(20)));
    assert_eq!(ticket.ticket.first_responded_at(), Some(at("2026-03-23T08:20:00Z")));
    // Another one later changes nothing, and nothing of the first response is noted any more.
    ticket.replies("2026-03-23T08:40:00Z");
    assert_eq!(ticket.ticket.first_responded_at(), Some(at("2026-03-23T08:20:00Z")));
    assert_eq!(ticket.keeps_time("2026-03-23T15:00:00Z"), [""; 0]);
}

/// "… that the requester sees and did not write"
#[test]
fn what_the_requester_writes_or_does_not_see_is_no_first_response() {
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.comments("2026-03-23T08:10:00Z");
    // The clocks' own events are not shown.
    assert_eq!(ticket.keeps_time("2026-03-23T08:30:00Z"), ["FirstResponse 0 50% 2026-03-23T08:30:00Z"]);
    assert_eq!(ticket.ticket.first_responded_at(), None);
    assert_eq!(ticket.state(FirstResponse, "2026-03-23T08:59:59Z"), ClockState::Running);
    assert_eq!(ticket.state(FirstResponse, "2026-03-23T09:00:00Z"), ClockState::Breached);
}

/// "… or by resolving without one"
#[test]
fn resolving_is_a_first_response_and_other_ends_are_none() {
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.enters("2026-03-23T08:20:00Z", Status::Resolved);
    assert_eq!(ticket.state(FirstResponse, "2026-03-23T12:00:00Z"), ClockState::Met);
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.enters("2026-03-23T08:20:00Z", Status::Closed);
    assert_eq!(ticket.ticket.first_responded_at(), None);
    // It was not answered in time, nor was it too late.
    assert_eq!(ticket.state(FirstResponse, "2026-03-23T12:00:00Z"), ClockState::Paused);
}

/// "… not by assigning."
#[test]
fn assigning_is_no_first_response() {
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.assigns("2026-03-23T08:10:00Z");
    ticket.enters("2026-03-23T08:20:00Z", Status::InProgress);
    assert_eq!(ticket.ticket.first_responded_at(), None);
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T08:30:00Z"), "2026-03-23T09:00:00Z");
}

/// "Next response: from the first unanswered requester comment to the next such action."
#[test]
fn a_next_response_is_awaited_from_the_first_comment_that_is_not_answered() {
    let of = one_policy(&json!({ "siguienteRespuesta": { "otras": "1h" } }));
    let mut ticket = Desk::open(&of, "2026-03-23T08:00:00Z");
    ticket.comments("2026-03-23T09:00:00Z");
    // The second one does not begin the wait anew.
    ticket.comments("2026-03-23T09:30:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T09:30:00Z"), "2026-03-23T10:00:00Z");
    ticket.assigns("2026-03-23T09:40:00Z");
    assert_eq!(ticket.state(NextResponse, "2026-03-23T09:45:00Z"), ClockState::Running);
    ticket.replies("2026-03-23T09:50:00Z");
    let reading = ticket.read(NextResponse, "2026-03-23T11:00:00Z").unwrap();
    assert_eq!((reading.state, reading.elapsed), (ClockState::Met, TimeDelta::minutes(50)));
    // The next wait is its own, and is breached on its own.
    ticket.comments("2026-03-23T12:00:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T12:00:00Z"), "2026-03-23T13:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-23T13:00:00Z"), ["NextResponse 1 100% 2026-03-23T13:00:00Z"]);
    ticket.enters("2026-03-23T13:30:00Z", Status::Resolved);
    assert_eq!(ticket.state(NextResponse, "2026-03-23T14:00:00Z"), ClockState::Breached);
    // Objecting is a comment that waits, too.
    ticket.comments("2026-03-23T15:00:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T15:00:00Z"), "2026-03-23T16:00:00Z");
}

/// "Pause counts only where it overlaps working time."
#[test]
fn a_pause_moves_the_deadline_by_its_working_time() {
    let target = json!({ "otras": "8h", "calendario": "oficina" });
    let mut ticket = Desk::open(&resolution(&target), "2026-03-23T15:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T15:00:00Z"), "2026-03-24T15:00:00Z");
    // From Monday six to Tuesday seven nobody works.
    ticket.pauses("2026-03-23T18:00:00Z");
    ticket.resumes("2026-03-24T07:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-24T07:00:00Z"), "2026-03-24T15:00:00Z");
    // From eleven thirty to half past one is an hour of work.
    ticket.pauses("2026-03-24T11:30:00Z");
    assert_eq!(ticket.state(Resolution, "2026-03-24T12:30:00Z"), ClockState::Paused);
    ticket.resumes("2026-03-24T13:30:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-24T13:30:00Z"), "2026-03-24T16:00:00Z");
    // Two hours on Monday, three and a half on Tuesday morning.
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-24T13:30:00Z"), 330);
}

/// "Time in RESUELTO, CERRADO, CANCELADO is skipped too, and the due date moves by it"
#[test]
fn finished_time_is_skipped() {
    for finished in [Status::Resolved, Status::Closed] {
        let target = json!({ "otras": "8h", "calendario": "oficina" });
        let mut ticket = Desk::open(&resolution(&target), "2026-03-23T08:00:00Z");
        ticket.enters("2026-03-23T10:00:00Z", finished);
        let frozen = ticket.read(Resolution, "2026-03-27T10:00:00Z").unwrap();
        assert_eq!((frozen.state, frozen.elapsed), (ClockState::Met, TimeDelta::hours(2)));
        assert_eq!(frozen.remaining, TimeDelta::hours(6));
        // Tuesday at three: six hours of work are left, two of them on Tuesday.
        ticket.does("2026-03-24T15:00:00Z", Command::Reopen { reason: reason() });
        assert_eq!(ticket.due(Resolution, "2026-03-24T15:00:00Z"), "2026-03-25T12:00:00Z");
        assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-24T16:00:00Z"), 180);
    }
    let mut ticket = Desk::open(&Rules::default(), "2026-03-23T08:00:00Z");
    ticket.cancels("2026-03-23T10:00:00Z");
    let frozen = ticket.read(Resolution, "2026-03-27T10:00:00Z").unwrap();
    assert_eq!((frozen.state, frozen.elapsed), (ClockState::Paused, TimeDelta::hours(2)));
    // Also for whoever was never answered.
    let mut ticket = Desk::open(&first_response(), "2026-03-23T08:00:00Z");
    ticket.enters("2026-03-23T08:15:00Z", Status::Closed);
    ticket.does("2026-03-23T20:00:00Z", Command::Reopen { reason: reason() });
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T20:00:00Z"), "2026-03-23T20:45:00Z");
}

/// "a breach stays a breach"
#[test]
fn a_breach_is_not_undone_by_pausing_or_finishing() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "2h" })), "2026-03-23T08:00:00Z");
    ticket.pauses("2026-03-23T10:30:00Z");
    assert_eq!(ticket.state(Resolution, "2026-03-23T20:00:00Z"), ClockState::Breached);
    assert_eq!(ticket.due(Resolution, "2026-03-23T20:00:00Z"), "2026-03-23T10:00:00Z");
    ticket.enters("2026-03-23T21:00:00Z", Status::Resolved);
    assert_eq!(ticket.state(Resolution, "2026-03-24T20:00:00Z"), ClockState::Breached);
    ticket.does("2026-03-25T08:00:00Z", Command::Reopen { reason: reason() });
    assert_eq!(ticket.state(Resolution, "2026-03-25T08:00:00Z"), ClockState::Breached);
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-25T08:00:00Z"), 150);
}

/// "each re-opening starts a new cycle; a threshold fires once per target and cycle"
#[test]
fn a_threshold_is_noted_once_in_each_cycle() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "10h", "enRiesgo": [50] })), "2026-03-23T00:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-23T05:00:00Z"), ["Resolution 0 50% 2026-03-23T05:00:00Z"]);
    assert_eq!(ticket.keeps_time("2026-03-23T05:00:00Z"), [""; 0]);
    assert_eq!(ticket.keeps_time("2026-03-23T09:59:59Z"), [""; 0]);
    ticket.enters("2026-03-23T09:59:59Z", Status::Resolved);
    ticket.does("2026-03-24T00:00:00Z", Command::Reopen { reason: reason() });
    assert_eq!(ticket.keeps_time("2026-03-24T00:00:00Z"), ["Resolution 1 50% 2026-03-23T05:00:00Z"]);
    assert_eq!(ticket.next_moment("2026-03-24T00:00:00Z").as_deref(), Some("2026-03-24T00:00:01Z"));
    assert_eq!(ticket.keeps_time("2026-03-24T00:00:01Z"), ["Resolution 1 100% 2026-03-24T00:00:01Z"]);
    assert_eq!(ticket.keeps_time("2026-03-25T00:00:01Z"), [""; 0]);
    // A pause and its end are no re-opening.
    ticket.pauses("2026-03-25T00:00:01Z");
    ticket.resumes("2026-03-26T00:00:01Z");
    assert_eq!(ticket.keeps_time("2026-03-27T00:00:01Z"), [""; 0]);
}

/// Two policies: four hours for tickets of high priority, and what becomes of one that falls under it.
fn two_policies(rematch: &str) -> Rules {
    rules(&json!([
        { "id": 1, "nombre": "Alta", "cuando": { "prioridad": ["ALTA"], "area": ["MESA"] , "categoria": ["Sistemas"] },
          "primeraRespuesta": { "otras": "1h" }, "siguienteRespuesta": { "otras": "1h" },
          "resolucion": { "otras": "4h", "enRiesgo": [50] } },
        { "id": 2, "nombre": "Resto", "alReclasificar": rematch,
          "primeraRespuesta": { "otras": "2h" }, "siguienteRespuesta": { "otras": "2h" },
          "resolucion": { "otras": "10h", "enRiesgo": [50] } },
    ]))
}

/// "Re-match: any event that changes tipo, prioridad, categoria, area or origin."
#[test]
fn each_change_of_what_policies_match_on_matches_anew() {
    let reclassify =
        |category: &str| Command::Reclassify { priority: "ALTA".into(), category: category.into(), reason: reason() };
    let transfer = Command::Transfer { area: "Redes".into(), agent: None, reason: reason() };
    for command in [set_priority("MEDIA"), set_area("Redes"), reclassify("Hardware"), transfer] {
        let mut ticket = Desk::open(&two_policies("carry"), "2026-03-23T08:00:00Z");
        assert_eq!(ticket.due(Resolution, "2026-03-23T08:00:00Z"), "2026-03-23T12:00:00Z");
        let events = ticket.does("2026-03-23T08:30:00Z", command);
        assert!(events[0].changes.agreement.is_some());
        assert_eq!(ticket.due(Resolution, "2026-03-23T08:30:00Z"), "2026-03-23T18:00:00Z");
    }
    // What changes none of them does not, also where the rules are other ones by now.
    let mut ticket = Desk::open(&two_policies("carry"), "2026-03-23T08:00:00Z");
    ticket.book = ticket.book.activated(resolution(&json!({ "otras": "1h" })));
    for command in [reclassify("Sistemas"), say(reply()), set_area("mesa de ayuda"), set_priority(" ALTA ")] {
        ticket.does("2026-03-23T08:30:00Z", command);
    }
    assert_eq!(ticket.due(Resolution, "2026-03-23T08:30:00Z"), "2026-03-23T12:00:00Z");
}

/// "`carry` (default): evaluated as if the new target had applied since the clock started"
#[test]
fn carry_reads_the_same_instants_by_the_new_target() {
    let of = rules(&json!([
        { "id": 1, "nombre": "Alta", "cuando": { "prioridad": ["ALTA"] }, "resolucion": { "otras": "4h", "pausa": [] } },
        { "id": 2, "nombre": "Resto", "resolucion": { "otras": "8h", "calendario": "oficina", "enRiesgo": [50] } },
    ]));
    let mut ticket = Desk::open(&of, "2026-03-23T10:00:00Z");
    // This policy's clock does not pause; the other's does, and did.
    ticket.pauses("2026-03-23T11:00:00Z");
    let events = ticket.does("2026-03-23T14:00:00Z", Command::Reopen { reason: reason() });
    assert_eq!(noted(&events), ["Resolution 0 100% 2026-03-23T14:00:00Z"]);
    assert_eq!(ticket.due(Resolution, "2026-03-23T14:00:00Z"), "2026-03-23T14:00:00Z");
    ticket.does("2026-03-23T15:00:00Z", set_priority("BAJA"));
    // Worked: ten to eleven and two to three. Six hours are left, two of them today.
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-23T15:00:00Z"), 120);
    assert_eq!(ticket.due(Resolution, "2026-03-23T15:00:00Z"), "2026-03-24T12:00:00Z");
    assert_eq!(ticket.state(Resolution, "2026-03-23T15:00:00Z"), ClockState::Running);
    // What was up under the old one is not any more, and is again when the new one's is.
    assert_eq!(
        ticket.keeps_time("2026-03-24T12:00:00Z"),
        ["Resolution 0 50% 2026-03-23T17:00:00Z", "Resolution 0 100% 2026-03-24T12:00:00Z",]
    );
    // Back under the first: as if it had applied all the time.
    ticket.does("2026-03-24T13:00:00Z", set_priority("ALTA"));
    assert_eq!(ticket.due(Resolution, "2026-03-24T13:00:00Z"), "2026-03-23T14:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-24T13:00:00Z"), [""; 0]);
}

/// "`carry` (default)"
#[test]
fn carry_is_the_default() {
    let members = json!({ "resolucion": { "otras": "4h" } });
    let mut carry = members.clone();
    carry["alReclasificar"] = json!("carry");
    assert_eq!(one_policy(&members).hash(), one_policy(&carry).hash());
}

/// "`restart`"
#[test]
fn restart_begins_every_clock_that_runs_anew() {
    let mut ticket = Desk::open(&two_policies("restart"), "2026-03-23T08:00:00Z");
    ticket.comments("2026-03-23T08:30:00Z");
    ticket.does("2026-03-23T08:50:00Z", set_priority("MEDIA"));
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T08:50:00Z"), "2026-03-23T10:50:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T08:50:00Z"), "2026-03-23T10:50:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T08:50:00Z"), "2026-03-23T18:50:00Z");
    assert_eq!(ticket.elapsed_minutes(Resolution, "2026-03-23T09:50:00Z"), 60);
    // Under the same targets nothing begins anew.
    ticket.does("2026-03-23T09:50:00Z", set_priority("BAJA"));
    assert_eq!(ticket.due(Resolution, "2026-03-23T09:50:00Z"), "2026-03-23T18:50:00Z");
}

/// "`keep`"
#[test]
fn keep_keeps_what_was_promised() {
    let mut ticket = Desk::open(&two_policies("keep"), "2026-03-23T08:00:00Z");
    ticket.comments("2026-03-23T08:30:00Z");
    let events = ticket.does("2026-03-23T08:50:00Z", set_priority("MEDIA"));
    assert_eq!(events[0].changes.agreement, None);
    assert_eq!(ticket.due(FirstResponse, "2026-03-23T08:50:00Z"), "2026-03-23T09:00:00Z");
    assert_eq!(ticket.due(NextResponse, "2026-03-23T08:50:00Z"), "2026-03-23T09:30:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T08:50:00Z"), "2026-03-23T12:00:00Z");
}

/// "A met … first response never changes."
#[test]
fn a_first_response_that_was_given_stays_as_it_was() {
    for rematch in ["carry", "restart", "keep"] {
        let mut ticket = Desk::open(&two_policies(rematch), "2026-03-23T08:00:00Z");
        ticket.replies("2026-03-23T08:59:00Z");
        let before = ticket.read(FirstResponse, "2026-03-23T10:00:00Z");
        ticket.does("2026-03-23T10:00:00Z", set_priority("MEDIA"));
        assert_eq!(ticket.read(FirstResponse, "2026-03-24T10:00:00Z"), before, "{rematch}");
        // Nor where no policy is for the ticket any more.
        ticket.book = ticket.book.activated(rules(&json!([])));
        ticket.does("2026-03-23T11:00:00Z", set_priority("BAJA"));
        assert_eq!(ticket.read(FirstResponse, "2026-03-24T10:00:00Z"), before, "{rematch}");
    }
}

/// "A … breached first response never changes."
#[test]
fn a_first_response_that_was_late_stays_late() {
    for (rematch, noted_before) in [("carry", true), ("carry", false), ("restart", false), ("keep", false)] {
        let mut ticket = Desk::open(&two_policies(rematch), "2026-03-23T08:00:00Z");
        if noted_before {
            ticket.keeps_time("2026-03-23T09:00:00Z");
        }
        // At nine o'clock it was an hour; by the other policy it would have two.
        ticket.does("2026-03-23T09:00:00Z", set_priority("MEDIA"));
        assert_eq!(ticket.due(FirstResponse, "2026-03-23T09:30:00Z"), "2026-03-23T09:00:00Z", "{rematch}");
        assert_eq!(ticket.state(FirstResponse, "2026-03-23T09:30:00Z"), ClockState::Breached, "{rematch}");
        ticket.replies("2026-03-23T09:40:00Z");
        assert_eq!(ticket.state(FirstResponse, "2026-03-23T09:50:00Z"), ClockState::Breached, "{rematch}");
    }
}

/// "A met … first response never changes": where nothing was promised about it, nothing is promised after it was given.
#[test]
fn nothing_is_promised_about_a_first_response_that_was_given() {
    let later = one_policy(&json!({ "primeraRespuesta": { "otras": "1h" }, "resolucion": { "otras": "4h" } }));
    for before in [json!([]), json!([{ "id": 1, "nombre": "Sin plazo" }])] {
        let mut ticket = Desk::open(&rules(&before), "2026-03-23T08:00:00Z");
        ticket.replies("2026-03-23T10:00:00Z");
        ticket.book = ticket.book.activated(later.clone());
        ticket.does("2026-03-23T11:00:00Z", set_priority("BAJA"));
        assert_eq!(ticket.due(Resolution, "2026-03-23T11:00:00Z"), "2026-03-23T12:00:00Z");
        assert_eq!(ticket.due(FirstResponse, "2026-03-23T11:00:00Z"), "no target", "{before}");
    }
}

/// "Due date set by hand: an absolute instant; pauses and re-matches do not move it"
#[test]
fn a_due_date_by_hand_stands() {
    for rematch in ["carry", "restart", "keep"] {
        let mut ticket = Desk::open(&two_policies(rematch), "2026-03-23T08:00:00Z");
        ticket.sets_due("2026-03-23T09:00:00Z", Some("2026-03-23T19:00:00Z"));
        ticket.pauses("2026-03-23T10:00:00Z");
        ticket.resumes("2026-03-23T12:00:00Z");
        ticket.does("2026-03-23T12:30:00Z", set_priority("BAJA"));
        ticket.enters("2026-03-23T13:00:00Z", Status::Resolved);
        ticket.does("2026-03-23T14:00:00Z", Command::Reopen { reason: reason() });
        let reading = ticket.read(Resolution, "2026-03-23T18:00:00Z").unwrap();
        assert_eq!(reading.due, Some(at("2026-03-23T19:00:00Z")), "{rematch}");
        assert_eq!((reading.remaining, reading.state), (TimeDelta::hours(1), ClockState::Running), "{rematch}");
        assert_eq!(ticket.state(Resolution, "2026-03-23T18:59:59.999Z"), ClockState::Running, "{rematch}");
        assert_eq!(ticket.state(Resolution, "2026-03-23T19:00:00Z"), ClockState::Breached, "{rematch}");
    }
    // Nor does it wait for a pause to end.
    let mut ticket = Desk::open(&Rules::default(), "2026-03-23T08:00:00Z");
    ticket.sets_due("2026-03-23T09:00:00Z", Some("2026-03-23T10:00:00Z"));
    ticket.pauses("2026-03-23T09:10:00Z");
    let noted = ticket.keeps_time("2026-03-23T10:00:00Z");
    assert_eq!(noted, ["Resolution 0 80% 2026-03-23T09:48:00Z", "Resolution 0 100% 2026-03-23T10:00:00Z"]);
}

/// "Due date set by hand" for a ticket without a service level.
#[test]
fn a_due_date_by_hand_needs_no_policy() {
    let mut ticket = Desk::open(&rules(&json!([])), "2026-03-23T08:00:00Z");
    ticket.sets_due("2026-03-23T09:00:00Z", Some("2026-03-23T10:00:00Z"));
    assert_eq!(ticket.due(Resolution, "2026-03-23T09:00:00Z"), "2026-03-23T10:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-23T10:00:00Z"), ["Resolution 0 100% 2026-03-23T10:00:00Z"]);
    ticket.sets_due("2026-03-23T10:30:00Z", None);
    assert_eq!(ticket.due(Resolution, "2026-03-23T10:30:00Z"), "no target");
}

/// "null restores the SLA's own, which kept running underneath"
#[test]
fn without_the_due_date_by_hand_the_own_one_is_what_it_would_have_been() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "8h", "enRiesgo": [50] })), "2026-03-23T08:00:00Z");
    let mut other = ticket.clone();
    ticket.sets_due("2026-03-23T08:30:00Z", Some("2026-03-23T08:40:00Z"));
    for ticket in [&mut ticket, &mut other] {
        ticket.pauses("2026-03-23T09:00:00Z");
        ticket.resumes("2026-03-23T10:00:00Z");
    }
    // All of that date's shares are noted by now, and taken back with it.
    ticket.sets_due("2026-03-23T11:00:00Z", None);
    assert_eq!(ticket.read(Resolution, "2026-03-23T11:00:00Z"), other.read(Resolution, "2026-03-23T11:00:00Z"));
    assert_eq!(ticket.due(Resolution, "2026-03-23T11:00:00Z"), "2026-03-23T17:00:00Z");
    assert_eq!(ticket.next_moment("2026-03-23T11:00:00Z").as_deref(), Some("2026-03-23T13:00:00Z"));
    assert_eq!(
        ticket.keeps_time("2026-03-23T17:00:00Z"),
        ["Resolution 0 50% 2026-03-23T13:00:00Z", "Resolution 0 100% 2026-03-23T17:00:00Z",]
    );
}

/// "Its at-risk fraction is of calendar time from setting to due."
#[test]
fn a_due_date_by_hand_is_at_risk_by_calendar_time() {
    let target = json!({ "otras": "8h", "calendario": "oficina", "enRiesgo": [50, 75] });
    let mut ticket = Desk::open(&resolution(&target), "2026-03-23T08:00:00Z");
    // From Monday noon to Friday noon: four days, nights included.
    ticket.sets_due("2026-03-23T12:00:00Z", Some("2026-03-27T12:00:00Z"));
    assert_eq!(ticket.next_moment("2026-03-23T12:00:00Z").as_deref(), Some("2026-03-25T12:00:00Z"));
    assert_eq!(
        ticket.keeps_time("2026-03-27T12:00:00Z"),
        [
            "Resolution 0 50% 2026-03-25T12:00:00Z",
            "Resolution 0 75% 2026-03-26T12:00:00Z",
            "Resolution 0 100% 2026-03-27T12:00:00Z",
        ]
    );
}

/// "At risk at integer percents of working time between start and due."
#[test]
fn at_risk_is_a_share_of_working_time() {
    let target = json!({ "otras": "8h", "calendario": "oficina", "enRiesgo": [75, 50, 1] });
    let mut ticket = Desk::open(&resolution(&target), "2026-03-27T15:00:00Z");
    // One percent is 4 minutes and 48 seconds. Two hours are Friday's.
    assert_eq!(
        ticket.keeps_time("2026-04-01T00:00:00Z"),
        [
            "Resolution 0 1% 2026-03-27T15:04:48Z",
            "Resolution 0 50% 2026-03-30T10:00:00Z",
            "Resolution 0 75% 2026-03-30T12:00:00Z",
            "Resolution 0 100% 2026-03-30T15:00:00Z",
        ]
    );
    // Of business days too: from Monday noon to Tuesday's close are twelve hours.
    let target = json!({ "otras": "1bd", "calendario": "oficina", "enRiesgo": [50] });
    let mut ticket = Desk::open(&resolution(&target), "2026-03-23T12:00:00Z");
    assert_eq!(
        ticket.keeps_time("2026-03-24T17:00:00Z"),
        [
            // Noon is a close, so it starts at one: four hours on Monday, two of eight on Tuesday.
            "Resolution 0 50% 2026-03-24T10:00:00Z",
            "Resolution 0 100% 2026-03-24T17:00:00Z",
        ]
    );
}

/// "Calendars: intervals per weekday in local wall time, mapped per civil day"
#[test]
fn a_calendar_is_on_the_clocks_of_its_zone() {
    let bogota = in_zone("America/Bogota", &office(), &json!([]), &json!({ "otras": "2h" }));
    // Eight in Bogotá is one in the afternoon in UTC.
    let ticket = Desk::open(&bogota, "2026-03-23T08:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T08:00:00Z"), "2026-03-23T15:00:00Z");
    // On the Friday before the clocks go forward it opens at seven in UTC, on the Monday after it at six.
    let madrid = in_zone("Europe/Madrid", &office(), &json!([]), &json!({ "otras": "1h" }));
    for (start, due) in
        [("2026-03-27T00:00:00Z", "2026-03-27T08:00:00Z"), ("2026-03-30T00:00:00Z", "2026-03-30T07:00:00Z")]
    {
        assert_eq!(Desk::open(&madrid, start).due(Resolution, start), due);
    }
    // Each weekday has its own.
    for (day, name) in (23..30).zip(["lun", "mar", "mie", "jue", "vie", "sab", "dom"]) {
        let week = json!({ name: [["09:00", "10:00"]] });
        let of = with_calendars(
            &json!({ "horario": { "semana": week } }),
            &json!([{ "id": 1, "nombre": "P", "resolucion": { "otras": "1h", "calendario": "horario" } }]),
        );
        let ticket = Desk::open(&of, "2026-03-23T00:00:00Z");
        assert_eq!(ticket.due(Resolution, "2026-03-23T00:00:00Z"), format!("2026-03-{day}T10:00:00Z"));
    }
}

/// "in a DST gap a time that does not exist moves forward by the gap"
#[test]
fn an_opening_in_a_gap_is_as_much_later() {
    // Madrid, 29 March 2026: 02:00 becomes 03:00, so half past two is half past three, 01:30 in UTC.
    let of = in_zone("Europe/Madrid", &daily(&json!([["02:30", "08:00"]])), &json!([]), &json!({ "otras": "1h" }));
    let ticket = Desk::open(&of, "2026-03-29T00:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-29T00:00:00Z"), "2026-03-29T02:30:00Z");
}

/// "in an overlap the first occurrence counts"
#[test]
fn an_opening_at_a_time_that_comes_twice_is_at_the_first() {
    // Madrid, 25 October 2026: 03:00 becomes 02:00, so half past two is first at 00:30 in UTC.
    let of = in_zone("Europe/Madrid", &daily(&json!([["02:30", "08:00"]])), &json!([]), &json!({ "otras": "1h" }));
    let ticket = Desk::open(&of, "2026-10-25T00:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-10-25T00:00:00Z"), "2026-10-25T01:30:00Z");
    // An end too: from two to half past two is half an hour, not an hour and a half.
    let of = in_zone("Europe/Madrid", &daily(&json!([["02:00", "02:30"]])), &json!([]), &json!({ "otras": "31m" }));
    let ticket = Desk::open(&of, "2026-10-24T23:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-10-24T23:00:00Z"), "2026-10-26T01:01:00Z");
}

/// "mapped intervals are united, so that no instant counts twice"
#[test]
fn shifts_that_overlap_count_once() {
    // The night of one day and the early shift of the next have two hours in common.
    let of = with_calendars(
        &json!({ "horario": { "semana": daily(&json!([["04:00", "12:00"], ["22:00", "06:00"], ["05:00", "07:00"]])) } }),
        &json!([{ "id": 1, "nombre": "P", "resolucion": { "otras": "15h", "calendario": "horario" } }]),
    );
    // Ten to twelve, ten at night to noon: fourteen hours without a break, from twenty-two to twelve.
    let ticket = Desk::open(&of, "2026-03-23T11:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T11:00:00Z"), "2026-03-24T12:00:00Z");
    assert_eq!(
        ticket.explain(Resolution, "2026-03-24T12:00:00Z"),
        [
            "2026-03-23T11:00:00Z 2026-03-23T12:00:00Z Working",
            "2026-03-23T12:00:00Z 2026-03-23T22:00:00Z OutsideHours",
            "2026-03-23T22:00:00Z 2026-03-24T12:00:00Z Working",
        ]
    );
}

/// "an overnight shift belongs to the day it starts on and its length is the distance of its mapped ends"
#[test]
fn a_night_belongs_to_its_evening_and_is_as_long_as_it_is() {
    let saturdays = json!({ "sab": [["22:00", "06:00"]] });
    let start = "2026-03-28T00:00:00Z";
    // The night to the 29th is an hour shorter in Madrid: 21:00 to 04:00 in UTC.
    let granted = |budget: &str| {
        let of = in_zone("Europe/Madrid", &saturdays, &json!([]), &json!({ "otras": budget }));
        Desk::open(&of, start).due(Resolution, start)
    };
    assert_eq!(granted("7h"), "2026-03-29T04:00:00Z");
    assert_eq!(granted("421m"), "2026-04-04T20:01:00Z");
    // At two in the night of Sunday it is Saturday's shift; the next business day is the next Saturday, whose close is on Sunday.
    let of = in_zone("Europe/Madrid", &saturdays, &json!([]), &json!({ "otras": "1bd" }));
    let ticket = Desk::open(&of, "2026-04-05T00:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-04-05T00:00:00Z"), "2026-04-12T04:00:00Z");
}

/// "A dated exception replaces the shifts that start that day, never the previous one's tail."
#[test]
fn an_exception_does_not_cut_the_night_before() {
    let nights = daily(&json!([["22:00", "06:00"]]));
    let closed = json!([{ "fecha": "2026-12-25", "nombre": "Navidad" }]);
    let start = "2026-12-24T22:00:00Z";
    let due = |exceptions: &Value, budget: &str| {
        Desk::open(&in_zone("UTC", &nights, exceptions, &json!({ "otras": budget })), start).due(Resolution, start)
    };
    assert_eq!(due(&closed, "8h"), "2026-12-25T06:00:00Z");
    assert_eq!(due(&closed, "9h"), "2026-12-26T23:00:00Z");
    // With shifts of its own: those and no others start that day.
    let short = json!([{ "fecha": "2026-12-25", "horas": [["10:00", "11:00"]] }]);
    assert_eq!(due(&short, "9h"), "2026-12-25T11:00:00Z");
    assert_eq!(due(&short, "10h"), "2026-12-26T23:00:00Z");
}

fn business_days(start: &str, allowance: &str) -> String {
    let target = json!({ "otras": allowance, "calendario": "oficina" });
    Desk::open(&resolution(&target), start).due(Resolution, start)
}

/// "A business day is a date on which a shift starts"
#[test]
fn a_business_day_is_one_on_which_a_shift_starts() {
    assert_eq!(business_days("2026-03-26T10:00:00Z", "1bd"), "2026-03-27T17:00:00Z");
    assert_eq!(business_days("2026-03-27T10:00:00Z", "1bd"), "2026-03-30T17:00:00Z");
    // A Saturday that is worked by exception is one, a Monday that is closed is none.
    let exceptions = json!([{ "fecha": "2026-03-28", "horas": [["09:00", "10:00"]] }, { "fecha": "2026-03-30" }]);
    let of = in_zone("UTC", &office(), &exceptions, &json!({ "otras": "2bd" }));
    let ticket = Desk::open(&of, "2026-03-27T10:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-27T10:00:00Z"), "2026-03-31T17:00:00Z");
}

/// "a start outside working time moves to the next opening"
#[test]
fn what_comes_in_at_night_starts_in_the_morning() {
    // On a Saturday: Monday is the day of the start, and Tuesday the first business day after it.
    assert_eq!(business_days("2026-03-28T10:00:00Z", "1bd"), "2026-03-31T17:00:00Z");
    assert_eq!(business_days("2026-03-27T17:00:00Z", "1bd"), "2026-03-31T17:00:00Z");
    assert_eq!(business_days("2026-03-28T10:00:00Z", "1h"), "2026-03-30T09:00:00Z");
    let target = json!({ "otras": "1bd", "calendario": "oficina", "vence": "same_time" });
    let ticket = Desk::open(&resolution(&target), "2026-03-28T10:00:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-28T10:00:00Z"), "2026-03-31T08:00:00Z");
}

/// "`2bd` from day D counts D+1 as the first"
#[test]
fn the_day_of_the_start_is_no_business_day_of_its_own() {
    assert_eq!(business_days("2026-03-23T08:00:00Z", "2bd"), "2026-03-25T17:00:00Z");
    assert_eq!(business_days("2026-03-23T16:59:00Z", "2bd"), "2026-03-25T17:00:00Z");
}

/// "A calendar without working time is refused."
#[test]
fn a_calendar_that_never_opens_is_refused() {
    for calendar in [json!({}), json!({ "semana": {} }), json!({ "excepciones": [{ "fecha": "2026-12-25" }] })] {
        let document = json!({ "calendarios": { "nunca": calendar } });
        let error = Rules::from_json(&document.to_string()).unwrap_err().to_string();
        assert!(error.starts_with("calendarios.nunca: "), "{error}");
    }
}

/// "Tables cover 2000–2099; a due date beyond is absent."
#[test]
fn there_is_no_deadline_after_2099() {
    for target in
        [json!({ "otras": "80h" }), json!({ "otras": "80h", "calendario": "oficina" }), json!({ "otras": "3bd" })]
    {
        let mut ticket = Desk::open(&resolution(&target), "2099-12-30T12:00:00Z");
        assert_eq!(ticket.due(Resolution, "2099-12-30T12:00:00Z"), "never");
        assert_eq!(ticket.state(Resolution, "2100-02-01T00:00:00Z"), ClockState::Running);
        assert_eq!(ticket.next_moment("2099-12-30T12:00:00Z"), None);
        assert_eq!(ticket.keeps_time("2100-02-01T00:00:00Z"), [""; 0]);
    }
    let ticket = Desk::open(&resolution(&json!({ "otras": "80h" })), "2099-12-28T12:00:00Z");
    assert_eq!(ticket.due(Resolution, "2099-12-28T12:00:00Z"), "2099-12-31T20:00:00Z");
    let ticket = Desk::open(&resolution(&json!({ "otras": "1h", "calendario": "oficina" })), "1999-12-20T12:00:00Z");
    // The first of January 2000 was a Saturday.
    assert_eq!(ticket.due(Resolution, "1999-12-20T12:00:00Z"), "2000-01-03T09:00:00Z");
}

/// "Working permanency uses the resolution target's calendar, else the deployment's, else all time."
#[test]
fn permanency_counts_in_the_calendar_of_the_resolution_or_of_the_deployment() {
    let of = |deployment: Option<&str>, target: Option<&str>| {
        let mut resolution = json!({ "otras": "8h" });
        if let Some(name) = target {
            resolution["calendario"] = json!(name);
        }
        let mut document = json!({
            "calendarios": { "oficina": { "semana": office() }, "tardes": { "semana": daily(&json!([["13:00", "17:00"]])) } },
            "sla": { "politicas": [{ "id": 1, "nombre": "P", "resolucion": resolution }] },
        });
        if let Some(name) = deployment {
            document["calendario"] = json!(name);
        }
        Rules::from_json(&document.to_string()).unwrap()
    };
    // Open from Monday ten to two, then in progress until Tuesday nine.
    for (deployment, target, expected) in [
        (Some("oficina"), Some("tardes"), [60, 3 * 60]),
        (None, Some("tardes"), [60, 3 * 60]),
        (Some("oficina"), None, [3 * 60, 4 * 60]),
        (None, None, [4 * 60, 19 * 60]),
    ] {
        let mut ticket = Desk::open(&of(deployment, target), "2026-03-23T10:00:00Z");
        ticket.assigns("2026-03-23T14:00:00Z");
        let permanency = Permanency::of(&ticket.history, &ticket.book, at("2026-03-24T09:00:00Z")).unwrap();
        let [open, worked] = &permanency.statuses[..] else { panic!("{permanency:?}") };
        assert_eq!([open.working_time, worked.working_time].map(|time| time.num_minutes()), expected);
        assert_eq!([open.full_time, worked.full_time].map(|time| time.num_hours()), [4, 19]);
        assert_eq!((open.value, worked.value, worked.until), (Status::Open, Status::InProgress, None));
        let [nobody, agent] = &permanency.owners[..] else { panic!("{permanency:?}") };
        assert_eq!((nobody.value.0.is_some(), agent.value.0.is_some()), (false, true));
        assert_eq!(agent.working_time.num_minutes(), expected[1]);
    }
}

/// "Closed form: a deadline ten years out costs about what one ten hours out costs."
#[test]
fn ten_years_cost_about_what_ten_hours_do() {
    #[expect(clippy::disallowed_methods, reason = "what is measured is time")]
    let nanoseconds = |ticket: &Desk, now: Timestamp| {
        let run = || {
            let began = std::time::Instant::now();
            for _ in 0..200 {
                std::hint::black_box(ticket.ticket.sla.read(&ticket.book, now));
            }
            began.elapsed().as_nanos()
        };
        (0..7).map(|_| run()).min().unwrap()
    };
    let now = at("2026-03-23T08:00:00Z");
    let of = |hours: &str| {
        let target = json!({ "otras": hours, "calendario": "oficina" });
        let ticket = Desk::open(&resolution(&target), "2026-03-23T08:00:00Z");
        // Tables of years are made when they are first needed.
        ticket.read(Resolution, "2026-03-23T08:00:00Z");
        ticket
    };
    let (near, far) = (of("10h"), of("20000h"));
    // 260 or so weekdays a year of eight hours: nine years and more.
    assert!(far.due(Resolution, "2026-03-23T08:00:00Z").starts_with("2035-"));
    let (near, far) = (nanoseconds(&near, now), nanoseconds(&far, now));
    assert!(far < near * 10, "{near} ns and {far} ns");
}

/// "`recorded_at` is the server's (the later of now and the previous event's)"
#[test]
fn a_clock_set_back_does_not_turn_a_tickets_clocks_back() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "8h" })), "2026-03-23T08:00:00Z");
    ticket.pauses("2026-03-23T10:00:00Z");
    ticket.resumes("2026-03-23T09:00:00Z");
    let last = ticket.history.last().unwrap();
    assert_eq!(last.recorded_at, at("2026-03-23T10:00:00Z"));
    assert_eq!(ticket.due(Resolution, "2026-03-23T10:00:00Z"), "2026-03-23T16:00:00Z");
    assert_eq!(ticket.keeps_time("2026-03-20T00:00:00Z"), [""; 0]);
}

/// "only a creation's `occurred_at` starts clocks, and thresholds that were already past then are folded as missed without
/// raising an alarm"
#[test]
fn what_an_imported_ticket_missed_raises_no_alarm() {
    let of = one_policy(&json!({
        "primeraRespuesta": { "otras": "1h" },
        "resolucion": { "otras": "8h", "calendario": "oficina", "enRiesgo": [50, 75],
            "escalar": [{ "al": 50, "area": "REDES", "notificar": ["MESA"] }] },
    }));
    let mut ticket = Desk::open_since("2026-03-23T10:00:00Z", &of, "2026-03-23T16:00:00Z");
    // Its clocks started at ten: an hour for an answer, and eight of work, five of which are up.
    let [opened] = &ticket.history[..] else { panic!() };
    assert_eq!(
        noted(std::slice::from_ref(opened)),
        ["FirstResponse 0 100% 2026-03-23T11:00:00Z", "Resolution 0 50% 2026-03-23T15:00:00Z",]
    );
    assert_eq!((opened.action, opened.recorded_at), (Action::Opened, at("2026-03-23T16:00:00Z")));
    assert_eq!(opened.occurred_at, Some(at("2026-03-23T10:00:00Z")));
    assert!(opened.changes.notify.is_empty());
    assert_eq!(ticket.ticket.attributes.area, "MESA");
    assert_eq!(ticket.due(Resolution, "2026-03-23T16:00:00Z"), "2026-03-24T10:00:00Z");
    assert_eq!(ticket.state(FirstResponse, "2026-03-23T16:00:00Z"), ClockState::Breached);
    assert_eq!(ticket.keeps_time("2026-03-23T16:00:00Z"), [""; 0]);
    // What is up later is noted as ever.
    assert_eq!(ticket.keeps_time("2026-03-23T17:00:00Z"), ["Resolution 0 75% 2026-03-23T17:00:00Z"]);
    // An instant to come is none at which anything occurred.
    let ticket = Desk::open_since("2026-03-24T10:00:00Z", &of, "2026-03-23T16:00:00Z");
    assert_eq!(ticket.ticket.created_at, at("2026-03-23T16:00:00Z"));
    assert_eq!(ticket.history[0].occurred_at, None);
}

/// "an open ticket keeps its version until an event re-matches it or `rules apply --rematch` does."
#[test]
fn new_rules_are_for_new_tickets_until_a_ticket_is_matched_anew() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "8h" })), "2026-03-23T08:00:00Z");
    ticket.book = ticket.book.activated(resolution(&json!({ "otras": "2h" })));
    ticket.replies("2026-03-23T08:30:00Z");
    assert_eq!(ticket.due(Resolution, "2026-03-23T08:30:00Z"), "2026-03-23T16:00:00Z");
    let events = ticket.rematches("2026-03-23T09:00:00Z");
    assert_eq!(events.iter().map(|event| event.action).collect::<Vec<_>>(), [Action::Rematched]);
    assert!(!events[0].public);
    assert_eq!(ticket.due(Resolution, "2026-03-23T09:00:00Z"), "2026-03-23T10:00:00Z");
    assert!(ticket.rematches("2026-03-23T09:30:00Z").is_empty());
}

/// "Events record the version they were decided under"
#[test]
fn an_event_tells_its_rules() {
    let mut ticket = Desk::open(&resolution(&json!({ "otras": "8h" })), "2026-03-23T08:00:00Z");
    let (before, after) = (ticket.book.active().hash(), resolution(&json!({ "otras": "2h" })));
    ticket.book = ticket.book.activated(after.clone());
    ticket.run(at("2026-03-23T08:30:00Z"), say(reply()), &desk()).unwrap();
    assert_eq!(ticket.history.iter().map(|event| event.rules).collect::<Vec<_>>(), [before, after.hash()]);
}
