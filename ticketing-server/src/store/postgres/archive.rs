use std::{collections::HashSet, net::IpAddr};

use ticketing_core::{
    LabelFormat, Rules, TicketLabel, Timestamp,
    integration::ReferenceKind,
    ticket::{ActorId, NewEvent},
};
use uuid::Uuid;

use super::{
    PostgresStore, deliveries,
    facets::Changes,
    feed::position,
    ids, loose_ends, references,
    rows::{self, Columns, damaged, event_columns, intake_columns, signed, ticket_columns},
    subscriptions,
    tickets::{self, EventRow, KeyRow, NewRow},
    transactions::{Statements, Transaction, each},
};
use crate::store::{
    ArchiveStore, Creation, Delivery, FeedStore, Idempotency, LabelKey, LooseEnd, Outline, Place, RecipientId,
    Repeatable, Restoration, Restored, StoreError, StoredReference, SubscriptionRecord, TicketRecord,
};

impl ArchiveStore for PostgresStore {
    async fn records(&self, after: LabelKey, max: u32) -> Result<Vec<TicketRecord>, StoreError> {
        self.read(|read| Box::pin(records(read, after, max))).await
    }

    async fn outlines(&self, after: LabelKey, max: u32) -> Result<Vec<Outline>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let sql =
                    "SELECT ordinal, label, next_moment FROM tickets WHERE ordinal > $1 ORDER BY ordinal LIMIT $2";
                let found = look.query(sql, &[&tickets::ordinal_of(after), &i64::from(max)]).await?;
                let outline = |row| {
                    let columns = &mut Columns::new(row);
                    let key = tickets::label_of(columns.next()?);
                    Ok(Outline { key, label: columns.next()?, next_moment: columns.next()? })
                };
                found.iter().map(outline).collect()
            })
        })
        .await
    }

    async fn loose_ends(&self) -> Result<Vec<LooseEnd>, StoreError> {
        self.read(|read| Box::pin(loose_ends::find(read))).await
    }

    async fn restore(&self, tickets: Vec<Restoration>) -> Result<Vec<Restored>, StoreError> {
        let tickets = &tickets.into_iter().map(Restoring::new).collect::<Result<Vec<_>, _>>()?;
        self.write(|transaction| Box::pin(restore(transaction, tickets))).await
    }

    async fn rules_versions(&self) -> Result<Vec<(Rules, Timestamp)>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let found = look.query("SELECT json, active_from FROM rules_versions ORDER BY id", &[]).await?;
                let version = |row| {
                    let columns = &mut Columns::new(row);
                    Ok((Rules::from_json(columns.text()?).map_err(damaged)?, columns.timestamp()?))
                };
                found.iter().map(version).collect()
            })
        })
        .await
    }

    async fn references(&self) -> Result<Vec<StoredReference>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let found = look.query("SELECT kind, id, name, is_offered FROM refs ORDER BY kind, id", &[]).await?;
                let reference = |row| {
                    let columns = &mut Columns::new(row);
                    Ok(StoredReference {
                        kind: columns.named(ReferenceKind::from_name)?,
                        id: columns.number()?,
                        name: columns.next()?,
                        is_offered: columns.next()?,
                    })
                };
                found.iter().map(reference).collect()
            })
        })
        .await
    }

    async fn restore_references(&self, references: Vec<StoredReference>) -> Result<Vec<bool>, StoreError> {
        let references = &references;
        self.write_again(|transaction| Box::pin(restore_references(transaction, references))).await
    }

    async fn repeatable(&self, since: Timestamp) -> Result<Vec<Repeatable>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let sql = "SELECT k.owner, k.key, k.fingerprint, k.created_at, t.ordinal, k.version
                           FROM idempotency_keys k JOIN tickets t ON t.id = k.ticket
                           WHERE k.created_at >= $1 ORDER BY k.created_at";
                let found = look.query(sql, &[&since.unix_millis()]).await?;
                found.iter().map(|row| repeatable(&mut Columns::new(row))).collect()
            })
        })
        .await
    }

    async fn restore_repeatable(&self, requests: Vec<Repeatable>) -> Result<(), StoreError> {
        let requests = &requests;
        self.write_again(|transaction| Box::pin(restore_repeatable(transaction, requests))).await
    }

    async fn recipients(&self) -> Result<Vec<(RecipientId, Place)>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let found = look.query("SELECT uuid, position, generation FROM recipients ORDER BY uuid", &[]).await?;
                let recipient = |row| {
                    let columns = &mut Columns::new(row);
                    let id = RecipientId(columns.uuid()?);
                    Ok((id, Place { position: position(columns.next()?), generation: columns.number()? }))
                };
                found.iter().map(recipient).collect()
            })
        })
        .await
    }

    async fn restore_recipient(
        &self,
        id: RecipientId,
        subscription: Option<SubscriptionRecord>,
        undelivered: Vec<Delivery>,
    ) -> Result<bool, StoreError> {
        let (subscription, undelivered) = (&subscription, &deliveries::Rows::of(&undelivered)?);
        self.give_positions().await?;
        self.write(|transaction| {
            Box::pin(async move {
                deliveries::lock_recipients(transaction).await?;
                if transaction.query_opt("SELECT 1 FROM recipients WHERE uuid = $1", &[&id.0]).await?.is_some() {
                    return Ok(false);
                }
                if let Some(subscription) = subscription {
                    subscriptions::add(transaction, subscription, u32::MAX).await?;
                } else {
                    deliveries::insert_recipient(transaction, id).await?;
                    deliveries::grow_revision(transaction).await?;
                }
                undelivered.keep(transaction, id).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn records(read: &Transaction<'_>, after: LabelKey, max: u32) -> Result<Vec<TicketRecord>, StoreError> {
    let tickets = concat!(
        "SELECT t.label, i.address, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        "
         FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.ordinal > $1 ORDER BY t.ordinal LIMIT $2"
    );
    let events = concat!(
        "SELECT t.uuid, ",
        event_columns!(),
        "
         FROM (SELECT id, ordinal, uuid FROM tickets WHERE ordinal > $1 ORDER BY ordinal LIMIT $2) t
         JOIN events e ON e.ticket = t.id
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq
         ORDER BY t.ordinal, e.seq"
    );
    let (after, max) = (tickets::ordinal_of(after), i64::from(max));
    let answers = read.pipeline(&[(tickets, &[&after, &max]), (events, &[&after, &max])]).await?;
    let [tickets, events] = answers.as_slice() else { return Err(damaged("a statement was not answered")) };
    let mut records = Vec::with_capacity(tickets.len());
    for row in tickets {
        let columns = &mut Columns::new(row);
        let label = columns.text()?.parse().map_err(damaged)?;
        let address = columns.optional_text()?.map(|address| address.parse::<IpAddr>().map_err(damaged)).transpose()?;
        let (ticket, intake) = (rows::ticket(columns)?, rows::intake(columns)?);
        records.push(TicketRecord { ticket, label, intake, address, history: Vec::new() });
    }
    // Both are in the order of tickets.
    let mut of = records.iter_mut().peekable();
    for row in events {
        let columns = &mut Columns::new(row);
        let id = columns.uuid()?;
        while of.next_if(|record| record.ticket.id.0 != id).is_some() {}
        if let Some(record) = of.peek_mut() {
            record.history.push(rows::event(columns)?);
        }
    }
    Ok(records)
}

/// A ticket to be stored, in the form in which new ones are.
struct Restoring {
    creation: Creation,
    label: TicketLabel,
    later: Vec<NewEvent>,
}

impl Restoring {
    fn new(Restoration { record, next_moment }: Restoration) -> Result<Self, StoreError> {
        let TicketRecord { ticket, label, intake, address, mut history } = record;
        if history.is_empty() {
            return Err(damaged("a ticket has no history"));
        }
        let later = history.split_off(1);
        let opened = history.pop().ok_or_else(|| damaged("a ticket has no history"))?;
        let creation = Creation {
            id: ticket.id,
            opened,
            ticket,
            next_moment,
            intake,
            address,
            label: LabelFormat::default(),
            label_year: label.year(),
            idempotency: None,
        };
        Ok(Self { creation, label, later })
    }

    fn key(&self) -> LabelKey {
        self.label.into()
    }

    fn events(&self) -> impl Iterator<Item = &NewEvent> {
        std::iter::once(&self.creation.opened).chain(&self.later)
    }
}

async fn restore(transaction: &Transaction<'_>, tickets: &[Restoring]) -> Result<Vec<Restored>, StoreError> {
    let (ids, labels): (Vec<_>, Vec<_>) =
        tickets.iter().map(|ticket| (ticket.creation.id.0, tickets::ordinal_of(ticket.key()))).unzip();
    let sql = "SELECT uuid, ordinal FROM tickets WHERE uuid = ANY($1) OR id = ANY($2)";
    let rows: Vec<_> = labels.iter().map(|ordinal| tickets::id_of(*ordinal)).collect();
    let (mut known, mut taken) = (HashSet::new(), HashSet::new());
    for row in transaction.query(sql, &[&ids, &rows]).await? {
        let columns = &mut Columns::new(&row);
        known.insert(columns.uuid()?);
        taken.insert(columns.next::<i64>()?);
    }
    let mut answers = Vec::with_capacity(tickets.len());
    let mut new = Vec::new();
    for ticket in tickets {
        answers.push(if !known.insert(ticket.creation.id.0) {
            Restored::Known
        } else if !taken.insert(tickets::ordinal_of(ticket.key())) {
            Restored::LabelTaken
        } else {
            new.push(ticket);
            Restored::Stored
        });
    }
    let mut changes = Changes::default();
    let new_rows = new.iter().map(|ticket| NewRow::new(&ticket.creation, ticket.label, &mut changes));
    let new_rows = new_rows.collect::<Result<Vec<_>, _>>()?;
    let events =
        new.iter().zip(&new_rows).flat_map(|(ticket, row)| ticket.events().map(|new| EventRow::new(row.id, new)));
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let mut statements = Statements::default();
    count_labels(&new, &mut statements);
    tickets::insert_tickets(&new_rows, &mut statements);
    tickets::insert_events(&events, &mut statements);
    tickets::insert_intakes(&new_rows, &mut statements);
    finish(&new_rows, &mut statements);
    changes.store(Uuid::nil(), &mut statements);
    statements.send(transaction).await?;
    Ok(answers)
}

/// No number that is taken is given again.
fn count_labels(new: &[&Restoring], statements: &mut Statements<'_>) {
    let mut last: Vec<(i32, i64)> = Vec::new();
    for key in new.iter().map(|ticket| ticket.key()) {
        let (year, number) = (i32::from(key.year), i64::from(key.number));
        match last.iter_mut().find(|(of, _)| *of == year) {
            Some((_, last)) => *last = number.max(*last),
            None => last.push((year, number)),
        }
    }
    last.sort_unstable();
    let sql = "INSERT INTO label_counters (year, last) SELECT * FROM unnest($1::integer[], $2::bigint[])
               ON CONFLICT (year) DO UPDATE SET last = greatest(label_counters.last, excluded.last)";
    statements.add_some(sql, each!(last, (year, number) => [*year, *number]), last.len());
}

/// What no ticket has when it comes to be, and the tags that it has come to.
fn finish<'p>(rows: &'p [NewRow<'p>], statements: &mut Statements<'p>) {
    let done: Vec<_> = rows.iter().map(|row| (row.id, &row.creation.ticket)).collect();
    let done: Vec<_> = done
        .into_iter()
        .filter(|(_, ticket)| ticket.is_archived() || ticket.is_erased() || ticket.reply.is_some())
        .collect();
    let sql = "UPDATE tickets t SET archived_at = w.archived_at, erased_at = w.erased_at, reply_seq = w.reply_seq
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[]) AS w (id, archived_at, erased_at, reply_seq)
               WHERE t.id = w.id";
    let millis = |at: Option<Timestamp>| at.map(Timestamp::unix_millis);
    let values = each!(done, (id, ticket) => [
        *id, millis(ticket.archived_at), millis(ticket.erased_at), ticket.reply.map(tickets::int),
    ]);
    statements.add_some(sql, values, done.len());
    let tags = rows.iter().flat_map(|row| row.creation.ticket.tags.iter().map(|tag| (tag.as_str(), row.id)));
    let tags: Vec<_> = tags.collect::<HashSet<_>>().into_iter().collect();
    let sql = "INSERT INTO ticket_tags (tag, ticket) SELECT * FROM unnest($1::text[], $2::bigint[])";
    statements.add_some(sql, each!(tags, (tag, ticket) => [*tag, *ticket]), tags.len());
}

async fn restore_references(
    transaction: &Transaction<'_>,
    references: &[StoredReference],
) -> Result<Vec<bool>, StoreError> {
    let names: Vec<_> = references.iter().map(|reference| (reference.kind, reference.name.clone())).collect();
    references::lock_kinds(transaction, &names).await?;
    let mut restored = Vec::with_capacity(references.len());
    for StoredReference { kind, id, name, is_offered } in references {
        let id = signed(*id)?;
        let sql =
            "INSERT INTO refs (kind, id, name, key, is_offered) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let key = kind.key(name);
        let mut is_here = transaction.execute(sql, &[&kind.name(), &id, name, &key, is_offered]).await? > 0;
        if is_here {
            ids::at_least(transaction, &references::ids_of(*kind), id).await?;
        } else {
            let sql = "SELECT 1 FROM refs WHERE kind = $1 AND id = $2 AND name = $3";
            is_here = transaction.query_opt(sql, &[&kind.name(), &id, name]).await?.is_some();
        }
        restored.push(is_here);
    }
    Ok(restored)
}

fn repeatable(columns: &mut Columns<'_>) -> Result<Repeatable, StoreError> {
    let owner = columns.next::<&[u8]>()?;
    let owner = if owner.is_empty() { None } else { Some(Uuid::from_slice(owner).map_err(damaged)?) };
    let (key, fingerprint, used_at) = (columns.next()?, columns.octets()?, columns.timestamp()?);
    let idempotency = Idempotency { owner: owner.map(ActorId), key, fingerprint, used_at, valid_from: used_at };
    let label = tickets::label_of(columns.next()?);
    Ok(Repeatable { idempotency, label, version: columns.number()? })
}

async fn restore_repeatable(transaction: &Transaction<'_>, requests: &[Repeatable]) -> Result<(), StoreError> {
    let rows: Vec<_> = requests.iter().map(|request| tickets::id_of(tickets::ordinal_of(request.label))).collect();
    let mut here = HashSet::new();
    for row in transaction.query("SELECT id FROM tickets WHERE id = ANY($1)", &[&rows]).await? {
        here.insert(Columns::new(&row).next::<i64>()?);
    }
    let keys: Vec<_> = requests.iter().map(|request| Some(&request.idempotency)).collect();
    let used = tickets::find_keys(transaction, &keys).await?;
    let new =
        requests.iter().zip(&rows).zip(&used.uses).filter(|((_, row), used)| here.contains(row) && used.is_none());
    let keys: Vec<_> = new
        .map(|((request, row), _)| KeyRow { idempotency: &request.idempotency, ticket: *row, version: request.version })
        .collect();
    let mut statements = Statements::default();
    tickets::insert_keys(&keys, &used.forgotten, &mut statements);
    statements.send(transaction).await?;
    Ok(())
}
