use ticketing_core::Timestamp;

use super::SqliteStore;
use crate::store::{Lease, LeaseStore, StoreError};

impl LeaseStore for SqliteStore {
    async fn take_lease(&self, lease: &Lease, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            let sql = "INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
                       ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?3 WHERE holder = ?2 OR until <= ?4";
            let row = (lease.name, lease.holder.as_bytes(), until.unix_millis(), now.unix_millis());
            Ok(connection.prepare_cached(sql)?.execute(row)? > 0)
        })
        .await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            let sql = "DELETE FROM leases WHERE name = ? AND holder = ?";
            connection.prepare_cached(sql)?.execute((lease.name, lease.holder.as_bytes()))?;
            Ok(())
        })
        .await
    }
}
