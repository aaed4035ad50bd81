//! What only a store that many processes share has to do. Each store here is what a process has: connections, writers, counts.

use std::{collections::HashMap, time::Duration};

use ticketing_core::ticket::Scope;
use ticketing_server::store::{
    DeskStore, FeedEntry, FeedPosition, FeedStore, Filter, IntegrationStore, ListQuery, Narrow, PageQuery, PageStart,
    Search,
    postgres::{PostgresOptions, PostgresStore},
};
use tokio::time::{sleep, timeout};

use super::*;

async fn connect(database: &ServerDatabase) -> PostgresStore {
    PostgresStore::connect(&database.url).await.unwrap()
}

async fn connect_with_block(database: &ServerDatabase, numbers: u32) -> PostgresStore {
    let options = PostgresOptions { label_block: Some(numbers), ..PostgresOptions::default() };
    PostgresStore::connect_with(&database.url, &options).await.unwrap()
}

/// A number that a statement answers.
fn number(database: &ServerDatabase, sql: &str) -> i64 {
    let rows = database.simple(sql);
    rows[0][0].as_deref().unwrap().parse().unwrap()
}

/// Creates a ticket in an area of some, and works on it.
async fn create_and_work(store: &PostgresStore, number: usize) -> (TicketLabel, TicketId) {
    let mut creation = creation();
    let area = ["Redes", "Sistemas", "Nómina"][number % 3];
    area.clone_into(&mut creation.ticket.attributes.area);
    let label = create(store, creation.clone()).await;
    let pause = follow_up(&creation.ticket, &desk(), [Command::Pause { reason: reason("Esperamos") }]);
    assert_eq!(store.append(pause).await.unwrap(), Appended::Stored);
    (label, creation.id)
}

/// Compares counters, rows and lists.
async fn assert_all_add_up(store: &PostgresStore, database: &ServerDatabase, tickets: usize) {
    let counted = "SELECT count(*) FROM (
                       SELECT facet, count(*) AS n FROM tickets GROUP BY facet
                   ) t
                   FULL JOIN (
                       SELECT facet, sum(tickets) AS n FROM facet_counts GROUP BY facet HAVING sum(tickets) <> 0
                   ) c ON c.facet = t.facet
                   WHERE t.n IS DISTINCT FROM c.n";
    assert_eq!(number(database, counted), 0, "counters are what counting comes to");
    for lost in [
        "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = e.ticket)",
        "SELECT count(*) FROM intake i WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id = i.ticket)",
        "SELECT count(*) FROM texts x WHERE NOT EXISTS
             (SELECT 1 FROM events e WHERE e.ticket = x.ticket AND e.seq = x.seq)",
        "SELECT count(*) FROM tickets t WHERE t.version <> (SELECT count(*) FROM events e WHERE e.ticket = t.id)",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (SELECT 1 FROM facets f WHERE f.id = t.facet)",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (SELECT 1 FROM intake i WHERE i.ticket = t.id)",
    ] {
        assert_eq!(number(database, lost), 0, "{lost}");
    }
    let totals = store.totals(&Scope::Everything).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.tickets as usize).sum::<usize>(), tickets);
    for total in totals {
        let filter = Filter {
            area_keys: Some(vec![total.area_key]),
            status: Some(total.status),
            priority_keys: Some(vec![total.priority_key]),
            is_archived: Some(total.is_archived),
            origin: Some(total.origin),
        };
        let query = ListQuery { scope: Scope::Everything, filter, search: None, before: None, limit: 10_000 };
        let page = store.list(query).await.unwrap();
        assert_eq!(page.tickets.len(), total.tickets as usize);
        assert_eq!(page.total, Some(total.tickets.into()));
    }
}

/// Follows the feed to its end; asserts that each ticket's events are in their order.
async fn follow(store: &PostgresStore, feed: &mut Vec<FeedEntry>, events: usize) {
    while feed.len() < events {
        let after = feed.last().map_or(FeedPosition::default(), |last| last.position);
        let page = store.feed(after, 50).await.unwrap();
        if page.is_empty() {
            sleep(Duration::from_millis(2)).await;
        }
        feed.extend(page);
    }
    let mut versions: HashMap<TicketId, u32> = HashMap::new();
    for entry in feed.iter() {
        let version = versions.entry(entry.id).or_default();
        *version += 1;
        assert_eq!(entry.event.seq, *version, "none is missing, none is told twice");
    }
}

#[test]
fn whatever_several_processes_do_at_once_adds_up_and_nobody_who_follows_misses_any_of_it() {
    const PROCESSES: usize = 3;
    const TASKS: usize = 8;
    const TICKETS: usize = 5;
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let mut stores = Vec::new();
        for _ in 0..PROCESSES {
            stores.push(connect(&database).await);
        }
        let mut work = JoinSet::new();
        for (number, store) in (0..PROCESSES * TASKS).zip(stores.iter().cycle()) {
            let store = store.clone();
            work.spawn(async move {
                let mut labels = Vec::new();
                for nth in 0..TICKETS {
                    labels.push(Box::pin(create_and_work(&store, number + nth)).await.0.number());
                    // All of them, all the time.
                    store.give_positions().await.unwrap();
                }
                labels
            });
        }
        let events = PROCESSES * TASKS * TICKETS * 2;
        let follower = connect(&database).await;
        let following = tokio::spawn(async move {
            let mut feed = Vec::new();
            follow(&follower, &mut feed, events).await;
            feed
        });
        let mut labels = work.join_all().await.concat();
        labels.sort_unstable();
        assert!(labels.into_iter().eq(1..=u32::try_from(events / 2).unwrap()), "unique and without gaps");
        let feed = timeout(Duration::from_secs(30), following).await.unwrap().unwrap();
        assert!(feed.windows(2).all(|pair| pair[0].position < pair[1].position));
        assert_eq!(stores[0].feed(FeedPosition::default(), 10_000).await.unwrap(), feed);
        assert!(!stores[0].give_positions().await.unwrap(), "nothing waits");
        assert_all_add_up(&stores[0], &database, events / 2).await;

        // Counts of processes that are gone are made one, and nothing else becomes of them.
        let store = connect(&database).await;
        let shards =
            "INSERT INTO facet_counts SELECT f.id, gen_random_uuid(), n FROM facets f, generate_series(-20, 20) n";
        database.simple(shards);
        store.forget_keys_before(Timestamp::MAX).await.unwrap();
        assert_eq!(
            number(&database, "SELECT count(*) FROM facet_counts"),
            number(&database, "SELECT count(DISTINCT facet) FROM tickets")
        );
        assert_eq!(
            number(&database, "SELECT count(*) FROM facets"),
            number(&database, "SELECT count(DISTINCT facet) FROM tickets")
        );
        assert_all_add_up(&store, &database, events / 2).await;
        Box::pin(create_and_work(&stores[1], 0)).await;
        assert_all_add_up(&store, &database, events / 2 + 1).await;
    });
}

#[test]
fn of_a_key_that_is_used_in_several_processes_at_once_one_creation_is_stored() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let stores = [connect(&database).await, connect(&database).await, connect(&database).await];
        for key in 0..10 {
            let mut creations = JoinSet::new();
            for store in stores.iter().cycle().take(9) {
                let store = store.clone();
                creations.spawn(async move {
                    let creation = keyed(&format!("clave-{key}"), 1, morning());
                    (creation.id, store.create(creation).await.unwrap())
                });
            }
            let outcomes = creations.join_all().await;
            let new: Vec<_> = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Created::New(_))).collect();
            assert_eq!(new.len(), 1);
            for (_, outcome) in &outcomes {
                if let Created::KeyUsed(used) = outcome {
                    assert!(matches!(used, KeyUse::SameRequest { id, .. } if *id == new[0].0));
                }
            }
        }
        assert_eq!(number(&database, "SELECT count(*) FROM tickets"), 10);
        assert_eq!(create(&stores[0], creation()).await.number(), 11, "the others used no numbers");
    });
}

#[test]
fn connections_that_are_cut_at_any_time_lose_nothing_that_was_answered_and_double_nothing() {
    const TASKS: usize = 6;
    const TICKETS: usize = 40;
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let store = connect(&database).await;
        let mut work = JoinSet::new();
        for number in 0..TASKS {
            let store = store.clone();
            work.spawn(async move {
                let mut stored = Vec::new();
                for _ in 0..TICKETS {
                    let creation = creation();
                    match store.create(creation.clone()).await {
                        Ok(Created::New(label)) => stored.push((label, creation.id, 1)),
                        Ok(other) => panic!("{other:?}"),
                        // Whoever asked is told that it is not known.
                        Err(StoreError::Unavailable(_)) => continue,
                        Err(error) => panic!("{error:?}"),
                    }
                    let say = Command::Comment { message: Message::new(&format!("Número {number}")).unwrap() };
                    let comment = follow_up(&creation.ticket, &Actor::Requester, [say]);
                    match store.append(comment).await {
                        Ok(Appended::Stored) => stored.last_mut().unwrap().2 = 2,
                        // Nobody else is at that ticket.
                        Ok(other) => panic!("{other:?}"),
                        Err(StoreError::Unavailable(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
                stored
            });
        }
        let mut cuts = 0;
        let mut stored = Vec::new();
        while !work.is_empty() {
            // All of this database but the one that does it.
            database.simple(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            );
            cuts += 1;
            while let Ok(Some(done)) = timeout(Duration::from_millis(40), work.join_next()).await {
                stored.extend(done.unwrap());
            }
        }
        assert!(cuts > 2, "there was something to cut");
        for (label, id, version) in &stored {
            let found = store.find_label((*label).into()).await.unwrap();
            assert_eq!(found, Some((*id, *label)));
            let ticket = store.load(*id).await.unwrap().unwrap();
            assert!(ticket.version >= *version);
            is_its_history(&store, *id, *label).await;
        }
        let tickets = number(&database, "SELECT count(*) FROM tickets");
        assert!(stored.len() > TASKS * TICKETS / 2, "most of it is done again and not refused: {}", stored.len());
        assert_eq!(number(&database, "SELECT last FROM label_counters"), tickets, "no gaps");
        assert_all_add_up(&store, &database, usize::try_from(tickets).unwrap()).await;
        store.give_positions().await.unwrap();
        let events = number(&database, "SELECT count(*) FROM events");
        let mut feed = Vec::new();
        timeout(Duration::from_secs(30), follow(&store, &mut feed, usize::try_from(events).unwrap())).await.unwrap();
    });
}

#[test]
fn numbers_taken_ahead_are_unique_in_order_by_process_and_given_back() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let (one, other) = (connect_with_block(&database, 10).await, connect_with_block(&database, 10).await);
        let mut given: Vec<Vec<(u16, u32)>> = vec![Vec::new(), Vec::new()];
        for nth in 0..36_u32 {
            // The year turns while blocks of the old one are open, and some clocks are late.
            let year = if nth < 20 || nth % 5 == 0 { 2026 } else { 2027 };
            for (store, given) in [&one, &other].into_iter().zip(&mut given) {
                let label = create(store, creation_at(morning(), year)).await;
                given.push((label.year(), label.number()));
            }
        }
        for given in &given {
            for year in [2026, 2027] {
                let of_year: Vec<_> = given.iter().filter(|(of, _)| *of == year).collect();
                assert!(of_year.is_sorted(), "{of_year:?}");
            }
        }
        let all: HashSet<_> = given.concat().into_iter().collect();
        assert_eq!(all.len(), 72);
        // With a page's place found by counting, where labels have gaps.
        for (skipped, expected) in [(0, 2027), (71, 2026)] {
            let query = PageQuery {
                scope: Scope::Everything,
                filter: Filter::default(),
                narrow: Narrow::default(),
                search: None,
                start: PageStart::After(skipped),
                limit: 1,
            };
            let page = one.page(query).await.unwrap();
            assert_eq!((page.total, page.tickets[0].label.year()), (72, expected));
        }

        // What a process has left is given back when it ends.
        drop((one, other));
        let rests = "SELECT count(*) FROM label_rests";
        for _ in 0..200 {
            if number(&database, rests) > 0 {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(200)).await;
        let store = connect_with_block(&database, 10).await;
        let last: i64 = number(&database, "SELECT sum(last) FROM label_counters");
        let mut all = all;
        for year in [2026, 2027] {
            while number(&database, &format!("SELECT count(*) FROM label_rests WHERE year = {year}")) > 0 {
                let label = create(&store, creation_at(morning(), year)).await;
                assert!(all.insert((label.year(), label.number())), "{label}");
            }
        }
        assert_eq!(number(&database, "SELECT sum(last) FROM label_counters"), last, "nothing new was taken");
    });
}

#[test]
fn numbers_given_at_once_from_blocks_are_unique() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let mut creations = JoinSet::new();
        let stores = [connect_with_block(&database, 7).await, connect_with_block(&database, 7).await];
        for store in stores.iter().cycle().take(200) {
            let store = store.clone();
            creations.spawn(async move { create(&store, creation()).await.number() });
        }
        let numbers: HashSet<_> = creations.join_all().await.into_iter().collect();
        assert_eq!(numbers.len(), 200);
        assert!(numbers.iter().all(|number| *number <= 214), "no block is left while another is taken");
    });
}

#[test]
fn transactions_that_get_in_each_other_s_way_are_run_again() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    database.simple(&format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", database.name));
    run(async {
        let stores = [connect(&database).await, connect(&database).await, connect(&database).await];
        let mut work = JoinSet::new();
        for (number, store) in stores.iter().cycle().take(24).enumerate() {
            let store = store.clone();
            work.spawn(async move {
                let mut labels = Vec::new();
                for nth in 0..3 {
                    labels.push(Box::pin(create_and_work(&store, number + nth)).await.0.number());
                    store.give_positions().await.unwrap();
                }
                labels
            });
        }
        let mut labels = work.join_all().await.concat();
        labels.sort_unstable();
        assert!(labels.into_iter().eq(1..=72), "unique and without gaps");
        let mut feed = Vec::new();
        timeout(Duration::from_secs(30), follow(&stores[0], &mut feed, 144)).await.unwrap();
        assert_all_add_up(&stores[0], &database, 72).await;
    });
}

#[test]
fn several_that_start_at_once_on_an_empty_database_make_one_schema() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let mut stores = JoinSet::new();
        for _ in 0..5 {
            let url = database.url.clone();
            stores.spawn(async move { PostgresStore::connect(&url).await.unwrap() });
        }
        for store in stores.join_all().await {
            create(&store, creation()).await;
        }
        assert_eq!(number(&database, "SELECT count(*) FROM tickets"), 5);
        assert_eq!(number(&database, "SELECT count(*) FROM migration_lease"), 0);
        // A newer program's database is left alone.
        database.simple("INSERT INTO refinery_schema_history SELECT 999, 'newer', applied_on, '1' FROM refinery_schema_history LIMIT 1");
        let refused = PostgresStore::connect(&database.url).await.err().unwrap();
        assert!(matches!(refused, StoreError::Damaged(_)), "{refused:?}");
    });
}

#[test]
fn what_is_looked_for_may_have_characters_that_nothing_stored_has() {
    let Some(database) = ServerDatabase::or_say_so() else { return };
    run(async {
        let store = connect(&database).await;
        create(&store, creation()).await;
        while store.index_words().await.unwrap() {}
        let filter = Filter { area_keys: Some(vec!["a\0b".into()]), ..Filter::default() };
        let query = ListQuery { scope: Scope::Everything, filter, search: None, before: None, limit: 9 };
        assert_eq!(store.list(query.clone()).await.unwrap().tickets, []);
        let search = Some(Search::Words(vec!["gar\0cía".into(), "'".into(), "\\'x:*".into()]));
        let query = ListQuery { filter: Filter::default(), search, ..query };
        assert_eq!(store.list(query.clone()).await.unwrap().tickets, []);
        let search =
            Some(Search::Words(vec!["DROP\0TABLE".into(), "O'Higgins".into(), "ana.garcía+mesa@EXAMPLE.com".into()]));
        let query = ListQuery { search, ..query };
        assert_eq!(store.list(query).await.unwrap().tickets.len(), 1);
        let narrow = Narrow { category: Some("Sis\0temas".into()), ..Narrow::default() };
        let start = PageStart::After(0);
        let filter = Filter::default();
        let query = PageQuery { scope: Scope::Everything, filter, narrow, search: None, start, limit: 9 };
        assert_eq!(store.page(query).await.unwrap().total, 0);
    });
}

#[test]
fn a_database_that_is_out_of_reach_says_so_and_does_not_say_the_password() {
    run(async {
        let options = PostgresOptions { connect_timeout: Duration::from_millis(500), ..PostgresOptions::default() };
        for url in [
            // Nobody listens there.
            "postgres://ticketing:s3cret@127.0.0.1:1/ticketing",
            "postgres://ticketing:s3cret@127.0.0.1:1,127.0.0.1:2/ticketing?sslmode=verify-full",
            "postgres://ticketing:s3cret@127.0.0.1:port/ticketing",
            "postgres://ticketing:s3cret@127.0.0.1/ticketing?sslmode=s3cret",
        ] {
            let error = PostgresStore::connect_with(url, &options).await.err().unwrap();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    });
}
