-- What a creation writes, one ticket in a transaction: the rows that the store writes, copied from a ticket that it has written.
BEGIN;
INSERT INTO label_counters (year, last) VALUES (2026, 1) ON CONFLICT (year) DO UPDATE SET last = label_counters.last + 1 RETURNING last AS last \gset
INSERT INTO tickets (id, ordinal, uuid, label, version, revision, type, priority, category, subcategory, area, service, visibility, tags, justification, facet, origin, has_requester, status, assignee, sla, next_moment, created_at, updated_at, recorded_at, resolved_at, closed_at, reopened_at, archived_at, reply_seq, last_seq, last_at, last_role, last_actor, last_action, last_has_text, last_status_before, last_status_after, last_priority_before, last_priority_after, last_area_before, last_area_after)
SELECT (o.ordinal & 15) << 48 | o.ordinal, o.ordinal, gen_random_uuid(), 'TKT-2026-' || (o.ordinal & 4294967295), version, revision, type, priority, category, subcategory, area, service, visibility, tags, justification, facet, origin, has_requester, status, assignee, sla, next_moment, created_at, updated_at, recorded_at, resolved_at, closed_at, reopened_at, archived_at, reply_seq, last_seq, last_at, last_role, last_actor, last_action, last_has_text, last_status_before, last_status_after, last_priority_before, last_priority_after, last_area_before, last_area_after FROM bench_ticket, generate_series(2026 * 4294967296 + :last - 0, 2026 * 4294967296 + :last) AS o (ordinal);
INSERT INTO events (ticket, seq, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by)
SELECT (o.ordinal & 15) << 48 | o.ordinal, 1, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by FROM bench_event, generate_series(2026 * 4294967296 + :last - 0, 2026 * 4294967296 + :last) AS o (ordinal);
INSERT INTO outbox (ticket, seq)
SELECT (o.ordinal & 15) << 48 | o.ordinal, 1 FROM generate_series(2026 * 4294967296 + :last - 0, 2026 * 4294967296 + :last) AS o (ordinal);
INSERT INTO intake (ticket, name, email, phone, has_whatsapp, document, company, subject, description, internal, clients, cc, created_by, described_by, due_by, address)
SELECT (o.ordinal & 15) << 48 | o.ordinal, name, email, phone, has_whatsapp, document, company, subject, description, internal, clients, cc, created_by, described_by, due_by, address FROM bench_intake, generate_series(2026 * 4294967296 + :last - 0, 2026 * 4294967296 + :last) AS o (ordinal);
INSERT INTO facet_counts (facet, shard, tickets)
SELECT facet, lpad(:client_id::text, 32, '0')::uuid, 1 FROM bench_ticket
ON CONFLICT (facet, shard) DO UPDATE SET tickets = facet_counts.tickets + excluded.tickets;
COMMIT;
