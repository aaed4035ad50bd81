use clap::Subcommand;

use super::{Database, block_on};
use crate::{
    clock::{Clock, SystemClock},
    store::{KeyStore, SigningKey},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Sign tokens with a new key from now on. Those that were signed before stay valid for their time.
    Rotate {
        #[command(flatten)]
        database: Database,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Rotate { database } = self;
        let store = database.existing()?;
        let key = SigningKey::generate(SystemClock.now())?;
        let id = key.id;
        block_on(store.add_signing_key(key, false))?;
        println!("tokens are signed with key {}", id.0);
        Ok(())
    }
}
