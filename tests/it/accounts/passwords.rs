//! Changing a password, and having it taken away.

use keystead::accounts::{self, Means, PasswordError, WeakPassword};
use keystead::domain::secret::Secret;

use super::office::{Office, PASSWORD, refused};
use crate::harness::databases::on_both_databases;

const NEW: &str = "another long password";

on_both_databases! {
    async fn a_changed_password_ends_all_other_sessions_and_gives_a_new_cookie(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let other = office.sign_in("ann", PASSWORD).await.ok().unwrap();
        let change = accounts::change_password(office.app(), &ann.session, Secret::new(PASSWORD), Secret::new(NEW));
        let changed = change.await.ok().unwrap();
        assert!(!office.is_open(&ann.cookie).await && !office.is_open(&other.cookie).await);
        assert!(office.is_open(&changed.cookie).await);
        assert_eq!(office.outcome("ann", PASSWORD).await, "wrong");
        assert_eq!(office.outcome("ann", NEW).await, "in");
        assert!(office.deeds().await.contains(&"user.password changed".to_owned()));
    }

    async fn a_refused_change_leaves_everything_as_it_was(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let change = async |old: &str, new: &str| {
            refused(accounts::change_password(office.app(), &ann.session, Secret::new(old), Secret::new(new)).await)
        };
        assert!(matches!(change(PASSWORD, "too short").await, PasswordError::Weak(WeakPassword::TooShort)));
        for _ in 0..5 {
            assert!(matches!(change("wrong password", NEW).await, PasswordError::Wrong));
        }
        assert!(matches!(change(PASSWORD, NEW).await, PasswordError::Blocked { retry_after: 30 }));
        assert!(office.is_open(&ann.cookie).await);
        assert_eq!(office.outcome("ann", NEW).await, "30");
    }

    async fn of_two_changes_at_once_one_succeeds(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let change = |new: &str| {
            accounts::change_password(office.app(), &ann.session, Secret::new(PASSWORD), Secret::new(new))
        };
        let (one, two) = tokio::join!(change("first new password"), change("second new password"));
        assert!(one.is_ok() != two.is_ok());
        let open = one.or(two).ok().unwrap();
        assert!(office.is_open(&open.cookie).await);
        assert_eq!(office.database().number("SELECT COUNT(*) FROM sessions").await, 1);
    }

    async fn a_reset_ends_password_and_sessions_at_once_and_its_link_gives_new_ones(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        assert_eq!(office.reset("nobody").await, None);
        let old = office.reset("ANN").await.unwrap();
        let link = office.reset("ann").await.unwrap();
        assert!(!office.is_open(&ann.cookie).await);
        assert_eq!(office.outcome("ann", PASSWORD).await, "wrong");
        assert!(accounts::find_invitation(office.app(), &old).await.unwrap().is_none(), "replaced");
        let invitation = accounts::find_invitation(office.app(), &link).await.unwrap().unwrap();
        assert_eq!(invitation.name().unwrap().as_str(), "Ann");
        let again = accounts::accept(office.app(), &link, "other", Secret::new(NEW)).await.ok().unwrap();
        assert_eq!(again.session.user, ann.session.user);
        assert_eq!(again.session.memberships, ann.session.memberships);
        assert_eq!(office.outcome("ann", NEW).await, "in");
        assert!(accounts::find_invitation(office.app(), &link).await.unwrap().is_none());
    }

    async fn a_removed_user_is_signed_out_and_in_no_more(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let link = office.reset("ann").await.unwrap();
        let means = Means::of(office.app());
        assert!(accounts::remove_user(&means, &"ANN".parse().unwrap()).await.unwrap());
        assert!(!accounts::remove_user(&means, &"ann".parse().unwrap()).await.unwrap());
        assert!(!office.is_open(&ann.cookie).await);
        assert!(accounts::find_invitation(office.app(), &link).await.unwrap().is_none());
        assert_eq!(office.outcome("ann", PASSWORD).await, "wrong");
        for table in ["users", "memberships", "sessions", "invitations"] {
            assert_eq!(office.database().number(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
        }
        // A session that was found before its person was removed does nothing any more.
        let change = accounts::change_password(office.app(), &ann.session, Secret::new(PASSWORD), Secret::new(NEW));
        assert!(matches!(refused(change.await), PasswordError::Wrong));
        assert_eq!(accounts::sign_out_everywhere(office.app(), &ann.session).await.unwrap(), 0);
    }
}
