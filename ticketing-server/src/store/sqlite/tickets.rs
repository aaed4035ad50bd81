use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, named_params, params};
use ticketing_core::{
    Event, Status, Ticket, TicketId, TicketLabel, Timestamp,
    ticket::{ActorId, AskedBy, Change, Intake, NewEvent, Words},
};

use super::{
    SqliteStore,
    counts::Counts,
    facets, room,
    rows::{self, Columns, damaged, event_columns, json, public_columns, ticket_columns},
    writer,
};
use crate::store::{
    Appended, Created, Creation, FollowUp, Idempotency, KeyUse, LabelKey, PublicRecord, StoreError, StoredHistory,
    TicketStore,
};

impl TicketStore for SqliteStore {
    // A ticket in all its parts is large: those who wait for it need not be.
    fn create(&self, creation: Creation) -> impl Future<Output = Result<Created, StoreError>> + Send {
        let prepared = Prepared::of(creation).map(Box::new);
        async move {
            let prepared = prepared?;
            self.inner.writer.run_counting(move |connection, counts| create(connection, counts, &prepared)).await
        }
    }

    async fn find_key(&self, idempotency: &Idempotency) -> Result<Option<KeyUse>, StoreError> {
        self.read(|connection| find_key(connection, idempotency))
    }

    fn append(&self, follow_up: FollowUp) -> impl Future<Output = Result<Appended, StoreError>> + Send {
        let follow_up = Box::new(follow_up);
        self.write(move |connection| append(connection, &follow_up))
    }

    async fn load(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.read(|connection| {
            let sql = concat!("SELECT ", ticket_columns!(), " FROM tickets t WHERE t.uuid = ?");
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([id.0.as_bytes()])?;
            found.next()?.map(|row| rows::ticket(&mut Columns::new(row))).transpose()
        })
    }

    async fn find_public(&self, series: LabelKey) -> Result<Option<Box<PublicRecord>>, StoreError> {
        self.read(|connection| {
            let sql = concat!(
                "SELECT ",
                public_columns!(),
                " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.id = ?"
            );
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([row_of(series)])?;
            found.next()?.map(|row| rows::public(&mut Columns::new(row))).transpose()
        })
    }

    async fn history(&self, id: TicketId) -> Result<Vec<NewEvent>, StoreError> {
        self.read(|connection| history(connection, id))
    }

    async fn histories(&self, after: LabelKey, max: u32) -> Result<Vec<StoredHistory>, StoreError> {
        self.read_long(move |connection, _| histories(connection, after, max)).await
    }

    async fn forget_keys_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM idempotency_keys WHERE created_at < ?";
            Ok(connection.prepare_cached(sql)?.execute([instant.unix_millis()])?)
        })
        .await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))?;
        // A page goes to the disk, which may be full.
        self.write(|connection| Ok(writer::touch(connection)?)).await?;
        // A log that was written before has room for a page also on a disk that has none for a ticket.
        if self.inner.writer.is_in_trouble() {
            self.blocking(|store| room::look_for_room(&store.path)).await?;
            self.inner.writer.is_out_of_trouble();
        }
        Ok(())
    }
}

pub(super) fn history(connection: &Connection, id: TicketId) -> Result<Vec<NewEvent>, StoreError> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        "
         FROM tickets t
         JOIN events e ON e.id BETWEEN t.id << 17 AND t.id << 17 | 131071
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq
         WHERE t.uuid = ? ORDER BY e.id"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([id.0.as_bytes()])?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        events.push(rows::event(&mut Columns::new(row))?);
    }
    Ok(events)
}

fn histories(connection: &Connection, after: LabelKey, max: u32) -> Result<Vec<StoredHistory>, StoreError> {
    let sql = concat!(
        "SELECT t.uuid, t.label, ",
        event_columns!(),
        "
         FROM (SELECT id, uuid, label FROM tickets WHERE id > ? ORDER BY id LIMIT ?) t
         JOIN events e ON e.id BETWEEN t.id << 17 AND t.id << 17 | 131071
         CROSS JOIN (SELECT NULL AS body, NULL AS on_behalf) x
         ORDER BY t.id, e.id"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((row_of(after), max))?;
    let mut histories: Vec<StoredHistory> = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
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

/// A creation, and what of its rows can be made before its turn: all others wait while it lasts.
struct Prepared {
    creation: Creation,
    facet: facets::Key,
    sla: String,
    changes: String,
}

impl Prepared {
    fn of(creation: Creation) -> Result<Self, StoreError> {
        let (facet, sla) = (facets::Key::of(&creation.ticket), json(&creation.ticket.sla)?);
        let changes = json(&creation.opened.event.changes)?;
        Ok(Self { creation, facet, sla, changes })
    }
}

fn create(connection: &Connection, counts: &mut Counts, prepared: &Prepared) -> Result<Created, StoreError> {
    let Prepared { creation, facet, sla, changes } = prepared;
    if let Some(idempotency) = &creation.idempotency
        && let Some(used) = find_key(connection, idempotency)?
    {
        return Ok(Created::KeyUsed(used));
    }
    let year = creation.label_year;
    let number = counts.next_label_number(connection, year)?;
    let label = creation.label.label(year, number).map_err(damaged)?;
    let row = row_of(label.into());
    let facet = counts.entered(connection, facet)?;
    insert_ticket(connection, row, label, &creation.ticket, sla, facet, creation.next_moment)?;
    insert_event(connection, row, &creation.opened, changes)?;
    tag(connection, row, &creation.opened.event)?;
    insert_intake(connection, row, &creation.intake, creation.address)?;
    insert_key(connection, creation.idempotency.as_ref(), row, creation.ticket.revision)?;
    Ok(Created::New(label))
}

pub(super) fn insert_key(
    connection: &Connection,
    idempotency: Option<&Idempotency>,
    row: i64,
    version: u32,
) -> Result<(), StoreError> {
    let Some(Idempotency { owner, key, fingerprint, used_at, .. }) = idempotency else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency_keys (owner, key, fingerprint, ticket, version, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![owner_octets(owner.as_ref()), key, fingerprint, row, version, used_at.unix_millis()])?;
    Ok(())
}

/// Nobody's are empty.
fn owner_octets(owner: Option<&ActorId>) -> &[u8] {
    owner.map_or(&[], |owner| owner.0.as_bytes())
}

/// The row of a label's ticket. Year 0 or number 0 is none's.
pub(super) fn row_of(label: LabelKey) -> i64 {
    i64::from(label.year) << 32 | i64::from(label.number)
}

/// The row of a ticket's event, beside which its others stand.
fn row_of_event(ticket: i64, seq: u32) -> Result<i64, StoreError> {
    const SEQ_BITS: u32 = 17;
    if seq >> SEQ_BITS != 0 {
        return Err(damaged("a ticket has no room for more events"));
    }
    Ok(ticket << SEQ_BITS | i64::from(seq))
}

/// The label of a row's ticket.
pub(super) fn label_of(row: i64) -> LabelKey {
    let (year, number) = (row >> 32, row & i64::from(u32::MAX));
    LabelKey { year: u16::try_from(year).unwrap_or_default(), number: u32::try_from(number).unwrap_or_default() }
}

/// What a key that is still valid stands for.
pub(super) fn find_key(connection: &Connection, idempotency: &Idempotency) -> Result<Option<KeyUse>, StoreError> {
    let sql = concat!(
        "SELECT k.fingerprint, t.uuid, t.label, k.version, ",
        event_columns!(),
        "
         FROM idempotency_keys k
         JOIN tickets t ON t.id = k.ticket
         JOIN events e ON e.id = t.id << 17 | 1
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq
         WHERE k.owner = ? AND k.key = ? AND k.created_at >= ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let Idempotency { owner, key, fingerprint, valid_from, .. } = idempotency;
    let mut found = statement.query((owner_octets(owner.as_ref()), key, valid_from.unix_millis()))?;
    let Some(row) = found.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row);
    if columns.next::<[u8; 32]>()? != *fingerprint {
        return Ok(Some(KeyUse::OtherRequest));
    }
    let (id, label) = (TicketId(columns.uuid()?), columns.text()?.parse().map_err(damaged)?);
    let version = columns.next()?;
    Ok(Some(KeyUse::SameRequest { id, label, version, opened: Box::new(rows::event(columns)?.event) }))
}

pub(super) fn append(connection: &Connection, follow_up: &FollowUp) -> Result<Appended, StoreError> {
    let FollowUp { expected_version, events, ticket, next_moment, idempotency } = follow_up;
    if let Some(idempotency) = idempotency
        && let Some(used) = find_key(connection, idempotency)?
    {
        return Ok(Appended::KeyUsed(used));
    }
    let sql = "SELECT id, facet FROM tickets WHERE uuid = ? AND version = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row((ticket.id.0.as_bytes(), expected_version), |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((row, facet)) = found.optional()? else { return Ok(Appended::Conflict) };
    if events.is_empty() {
        let sql = "UPDATE tickets SET next_moment = ?1 WHERE id = ?2 AND next_moment IS NOT ?1";
        connection.prepare_cached(sql)?.execute((next_moment.map(Timestamp::unix_millis), row))?;
    } else {
        let after = facets::moved(connection, facet, ticket)?;
        update_ticket(connection, row, ticket, *next_moment, after)?;
        if after != facet {
            facets::left(connection, facet)?;
        }
    }
    for new in events {
        insert_event(connection, row, new, &json(&new.event.changes)?)?;
        reword(connection, row, new)?;
        tag(connection, row, &new.event)?;
    }
    insert_key(connection, idempotency.as_ref(), row, ticket.revision)?;
    Ok(Appended::Stored)
}

pub(super) fn insert_ticket(
    connection: &Connection,
    row: i64,
    label: TicketLabel,
    ticket: &Ticket,
    sla: &str,
    facet: i64,
    next_moment: Option<Timestamp>,
) -> Result<(), StoreError> {
    let last = &ticket.last_public;
    connection
        .prepare_cached(
            "INSERT INTO tickets (
                 id, uuid, label, version, revision, type, priority, category, subcategory, area, service, visibility, tags,
                 justification, facet, origin, has_requester, status, assignee, sla, next_moment, created_at, updated_at, recorded_at,
                 resolved_at, closed_at, reopened_at, last_seq, last_at, last_role, last_actor, last_action, last_has_text, last_status_before,
                 last_status_after, last_priority_before, last_priority_after, last_area_before, last_area_after
             ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                       ?, ?, ?, ?)",
        )?
        .execute(params![
            row,
            ticket.id.0.as_bytes(),
            label.to_string(),
            ticket.version,
            ticket.revision,
            ticket.attributes.ticket_type,
            ticket.attributes.priority,
            ticket.attributes.category,
            ticket.attributes.subcategory,
            ticket.attributes.area,
            ticket.attributes.service,
            ticket.attributes.visibility.name(),
            list(&ticket.tags)?,
            ticket.justification,
            facet,
            ticket.origin.name(),
            ticket.has_requester,
            ticket.status.name(),
            ticket.assignee.map(|id| id.0.into_bytes()),
            sla,
            next_moment.map(Timestamp::unix_millis),
            ticket.created_at.unix_millis(),
            ticket.updated_at.unix_millis(),
            ticket.recorded_at.unix_millis(),
            ticket.resolved_at.map(Timestamp::unix_millis),
            ticket.closed_at.map(Timestamp::unix_millis),
            ticket.reopened_at.map(Timestamp::unix_millis),
            last.seq,
            last.recorded_at.unix_millis(),
            last.author.role.name(),
            last.author.id.map(|id| id.0.into_bytes()),
            last.action.name(),
            last.has_text,
            last.status.before.map(Status::name),
            last.status.after.map(Status::name),
            last.priority.before,
            last.priority.after,
            last.area.before,
            last.area.after,
        ])?;
    Ok(())
}

fn update_ticket(
    connection: &Connection,
    row: i64,
    ticket: &Ticket,
    next_moment: Option<Timestamp>,
    facet: i64,
) -> Result<(), StoreError> {
    let millis = |instant: Option<Timestamp>| instant.map(Timestamp::unix_millis);
    let last = &ticket.last_public;
    connection
        .prepare_cached(
            "UPDATE tickets SET
                 version = :version, revision = :revision, type = :type, priority = :priority, category = :category,
                 subcategory = :subcategory, area = :area, service = :service, visibility = :visibility, tags = :tags,
                 justification = :justification, facet = :facet, status = :status,
                 assignee = :assignee, sla = :sla, next_moment = :next_moment, updated_at = :updated_at,
                 recorded_at = :recorded_at, resolved_at = :resolved_at, closed_at = :closed_at,
                 reopened_at = :reopened_at, archived_at = :archived_at, erased_at = :erased_at, has_requester = :has_requester, reply_seq = :reply_seq,
                 last_seq = :last_seq, last_at = :last_at, last_role = :last_role, last_actor = :last_actor,
                 last_action = :last_action, last_has_text = :last_has_text,
                 last_status_before = :last_status_before, last_status_after = :last_status_after,
                 last_priority_before = :last_priority_before, last_priority_after = :last_priority_after,
                 last_area_before = :last_area_before, last_area_after = :last_area_after
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":version": ticket.version,
            ":revision": ticket.revision,
            ":type": ticket.attributes.ticket_type,
            ":priority": ticket.attributes.priority,
            ":category": ticket.attributes.category,
            ":subcategory": ticket.attributes.subcategory,
            ":area": ticket.attributes.area,
            ":service": ticket.attributes.service,
            ":visibility": ticket.attributes.visibility.name(),
            ":tags": list(&ticket.tags)?,
            ":justification": ticket.justification,
            ":facet": facet,
            ":status": ticket.status.name(),
            ":assignee": ticket.assignee.map(|id| id.0.into_bytes()),
            ":sla": json(&ticket.sla)?,
            ":next_moment": millis(next_moment),
            ":updated_at": ticket.updated_at.unix_millis(),
            ":recorded_at": ticket.recorded_at.unix_millis(),
            ":resolved_at": millis(ticket.resolved_at),
            ":closed_at": millis(ticket.closed_at),
            ":reopened_at": millis(ticket.reopened_at),
            ":archived_at": millis(ticket.archived_at),
            ":erased_at": millis(ticket.erased_at),
            ":has_requester": ticket.has_requester,
            ":reply_seq": ticket.reply,
            ":last_seq": last.seq,
            ":last_at": last.recorded_at.unix_millis(),
            ":last_role": last.author.role.name(),
            ":last_actor": last.author.id.map(|id| id.0.into_bytes()),
            ":last_action": last.action.name(),
            ":last_has_text": last.has_text,
            ":last_status_before": last.status.before.map(Status::name),
            ":last_status_after": last.status.after.map(Status::name),
            ":last_priority_before": last.priority.before,
            ":last_priority_after": last.priority.after,
            ":last_area_before": last.area.before,
            ":last_area_after": last.area.after,
            ":id": row,
        })?;
    Ok(())
}

/// An event, its text, and its row in the outbox. Its changes are JSON already.
pub(super) fn insert_event(
    connection: &Connection,
    ticket: i64,
    new: &NewEvent,
    changes: &str,
) -> Result<(), StoreError> {
    let NewEvent { event, text, on_behalf } = new;
    connection
        .prepare_cached(
            "INSERT INTO events (
                 id, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by
             ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            row_of_event(ticket, event.seq)?,
            event.recorded_at.unix_millis(),
            event.occurred_at.map(Timestamp::unix_millis),
            event.action.name(),
            event.author.role.name(),
            event.author.id.map(|id| id.0.into_bytes()),
            event.rules.0.as_bytes(),
            event.public,
            event.has_text,
            changes,
            event.asked_by.map(AskedBy::name),
        ])?;
    if text.is_some() || on_behalf.is_some() {
        let sql = "INSERT INTO texts (ticket, seq, body, on_behalf) VALUES (?, ?, ?, ?)";
        connection.prepare_cached(sql)?.execute((ticket, event.seq, text, on_behalf))?;
    }
    connection.prepare_cached("INSERT INTO outbox (ticket, seq) VALUES (?, ?)")?.execute((ticket, event.seq))?;
    Ok(())
}

/// The words that an event changed, and on whose behalf its due date is another.
fn reword(connection: &Connection, ticket: i64, new: &NewEvent) -> Result<(), StoreError> {
    let set = |sql: &str, value: Option<&str>| -> Result<(), StoreError> {
        connection.prepare_cached(sql)?.execute((value, ticket))?;
        Ok(())
    };
    let text = new.text.as_deref();
    match new.event.changes.reworded {
        None => {}
        Some(Words::Subject) => set("UPDATE intake SET subject = ? WHERE ticket = ?", text)?,
        Some(Words::Clients) => {
            let clients: Vec<_> = text.into_iter().flat_map(str::lines).collect();
            set("UPDATE intake SET clients = ? WHERE ticket = ?", Some(&json(&clients)?))?;
        }
    }
    if new.event.changes.due_by_hand.is_some() {
        set("UPDATE intake SET due_by = ? WHERE ticket = ?", new.by().as_deref())?;
    }
    Ok(())
}

/// The tags that an event changed.
fn tag(connection: &Connection, ticket: i64, event: &Event) -> Result<(), StoreError> {
    let Some(Change { before, after }) = &event.changes.tags else { return Ok(()) };
    for tag in before.iter().filter(|tag| !after.contains(tag)) {
        let sql = "DELETE FROM ticket_tags WHERE tag = ? AND ticket = ?";
        connection.prepare_cached(sql)?.execute((tag, ticket))?;
    }
    for tag in after.iter().filter(|tag| !before.contains(tag)) {
        let sql = "INSERT INTO ticket_tags (tag, ticket) VALUES (?, ?)";
        connection.prepare_cached(sql)?.execute((tag, ticket))?;
    }
    Ok(())
}

pub(super) fn insert_intake(
    connection: &Connection,
    ticket: i64,
    intake: &Intake,
    address: Option<IpAddr>,
) -> Result<(), StoreError> {
    let Intake {
        requester,
        subject,
        description,
        description_is_internal,
        clients,
        cc,
        created_by,
        described_by,
        due_by,
    } = intake;
    let requester = requester.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO intake (
                 ticket, name, email, phone, has_whatsapp, document, company, subject, description, internal, clients, cc,
                 created_by, described_by, due_by, address
             ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            ticket,
            requester.map(|requester| &requester.name),
            requester.map(|requester| requester.email.as_str()),
            requester.map(|requester| &requester.phone),
            requester.is_some_and(|requester| requester.has_whatsapp),
            requester.map(|requester| &requester.document),
            requester.map(|requester| &requester.company),
            subject,
            description,
            description_is_internal,
            clients.as_ref().map(json).transpose()?,
            list(cc)?,
            created_by,
            described_by,
            due_by,
            address.map(|address| address.to_string()),
        ])?;
    Ok(())
}

/// A JSON list; nothing where it is empty.
fn list(texts: &[String]) -> Result<Option<String>, StoreError> {
    if texts.is_empty() { Ok(None) } else { json(&texts).map(Some) }
}
