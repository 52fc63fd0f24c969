//! One-time links: each works once.

use jiff::SignedDuration;
use keystead::accounts::{self, AcceptError, Means, Purpose, WeakPassword};
use keystead::domain::rights::Right;
use keystead::domain::secret::Secret;

use super::office::{Office, PASSWORD, refused};
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn the_first_user_is_operator_and_admin_of_the_default_workspace(db: Database) {
        let (office, ann) = Office::with_ann(db).await;
        let (default, other) = ("default".parse().unwrap(), "other".parse().unwrap());
        assert!(ann.session.operator);
        for right in Right::all() {
            assert_eq!(ann.session.may(&default, right), right.is_for_workspaces(), "{right}");
            assert!(!ann.session.may(&other, right), "{right}");
        }
        assert!(accounts::first_link(office.app()).await.unwrap().is_none(), "there is a user");
        let created = office.audit().await.into_iter().find(|entry| entry.action == "user.create").unwrap();
        assert_eq!(created.subject.as_deref(), Some(ann.session.user.as_str()));
    }

    async fn a_new_first_link_replaces_the_one_before(db: Database) {
        let office = Office::over(db).await;
        let (old, new) = (office.first_link().await, office.first_link().await);
        assert!(accounts::find_invitation(office.app(), &old).await.unwrap().is_none());
        let found = accounts::find_invitation(office.app(), &new).await.unwrap().unwrap();
        assert_eq!((found.purpose, found.operator), (Purpose::First, true));
        let late = accounts::accept(office.app(), &old, "Ann", Secret::new(PASSWORD)).await;
        assert!(matches!(refused(late), AcceptError::Gone));
    }

    async fn links_end(db: Database) {
        let office = Office::over(db).await;
        let first = office.first_link().await;
        let invited = office.invite("bob", &[Right::Admin]).await;
        office.wait(SignedDuration::from_hours(24));
        for (link, is_open) in [(&first, false), (&invited, true)] {
            assert_eq!(accounts::find_invitation(office.app(), link).await.unwrap().is_some(), is_open);
        }
        let late = accounts::accept(office.app(), &first, "Ann", Secret::new(PASSWORD)).await;
        assert!(matches!(refused(late), AcceptError::Gone));
        office.wait(SignedDuration::from_hours(6 * 24));
        assert!(accounts::find_invitation(office.app(), &invited).await.unwrap().is_none());
        assert!(accounts::list_invited(&Means::of(office.app())).await.unwrap().is_empty());
    }

    async fn an_invited_person_gets_the_name_and_the_rights_of_the_invitation(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        let link = office.invite("Bob", &[Right::CredentialsRead]).await;
        let bob = accounts::accept(office.app(), &link, "Eve", Secret::new(PASSWORD)).await.ok().unwrap();
        assert_eq!(bob.session.name.as_str(), "Bob");
        assert!(!bob.session.operator);
        let default = "default".parse().unwrap();
        assert!(bob.session.may(&default, Right::CredentialsRead) && bob.session.may(&default, Right::ComponentsRead));
        assert!(!bob.session.may(&default, Right::CredentialsWrite) && !bob.session.may(&default, Right::Admin));
        let names: Vec<String> = accounts::list_users(&Means::of(office.app())).await.unwrap()
            .into_iter().map(|user| user.name.to_string()).collect();
        assert_eq!(names, ["Ann", "Bob"]);
    }

    async fn a_link_makes_one_user_also_when_two_use_it_at_once(db: Database) {
        let office = Office::over(db).await;
        for round in 0..3 {
            let link = if round == 0 { office.first_link().await } else { office.invite(&format!("bob{round}"), &[Right::Admin]).await };
            let accept = |name: &'static str| {
                let (app, link) = (office.service.app.clone(), link.clone());
                tokio::spawn(async move { accounts::accept(&app, &link, name, Secret::new(PASSWORD)).await })
            };
            let (one, two) = (accept("ann"), accept("eve"));
            let outcomes = [one.await.unwrap(), two.await.unwrap()];
            let ([Ok(_), Err(lost)] | [Err(lost), Ok(_)]) = outcomes else { panic!("not exactly one") };
            assert!(matches!(lost, AcceptError::Gone), "{lost}");
        }
        assert_eq!(office.database().number("SELECT COUNT(*) FROM users").await, 3);
        assert_eq!(office.database().number("SELECT COUNT(*) FROM sessions").await, 3);
        assert_eq!(office.database().number("SELECT COUNT(*) FROM invitations").await, 0);
    }

    async fn of_two_people_who_take_one_name_at_once_one_gets_it(db: Database) {
        let office = Office::over(db).await;
        let links = [office.first_link().await, office.invite("Ann", &[Right::Admin]).await];
        let [one, two] = links.each_ref().map(|link| {
            let (app, link) = (office.service.app.clone(), link.clone());
            tokio::spawn(async move { accounts::accept(&app, &link, "aNN", Secret::new(PASSWORD)).await })
        });
        let outcomes = [one.await.unwrap(), two.await.unwrap()];
        let ([Ok(_), Err(lost)] | [Err(lost), Ok(_)]) = outcomes else { panic!("not exactly one") };
        // The first user's link is gone as soon as there is a user.
        assert!(matches!(lost, AcceptError::NameTaken | AcceptError::Gone), "{lost}");
        assert_eq!(office.database().number("SELECT COUNT(*) FROM users").await, 1);
    }

    async fn a_refused_name_or_password_leaves_the_link_open(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        office.database().sql("DELETE FROM users").await.unwrap();
        let link = office.first_link().await;
        let accept = async |name: &str, password: &str| {
            refused(accounts::accept(office.app(), &link, name, Secret::new(password)).await)
        };
        assert!(matches!(accept("not a name", PASSWORD).await, AcceptError::Name(_)));
        assert!(matches!(accept("ann", "short").await, AcceptError::Password(WeakPassword::TooShort)));
        assert!(matches!(accept("ann.lee@example.com", "Ann.Lee@example.com").await, AcceptError::Password(WeakPassword::IsName)));
        assert!(accounts::accept(office.app(), &link, "ann", Secret::new(PASSWORD)).await.is_ok());
        // Invited before somebody else took the name.
        let taken = office.invite("bob", &[Right::Admin]).await;
        office.database().sql("UPDATE users SET name = 'Bob', folded_name = 'bob'").await.unwrap();
        let late = accounts::accept(office.app(), &taken, "", Secret::new(PASSWORD)).await;
        assert!(matches!(refused(late), AcceptError::NameTaken));
        assert!(accounts::find_invitation(office.app(), &taken).await.unwrap().is_some());
        assert_eq!(office.database().number("SELECT COUNT(*) FROM users").await, 1);
    }

    async fn nobody_is_invited_twice_or_to_nowhere(db: Database) {
        let (office, _) = Office::with_ann(db).await;
        let means = Means::of(office.app());
        let invite = async |name: &str, workspace: &str| {
            let rights = vec![Right::Admin];
            let membership = accounts::Membership { workspace: workspace.parse().unwrap(), rights };
            accounts::invite(&means, &name.parse().unwrap(), membership, false).await
        };
        assert_eq!(refused(invite("ANN", "default").await).to_string(), "user `ANN` exists already");
        let nowhere = refused(invite("bob", "nowhere").await).to_string();
        assert!(nowhere.contains("keystead workspace create nowhere"), "{nowhere}");
        let old = invite("bob", "default").await.ok().unwrap();
        let new = invite("BOB", "default").await.ok().unwrap();
        assert!(accounts::find_invitation(office.app(), old.expose()).await.unwrap().is_none());
        let renewed = office.reset("bob").await.unwrap();
        assert!(accounts::find_invitation(office.app(), new.expose()).await.unwrap().is_none());
        assert!(accounts::find_invitation(office.app(), &renewed).await.unwrap().is_some());
        assert!(accounts::remove_user(&means, &"bob".parse().unwrap()).await.unwrap(), "withdrawn");
        assert!(accounts::find_invitation(office.app(), &renewed).await.unwrap().is_none());
    }
}
