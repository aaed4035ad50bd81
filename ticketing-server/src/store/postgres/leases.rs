use ticketing_core::Timestamp;

use super::PostgresStore;
use crate::store::{Lease, LeaseStore, StoreError};

impl LeaseStore for PostgresStore {
    async fn take_lease(&self, lease: &Lease, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $3)
                           ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
                           WHERE leases.holder = excluded.holder OR leases.held_until <= $4";
                let (until, now) = (until.unix_millis(), now.unix_millis());
                Ok(transaction.execute(sql, &[&lease.name, &lease.holder, &until, &now]).await? > 0)
            })
        })
        .await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "DELETE FROM leases WHERE name = $1 AND holder = $2";
                transaction.execute(sql, &[&lease.name, &lease.holder]).await?;
                Ok(())
            })
        })
        .await
    }
}
