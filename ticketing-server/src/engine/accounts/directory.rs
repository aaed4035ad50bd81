use std::{collections::HashMap, sync::Arc};

use ticketing_core::{User, ticket::ActorId};

/// All users, so that no request has to ask the store who it comes from.
#[derive(Clone, Default)]
pub(super) struct Directory {
    users: HashMap<ActorId, Arc<User>>,
}

impl Directory {
    pub(super) fn new(users: Vec<User>) -> Self {
        Self { users: users.into_iter().map(|user| (user.id, Arc::new(user))).collect() }
    }

    pub(super) fn user(&self, id: ActorId) -> Option<Arc<User>> {
        self.users.get(&id).map(Arc::clone)
    }

    /// Takes over what has become of a user, unless more has become of them already.
    pub(super) fn put(&mut self, user: User) {
        if self.users.get(&user.id).is_none_or(|known| known.version < user.version) {
            self.users.insert(user.id, Arc::new(user));
        }
    }

    pub(super) fn by_name(&self) -> Vec<Arc<User>> {
        let mut users: Vec<_> = self.users.values().filter(|user| !user.is_deleted()).map(Arc::clone).collect();
        users.sort_by_cached_key(|user| (user.sort_key(), user.id));
        users
    }
}
