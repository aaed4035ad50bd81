//! What belongs to nothing, or says otherwise than what it belongs to: what a file is looked through for.

use rusqlite::Connection;

use super::words::Words;
use crate::store::{
    LooseEnd,
    LooseEndKind::{
        self, Delivery, Events, Facet, Intake, LabelCounter, Page, Recipient, Repeatable, Tags, Text, Words as Searched,
    },
    StoreError,
    archive::LOOSE_ENDS_MAX,
};

/// Of each, what names it. No statement looks at more than its tables once or twice.
const QUERIES: [(LooseEndKind, &str); 11] = [
    (Events, "SELECT DISTINCT e.id >> 17 FROM events e WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = e.id >> 17)"),
    (Intake, "SELECT i.ticket FROM intake i WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = i.ticket)"),
    (
        Text,
        "SELECT x.ticket || ', event ' || x.seq FROM texts x
         WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = x.ticket << 17 | x.seq)",
    ),
    (
        Tags,
        "SELECT ifnull(t.label, s.ticket) FROM (
             SELECT ticket FROM (SELECT t.id AS ticket, j.value AS tag FROM tickets t, json_each(t.tags) j WHERE t.tags IS NOT NULL
                                 EXCEPT SELECT ticket, tag FROM ticket_tags)
             UNION
             SELECT ticket FROM (SELECT ticket, tag FROM ticket_tags
                                 EXCEPT SELECT t.id, j.value FROM tickets t, json_each(t.tags) j WHERE t.tags IS NOT NULL)
         ) s LEFT JOIN tickets t ON t.id = s.ticket",
    ),
    (
        Facet,
        "SELECT t.label FROM tickets t LEFT JOIN facets f ON f.id = t.facet
         WHERE f.id IS NULL OR f.status <> t.status OR f.origin <> t.origin OR f.is_archived <> (t.archived_at IS NOT NULL)",
    ),
    (
        LabelCounter,
        "SELECT s.year FROM (SELECT id >> 32 AS year, max(id & 4294967295) AS number FROM tickets GROUP BY id >> 32) s
         LEFT JOIN label_counters c ON c.year = s.year WHERE c.last IS NULL OR c.last < s.number",
    ),
    (
        Repeatable,
        "SELECT ifnull(t.label, k.ticket) FROM idempotency_keys k LEFT JOIN tickets t ON t.id = k.ticket
         WHERE t.id IS NULL OR k.version > t.version OR k.version < 1",
    ),
    (
        Delivery,
        "SELECT d.position FROM deliveries d LEFT JOIN outbox o ON o.id = d.position LEFT JOIN tickets t ON t.id = o.ticket
         WHERE t.uuid IS NULL OR t.uuid <> d.ticket",
    ),
    (Delivery, "SELECT d.position FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.uuid = d.recipient)"),
    (Recipient, "SELECT hex(r.uuid) FROM recipients r WHERE r.position > (SELECT ifnull(max(id), 0) FROM outbox)"),
    (Recipient, "SELECT hex(s.uuid) FROM subscriptions s WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.uuid = s.uuid)"),
];

pub(super) fn find(connection: &Connection, words: &Words) -> Result<Vec<LooseEnd>, StoreError> {
    let mut found = Vec::new();
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({LOOSE_ENDS_MAX})"))?;
    let said = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    found.extend(said.into_iter().filter(|said| said != "ok").map(|of| LooseEnd { kind: Page, of }));
    for (kind, sql) in QUERIES {
        let sql = format!(
            "SELECT CAST(named.of AS TEXT) FROM (SELECT NULL AS of WHERE FALSE UNION ALL {sql}) named LIMIT {LOOSE_ENDS_MAX}"
        );
        match names(connection, &sql) {
            Ok(names) => found.extend(names.into_iter().map(|of| LooseEnd { kind, of })),
            // The others are told all the same.
            Err(error @ StoreError::Damaged(_)) => found.push(LooseEnd { kind, of: error.to_string() }),
            Err(error) => return Err(error),
        }
    }
    found.extend(words.unfound(connection)?.into_iter().map(|of| LooseEnd { kind: Searched, of }));
    Ok(found)
}

fn names(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
