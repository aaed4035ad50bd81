//! The power is cut: of what was written and not synced, anything may be on the disk, down to sectors.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use super::{
    common::{
        program::{Desk, Server},
        scaled,
    },
    disk::{Journal, Random, Survives},
    io_errors::answers,
    requesters::{Acknowledged, Known, Load, creation, holds, is_found},
    shim::{Calls, Errno, In, Shim},
};

/// A desk whose disk is watched.
pub(super) fn watched() -> (Desk, Shim) {
    let desk = Desk::on_a_file();
    fs::create_dir(desk.path("disk")).unwrap();
    let shim = Shim::new(&desk.path("disk"), &desk.path("")).with_journal(&desk.path(""));
    (desk, shim)
}

/// A server on that disk.
fn serve_behind(desk: &Desk, shim: &Shim) -> Server {
    desk.serve_on("disk/ticketing.db", |command| shim.put_before(command).env("TICKETING_RATE_LIMITS", "off"))
}

/// Who creates tickets there, and notes how much the journal had when each was acknowledged.
fn put_load_on(server: &Server, shim: &Shim, next: &Arc<AtomicU32>) -> Load {
    let journal = shim.journal().to_owned();
    Load::start(server.address, 6, next, move || fs::metadata(&journal).map_or(0, |file| file.len()))
}

/// Rebuilds disks from a journal, and asserts of each that all is there that had been acknowledged when the power was cut.
async fn every_disk_holds_what_was_acknowledged(
    journal: &Journal,
    acknowledged: &[Acknowledged],
    cuts: u32,
    seed: u64,
) {
    let desk = Desk::on_a_file();
    let mut random = Random::new(seed);
    for number in 0..cuts {
        // The last one is the whole journal.
        let changes = if number + 1 == cuts { journal.len() } else { random.below(journal.len() + 1) };
        let survives = Survives::ALL[number as usize % Survives::ALL.len()];
        let what = format!("seed {seed}, after {changes} of {} changes, {survives:?}", journal.len());
        let noted = journal.noted(changes);
        let known: Vec<_> = acknowledged.iter().filter(|ticket| ticket.noted <= noted).cloned().collect();
        let name = format!("disk-{number}");
        fs::create_dir(desk.path(&name)).unwrap();
        journal.rebuild(changes, survives, &mut random, &desk.path(&name));
        let file = format!("{name}/ticketing.db");
        assert!(known.is_empty() || desk.path(&file).exists(), "{what}: there is no file");
        // The program itself, on some of them: the first to open the file is the one that has to put it right.
        let mut known_later = known.clone();
        if number % 10 == 0 {
            let server = desk.serve_on(&file, |command| command.env("TICKETING_RATE_LIMITS", "off"));
            let mut client = server.connect().await;
            for ticket in known.iter().rev().take(20) {
                is_found(&mut client, ticket).await;
            }
            let mut created = Known::default();
            super::requesters::note(&mut created, &client.ask(&creation(1_000_000)).await, 1_000_000, 0);
            known_later.extend(created.acknowledged);
            server.kill();
        }
        holds(&desk.path(&file), &known_later, &what).await;
        fs::remove_dir_all(desk.path(&name)).unwrap();
    }
    println!("{} changes, {cuts} disks, {} tickets", journal.len(), acknowledged.len());
}

/// Long enough for the log to be put into the file a few times, which is when there is most to lose.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_power_cut_at_any_moment() {
    for seed in 0..u64::from(scaled(1)) {
        let (desk, shim) = watched();
        let server = serve_behind(&desk, &shim);
        let next = Arc::new(AtomicU32::new(0));
        let load = put_load_on(&server, &shim, &next);
        answers(&load.answered, scaled(200)).await;
        server.kill();
        let Known { acknowledged, refused } = load.ended().await;
        assert!(refused.is_empty());
        let journal = Journal::read(shim.journal());
        let (syncs, failed) = journal.syncs();
        assert!(syncs > 30 && failed == 0, "{syncs} syncs");
        every_disk_holds_what_was_acknowledged(&journal, &acknowledged, scaled(40), seed).await;
    }
}

/// After a sync that has failed, the system has forgotten what it could not write, and the next one succeeds all the same. Whoever takes
/// that for "all is on the disk" loses what was acknowledged. Source: “PostgreSQL's `fsync()` surprise”, LWN, April 2018.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_relies_on_what_a_failed_sync_has_lost() {
    for _ in 0..scaled(2) {
        let (desk, shim) = watched();
        let server = serve_behind(&desk, &shim);
        let next = Arc::new(AtomicU32::new(0));
        let load = put_load_on(&server, &shim, &next);
        for _ in 0..scaled(2) {
            let before = load.answered.load(SeqCst);
            answers(&load.answered, before + 20).await;
            shim.fail(Calls::Syncs, In::Log, Errno::Io, 2, 2);
            while shim.failed() == 0 {
                let before = load.answered.load(SeqCst);
                answers(&load.answered, before + 5).await;
            }
        }
        let before = load.answered.load(SeqCst);
        answers(&load.answered, before + 40).await;
        server.kill();
        let known = load.ended().await;
        let journal = Journal::read(shim.journal());
        assert!(journal.syncs().1 > 0, "no sync failed");
        assert!(!known.refused.is_empty(), "nothing was refused");
        every_disk_holds_what_was_acknowledged(&journal, &known.acknowledged, scaled(15), 77).await;
    }
}

/// Of the file itself nobody could write again what a failed sync has lost, but from the log: the server ends, and the next one does so.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_of_the_file_ends_the_server_and_the_next_one_has_everything() {
    for seed in 0..u64::from(scaled(2)) {
        let (desk, shim) = watched();
        let server = serve_behind(&desk, &shim);
        let next = Arc::new(AtomicU32::new(0));
        let load = put_load_on(&server, &shim, &next);
        answers(&load.answered, 20 + 40 * u32::try_from(seed).unwrap()).await;
        shim.fail(Calls::Syncs, In::Database, Errno::Io, 0, 1);
        let status = server.ended(Duration::from_mins(1)).await;
        assert_eq!((status.code(), shim.failed()), (Some(1), 1));
        let mut known = load.ended().await;
        assert!(known.acknowledged.len() > 20);

        // It goes on where the other one has ended, puts the log into the file, and has its power cut in turn.
        let server = serve_behind(&desk, &shim);
        let mut client = server.connect().await;
        for ticket in &known.acknowledged {
            is_found(&mut client, ticket).await;
        }
        let load = put_load_on(&server, &shim, &next);
        answers(&load.answered, scaled(100)).await;
        server.kill();
        let later = load.ended().await;
        assert!(later.refused.is_empty());
        known.acknowledged.extend(later.acknowledged);
        let journal = Journal::read(shim.journal());
        every_disk_holds_what_was_acknowledged(&journal, &known.acknowledged, scaled(25), seed).await;
    }
}

/// All of a transaction stands in the log when its sync fails, its end too. Whoever opened it then would find a ticket whose sender was
/// told that nothing was stored, and sends it again.
#[tokio::test]
async fn what_was_refused_for_a_failed_sync_does_not_come_back_when_the_process_is_killed() {
    for times in [1, 1_000_000] {
        let (desk, shim) = watched();
        let server = serve_behind(&desk, &shim);
        let mut client = server.connect().await;
        let mut known = Known::default();
        super::requesters::note(&mut known, &client.ask(&creation(0)).await, 0, 0);
        shim.fail(Calls::Syncs, In::Log, Errno::Io, 0, times);
        super::requesters::note(&mut known, &client.ask(&creation(1)).await, 1, 0);
        // It may be anything of the program's own that came before the ticket.
        while known.refused.is_empty() && known.acknowledged.len() < 20 {
            let requester = u32::try_from(known.acknowledged.len()).unwrap();
            super::requesters::note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
        }
        server.kill();
        let refused = known.refused.clone();
        let there = holds(&desk.path("disk/ticketing.db"), &known.acknowledged, "after the kill").await;
        for requester in refused {
            assert!(!there.contains_key(&requester), "requester {requester} was told that nothing was stored");
        }
    }
}

/// A backup has its name when it is on the disk, and a restored file too.
#[tokio::test]
async fn a_backup_that_has_its_name_is_whole_after_a_power_cut() {
    let (desk, shim) = watched();
    let server = desk.serve();
    let mut client = server.connect().await;
    for requester in 0..20 {
        assert_eq!(client.ask(&creation(requester)).await.status, 200);
    }
    server.kill();
    let mut command = desk.program();
    let command = shim.put_before(command.args(["backup", "disk/copy.db"]));
    assert_eq!(super::common::program::run(command).status, Some(0));
    let journal = Journal::read(shim.journal());
    let mut random = Random::new(5);
    let mut whole = 0;
    for (changes, survives) in (0..=journal.len()).flat_map(|changes| Survives::ALL.map(|survives| (changes, survives)))
    {
        let name = "cut";
        fs::create_dir(desk.path(name)).unwrap();
        journal.rebuild(changes, survives, &mut random, &desk.path(name));
        let copy = desk.path("cut/copy.db");
        if copy.exists() {
            whole += 1;
            is_whole(&copy).await;
        }
        fs::remove_dir_all(desk.path(name)).unwrap();
    }
    assert!(whole > 0);
}

async fn is_whole(copy: &Path) {
    assert_eq!(holds(copy, &[], "a copy").await.len(), 20);
}
