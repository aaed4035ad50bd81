use ticketing_core::{
    TimeDelta, Timestamp, Uuid,
    limits::{DELIVERIES_KEPT_DAYS, SUBSCRIPTIONS_MAX, WEBHOOK_SECRETS_OVERLAP_HOURS},
    subscription::{NewSubscription, Subscription, SubscriptionId, SubscriptionPatch},
};

use super::Engine;
use crate::store::{
    DeliveryId, FailedDelivery, FeedPosition, GivenUp, RecipientId, Secret, Secrets, Store, StoreError,
    SubscriptionChange, SubscriptionRecord, SubscriptionStored,
};

/// How often a change is tried anew on what others have made of the subscription.
const ATTEMPTS: u32 = 16;

/// A subscription and the secret that its receiver checks signatures with: the only time that it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSecret {
    /// The subscription.
    pub subscription: Subscription,
    /// The secret.
    pub secret: Secret,
}

/// What is delivered once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Redelivery {
    /// A delivery that was given up.
    Delivery(DeliveryId),
    /// All deliveries to a subscription that were given up.
    GivenUp(SubscriptionId),
    /// All that happened since an instant, to a subscription; and what happened up to a minute before it, maybe.
    Since(SubscriptionId, Timestamp),
    /// All that happened after a position of the feed, to a subscription.
    After(SubscriptionId, FeedPosition),
}

/// Why nothing was done to a subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// There is none of that identity.
    #[error("there is no such subscription")]
    NotFound,
    /// There are as many as there may be.
    #[error("there are {SUBSCRIPTIONS_MAX} subscriptions, which is as many as there may be")]
    TooMany,
    /// Others changed it each time before this change could.
    #[error("the subscription is being changed by too many at once")]
    Contended,
    /// The system has no randomness for a secret.
    #[error("no secret can be made: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether somebody may do this is for the caller to see.
impl<S: Store> Engine<S> {
    /// Tells somebody what happens from now on.
    ///
    /// # Errors
    /// [`SubscriptionError::TooMany`], [`SubscriptionError::Randomness`], or the store's.
    pub async fn create_subscription(&self, new: NewSubscription) -> Result<NewSecret, SubscriptionError> {
        let secret = Secret::generate()?;
        let subscription = Subscription::new(SubscriptionId(Uuid::now_v7()), new, self.now());
        let secrets = Secrets { current: secret.clone(), previous: None };
        let record = SubscriptionRecord { subscription: subscription.clone(), secrets };
        if !self.inner.store.add_subscription(record, SUBSCRIPTIONS_MAX).await? {
            return Err(SubscriptionError::TooMany);
        }
        Ok(NewSecret { subscription, secret })
    }

    /// Every subscription, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, SubscriptionError> {
        let records = self.inner.store.subscriptions().await?;
        Ok(records.into_iter().map(|record| record.subscription).collect())
    }

    /// A subscription.
    ///
    /// # Errors
    /// [`SubscriptionError::NotFound`], or the store's.
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Subscription, SubscriptionError> {
        Ok(self.subscription_record(id).await?.subscription)
    }

    /// Changes a subscription and answers it as it is then. One that was inactive goes on with what happens from now on;
    /// [`redeliver`](Self::redeliver) has it told what happened meanwhile.
    ///
    /// # Errors
    /// [`SubscriptionError::NotFound`], [`SubscriptionError::Contended`], or the store's.
    pub async fn change_subscription(
        &self,
        id: SubscriptionId,
        patch: SubscriptionPatch,
    ) -> Result<Subscription, SubscriptionError> {
        let sets_health = patch.sets_health();
        let changed = self.store_subscription(id, sets_health, |record| {
            let subscription = record.subscription.patched(patch.clone(), self.now())?;
            Some(SubscriptionRecord { subscription, secrets: record.secrets.clone() })
        });
        Ok(changed.await?.subscription)
    }

    /// Deletes a subscription with all that was to be delivered to it.
    ///
    /// # Errors
    /// [`SubscriptionError::NotFound`], or the store's.
    pub async fn delete_subscription(&self, id: SubscriptionId) -> Result<(), SubscriptionError> {
        if self.inner.store.delete_subscription(id).await? { Ok(()) } else { Err(SubscriptionError::NotFound) }
    }

    /// Signs for a subscription with a new secret. The one that there was signs too, for a day: in that time the receiver learns the
    /// new one.
    ///
    /// # Errors
    /// [`SubscriptionError::NotFound`], [`SubscriptionError::Contended`], [`SubscriptionError::Randomness`], or the store's.
    pub async fn rotate_secret(&self, id: SubscriptionId) -> Result<NewSecret, SubscriptionError> {
        let (secret, now) = (Secret::generate()?, self.now());
        let overlap = TimeDelta::hours(WEBHOOK_SECRETS_OVERLAP_HOURS.into());
        let until = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
        let changed = self.store_subscription(id, false, |record| {
            let SubscriptionRecord { subscription, secrets } = record;
            let previous = Some((secrets.current.clone(), until));
            Some(SubscriptionRecord {
                subscription: subscription.touched(now),
                secrets: Secrets { current: secret.clone(), previous },
            })
        });
        Ok(NewSecret { subscription: changed.await?.subscription, secret })
    }

    /// What could not be delivered so far, of one subscription or of all recipients, oldest first; after one, and at most so many.
    ///
    /// # Errors
    /// The store's.
    pub async fn failed_deliveries(
        &self,
        of: Option<SubscriptionId>,
        after: Option<DeliveryId>,
        max: u32,
    ) -> Result<Vec<FailedDelivery>, SubscriptionError> {
        let recipient = of.map(|id| RecipientId(id.0));
        Ok(self.inner.store.failed_deliveries(recipient, after, max).await?)
    }

    /// Delivers once more. Answers how many deliveries that were given up are tried anew; `None` where events are told again, which
    /// nobody counts.
    ///
    /// # Errors
    /// [`SubscriptionError::NotFound`], or the store's.
    pub async fn redeliver(&self, what: Redelivery) -> Result<Option<usize>, SubscriptionError> {
        let store = &self.inner.store;
        let (id, after) = match what {
            Redelivery::Delivery(id) => {
                let revived = store.revive_deliveries(GivenUp::One(id), self.now()).await?;
                return if revived > 0 { Ok(Some(revived)) } else { Err(SubscriptionError::NotFound) };
            }
            Redelivery::GivenUp(id) => {
                self.subscription(id).await?;
                return Ok(Some(store.revive_deliveries(GivenUp::Of(RecipientId(id.0)), self.now()).await?));
            }
            Redelivery::Since(id, instant) => (id, store.position_before(instant).await?),
            Redelivery::After(id, position) => (id, position.min(store.newest_position().await?)),
        };
        if store.set_place(RecipientId(id.0), after).await? { Ok(None) } else { Err(SubscriptionError::NotFound) }
    }

    async fn subscription_record(&self, id: SubscriptionId) -> Result<SubscriptionRecord, SubscriptionError> {
        self.inner.store.find_subscription(id).await?.ok_or(SubscriptionError::NotFound)
    }

    /// Stores what a change makes of a subscription, if it makes something of it.
    async fn store_subscription(
        &self,
        id: SubscriptionId,
        sets_health: bool,
        change: impl Fn(&SubscriptionRecord) -> Option<SubscriptionRecord>,
    ) -> Result<SubscriptionRecord, SubscriptionError> {
        for _ in 0..ATTEMPTS {
            let before = self.subscription_record(id).await?;
            let Some(record) = change(&before) else { return Ok(before) };
            let change = SubscriptionChange {
                expected_version: before.subscription.version,
                resumes: before.subscription.is_resumed_by(&record.subscription),
                record: record.clone(),
                sets_health,
            };
            match self.inner.store.change_subscription(change).await? {
                SubscriptionStored::Stored => return Ok(record),
                SubscriptionStored::Conflict => {}
            }
        }
        Err(SubscriptionError::Contended)
    }
}

/// Deliveries that were given up before are forgotten.
pub(super) fn kept_since(now: Timestamp) -> Timestamp {
    now.checked_add(-TimeDelta::days(DELIVERIES_KEPT_DAYS.into())).unwrap_or(Timestamp::MIN)
}
