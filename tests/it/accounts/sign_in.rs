//! Signing in, and what stands in the way of guessing.

use jiff::SignedDuration;
use keystead::accounts::{self, SignInError};
use keystead::app::Actor;

use super::office::{Office, PASSWORD, refused};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_person_signs_in_with_name_and_password_whatever_the_case_of_the_name(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        for name in ["Ann", "ann", " ANN "] {
            let again = office.sign_in(name, PASSWORD).await.ok().unwrap();
            assert_eq!((&again.session.user, again.session.name.as_str()), (&ann.session.user, "Ann"));
            assert_ne!(again.session.id, ann.session.id);
            let found = accounts::find_session(office.app(), again.cookie.expose()).await.unwrap().unwrap();
            assert_eq!(found, again.session);
            assert_eq!(found.actor(), Actor::User(ann.session.user.clone()));
        }
    }

    async fn a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        for name in ["Ann", "nobody", "no\0body", "", &"x".repeat(10_000)] {
            let error = refused(office.sign_in(name, "correct horse staple!").await);
            assert_eq!(error.to_string(), "The name or the password is not right.", "{name:?}");
        }
    }

    async fn after_five_failures_there_is_a_growing_wait_also_for_the_right_password(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        for _ in 0..5 {
            assert_eq!(office.outcome("ann", "wrong password").await, "wrong");
        }
        for expected in [30, 60, 120, 240, 480, 900, 900] {
            assert_eq!(office.outcome("Ann", PASSWORD).await, expected.to_string());
            office.wait(SignedDuration::from_millis(expected * 1000 - 1));
            assert_eq!(office.outcome("ANN", PASSWORD).await, "1");
            office.wait(SignedDuration::from_millis(1));
            assert_eq!(office.outcome("ann", "wrong password").await, "wrong");
        }
        office.wait(SignedDuration::from_mins(15));
        assert_eq!(office.outcome("ann", PASSWORD).await, "in");
        assert_eq!(office.outcome("ann", "wrong password").await, "wrong");
        assert_eq!(office.outcome("ann", PASSWORD).await, "in");
    }

    async fn a_name_that_nobody_has_is_blocked_as_others_are(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        for name in ["nobody", "not a name"] {
            for _ in 0..5 {
                assert_eq!(office.outcome(name, PASSWORD).await, "wrong");
            }
            assert_eq!(office.outcome(&name.to_uppercase(), PASSWORD).await, "30");
        }
        office.wait(SignedDuration::from_secs(30));
        assert_eq!(office.outcome("nobody", PASSWORD).await, "wrong");
        assert_eq!(office.outcome("nobody", PASSWORD).await, "60");
        assert_eq!(office.outcome("ann", PASSWORD).await, "in");
    }

    async fn many_guesses_at_once_are_not_many_free_ones(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        let guesses: Vec<_> = (0..12).map(|_| {
            let app = office.service.app.clone();
            tokio::spawn(async move {
                let guess = keystead::domain::secret::Secret::new("wrong password");
                matches!(accounts::sign_in(&app, "ann", guess).await, Err(SignInError::Wrong))
            })
        }).collect();
        let mut looked_at = 0;
        for guess in guesses {
            looked_at += usize::from(guess.await.unwrap());
        }
        assert_eq!(looked_at, 5);
    }

    async fn failures_are_forgotten_after_a_day(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        for _ in 0..5 {
            office.outcome("ann", "wrong password").await;
        }
        office.wait(SignedDuration::from_hours(24) + SignedDuration::from_secs(30));
        for _ in 0..5 {
            assert_eq!(office.outcome("ann", "wrong password").await, "wrong");
        }
        assert_eq!(office.outcome("ann", PASSWORD).await, "30");
    }

    async fn the_audit_tells_who_signed_in_and_nothing_of_what_was_typed(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        office.wait(SignedDuration::from_secs(1));
        office.outcome("ann", PASSWORD).await;
        for name in ["ann", "canary"] {
            for _ in 0..6 {
                office.wait(SignedDuration::from_secs(1));
                office.outcome(name, "canary password").await;
                office.outcome(name, "canary password").await;
            }
        }
        let deeds = office.deeds().await;
        let count = |deed: &str| deeds.iter().filter(|one| *one == deed).count();
        assert_eq!((count("user.sign-in signed-in"), count("user.sign-in refused")), (1, 10), "{deeds:?}");
        assert_eq!(count("user.sign-in blocked"), 2, "one for each block");
        let user = ann.session.user.as_str();
        for entry in office.audit().await {
            let text = format!("{entry:?}");
            assert!(!text.contains("canary") && !text.contains(PASSWORD), "{text}");
            let is_hers = entry.subject.as_deref() == Some(user);
            match (entry.action.as_str(), entry.outcome.as_str()) {
                ("user.sign-in", "signed-in") => assert!(is_hers && entry.actor.as_deref() == Some(user)),
                ("user.sign-in", _) => assert!(entry.actor.is_none() && (is_hers || entry.subject.is_none())),
                _ => {}
            }
        }
    }
}
