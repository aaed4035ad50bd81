use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, types::ValueRef};
use ticketing_core::{Rules, Timestamp, integration::ReferenceKind, ticket::ActorId};

use super::{
    SqliteStore,
    counts::Counts,
    deliveries,
    facets::Key,
    feed::position,
    loose_ends, privacy,
    rows::{self, Columns, damaged, intake_columns, json, ticket_columns},
    subscriptions, tickets,
};
use crate::store::{
    ArchiveStore, Delivery, Idempotency, LabelKey, LooseEnd, Outline, Place, RecipientId, Repeatable, Restoration,
    Restored, StoreError, StoredReference, SubscriptionRecord, TicketRecord,
};

impl ArchiveStore for SqliteStore {
    async fn records(&self, after: LabelKey, max: u32) -> Result<Vec<TicketRecord>, StoreError> {
        self.read_long(move |connection, _| records(connection, after, max)).await
    }

    async fn outlines(&self, after: LabelKey, max: u32) -> Result<Vec<Outline>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT id, label, next_moment FROM tickets WHERE id > ? ORDER BY id LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query((tickets::row_of(after), max))?;
            let mut outlines = Vec::new();
            while let Some(row) = found.next()? {
                let label = match row.get_ref(1)? {
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    other => format!("{other:?}"),
                };
                // What is no number is no moment of anything.
                let next_moment = row.get::<_, Option<i64>>(2).unwrap_or(Some(i64::MIN));
                outlines.push(Outline { key: tickets::label_of(row.get(0)?), label, next_moment });
            }
            Ok(outlines)
        })
        .await
    }

    async fn loose_ends(&self) -> Result<Vec<LooseEnd>, StoreError> {
        self.read_long(loose_ends::find).await
    }

    async fn restore(&self, tickets: Vec<Restoration>) -> Result<Vec<Restored>, StoreError> {
        self.write(move |connection| {
            let mut counts = Counts::default();
            let restored: Result<_, _> =
                tickets.iter().map(|ticket| restore(connection, &mut counts, ticket)).collect();
            counts.write(connection)?;
            restored
        })
        .await
    }

    async fn rules_versions(&self) -> Result<Vec<(Rules, Timestamp)>, StoreError> {
        self.read_long(|connection, _| {
            let mut statement = connection.prepare("SELECT json, active_from FROM rules_versions ORDER BY id")?;
            let mut found = statement.query([])?;
            let mut versions = Vec::new();
            while let Some(row) = found.next()? {
                let columns = &mut Columns::new(row);
                versions.push((Rules::from_json(columns.text()?).map_err(damaged)?, columns.timestamp()?));
            }
            Ok(versions)
        })
        .await
    }

    async fn references(&self) -> Result<Vec<StoredReference>, StoreError> {
        self.read_long(|connection, _| {
            let mut statement = connection.prepare("SELECT kind, id, name, is_offered FROM refs ORDER BY kind, id")?;
            let mut found = statement.query([])?;
            let mut references = Vec::new();
            while let Some(row) = found.next()? {
                let columns = &mut Columns::new(row);
                references.push(StoredReference {
                    kind: columns.named(ReferenceKind::from_name)?,
                    id: columns.next()?,
                    name: columns.next()?,
                    is_offered: columns.next()?,
                });
            }
            Ok(references)
        })
        .await
    }

    async fn restore_references(&self, references: Vec<StoredReference>) -> Result<Vec<bool>, StoreError> {
        self.write(move |connection| {
            references.iter().map(|reference| restore_reference(connection, reference)).collect()
        })
        .await
    }

    async fn repeatable(&self, since: Timestamp) -> Result<Vec<Repeatable>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT k.owner, k.key, k.fingerprint, k.created_at, k.ticket, k.version FROM idempotency_keys k
                       WHERE k.created_at >= ? ORDER BY k.created_at";
            let mut statement = connection.prepare(sql)?;
            let mut found = statement.query([since.unix_millis()])?;
            let mut requests = Vec::new();
            while let Some(row) = found.next()? {
                requests.push(repeatable(&mut Columns::new(row))?);
            }
            Ok(requests)
        })
        .await
    }

    async fn restore_repeatable(&self, requests: Vec<Repeatable>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let is_here = "SELECT 1 FROM tickets WHERE id = ?";
            for Repeatable { idempotency, label, version } in &requests {
                let row = tickets::row_of(*label);
                if connection.prepare_cached(is_here)?.exists([row])?
                    && tickets::find_key(connection, idempotency)?.is_none()
                {
                    tickets::insert_key(connection, Some(idempotency), row, *version)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn recipients(&self) -> Result<Vec<(RecipientId, Place)>, StoreError> {
        self.read_long(|connection, _| {
            let mut statement =
                connection.prepare("SELECT uuid, position, generation FROM recipients ORDER BY uuid")?;
            let mut found = statement.query([])?;
            let mut recipients = Vec::new();
            while let Some(row) = found.next()? {
                let columns = &mut Columns::new(row);
                let id = RecipientId(columns.uuid()?);
                recipients.push((id, Place { position: position(columns.next()?), generation: columns.next()? }));
            }
            Ok(recipients)
        })
        .await
    }

    async fn restore_recipient(
        &self,
        id: RecipientId,
        subscription: Option<SubscriptionRecord>,
        undelivered: Vec<Delivery>,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            if connection.prepare_cached("SELECT 1 FROM recipients WHERE uuid = ?")?.exists([id.0.as_bytes()])? {
                return Ok(false);
            }
            match &subscription {
                Some(subscription) => {
                    subscriptions::add(connection, subscription, u32::MAX)?;
                }
                None => deliveries::add_recipient(connection, id)?,
            }
            deliveries::keep(connection, id, 0, &undelivered)?;
            Ok(true)
        })
        .await
    }
}

/// The connection's transaction makes one instant of the statements.
fn records(connection: &Connection, after: LabelKey, max: u32) -> Result<Vec<TicketRecord>, StoreError> {
    let sql = concat!(
        "SELECT t.label, i.address, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.id > ? ORDER BY t.id LIMIT ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((tickets::row_of(after), max))?;
    let mut records = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        let label = columns.text()?.parse().map_err(damaged)?;
        let address = columns.optional_text()?.map(|address| address.parse::<IpAddr>().map_err(damaged)).transpose()?;
        let (ticket, intake) = (rows::ticket(columns)?, rows::intake(columns)?);
        let history = tickets::history(connection, ticket.id)?;
        records.push(TicketRecord { ticket, label, intake, address, history });
    }
    Ok(records)
}

fn restore(connection: &Connection, counts: &mut Counts, restoration: &Restoration) -> Result<Restored, StoreError> {
    let Restoration { record: TicketRecord { ticket, label, intake, address, history }, next_moment } = restoration;
    if connection.prepare_cached("SELECT 1 FROM tickets WHERE uuid = ?")?.exists([ticket.id.0.as_bytes()])? {
        return Ok(Restored::Known);
    }
    let key = LabelKey::from(*label);
    let row = tickets::row_of(key);
    if connection.prepare_cached("SELECT 1 FROM tickets WHERE id = ?")?.exists([row])? {
        return Ok(Restored::LabelTaken);
    }
    count_label(connection, key)?;
    let facet = counts.entered(connection, &Key::of(ticket))?;
    tickets::insert_ticket(connection, row, *label, ticket, &json(&ticket.sla)?, facet, *next_moment)?;
    if ticket.is_archived() || ticket.is_erased() || ticket.reply.is_some() {
        // What no ticket has when it comes to be.
        let sql = "UPDATE tickets SET archived_at = ?, erased_at = ?, reply_seq = ? WHERE id = ?";
        let millis = |at: Option<Timestamp>| at.map(Timestamp::unix_millis);
        let done = (millis(ticket.archived_at), millis(ticket.erased_at), ticket.reply, row);
        connection.prepare_cached(sql)?.execute(done)?;
    }
    for tag in &ticket.tags {
        let sql = "INSERT OR IGNORE INTO ticket_tags (tag, ticket) VALUES (?, ?)";
        connection.prepare_cached(sql)?.execute((tag, row))?;
    }
    for new in history {
        tickets::insert_event(connection, row, new, &json(&new.event.changes)?)?;
    }
    privacy::insert_what_is_left(connection, row, intake, *address)?;
    Ok(Restored::Stored)
}

/// No number that is taken is given again.
fn count_label(connection: &Connection, LabelKey { year, number }: LabelKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO label_counters (year, last) VALUES (?, ?)
               ON CONFLICT (year) DO UPDATE SET last = max(last, excluded.last)";
    connection.prepare_cached(sql)?.execute((year, number))?;
    Ok(())
}

fn restore_reference(connection: &Connection, reference: &StoredReference) -> Result<bool, StoreError> {
    let StoredReference { kind, id, name, is_offered } = reference;
    let sql = "INSERT INTO refs (kind, id, name, key, is_offered) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    if connection.prepare_cached(sql)?.execute((kind.name(), id, name, kind.key(name), is_offered))? > 0 {
        return Ok(true);
    }
    let sql = "SELECT name FROM refs WHERE kind = ? AND id = ?";
    let here: Option<String> =
        connection.prepare_cached(sql)?.query_row((kind.name(), id), |row| row.get(0)).optional()?;
    Ok(here.as_ref() == Some(name))
}

fn repeatable(columns: &mut Columns<'_>) -> Result<Repeatable, StoreError> {
    let owner: Vec<u8> = columns.next()?;
    let owner = if owner.is_empty() { None } else { Some(uuid::Uuid::from_slice(&owner).map_err(damaged)?) };
    let (key, fingerprint, used_at) = (columns.next()?, columns.next()?, columns.timestamp()?);
    let idempotency = Idempotency { owner: owner.map(ActorId), key, fingerprint, used_at, valid_from: used_at };
    Ok(Repeatable { idempotency, label: tickets::label_of(columns.next()?), version: columns.next()? })
}
