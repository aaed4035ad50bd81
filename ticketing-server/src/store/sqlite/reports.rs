use rusqlite::{Connection, OptionalExtension, params};
use ticketing_core::{
    Event, TicketId,
    report::{Dimension, Holds, Stretch},
    ticket::NewEvent,
};

use super::{
    Inner, SqliteStore,
    feed::{position, row_of},
    readers::Follower,
    rows::{self, Columns, damaged, event_columns},
};
use crate::store::{
    Choose, FeedPosition, KeptSums, ReportSet, ReportStore, ReportSums, SetNumber, StoreError, SumsChange, Urgency,
};

impl ReportStore for SqliteStore {
    async fn report_sets(&self) -> Result<Vec<ReportSet>, StoreError> {
        self.read(sets)
    }

    async fn begin_reports(&self, set: ReportSet) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let known = sets(connection)?;
            if known.iter().any(|own| own.number >= set.number) {
                return Ok(false);
            }
            insert(connection, &ReportSet { is_read: known.is_empty(), ..set })?;
            Ok(true)
        })
        .await
    }

    async fn kept_stretches(&self, set: SetNumber) -> Result<Vec<Stretch>, StoreError> {
        self.read_long(move |connection, _| longer(connection, set, Dimension::Area)).await
    }

    async fn kept_hours(
        &self,
        set: SetNumber,
        by: Dimension,
        from: u32,
        until: u32,
        max: u32,
    ) -> Result<Vec<Stretch>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT holds, begins, ends FROM report_sums
                       WHERE set_number = ? AND dimension = ? AND holds = 0 AND begins BETWEEN ? AND ?
                       ORDER BY begins LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let (first, last) = ends_of(Stretch::hours(from, until));
            let mut found = statement.query(params![set.0, by.number(), first, last, max])?;
            let mut hours = Vec::new();
            while let Some(row) = found.next()? {
                hours.push(stretch(&mut Columns::new(row))?);
            }
            Ok(hours)
        })
        .await
    }

    async fn kept_sums(&self, set: SetNumber, stretches: Vec<Stretch>) -> Result<Vec<KeptSums>, StoreError> {
        self.read_long(move |connection, _| {
            let mut all = Vec::new();
            for by in Dimension::ALL {
                for stretch in &stretches {
                    sums(connection, set, by, *stretch, |stretch, octets| all.push(KeptSums { by, stretch, octets }))?;
                }
            }
            Ok(all)
        })
        .await
    }

    async fn keep_sums(&self, change: SumsChange) -> Result<bool, StoreError> {
        self.write(move |connection| keep(connection, &change)).await
    }

    async fn publish_reports(&self, set: SetNumber, revision: u64) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE report_sets SET is_read = 1, revision = revision + 1 WHERE number = ? AND revision = ?";
            let is_done = connection.prepare_cached(sql)?.execute((set.0, signed(revision)))? > 0;
            if is_done {
                connection.prepare_cached("DELETE FROM report_sets WHERE number <> ?")?.execute([set.0])?;
            }
            Ok(is_done)
        })
        .await
    }

    async fn forget_sums(&self, max: u32) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "SELECT min(set_number) FROM report_sums";
            let oldest: Option<u32> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            let Some(oldest) = oldest else { return Ok(0) };
            if sets(connection)?.iter().any(|set| set.number.0 == oldest) {
                return Ok(0);
            }
            let sql =
                "DELETE FROM report_sums WHERE rowid IN (SELECT rowid FROM report_sums WHERE set_number = ? LIMIT ?)";
            Ok(connection.prepare_cached(sql)?.execute((oldest, max))?)
        })
        .await
    }

    async fn report_sums(&self, by: Dimension, choose: Choose) -> Result<ReportSums, StoreError> {
        self.read_long(move |connection, _| {
            let Some(set) = sets(connection)?.into_iter().find(|set| set.is_read) else {
                return Ok(ReportSums { set: None, shelf: [].into_iter().collect() });
            };
            let mut kept = Vec::new();
            for stretch in choose(&longer(connection, set.number, by)?) {
                sums(connection, set.number, by, stretch, |stretch, octets| kept.push((stretch, octets)))?;
            }
            Ok(ReportSums { set: Some(set), shelf: kept.into_iter().collect() })
        })
        .await
    }

    async fn events_after(
        &self,
        after: FeedPosition,
        max: u32,
        urgency: Urgency,
    ) -> Result<Vec<(FeedPosition, TicketId, Event)>, StoreError> {
        match urgency {
            Urgency::Awaited => self.read_long(move |connection, _| events(connection, after, max)).await,
            Urgency::Aside => {
                let read = move |store: &Inner| {
                    store.readers.run_aside(Follower::Sums, |connection| events(connection, after, max))
                };
                self.aside(|store| &store.sums, read).await
            }
        }
    }
}

fn sets(connection: &Connection) -> Result<Vec<ReportSet>, StoreError> {
    let sql = "SELECT number, is_read, revision, facts_version, position, as_of, unreadable, worker, worker_until
               FROM report_sets ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    let mut sets = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        sets.push(ReportSet {
            number: SetNumber(columns.next()?),
            is_read: columns.next()?,
            revision: columns.next::<i64>()?.unsigned_abs(),
            facts_version: columns.next()?,
            position: position(columns.next()?),
            as_of: columns.timestamp()?,
            unreadable: columns.next::<i64>()?.unsigned_abs(),
            worker: columns.optional_uuid()?.zip(columns.optional_timestamp()?),
        });
    }
    Ok(sets)
}

fn insert(connection: &Connection, set: &ReportSet) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO report_sets
               (number, is_read, revision, facts_version, position, as_of, unreadable, worker, worker_until)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let ReportSet { number, is_read, revision, facts_version, position, as_of, unreadable, worker } = set;
    connection.prepare_cached(sql)?.execute(params![
        number.0,
        is_read,
        signed(*revision),
        facts_version,
        row_of(*position),
        as_of.unix_millis(),
        signed(*unreadable),
        worker.as_ref().map(|(worker, _)| worker.as_bytes()),
        worker.as_ref().map(|(_, until)| until.unix_millis()),
    ])?;
    Ok(())
}

fn keep(connection: &Connection, change: &SumsChange) -> Result<bool, StoreError> {
    let SumsChange { revision, set, keep, forget } = change;
    let is_read = "SELECT is_read FROM report_sets WHERE number = ? AND revision = ?";
    let found = connection.prepare_cached(is_read)?.query_row((set.number.0, signed(*revision)), |row| row.get(0));
    let Some(is_read) = found.optional()? else { return Ok(false) };
    insert(connection, &ReportSet { is_read, revision: revision + 1, ..*set })?;
    let gone = "DELETE FROM report_sums
                WHERE set_number = ? AND dimension = ? AND holds = ? AND begins = ? AND ends = ?";
    for Stretch { holds, from, until } in forget {
        for by in Dimension::ALL {
            connection.prepare_cached(gone)?.execute((set.number.0, by.number(), holds.number(), from, until))?;
        }
    }
    let sql = "INSERT INTO report_sums (set_number, dimension, holds, begins, ends, octets) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (set_number, dimension, holds, begins, ends) DO UPDATE SET octets = excluded.octets";
    let mut statement = connection.prepare_cached(sql)?;
    for KeptSums { by, stretch: Stretch { holds, from, until }, octets } in keep {
        statement.execute((set.number.0, by.number(), holds.number(), from, until, octets))?;
    }
    Ok(true)
}

/// Longer stretches and stocks.
fn longer(connection: &Connection, set: SetNumber, by: Dimension) -> Result<Vec<Stretch>, StoreError> {
    let sql = "SELECT holds, begins, ends FROM report_sums WHERE set_number = ? AND dimension = ? AND holds > 0
               ORDER BY holds, begins, ends";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((set.0, by.number()))?;
    let mut stretches = Vec::new();
    while let Some(row) = found.next()? {
        stretches.push(stretch(&mut Columns::new(row))?);
    }
    Ok(stretches)
}

/// What is kept of a stretch; of hours, of each of them.
fn sums(
    connection: &Connection,
    set: SetNumber,
    by: Dimension,
    wanted: Stretch,
    mut see: impl FnMut(Stretch, Vec<u8>),
) -> Result<(), StoreError> {
    let sql = "SELECT holds, begins, ends, octets FROM report_sums
               WHERE set_number = ? AND dimension = ? AND holds = ? AND begins BETWEEN ? AND ? ORDER BY begins";
    let mut statement = connection.prepare_cached(sql)?;
    let (first, last) = ends_of(wanted);
    let mut found = statement.query(params![set.0, by.number(), wanted.holds.number(), first, last])?;
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        let stretch = stretch(columns)?;
        if wanted.holds == Holds::Hours || stretch == wanted {
            see(stretch, columns.next()?);
        }
    }
    Ok(())
}

/// Where the first and the last row begin of what is kept of a stretch.
fn ends_of(stretch: Stretch) -> (u32, u32) {
    match stretch.holds {
        Holds::Hours => {
            let last = stretch.until.saturating_sub(1).max(stretch.from);
            (Stretch::hour_of(stretch.from).from, Stretch::hour_of(last).from)
        }
        Holds::Whole | Holds::Stock => (stretch.from, stretch.from),
    }
}

fn stretch(columns: &mut Columns<'_>) -> Result<Stretch, StoreError> {
    let number = columns.next()?;
    let holds = Holds::from_number(number).ok_or_else(|| damaged(format!("sums of kind {number} are unknown")))?;
    Ok(Stretch { holds, from: columns.next()?, until: columns.next()? })
}

/// What is told of and not there is damage, and not passed over.
fn events(
    connection: &Connection,
    after: FeedPosition,
    max: u32,
) -> Result<Vec<(FeedPosition, TicketId, Event)>, StoreError> {
    let sql = concat!(
        "SELECT o.id, t.uuid, ",
        event_columns!(),
        "
         FROM outbox o
         LEFT JOIN tickets t ON t.id = o.ticket
         LEFT JOIN events e ON e.id = o.ticket << 17 | o.seq
         CROSS JOIN (SELECT NULL AS body, NULL AS on_behalf) x
         WHERE o.id > ? ORDER BY o.id LIMIT ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((row_of(after), max))?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        let (position, id) = (position(columns.next()?), TicketId(columns.uuid()?));
        let NewEvent { event, .. } = rows::event(columns)?;
        events.push((position, id, event));
    }
    Ok(events)
}

/// A number as the database has it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
