use std::{fs, time::Duration};

use ticketing_server::store::{
    StoreError, TicketStore,
    postgres::{PostgresOptions, PostgresStore},
};

use crate::{cluster::Cluster, common::database::ServerDatabase};

/// What connections are encrypted, of those that are this program's.
const ENCRYPTED: &str = "DO $$ BEGIN ASSERT (
    SELECT count(*) > 0 AND bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
    WHERE a.application_name = 'ticketing-server'
); END $$";
const NOT_ENCRYPTED: &str = "DO $$ BEGIN ASSERT (
    SELECT count(*) > 0 AND NOT bool_or(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
    WHERE a.application_name = 'ticketing-server'
); END $$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_encrypted_where_it_is_asked_for_and_only_to_whom_is_trusted() {
    let Some(cluster) = Cluster::primary() else {
        // Said by whichever test looks for the database.
        drop(ServerDatabase::or_say_so());
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let ours = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let others = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (trusted, untrusted) = (directory.path().join("ours.pem"), directory.path().join("others.pem"));
    fs::write(&trusted, ours.cert.pem()).unwrap();
    fs::write(&untrusted, others.cert.pem()).unwrap();
    let connect = async |host: &str, query: &str, ca: &std::path::Path| {
        let options = PostgresOptions {
            tls_ca: Some(ca.to_owned()),
            connect_timeout: Duration::from_secs(5),
            ..PostgresOptions::default()
        };
        let url = format!("postgres://postgres@{host}:{}/postgres{query}", cluster.port);
        PostgresStore::connect_with(&url, &options).await
    };
    let refused = |outcome: Result<PostgresStore, StoreError>| {
        let error = outcome.err().unwrap();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    };
    // It does not offer it yet.
    refused(connect("localhost", "?sslmode=require", &trusted).await);
    drop(connect("localhost", "?sslmode=prefer", &trusted).await.unwrap());

    cluster.offer_tls(&ours.cert.pem(), &ours.signing_key.serialize_pem());
    for query in ["?sslmode=require", "?sslmode=verify-full", "?sslmode=prefer"] {
        let store = connect("localhost", query, &trusted).await.unwrap();
        store.check().await.unwrap();
        cluster.execute(ENCRYPTED);
        drop(store);
        // Whoever else is connected would be counted in.
        cluster.nobody_is_left();
        refused(connect("localhost", query, &untrusted).await);
        // The certificate is another name's.
        refused(connect("127.0.0.1", query, &trusted).await);
    }
    for query in ["", "?sslmode=disable"] {
        let store = connect("localhost", query, &untrusted).await.unwrap();
        store.check().await.unwrap();
        cluster.execute(NOT_ENCRYPTED);
        drop(store);
        cluster.nobody_is_left();
    }
}
