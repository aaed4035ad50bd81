use std::sync::{
    Mutex, PoisonError, TryLockError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use rusqlite::Connection;

use crate::store::StoreError;

/// Connections that read, each used by one thread at a time.
pub(super) struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self { connections: connections.into_iter().map(Mutex::new).collect(), next: AtomicUsize::new(0) }
    }

    /// Runs a read on this thread, on the first connection that is free.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let count = self.connections.len();
        let first = self.next.fetch_add(1, Relaxed);
        let in_turn = || (0..count).filter_map(|offset| self.connections.get(first.wrapping_add(offset) % count));
        let free = in_turn().find_map(|connection| match connection.try_lock() {
            Ok(guard) => Some(guard),
            // A read that panicked left nothing behind: a statement that is dropped is reset.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        let wait = || in_turn().next().map(|connection| connection.lock().unwrap_or_else(PoisonError::into_inner));
        let connection = free.or_else(wait).ok_or(StoreError::Overloaded)?;
        work(&connection)
    }
}
