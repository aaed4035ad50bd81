use ticketing_core::{
    Actor, Command, Draft, Field, Rules, Ticket, Timestamp,
    integration::ReferenceKind,
    ticket::{Message, Scope},
    user::{BackOff, NewUser},
};
use ticketing_server::{
    Authority, CreateRequest, Engine, EngineOptions, PasswordCost,
    clock::SystemClock,
    store::{
        Attempt, AttemptKey, AttemptStore, Attempted, DeskStore, IntegrationStore, TicketStore, postgres::PostgresStore,
    },
};
use tokio::task::JoinSet;

use crate::{Database, desk};

/// Under the strictest isolation, transactions fail because of each other all the time. Each is run again, until it is done: nobody is
/// told, and nothing is done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_fail_because_of_each_other_are_run_again() {
    const PROCESSES: usize = 3;
    const TASKS: usize = 8;
    let Some(desk) = desk() else { return };
    let Database::Server(database) = &desk.database else { unreachable!() };
    let strict = format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", database.name);
    database.simple(&strict);
    let mut engines = Vec::new();
    for _ in 0..PROCESSES {
        let store = PostgresStore::connect(&database.url).await.unwrap();
        let options = EngineOptions { password_cost: PasswordCost::LEAST, ..EngineOptions::default() };
        engines.push(Engine::start_with(store, SystemClock, options).await.unwrap());
    }
    assert_eq!(database.simple("SHOW default_transaction_isolation"), [[Some("serializable".to_owned())]]);

    let shared = engines[0].create(CreateRequest::new(draft(&engines[0].rules()))).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..PROCESSES * TASKS {
        let engine = engines[task % PROCESSES].clone();
        let shared = shared.id;
        tasks.spawn(async move {
            let mut counted = 0;
            for round in 0..6 {
                engine.create(CreateRequest::new(draft(&engine.rules()))).await.unwrap();
                // All at one ticket.
                let say = Command::Comment { message: Message::new(&format!("{task} {round}")).unwrap() };
                while engine.execute(shared, &Actor::Requester, say.clone()).await.is_err() {}
                // All at one name, and each at some of their own.
                let names = vec![
                    (ReferenceKind::Tag, "compartida".to_owned()),
                    (ReferenceKind::Tag, format!("propia {task} {round}")),
                ];
                engine.store().identify(names).await.unwrap();
                // All at one count.
                let keys = vec![(AttemptKey([7; 32]), BackOff::ACCOUNT)];
                let now = Timestamp::parse("2026-03-24T10:15:00Z").unwrap();
                if engine.store().count_attempt(Attempt { keys, now }).await.unwrap() == Attempted::Counted {
                    counted += 1;
                }
            }
            // All at one address.
            let form = serde_json::json!({ "email": "una@example.com", "nombre": "Una", "password": "una clave larga", "rol": "ADMIN" });
            let user = NewUser::from_json(form.to_string().as_bytes()).unwrap();
            (counted, u32::from(engine.create_user(user, &Authority::Operator).await.is_ok()))
        });
    }
    let outcomes = tasks.join_all().await;
    let of_all = u32::try_from(PROCESSES * TASKS * 6).unwrap();
    assert_eq!(outcomes.iter().map(|(_, created)| created).sum::<u32>(), 1, "one has the address");
    assert_eq!(outcomes.iter().map(|(counted, _)| counted).sum::<u32>(), 5, "five attempts are free");

    let store = engines[1].store();
    let tags = store.identify(vec![(ReferenceKind::Tag, "compartida".to_owned())]).await.unwrap();
    assert!(tags[0] <= of_all + 1, "{tags:?}");
    let counted = database.simple("SELECT count(*), count(DISTINCT name) FROM refs").remove(0);
    assert_eq!(counted, [Some((of_all + 1).to_string()), Some((of_all + 1).to_string())], "a name has one id");
    let shared = store.record(shared.id).await.unwrap().unwrap();
    assert_eq!(shared.ticket.version, of_all + 1, "each comment once");
    assert_eq!(Ticket::replay(shared.ticket.id, shared.history.iter().map(|new| &new.event)).unwrap(), shared.ticket);
    let newest = store.histories(ticketing_server::store::LabelKey::NOTHING, 10_000).await.unwrap();
    let numbers: Vec<_> = newest.iter().map(|history| history.label.number()).collect();
    assert!(numbers.into_iter().eq(1..=of_all + 1), "each number once, none left out");
    let totals = store.totals(&Scope::Everything).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.tickets).sum::<u32>(), of_all + 1);
}

fn draft(rules: &Rules) -> ticketing_core::NewTicket {
    Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example.com")
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "Desde esta mañana no puedo iniciar sesión.")
        .with(Field::Priority, "ALTA")
        .validate(rules)
        .unwrap()
}
