//! What tickets have in common that lists filter by, with a count each.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use ticketing_core::Ticket;
use uuid::Uuid;

use super::{
    rows::Columns,
    transactions::{Statements, Transaction, each},
};
use crate::store::StoreError;

/// What changes by a transaction, in the order of facets: whoever comes together locks them in the same order.
#[derive(Default)]
pub(super) struct Changes {
    facets: BTreeMap<Uuid, Facet>,
    counts: BTreeMap<Uuid, i64>,
}

/// What its tickets have in common.
struct Facet {
    area_key: String,
    status: &'static str,
    priority_key: String,
    is_archived: bool,
    origin: &'static str,
}

impl Changes {
    /// The facet of a new ticket, with it counted.
    pub(super) fn entered(&mut self, ticket: &Ticket) -> Uuid {
        let facet = self.facet(ticket);
        *self.counts.entry(facet).or_default() += 1;
        facet
    }

    /// The facet of a ticket that had another one before, or the same, with it counted there.
    pub(super) fn moved(&mut self, before: Uuid, ticket: &Ticket) -> Uuid {
        let after = self.entered(ticket);
        *self.counts.entry(before).or_default() -= 1;
        after
    }

    fn facet(&mut self, ticket: &Ticket) -> Uuid {
        let facet = Facet {
            area_key: ticket.attributes.area_key(),
            status: ticket.status.name(),
            priority_key: ticket.attributes.priority_key(),
            is_archived: ticket.is_archived(),
            origin: ticket.origin.name(),
        };
        let id = facet.id();
        self.facets.entry(id).or_insert(facet);
        id
    }

    /// The statements that store it. A facet that nobody had so far comes to be.
    pub(super) fn store<'p>(&'p self, shard: Uuid, statements: &mut Statements<'p>) {
        let facets: Vec<_> = self.facets.iter().collect();
        let sql = "INSERT INTO facets (id, area_key, status, priority_key, is_archived, origin)
                   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])
                   ON CONFLICT (id) DO NOTHING";
        statements.add_some(
            sql,
            each!(facets, (id, facet) => [
                **id, facet.area_key.as_str(), facet.status, facet.priority_key.as_str(), facet.is_archived, facet.origin,
            ]),
            facets.len(),
        );
        let counts: Vec<_> = self.counts.iter().filter(|(_, change)| **change != 0).collect();
        let sql = "INSERT INTO facet_counts (facet, shard, tickets)
                   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
                   ON CONFLICT (facet, shard) DO UPDATE SET tickets = facet_counts.tickets + excluded.tickets";
        statements.add_some(sql, each!(counts, (facet, change) => [**facet, shard, **change]), counts.len());
    }
}

impl Facet {
    /// A hash, half of SHA-256, so that nobody has to ask what it is. Areas are free text: a weaker one could be given two that
    /// have the same.
    fn id(&self) -> Uuid {
        let mut hash = Sha256::new();
        for part in [self.area_key.as_str(), self.status, &self.priority_key, self.origin] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update([u8::from(self.is_archived)]);
        let mut octets = [0; 16];
        for (octet, hashed) in octets.iter_mut().zip(hash.finalize()) {
            *octet = hashed;
        }
        Uuid::from_bytes(octets)
    }
}

/// Facets with more rows than this have them made one. A process has one for each of its writers, and each start makes new ones.
const SHARDS_MAX: i64 = 32;

/// Makes the counts of facets that have come to many rows one each, and takes facets away that their last ticket has left: there
/// are as many as there are tickets that differ, and no more.
pub(super) async fn compact(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "SELECT facet FROM facet_counts GROUP BY facet
               HAVING count(*) > $1 OR sum(tickets) = 0 ORDER BY facet LIMIT 100";
    for row in transaction.query(sql, &[&SHARDS_MAX]).await? {
        let facet: Uuid = Columns::new(&row).next()?;
        // What others count meanwhile is in rows of theirs, which are not there yet or wait for this transaction.
        let sql = "SELECT shard, tickets FROM facet_counts WHERE facet = $1 ORDER BY shard FOR UPDATE";
        let (mut shards, mut total) = (Vec::new(), 0_i64);
        for row in transaction.query(sql, &[&facet]).await? {
            let columns = &mut Columns::new(&row);
            shards.push(columns.uuid()?);
            total += columns.next::<i64>()?;
        }
        let delete = "DELETE FROM facet_counts WHERE facet = $1 AND shard = ANY($2)";
        transaction.execute(delete, &[&facet, &shards]).await?;
        if total != 0 {
            let sql = "INSERT INTO facet_counts (facet, shard, tickets) VALUES ($1, $2, $3)
                       ON CONFLICT (facet, shard) DO UPDATE SET tickets = facet_counts.tickets + excluded.tickets";
            transaction.execute(sql, &[&facet, &Uuid::nil(), &total]).await?;
        } else {
            let sql = "DELETE FROM facets f WHERE f.id = $1 AND NOT EXISTS (SELECT 1 FROM facet_counts c WHERE c.facet = f.id)";
            transaction.execute(sql, &[&facet]).await?;
        }
    }
    Ok(())
}
