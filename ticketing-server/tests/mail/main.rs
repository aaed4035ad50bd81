//! Mails about tickets, over a real mail server, read by somebody else's parser.

#![cfg(all(feature = "cli", feature = "mail"))]

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod command_line;
mod letters;
mod program;
mod relay;
mod smtp;

use std::time::Duration;

use ticketing_server::{
    Engine,
    mail::{Carried, LetterSettings, MailSettings, Postman, SmtpSettings, SmtpTls},
    store::{AnyStore, FeedEntry, FeedPosition, FeedStore},
};

use self::smtp::MailServer;

const FROM: &str = "Mesa de Ayuda Ñandú <mesa@ayuda.example>";

fn letters() -> LetterSettings {
    LetterSettings {
        from: FROM.parse().unwrap(),
        reply_to: None,
        public_url: "https://ayuda.example/mesa".parse().unwrap(),
        locale: ticketing_core::Locale::Es,
        templates: None,
    }
}

/// A server of these tests, in the clear.
fn plain(server: &MailServer) -> SmtpSettings {
    SmtpSettings {
        port: server.port,
        timeout: Duration::from_secs(10),
        ..SmtpSettings::new("127.0.0.1", SmtpTls::None)
    }
}

fn postman(smtp: SmtpSettings) -> Postman {
    Postman::new(MailSettings { smtp, letters: letters() }).unwrap()
}

/// Follows the feed by itself, as a courier does.
struct Reader {
    engine: Engine<AnyStore>,
    position: FeedPosition,
}

impl Reader {
    fn new(engine: &Engine<AnyStore>) -> Self {
        Self { engine: engine.clone(), position: FeedPosition::default() }
    }

    /// What has happened since it was last asked.
    async fn news(&mut self) -> Vec<FeedEntry> {
        self.engine.give_positions().await.unwrap();
        let entries = self.engine.store().feed(self.position, 1_000).await.unwrap();
        self.position = entries.last().map_or(self.position, |last| last.position);
        entries
    }

    /// Carries all of it, each once.
    async fn carry(&mut self, postman: &Postman) -> Vec<Carried> {
        let mut carried = Vec::new();
        for entry in self.news().await {
            carried.push(postman.carry(&self.engine, &entry).await);
        }
        carried
    }

    /// Carries all of it, which must go well.
    async fn deliver(&mut self, postman: &Postman) {
        let carried = self.carry(postman).await;
        assert!(carried.iter().all(|carried| matches!(carried, Carried::Delivered | Carried::Nothing)), "{carried:?}");
    }
}
