use ticketing_core::ticket::{ActorId, Agent, Author, Role};

use super::Engine;
use crate::store::Store;

impl<S: Store> Engine<S> {
    /// The agent of an id; `None` where nobody has it, or somebody to whom no ticket is given.
    pub fn agent(&self, id: ActorId) -> Option<Agent> {
        self.user(id)?.agent()
    }

    /// What the author of an event is called; `None` where that was erased, and of the engine itself.
    pub fn author_name(&self, author: Author, requester_name: Option<&str>) -> Option<String> {
        match author.role {
            Role::Requester => requester_name.map(str::to_owned),
            Role::Token => author.id.and_then(|id| self.token_name(id)),
            Role::Admin | Role::Desk | Role::Area | Role::System => author.id.and_then(|id| self.user_name(id)),
        }
    }

    /// What a user is called, also one who no longer is one.
    pub fn user_name(&self, id: ActorId) -> Option<String> {
        self.user(id).map(|user| user.name.clone())
    }
}
