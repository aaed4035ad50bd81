//! What every store must do. The checks are asynchronous functions over the traits; [`store_suite!`] runs all of them on one
//! store, and a further store is one more line at the end.

#![cfg(feature = "sqlite")]

mod accounts;
mod archive;
#[path = "../common/database.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod database;
mod deliveries;
mod desk;
mod integration;
mod privacy;
#[cfg(feature = "postgres")]
mod processes;
mod reports;
mod tokens;

use std::{
    collections::HashSet,
    future::Future,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
    },
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use ticketing_core::{
    Actor, Command, Draft, Event, Field, LabelFormat, LookUp, Rulebook, Rules, RulesHash, Status, Ticket, TicketId,
    TicketLabel, Timestamp,
    sla::{Audience, ClockChanges, DueByHand, TargetKind, Threshold},
    ticket::{
        Action, ActorId, Agent, AskedBy, Author, Change, Changes, Edit, Erased, Intake, Message, NewEvent, Origin,
        PublicIntake, Reason, Reply, Role, Scope, Statement, Visibility, Words,
    },
};
#[cfg(feature = "postgres")]
use ticketing_server::store::postgres::PostgresStore;
use ticketing_server::{
    CreateRequest, Engine, EngineError,
    store::{
        Appended, Created, Creation, FollowUp, Idempotency, KeyUse, LabelKey, PublicRecord, RulesVersion, Store,
        StoreError, TicketStore, sqlite::SqliteStore,
    },
};
use tokio::task::JoinSet;
use uuid::Uuid;

#[cfg(feature = "postgres")]
use self::database::ServerDatabase;
use self::{
    accounts::{
        a_user_who_was_added_is_found_by_id_and_by_address, an_address_is_one_users_in_whatever_letters,
        an_attempt_counts_under_all_of_its_keys_or_under_none,
        an_attempt_that_is_taken_back_leaves_the_others_as_they_were, attempts_are_forgotten_when_their_time_is_over,
        attempts_at_the_same_time_count_each, each_change_of_users_and_keys_grows_the_revision,
        of_a_user_who_is_deleted_the_name_is_left_and_the_address_is_free, of_two_changes_of_one_user_one_is_stored,
        the_last_active_administrator_is_not_taken_away, the_last_key_signs_and_is_never_forgotten,
    },
    archive::{
        an_archive_that_is_not_whole_says_so, what_another_store_has_is_here_as_it_was_there,
        what_is_here_already_stays, what_is_taken_in_again_goes_on_where_it_was,
    },
    deliveries::{
        a_lease_is_one_holders_until_it_is_over_or_given_back, a_place_that_somebody_has_set_is_not_set_back,
        a_subscription_that_is_deleted_takes_its_deliveries_along, a_subscription_that_was_added_is_found_as_it_was,
        each_change_of_recipients_grows_their_revision_and_no_delivery_does,
        of_two_changes_of_one_subscription_one_is_stored,
        what_deliveries_make_of_health_and_what_people_do_stand_apart,
        what_happened_since_an_instant_stands_after_a_position,
        what_waits_and_what_was_given_up_beyond_a_place_is_undelivered, what_was_given_up_is_forgotten_in_its_time,
        what_was_given_up_is_tried_anew_when_somebody_says_so,
    },
    desk::{
        a_command_for_another_version_is_told_what_happened_since, a_command_repeated_with_its_key_happens_once,
        a_requester_has_no_list, a_ticket_in_full_has_its_words_and_its_history,
        an_area_that_gets_or_loses_an_alias_is_in_scope_as_the_rules_say,
        histories_are_read_in_pages_in_the_order_of_creation, lists_have_what_passes_newest_first_on_pages_of_any_size,
        lists_of_many_areas_are_lists, many_are_found_as_they_are, resolved_tickets_close_by_themselves,
        the_feed_has_every_event_once_in_the_order_of_commits, totals_count_what_there_is,
        what_changes_is_found_as_it_is, what_has_been_resolved_for_so_long_is_found,
        what_is_to_be_done_by_an_instant_is_found_soonest_first, what_reads_like_a_label_may_be_words,
        what_was_said_is_found_in_scope_and_filter,
    },
    integration::{
        a_name_has_an_id_of_its_kind_for_good, a_page_of_a_search_has_the_words_and_passes_the_rest,
        names_that_are_offered_at_once_have_one_id_each, of_a_name_one_spelling_is_offered,
        pages_have_what_a_naive_reader_finds, pages_of_several_years_follow_one_another,
        what_another_system_says_of_a_ticket_comes_back,
    },
    privacy::{
        a_person_is_erased_and_nothing_else, an_archive_brings_nobody_back, prop_statistics_stay_whoever_is_erased,
        what_is_over_for_long_enough_says_nothing_any_more,
    },
    reports::{
        a_report_is_of_what_an_actor_may_read, figures_that_are_not_what_the_events_come_to_are_named,
        of_two_changes_of_sums_one_is_stored, processes_that_sum_up_at_once_count_everything_once,
        prop_reports_say_what_the_histories_come_to, reports_stay_when_a_person_is_erased_and_when_a_desk_moves,
        sums_are_made_anew_beside_those_that_are_read, what_a_burst_leaves_is_followed_after_it,
    },
    tokens::{
        a_token_is_revoked_once_and_stays, a_token_that_was_added_is_there_with_its_hash,
        each_change_of_tokens_but_their_use_grows_the_revision, of_all_tokens_that_are_valid_one_has_a_name,
        of_tokens_with_one_name_that_are_added_at_once_one_is_stored,
        the_last_use_of_a_token_is_the_latest_that_was_noted,
    },
};

// What the checks store

const EMAIL: &str = "ana.garcía+mesa@example.com";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn morning() -> Timestamp {
    at("2026-03-24T10:15:00.123Z")
}

fn draft() -> Draft<'static> {
    Draft::new()
        .with(Field::Name, "Ana «O'Higgins» García 🦀")
        .with(Field::Email, EMAIL)
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "Uno.\r\n\tDos; DROP TABLE tickets; --")
        .with(Field::Priority, "Alta")
        .with(Field::Phone, "+573001234567")
        .with(Field::HasWhatsapp, true)
        .with(Field::Subject, "e\u{301} \u{202e}izquierda")
}

/// A ticket to be created in 2026.
fn creation() -> Creation {
    creation_at(morning(), 2026)
}

fn creation_at(now: Timestamp, label_year: u16) -> Creation {
    let rules = Rules::default();
    let new = draft().validate(&rules).unwrap();
    let id = TicketId(Uuid::now_v7());
    let opened = Ticket::open(&new, Origin::Chat, &Actor::Requester, now, &rules).unwrap();
    let intake = new.into_intake();
    Creation {
        id,
        ticket: Ticket::opened(id, &opened.event).unwrap(),
        next_moment: None,
        opened,
        intake,
        address: Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])),
        label: LabelFormat::default(),
        label_year,
        idempotency: None,
    }
}

/// A creation that may be repeated.
fn keyed(key: &str, fingerprint: u8, valid_from: Timestamp) -> Creation {
    let idempotency =
        Idempotency { owner: None, key: key.into(), fingerprint: [fingerprint; 32], used_at: morning(), valid_from };
    Creation { idempotency: Some(idempotency), ..creation() }
}

fn by_hand(due: Timestamp) -> DueByHand {
    DueByHand { due, set_at: at("1970-01-01T00:00:00Z") }
}

fn clock_changes(at: Timestamp) -> ClockChanges {
    let passed = Threshold { target: TargetKind::NextResponse, cycle: 3, percent: 80, at };
    ClockChanges {
        passed: vec![passed],
        lifted: vec![(TargetKind::FirstResponse, 100)],
        restarted: TargetKind::ALL.to_vec(),
    }
}

async fn create(store: &impl Store, creation: Creation) -> TicketLabel {
    match store.create(creation).await.unwrap() {
        Created::New(label) => label,
        other @ Created::KeyUsed(_) => panic!("{other:?}"),
    }
}

fn desk() -> Actor {
    Actor::Desk(ActorId(Uuid::from_u128(7)))
}

fn reason(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

/// What a command comes to, as the engine would store it.
fn follow_up(ticket: &Ticket, actor: &Actor, commands: impl IntoIterator<Item = Command>) -> FollowUp {
    let mut after = ticket.clone();
    let mut events = Vec::new();
    for command in commands {
        let now = a_minute_after(after.updated_at);
        for new in after.decide(command, actor, now, &Rulebook::default()).unwrap() {
            after.apply(&new.event).unwrap();
            events.push(new);
        }
    }
    FollowUp { expected_version: ticket.version, events, ticket: after, next_moment: None, idempotency: None }
}

fn a_minute_after(instant: Timestamp) -> Timestamp {
    Timestamp::from_unix_millis(instant.unix_millis() + 60_000).unwrap()
}

// Checks: tickets

async fn a_ticket_that_was_created_is_loaded_found_and_remembered(store: impl Store) {
    let creation = creation();
    let label = create(&store, creation.clone()).await;
    assert_eq!(label.to_string(), "TKT-2026-00001");
    assert_eq!(store.load(creation.id).await.unwrap(), Some(creation.ticket.clone()));
    assert_eq!(store.history(creation.id).await.unwrap(), std::slice::from_ref(&creation.opened));

    let found = store.find_public(label.into()).await.unwrap().unwrap();
    assert_eq!(found.label.to_string(), label.to_string());
    shows(&found, &creation.ticket);
    assert_eq!(found.intake, PublicIntake::from(creation.intake));
    assert_eq!(found.intake.requester.as_ref().unwrap().email.as_str(), EMAIL);
    assert_eq!(found.reply, None);
    tells_last(&found, &creation.opened);
}

/// Asserts that a look-up tells a ticket's state.
#[track_caller]
fn shows(found: &PublicRecord, ticket: &Ticket) {
    assert_eq!(found.id, ticket.id);
    assert_eq!(found.attributes, ticket.attributes);
    assert_eq!(found.status, ticket.status);
    assert_eq!(found.sla, ticket.sla);
    assert_eq!(found.created_at, ticket.created_at);
    assert_eq!((found.resolved_at, found.is_archived), (ticket.resolved_at, ticket.is_archived()));
}

/// Asserts that a look-up tells of an event what its requester may see.
#[track_caller]
fn tells_last(found: &PublicRecord, NewEvent { event, text, .. }: &NewEvent) {
    assert_eq!((&found.last, &found.last_text), (&event.into(), text));
}

async fn what_is_not_there_is_not_found(store: impl Store) {
    let nobody = creation();
    assert_eq!(store.load(nobody.id).await.unwrap(), None);
    assert_eq!(store.history(nobody.id).await.unwrap(), []);
    for series in [LabelKey::NOTHING, LabelKey { year: 2026, number: 1 }, LabelKey { year: u16::MAX, number: u32::MAX }]
    {
        assert_eq!(store.find_public(series).await.unwrap(), None);
    }
    let comment = Command::Comment { message: Message::new("¿Hay alguien?").unwrap() };
    let follow_up = follow_up(&nobody.ticket, &Actor::Requester, [comment]);
    assert_eq!(store.append(follow_up).await.unwrap(), Appended::Conflict);

    create(&store, creation()).await;
    assert_eq!(store.find_public(LabelKey { year: 2025, number: 1 }).await.unwrap(), None);
    assert_eq!(store.find_public(LabelKey { year: 2026, number: 2 }).await.unwrap(), None);
    assert_eq!(store.find_public(LabelKey::NOTHING).await.unwrap(), None);
}

async fn a_ticket_without_a_requester_is_kept_without_one(store: impl Store) {
    let mut creation = creation();
    creation.opened.event.changes.opened.as_mut().unwrap().has_requester = false;
    creation.opened.event.occurred_at = Some(at("2019-12-31T23:59:59.999Z"));
    creation.ticket = Ticket::opened(creation.id, &creation.opened.event).unwrap();
    creation.intake = Intake::default();
    creation.address = None;
    let label = create(&store, creation.clone()).await;
    let found = store.find_public(label.into()).await.unwrap().unwrap();
    shows(&found, &creation.ticket);
    assert_eq!(found.intake, PublicIntake::default());
    tells_last(&found, &creation.opened);
}

async fn each_year_counts_for_itself(store: impl Store) {
    let mut labels = Vec::new();
    for (year, prefix, digits) in
        [(2026, "TKT", 5), (2027, "TKT", 5), (2026, "HD", 3), (2000, "TKT", 1), (9999, "TKT", 9), (2026, "TKT", 5)]
    {
        let label = LabelFormat::new(prefix, digits).unwrap();
        labels.push(create(&store, Creation { label, ..creation_at(morning(), year) }).await.to_string());
    }
    assert_eq!(
        labels,
        ["TKT-2026-00001", "TKT-2027-00001", "HD-2026-002", "TKT-2000-1", "TKT-9999-000000001", "TKT-2026-00003"]
    );
    // A label keeps the form that it was given in.
    let found = store.find_public(LabelKey { year: 2026, number: 2 }).await.unwrap().unwrap();
    assert_eq!(found.label.to_string(), "HD-2026-002");
}

async fn numbers_given_at_once_are_unique_and_without_gaps(store: impl Store + Clone) {
    const TICKETS: u32 = 300;
    let mut creations = JoinSet::new();
    for _ in 0..TICKETS {
        let store = store.clone();
        creations.spawn(async move { create(&store, creation()).await.number() });
    }
    let mut numbers = creations.join_all().await;
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=TICKETS));
}

async fn a_creation_that_fails_uses_no_number_and_harms_no_other(store: impl Store + Clone) {
    let first = creation();
    create(&store, first.clone()).await;
    let mut creations = JoinSet::new();
    for number in 0..60 {
        let (store, first) = (store.clone(), first.clone());
        creations.spawn(async move {
            // Every third one has an identity that there is already.
            let creation = if number % 3 == 0 { first } else { creation() };
            store.create(creation).await
        });
    }
    let outcomes = creations.join_all().await;
    let (stored, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((stored.len(), failed.len()), (40, 20));
    assert_eq!(create(&store, creation()).await.number(), 42);
    assert_eq!(store.load(first.id).await.unwrap(), Some(first.ticket.clone()));
    assert_eq!(store.history(first.id).await.unwrap().len(), 1);
}

async fn what_is_created_and_changed_at_once_is_counted_once(store: impl Store + Clone) {
    const TICKETS: usize = 40;
    let opened: Vec<_> = (0..TICKETS).map(|_| creation()).collect();
    for creation in &opened {
        create(&store, creation.clone()).await;
    }
    let mut writes = JoinSet::new();
    for Creation { ticket, .. } in opened {
        let (one, other) = (store.clone(), store.clone());
        writes.spawn(async move {
            let paused = follow_up(&ticket, &desk(), [Command::Pause { reason: reason("Un repuesto") }]);
            assert_eq!(one.append(paused).await.unwrap(), Appended::Stored);
        });
        writes.spawn(async move { _ = create(&other, creation()).await });
    }
    writes.join_all().await;
    let mut totals: Vec<_> =
        store.totals(&Scope::Everything).await.unwrap().iter().map(|total| (total.status, total.tickets)).collect();
    totals.sort_unstable();
    let count = u32::try_from(TICKETS).unwrap();
    assert_eq!(totals, [(Status::Open, count), (Status::Paused, count)]);
    assert_eq!(create(&store, creation()).await.number(), 2 * count + 1);
}

// Checks: what follows

async fn what_is_appended_is_state_history_and_what_the_requester_sees(store: impl Store) {
    let creation = creation();
    let label = create(&store, creation.clone()).await;
    let reply = "Reinicie.\nY llámenos.";
    let update = Command::Update {
        status: Some(Status::InProgress),
        priority: Some("Urgente".into()),
        area: Some("Redes".into()),
        reply: Some(Reply::new(reply).unwrap()),
    };
    // One unit of work of several events.
    let pause = Command::Pause { reason: reason("Esperamos un repuesto") };
    let first = follow_up(&creation.ticket, &desk(), [update, pause]);
    assert_eq!(first.events.len(), 2);
    assert_eq!(store.append(first.clone()).await.unwrap(), Appended::Stored);
    let comment = Command::Comment { message: Message::new("Sigue igual 🦀").unwrap() };
    let second = follow_up(&first.ticket, &Actor::Requester, [comment]);
    assert_eq!(store.append(second.clone()).await.unwrap(), Appended::Stored);

    assert_eq!(store.load(creation.id).await.unwrap(), Some(second.ticket.clone()));
    let mut expected = vec![creation.opened];
    expected.extend(first.events);
    expected.extend(second.events);
    assert_eq!(store.history(creation.id).await.unwrap(), expected);
    let found = store.find_public(label.into()).await.unwrap().unwrap();
    shows(&found, &second.ticket);
    assert_eq!(found.reply.as_deref(), Some(reply));
    tells_last(&found, expected.last().unwrap());
}

async fn every_kind_of_event_comes_back_as_it_was(store: impl Store) {
    let creation = creation();
    create(&store, creation.clone()).await;
    let mut ticket = creation.ticket.clone();
    let mut expected = vec![creation.opened];
    for (action, role) in Action::ALL.into_iter().skip(1).zip(Role::ALL.into_iter().cycle()) {
        let odd = ticket.version % 2 == 1;
        let other = |text: &str| odd.then(|| text.to_owned());
        let event = Event {
            seq: ticket.version + 1,
            recorded_at: a_minute_after(ticket.updated_at),
            occurred_at: odd.then(|| at("1970-01-01T00:00:00Z")),
            author: Author { role, id: odd.then(|| ActorId(Uuid::from_u128(u128::MAX))) },
            rules: RulesHash(Uuid::from_u128(ticket.version.into())),
            action,
            public: odd,
            has_text: odd,
            changes: Changes {
                opened: None,
                status: Change::between(ticket.status, if odd { Status::Resolved } else { Status::Open }),
                priority: Change::between(ticket.attributes.priority.clone(), other("ñ")),
                category: Change::between(ticket.attributes.category.clone(), other("\"{}\"")),
                area: Change::between(ticket.attributes.area.clone(), other("a").unwrap_or_default()),
                assignee: Change::between(ticket.assignee, odd.then(|| ActorId(Uuid::from_u128(1)))),
                service: Change::between(ticket.attributes.service.clone(), other("'; --")),
                visibility: Change::between(
                    ticket.attributes.visibility,
                    if odd { Visibility::Internal } else { Visibility::Public },
                ),
                tags: Change::between(ticket.tags.clone(), if odd { vec!["a".into(), "[\"".into()] } else { vec![] }),
                justification: Change::between(ticket.justification.clone(), other("porque")),
                reworded: odd.then_some(Words::Subject),
                agreement: Change::between(ticket.sla.agreement.clone(), None),
                due_by_hand: Change::between(ticket.sla.due_by_hand, odd.then(|| by_hand(ticket.updated_at))),
                clocks: if odd { clock_changes(ticket.updated_at) } else { ClockChanges::default() },
                notify: if odd { vec![Audience::Assignee, Audience::Admins] } else { vec![] },
                erased: odd.then_some(Erased::Person),
            },
            asked_by: odd.then_some(AskedBy::Agent),
        };
        let expected_version = ticket.version;
        ticket.apply(&event).unwrap();
        let new = NewEvent { event, text: other("Un texto.\n"), on_behalf: other("Otra, «persona»") };
        let follow_up = FollowUp {
            expected_version,
            events: vec![new.clone()],
            ticket: ticket.clone(),
            next_moment: None,
            idempotency: None,
        };
        assert_eq!(store.append(follow_up).await.unwrap(), Appended::Stored);
        expected.push(new);
        assert_eq!(store.load(creation.id).await.unwrap(), Some(ticket.clone()));
        assert_eq!(store.history(creation.id).await.unwrap(), expected);
    }
}

async fn what_the_requester_may_not_see_is_not_the_last_event(store: impl Store) {
    let creation = creation();
    let label = create(&store, creation.clone()).await;
    let mut follow_up = follow_up(&creation.ticket, &desk(), [Command::Pause { reason: reason("Solo para nosotros") }]);
    follow_up.events[0].event.public = false;
    follow_up.ticket = Ticket::replay(creation.id, [&creation.opened.event, &follow_up.events[0].event]).unwrap();
    assert_eq!(store.append(follow_up).await.unwrap(), Appended::Stored);
    let found = store.find_public(label.into()).await.unwrap().unwrap();
    assert_eq!(found.status, Status::Paused);
    tells_last(&found, &creation.opened);
}

async fn of_two_follow_ups_on_one_version_one_is_stored_and_the_other_leaves_nothing(store: impl Store + Clone) {
    let creation = creation();
    create(&store, creation.clone()).await;
    let say = |text: &str| {
        let message = Message::new(text).unwrap();
        follow_up(&creation.ticket, &Actor::Requester, [Command::Comment { message }])
    };
    let mut appends = JoinSet::new();
    for number in 0..10 {
        let (store, follow_up) = (store.clone(), say(&format!("Comentario {number}")));
        appends.spawn(async move { store.append(follow_up).await.unwrap() });
    }
    let stored = appends.join_all().await.into_iter().filter(|appended| *appended == Appended::Stored).count();
    assert_eq!(stored, 1);
    assert_eq!(store.history(creation.id).await.unwrap().len(), 2);
    assert_eq!(store.load(creation.id).await.unwrap().unwrap().version, 2);
    assert_eq!(store.append(say("Tarde")).await.unwrap(), Appended::Conflict);
    assert_eq!(store.history(creation.id).await.unwrap().len(), 2);
}

// Checks: idempotency

async fn a_creation_repeated_with_its_key_is_the_first_one(store: impl Store) {
    let yesterday = at("2026-03-23T10:15:00.123Z");
    let first = keyed("k", 1, yesterday);
    let label = create(&store, first.clone()).await;
    let repeated = Created::KeyUsed(KeyUse::SameRequest {
        id: first.id,
        label,
        version: 1,
        opened: Box::new(first.opened.event.clone()),
    });
    let again = keyed("k", 1, yesterday);
    assert_eq!(store.create(again.clone()).await.unwrap(), repeated);
    assert_eq!(store.load(again.id).await.unwrap(), None);
    // Asking alone uses no key.
    let used = async |key: Creation| store.find_key(&key.idempotency.unwrap()).await.unwrap().map(Created::KeyUsed);
    assert_eq!(used(again.clone()).await, Some(repeated.clone()));
    assert_eq!(used(keyed("k", 2, yesterday)).await, Some(Created::KeyUsed(KeyUse::OtherRequest)));
    assert_eq!(used(keyed("k", 1, a_minute_after(morning()))).await, None);
    assert_eq!(used(keyed("K", 1, yesterday)).await, None);

    let other = keyed("k", 2, yesterday);
    assert_eq!(store.create(other).await.unwrap(), Created::KeyUsed(KeyUse::OtherRequest));
    assert_eq!(create(&store, keyed("K", 1, yesterday)).await.number(), 2);
    assert_eq!(create(&store, creation()).await.number(), 3);

    // What has happened to the ticket since does not change what it was created as.
    let pause = follow_up(&first.ticket, &desk(), [Command::Pause { reason: reason("Un repuesto") }]);
    store.append(pause).await.unwrap();
    assert_eq!(store.create(again).await.unwrap(), repeated);
}

async fn a_key_is_forgotten_when_its_time_is_over(store: impl Store) {
    let later = a_minute_after(morning());
    let first = create(&store, keyed("k", 1, morning())).await;
    // Valid to the millisecond, then anybody's.
    let again = keyed("k", 1, morning());
    assert!(
        matches!(store.create(again).await.unwrap(), Created::KeyUsed(KeyUse::SameRequest { label, .. }) if label == first)
    );
    let idempotency = keyed("k", 2, later).idempotency.map(|key| Idempotency { used_at: later, ..key });
    let anew = Creation { idempotency, ..creation_at(later, 2026) };
    assert_eq!(create(&store, anew).await.number(), 2);
    assert_eq!(store.create(keyed("k", 1, later)).await.unwrap(), Created::KeyUsed(KeyUse::OtherRequest));

    create(&store, keyed("other", 1, morning())).await;
    assert_eq!(store.forget_keys_before(morning()).await.unwrap(), 0);
    assert_eq!(store.forget_keys_before(later).await.unwrap(), 1);
    assert_eq!(store.forget_keys_before(Timestamp::MAX).await.unwrap(), 1);
    assert_eq!(store.forget_keys_before(Timestamp::MAX).await.unwrap(), 0);
    assert_eq!(create(&store, keyed("other", 9, morning())).await.number(), 4);
}

async fn of_many_creations_at_once_with_one_key_one_is_stored(store: impl Store + Clone) {
    let mut creations = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        let creation = keyed("k", 1, Timestamp::MIN);
        creations.spawn(async move { store.create(creation).await.unwrap() });
    }
    let outcomes = creations.join_all().await;
    let new = outcomes.iter().filter(|created| matches!(created, Created::New(_))).count();
    let repeated: Vec<_> =
        outcomes.iter().filter(|created| matches!(created, Created::KeyUsed(KeyUse::SameRequest { .. }))).collect();
    assert_eq!((new, repeated.len()), (1, 49));
    assert!(repeated.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(create(&store, creation()).await.number(), 2);
}

// Checks: rules

async fn rules_have_versions_and_the_last_is_active(store: impl Store) {
    assert!(store.active_rules().await.unwrap().is_none());
    assert_eq!(store.active_version().await.unwrap(), None);

    let built_in = Rules::default();
    let stricter = Rules::from_json(r#"{ "campos": { "asunto": { "requerido": true } }, "reapertura": 0 }"#).unwrap();
    let first = store.activate_rules(built_in.clone(), morning()).await.unwrap();
    assert_active(&store, first, &built_in).await;
    assert_eq!(store.activate_rules(built_in.clone(), morning()).await.unwrap(), first, "no change, no version");
    let second = store.activate_rules(stricter.clone(), morning()).await.unwrap();
    assert!(second > first);
    assert_active(&store, second, &stricter).await;
    let third = store.activate_rules(built_in.clone(), morning()).await.unwrap();
    assert!(third > second, "what was active before is a new version when it is active again");
    assert_active(&store, third, &built_in).await;
}

async fn assert_active(store: &impl Store, version: RulesVersion, rules: &Rules) {
    let (active_version, active) = store.active_rules().await.unwrap().unwrap();
    assert_eq!((active_version, active.hash(), active.to_json()), (version, rules.hash(), rules.to_json()));
    assert_eq!(store.active_version().await.unwrap(), Some(version));
}

async fn a_store_that_works_says_so(store: impl Store) {
    store.check().await.unwrap();
}

// Checks: through the engine

/// An engine whose clock is a number of milliseconds.
async fn engine<S: Store>(store: S) -> (Engine<S>, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(morning().unix_millis()));
    let clock = Arc::clone(&now);
    let engine =
        Engine::start_with_clock(store, move || Timestamp::from_unix_millis(clock.load(SeqCst)).unwrap()).await;
    (engine.unwrap(), now)
}

async fn create_through<S: Store>(engine: &Engine<S>) -> (TicketId, TicketLabel) {
    let new = draft().validate(&engine.rules()).unwrap();
    let created = engine.create(CreateRequest::new(new)).await.unwrap();
    (created.id, created.label)
}

/// Asserts that a ticket's state is what its history comes to, and that its requester sees the right part of it.
async fn is_its_history(store: &impl Store, id: TicketId, label: TicketLabel) -> (Ticket, usize) {
    let ticket = store.load(id).await.unwrap().unwrap();
    let history = store.history(id).await.unwrap();
    assert_eq!(Ticket::replay(id, history.iter().map(|new| &new.event)).unwrap(), ticket);
    assert!(history.iter().all(|new| new.event.has_text == new.text.is_some()));
    assert!(history.is_sorted_by_key(|new| new.event.recorded_at));

    let found = store.find_public(label.into()).await.unwrap().unwrap();
    let nth = |seq: u32| &history[usize::try_from(seq).unwrap() - 1];
    shows(&found, &ticket);
    tells_last(&found, nth(ticket.last_public.seq));
    assert_eq!(found.reply, ticket.reply.and_then(|seq| nth(seq).text.clone()));
    (ticket, history.len())
}

async fn two_commands_at_once_are_both_done(store: impl Store) {
    let (engine, _) = engine(store).await;
    for _ in 0..20 {
        let (id, label) = create_through(&engine).await;
        let comment = Command::Comment { message: Message::new("¿Alguna novedad?").unwrap() };
        let pause = Command::Pause { reason: reason("Esperamos un repuesto") };
        let (requester, desk) = (Actor::Requester, desk());
        let (one, other) = tokio::join!(engine.execute(id, &requester, comment), engine.execute(id, &desk, pause));
        let versions = HashSet::from([one.unwrap().version, other.unwrap().version]);
        assert_eq!(versions, HashSet::from([2, 3]));
        assert_eq!(is_its_history(engine.store(), id, label).await.1, 3);
    }
}

async fn many_commands_at_once_are_all_done(store: impl Store) {
    const COMMANDS: usize = 12;
    let (engine, _) = engine(store).await;
    let (id, label) = create_through(&engine).await;
    let mut commands = JoinSet::new();
    for number in 0..COMMANDS {
        let engine = engine.clone();
        commands.spawn(async move {
            let message = Message::new(&format!("Comentario {number}")).unwrap();
            engine.execute(id, &Actor::Requester, Command::Comment { message }).await.unwrap();
        });
    }
    commands.join_all().await;
    assert_eq!(is_its_history(engine.store(), id, label).await.1, COMMANDS + 1);
    let texts: HashSet<_> = engine.store().history(id).await.unwrap().into_iter().filter_map(|new| new.text).collect();
    assert_eq!(texts.len(), COMMANDS);
}

async fn a_command_to_a_ticket_that_is_not_there_is_refused(store: impl Store) {
    let (engine, _) = engine(store).await;
    let comment = Command::Comment { message: Message::new("¿Hay alguien?").unwrap() };
    let refused = engine.execute(TicketId(Uuid::from_u128(1)), &Actor::Requester, comment).await;
    assert!(matches!(refused, Err(EngineError::NotFound)));
    let look_up = LookUp { label: "TKT-2026-00001".into(), email: EMAIL.into() };
    assert!(matches!(engine.look_up(&look_up).await, Err(EngineError::NotFound)));
}

// Properties

/// What somebody does, and the milliseconds until then: the clock may also be set back.
type Step = (i64, Actor, Command);

fn any_step() -> impl Strategy<Value = Step> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let millis = prop_oneof![3 => 0..DAY, 1 => -DAY..0, 1 => DAY..20 * DAY, 1 => Just(0)];
    (millis, any_actor(), any_command())
}

fn any_actor() -> impl Strategy<Value = Actor> {
    let id = || (1_u128..4).prop_map(|id| ActorId(Uuid::from_u128(id)));
    prop_oneof![
        2 => Just(Actor::Requester),
        4 => id().prop_map(Actor::Admin),
        2 => id().prop_map(Actor::Desk),
        1 => (id(), any_area()).prop_map(|(id, area)| Actor::Area { id, area }),
        1 => id().prop_map(Actor::Token),
        1 => Just(Actor::System),
    ]
}

fn any_area() -> impl Strategy<Value = String> {
    prop_oneof![Just("MESA".to_owned()), Just("mesa de  ayuda".to_owned()), Just("Redes".to_owned()), "\\PC{0,12}"]
}

fn any_priority() -> impl Strategy<Value = String> {
    prop_oneof![Just("ALTA".to_owned()), Just("Crítica".to_owned()), Just("baja".to_owned()), "\\PC{0,22}"]
}

fn any_status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

fn any_agent() -> impl Strategy<Value = Agent> {
    let area = prop::option::weighted(0.3, any_area());
    (1_u128..4, area, prop::bool::weighted(0.9)).prop_map(|(id, area, is_active)| Agent {
        id: ActorId(Uuid::from_u128(id)),
        area,
        is_active,
    })
}

fn any_command() -> impl Strategy<Value = Command> {
    let reason = || "[^\\p{Cc}]{3,20}".prop_filter_map("blank", |text| Reason::new(&text).ok());
    let reply = "[^\\p{Cc}]{5,20}".prop_filter_map("blank", |text| Reply::new(&text).ok());
    let message = "[^\\p{Cc}]{2,20}".prop_filter_map("blank", |text| Message::new(&text).ok());
    let update = (
        prop::option::of(any_status()),
        prop::option::of(any_priority()),
        prop::option::of(any_area()),
        prop::option::of(reply),
    );
    let asked_by = prop::sample::select(vec![AskedBy::Requester, AskedBy::Agent]);
    prop_oneof![
        4 => update.prop_map(|(status, priority, area, reply)| Command::Update { status, priority, area, reply }),
        2 => (any_agent(), reason()).prop_map(|(agent, reason)| Command::Assign { agent, reason }),
        2 => (any_area(), prop::option::of(any_agent()), reason())
            .prop_map(|(area, agent, reason)| Command::Transfer { area, agent, reason }),
        1 => (any_priority(), "\\PC{0,12}", reason())
            .prop_map(|(priority, category, reason)| Command::Reclassify { priority, category, reason }),
        2 => reason().prop_map(|reason| Command::Pause { reason }),
        2 => reason().prop_map(|reason| Command::Reopen { reason }),
        1 => (reason(), asked_by).prop_map(|(reason, asked_by)| Command::Cancel { reason, asked_by }),
        1 => reason().prop_map(|reason| Command::Archive { reason }),
        2 => reason().prop_map(|reason| Command::Unarchive { reason }),
        2 => message.prop_map(|message| Command::Comment { message }),
        1 => Just(Command::CloseItself),
        6 => any_integration_command(),
    ]
}

/// What other systems do.
fn any_integration_command() -> impl Strategy<Value = Command> {
    let name = || "\\PC{0,12}";
    let named = || prop::option::of(name());
    let tag = || prop::sample::select(vec!["vip", "caro", "lejos"]).prop_map(str::to_owned);
    let statement = "[^\\p{Cc}]{1,20}".prop_filter_map("blank", |text| Statement::new(&text).ok());
    let visibility = || prop::sample::select(Visibility::ALL.to_vec());
    let instant = || (0..100_i64).prop_map(|days| Timestamp::from_unix_millis(days * 86_400_000 * 250).unwrap());
    let edit = prop_oneof![
        prop::option::of(name()).prop_map(Edit::Category),
        prop::option::of(any_priority()).prop_map(Edit::Priority),
        named().prop_map(Edit::Service),
        prop::collection::vec(name(), 0..3).prop_map(Edit::Clients),
        any_agent().prop_map(Edit::Owner),
        name().prop_map(Edit::Subject),
        visibility().prop_map(Edit::Visibility),
        tag().prop_map(Edit::Tag),
        tag().prop_map(Edit::Untag),
    ];
    let said = (visibility(), statement, prop::option::of(any_status()), named(), prop::option::of(instant()));
    prop_oneof![
        4 => edit.prop_map(Command::Edit),
        2 => (any_status(), named(), any::<bool>())
            .prop_map(|(status, justification, is_said)| Command::SetStatus { status, justification, is_said }),
        2 => said.prop_map(|(visibility, statement, status, justification, said_at)| {
            Command::Say { visibility, statement, status, justification, said_at }
        }),
        1 => prop::option::of(instant()).prop_map(|due| Command::SetDue { due }),
    ]
}

/// Whatever is done to a ticket, and by whomever: what is stored of it is what its stored history comes to, and a refusal
/// changes nothing.
fn prop_a_ticket_is_always_what_its_history_comes_to<K>(open: impl Future<Output = Option<(impl Store, K)>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some((store, _keep)) = runtime.block_on(open) else { return };
    let (engine, clock) = runtime.block_on(engine(store));
    let config = Config { cases: scaled(50), failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(any_step(), 1..=50);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        clock.store(morning().unix_millis(), SeqCst);
        runtime.block_on(async {
            let (id, label) = create_through(&engine).await;
            let (mut before, _) = is_its_history(engine.store(), id, label).await;
            for (millis, actor, command) in steps {
                clock.fetch_add(millis, SeqCst);
                let outcome = engine.execute(id, &actor, command).await;
                let (after, events) = is_its_history(engine.store(), id, label).await;
                prop_assert_eq!(usize::try_from(after.version).unwrap(), events);
                match outcome {
                    Ok(ticket) => prop_assert_eq!(&ticket, &after),
                    Err(EngineError::Refused(_)) => prop_assert_eq!(&before, &after),
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
                before = after;
            }
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// A count that grows with `TICKETING_SCALE`, which is 1 where it is not set.
fn scaled(count: u32) -> u32 {
    let scale: f64 = std::env::var("TICKETING_SCALE").map_or(1.0, |scale| scale.parse().unwrap());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's `as` saturates")]
    let scaled = (f64::from(count) * scale).round() as u32;
    scaled.max(1)
}

// The stores

/// Every check on a new store of one kind: what `$open` answers is kept until the check is over.
macro_rules! store_suite {
    ($kind:ident, $open:expr) => {
        mod $kind {
            use super::*;

            store_suite! { @each $open,
                a_ticket_that_was_created_is_loaded_found_and_remembered,
                what_is_not_there_is_not_found,
                a_ticket_without_a_requester_is_kept_without_one,
                each_year_counts_for_itself,
                numbers_given_at_once_are_unique_and_without_gaps,
                a_creation_that_fails_uses_no_number_and_harms_no_other,
                what_is_created_and_changed_at_once_is_counted_once,
                what_is_appended_is_state_history_and_what_the_requester_sees,
                every_kind_of_event_comes_back_as_it_was,
                what_the_requester_may_not_see_is_not_the_last_event,
                of_two_follow_ups_on_one_version_one_is_stored_and_the_other_leaves_nothing,
                a_creation_repeated_with_its_key_is_the_first_one,
                a_key_is_forgotten_when_its_time_is_over,
                of_many_creations_at_once_with_one_key_one_is_stored,
                rules_have_versions_and_the_last_is_active,
                a_store_that_works_says_so,
                what_another_store_has_is_here_as_it_was_there,
                what_is_taken_in_again_goes_on_where_it_was,
                what_is_here_already_stays,
                an_archive_that_is_not_whole_says_so,
                a_person_is_erased_and_nothing_else,
                prop_statistics_stay_whoever_is_erased,
                what_is_over_for_long_enough_says_nothing_any_more,
                an_archive_brings_nobody_back,
                prop_reports_say_what_the_histories_come_to,
                processes_that_sum_up_at_once_count_everything_once,
                reports_stay_when_a_person_is_erased_and_when_a_desk_moves,
                of_two_changes_of_sums_one_is_stored,
                sums_are_made_anew_beside_those_that_are_read,
                what_a_burst_leaves_is_followed_after_it,
                a_report_is_of_what_an_actor_may_read,
                figures_that_are_not_what_the_events_come_to_are_named,
                a_user_who_was_added_is_found_by_id_and_by_address,
                an_address_is_one_users_in_whatever_letters,
                of_two_changes_of_one_user_one_is_stored,
                of_a_user_who_is_deleted_the_name_is_left_and_the_address_is_free,
                the_last_active_administrator_is_not_taken_away,
                the_last_key_signs_and_is_never_forgotten,
                each_change_of_users_and_keys_grows_the_revision,
                an_attempt_counts_under_all_of_its_keys_or_under_none,
                an_attempt_that_is_taken_back_leaves_the_others_as_they_were,
                attempts_at_the_same_time_count_each,
                attempts_are_forgotten_when_their_time_is_over,
                a_token_that_was_added_is_there_with_its_hash,
                of_all_tokens_that_are_valid_one_has_a_name,
                of_tokens_with_one_name_that_are_added_at_once_one_is_stored,
                a_token_is_revoked_once_and_stays,
                the_last_use_of_a_token_is_the_latest_that_was_noted,
                each_change_of_tokens_but_their_use_grows_the_revision,
                a_subscription_that_was_added_is_found_as_it_was,
                of_two_changes_of_one_subscription_one_is_stored,
                what_deliveries_make_of_health_and_what_people_do_stand_apart,
                a_place_that_somebody_has_set_is_not_set_back,
                what_waits_and_what_was_given_up_beyond_a_place_is_undelivered,
                what_was_given_up_is_tried_anew_when_somebody_says_so,
                a_subscription_that_is_deleted_takes_its_deliveries_along,
                what_was_given_up_is_forgotten_in_its_time,
                what_happened_since_an_instant_stands_after_a_position,
                each_change_of_recipients_grows_their_revision_and_no_delivery_does,
                a_lease_is_one_holders_until_it_is_over_or_given_back,
                two_commands_at_once_are_both_done,
                many_commands_at_once_are_all_done,
                a_command_to_a_ticket_that_is_not_there_is_refused,
                a_ticket_in_full_has_its_words_and_its_history,
                what_has_been_resolved_for_so_long_is_found,
                what_is_to_be_done_by_an_instant_is_found_soonest_first,
                histories_are_read_in_pages_in_the_order_of_creation,
                the_feed_has_every_event_once_in_the_order_of_commits,
                a_command_repeated_with_its_key_happens_once,
                a_command_for_another_version_is_told_what_happened_since,
                resolved_tickets_close_by_themselves,
                lists_have_what_passes_newest_first_on_pages_of_any_size,
                totals_count_what_there_is,
                what_was_said_is_found_in_scope_and_filter,
                what_changes_is_found_as_it_is,
                many_are_found_as_they_are,
                a_requester_has_no_list,
                an_area_that_gets_or_loses_an_alias_is_in_scope_as_the_rules_say,
                what_reads_like_a_label_may_be_words,
                lists_of_many_areas_are_lists,
                pages_have_what_a_naive_reader_finds,
                pages_of_several_years_follow_one_another,
                a_page_of_a_search_has_the_words_and_passes_the_rest,
                what_another_system_says_of_a_ticket_comes_back,
                a_name_has_an_id_of_its_kind_for_good,
                of_a_name_one_spelling_is_offered,
                names_that_are_offered_at_once_have_one_id_each,
            }

            #[test]
            fn prop_a_ticket_is_always_what_its_history_comes_to() {
                super::prop_a_ticket_is_always_what_its_history_comes_to(async { $open });
            }
        }
    };
    (@each $open:expr, $($check:ident,)*) => {
        $(
            #[test]
            fn $check() {
                run(async {
                    if let Some((store, _keep)) = $open {
                        super::$check(store).await;
                    }
                });
            }
        )*
    };
}

fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(check);
}

store_suite!(sqlite, {
    let directory = tempfile::tempdir().unwrap();
    Some((SqliteStore::open(directory.path().join("ticketing.db")).unwrap(), directory))
});

#[cfg(feature = "postgres")]
store_suite!(postgres, {
    match ServerDatabase::or_say_so() {
        Some(database) => Some((PostgresStore::connect(&database.url).await.unwrap(), database)),
        None => None,
    }
});

// What every store does for several processes

/// Two stores see what each other stores, and engines on them agree.
async fn two_stores_on_one_database(one: impl Store, other: impl Store) {
    let mut numbers = Vec::new();
    for _ in 0..20 {
        let (a, b) = tokio::join!(create(&one, creation()), create(&other, creation()));
        numbers.extend([a.number(), b.number()]);
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=40));

    let first = creation();
    let label = create(&one, first.clone()).await;
    assert_eq!(other.load(first.id).await.unwrap(), Some(first.ticket.clone()));
    // Engines of two processes retry on what the other has stored.
    let ((one, _), (other, _)) = (engine(one).await, engine(other).await);
    for _ in 0..10 {
        let say = || Command::Comment { message: Message::new("¿Alguna novedad?").unwrap() };
        let (a, b) = tokio::join!(
            one.execute(first.id, &Actor::Requester, say()),
            other.execute(first.id, &Actor::Requester, say())
        );
        assert_ne!(a.unwrap().version, b.unwrap().version);
    }
    assert_eq!(is_its_history(one.store(), first.id, label).await.1, 21);

    let rules = Rules::from_json(r#"{ "reapertura": 1 }"#).unwrap();
    one.apply_rules(rules.clone()).await.unwrap();
    assert_eq!(one.rules().hash(), rules.hash());
    assert_eq!(other.refresh().await.unwrap(), Some(rules.hash()));
    assert_eq!(other.refresh().await.unwrap(), None);
}

#[test]
fn two_stores_on_one_file_see_what_each_other_stores() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.db");
        let (one, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
        Box::pin(two_stores_on_one_database(one, other)).await;
    });
}

/// Who hangs up is not told; what had begun is done all the same.
async fn creations_that_nobody_waits_for_any_more(store: impl Store) {
    let mut ids = Vec::new();
    for number in 0..100_u64 {
        let creation = creation();
        ids.push(creation.id);
        let patience = std::time::Duration::from_micros(number * 40);
        let _ = tokio::time::timeout(patience, store.create(creation)).await;
    }
    // Behind all of them in the queue.
    let last = create(&store, creation()).await.number();
    let mut stored = 0;
    for id in ids {
        let history = store.history(id).await.unwrap();
        assert_eq!(store.load(id).await.unwrap().map(|ticket| ticket.version), history.last().map(|new| new.event.seq));
        stored += u32::try_from(history.len()).unwrap();
    }
    assert_eq!(last, stored + 1);
}

#[test]
fn a_creation_that_nobody_waits_for_any_more_is_whole_or_not_there() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
        creations_that_nobody_waits_for_any_more(store).await;
    });
}

/// Of more creations than may wait, which the store is set to, some are stored and the others refused.
async fn more_creations_than_may_wait(store: impl Store + Clone) {
    let mut creations = JoinSet::new();
    for _ in 0..200 {
        let store = store.clone();
        creations.spawn(async move { store.create(creation()).await });
    }
    let outcomes = creations.join_all().await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(StoreError::Overloaded))), "{outcomes:?}");
    assert!(stored < 200, "four at a time");
    assert_eq!(usize::try_from(create(&store, creation()).await.number()).unwrap(), stored + 1);
}

#[test]
fn more_work_than_may_wait_is_refused_and_none_of_it_is_stored() {
    use ticketing_server::store::sqlite::SqliteOptions;

    run(async {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions { queue_max: 4, batch_max: 2, ..SqliteOptions::default() };
        let store = SqliteStore::open_with(directory.path().join("ticketing.db"), &options).unwrap();
        more_creations_than_may_wait(store).await;
    });
}

// What only a store in a file has to do

/// A store that is read from without a pause keeps no snapshot for long.
#[test]
fn what_another_process_stores_is_seen_while_reading() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.db");
        let (one, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
        for _ in 0..10 {
            let creation = creation();
            assert_eq!(one.load(creation.id).await.unwrap(), None);
            create(&other, creation.clone()).await;
            let began = std::time::Instant::now();
            while one.load(creation.id).await.unwrap().is_none() {
                assert!(began.elapsed() < std::time::Duration::from_secs(10), "it is not seen");
            }
        }
    });
}

/// The log is emptied again and again, also where somebody always reads.
#[test]
fn the_log_stays_small_while_reading() {
    // SQLite empties it from 4 MiB on, at the first moment that nobody reads it. What is written here would fill 13.
    const LOG_OCTETS_MAX: u64 = 10 << 20;
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            run(async {
                while !done.load(SeqCst) {
                    store.find_public(LabelKey { year: 2026, number: 1 }).await.unwrap();
                }
            });
        });
        let log_octets_max = || {
            let mut log_octets_max = 0;
            for _ in 0..600 {
                run(async {
                    let creations: JoinSet<_> = std::iter::repeat_n(store.clone(), 10)
                        .map(|store| async move { create(&store, creation()).await })
                        .collect();
                    creations.join_all().await;
                });
                let log = std::fs::metadata(directory.path().join("ticketing.db-wal")).unwrap();
                log_octets_max = log_octets_max.max(log.len());
            }
            log_octets_max
        };
        let log_octets_max = std::panic::catch_unwind(std::panic::AssertUnwindSafe(log_octets_max));
        done.store(true, SeqCst);
        reading.join().unwrap();
        let log_octets_max = log_octets_max.unwrap();
        assert!(log_octets_max < LOG_OCTETS_MAX, "the log grew to {log_octets_max} octets");
    });
}

#[test]
fn a_file_is_opened_by_many_at_once_also_when_it_is_new() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ticketing.db");
    std::thread::scope(|scope| {
        let opens: Vec<_> = (0..8).map(|_| scope.spawn(|| SqliteStore::open(&path).map(drop))).collect();
        for open in opens {
            open.join().unwrap().unwrap();
        }
    });
    run(async { assert_eq!(create(&SqliteStore::open(&path).unwrap(), creation()).await.number(), 1) });
}

#[test]
fn what_was_stored_is_there_when_the_file_is_opened_again() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.db");
        let store = SqliteStore::open(&path).unwrap();
        let first = creation();
        create(&store, first.clone()).await;
        // The last clone that is dropped closes the file, and everything is in it.
        drop(store);
        let entries: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(entries, ["ticketing.db"]);
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.load(first.id).await.unwrap(), Some(first.ticket));
        assert_eq!(create(&store, creation()).await.number(), 2);
    });
}

// What only a store on a server has to do

#[cfg(feature = "postgres")]
mod on_a_server {
    use ticketing_server::store::postgres::PostgresOptions;

    use super::*;

    /// Under whatever runs these tests, this one is seen.
    #[test]
    fn without_postgres_these_tests_say_so() {
        drop(ServerDatabase::or_say_so());
    }

    #[test]
    fn two_stores_on_one_database_see_what_each_other_stores() {
        run(async {
            let Some(database) = ServerDatabase::or_say_so() else { return };
            let (one, other) =
                (PostgresStore::connect(&database.url).await, PostgresStore::connect(&database.url).await);
            Box::pin(two_stores_on_one_database(one.unwrap(), other.unwrap())).await;
        });
    }

    #[test]
    fn a_creation_that_nobody_waits_for_any_more_is_whole_or_not_there() {
        run(async {
            let Some(database) = ServerDatabase::or_say_so() else { return };
            creations_that_nobody_waits_for_any_more(PostgresStore::connect(&database.url).await.unwrap()).await;
        });
    }

    #[test]
    fn more_work_than_may_wait_is_refused_and_none_of_it_is_stored() {
        run(async {
            let Some(database) = ServerDatabase::or_say_so() else { return };
            let options = PostgresOptions { queue_max: 4, batch_max: 2, ..PostgresOptions::default() };
            more_creations_than_may_wait(PostgresStore::connect_with(&database.url, &options).await.unwrap()).await;
        });
    }

    #[test]
    fn a_database_is_opened_by_many_at_once_also_when_it_is_new() {
        run(async {
            let Some(database) = ServerDatabase::or_say_so() else { return };
            let mut opens = JoinSet::new();
            for _ in 0..8 {
                let url = database.url.clone();
                opens.spawn(async move { PostgresStore::connect(&url).await.map(drop) });
            }
            for open in opens.join_all().await {
                open.unwrap();
            }
            let store = PostgresStore::connect(&database.url).await.unwrap();
            assert_eq!(create(&store, creation()).await.number(), 1);
        });
    }
}
