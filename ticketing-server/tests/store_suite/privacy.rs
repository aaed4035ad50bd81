//! Erasure: what a person leaves behind is what they were counted by.

use proptest::strategy::ValueTree;
use ticketing_core::{
    EmailAddress,
    ticket::{REDACTED, Scope},
    user::NewUser,
};
use ticketing_server::{
    Authority, EraseError, EraseOptions, IdempotencyKey, ListRequest,
    archive::{Export, Extent, Import, Line, verify},
    store::{Forgotten, PrivacyStore, TicketRecord},
};

use super::*;

const ANA: &str = "Ana.Pérez@example.com";
const RITA: &str = "rita@example.com";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A ticket of somebody, with words of theirs that nobody else uses.
async fn ticket_of<S: Store>(engine: &Engine<S>, email: &str, word: &str) -> (TicketId, TicketLabel) {
    let (name, description, subject) =
        (format!("Nombre{word} Apellido"), format!("Descripción{word} larga"), format!("Asunto{word}"));
    let draft = Draft::new()
        .with(Field::Name, name)
        .with(Field::Email, email.to_owned())
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, description)
        .with(Field::Priority, "Alta")
        .with(Field::Phone, "+573001112233")
        .with(Field::Document, format!("CC{word}"))
        .with(Field::Subject, subject);
    let key = IdempotencyKey::new(&format!("key-{word}-{}", Uuid::now_v7()), word.as_bytes()).unwrap();
    let request = CreateRequest {
        address: Some(IpAddr::from([203, 0, 113, 7])),
        key: Some(key),
        ..CreateRequest::new(draft.validate(&engine.rules()).unwrap())
    };
    let created = engine.create(request).await.unwrap();
    (created.id, created.label)
}

async fn say<S: Store>(engine: &Engine<S>, id: TicketId, text: &str, visibility: Visibility) {
    let statement = Statement::new(text).unwrap();
    let say = Command::Say { visibility, statement, status: None, justification: None, said_at: None };
    engine.execute(id, &desk(), say).await.unwrap();
}

async fn close<S: Store>(engine: &Engine<S>, id: TicketId) {
    let update = Command::Update { status: Some(Status::Closed), priority: None, area: None, reply: None };
    engine.execute(id, &desk(), update).await.unwrap();
}

async fn record<S: Store>(engine: &Engine<S>, id: TicketId) -> TicketRecord {
    *engine.store().record(id).await.unwrap().unwrap()
}

/// All that statistics are made of.
async fn statistics<S: Store>(engine: &Engine<S>) -> Vec<String> {
    let mut lines: Vec<_> =
        engine.store().totals(&Scope::Everything).await.unwrap().iter().map(|total| format!("{total:?}")).collect();
    lines.sort();
    let mut after = LabelKey::NOTHING;
    loop {
        let records = engine.store().records(after, 100).await.unwrap();
        let Some(last) = records.last() else { return lines };
        after = last.label.into();
        for TicketRecord { ticket, label, history, .. } in records {
            // What was recorded of an erasure is no part of what was there before.
            let events = history.into_iter().map(|new| new.event).filter(|event| event.action != Action::Erased);
            let events: Vec<_> = events.map(|event| (event.action, event.recorded_at, event.changes)).collect();
            let Ticket { attributes, origin, status, assignee, tags, sla, created_at, .. } = ticket;
            let times = (ticket.resolved_at, ticket.closed_at, ticket.reopened_at, ticket.archived_at);
            lines.push(format!(
                "{label} {attributes:?} {origin:?} {status:?} {assignee:?} {tags:?} {sla:?} {created_at} {times:?} {events:?}"
            ));
        }
    }
}

async fn is_found<S: Store>(engine: &Engine<S>, text: &str) -> bool {
    while engine.index_words().await.unwrap() {}
    let request = ListRequest { text: Some(text.to_owned()), ..ListRequest::newest(10) };
    !engine.list(&desk(), request).await.unwrap().tickets.is_empty()
}

fn everything() -> EraseOptions {
    EraseOptions { open: true, user: true }
}

pub(super) async fn a_person_is_erased_and_nothing_else(store: impl Store + Clone) {
    let (engine, clock) = engine(store).await;
    let (own, own_label) = ticket_of(&engine, ANA, "anaprimera").await;
    let (second, _) = ticket_of(&engine, &ANA.to_uppercase(), "anasegunda").await;
    let (other, _) = ticket_of(&engine, RITA, "rita").await;
    let (third, _) = ticket_of(&engine, "ana.pérez+otra@example.com", "tercera").await;
    say(&engine, own, "Hola Anaprimera, ya lo vemos", Visibility::Public).await;
    say(&engine, own, "Es la Anaprimera de siempre", Visibility::Internal).await;
    say(&engine, other, "Lo mismo que ANA.PÉREZ@example.com, avisar.", Visibility::Internal).await;
    let clients = vec!["c-9".to_owned(), format!("Ana <{ANA}>")];
    engine
        .execute(other, &Actor::Token(ActorId(Uuid::from_u128(3))), Command::Edit(Edit::Clients(clients)))
        .await
        .unwrap();
    close(&engine, own).await;
    assert!(is_found(&engine, "Asuntoanaprimera").await && is_found(&engine, ANA).await);
    clock.fetch_add(60_000, SeqCst);
    let (before, states) = (statistics(&engine).await, (record(&engine, own).await, record(&engine, third).await));
    assert!(engine.look_up(&LookUp { label: own_label.to_string(), email: ANA.into() }).await.is_ok());

    // The second one is open.
    let admin = Actor::Admin(ActorId(Uuid::from_u128(1)));
    let refused = engine.erase_subject(&address(ANA), &admin, EraseOptions::default()).await;
    let Err(EraseError::Open(open)) = refused else { panic!("{refused:?}") };
    assert_eq!(open, [record(&engine, second).await.label]);
    let form = serde_json::json!({ "email": ANA, "nombre": "Ana Usuaria", "password": "una clave", "rol": "USUARIO" });
    let form = NewUser::from_json(form.to_string().as_bytes()).unwrap();
    let user = engine.create_user(form, &Authority::Operator).await.unwrap();
    let only_open = EraseOptions { open: true, user: false };
    let refused = engine.erase_subject(&address(ANA), &admin, only_open).await;
    assert!(matches!(refused, Err(EraseError::User(ref of)) if of.id == user.id), "{refused:?}");
    assert_eq!(engine.store().forgotten().await.unwrap(), []);
    assert_eq!(statistics(&engine).await, before);
    // Nobody else may.
    let refused = engine.erase_subject(&address(ANA), &desk(), everything()).await;
    assert!(matches!(refused, Err(EraseError::Engine(EngineError::Refused(_)))), "{refused:?}");

    let erased = engine.erase_subject(&address(ANA), &admin, everything()).await.unwrap();
    assert_eq!((erased.tickets, erased.mentions), (2, 1));
    assert_eq!(statistics(&engine).await, before);
    assert_eq!(engine.user_name(user.id).as_deref(), Some(REDACTED));

    let TicketRecord { ticket, intake, address: ip, history, .. } = record(&engine, own).await;
    assert_eq!((intake, ip), (Intake::default(), None));
    assert!(history.iter().all(|new| new.text.is_none() && new.on_behalf.is_none()));
    assert_eq!(Ticket::replay(own, history.iter().map(|new| &new.event)).unwrap(), ticket);
    let last = &history.last().unwrap().event;
    assert_eq!((last.action, last.author, last.public), (Action::Erased, admin.author(), false));
    assert_eq!((ticket.erased_at, ticket.has_requester), (Some(last.recorded_at), false));
    let missing = engine.look_up(&LookUp { label: own_label.to_string(), email: ANA.into() }).await;
    assert!(matches!(missing, Err(EngineError::NotFound)));
    let missing = engine.look_up(&LookUp { label: own_label.to_string(), email: String::new() }).await;
    assert!(matches!(missing, Err(EngineError::NotFound)));
    assert!(engine.store().repeatable(morning()).await.unwrap().iter().all(|of| of.label != LabelKey::from(own_label)));
    for word in ["Asuntoanaprimera", "Nombreanasegunda", ANA, "siempre", "CCanaprimera"] {
        assert!(!is_found(&engine, word).await, "{word}");
    }

    let TicketRecord { intake, history, ticket, .. } = record(&engine, other).await;
    assert_eq!(intake.requester.unwrap().email.as_str(), RITA);
    assert_eq!(intake.clients.unwrap(), ["c-9"]);
    let said: Vec<_> = history.iter().filter_map(|new| new.text.as_deref()).collect();
    assert_eq!(said, [&format!("Lo mismo que {REDACTED}, avisar."), "c-9"]);
    assert_eq!((ticket.erased_at, ticket.has_requester), (None, true));
    assert!(is_found(&engine, "Asuntorita").await);
    assert_eq!(record(&engine, third).await, states.1);

    // Once more changes nothing; what they ask from now on is theirs.
    let again = engine.erase_subject(&address(&ANA.to_lowercase()), &admin, everything()).await.unwrap();
    assert_eq!((again.tickets, again.mentions), (0, 0));
    let people = engine.store().forgotten().await.unwrap();
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].hash, Forgotten::hash(&people[0].key, &address(ANA).key()));
    clock.fetch_add(1, SeqCst);
    let (new, _) = ticket_of(&engine, ANA, "nueva").await;
    assert_eq!(engine.erase_forgotten().await.unwrap(), 0);
    assert!(record(&engine, new).await.intake.requester.is_some());
    // Gives all events their places in the feed, too.
    while engine.index_words().await.unwrap() {}
    assert_eq!(verify(engine.store()).await.unwrap().deviations, []);
}

/// Whatever has happened, and whoever is erased: what is counted stays, all is what it should be, and nothing is left of them.
pub(super) async fn prop_statistics_stay_whoever_is_erased(store: impl Store + Clone) {
    const PEOPLE: [&str; 3] = ["uno@example.com", "Dos@example.com", "tres.tres@sub.example.com"];
    let (engine, clock) = engine(store).await;
    let mut runner = TestRunner::deterministic();
    for case in 0..scaled(8) {
        let mut tickets = Vec::new();
        for (nth, email) in PEOPLE.iter().cycle().take(6).enumerate() {
            tickets.push(ticket_of(&engine, email, &format!("caso{case}n{nth}")).await.0);
        }
        for (nth, id) in tickets.iter().enumerate() {
            let steps = prop::collection::vec(any_step(), 0..10).new_tree(&mut runner).unwrap().current();
            let cited = format!("Ver {} y <{}>.", PEOPLE[nth % 3].to_uppercase(), PEOPLE[(nth + 1) % 3]);
            let cite = Command::Say {
                visibility: Visibility::ALL[nth % 2],
                statement: Statement::new(&cited).unwrap(),
                status: None,
                justification: None,
                said_at: None,
            };
            for (millis, actor, command) in steps.into_iter().chain([(1, desk(), cite)]) {
                clock.fetch_add(millis.max(0), SeqCst);
                match engine.execute(*id, &actor, command).await {
                    Ok(_) | Err(EngineError::Refused(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
        let erased = PEOPLE[case as usize % 3];
        // Whatever is done to a ticket notes first what was up.
        engine.keep_time().await.unwrap();
        let before = statistics(&engine).await;
        engine.erase_subject(&address(erased), &Actor::System, everything()).await.unwrap();
        assert!(statistics(&engine).await == before, "statistics are others");
        let left = engine.find_subject(&address(erased), |_| ()).await.unwrap();
        assert_eq!(left.tickets, []);
        while engine.index_words().await.unwrap() {}
        assert_eq!(verify(engine.store()).await.unwrap().deviations, []);
        let mut all = Vec::new();
        let mut export = Export::new(engine.store(), Extent::Everything, engine.now());
        while let Some(lines) = export.lines().await.unwrap() {
            all.extend(lines.iter().flat_map(|line| line.write().unwrap()));
        }
        let all = String::from_utf8(all).unwrap().to_lowercase();
        assert!(!all.contains(&erased.to_lowercase()), "{erased} is left");
        assert!(!all.contains(&format!("caso{case}n{}\"", case as usize % 3)), "the words of {erased} are left");
        // It is a new day, and they may come again.
        clock.fetch_add(86_400_000, SeqCst);
    }
}

pub(super) async fn what_is_over_for_long_enough_says_nothing_any_more(store: impl Store + Clone) {
    const DAY: i64 = 86_400_000;
    let (engine, clock) = engine(store).await;
    let (closed, _) = ticket_of(&engine, ANA, "cerrada").await;
    let (canceled, _) = ticket_of(&engine, RITA, "cancelada").await;
    let (open, _) = ticket_of(&engine, RITA, "abierta").await;
    close(&engine, closed).await;
    clock.fetch_add(10 * DAY, SeqCst);
    let cancel = Command::Cancel { reason: reason("ya no"), asked_by: AskedBy::Agent };
    engine.execute(canceled, &desk(), cancel).await.unwrap();
    clock.fetch_add(720 * DAY, SeqCst);
    // Without a rule, never.
    assert_eq!(engine.anonymise().await.unwrap(), 0);
    engine.apply_rules(Rules::from_json(r#"{ "anonimizacion": 24 }"#).unwrap()).await.unwrap();
    let before = statistics(&engine).await;
    let due = engine.rules().erases_before(engine.now()).unwrap();
    assert_eq!(engine.store().count_over_until(due).await.unwrap(), 0, "731 days are 24 months here");
    assert_eq!(engine.anonymise().await.unwrap(), 0);
    clock.fetch_add(DAY, SeqCst);
    let due = engine.rules().erases_before(engine.now()).unwrap();
    assert_eq!(engine.store().count_over_until(due).await.unwrap(), 1);
    assert_eq!(engine.anonymise().await.unwrap(), 1);
    assert!(record(&engine, closed).await.ticket.is_erased());
    let last = record(&engine, closed).await.history.pop().unwrap().event;
    assert_eq!((last.action, last.author.role), (Action::Erased, Role::System));
    assert_eq!(statistics(&engine).await, before);
    clock.fetch_add(10 * DAY, SeqCst);
    assert_eq!(engine.anonymise().await.unwrap(), 1);
    clock.fetch_add(10_000 * DAY, SeqCst);
    assert_eq!(engine.anonymise().await.unwrap(), 0);
    assert_eq!(record(&engine, canceled).await.intake, Intake::default());
    assert!(record(&engine, open).await.intake.requester.is_some());
    // They were not erased at their own request: an archive may bring them back.
    assert_eq!(engine.store().forgotten().await.unwrap(), []);
    while engine.index_words().await.unwrap() {}
    assert_eq!(verify(engine.store()).await.unwrap().deviations, []);
}

pub(super) async fn an_archive_brings_nobody_back(store: impl Store + Clone) {
    let directory = tempfile::tempdir().unwrap();
    let (elsewhere, _) = engine(SqliteStore::open(directory.path().join("ticketing.db")).unwrap()).await;
    let (own, _) = ticket_of(&elsewhere, ANA, "antigua").await;
    let (other, _) = ticket_of(&elsewhere, RITA, "ajena").await;
    say(&elsewhere, other, &format!("Como {ANA}"), Visibility::Public).await;
    let archive = async || {
        let mut export = Export::new(elsewhere.store(), Extent::Tickets, elsewhere.now());
        let mut all = Vec::new();
        while let Some(lines) = export.lines().await.unwrap() {
            all.extend(lines);
        }
        all
    };
    let take = async |lines: Vec<Line>| {
        let mut import = Import::new(&store);
        for line in lines {
            import.take(line).await.unwrap();
        }
        import.finish().await.unwrap()
    };
    let old = archive().await;
    take(old.clone()).await;
    let (engine, _) = engine(store.clone()).await;
    assert!(record(&engine, own).await.intake.requester.is_some());

    // What is erased there is erased here as it goes on.
    elsewhere.erase_subject(&address(ANA), &Actor::System, everything()).await.unwrap();
    let report = take(archive().await).await;
    assert_eq!((report.continued, &report.left_out[..]), (2, &[][..]));
    assert_eq!(record(&engine, own).await, record(&elsewhere, own).await);
    assert_eq!(record(&engine, other).await, record(&elsewhere, other).await);
    let forgotten = engine.store().forgotten().await.unwrap();
    assert_eq!(forgotten, elsewhere.store().forgotten().await.unwrap());
    // The older one changes nothing here.
    assert_eq!(take(old.clone()).await.known, 2);
    assert_eq!(record(&engine, own).await.intake, Intake::default());

    // In a store that has only been told who it was, they are erased again.
    let directory = tempfile::tempdir().unwrap();
    let third = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
    let mut import = Import::new(&third);
    for line in old {
        import.take(line).await.unwrap();
    }
    import.finish().await.unwrap();
    third.note_forgotten(forgotten).await.unwrap();
    let (third, _) = super::engine(third).await;
    assert_eq!(third.erase_forgotten().await.unwrap(), 2);
    assert_eq!(third.erase_forgotten().await.unwrap(), 0);
    assert_eq!(record(&third, own).await.intake, Intake::default());
    assert_eq!(third.find_subject(&address(ANA), |_| ()).await.unwrap().tickets, []);
}
