//! What the tables refuse, tried in SQL past the store.

use crate::flows::rows::{Refusal, refuse, run};
use crate::harness::databases::{Backend, Database, on_both_databases};

const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

/// A hash of 32 bytes that ends with this digit.
fn hash(backend: Backend, digit: char) -> String {
    let hex = format!("{:0>64}", digit);
    match backend {
        Backend::Sqlite => format!("x'{hex}'"),
        Backend::Postgres => format!("'\\x{hex}'"),
    }
}

fn user(id: &str, name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    format!(
        "INSERT INTO users (id, name, folded_name, password, operator, created_at)
         VALUES ('{id}', '{name}', '{folded}', '{PHC}', false, 0)"
    )
}

fn member(user: &str, workspace: &str, rights: &str) -> String {
    format!(
        "INSERT INTO memberships (user_id, workspace, rights, created_at) VALUES ('{user}', '{workspace}', '{rights}', 0)"
    )
}

fn session(id: &str, user: &str, hash: &str) -> String {
    format!(
        "INSERT INTO sessions (id, user_id, hash, created_at, last_seen_at, expires_at)
         VALUES ('{id}', '{user}', {hash}, 5, 5, 6)"
    )
}

/// A link; the texts are SQL.
fn link(hash: &str, kind: &str, user: &str, name: &str, operator: bool, place: &str) -> String {
    let folded = name.to_ascii_lowercase();
    let folded = if folded == "null" { "NULL" } else { &folded };
    format!(
        "INSERT INTO invitations (hash, kind, user_id, name, folded_name, operator, workspace, rights, created_at, expires_at)
         VALUES ({hash}, '{kind}', {user}, {name}, {folded}, {operator}, {place}, 0, 1)"
    )
}

const DEFAULT: &str = r#"'default', '["admin"]'"#;
const NOWHERE: &str = "NULL, NULL";

/// Users `ann` and `bob`, each with a membership, a session and a link.
async fn make_people(db: &Database) {
    for (id, name, digit) in [("ann", "Ann", '1'), ("bob", "Bob", '2')] {
        run(db, &user(id, name)).await;
        run(db, &member(id, "default", r#"["admin"]"#)).await;
        run(db, &session(id, id, &hash(db.backend, digit))).await;
        run(db, &link(&hash(db.backend, digit), "reset", &format!("'{id}'"), "NULL", false, NOWHERE)).await;
    }
}

on_both_databases! {
    async fn a_name_is_there_once_whatever_its_case(db: Database) {
        make_people(&db).await;
        refuse(&db, &user("eve", "ANN"), Refusal::Taken).await;
        refuse(&db, &user("ann", "Eve"), Refusal::Taken).await;
        refuse(&db, "UPDATE users SET folded_name = 'Ann' WHERE id = 'ann'", Refusal::Check).await;
        refuse(&db, "UPDATE users SET folded_name = 'ann2' WHERE id = 'ann'", Refusal::Check).await;
        refuse(&db, "UPDATE users SET name = 'Bob', folded_name = 'bob' WHERE id = 'ann'", Refusal::Taken).await;
    }

    async fn values_of_users_are_checked(db: Database) {
        make_people(&db).await;
        let long = "x".repeat(101);
        for name in ["", "a b", "änn", "a/b", "a''b", long.as_str()] {
            refuse(&db, &user("eve", name), Refusal::Check).await;
        }
        for change in [
            "password = 'canary'", "password = ''", "failed_sign_ins = -1", "blocked_until = 5",
            "failed_sign_ins = 1, blocked_until = -1", "created_at = -1",
        ] {
            refuse(&db, &format!("UPDATE users SET {change} WHERE id = 'ann'"), Refusal::Check).await;
        }
        refuse(&db, "UPDATE users SET operator = NULL", Refusal::Null).await;
        run(&db, "UPDATE users SET password = NULL, failed_sign_ins = 1, blocked_until = 5").await;
    }

    async fn memberships_belong_to_a_user_and_a_workspace_and_hold_rights(db: Database) {
        make_people(&db).await;
        let admin = r#"["admin"]"#;
        refuse(&db, &member("ann", "default", admin), Refusal::Taken).await;
        refuse(&db, &member("ann", "nowhere", admin), Refusal::Reference).await;
        refuse(&db, &member("eve", "default", admin), Refusal::Reference).await;
        for rights in ["", "[]", "admin", r#"{"admin": true}"#] {
            refuse(&db, &format!("UPDATE memberships SET rights = '{rights}'"), Refusal::Check).await;
        }
        refuse(&db, "DELETE FROM workspaces WHERE id = 'default'", Refusal::Reference).await;
    }

    async fn sessions_belong_to_a_user_and_their_times_are_in_order(db: Database) {
        make_people(&db).await;
        refuse(&db, &session("new", "eve", &hash(db.backend, '5')), Refusal::Reference).await;
        refuse(&db, &session("new", "ann", &hash(db.backend, '2')), Refusal::Taken).await;
        for change in ["last_seen_at = 4", "expires_at = 5", "created_at = -1", "id = ''"] {
            refuse(&db, &format!("UPDATE sessions SET {change} WHERE id = 'ann'"), Refusal::Check).await;
        }
        let short = match db.backend { Backend::Sqlite => "x'00'", Backend::Postgres => "'\\x00'" };
        refuse(&db, &format!("UPDATE sessions SET hash = {short} WHERE id = 'ann'"), Refusal::Check).await;
    }

    async fn removing_a_user_takes_all_that_is_theirs_and_nothing_else(db: Database) {
        make_people(&db).await;
        assert_eq!(run(&db, "DELETE FROM users WHERE id = 'ann'").await, 1);
        for table in ["memberships", "sessions", "invitations"] {
            assert_eq!(db.number(&format!("SELECT COUNT(*) FROM {table}")).await, 1, "{table}");
            assert_eq!(db.number(&format!("SELECT COUNT(*) FROM {table} WHERE user_id = 'bob'")).await, 1, "{table}");
        }
    }

    async fn each_kind_of_link_has_what_it_needs_and_no_more(db: Database) {
        make_people(&db).await;
        let new = hash(db.backend, '7');
        for statement in [
            link(&new, "other", "NULL", "NULL", false, NOWHERE),
            link(&new, "first", "NULL", "NULL", false, DEFAULT),
            link(&new, "first", "NULL", "NULL", true, NOWHERE),
            link(&new, "first", "NULL", "'Eve'", true, DEFAULT),
            link(&new, "first", "'ann'", "NULL", true, DEFAULT),
            link(&new, "invited", "'ann'", "NULL", false, DEFAULT),
            link(&new, "invited", "NULL", "'E ve'", false, DEFAULT),
            link(&new, "invited", "NULL", "NULL", false, "'default', NULL"),
            link(&new, "invited", "NULL", "NULL", false, "NULL, '[\"admin\"]'"),
            link(&new, "invited", "NULL", "NULL", false, "'default', '[]'"),
            link(&new, "reset", "NULL", "NULL", false, NOWHERE),
            link(&new, "reset", "'ann'", "NULL", true, NOWHERE),
            link(&new, "reset", "'ann'", "NULL", false, DEFAULT),
            link(&new, "reset", "'ann'", "'Ann'", false, NOWHERE),
        ] {
            refuse(&db, &statement, Refusal::Check).await;
        }
        refuse(&db, &link(&new, "invited", "NULL", "NULL", false, "'nowhere', '[\"admin\"]'"), Refusal::Reference).await;
        refuse(&db, &link(&new, "reset", "'eve'", "NULL", false, NOWHERE), Refusal::Reference).await;
        refuse(&db, &link(&new, "reset", "'ann'", "NULL", false, NOWHERE), Refusal::Taken).await;
        run(&db, &link(&new, "first", "NULL", "NULL", true, DEFAULT)).await;
        refuse(&db, &link(&hash(db.backend, '8'), "first", "NULL", "NULL", true, DEFAULT), Refusal::Taken).await;
        run(&db, &link(&hash(db.backend, '8'), "invited", "NULL", "'Eve'", false, DEFAULT)).await;
        refuse(&db, &link(&hash(db.backend, '9'), "invited", "NULL", "'EVE'", false, DEFAULT), Refusal::Taken).await;
        run(&db, &link(&hash(db.backend, '9'), "invited", "NULL", "NULL", true, NOWHERE)).await;
        refuse(&db, "UPDATE invitations SET expires_at = created_at", Refusal::Check).await;
    }
}
