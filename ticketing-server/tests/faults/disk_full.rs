//! A disk that is full: a real one, small.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    common::program::{Desk, Server},
    io_errors::is_ready_again,
    requesters::{Known, Load, creation, holds, is_found, note},
    volume::Volume,
};

fn serve(desk: &Desk, volume: &Volume, log: &str) -> Server {
    let database = volume.path("ticketing.db");
    desk.serve_as(log, |command| command.env("TICKETING_RATE_LIMITS", "off").arg("--database").arg(database))
}

/// Creates tickets until one is refused.
async fn create_until_refused(server: &Server, known: &mut Known, first: u32) {
    let mut client = server.connect().await;
    for requester in first..first + 10_000 {
        note(known, &client.ask(&creation(requester)).await, requester, 0);
        if !known.refused.is_empty() {
            return;
        }
    }
    panic!("the disk does not get full");
}

#[tokio::test]
async fn on_a_full_disk_what_is_there_is_read_and_nothing_is_acknowledged_that_is_not_stored() {
    let Some(volume) = Volume::or_say_so(8 << 10) else { return };
    let desk = Desk::on_a_file();
    // The log is on the same disk: it has no room either.
    let log = volume.path("server.log");
    let server = serve(&desk, &volume, log.to_str().unwrap());
    let mut known = Known::default();
    note(&mut known, &server.connect().await.ask(&creation(0)).await, 0, 0);
    let filler = volume.fill(200 << 10);
    create_until_refused(&server, &mut known, 1).await;
    volume.fill_up();
    assert!(known.acknowledged.len() > 1);

    let mut client = server.connect().await;
    let refused = client.ask(&creation(20_000)).await;
    refused.problem(503, "read-only");
    assert_eq!(refused.header("retry-after"), Some("30"));
    is_ready_again(&server, 503).await;
    client.get("/readyz").await.problem(503, "read-only");
    assert_eq!(client.get("/livez").await.status, 200);
    assert_eq!(client.get("/metrics").await.status, 200);
    // Longer than what goes on beside the requests does without a disk.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        for ticket in &known.acknowledged {
            is_found(&mut client, ticket).await;
        }
        client.ask(&creation(20_000)).await.problem(503, "read-only");
        sleep(Duration::from_millis(100)).await;
    }

    fs::remove_file(filler).unwrap();
    fs::remove_file(volume.path("filler-2")).unwrap();
    is_ready_again(&server, 200).await;
    note(&mut known, &client.ask(&creation(20_000)).await, 20_000, 0);
    let refused = std::mem::take(&mut known.refused);
    // The rest is told as soon as there is room for it.
    assert!(server.log().contains("the disk takes what is written again"), "{}", server.log());
    server.kill();
    let there = holds(&volume.path("ticketing.db"), &known.acknowledged, "with room again").await;
    assert_eq!(there.len(), known.acknowledged.len());
    assert!(refused.iter().all(|requester| !there.contains_key(requester)));
}

/// Many at once, whose writes share transactions: each is told what became of its own.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_who_write_at_once_is_told_what_became_of_its_own() {
    let Some(volume) = Volume::or_say_so(8 << 10) else { return };
    let desk = Desk::on_a_file();
    let server = serve(&desk, &volume, "server.log");
    let next = Arc::new(AtomicU32::new(0));
    let load = Load::start(server.address, 16, &next, || 0);
    let full_at = Instant::now() + Duration::from_mins(1);
    while !server.log().contains("database or disk is full") {
        assert!(Instant::now() < full_at, "the disk does not get full");
        sleep(Duration::from_millis(20)).await;
    }
    let before = load.answered.load(SeqCst);
    super::io_errors::answers(&load.answered, before + 100).await;
    let known = load.stop().await;
    assert!(!known.refused.is_empty());
    assert!(server.log().contains("look at the disk"), "{}", server.log());
    server.kill();
    // A file that is full is not to be opened where it is: that takes room.
    let copy = desk.path("copied.db");
    fs::copy(volume.path("ticketing.db"), &copy).unwrap();
    fs::copy(volume.path("ticketing.db-wal"), desk.path("copied.db-wal")).unwrap();
    let there = holds(&copy, &known.acknowledged, "when full").await;
    assert_eq!(there.len(), known.acknowledged.len());
}

/// Somebody who reads for long keeps the log from being emptied. When they are gone, the room that it has taken is there again, though
/// nothing can be committed before, which is when SQLite would empty it. (As far as the file itself has room for what stands in the log:
/// this one has had more in it.)
#[tokio::test]
async fn a_log_that_has_filled_the_disk_makes_room_when_nobody_reads_from_it_any_more() {
    let Some(volume) = Volume::or_say_so(16 << 10) else { return };
    let desk = Desk::on_a_file();
    serve(&desk, &volume, "server.log").kill();
    let file = rusqlite::Connection::open(volume.path("ticketing.db")).unwrap();
    file.execute_batch("CREATE TABLE more (octets); INSERT INTO more VALUES (zeroblob(6000000)); DROP TABLE more")
        .unwrap();
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(file);
    let server = serve(&desk, &volume, "server.log");
    let mut known = Known::default();
    note(&mut known, &server.connect().await.ask(&creation(0)).await, 0, 0);
    let reader = rusqlite::Connection::open(volume.path("ticketing.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM tickets").unwrap();
    create_until_refused(&server, &mut known, 1).await;
    volume.fill_up();
    let log = || fs::metadata(volume.path("ticketing.db-wal")).unwrap().len();
    assert!(log() > 3 << 20, "the log has {} octets", log());
    is_ready_again(&server, 503).await;
    drop(reader);
    is_ready_again(&server, 200).await;
    assert!(log() < 1 << 20, "the log has {} octets", log());
    known.refused.clear();
    let mut client = server.connect().await;
    note(&mut known, &client.ask(&creation(30_000)).await, 30_000, 0);
    assert!(known.refused.is_empty());
    server.kill();
    holds(&volume.path("ticketing.db"), &known.acknowledged, "with room again").await;
}

/// A backup, an archive, a restored file, a new database: whole, or not there.
#[tokio::test]
async fn commands_on_a_full_disk_refuse_and_leave_nothing_half_done() {
    let Some(volume) = Volume::or_say_so(8 << 10) else { return };
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    for requester in 0..60 {
        assert_eq!(client.ask(&creation(requester)).await.status, 200);
    }
    volume.fill(100 << 10);
    let on = |name: &str| volume.path(name).to_str().unwrap().to_owned();
    for arguments in [["backup", &on("copy.db")], ["export", &on("desk.ndjson")], ["restore", "copy.db"]] {
        let (arguments, database) = match arguments[0] {
            "restore" => {
                desk.run(&["backup", "copy.db"]).success();
                (vec!["restore", "copy.db", "--database"], on("restored.db"))
            }
            _ => (arguments.to_vec(), String::new()),
        };
        let mut arguments: Vec<_> = arguments.clone();
        if !database.is_empty() {
            arguments.push(&database);
        }
        let message = desk.run(&arguments).failure(1);
        assert!(message.contains("full") || message.contains("No space left"), "{arguments:?}: {message}");
        let left: Vec<_> = fs::read_dir(volume.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            left.iter().all(|name| !name.contains("copy") && !name.contains("desk.") && !name.contains("partial")),
            "{arguments:?}: {left:?}"
        );
    }
    // Nor does a server that has no room to begin say that it has begun.
    volume.fill_up();
    let new = on("new.db");
    let message = desk.run(&["serve", "--listen", "127.0.0.1:0", "--database", &new]).failure(1);
    assert!(message.contains("new.db") && (message.contains("full") || message.contains("No space left")), "{message}");
}
