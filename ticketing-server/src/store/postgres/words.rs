//! What tickets say, to be searched: the words of each ticket in a row of their own, with an index of all words.
//!
//! It is behind by as much as the last [`update`] is ago, and takes nothing from those who write. Words are found without accents
//! and case; beside them a row has the keys of what lists filter by, so that a search in a small list need not look at all that has
//! the words.

use std::{collections::BTreeMap, fmt::Write as _};

use ticketing_core::{Status, ticket::Scope};
use tokio_postgres::Row;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::{
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::{Filter, Search, StoreError};

/// Events that are taken in at once.
const BATCH: i64 = 500;

/// Whether all that is in the feed was taken in.
pub(super) async fn is_complete(look: &Transaction<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT d.last >= f.last FROM documents_head d, feed_head f WHERE d.id = 1 AND f.id = 1";
    let row = look.query_opt(sql, &[]).await?.ok_or_else(|| damaged("the feed has no head"))?;
    Columns::new(&row).next()
}

/// Takes in the tickets of the feed's next events; answers whether there may be more. Several processes may do it: one at a time.
pub(super) async fn update(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let head = "SELECT last FROM documents_head WHERE id = 1 FOR UPDATE";
    let head = transaction.query_opt(head, &[]).await?.ok_or_else(|| damaged("the words have no head"))?;
    let last: i64 = Columns::new(&head).next()?;
    let sql = "SELECT position, ticket FROM feed WHERE position > $1 ORDER BY position LIMIT $2";
    let events = transaction.query(sql, &[&last, &BATCH]).await?;
    let (mut newest, mut tickets) = (last, Vec::with_capacity(events.len()));
    for row in &events {
        let columns = &mut Columns::new(row);
        newest = columns.next()?;
        tickets.push(columns.next::<i64>()?);
    }
    tickets.sort_unstable();
    tickets.dedup();
    if tickets.is_empty() {
        return Ok(false);
    }
    let documents = documents(transaction, &tickets).await?;
    let ids: Vec<_> = documents.iter().map(|document| document.ticket).collect();
    let ordinals: Vec<_> = documents.iter().map(|document| document.ordinal).collect();
    let vectors: Vec<_> = documents.iter().map(|document| document.words.vector()).collect();
    transaction
        .pipeline(&[
            (
                "INSERT INTO documents (ticket, ordinal, words)
                 SELECT w.ticket, w.ordinal, w.words::tsvector
                 FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS w (ticket, ordinal, words)
                 ON CONFLICT (ticket) DO UPDATE SET words = excluded.words",
                &[&ids, &ordinals, &vectors],
            ),
            ("UPDATE documents_head SET last = $1 WHERE id = 1", &[&newest]),
        ])
        .await?;
    Ok(i64::try_from(events.len()).is_ok_and(|taken| taken == BATCH))
}

struct Document {
    ticket: i64,
    ordinal: i64,
    words: Words,
}

async fn documents(transaction: &Transaction<'_>, tickets: &[i64]) -> Result<Vec<Document>, StoreError> {
    let sql = "SELECT t.id, t.ordinal, f.area_key, f.status, f.priority_key, f.is_archived, i.email,
                   t.label, t.category, t.subcategory, i.name, i.email, i.phone, i.document, i.company, i.subject,
                   i.description, i.clients
               FROM tickets t JOIN facets f ON f.id = t.facet LEFT JOIN intake i ON i.ticket = t.id
               WHERE t.id = ANY ($1) ORDER BY t.id";
    let texts = "SELECT ticket, body FROM texts WHERE ticket = ANY ($1) AND body IS NOT NULL ORDER BY ticket, seq";
    let answers = transaction.pipeline(&[(sql, &[&tickets]), (texts, &[&tickets])]).await?;
    let [found, texts] = answers.as_slice() else { return Err(damaged("two statements have two answers")) };
    let mut said: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for row in texts {
        let columns = &mut Columns::new(row);
        said.entry(columns.next()?).or_default().push(columns.text()?);
    }
    let document = |row: &Row| document(row, &said);
    found.iter().map(document).collect()
}

fn document(row: &Row, said: &BTreeMap<i64, Vec<&str>>) -> Result<Document, StoreError> {
    let columns = &mut Columns::new(row);
    let (ticket, ordinal) = (columns.next()?, columns.next()?);
    let mut words = Words::default();
    words.key(&key(Key::Area, columns.text()?));
    words.key(&key(Key::Status, columns.text()?));
    words.key(&key(Key::Priority, columns.text()?));
    words.key(&key(Key::Archived, archived(columns.next()?)));
    if let Some(email) = columns.optional_text()? {
        words.key(&key(Key::Email, &email.to_lowercase()));
    }
    for _ in 0..11 {
        if let Some(text) = columns.optional_text()? {
            words.add(text);
        }
    }
    for text in said.get(&ticket).into_iter().flatten() {
        words.add(text);
    }
    Ok(Document { ticket, ordinal, words })
}

/// The words of a document, with their places.
#[derive(Default)]
struct Words {
    places: BTreeMap<String, Vec<u32>>,
    count: u32,
    octets: usize,
}

impl Words {
    /// Beyond this, what a ticket says is not indexed: PostgreSQL takes no more.
    const OCTETS_MAX: usize = 800_000;
    /// Later places all become the last one.
    const PLACE_MAX: u32 = 16_383;
    /// More places of one word are not kept.
    const PLACES_MAX: usize = 255;

    fn add(&mut self, text: &str) {
        for word in words(text) {
            self.count = self.count.saturating_add(1);
            let cost = word.len() + 16;
            let place = self.count.min(Self::PLACE_MAX);
            match self.places.get_mut(&word) {
                Some(places) if places.len() < Self::PLACES_MAX && places.last() != Some(&place) => {
                    places.push(place);
                    self.octets += 2;
                }
                Some(_) => {}
                None if self.octets + cost > Self::OCTETS_MAX => return,
                None => {
                    self.octets += cost;
                    self.places.insert(word, vec![place]);
                }
            }
        }
    }

    fn key(&mut self, key: &str) {
        self.places.insert(key.to_owned(), Vec::new());
    }

    /// As PostgreSQL reads them. No word has a quote or a backslash in it.
    fn vector(&self) -> String {
        let mut vector = String::new();
        for (word, places) in &self.places {
            let _ = write!(vector, "'{word}'");
            for (nth, place) in places.iter().enumerate() {
                let _ = write!(vector, "{}{place}", if nth == 0 { ':' } else { ',' });
            }
            vector.push(' ');
        }
        vector
    }
}

/// The words of a text, in small letters without accents: runs of letters and digits. One that is very long is known by its start.
fn words(text: &str) -> Vec<String> {
    const OCTETS_MAX: usize = 255;
    let mut words = Vec::new();
    let mut word = String::new();
    let is_base = |c: &char| canonical_combining_class(*c) == 0;
    for c in text.chars().flat_map(char::to_lowercase).nfd().filter(is_base).chain([' ']) {
        if c.is_alphanumeric() {
            if word.len() + c.len_utf8() <= OCTETS_MAX {
                word.push(c);
            }
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words
}

#[derive(Clone, Copy)]
enum Key {
    Area,
    Status,
    Priority,
    Archived,
    Email,
}

/// What stands for a value, whatever characters that has, and is no word. Two may have the same one: the ticket has the last word.
fn key(kind: Key, value: &str) -> String {
    let letter = match kind {
        Key::Area => 'a',
        Key::Status => 's',
        Key::Priority => 'p',
        Key::Archived => 'x',
        Key::Email => 'm',
    };
    // FNV-1a: as good as any where nothing depends on it, and the same in every version of the program.
    let hash = value
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("={letter}{hash:016x}")
}

fn archived(is_archived: bool) -> &'static str {
    if is_archived { "1" } else { "0" }
}

/// What to look for, as PostgreSQL reads it; `None` where there is nothing to look for.
pub(super) fn expression(search: &Search, scope: &Scope, filter: &Filter) -> Option<String> {
    let mut wanted = Vec::new();
    let any = |kind, values: &Vec<String>| {
        let keys: Vec<_> = values.iter().map(|value| format!("'{}'", key(kind, value))).collect();
        // No value, no ticket.
        if keys.is_empty() { "'='".to_owned() } else { format!("({})", keys.join(" | ")) }
    };
    if let Scope::Area(areas) = scope {
        wanted.push(any(Key::Area, areas));
    }
    // Where tickets came from is for the tickets to say.
    let Filter { area_keys, status, priority_keys, is_archived, origin: _ } = filter;
    wanted.extend(area_keys.as_ref().map(|areas| any(Key::Area, areas)));
    wanted.extend(status.map(|status| format!("'{}'", key(Key::Status, Status::name(status)))));
    wanted.extend(priority_keys.as_ref().map(|priorities| any(Key::Priority, priorities)));
    wanted.extend(is_archived.map(|is_archived| format!("'{}'", key(Key::Archived, archived(is_archived)))));
    match search {
        // Found without an index of words.
        Search::Label(_) => return None,
        Search::Email(email) => wanted.push(format!("'{}'", key(Key::Email, &email.as_str().to_lowercase()))),
        Search::Words(searched) => {
            // What has neither letter nor digit is no word. What has several words in it, as an address has, has them in this order.
            let phrase = |text: &String| {
                let quoted: Vec<_> = words(text).iter().map(|word| format!("'{word}'")).collect();
                (!quoted.is_empty()).then(|| format!("({})", quoted.join(" <-> ")))
            };
            let before = wanted.len();
            wanted.extend(searched.iter().filter_map(phrase));
            if wanted.len() == before {
                return None;
            }
        }
    }
    Some(wanted.join(" & "))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_in_small_letters_without_accents() {
        assert_eq!(
            words("Ána GARCÍA-ñandú, e\u{301}l\0x İzmir 3.14"),
            ["ana", "garcia", "nandu", "el", "x", "izmir", "3", "14"]
        );
        assert_eq!(words("हिन्दी"), ["हिनदी"]);
        assert_eq!(words(" — … "), [""; 0]);
    }
}
