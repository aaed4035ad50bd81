//! What other systems read: numbered pages, and names that have ids.

use std::{collections::BTreeSet, ops::Range};

use proptest::strategy::ValueTree;
use ticketing_core::{
    integration::{IntegrationDraft, Reference, ReferenceKind},
    ticket::{Edit, Scope},
};
use ticketing_server::store::{Filter, Named, Narrow, PageQuery, PageStart, Search, TicketOnPage};

use super::*;

// Checks: pages

/// Tickets from other systems, of a few categories, agents, tags and days, oldest first; some have been changed since.
async fn many(engine: &Engine<impl Store>, now: &AtomicI64, count: usize) -> Vec<TicketOnPage> {
    let rules = engine.rules();
    let token = Actor::Token(ActorId(Uuid::from_u128(3)));
    let mut ids = Vec::new();
    for number in 0..count {
        now.fetch_add(i64::try_from(number % 7).unwrap() * 3_600_000, SeqCst);
        let tags = ["vip", "caro", "lejos"].iter().enumerate().filter(|(index, _)| number >> index & 1 == 1);
        let tags: Vec<_> = tags.map(|(_, tag)| format!("{{\"name\": \"{tag}\"}}")).collect();
        let category = ["Redes", "Correo", "redes"][number / 2 % 3];
        let json = format!(
            r#"{{"category": {{"name": "{category}"}}, "tags": [{}], "status": {{"id": {}}}, "subject": "El {number}",
                "clients": ["a{}@example.com", " b "], "createdById": " u{number} "}}"#,
            tags.join(","),
            number % 6 + 1,
            number % 3
        );
        let draft = IntegrationDraft::from_json(json.as_bytes(), &rules, engine.now()).unwrap();
        let name = |_, reference: &Reference| match reference {
            Reference::Name(name) => Some(name.clone()),
            Reference::Id(_) => None,
        };
        let ticket = draft.validate(&rules, name, |_| None).unwrap();
        let origin = [Origin::TicketsApi, Origin::Chat][number % 2];
        let request = CreateRequest { actor: token.clone(), origin, ..CreateRequest::new(ticket) };
        let created = engine.create(request).await.unwrap();
        if number % 4 == 0 {
            let agent = Agent {
                id: ActorId(Uuid::from_u128(u128::try_from(number % 3).unwrap())),
                area: None,
                is_active: true,
            };
            let assign = Command::Edit(Edit::Owner(agent));
            let _ = engine.execute(created.id, &token, assign).await;
        }
        if number % 5 == 0 {
            let transfer = Command::Transfer { area: "Redes".into(), agent: None, reason: reason("Es de ellos") };
            let _ = engine.execute(created.id, &token, transfer).await;
        }
        if number % 6 == 0 {
            let _ = engine.execute(created.id, &token, Command::Edit(Edit::Untag("vip".into()))).await;
        }
        if number % 9 == 0 {
            engine.execute(created.id, &token, Command::Archive { reason: reason("Ya está") }).await.unwrap();
        }
        ids.push(created.id);
    }
    let mut tickets = Vec::new();
    for id in ids {
        let record = engine.store().record(id).await.unwrap().unwrap();
        tickets.push(TicketOnPage { ticket: record.ticket, label: record.label, intake: record.intake });
    }
    tickets
}

fn passes(ticket: &Ticket, query: &PageQuery) -> bool {
    let PageQuery { scope, filter, narrow, .. } = query;
    let Narrow { category, assignee, tag, created, updated } = narrow;
    let area = ticket.attributes.area_key();
    let within = |range: &Option<Range<Timestamp>>, at| range.as_ref().is_none_or(|range| range.contains(&at));
    let in_scope = match scope {
        Scope::Everything => true,
        Scope::Area(keys) => keys.contains(&area),
    };
    in_scope
        && filter.area_keys.as_ref().is_none_or(|keys| keys.contains(&area))
        && filter.status.is_none_or(|status| status == ticket.status)
        && filter.origin.is_none_or(|origin| origin == ticket.origin)
        && filter.is_archived.is_none_or(|is_archived| is_archived == ticket.is_archived())
        && category.as_ref().is_none_or(|category| ticket.attributes.category.as_ref() == Some(category))
        && assignee.is_none_or(|assignee| ticket.assignee == Some(assignee))
        && tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag))
        && within(created, ticket.created_at)
        && within(updated, ticket.updated_at)
}

fn any_query() -> impl Strategy<Value = PageQuery> {
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let areas = [keys(&["REDES"]), keys(&["MESA", "MESA DE AYUDA"]), keys(&["REDES", "MESA"]), keys(&["NADIE"])];
    let areas = prop::sample::select(areas.to_vec());
    let scope = prop::option::weighted(0.3, areas.clone()).prop_map(|keys| keys.map_or(Scope::Everything, Scope::Area));
    let name = |names: &[&'static str]| prop::sample::select(names.to_vec()).prop_map(str::to_owned);
    let day = || {
        (0..12_i64, 1..4_i64).prop_map(|(day, days)| {
            let at = |days: i64| Timestamp::from_unix_millis(morning().unix_millis() + days * 86_400_000).unwrap();
            at(day)..at(day + days)
        })
    };
    let filter = (
        prop::option::weighted(0.2, areas),
        prop::option::weighted(0.3, prop::sample::select(Status::ALL.to_vec())),
        prop::option::weighted(0.2, any::<bool>()),
        prop::option::weighted(0.2, prop::sample::select(vec![Origin::TicketsApi, Origin::Chat, Origin::Other])),
    );
    let narrow = (
        prop::option::weighted(0.3, name(&["Redes", "Correo", "redes", "Otra"])),
        prop::option::weighted(0.2, 0..4_u128),
        prop::option::weighted(0.3, name(&["vip", "caro", "lejos", "otra"])),
        prop::option::weighted(0.2, day()),
        prop::option::weighted(0.2, day()),
    );
    let start = prop_oneof![
        (0..100_u64).prop_map(PageStart::After),
        (0..100_u32).prop_map(|number| PageStart::Before(LabelKey { year: 2026, number })),
    ];
    (scope, filter, narrow, start, 1..30_u32).prop_map(|(scope, filter, narrow, start, limit)| {
        let (area_keys, status, is_archived, origin) = filter;
        let (category, assignee, tag, created, updated) = narrow;
        let assignee = assignee.map(|id| ActorId(Uuid::from_u128(id)));
        PageQuery {
            scope,
            filter: Filter { area_keys, status, priority_keys: None, is_archived, origin },
            narrow: Narrow { category, assignee, tag, created, updated },
            search: None,
            start,
            limit,
        }
    })
}

/// What a naive reader finds: the page, whether there is more, and how many there are in all.
fn expected(tickets: &[TicketOnPage], query: &PageQuery) -> (Vec<TicketOnPage>, bool, u64) {
    let passing: Vec<_> = tickets.iter().rev().filter(|on_page| passes(&on_page.ticket, query)).collect();
    let total = u64::try_from(passing.len()).unwrap();
    let rest: Vec<_> = match query.start {
        PageStart::After(skipped) => passing.into_iter().skip(usize::try_from(skipped).unwrap()).collect(),
        PageStart::Before(key) => passing.into_iter().filter(|on_page| on_page.label.number() < key.number).collect(),
    };
    let limit = usize::try_from(query.limit).unwrap();
    (rest.iter().take(limit).map(|on_page| (*on_page).clone()).collect(), rest.len() > limit, total)
}

pub(super) async fn pages_have_what_a_naive_reader_finds(store: impl Store) {
    let (engine, now) = engine(store).await;
    let tickets = many(&engine, &now, 80).await;
    let mut runner = TestRunner::new(Config { cases: scaled(600), failure_persistence: None, ..Config::default() });
    let queries = any_query();
    let mut found = 0;
    for _ in 0..scaled(600) {
        let query = queries.new_tree(&mut runner).unwrap().current();
        let page = engine.store().page(query.clone()).await.unwrap();
        assert_eq!((page.tickets, page.has_more, page.total), expected(&tickets, &query), "{query:?}");
        found += page.total;
    }
    assert!(found > 0);
    // Of everything, however far.
    for start in
        [PageStart::After(79), PageStart::After(80), PageStart::After(u64::MAX), PageStart::Before(LabelKey::NOTHING)]
    {
        let query = PageQuery {
            scope: Scope::Everything,
            filter: Filter::default(),
            narrow: Narrow::default(),
            search: None,
            start,
            limit: u32::MAX,
        };
        let page = engine.store().page(query.clone()).await.unwrap();
        let length = usize::from(start == PageStart::After(79));
        assert_eq!((page.tickets.len(), page.has_more, page.total), (length, false, 80), "{start:?}");
    }
}

/// Numbers count by years, newest year first, also where a series begins anew or has gaps.
pub(super) async fn pages_of_several_years_follow_one_another(store: impl Store) {
    let mut labels = Vec::new();
    for year in [2027, 2026, 2026, 2027, 2025] {
        labels.push(create(&store, creation_at(morning(), year)).await);
    }
    labels.sort_by_key(|label| core::cmp::Reverse((label.year(), label.number())));
    for skipped in 0..6 {
        let query = PageQuery {
            scope: Scope::Everything,
            filter: Filter::default(),
            narrow: Narrow::default(),
            search: None,
            start: PageStart::After(skipped),
            limit: 2,
        };
        let page = store.page(query).await.unwrap();
        let found: Vec<_> = page.tickets.iter().map(|on_page| on_page.label).collect();
        let expected: Vec<_> = labels.iter().skip(usize::try_from(skipped).unwrap()).take(2).copied().collect();
        assert_eq!((found, page.has_more, page.total), (expected, skipped < 3, 5));
    }
}

pub(super) async fn a_page_of_a_search_has_the_words_and_passes_the_rest(store: impl Store) {
    let (engine, now) = engine(store).await;
    let tickets = many(&engine, &now, 40).await;
    while engine.index_words().await.unwrap() {}
    let query = |search: Search, narrow: Narrow, filter: Filter| PageQuery {
        scope: Scope::Everything,
        filter,
        narrow,
        search: Some(search),
        start: PageStart::After(2),
        limit: 5,
    };
    let vip = || Narrow { tag: Some("vip".into()), ..Narrow::default() };
    let open = || Filter { status: Some(Status::Open), ..Filter::default() };
    let words = || Search::Words(vec!["EL".into()]);
    for (narrow, filter) in [(Narrow::default(), Filter::default()), (vip(), Filter::default()), (vip(), open())] {
        let query = query(words(), narrow, filter);
        let page = engine.store().page(query.clone()).await.unwrap();
        assert_eq!((page.tickets, page.has_more, page.total), expected(&tickets, &query), "{query:?}");
    }
    let email = Search::Email(ticketing_core::EmailAddress::parse("A1@example.com").unwrap());
    let page = engine.store().page(query(email, Narrow::default(), Filter::default())).await.unwrap();
    let asks = |on_page: &&TicketOnPage| {
        on_page.intake.requester.as_ref().is_some_and(|requester| requester.email.as_str() == "a1@example.com")
    };
    assert_eq!(page.total, u64::try_from(tickets.iter().filter(asks).count()).unwrap());
    // A label is one ticket's, to its prefix, and passes the rest or not.
    let label = tickets[7].label;
    let of_label = |label: TicketLabel, narrow| {
        let query = PageQuery { start: PageStart::After(0), ..query(Search::Label(label), narrow, Filter::default()) };
        async { engine.store().page(query).await.unwrap().total }
    };
    assert_eq!(of_label(label, Narrow::default()).await, 1);
    let nobodys = Narrow { tag: Some("otra".into()), ..Narrow::default() };
    assert_eq!(of_label(label, nobodys).await, 0);
    let same_number = LabelFormat::new("HD", 5).unwrap().label(2026, label.number()).unwrap();
    assert_eq!(of_label(same_number, Narrow::default()).await, 0);
}

// Checks: what other systems say of a ticket

pub(super) async fn what_another_system_says_of_a_ticket_comes_back(store: impl Store) {
    let rules = Rules::default();
    let json = r#"{
        "type": "INTERNAL", "subject": "a; DROP TABLE intake", "cc": ["c", " c "], "clients": ["ana@example.com", "\"[", "ñ"],
        "category": {"name": "Redes"}, "service": {"id": 1}, "justification": {"id": 2}, "tags": [{"name": "z"}, {"name": "a"}],
        "status": {"id": 5}, "createdAt": "2022-01-01T00:00:00Z", "resolvedAt": "2022-02-01T00:00:00Z", "solutionAt": "2027-01-01T00:00:00Z",
        "createdById": " u ", "firstAction": {"type": "INTERNAL", "description": "d", "createdAt": "2022-01-02T00:00:00Z", "createdById": "v"}
    }"#;
    let draft = IntegrationDraft::from_json(json.as_bytes(), &rules, morning()).unwrap();
    let name = |_, reference: &Reference| match reference {
        Reference::Name(name) => Some(name.clone()),
        Reference::Id(id) => Some(format!("n{id}")),
    };
    let new = draft.validate(&rules, name, |_| None).unwrap();
    let token = Actor::Token(ActorId(Uuid::from_u128(3)));
    let mut opened = Ticket::open(&new, Origin::TicketsApi, &token, morning(), &rules).unwrap();
    opened.on_behalf = Some(" u ".into());
    let intake = Intake { due_by: Some("w".into()), ..new.into_intake() };
    let id = TicketId(Uuid::now_v7());
    let ticket = Ticket::opened(id, &opened.event).unwrap();
    let creation =
        Creation { id, ticket: ticket.clone(), opened: opened.clone(), intake: intake.clone(), ..creation() };
    create(&store, creation).await;
    assert_eq!(store.load(id).await.unwrap(), Some(ticket.clone()));
    let record = store.record(id).await.unwrap().unwrap();
    assert_eq!((&record.ticket, &record.intake, &record.history), (&ticket, &intake, &vec![opened]));

    // New words take the place of the old ones, and the clients of nobody are none.
    let edits = [
        Edit::Subject("Otro".into()),
        Edit::Clients(vec![" b ".into(), "c".into()]),
        Edit::Clients(vec![]),
        Edit::Service(None),
        Edit::Visibility(Visibility::Public),
        Edit::Tag("m".into()),
        Edit::Untag("z".into()),
    ];
    let mut ticket = ticket;
    let mut intake = intake;
    for edit in edits {
        match &edit {
            Edit::Subject(subject) => intake.subject = Some(subject.clone()),
            Edit::Clients(clients) => intake.clients = Some(clients.clone()),
            _ => {}
        }
        let mut changed = follow_up(&ticket, &token, [Command::Edit(edit)]);
        for new in &mut changed.events {
            new.on_behalf = Some(" x ".into());
        }
        ticket = changed.ticket.clone();
        assert_eq!(store.append(changed.clone()).await.unwrap(), Appended::Stored);
        let record = store.record(id).await.unwrap().unwrap();
        assert_eq!((&record.ticket, &record.intake), (&ticket, &intake));
        assert_eq!(record.history.last(), changed.events.last());
    }
    assert_eq!(ticket.tags, ["a", "m"]);
    let tagged = |tag: &str| PageQuery {
        scope: Scope::Everything,
        filter: Filter::default(),
        narrow: Narrow { tag: Some(tag.into()), ..Narrow::default() },
        search: None,
        start: PageStart::After(0),
        limit: 9,
    };
    for (tag, total) in [("a", 1), ("m", 1), ("z", 0)] {
        assert_eq!(store.page(tagged(tag)).await.unwrap().total, total, "{tag}");
    }
}

// Checks: references

fn name(name: &str) -> Reference {
    Reference::Name(name.into())
}

fn named(id: u32, name: &str) -> Named {
    Named { id, name: name.into() }
}

pub(super) async fn a_name_has_an_id_of_its_kind_for_good(store: impl Store) {
    use ReferenceKind::{Category, Tag};

    let identify = async |names: &[(ReferenceKind, &str)]| {
        store.identify(names.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect()).await.unwrap()
    };
    assert_eq!(identify(&[]).await, [] as [u32; 0]);
    assert_eq!(
        identify(&[(Category, "Redes"), (Tag, "Redes"), (Category, "redes"), (Category, "Redes")]).await,
        [1, 1, 2, 1]
    );
    assert_eq!(identify(&[(Tag, "vip"), (Category, "redes")]).await, [2, 2]);
    let find = async |references: Vec<(ReferenceKind, Reference)>| store.find_references(references).await.unwrap();
    let found = find(vec![
        (Category, Reference::Id(2)),
        (Tag, Reference::Id(2)),
        (Category, Reference::Id(3)),
        (Category, Reference::Id(0)),
        (Category, Reference::Id(u32::MAX)),
        (Category, name("Redes")),
        (Category, name("REDES")),
        (Tag, name("redes")),
    ]);
    let expected =
        [Some(named(2, "redes")), Some(named(2, "vip")), None, None, None, Some(named(1, "Redes")), None, None];
    assert_eq!(found.await, expected, "what is not offered is found as it is written");
    for kind in ReferenceKind::ALL {
        assert_eq!(store.offered(kind).await.unwrap(), []);
    }
}

pub(super) async fn of_a_name_one_spelling_is_offered(store: impl Store) {
    use ReferenceKind::{Category, Tag, Team};

    let offer = async |kind, text: &str| store.offer(vec![(kind, text.to_owned())]).await.unwrap().remove(0);
    store.identify(vec![(Category, "redes".into())]).await.unwrap();
    assert_eq!(offer(Category, "Rédes").await, named(2, "Rédes"));
    for spelling in ["Rédes", "redes", " REDES  "] {
        assert_eq!(offer(Category, spelling).await, named(2, "Rédes"));
        let found = store.find_references(vec![(Category, name(spelling))]).await.unwrap();
        assert_eq!(found, [Some(named(2, "Rédes"))], "what is offered comes first");
    }
    assert_eq!(store.offered(Category).await.unwrap(), [named(2, "Rédes")]);
    assert_eq!(offer(Tag, "Rédes").await, named(1, "Rédes"), "each kind has its own");
    // What had an id has it still.
    store.identify(vec![(Category, "Correo".into())]).await.unwrap();
    assert_eq!(offer(Category, "Correo").await, named(3, "Correo"));
    assert_eq!(store.offered(Category).await.unwrap(), [named(2, "Rédes"), named(3, "Correo")]);
    // Of areas, accents count.
    assert_eq!((offer(Team, "CAFÉ").await.id, offer(Team, "café").await.id, offer(Team, "CAFE").await.id), (1, 1, 2));
}

pub(super) async fn names_that_are_offered_at_once_have_one_id_each(store: impl Store + Clone) {
    let mut offers = JoinSet::new();
    for number in 0..60_u32 {
        let store = store.clone();
        offers.spawn(async move {
            let spelling = ["Correo", "correo", "CORREO"][number as usize % 3];
            let names = vec![
                (ReferenceKind::Category, spelling.to_owned()),
                (ReferenceKind::Category, format!("c{}", number % 4)),
            ];
            let ids: Vec<_> = store.offer(names.clone()).await.unwrap().into_iter().map(|named| named.id).collect();
            store.identify(names).await.unwrap();
            ids
        });
    }
    let offered: BTreeSet<_> = offers.join_all().await.into_iter().map(|ids| ids[0]).collect();
    assert_eq!(offered.len(), 1);
    let all = store.offered(ReferenceKind::Category).await.unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(all.iter().map(|named| named.id).collect::<BTreeSet<_>>().len(), 5);
}
