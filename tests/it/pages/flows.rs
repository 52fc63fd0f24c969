//! Flows and the credentials of their steps.

use serde_json::{Value, json};

use super::site::Site;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn a_flow_that_misses_a_credential_is_not_activated_and_says_why(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let good = site.credential("Good").await;
        let answer = site.service.post("/v1/credentials", &site.token, &site.service.draft("fickle")).await;
        let bad = answer.body["id"].as_str().unwrap().to_owned();
        site.flow("orders", &[("a", Some(&good)), ("b", None), ("c", Some(&bad))]).await;
        // The application refuses it now.
        ada.submit(&format!("/w/default/credentials/{bad}"), &format!("/w/default/credentials/{bad}/verify"), &[]).await;
        let path = "/w/default/flows/orders";
        let activate = "/w/default/flows/orders/activate";
        let page = ada.submit(path, activate, &[]).await;
        page.check_says(409, "The flow cannot be active");
        page.check_says(409, "Step b has no credential.");
        page.check_says(409, "The application has refused the credential of step c.");
        assert!(!page.says("step a."), "{}", page.html.text);
        assert_eq!(site.deeds("flow.activate", "activated").await, 0);

        for step in ["b", "c"] {
            let step = format!("{path}/steps/{step}");
            let page = ada.submit(&step, &step, &[("credential", &good)]).await;
            assert_eq!((page.status, page.path()), (303, path), "{}", page.html.text);
            ada.get(page.location()).await.check_says(200, "The step uses another credential now.");
        }
        let page = ada.submit(path, activate, &[]).await;
        ada.get(page.location()).await.check_says(200, "The flow is active.");
        let page = ada.submit(path, "/w/default/flows/orders/deactivate", &[]).await;
        ada.get(page.location()).await.check_says(200, "The flow is inactive.");
    }

    async fn a_steps_credential_is_chosen_and_taken_away(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let [one, two] = [site.credential("One").await, site.credential("Two").await];
        site.flow("idle", &[("fetch", None)]).await;
        let path = "/w/default/flows/idle/steps/fetch";
        let page = ada.get(path).await;
        assert!(!page.says("Take the credential away"));
        ada.post(page.html.form(path)).await.check_says(409, "Choose one of the credentials.");
        let page = ada.submit(path, path, &[("credential", &one)]).await;
        assert_eq!(page.status, 303, "{}", page.html.text);
        assert_eq!(site.held("idle", "fetch").await, one.as_str());
        let page = ada.get(path).await;
        let chosen: Vec<_> = page.html.all("input").filter(|input| input.attribute("checked").is_some()).collect();
        assert_eq!(chosen.iter().map(|input| input.attribute("value").unwrap()).collect::<Vec<_>>(), [one.as_str()]);
        assert!(page.says("Take the credential away"));
        let gone = format!("cred_{}", "0".repeat(26));
        for (value, told) in [(gone.as_str(), 409), ("nonsense", 409)] {
            let page = ada.submit(path, path, &[("credential", value)]).await;
            assert_eq!(page.status, told, "{value}: {}", page.html.text);
        }
        assert_eq!(site.held("idle", "fetch").await, one.as_str());
        ada.submit(path, path, &[("credential", &two)]).await;
        assert_eq!(site.held("idle", "fetch").await, two.as_str());
        let token = ada.form_token().await;
        let clear = clear(path, &token);
        let page = ada.post(clear.clone()).await;
        ada.get(page.location()).await.check_says(200, "The step has no credential now.");
        assert_eq!(site.held("idle", "fetch").await, Value::Null);
        assert_eq!(site.deeds("flow.choose-credential", "chosen").await, 3);

        // An active flow would break.
        ada.submit(path, path, &[("credential", &two)]).await;
        site.service.activate(&site.token, "idle").await;
        ada.post(clear).await.check_says(409, "Nothing was changed: the flow is active, and could not go on");
        assert_eq!(site.held("idle", "fetch").await, two.as_str());
    }

    async fn a_step_takes_no_credential_of_another_component(db: Database) {
        let site = Site::with_guest(db, "pair").await;
        let ada = site.ada().await;
        let fields = json!({"apiKey": "k", "baseUrl": site.shop("")});
        let draft = json!({"component": "pair", "name": "Pair", "fields": fields});
        let answer = site.service.post("/v1/credentials", &site.token, &draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let pair = answer.body["id"].as_str().unwrap();
        site.flow("idle", &[("fetch", None)]).await;
        let path = "/w/default/flows/idle/steps/fetch";
        let good = site.credential("Good").await;
        let page = ada.get(path).await;
        assert!(page.says("Good") && !page.says("Pair"), "{}", page.html.text);
        let page = ada.submit(path, path, &[("credential", pair)]).await;
        assert!([404, 409, 422].contains(&page.status), "{}", page.status);
        assert_eq!(site.held("idle", "fetch").await, Value::Null);
        // Nor does a replacement.
        ada.submit(path, path, &[("credential", &good)]).await;
        let replace = format!("/w/default/credentials/{good}/replace");
        site.credential("Better").await;
        let page = ada.submit(&replace, &replace, &[("with", pair)]).await;
        assert!([404, 409, 422].contains(&page.status), "{}: {}", page.status, page.html.text);
        assert_eq!(site.held("idle", "fetch").await, good.as_str());
    }
}

/// What the button that takes a step's credential away posts.
fn clear(path: &str, token: &str) -> super::html::Form {
    let pairs = [("form_token", token), ("clear", "true")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    super::html::Form { action: path.to_owned(), pairs }
}
