//! Backups and restores that are killed half-way, or are given what is no backup.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    common::{
        program::{Desk, run},
        scaled,
    },
    requesters::{Acknowledged, Known, creation, holds, note},
};

async fn worked(tickets: u32) -> (Desk, Vec<Acknowledged>) {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    for requester in 0..tickets {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.kill();
    (desk, known.acknowledged)
}

/// Runs a command and kills it after a time; answers whether it had ended before.
fn killed(command: &mut Command, after: Duration) -> bool {
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + after;
    while Instant::now() < deadline {
        if let Some(status) = process.try_wait().unwrap() {
            assert!(status.success());
            return true;
        }
        sleep(Duration::from_micros(500));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    false
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_no_file_that_looks_like_one() {
    let (desk, tickets) = worked(80).await;
    let began = Instant::now();
    desk.run(&["backup", "first.db"]).success();
    let takes = began.elapsed();
    let (rounds, mut interrupted) = (scaled(12), 0);
    for round in 0..rounds {
        let after = takes * (round + 1) / (rounds + 1);
        let has_ended = killed(desk.program().args(["backup", "copy.db"]), after);
        if desk.path("copy.db").exists() {
            assert_eq!(holds(&desk.path("copy.db"), &tickets, "a copy").await.len(), 80);
            fs::remove_file(desk.path("copy.db")).unwrap();
        } else {
            assert!(!has_ended);
            interrupted += 1;
        }
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(desk.path(&format!("copy.db{ending}")));
        }
    }
    assert!(interrupted > 0);
    // What it has left behind is in nobody's way.
    desk.run(&["backup", "copy.db"]).success();
    assert!(!desk.path("copy.db.partial").exists());
    assert_eq!(holds(&desk.path("copy.db"), &tickets, "the copy").await.len(), 80);
}

/// At each moment there is a database under the name: the one before, or the one after.
#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_database_that_was_there_or_the_restored_one() {
    let (desk, before) = worked(40).await;
    desk.run(&["backup", "copy.db"]).success();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut known = Known { acknowledged: before.clone(), refused: vec![] };
    for requester in 40..60 {
        note(&mut known, &client.ask(&creation(requester)).await, requester, 0);
    }
    server.kill();
    desk.run(&["backup", "now.db"]).success();
    let began = Instant::now();
    desk.run(&["restore", "copy.db"]).success();
    let takes = began.elapsed();
    let (rounds, mut outcomes) = (scaled(16), [0, 0]);
    for round in 0..rounds {
        let _ = fs::remove_file(desk.file());
        fs::copy(desk.path("now.db"), desk.file()).unwrap();
        // Most of it is near the end, where names change.
        let after = takes / 2 + takes * round / (rounds * 2);
        killed(desk.program().args(["restore", "copy.db"]), after);
        assert!(desk.file().exists(), "round {round}: there is no database");
        let there = holds(&desk.file(), &before, "after the restore").await.len();
        assert!(there == 40 || there == 60, "{there} tickets");
        outcomes[usize::from(there == 40)] += 1;
        // Whatever it was, the other one is there too.
        if there == 40 {
            let replaced = fs::read_dir(desk.path("")).unwrap().map(|entry| entry.unwrap().path());
            let mut replaced = replaced.filter(|path| is_replaced(path));
            let replaced = replaced.next().expect("what was there before");
            assert_eq!(holds(&replaced, &known.acknowledged, "what was replaced").await.len(), 60);
        }
        for path in fs::read_dir(desk.path("")).unwrap().map(|entry| entry.unwrap().path()) {
            if path.to_str().unwrap().contains(".replaced-") {
                fs::remove_file(path).unwrap();
            }
        }
    }
    println!("the one before, the one after: {outcomes:?}");
    assert!(outcomes[0] > 0);
}

fn is_replaced(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.starts_with("ticketing.db.replaced-")
        && !name.ends_with("-wal")
        && !name.ends_with("-shm")
        && !name.ends_with("-words")
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_restored_and_no_backup_is_mixed_with_a_strangers_log() {
    let (desk, tickets) = worked(10).await;
    // Not all of it stands in the file itself.
    assert!(desk.path("ticketing.db-wal").exists());
    let message = desk.run(&["restore", "ticketing.db", "--database", "other.db"]).failure(1);
    assert!(message.contains("ticketing.db is in use") && message.contains("`backup`"), "{message}");
    desk.write("copy.db-wal", "somebody else's");
    let message = desk.run(&["backup", "copy.db"]).failure(1);
    assert!(message.contains("copy.db-wal is there"), "{message}");
    assert!(!desk.path("copy.db").exists());
    holds(&desk.file(), &tickets, "the database").await;
}

/// One file by two names is one database: nothing would be moved, and a slip of the pen would not be noticed.
#[tokio::test]
async fn a_move_from_a_file_to_itself_is_refused_by_whatever_path() {
    let (desk, _) = worked(1).await;
    std::os::unix::fs::symlink(desk.file(), desk.path("link.db")).unwrap();
    fs::hard_link(desk.file(), desk.path("hard.db")).unwrap();
    for to in ["./ticketing.db", "sqlite:ticketing.db", desk.file().to_str().unwrap(), "link.db", "hard.db"] {
        let outcome = run(desk.program().args(["migrate-store", "--from", "ticketing.db", "--to", to]));
        let message = outcome.failure(1);
        assert!(message.contains("the same database"), "{to}: {message}");
    }
}
