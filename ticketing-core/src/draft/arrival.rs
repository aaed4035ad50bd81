use crate::{
    Status, Timestamp,
    limits::TICKET_TAGS_MAX,
    text::TextRule,
    ticket::ActorId,
    violation::{Problem, Violation},
};

/// How a new ticket comes to be, where that is not as usual: open, nobody's, and now. Other systems hand over tickets that they have
/// had for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The status that it has; `None`: it is open.
    pub status: Option<Status>,
    /// The named reason of that.
    pub justification: Option<String>,
    /// Whom it is assigned to.
    pub assignee: Option<ActorId>,
    /// Its tags, each once.
    pub tags: Vec<String>,
    /// The instant by which somebody wants it resolved, whatever is promised.
    pub due: Option<Timestamp>,
    /// When it came to be.
    pub created_at: Option<Timestamp>,
    /// When its description was given, where that was not then.
    pub described_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was last re-opened.
    pub reopened_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Default for Arrival {
    fn default() -> Self {
        Self::as_usual()
    }
}

impl Arrival {
    /// Open, nobody's, and now.
    pub(super) const fn as_usual() -> Self {
        Self {
            status: None,
            justification: None,
            assignee: None,
            tags: Vec::new(),
            due: None,
            created_at: None,
            described_at: None,
            resolved_at: None,
            reopened_at: None,
            closed_at: None,
        }
    }

    /// Dates that no ticket of this status has, or that are not in the order in which things happen. They are called what whoever gave
    /// them calls them: when it was re-opened, resolved, closed.
    pub(crate) fn dates_out_of_place(&self, [reopened, resolved, closed]: [&'static str; 3]) -> Vec<Violation> {
        let Self { status, created_at, resolved_at, reopened_at, closed_at, .. } = *self;
        let status = status.unwrap_or(Status::Open);
        let mut violations = Vec::new();
        let mut refuse = |field, problem| violations.push(Violation { field, problem });
        let has = |date: Option<Timestamp>, fits: bool| date.is_none() || fits;
        if !has(resolved_at, matches!(status, Status::Resolved | Status::Closed)) {
            refuse(resolved, Problem::NotOfStatus);
        }
        if !has(closed_at, status == Status::Closed) {
            refuse(closed, Problem::NotOfStatus);
        }
        if !has(reopened_at, status != Status::Canceled) {
            refuse(reopened, Problem::NotOfStatus);
        }
        let mut before = created_at;
        for (field, date) in [(reopened, reopened_at), (resolved, resolved_at), (closed, closed_at)] {
            let Some(date) = date else { continue };
            if before.is_some_and(|before| date < before) {
                refuse(field, Problem::OutOfOrder);
            }
            before = Some(date);
        }
        violations
    }

    /// What is wrong with a ticket of the desk's form that somebody has had elsewhere, at an instant. It must say since when.
    pub(super) fn violations(&self, now: Timestamp) -> Vec<Violation> {
        let mut violations = Vec::new();
        let dates = [
            ("creadoEn", self.created_at),
            ("reabiertoEn", self.reopened_at),
            ("resueltoEn", self.resolved_at),
            ("cerradoEn", self.closed_at),
        ];
        for (field, date) in dates {
            if date.is_some_and(|date| date > now) {
                violations.push(Violation { field, problem: Problem::InFuture });
            }
        }
        if self.created_at.is_none() {
            violations.push(Violation { field: "creadoEn", problem: Problem::Required });
        }
        violations.extend(self.dates_out_of_place(["reabiertoEn", "resueltoEn", "cerradoEn"]));
        if u32::try_from(self.tags.len()).is_ok_and(|tags| tags > TICKET_TAGS_MAX) {
            violations.push(Violation { field: "tags", problem: Problem::TooMany { max: TICKET_TAGS_MAX } });
        }
        let rule = TextRule::line(1, 100);
        if let Some(problem) = self.tags.iter().find_map(|tag| rule.check(tag).err()) {
            violations.push(Violation { field: "tags", problem });
        }
        violations
    }
}
