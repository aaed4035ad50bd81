use std::sync::Arc;

use ticketing_core::{
    Timestamp, Uuid,
    subscription::{Health, Outcome, Standing},
};

use super::{Carried, Postman};
use crate::{
    Engine,
    courier::{self, Carrier, Recipient},
    store::{Failure, FailureKind, FeedEntry, RecipientId, Store, StoreError},
};

/// All who are written to, as one: the mail server knows them apart.
pub const MAIL: RecipientId = RecipientId(Uuid::from_u128(0x6d61_696c));

/// Carries events to the mail server.
pub struct MailCarrier<S> {
    engine: Engine<S>,
    postman: Arc<Postman>,
}

impl<S> MailCarrier<S> {
    /// A carrier of what a postman writes of an engine's tickets.
    pub fn new(engine: Engine<S>, postman: Arc<Postman>) -> Self {
        Self { engine, postman }
    }
}

/// The mail server.
pub struct MailServer;

impl Recipient for MailServer {
    fn id(&self) -> RecipientId {
        MAIL
    }

    fn version(&self) -> u32 {
        1
    }

    fn health(&self) -> Health {
        Health::default()
    }

    /// Most events tell nobody anything; which do is asked when they are carried.
    fn wants(&self, entry: &FeedEntry) -> bool {
        entry.event.public || entry.event.action.is_of_clocks()
    }

    /// There is no other mail server: it is tried again however often it fails.
    fn after(&self, health: Health, outcome: Outcome) -> Health {
        let after = health.after(outcome);
        let standing = if after.standing == Standing::Inactive { Standing::Degraded } else { after.standing };
        Health { standing, ..after }
    }
}

impl<S: Store> Carrier<S> for MailCarrier<S> {
    const NAME: &'static str = "mail";

    type Recipient = MailServer;
    type Content = ();

    async fn recipients(&self, _: &S) -> Result<Vec<MailServer>, StoreError> {
        Ok(vec![MailServer])
    }

    async fn content(&self, _: &Engine<S>, entry: &FeedEntry) -> Result<Option<((), u32)>, StoreError> {
        // The postman reads it, where there is something to write.
        Ok(Some(((), entry.event.seq)))
    }

    async fn carry(&self, _: &MailServer, entry: &FeedEntry, (): &(), _: Timestamp) -> courier::Carried {
        match self.postman.carry(&self.engine, entry).await {
            Carried::Delivered => courier::Carried::Delivered,
            // Or a mail server that is down would seem to be back with each event that nobody hears of.
            Carried::Nothing => courier::Carried::Nothing,
            // It was logged, and is refused again whenever it is tried.
            Carried::Refused(_) => courier::Carried::Refused,
            Carried::Retry(_) => courier::Carried::Failed(Failure { kind: FailureKind::Mail, http_status: None }),
        }
    }

    async fn keep_health(&self, _: &S, _: &MailServer, _: Health) -> Result<(), StoreError> {
        Ok(())
    }
}
