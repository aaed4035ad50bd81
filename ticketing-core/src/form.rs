//! Small forms read from JSON: wanted members, and all that is wrong with them at once.

use crate::{
    members::{self, Given, MalformedJson, Value},
    text::TextRule,
    violation::{JsonType, Problem, Violation, Violations},
};

/// A body that is no such form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormError {
    /// It is not JSON.
    #[error(transparent)]
    Malformed(#[from] MalformedJson),
    /// Its fields break rules.
    #[error(transparent)]
    Invalid(#[from] Violations),
}

/// A form whose fields are taken from left to right.
pub(crate) struct Form<'a, const N: usize> {
    json: &'a [u8],
    names: [&'static str; N],
    given: Given<Value<'a>, N>,
    next: usize,
    violations: Vec<Violation>,
}

impl<'a, const N: usize> Form<'a, N> {
    pub(crate) fn read(json: &'a [u8], names: [&'static str; N]) -> Result<Self, FormError> {
        let Some(given) = members::read_given(json, &names)? else {
            return Err(Violations::of("", Problem::WrongType { expected: JsonType::Object }).into());
        };
        Ok(Self { json, names, given, next: 0, violations: Vec::new() })
    }

    /// The next field as `check` reads it. Where it breaks a rule, that is remembered, and the value means nothing.
    pub(crate) fn take<T: Default>(&mut self, check: impl FnOnce(&Value<'a>) -> Result<T, Problem>) -> T {
        let (name, value) = (self.names.get(self.next), self.given.values.get(self.next));
        self.next += 1;
        match (name, value.map(check)) {
            (_, Some(Ok(taken))) => taken,
            (Some(field), Some(Err(problem))) => {
                self.violations.push(Violation { field, problem });
                T::default()
            }
            _ => T::default(),
        }
    }

    /// As [`take`](Self::take); `None` where the member is not there at all.
    pub(crate) fn take_given<T: Default>(&mut self, check: impl FnOnce(&Value<'a>) -> Result<T, Problem>) -> Option<T> {
        let is_there = self.given.is_there.get(self.next).copied().unwrap_or_default();
        let taken = self.take(check);
        is_there.then_some(taken)
    }

    /// As [`take`](Self::take), of an array: its items, none where there is nothing.
    pub(crate) fn take_items<T: Default>(&mut self, check: impl FnOnce(&[Value<'a>]) -> Result<T, Problem>) -> T {
        let (json, name) = (self.json, self.names.get(self.next).copied().unwrap_or_default());
        self.take(|value| match value {
            Value::Absent => check(&[]),
            Value::Repeated => Err(Problem::Repeated),
            Value::Text(_) | Value::Flag(_) | Value::LoneSurrogate | Value::Other => {
                let items = members::items(json, name);
                check(&items.ok_or(Problem::WrongType { expected: JsonType::Array })?)
            }
        })
    }

    /// As [`take`](Self::take); that there is nothing is a violation.
    pub(crate) fn take_required<T>(
        &mut self,
        check: impl FnOnce(&Value<'a>) -> Result<Option<T>, Problem>,
    ) -> Option<T> {
        self.take(|value| check(value)?.ok_or(Problem::Required).map(Some))
    }

    /// Adds what is wrong with a field in the light of others.
    pub(crate) fn refuse(&mut self, field: &'static str, problem: Problem) {
        if !self.refuses(field) {
            self.violations.push(Violation { field, problem });
        }
    }

    /// Whether something is wrong with a field.
    pub(crate) fn refuses(&self, field: &str) -> bool {
        self.violations.iter().any(|violation| violation.field == field)
    }

    /// All that is wrong, in the order of the fields.
    pub(crate) fn finish(self) -> Result<(), Violations> {
        let Self { names, mut violations, .. } = self;
        violations.sort_by_key(|violation| names.iter().position(|name| *name == violation.field));
        Violations::new(violations).map_or(Ok(()), Err)
    }

    /// What was read, or all that is wrong. What is required is there where nothing is wrong.
    pub(crate) fn finish_with<T>(self, read: Option<T>) -> Result<T, FormError> {
        self.finish()?;
        read.ok_or_else(|| Violations::of("", Problem::Required).into())
    }
}

/// Texts that must all be given.
pub(crate) fn texts<const N: usize>(
    json: &[u8],
    fields: [(&'static str, TextRule); N],
) -> Result<[String; N], FormError> {
    let mut form = Form::read(json, fields.map(|(name, _)| name))?;
    let texts = fields.map(|(_, rule)| form.take(|value| value.required_text(rule).map(str::to_owned)));
    form.finish()?;
    Ok(texts)
}

/// `true`, `false`, or nothing.
pub(crate) fn flag(value: &Value<'_>) -> Result<Option<bool>, Problem> {
    match value {
        Value::Absent => Ok(None),
        Value::Flag(flag) => Ok(Some(*flag)),
        Value::Repeated => Err(Problem::Repeated),
        Value::Text(_) | Value::LoneSurrogate | Value::Other => Err(Problem::WrongType { expected: JsonType::Boolean }),
    }
}
