//! A ticket's history as other systems read it: what was said, and how long it stayed as it was.

use core::iter;

use crate::{
    Rulebook, Status, TimeDelta, Timestamp,
    ticket::{Action, ActorId, Change, Event, Intake, NewEvent, Origin, Permanency, Role, Stay, Visibility},
};

/// Something that was said of a ticket, to the requester or among the desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The number of its event.
    pub seq: u32,
    /// Who may read it.
    pub visibility: Visibility,
    /// By which way it came.
    pub origin: Origin,
    /// What was said; `None` where that was erased.
    pub text: Option<String>,
    /// The status that the ticket had after it.
    pub status: Status,
    /// The named reason of that.
    pub justification: Option<String>,
    /// When it was said.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<String>,
}

/// A status that a ticket had, or has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusChange {
    /// Which, since when, and how long.
    pub stay: Stay<Status>,
    /// The named reason of it.
    pub justification: Option<String>,
    /// Who gave it.
    pub by: Option<String>,
}

/// An owner whom a ticket no longer has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerChange {
    /// Who it was, in which area, until when, and how long.
    pub stay: Stay<(Option<ActorId>, String)>,
    /// Who took it from them.
    pub by: Option<String>,
}

/// What was said of a ticket, oldest first: its description, replies, comments and notes.
pub fn said(history: &[NewEvent], intake: &Intake) -> Vec<Said> {
    let (mut status, mut justification) = (Status::Open, None);
    let mut all = Vec::new();
    for new in history {
        let event = &new.event;
        if let Some(Change { after, .. }) = event.changes.status {
            status = after;
        }
        if let Some(Change { after, .. }) = &event.changes.justification {
            justification.clone_from(after);
        }
        let is_first = event.action == Action::Opened;
        let is_said = match event.action {
            Action::Opened => intake.description.is_some(),
            Action::Commented => true,
            _ => event.replies(),
        };
        if !is_said {
            continue;
        }
        let described_at = event.changes.opened.as_ref().and_then(|opened| opened.described_at);
        let described_by = intake.described_by.clone().filter(|_| is_first);
        let is_internal = if is_first { intake.description_is_internal } else { !event.public };
        all.push(Said {
            seq: event.seq,
            visibility: if is_internal { Visibility::Internal } else { Visibility::Public },
            origin: origin(event),
            text: if is_first { intake.description.clone() } else { new.text.clone() },
            status,
            justification: justification.clone(),
            at: described_at.or(event.occurred_at).unwrap_or(event.recorded_at),
            by: described_by.or_else(|| new.by()),
        });
    }
    all
}

fn origin(event: &Event) -> Origin {
    if let Some(opened) = &event.changes.opened {
        return opened.origin;
    }
    match event.author.role {
        Role::Requester => Origin::Other,
        Role::Admin | Role::Desk | Role::Area => Origin::AgentInSystem,
        Role::Token => Origin::TicketsApi,
        Role::System => Origin::SystemTrigger,
    }
}

/// The statuses that a ticket had, and has, oldest first.
pub fn status_changes(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Vec<StatusChange> {
    let stays = permanency(history, book, at).map(|permanency| permanency.statuses).unwrap_or_default();
    // Each ends with the event that begins the next; what was handed over in its third status had two before, by the same event.
    let ends: Vec<_> = stays.iter().skip(1).map(|next| next.seq).chain([u32::MAX]).collect();
    let change = |(stay, end): (Stay<Status>, u32)| {
        // The reason may have been given, or corrected, later.
        let mut during = history.iter().rev().filter(|new| (stay.seq..end).contains(&new.event.seq));
        let justified = during.find_map(|new| new.event.changes.justification.as_ref());
        StatusChange {
            justification: justified.and_then(|justification| justification.after.clone()),
            by: history.iter().find(|new| new.event.seq == stay.seq).and_then(NewEvent::by),
            stay,
        }
    };
    iter::zip(stays, ends).map(change).collect()
}

/// The owners that a ticket no longer has, oldest first.
pub fn owner_changes(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Vec<OwnerChange> {
    let stays = permanency(history, book, at).map(|permanency| permanency.owners).unwrap_or_default();
    let ends: Vec<_> = stays.iter().skip(1).map(|next| next.seq).collect();
    let by = |seq| history.iter().find(|new| new.event.seq == seq).and_then(NewEvent::by);
    iter::zip(stays, ends).map(|(stay, end)| OwnerChange { stay, by: by(end) }).collect()
}

fn permanency(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Option<Permanency> {
    Permanency::of(history.iter().map(|new| &new.event), book, at)
}

/// Whole seconds and their parts, as numbers that are never negative.
pub fn seconds(span: TimeDelta) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a ticket's life are exact in a double")]
    let millis = span.num_milliseconds().max(0) as f64;
    millis / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Rules, TicketId, Uuid,
        integration::IntegrationDraft,
        ticket::{Actor, Agent, Command, Edit, Reason, Reply, Statement, Ticket},
    };

    const AGENT: ActorId = ActorId(Uuid::from_u128(7));
    const TOKEN: Actor = Actor::Token(ActorId(Uuid::from_u128(3)));

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_774_347_300_000 + minute * 60_000).unwrap()
    }

    /// A ticket as it was handed over at minute 0, and what is done to it.
    struct Told {
        ticket: Ticket,
        intake: Intake,
        history: Vec<NewEvent>,
    }

    impl Told {
        fn of(json: &str) -> Self {
            let rules = Rules::default();
            let draft = IntegrationDraft::from_json(json.as_bytes(), &rules, minute(0)).unwrap();
            let new = draft.validate(&rules, |_, _| Some("Vacaciones".into()), |_| None).unwrap();
            let mut opened = Ticket::open(&new, Origin::TicketsApi, &TOKEN, minute(0), &rules).unwrap();
            opened.on_behalf.clone_from(&new.intake().created_by);
            let ticket = Ticket::opened(TicketId::default(), &opened.event).unwrap();
            Self { ticket, intake: new.into_intake(), history: vec![opened] }
        }

        fn then(mut self, at: i64, actor: &Actor, on_behalf: Option<&str>, command: Command) -> Self {
            for mut new in self.ticket.decide(command, actor, minute(at), &Rulebook::default()).unwrap() {
                self.ticket.apply(&new.event).unwrap();
                new.on_behalf = on_behalf.map(str::to_owned);
                self.history.push(new);
            }
            self
        }

        fn set(self, at: i64, status: Status, justification: Option<&str>) -> Self {
            let justification = justification.map(str::to_owned);
            self.then(at, &TOKEN, Some("u"), Command::SetStatus { status, justification, is_said: true })
        }

        /// Each status with how many minutes it lasted, its reason and who gave it.
        fn statuses(&self, at: i64) -> Vec<(Status, i64, Option<String>, Option<String>)> {
            let changes = status_changes(&self.history, &Rulebook::default(), minute(at));
            let told = |change: StatusChange| {
                (change.stay.value, change.stay.full_time.num_minutes(), change.justification, change.by)
            };
            changes.into_iter().map(told).collect()
        }
    }

    fn note(text: &str) -> Command {
        let statement = Statement::new(text).unwrap();
        Command::Say {
            visibility: Visibility::Internal,
            statement,
            status: None,
            justification: None,
            said_at: Some(minute(-9)),
        }
    }

    #[test]
    fn what_was_said_is_told_with_the_status_that_the_ticket_had_then() {
        let reply = Command::Update {
            status: Some(Status::Paused),
            priority: None,
            area: None,
            reply: Some(Reply::new("Ya lo vemos").unwrap()),
        };
        let told = Told::of(
            r#"{"firstAction": {"type": "INTERNAL", "description": "d", "createdAt": "2026-03-24T10:05:00Z",
                                "createdById": "v"}, "createdAt": "2026-03-24T10:00:00Z", "createdById": "w"}"#,
        )
        .then(1, &TOKEN, None, Command::Edit(Edit::Subject("nada".into())))
        .then(2, &TOKEN, Some(" x "), note("n"))
        .set(3, Status::Resolved, Some("Vacaciones"))
        .set(4, Status::InProgress, None)
        .then(5, &Actor::Desk(AGENT), None, reply)
        .then(
            6,
            &Actor::Desk(AGENT),
            None,
            Command::Reopen { reason: Reason::new("no es una acción").unwrap() },
        );
        let all: Vec<_> = said(&told.history, &told.intake)
            .into_iter()
            .map(|said| (said.seq, said.visibility, said.origin, said.text.unwrap(), said.status, said.at, said.by))
            .collect();
        let first = minute(-10);
        let (internal, public) = (Visibility::Internal, Visibility::Public);
        assert_eq!(
            all,
            [
                (1, internal, Origin::TicketsApi, "d".into(), Status::Open, first, Some("v".into())),
                (3, internal, Origin::TicketsApi, "n".into(), Status::Open, minute(-9), Some(" x ".into())),
                (
                    6,
                    public,
                    Origin::AgentInSystem,
                    "Ya lo vemos".into(),
                    Status::Paused,
                    minute(5),
                    Some(AGENT.0.to_string())
                ),
            ]
        );
        // What was erased is told without its words.
        let mut history = told.history.clone();
        history[2].text = None;
        assert_eq!(said(&history, &Intake::default()).iter().map(|said| said.seq).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(said(&history, &Intake::default())[0].text, None);
    }

    #[test]
    fn a_status_is_told_with_its_last_reason_and_who_gave_it() {
        let told = Told::of(r#"{"createdById": "w"}"#)
            .set(1, Status::Paused, Some("a"))
            .set(3, Status::Paused, Some("b"))
            .set(6, Status::InProgress, Some("b"))
            .set(10, Status::InProgress, None);
        let by = |by: &str| Some(by.to_owned());
        assert_eq!(
            told.statuses(15),
            [
                (Status::Open, 1, None, by("w")),
                (Status::Paused, 5, by("b"), by("u")),
                (Status::InProgress, 9, None, by("u")),
            ]
        );
        assert_eq!(status_changes(&[], &Rulebook::default(), minute(0)), []);
    }

    #[test]
    fn statuses_that_a_ticket_had_elsewhere_are_told_and_only_the_last_has_the_reason() {
        let json = r#"{"status": {"id": 5}, "justification": {"id": 1}, "createdAt": "2026-03-24T09:15:00Z",
                       "resolvedAt": "2026-03-24T09:25:00Z", "closedAt": "2026-03-24T10:05:00Z"}"#;
        let told = Told::of(json);
        let reason = Some("Vacaciones".to_owned());
        let expected =
            [(Status::Open, 10, None, None), (Status::Resolved, 40, None, None), (Status::Closed, 10, reason, None)];
        assert_eq!(told.statuses(0), expected);
        let reopened = told.set(5, Status::InProgress, None);
        let sum: i64 = reopened.statuses(60).iter().map(|(_, minutes, ..)| minutes).sum();
        assert_eq!(sum, 120);
    }

    #[test]
    fn an_owner_is_told_when_it_is_another_s() {
        let agent = Agent { id: AGENT, area: None, is_active: true };
        let transfer =
            Command::Transfer { area: "Redes".into(), agent: None, reason: Reason::new("es de ellos").unwrap() };
        let told = Told::of("{}").then(2, &TOKEN, Some("u"), Command::Edit(Edit::Owner(agent))).then(
            5,
            &Actor::Desk(AGENT),
            None,
            transfer,
        );
        let changes: Vec<_> = owner_changes(&told.history, &Rulebook::default(), minute(9))
            .into_iter()
            .map(|change| (change.stay.value, change.stay.full_time.num_minutes(), change.stay.until, change.by))
            .collect();
        assert_eq!(
            changes,
            [
                ((None, "MESA".into()), 2, Some(minute(2)), Some("u".into())),
                ((Some(AGENT), "MESA".into()), 3, Some(minute(5)), Some(AGENT.0.to_string())),
            ]
        );
    }

    #[test]
    fn seconds_are_exact_and_never_negative() {
        assert!((seconds(TimeDelta::milliseconds(90_500)) - 90.5).abs() < f64::EPSILON);
        assert!(seconds(TimeDelta::milliseconds(-1)).abs() < f64::EPSILON);
        let a_century = TimeDelta::days(36_525) + TimeDelta::milliseconds(1);
        assert!((seconds(a_century) * 1000.0 - 3_155_760_000_001.0).abs() < 0.001);
    }
}
