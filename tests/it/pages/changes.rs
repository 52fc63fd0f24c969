//! Deleting, replacing, and verifying what is stored.

use serde_json::Value;

use super::site::Site;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_credential_that_no_flow_uses_is_deleted(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/delete");
        let page = ada.get(&path).await;
        page.check_says(200, "No flow uses it. It cannot be brought back.");
        let form = page.html.form(&path);
        let page = ada.post(form.clone()).await;
        assert_eq!((page.status, page.path()), (303, "/w/default/components/petstore"));
        ada.get(page.location()).await.check_says(200, "The credential is deleted.");
        assert_eq!(site.shown(&id).await, Value::Null);
        assert_eq!(ada.post(form).await.status, 404);
        assert_eq!(site.deeds("credential.delete", "deleted").await, 1);
    }

    async fn a_deletion_tells_first_which_inactive_flows_lose_it(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        site.flow("idle", &[("fetch", Some(&id)), ("store", Some(&id))]).await;
        let path = format!("/w/default/credentials/{id}/delete");
        let page = ada.get(&path).await;
        page.check_says(200, "These inactive flows will have no credential");
        page.check_says(200, "The idle");
        page.check_says(200, "fetch, store");
        assert_eq!(ada.post(page.html.form(&path)).await.status, 303);
        assert_eq!(site.held("idle", "fetch").await, Value::Null);
    }

    async fn a_credential_of_active_flows_stays_and_their_names_are_told(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/delete");
        // The flow becomes active between the look and the deed.
        let form = ada.get(&path).await.html.form(&path);
        site.active_flow("orders", &id).await;
        let page = ada.post(form).await;
        page.check_says(409, "Active flows use it, so it cannot be deleted");
        page.check_says(409, "The orders");
        assert!(!page.html.buttons().contains(&"Delete for good"));
        assert_ne!(site.shown(&id).await, Value::Null);
        let page = ada.get(&path).await;
        page.check_says(200, "Active flows use it");
        assert!(page.html.links().contains(&format!("/w/default/credentials/{id}/replace").as_str()));
    }

    async fn a_credential_that_was_changed_meanwhile_is_not_deleted(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let path = format!("/w/default/credentials/{id}/delete");
        let form = ada.get(&path).await.html.form(&path);
        let edit = format!("/w/default/credentials/{id}/edit");
        ada.submit(&edit, &edit, &[("name", "Other")]).await;
        for form in [form.clone(), form.clone().without("revision"), form.with(&[("revision", "x")])] {
            let page = ada.post(form).await;
            page.check_says(412, "It was changed while you looked at it.");
        }
        assert_ne!(site.shown(&id).await, Value::Null);
    }

    async fn flows_are_given_another_credential_some_or_all(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let [id, other] = [site.credential("Old").await, site.credential("New").await];
        for flow in ["one", "two", "three"] {
            site.active_flow(flow, &id).await;
        }
        let path = format!("/w/default/credentials/{id}/replace");
        let page = ada.get(&path).await;
        page.check_says(200, "The two");
        let form = page.html.form(&path);
        assert_eq!(form.pairs.iter().filter(|(name, _)| name == "flow").count(), 3, "{form:?}");
        for form in [form.clone(), form.clone().with(&[("with", &other)]).without("flow"), form.clone().with(&[("with", &id)])] {
            ada.post(form).await.check_says(422, "Choose a credential and at least one flow.");
        }
        let gone = format!("cred_{}", "0".repeat(26));
        for wrong in [("with", gone.as_str()), ("flow", "gone")] {
            let page = ada.post(form.clone().with(&[("with", &other), ("flow", "two")]).with(&[wrong])).await;
            assert_eq!(page.status, 422, "{wrong:?} {}", page.html.text);
        }
        for flow in ["one", "two", "three"] {
            assert_eq!(site.held(flow, "fetch").await, id.as_str());
        }
        let page = ada.post(form.clone().with(&[("with", &other), ("flow", "two")])).await;
        assert_eq!((page.status, page.path()), (303, path.strip_suffix("/replace").unwrap()), "{}", page.html.text);
        assert_eq!((site.held("one", "fetch").await, site.held("two", "fetch").await), (id.as_str().into(), other.as_str().into()));
        let page = ada.submit(&path, &path, &[("with", &other)]).await;
        ada.get(page.location()).await.check_says(200, "No flow uses it.");
        for flow in ["one", "two", "three"] {
            assert_eq!(site.held(flow, "fetch").await, other.as_str());
        }
    }

    async fn what_is_not_verified_replaces_only_when_that_is_said(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let id = site.credential("Old").await;
        site.active_flow("orders", &id).await;
        let mut draft = site.service.draft("busy");
        draft["accept_unverified"] = true.into();
        let answer = site.service.post("/v1/credentials", &site.token, &draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let other = answer.body["id"].as_str().unwrap().to_owned();
        let path = format!("/w/default/credentials/{id}/replace");
        let page = ada.submit(&path, &path, &[("with", &other)]).await;
        assert_eq!(page.status, 422, "{}", page.html.text);
        assert!(page.says("verified"), "{}", page.html.text);
        assert_eq!(page.html.form(&path).get("with"), Some(other.as_str()), "the choice is kept");
        assert_eq!(site.held("orders", "fetch").await, id.as_str());
        let page = ada.post(page.html.form(&path).with(&[("accept_unverified", "true")])).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        assert_eq!(site.held("orders", "fetch").await, other.as_str());
    }

    async fn what_is_stored_is_verified_again(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let answer = site.service.post("/v1/credentials", &site.token, &site.service.draft("fickle")).await;
        let id = answer.body["id"].as_str().unwrap().to_owned();
        let path = format!("/w/default/credentials/{id}");
        let verify = format!("{path}/verify");
        // The application accepts it at first, then refuses, then cannot say, then accepts.
        for (told, status) in [("Petstore does not accept it", "rejected"), ("Petstore could not be asked", "rejected")] {
            let page = ada.submit(&path, &verify, &[]).await;
            page.check_says(200, told);
            assert_eq!(site.shown(&id).await["status"], status);
        }
        let page = ada.submit(&path, &verify, &[]).await;
        assert_eq!((page.status, page.path()), (303, path.as_str()));
        ada.get(page.location()).await.check_says(200, "The application accepts it.");
        assert_eq!(site.shown(&id).await["status"], "verified");
        assert_eq!(ada.get(&path).await.html.all("details").count(), 4, "each verification is listed");
    }
}
