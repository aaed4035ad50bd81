use std::collections::BTreeSet;

use ticketing_core::integration::{Reference, ReferenceKind};
use tokio_postgres::Row;

use super::{
    PostgresStore, ids, pages,
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::{IntegrationStore, Named, Narrow, Page, PageQuery, StoreError};

impl IntegrationStore for PostgresStore {
    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        let query = &query;
        self.is_searchable(query.search.as_ref())?;
        // What no index counts is looked through.
        let _place = self.place(query.search.is_some() || query.narrow != Narrow::default()).await?;
        self.read(|read| Box::pin(pages::page(read, query))).await
    }

    async fn offered(&self, kind: ReferenceKind) -> Result<Vec<Named>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT id, name FROM refs WHERE kind = $1 AND is_offered ORDER BY id";
                transaction.query(sql, &[&kind.name()]).await?.iter().map(named).collect()
            })
        })
        .await
    }

    async fn find_references(
        &self,
        references: Vec<(ReferenceKind, Reference)>,
    ) -> Result<Vec<Option<Named>>, StoreError> {
        let references = &references;
        self.read(|transaction| Box::pin(find(transaction, references))).await
    }

    async fn identify(&self, names: Vec<(ReferenceKind, String)>) -> Result<Vec<u32>, StoreError> {
        let names = &names;
        // Nearly all of them are known: nothing need be locked for that.
        let known = self.look(|transaction| Box::pin(find_written(transaction, names))).await?;
        if let Some(ids) = known.into_iter().map(|known| known.map(|named| named.id)).collect() {
            return Ok(ids);
        }
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_kinds(transaction, names).await?;
                let mut ids = Vec::with_capacity(names.len());
                for (kind, name) in names {
                    ids.push(identify(transaction, *kind, name).await?.id);
                }
                Ok(ids)
            })
        })
        .await
    }

    async fn offer(&self, names: Vec<(ReferenceKind, String)>) -> Result<Vec<Named>, StoreError> {
        let names = &names;
        let known = self.look(|transaction| Box::pin(find_offered(transaction, names))).await?;
        if let Some(offered) = known.into_iter().collect() {
            return Ok(offered);
        }
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_kinds(transaction, names).await?;
                let mut offered = Vec::with_capacity(names.len());
                for (kind, name) in names {
                    offered.push(offer(transaction, *kind, name).await?);
                }
                Ok(offered)
            })
        })
        .await
    }
}

/// Of the ids of a kind.
pub(super) fn ids_of(kind: ReferenceKind) -> String {
    format!("refs {}", kind.name())
}

/// Whoever adds or offers names of a kind does so alone. Kinds are locked in one order, so that nobody waits for whoever waits for
/// them.
pub(super) async fn lock_kinds(
    transaction: &Transaction<'_>,
    names: &[(ReferenceKind, String)],
) -> Result<(), StoreError> {
    let kinds: BTreeSet<_> = names.iter().map(|(kind, _)| ids_of(*kind)).collect();
    for kind in kinds {
        ids::lock(transaction, &kind).await?;
    }
    Ok(())
}

async fn find(
    transaction: &Transaction<'_>,
    references: &[(ReferenceKind, Reference)],
) -> Result<Vec<Option<Named>>, StoreError> {
    let mut names = Vec::new();
    let (mut kinds, mut ids) = (Vec::new(), Vec::new());
    for (kind, reference) in references {
        match reference {
            Reference::Name(name) => names.push((*kind, name.clone())),
            // What is no integer there is no id of anything.
            Reference::Id(id) => {
                kinds.push(kind.name());
                ids.push(i32::try_from(*id).unwrap_or_default());
            }
        }
    }
    let mut by_id = if ids.is_empty() {
        Vec::new()
    } else {
        let sql = "SELECT r.id, r.name FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS w (kind, id, place)
                   LEFT JOIN refs r ON r.kind = w.kind AND r.id = w.id ORDER BY w.place";
        let rows = transaction.query(sql, &[&kinds, &ids]).await?;
        rows.iter().map(optional).collect::<Result<Vec<_>, _>>()?
    }
    .into_iter();
    let mut by_name = if names.is_empty() {
        Vec::new()
    } else {
        let (offered, written) = (find_offered(transaction, &names).await?, find_written(transaction, &names).await?);
        offered.into_iter().zip(written).map(|(offered, written)| offered.or(written)).collect()
    }
    .into_iter();
    let found = references.iter().map(|(_, reference)| match reference {
        Reference::Id(_) => by_id.next().flatten(),
        Reference::Name(_) => by_name.next().flatten(),
    });
    Ok(found.collect())
}

/// The spelling of each name that is offered, its own before all others.
async fn find_offered(
    transaction: &Transaction<'_>,
    names: &[(ReferenceKind, String)],
) -> Result<Vec<Option<Named>>, StoreError> {
    let kinds: Vec<_> = names.iter().map(|(kind, _)| kind.name()).collect();
    let keys: Vec<_> = names.iter().map(|(kind, name)| kind.key(name)).collect();
    let sql = "SELECT w.place, r.id, r.name
               FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (kind, key, place)
               JOIN refs r ON r.kind = w.kind AND r.key = w.key AND r.is_offered ORDER BY w.place, r.id";
    let mut offered: Vec<Option<Named>> = vec![None; names.len()];
    for row in transaction.query(sql, &[&kinds, &keys]).await? {
        let columns = &mut Columns::new(&row);
        let place = columns.next::<i64>()?;
        let spelling = Named { id: columns.number()?, name: columns.next()? };
        let place = usize::try_from(place - 1).map_err(damaged)?;
        let own = names.get(place).map(|(_, name)| name);
        if let Some(best) = offered.get_mut(place)
            && (best.is_none() || own == Some(&spelling.name))
        {
            *best = Some(spelling);
        }
    }
    Ok(offered)
}

/// Each name as it is written.
async fn find_written(
    transaction: &Transaction<'_>,
    names: &[(ReferenceKind, String)],
) -> Result<Vec<Option<Named>>, StoreError> {
    let (kinds, names): (Vec<_>, Vec<_>) = names.iter().map(|(kind, name)| (kind.name(), name)).unzip();
    let sql = "SELECT r.id, r.name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (kind, name, place)
               LEFT JOIN refs r ON r.kind = w.kind AND r.name = w.name ORDER BY w.place";
    transaction.query(sql, &[&kinds, &names]).await?.iter().map(optional).collect()
}

fn named(row: &Row) -> Result<Named, StoreError> {
    let columns = &mut Columns::new(row);
    Ok(Named { id: columns.number()?, name: columns.next()? })
}

fn optional(row: &Row) -> Result<Option<Named>, StoreError> {
    let columns = &mut Columns::new(row);
    Ok(columns.optional_number()?.zip(columns.next()?).map(|(id, name)| Named { id, name }))
}

async fn identify(transaction: &Transaction<'_>, kind: ReferenceKind, name: &str) -> Result<Named, StoreError> {
    let sql = "SELECT id, name FROM refs WHERE kind = $1 AND name = $2";
    if let Some(known) = transaction.query_opt(sql, &[&kind.name(), &name]).await? {
        return named(&known);
    }
    let id = ids::next_id(transaction, &ids_of(kind)).await?;
    let sql = "INSERT INTO refs (kind, id, name, key, is_offered) VALUES ($1, $2, $3, $4, FALSE)";
    transaction.execute(sql, &[&kind.name(), &id, &name, &kind.key(name)]).await?;
    Ok(Named { id: id.unsigned_abs(), name: name.to_owned() })
}

async fn offer(transaction: &Transaction<'_>, kind: ReferenceKind, name: &str) -> Result<Named, StoreError> {
    if let Some(offered) = find_offered(transaction, &[(kind, name.to_owned())]).await?.pop().flatten() {
        return Ok(offered);
    }
    let new = identify(transaction, kind, name).await?;
    let sql = "UPDATE refs SET is_offered = TRUE WHERE kind = $1 AND name = $2";
    transaction.execute(sql, &[&kind.name(), &name]).await?;
    Ok(new)
}
