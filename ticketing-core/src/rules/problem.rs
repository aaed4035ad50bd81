use crate::{
    LabelError, Status,
    field::FIELDS,
    limits::{CALENDAR_EXCEPTIONS_MAX, CALENDAR_SHIFTS_MAX, RULE_DAYS_MAX, RULE_MONTHS_MAX, SLA_AT_RISK_MAX},
    sla::Day,
    ticket::Origin,
};

/// Why rules may not have a value: one line, in English, for whoever writes rules.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulesProblem {
    /// A field that no ticket has.
    #[error("there is no such field; the fields are {}", FIELDS.map(|spec| spec.name).join(", "))]
    NoSuchField,
    /// A field is not required, without which there is no ticket.
    #[error("a ticket cannot do without this field")]
    Indispensable,
    /// A flag is required.
    #[error("a yes or no that is not given is a no")]
    RequiredFlag,
    /// A text may have no character.
    #[error("at least 1")]
    NoMin,
    /// A text may have more characters than there is room for.
    #[error("at most {ceiling}")]
    AboveCeiling {
        /// Most characters that rules may allow.
        ceiling: u32,
    },
    /// A text has no length that is allowed.
    #[error("at most its max, {max}")]
    MinAboveMax {
        /// Most characters.
        max: u32,
    },
    /// A length for what is no text.
    #[error("min and max are for texts; the length of this field is fixed")]
    FixedLength,
    /// There are no types.
    #[error("at least one type is needed")]
    NoType,
    /// A name that no ticket could carry.
    #[error("a name has 1 to 100 characters, none of them a control character, and no space at its ends")]
    NoName,
    /// A type is listed twice.
    #[error("“{name}” stands there twice")]
    Twice {
        /// Which.
        name: String,
    },
    /// Two names that compare as the same.
    #[error("“{name}” already names another, or itself")]
    Taken {
        /// The second of them.
        name: String,
    },
    /// The area of tickets that name none is not known, where areas must be.
    #[error("it must be in areas.lista when soloConocidas is true")]
    UnknownDefault,
    /// A policy's id is out of range.
    #[error("an id lies between 1 and 2147483647")]
    PolicyId,
    /// Two policies have one id.
    #[error("policy {id} stands there twice")]
    PolicyTwice {
        /// Which.
        id: u32,
    },
    /// A policy is for a type that is not listed.
    #[error("“{name}” is not in tipos")]
    UnknownType {
        /// Which.
        name: String,
    },
    /// A policy is for an origin that there is not.
    #[error("“{name}” is no origin; the origins are {}", Origin::ALL.map(Origin::name).join(", "))]
    UnknownOrigin {
        /// Which.
        name: String,
    },
    /// A budget is for a priority by another name than its own.
    #[error("“{name}” is an alias; write “{canonical}”")]
    Alias {
        /// The other name.
        name: String,
        /// Its own.
        canonical: String,
    },
    /// A number of days is too large.
    #[error("at most {RULE_DAYS_MAX} days")]
    TooManyDays,
    /// A number of months is none, or too large.
    #[error("between 1 and {RULE_MONTHS_MAX} months")]
    Months,
    /// A zone is named that has no table.
    #[error(
        "the zone “{name}” is not in zonas; the server fills that in, from its tz database, when rules are applied"
    )]
    NoTable {
        /// Its name.
        name: String,
    },
    /// A calendar is named that there is not.
    #[error("“{name}” is no calendar; {}", match known.as_slice() {
        [] => "there are none in calendarios".to_owned(),
        known => format!("calendarios has {}", known.join(", ")),
    })]
    UnknownCalendar {
        /// Which.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A calendar never counts.
    #[error("a calendar needs a shift, in the week or on some date")]
    NoWorkingTime,
    /// A date is an exception twice.
    #[error("{date} stands there twice")]
    DateTwice {
        /// Which.
        date: Day,
    },
    /// A day has more shifts than there is room for.
    #[error("at most {CALENDAR_SHIFTS_MAX} shifts a day")]
    TooManyShifts,
    /// A calendar has more exceptions than there is room for.
    #[error("at most {CALENDAR_EXCEPTIONS_MAX} dates")]
    TooManyExceptions,
    /// A clock is to pause in a status in which it stands still anyway.
    #[error("in {} the clock stands still anyway; it may pause in ABIERTO, EN_PROCESO and PAUSADO", status.name())]
    FinishedPause {
        /// Which.
        status: Status,
    },
    /// A clock would pause as long as a ticket is open.
    #[error("a clock that pauses in every open status never runs")]
    NeverRuns,
    /// A share at which a target would be at risk is none.
    #[error("at most {SLA_AT_RISK_MAX} whole percents from 1 to 99")]
    AtRisk,
    /// A step of an escalation is at a share at which nothing happens.
    #[error("{percent} is neither in enRiesgo nor 100, which is the deadline")]
    EscalationAt {
        /// Which.
        percent: u8,
    },
    /// A step of an escalation does nothing.
    #[error("a step does something: area, prioridad or notificar")]
    EmptyEscalation,
    /// A step of an escalation raises to a priority that is not listed.
    #[error("“{name}” is not in prioridades.lista")]
    UnknownPriority {
        /// Which.
        name: String,
    },
    /// A zone is a day or more off UTC.
    #[error("an offset from UTC is less than a day, and that of UTC is 0")]
    Offset,
    /// A zone's transitions are in no order.
    #[error("transitions stand oldest first, no two at one instant")]
    Transitions,
    /// Labels cannot be written so.
    #[error(transparent)]
    Label(#[from] LabelError),
}
