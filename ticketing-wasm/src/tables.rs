//! What both sides have in a table, so that it crosses as its row and numbers. `cargo xtask wasm` writes JavaScript's half from
//! this one.

use ticketing_core::{EmailError, LabelError, Problem, RulesProblem, Status, sla::Day, violation::JsonType};

/// What stands in an example where a problem has its first number, and its second.
pub const NUMBERS: [u32; 2] = [4_000_000_001, 4_000_000_002];
/// What stands in an example where a problem has a name.
pub const NAME: &str = "{}";
/// The date of an example.
pub const DATE: Day = Day::from_epoch_days(2_000_000);
/// The status of an example.
pub const STATUS: Status = Status::Closed;
/// The percent of an example, which no message has otherwise.
pub const PERCENT: u8 = 255;

/// An example of each problem that a form's value can have, in the order of the rows.
pub fn problems() -> Vec<Problem> {
    let [first, second] = NUMBERS;
    let mut problems = vec![
        Problem::Required,
        Problem::InvalidUnicode,
        Problem::ControlCharacter { position: first },
        Problem::TooShort { min: first, actual: second },
        Problem::TooLong { max: first, actual: second },
        Problem::UnknownValue { allowed: [NAME.to_owned()].into() },
    ];
    let types = [JsonType::String, JsonType::Boolean, JsonType::Object];
    problems.extend(types.map(|expected| Problem::WrongType { expected }));
    problems.extend(REASONS.map(|reason| Problem::InvalidEmail { reason }));
    problems
}

const REASONS: [EmailError; 10] = [
    EmailError::MissingAt,
    EmailError::LocalEmpty,
    EmailError::LocalTooLong,
    EmailError::LocalDot,
    EmailError::LocalCharacter,
    EmailError::DomainWithoutDot,
    EmailError::DomainLabel,
    EmailError::DomainCharacter,
    EmailError::DomainNumeric,
    EmailError::TooLong,
];

/// A problem's row and its numbers. What is allowed instead does not cross: JavaScript has the rules.
pub fn problem_words(problem: &Problem) -> [u32; 3] {
    match problem {
        Problem::Required => [0, 0, 0],
        Problem::InvalidUnicode => [1, 0, 0],
        Problem::ControlCharacter { position } => [2, *position, 0],
        Problem::TooShort { min, actual } => [3, *min, *actual],
        Problem::TooLong { max, actual } => [4, *max, *actual],
        Problem::UnknownValue { .. } => [5, 0, 0],
        Problem::WrongType { expected: expected @ (JsonType::String | JsonType::Boolean | JsonType::Object) } => {
            [6 + *expected as u32, 0, 0]
        }
        Problem::InvalidEmail { reason } => [9 + *reason as u32, 0, 0],
        // Those of a JSON text, of what other systems send, an agent and a user: a form has none of them.
        Problem::WrongType { .. }
        | Problem::Repeated
        | Problem::UnknownReference
        | Problem::InvalidDate
        | Problem::InFuture
        | Problem::OutOfOrder
        | Problem::NotOfStatus
        | Problem::TooMany { .. }
        | Problem::InvalidExpiry { .. }
        | Problem::InvalidUrl { .. }
        | Problem::InvalidHeaders { .. }
        | Problem::UnavailableAgent
        | Problem::WrongPassword => [u32::MAX, 0, 0],
    }
}

/// An example of each refusal of rules, in the order of the rows.
pub fn refusals() -> Vec<RulesProblem> {
    let ([number, _], name) = (NUMBERS, || NAME.to_owned());
    vec![
        RulesProblem::NoSuchField,
        RulesProblem::Indispensable,
        RulesProblem::RequiredFlag,
        RulesProblem::NoMin,
        RulesProblem::AboveCeiling { ceiling: number },
        RulesProblem::MinAboveMax { max: number },
        RulesProblem::FixedLength,
        RulesProblem::NoType,
        RulesProblem::NoName,
        RulesProblem::Twice { name: name() },
        RulesProblem::Taken { name: name() },
        RulesProblem::UnknownDefault,
        RulesProblem::PolicyId,
        RulesProblem::PolicyTwice { id: number },
        RulesProblem::UnknownType { name: name() },
        RulesProblem::UnknownOrigin { name: name() },
        RulesProblem::Alias { name: name(), canonical: name() },
        RulesProblem::TooManyDays,
        RulesProblem::Offset,
        RulesProblem::Transitions,
        RulesProblem::Label(LabelError::Prefix),
        RulesProblem::Label(LabelError::Digits),
        RulesProblem::NoTable { name: name() },
        RulesProblem::UnknownCalendar { name: name(), known: vec![] },
        RulesProblem::UnknownCalendar { name: name(), known: vec![name()] },
        RulesProblem::NoWorkingTime,
        RulesProblem::DateTwice { date: DATE },
        RulesProblem::TooManyShifts,
        RulesProblem::TooManyExceptions,
        RulesProblem::FinishedPause { status: STATUS },
        RulesProblem::NeverRuns,
        RulesProblem::AtRisk,
        RulesProblem::EscalationAt { percent: PERCENT },
        RulesProblem::EmptyEscalation,
        RulesProblem::UnknownPriority { name: name() },
        RulesProblem::Months,
    ]
}

/// A refusal's row and its number; a date is its days since 1970.
pub fn refusal_words(problem: &RulesProblem) -> (u32, u32) {
    let number = match problem {
        RulesProblem::AboveCeiling { ceiling: number }
        | RulesProblem::MinAboveMax { max: number }
        | RulesProblem::PolicyTwice { id: number } => *number,
        RulesProblem::EscalationAt { percent } => (*percent).into(),
        RulesProblem::DateTwice { date } => i32::try_from(date.epoch_days()).unwrap_or_default().cast_unsigned(),
        _ => 0,
    };
    (refusal_row(problem), number)
}

/// A refusal's names, in the order in which its message has them.
pub fn refusal_names(problem: &RulesProblem) -> Vec<&str> {
    let (first, rest): (&str, &[String]) = match problem {
        RulesProblem::Twice { name }
        | RulesProblem::Taken { name }
        | RulesProblem::UnknownType { name }
        | RulesProblem::UnknownOrigin { name }
        | RulesProblem::NoTable { name }
        | RulesProblem::UnknownPriority { name } => (name, &[]),
        RulesProblem::Alias { name, canonical } => (name, core::slice::from_ref(canonical)),
        RulesProblem::UnknownCalendar { name, known } => (name, known),
        RulesProblem::FinishedPause { status } => (status.name(), &[]),
        _ => return vec![],
    };
    core::iter::once(first).chain(rest.iter().map(String::as_str)).collect()
}

fn refusal_row(problem: &RulesProblem) -> u32 {
    match problem {
        RulesProblem::NoSuchField => 0,
        RulesProblem::Indispensable => 1,
        RulesProblem::RequiredFlag => 2,
        RulesProblem::NoMin => 3,
        RulesProblem::AboveCeiling { .. } => 4,
        RulesProblem::MinAboveMax { .. } => 5,
        RulesProblem::FixedLength => 6,
        RulesProblem::NoType => 7,
        RulesProblem::NoName => 8,
        RulesProblem::Twice { .. } => 9,
        RulesProblem::Taken { .. } => 10,
        RulesProblem::UnknownDefault => 11,
        RulesProblem::PolicyId => 12,
        RulesProblem::PolicyTwice { .. } => 13,
        RulesProblem::UnknownType { .. } => 14,
        RulesProblem::UnknownOrigin { .. } => 15,
        RulesProblem::Alias { .. } => 16,
        RulesProblem::TooManyDays => 17,
        RulesProblem::Offset => 18,
        RulesProblem::Transitions => 19,
        RulesProblem::Label(LabelError::Digits) => 21,
        RulesProblem::Label(_) => 20,
        RulesProblem::NoTable { .. } => 22,
        RulesProblem::UnknownCalendar { known, .. } => 23 + u32::from(!known.is_empty()),
        RulesProblem::NoWorkingTime => 25,
        RulesProblem::DateTwice { .. } => 26,
        RulesProblem::TooManyShifts => 27,
        RulesProblem::TooManyExceptions => 28,
        RulesProblem::FinishedPause { .. } => 29,
        RulesProblem::NeverRuns => 30,
        RulesProblem::AtRisk => 31,
        RulesProblem::EscalationAt { .. } => 32,
        RulesProblem::EmptyEscalation => 33,
        RulesProblem::UnknownPriority { .. } => 34,
        RulesProblem::Months => 35,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_stands_in_its_row() {
        for (row, problem) in problems().iter().enumerate() {
            assert_eq!(problem_words(problem)[0] as usize, row, "{problem}");
        }
    }

    #[test]
    fn every_refusal_stands_in_its_row() {
        for (row, problem) in refusals().iter().enumerate() {
            assert_eq!(refusal_words(problem).0 as usize, row, "{problem}");
        }
    }
}
