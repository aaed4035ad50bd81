use proptest::prelude::*;
use ticketing_core::Uuid;

use super::*;
use crate::store::FailureKind;

const FAILURE: Failure = Failure { kind: FailureKind::Timeout, http_status: None };

fn ticket(number: u8) -> TicketId {
    TicketId(Uuid::from_u128(number.into()))
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).unwrap()
}

fn queue() -> Queue<u64> {
    Queue::new(FeedPosition(0), vec![])
}

fn take(queue: &mut Queue<u64>, position: u64, number: u8) -> Option<Delivery> {
    queue.take(FeedPosition(position), Some((ticket(number), position)), at(1))
}

/// The positions that may be delivered at an instant.
fn next(queue: &mut Queue<u64>, now: i64) -> Vec<u64> {
    std::iter::from_fn(|| queue.next(at(now)).map(|job| job.position.0)).collect()
}

#[test]
fn events_of_one_ticket_go_one_by_one_and_those_of_others_beside_them() {
    let mut queue = queue();
    for (position, number) in [(1, 1), (2, 1), (3, 2), (5, 1)] {
        assert_eq!(take(&mut queue, position, number), None);
    }
    queue.take(FeedPosition(6), None, at(1));
    assert_eq!(next(&mut queue, 1), [1, 3]);
    assert_eq!(queue.place(), FeedPosition(0));
    queue.delivered(ticket(2));
    assert_eq!((next(&mut queue, 1), queue.place()), (vec![], FeedPosition(0)));
    queue.delivered(ticket(1));
    assert_eq!((next(&mut queue, 1), queue.place()), (vec![2], FeedPosition(1)));
    queue.delivered(ticket(1));
    assert_eq!((next(&mut queue, 1), queue.place()), (vec![5], FeedPosition(4)));
    queue.delivered(ticket(1));
    assert_eq!(queue.place(), FeedPosition(6));
    // What was taken is not taken again.
    assert_eq!((take(&mut queue, 5, 1), next(&mut queue, 1)), (None, vec![]));
}

/// A clock that is set back by a day makes nobody wait for that day.
#[test]
fn what_waits_waits_as_long_where_the_clock_is_set_back() {
    let mut queue = queue();
    for (position, number) in [(1, 1), (2, 1), (3, 2)] {
        take(&mut queue, position, number);
    }
    assert_eq!(next(&mut queue, 1), [1, 3]);
    queue.failed(ticket(1), at(1_000), Some(at(1_050)), FAILURE);
    queue.set_back(TimeDelta::milliseconds(900));
    assert_eq!(queue.next_at(), Some(at(150)));
    assert!(next(&mut queue, 149).is_empty());
    assert_eq!(next(&mut queue, 150), [1]);
    queue.delivered(ticket(1));
    assert_eq!(next(&mut queue, 150), [2]);
}

#[test]
fn what_comes_after_a_failure_waits_behind_it_and_is_stored() {
    let mut queue = queue();
    for position in [1, 2, 3] {
        take(&mut queue, position, 1);
    }
    assert_eq!(next(&mut queue, 1), [1]);
    let stored = queue.failed(ticket(1), at(10), Some(at(50)), FAILURE);
    let rows: Vec<_> = stored.iter().map(|row| (row.position.0, row.attempts, row.failure)).collect();
    assert_eq!(rows, [(1, 1, Some(FAILURE)), (2, 0, None), (3, 0, None)]);
    assert_eq!((queue.place(), queue.stored()), (FeedPosition(3), 3));
    assert_eq!(take(&mut queue, 4, 1).map(|row| row.position), Some(FeedPosition(4)));
    assert_eq!(take(&mut queue, 5, 2), None);
    assert_eq!((next(&mut queue, 49), queue.next_at()), (vec![5], Some(at(50))));
    assert_eq!(next(&mut queue, 50), [1]);
    assert_eq!(queue.delivered(ticket(1)), Some(FeedPosition(1)));
    assert_eq!(next(&mut queue, 50), [2]);
}

#[test]
fn those_behind_go_on_when_a_delivery_is_given_up() {
    let mut queue = queue();
    for position in [1, 2] {
        take(&mut queue, position, 1);
    }
    assert_eq!(next(&mut queue, 1), [1]);
    let stored = queue.failed(ticket(1), at(10), None, FAILURE);
    assert_eq!(stored.len(), 1);
    assert_eq!((next(&mut queue, 10), queue.stored(), queue.place()), (vec![2], 0, FeedPosition(1)));
    assert_eq!(queue.delivered(ticket(1)), None);
}

#[test]
fn what_was_not_delivered_before_a_crash_is_known_afterwards() {
    let row = |position, next_attempt_at: Option<i64>| Delivery {
        position: FeedPosition(position),
        ticket: ticket(1),
        attempts: 3,
        next_attempt_at: next_attempt_at.map(at),
        last_attempt_at: at(5),
        failure: Some(FAILURE),
    };
    let mut queue = Queue::new(FeedPosition(4), vec![row(2, Some(70)), row(5, Some(6)), row(6, None)]);
    // Rows were stored before the place was.
    for position in [5, 6] {
        assert_eq!(take(&mut queue, position, 1), None);
    }
    assert!(take(&mut queue, 7, 1).is_some());
    assert_eq!((queue.stored(), queue.place()), (3, FeedPosition(7)));
    assert!(next(&mut queue, 60).is_empty());
    assert_eq!(queue.next(at(70)).map(|job| (job.position.0, job.entry, job.attempts)), Some((2, None, 3)));
    queue.delivered(ticket(1));
    assert_eq!(next(&mut queue, 70), [5]);
    queue.delivered(ticket(1));
    assert_eq!(next(&mut queue, 70), [7], "what was given up stays so");
}

#[test]
fn what_was_not_tried_is_next_once_more() {
    let mut queue = queue();
    take(&mut queue, 1, 1);
    assert_eq!(next(&mut queue, 1), [1]);
    queue.again(ticket(1));
    assert_eq!(next(&mut queue, 1), [1]);
}

#[test]
fn there_is_no_room_for_more_than_so_much() {
    let mut queue = queue();
    for position in 1..=256 {
        assert!(queue.has_room());
        take(&mut queue, position, 1);
    }
    assert!(!queue.has_room());
    next(&mut queue, 1);
    queue.failed(ticket(1), at(1), Some(at(2)), FAILURE);
    assert!(queue.has_room(), "what has rows is not in memory");
}

proptest! {
    /// Whatever fails, and whenever all is forgotten but what is stored: each event arrives or is given up, those of a ticket in order.
    #[test]
    fn prop_each_event_arrives_in_the_order_of_its_ticket(
        tickets in prop::collection::vec(0_u8..4, 1..40),
        fates in prop::collection::vec(0_u8..10, 400),
    ) {
        let mut fates = fates.into_iter().cycle();
        let mut rows: std::collections::BTreeMap<u64, Delivery> = std::collections::BTreeMap::new();
        let (mut queue, mut place, mut now) = (queue(), FeedPosition(0), 1);
        let mut arrived: Vec<u64> = vec![];
        let mut given_up: Vec<u64> = vec![];
        let newest = tickets.len() as u64;
        for _ in 0..2_000 {
            now += 1;
            let from = queue.taken.0;
            for position in (from + 1)..=newest.min(from + 3) {
                let number = tickets[usize::try_from(position - 1).unwrap()];
                rows.extend(take(&mut queue, position, number).map(|row| (row.position.0, row)));
            }
            while let Some(job) = queue.next(at(now)) {
                match fates.next().unwrap() {
                    0..=4 => {
                        arrived.push(job.position.0);
                        if let Some(stored) = queue.delivered(job.ticket) {
                            rows.remove(&stored.0);
                        }
                    }
                    5 => {
                        let gone = queue.failed(job.ticket, at(now), None, FAILURE);
                        given_up.push(job.position.0);
                        rows.extend(gone.into_iter().map(|row| (row.position.0, row)));
                    }
                    _ => {
                        let failed = queue.failed(job.ticket, at(now), Some(at(now + 3)), FAILURE);
                        rows.extend(failed.into_iter().map(|row| (row.position.0, row)));
                    }
                }
            }
            prop_assert_eq!(queue.stored(), rows.values().filter(|row| row.next_attempt_at.is_some()).count());
            match fates.next().unwrap() {
                0 => place = queue.place(),
                1 => {
                    let undelivered = rows.values().filter(|row| row.next_attempt_at.is_some() || row.position > place);
                    queue = Queue::new(place, undelivered.cloned().collect());
                }
                _ => {}
            }
            if queue.place().0 == newest && queue.stored() == 0 && queue.next_at().is_none() {
                break;
            }
        }
        for (number, positions) in by_ticket(&tickets) {
            let first = |position: &u64| arrived.iter().position(|other| other == position);
            let arrived: Vec<_> = positions.iter().filter_map(first).collect();
            prop_assert!(arrived.is_sorted(), "ticket {}: {:?}", number, arrived);
            for position in positions {
                prop_assert!(arrived_or(&given_up, position, first(&position)), "{} is lost", position);
            }
        }
    }
}

fn arrived_or(given_up: &[u64], position: u64, arrived: Option<usize>) -> bool {
    arrived.is_some() || given_up.contains(&position)
}

fn by_ticket(tickets: &[u8]) -> HashMap<u8, Vec<u64>> {
    let mut by_ticket: HashMap<u8, Vec<u64>> = HashMap::new();
    for (position, number) in (1..).zip(tickets) {
        by_ticket.entry(*number).or_default().push(position);
    }
    by_ticket
}
