//! Filling an empty database, in bulk.

use std::time::Instant;

use keystead::store::Backend;

use super::connection::Connection;
use super::database::Size;
use super::rows;

/// Rows of one statement.
const CHUNK: u64 = 50_000;

/// Fills a migrated, empty database. Keys and checks are at work meanwhile; only on PostgreSQL the
/// counting, which would change the same few rows a million times in one go, is done once at the end.
pub async fn fill(backend: Backend, url: &str, size: Size, analyzed: bool) {
    let begun = Instant::now();
    let mut connection = Connection::open(backend, url).await;
    match backend {
        Backend::Sqlite => {
            connection
                .run(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN",
                )
                .await;
        }
        Backend::Postgres => {
            connection
                .run("SET synchronous_commit = off; ALTER TABLE credentials DISABLE TRIGGER USER")
                .await;
        }
    }
    connection.run(&rows::foundation(backend)).await;
    for (from, until) in chunks(size.credentials) {
        for sql in rows::credentials(backend, from, until) {
            assert_eq!(connection.run(&sql).await, until - from);
        }
    }
    for (from, until) in chunks(size.flows) {
        let [flows, steps] = rows::flows(size, from, until);
        assert_eq!(connection.run(&flows).await, until - from);
        assert_eq!(connection.run(&steps).await, (until - from) * 5);
    }
    match backend {
        Backend::Sqlite => connection.run("COMMIT").await,
        Backend::Postgres => {
            connection.run(rows::COUNTS).await;
            connection.run("ALTER TABLE credentials ENABLE TRIGGER USER").await
        }
    };
    assert_eq!(connection.number(rows::WRONG_COUNTS).await, 0, "credentials are counted wrongly");
    match backend {
        Backend::Sqlite if analyzed => {
            connection.run("ANALYZE").await;
        }
        Backend::Sqlite => {}
        Backend::Postgres => vacuum(&mut connection).await,
    }
    connection.close().await;
    println!("seeded {size} on {backend:?} in {:.0} s", begun.elapsed().as_secs_f64());
}

/// What autovacuum does after so many rows, to the end: while any other transaction is open in the database,
/// such as autovacuum's own, it leaves pages whose rows have to be looked at to be counted.
async fn vacuum(connection: &mut Connection) {
    const LEFT: &str = "SELECT COUNT(*) FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace)
        AND relkind = 'r' AND relallvisible < relpages";
    for _ in 0..100 {
        connection.run("VACUUM (ANALYZE)").await;
        if connection.number(LEFT).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    println!("PostgreSQL did not find all rows visible to everybody: counting usages takes longer");
}

fn chunks(count: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..count).step_by(CHUNK as usize).map(move |from| (from, count.min(from + CHUNK)))
}
