//! Files and file systems that may be read and not be written.

use std::fs;

use super::{
    common::program::Desk,
    io_errors::is_ready_again,
    requesters::{Known, creation, is_found, note},
    shim::{Calls, Errno, In, Shim},
    volume::Volume,
};

/// What nobody may write is refused when a server starts, by name and with why, and not when the first ticket comes.
#[tokio::test]
async fn a_file_system_that_may_not_be_written_is_refused_at_the_start_and_left_as_it_is() {
    let Some(volume) = Volume::or_say_so(8 << 10) else { return };
    let desk = Desk::on_a_file();
    let server = desk.serve();
    assert_eq!(server.connect().await.ask(&creation(0)).await.status, 200);
    server.terminate();
    server.ended(std::time::Duration::from_secs(10)).await;
    let file = volume.path("ticketing.db");
    fs::copy(desk.file(), &file).unwrap();
    volume.seal();
    let before = fs::read(&file).unwrap();
    let database = file.to_str().unwrap();
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0", "--database", database][..],
        &["rules", "show", "--database", database],
        &["restore", "ticketing.db", "--database", database],
    ] {
        let message = desk.run(arguments).failure(1);
        assert!(message.contains(database) && message.contains("cannot be used"), "{message}");
        let says_why = ["Read-only file system", "readonly", "may not be written", "read-only"];
        assert!(says_why.iter().any(|why| message.contains(why)), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let new = volume.path("new.db");
    let message = desk.run(&["serve", "--listen", "127.0.0.1:0", "--database", new.to_str().unwrap()]).failure(1);
    assert!(message.contains("new.db") && message.contains("Read-only file system"), "{message}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// What some file systems do when they have found themselves to be damaged.
#[tokio::test]
async fn a_file_system_that_becomes_read_only_under_a_server_is_read() {
    let desk = Desk::on_a_file();
    fs::create_dir(desk.path("disk")).unwrap();
    let shim = Shim::new(&desk.path("disk"), &desk.path(""));
    let server =
        desk.serve_on("disk/ticketing.db", |command| shim.put_before(command).env("TICKETING_RATE_LIMITS", "off"));
    let mut client = server.connect().await;
    let mut known = Known::default();
    note(&mut known, &client.ask(&creation(0)).await, 0, 0);
    shim.fail(Calls::Changes, In::All, Errno::ReadOnly, 0, u32::MAX);
    note(&mut known, &client.ask(&creation(1)).await, 1, 0);
    assert_eq!((known.acknowledged.len(), &known.refused[..]), (1, &[1][..]));
    is_found(&mut client, &known.acknowledged[0]).await;
    is_ready_again(&server, 503).await;
    // It can be stopped in good order all the same.
    server.terminate();
    let ended = server.ended(std::time::Duration::from_secs(15)).await;
    assert_eq!(ended.code(), Some(0));
}
