//! What belongs to the installation: workspaces, tokens, components, the root key's record.

use keystead::domain::rights::{Right, Scope};
use keystead::store::{ChangeError, Installed, ReleaseStatus, RootKeyRecord, StoreError};

use super::samples::{self, At, NOW, audit, digest, now, release, token, workspace};
use crate::harness::databases::on_both_databases;
use keystead::domain::clock::Clock as _;

on_both_databases! {
    async fn the_default_workspace_exists_from_the_start(db: Database) {
        assert!(db.store.workspace_exists(&workspace("default")).await.unwrap());
        assert!(!db.store.workspace_exists(&workspace("other")).await.unwrap());
    }

    async fn a_workspace_is_created_once(db: Database) {
        let other = samples::make_workspace(&db.store, "other").await;
        assert!(!db.store.create_workspace(&other, now(), audit(None, "workspace.create")).await.unwrap());
        let listed = db.store.list_workspaces().await.unwrap();
        assert_eq!(listed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["default", "other"]);
        assert_eq!(db.store.list_audit(None, 10).await.unwrap().len(), 1);
    }

    async fn a_token_is_found_by_its_hash(db: Database) {
        let scope = Scope::Workspace(workspace("default"));
        let new = token(scope.clone(), 7);
        db.store.insert_token(new.clone(), audit(Some(&workspace("default")), "token.create")).await.unwrap();
        let found = db.store.find_token(&[7; 32], now()).await.unwrap().unwrap();
        assert_eq!((found.token, found.scope, found.rights), (new.id, scope, new.rights));
        assert!(db.store.find_token(&[8; 32], now()).await.unwrap().is_none());
    }

    async fn a_token_of_the_installation_has_no_workspace(db: Database) {
        let mut new = token(Scope::Installation, 7);
        new.rights = vec![Right::Operator];
        db.store.insert_token(new, audit(None, "token.create")).await.unwrap();
        let found = db.store.find_token(&[7; 32], now()).await.unwrap().unwrap();
        assert_eq!((found.scope, found.rights), (Scope::Installation, vec![Right::Operator]));
    }

    async fn a_workspaces_token_may_be_recorded_for_the_installation(db: Database) {
        let new = token(Scope::Workspace(workspace("default")), 7);
        db.store.insert_token(new, audit(None, "token.create")).await.unwrap();
        assert!(db.store.find_token(&[7; 32], now()).await.unwrap().is_some());
        assert_eq!(db.store.list_audit(None, 10).await.unwrap().len(), 1);
    }

    async fn an_expired_token_is_not_found(db: Database) {
        let mut new = token(Scope::Installation, 7);
        new.expires_at = Some(At(NOW + 1000).now());
        db.store.insert_token(new, audit(None, "token.create")).await.unwrap();
        assert!(db.store.find_token(&[7; 32], At(NOW + 999).now()).await.unwrap().is_some());
        assert!(db.store.find_token(&[7; 32], At(NOW + 1000).now()).await.unwrap().is_none());
    }

    async fn a_token_for_an_unknown_workspace_is_refused_with_what_to_do(db: Database) {
        let nowhere = workspace("nowhere");
        let record = audit(Some(&nowhere), "token.create");
        let error = db.store.insert_token(token(Scope::Workspace(nowhere), 7), record).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error}");
        assert!(error.to_string().contains("keystead workspace create nowhere"), "{error}");
        assert_eq!(db.number("SELECT COUNT(*) FROM audit").await, 0);
    }

    async fn a_component_is_installed_with_its_bytes(db: Database) {
        let new = release("petstore", 'a');
        let installed = db.store.install_component(new.clone(), audit(None, "component.install")).await.unwrap();
        assert_eq!(installed, Installed::New);
        let components = db.store.list_components().await.unwrap();
        assert_eq!(components.len(), 1);
        assert_eq!((&components[0].id, &components[0].active_digest), (&new.component, &new.digest));
        assert!(components[0].needs_credential);
        let releases = db.store.list_releases(&new.component).await.unwrap();
        assert_eq!(releases.len(), 1);
        assert_eq!(releases[0].status, ReleaseStatus::Active);
        assert_eq!((&releases[0].sentences, &releases[0].descriptor), (&new.sentences, &new.descriptor));
        assert_eq!(db.store.release_bytes(&new.digest).await.unwrap(), Some(new.bytes));
        assert_eq!(db.store.release_bytes(&digest('f')).await.unwrap(), None);
    }

    async fn the_same_release_again_changes_nothing(db: Database) {
        samples::install(&db.store).await;
        let again = db.store.install_component(release("petstore", 'a'), audit(None, "component.install")).await;
        assert_eq!(again.unwrap(), Installed::Same);
        assert_eq!(db.store.list_audit(None, 10).await.unwrap().len(), 1);
    }

    async fn another_release_of_a_component_is_a_conflict(db: Database) {
        samples::install(&db.store).await;
        let other = db.store.install_component(release("petstore", 'b'), audit(None, "component.install")).await;
        assert!(matches!(other, Err(ChangeError::Installed { digest: active }) if active == digest('a')));
        assert_eq!(db.store.list_components().await.unwrap()[0].active_digest, digest('a'));
        assert_eq!(db.store.release_bytes(&digest('b')).await.unwrap(), None);
        assert_eq!(db.store.list_audit(None, 10).await.unwrap().len(), 1);
    }

    async fn one_of_many_installations_at_once_is_the_first(db: Database) {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    store.install_component(release("petstore", 'a'), audit(None, "component.install")).await
                })
            })
            .collect();
        let mut new = 0;
        for task in tasks {
            new += usize::from(task.await.unwrap().unwrap() == Installed::New);
        }
        assert_eq!(new, 1);
        assert_eq!(db.number("SELECT COUNT(*) FROM audit").await, 1);
    }

    async fn the_first_root_key_stands(db: Database) {
        assert_eq!(db.store.root_key().await.unwrap(), None);
        let first = RootKeyRecord { key_id: "rk-1".to_owned(), check: vec![1; 32] };
        let second = RootKeyRecord { key_id: "rk-2".to_owned(), check: vec![2; 32] };
        assert_eq!(db.store.record_root_key(first.clone(), now()).await.unwrap(), first);
        assert_eq!(db.store.record_root_key(second, now()).await.unwrap(), first);
        assert_eq!(db.store.root_key().await.unwrap(), Some(first));
    }

    async fn an_ordinary_role_is_bound_by_row_security(db: Database) {
        assert!(!db.store.bypasses_row_security().await.unwrap());
        db.store.ping().await.unwrap();
        assert_eq!(db.store.backend(), db.backend);
    }
}
