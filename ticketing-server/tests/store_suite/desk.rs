//! What the desk reads: tickets in full, lists, searches, counts.

use ticketing_core::ticket::Scope;
use ticketing_server::{
    Conditions, IdempotencyKey, ListRequest,
    store::{FeedEntry, FeedPosition, Filter, ListPage, ListQuery, Search, StoredHistory},
};

use super::*;

// Checks: one ticket

pub(super) async fn a_ticket_in_full_has_its_words_and_its_history(store: impl Store) {
    let creation = creation();
    let label = create(&store, creation.clone()).await;
    let pause = follow_up(&creation.ticket, &desk(), [Command::Pause { reason: reason("Esperamos un repuesto") }]);
    store.append(pause.clone()).await.unwrap();
    let record = store.record(creation.id).await.unwrap().unwrap();
    assert_eq!(record.ticket, pause.ticket);
    assert_eq!(record.label, label);
    assert_eq!((record.intake, record.address), (creation.intake, creation.address));
    assert_eq!(record.history, store.history(creation.id).await.unwrap());
    assert_eq!(store.find_label(label.into()).await.unwrap(), Some((creation.id, label)));

    assert_eq!(store.record(TicketId(Uuid::from_u128(1))).await.unwrap(), None);
    assert_eq!(store.find_label(LabelKey { year: 2026, number: 2 }).await.unwrap(), None);
    assert_eq!(store.find_label(LabelKey::NOTHING).await.unwrap(), None);
}

pub(super) async fn what_is_to_be_done_by_an_instant_is_found_soonest_first(store: impl Store) {
    let moments = [Some("2026-04-01T10:00:00Z"), None, Some("2026-04-01T08:00:00.001Z"), Some("2026-04-01T09:00:00Z")];
    let mut creations = Vec::new();
    for moment in moments {
        let creation = Creation { next_moment: moment.map(at), ..creation() };
        create(&store, creation.clone()).await;
        creations.push(creation);
    }
    let ids: Vec<_> = [2, 3, 0].into_iter().map(|index: usize| creations[index].id).collect();
    let found = async |until, skip, max| store.moments_until(until, skip, max).await.unwrap();
    assert_eq!(found(Timestamp::MAX, 0, 9).await, ids);
    assert_eq!(found(Timestamp::MAX, 1, 1).await, ids[1..2]);
    assert_eq!(found(at("2026-04-01T09:00:00Z"), 0, 9).await, ids[..2]);
    assert_eq!(found(at("2026-04-01T08:00:00Z"), 0, 9).await, [], "to the millisecond");
    // What is done about one changes when something is to be done about it again.
    let next_moment = Some(at("2026-04-02T00:00:00Z"));
    let pause = follow_up(&creations[2].ticket, &desk(), [Command::Pause { reason: reason("Esperamos") }]);
    store.append(FollowUp { next_moment, ..pause }).await.unwrap();
    assert_eq!(found(Timestamp::MAX, 0, 9).await, [ids[1], ids[2], ids[0]]);
    let resolve = Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
    store.append(follow_up(&creations[3].ticket, &desk(), [resolve])).await.unwrap();
    assert_eq!(found(Timestamp::MAX, 0, 9).await, [ids[2], ids[0]]);
}

pub(super) async fn the_feed_has_every_event_once_in_the_order_of_commits(store: impl Store) {
    const TICKETS: usize = 40;
    assert_eq!(store.newest_position().await.unwrap(), FeedPosition::default());
    assert_eq!(store.feed(FeedPosition::default(), 9).await.unwrap(), []);
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for _ in 0..TICKETS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let creation = creation();
            create(&*store, creation.clone()).await;
            let pause = follow_up(&creation.ticket, &desk(), [Command::Pause { reason: reason("Esperamos") }]);
            store.append(pause).await.unwrap();
        });
    }
    // Somebody who follows meanwhile, a few at a time.
    let mut followed = Vec::new();
    while followed.len() < 2 * TICKETS {
        store.give_positions().await.unwrap();
        let after = followed.last().map_or(FeedPosition::default(), |entry: &FeedEntry| entry.position);
        followed.extend(store.feed(after, 7).await.unwrap());
        tokio::task::yield_now().await;
    }
    while tasks.join_next().await.is_some() {}
    assert!(!store.give_positions().await.unwrap(), "all have one");
    assert_eq!(store.feed(FeedPosition::default(), 1000).await.unwrap(), followed);
    assert!(followed.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert_eq!(store.newest_position().await.unwrap(), followed[2 * TICKETS - 1].position);
    assert_eq!(store.feed(FeedPosition(u64::MAX), 9).await.unwrap(), []);
    let paused: Vec<_> = followed.iter().filter(|entry| entry.event.seq == 2).collect();
    assert_eq!(paused.len(), TICKETS);
    assert!(paused.iter().all(|entry| entry.text.as_deref() == Some("Esperamos") && entry.requester_name.is_some()));
}

pub(super) async fn histories_are_read_in_pages_in_the_order_of_creation(store: impl Store) {
    let mut expected = Vec::new();
    for year in [2027, 2026, 2026] {
        let creation = creation_at(morning(), year);
        let label = create(&store, creation.clone()).await;
        let pause = follow_up(&creation.ticket, &desk(), [Command::Pause { reason: reason("Esperamos") }]);
        store.append(pause.clone()).await.unwrap();
        let events = [creation.opened.event].into_iter().chain(pause.events.into_iter().map(|new| new.event)).collect();
        expected.push(StoredHistory { id: creation.id, label, events });
    }
    expected.sort_by_key(|history| (history.label.year(), history.label.number()));
    let read = async |after, max| store.histories(after, max).await.unwrap();
    assert_eq!(read(LabelKey::NOTHING, 9).await, expected);
    assert_eq!(read(LabelKey::NOTHING, 2).await, expected[..2]);
    assert_eq!(read(expected[0].label.into(), 9).await, expected[1..]);
    assert_eq!(read(expected[2].label.into(), 9).await, []);
}

pub(super) async fn what_has_been_resolved_for_so_long_is_found(store: impl Store) {
    let mut ids = Vec::new();
    for minutes in [3, 1, 2] {
        let creation = creation_at(a_minute_after(morning()), 2026);
        create(&store, creation.clone()).await;
        let resolve = Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
        let mut ticket = creation.ticket.clone();
        let at = Timestamp::from_unix_millis(morning().unix_millis() + minutes * 60_000).unwrap();
        let events = ticket.decide(resolve, &desk(), at, &Rulebook::default()).unwrap();
        ticket.apply(&events[0].event).unwrap();
        let follow_up =
            FollowUp { expected_version: 1, events, ticket: ticket.clone(), next_moment: None, idempotency: None };
        store.append(follow_up).await.unwrap();
        ids.push((ticket.resolved_at.unwrap(), ticket));
    }
    create(&store, creation()).await;
    ids.sort_by_key(|(at, _)| *at);
    let found = async |until, max| store.resolved_until(until, 0, max).await.unwrap();
    let all: Vec<_> = ids.iter().map(|(_, ticket)| ticket.id).collect();
    assert_eq!(found(Timestamp::MAX, 9).await, all);
    assert_eq!(found(Timestamp::MAX, 2).await, all[..2]);
    assert_eq!(store.resolved_until(Timestamp::MAX, 1, 9).await.unwrap(), all[1..]);
    assert_eq!(found(ids[0].0, 9).await, all[..1], "to the millisecond");
    assert_eq!(found(morning(), 9).await, []);
    // What is archived or open again is not.
    for (index, command) in
        [Command::Archive { reason: reason("Ya está") }, Command::Reopen { reason: reason("No está") }]
            .into_iter()
            .enumerate()
    {
        store.append(follow_up(&ids[index].1, &desk(), [command])).await.unwrap();
    }
    assert_eq!(found(Timestamp::MAX, 9).await, all[2..]);
}

pub(super) async fn a_command_repeated_with_its_key_happens_once(store: impl Store) {
    let (engine, _) = engine(store).await;
    let (id, label) = create_through(&engine).await;
    let (other, _) = create_through(&engine).await;
    let anna = Actor::Desk(ActorId(Uuid::from_u128(7)));
    let bruno = Actor::Desk(ActorId(Uuid::from_u128(8)));
    let ask = async |id, actor: &Actor, key: &str, body: &str, order: Command<ActorId>| {
        let key = IdempotencyKey::new(key, body.as_bytes()).unwrap().of(actor.author().id);
        engine.order(id, actor, order, Conditions { key: Some(key), ..Conditions::default() }).await
    };
    let pause = || Command::Pause { reason: reason("Un repuesto") };
    let first = ask(id, &anna, "k", "pausar", pause()).await.unwrap();
    assert_eq!((first.version, first.repeated), (2, false));
    // Also where what was done has been undone since.
    engine.execute(id, &anna, Command::Reopen { reason: reason("Llegó") }).await.unwrap();
    let again = ask(id, &anna, "k", "pausar", pause()).await.unwrap();
    assert_eq!((again.version, again.repeated), (2, true));
    assert_eq!(is_its_history(engine.store(), id, label).await.0.status, Status::InProgress);
    // Another request, another ticket.
    assert!(matches!(ask(id, &anna, "k", "pausar!", pause()).await, Err(EngineError::KeyReused)));
    assert!(matches!(ask(other, &anna, "k", "pausar", pause()).await, Err(EngineError::KeyReused)));
    // Somebody else's key is another.
    assert_eq!(ask(id, &bruno, "k", "pausar", pause()).await.unwrap().version, 4);
    // What changed nothing will change nothing later either.
    let stay = || Command::Update { status: Some(Status::Paused), priority: None, area: None, reply: None };
    assert_eq!(ask(id, &anna, "stay", "", stay()).await.unwrap().version, 4);
    engine.execute(id, &anna, Command::Reopen { reason: reason("Llegó") }).await.unwrap();
    assert!(ask(id, &anna, "stay", "", stay()).await.unwrap().repeated);
    // What was refused may be asked for again.
    let unarchive = || Command::Unarchive { reason: reason("Vuelve") };
    let admin = Actor::Admin(ActorId(Uuid::from_u128(9)));
    assert!(matches!(ask(id, &admin, "u", "", unarchive()).await, Err(EngineError::Refused(_))));
    engine.execute(id, &admin, Command::Archive { reason: reason("Se va") }).await.unwrap();
    assert!(!ask(id, &admin, "u", "", unarchive()).await.unwrap().repeated);
}

pub(super) async fn a_command_for_another_version_is_told_what_happened_since(store: impl Store) {
    let (engine, _) = engine(store).await;
    let (id, label) = create_through(&engine).await;
    let pause = || Command::Pause { reason: reason("Un repuesto") };
    let on = |version| Conditions { versions: Some(vec![version]), ..Conditions::default() };
    assert_eq!(engine.order(id, &desk(), pause(), on(1)).await.unwrap().version, 2);
    match engine.order(id, &desk(), pause(), on(1)).await {
        Err(EngineError::Changed { since: 1, record }) => {
            assert_eq!(record.history.len(), 2);
            assert_eq!(record.history[1].text.as_deref(), Some("Un repuesto"));
        }
        other => panic!("{other:?}"),
    }
    // Whoever may not touch the ticket is not told.
    let foreign = Actor::Area { id: ActorId(Uuid::from_u128(7)), area: "REDES".into() };
    let refused = engine.order(id, &foreign, pause(), on(1)).await;
    assert!(matches!(refused, Err(EngineError::Refused(ticketing_core::Refusal::ForeignArea))));
    // The right version, and what the lifecycle refuses.
    assert!(matches!(engine.order(id, &desk(), pause(), on(2)).await, Err(EngineError::Refused(_))));
    assert_eq!(is_its_history(engine.store(), id, label).await.1, 2);
}

pub(super) async fn resolved_tickets_close_by_themselves(store: impl Store) {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let (engine, clock) = engine(store).await;
    let resolve = || Command::Update { status: Some(Status::Resolved), priority: None, area: None, reply: None };
    let mut ids = Vec::new();
    for _ in 0..150 {
        let (id, _) = create_through(&engine).await;
        engine.execute(id, &desk(), resolve()).await.unwrap();
        ids.push(id);
    }
    let (open, label) = create_through(&engine).await;
    clock.fetch_add(7 * DAY - 1, SeqCst);
    assert_eq!(engine.close_resolved().await.unwrap(), 0);
    clock.fetch_add(1, SeqCst);
    assert_eq!(engine.close_resolved().await.unwrap(), 150);
    assert_eq!(engine.close_resolved().await.unwrap(), 0);
    for id in ids {
        let ticket = engine.ticket(id).await.unwrap();
        assert_eq!((ticket.status, ticket.last_public.author.role), (Status::Closed, Role::System));
    }
    assert_eq!(is_its_history(engine.store(), open, label).await.0.status, Status::Open);
    engine.apply_rules(Rules::from_json(r#"{ "cierreAutomatico": 0 }"#).unwrap()).await.unwrap();
    engine.execute(open, &desk(), resolve()).await.unwrap();
    clock.fetch_add(1000 * DAY, SeqCst);
    assert_eq!(engine.close_resolved().await.unwrap(), 0, "the rules say never");
}

// Checks: lists

/// The scope of whoever works MESA, under the built-in rules.
fn mesa() -> Scope {
    Scope::Area(Rules::default().area_keys("mesa"))
}

/// A ticket as the lists should know it.
struct Known {
    id: TicketId,
    area_key: String,
    priority_key: String,
    ticket: Ticket,
}

impl Known {
    fn passes(&self, scope: &Scope, filter: &Filter) -> bool {
        let Filter { area_keys, status, priority_keys, is_archived, origin } = filter;
        let in_scope = match scope {
            Scope::Everything => true,
            Scope::Area(keys) => keys.contains(&self.area_key),
        };
        in_scope
            && area_keys.as_ref().is_none_or(|keys| keys.contains(&self.area_key))
            && status.is_none_or(|status| status == self.ticket.status)
            && priority_keys.as_ref().is_none_or(|keys| keys.contains(&self.priority_key))
            && is_archived.is_none_or(|is_archived| is_archived == self.ticket.is_archived())
            && origin.is_none_or(|origin| origin == self.ticket.origin)
    }
}

/// Tickets of a few areas, priorities and statuses, in no order.
async fn some_tickets(engine: &Engine<impl Store>, count: usize) -> Vec<Known> {
    let rules = engine.rules();
    let mut known = Vec::new();
    for number in 0..count {
        let pick = |from: &[&'static str], salt: usize| from[(number * 7 + number / 5 + salt) % from.len()];
        let area = pick(&["MESA", "redes", "Sistemas", "mesa de ayuda", "Otra cosa"], 0);
        let priority = pick(&["ALTA", "Baja", "urgente", "critica", "rarísima", "MEDIA", "alta"], 3);
        let subject = format!("Asunto {number} {}", pick(&["impresora", "Impresión", "correo"], 1));
        let form = draft().with(Field::Area, area).with(Field::Priority, priority).with(Field::Subject, subject);
        let created = engine.create(CreateRequest::new(form.validate(&rules).unwrap())).await.unwrap();
        let admin = Actor::Admin(ActorId(Uuid::from_u128(1)));
        if number % 2 == 0 {
            let status = Status::ALL[number / 2 % 6];
            let update = Command::Update { status: Some(status), priority: None, area: None, reply: None };
            engine.execute(created.id, &admin, update).await.unwrap();
        }
        if number % 5 == 0 {
            engine.execute(created.id, &admin, Command::Archive { reason: reason("Ya está") }).await.unwrap();
        }
        known.push(created.id);
    }
    let mut tickets = Vec::new();
    // Newest first.
    for id in known.into_iter().rev() {
        let ticket = engine.ticket(id).await.unwrap();
        tickets.push(Known {
            id,
            area_key: ticket.attributes.area_key(),
            priority_key: ticket.attributes.priority_key(),
            ticket,
        });
    }
    tickets
}

/// All pages of a list.
async fn pages(store: &impl Store, query: &ListQuery) -> (Vec<TicketId>, Vec<ListPage>) {
    let (mut query, mut ids, mut pages) = (query.clone(), Vec::new(), Vec::new());
    loop {
        let page = store.list(query.clone()).await.unwrap();
        assert!(page.tickets.len() <= usize::try_from(query.limit).unwrap());
        ids.extend(page.tickets.iter().map(|ticket| ticket.id));
        query.before = page.tickets.last().map(|ticket| ticket.label.into());
        let has_more = page.has_more;
        pages.push(page);
        if !has_more {
            return (ids, pages);
        }
    }
}

pub(super) async fn lists_have_what_passes_newest_first_on_pages_of_any_size(store: impl Store) {
    let (engine, _) = engine(store).await;
    let tickets = some_tickets(&engine, 90).await;
    let keys = |list: &[&str]| Some(list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let areas = [None, keys(&["REDES"]), keys(&["MESA", "MESA DE AYUDA"])];
    let priorities = [None, keys(&["CRITICA", "URGENTE"]), keys(&["RARISIMA"])];
    let mut checked = 0;
    for scope in [Scope::Everything, mesa(), Scope::Area(vec!["NADIE".into()])] {
        for area_keys in &areas {
            for status in [None, Some(Status::Open), Some(Status::Closed)] {
                for priority_keys in &priorities {
                    for is_archived in [None, Some(true), Some(false)] {
                        let filter = Filter {
                            area_keys: area_keys.clone(),
                            status,
                            priority_keys: priority_keys.clone(),
                            is_archived,
                            origin: None,
                        };
                        let passing: Vec<_> = tickets
                            .iter()
                            .filter(|known| known.passes(&scope, &filter))
                            .map(|known| known.id)
                            .collect();
                        let limit = [1, 3, 7, 1000][checked % 4];
                        let query = ListQuery { scope: scope.clone(), filter, search: None, before: None, limit };
                        let (ids, pages) = pages(engine.store(), &query).await;
                        assert_eq!(ids, passing, "{query:?}");
                        let total = Some(u64::try_from(passing.len()).unwrap());
                        assert!(pages.iter().all(|page| page.total == total), "{query:?}");
                        checked += 1;
                    }
                }
            }
        }
    }
    // A line of a list is the ticket.
    let page = engine.store().list(ListQuery {
        scope: Scope::Everything,
        filter: Filter::default(),
        search: None,
        before: None,
        limit: 100,
    });
    for (listed, known) in page.await.unwrap().tickets.iter().zip(&tickets) {
        let ticket = &known.ticket;
        assert_eq!((listed.id, listed.status, listed.is_archived), (ticket.id, ticket.status, ticket.is_archived()));
        assert_eq!((&listed.attributes, &listed.sla), (&ticket.attributes, &ticket.sla));
        assert_eq!((listed.created_at, listed.updated_at), (ticket.created_at, ticket.updated_at));
        assert_eq!(listed.requester_email.as_deref(), Some(EMAIL));
        assert!(listed.requester_name.is_some() && listed.subject.as_ref().unwrap().starts_with("Asunto"));
    }
}

pub(super) async fn totals_count_what_there_is(store: impl Store) {
    let (engine, _) = engine(store).await;
    assert_eq!(engine.store().totals(&Scope::Everything).await.unwrap(), []);
    let tickets = some_tickets(&engine, 60).await;
    for scope in [Scope::Everything, Scope::Area(vec!["REDES".into()])] {
        let totals = engine.store().totals(&scope).await.unwrap();
        let mut counted = 0;
        for total in &totals {
            let filter = Filter {
                area_keys: Some(vec![total.area_key.clone()]),
                status: Some(total.status),
                priority_keys: Some(vec![total.priority_key.clone()]),
                is_archived: Some(total.is_archived),
                origin: Some(total.origin),
            };
            let there = tickets.iter().filter(|known| known.passes(&scope, &filter)).count();
            assert_eq!(usize::try_from(total.tickets).unwrap(), there, "{total:?}");
            counted += there;
        }
        let there = tickets.iter().filter(|known| known.passes(&scope, &Filter::default())).count();
        assert_eq!(counted, there, "each ticket in one count");
    }
}

// Checks: searches

async fn found(engine: &Engine<impl Store>, scope: &Scope, filter: &Filter, search: Search) -> Vec<TicketId> {
    let query =
        ListQuery { scope: scope.clone(), filter: filter.clone(), search: Some(search), before: None, limit: 2 };
    pages(engine.store(), &query).await.0
}

fn words(text: &str) -> Search {
    Search::Words(text.split_whitespace().map(str::to_owned).collect())
}

async fn index(engine: &Engine<impl Store>) {
    while engine.index_words().await.unwrap() {}
}

pub(super) async fn what_was_said_is_found_in_scope_and_filter(store: impl Store) {
    let (engine, _) = engine(store).await;
    // Nobody shall take a part for the whole.
    let query = ListQuery {
        scope: Scope::Everything,
        filter: Filter::default(),
        search: Some(words("impresora")),
        before: None,
        limit: 2,
    };
    let tickets = some_tickets(&engine, 40).await;
    assert!(matches!(engine.store().list(query).await, Err(StoreError::Unavailable(_))));
    index(&engine).await;
    let says = |known: &Known, word: &str| {
        let number = tickets.iter().rev().position(|other| other.id == known.id).unwrap();
        ["impresora", "Impresión", "correo"][(number * 7 + number / 5 + 1) % 3] == word
    };
    for scope in [Scope::Everything, mesa()] {
        for is_archived in [None, Some(false)] {
            for status in [None, Some(Status::Open)] {
                let filter = Filter { status, is_archived, ..Filter::default() };
                // Without accents and case, all words, in any order.
                for query in ["IMPRESION", "impresión asunto", "\"impresión\" ASUNTO —"] {
                    let expected: Vec<_> = tickets
                        .iter()
                        .filter(|known| known.passes(&scope, &filter) && says(known, "Impresión"))
                        .map(|known| known.id)
                        .collect();
                    assert_eq!(found(&engine, &scope, &filter, words(query)).await, expected, "{query} {filter:?}");
                }
                let all: Vec<_> =
                    tickets.iter().filter(|known| known.passes(&scope, &filter)).map(|known| known.id).collect();
                let email = ticketing_core::EmailAddress::parse(&EMAIL.to_uppercase()).unwrap();
                assert_eq!(found(&engine, &scope, &filter, Search::Email(email)).await, all);
                let label = engine.store().record(tickets[0].id).await.unwrap().unwrap().label;
                let expected: Vec<_> = all.iter().copied().filter(|id| *id == tickets[0].id).collect();
                assert_eq!(found(&engine, &scope, &filter, Search::Label(label)).await, expected);
            }
        }
    }
    for nothing in ["—", "\" OR \"", "impres", "impresora correo", "words : asunto", "NEAR(asunto)"] {
        assert_eq!(found(&engine, &Scope::Everything, &Filter::default(), words(nothing)).await, [], "{nothing}");
    }
}

pub(super) async fn what_changes_is_found_as_it_is(store: impl Store) {
    let (engine, _) = engine(store).await;
    let (id, _) = create_through(&engine).await;
    index(&engine).await;
    let everything = (Scope::Everything, Filter::default());
    assert_eq!(found(&engine, &everything.0, &everything.1, words("bombilla")).await, []);
    let message = Message::new("Era la bombilla").unwrap();
    engine.execute(id, &Actor::Requester, Command::Comment { message }).await.unwrap();
    index(&engine).await;
    assert_eq!(found(&engine, &everything.0, &everything.1, words("bombilla")).await, [id]);
    // A ticket that goes to another area is out of the old one's reach at once, whatever the index says.
    let mesa = mesa();
    assert_eq!(found(&engine, &mesa, &everything.1, words("bombilla")).await, [id]);
    let transfer = Command::Transfer { area: "Redes".into(), agent: None, reason: reason("Es suyo") };
    engine.execute(id, &desk(), transfer).await.unwrap();
    assert_eq!(found(&engine, &mesa, &everything.1, words("bombilla")).await, []);
    index(&engine).await;
    assert_eq!(found(&engine, &Scope::Area(vec!["REDES".into()]), &everything.1, words("bombilla suyo")).await, [id]);
}

/// More tickets than are read at once for the index, some of them with more events than one.
pub(super) async fn many_are_found_as_they_are(store: impl Store) {
    const COUNT: usize = 620;
    let (engine, _) = engine(store).await;
    let rules = engine.rules();
    let create = async |number: usize| {
        let form = draft().with(Field::Area, "MESA").with(Field::Subject, format!("Linterna {number}"));
        engine.create(CreateRequest::new(form.validate(&rules).unwrap())).await.unwrap().id
    };
    let mut ids = Vec::new();
    for number in 0..COUNT {
        ids.push(create(number).await);
    }
    let transfer = async |id: TicketId, area: &str| {
        let transfer = Command::Transfer { area: area.into(), agent: None, reason: reason("Es suyo") };
        engine.execute(id, &desk(), transfer).await.unwrap();
    };
    for id in &ids[..3] {
        transfer(*id, "REDES").await;
        transfer(*id, "SISTEMAS").await;
    }
    let count = async |area: &str| {
        let filter = Filter { area_keys: Some(vec![area.into()]), ..Filter::default() };
        let query =
            ListQuery { scope: Scope::Everything, filter, search: Some(words("linterna")), before: None, limit: 1_000 };
        engine.store().list(query).await.unwrap().tickets.len()
    };
    index(&engine).await;
    assert_eq!([count("MESA").await, count("REDES").await, count("SISTEMAS").await], [COUNT - 3, 0, 3]);
    // An old one among new ones.
    transfer(ids[0], "REDES").await;
    create(COUNT).await;
    transfer(ids[COUNT - 1], "REDES").await;
    index(&engine).await;
    assert_eq!([count("MESA").await, count("REDES").await, count("SISTEMAS").await], [COUNT - 3, 2, 2]);
}

pub(super) async fn a_requester_has_no_list(store: impl Store) {
    let (engine, _) = engine(store).await;
    let (id, _) = create_through(&engine).await;
    let refused = engine.list(&Actor::Requester, ListRequest::newest(10)).await;
    assert!(matches!(refused, Err(EngineError::Refused(ticketing_core::Refusal::Forbidden))));
    assert!(matches!(engine.totals(&Actor::Requester).await, Err(EngineError::Refused(_))));
    assert!(matches!(engine.desk_ticket(id, &Actor::Requester).await, Err(EngineError::Refused(_))));
}

/// What areas are called may change: lists, counts, searches and the tickets themselves follow at once.
pub(super) async fn an_area_that_gets_or_loses_an_alias_is_in_scope_as_the_rules_say(store: impl Store) {
    let (engine, _) = engine(store).await;
    let area = |area: &str| Actor::Area { id: ActorId(Uuid::from_u128(7)), area: area.into() };
    let form = draft().with(Field::Area, "mesa de ayuda").with(Field::Subject, "dragón");
    let new = form.validate(&engine.rules()).unwrap();
    let id = engine.create(CreateRequest::new(new)).await.unwrap().id;
    index(&engine).await;
    let sees = async |actor: Actor| {
        let search = ListRequest { text: Some("dragon".into()), ..ListRequest::newest(9) };
        let listed = engine.list(&actor, ListRequest::newest(9)).await.unwrap().tickets.len();
        let found = engine.list(&actor, search).await.unwrap().tickets.len();
        let counted = engine.totals(&actor).await.unwrap().len();
        let shown = usize::from(engine.desk_ticket(id, &actor).await.is_ok());
        assert_eq!([listed, found, counted], [shown; 3]);
        shown == 1
    };
    assert!(sees(area("MESA")).await && sees(area("Mesa de Ayuda")).await);
    let rules = |json: &str| Rules::from_json(json).unwrap();
    engine.apply_rules(rules(r#"{ "areas": { "lista": [{ "nombre": "MESA" }] } }"#)).await.unwrap();
    assert!(!sees(area("MESA")).await && sees(area("Mesa de Ayuda")).await);
    let other =
        r#"{ "areas": { "lista": [{ "nombre": "REDES", "alias": ["MESA DE AYUDA"] }, { "nombre": "MESA" }] } }"#;
    engine.apply_rules(rules(other)).await.unwrap();
    assert!(!sees(area("MESA")).await && sees(area("redes")).await);
}

pub(super) async fn what_reads_like_a_label_may_be_words(store: impl Store) {
    let (engine, _) = engine(store).await;
    let form = draft().with(Field::Subject, "Error 2026 1 en la copia");
    for subject in ["Otra cosa", "Error 2026 1 en la copia"] {
        let new = form.clone().with(Field::Subject, subject).validate(&engine.rules()).unwrap();
        engine.create(CreateRequest::new(new)).await.unwrap();
    }
    index(&engine).await;
    let found = async |text: &str| {
        let request = ListRequest { text: Some(text.into()), ..ListRequest::newest(9) };
        let listing = engine.list(&desk(), request).await.unwrap();
        listing.tickets.iter().map(|(ticket, _)| ticket.label.number()).collect::<Vec<_>>()
    };
    assert_eq!(found("tkt 2026 1").await, [1]);
    assert_eq!(found("error 2026 1").await, [2]);
    assert_eq!(found("XYZ-2026-1").await, [0_u32; 0]);
    let other: TicketLabel = "XYZ-2026-00001".parse().unwrap();
    assert!(matches!(engine.find_label(other).await, Err(EngineError::NotFound)));
}

/// Many areas, of which each has few tickets: nobody says which there may be.
pub(super) async fn lists_of_many_areas_are_lists(store: impl Store) {
    let (engine, _) = engine(store).await;
    let mut expected = Vec::new();
    for number in 0..150 {
        let form = draft().with(Field::Area, format!("Área {number}")).with(Field::Priority, "BAJA");
        let id = engine.create(CreateRequest::new(form.validate(&engine.rules()).unwrap())).await.unwrap().id;
        if number % 3 == 0 {
            let update = Command::Update { status: Some(Status::Paused), priority: None, area: None, reply: None };
            engine.execute(id, &desk(), update).await.unwrap();
        } else {
            expected.insert(0, id);
        }
    }
    let filter = Filter { status: Some(Status::Open), ..Filter::default() };
    for limit in [7, 100, 1000] {
        let query = ListQuery { scope: Scope::Everything, filter: filter.clone(), search: None, before: None, limit };
        let (ids, pages) = pages(engine.store(), &query).await;
        assert_eq!(ids, expected);
        assert_eq!(pages[0].total, Some(100));
    }
    // Those that nobody is in any more are gone.
    assert_eq!(engine.store().totals(&Scope::Everything).await.unwrap().len(), 150);
}
