use serde::{Deserialize, Serialize};

use super::{ActorId, AskedBy, Attributes, Author, Erased, Origin, Role, Status, Visibility};
use crate::{
    RulesHash, Timestamp,
    sla::{Agreement, Audience, ClockChanges, DueByHand},
};

/// Something that happened to a ticket: who, when, under which rules, and what it changed. Never altered.
///
/// It holds no personal data and no free text: where [`has_text`](Self::has_text) is set, a row of the store with the
/// ticket's id and this number has it; the first event has the ticket's [`Intake`](super::Intake).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its number in its ticket, from 1.
    pub seq: u32,
    /// When the server stored it; never before the event before it.
    pub recorded_at: Timestamp,
    /// When it happened, where an importing client says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// Who.
    pub author: Author,
    /// The rules that it was decided under.
    pub rules: RulesHash,
    /// What was done.
    pub action: Action,
    /// The requester may see it.
    pub public: bool,
    /// There is a text to it: the reason, the reply or the comment.
    pub has_text: bool,
    /// What it changed.
    pub changes: Changes,
    /// Who asked for a cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<AskedBy>,
}

/// An event and the text that is stored beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// What happened.
    pub event: Event,
    /// The reason, the reply or the comment; where the event changed words of the ticket, the new ones.
    pub text: Option<String>,
    /// On whose behalf another system did it, in its own words.
    pub on_behalf: Option<String>,
}

impl NewEvent {
    /// An event that nobody is known to stand behind but its author.
    pub const fn new(event: Event, text: Option<String>) -> Self {
        Self { event, text, on_behalf: None }
    }

    /// By whom it was, as other systems are told: whoever they named themselves, or the user.
    pub fn by(&self) -> Option<String> {
        let Author { role, id } = self.event.author;
        let user = id.filter(|_| matches!(role, Role::Admin | Role::Desk | Role::Area));
        self.on_behalf.clone().or_else(|| user.map(|id| id.0.to_string()))
    }
}

/// What was done. Source: the Mesa de Ayuda contract, `accion`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Action {
    /// The ticket came to be.
    #[serde(rename = "CREACION")]
    Opened,
    /// Status, priority, area or a reply.
    #[serde(rename = "ACTUALIZACION")]
    Updated,
    /// Given to an agent.
    #[serde(rename = "ASIGNACION")]
    Assigned,
    /// Given to another area.
    #[serde(rename = "TRANSFERENCIA")]
    Transferred,
    /// Priority and category corrected.
    #[serde(rename = "RECLASIFICACION")]
    Reclassified,
    /// Clock stopped.
    #[serde(rename = "PAUSA")]
    Paused,
    /// Worked again.
    #[serde(rename = "REAPERTURA")]
    Reopened,
    /// Ended without a solution.
    #[serde(rename = "CANCELACION")]
    Canceled,
    /// Taken out of the working set.
    #[serde(rename = "ARCHIVADO")]
    Archived,
    /// Put back.
    #[serde(rename = "DESARCHIVADO")]
    Unarchived,
    /// Said something.
    #[serde(rename = "COMENTARIO")]
    Commented,
    /// Closed by itself.
    #[serde(rename = "CIERRE")]
    ClosedItself,
    /// So much of the time of a target was up that it came to be at risk.
    #[serde(rename = "SLA_EN_RIESGO")]
    AtRisk,
    /// All of the time of a target was up.
    #[serde(rename = "SLA_VENCIDO")]
    Breached,
    /// Other rules were applied to what is promised.
    #[serde(rename = "SLA_NUEVAS_REGLAS")]
    Rematched,
    /// What it said of a person was erased.
    #[serde(rename = "BORRADO_DE_DATOS")]
    Erased,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 16] = [
        Self::Opened,
        Self::Updated,
        Self::Assigned,
        Self::Transferred,
        Self::Reclassified,
        Self::Paused,
        Self::Reopened,
        Self::Canceled,
        Self::Archived,
        Self::Unarchived,
        Self::Commented,
        Self::ClosedItself,
        Self::AtRisk,
        Self::Breached,
        Self::Rematched,
        Self::Erased,
    ];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "CREACION",
            Self::Updated => "ACTUALIZACION",
            Self::Assigned => "ASIGNACION",
            Self::Transferred => "TRANSFERENCIA",
            Self::Reclassified => "RECLASIFICACION",
            Self::Paused => "PAUSA",
            Self::Reopened => "REAPERTURA",
            Self::Canceled => "CANCELACION",
            Self::Archived => "ARCHIVADO",
            Self::Unarchived => "DESARCHIVADO",
            Self::Commented => "COMENTARIO",
            Self::ClosedItself => "CIERRE",
            Self::AtRisk => "SLA_EN_RIESGO",
            Self::Breached => "SLA_VENCIDO",
            Self::Rematched => "SLA_NUEVAS_REGLAS",
            Self::Erased => "BORRADO_DE_DATOS",
        }
    }

    /// It is about the clocks and what is promised, and nothing that anybody did to the ticket. Such events stand apart from the
    /// ticket's history. Source: the Mesa de Ayuda contract.
    pub const fn is_of_clocks(self) -> bool {
        matches!(self, Self::AtRisk | Self::Breached | Self::Rematched)
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// What an event changed, before and after.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The ticket as it came to be; in the first event and no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
    /// Status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Change<Status>>,
    /// Priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Change<Option<String>>>,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Change<Option<String>>>,
    /// Area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<Change<String>>,
    /// Assignee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Change<Option<ActorId>>>,
    /// Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Change<Option<String>>>,
    /// Who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Change<Visibility>>,
    /// Tags, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Change<Vec<String>>>,
    /// The named reason of its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<Change<Option<String>>>,
    /// Which of its words are others now: those of the event's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reworded: Option<Words>,
    /// What is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Change<Option<Agreement>>>,
    /// The due date set by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_by_hand: Option<Change<Option<DueByHand>>>,
    /// The clocks of what is promised.
    #[serde(skip_serializing_if = "ClockChanges::is_empty")]
    pub clocks: ClockChanges,
    /// Who is let know of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Audience>,
    /// What was erased of the words and the people that stand beside the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
}

/// Words of a ticket that can be changed. They stand in its [`Intake`](super::Intake).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// Its subject.
    Subject,
    /// Its clients, a line each.
    Clients,
}

/// A value before and after an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change<T> {
    /// What it was.
    pub before: T,
    /// What it is.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    /// The change, or `None` where there is none.
    pub fn between(before: T, after: T) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }
}

/// A ticket as it came to be, without its [`Intake`](super::Intake).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// What it is about.
    pub attributes: Attributes,
    /// Where it came from.
    pub origin: Origin,
    /// Somebody asks who may look it up.
    pub has_requester: bool,
    /// What is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// When its description was given in the system that it comes from, where that was not as it came to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_at: Option<Timestamp>,
    /// When it was resolved in the system that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// When it was last re-opened there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Timestamp>,
    /// When it was closed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl Opened {
    /// The statuses that a ticket has had since it was open, and since when, where it has come to be in another one: what its
    /// first event says.
    pub fn statuses(&self, event: &Event) -> Vec<(Status, Timestamp)> {
        let Some(Change { after, .. }) = event.changes.status else { return Vec::new() };
        let created_at = event.occurred_at.unwrap_or(event.recorded_at);
        let resolved = |at| (Status::Resolved, at);
        match after {
            Status::Open | Status::InProgress | Status::Paused => {
                vec![(after, self.reopened_at.unwrap_or(created_at))]
            }
            Status::Resolved => vec![resolved(self.resolved_at.unwrap_or(event.recorded_at))],
            Status::Closed => {
                let closed = (Status::Closed, self.closed_at.unwrap_or(event.recorded_at));
                self.resolved_at.map(resolved).into_iter().chain([closed]).collect()
            }
            Status::Canceled => vec![(Status::Canceled, event.recorded_at)],
        }
    }
}

/// What a requester may see of an event; its text stands beside it, as ever.
///
/// Of what it changed, they see three things. A ticket that came to be had nothing before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PublicEvent {
    /// Its number in its ticket.
    pub seq: u32,
    /// When the server stored it.
    pub recorded_at: Timestamp,
    /// Who.
    pub author: Author,
    /// What was done.
    pub action: Action,
    /// There is a text to it.
    pub has_text: bool,
    /// Status; nothing and nothing where it stayed.
    pub status: Change<Option<Status>>,
    /// Priority; nothing and nothing where it stayed.
    pub priority: Change<Option<String>>,
    /// Area; nothing and nothing where it stayed.
    pub area: Change<Option<String>>,
}

impl From<&Event> for PublicEvent {
    fn from(event: &Event) -> Self {
        fn shown<T: Clone>(change: Option<&Change<T>>) -> Change<Option<T>> {
            let (before, after) = change.map(|Change { before, after }| (before.clone(), after.clone())).unzip();
            Change { before, after }
        }
        let changes = &event.changes;
        let priority = shown(changes.priority.as_ref());
        let mut public = Self {
            seq: event.seq,
            recorded_at: event.recorded_at,
            author: event.author,
            action: event.action,
            has_text: event.has_text,
            status: shown(changes.status.as_ref()),
            priority: Change { before: priority.before.flatten(), after: priority.after.flatten() },
            area: shown(changes.area.as_ref()),
        };
        if let Some(Opened { attributes, .. }) = &changes.opened {
            public.status = Change { before: None, after: Some(public.status.after.unwrap_or(Status::Open)) };
            public.priority.after.clone_from(&attributes.priority);
            public.area.after = Some(attributes.area.clone());
        }
        public
    }
}

impl Event {
    /// It ends the wait for a first response: the requester sees it, did not write it, and it says something or resolves.
    pub fn answers_requester(&self) -> bool {
        let resolves = self.changes.status.as_ref().is_some_and(|status| status.after == Status::Resolved);
        let says = self.replies() || (self.has_text && self.action == Action::Commented);
        self.public && self.author.role != Role::Requester && (resolves || says)
    }

    /// Its text is what the desk tells the requester, and not a reason or new words.
    pub fn replies(&self) -> bool {
        let Changes { reworded, justification, .. } = &self.changes;
        let is_justified = justification.as_ref().is_some_and(|justification| justification.after.is_some());
        self.has_text && self.action == Action::Updated && reworded.is_none() && !is_justified
    }

    /// The area that whoever is told of it is told, of a ticket that is in some area now: of one that left them, where it went, and
    /// not where it is by now.
    pub fn told_area<'a>(&'a self, current: &'a str) -> &'a str {
        self.changes.area.as_ref().map_or(current, |area| &area.after)
    }

    /// The requester says something that waits for an answer.
    pub fn asks_desk(&self) -> bool {
        self.author.role == Role::Requester && self.action == Action::Commented
    }
}
