use super::{ActorId, Erased, Status, Visibility};
use crate::{
    Rules, Timestamp,
    limits::{
        DESCRIPCION_CHARS_MAX, MENSAJE_CHARS_MAX, MENSAJE_CHARS_MIN, MOTIVO_CHARS_MAX, MOTIVO_CHARS_MIN,
        RESPUESTA_CHARS_MAX, RESPUESTA_CHARS_MIN,
    },
    text::{self, TextRule},
    violation::Problem,
};

/// What somebody wants done to a ticket. From outside come the ids of agents ([`Order`]); to decide, one must know who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command<A = Agent> {
    /// Changes status, priority or area, and replies to the requester: whatever is given.
    Update {
        /// The status that it should have.
        status: Option<Status>,
        /// The priority that it should have.
        priority: Option<String>,
        /// The area that should work it.
        area: Option<String>,
        /// What the requester is told.
        reply: Option<Reply>,
    },
    /// Gives it to an agent.
    Assign {
        /// To whom.
        agent: A,
        /// Why.
        reason: Reason,
    },
    /// Gives it to another area.
    Transfer {
        /// To which.
        area: String,
        /// To whom there; nobody yet.
        agent: Option<A>,
        /// Why.
        reason: Reason,
    },
    /// Corrects its priority and category.
    Reclassify {
        /// The right priority.
        priority: String,
        /// The right category.
        category: String,
        /// Why.
        reason: Reason,
    },
    /// Stops its clock.
    Pause {
        /// Why.
        reason: Reason,
    },
    /// Works it again.
    Reopen {
        /// Why.
        reason: Reason,
    },
    /// Ends it without a solution, for good.
    Cancel {
        /// Why.
        reason: Reason,
        /// Who asked for it.
        asked_by: AskedBy,
    },
    /// Takes it out of the working set and freezes it.
    Archive {
        /// Why.
        reason: Reason,
    },
    /// Puts it back.
    Unarchive {
        /// Why.
        reason: Reason,
    },
    /// The requester answers.
    Comment {
        /// The answer.
        message: Message,
    },
    /// Changes one of its attributes, as other systems do.
    Edit(Edit<A>),
    /// Sets its status, as other systems do: a status that an action of the desk leads to is that action.
    SetStatus {
        /// The status that it should have.
        status: Status,
        /// The named reason of it.
        justification: Option<String>,
        /// What the reason is was said, were it that there is none: where the status stays, the reason changes all the same.
        is_said: bool,
    },
    /// Says something to the desk or to the requester, as other systems do.
    Say {
        /// Who may read it.
        visibility: Visibility,
        /// What is said.
        statement: Statement,
        /// The status that it should have after that; `None`: the one that it has.
        status: Option<Status>,
        /// The named reason of that status.
        justification: Option<String>,
        /// When it was said, where that was before now.
        said_at: Option<Timestamp>,
    },
    /// Sets the instant by which it is due, or leaves that to what is promised.
    SetDue {
        /// When; `None`: what is promised.
        due: Option<Timestamp>,
    },
    /// A resolved ticket closes by itself.
    CloseItself,
    /// Notes what its clocks came to, and does what the policy wants done about it.
    KeepTime,
    /// Applies the active rules to what it was promised under others.
    Rematch,
    /// Notes that what it says of a person is erased, at their request.
    Erase(Erased),
    /// Notes that all that it says is erased, because the rules keep it no longer.
    Anonymise,
}

/// What other systems change of a ticket, one attribute at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit<A = Agent> {
    /// Its category.
    Category(Option<String>),
    /// Its priority, which they call urgency.
    Priority(Option<String>),
    /// The service that it is about.
    Service(Option<String>),
    /// Whose it is, in their words.
    Clients(Vec<String>),
    /// The agent whom it is assigned to, who is its owner there.
    Owner(A),
    /// What it is about, in a line.
    Subject(String),
    /// Who may see it.
    Visibility(Visibility),
    /// One tag more.
    Tag(String),
    /// One tag less.
    Untag(String),
}

/// A [`Command`] as it comes from outside.
pub type Order = Command<ActorId>;

impl Order {
    /// The command, once it is known who the agent is. One who is unknown is one who does not work here.
    pub fn with_agent(self, find: impl FnOnce(ActorId) -> Option<Agent>) -> Command {
        let find = |id| find(id).unwrap_or(Agent { id, area: None, is_active: false });
        match self {
            Self::Update { status, priority, area, reply } => Command::Update { status, priority, area, reply },
            Self::Assign { agent, reason } => Command::Assign { agent: find(agent), reason },
            Self::Transfer { area, agent, reason } => Command::Transfer { area, agent: agent.map(find), reason },
            Self::Reclassify { priority, category, reason } => Command::Reclassify { priority, category, reason },
            Self::Pause { reason } => Command::Pause { reason },
            Self::Reopen { reason } => Command::Reopen { reason },
            Self::Cancel { reason, asked_by } => Command::Cancel { reason, asked_by },
            Self::Archive { reason } => Command::Archive { reason },
            Self::Unarchive { reason } => Command::Unarchive { reason },
            Self::Comment { message } => Command::Comment { message },
            Self::Edit(edit) => Command::Edit(match edit {
                Edit::Category(category) => Edit::Category(category),
                Edit::Priority(priority) => Edit::Priority(priority),
                Edit::Service(service) => Edit::Service(service),
                Edit::Clients(clients) => Edit::Clients(clients),
                Edit::Owner(agent) => Edit::Owner(find(agent)),
                Edit::Subject(subject) => Edit::Subject(subject),
                Edit::Visibility(visibility) => Edit::Visibility(visibility),
                Edit::Tag(tag) => Edit::Tag(tag),
                Edit::Untag(tag) => Edit::Untag(tag),
            }),
            Self::SetStatus { status, justification, is_said } => Command::SetStatus { status, justification, is_said },
            Self::Say { visibility, statement, status, justification, said_at } => {
                Command::Say { visibility, statement, status, justification, said_at }
            }
            Self::SetDue { due } => Command::SetDue { due },
            Self::CloseItself => Command::CloseItself,
            Self::KeepTime => Command::KeepTime,
            Self::Rematch => Command::Rematch,
            Self::Erase(what) => Command::Erase(what),
            Self::Anonymise => Command::Anonymise,
        }
    }
}

/// An agent to whom a ticket may be given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Who.
    pub id: ActorId,
    /// The only area that they work; `None`: every one.
    pub area: Option<String>,
    /// They still work here.
    pub is_active: bool,
}

impl Agent {
    /// Whether a ticket of an area may be given to them.
    pub fn works(&self, area: &str, rules: &Rules) -> bool {
        let is_theirs = self.area.as_ref().is_none_or(|own| rules.area_key(own) == rules.area_key(area));
        self.is_active && is_theirs
    }
}

/// Who asked for a ticket to be canceled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum AskedBy {
    /// The requester.
    #[serde(rename = "USUARIO")]
    Requester,
    /// An agent.
    #[serde(rename = "AGENTE")]
    Agent,
}

impl AskedBy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Requester, Self::Agent];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requester => "USUARIO",
            Self::Agent => "AGENTE",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asked_by| asked_by.name() == name)
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $min:expr, $max:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub struct $name(String);

            impl $name {
                /// Its length, and that it may have several lines.
                pub const RULE: TextRule = TextRule::lines($min, $max);

                /// The text, trimmed.
                ///
                /// # Errors
                /// `required` where nothing is left, else `control-character`, `too-short` or `too-long`.
                pub fn new(text: &str) -> Result<Self, Problem> {
                    let text = text::trimmed(text);
                    if text.is_empty() {
                        return Err(Problem::Required);
                    }
                    Self::RULE.check(text).map(|()| Self(text.to_owned()))
                }

                /// The text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The text.
                pub fn into_string(self) -> String {
                    self.0
                }
            }
        )*
    };
}

texts! {
    /// Why something was done (`motivo`): 3 to 1000 characters.
    Reason = MOTIVO_CHARS_MIN, MOTIVO_CHARS_MAX;
    /// What the desk tells the requester (`respuesta`): 5 to 5000 characters.
    Reply = RESPUESTA_CHARS_MIN, RESPUESTA_CHARS_MAX;
    /// What the requester answers (`mensaje`): 2 to 5000 characters.
    Message = MENSAJE_CHARS_MIN, MENSAJE_CHARS_MAX;
    /// What another system says in an action (`description`): 1 to 100,000 characters.
    Statement = 1, DESCRIPCION_CHARS_MAX;
}
