//! What belongs to nothing, or says otherwise than what it belongs to: what a database is looked through for.

use super::{rows::Columns, transactions::Transaction};
use crate::store::{
    LooseEnd,
    LooseEndKind::{self, Delivery, Events, Facet, Intake, LabelCounter, Recipient, Repeatable, Tags, Text, Words},
    StoreError,
    archive::LOOSE_ENDS_MAX,
};

/// Of each, what names it. No statement looks at more than its tables once or twice.
const QUERIES: [(LooseEndKind, &str); 12] = [
    (Events, "SELECT DISTINCT e.ticket FROM events e WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = e.ticket)"),
    (Intake, "SELECT i.ticket FROM intake i WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = i.ticket)"),
    (
        Text,
        "SELECT x.ticket || ', event ' || x.seq FROM texts x
         WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.ticket = x.ticket AND e.seq = x.seq)",
    ),
    (
        Tags,
        "SELECT coalesce(t.label, s.ticket::text) FROM (
             SELECT ticket FROM (SELECT t.id AS ticket, j.tag FROM tickets t, json_array_elements_text(t.tags::json) j (tag)
                                 WHERE t.tags IS NOT NULL EXCEPT SELECT ticket, tag FROM ticket_tags) a
             UNION
             SELECT ticket FROM (SELECT ticket, tag FROM ticket_tags
                                 EXCEPT SELECT t.id, j.tag FROM tickets t, json_array_elements_text(t.tags::json) j (tag)
                                 WHERE t.tags IS NOT NULL) b
         ) s LEFT JOIN tickets t ON t.id = s.ticket",
    ),
    (
        Facet,
        "SELECT t.label FROM tickets t LEFT JOIN facets f ON f.id = t.facet
         WHERE f.id IS NULL OR f.status <> t.status OR f.origin <> t.origin OR f.is_archived <> (t.archived_at IS NOT NULL)",
    ),
    (
        LabelCounter,
        "SELECT s.year FROM (SELECT ordinal >> 32 AS year, max(ordinal & 4294967295) AS number FROM tickets GROUP BY 1) s
         LEFT JOIN label_counters c ON c.year = s.year WHERE c.last IS NULL OR c.last < s.number",
    ),
    (
        Repeatable,
        "SELECT coalesce(t.label, k.ticket::text) FROM idempotency_keys k LEFT JOIN tickets t ON t.id = k.ticket
         WHERE t.id IS NULL OR k.version > t.version OR k.version < 1",
    ),
    (
        Delivery,
        "SELECT d.position FROM deliveries d LEFT JOIN feed o ON o.position = d.position LEFT JOIN tickets t ON t.id = o.ticket
         WHERE t.uuid IS NULL OR t.uuid <> d.ticket",
    ),
    (Delivery, "SELECT d.position FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.uuid = d.recipient)"),
    (Recipient, "SELECT r.uuid FROM recipients r WHERE r.position > (SELECT coalesce(max(last), 0) FROM feed_head)"),
    (Recipient, "SELECT s.uuid FROM subscriptions s WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.uuid = s.uuid)"),
    (
        Words,
        "SELECT t.label FROM tickets t WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.ticket = t.id)
         AND (SELECT last FROM documents_head WHERE id = 1) = (SELECT last FROM feed_head WHERE id = 1)
         AND NOT EXISTS (SELECT 1 FROM outbox)",
    ),
];

pub(super) async fn find(read: &Transaction<'_>) -> Result<Vec<LooseEnd>, StoreError> {
    let mut found = Vec::new();
    for (kind, sql) in QUERIES {
        let sql = format!("SELECT named.of::text FROM ({sql}) named (of) LIMIT {LOOSE_ENDS_MAX}");
        for row in read.query(sql.as_str(), &[]).await? {
            found.push(LooseEnd { kind, of: Columns::new(&row).next()? });
        }
    }
    Ok(found)
}
