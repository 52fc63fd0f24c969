//! PostgreSQL's second wall around people, tried in SQL past the store as the service's own role.

use keystead::domain::rights::Right;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::office::Office;
use crate::harness::databases::{Backend, fresh};

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let query = format!("SELECT COUNT(*) FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection).await.unwrap()
}

/// How many rows of users, sessions, memberships and invitations are seen.
async fn seen(connection: &mut PgConnection) -> [i64; 4] {
    let mut counts = [0; 4];
    for (seen, table) in counts.iter_mut().zip(["users", "sessions", "memberships", "invitations"]) {
        *seen = count(connection, table).await;
    }
    counts
}

#[tokio::test]
async fn people_are_seen_by_jobs_and_members_by_their_workspace() {
    let (office, _) = Office::with_ann(fresh(Backend::Postgres).await).await;
    office.invite("bob", &[Right::Admin]).await;
    let mut connection = PgConnection::connect(&office.database().url).await.unwrap();
    for (setting, expected) in [
        ("RESET ALL", [0, 0, 0, 0]),
        ("SET keystead.workspace = 'default'", [0, 0, 1, 1]),
        ("SET keystead.workspace = 'other'", [0, 0, 0, 0]),
        ("SET keystead.scope = 'jobs'", [1, 1, 1, 1]),
    ] {
        sqlx::raw_sql(setting).execute(&mut connection).await.unwrap();
        assert_eq!(seen(&mut connection).await, expected, "{setting}");
    }
}

#[tokio::test]
async fn a_workspace_makes_no_users_and_no_members_of_others() {
    let (office, ann) = Office::with_ann(fresh(Backend::Postgres).await).await;
    let mut connection = PgConnection::connect(&office.database().url).await.unwrap();
    sqlx::raw_sql("SET keystead.workspace = 'default'").execute(&mut connection).await.unwrap();
    for statement in [
        "INSERT INTO users (id, name, folded_name, operator, created_at) VALUES ('e', 'e', 'e', true, 0)"
            .to_owned(),
        format!(
            "INSERT INTO memberships (user_id, workspace, rights, created_at) VALUES ('{}', 'other', '[\"admin\"]', 0)",
            ann.session.user
        ),
        "UPDATE memberships SET workspace = 'other'".to_owned(),
    ] {
        let error =
            sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap_err();
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
    let changed = sqlx::raw_sql("UPDATE users SET operator = true").execute(&mut connection).await.unwrap();
    assert_eq!(changed.rows_affected(), 0);
}
