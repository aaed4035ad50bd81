use std::net::IpAddr;

use ticketing_core::{Status, TicketId, Timestamp, ticket::Intake};
use uuid::Uuid;

use super::{
    PostgresStore,
    rows::{Columns, json},
    tickets,
    transactions::{Statements, Transaction, each},
};
use crate::store::{AddressHash, Appended, DeskStore, Erasure, Forgotten, PrivacyStore, StoreError};

impl PrivacyStore for PostgresStore {
    async fn erase(&self, erasure: Erasure) -> Result<Appended, StoreError> {
        let erasure = &erasure;
        self.write(|transaction| Box::pin(erase(transaction, erasure))).await
    }

    async fn over_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        let sql = "SELECT uuid FROM tickets
                   WHERE status IN ('CERRADO', 'CANCELADO') AND erased_at IS NULL AND coalesce(closed_at, updated_at) <= $1
                   ORDER BY coalesce(closed_at, updated_at) LIMIT $2 OFFSET $3";
        debug_assert_eq!([Status::Closed, Status::Canceled].map(Status::name), ["CERRADO", "CANCELADO"]);
        self.look(|look| {
            Box::pin(async move {
                let found = look.query(sql, &[&instant.unix_millis(), &i64::from(max), &i64::from(skip)]).await?;
                found.iter().map(|row| Ok(TicketId(Columns::new(row).uuid()?))).collect()
            })
        })
        .await
    }

    async fn count_over_until(&self, instant: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM tickets
                   WHERE status IN ('CERRADO', 'CANCELADO') AND erased_at IS NULL AND coalesce(closed_at, updated_at) <= $1";
        self.look(|look| {
            Box::pin(async move {
                let found = look.query_opt(sql, &[&instant.unix_millis()]).await?;
                let count = found.map(|row| Columns::new(&row).next::<i64>()).transpose()?;
                Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
            })
        })
        .await
    }

    async fn forgotten(&self) -> Result<Vec<Forgotten>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let found = look.query("SELECT key, hash, at FROM forgotten", &[]).await?;
                let person = |row| {
                    let columns = &mut Columns::new(row);
                    let (key, hash) = (columns.octets()?, AddressHash(columns.octets()?));
                    Ok(Forgotten { key, hash, at: columns.timestamp()? })
                };
                found.iter().map(person).collect()
            })
        })
        .await
    }

    async fn note_forgotten(&self, people: Vec<Forgotten>) -> Result<(), StoreError> {
        let people = &people;
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "INSERT INTO forgotten (hash, key, at) VALUES ($1, $2, $3)
                           ON CONFLICT (hash, key) DO UPDATE SET at = greatest(forgotten.at, excluded.at)";
                for Forgotten { key, hash, at } in people {
                    let (hash, key) = (hash.0.as_slice(), key.as_slice());
                    transaction.execute(sql, &[&hash, &key, &at.unix_millis()]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The database's own files are its own business: what this comes to is that no page keeps a row that nobody can see.
    async fn scrub(&self) -> Result<(), StoreError> {
        while self.index_words().await? {}
        let connection = self.sessions().writes.get().await?;
        for table in ["texts", "intake", "documents", "idempotency_keys"] {
            connection.batch_execute(&format!("VACUUM {table}")).await?;
        }
        Ok(())
    }
}

/// The ticket's row is locked first; what follows on it commits.
async fn erase(transaction: &Transaction<'_>, erasure: &Erasure) -> Result<Appended, StoreError> {
    let Erasure { follow_up, intake, address, history, forgets_keys } = erasure;
    let sql = "SELECT id, version FROM tickets WHERE uuid = $1 FOR UPDATE";
    let Some(row) = transaction.query_opt(sql, &[&follow_up.ticket.id.0]).await? else { return Ok(Appended::Conflict) };
    let columns = &mut Columns::new(&row);
    let id: i64 = columns.next()?;
    if columns.number()? != follow_up.expected_version {
        return Ok(Appended::Conflict);
    }
    transaction.execute("DELETE FROM texts WHERE ticket = $1", &[&id]).await?;
    transaction.execute("DELETE FROM intake WHERE ticket = $1", &[&id]).await?;
    if *forgets_keys {
        // There are those of a day, and no index of their tickets.
        transaction.execute("DELETE FROM idempotency_keys WHERE ticket = $1", &[&id]).await?;
    }
    let said = history.iter().filter(|new| new.event.seq <= follow_up.expected_version);
    let said: Vec<_> = said.filter(|new| new.text.is_some() || new.on_behalf.is_some()).collect();
    let mut statements = Statements::default();
    let sql = "INSERT INTO texts (ticket, seq, body, on_behalf)
               SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[])";
    let values = each!(said, new => [id, tickets::int(new.event.seq), new.text.as_deref(), new.on_behalf.as_deref()]);
    statements.add_some(sql, values, said.len());
    statements.send(transaction).await?;
    insert_what_is_left(transaction, id, intake, *address).await?;
    let mut appended = tickets::append(transaction, &[follow_up], Uuid::nil(), false).await?;
    Ok(appended.pop().unwrap_or(Appended::Conflict))
}

/// Of a person who was erased, no row is left.
async fn insert_what_is_left(
    transaction: &Transaction<'_>,
    ticket: i64,
    intake: &Intake,
    address: Option<IpAddr>,
) -> Result<(), StoreError> {
    if *intake == Intake::default() && address.is_none() {
        return Ok(());
    }
    let requester = intake.requester.as_ref();
    let sql = "INSERT INTO intake (
                   ticket, name, email, phone, has_whatsapp, document, company, subject, description, internal, clients, cc,
                   created_by, described_by, due_by, address
               ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    transaction
        .execute(
            sql,
            &[
                &ticket,
                &requester.map(|requester| requester.name.as_str()),
                &requester.map(|requester| requester.email.as_str()),
                &requester.and_then(|requester| requester.phone.as_deref()),
                &requester.is_some_and(|requester| requester.has_whatsapp),
                &requester.and_then(|requester| requester.document.as_deref()),
                &requester.and_then(|requester| requester.company.as_deref()),
                &intake.subject,
                &intake.description,
                &intake.description_is_internal,
                &intake.clients.as_ref().map(json).transpose()?,
                &if intake.cc.is_empty() { None } else { Some(json(&intake.cc)?) },
                &intake.created_by,
                &intake.described_by,
                &intake.due_by,
                &address.map(|address| address.to_string()),
            ],
        )
        .await?;
    Ok(())
}
