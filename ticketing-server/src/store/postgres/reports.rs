use ticketing_core::{
    Event, TicketId,
    report::{Dimension, Holds, Stretch},
    ticket::NewEvent,
};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    feed::{position, row_of},
    ids,
    rows::{self, Columns, damaged, event_columns, signed},
    transactions::Transaction,
};
use crate::store::{
    Choose, FeedPosition, KeptSums, ReportSet, ReportStore, ReportSums, SetNumber, StoreError, SumsChange, Urgency,
};

impl ReportStore for PostgresStore {
    async fn report_sets(&self) -> Result<Vec<ReportSet>, StoreError> {
        self.look(|look| Box::pin(sets(look))).await
    }

    async fn begin_reports(&self, set: ReportSet) -> Result<bool, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                ids::lock(transaction, KIND).await?;
                let known = sets(transaction).await?;
                if known.iter().any(|own| own.number >= set.number) {
                    return Ok(false);
                }
                insert(transaction, &ReportSet { is_read: known.is_empty(), ..set }).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn kept_stretches(&self, set: SetNumber) -> Result<Vec<Stretch>, StoreError> {
        self.look(|look| Box::pin(longer(look, set, Dimension::Area))).await
    }

    async fn kept_hours(
        &self,
        set: SetNumber,
        by: Dimension,
        from: u32,
        until: u32,
        max: u32,
    ) -> Result<Vec<Stretch>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let sql = "SELECT holds, begins, ends FROM report_sums
                           WHERE dimension = $1 AND set_number = $2 AND holds = 0 AND begins BETWEEN $3 AND $4
                           ORDER BY begins LIMIT $5";
                let (first, last) = ends_of(Stretch::hours(from, until));
                let number = signed(set.0)?;
                let rows = look.query(sql, &[&dimension(by), &number, &first, &last, &i64::from(max)]).await?;
                rows.iter().map(|row| stretch(&mut Columns::new(row))).collect()
            })
        })
        .await
    }

    async fn kept_sums(&self, set: SetNumber, stretches: Vec<Stretch>) -> Result<Vec<KeptSums>, StoreError> {
        let stretches = &stretches;
        self.look(|look| Box::pin(sums(look, set, &Dimension::ALL, stretches))).await
    }

    async fn keep_sums(&self, change: SumsChange) -> Result<bool, StoreError> {
        let change = &change;
        self.write_again(|transaction| Box::pin(keep(transaction, change))).await
    }

    async fn publish_reports(&self, set: SetNumber, revision: u64) -> Result<bool, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                ids::lock(transaction, KIND).await?;
                let sql =
                    "UPDATE report_sets SET is_read = TRUE, revision = revision + 1 WHERE number = $1 AND revision = $2";
                let number = signed(set.0)?;
                let is_done = transaction.execute(sql, &[&number, &count(revision)]).await? > 0;
                if is_done {
                    transaction.execute("DELETE FROM report_sets WHERE number <> $1", &[&number]).await?;
                }
                Ok(is_done)
            })
        })
        .await
    }

    async fn forget_sums(&self, max: u32) -> Result<usize, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "DELETE FROM report_sums s
                           USING (SELECT dimension, set_number, holds, begins, ends FROM report_sums
                                  WHERE dimension = $1 AND set_number NOT IN (SELECT number FROM report_sets)
                                  LIMIT $2) gone
                           WHERE s.dimension = gone.dimension AND s.set_number = gone.set_number AND s.holds = gone.holds
                             AND s.begins = gone.begins AND s.ends = gone.ends";
                let mut forgotten = 0;
                for by in Dimension::ALL {
                    let left = i64::from(max) - forgotten;
                    if left > 0 {
                        let gone = transaction.execute(sql, &[&dimension(by), &left]).await?;
                        forgotten += i64::try_from(gone).unwrap_or(i64::MAX);
                    }
                }
                Ok(usize::try_from(forgotten).unwrap_or_default())
            })
        })
        .await
    }

    async fn report_sums(&self, by: Dimension, choose: Choose) -> Result<ReportSums, StoreError> {
        let choose = &choose;
        self.read(|transaction| {
            Box::pin(async move {
                let Some(set) = sets(transaction).await?.into_iter().find(|set| set.is_read) else {
                    return Ok(ReportSums { set: None, shelf: [].into_iter().collect() });
                };
                let chosen = choose(&longer(transaction, set.number, by).await?);
                let kept = sums(transaction, set.number, &[by], &chosen).await?;
                Ok(ReportSums {
                    set: Some(set),
                    shelf: kept.into_iter().map(|kept| (kept.stretch, kept.octets)).collect(),
                })
            })
        })
        .await
    }

    async fn events_after(
        &self,
        after: FeedPosition,
        max: u32,
        // Most of the work is the database's.
        _: Urgency,
    ) -> Result<Vec<(FeedPosition, TicketId, Event)>, StoreError> {
        self.look(|look| Box::pin(events(look, after, max))).await
    }
}

/// Of their ids. Whoever begins or ends sets locks them first.
const KIND: &str = "report_sets";

async fn sets(look: &Transaction<'_>) -> Result<Vec<ReportSet>, StoreError> {
    let sql = "SELECT number, is_read, revision, facts_version, position, as_of, unreadable, worker, worker_until
               FROM report_sets ORDER BY number";
    look.query(sql, &[]).await?.iter().map(set).collect()
}

fn set(row: &Row) -> Result<ReportSet, StoreError> {
    let columns = &mut Columns::new(row);
    Ok(ReportSet {
        number: SetNumber(columns.number()?),
        is_read: columns.next()?,
        revision: columns.next::<i64>()?.unsigned_abs(),
        facts_version: columns.number()?,
        position: position(columns.next()?),
        as_of: columns.timestamp()?,
        unreadable: columns.next::<i64>()?.unsigned_abs(),
        worker: columns.optional_uuid()?.zip(columns.optional_timestamp()?),
    })
}

async fn insert(transaction: &Transaction<'_>, set: &ReportSet) -> Result<(), StoreError> {
    let sql = "INSERT INTO report_sets
               (number, is_read, revision, facts_version, position, as_of, unreadable, worker, worker_until)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let ReportSet { number, is_read, revision, facts_version, position, as_of, unreadable, worker } = set;
    let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[
        &signed(number.0)?,
        is_read,
        &count(*revision),
        &signed(*facts_version)?,
        &row_of(*position),
        &as_of.unix_millis(),
        &count(*unreadable),
        &worker.map(|(worker, _)| worker),
        &worker.map(|(_, until)| until.unix_millis()),
    ];
    transaction.execute(sql, parameters).await?;
    Ok(())
}

async fn keep(transaction: &Transaction<'_>, change: &SumsChange) -> Result<bool, StoreError> {
    let SumsChange { revision, set, keep, forget } = change;
    // Whoever is first locks the row: of two who have read the same revision, the second finds another one.
    let sql = "UPDATE report_sets
               SET revision = revision + 1, position = $3, as_of = $4, unreadable = $5, worker = $6, worker_until = $7
               WHERE number = $1 AND revision = $2";
    let number = signed(set.number.0)?;
    let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[
        &number,
        &count(*revision),
        &row_of(set.position),
        &set.as_of.unix_millis(),
        &count(set.unreadable),
        &set.worker.map(|(worker, _)| worker),
        &set.worker.map(|(_, until)| until.unix_millis()),
    ];
    if transaction.execute(sql, parameters).await? == 0 {
        return Ok(false);
    }
    let dimensions: Vec<_> = Dimension::ALL.into_iter().map(dimension).collect();
    let kinds: Vec<_> = forget.iter().map(|stretch| i32::from(stretch.holds.number())).collect();
    let begins: Vec<_> = forget.iter().map(|stretch| i64::from(stretch.from)).collect();
    let ends: Vec<_> = forget.iter().map(|stretch| i64::from(stretch.until)).collect();
    if !forget.is_empty() {
        let sql = "DELETE FROM report_sums s USING unnest($3::integer[], $4::bigint[], $5::bigint[]) AS f (holds, begins, ends)
                   WHERE s.dimension = ANY ($1) AND s.set_number = $2 AND s.holds = f.holds AND s.begins = f.begins
                     AND s.ends = f.ends";
        transaction.execute(sql, &[&dimensions, &number, &kinds, &begins, &ends]).await?;
    }
    // A statement's parameters are all in memory at once, and on their way.
    for some in keep.chunks(512) {
        let dimensions: Vec<_> = some.iter().map(|kept| dimension(kept.by)).collect();
        let kinds: Vec<_> = some.iter().map(|kept| i32::from(kept.stretch.holds.number())).collect();
        let begins: Vec<_> = some.iter().map(|kept| i64::from(kept.stretch.from)).collect();
        let ends: Vec<_> = some.iter().map(|kept| i64::from(kept.stretch.until)).collect();
        let octets: Vec<_> = some.iter().map(|kept| kept.octets.as_slice()).collect();
        let sql = "INSERT INTO report_sums (dimension, set_number, holds, begins, ends, octets)
                   SELECT k.dimension, $1, k.holds, k.begins, k.ends, k.octets
                   FROM unnest($2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::bytea[])
                        AS k (dimension, holds, begins, ends, octets)
                   ON CONFLICT (dimension, set_number, holds, begins, ends) DO UPDATE SET octets = excluded.octets";
        transaction.execute(sql, &[&number, &dimensions, &kinds, &begins, &ends, &octets]).await?;
    }
    Ok(true)
}

/// Longer stretches and stocks.
async fn longer(look: &Transaction<'_>, set: SetNumber, by: Dimension) -> Result<Vec<Stretch>, StoreError> {
    let sql = "SELECT holds, begins, ends FROM report_sums WHERE dimension = $1 AND set_number = $2 AND holds > 0
               ORDER BY holds, begins, ends";
    let rows = look.query(sql, &[&dimension(by), &signed(set.0)?]).await?;
    rows.iter().map(|row| stretch(&mut Columns::new(row))).collect()
}

/// What is kept of stretches; of hours, of each of them.
async fn sums(
    look: &Transaction<'_>,
    set: SetNumber,
    of: &[Dimension],
    wanted: &[Stretch],
) -> Result<Vec<KeptSums>, StoreError> {
    let dimensions: Vec<_> = of.iter().copied().map(dimension).collect();
    let kinds: Vec<_> = wanted.iter().map(|stretch| i32::from(stretch.holds.number())).collect();
    let (first, last): (Vec<_>, Vec<_>) = wanted.iter().copied().map(ends_of).unzip();
    let ends: Vec<_> = wanted.iter().map(|stretch| i64::from(stretch.until)).collect();
    let sql = "SELECT s.dimension, s.holds, s.begins, s.ends, s.octets
               FROM unnest($1::integer[]) AS d (dimension)
               CROSS JOIN unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[]) AS w (holds, first, last, ends)
               JOIN LATERAL (SELECT * FROM report_sums r
                             WHERE r.dimension = d.dimension AND r.set_number = $2 AND r.holds = w.holds
                               AND r.begins BETWEEN w.first AND w.last AND (w.holds = 0 OR r.ends = w.ends)) s
               ON TRUE";
    let rows = look.query(sql, &[&dimensions, &signed(set.0)?, &kinds, &first, &last, &ends]).await?;
    rows.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<KeptSums, StoreError> {
    let columns = &mut Columns::new(row);
    let number: i32 = columns.next()?;
    let by = u8::try_from(number).ok().and_then(Dimension::from_number);
    let by = by.ok_or_else(|| damaged(format!("dimension {number} is unknown")))?;
    Ok(KeptSums { by, stretch: stretch(columns)?, octets: columns.next()? })
}

/// Where the first and the last row begin of what is kept of a stretch.
fn ends_of(stretch: Stretch) -> (i64, i64) {
    match stretch.holds {
        Holds::Hours => {
            let last = stretch.until.saturating_sub(1).max(stretch.from);
            (Stretch::hour_of(stretch.from).from.into(), Stretch::hour_of(last).from.into())
        }
        Holds::Whole | Holds::Stock => (stretch.from.into(), stretch.from.into()),
    }
}

fn stretch(columns: &mut Columns<'_>) -> Result<Stretch, StoreError> {
    let number: i32 = columns.next()?;
    let holds = u8::try_from(number).ok().and_then(Holds::from_number);
    let holds = holds.ok_or_else(|| damaged(format!("sums of kind {number} are unknown")))?;
    let quarter = |number: i64| u32::try_from(number).map_err(damaged);
    Ok(Stretch { holds, from: quarter(columns.next()?)?, until: quarter(columns.next()?)? })
}

fn dimension(by: Dimension) -> i32 {
    by.number().into()
}

/// What is told of and not there is damage, and not passed over.
async fn events(
    look: &Transaction<'_>,
    after: FeedPosition,
    max: u32,
) -> Result<Vec<(FeedPosition, TicketId, Event)>, StoreError> {
    let sql = concat!(
        "SELECT o.position, t.uuid, ",
        event_columns!(),
        "
         FROM (SELECT position, ticket, seq FROM feed WHERE position > $1 ORDER BY position LIMIT $2) o
         LEFT JOIN tickets t ON t.id = o.ticket
         LEFT JOIN events e ON e.ticket = o.ticket AND e.seq = o.seq
         LEFT JOIN texts x ON FALSE
         ORDER BY o.position"
    );
    let rows = look.query(sql, &[&row_of(after), &i64::from(max)]).await?;
    let event = |row: &Row| {
        let columns = &mut Columns::new(row);
        let (position, id) = (position(columns.next()?), TicketId(columns.uuid()?));
        let NewEvent { event, .. } = rows::event(columns)?;
        Ok((position, id, event))
    };
    rows.iter().map(event).collect()
}

/// A number as the database has it.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
