use super::PAGE;
use crate::store::{LabelKey, Outline, Store, StoreError, TicketRecord};

/// The tickets of some outlines, which come after one in the order of labels; where one of them cannot be read, the others.
/// `unreadable` is told its label and why.
pub(super) async fn records(
    store: &impl Store,
    after: LabelKey,
    outlines: &[Outline],
    mut unreadable: impl FnMut(&str, String),
) -> Result<Vec<TicketRecord>, StoreError> {
    let so_many = u32::try_from(outlines.len()).unwrap_or(PAGE);
    match store.records(after, so_many).await {
        Err(StoreError::Damaged(_)) => {}
        read => return read,
    }
    let mut records = Vec::with_capacity(outlines.len());
    for Outline { key, label, .. } in outlines {
        let before = LabelKey { number: key.number.saturating_sub(1), ..*key };
        match store.records(before, 1).await {
            Ok(read) => records.extend(read),
            Err(StoreError::Damaged(error)) => unreadable(label, error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}
