use serde::{Deserialize, Serialize};

use super::is_default;
use crate::{Status, ticket::lifecycle};

/// What of a ticket's service is promised by a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// That the desk answers: from the creation to the first thing that the requester sees and did not write, or to the
    /// resolution without.
    FirstResponse,
    /// That the desk answers again: from the first comment of the requester that is not answered, to the answer.
    NextResponse,
    /// That the ticket is resolved: from the creation to the resolution.
    Resolution,
}

impl TargetKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::FirstResponse, Self::NextResponse, Self::Resolution];

    /// Its member in rules, and its name on the wire.
    pub const fn member(self) -> &'static str {
        match self {
            Self::FirstResponse => "primeraRespuesta",
            Self::NextResponse => "siguienteRespuesta",
            Self::Resolution => "resolucion",
        }
    }

    /// The open statuses in which its clock stands still where rules do not say: a requester waits for an answer also while the
    /// work is paused.
    pub(crate) fn pauses(self) -> Vec<Status> {
        let mut pauses = Vec::new();
        for status in &Status::ALL {
            if self == Self::Resolution && lifecycle::pauses_work(*status) {
                pauses.push(*status);
            }
        }
        pauses
    }
}

/// A value for each kind of target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Default + PartialEq + Serialize", deserialize = "T: Default + Deserialize<'de>"))]
pub struct PerTarget<T> {
    /// Of the first response.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first_response: T,
    /// Of the next response.
    #[serde(default, skip_serializing_if = "is_default")]
    pub next_response: T,
    /// Of the resolution.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resolution: T,
}

impl<T> PerTarget<T> {
    /// The value of a kind.
    pub const fn get(&self, kind: TargetKind) -> &T {
        match kind {
            TargetKind::FirstResponse => &self.first_response,
            TargetKind::NextResponse => &self.next_response,
            TargetKind::Resolution => &self.resolution,
        }
    }

    /// The value of a kind, to change it.
    pub const fn get_mut(&mut self, kind: TargetKind) -> &mut T {
        match kind {
            TargetKind::FirstResponse => &mut self.first_response,
            TargetKind::NextResponse => &mut self.next_response,
            TargetKind::Resolution => &mut self.resolution,
        }
    }

    /// Kinds and values.
    pub fn iter(&self) -> impl Iterator<Item = (TargetKind, &T)> {
        TargetKind::ALL.into_iter().map(|kind| (kind, self.get(kind)))
    }

    /// Another value for each.
    pub fn map<U>(self, mut of: impl FnMut(TargetKind, T) -> U) -> PerTarget<U> {
        let Self { first_response, next_response, resolution } = self;
        PerTarget {
            first_response: of(TargetKind::FirstResponse, first_response),
            next_response: of(TargetKind::NextResponse, next_response),
            resolution: of(TargetKind::Resolution, resolution),
        }
    }
}
