//! Subscriptions and the secrets that sign for them.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ticketing_core::{
    Timestamp,
    subscription::{Health, Subscription, SubscriptionId},
};

use super::StoreError;

/// Subscriptions. Each is a recipient of the feed under its own identity, and each change grows the recipients' revision.
pub trait SubscriptionStore: Send + Sync + 'static {
    /// Every subscription, oldest first. One that cannot be read is logged and left out: the others are as they are.
    fn subscriptions(&self) -> impl Future<Output = Result<Vec<SubscriptionRecord>, StoreError>> + Send;

    /// A subscription and its secrets.
    fn find_subscription(
        &self,
        id: SubscriptionId,
    ) -> impl Future<Output = Result<Option<SubscriptionRecord>, StoreError>> + Send;

    /// Stores a subscription that was not there before, which is told what happens after the newest event; `false` where there
    /// are so many already.
    fn add_subscription(
        &self,
        record: SubscriptionRecord,
        max: u32,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Stores what has become of a subscription. Nothing is stored where somebody else was faster.
    fn change_subscription(
        &self,
        change: SubscriptionChange,
    ) -> impl Future<Output = Result<SubscriptionStored, StoreError>> + Send;

    /// Deletes a subscription with all that was to be delivered to it; `false` where there is none.
    fn delete_subscription(&self, id: SubscriptionId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Notes what deliveries have made of a subscription's health, where it still has the version that they were made under. It is
    /// no change.
    fn keep_health(
        &self,
        id: SubscriptionId,
        version: u32,
        health: Health,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A subscription and what signs for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubscriptionRecord {
    /// The subscription.
    pub subscription: Subscription,
    /// What signs.
    pub secrets: Secrets,
}

/// What has become of a subscription.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubscriptionChange {
    /// The version that it was decided on.
    pub expected_version: u32,
    /// The subscription after it, and what signs for it then.
    pub record: SubscriptionRecord,
    /// Whether its health was set, by somebody and not by deliveries.
    pub sets_health: bool,
    /// It goes on after the newest event that there is.
    pub resumes: bool,
}

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubscriptionStored {
    /// It is stored.
    Stored,
    /// The subscription has another version, or is gone.
    Conflict,
}

/// What signs for a subscription: a secret, and for a while the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secrets {
    /// The newest one.
    pub current: Secret,
    /// The one before, and until when it signs too.
    pub previous: Option<(Secret, Timestamp)>,
}

impl Secrets {
    /// Those that sign at an instant, the newest first.
    pub fn valid(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.current).chain(previous.map(|(secret, _)| secret))
    }
}

/// What receivers check signatures with: 32 octets. Source: the Standard Webhooks specification, which asks for 24 to 64.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

/// Never what it is.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new one that nobody can guess.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut octets = [0; 32];
        getrandom::fill(&mut octets)?;
        Ok(Self(octets))
    }

    /// As it is told to whoever is to check signatures, once: `whsec_` and the octets in base64.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}
