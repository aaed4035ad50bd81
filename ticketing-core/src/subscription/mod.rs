//! Who is told over HTTP what happens to tickets: subscriptions, and what becomes of them. Pure.
//!
//! - [`NewSubscription`], [`SubscriptionPatch`]: forms, read from JSON with all violations at once.
//! - [`Happening`]: what an event is to those who are told; [`Criteria`]: which of them one wants.
//! - [`Health`]: what successes and failures make of a subscription; [`back_off`]: how long to wait after them.
//!
//! Secrets do not stand here, nor what is still to be delivered.

pub mod back_off;
mod forms;
mod happening;
mod health;
mod webhook;

pub use self::{
    forms::{NewSubscription, SubscriptionPatch},
    happening::{Criteria, Happening, event_id},
    health::{Health, Outcome, Standing},
    webhook::{HeaderError, UrlError, Webhook, WebhookUrl},
};
use crate::{Timestamp, Uuid};

/// A subscription's identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SubscriptionId(pub Uuid);

/// Somebody who is told what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Its identity.
    pub id: SubscriptionId,
    /// The number of its last change, from 1. What deliveries make of its health is no change.
    pub version: u32,
    /// Where they are told.
    pub webhook: Webhook,
    /// What they want to be told.
    pub criteria: Criteria,
    /// How the last deliveries went.
    pub health: Health,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Subscription {
    /// A subscription that was not there before.
    pub fn new(id: SubscriptionId, new: NewSubscription, now: Timestamp) -> Self {
        let NewSubscription { webhook, criteria, is_active } = new;
        let health = if is_active { Health::default() } else { Health::stopped() };
        Self { id, version: 1, webhook, criteria, health, created_at: now, updated_at: now }
    }

    /// The subscription after a change; `None` where nothing changes.
    ///
    /// To make it active is to forgive all failures, also of one that is degraded.
    pub fn patched(&self, patch: SubscriptionPatch, now: Timestamp) -> Option<Self> {
        let SubscriptionPatch { webhook, is_active } = patch;
        let mut after = self.clone();
        after.webhook = webhook.unwrap_or(after.webhook);
        match is_active {
            Some(true) => after.health = Health::default(),
            Some(false) => after.health = Health { standing: Standing::Inactive, ..after.health },
            None => {}
        }
        if after == *self {
            return None;
        }
        Some(after.touched(now))
    }

    /// The subscription after a change of something that does not stand here.
    #[must_use]
    pub fn touched(&self, now: Timestamp) -> Self {
        Self { version: self.version.saturating_add(1), updated_at: now, ..self.clone() }
    }

    /// It was told nothing, and is told what happens from now on.
    pub fn is_resumed_by(&self, after: &Self) -> bool {
        self.health.standing == Standing::Inactive && after.health.standing != Standing::Inactive
    }
}

#[cfg(test)]
mod tests;
