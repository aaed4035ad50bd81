//! Reports: whatever has happened, and however it was summed up, they say what the histories come to.

use std::time::{Duration, Instant};

use proptest::strategy::ValueTree;
use ticketing_core::{
    TimeDelta, Zone,
    report::{Dimension, FACTS_VERSION, Holds, Period, Report, Rollup, Stretch, history_facts},
};
use ticketing_server::{
    ReportAsk, TakeOver,
    archive::{Export, Extent, Import, verify},
    store::{FeedPosition, FeedStore, Filter, KeptSums, ListQuery, ReportSet, Search, SetNumber, SumsChange},
};
use tokio::time::{sleep, timeout};

use super::*;

const DAY: i64 = 86_400_000;

/// Everything from the events themselves.
async fn recomputed<S: Store>(engine: &Engine<S>) -> Rollup {
    let (mut rollup, book, mut after) = (Rollup::default(), engine.book(), LabelKey::NOTHING);
    loop {
        let histories = engine.store().histories(after, 100).await.unwrap();
        let Some(last) = histories.last() else { return rollup };
        after = last.label.into();
        for history in &histories {
            let facts = history_facts(history.id, &history.events, &book).unwrap();
            for fact in &facts {
                rollup.apply(fact);
            }
        }
    }
}

fn any_ask(now: Timestamp) -> impl Strategy<Value = (ReportAsk, Actor)> {
    let zones = vec![
        Zone::default(),
        Zone::fixed("Asia/Kathmandu", 5 * 3600 + 45 * 60),
        Zone::fixed("America/Bogota", -5 * 3600),
        Zone::fixed("Australia/Lord_Howe", 10 * 3600 + 30 * 60),
    ];
    let periods = vec![Period::Hour, Period::Day, Period::Day, Period::Week, Period::Month, Period::Year];
    let by = prop::option::weighted(0.8, prop::sample::select(&Dimension::ALL));
    let actor = prop_oneof![3 => Just(desk()), 1 => any_area().prop_map(|area| {
        Actor::Area { id: ActorId(Uuid::from_u128(5)), area }
    })];
    let areas = prop::collection::vec(any_area(), 0..2);
    (prop::sample::select(zones), prop::sample::select(periods), by, 0..90 * DAY, 1..90 * DAY, areas, actor).prop_map(
        move |(zone, period, by, before, length, areas, actor)| {
            let length = if period == Period::Hour { length % (5 * DAY) } else { length };
            let instant = |millis| Timestamp::saturating_from_unix_millis(millis);
            let from = now.unix_millis() - before;
            let (from, until) = (instant(from), instant(from + length.max(DAY)));
            (ReportAsk { from, until, zone, period, by, areas, values: vec![] }, actor)
        },
    )
}

/// Some reports say what all events come to.
async fn is_as_recomputed<S: Store>(engine: &Engine<S>, runner: &mut TestRunner, reports: usize) {
    let rollup = recomputed(engine).await;
    for _ in 0..reports {
        let (ask, actor) = any_ask(engine.now()).new_tree(runner).unwrap().current();
        let answer = engine.report(&actor, &ask).await.unwrap();
        assert_eq!(answer.behind, 0);
        let query = ask.clone().query(actor.scope(&engine.rules()).unwrap(), engine.now());
        assert!(answer.report == Report::of(&query, &rollup, &engine.rules()).unwrap(), "{ask:?} of {actor:?}");
    }
}

/// This and that happens to tickets, of which some have come to be elsewhere before.
async fn work<S: Store>(engine: &Engine<S>, clock: &AtomicI64, runner: &mut TestRunner, tickets: &mut Vec<TicketId>) {
    let of = |runner: &mut TestRunner, most: u32| runner.rng().random_range(0..most);
    if of(runner, 3) > 0 || tickets.is_empty() {
        tickets.push(create_through(engine).await.0);
    } else {
        let earlier = engine.now().unix_millis() - i64::from(of(runner, 200)) * DAY / 3;
        let new = draft().validate(&engine.rules()).unwrap();
        let new = new.since(Timestamp::from_unix_millis(earlier).unwrap());
        let id = TicketId(Uuid::now_v7());
        engine.take_over(vec![TakeOver { id, label: None, ticket: new }]).await.unwrap();
        tickets.push(id);
    }
    for _ in 0..of(runner, 6) {
        let index = of(runner, u32::try_from(tickets.len()).unwrap()) as usize;
        let (millis, actor, command) = any_step().new_tree(runner).unwrap().current();
        clock.fetch_add(millis, SeqCst);
        match engine.execute(tickets[index], &actor, command).await {
            Ok(_) | Err(EngineError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn roll_up_all<S: Store>(engine: &Engine<S>) {
    engine.give_positions().await.unwrap();
    while engine.roll_up().await.unwrap() {}
}

async fn read_set(store: &impl Store) -> ReportSet {
    store.report_sets().await.unwrap().into_iter().find(|set| set.is_read).unwrap()
}

/// Whatever happens, and whenever it is summed up, by one process or by another; also after all was made anew.
pub(super) async fn prop_reports_say_what_the_histories_come_to(store: impl Store + Clone) {
    let mut runner = TestRunner::deterministic();
    let (engine, clock) = engine(store.clone()).await;
    let shared = Arc::clone(&clock);
    let now = move || Timestamp::from_unix_millis(shared.load(SeqCst)).unwrap();
    let other = Engine::start_with_clock(store.clone(), now).await.unwrap();
    let mut tickets = Vec::new();
    for round in 0..scaled(12) {
        for _ in 0..8 {
            work(&engine, &clock, &mut runner, &mut tickets).await;
        }
        if round == 4 {
            let bogota =
                r#"{ "zona": "America/Bogota", "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -18000 }] }"#;
            engine.apply_rules(Rules::from_json(bogota).unwrap()).await.unwrap();
            other.refresh().await.unwrap();
        }
        match round % 4 {
            0 => roll_up_all(&engine).await,
            1 => roll_up_all(&other).await,
            // Whoever asks sums up what is missing.
            _ => {}
        }
        is_as_recomputed(&engine, &mut runner, 4).await;
        is_as_recomputed(&other, &mut runner, 2).await;
        // After which days and months are over that were not.
        clock.fetch_add(3 * DAY, SeqCst);
    }
    roll_up_all(&engine).await;
    clock.fetch_add(6_000, SeqCst);
    let set = read_set(&store).await;
    let kept = store.kept_stretches(set.number).await.unwrap();
    for holds in [Holds::Whole, Holds::Stock] {
        assert!(kept.iter().any(|stretch| stretch.holds == holds), "{holds:?}: nothing is kept of longer stretches");
    }
    is_as_recomputed(&engine, &mut runner, 10).await;
    assert_eq!(set.unreadable, 0);

    assert!(engine.rebuild_reports().await.unwrap() > 0);
    let anew = read_set(&store).await;
    assert!(anew.number > set.number);
    assert_eq!(anew.position, set.position);
    assert_eq!(store.kept_stretches(set.number).await.unwrap(), []);
    is_as_recomputed(&other, &mut runner, 10).await;
    // To the octet.
    let everything = vec![Stretch::hours(0, u32::MAX)];
    assert!(store.kept_sums(set.number, everything.clone()).await.unwrap().is_empty());
    let rollup = recomputed(&engine).await;
    let mut kept = store.kept_sums(anew.number, everything).await.unwrap();
    kept.retain(|kept| !ticketing_core::report::Sums::from_bytes(&kept.octets).unwrap().is_empty());
    kept.sort_by_key(|kept| (kept.by, kept.stretch));
    let expected = rollup.hours().map(|(by, stretch, sums)| KeptSums { by, stretch, octets: sums.to_bytes() });
    assert!(kept.into_iter().eq(expected), "what is kept is not what the events come to");
}

/// Two processes sum up what happens while it happens, and somebody asks.
pub(super) async fn processes_that_sum_up_at_once_count_everything_once(store: impl Store + Clone) {
    let (one, clock) = engine(store.clone()).await;
    let (other, _) = engine(store.clone()).await;
    let mut tasks = JoinSet::new();
    for engine in [&one, &other] {
        let engine = engine.clone();
        tasks.spawn(async move {
            for _ in 0..20 {
                // A process leaves to another one what that one works on, but not what a report needs.
                engine.give_positions().await.unwrap();
                engine.roll_up().await.unwrap();
                let ask = ReportAsk {
                    from: engine.now(),
                    until: Timestamp::from_unix_millis(engine.now().unix_millis() + DAY).unwrap(),
                    zone: Zone::default(),
                    period: Period::Day,
                    by: None,
                    areas: vec![],
                    values: vec![],
                };
                engine.report(&desk(), &ask).await.unwrap();
            }
        });
    }
    for engine in [&one, &other] {
        let engine = engine.clone();
        tasks.spawn(async move {
            for _ in 0..30 {
                let (id, _) = create_through(&engine).await;
                let resolve =
                    Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
                engine.execute(id, &desk(), resolve).await.unwrap();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    clock.fetch_add(60_000, SeqCst);
    is_as_recomputed(&one, &mut TestRunner::deterministic(), 6).await;
    let rollup = recomputed(&one).await;
    let set = read_set(&store).await;
    let mut kept = store.kept_sums(set.number, vec![Stretch::hours(0, u32::MAX)]).await.unwrap();
    kept.sort_by_key(|kept| (kept.by, kept.stretch));
    let expected = rollup.hours().map(|(by, stretch, sums)| KeptSums { by, stretch, octets: sums.to_bytes() });
    assert!(kept.into_iter().eq(expected));
}

/// What a person leaves behind is what they were counted by; and what another store has is counted as it was there.
pub(super) async fn reports_stay_when_a_person_is_erased_and_when_a_desk_moves(store: impl Store + Clone) {
    let mut runner = TestRunner::deterministic();
    let directory = tempfile::tempdir().unwrap();
    let (elsewhere, clock) = engine(SqliteStore::open(directory.path().join("ticketing.db")).unwrap()).await;
    let mut tickets = Vec::new();
    for _ in 0..12 {
        work(&elsewhere, &clock, &mut runner, &mut tickets).await;
    }
    elsewhere.keep_time().await.unwrap();
    roll_up_all(&elsewhere).await;
    let reports = async |engine: &Engine<SqliteStore>| {
        let mut reports = Vec::new();
        for by in Dimension::ALL {
            let from = Timestamp::from_unix_millis(morning().unix_millis() - 100 * DAY).unwrap();
            let until = Timestamp::from_unix_millis(morning().unix_millis() + 300 * DAY).unwrap();
            let zone = Zone::default();
            let ask =
                ReportAsk { from, until, zone, period: Period::Week, by: Some(by), areas: vec![], values: vec![] };
            reports.push(engine.report(&desk(), &ask).await.unwrap().report);
        }
        reports
    };
    let before = reports(&elsewhere).await;
    assert!(before.iter().all(|report| !report.rows.is_empty()));
    let address = ticketing_core::EmailAddress::parse(EMAIL).unwrap();
    let everything = ticketing_server::EraseOptions { open: true, user: true };
    let erased = elsewhere.erase_subject(&address, &Actor::System, everything).await.unwrap();
    assert!(erased.tickets > 0);
    assert!(reports(&elsewhere).await == before, "an erased person counts for other figures");
    elsewhere.rebuild_reports().await.unwrap();
    assert!(reports(&elsewhere).await == before, "without an erased person, a rebuild comes to other figures");

    let (engine, here) = engine(store.clone()).await;
    here.store(clock.load(SeqCst), SeqCst);
    create_through(&engine).await;
    roll_up_all(&engine).await;
    let mut export = Export::new(elsewhere.store(), Extent::Everything, elsewhere.now());
    let mut import = Import::new(&store);
    while let Some(lines) = export.lines().await.unwrap() {
        for line in lines {
            import.take(line).await.unwrap();
        }
    }
    import.finish().await.unwrap();
    engine.refresh().await.unwrap();
    here.fetch_add(40 * DAY, SeqCst);
    is_as_recomputed(&engine, &mut runner, 6).await;
    roll_up_all(&engine).await;
    is_as_recomputed(&engine, &mut runner, 6).await;
    while engine.index_words().await.unwrap() {}
    assert_eq!(verify(&store).await.unwrap().deviations, []);
}

/// Whoever follows may rest while many write at once. They go on by themselves: nobody but `maintain` has them do so.
pub(super) async fn what_a_burst_leaves_is_followed_after_it(store: impl Store + Clone) {
    const BURST: Duration = Duration::from_millis(1_200);
    const PATIENCE: Duration = Duration::from_mins(1);
    let engine = Engine::start(store.clone()).await.unwrap();
    let maintaining = engine.clone();
    let maintenance = tokio::spawn(async move { maintaining.maintain().await });
    let before = store.written();
    let began = Instant::now();
    let creating: Vec<_> = (0..64)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut created = 0_u32;
                while began.elapsed() < BURST {
                    create_through(&engine).await;
                    created += 1;
                }
                created
            })
        })
        .collect();
    let mut created = 0;
    for creating in creating {
        created += creating.await.unwrap();
    }
    let written = store.written();
    let (writes, transactions) = (written.writes - before.writes, written.transactions - before.transactions);
    assert!(writes >= created.into() && writes > transactions, "{created}: {written:?} after {before:?}");

    let newest = store.newest_position().await.unwrap();
    let filter = Filter::default();
    let search = Some(Search::Words(vec!["García".into()]));
    let query = ListQuery { scope: Scope::Everything, filter, search, before: None, limit: created + 1 };
    let has_all = async || {
        let is_summed_up = store.report_sets().await.unwrap().iter().any(|set| set.is_read && set.position >= newest);
        is_summed_up && store.list(query.clone()).await.is_ok_and(|page| page.tickets.len() == created as usize)
    };
    let followed = async {
        while !has_all().await {
            sleep(Duration::from_millis(200)).await;
        }
    };
    assert!(timeout(PATIENCE, followed).await.is_ok(), "what a burst has left is not there after {PATIENCE:?}");
    maintenance.abort();
}

fn set(number: u32) -> ReportSet {
    ReportSet {
        number: SetNumber(number),
        is_read: false,
        revision: 0,
        facts_version: 1,
        position: FeedPosition(0),
        as_of: Timestamp::MIN,
        unreadable: 0,
        worker: None,
    }
}

/// Of two who change what they have read at one revision, one does; and nothing of the other's is there.
pub(super) async fn of_two_changes_of_sums_one_is_stored(store: impl Store + Clone) {
    assert!(store.begin_reports(set(1)).await.unwrap());
    assert!(!store.begin_reports(set(1)).await.unwrap());
    let first = store.report_sets().await.unwrap();
    assert_eq!(first, [ReportSet { is_read: true, ..set(1) }]);
    let change = |position: u64, octets: u8| {
        let worker = Some((Uuid::from_u128(position.into()), morning()));
        let set = ReportSet { position: FeedPosition(position), as_of: morning(), unreadable: 2, worker, ..first[0] };
        let kept = |by, stretch| KeptSums { by, stretch, octets: vec![octets; 3] };
        let keep = vec![
            kept(Dimension::Area, Stretch::hour_of(8)),
            kept(Dimension::Area, Stretch::whole(8, 104)),
            kept(Dimension::Agent, Stretch::hour_of(12)),
        ];
        SumsChange { revision: 0, set, keep, forget: vec![] }
    };
    let (one, other) = tokio::join!(store.keep_sums(change(5, 5)), store.keep_sums(change(6, 6)));
    assert_ne!(one.unwrap(), other.unwrap());
    let [now] = store.report_sets().await.unwrap()[..] else { panic!("there is one set") };
    let kept = store.kept_sums(now.number, vec![Stretch::hours(9, 13), Stretch::whole(8, 104)]).await.unwrap();
    let nth = u8::try_from(now.position.0).unwrap();
    assert_eq!(now, ReportSet { revision: 1, ..change(nth.into(), nth).set });
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|kept| kept.octets == [nth; 3]));
    assert_eq!(store.kept_sums(now.number, vec![Stretch::hours(8, 12)]).await.unwrap().len(), 1);
    assert_eq!(store.kept_sums(now.number, vec![Stretch::whole(8, 105)]).await.unwrap(), []);
    assert_eq!(store.kept_stretches(now.number).await.unwrap(), [Stretch::whole(8, 104)]);
    let hours = |by, from, until| store.kept_hours(now.number, by, from, until, 9);
    assert_eq!(hours(Dimension::Area, 0, 100).await.unwrap(), [Stretch::hour_of(8)]);
    assert_eq!(hours(Dimension::Area, 12, 100).await.unwrap(), []);

    // What is read of it is of one instant, and what is chosen.
    let seen = Arc::new(std::sync::Mutex::new(vec![]));
    let noted = Arc::clone(&seen);
    let choose = Arc::new(move |kept: &[Stretch]| {
        noted.lock().unwrap().extend_from_slice(kept);
        vec![Stretch::hours(8, 9)]
    });
    let sums = store.report_sums(Dimension::Area, choose).await.unwrap();
    assert_eq!(sums.set, Some(now));
    assert_eq!(sums.shelf.stretches().collect::<Vec<_>>(), [Stretch::hour_of(8)]);
    assert_eq!(seen.lock().unwrap()[..], [Stretch::whole(8, 104)]);

    // What is forgotten is so of each dimension.
    let forget = vec![Stretch::whole(8, 104), Stretch::hour_of(12)];
    let change = SumsChange { revision: 1, set: now, keep: vec![], forget };
    assert!(store.keep_sums(change).await.unwrap());
    assert_eq!(store.kept_stretches(now.number).await.unwrap(), []);
    assert_eq!(store.kept_sums(now.number, vec![Stretch::hours(0, 99)]).await.unwrap().len(), 1);
}

/// A set that is made beside the one that is read takes its place, and what that one had goes bit by bit.
pub(super) async fn sums_are_made_anew_beside_those_that_are_read(store: impl Store + Clone) {
    let (engine, clock) = engine(store.clone()).await;
    create_through(&engine).await;
    roll_up_all(&engine).await;
    let old = read_set(&store).await;
    assert_eq!(old.facts_version, FACTS_VERSION);
    // As an earlier program would have left it.
    assert!(store.begin_reports(ReportSet { facts_version: 0, ..set(old.number.0 + 1) }).await.unwrap());
    assert!(store.publish_reports(SetNumber(old.number.0 + 1), 0).await.unwrap());
    assert!(!store.publish_reports(old.number, old.revision).await.unwrap());
    let (ask, _) = any_ask(engine.now()).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let answer = engine.report(&desk(), &ask).await.unwrap();
    assert!(answer.behind > 0, "what an earlier program had is not added to");
    clock.fetch_add(TimeDelta::seconds(10).num_milliseconds(), SeqCst);
    roll_up_all(&engine).await;
    let anew = read_set(&store).await;
    assert_eq!((anew.number.0, anew.facts_version), (old.number.0 + 2, FACTS_VERSION));
    assert_eq!(store.forget_sums(10).await.unwrap(), 0, "all of it is forgotten by then");
    assert!(store.kept_sums(old.number, vec![Stretch::hours(0, u32::MAX)]).await.unwrap().is_empty());
    is_as_recomputed(&engine, &mut TestRunner::deterministic(), 3).await;
    // A later program's is left alone.
    assert!(
        store.begin_reports(ReportSet { facts_version: FACTS_VERSION + 1, ..set(anew.number.0 + 1) }).await.unwrap()
    );
    assert!(store.publish_reports(SetNumber(anew.number.0 + 1), 0).await.unwrap());
    while engine.roll_up().await.unwrap() {}
    let later = read_set(&store).await;
    assert_eq!((later.facts_version, later.position), (FACTS_VERSION + 1, FeedPosition(0)));
}

/// Whoever may read one area's tickets reads its figures, and a requester none.
pub(super) async fn a_report_is_of_what_an_actor_may_read(store: impl Store + Clone) {
    let (engine, _) = engine(store.clone()).await;
    let (id, _) = create_through(&engine).await;
    let (ask, _) = any_ask(engine.now()).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let refused = engine.report(&Actor::Requester, &ask).await;
    assert!(matches!(refused, Err(EngineError::Refused(_))), "{refused:?}");
    let ask = ReportAsk { from: engine.now(), until: engine.now(), ..ask };
    assert!(matches!(engine.report(&desk(), &ask).await, Err(EngineError::Report(_))));
    let until = Timestamp::from_unix_millis(engine.now().unix_millis() + DAY).unwrap();
    let ask = ReportAsk { until, by: Some(Dimension::Type), areas: vec![], period: Period::Day, ..ask };
    let area = engine.ticket(id).await.unwrap().attributes.area;
    let in_area = |area: String| Actor::Area { id: ActorId(Uuid::from_u128(1)), area };
    let rows = async |actor: Actor| engine.report(&actor, &ask).await.unwrap().report.rows.len();
    assert_eq!(rows(desk()).await, 1);
    assert_eq!(rows(in_area(area)).await, 1);
    assert_eq!(rows(in_area("Bodega".into())).await, 0);
    assert_eq!(engine.store().newest_position().await.unwrap(), FeedPosition(1));
}

/// Whatever is kept and does not agree with the events is named, and made anew it does.
pub(super) async fn figures_that_are_not_what_the_events_come_to_are_named(store: impl Store + Clone) {
    let mut runner = TestRunner::deterministic();
    let (engine, clock) = engine(store.clone()).await;
    let mut tickets = Vec::new();
    for _ in 0..30 {
        work(&engine, &clock, &mut runner, &mut tickets).await;
        clock.fetch_add(3 * DAY, SeqCst);
    }
    roll_up_all(&engine).await;
    let deviations = async || {
        while engine.index_words().await.unwrap() {}
        let found = verify(&store).await.unwrap();
        assert!(!found.is_moving);
        found.deviations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(deviations().await, Vec::<String>::new());
    // What has happened since is in no sum yet, and no deviation.
    create_through(&engine).await;
    while engine.give_positions().await.unwrap() {}
    assert_eq!(deviations().await, Vec::<String>::new());

    // One hour says more than there was, of one dimension; with it, what is made of it is wrong too.
    let set = read_set(&store).await;
    let hours = store.kept_hours(set.number, Dimension::Area, 0, u32::MAX, 1).await.unwrap();
    let whole = store.kept_stretches(set.number).await.unwrap();
    let month = whole.iter().filter(|own| own.holds == Holds::Whole).max_by_key(|own| own.until - own.from).unwrap();
    for (stretch, by) in [(hours[0], Dimension::Priority), (*month, Dimension::Origin)] {
        let set = read_set(&store).await;
        let kept = store.kept_sums(set.number, vec![stretch]).await.unwrap();
        let kept = kept.into_iter().find(|kept| kept.by == by && kept.stretch == stretch).unwrap();
        let mut sums = ticketing_core::report::Sums::from_bytes(&kept.octets).unwrap();
        sums.add(0, "MESA", "x", ticketing_core::report::Counter::Created, 0, 1);
        let keep = vec![KeptSums { octets: sums.to_bytes(), ..kept }];
        assert!(store.keep_sums(SumsChange { revision: set.revision, set, keep, forget: vec![] }).await.unwrap());
    }
    let found = deviations().await;
    assert!(found.iter().all(|told| told.starts_with("figures ")), "{found:?}");
    for by in ["by prioridad from", "by origen from"] {
        assert!(found.iter().any(|told| told.contains(by)), "{by}: {found:?}");
    }
    assert!(!found.iter().any(|told| told.contains("by agente")), "{found:?}");
    // So does what cannot be read.
    let set = read_set(&store).await;
    let keep = vec![KeptSums { by: Dimension::Agent, stretch: hours[0], octets: vec![2, 250] }];
    assert!(store.keep_sums(SumsChange { revision: set.revision, set, keep, forget: vec![] }).await.unwrap());
    assert!(deviations().await.iter().any(|told| told.contains("by agente")));
    clock.fetch_add(60_000, SeqCst);
    engine.rebuild_reports().await.unwrap();
    assert_eq!(deviations().await, Vec::<String>::new());
    is_as_recomputed(&engine, &mut runner, 5).await;
}

/// What another set of processes has done before there were reports.
#[test]
fn a_file_from_before_there_were_reports_is_summed_up_by_itself() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.db");
        let mut runner = TestRunner::deterministic();
        let at = {
            let (engine, clock) = engine(SqliteStore::open(&path).unwrap()).await;
            let mut tickets = Vec::new();
            for _ in 0..20 {
                work(&engine, &clock, &mut runner, &mut tickets).await;
            }
            clock.load(SeqCst)
        };
        let earlier = "DROP TABLE report_sets; DROP TABLE report_sums;
                       DELETE FROM refinery_schema_history WHERE version >= 11";
        rusqlite::Connection::open(&path).unwrap().execute_batch(earlier).unwrap();
        let (engine, clock) = engine(SqliteStore::open(&path).unwrap()).await;
        clock.store(at + DAY, SeqCst);
        roll_up_all(&engine).await;
        is_as_recomputed(&engine, &mut runner, 5).await;
        drop(engine);

        // Or where somebody asks for it.
        rusqlite::Connection::open(&path).unwrap().execute_batch(earlier).unwrap();
        let (engine, clock) = super::engine(SqliteStore::open(&path).unwrap()).await;
        clock.store(at + DAY, SeqCst);
        assert!(engine.rebuild_reports().await.unwrap() > 0);
        assert_eq!(read_set(engine.store()).await.position, engine.store().newest_position().await.unwrap());
        is_as_recomputed(&engine, &mut runner, 5).await;
    });
}

/// A copy has what reports are read from, up to where it was made, and goes on from there.
#[test]
fn a_backup_has_what_reports_are_read_from() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let copy = directory.path().join("copy.db");
        let mut runner = TestRunner::deterministic();
        let (own, clock) = engine(SqliteStore::open(directory.path().join("ticketing.db")).unwrap()).await;
        let mut tickets = Vec::new();
        for _ in 0..20 {
            work(&own, &clock, &mut runner, &mut tickets).await;
        }
        roll_up_all(&own).await;
        work(&own, &clock, &mut runner, &mut tickets).await;
        own.store().back_up(&copy).await.unwrap();
        work(&own, &clock, &mut runner, &mut tickets).await;
        let (restored, there) = engine(SqliteStore::open(&copy).unwrap()).await;
        there.store(clock.load(SeqCst), SeqCst);
        restored.store().become_another().await.unwrap();
        assert_eq!(read_set(restored.store()).await.number, read_set(own.store()).await.number);
        assert!(read_set(restored.store()).await.position > FeedPosition(0));
        is_as_recomputed(&restored, &mut runner, 5).await;
        is_as_recomputed(&own, &mut runner, 5).await;
        while restored.index_words().await.unwrap() {}
        assert_eq!(verify(restored.store()).await.unwrap().deviations, []);
    });
}

/// One event that cannot be read keeps no other from the reports, and is counted.
#[test]
fn an_event_that_cannot_be_read_is_in_no_report_and_all_others_are() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.db");
        let (engine, clock) = engine(SqliteStore::open(&path).unwrap()).await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(create_through(&engine).await.0);
            clock.fetch_add(1000, SeqCst);
        }
        let broken = "UPDATE events SET changes = '{' WHERE id IN (SELECT id << 17 | 1 FROM tickets LIMIT 1 OFFSET 2)";
        assert_eq!(rusqlite::Connection::open(&path).unwrap().execute(broken, []).unwrap(), 1);
        clock.fetch_add(60_000, SeqCst);
        let until = Timestamp::from_unix_millis(engine.now().unix_millis() + DAY).unwrap();
        let from = Timestamp::from_unix_millis(engine.now().unix_millis() - DAY).unwrap();
        let ask = ReportAsk {
            from,
            until,
            zone: Zone::default(),
            period: Period::Year,
            by: None,
            areas: vec![],
            values: vec![],
        };
        let created = async || {
            let answer = engine.report(&desk(), &ask).await.unwrap();
            assert_eq!(answer.behind, 0);
            *answer.report.total.whole.get(ticketing_core::report::Measure::Created).unwrap()
        };
        assert_eq!(created().await, ticketing_core::report::Figure::Count(4));
        let resolve = Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
        engine.execute(ids[4], &desk(), resolve).await.unwrap();
        create_through(&engine).await;
        assert_eq!(created().await, ticketing_core::report::Figure::Count(5));
        assert_eq!(read_set(engine.store()).await.unreadable, 1);
        roll_up_all(&engine).await;
    });
}
