use std::{collections::HashMap, net::IpAddr};

use ticketing_core::{
    Event, Status, Ticket, TicketId, TicketLabel, Timestamp,
    ticket::{ActorId, AskedBy, Change, NewEvent, Words},
};
use uuid::Uuid;

use super::{
    PostgresStore,
    facets::{self, Changes},
    labels,
    rows::{self, Columns, damaged, event_columns, json, public_columns, ticket_columns},
    transactions::{Statements, Transaction, each},
};
use crate::store::{
    Appended, Created, Creation, FollowUp, Idempotency, KeyUse, LabelKey, PublicRecord, StoreError, StoredHistory,
    TicketStore,
};

impl TicketStore for PostgresStore {
    async fn create(&self, creation: Creation) -> Result<Created, StoreError> {
        self.inner.writer.create(creation).await
    }

    async fn find_key(&self, idempotency: &Idempotency) -> Result<Option<KeyUse>, StoreError> {
        self.look(|look| Box::pin(find_key(look, idempotency))).await
    }

    async fn append(&self, follow_up: FollowUp) -> Result<Appended, StoreError> {
        self.inner.writer.append(follow_up).await
    }

    async fn load(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let sql = concat!("SELECT ", ticket_columns!(), " FROM tickets t WHERE t.uuid = $1");
        self.look(|look| {
            Box::pin(async move {
                let found = look.query_opt(sql, &[&id.0]).await?;
                found.map(|row| rows::ticket(&mut Columns::new(&row))).transpose()
            })
        })
        .await
    }

    async fn find_public(&self, series: LabelKey) -> Result<Option<Box<PublicRecord>>, StoreError> {
        // A text that is not there is not looked for: to compare with NULL is to find nothing.
        let sql = concat!(
            "SELECT ",
            public_columns!(),
            "
             FROM tickets t
             LEFT JOIN texts x ON x.ticket = t.id AND x.seq = CASE WHEN t.last_has_text THEN t.last_seq END
             LEFT JOIN texts r ON r.ticket = t.id AND r.seq = t.reply_seq
             LEFT JOIN intake i ON i.ticket = t.id
             WHERE t.id = $1"
        );
        self.look(|look| {
            Box::pin(async move {
                let found = look.query_opt(sql, &[&id_of(ordinal_of(series))]).await?;
                found.map(|row| rows::public(&mut Columns::new(&row))).transpose()
            })
        })
        .await
    }

    async fn history(&self, id: TicketId) -> Result<Vec<NewEvent>, StoreError> {
        self.look(|look| Box::pin(history(look, id))).await
    }

    async fn histories(&self, after: LabelKey, max: u32) -> Result<Vec<StoredHistory>, StoreError> {
        self.look(|look| Box::pin(histories(look, after, max))).await
    }

    async fn forget_keys_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        // Whoever tidies up comes by once a minute, which is often enough for this too.
        self.write_again(|transaction| Box::pin(facets::compact(transaction))).await?;
        let sql = "DELETE FROM idempotency_keys WHERE created_at < $1";
        self.write_again(|transaction| {
            Box::pin(async move {
                let forgotten = transaction.execute(sql, &[&instant.unix_millis()]).await?;
                Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
            })
        })
        .await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // A row that nothing uses, written as it is: it goes to the disk, which may be full.
        let sql = "INSERT INTO id_counters (name, last) VALUES ('', 0) ON CONFLICT (name) DO UPDATE SET last = 0";
        self.write_again(|transaction| {
            Box::pin(async move {
                transaction.execute(sql, &[]).await?;
                Ok(())
            })
        })
        .await
    }
}

pub(super) async fn history(look: &Transaction<'_>, id: TicketId) -> Result<Vec<NewEvent>, StoreError> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        "
         FROM tickets t
         JOIN events e ON e.ticket = t.id
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq
         WHERE t.uuid = $1 ORDER BY e.seq"
    );
    let found = look.query(sql, &[&id.0]).await?;
    found.iter().map(|row| rows::event(&mut Columns::new(row))).collect()
}

async fn histories(look: &Transaction<'_>, after: LabelKey, max: u32) -> Result<Vec<StoredHistory>, StoreError> {
    let sql = concat!(
        "SELECT t.uuid, t.label, ",
        event_columns!(),
        "
         FROM (SELECT id, ordinal, uuid, label FROM tickets WHERE ordinal > $1 ORDER BY ordinal LIMIT $2) t
         JOIN events e ON e.ticket = t.id
         LEFT JOIN texts x ON FALSE
         ORDER BY t.ordinal, e.seq"
    );
    let mut histories: Vec<StoredHistory> = Vec::new();
    for row in look.query(sql, &[&ordinal_of(after), &i64::from(max)]).await? {
        let columns = &mut Columns::new(&row);
        let id = TicketId(columns.uuid()?);
        let label = columns.text()?;
        let event = rows::event(columns)?.event;
        match histories.last_mut().filter(|history| history.id == id) {
            Some(history) => history.events.push(event),
            None => histories.push(StoredHistory { id, label: label.parse().map_err(damaged)?, events: vec![event] }),
        }
    }
    Ok(histories)
}

/// Stores tickets, with numbers that were taken ahead or with the next ones.
pub(super) async fn create(
    transaction: &Transaction<'_>,
    batch: &[&Creation],
    shard: Uuid,
    ahead: Option<&Vec<(u16, Vec<u32>)>>,
    doubt: bool,
) -> Result<Vec<Created>, StoreError> {
    let keys: Vec<_> = batch.iter().map(|creation| creation.idempotency.as_ref()).collect();
    let mut answers: Vec<Option<Created>> = batch.iter().map(|_| None).collect();
    if doubt {
        let stored = stored_before(transaction, batch).await?;
        for (creation, answer) in batch.iter().zip(&mut answers) {
            *answer = stored.get(&creation.id.0).copied().map(Created::New);
        }
    }
    let Used { uses, forgotten } = find_keys(transaction, &keys).await?;
    for (answer, used) in answers.iter_mut().zip(uses) {
        if answer.is_none() {
            *answer = used.map(Created::KeyUsed);
        }
    }
    let new: Vec<_> = batch.iter().zip(&answers).filter(|(_, answer)| answer.is_none()).map(|(new, _)| *new).collect();
    if !new.is_empty() {
        let labels = labels(transaction, &new, ahead).await?;
        let mut changes = Changes::default();
        let rows = new.iter().zip(&labels).map(|(creation, label)| NewRow::new(creation, *label, &mut changes));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let events = rows.iter().map(|row| EventRow::new(row.id, &row.creation.opened));
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let keys = rows.iter().filter_map(|row| {
            let idempotency = row.creation.idempotency.as_ref()?;
            Some(KeyRow { idempotency, ticket: row.id, version: row.creation.ticket.revision })
        });
        let keys: Vec<_> = keys.collect();
        let mut statements = Statements::default();
        insert_tickets(&rows, &mut statements);
        insert_events(&events, &mut statements);
        tag(&events, &mut statements);
        insert_intakes(&rows, &mut statements);
        insert_keys(&keys, &forgotten, &mut statements);
        changes.store(shard, &mut statements);
        statements.commit(transaction).await?;
        let mut labels = labels.into_iter();
        for answer in answers.iter_mut().filter(|answer| answer.is_none()) {
            *answer = labels.next().map(Created::New);
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

/// Of these, what an earlier attempt has stored.
async fn stored_before(
    transaction: &Transaction<'_>,
    batch: &[&Creation],
) -> Result<HashMap<Uuid, TicketLabel>, StoreError> {
    let ids: Vec<_> = batch.iter().map(|creation| creation.id.0).collect();
    let mut stored = HashMap::new();
    for row in transaction.query("SELECT uuid, label FROM tickets WHERE uuid = ANY($1)", &[&ids]).await? {
        let columns = &mut Columns::new(&row);
        stored.insert(columns.uuid()?, columns.text()?.parse().map_err(damaged)?);
    }
    Ok(stored)
}

async fn labels(
    transaction: &Transaction<'_>,
    new: &[&Creation],
    ahead: Option<&Vec<(u16, Vec<u32>)>>,
) -> Result<Vec<TicketLabel>, StoreError> {
    let mut numbers: HashMap<u16, std::vec::IntoIter<u32>> = HashMap::new();
    if let Some(ahead) = ahead {
        numbers.extend(ahead.iter().map(|(year, numbers)| (*year, numbers.clone().into_iter())));
    } else {
        let mut years: Vec<_> = new.iter().map(|creation| creation.label_year).collect();
        // Whoever takes numbers of two years takes them in this order.
        years.sort_unstable();
        for of_year in years.chunk_by(|one, other| one == other) {
            let Some(year) = of_year.first().copied() else { continue };
            let wanted = u32::try_from(of_year.len()).map_err(damaged)?;
            let first = labels::take(transaction, year, wanted).await?;
            numbers.insert(year, (first..=first + (wanted - 1)).collect::<Vec<_>>().into_iter());
        }
    }
    let label = |creation: &&Creation| {
        let number = numbers.get_mut(&creation.label_year).and_then(Iterator::next);
        let number = number.ok_or_else(|| damaged("there is no number for a label"))?;
        creation.label.label(creation.label_year, number).map_err(damaged)
    };
    new.iter().map(label).collect()
}

/// Nobody's are empty.
fn owner_octets(owner: Option<&ActorId>) -> &[u8] {
    owner.map_or(&[], |owner| owner.0.as_bytes())
}

/// The order of tickets is that of their labels. Year 0 or number 0 is none's.
pub(super) fn ordinal_of(label: LabelKey) -> i64 {
    i64::from(label.year) << 32 | i64::from(label.number)
}

/// The label of the ticket that has this place in the order.
pub(super) fn label_of(ordinal: i64) -> LabelKey {
    let (year, number) = (ordinal >> 32, ordinal & i64::from(u32::MAX));
    LabelKey { year: u16::try_from(year).unwrap_or_default(), number: u32::try_from(number).unwrap_or_default() }
}

/// The row of the ticket that has this place in the order. Its first bits change from one ticket to the next.
pub(super) fn id_of(ordinal: i64) -> i64 {
    (ordinal & 15) << 48 | ordinal
}

/// What a key that is still valid stands for.
async fn find_key(look: &Transaction<'_>, idempotency: &Idempotency) -> Result<Option<KeyUse>, StoreError> {
    Ok(find_keys(look, &[Some(idempotency)]).await?.uses.pop().flatten())
}

pub(super) struct Used<'k> {
    /// What each key stands for.
    pub(super) uses: Vec<Option<KeyUse>>,
    /// Those that stand for nothing any more.
    pub(super) forgotten: Vec<&'k Idempotency>,
}

pub(super) async fn find_keys<'k>(
    look: &Transaction<'_>,
    keys: &[Option<&'k Idempotency>],
) -> Result<Used<'k>, StoreError> {
    let mut used = Used { uses: keys.iter().map(|_| None).collect(), forgotten: Vec::new() };
    let given: Vec<_> = keys.iter().zip(0_i32..).filter_map(|(key, nth)| Some(((*key)?, nth))).collect();
    if given.is_empty() {
        return Ok(used);
    }
    let sql = concat!(
        "SELECT w.nth, k.created_at, k.fingerprint, t.uuid, t.label, k.version, ",
        event_columns!(),
        "
         FROM unnest($1::bytea[], $2::text[], $3::integer[]) AS w (owner, key, nth)
         JOIN idempotency_keys k ON k.owner = w.owner AND k.key = w.key
         JOIN tickets t ON t.id = k.ticket
         JOIN events e ON e.ticket = t.id AND e.seq = 1
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq"
    );
    let owners: Vec<_> = given.iter().map(|(key, _)| owner_octets(key.owner.as_ref())).collect();
    let texts: Vec<_> = given.iter().map(|(key, _)| key.key.as_str()).collect();
    let nths: Vec<_> = given.iter().map(|(_, nth)| *nth).collect();
    for row in look.query(sql, &[&owners, &texts, &nths]).await? {
        let columns = &mut Columns::new(&row);
        let nth = usize::try_from(columns.number()?).map_err(damaged)?;
        let (Some(Some(idempotency)), Some(slot)) = (keys.get(nth), used.uses.get_mut(nth)) else { continue };
        if columns.timestamp()? < idempotency.valid_from {
            used.forgotten.push(idempotency);
        } else {
            *slot = Some(key_use(columns, idempotency)?);
        }
    }
    Ok(used)
}

fn key_use(columns: &mut Columns<'_>, idempotency: &Idempotency) -> Result<KeyUse, StoreError> {
    if columns.next::<&[u8]>()? != idempotency.fingerprint {
        return Ok(KeyUse::OtherRequest);
    }
    let (id, label) = (TicketId(columns.uuid()?), columns.text()?.parse().map_err(damaged)?);
    let version = columns.number()?;
    Ok(KeyUse::SameRequest { id, label, version, opened: Box::new(rows::event(columns)?.event) })
}

/// A key, and what it stands for from now on.
pub(super) struct KeyRow<'k> {
    pub(super) idempotency: &'k Idempotency,
    pub(super) ticket: i64,
    pub(super) version: u32,
}

pub(super) fn insert_keys<'p>(
    rows: &'p [KeyRow<'p>],
    forgotten: &'p [&'p Idempotency],
    statements: &mut Statements<'p>,
) {
    let sql = "DELETE FROM idempotency_keys k
               USING unnest($1::bytea[], $2::text[], $3::bigint[]) AS w (owner, key, valid_from)
               WHERE k.owner = w.owner AND k.key = w.key AND k.created_at < w.valid_from";
    let values = each!(forgotten, key => [
        owner_octets(key.owner.as_ref()), key.key.as_str(), key.valid_from.unix_millis(),
    ]);
    statements.add_some(sql, values, forgotten.len());
    let sql = "INSERT INTO idempotency_keys (owner, key, fingerprint, ticket, version, created_at)
               SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bigint[], $5::integer[], $6::bigint[])";
    let values = each!(rows, row => [
        owner_octets(row.idempotency.owner.as_ref()),
        row.idempotency.key.as_str(),
        row.idempotency.fingerprint.as_slice(),
        row.ticket,
        int(row.version),
        row.idempotency.used_at.unix_millis(),
    ]);
    statements.add_some(sql, values, rows.len());
}

/// Stores what follows, each where its ticket is as it was.
pub(super) async fn append(
    transaction: &Transaction<'_>,
    batch: &[&FollowUp],
    shard: Uuid,
    doubt: bool,
) -> Result<Vec<Appended>, StoreError> {
    let keys: Vec<_> = batch.iter().map(|follow_up| follow_up.idempotency.as_ref()).collect();
    let tickets = lock(transaction, batch).await?;
    let Used { uses, forgotten } = find_keys(transaction, &keys).await?;
    let mut answers = Vec::with_capacity(batch.len());
    let mut changes = Changes::default();
    let (mut rows, mut events, mut moments, mut keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (follow_up, used) in batch.iter().zip(uses) {
        if let Some(used) = used {
            answers.push(Appended::KeyUsed(used));
            continue;
        }
        let Some(Locked { id, facet, .. }) =
            tickets.get(&follow_up.ticket.id.0).filter(|locked| locked.version == follow_up.expected_version)
        else {
            let is_done = doubt && was_stored(transaction, follow_up).await?;
            answers.push(if is_done { Appended::Stored } else { Appended::Conflict });
            continue;
        };
        if follow_up.events.is_empty() {
            moments.push((*id, follow_up.next_moment.map(Timestamp::unix_millis)));
        } else {
            let after = changes.moved(*facet, &follow_up.ticket);
            rows.push(ChangedRow::new(*id, after, follow_up)?);
        }
        for new in &follow_up.events {
            events.push(EventRow::new(*id, new)?);
        }
        if let Some(idempotency) = &follow_up.idempotency {
            keys.push(KeyRow { idempotency, ticket: *id, version: follow_up.ticket.revision });
        }
        answers.push(Appended::Stored);
    }
    let reworded = reworded(&events)?;
    let mut statements = Statements::default();
    let sql = "UPDATE tickets t SET next_moment = w.next_moment
               FROM unnest($1::bigint[], $2::bigint[]) AS w (id, next_moment)
               WHERE t.id = w.id AND t.next_moment IS DISTINCT FROM w.next_moment";
    statements.add_some(sql, each!(moments, (id, moment) => [*id, *moment]), moments.len());
    update_tickets(&rows, &mut statements);
    insert_events(&events, &mut statements);
    reword(&reworded, &mut statements);
    tag(&events, &mut statements);
    insert_keys(&keys, &forgotten, &mut statements);
    changes.store(shard, &mut statements);
    statements.commit(transaction).await?;
    Ok(answers)
}

struct Locked {
    id: i64,
    version: u32,
    facet: Uuid,
}

/// The tickets as they are until the transaction ends. All who lock several do so in one order.
async fn lock(transaction: &Transaction<'_>, batch: &[&FollowUp]) -> Result<HashMap<Uuid, Locked>, StoreError> {
    let ids: Vec<_> = batch.iter().map(|follow_up| follow_up.ticket.id.0).collect();
    let sql = "SELECT uuid, id, version, facet FROM tickets WHERE uuid = ANY($1) ORDER BY uuid FOR UPDATE";
    let mut locked = HashMap::new();
    for row in transaction.query(sql, &[&ids]).await? {
        let columns = &mut Columns::new(&row);
        let uuid = columns.uuid()?;
        locked.insert(uuid, Locked { id: columns.next()?, version: columns.number()?, facet: columns.uuid()? });
    }
    Ok(locked)
}

/// Whether an earlier attempt has stored it: its events are the ones that follow.
async fn was_stored(transaction: &Transaction<'_>, follow_up: &FollowUp) -> Result<bool, StoreError> {
    let after = usize::try_from(follow_up.expected_version).unwrap_or(usize::MAX);
    let history = history(transaction, follow_up.ticket.id).await?;
    let following = history.iter().skip(after).take(follow_up.events.len());
    Ok(!follow_up.events.is_empty() && following.eq(&follow_up.events))
}

/// A ticket as it comes to be.
pub(super) struct NewRow<'c> {
    pub(super) id: i64,
    ordinal: i64,
    label: String,
    facet: Uuid,
    sla: String,
    tags: Option<String>,
    clients: Option<String>,
    cc: Option<String>,
    address: Option<String>,
    pub(super) creation: &'c Creation,
}

impl<'c> NewRow<'c> {
    pub(super) fn new(creation: &'c Creation, label: TicketLabel, changes: &mut Changes) -> Result<Self, StoreError> {
        let ordinal = ordinal_of(label.into());
        Ok(Self {
            id: id_of(ordinal),
            ordinal,
            label: label.to_string(),
            facet: changes.entered(&creation.ticket),
            sla: json(&creation.ticket.sla)?,
            tags: list(&creation.ticket.tags)?,
            clients: creation.intake.clients.as_ref().map(json).transpose()?,
            cc: list(&creation.intake.cc)?,
            address: creation.address.as_ref().map(IpAddr::to_string),
            creation,
        })
    }
}

pub(super) fn insert_tickets<'p>(rows: &'p [NewRow<'p>], statements: &mut Statements<'p>) {
    let sql = "INSERT INTO tickets (
                   id, ordinal, uuid, label, version, revision, type, priority, category, subcategory, area, service, visibility,
                   tags, justification, facet, origin, has_requester, status, assignee, sla, next_moment, created_at, updated_at,
                   recorded_at, resolved_at, closed_at, reopened_at, last_seq, last_at, last_role, last_actor, last_action,
                   last_has_text, last_status_before, last_status_after, last_priority_before, last_priority_after,
                   last_area_before, last_area_after
               )
               SELECT * FROM unnest(
                   $1::bigint[], $2::bigint[], $3::uuid[], $4::text[], $5::integer[], $6::integer[], $7::text[], $8::text[],
                   $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::uuid[],
                   $17::text[], $18::boolean[], $19::text[], $20::uuid[], $21::text[], $22::bigint[], $23::bigint[],
                   $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[], $28::bigint[], $29::integer[], $30::bigint[],
                   $31::text[], $32::uuid[], $33::text[], $34::boolean[], $35::text[], $36::text[], $37::text[], $38::text[],
                   $39::text[], $40::text[]
               )";
    let tickets: Vec<_> =
        rows.iter().map(|row| (row, &row.creation.ticket, &row.creation.ticket.last_public)).collect();
    let values = each!(tickets, (row, ticket, last) => [
        row.id,
        row.ordinal,
        ticket.id.0,
        row.label.as_str(),
        int(ticket.version),
        int(ticket.revision),
        ticket.attributes.ticket_type.as_deref(),
        ticket.attributes.priority.as_deref(),
        ticket.attributes.category.as_deref(),
        ticket.attributes.subcategory.as_deref(),
        ticket.attributes.area.as_str(),
        ticket.attributes.service.as_deref(),
        ticket.attributes.visibility.name(),
        row.tags.as_deref(),
        ticket.justification.as_deref(),
        row.facet,
        ticket.origin.name(),
        ticket.has_requester,
        ticket.status.name(),
        ticket.assignee.map(|id| id.0),
        row.sla.as_str(),
        millis(row.creation.next_moment),
        ticket.created_at.unix_millis(),
        ticket.updated_at.unix_millis(),
        ticket.recorded_at.unix_millis(),
        millis(ticket.resolved_at),
        millis(ticket.closed_at),
        millis(ticket.reopened_at),
        int(last.seq),
        last.recorded_at.unix_millis(),
        last.author.role.name(),
        last.author.id.map(|id| id.0),
        last.action.name(),
        last.has_text,
        last.status.before.map(Status::name),
        last.status.after.map(Status::name),
        last.priority.before.as_deref(),
        last.priority.after.as_deref(),
        last.area.before.as_deref(),
        last.area.after.as_deref(),
    ]);
    statements.add_some(sql, values, rows.len());
}

/// A ticket as it becomes.
struct ChangedRow<'c> {
    id: i64,
    facet: Uuid,
    sla: String,
    tags: Option<String>,
    follow_up: &'c FollowUp,
}

impl<'c> ChangedRow<'c> {
    fn new(id: i64, facet: Uuid, follow_up: &'c FollowUp) -> Result<Self, StoreError> {
        let ticket = &follow_up.ticket;
        Ok(Self { id, facet, sla: json(&ticket.sla)?, tags: list(&ticket.tags)?, follow_up })
    }
}

fn update_tickets<'p>(rows: &'p [ChangedRow<'p>], statements: &mut Statements<'p>) {
    let sql = "UPDATE tickets t SET
                   version = w.version, revision = w.revision, type = w.type, priority = w.priority, category = w.category,
                   subcategory = w.subcategory, area = w.area, service = w.service, visibility = w.visibility, tags = w.tags,
                   justification = w.justification, facet = w.facet, status = w.status, assignee = w.assignee, sla = w.sla,
                   next_moment = w.next_moment, updated_at = w.updated_at, recorded_at = w.recorded_at,
                   resolved_at = w.resolved_at, closed_at = w.closed_at, reopened_at = w.reopened_at,
                   archived_at = w.archived_at, reply_seq = w.reply_seq, last_seq = w.last_seq, last_at = w.last_at,
                   last_role = w.last_role, last_actor = w.last_actor, last_action = w.last_action,
                   last_has_text = w.last_has_text, last_status_before = w.last_status_before,
                   last_status_after = w.last_status_after, last_priority_before = w.last_priority_before,
                   last_priority_after = w.last_priority_after, last_area_before = w.last_area_before,
                   last_area_after = w.last_area_after, erased_at = w.erased_at, has_requester = w.has_requester
               FROM unnest(
                   $1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                   $9::text[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::text[], $15::uuid[], $16::text[],
                   $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[],
                   $24::integer[], $25::integer[], $26::bigint[], $27::text[], $28::uuid[], $29::text[], $30::boolean[],
                   $31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::text[], $37::bigint[],
                   $38::boolean[]
               ) AS w (
                   id, version, revision, type, priority, category, subcategory, area, service, visibility, tags, justification,
                   facet, status, assignee, sla, next_moment, updated_at, recorded_at, resolved_at, closed_at, reopened_at,
                   archived_at, reply_seq, last_seq, last_at, last_role, last_actor, last_action, last_has_text,
                   last_status_before, last_status_after, last_priority_before, last_priority_after, last_area_before,
                   last_area_after, erased_at, has_requester
               )
               WHERE t.id = w.id";
    let tickets: Vec<_> =
        rows.iter().map(|row| (row, &row.follow_up.ticket, &row.follow_up.ticket.last_public)).collect();
    let values = each!(tickets, (row, ticket, last) => [
        row.id,
        int(ticket.version),
        int(ticket.revision),
        ticket.attributes.ticket_type.as_deref(),
        ticket.attributes.priority.as_deref(),
        ticket.attributes.category.as_deref(),
        ticket.attributes.subcategory.as_deref(),
        ticket.attributes.area.as_str(),
        ticket.attributes.service.as_deref(),
        ticket.attributes.visibility.name(),
        row.tags.as_deref(),
        ticket.justification.as_deref(),
        row.facet,
        ticket.status.name(),
        ticket.assignee.map(|id| id.0),
        row.sla.as_str(),
        millis(row.follow_up.next_moment),
        ticket.updated_at.unix_millis(),
        ticket.recorded_at.unix_millis(),
        millis(ticket.resolved_at),
        millis(ticket.closed_at),
        millis(ticket.reopened_at),
        millis(ticket.archived_at),
        ticket.reply.map(int),
        int(last.seq),
        last.recorded_at.unix_millis(),
        last.author.role.name(),
        last.author.id.map(|id| id.0),
        last.action.name(),
        last.has_text,
        last.status.before.map(Status::name),
        last.status.after.map(Status::name),
        last.priority.before.as_deref(),
        last.priority.after.as_deref(),
        last.area.before.as_deref(),
        last.area.after.as_deref(),
        millis(ticket.erased_at),
        ticket.has_requester,
    ]);
    statements.add_some(sql, values, rows.len());
}

pub(super) struct EventRow<'c> {
    ticket: i64,
    changes: String,
    new: &'c NewEvent,
}

impl<'c> EventRow<'c> {
    pub(super) fn new(ticket: i64, new: &'c NewEvent) -> Result<Self, StoreError> {
        Ok(Self { ticket, changes: json(&new.event.changes)?, new })
    }
}

/// Events, their texts, and their rows in the outbox.
pub(super) fn insert_events<'p>(rows: &'p [EventRow<'p>], statements: &mut Statements<'p>) {
    let sql = "INSERT INTO events (
                   ticket, seq, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by
               )
               SELECT * FROM unnest(
                   $1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
                   $9::boolean[], $10::boolean[], $11::text[], $12::text[]
               )";
    let events: Vec<_> = rows.iter().map(|row| (row, &row.new.event)).collect();
    let values = each!(events, (row, event) => [
        row.ticket,
        int(event.seq),
        event.recorded_at.unix_millis(),
        millis(event.occurred_at),
        event.action.name(),
        event.author.role.name(),
        event.author.id.map(|id| id.0),
        event.rules.0,
        event.public,
        event.has_text,
        row.changes.as_str(),
        event.asked_by.map(AskedBy::name),
    ]);
    statements.add_some(sql, values, rows.len());
    let texts: Vec<_> = rows.iter().filter(|row| row.new.text.is_some() || row.new.on_behalf.is_some()).collect();
    let sql = "INSERT INTO texts (ticket, seq, body, on_behalf)
               SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[])";
    let values = each!(texts, row => [
        row.ticket, int(row.new.event.seq), row.new.text.as_deref(), row.new.on_behalf.as_deref(),
    ]);
    statements.add_some(sql, values, texts.len());
    let sql = "INSERT INTO outbox (ticket, seq) SELECT * FROM unnest($1::bigint[], $2::integer[])";
    statements.add_some(sql, each!(rows, row => [row.ticket, int(row.new.event.seq)]), rows.len());
}

/// Words of a ticket that an event changed, and on whose behalf its due date is another.
#[derive(Default)]
struct Reworded {
    subjects: Vec<(i64, Option<String>)>,
    clients: Vec<(i64, Option<String>)>,
    due_by: Vec<(i64, Option<String>)>,
}

/// Of several changes of one ticket's words, the last.
fn reworded(events: &[EventRow<'_>]) -> Result<Reworded, StoreError> {
    let mut reworded = Reworded::default();
    let set = |values: &mut Vec<(i64, Option<String>)>, ticket: i64, value: Option<String>| {
        values.retain(|(other, _)| *other != ticket);
        values.push((ticket, value));
    };
    for EventRow { ticket, new, .. } in events {
        let text = new.text.as_deref();
        match new.event.changes.reworded {
            None => {}
            Some(Words::Subject) => set(&mut reworded.subjects, *ticket, text.map(str::to_owned)),
            Some(Words::Clients) => {
                let clients: Vec<_> = text.into_iter().flat_map(str::lines).collect();
                set(&mut reworded.clients, *ticket, Some(json(&clients)?));
            }
        }
        if new.event.changes.due_by_hand.is_some() {
            set(&mut reworded.due_by, *ticket, new.by());
        }
    }
    Ok(reworded)
}

fn reword<'p>(reworded: &'p Reworded, statements: &mut Statements<'p>) {
    let changes = [
        (
            "UPDATE intake i SET subject = w.value FROM unnest($1::bigint[], $2::text[]) AS w (ticket, value)
             WHERE i.ticket = w.ticket",
            &reworded.subjects,
        ),
        (
            "UPDATE intake i SET clients = w.value FROM unnest($1::bigint[], $2::text[]) AS w (ticket, value)
             WHERE i.ticket = w.ticket",
            &reworded.clients,
        ),
        (
            "UPDATE intake i SET due_by = w.value FROM unnest($1::bigint[], $2::text[]) AS w (ticket, value)
             WHERE i.ticket = w.ticket",
            &reworded.due_by,
        ),
    ];
    for (sql, values) in changes {
        statements.add_some(sql, each!(values, (ticket, value) => [*ticket, value.as_deref()]), values.len());
    }
}

/// The tags that events changed.
fn tag<'p>(events: &'p [EventRow<'p>], statements: &mut Statements<'p>) {
    // Of several changes of one ticket's tags, all that were and all that are.
    let mut changed: Vec<(i64, &Event, &Event)> = Vec::new();
    for EventRow { ticket, new: NewEvent { event, .. }, .. } in events {
        if event.changes.tags.is_some() {
            match changed.iter_mut().find(|(other, ..)| other == ticket) {
                Some((_, _, last)) => *last = event,
                None => changed.push((*ticket, event, event)),
            }
        }
    }
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for (ticket, first, last) in changed {
        let (Some(Change { before, .. }), Some(Change { after, .. })) = (&first.changes.tags, &last.changes.tags)
        else {
            continue;
        };
        removed.extend(before.iter().filter(|tag| !after.contains(tag)).map(|tag| (tag.as_str(), ticket)));
        added.extend(after.iter().filter(|tag| !before.contains(tag)).map(|tag| (tag.as_str(), ticket)));
    }
    let sql = "DELETE FROM ticket_tags g USING unnest($1::text[], $2::bigint[]) AS w (tag, ticket)
               WHERE g.tag = w.tag AND g.ticket = w.ticket";
    statements.add_some(sql, each!(removed, (tag, ticket) => [*tag, *ticket]), removed.len());
    let sql = "INSERT INTO ticket_tags (tag, ticket) SELECT * FROM unnest($1::text[], $2::bigint[])";
    statements.add_some(sql, each!(added, (tag, ticket) => [*tag, *ticket]), added.len());
}

pub(super) fn insert_intakes<'p>(rows: &'p [NewRow<'p>], statements: &mut Statements<'p>) {
    let sql = "INSERT INTO intake (
                   ticket, name, email, phone, has_whatsapp, document, company, subject, description, internal, clients, cc,
                   created_by, described_by, due_by, address
               )
               SELECT * FROM unnest(
                   $1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[],
                   $9::text[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[]
               )";
    let intakes: Vec<_> =
        rows.iter().map(|row| (row, &row.creation.intake, row.creation.intake.requester.as_ref())).collect();
    let values = each!(intakes, (row, intake, requester) => [
        row.id,
        requester.map(|requester| requester.name.as_str()),
        requester.map(|requester| requester.email.as_str()),
        requester.and_then(|requester| requester.phone.as_deref()),
        requester.is_some_and(|requester| requester.has_whatsapp),
        requester.and_then(|requester| requester.document.as_deref()),
        requester.and_then(|requester| requester.company.as_deref()),
        intake.subject.as_deref(),
        intake.description.as_deref(),
        intake.description_is_internal,
        row.clients.as_deref(),
        row.cc.as_deref(),
        intake.created_by.as_deref(),
        intake.described_by.as_deref(),
        intake.due_by.as_deref(),
        row.address.as_deref(),
    ]);
    statements.add_some(sql, values, rows.len());
}

/// A JSON list; nothing where it is empty.
fn list(texts: &[String]) -> Result<Option<String>, StoreError> {
    if texts.is_empty() { Ok(None) } else { json(&texts).map(Some) }
}

fn millis(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::unix_millis)
}

/// Versions and numbers of events; nothing has come to two thousand million of them.
pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
