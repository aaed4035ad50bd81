//! A device that fails: each call that it may fail in, once and for good.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    common::{program::Desk, scaled},
    power_cut::watched,
    requesters::{Known, Load, creation, holds, is_found, note},
    shim::{Calls, Errno, In, Shim},
};

/// Waits until so many requests were answered.
pub(super) async fn answers(answered: &AtomicU32, wanted: u32) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while answered.load(SeqCst) < wanted {
        assert!(Instant::now() < deadline, "{} of {wanted} answers", answered.load(SeqCst));
        sleep(Duration::from_millis(2)).await;
    }
}

/// Under load, one thing after the other fails for a moment: what is answered is stored or refused, and it goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_fails_now_and_then_loses_nothing_that_was_acknowledged() {
    let (desk, shim) = watched();
    let server =
        desk.serve_on("disk/ticketing.db", |command| shim.put_before(command).env("TICKETING_RATE_LIMITS", "off"));
    let next = Arc::new(AtomicU32::new(0));
    let load = Load::start(server.address, 4, &next, || 0);
    let mut failed = 0;
    for round in 0..scaled(8) {
        for (calls, which, error) in [
            (Calls::Writes, In::Log, Errno::Io),
            (Calls::Writes, In::All, Errno::NoSpace),
            (Calls::Syncs, In::Log, Errno::Io),
            (Calls::Writes, In::Database, Errno::Io),
            (Calls::Changes, In::All, Errno::ReadOnly),
            (Calls::Writes, In::Words, Errno::NoSpace),
        ] {
            shim.fail(calls, which, error, round * 3, 1 + round);
            let before = load.answered.load(SeqCst);
            answers(&load.answered, before + 12).await;
            failed += shim.failed();
        }
    }
    shim.heal();
    assert!(failed > 10, "{failed} calls failed");
    is_ready_again(&server, 200).await;
    let known = load.stop().await;
    let mut client = server.connect().await;
    for ticket in &known.acknowledged {
        is_found(&mut client, ticket).await;
    }
    assert_eq!(client.ask(&creation(2_000_000)).await.status, 200);
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.kill();
    let there = holds(&desk.path("disk/ticketing.db"), &known.acknowledged, "after the failures").await;
    for requester in &known.refused {
        assert!(!there.contains_key(requester), "requester {requester} was told that nothing was stored");
    }
    println!("{failed} calls failed, {} tickets, {} refused", known.acknowledged.len(), known.refused.len());
}

/// Waits until readiness is this status: it is looked at once a second.
pub(super) async fn is_ready_again(server: &super::common::program::Server, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut client = server.connect().await;
    loop {
        let answer = client.get("/readyz").await;
        if answer.status == status {
            return;
        }
        assert!(Instant::now() < deadline, "{answer}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// A device that takes nothing any more, as one that its file system has given up on: what is there is read all the same.
#[tokio::test]
async fn while_nothing_can_be_written_tickets_are_found_and_readiness_says_so() {
    for (calls, error) in [
        (Calls::Writes, Errno::Io),
        (Calls::Syncs, Errno::Io),
        (Calls::Changes, Errno::ReadOnly),
        (Calls::Changes, Errno::NoSpace),
    ] {
        let (desk, shim) = watched();
        let server =
            desk.serve_on("disk/ticketing.db", |command| shim.put_before(command).env("TICKETING_RATE_LIMITS", "off"));
        let mut client = server.connect().await;
        let mut known = Known::default();
        for requester in 0..5 {
            note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
        }
        is_ready_again(&server, 200).await;
        shim.fail(calls, In::All, error, 0, u32::MAX);
        let refused = client.ask(&creation(5)).await;
        let problem = refused.problem(503, "read-only");
        assert_eq!(refused.header("retry-after"), Some("30"));
        assert!(problem["detail"].as_str().unwrap().contains("no se guardó nada"), "{problem}");
        is_ready_again(&server, 503).await;
        let mut looking = server.connect().await;
        looking.get("/readyz").await.problem(503, "read-only");
        assert_eq!(client.get("/livez").await.status, 200);
        assert_eq!(client.get("/metrics").await.status, 200);
        for ticket in &known.acknowledged {
            is_found(&mut client, ticket).await;
        }
        assert!(server.log().contains("look at the disk"), "{}", server.log());

        shim.heal();
        is_ready_again(&server, 200).await;
        // With the key that it had.
        note(&mut known, &client.ask(&creation(5)).await, 5, 0);
        assert_eq!(known.acknowledged.len(), 6);
        assert!(server.log().contains("the disk takes what is written again"), "{}", server.log());
        server.kill();
        assert_eq!(holds(&desk.path("disk/ticketing.db"), &known.acknowledged, "healed").await.len(), 6);
    }
}

/// What cannot be read is damaged, as SQLite has it (`SQLITE_IOERR_CORRUPTFS`). It fails by itself; when it can be read again, it is.
#[tokio::test]
async fn a_read_that_fails_fails_one_request_and_no_more() {
    let desk = Desk::on_a_file();
    std::fs::create_dir(desk.path("disk")).unwrap();
    let shim = Shim::new(&desk.path("disk"), &desk.path(""));
    let server = desk.serve_on("disk/ticketing.db", |command| command.env("TICKETING_RATE_LIMITS", "off"));
    let mut known = Known::default();
    let mut client = server.connect().await;
    for requester in 0..40 {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.kill();
    // Another process: nothing is in its memory yet.
    let server =
        desk.serve_on("disk/ticketing.db", |command| shim.put_before(command).env("TICKETING_RATE_LIMITS", "off"));
    let mut client = server.connect().await;
    shim.fail(Calls::Reads, In::All, Errno::Io, 0, u32::MAX);
    let mut statuses = Vec::new();
    for ticket in &known.acknowledged {
        let email = super::requesters::email(ticket.requester);
        let body = serde_json::json!({ "label": ticket.label, "email": email });
        let answer = client.post("/api/tickets/consultar", &body).await;
        if answer.status != 200 {
            answer.problem(500, "internal");
        }
        statuses.push(answer.status);
    }
    assert!(shim.failed() > 0 && statuses.contains(&500), "{statuses:?}");
    assert_eq!(client.get("/livez").await.status, 200);
    assert!(server.log().contains("`ticketing-server verify` names what is damaged"), "{}", server.log());
    shim.heal();
    for ticket in &known.acknowledged {
        is_found(&mut client, ticket).await;
    }
    server.kill();
    holds(&desk.path("disk/ticketing.db"), &known.acknowledged, "healed").await;
}
