//! Sessions: how long they last, and how they end.

use jiff::SignedDuration;
use keystead::accounts;
use keystead::domain::rights::Right;
use keystead::domain::secret::Secret;

use super::office::{Office, PASSWORD};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_session_ends_when_it_was_not_used_for_twelve_hours(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        for _ in 0..3 {
            office.wait(accounts::IDLE - SignedDuration::from_secs(1));
            assert!(office.is_open(&ann.cookie).await, "use keeps it open");
        }
        office.wait(accounts::IDLE);
        assert!(!office.is_open(&ann.cookie).await);
    }

    async fn a_session_ends_after_thirty_days_of_use(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        for _ in 0..(30 * 24 / 10 - 1) {
            office.wait(SignedDuration::from_hours(10));
            assert!(office.is_open(&ann.cookie).await);
        }
        office.wait(SignedDuration::from_hours(10));
        assert!(!office.is_open(&ann.cookie).await);
        // The next one sweeps it away.
        office.sign_in("ann", PASSWORD).await.ok().unwrap();
        assert_eq!(office.database().number("SELECT COUNT(*) FROM sessions").await, 1);
    }

    async fn use_is_written_at_most_once_a_minute(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let seen = async || office.database().number("SELECT last_seen_at FROM sessions").await;
        let begin = seen().await;
        office.wait(SignedDuration::from_secs(59));
        office.is_open(&ann.cookie).await;
        assert_eq!(seen().await, begin);
        office.wait(SignedDuration::from_secs(1));
        office.is_open(&ann.cookie).await;
        assert_eq!(seen().await, begin + 60_000);
    }

    async fn signing_out_ends_this_session_alone(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let other = office.sign_in("ann", PASSWORD).await.ok().unwrap();
        accounts::sign_out(office.app(), &ann.session).await.unwrap();
        accounts::sign_out(office.app(), &ann.session).await.unwrap();
        assert!(!office.is_open(&ann.cookie).await);
        assert!(office.is_open(&other.cookie).await);
        let outs = office.deeds().await.iter().filter(|deed| *deed == "user.sign-out signed-out").count();
        assert_eq!(outs, 1);
    }

    async fn signing_out_everywhere_ends_all_of_ones_own_sessions(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let link = office.invite("bob", &[Right::Admin]).await;
        let bob = accounts::accept(office.app(), &link, "", Secret::new(PASSWORD)).await.ok().unwrap();
        office.wait(SignedDuration::from_mins(1));
        let other = office.sign_in("ann", PASSWORD).await.ok().unwrap();
        let listed = accounts::list_sessions(office.app(), &ann.session).await.unwrap();
        let ids: Vec<_> = listed.into_iter().map(|view| view.id).collect();
        assert_eq!(ids, [other.session.id.clone(), ann.session.id.clone()]);
        assert_eq!(accounts::sign_out_everywhere(office.app(), &other.session).await.unwrap(), 2);
        assert!(!office.is_open(&ann.cookie).await && !office.is_open(&other.cookie).await);
        assert!(office.is_open(&bob.cookie).await);
    }

    async fn a_text_that_is_no_cookie_opens_nothing(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let right = ann.cookie.expose();
        let other = format!("{}{}", &right[1..], &right[..1]);
        for text in ["", "x", "\0", &right[1..], &other, &"A".repeat(43), &right.repeat(1000)] {
            assert!(!office.is_open(&Secret::new(text)).await);
        }
    }

    async fn neither_cookie_nor_password_nor_link_stands_in_the_database(db: Database) {
        let office = Office::over(db).await;
        let link = office.first_link().await;
        let ann = accounts::accept(office.app(), &link, "Ann", Secret::new(PASSWORD)).await.ok().unwrap();
        let open = office.invite("bob", &[Right::Admin]).await;
        let hex = match office.database().backend {
            crate::harness::databases::Backend::Sqlite => "hex(hash)",
            crate::harness::databases::Backend::Postgres => "upper(encode(hash, 'hex'))",
        };
        for secret in [link.as_str(), open.as_str(), ann.cookie.expose(), PASSWORD] {
            let as_hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
            for (table, column) in [
                ("sessions", hex), ("invitations", hex), ("users", "password"), ("audit", "detail"),
                ("audit", "COALESCE(subject, '')"),
            ] {
                let query = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{secret}%' OR {column} LIKE '%{as_hex}%'");
                assert_eq!(office.database().number(&query).await, 0, "{table}");
            }
        }
    }
}
