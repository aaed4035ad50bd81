use ticketing_core::{
    Rules, Uuid,
    report::{Dimension, ReportRow, Value},
    ticket::ActorId,
};

use super::{Asked, Dialect, words::without};
use crate::{Engine, ReportAnswer, store::Store};

/// A report, and what the rows of it are called.
pub(crate) struct Told {
    pub(crate) asked: Asked,
    pub(crate) answer: ReportAnswer,
    /// As many as there are rows.
    pub(crate) rows: Vec<Called>,
}

/// Of what a row is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Called {
    pub(crate) kind: Kind,
    /// The value, where it is of one: what a report of it alone is asked for with.
    pub(crate) value: Option<String>,
    /// What people call it.
    pub(crate) name: String,
}

/// What kind of row it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Value,
    None,
    Rest,
}

impl Told {
    pub(crate) fn new<S: Store>(engine: &Engine<S>, asked: Asked, answer: ReportAnswer) -> Self {
        let rules = engine.rules();
        let rows = match asked.ask.by {
            Some(by) => answer.report.rows.iter().map(|row| called(engine, &rules, by, row, &asked)).collect(),
            None => vec![],
        };
        Self { asked, answer, rows }
    }

    /// Rows with what they are called.
    pub(crate) fn named_rows(&self) -> impl Iterator<Item = (&Called, &ReportRow)> {
        self.rows.iter().zip(&self.answer.report.rows)
    }
}

fn called<S: Store>(engine: &Engine<S>, rules: &Rules, by: Dimension, row: &ReportRow, asked: &Asked) -> Called {
    match &row.value {
        Value::Named(value) => {
            let (value, name) = match by {
                // What an area is called at the desk may be an alias.
                Dimension::Area if asked.dialect != Dialect::Integration => (rules.desk_area(value), None),
                Dimension::Agent => {
                    let agent = Uuid::try_parse(value).ok().map(ActorId);
                    (value.as_str(), agent.and_then(|agent| engine.user_name(agent)))
                }
                _ => (value.as_str(), None),
            };
            Called { kind: Kind::Value, value: Some(value.to_owned()), name: name.unwrap_or_else(|| value.to_owned()) }
        }
        Value::None | Value::All => {
            Called { kind: Kind::None, value: None, name: without(by, asked.locale).to_owned() }
        }
        Value::Rest => Called {
            kind: Kind::Rest,
            value: None,
            name: asked.locale.pick([Value::REST, "OTHERS", "OUTRAS"]).to_owned(),
        },
    }
}
