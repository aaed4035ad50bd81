//! Archives: what is read out of one store is in another one what it was.

use proptest::strategy::ValueTree;
use serde_json::json;
use ticketing_core::{
    Token, User,
    integration::{Reference, ReferenceKind},
    subscription::{NewSubscription, Subscription, SubscriptionId},
    ticket::Scope,
    token::{NewToken, TokenSecret},
    user::{NewUser, UserRole},
};
use ticketing_server::{
    archive::{Digest, Export, Extent, Import, ImportError, ImportReport, LeftOut, Line},
    store::{
        ArchiveStore, DeskStore, FeedEntry, FeedPosition, IntegrationStore, KeyId, KeySecret, KeyStore, PasswordHash,
        RecipientId, Secret, Secrets, SigningKey, SubscriptionRecord, SubscriptionStore, TokenHash, TokenRecord,
        TokenStore, UserRecord, UserStore, UserStored,
    },
};

use super::*;

/// Another store with something of everything in it, and an engine on it.
struct Elsewhere {
    engine: Engine<SqliteStore>,
    now: Arc<AtomicI64>,
    steps: TestRunner,
    tickets: Vec<TicketId>,
    _directory: tempfile::TempDir,
}

impl Elsewhere {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
        let (engine, now) = engine(store).await;
        Self { engine, now, steps: TestRunner::deterministic(), tickets: vec![], _directory: directory }
    }

    /// Tickets to which this and that happens.
    async fn work(&mut self, tickets: usize) {
        for _ in 0..tickets {
            self.tickets.push(create_through(&self.engine).await.0);
        }
        for id in self.tickets.clone() {
            let steps = prop::collection::vec(any_step(), 0..12).new_tree(&mut self.steps).unwrap().current();
            for (millis, actor, command) in steps {
                self.now.fetch_add(millis.max(0), SeqCst);
                match self.engine.execute(id, &actor, command).await {
                    Ok(_) | Err(EngineError::Refused(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    /// Users, a key, a token, rules, ids, and a subscription that is told what comes after.
    async fn furnish(&self) {
        let store = self.engine.store();
        for (number, email) in [(1, "ada@example.com"), (2, "Rita@Example.com")] {
            assert_eq!(store.add_user(user(number, email)).await.unwrap(), UserStored::Stored);
        }
        let key = SigningKey {
            id: KeyId(Uuid::from_u128(5)),
            secret: KeySecret([5; 32]),
            created_at: morning(),
            tokens_until: morning(),
        };
        store.add_signing_key(key, false).await.unwrap();
        store.add_token(token("crm")).await.unwrap();
        self.engine.apply_rules(Rules::from_json(r#"{ "reapertura": 1 }"#).unwrap()).await.unwrap();
        self.engine.apply_rules(Rules::from_json(r#"{ "reapertura": 2 }"#).unwrap()).await.unwrap();
        store.identify(vec![(ReferenceKind::Category, "Correo".into())]).await.unwrap();
        store.offer(vec![(ReferenceKind::Tag, "VIP".into()), (ReferenceKind::Service, "Redes".into())]).await.unwrap();
        assert!(store.add_subscription(subscription(9), 9).await.unwrap());
        create(store, creation()).await;
    }

    /// A request of now that may be repeated.
    async fn repeatable(&self) -> Idempotency {
        let now = self.engine.now();
        let (key, fingerprint) = ("again".into(), [7; 32]);
        let idempotency = Idempotency { owner: None, key, fingerprint, used_at: now, valid_from: now };
        create(self.engine.store(), Creation { idempotency: Some(idempotency.clone()), ..creation() }).await;
        idempotency
    }
}

fn user(number: u128, email: &str) -> UserRecord {
    let form = json!({ "email": email, "nombre": "Ada Administra", "password": "una clave", "rol": "ADMIN" });
    let new = NewUser::from_json(form.to_string().as_bytes()).unwrap();
    let user = User::new(ActorId(Uuid::from_u128(number)), new, morning());
    assert_eq!(user.role, UserRole::Admin);
    UserRecord { user, password: Some(PasswordHash("$argon2id$".into())) }
}

fn token(name: &str) -> TokenRecord {
    let form = json!({ "nombre": name, "alcances": ["tickets:read"] });
    let new = NewToken::from_json(form.to_string().as_bytes(), morning()).unwrap();
    let secret = TokenSecret::from_random([3; 6], [4; 32]);
    let token = Token::new(ActorId(Uuid::from_u128(6)), new, &secret, None, morning());
    TokenRecord { token, hash: TokenHash([6; 32]) }
}

fn subscription(number: u128) -> SubscriptionRecord {
    let form = json!({ "eventType": "TICKET", "webhook": { "url": "https://hooks.example/in" } });
    let new = NewSubscription::from_json(form.to_string().as_bytes()).unwrap();
    let subscription = Subscription::new(SubscriptionId(Uuid::from_u128(number)), new, morning());
    SubscriptionRecord { subscription, secrets: Secrets { current: Secret([1; 32]), previous: None } }
}

async fn lines(store: &impl Store, extent: Extent, now: Timestamp) -> Vec<Vec<u8>> {
    let mut export = Export::new(store, extent, now);
    let mut lines = Vec::new();
    while let Some(more) = export.lines().await.unwrap() {
        lines.extend(more.iter().map(|line| line.write().unwrap()));
    }
    lines
}

async fn take(store: &impl Store, lines: &[Vec<u8>]) -> Result<ImportReport, ImportError> {
    let mut import = Import::new(store);
    for line in lines {
        import.take(Line::parse(line)?).await?;
    }
    import.finish().await
}

async fn copy(from: &Elsewhere, to: &impl Store) -> ImportReport {
    take(to, &lines(from.engine.store(), Extent::Everything, from.engine.now()).await).await.unwrap()
}

/// Whose events are to be delivered, in the words of tickets: where they stand differs from store to store.
async fn undelivered(store: &impl Store, id: RecipientId) -> HashSet<(TicketId, u32)> {
    let place = store.find_recipient(id).await.unwrap().unwrap().position;
    let known: Vec<_> = store.undelivered(id).await.unwrap().iter().map(|delivery| delivery.position).collect();
    let wanted = |entry: &FeedEntry| entry.position > place || known.contains(&entry.position);
    let feed = store.feed(FeedPosition(0), u32::MAX).await.unwrap();
    feed.iter().filter(|entry| wanted(entry)).map(|entry| (entry.id, entry.event.seq)).collect()
}

pub(crate) async fn what_another_store_has_is_here_as_it_was_there(store: impl Store + Clone) {
    let mut elsewhere = Elsewhere::new().await;
    elsewhere.work(12).await;
    elsewhere.furnish().await;
    elsewhere.work(8).await;
    let repeated = elsewhere.repeatable().await;
    let there = elsewhere.engine.store();
    let report = copy(&elsewhere, &store).await;
    assert_eq!((report.stored, report.continued, report.known), (22, 0, 0));
    assert_eq!(report.left_out, []);

    assert_eq!(Digest::of(&store).await.unwrap(), Digest::of(there).await.unwrap());
    for id in &elsewhere.tickets {
        let (here, there) = (store.record(*id).await.unwrap(), there.record(*id).await.unwrap());
        assert_eq!(here, there);
        let label = LabelKey::from(here.unwrap().label);
        assert_eq!(store.find_public(label).await.unwrap(), there_public(&elsewhere, label).await);
    }
    assert_eq!(totals(&store).await, totals(there).await);

    assert_eq!(store.users().await.unwrap(), there.users().await.unwrap());
    for user in there.users().await.unwrap() {
        assert_eq!(store.find_user(user.id).await.unwrap(), there.find_user(user.id).await.unwrap());
    }
    assert_eq!(store.tokens().await.unwrap(), there.tokens().await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap(), there.signing_keys().await.unwrap());
    assert_eq!(store.rules_versions().await.unwrap(), there.rules_versions().await.unwrap());
    assert_eq!(store.references().await.unwrap(), there.references().await.unwrap());
    assert_eq!(store.subscriptions().await.unwrap(), there.subscriptions().await.unwrap());
    assert_eq!(store.find_key(&repeated).await.unwrap(), there.find_key(&repeated).await.unwrap());
    assert!(store.find_key(&repeated).await.unwrap().is_some());

    let told = RecipientId(Uuid::from_u128(9));
    let missed = undelivered(&store, told).await;
    assert_eq!(missed, undelivered(there, told).await);
    assert!(!missed.is_empty());
    // Numbers go on after those that came along.
    assert_eq!(create(&store, creation()).await.number(), 23);
}

/// In an order of their own.
async fn totals(store: &impl Store) -> Vec<String> {
    let totals = store.totals(&Scope::Everything).await.unwrap();
    let mut totals: Vec<_> = totals.iter().map(|total| format!("{total:?}")).collect();
    totals.sort();
    totals
}

async fn there_public(elsewhere: &Elsewhere, label: LabelKey) -> Option<Box<PublicRecord>> {
    elsewhere.engine.store().find_public(label).await.unwrap()
}

/// A move may be made while a desk goes on working, and be finished when it has stopped.
pub(crate) async fn what_is_taken_in_again_goes_on_where_it_was(store: impl Store + Clone) {
    let mut elsewhere = Elsewhere::new().await;
    elsewhere.work(9).await;
    elsewhere.furnish().await;
    copy(&elsewhere, &store).await;
    let again = copy(&elsewhere, &store).await;
    assert_eq!(again, ImportReport { known: 10, ..ImportReport::default() });
    elsewhere.work(3).await;
    let report = copy(&elsewhere, &store).await;
    assert_eq!((report.stored, &report.left_out[..]), (3, &[][..]));
    assert!(report.continued > 0, "{report:?}");
    assert_eq!(report.continued + report.known, 10);
    assert_eq!(Digest::of(&store).await.unwrap(), Digest::of(elsewhere.engine.store()).await.unwrap());
    assert_eq!(store.rules_versions().await.unwrap().len(), 3);
}

pub(crate) async fn what_is_here_already_stays(store: impl Store + Clone) {
    let (engine, _) = engine(store.clone()).await;
    let mine = create(&store, creation()).await;
    store.add_user(user(99, "ADA@example.com")).await.unwrap();
    store
        .add_token(TokenRecord {
            hash: TokenHash([9; 32]),
            token: Token { id: ActorId(Uuid::from_u128(8)), ..token("CRM").token },
        })
        .await
        .unwrap();
    store.offer(vec![(ReferenceKind::Tag, "Caro".into())]).await.unwrap();
    let active = engine.rules().hash();

    let mut elsewhere = Elsewhere::new().await;
    elsewhere.work(1).await;
    elsewhere.furnish().await;
    let report = copy(&elsewhere, &store).await;
    let said: Vec<_> = report.left_out.iter().map(LeftOut::to_string).collect();
    assert_eq!(
        said,
        [
            "the user Ada Administra: another one has the address here",
            "the token “crm”: another one has the name here",
            "tag 1 “VIP”: here the id is something else's, or the name has another one",
            &format!("{mine}: another ticket has this label here"),
        ]
    );
    // The other one of its tickets is here, under rules that are known now; those that were active are.
    assert_eq!(report.stored, 1);
    assert_eq!(store.active_rules().await.unwrap().unwrap().1.hash(), active);
    let named = store.find_references(vec![(ReferenceKind::Tag, Reference::Id(1))]).await.unwrap();
    assert_eq!(named[0].as_ref().unwrap().name, "Caro");
    // Something else has happened to one that both have.
    let id = create_both(&elsewhere, &store).await;
    for (store, text) in [("here", "Aquí"), ("there", "Allá")] {
        let command = Command::Pause { reason: reason(text) };
        let done = if store == "here" {
            engine.execute(id, &desk(), command).await.map(drop)
        } else {
            elsewhere.now.fetch_add(5, SeqCst);
            elsewhere.engine.execute(id, &desk(), command).await.map(drop)
        };
        done.unwrap();
    }
    let report = copy(&elsewhere, &store).await;
    assert!(report.left_out.iter().any(|left_out| matches!(left_out, LeftOut::Diverged(_))), "{report:?}");
}

/// A ticket elsewhere that is taken in here.
async fn create_both(elsewhere: &Elsewhere, store: &(impl Store + Clone)) -> TicketId {
    let (id, _) = create_through(&elsewhere.engine).await;
    copy(elsewhere, store).await;
    assert!(store.load(id).await.unwrap().is_some());
    id
}

pub(crate) async fn an_archive_that_is_not_whole_says_so(store: impl Store + Clone) {
    let mut elsewhere = Elsewhere::new().await;
    elsewhere.work(3).await;
    elsewhere.furnish().await;
    let whole = lines(elsewhere.engine.store(), Extent::Everything, elsewhere.engine.now()).await;
    let is_ticket = |line: &Vec<u8>| line.starts_with(b"{\"ticket\"");
    let first_ticket = whole.iter().position(is_ticket).unwrap();

    let mut without = whole.clone();
    without.remove(first_ticket);
    assert!(matches!(take(&store, &without).await, Err(ImportError::Damaged { .. })));
    let early = &whole[..whole.len() - 1];
    assert!(matches!(take(&store, early).await, Err(ImportError::TooShort)));
    assert!(matches!(take(&store, &whole[1..]).await, Err(ImportError::NoArchive)));
    let mut twice = whole.clone();
    twice.push(whole[first_ticket].clone());
    assert!(matches!(take(&store, &twice).await, Err(ImportError::TooLong)));
    let later = b"{\"archive\":{\"format\":2,\"at\":0,\"tickets\":0}}".to_vec();
    assert!(matches!(take(&store, &[later]).await, Err(ImportError::Format(2))));
    let unknown = [whole[0].clone(), b"{\"animal\":{}}".to_vec()];
    assert!(matches!(take(&store, &unknown).await, Err(ImportError::Line(_))));

    // What was taken is there, and the rest comes with the whole.
    assert_eq!(take(&store, &whole).await.unwrap().left_out, []);
    assert_eq!(Digest::of(&store).await.unwrap(), Digest::of(elsewhere.engine.store()).await.unwrap());

    let tickets = lines(elsewhere.engine.store(), Extent::Tickets, elsewhere.engine.now()).await;
    for secret in ["user", "key", "token", "repeatable", "subscription", "recipient"] {
        assert!(tickets.iter().all(|line| !line.starts_with(format!("{{\"{secret}\"").as_bytes())), "{secret}");
    }
    assert!(tickets.iter().filter(|line| is_ticket(line)).count() == 4);
}
