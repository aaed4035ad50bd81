use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use ticketing_server::store::{AnyStore, postgres::PostgresStore};
use tokio::time::sleep;

use crate::{
    cluster::Cluster,
    common::{
        database::{Database, ServerDatabase},
        program::Desk,
    },
    load::{Servers, requesters},
};

/// The server dies, and its replica takes over. The help desk's servers find it by themselves, and what they had answered is there,
/// because commits wait for the replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_promoted_has_what_was_answered_and_is_found() {
    let Some(mut primary) = Cluster::primary() else {
        // Said by whichever test looks for the database.
        drop(ServerDatabase::or_say_so());
        return;
    };
    let replica = Cluster::replica_of(&primary);
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.execute("SELECT pg_reload_conf()");
    let (one, other) = (primary.port, replica.port);
    let url = format!("postgres://postgres@127.0.0.1:{one},127.0.0.1:{other}/postgres?target_session_attrs=read-write");

    let desk = Desk::on(Database::Elsewhere(url.clone()));
    let addresses = Arc::new(Servers::default());
    let servers: Vec<_> = (0..2)
        .map(|number| {
            let log = format!("server-{number}.log");
            let server = desk.serve_as(&log, |command| command.env("TICKETING_RATE_LIMITS", "off"));
            addresses.set(number, server.address);
            server
        })
        .collect();
    let stopped = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (addresses, stopped) = (Arc::clone(&addresses), Arc::clone(&stopped));
        async move { requesters(6, Duration::ZERO, &addresses, &stopped).await }
    });
    sleep(Duration::from_secs(3)).await;
    primary.kill();
    let killed = Instant::now();
    sleep(Duration::from_secs(1)).await;
    replica.promote();
    println!("promoted after {:?}", killed.elapsed());
    // Ready again without anybody's help.
    for server in &servers {
        while server.connect().await.get("/readyz").await.status != 200 {
            assert!(killed.elapsed() < Duration::from_secs(40), "not ready: {}", server.log());
            sleep(Duration::from_millis(50)).await;
        }
    }
    println!("ready after {:?}", killed.elapsed());
    sleep(Duration::from_secs(3)).await;
    stopped.store(true, SeqCst);
    let known = load.await.unwrap();
    known.is_what_is_in(&AnyStore::from(PostgresStore::connect(&url).await.unwrap())).await;
}
